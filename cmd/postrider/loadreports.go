package main

import (
	"bytes"
	"context"
	"io"
	"os"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/load"
	"github.com/postrider/postrider/runner/report"
)

// loadFormats are the formats that a load is reported in.
var loadFormats = []string{"table", "json", "html", "none"}

// loadReports are the files that a load is to be reported into.
type loadReports struct {
	*program
	targets []reportTarget
	view    viewOptions
	redact  func(string) string
	files   []*report.File
	to      []io.Writer // the files, or what looks at that which passes
}

// openLoad opens the reports: one that cannot be written is found out before anything is sent.
func (p *program) openLoad(targets []reportTarget, view viewOptions, redact func(string) string, inspect inspector) (*loadReports, error) {
	out := &loadReports{program: p, view: view, redact: redact}
	stdout := inspect.through(p.Out, "standard output")
	for _, target := range targets {
		if target.format == "none" {
			continue
		}
		file, to, err := inspect.create(target.file, stdout)
		if err != nil {
			for _, f := range out.files {
				_ = f.Abort()
			}
			return nil, err
		}
		out.targets, out.files, out.to = append(out.targets, target), append(out.files, file), append(out.to, to)
	}
	return out, nil
}

// write writes the reports and puts their files in place, and says which could not be written.
func (l *loadReports) write(r *load.Result) diag.List {
	var list diag.List
	for i, target := range l.targets {
		to := l.to[i]
		var err error
		switch target.format {
		case "table":
			o := l.tableOptions(target, l.view)
			o.Redact = l.redact
			err = report.LoadTable(to, r, o)
		case "json":
			err = report.LoadJSON(to, r, version())
		case "html":
			err = report.LoadHTML(to, r, report.LoadHTMLOptions{Version: version(), Redact: l.redact})
		}
		list = append(list, finish(l.files[i], err)...)
	}
	return list
}

// ofLoad reports whether a file begins as the JSON report of a load does.
func ofLoad(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 64)
	n, _ := io.ReadFull(f, start)
	return bytes.Contains(start[:n], []byte(`"kind": "load"`))
}

// loadAgain reports the loads of saved reports: one, or several merged.
func (p *program) loadAgain(names []string, merge bool, targets []reportTarget, view viewOptions) (*load.Result, error) {
	for _, target := range targets {
		if err := oneOf("report", target.format, loadFormats...); err != nil {
			return nil, err
		}
	}
	var all []*load.Result
	var list diag.List
	for _, name := range names {
		one, err := readLoad(name)
		if err != nil {
			list.Add(diag.Span{}, err.Error(), "reports of runs and of loads cannot be merged")
			continue
		}
		all = append(all, one)
	}
	if len(list) > 0 {
		return nil, exit{exitUsage, list}
	}
	merged := all[0]
	if merge {
		var err error
		if merged, err = load.Merge(all...); err != nil {
			return nil, exit{exitUsage, err}
		}
	}
	_, stop := interruptible(context.Background()) // what is begun is finished, or a second signal ends it
	defer stop()
	reports, err := p.openLoad(targets, view, nil, inspector{})
	if err != nil {
		return nil, err
	}
	if list := reports.write(merged); len(list) > 0 {
		return nil, exit{exitError, list}
	}
	return merged, nil
}

func readLoad(name string) (*load.Result, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return report.ReadLoad(name, f)
}
