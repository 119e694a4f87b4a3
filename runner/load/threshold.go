package load

import (
	"math"
	"slices"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// An Outcome is a threshold and what came of it.
type Outcome struct {
	collection.Threshold
	Actual float64 // seconds, a share, or a number; NaN when nothing was measured, and then it does not hold
	Held   bool
}

// judge asks the thresholds and settles the verdict.
//
// Thresholds decide about what they speak of, and only about that: error_rate about requests that fail or cannot be
// completed, checks about assertions. What no threshold speaks of is as in a run: an error or a failed assertion is one.
// Setup and teardown are as in a run in any case.
func (r *Result) judge(thresholds []collection.Threshold, interrupted, broken bool) {
	missed, rated, checked := false, false, false
	for _, t := range thresholds {
		o := Outcome{Threshold: t, Actual: r.measure(t.Metric)}
		o.Held = holds(t.Op, o.Actual, t.Value)
		missed = missed || !o.Held
		rated = rated || t.Metric == "error_rate"
		checked = checked || t.Metric == "checks"
		r.Thresholds = append(r.Thresholds, o)
	}
	var around Stats
	for i := range r.Around {
		s := &r.Around[i].Stats
		around.Errors, around.Failed = around.Errors+s.Errors, around.Failed+s.Failed
	}
	t := &r.Total
	switch nothing := t.Finished() == 0; {
	case interrupted:
		r.Verdict = runner.Interrupted
	case broken || around.Errors > 0 || t.Errors > 0 && !rated:
		r.Verdict = runner.Errored
	case around.Failed > 0 || missed || t.Failed > 0 && !rated && !checked:
		r.Verdict = runner.Failed
	case nothing && t.Skipped > 0 && t.Cut == 0 && r.Iterations.Dropped == 0:
		r.Verdict = runner.Skipped
	case nothing:
		r.Verdict = runner.Errored // no request came to an end, so nothing is known of any
	default:
		r.Verdict = runner.Passed
	}
}

func holds(op string, actual, value float64) bool {
	switch op {
	case "lt":
		return actual < value
	case "lte":
		return actual <= value
	case "gt":
		return actual > value
	}
	return actual >= value // what is not a number holds nothing
}

// measure is what a threshold compares.
func (r *Result) measure(metric string) float64 {
	t := &r.Total
	switch metric {
	case "error_rate":
		return t.ErrorRate()
	case "checks":
		return t.Checks()
	case "requests_per_second":
		return r.Rate(t.Finished())
	case "dropped":
		return float64(r.Iterations.Dropped)
	}
	if t.Latency.Count() == 0 {
		return math.NaN()
	}
	switch metric {
	case "avg":
		return t.Latency.Mean().Seconds()
	case "max":
		return t.Latency.Max().Seconds()
	}
	at := map[string]float64{"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}[metric]
	return t.Latency.Percentile(at).Seconds()
}

// Missed are the thresholds that do not hold.
func (r *Result) Missed() []Outcome {
	return slices.DeleteFunc(slices.Clone(r.Thresholds), func(o Outcome) bool { return o.Held })
}
