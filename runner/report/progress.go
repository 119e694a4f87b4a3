package report

import (
	"io"
	"time"

	"github.com/postrider/postrider/runner"
)

// progressSteps is how many lines tell of the progress where there is no terminal.
const progressSteps = 10

// Progress tells how far a run is, then the failures and what they add up to: the table without its rows. On a terminal
// it is a bar, else a line for each tenth of the run.
type Progress struct {
	table *Table
	live  *Live // nil: no terminal
	out   screen

	start                 time.Time
	planned, done, failed int
	told                  int // tenths
}

// NewProgress makes one that is written to w. With a Width it is a terminal.
func NewProgress(w io.Writer, o TableOptions) *Progress {
	p := &Progress{out: screen{w: w}}
	o.Quiet, o.Verbose = true, false
	if o.Width > 0 {
		p.live = NewLive(w, LiveOptions{Color: o.Color, Width: o.Width})
		w = p.live
	}
	p.table = NewTable(w, o)
	return p
}

// Err implements [Reporter].
func (p *Progress) Err() error {
	if p.live != nil && p.live.Err() != nil {
		return p.live.Err()
	}
	if p.out.err != nil {
		return p.out.err
	}
	return p.table.Err()
}

// RunStarted implements [runner.Reporter].
func (p *Progress) RunStarted(info *runner.RunInfo) {
	p.start, p.planned = time.Now(), info.Planned.Requests.Planned
	if p.live != nil {
		p.live.RunStarted(info)
	}
	p.table.RunStarted(info)
}

// RequestFinished implements [runner.Reporter].
func (p *Progress) RequestFinished(r *runner.RequestResult) {
	p.table.RequestFinished(r)
	if p.live != nil {
		p.live.RequestFinished(r)
		return
	}
	p.done++
	if r.Verdict == runner.Failed || r.Verdict == runner.Errored {
		p.failed++
	}
	if tenths := progressSteps * p.done / max(p.planned, 1); tenths > p.told && p.planned >= progressSteps && p.done < p.planned {
		p.told = tenths
		p.out.text = append(progressLine(p.out.text, p.done, p.planned, p.failed, time.Since(p.start), LiveOptions{}), '\n')
		p.out.flush()
	}
}

// CollectionFinished implements [runner.Reporter].
func (p *Progress) CollectionFinished(r *runner.CollectionResult) { p.table.CollectionFinished(r) }

// RunFinished implements [runner.Reporter].
func (p *Progress) RunFinished(r *runner.Result) {
	if p.live != nil {
		p.live.RunFinished(r)
	}
	p.table.RunFinished(r)
}
