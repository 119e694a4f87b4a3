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

// An inspector looks at what is written. The zero inspector does not.
type inspector struct {
	// stream gives a writer that passes on what is written to a stream of that name.
	stream func(to io.Writer, name string) io.Writer
	// file gives what looks at a file before it takes its place, see [report.File].
	file func(*report.File) func(io.Reader) error
	// private says that secrets are shown, so that new files are for their owner alone.
	private bool
}

// inspector looks for the secrets of a run, unless they are to be shown.
func (s *session) inspector() inspector {
	if s.options.view.showSecrets {
		return inspector{private: true}
	}
	return inspector{stream: s.guard, file: s.check}
}

// create begins to write a report, and gives what to write it to.
func (i inspector) create(name string, stdout io.Writer) (*report.File, io.Writer, error) {
	create := report.Create
	if i.private {
		create = report.CreatePrivate
	}
	file, err := create(name, stdout)
	if err != nil {
		return nil, nil, exit{exitError, err}
	}
	if name != "" && file.Direct() {
		return file, i.through(file, file.Name()), nil
	}
	if !file.Direct() && i.file != nil {
		file.Check = i.file(file)
	}
	return file, file, nil
}

// through gives a writer that passes on what is written to a stream of that name.
func (i inspector) through(to io.Writer, name string) io.Writer {
	if i.stream == nil {
		return to
	}
	return i.stream(to, name)
}

// open makes the reporters of a run. A file that cannot be written is found out before anything is sent.
func (s *session) open() (*openReports, error) {
	inspect := s.inspector()
	out, err := s.openReports(s.options.reports, s.formatOptions, inspect)
	if err == nil {
		if err = s.record(out, inspect); err != nil {
			out.abort()
		}
	}
	return out, err
}

// formatOptions are what a report of the run is told.
func (s *session) formatOptions(target reportTarget) formatOptions {
	view := s.options.view
	return formatOptions{table: s.tableOptions(target, view), bodies: view.includeBodies, redact: s.redact(), rerun: s.rerun()}
}

// openReports makes reporters and their files.
func (p *program) openReports(targets []reportTarget, options func(reportTarget) formatOptions, inspect inspector) (*openReports, error) {
	out := &openReports{}
	stdout := inspect.through(p.Out, "standard output")
	for _, target := range targets {
		if target.format == "none" {
			continue
		}
		file, to, err := inspect.create(target.file, stdout)
		if err != nil {
			out.abort()
			return nil, err
		}
		out.files = append(out.files, file)
		o := options(target)
		if target.format == "github" {
			if out.summary == nil {
				if out.summary, err = p.openSummary(); err != nil {
					out.abort()
					return nil, err
				}
			}
			o.github = p.githubOptions(o.redact, o.rerun, out.summary)
			if out.summary != nil {
				o.github.Summary = inspect.through(out.summary, "the summary of the step")
			}
		}
		out.Multi = append(out.Multi, newReporter(target.format, to, o))
	}
	return out, nil
}

// tableOptions say how a table looks that goes to a file, or to the terminal.
func (p *program) tableOptions(target reportTarget, view viewOptions) report.TableOptions {
	o := report.TableOptions{Verbose: view.verbose, Quiet: view.quiet, ErrorShort: view.errorFormat == "short"}
	if target.file != "" {
		o.Color, o.Gather = view.color == "always", true
		return o
	}
	o.Color, o.Width, o.Gather = p.colored(p.Out, view.color), p.width(), !isTerminal(p.Out)
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
		list = append(list, finish(o.files[i], err)...)
	}
	if o.summary != nil {
		if err := o.summary.Close(); err != nil {
			list.Add(diag.Span{}, "write the summary of the step: "+err.Error(), "")
		}
	}
	return list
}

// finish puts a report in its place, unless it could not be written, and says why it is not there.
func finish(file *report.File, err error) diag.List {
	if err == nil {
		err = file.Commit()
	} else {
		_ = file.Abort() // why it is given up is said already
	}
	var leak diag.Diagnostic
	switch {
	case errors.As(err, &leak):
		leak.Message = "write report " + file.Name() + ": " + leak.Message
		return diag.List{leak}
	case err != nil:
		return diag.List{{Message: err.Error()}}
	}
	return nil
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
