package main

import (
	"encoding/json"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/report"
)

func (p *program) listCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "show the requests of collections",
		UsageText: "postrider list [--json] [COLLECTION…]",
		Description: `examples:
  postrider list
  postrider list --json collections/userinfo.toml`,
		Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "as JSON, an object for each collection"}},
		Action: func(c *cli.Context) error { return p.list(c.Args().Slice(), c.Bool("json")) },
	}
}

func (p *program) list(arguments []string, asJSON bool) error {
	all, err := locate(arguments, false)
	if err != nil {
		return err
	}
	collections, list := p.read(all)
	var infos []*runner.CollectionInfo
	for _, c := range collections {
		r, l := runner.New(c, runner.Options{})
		list = append(list, l...)
		if r != nil {
			infos = append(infos, r.Info())
		}
	}
	if list.HasErrors() {
		return exit{exitUsage, list.Sort()}
	}
	if asJSON {
		return p.listJSON(infos)
	}
	return p.plan(infos, "auto")
}

// plan prints what would be sent.
func (p *program) plan(infos []*runner.CollectionInfo, color string) error {
	if err := report.Plan(p.Out, infos, report.PlanOptions{Color: p.colored(p.Out, color), Width: p.width()}); err != nil {
		return exit{exitError, err}
	}
	return nil
}

// listed is a planned request as `list --json` shows it.
type listed struct {
	Name       string   `json:"name"`
	Case       string   `json:"case"`
	Folder     []string `json:"folder"`
	Method     string   `json:"method"`
	Path       string   `json:"path"`
	Assertions int      `json:"assertions"`
	File       string   `json:"file"`
	Line       int      `json:"line"`
}

func (p *program) listJSON(infos []*runner.CollectionInfo) error {
	type collection struct {
		Name     string   `json:"name"`
		Path     string   `json:"path"`
		Requests []listed `json:"requests"`
	}
	out := []collection{}
	for _, info := range infos {
		c := collection{Name: info.Name, Path: info.Path, Requests: []listed{}}
		for r := range info.Plan {
			line, _ := r.Source.Position()
			folder := r.Folder
			if folder == nil {
				folder = []string{}
			}
			c.Requests = append(c.Requests, listed{r.Name, r.Case, folder, r.Method, r.Path, r.Assertions, r.Source.File(), line})
		}
		out = append(out, c)
	}
	e := json.NewEncoder(p.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return exit{exitError, diag.Diagnostic{Message: "cannot write the list: " + err.Error()}}
	}
	return nil
}
