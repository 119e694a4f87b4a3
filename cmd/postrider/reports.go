package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/term"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/report"
)

// openReports are the reporters of a run with the files that they write to.
type openReports struct {
	report.Multi
	files   []*report.File
	summary *stepSummary // of the report for GitHub; nil without one
}

// open makes the reporters. A file that cannot be written is found out before anything is sent.
func (s *session) open() (*openReports, error) {
	out := &openReports{}
	stdout := s.guard(s.Out, "standard output")
	for _, target := range s.options.reports {
		if target.format == "none" {
			continue
		}
		file, err := report.Create(target.file, stdout)
		if err != nil {
			out.abort()
			return nil, exit{exitError, err}
		}
		file.Check = s.check(file)
		var to io.Writer = file
		if target.file != "" && file.Direct() {
			to = s.guard(file, file.Name())
		}
		var summary io.Writer
		if target.format == "github" && out.summary == nil {
			if out.summary, err = s.openSummary(); err != nil {
				out.abort()
				return nil, err
			}
			if out.summary != nil {
				summary = s.guard(out.summary, "the summary of the step")
			}
		}
		out.Multi, out.files = append(out.Multi, s.reporter(target, to, out.summary, summary)), append(out.files, file)
	}
	if err := s.record(out); err != nil {
		out.abort()
		return nil, err
	}
	return out, nil
}

// reporter makes the reporter of a format.
func (s *session) reporter(target reportTarget, to io.Writer, step *stepSummary, summary io.Writer) report.Reporter {
	switch target.format {
	case "json":
		return report.NewJSON(to, report.JSONOptions{Version: version(), IncludeBodies: s.options.view.includeBodies})
	case "markdown":
		return report.NewMarkdown(to, report.MarkdownOptions{Redact: s.redact(), Rerun: s.rerun()})
	case "github":
		return report.NewGitHub(to, s.githubOptions(s.redact(), s.rerun(), step, summary))
	}
	o := s.tableOptions(target)
	switch {
	case target.format == "progress":
		return report.NewProgress(to, o)
	case o.Width > 0:
		live := report.NewLive(to, report.LiveOptions{Color: o.Color, Width: o.Width})
		return report.Multi{live, report.NewTable(live, o)}
	}
	return report.NewTable(to, o)
}

func (s *session) tableOptions(target reportTarget) report.TableOptions {
	view := s.options.view
	o := report.TableOptions{
		Verbose: view.verbose, Quiet: view.quiet, ErrorShort: view.errorFormat == "short", Redact: s.redact(), Rerun: s.rerun(),
	}
	if target.file != "" {
		o.Color = view.color == "always"
		return o
	}
	o.Color, o.Width = s.colored(s.Out, view.color), s.width()
	return o
}

// width is how many columns the terminal has on which the program prints; 0 where it is none.
func (p *program) width() int {
	f, ok := p.Out.(*os.File)
	if !ok || !isTerminal(f) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// rerun is the command that runs what failed again, up to the choice of requests.
func (s *session) rerun() []string {
	command := []string{"postrider", "run"}
	for _, e := range s.options.environments {
		command = append(command, "-e", e)
	}
	redact := s.redact()
	for _, word := range s.options.again {
		if redact != nil {
			word = redact(word)
		}
		command = append(command, word)
	}
	return command
}

// close completes the reports and puts their files in place, and says which could not be written.
func (o *openReports) close() diag.List {
	var list diag.List
	for i, r := range o.Multi {
		err := r.Err()
		if err == nil {
			err = o.files[i].Commit()
		} else {
			_ = o.files[i].Abort() // why it is given up is said already
		}
		var leak diag.Diagnostic
		switch {
		case errors.As(err, &leak):
			leak.Message = "write report " + o.files[i].Name() + ": " + leak.Message
			list = append(list, leak)
		case err != nil:
			list.Add(diag.Span{}, err.Error(), "")
		}
	}
	if o.summary != nil {
		if err := o.summary.Close(); err != nil {
			list.Add(diag.Span{}, "write the summary of the step: "+err.Error(), "")
		}
	}
	return list
}

func (o *openReports) abort() {
	if o.summary != nil {
		_ = o.summary.Close()
	}
	for _, f := range o.files {
		_ = f.Abort()
	}
}

var _ runner.Reporter = (*openReports)(nil)
