package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// Merge joins reports into one: those of the shards of a run, of which none may be missing, and those of separate runs.
// Collections of the same name and path become one, whose requests come in the order of the plan if they are of shards,
// else iteration by iteration in the order of the reports. The run began with the first of them and ended with the
// last; the counts are their sums, and the verdict is that of the sums. The reports belong to the merged one, which
// closes them.
//
// Reports that tell of the same requests are refused, as far as that can be told without reading them side by side:
// twice the same file, twice the same shard, shards of different runs, or runs of the same collections that started
// at the same moment. So are those that are not whole.
func Merge(reports []*Saved) (*Saved, error) {
	for _, s := range reports {
		if s.incomplete != nil {
			return nil, s.incomplete
		}
	}
	if err := disjoint(reports); err != nil {
		return nil, err
	}
	if err := complete(reports); err != nil {
		return nil, err
	}
	sorted := slices.Clone(reports)
	slices.SortStableFunc(sorted, func(a, b *Saved) int { return cmp.Compare(a.shard().Index, b.shard().Index) })
	m := &Saved{name: "the merged report", rerun: sorted[0].rerun, info: &runner.RunInfo{Started: sorted[0].info.Started}}
	var ends time.Time
	interrupted := false
	for _, s := range sorted {
		m.files = append(m.files, s.files...)
		if !slices.Equal(s.rerun, m.rerun) {
			m.rerun = nil
		}
		if s.info.Started.Before(m.info.Started) {
			m.info.Started = s.info.Started
		}
		if end := s.info.Started.Add(s.result.Duration); end.After(ends) {
			ends = end
		}
		for _, name := range s.info.Environment {
			if !slices.Contains(m.info.Environment, name) {
				m.info.Environment = append(m.info.Environment, name)
			}
		}
		interrupted = interrupted || s.result.Verdict == runner.Interrupted
		for _, g := range s.groups {
			m.join(g, s.info.Shard != nil)
		}
	}
	m.result = &runner.Result{Info: m.info, Duration: ends.Sub(m.info.Started)}
	for _, g := range m.groups {
		g.info.Plan = g.plan
		m.info.Collections = append(m.info.Collections, g.info)
		m.info.Planned.Add(g.info.Planned)
		m.result.Counts.Add(g.counts())
	}
	m.result.Verdict = m.result.Counts.Verdict()
	if interrupted {
		m.result.Verdict = runner.Interrupted
	}
	return m, nil
}

// shard is which part of a plan the report is of, the zero Shard for the whole.
func (s *Saved) shard() runner.Shard {
	if s.info.Shard == nil {
		return runner.Shard{}
	}
	return *s.info.Shard
}

// disjoint refuses reports that tell of the same requests.
func disjoint(reports []*Saved) error {
	for i, b := range reports {
		for _, a := range reports[:i] {
			x, y := a.shard(), b.shard()
			d := diag.Diagnostic{Hint: "merged they would count twice what was done once"}
			switch {
			case a.sameFile(b):
				d.Message = fmt.Sprintf("%q and %q are the same report", a.name, b.name)
			case x.Of > 0 && y.Of > 0 && x.Of != y.Of:
				d.Message = fmt.Sprintf("%q is shard %d of %d, and %q is shard %d of %d", a.name, x.Index, x.Of, b.name, y.Index, y.Of)
				d.Hint = "give the shards of one run"
			case x.Of > 0 && x == y:
				d.Message = fmt.Sprintf("%q and %q are both shard %d of %d", a.name, b.name, x.Index, x.Of)
			case x == y && a.info.Started.Equal(b.info.Started) && a.sameCollections(b):
				d.Message = fmt.Sprintf("%q and %q are reports of the same run", a.name, b.name)
			default:
				continue
			}
			return d
		}
	}
	return nil
}

func (s *Saved) sameFile(o *Saved) bool {
	for _, f := range s.files {
		for _, g := range o.files {
			if f.stat != nil && g.stat != nil && os.SameFile(f.stat, g.stat) {
				return true
			}
		}
	}
	return false
}

func (s *Saved) sameCollections(o *Saved) bool {
	return slices.EqualFunc(s.groups, o.groups, func(a, b *savedGroup) bool { return a.info.Name == b.info.Name && a.info.Path == b.info.Path })
}

// complete refuses reports of shards where one is missing.
func complete(reports []*Saved) error {
	if len(reports) == 0 {
		return diag.Diagnostic{Message: "there is no report to merge"}
	}
	of, there := 0, map[int]bool{}
	for _, s := range reports {
		of = max(of, s.shard().Of)
		there[s.shard().Index] = true
	}
	const named = 10
	var missing []string
	for i := 1; i <= of && len(missing) <= named; i++ {
		if !there[i] {
			missing = append(missing, fmt.Sprintf("%d/%d", i, of))
		}
	}
	if len(missing) > named {
		missing = append(missing[:named], "…")
	}
	if len(missing) > 0 {
		return diag.Diagnostic{
			Message: "there is no report of the shard " + strings.Join(missing, ", "), Hint: "give the reports of all shards, or else what they found would be missing",
		}
	}
	return nil
}

// join adds a collection to those of the merged report.
func (s *Saved) join(g *savedGroup, shard bool) {
	i := slices.IndexFunc(s.groups, func(o *savedGroup) bool { return o.info.Name == g.info.Name && o.info.Path == g.info.Path })
	if i < 0 {
		s.groups = append(s.groups, &savedGroup{info: ptr(*g.info), result: ptr(runner.CollectionResult{}), inOrder: shard})
		i = len(s.groups) - 1
	}
	to := s.groups[i]
	to.parts = append(to.parts, g.parts...)
	to.told.Add(g.told)
	iterations := max(to.info.Iterations, g.info.Iterations)
	if len(to.parts) > len(g.parts) { // it was there
		to.info.Planned.Add(g.info.Planned)
	}
	to.info.Iterations, to.info.Planned.Collections, to.info.Planned.Iterations = iterations, 1, iterations
	c := to.result
	c.Info = to.info
	c.Counts.Add(g.counts())
	c.Counts.Collections, c.Counts.Iterations = 1, iterations
	interrupted := c.Verdict == runner.Interrupted || g.result == nil || g.result.Verdict == runner.Interrupted
	if c.Verdict = c.Counts.Verdict(); interrupted {
		c.Verdict = runner.Interrupted
	}
	if g.result != nil {
		c.Duration = max(c.Duration, g.result.Duration)
	}
}

func ptr[T any](v T) *T { return &v }

// A merged reads the requests of several parts as one.
type merged struct {
	readers []*requestReader
	heads   []*runner.RequestResult // the next of each, nil behind the last
	inOrder bool
}

// read begins to read the requests of a collection.
func (g *savedGroup) read() *merged {
	m := &merged{inOrder: g.inOrder}
	for i := range g.parts {
		p := &g.parts[i]
		m.readers = append(m.readers, p.read(g.info, p.start, p.end))
	}
	return m
}

// next is the next request, or io.EOF behind the last.
func (m *merged) next() (*runner.RequestResult, error) {
	if m.heads == nil {
		m.heads = make([]*runner.RequestResult, len(m.readers))
		for i := range m.readers {
			if err := m.advance(i); err != nil {
				return nil, err
			}
		}
	}
	first := -1
	for i, q := range m.heads {
		if q != nil && (first < 0 || m.before(q, m.heads[first])) {
			first = i
		}
	}
	if first < 0 {
		return nil, io.EOF
	}
	q := m.heads[first]
	return q, m.advance(first)
}

func (m *merged) advance(i int) (err error) {
	m.heads[i], err = m.readers[i].next()
	if errors.Is(err, io.EOF) {
		m.heads[i], err = nil, nil
	}
	return err
}

// before reports whether a request comes before another of a part that stands further ahead: in an earlier iteration, or,
// of the shards of a plan, further up in the same file.
func (m *merged) before(a, b *runner.RequestResult) bool {
	if !m.inOrder {
		return a.Iteration < b.Iteration
	}
	if order := cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Iteration, b.Iteration)); order != 0 {
		return order < 0
	}
	x, _ := a.Source.Position()
	y, _ := b.Source.Position()
	return a.Source.File() == b.Source.File() && x < y
}

// rank is where a request stands in the whole of its collection: the collection's own setup before all, its own teardown
// behind all.
func rank(r *runner.RequestResult) int {
	switch {
	case len(r.Folder) > 0 || r.Stage == runner.Main:
		return 0
	case r.Stage == runner.Setup:
		return -1
	}
	return 1
}
