package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// runOptions are what `run` was asked for.
type runOptions struct {
	collections  []string
	environments []string
	callbackURL  string
	variables    map[string]string
	selection    runner.Selection
	bail         bool
	parallel     int
	shard        runner.Shard
	sending      sendingOptions
	globals      string
	data         string
	iterations   int
	seed         *uint64
	outside      bool
	tape         tapeOptions
	watch        bool
	again        []string // the flags that a run of the same again needs too
	reports      []reportTarget
	dryRun       bool
	view         viewOptions
	load         bool         // and not run
	part         runner.Shard // of a load
	connections  int          // that are kept for a host at most; 0 is as many as there are commonly
}

// viewOptions are how much is shown, and how.
type viewOptions struct {
	verbose, quiet bool
	color          string
	errorFormat    string
	showSecrets    bool
	includeBodies  bool
}

// A reportTarget is a format and where it goes; "" is standard output.
type reportTarget struct{ format, file string }

func (p *program) runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run collections and check the answers",
		UsageText: "postrider run [flags] [COLLECTION…]",
		Description: `examples:
  postrider run
      ./collections, or else the shipped ones, with the environment "local"
  postrider run -e aws --report json=out.json userinfo
      one collection with environments/aws.toml; the table on the terminal, the report in a file
  pbpaste | postrider run -e aws --callback-url - userinfo
      the callback URL from the clipboard, so that it stays out of the shell's history`,
		Flags: slices.Concat([]cli.Flag{
			environmentFlag("`NAME|FILE`: environments/NAME.toml; may be repeated, later wins"),
			&cli.StringFlag{Name: "callback-url", Usage: "`URL`: take variables from a pasted callback URL, or from standard input with -"},
			&cli.StringSliceFlag{Name: "var", Aliases: []string{"env-var"}, Usage: "`NAME=VALUE`: set a variable; may be repeated"},
			&cli.StringFlag{Name: "globals", Aliases: []string{"g"}, Usage: "`FILE`: variables that come after all others, in TOML or as Postman exports them"},
			&cli.StringFlag{Name: "data", Aliases: []string{"d", "iteration-data"}, Usage: "`FILE`: an iteration for each row of a CSV, JSON, NDJSON or TOML file"},
			&cli.IntFlag{Name: "iterations", Aliases: []string{"n", "iteration-count"}, Usage: "`N`: run so often; with fewer rows the last one repeats"},
			&cli.StringSliceFlag{Name: "request", Usage: "`GLOB`: only requests of this name; * and ? match any letters; may be repeated"},
			&cli.StringSliceFlag{Name: "folder", Usage: "`GLOB`: only folders, or collections, of this name; may be repeated"},
			&cli.StringSliceFlag{Name: "tag", Usage: "`TAG`: only requests with this tag; may be repeated"},
			&cli.StringSliceFlag{Name: "skip-tag", Usage: "`TAG`: no requests with this tag; may be repeated"},
			&cli.IntFlag{Name: "parallel", Value: 1, Usage: "`N`: run up to N collections at the same time; reports keep the order of the plan"},
			&cli.StringFlag{Name: "shard", Usage: "`I/N`: only the I-th of N equal parts of the plan; report merge joins their JSON reports"},
			&cli.BoolFlag{Name: "bail", Usage: "stop after the first request that fails; teardown still runs"},
		}, sendingFlags(), []cli.Flag{
			&cli.StringFlag{Name: "seed", Usage: "`N`: draw the same dynamic variables as any run with this seed"},
			&cli.BoolFlag{Name: "allow-outside-files", Usage: "let collections name files outside their folders"},
			&cli.StringSliceFlag{Name: "report", Aliases: []string{"r"}, Usage: "`FORMAT[=FILE]`: " + strings.Join(reportFormats, ", ") + "; to standard output or to a file; may be repeated"},
			recordFlag(), replayFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "show the plan, send nothing"},
			&cli.BoolFlag{Name: "watch", Usage: "run again whenever a file of the collection or of the environment changes"},
			&cli.BoolFlag{Name: "include-bodies", Usage: "put the bodies of all requests and answers into reports, redacted"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "do not redact secrets"},
		}, viewFlags()),
		Action: func(c *cli.Context) error {
			o, err := parseRun(c)
			if err != nil {
				return err
			}
			return p.run(c.Context, o)
		},
	}
}

func parseSelection(c *cli.Context) runner.Selection {
	return runner.Selection{
		Requests: c.StringSlice("request"), Folders: c.StringSlice("folder"), Tags: c.StringSlice("tag"), SkipTags: c.StringSlice("skip-tag"),
	}
}

// parseSeed is what --seed says, nil for nothing.
func parseSeed(c *cli.Context) (*uint64, error) {
	if !c.IsSet("seed") {
		return nil, nil
	}
	seed, err := strconv.ParseUint(c.String("seed"), 10, 64)
	if err != nil {
		return nil, usage("a whole number from 0", "--seed cannot be %q", c.String("seed"))
	}
	return &seed, nil
}

// A session is what one call of run has open.
type session struct {
	*program
	options  runOptions
	redactor *environment.Redactor
	holder   *poolHolder
	wallet   *wallet
	files    *watched // the files that were read, or nil
	paths    []string // of collections and environments, which are no secrets
	guards   []*guard // of the streams that are written
	stderr   io.Writer
	own      string // see ownWords
	tape     tape
	// collections are what was read.
	collections []*collection.Collection
}

func (s *session) redact() func(string) string {
	if s.options.view.showSecrets {
		return nil
	}
	return s.redactor.Redact
}

// complain writes diagnostics to standard error.
func (s *session) complain(list diag.List) {
	if s.stderr == nil {
		if s.stderr = s.Err; !s.options.view.showSecrets {
			s.stderr = s.guard(s.Err, "standard error")
		}
	}
	s.renderer(s.redact(), s.options.view.errorFormat).Render(s.stderr, list)
}

// run runs what was asked for and returns the exit code as an error.
func (p *program) run(ctx context.Context, o runOptions) error {
	if o.watch {
		return p.watchRuns(ctx, o)
	}
	return p.runOnce(ctx, o, &watched{})
}

// runOnce runs what was asked for, and notes the files that it reads.
func (p *program) runOnce(ctx context.Context, o runOptions, files *watched) error {
	s := &session{program: p, options: o, redactor: environment.NewRedactor(), holder: &poolHolder{}, files: files}
	defer s.holder.close()
	defer s.tape.close()
	garbage := p.collector()
	garbage.thrift()
	defer garbage.end()
	runners, client, err := s.prepare()
	if err != nil {
		return err
	}
	defer client.Close()
	if o.dryRun {
		var infos []*runner.CollectionInfo
		for _, r := range runners {
			infos = append(infos, r.Info())
		}
		return s.plan(infos, o.view.color)
	}
	reporters, err := s.open()
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	s.holder.begin(ctx)
	if o.parallel == 1 && planned(runners) >= manyRequests {
		defer p.oneProcessor()()
	}
	result := runner.RunParallel(ctx, runners, o.parallel, reporters)
	s.complain(s.wallet.problems())
	return s.conclude(result.ExitCode(), append(reporters.close(), s.leaks()...))
}

// conclude tells what is wrong with the reports of a run, and gives its exit code as an error.
func (s *session) conclude(code int, problems diag.List) error {
	if len(problems) > 0 {
		s.complain(problems)
		if code != exitInterrupted {
			code = exitError
		}
	}
	if code == exitOK {
		return nil
	}
	return exit{code: code}
}

// prepare reads and compiles all that the run needs. All mistakes in files come at once.
func (s *session) prepare() ([]*runner.Runner, *exchange.Client, error) {
	o := &s.options
	all, err := locate(o.collections, o.outside)
	if err != nil {
		return nil, nil, err
	}
	callback, err := s.callback()
	if err != nil {
		return nil, nil, err
	}
	o.environments = environmentNames(o.environments, all)
	collections, list := s.read(all)
	s.collections = collections
	s.note(all, collections)
	for _, c := range collections {
		s.paths = append(append(s.paths, c.Path), c.Sources...)
	}
	e, l := s.loadEnvironment(o.environments, s.holder, s.redactor)
	list = append(l, list...)
	if e != nil {
		e.Feed(s.redactor)
		s.hideGiven(e)
		s.files.add(e.Files...)
		s.paths = append(append(s.paths, e.Files...), e.Names...)
	}
	globals, l := readGlobals(o.globals)
	list = append(list, l...)
	data, l := readData(o.data)
	list = append(list, l...)
	via := exchange.Options{Route: o.sending.route, UserAgent: userAgent(), IdleConns: o.connections}
	list = append(list, s.thread(&via)...)
	client := exchange.NewClient(via)
	s.wallet = s.newWallet(o.environments)
	tokens := auth.NewTokens(auth.Options{Client: client, Taint: s.redactor.Add, Fetched: s.fetched(), Draw: s.draw()})
	var runners []*runner.Runner
	for i, c := range collections {
		shard := o.shard
		shard.From = i
		r, l := runner.New(c, runner.Options{
			Shard: shard, Recorder: s.tape.recorder,
			Environment: e, Callback: callback, Variables: o.variables, Redactor: s.redactor, ShowSecrets: o.view.showSecrets,
			Bodies: o.view.includeBodies, Lines: o.lines(),
			Select: o.selection, Client: client, Tokens: tokens, Bail: o.bail, Timeout: o.sending.timeout, Delay: o.sending.delay,
			Retry: o.sending.retry, Route: o.sending.route, Globals: globals, Rows: data, Iterations: o.iterations, Seed: o.seed,
		})
		list = append(list, l...)
		if r != nil {
			runners = append(runners, r)
		}
	}
	if list.HasErrors() {
		s.complain(list.Sort())
		return nil, nil, exit{code: exitUsage}
	}
	s.complain(list)
	if e != nil && e.Refused().HasErrors() {
		s.complain(e.Refused())
		return nil, nil, exit{code: exitError}
	}
	if o.sending.route.Insecure {
		s.complain(diag.List{{Severity: diag.Warning, Message: "TLS certificates are not checked, as --insecure asks"}})
	}
	if runners, err = chosen(runners, collections, o.selection); err != nil || o.dryRun {
		return runners, client, err
	}
	if o.shard.Of > 1 && !slices.ContainsFunc(runners, func(r *runner.Runner) bool { return r.Info().Planned.Requests.Planned > 0 }) {
		s.complain(diag.List{{Severity: diag.Warning, Message: fmt.Sprintf("shard %d of %d has no part of the plan", o.shard.Index, o.shard.Of)}})
	}
	for _, r := range runners {
		grants, _ := r.Grants() // what is wrong with one is told where it is used
		s.wallet.lend(tokens, grants)
	}
	s.complain(s.wallet.problems())
	return runners, client, nil
}

// lines reports whether no report shows more of a request that passed than a line.
func (o *runOptions) lines() bool {
	return !o.view.verbose && o.tape == (tapeOptions{}) && !slices.ContainsFunc(o.reports, func(t reportTarget) bool {
		return t.format != "table" && t.format != "progress" && t.format != "none"
	})
}

// note notes the files of collections, for --watch.
func (s *session) note(all []found, collections []*collection.Collection) {
	for _, f := range all {
		if !f.shipped() && f.name != standardInput {
			s.files.add(f.name)
		}
	}
	for _, c := range collections {
		s.files.add(c.Sources...)
	}
	for _, name := range []string{s.options.data, s.options.globals, s.options.tape.replay} {
		if name != "" {
			s.files.add(name)
		}
	}
}

// callback reads --callback-url. A refusal in it is what the run would have ended with.
func (s *session) callback() (*environment.Callback, error) {
	raw := s.options.callbackURL
	if raw == "" {
		return nil, nil
	}
	if raw == "-" {
		text, err := io.ReadAll(io.LimitReader(s.In, maxPaste))
		if err != nil {
			return nil, usage("", "cannot read the callback URL from standard input: %s", err)
		}
		raw = string(text)
	}
	return parseCallback(raw)
}

// chosen leaves out the collections of which nothing was chosen. A pattern that chose nothing anywhere is an error.
func chosen(runners []*runner.Runner, collections []*collection.Collection, s runner.Selection) ([]*runner.Runner, error) {
	unused := func(pattern string) bool {
		return !slices.ContainsFunc(runners, func(r *runner.Runner) bool { return r.Chose(pattern) })
	}
	for _, pattern := range s.Folders {
		if unused(pattern) {
			return nil, unmatched("folder", pattern, collections)
		}
	}
	for _, pattern := range s.Requests {
		if unused(pattern) {
			return nil, unmatched("request", pattern, collections)
		}
	}
	for _, pattern := range s.Tags {
		if unused(pattern) {
			return nil, unmatched("tag", pattern, collections)
		}
	}
	return slices.DeleteFunc(runners, (*runner.Runner).Empty), nil
}

// unmatched is the error for a pattern that chose nothing, with the name that it was most likely meant to be.
func unmatched(flag, pattern string, collections []*collection.Collection) error {
	var names []string
	for _, c := range collections {
		c.Requests(func(r *collection.Request, path []*collection.Folder) {
			if flag == "request" {
				names = append(names, r.Name)
				return
			}
			names = append(names, r.Tags...)
			for _, f := range path {
				if names = append(names, f.Name); flag == "tag" {
					names = append(names[:len(names)-1], f.Tags...)
				}
			}
		})
	}
	hint := diag.DidYouMean(pattern, names)
	if hint == "" {
		hint = "`postrider list` shows the names; * and ? match any letters"
	}
	return usage(hint, "--%s %q matches nothing", flag, pattern)
}

// userAgent is what the program calls itself to servers.
func userAgent() string { return "postrider/" + strings.Trim(version(), "()") }
