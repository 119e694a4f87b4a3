package main

import (
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/report"
)

func (p *program) reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "show saved reports again, or join them",
		UsageText: "postrider report show|merge [flags] FILE…",
		Description: `examples:
  postrider report show out.json
      the table of a run, from its JSON report
  postrider report merge --report json=all.json shard-*.json
      the reports of all shards as one`,
		Subcommands: []*cli.Command{p.reportShowCommand(), p.reportMergeCommand()},
	}
}

func (p *program) reportShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "show a saved report again, in any format",
		UsageText: "postrider report show [flags] FILE",
		Description: `FILE is what --report json or --report ndjson wrote, or - for standard input. Of an NDJSON report that was cut off all is shown
that is there, as a run that was interrupted.

exit codes: 0 the report is whole and was shown, 2 it cannot be read or is not whole, 3 what was asked for cannot be written;
with --exit-code that of the run, if all else went well

examples:
  postrider report show out.json
      the table, as the run printed it
  postrider report show -v --report ndjson=out.ndjson --exit-code out.json
      the table with each exchange and an event a line in a file; ends with the exit code that the run had`,
		Flags: reportFlags("table"),
		Action: func(c *cli.Context) error {
			if c.NArg() != 1 {
				return usage("for example postrider report show out.json", "name one report")
			}
			return p.reportAgain(c, nil)
		},
	}
}

func (p *program) reportMergeCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge",
		Usage:     "join saved reports into one",
		UsageText: "postrider report merge [flags] FILE…",
		Description: `The reports are those of the shards of a run, which must all be there, or of separate runs. Collections of the same name and path
become one. What would count requests twice is refused: a report or a shard that is given twice. Without --report the merged
report goes to standard output as JSON. Reports of loads of one collection are merged too: by their histograms, nothing is averaged.

exit codes: 0 the reports were merged, 2 one of them cannot be read or is not whole, or they do not go together, 3 the merged
report cannot be written; with --exit-code that of the merged run, if all else went well

examples:
  postrider report merge shard-1.json shard-2.json >all.json
      the JSON report of the whole run
  postrider report merge --exit-code --report json=all.json shard-*.json
      for CI, behind the jobs of the shards: the table, the report, and the exit code of the whole run`,
		Flags: reportFlags("json"),
		Action: func(c *cli.Context) error {
			if c.NArg() == 0 {
				return usage("for example postrider report merge shard-1.json shard-2.json", "name the reports to merge")
			}
			return p.reportAgain(c, []reportTarget{{format: "json"}})
		},
	}
}

func reportFlags(fallback string) []cli.Flag {
	return slices.Concat([]cli.Flag{
		&cli.StringSliceFlag{Name: "report", Aliases: []string{"r"}, Usage: "`FORMAT[=FILE]`: as of run, without one " + fallback + "; may be repeated"},
		&cli.BoolFlag{Name: "exit-code", Usage: "end with the exit code of the run"},
	}, viewFlags())
}

// reportAgain tells saved reports, merged if there are several, to reporters: those that were asked for, else those given,
// else a table.
func (p *program) reportAgain(c *cli.Context, targets []reportTarget) error {
	view, err := parseView(c)
	if err != nil {
		return err
	}
	if asked := c.StringSlice("report"); len(asked) > 0 || targets == nil {
		if targets, err = parseReports(asked, reportFormats); err != nil {
			return err
		}
	}
	if names := c.Args().Slice(); slices.ContainsFunc(names, ofLoad) {
		result, err := p.loadAgain(names, c.Command.Name == "merge", targets, view)
		if err == nil && c.Bool("exit-code") && result.ExitCode() != exitOK {
			return exit{code: result.ExitCode()}
		}
		return err
	}
	saved, err := p.openSaved(c.Args().Slice(), c.Command.Name == "merge")
	if err != nil {
		return err
	}
	defer saved.Close()
	// Until here nothing is written that would be left behind.
	ctx, stop := interruptible(c.Context)
	defer stop()
	reporters, err := p.openReports(targets, func(target reportTarget) formatOptions {
		return formatOptions{table: p.tableOptions(target, view), bodies: true, rerun: saved.Rerun()}
	}, inspector{})
	if err != nil {
		return err
	}
	if err := saved.Play(ctx, reporters); err != nil {
		reporters.abort()
		if ctx.Err() != nil {
			return exit{code: exitInterrupted}
		}
		return err
	}
	saved.Close() // a report may take the place of one that was read
	if list := reporters.close(); len(list) > 0 {
		return exit{exitError, list}
	}
	if err := saved.Incomplete(); err != nil {
		return exit{exitUsage, err}
	}
	if code := saved.Result().ExitCode(); c.Bool("exit-code") && code != exitOK {
		return exit{code: code}
	}
	return nil
}

// openSaved opens reports; - is standard input. What is wrong with any of them comes at once.
func (p *program) openSaved(names []string, merge bool) (*report.Saved, error) {
	var all []*report.Saved
	var list diag.List
	for i, name := range names {
		var one *report.Saved
		var err error
		switch {
		case name == "-" && slices.Contains(names[:i], "-"):
			err = diag.Diagnostic{Message: "standard input can be read once only"}
		case name == "-":
			one, err = report.ReadSaved("standard input", p.In)
		default:
			one, err = report.OpenSaved(name)
		}
		var d diag.Diagnostic
		switch {
		case err == nil:
			all = append(all, one)
		case errors.As(err, &d):
			list = append(list, d)
		default:
			list.Add(diag.Span{}, err.Error(), "")
		}
	}
	var merged *report.Saved
	err := list.Err()
	switch {
	case err != nil:
	case merge:
		merged, err = report.Merge(all)
	default:
		merged = all[0]
	}
	if err != nil {
		for _, one := range all {
			one.Close()
		}
		return nil, exit{exitUsage, err}
	}
	return merged, nil
}
