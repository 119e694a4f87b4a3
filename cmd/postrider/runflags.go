package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

func viewFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "show each exchange"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "show failures and the last line alone"},
		&cli.StringFlag{Name: "color", Usage: "`WHEN`: auto, always or never", Value: "auto"},
		&cli.StringFlag{Name: "error-format", Usage: "`FORMAT`: long, or short for a line each", Value: "long"},
	}
}

func parseView(c *cli.Context) (viewOptions, error) {
	v := viewOptions{
		verbose: c.Bool("verbose"), quiet: c.Bool("quiet"), color: c.String("color"),
		errorFormat: c.String("error-format"), showSecrets: c.Bool("show-secrets"), includeBodies: c.Bool("include-bodies"),
	}
	if err := oneOf("color", v.color, "auto", "always", "never"); err != nil {
		return v, err
	}
	if v.verbose && v.quiet {
		return v, usage("leave one of them out", "--verbose and --quiet are opposites")
	}
	return v, oneOf("error-format", v.errorFormat, "long", "short")
}

func oneOf(flag, value string, legal ...string) error {
	for _, l := range legal {
		if value == l {
			return nil
		}
	}
	return usage(diag.OneOf(legal), "--%s cannot be %q", flag, value)
}

func parseRun(c *cli.Context) (o runOptions, err error) {
	o = runOptions{
		collections: c.Args().Slice(), environments: c.StringSlice("environment"), callbackURL: c.String("callback-url"),
		selection: parseSelection(c),
		bail:      c.Bool("bail"), dryRun: c.Bool("dry-run"), globals: c.String("globals"), data: c.String("data"), iterations: c.Int("iterations"),
		parallel: c.Int("parallel"), outside: c.Bool("allow-outside-files"), watch: c.Bool("watch"),
	}
	o.again = repeated(c)
	if o.view, err = parseView(c); err != nil {
		return o, err
	}
	if o.variables, err = parseVariables(c.StringSlice("var")); err != nil {
		return o, err
	}
	if o.reports, err = parseReports(c.StringSlice("report"), reportFormats); err != nil {
		return o, err
	}
	if o.tape, err = parseTape(c); err != nil {
		return o, err
	}
	if o.sending, err = parseSending(c); err != nil {
		return o, err
	}
	if c.IsSet("parallel") && o.parallel < 1 {
		return o, usage("a number from 1", "--parallel cannot be %d", o.parallel)
	}
	if o.shard, err = parseShard(c); err != nil {
		return o, err
	}
	if c.IsSet("iterations") && o.iterations < 1 {
		return o, usage("a number from 1", "--iterations cannot be %d", o.iterations)
	}
	if o.seed, err = parseSeed(c); err != nil {
		return o, err
	}
	if o.watch && (o.callbackURL == "-" || slices.Contains(o.collections, "-")) {
		return o, usage("name a file", "--watch cannot read standard input again")
	}
	if o.callbackURL == "-" && slices.Contains(o.collections, "-") {
		return o, usage("give one of them as a file", "the collection and the callback URL cannot both come from standard input")
	}
	if c.IsSet("callback-url") && o.callbackURL == "" {
		return o, usage("paste the URL that the browser ended at, in single quotes", "--callback-url is empty")
	}
	return o, err
}

// repeated are the flags that say how to run, as they were given: not what was chosen, nor what is shown.
func repeated(c *cli.Context) []string {
	var out []string
	for _, name := range []string{"var", "resolve"} {
		for _, v := range c.StringSlice(name) {
			out = append(out, "--"+name, v)
		}
	}
	for _, name := range []string{"globals", "data", "iterations", "seed", "timeout", "delay", "retry", "proxy", "ca", "cert", "key", "replay"} {
		if c.IsSet(name) {
			out = append(out, "--"+name, fmt.Sprint(c.Value(name)))
		}
	}
	for _, name := range []string{"insecure", "allow-outside-files"} {
		if c.Bool(name) {
			out = append(out, "--"+name)
		}
	}
	return out
}

// parseShard reads "2/5", the second of five parts.
func parseShard(c *cli.Context) (runner.Shard, error) {
	if !c.IsSet("shard") {
		return runner.Shard{}, nil
	}
	text := c.String("shard")
	before, behind, _ := strings.Cut(text, "/")
	index, err := strconv.Atoi(before)
	of, err2 := strconv.Atoi(behind)
	if err != nil || err2 != nil || index < 1 || of < index {
		return runner.Shard{}, usage("I/N with I from 1 to N, for example --shard 2/5", "--shard cannot be %q", text)
	}
	return runner.Shard{Index: index, Of: of}, nil
}

func parseVariables(pairs []string) (map[string]string, error) {
	variables := map[string]string{}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, usage("for example --var page=2", "--var %q is not NAME=VALUE", name)
		}
		variables[name] = value
	}
	return variables, nil
}

func parseReports(values, formats []string) ([]reportTarget, error) {
	var targets []reportTarget
	toStdout := ""
	for _, v := range values {
		format, file, assigned := strings.Cut(v, "=")
		if err := oneOf("report", format, formats...); err != nil {
			return nil, err
		}
		if assigned && file == "" {
			return nil, usage("for example --report json=out.json", "--report %s= names no file", format)
		}
		if file == "" || file == "-" {
			if toStdout != "" {
				return nil, usage("send one of them to a file: --report "+format+"=FILE", "the reports %s and %s would both go to standard output", toStdout, format)
			}
			toStdout, file = format, ""
		}
		if i := slices.IndexFunc(targets, func(o reportTarget) bool {
			return file != "" && file != os.DevNull && filepath.Clean(o.file) == filepath.Clean(file)
		}); i >= 0 {
			return nil, usage("give each a file of its own", "the reports %s and %s would both go to %s", targets[i].format, format, file)
		}
		targets = append(targets, reportTarget{format, file})
	}
	if toStdout == "" {
		targets = append([]reportTarget{{format: "table"}}, targets...)
	}
	return targets, nil
}
