package load

import (
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// A Result is what a load came to. All text in it is redacted, but for the excerpts that diagnostics draw from their
// sources.
type Result struct {
	Name        string // of the collection
	Path        string // as the user calls it
	Environment []string
	Started     time.Time
	Duration    time.Duration // from the first iteration to the end of the last; setup and teardown are not in it
	Plan        Plan
	Users       int // the most that worked at the same time

	Iterations Iterations
	// Around are the requests of the collection's setup and teardown, which are in nothing else.
	Around []Request
	// Requests are those of an iteration, in the order of the plan. Very many share the last.
	Requests []Request
	Total    Stats
	// Whole is how long iterations took that came to their end.
	Whole    Latency
	Timeline Timeline
	// Failures are some of each kind, MoreFailures how many there are of other kinds.
	Failures     []Failure
	MoreFailures int64

	Thresholds []Outcome
	Verdict    runner.Verdict
}

// Iterations count iterations.
type Iterations struct {
	Finished int64
	Cut      int64 // given up when the grace was over, or by an interrupt
	Late     int64 // of an open plan: found no free user and waited for one
	Dropped  int64 // of an open plan: still waited when no iteration began any more
}

// A Request is one line of the plan.
type Request struct {
	Stage  runner.Stage
	Title  string // behind the folders that it is in
	Method string
	Path   string
	Stats
}

// Stats are what requests add up to.
type Stats struct {
	Passed, Failed, Errors, Skipped int64
	Cut                             int64 // had no answer when the load ended, and began too late to be blamed
	Retried                         int64 // attempts before the last
	Checked, FailedChecks           int64 // assertions
	Received                        int64 // bytes of bodies, decoded
	Latency                         Latency
}

// Finished is how many requests came to an end, be it good or bad.
func (s *Stats) Finished() int64 { return s.Passed + s.Failed + s.Errors }

// ErrorRate is the share of requests that did not pass: an assertion failed, or they could not be completed. NaN of none.
func (s *Stats) ErrorRate() float64 { return float64(s.Failed+s.Errors) / float64(s.Finished()) }

// Checks is the share of assertions that held. NaN of none.
func (s *Stats) Checks() float64 { return float64(s.Checked-s.FailedChecks) / float64(s.Checked) }

// Rate is how many of a number came in a second.
func (r *Result) Rate(n int64) float64 {
	if r.Duration <= 0 {
		return 0
	}
	return float64(n) / r.Duration.Seconds()
}

func (s *Stats) merge(o *Stats) {
	s.Passed += o.Passed
	s.Failed += o.Failed
	s.Errors += o.Errors
	s.Skipped += o.Skipped
	s.Cut += o.Cut
	s.Retried += o.Retried
	s.Checked += o.Checked
	s.FailedChecks += o.FailedChecks
	s.Received += o.Received
	s.Latency.Merge(&o.Latency)
}

// A Failure is one of a kind: the same words about the same place of the same request.
type Failure struct {
	Request    string // its title
	Count      int64
	Diagnostic diag.Diagnostic // of the first
	// File, Line and Column are the place, also where the diagnostic has none because it was read from a report.
	File         string
	Line, Column int
}

// ExitCode is what a program that ran this should end with: 0 when all held, 1 when a threshold or an assertion did not
// hold, 3 when there were errors that no threshold allows, 130 when the load was interrupted.
func (r *Result) ExitCode() int { return (&runner.Result{Verdict: r.Verdict}).ExitCode() }
