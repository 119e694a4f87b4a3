package main

import (
	"io"

	"github.com/postrider/postrider/runner/report"
)

// reportFormats are the formats that there are; none is for no report at all.
var reportFormats = []string{"table", "json", "ndjson", "none"}

// formatOptions are what reports of any format are told.
type formatOptions struct {
	table report.TableOptions
	json  report.JSONOptions
}

// newReporter makes a report of one of the formats but none.
func newReporter(format string, w io.Writer, o formatOptions) report.Reporter {
	switch format {
	case "json":
		return report.NewJSON(w, o.json)
	case "ndjson":
		return report.NewNDJSON(w, o.json)
	}
	return report.NewTable(w, o.table)
}
