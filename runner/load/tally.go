package load

import (
	"strconv"
	"strings"
	"sync"

	"github.com/postrider/postrider/runner"
)

const (
	// maxRows is how many requests of a plan are told apart; those behind share one row.
	maxRows = 1000
	// preciseRows is how many have histograms of three digits; where there are more, all have two.
	preciseRows = 50
)

// A tally adds up what all users do.
type tally struct {
	mu       sync.Mutex
	rows     []Request
	total    Stats
	whole    Latency
	timeline Timeline
	failures failures
	count    Iterations
	around   []Request
}

func newTally(r *runner.Runner) *tally {
	t := &tally{}
	more := 0
	for p := range r.EachIteration {
		if len(t.rows) == maxRows {
			more++
			continue
		}
		t.rows = append(t.rows, Request{Title: titleOf(p.Folder, p.Title()), Method: p.Method, Path: p.Path})
	}
	if more > 0 {
		t.rows[maxRows-1] = Request{Title: "… and " + strconv.Itoa(more+1) + " more"}
	}
	if len(t.rows) > preciseRows {
		for i := range t.rows {
			t.rows[i].Latency = coarse()
		}
	}
	return t
}

func titleOf(folder []string, name string) string {
	if len(folder) == 0 {
		return name
	}
	return strings.Join(folder, " / ") + " / " + name
}

// row is where a request of the plan is counted.
func (t *tally) row(i int) int { return min(i, len(t.rows)-1) }

// take adds up what a recorder has.
func (t *tally) take(r *recorder) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count.Finished += int64(len(r.wholes))
	t.count.Cut += r.cuts
	for _, took := range r.wholes {
		t.whole.Record(took)
	}
	for i := range r.samples {
		s := &r.samples[i]
		t.rows[t.row(s.row)].add(s)
		t.total.add(s)
		if s.verdict == cutOff || s.verdict == runner.Skipped {
			continue
		}
		slice := t.timeline.at(s.at)
		slice.Requests++
		switch s.verdict {
		case runner.Failed:
			slice.Failed++
		case runner.Errored:
			slice.Errors++
		}
		if s.timed {
			slice.Latency.Record(s.latency)
		}
	}
}

// add counts a request. What has no answer took as long as it was waited for.
func (s *Stats) add(one *sample) {
	s.Retried += int64(one.retried)
	s.Checked += int64(one.checked)
	s.FailedChecks += int64(one.failed)
	s.Received += int64(one.received)
	switch one.verdict {
	case runner.Passed:
		s.Passed++
	case runner.Failed:
		s.Failed++
	case runner.Errored:
		s.Errors++
	case cutOff:
		s.Cut++
		return
	default:
		s.Skipped++
		return
	}
	if one.timed {
		s.Latency.Record(one.latency)
	}
}

// fail keeps what a request failed with.
func (t *tally) fail(row int, res *runner.RequestResult) {
	t.mu.Lock()
	defer t.mu.Unlock()
	row = t.row(row)
	t.failures.add(row, t.rows[row].Title, res)
}

// besides counts a request of the collection's setup or teardown.
func (t *tally) besides(res *runner.RequestResult) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := Request{Stage: res.Stage, Title: titleOf(res.Folder, res.Title()), Method: res.Method, Path: res.Path}
	one.Latency = coarse()
	s := sample{
		verdict: res.Verdict, latency: res.Timing.Total, retried: len(res.Retried), checked: len(res.Assertions), failed: res.FailedAssertions(),
		timed: res.Attempts > 0,
	}
	if res.Response != nil {
		s.received = res.Response.BodyBytes
	}
	one.add(&s)
	if len(t.around) < maxRows {
		t.around = append(t.around, one)
	} else {
		t.around[maxRows-1].merge(&one.Stats)
	}
	if res.Verdict == runner.Failed || res.Verdict == runner.Errored {
		t.failures.add(-len(t.around), one.Title, res)
	}
}
