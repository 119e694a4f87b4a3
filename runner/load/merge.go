package load

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// Merge joins the results of loads of one collection that ran side by side, as on many machines: counts and users add up,
// histograms are merged, thresholds are asked again of the whole. Of the shards of a load none may be missing.
func Merge(results ...*Result) (*Result, error) {
	if len(results) == 0 {
		return nil, errors.New("there is nothing to merge")
	}
	if err := complete(results); err != nil {
		return nil, err
	}
	first := results[0]
	end := time.Time{}
	out := &Result{Name: first.Name, Path: first.Path, Environment: first.Environment, Started: first.Started, Plan: first.Plan}
	out.Plan.Users, out.Plan.Iterations, out.Plan.Start, out.Plan.Stages, out.Plan.Shard = 0, 0, 0, stages(results), runner.Shard{}
	for _, r := range results {
		if r.Name != first.Name || len(r.Requests) != len(first.Requests) || r.Plan.Open != first.Plan.Open {
			return nil, errors.New("the reports are not of the same load: " + first.Name + " and " + r.Name)
		}
		if r.Started.Before(out.Started) {
			out.Started = r.Started
		}
		if t := r.Started.Add(r.Duration); t.After(end) {
			end = t
		}
	}
	out.Duration = end.Sub(out.Started)
	interrupted, broken := false, false
	for _, r := range results {
		if err := out.add(r); err != nil {
			return nil, err
		}
		interrupted = interrupted || r.Verdict == runner.Interrupted
		broken = broken || r.Verdict == runner.Errored
	}
	var thresholds []collection.Threshold
	for i := range first.Thresholds {
		thresholds = append(thresholds, first.Thresholds[i].Threshold)
	}
	out.judge(thresholds, interrupted, broken)
	return out, nil
}

// complete refuses shards of which one is missing, or is there twice, or is of another load.
func complete(results []*Result) error {
	of := results[0].Plan.Shard.Of
	there := map[int]bool{}
	for _, r := range results {
		switch s := r.Plan.Shard; {
		case s.Of != of:
			return errors.New("the reports are not of the shards of one load")
		case of > 0 && there[s.Index]:
			return fmt.Errorf("there are two reports of the shard %d/%d", s.Index, of)
		default:
			there[s.Index] = true
		}
	}
	for i := 1; i <= of; i++ {
		if !there[i] {
			return fmt.Errorf("there is no report of the shard %d/%d", i, of)
		}
	}
	return nil
}

// stages add up if all of them take the same time; else there is no saying what they come to.
func stages(results []*Result) []collection.LoadStage {
	out := slices.Clone(results[0].Plan.Stages)
	for _, r := range results[1:] {
		if len(r.Plan.Stages) != len(out) {
			return nil
		}
		for i, s := range r.Plan.Stages {
			if s.Over != out[i].Over {
				return nil
			}
			out[i].Target += s.Target
		}
	}
	return out
}

// add adds what one came to.
func (r *Result) add(o *Result) error {
	r.Users += o.Users
	r.Plan.Users += o.Plan.Users
	r.Plan.Iterations += o.Plan.Iterations
	r.Plan.Start += o.Plan.Start
	r.Iterations.Finished += o.Iterations.Finished
	r.Iterations.Cut += o.Iterations.Cut
	r.Iterations.Late += o.Iterations.Late
	r.Iterations.Dropped += o.Iterations.Dropped
	for i := range o.Requests {
		from := &o.Requests[i]
		if i == len(r.Requests) {
			r.Requests = append(r.Requests, Request{Stage: from.Stage, Title: from.Title, Method: from.Method, Path: from.Path})
		}
		to := &r.Requests[i]
		if to.Title != from.Title {
			return errors.New("the reports are not of the same load: one has the request " + to.Title + " where another has " + from.Title)
		}
		to.merge(&from.Stats)
	}
	for i := range o.Around {
		from := &o.Around[i]
		if i == len(r.Around) {
			r.Around = append(r.Around, Request{Stage: from.Stage, Title: from.Title, Method: from.Method, Path: from.Path})
		}
		r.Around[i].merge(&from.Stats)
	}
	r.Total.merge(&o.Total)
	r.Whole.Merge(&o.Whole)
	r.Timeline.merge(&o.Timeline, o.Started.Sub(r.Started))
	for _, f := range o.Failures {
		r.addFailure(f)
	}
	r.MoreFailures += o.MoreFailures
	return nil
}

// addFailure adds a failure to those of its kind.
func (r *Result) addFailure(f Failure) {
	for i := range r.Failures {
		k := &r.Failures[i]
		if k.Request == f.Request && k.Diagnostic.Message == f.Diagnostic.Message && k.File == f.File && k.Line == f.Line && k.Column == f.Column {
			k.Count += f.Count
			return
		}
	}
	if len(r.Failures) == maxFailures {
		r.MoreFailures += f.Count
		return
	}
	r.Failures = append(r.Failures, f)
}
