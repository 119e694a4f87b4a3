package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/load"
)

//go:embed load-schema.json
var loadSchema string

// LoadSchema is the JSON Schema (2020-12) of what [LoadJSON] writes.
func LoadSchema() []byte { return []byte(loadSchema) }

// The shape of a load report. Times are milliseconds.
type (
	loadDocument struct {
		Version     int             `json:"version"`
		Kind        string          `json:"kind"` // "load"
		Tool        loadTool        `json:"tool"`
		StartedAt   time.Time       `json:"started_at"`
		Duration    float64         `json:"duration_ms"`
		Environment []string        `json:"environment"`
		Collection  loadName        `json:"collection"`
		Plan        loadPlanned     `json:"plan"`
		Users       int             `json:"users"`
		Iterations  loadIterations  `json:"iterations"`
		Total       loadStats       `json:"total"`
		Requests    []loadRequest   `json:"requests"`
		Around      []loadRequest   `json:"around"`
		Timeline    loadTimeline    `json:"timeline"`
		Thresholds  []loadThreshold `json:"thresholds"`
		Failures    []loadFailure   `json:"failures"`
		More        int64           `json:"more_failures"`
		Verdict     runner.Verdict  `json:"verdict"`
		ExitCode    int             `json:"exit_code"`
	}
	loadTool struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	loadName struct {
		Name string `json:"name"`
		Path string `json:"path"`
	}
	loadShard struct {
		Index int `json:"index"`
		Of    int `json:"of"`
	}
	loadPlanned struct {
		Model      string      `json:"model"` // "open", "closed"
		Users      int         `json:"users"`
		Iterations int         `json:"iterations"`
		Duration   float64     `json:"duration_ms"`
		Grace      float64     `json:"grace_ms"`
		Start      float64     `json:"start"`
		Stages     []loadStage `json:"stages"`
		Shard      *loadShard  `json:"shard,omitempty"`
	}
	loadStage struct {
		Over   float64 `json:"over_ms"`
		Target float64 `json:"target"`
	}
	loadIterations struct {
		Finished int64       `json:"finished"`
		Cut      int64       `json:"cut"`
		Late     int64       `json:"late"`
		Dropped  int64       `json:"dropped"`
		Latency  loadLatency `json:"latency"`
	}
	loadRequest struct {
		Stage  runner.Stage `json:"stage,omitempty"`
		Name   string       `json:"name"`
		Method string       `json:"method"`
		Path   string       `json:"path"`
		loadStats
	}
	loadStats struct {
		Finished   int64       `json:"finished"`
		Passed     int64       `json:"passed"`
		Failed     int64       `json:"failed"`
		Errors     int64       `json:"errors"`
		Skipped    int64       `json:"skipped"`
		Cut        int64       `json:"cut"`
		Retried    int64       `json:"retried"`
		Assertions loadChecks  `json:"assertions"`
		Received   int64       `json:"received_bytes"`
		Latency    loadLatency `json:"latency"`
	}
	loadChecks struct {
		Checked int64 `json:"checked"`
		Failed  int64 `json:"failed"`
	}
	loadLatency struct {
		Count     int64   `json:"count"`
		Min       float64 `json:"min_ms"`
		Mean      float64 `json:"mean_ms"`
		P50       float64 `json:"p50_ms"`
		P90       float64 `json:"p90_ms"`
		P95       float64 `json:"p95_ms"`
		P99       float64 `json:"p99_ms"`
		P999      float64 `json:"p999_ms"`
		Max       float64 `json:"max_ms"`
		Histogram string  `json:"histogram"`
	}
	loadTimeline struct {
		Slice  float64     `json:"slice_ms"`
		Slices []loadSlice `json:"slices"`
	}
	loadSlice struct {
		Requests int64       `json:"requests"`
		Failed   int64       `json:"failed"`
		Errors   int64       `json:"errors"`
		Users    int         `json:"users"`
		Latency  loadLatency `json:"latency"`
	}
	loadThreshold struct {
		Metric string   `json:"metric"`
		Op     string   `json:"op"`
		Value  float64  `json:"value"` // seconds, a share or a number
		Text   string   `json:"text"`
		Actual *float64 `json:"actual"` // null when nothing was measured
		Held   bool     `json:"held"`
		loadPlace
	}
	loadFailure struct {
		Request string       `json:"request"`
		Count   int64        `json:"count"`
		Message string       `json:"message"`
		Details []loadDetail `json:"details"`
		Notes   []string     `json:"notes"`
		Hint    string       `json:"hint"`
		loadPlace
	}
	loadDetail struct {
		Label string `json:"label"`
		Text  string `json:"text"`
	}
	loadPlace struct {
		File   string `json:"file"`
		Line   int    `json:"line"`
		Column int    `json:"column"`
	}
)

// LoadJSON writes a load as one JSON document, see [LoadSchema]. Its histograms are whole, so that [ReadLoad] and
// [load.Merge] can join several.
func LoadJSON(w io.Writer, r *load.Result, version string) error {
	d := loadDocument{
		Version: 1, Kind: "load", Tool: loadTool{"postrider", version}, StartedAt: r.Started.UTC(), Duration: ms(r.Duration),
		Environment: orEmpty(r.Environment), Collection: loadName{r.Name, r.Path}, Users: r.Users,
		Plan: loadPlanned{
			Model: "closed", Users: r.Plan.Users, Iterations: r.Plan.Iterations, Duration: ms(r.Plan.Duration), Grace: ms(r.Plan.Grace), Start: r.Plan.Start,
			Stages: []loadStage{},
		},
		Iterations: loadIterations{r.Iterations.Finished, r.Iterations.Cut, r.Iterations.Late, r.Iterations.Dropped, latencyOf(&r.Whole)},
		Total:      statsOf(&r.Total), Requests: requestsOf(r.Requests), Around: requestsOf(r.Around),
		Timeline:   loadTimeline{ms(r.Timeline.Width), []loadSlice{}},
		Thresholds: []loadThreshold{}, Failures: []loadFailure{}, More: r.MoreFailures, Verdict: r.Verdict, ExitCode: r.ExitCode(),
	}
	if r.Plan.Open {
		d.Plan.Model = "open"
	}
	if s := r.Plan.Shard; s.Of > 1 {
		d.Plan.Shard = &loadShard{s.Index, s.Of}
	}
	for _, s := range r.Plan.Stages {
		d.Plan.Stages = append(d.Plan.Stages, loadStage{ms(s.Over), s.Target})
	}
	for i := range r.Timeline.Slices {
		s := &r.Timeline.Slices[i]
		d.Timeline.Slices = append(d.Timeline.Slices, loadSlice{s.Requests, s.Failed, s.Errors, s.Users, latencyOf(&s.Latency)})
	}
	for i := range r.Thresholds {
		d.Thresholds = append(d.Thresholds, thresholdOf(&r.Thresholds[i]))
	}
	for i := range r.Failures {
		d.Failures = append(d.Failures, failureOf(&r.Failures[i]))
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(d); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func fromMS(f float64) time.Duration {
	return time.Duration(math.Round(f*1000)) * time.Microsecond
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func latencyOf(l *load.Latency) loadLatency {
	at := func(p float64) float64 { return ms(l.Percentile(p)) }
	return loadLatency{
		Count: l.Count(), Min: ms(l.Min()), Mean: ms(l.Mean()), P50: at(50), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), Max: ms(l.Max()),
		Histogram: l.Encode(),
	}
}

func statsOf(s *load.Stats) loadStats {
	return loadStats{
		s.Finished(), s.Passed, s.Failed, s.Errors, s.Skipped, s.Cut, s.Retried, loadChecks{s.Checked, s.FailedChecks}, s.Received, latencyOf(&s.Latency),
	}
}

func requestsOf(list []load.Request) []loadRequest {
	out := []loadRequest{}
	for i := range list {
		q := &list[i]
		out = append(out, loadRequest{q.Stage, q.Title, q.Method, q.Path, statsOf(&q.Stats)})
	}
	return out
}

func thresholdOf(t *load.Outcome) loadThreshold {
	out := loadThreshold{Metric: t.Metric, Op: t.Op, Value: t.Value, Text: t.Text, Held: t.Held}
	if !math.IsNaN(t.Actual) {
		out.Actual = &t.Actual
	}
	out.File = t.Span.File()
	out.Line, out.Column = t.Span.Position()
	return out
}

func failureOf(f *load.Failure) loadFailure {
	d := &f.Diagnostic
	out := loadFailure{
		Request: f.Request, Count: f.Count, Message: d.Message, Hint: d.Hint, Notes: orEmpty(d.Notes), Details: []loadDetail{},
		loadPlace: loadPlace{f.File, f.Line, f.Column},
	}
	for _, one := range d.Details {
		out.Details = append(out.Details, loadDetail{one.Label, one.Text})
	}
	return out
}

// MaxLoadReport is how large a load report may be that is read: 256 MB.
const MaxLoadReport = 256 << 20

// ReadLoad reads what [LoadJSON] wrote. Name is what the file is called in errors.
func ReadLoad(name string, r io.Reader) (*load.Result, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxLoadReport+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(text) > MaxLoadReport {
		return nil, fmt.Errorf("%s is larger than %d MB", name, MaxLoadReport>>20)
	}
	var d loadDocument
	if err := json.Unmarshal(text, &d); err != nil || d.Kind != "load" {
		return nil, errors.New(name + " is no report of a load in JSON")
	}
	if d.Version != 1 {
		return nil, fmt.Errorf("%s has version %d, and 1 is known", name, d.Version)
	}
	out, err := d.result()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out, nil
}

func (d *loadDocument) result() (*load.Result, error) {
	r := &load.Result{
		Name: d.Collection.Name, Path: d.Collection.Path, Environment: d.Environment, Started: d.StartedAt, Duration: fromMS(d.Duration), Users: d.Users,
		Plan: load.Plan{
			Users: d.Plan.Users, Iterations: d.Plan.Iterations, Duration: fromMS(d.Plan.Duration), Grace: fromMS(d.Plan.Grace), Start: d.Plan.Start,
			Open: d.Plan.Model == "open",
		},
		Iterations:   load.Iterations{Finished: d.Iterations.Finished, Cut: d.Iterations.Cut, Late: d.Iterations.Late, Dropped: d.Iterations.Dropped},
		MoreFailures: d.More, Verdict: d.Verdict,
	}
	if s := d.Plan.Shard; s != nil {
		if s.Index < 1 || s.Of < s.Index {
			return nil, fmt.Errorf("it says that it is shard %d of %d", s.Index, s.Of)
		}
		r.Plan.Shard = runner.Shard{Index: s.Index, Of: s.Of}
	}
	for _, s := range d.Plan.Stages {
		r.Plan.Stages = append(r.Plan.Stages, collection.LoadStage{Over: fromMS(s.Over), Target: s.Target})
	}
	if err := d.measured(r); err != nil {
		return nil, err
	}
	for i := range d.Thresholds {
		t := &d.Thresholds[i]
		o := load.Outcome{Threshold: collection.Threshold{Metric: t.Metric, Op: t.Op, Value: t.Value, Text: t.Text}, Actual: math.NaN(), Held: t.Held}
		if t.Actual != nil {
			o.Actual = *t.Actual
		}
		r.Thresholds = append(r.Thresholds, o)
	}
	for i := range d.Failures {
		f := &d.Failures[i]
		one := load.Failure{Request: f.Request, Count: f.Count, File: f.File, Line: f.Line, Column: f.Column}
		one.Diagnostic = diag.Diagnostic{Message: f.Message, Hint: f.Hint, Notes: f.Notes}
		for _, detail := range f.Details {
			one.Diagnostic.Details = append(one.Diagnostic.Details, diag.Detail{Label: detail.Label, Text: detail.Text})
		}
		r.Failures = append(r.Failures, one)
	}
	return r, nil
}

// measured reads counts and histograms.
func (d *loadDocument) measured(r *load.Result) (err error) {
	if r.Whole, err = load.DecodeLatency(d.Iterations.Latency.Histogram); err != nil {
		return err
	}
	if r.Total, err = d.Total.stats(); err != nil {
		return err
	}
	for _, list := range []struct {
		from []loadRequest
		to   *[]load.Request
	}{{d.Requests, &r.Requests}, {d.Around, &r.Around}} {
		for i := range list.from {
			q := &list.from[i]
			one := load.Request{Stage: q.Stage, Title: q.Name, Method: q.Method, Path: q.Path}
			if one.Stats, err = q.stats(); err != nil {
				return err
			}
			*list.to = append(*list.to, one)
		}
	}
	if width := fromMS(d.Timeline.Slice); len(d.Timeline.Slices) > 0 && width < time.Second || len(d.Timeline.Slices) > load.MaxSlices {
		return errors.New("the timeline is none of ours")
	}
	r.Timeline.Width = fromMS(d.Timeline.Slice)
	for i := range d.Timeline.Slices {
		s := &d.Timeline.Slices[i]
		one := load.Slice{Requests: s.Requests, Failed: s.Failed, Errors: s.Errors, Users: s.Users}
		if one.Latency, err = load.DecodeLatency(s.Latency.Histogram); err != nil {
			return err
		}
		r.Timeline.Slices = append(r.Timeline.Slices, one)
	}
	return nil
}

func (s *loadStats) stats() (load.Stats, error) {
	l, err := load.DecodeLatency(s.Latency.Histogram)
	return load.Stats{
		Passed: s.Passed, Failed: s.Failed, Errors: s.Errors, Skipped: s.Skipped, Cut: s.Cut, Retried: s.Retried, Checked: s.Assertions.Checked,
		FailedChecks: s.Assertions.Failed, Received: s.Received, Latency: l,
	}, err
}
