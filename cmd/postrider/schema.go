package main

import (
	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/report"
)

// schemaNames are what there is a JSON Schema of.
func schemaNames() []string { return []string{"collection", "environment", "report", "load"} }

func (p *program) schemaCommand() *cli.Command {
	return &cli.Command{
		Name:      "schema",
		Usage:     "print the JSON Schema of a file format, for editors",
		UsageText: "postrider schema collection|environment|report|load",
		Description: `examples:
  postrider schema collection >.schemas/collection.json
      an editor that uses taplo (Even Better TOML) completes and checks a file whose first line names it:
      #:schema ../.schemas/collection.json
  postrider schema environment >.schemas/environment.json
      or, for all files of a folder, in .taplo.toml:
      [[rule]]
      include = ["environments/*.toml"]
      schema.path = ".schemas/environment.json"`,
		Action: func(c *cli.Context) error { return p.schema(c.Args().Slice()) },
	}
}

func (p *program) schema(names []string) error {
	oneOf := diag.OneOf(schemaNames())
	if len(names) != 1 {
		return usage(oneOf+", for example postrider schema collection", "name one schema")
	}
	var text []byte
	switch names[0] {
	case "collection":
		text = collection.Schema()
	case "environment":
		text = environment.Schema()
	case "report":
		text = report.Schema()
	case "load":
		text = report.LoadSchema()
	default:
		hint := diag.DidYouMean(names[0], schemaNames())
		if hint == "" {
			hint = oneOf
		}
		return usage(hint, "there is no schema of %q", names[0])
	}
	if _, err := p.Out.Write(text); err != nil {
		return exit{exitError, diag.Diagnostic{Message: "cannot write the schema: " + innermost(err)}}
	}
	return nil
}
