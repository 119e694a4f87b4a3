package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"go.k6.io/k6/lib"
	"go.k6.io/k6/lib/netext/httpext"
	"go.k6.io/k6/metrics"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/assertion"
)

// customMetrics are what k6 has no metric for.
type customMetrics struct {
	duration *metrics.Metric // of requests as postrider takes it, connecting and redirects included
	errors   *metrics.Metric // requests that could not be resolved, authorised, sent or captured
	skipped  *metrics.Metric // requests that were skipped
}

func registerMetrics(registry *metrics.Registry) (c customMetrics, err error) {
	if c.duration, err = registry.NewMetric("postrider_request_duration", metrics.Trend, metrics.Time); err != nil {
		return c, err
	}
	if c.errors, err = registry.NewMetric("postrider_errors", metrics.Counter); err != nil {
		return c, err
	}
	c.skipped, err = registry.NewMetric("postrider_skipped", metrics.Counter)
	return c, err
}

// A meter turns what a virtual user is told of into k6's samples.
type meter struct {
	suite *suite
	ctx   context.Context // when it has ended, nothing counts any more
	state *lib.State
	tags  metrics.TagsAndMeta
	next  int    // request of the iteration
	bad   string // the first that did not pass
}

// begin begins an iteration.
func (m *meter) begin(ctx context.Context, state *lib.State) {
	m.ctx, m.state, m.tags, m.next, m.bad = ctx, state, state.Tags.GetCurrentValues(), 0, ""
}

// tell takes down a request of an iteration. They come in the order of the plan.
func (m *meter) tell(res *runner.RequestResult) {
	q := &m.suite.requests[m.next]
	m.next++
	m.take(res, q)
}

// tellAround takes down a request of the collection's setup or teardown.
func (m *meter) tellAround(res *runner.RequestResult) {
	q := &request{label: label(res.Folder, res.Title()), folder: strings.Join(res.Folder, " / "), row: res.Case, method: res.Method}
	for i := range res.Assertions {
		a := &res.Assertions[i]
		q.checks = append(q.checks, label(nil, q.label+": "+a.Query+" "+a.Predicate+" "+assertion.Format(a.Expected, maxExpected)))
	}
	m.take(res, q)
}

// maxExpected is how many bytes of an expected value the name of a check has.
const maxExpected = 100

func (m *meter) take(res *runner.RequestResult, q *request) {
	if m.ctx.Err() != nil {
		return // it was given up, and is not to blame
	}
	now := time.Now()
	tags := m.tags
	tags.Tags = tags.Tags.With("folder", q.folder).With("case", q.row)
	if res.Stage != runner.Main {
		tags.SetTag("stage", string(res.Stage))
	}
	m.set(&tags, metrics.TagName, q.label)
	m.set(&tags, metrics.TagURL, q.label) // as k6 does for a request with a name: a URL may hold secrets, and there may be any number
	m.set(&tags, metrics.TagMethod, q.method)

	if res.Verdict == runner.Failed || res.Verdict == runner.Errored {
		why := m.suite.warnings.about(m.suite, q, res)
		if m.bad == "" {
			m.bad = why
		}
		m.suite.warnings.say(m.state.Logger, why)
	}
	m.exchanges(res, tags, now)
	var out metrics.Samples
	builtin := m.state.BuiltinMetrics
	for i := range res.Assertions {
		name := q.label
		if i < len(q.checks) {
			name = q.checks[i]
		}
		out = append(out, m.check(tags, name, res.Assertions[i].Passed, now))
	}
	switch res.Verdict {
	case runner.Errored:
		kind := tags
		kind.SetTag("kind", string(res.Error.Kind))
		out = append(out, m.check(tags, q.label+": comes to its end", false, now), sample(m.suite.custom.errors, kind, now, 1))
	case runner.Skipped:
		out = append(out, sample(m.suite.custom.skipped, tags, now, 1))
	}
	if res.Attempts > 0 {
		out = append(out, sample(m.suite.custom.duration, tags, now, metrics.D(res.Timing.Total)))
	}
	if res.Sent != nil {
		out = append(out, sample(builtin.DataSent, m.tags, now, float64(res.Sent.BodyBytes)))
	}
	if res.Response != nil {
		out = append(out, sample(builtin.DataReceived, m.tags, now, float64(res.Response.BodyBytes)))
	}
	metrics.PushIfNotDone(m.ctx, m.state.Samples, out)
}

func (m *meter) set(tags *metrics.TagsAndMeta, tag metrics.SystemTag, value string) {
	tags.SetSystemTagOrMetaIfEnabled(m.state.Options.SystemTags, tag, value)
}

func sample(metric *metrics.Metric, tags metrics.TagsAndMeta, at time.Time, value float64) metrics.Sample {
	return metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: metric, Tags: tags.Tags}, Time: at, Metadata: tags.Metadata, Value: value}
}

func (m *meter) check(tags metrics.TagsAndMeta, name string, passed bool, at time.Time) metrics.Sample {
	m.set(&tags, metrics.TagCheck, name)
	value := 0.0
	if passed {
		value = 1
	}
	return sample(m.state.BuiltinMetrics.Checks, tags, at, value)
}

// exchanges are k6's metrics of HTTP: one for each attempt, redirects included.
func (m *meter) exchanges(res *runner.RequestResult, tags metrics.TagsAndMeta, now time.Time) {
	for i := range res.Retried {
		a := &res.Retried[i]
		m.exchange(tags, a.Status, "", false, httpext.Trail{EndTime: now, Duration: a.Duration})
	}
	if res.Attempts <= len(res.Retried) {
		return // the last one did not leave
	}
	t, status, problem := res.Timing, 0, ""
	if res.Response != nil {
		status = res.Response.Status
	}
	if res.Error != nil {
		problem = string(res.Error.Kind)
	}
	connected := t.DNS + t.Connect + t.TLS
	m.exchange(tags, status, problem, res.Verdict == runner.Passed, httpext.Trail{
		EndTime: now, ConnDuration: connected, Duration: max(t.Total-connected, 0),
		Blocked: connected, Connecting: t.Connect, TLSHandshaking: t.TLS, Waiting: t.FirstByte, Receiving: t.Download,
	})
}

// exchange is one attempt. It failed where an assertion did, or where there is no answer.
func (m *meter) exchange(tags metrics.TagsAndMeta, status int, problem string, passed bool, trail httpext.Trail) {
	m.set(&tags, metrics.TagStatus, strconv.Itoa(status))
	m.set(&tags, metrics.TagExpectedResponse, strconv.FormatBool(passed))
	if problem != "" {
		m.set(&tags, metrics.TagError, problem)
	}
	trail.SaveSamples(m.state.BuiltinMetrics, &tags)
	failed := 1.0
	if passed {
		failed = 0
	}
	trail.Failed.Valid, trail.Failed.Bool = true, !passed
	trail.Samples = append(trail.Samples, sample(m.state.BuiltinMetrics.HTTPReqFailed, tags, trail.EndTime, failed))
	metrics.PushIfNotDone(m.ctx, m.state.Samples, &trail)
}
