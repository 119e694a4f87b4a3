package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/load"
)

// LoadTable writes what a load came to for a person: a row for each request, thresholds, some failures of each kind, and
// the last line. Of the options, Verbose and Rerun mean nothing here.
func LoadTable(w io.Writer, r *load.Result, o TableOptions) error {
	out := screen{w: w}
	if !o.Quiet {
		loadHeading(&out, r, o)
		out.print(string(loadRows(r, o)), "\n")
		loadNotes(&out, r, o)
	}
	loadThresholds(&out, r, o)
	loadFailures(&out, r, o)
	out.text = loadLastLine(out.text, r, o.Color)
	out.flush()
	return out.err
}

func loadHeading(out *screen, r *load.Result, o TableOptions) {
	parts := []string{diag.PrintableLine(r.Name)}
	if len(r.Environment) > 0 {
		parts = append(parts, diag.PrintableLine(strings.Join(r.Environment, ", ")))
	}
	line := strings.Join(append(parts, loadPlan(r)), " · ")
	if o.Width > 0 {
		line = truncate(line, o.Width)
	}
	out.text = append(paint(out.text, o.Color, bold, line), '\n')
}

// loadPlan says how a load was run: "50 users, 20000 iterations", "20/s, up to 100 users, 1m00s, shard 1/4".
func loadPlan(r *load.Result) string {
	p := &r.Plan
	var parts []string
	if p.Open {
		parts = append(parts, perSecond(p.Start)+loadTargets(p, perSecond), "up to "+plural(p.Users, "user"))
	} else if len(p.Stages) > 0 {
		parts = append(parts, number(p.Start)+loadTargets(p, number)+" users")
	} else {
		parts = append(parts, plural(p.Users, "user"))
	}
	if p.Iterations > 0 {
		parts = append(parts, plural(p.Iterations, "iteration"))
	}
	if p.Duration > 0 {
		parts = append(parts, duration(p.Duration))
	}
	if s := p.Shard; s.Of > 1 {
		parts = append(parts, fmt.Sprintf("shard %d/%d", s.Index, s.Of))
	}
	return strings.Join(parts, ", ")
}

// maxTargets is how many stages are told one by one.
const maxTargets = 6

func loadTargets(p *load.Plan, show func(float64) string) string {
	text := ""
	for i, s := range p.Stages {
		if i == maxTargets {
			return text + " → …"
		}
		text += " → " + show(s.Target)
	}
	return text
}

// number is a number with at most two decimals.
func number(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "-"
	}
	text := strconv.FormatFloat(f, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// perSecond is a rate as people read it: "1234/s", "12.3/s", "0.25/s".
func perSecond(f float64) string {
	switch {
	case f >= 100:
		f = math.Round(f)
	case f >= 1:
		f = math.Round(10*f) / 10
	}
	return number(f) + "/s"
}

// latency is a duration of which the digits behind the point matter while it is short: "870 µs", "4.3 ms", "12 ms".
func latency(d time.Duration) string {
	if d >= time.Millisecond && d < 9950*time.Microsecond {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	}
	return duration(d)
}

// percent is a share: "100 %", "99.98 %".
func percent(share float64) string {
	if math.IsNaN(share) {
		return "-"
	}
	text := strconv.FormatFloat(100*share, 'f', 2, 64)
	if share < 1 && text == "100.00" {
		text = "99.99" // not all held
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " %"
}

// loadRows is a row for each request, then what all of them come to.
func loadRows(r *load.Result, o TableOptions) []byte {
	l := layout{}
	for i, title := range loadTitles() {
		l = append(l, column{title: title, right: i > 2})
	}
	var rows [][]string
	eachLoadRow(r, func(q *load.Request) {
		title, path := diag.PrintableLine(q.Title), diag.PrintableLine(q.Path)
		if o.Width > 0 {
			title, path = truncateTitle(title, max(16, o.Width/4)), truncateStart(path, max(12, o.Width/6))
		}
		rows = append(rows, append([]string{title, diag.PrintableLine(q.Method), path}, loadCells(r, q, o.Color)...))
	})
	return table(l, o.Color, rows)
}

func loadTitles() []string {
	return []string{"REQUEST", "METHOD", "PATH", "COUNT", "RATE", "FAILED", "CHECKS", "AVG", "P50", "P90", "P95", "P99", "MAX"}
}

// eachLoadRow calls f for setup, requests, teardown, and what all requests and iterations come to where there are several
// requests.
func eachLoadRow(r *load.Result, f func(*load.Request)) {
	for _, setup := range []bool{true, false} {
		for i := range r.Around {
			if q := &r.Around[i]; (q.Stage == runner.Setup) == setup {
				f(q)
			}
		}
		if !setup {
			break
		}
		for i := range r.Requests {
			f(&r.Requests[i])
		}
	}
	if len(r.Requests) > 1 {
		f(&load.Request{Title: "all requests", Stats: r.Total})
		f(&load.Request{Title: "iterations", Stats: load.Stats{Passed: r.Iterations.Finished, Latency: r.Whole}})
	}
}

func loadCells(r *load.Result, q *load.Request, color bool) []string {
	s, rate := &q.Stats, "-"
	if q.Stage == runner.Main {
		rate = perSecond(r.Rate(s.Finished()))
	}
	checks := percent(s.Checks())
	if s.FailedChecks > 0 {
		checks = string(paint(nil, color, red, checks))
	}
	cells := []string{strconv.FormatInt(s.Finished(), 10), rate, count(int(s.Failed+s.Errors), color, red), checks}
	if s.Latency.Count() == 0 {
		return append(cells, "-", "-", "-", "-", "-", "-")
	}
	l := &s.Latency
	return append(cells, latency(l.Mean()), latency(l.Percentile(50)), latency(l.Percentile(90)), latency(l.Percentile(95)), latency(l.Percentile(99)), latency(l.Max()))
}

// loadNotes tell of what is in no row.
func loadNotes(out *screen, r *load.Result, o TableOptions) {
	i := &r.Iterations
	note := func(n int64, noun, text string) {
		if n > 0 {
			out.text = paint(out.text, o.Color, yellow, plural(int(n), noun)+" "+text)
			out.print("\n")
		}
	}
	note(i.Late, "iteration", "found no free user and waited for one, which counts as latency")
	note(i.Dropped, "iteration", "never began, for want of a free user: the rate was not kept up")
	note(i.Cut, "iteration", "given up at the end")
	note(r.Total.Skipped, "request", "skipped")
	note(r.Total.Retried, "attempt", "that did not pass, sent again")
	if i.Late+i.Dropped+i.Cut+r.Total.Skipped+r.Total.Retried > 0 {
		out.print("\n")
	}
}

// opSign is how a comparison is written.
func opSign(op string) string {
	return map[string]string{"lt": "<", "lte": "≤", "gt": ">", "gte": "≥"}[op]
}

// actual is what a threshold was compared with.
func actual(t *load.Outcome) string {
	switch {
	case math.IsNaN(t.Actual):
		return "nothing to measure"
	case t.OfTime():
		return latency(time.Duration(t.Actual * float64(time.Second)))
	}
	return strconv.FormatFloat(t.Actual, 'g', 4, 64)
}

// loadThresholds shows each threshold with what came of it, and the diagnostics of those that do not hold.
func loadThresholds(out *screen, r *load.Result, o TableOptions) {
	if len(r.Thresholds) == 0 {
		return
	}
	if !o.Quiet {
		l := layout{{}, {title: "THRESHOLD"}, {title: "ACTUAL", right: true}}
		var rows [][]string
		for i := range r.Thresholds {
			t := &r.Thresholds[i]
			mark := string(paint(nil, o.Color, green, "✓"))
			if !t.Held {
				mark = string(paint(nil, o.Color, red, "✗"))
			}
			rows = append(rows, []string{mark, t.Metric + " " + opSign(t.Op) + " " + diag.PrintableLine(t.Text), actual(t)})
		}
		out.print(string(table(l, o.Color, rows)), "\n")
	}
	render := diag.Renderer{Color: o.Color, Short: o.ErrorShort, Redact: o.Redact}
	for _, t := range r.Missed() {
		render.One(out, diag.Diagnostic{
			Message: "threshold missed: " + t.Metric, Span: t.Span,
			Details: []diag.Detail{{Label: "expected", Text: opSign(t.Op) + " " + t.Text}, {Label: "actual", Text: actual(&t)}},
		})
		if !o.ErrorShort {
			out.print("\n")
		}
	}
}

// loadFailures shows one of each kind of failure, with how often it came.
func loadFailures(out *screen, r *load.Result, o TableOptions) {
	render := diag.Renderer{Color: o.Color, Short: o.ErrorShort, Redact: o.Redact}
	for i := range r.Failures {
		f := &r.Failures[i]
		d := placedFailure(f)
		if o.ErrorShort {
			d.Message += " (" + plural(int(f.Count), "time") + ")"
			render.One(out, d)
			continue
		}
		out.text = paint(out.text, o.Color, bold, strconv.Itoa(i+1)+". "+diag.PrintableLine(f.Request)+" · "+plural(int(f.Count), "time"))
		out.print("\n")
		render.One(out, d)
		out.print("\n")
	}
	if r.MoreFailures > 0 {
		out.print("… and ", plural(int(r.MoreFailures), "failure"), " of other kinds\n")
	}
	if r.MoreFailures > 0 || o.ErrorShort && len(r.Failures) > 0 {
		out.print("\n")
	}
}

// placedFailure is the diagnostic of a failure. One that was read from a report has its place in words.
func placedFailure(f *load.Failure) diag.Diagnostic {
	d := f.Diagnostic
	if d.Span.IsZero() && f.File != "" {
		d.Notes = append([]string{f.File + ":" + strconv.Itoa(f.Line) + ":" + strconv.Itoa(f.Column)}, d.Notes...)
	}
	return d
}

// loadLastLine adds the outcome: a word to look for, and why.
func loadLastLine(line []byte, r *load.Result, on bool) []byte {
	t := &r.Total
	var why []string
	errors, failed := t.Errors, t.Failed
	for i := range r.Around {
		errors, failed = errors+r.Around[i].Errors, failed+r.Around[i].Failed
	}
	if n := len(r.Missed()); n > 0 {
		why = append(why, strconv.Itoa(n)+" of "+plural(len(r.Thresholds), "threshold")+" missed")
	}
	if errors > 0 {
		why = append(why, plural(int(errors), "request")+" could not be completed")
	}
	if failed > 0 {
		why = append(why, plural(int(failed), "request")+" failed")
	}
	word, color := "PASS", green
	switch r.Verdict {
	case runner.Interrupted:
		word, color = "INTERRUPTED", yellow
	case runner.Errored:
		word, color = "ERROR", red
	case runner.Failed:
		word, color = "FAIL", red
	case runner.Skipped:
		word, color = "SKIP", yellow
	}
	switch {
	case r.Verdict == runner.Passed && t.Checked > 0:
		why = append(why, plural(int(t.Checked-t.FailedChecks), "assertion")+" held")
	case r.Verdict == runner.Passed:
		why = append(why, "nothing was asserted")
	}
	why = append(why, plural(int(t.Finished()), "request")+" by "+plural(r.Users, "user"), perSecond(r.Rate(t.Finished())))
	if t.Latency.Count() > 0 {
		why = append(why, "p95 "+latency(t.Latency.Percentile(95)))
	}
	why = append(why, duration(r.Duration))
	line = paint(line, on, color+bold, word)
	line = append(line, "  "+strings.Join(why, ", ")...)
	return append(line, '\n')
}

// LoadProgress is a line of how a load goes, as wide as that at most; 0 cuts nothing.
func LoadProgress(p load.Progress, width int) string {
	parts := []string{duration(p.Elapsed.Round(time.Second))}
	if p.Left >= 0 {
		parts[0] += ", " + duration(p.Left.Round(time.Second)) + " left"
	}
	parts = append(parts, plural(p.Users, "user"), plural(int(p.Finished), "request"), perSecond(p.Rate), strconv.FormatInt(p.Failed, 10)+" failed", "p95 "+latency(p.P95))
	if p.Late > 0 {
		parts = append(parts, strconv.FormatInt(p.Late, 10)+" late")
	}
	line := strings.Join(parts, " · ")
	if width > 0 {
		line = truncate(line, width)
	}
	return line
}
