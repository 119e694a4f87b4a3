package report

import (
	"math"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/load"
)

// LoadSample is what all reports of loads write of an invented one in which everything happens and nothing has a name: see
// [Sample].
func LoadSample() string {
	where := diag.Span{Source: diag.NewSource("", " ")}
	one := load.Stats{Passed: 1, Failed: 1, Errors: 1, Skipped: 2, Cut: 2, Retried: 2, Checked: 2, FailedChecks: 1}
	one.Latency.Record(time.Millisecond)
	r := &load.Result{
		Duration: 4 * time.Second, Plan: load.Plan{Iterations: 2, Duration: time.Second, Shard: runner.Shard{Index: 1, Of: 2}, Stages: []collection.LoadStage{{}}},
		Iterations: load.Iterations{Finished: 1, Cut: 2, Late: 2, Dropped: 2}, Total: one, Requests: []load.Request{{Stats: one}, {Stats: one}},
		Around:   []load.Request{{Stage: runner.Setup}, {Stage: runner.Teardown}},
		Timeline: load.Timeline{Width: time.Second, Slices: make([]load.Slice, 2)},
		Failures: []load.Failure{{Count: 2, Diagnostic: diag.Diagnostic{
			Span: where, Message: "assertion failed: ", Hint: " ", Notes: []string{" "}, Details: []diag.Detail{{Label: "expected", Origin: " from "}, {Label: "actual"}, {Label: "diff"}},
		}}},
		MoreFailures: 2,
	}
	for _, metric := range collection.ThresholdMetrics() {
		for _, op := range collection.ThresholdOps() {
			r.Thresholds = append(r.Thresholds, load.Outcome{Threshold: collection.Threshold{Metric: metric, Op: op, Span: where}, Actual: math.NaN()})
		}
	}
	var out strings.Builder
	for _, v := range []runner.Verdict{runner.Passed, runner.Failed, runner.Errored, runner.Skipped, runner.Interrupted} {
		r.Verdict, r.Plan.Open = v, v == runner.Passed
		// A builder takes all that it is given.
		_ = LoadTable(&out, r, TableOptions{})
		_ = LoadTable(&out, r, TableOptions{ErrorShort: true})
		_ = LoadJSON(&out, r, "")
		_ = LoadHTML(&out, r, LoadHTMLOptions{})
	}
	return out.String() + LoadProgress(load.Progress{Left: time.Second, Late: 1}, 0) + " GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT"
}
