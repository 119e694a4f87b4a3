package load

import (
	"time"

	"github.com/postrider/postrider/runner"
)

// A sample is one request that came to an end, as far as it counts.
type sample struct {
	row             int
	verdict         runner.Verdict
	at              time.Duration // since the start
	latency         time.Duration
	retried         int
	checked, failed int
	received        int
	timed           bool
}

const (
	// maxSamples is how many a user gathers, and maxHeld how long, before the tally gets them.
	maxSamples = 64
	maxHeld    = 250 * time.Millisecond
)

// A recorder takes down what one user does. Only when it hands over does it wait for others.
type recorder struct {
	run     *run
	samples []sample
	wholes  []time.Duration // of iterations that came to their end
	cuts    int64           // iterations that did not
	handed  time.Duration   // when it did last
	row     int             // of the next request
	waited  time.Duration   // what the iteration waited for a free user, until a request has it
	cut     bool            // the iteration did not come to its end
}

// end ends an iteration.
func (r *recorder) end(took time.Duration) {
	if r.cut {
		r.cuts++
	} else {
		r.wholes = append(r.wholes, took)
	}
	if len(r.wholes) >= maxSamples {
		r.hand(r.handed)
	}
}

// begin begins an iteration.
func (r *recorder) begin(waited time.Duration) { r.row, r.waited, r.cut = 0, waited, false }

// tell takes down a request. The requests of an iteration come in the order of the plan.
func (r *recorder) tell(res *runner.RequestResult) {
	s := sample{row: r.row, verdict: res.Verdict, at: time.Since(r.run.started), retried: len(res.Retried), checked: len(res.Assertions)}
	r.row++
	s.latency = res.Timing.Total
	if s.timed = res.Attempts > 0; s.timed {
		s.latency += r.waited
		r.waited = 0
	}
	s.failed = res.FailedAssertions()
	if res.Response != nil {
		s.received = res.Response.BodyBytes
	}
	if r.run.hard.Err() != nil && (s.verdict == runner.Errored || s.verdict == runner.Skipped) {
		r.cut = true
		s.verdict = r.run.blame(s.verdict, res)
	}
	r.samples = append(r.samples, s)
	if s.verdict == runner.Failed || s.verdict == runner.Errored {
		r.run.tally.fail(s.row, res)
	}
	if len(r.samples) >= maxSamples || s.at-r.handed > maxHeld {
		r.hand(s.at)
	}
}

// hand hands over.
func (r *recorder) hand(at time.Duration) {
	r.run.tally.take(r)
	r.samples, r.wholes, r.cuts, r.handed = r.samples[:0], r.wholes[:0], 0, at
}

// cutOff is the verdict of a request that was given up and is not to blame.
const cutOff runner.Verdict = "cut"

// blame says what a request is that was given up because the load was over. One that had all the grace to answer, and did
// not, is an error: the users of a server that hangs would else count for nothing.
func (r *run) blame(v runner.Verdict, res *runner.RequestResult) runner.Verdict {
	grace := r.plan.Grace
	if v != runner.Errored || r.ctx.Err() != nil || grace <= 0 || res.Timing.Total < grace {
		return cutOff
	}
	if len(res.Diagnostics) > 0 {
		res.Diagnostics[0].Message = "no answer when the load was over, nor " + grace.String() + " later"
		res.Diagnostics[0].Hint = "a timeout below that makes it an error at once"
	}
	return v
}
