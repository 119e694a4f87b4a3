package main

import (
	"io"

	"github.com/postrider/postrider/runner/report"
)

// reportFormats are the formats that there are; none is for no report at all.
var reportFormats = []string{"table", "progress", "markdown", "json", "ndjson", "junit", "tap", "html", "github", "har", "ctrf", "none"}

// formatOptions are what reports of any format are told.
type formatOptions struct {
	table  report.TableOptions
	bodies bool
	redact func(string) string
	rerun  []string
	github report.GitHubOptions
}

// newReporter makes a report of one of the formats but none.
func newReporter(format string, w io.Writer, o formatOptions) report.Reporter {
	switch format {
	case "json", "ndjson":
		j := report.JSONOptions{Version: version(), IncludeBodies: o.bodies, Redact: o.redact, Rerun: o.rerun}
		if format == "json" {
			return report.NewJSON(w, j)
		}
		return report.NewNDJSON(w, j)
	case "markdown":
		return report.NewMarkdown(w, report.MarkdownOptions{Redact: o.redact, Rerun: o.rerun})
	case "junit":
		return report.NewJUnit(w, report.JUnitOptions{Redact: o.redact})
	case "tap":
		return report.NewTAP(w, report.TAPOptions{Redact: o.redact})
	case "ctrf":
		return report.NewCTRF(w, report.CTRFOptions{Version: version(), Redact: o.redact})
	case "html":
		return report.NewHTML(w, report.HTMLOptions{Version: version(), Redact: o.redact})
	case "har":
		return report.NewHAR(w, report.HAROptions{Version: version()})
	case "github":
		return report.NewGitHub(w, o.github)
	}
	o.table.Redact, o.table.Rerun = o.redact, o.rerun
	switch {
	case format == "progress":
		return report.NewProgress(w, o.table)
	case o.table.Width > 0:
		live := report.NewLive(w, report.LiveOptions{Color: o.table.Color, Width: o.table.Width})
		return report.Multi{live, report.NewTable(live, o.table)}
	}
	return report.NewTable(w, o.table)
}
