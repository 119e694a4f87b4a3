package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/load"
	"github.com/postrider/postrider/runner/report"
)

func (p *program) loadCommand() *cli.Command {
	return &cli.Command{
		Name:      "load",
		Usage:     "run a collection under load and measure",
		UsageText: "postrider load [flags] COLLECTION",
		Description: `examples:
  postrider load --vus 50 --iterations 20000 userinfo
      20000 iterations shared by 50 users, each of whom begins the next when the last has ended
  postrider load --rate 200/s --duration 5m --threshold 'p95<200ms' --threshold 'error_rate<0.01' --report html=load.html userinfo
      200 iterations begin each second, whatever the answers do; what waits for a free user has the wait as latency
  postrider load --stage 30s:10 --stage 1m:50 --stage 10s:0 userinfo
      up to 10 users, on to 50, and down again

The [load] table of the collection may say the same; flags win. Setup runs once before all users, teardown once behind them.
Rows of data are shared out: each goes to one iteration, and then all of them again.

Without thresholds a failed assertion is exit 1 and an error exit 3, as in run. A threshold that does not hold is exit 1, and
thresholds decide about what they speak of: error_rate about requests that fail or cannot be completed, checks about failed
assertions; what none speaks of is as in run. Thresholds compare avg, p50, p90, p95, p99, p999 and max with a duration,
error_rate and checks with a share, requests_per_second and dropped with a number, by <, <=, > or >=.`,
		Flags: slices.Concat([]cli.Flag{
			environmentFlag("`NAME|FILE`: environments/NAME.toml; may be repeated, later wins"),
			&cli.IntFlag{Name: "vus", Usage: "`N`: virtual users that run at the same time; 1 if nothing is said"},
			&cli.StringFlag{Name: "duration", Usage: "`TIME`: begin no iteration after that, for example 30s; 10s if nothing says how long"},
			&cli.IntFlag{Name: "iterations", Aliases: []string{"n"}, Usage: "`N`: run exactly so many iterations, shared by all users"},
			&cli.StringFlag{Name: "rate", Usage: "`R[/s|/m]`: begin so many iterations a second, or a minute, whatever the answers do"},
			&cli.IntFlag{Name: "max-vus", Usage: "`N`: with a rate, users at most; 100 if nothing is said"},
			&cli.StringSliceFlag{Name: "stage", Usage: "`TIME:N`: go in a straight line to N users, or with a rate to that rate; may be repeated"},
			&cli.StringFlag{Name: "grace", Usage: "`TIME`: what is under way at the end may take so long; 30s if nothing is said"},
			&cli.StringFlag{Name: "shard", Usage: "`I/N`: only the I-th of N parts of the users, iterations and rows, or of the rate; report merge joins their JSON reports"},
			&cli.StringSliceFlag{Name: "threshold", Usage: "`METRIC<VALUE`: what must hold, for example 'p95<200ms'; may be repeated"},
			&cli.StringFlag{Name: "callback-url", Usage: "`URL`: take variables from a pasted callback URL, or from standard input with -"},
			&cli.StringSliceFlag{Name: "var", Aliases: []string{"env-var"}, Usage: "`NAME=VALUE`: set a variable; may be repeated"},
			&cli.StringFlag{Name: "globals", Aliases: []string{"g"}, Usage: "`FILE`: variables that come after all others, in TOML or as Postman exports them"},
			&cli.StringFlag{Name: "data", Aliases: []string{"d"}, Usage: "`FILE`: rows of a CSV, JSON, NDJSON or TOML file, one for each iteration"},
			&cli.StringSliceFlag{Name: "request", Usage: "`GLOB`: only requests of this name; * and ? match any letters; may be repeated"},
			&cli.StringSliceFlag{Name: "folder", Usage: "`GLOB`: only folders of this name; may be repeated"},
			&cli.StringSliceFlag{Name: "tag", Usage: "`TAG`: only requests with this tag; may be repeated"},
			&cli.StringSliceFlag{Name: "skip-tag", Usage: "`TAG`: no requests with this tag; may be repeated"},
		}, sendingFlags(), []cli.Flag{
			&cli.StringFlag{Name: "seed", Usage: "`N`: each user draws the same dynamic variables as in any load with this seed"},
			&cli.BoolFlag{Name: "allow-outside-files", Usage: "let collections name files outside their folders"},
			&cli.StringSliceFlag{Name: "report", Aliases: []string{"r"}, Usage: "`FORMAT[=FILE]`: table, json, html or none, to standard output or to a file; may be repeated"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "do not redact secrets"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "show failures and the last line alone"},
			&cli.StringFlag{Name: "color", Usage: "`WHEN`: auto, always or never", Value: "auto"},
			&cli.StringFlag{Name: "error-format", Usage: "`FORMAT`: long, or short for a line each", Value: "long"},
		}),
		Action: func(c *cli.Context) error {
			o, asked, err := parseLoad(c)
			if err != nil {
				return err
			}
			return p.load(c.Context, o, asked)
		},
	}
}

func parseLoad(c *cli.Context) (o runOptions, asked collection.LoadPlan, err error) {
	o = runOptions{
		collections: c.Args().Slice(), environments: c.StringSlice("environment"), callbackURL: c.String("callback-url"), selection: parseSelection(c),
		globals: c.String("globals"), data: c.String("data"), outside: c.Bool("allow-outside-files"), load: true, connections: collection.MaxLoadUsers,
	}
	if len(o.collections) != 1 {
		return o, asked, usage("for example postrider load --vus 10 userinfo", "name one collection to load")
	}
	if o.callbackURL == "-" && o.collections[0] == standardInput {
		return o, asked, usage("give one of them as a file", "the collection and the callback URL cannot both come from standard input")
	}
	if o.view, err = parseView(c); err != nil {
		return o, asked, err
	}
	if o.variables, err = parseVariables(c.StringSlice("var")); err != nil {
		return o, asked, err
	}
	if o.reports, err = parseReports(c.StringSlice("report"), loadFormats); err != nil {
		return o, asked, err
	}
	if o.sending, err = parseSending(c); err != nil {
		return o, asked, err
	}
	if o.seed, err = parseSeed(c); err != nil {
		return o, asked, err
	}
	if o.part, err = parseShard(c); err != nil {
		return o, asked, err
	}
	asked, err = parseLoadPlan(c)
	return o, asked, err
}

// parseLoadPlan is what flags say of a load.
func parseLoadPlan(c *cli.Context) (p collection.LoadPlan, err error) {
	for _, f := range []struct {
		flag string
		to   *int
		most int
	}{{"vus", &p.Users, collection.MaxLoadUsers}, {"max-vus", &p.MaxUsers, collection.MaxLoadUsers}, {"iterations", &p.Iterations, collection.MaxLoadIterations}} {
		if !c.IsSet(f.flag) {
			continue
		}
		if *f.to = c.Int(f.flag); *f.to < 1 || *f.to > f.most {
			return p, usage(fmt.Sprintf("a number from 1 to %d", f.most), "--%s cannot be %d", f.flag, *f.to)
		}
	}
	if p.Duration, err = parseTime(c, "duration"); err != nil {
		return p, err
	}
	if c.IsSet("grace") {
		grace, err := time.ParseDuration(c.String("grace"))
		if err != nil || grace < 0 {
			return p, usage("for example --grace 30s, or 0s", "--grace %q is not a duration", c.String("grace"))
		}
		p.Grace = &grace
	}
	if c.IsSet("rate") {
		rate, err := collection.ParseRate(c.String("rate"))
		if err != nil {
			return p, usage("for example --rate 50/s, or 600/m", "--rate: %s", err)
		}
		p.Rate = &rate
	}
	for _, text := range c.StringSlice("stage") {
		stage, err := collection.ParseStage(text)
		if err != nil {
			return p, usage("for example --stage 30s:10", "--stage: %s", err)
		}
		p.Stages = append(p.Stages, stage)
	}
	for _, text := range c.StringSlice("threshold") {
		t, err := collection.ParseThreshold(text)
		if err != nil {
			d := diag.Diagnostic{Message: err.Error(), Hint: "for example --threshold 'p95<200ms' --threshold 'checks>=0.99'"}
			var of diag.Diagnostic
			if errors.As(err, &of) {
				d = of
			}
			return p, exit{exitUsage, diag.Diagnostic{Message: "--threshold: " + d.Message, Hint: d.Hint}}
		}
		p.Thresholds = append(p.Thresholds, t)
	}
	return p, nil
}

// overlaidLoad lays what flags say over what the collection says. How long a load takes is one thing, whether it is said as
// a duration, as iterations or by stages.
func overlaidLoad(said *collection.LoadPlan, flags collection.LoadPlan) *collection.LoadPlan {
	if said == nil {
		return &flags
	}
	out := *said
	if flags.Users > 0 {
		out.Users = flags.Users
	}
	if flags.MaxUsers > 0 {
		out.MaxUsers = flags.MaxUsers
	}
	if flags.Rate != nil {
		out.Rate = flags.Rate
	}
	if flags.Grace != nil {
		out.Grace = flags.Grace
	}
	if flags.Duration > 0 || flags.Iterations > 0 || len(flags.Stages) > 0 {
		out.Duration, out.Iterations, out.Stages = flags.Duration, flags.Iterations, flags.Stages
	}
	out.Thresholds = slices.DeleteFunc(slices.Clone(said.Thresholds), func(t collection.Threshold) bool {
		return slices.ContainsFunc(flags.Thresholds, func(f collection.Threshold) bool { return f.Metric == t.Metric && f.Op == t.Op })
	})
	out.Thresholds = append(out.Thresholds, flags.Thresholds...)
	return &out
}

// load runs a collection under load and returns the exit code as an error.
func (p *program) load(ctx context.Context, o runOptions, asked collection.LoadPlan) error {
	s := &session{program: p, options: o, redactor: environment.NewRedactor(), holder: &poolHolder{}, files: &watched{}}
	defer s.holder.close()
	runners, client, err := s.prepare()
	if err != nil {
		return err
	}
	defer client.Close()
	switch len(runners) {
	case 0:
		return usage("see postrider list", "of %q nothing is left to send", o.collections[0])
	case 1:
	default:
		return usage("name one of them", "%q is %d collections, and one can be loaded at a time", o.collections[0], len(runners))
	}
	said := overlaidLoad(s.loadPlanOf(runners[0]), asked)
	plan, err := load.NewPlan(said)
	if err == nil {
		plan, err = plan.Part(o.part)
	}
	if err != nil {
		return usage("see postrider load --help", "%s", err)
	}
	reports, err := s.openLoad(o.reports, o.view, s.redact(), s.inspector())
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	s.holder.begin(ctx)
	line, garbage := s.liveLine(), s.collector()
	garbage.relax()
	result := load.Run(ctx, runners[0], load.Options{
		Plan: plan, Environment: s.options.environments, Thresholds: said.Thresholds,
		Tick: func(how load.Progress) {
			line.draw(how)
			garbage.look()
		},
	})
	line.clear()
	garbage.end()
	s.complain(s.wallet.problems())
	return s.conclude(result.ExitCode(), append(reports.write(result), s.leaks()...))
}

// loadPlanOf is what the collection of a runner says of a load.
func (s *session) loadPlanOf(r *runner.Runner) *collection.LoadPlan {
	for _, c := range s.collections {
		if c.Path == r.Info().Path {
			return c.Load
		}
	}
	return nil
}

// A liveLine is a line on a terminal that tells how a load goes, and is gone when it is over.
type liveLine struct {
	out   io.Writer // nil where there is no terminal
	width int
	drawn bool
}

func (s *session) liveLine() *liveLine {
	if dumb, _ := s.getenv("TERM"); s.options.view.quiet || dumb == "dumb" || !isTerminal(s.Err) {
		return &liveLine{}
	}
	return &liveLine{out: s.Err, width: max(s.width(), 40)}
}

const clearLine = "\r\x1b[K"

func (l *liveLine) draw(p load.Progress) {
	if l.out == nil {
		return
	}
	l.drawn = true
	fmt.Fprint(l.out, clearLine, strings.TrimSpace(report.LoadProgress(p, l.width-1)))
}

func (l *liveLine) clear() {
	if l.drawn {
		fmt.Fprint(l.out, clearLine)
	}
}
