package report

import (
	"fmt"
	"io"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// HTMLOptions say what an [HTML] report says of itself, and what it keeps to itself.
type HTMLOptions struct {
	// Version is that of the program, "v0.1.0".
	Version string
	// Redact, if set, is applied to diagnostics, for the excerpts in them come from files: see [runner.Redactor].
	Redact func(string) string
}

// HTML writes one page about a run, for a person: the outcome and what failed, which need no script, then the numbers and
// each exchange. It needs nothing beside itself and lets nothing run but its own script.
//
// The page is written when the run is over, for what failed stands first in it. Until then the exchanges that it shows
// wait in a spool: of a long run those that failed, up to a number, and a random sample of the others. The numbers are of
// all.
type HTML struct {
	o        HTMLOptions
	out      screen
	info     *runner.RunInfo
	total    int // requests that finished, sent or not
	sample   sample
	numbers  numbers
	groups   []*pageGroup
	index    map[*runner.CollectionInfo]int // of groups
	failures []pageFailure
	more     int // failed requests that are not in failures
	record   []byte
}

const (
	// pageFailures is how many of the failed requests are shown where no script is needed.
	pageFailures = 100
	// pageDiagnostics is how many bytes of the diagnostics of one of them.
	pageDiagnostics = 8 << 10
)

// A pageGroup is a collection and what became of it.
type pageGroup struct {
	info     *runner.CollectionInfo
	finished *runner.CollectionResult // nil when its end was not told
	counts   runner.RequestCounts     // of those that finished
}

// A pageFailure is a request that failed, as the page shows it without a script.
type pageFailure struct {
	Seq                int
	Verdict            string
	Title, Where, Text string
}

// NewHTML makes a report that is written to w when the run is over.
func NewHTML(w io.Writer, o HTMLOptions) *HTML {
	return &HTML{o: o, out: screen{w: w}, index: map[*runner.CollectionInfo]int{}, sample: sample{most: pageRoom()}}
}

// Err implements [Reporter].
func (h *HTML) Err() error { return h.out.err }

// RunStarted implements [runner.Reporter].
func (h *HTML) RunStarted(info *runner.RunInfo) {
	h.info = info
	for _, c := range info.Collections {
		h.group(c)
	}
}

// RequestFinished implements [runner.Reporter].
func (h *HTML) RequestFinished(r *runner.RequestResult) {
	if h.out.err != nil {
		return
	}
	seq, bad := h.total, r.Verdict == runner.Failed || r.Verdict == runner.Errored
	h.total++
	group := h.group(r.Collection)
	h.groups[group].count(r)
	h.numbers.add(r)
	if bad {
		h.fail(seq, r)
	}
	if !h.sample.wants(bad) {
		return
	}
	var bodies int
	h.record, bodies = h.appendRecord(h.record[:0], seq, group, r, h.sample.left())
	if err := h.sample.put(h.record, kept{seq: seq, bad: bad, bodies: bodies}); err != nil {
		h.out.err = fmt.Errorf("keep what the page is to show: %w", err)
	}
	if cap(h.record) > 1<<20 {
		h.record = nil // one huge exchange is not kept for a whole run
	}
}

// CollectionFinished implements [runner.Reporter].
func (h *HTML) CollectionFinished(c *runner.CollectionResult) {
	h.groups[h.group(c.Info)].finished = c
}

// RunFinished implements [runner.Reporter].
func (h *HTML) RunFinished(result *runner.Result) {
	defer h.sample.spool.reset()
	if h.info == nil {
		h.info = &runner.RunInfo{}
	}
	if h.out.err == nil {
		h.write(result)
	}
}

// group is the index of a collection, which is added if nobody told of it before.
func (h *HTML) group(c *runner.CollectionInfo) int {
	i, ok := h.index[c]
	if !ok {
		i = len(h.groups)
		h.index[c], h.groups = i, append(h.groups, &pageGroup{info: c})
	}
	return i
}

func (g *pageGroup) count(r *runner.RequestResult) {
	switch r.Verdict {
	case runner.Passed:
		g.counts.Passed++
	case runner.Failed:
		g.counts.Failed++
	case runner.Errored:
		g.counts.Errors++
	case runner.Skipped:
		g.counts.Skipped++
	}
	if r.Attempts > 0 {
		g.counts.Sent++
	}
}

// verdict is that of the collection, or the worst of its requests when its end was not told.
func (g *pageGroup) verdict() runner.Verdict {
	switch {
	case g.finished != nil:
		return g.finished.Verdict
	case g.counts.Errors > 0:
		return runner.Errored
	case g.counts.Failed > 0:
		return runner.Failed
	}
	return runner.Interrupted
}

// fail keeps a failed request for the head of the page.
func (h *HTML) fail(seq int, r *runner.RequestResult) {
	if len(h.failures) == pageFailures {
		h.more++
		return
	}
	h.failures = append(h.failures, pageFailure{
		Seq: seq, Verdict: string(r.Verdict), Title: heading(r, len(h.groups) > 1), Where: diag.PrintableLine(r.Source.String()),
		Text: h.drawn(r),
	})
}

// drawn is the diagnostics of a request as a terminal shows them.
func (h *HTML) drawn(r *runner.RequestResult) string {
	list := r.Diagnostics
	if len(list) == 0 && r.Error != nil {
		list = diag.List{{Message: r.Error.Message, Span: r.Error.Source}}
	}
	render, out := diag.Renderer{Redact: h.o.Redact}, screen{}
	render.Render(&out, list)
	text := string(out.text)
	if len(text) > pageDiagnostics {
		text = clip(text, pageDiagnostics) + "…\n"
	}
	return text
}
