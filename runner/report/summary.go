package report

import (
	"strconv"

	"github.com/postrider/postrider/runner"
)

// summary is the table of what the requests and assertions of a run add up to. Errors, skipped and flaky requests
// have a column where there are any. On a terminal tablewriter draws it. Where programs wait for the end of the run it is
// drawn as rows are, and looks the same: to set up a table of tablewriter takes a tenth of a run of one request.
func summary(c runner.Counts, color, terminal bool) []byte {
	l, rows := summaryRows(c, color)
	if terminal {
		return table(l, color, rows)
	}
	for i := range l {
		l.widen(i, l[i].title)
		for _, row := range rows {
			l.widen(i, row[i])
		}
	}
	out := header(l, color)
	for _, row := range rows {
		cells := make([]cell, len(row))
		for i, text := range row {
			cells[i] = cell{text: text}
		}
		out = l.append(out, color, cells...)
	}
	return out
}

func summaryRows(c runner.Counts, color bool) (layout, [][]string) {
	q, a := c.Requests, c.Assertions
	l := layout{{}, {title: "PLANNED", right: true}, {title: "SENT", right: true}, {title: "FAILED", right: true}}
	requests := []string{"requests ", strconv.Itoa(q.Planned), strconv.Itoa(q.Sent), count(q.Failed, color, red)}
	assertions := []string{"assertions ", strconv.Itoa(a.Planned), strconv.Itoa(a.Checked), count(a.Failed, color, red)}
	for _, more := range []struct {
		title, color string
		n            int
	}{{"ERRORS", red, q.Errors}, {"SKIPPED", yellow, q.Skipped}, {"FLAKY", yellow, q.Flaky}} {
		if more.n > 0 {
			l = append(l, column{title: more.title, right: true})
			requests = append(requests, count(more.n, color, more.color))
			assertions = append(assertions, "")
		}
	}
	return l, [][]string{requests, assertions}
}

// count is a number, in colour unless it is zero.
func count(n int, on bool, color string) string {
	return string(paint(nil, on && n > 0, color, strconv.Itoa(n)))
}

// lastLine adds the outcome of a run: a word to look for, and why.
func lastLine(line []byte, r *runner.Result, on bool) []byte {
	q, a := r.Counts.Requests, r.Counts.Assertions
	word, color, text := "PASS", green, held(r)
	switch {
	case r.Verdict == runner.Interrupted:
		word, color, text = "INTERRUPTED", yellow, strconv.Itoa(q.Sent)+" of "+plural(q.Planned, "request")+" sent"
		if a.Failed > 0 {
			text += ", " + failed(a)
		}
	case r.Verdict == runner.Errored:
		word, color, text = "ERROR", red, strconv.Itoa(q.Errors)+" of "+plural(q.Planned, "request")+" could not be completed"
		if a.Failed > 0 {
			text += ", " + failed(a)
		}
	case r.Verdict == runner.Failed:
		word, color, text = "FAIL", red, failed(a)+", in "+strconv.Itoa(q.Failed)+" of "+plural(q.Sent, "request")
	case r.Verdict == runner.Skipped:
		word, color, text = "SKIP", yellow, "none of "+plural(q.Planned, "request")+" was sent"
	}
	line = paint(line, on, color+bold, word)
	line = append(line, "  "...)
	line = append(line, text...)
	line = append(line, ", "...)
	line = append(line, duration(r.Duration)...)
	return append(line, '\n')
}

// held says what a run that passed is worth.
func held(r *runner.Result) string {
	q, a := r.Counts.Requests, r.Counts.Assertions
	text := plural(a.Checked, "assertion") + " held in " + plural(q.Sent, "request")
	if a.Checked == 0 {
		text = plural(q.Sent, "request") + " answered, nothing was asserted"
	}
	if q.Skipped > 0 {
		text += ", " + strconv.Itoa(q.Skipped) + " skipped"
	}
	if q.Flaky > 0 {
		text += ", " + strconv.Itoa(q.Flaky) + " flaky"
	}
	return text
}

func failed(a runner.AssertionCounts) string {
	return strconv.Itoa(a.Failed) + " of " + plural(a.Checked, "assertion") + " failed"
}
