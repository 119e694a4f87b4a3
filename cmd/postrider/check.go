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
		Flags: []cli.Flag{&cli.StringFlag{Name: "error-format", Usage: "`FORMAT`: long, or short for a line each", Value: "long"}},
		Action: func(c *cli.Context) error {
			if err := oneOf("error-format", c.String("error-format"), "long", "short"); err != nil {
				return err
			}
			return p.check(c.Args().Slice(), c.String("error-format"))
		},
	}
}

// check reads everything and says what is wrong with it. Only mistakes are an error, likely ones are warnings.
func (p *program) check(arguments []string, format string) error {
	collections, environments := splitPaths(arguments)
	var list diag.List
	read := 0
	if len(collections) > 0 || len(arguments) == 0 {
		all, err := locate(collections)
		if err != nil {
			return err
		}
		cs, l := load(all)
		list = append(list, l...)
		read += len(cs)
		for _, c := range cs {
			_, l := runner.New(c, runner.Options{})
			list = append(list, l...)
		}
	}
	if len(arguments) == 0 {
		environments = environmentsHere()
	}
	redactor := environment.NewRedactor()
	for _, name := range environments {
		e, l := p.loadEnvironment([]string{name}, &poolHolder{}, redactor)
		list = append(list, l...)
		if e != nil {
			e.Feed(redactor)
			list = append(list, append(e.Refused(), e.Check()...)...)
		}
	}
	p.renderer(redactor.Redact, format).Render(p.Err, list.Sort())
	if list.HasErrors() {
		return exit{code: exitUsage}
	}
	fmt.Fprintf(p.Out, "%s and %s are right\n", count(read, "collection"), count(len(environments), "environment"))
	return nil
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
