package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	shipped "github.com/postrider/postrider/environments"
	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/lint"
)

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "read collections and environments and report every mistake; send nothing",
		UsageText: "postrider check [PATH…]",
		Description: `examples:
  postrider check
      ./collections and ./environments, or else the shipped ones
  postrider check collections/userinfo.toml environments/aws.toml`,
		Flags: []cli.Flag{
			environmentFlag("`NAME|FILE`: the environment that collections are to be run with; may be repeated"),
			&cli.BoolFlag{Name: "allow-outside-files", Usage: "let collections name files outside their folders"},
			&cli.StringFlag{Name: "error-format", Usage: "`FORMAT`: long, or short for a line each", Value: "long"},
		},
		Action: func(c *cli.Context) error {
			if err := oneOf("error-format", c.String("error-format"), "long", "short"); err != nil {
				return err
			}
			return p.check(checkOptions{
				paths: c.Args().Slice(), environments: c.StringSlice("environment"), outside: c.Bool("allow-outside-files"), format: c.String("error-format"),
			})
		},
	}
}

// checkOptions are what `check` was asked for.
type checkOptions struct {
	paths, environments []string
	outside             bool
	format              string
}

// check reads everything and says what is wrong with it. Only mistakes are an error, likely ones are warnings.
func (p *program) check(o checkOptions) error {
	collections, environments := splitPaths(o.paths)
	environments = append(environments, o.environments...)
	if len(o.paths) == 0 && len(environments) == 0 {
		environments = environmentsHere()
	}
	redactor := environment.NewRedactor()
	list, known := p.checkEnvironments(environments, redactor)
	read := 0
	if len(collections) > 0 || len(o.paths) == 0 {
		all, err := locate(collections, o.outside)
		if err != nil {
			return err
		}
		cs, l := p.read(all)
		list = append(list, l...)
		read += len(cs)
		for _, c := range cs {
			r, l := runner.New(c, runner.Options{})
			list = append(list, l...)
			here := known
			here.Conceal = redactor.Add
			if r != nil {
				here.Names = append(here.Names[:len(here.Names):len(here.Names)], r.Columns()...)
			} else if c.Data != nil {
				here.Complete = false // the names of its rows are not known
			}
			list = append(list, lint.Collection(c, here)...)
		}
	}
	p.renderer(redactor.Redact, o.format).Render(p.Err, list.Sort())
	if list.HasErrors() {
		return exit{code: exitUsage}
	}
	verdict := "right"
	if len(list) > 0 {
		verdict = "right, but for " + count(len(list), "likely mistake")
	}
	fmt.Fprintf(p.Out, "%s and %s are %s\n", count(read, "collection"), count(len(environments), "environment"), verdict)
	return nil
}

// checkEnvironments reads environments one by one, and gathers the names that they give values to.
func (p *program) checkEnvironments(names []string, redactor *environment.Redactor) (diag.List, lint.Known) {
	var list diag.List
	known := lint.Known{Complete: len(names) > 0}
	for _, name := range names {
		e, l := p.loadEnvironment([]string{name}, &poolHolder{}, redactor)
		list = append(list, l...)
		if e == nil {
			known.Complete = false
			continue
		}
		e.Feed(redactor)
		list = append(list, append(e.Refused(), e.Check()...)...)
		known.Names = append(known.Names, environment.NewScopes(e.Layers()...).Names()...)
	}
	return list, known
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// splitPaths tells environments from collections: environments stand in a folder of that name.
func splitPaths(arguments []string) (collections, environments []string) {
	for _, a := range arguments {
		info, err := os.Stat(a)
		switch {
		case err == nil && info.IsDir() && filepath.Base(filepath.Clean(a)) == environmentsFolder:
			environments = append(environments, environmentFiles(a)...)
		case err == nil && !info.IsDir() && filepath.Base(filepath.Dir(filepath.Clean(a))) == environmentsFolder:
			environments = append(environments, a)
		default:
			collections = append(collections, a)
		}
	}
	return collections, environments
}

// environmentsHere are the environments of this folder, or else the shipped ones.
func environmentsHere() []string {
	if files := environmentFiles(environmentsFolder); len(files) > 0 {
		return files
	}
	var names []string
	entries, _ := shipped.Files.ReadDir(".")
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return names
}

// environmentFiles are the environments in a folder. A private file is read with the one that it is laid over.
func environmentFiles(dir string) []string {
	var files []string
	matches, _ := filepath.Glob(filepath.Join(dir, "*.toml"))
	for _, m := range matches {
		if !strings.HasSuffix(m, ".private.toml") {
			files = append(files, m)
		}
	}
	return files
}
