package main

import (
	"os"

	"golang.org/x/term"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/report"
)

// openReports are the reporters of a run with the files that they write to.
type openReports struct {
	report.Multi
	files []*report.File
}

// open makes the reporters. A file that cannot be written is found out before anything is sent.
func (s *session) open() (*openReports, error) {
	return s.openReports(s.options.reports, func(target reportTarget) formatOptions {
		return formatOptions{table: s.tableOptions(target), json: report.JSONOptions{Version: version(), Redact: s.redact(), Rerun: s.rerun()}}
	})
}

// openReports makes the reporters and their files.
func (p *program) openReports(targets []reportTarget, options func(reportTarget) formatOptions) (*openReports, error) {
	out := &openReports{}
	for _, target := range targets {
		if target.format == "none" {
			continue
		}
		file, err := report.Create(target.file, p.Out)
		if err != nil {
			out.abort()
			return nil, exit{exitError, err}
		}
		out.Multi = append(out.Multi, newReporter(target.format, file, options(target)))
		out.files = append(out.files, file)
	}
	return out, nil
}

func (s *session) tableOptions(target reportTarget) report.TableOptions {
	o := s.program.tableOptions(target, s.options.view)
	o.Redact, o.Rerun = s.redact(), s.rerun()
	return o
}

// tableOptions say how a table looks that goes to a file, or to the terminal.
func (p *program) tableOptions(target reportTarget, view viewOptions) report.TableOptions {
	o := report.TableOptions{Verbose: view.verbose, Quiet: view.quiet, ErrorShort: view.errorFormat == "short"}
	if target.file != "" {
		o.Color = view.color == "always"
		return o
	}
	o.Color, o.Width = p.colored(p.Out, view.color), p.width()
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
		if err != nil {
			list.Add(diag.Span{}, err.Error(), "")
		}
	}
	return list
}

func (o *openReports) abort() {
	for _, f := range o.files {
		_ = f.Abort()
	}
}

var _ runner.Reporter = (*openReports)(nil)
