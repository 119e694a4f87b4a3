package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// savedCounts are counts as they are read; what is planned alone is savedPlanned.
type savedCounts struct {
	Collections int `json:"collections"`
	Iterations  int `json:"iterations"`
	Requests    struct {
		Planned, Sent, Passed, Failed, Errors, Skipped, Flaky int
	} `json:"requests"`
	Assertions struct {
		Planned, Checked, Failed int
	} `json:"assertions"`
}

func (c *savedCounts) counts() runner.Counts {
	return runner.Counts{
		Collections: c.Collections, Iterations: c.Iterations,
		Requests: runner.RequestCounts(c.Requests), Assertions: runner.AssertionCounts(c.Assertions),
	}
}

type savedPlanned struct {
	Collections int `json:"collections"`
	Iterations  int `json:"iterations"`
	Requests    int `json:"requests"`
	Assertions  int `json:"assertions"`
}

func (p *savedPlanned) counts() (c runner.Counts) {
	c.Collections, c.Iterations, c.Requests.Planned, c.Assertions.Planned = p.Collections, p.Iterations, p.Requests, p.Assertions
	return c
}

// A savedHead is what is known before the first request, and a savedTail what is known at the end.
type savedHead struct {
	Version     *int          `json:"version"`
	Tool        *savedTool    `json:"tool"`
	StartedAt   string        `json:"started_at"`
	Environment []string      `json:"environment"`
	Rerun       []string      `json:"rerun"`
	Shard       *runner.Shard `json:"shard"`
	Planned     savedPlanned  `json:"planned"`
}

type savedTool struct {
	Name string `json:"name"`
}

type savedTail struct {
	Counts   *savedCounts `json:"counts"`
	Verdict  string       `json:"verdict"`
	Duration milliseconds `json:"duration_ms"`
	ExitCode *int         `json:"exit_code"`
}

type savedCollection struct {
	Name       *string      `json:"name"`
	Path       string       `json:"path"`
	Iterations int          `json:"iterations"`
	Planned    savedPlanned `json:"planned"`
}

// check sees to it that the file is a report, and one that this program can read.
func (h *savedHead) check(f *savedFile) error {
	switch {
	case h.Version == nil:
		return f.no(`it has no "version"`)
	case h.Tool == nil || h.Tool.Name != "postrider":
		return f.no(`its "tool" has not the name "postrider"`)
	case *h.Version != 1:
		return diag.Diagnostic{
			Message: fmt.Sprintf("this report is of version %d of the format, expected 1", *h.Version), Span: diag.SpanAt(f.name, 1, 1, diag.Excerpt{}),
			Hint: "the postrider that wrote it reads it",
		}
	case h.Shard != nil && (h.Shard.Index < 1 || h.Shard.Index > h.Shard.Of):
		return f.no(fmt.Sprintf("it says that it is shard %d of %d", h.Shard.Index, h.Shard.Of))
	}
	return nil
}

// info is what the run told at its start.
func (h *savedHead) info(f *savedFile) (*runner.RunInfo, error) {
	if err := h.check(f); err != nil {
		return nil, err
	}
	started, err := savedMoment(h.StartedAt)
	if err != nil {
		return nil, f.no(err.Error())
	}
	return &runner.RunInfo{Started: started, Environment: h.Environment, Planned: h.Planned.counts(), Shard: h.Shard}, nil
}

func (c *savedCollection) info() (*runner.CollectionInfo, error) {
	if c.Name == nil || c.Iterations < 0 {
		return nil, errors.New("a collection has no name, or less than no iterations")
	}
	info := &runner.CollectionInfo{Name: *c.Name, Path: c.Path, Iterations: c.Iterations, Planned: c.Planned.counts()}
	info.Planned.Collections, info.Planned.Iterations = 1, c.Iterations
	return info, nil
}

// outcome is the verdict, duration and counts of a tail.
func (t *savedTail) outcome() (v runner.Verdict, c runner.Counts, err error) {
	v = runner.Verdict(t.Verdict)
	switch {
	case t.Counts == nil:
		return v, c, errors.New("there are no counts")
	case !t.Duration.valid():
		return v, c, fmt.Errorf("duration_ms is %g", float64(t.Duration))
	case v != runner.Passed && v != runner.Failed && v != runner.Errored && v != runner.Skipped && v != runner.Interrupted:
		return v, c, fmt.Errorf("the verdict is %q, expected passed, failed, error, skipped or interrupted", diag.PrintableLine(clip(t.Verdict, keptValue)))
	}
	return v, t.Counts.counts(), nil
}

// An indexer reads a JSON report for the first time: it finds where the requests of each collection stand, and whether
// all adds up. Members may stand in any order.
type indexer struct {
	*Saved
	file *savedFile
	in   *json.Decoder
	head savedHead
	tail savedTail
}

// document reads the whole report.
func (x *indexer) document() error {
	if err := x.object(x.member); err != nil {
		return x.file.problem(err, x.in.InputOffset())
	}
	if _, err := x.in.Token(); !errors.Is(err, io.EOF) {
		return x.file.problem(errors.New("there is more behind the end of the report"), x.in.InputOffset())
	}
	info, err := x.head.info(x.file)
	if err != nil {
		return err
	}
	if x.tail.ExitCode == nil {
		return x.file.no(`it has no "exit_code"`)
	}
	x.info, x.rerun = info, x.head.Rerun
	return x.finish(&x.tail, x.file, x.file.size)
}

// object reads an object: member is called behind each key, and reads its value.
func (x *indexer) object(member func(key string) error) error {
	if err := x.delimiter('{', "an object"); err != nil {
		return err
	}
	for x.in.More() {
		key, err := x.in.Token()
		if err != nil {
			return err
		}
		if err := member(key.(string)); err != nil {
			return err
		}
	}
	_, err := x.in.Token()
	return err
}

// array reads an array: element is called before each element, and reads it.
func (x *indexer) array(element func() error) error {
	if err := x.delimiter('[', "an array"); err != nil {
		return err
	}
	for x.in.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return nil
}

func (x *indexer) delimiter(want json.Delim, name string) error {
	t, err := x.in.Token()
	if err == nil && t != want {
		err = errors.New("expected " + name)
	}
	return err
}

// skip reads a value that is of no use, token by token.
func (x *indexer) skip() error {
	for depth := 0; ; {
		t, err := x.in.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func (x *indexer) member(key string) error {
	switch key {
	case "version":
		if err := x.in.Decode(&x.head.Version); err != nil {
			return err
		}
		if v := x.head.Version; v != nil && *v != 1 {
			h := savedHead{Version: v, Tool: &savedTool{"postrider"}}
			return h.check(x.file) // what follows may be anything
		}
		return nil
	case "tool":
		return x.in.Decode(&x.head.Tool)
	case "started_at":
		return x.in.Decode(&x.head.StartedAt)
	case "environment":
		return x.in.Decode(&x.head.Environment)
	case "rerun":
		return x.in.Decode(&x.head.Rerun)
	case "shard":
		return x.in.Decode(&x.head.Shard)
	case "planned":
		return x.in.Decode(&x.head.Planned)
	case "collections":
		if err := x.array(x.collection); err != nil {
			return err
		}
		_, err := x.in.Token()
		return err
	case "exit_code":
		return x.in.Decode(&x.tail.ExitCode)
	}
	return x.outcome(key, &x.tail)
}

// outcome reads a member that a run and its collections have.
func (x *indexer) outcome(key string, t *savedTail) error {
	switch key {
	case "counts":
		return x.in.Decode(&t.Counts)
	case "verdict":
		return x.in.Decode(&t.Verdict)
	case "duration_ms":
		return x.in.Decode(&t.Duration)
	}
	return x.skip()
}

func (x *indexer) collection() error {
	var head savedCollection
	var tail savedTail
	g := &savedGroup{parts: []part{{file: x.file, index: len(x.groups) + 1}}}
	err := x.object(func(key string) error {
		switch key {
		case "name":
			return x.in.Decode(&head.Name)
		case "path":
			return x.in.Decode(&head.Path)
		case "iterations":
			return x.in.Decode(&head.Iterations)
		case "planned":
			return x.in.Decode(&head.Planned)
		case "requests":
			return x.requests(g)
		}
		return x.outcome(key, &tail)
	})
	if err != nil {
		return err
	}
	if g.info, err = head.info(); err != nil {
		return err
	}
	g.info.Plan = g.plan
	x.groups = append(x.groups, g)
	return g.finish(&tail, x.head.Shard != nil)
}

// requests reads the requests of a collection, and keeps where they stand and what they add up to.
func (x *indexer) requests(g *savedGroup) error {
	p := &g.parts[0]
	if p.end > 0 {
		return errors.New("a collection has its requests twice")
	}
	err := x.array(func() error {
		from := x.in.InputOffset()
		if p.start == 0 {
			p.start = from
		}
		var q savedRequest
		if err := x.in.Decode(&q); err != nil {
			return err
		}
		r, err := q.result(nil)
		if err != nil {
			return err
		}
		g.tell(r, from, x.in.InputOffset())
		return nil
	})
	if err != nil {
		return err
	}
	if p.start == 0 { // there are none
		p.start = x.in.InputOffset()
	}
	_, err = x.in.Token()
	p.end = x.in.InputOffset()
	return err
}
