package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// A savedEvent is a line of an NDJSON report.
type savedEvent struct {
	Event string `json:"event"`
	savedHead
	Collections []savedCollection `json:"collections"`
	Collection  *savedAbout       `json:"collection"`
	Request     *savedRequest     `json:"request"`
	savedTail
}

// tells reports whether the event is of a request of the collection with that index.
func (e *savedEvent) tells(index int) bool {
	return e.Event == "request_finished" && e.Request != nil && e.Collection != nil && e.Collection.Index == index
}

type savedAbout struct {
	Index int    `json:"index"`
	Name  string `json:"name"`
	Path  string `json:"path"`
}

// A follower reads an NDJSON report for the first time, as an [indexer] does it with a JSON report.
type follower struct {
	*Saved
	file *savedFile
	in   *json.Decoder
	done bool // the run has finished
}

// lines reads all lines. One that ends in the middle, or a last one that does not end the run, leaves a report that is
// not whole.
func (l *follower) lines() error {
	for {
		from := l.in.InputOffset()
		var e savedEvent
		err := l.in.Decode(&e)
		to := l.in.InputOffset()
		switch {
		case l.done && errors.Is(err, io.EOF):
			return nil
		case l.done:
			err = errors.New("there is more behind the end of the report")
		case err == nil:
			err = l.event(&e, from, to)
		case l.info != nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
			l.interrupted()
			return nil
		}
		if err != nil {
			return l.file.problem(err, l.in.InputOffset())
		}
	}
}

func (l *follower) event(e *savedEvent, from, to int64) error {
	if (e.Event == "run_started") != (l.info == nil) {
		return fmt.Errorf("the event is %q, expected run_started first and once", diag.PrintableLine(clip(e.Event, keptValue)))
	}
	switch e.Event {
	case "run_started":
		return l.started(e)
	case "request_finished":
		g, err := l.group(e.Collection)
		if err != nil {
			return err
		}
		if e.Request == nil {
			return errors.New("a request_finished event has no request")
		}
		r, err := e.Request.result(nil)
		if err != nil {
			return err
		}
		if g.result != nil {
			return errors.New("a request finished behind the end of its collection")
		}
		if p := &g.parts[0]; p.start == 0 {
			p.start = from
		}
		g.parts[0].end = to
		g.tell(r, from, to)
	case "collection_finished":
		g, err := l.group(e.Collection)
		if err != nil {
			return err
		}
		return g.finish(&e.savedTail, l.info != nil && l.info.Shard != nil)
	case "run_finished":
		l.done = true
		if e.ExitCode == nil {
			return errors.New("a run_finished event has no exit_code")
		}
		return l.finish(&e.savedTail, l.file, to)
	}
	return nil // one of a later version
}

func (l *follower) started(e *savedEvent) (err error) {
	if l.info, err = e.info(l.file); err != nil {
		return err
	}
	l.rerun = e.Rerun
	for i := range e.Collections {
		info, err := e.Collections[i].info()
		if err != nil {
			return err
		}
		l.add(info)
	}
	return nil
}

func (l *follower) add(info *runner.CollectionInfo) {
	g := &savedGroup{info: info, parts: []part{{file: l.file, index: len(l.groups) + 1}}}
	info.Plan = g.plan
	l.groups = append(l.groups, g)
}

// group is the collection that an event is about. One that the run did not tell of at its start comes behind those that
// it told of.
func (l *follower) group(about *savedAbout) (*savedGroup, error) {
	if about == nil {
		return nil, errors.New("an event has no collection")
	}
	if about.Index == len(l.groups)+1 {
		l.add(&runner.CollectionInfo{Name: about.Name, Path: about.Path, Iterations: 1})
	}
	if about.Index < 1 || about.Index > len(l.groups) {
		return nil, fmt.Errorf("an event is about collection %d, there are %d", about.Index, len(l.groups))
	}
	return l.groups[about.Index-1], nil
}

// interrupted ends a report that the run did not end: what was planned and is not there counts as skipped, as it does
// where a run is interrupted.
func (l *follower) interrupted() {
	l.incomplete = l.file.problem(io.ErrUnexpectedEOF, l.file.size)
	l.result = &runner.Result{Info: l.info, Verdict: runner.Interrupted, Duration: max(l.latest().Sub(l.info.Started), 0)}
	for _, g := range l.groups {
		if g.result == nil {
			g.result = &runner.CollectionResult{Info: g.info, Verdict: runner.Interrupted, Counts: g.told}
			if !g.latest.IsZero() {
				g.result.Duration = max(g.latest.Sub(l.info.Started), 0)
			}
			c, planned := &g.result.Counts, &g.info.Planned
			c.Collections, c.Iterations = 1, g.info.Iterations
			c.Assertions.Planned = max(c.Assertions.Planned, planned.Assertions.Planned)
			c.Requests.Skipped += max(planned.Requests.Planned-c.Requests.Planned, 0)
			c.Requests.Planned = max(c.Requests.Planned, planned.Requests.Planned)
		}
		l.result.Counts.Add(g.result.Counts)
	}
}
