package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// help prints what the program can do.
func help(w io.Writer, app *cli.App) {
	fmt.Fprintf(w, "%s: %s\n\nusage: %s\n\ncommands:\n", app.Name, app.Usage, app.UsageText)
	for _, c := range app.Commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.Name, c.Usage)
	}
	fmt.Fprint(w, `
  postrider run                       the shipped collections on the embedded user pool
  postrider run -e aws userinfo       one collection with environments/aws.toml
  postrider COMMAND --help            flags and examples of a command
`)
}

// commandHelp prints a command's flags and examples.
func commandHelp(w io.Writer, c *cli.Command) {
	fmt.Fprintf(w, "%s: %s\n\nusage: %s\n", fullName(c), c.Usage, c.UsageText)
	if len(c.Subcommands) > 0 {
		fmt.Fprint(w, "\ncommands:\n")
	}
	for _, sub := range c.Subcommands {
		fmt.Fprintf(w, "  %-10s %s\n", sub.Name, sub.Usage)
	}
	spelled := make([]string, len(c.Flags))
	width := 0
	for i, f := range c.Flags {
		spelled[i] = spell(f)
		width = max(width, len([]rune(spelled[i])))
	}
	if len(c.Flags) > 0 {
		fmt.Fprint(w, "\nflags:\n")
	}
	for i, f := range c.Flags {
		_, text := usageOf(f)
		fmt.Fprintf(w, "  %s%s  %s\n", spelled[i], strings.Repeat(" ", width-len([]rune(spelled[i]))), text)
	}
	fmt.Fprintf(w, "\n%s\n", c.Description)
}

// spell is a flag as it is written: "-e, --environment NAME|FILE". Other programs' spellings are left out.
func spell(f cli.Flag) string {
	short, out := "    ", "--"+f.Names()[0]
	for _, name := range f.Names()[1:] {
		if len(name) == 1 {
			short = "-" + name + ", "
		}
	}
	if value, _ := usageOf(f); value != "" {
		out += " " + value
	}
	return short + out
}

// usageOf splits a flag's usage, "`VALUE`: text", into the name of its value and the text.
func usageOf(f cli.Flag) (value, text string) {
	documented, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return "", ""
	}
	text = documented.GetUsage()
	if quoted, rest, found := strings.Cut(text, "`: "); found {
		return strings.TrimPrefix(quoted, "`"), rest
	}
	return "", text
}
