package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/html"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/load"
)

const loadText = "name = \"Shop\"\n[load]\np95 = { lt = \"50ms\" }\ntoken = \"hunter2\" # hunter2\n"

// latencies are how long n requests took: 1 ms, 2 ms, … and the last one a while.
func latencies(n int, last time.Duration) (l load.Latency) {
	for i := range n - 1 {
		l.Record(time.Duration(i+1) * time.Millisecond)
	}
	l.Record(last)
	return l
}

// loads are what loads came to, by name.
func loads() map[string]*load.Result {
	source := diag.NewSource("shop.toml", loadText)
	at := func(what string) diag.Span {
		i := strings.Index(loadText, what)
		return diag.Span{Source: source, Start: i, End: i + len(what)}
	}
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	passing := &load.Result{
		Name: "One", Path: "one.toml", Started: started, Duration: 2 * time.Second, Users: 50, Verdict: runner.Passed,
		Plan:       load.Plan{Users: 50, Iterations: 100, Grace: load.DefaultGrace},
		Iterations: load.Iterations{Finished: 100}, Whole: latencies(100, 2*time.Second),
		Total:    load.Stats{Passed: 100, Checked: 200, Received: 900, Latency: latencies(100, 2*time.Second)},
		Requests: []load.Request{{Title: "Read", Method: "GET", Path: "/read", Stats: load.Stats{Passed: 100, Checked: 200, Received: 900, Latency: latencies(100, 2*time.Second)}}},
		Timeline: load.Timeline{Width: time.Second, Slices: []load.Slice{{Requests: 60, Users: 50, Latency: latencies(60, time.Second)}, {Requests: 40, Users: 3, Latency: latencies(40, time.Second)}}},
	}
	failing := &load.Result{
		Name: "Shop <b>\x1b[31m", Path: "shop.toml", Environment: []string{"local"}, Started: started, Duration: 90 * time.Second, Users: 12, Verdict: runner.Errored,
		Plan:       load.Plan{Users: 100, Open: true, Duration: 90 * time.Second, Start: 50, Stages: []collection.LoadStage{{Over: time.Minute, Target: 200}, {Over: 30 * time.Second, Target: 20}}},
		Iterations: load.Iterations{Finished: 500, Cut: 1, Late: 20, Dropped: 3}, Whole: latencies(500, time.Second),
		Around: []load.Request{
			{Stage: runner.Setup, Title: "setup: Sign in", Method: "POST", Path: "/login", Stats: load.Stats{Passed: 1, Checked: 1, Latency: latencies(1, 5*time.Millisecond)}},
			{Stage: runner.Teardown, Title: "teardown: Sign out", Method: "GET", Path: "/logout", Stats: load.Stats{Skipped: 1}},
		},
		Requests: []load.Request{
			{Title: "Users / List </script>", Method: "GET", Path: "/articles/\u202e", Stats: load.Stats{Passed: 490, Failed: 9, Errors: 1, Checked: 1000, FailedChecks: 9, Retried: 2, Latency: latencies(500, 400*time.Millisecond)}},
			{Title: "Buy", Method: "POST", Path: "/cart", Stats: load.Stats{Passed: 495, Errors: 4, Skipped: 1, Cut: 1, Checked: 495, Latency: latencies(499, 900*time.Millisecond)}},
		},
		Total: load.Stats{Passed: 985, Failed: 9, Errors: 5, Skipped: 1, Cut: 1, Retried: 2, Checked: 1495, FailedChecks: 9, Latency: latencies(999, 900*time.Millisecond)},
		Thresholds: []load.Outcome{
			{Threshold: collection.Threshold{Metric: "p95", Op: "lt", Value: 0.05, Text: "50ms", Span: at(`"50ms"`)}, Actual: 0.95},
			{Threshold: collection.Threshold{Metric: "checks", Op: "gte", Value: 0.99, Text: "0.99"}, Actual: 0.994, Held: true},
			{Threshold: collection.Threshold{Metric: "max", Op: "lt", Value: 1, Text: "1s"}, Actual: math.NaN()},
		},
		Failures: []load.Failure{
			{Request: "Users / List </script>", Count: 9, File: "shop.toml", Line: 4, Column: 1, Diagnostic: diag.Diagnostic{
				Message: "assertion failed: text", Span: at("token"), Details: []diag.Detail{{Label: "expected", Text: `"<b>"`}, {Label: "actual", Text: "\x1b[31m</pre>"}},
				Notes: []string{"GET http://127.0.0.1/ → 200 OK in 3 ms"},
			}},
			{Request: "Buy", Count: 1, File: "shop.toml", Line: 1, Column: 8, Diagnostic: diag.Diagnostic{Message: "connection refused", Hint: "is it up?"}},
		},
		MoreFailures: 7,
	}
	for i := range 90 {
		s := load.Slice{Requests: int64(i % 20), Users: i % 13}
		if i%20 > 0 {
			s.Latency = latencies(i%20, time.Duration(i)*time.Millisecond)
		}
		failing.Timeline.Width, failing.Timeline.Slices = time.Second, append(failing.Timeline.Slices, s)
	}
	return map[string]*load.Result{
		"passing": passing, "failing": failing,
		"nothing": {Name: "Nothing", Started: started, Verdict: runner.Interrupted, Plan: load.Plan{Users: 1, Duration: 10 * time.Second}},
	}
}

func redactHunter(s string) string { return strings.ReplaceAll(s, "hunter2", "[redacted]") }

func TestLoadTable(t *testing.T) {
	t.Parallel()
	for name, r := range loads() {
		for variant, o := range map[string]TableOptions{"": {}, "-color": {Color: true, Width: 120}, "-quiet": {Quiet: true, ErrorShort: true}} {
			var out bytes.Buffer
			o.Redact = redactHunter
			if err := LoadTable(&out, r, o); err != nil {
				t.Fatal(err)
			}
			if name == "failing" || variant == "" {
				golden(t, "load-"+name+variant+".txt", out.Bytes())
			}
			if text := strings.NewReplacer(green, "", red, "", yellow, "", dim, "", bold, "", reset, "", "\x1b[31;1m", "", "\x1b[34;1m", "").Replace(out.String()); strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "hunter2") {
				t.Errorf("%s%s shows what it must not:\n%q", name, variant, text)
			}
		}
	}
}

func TestLoadProgress(t *testing.T) {
	t.Parallel()
	p := load.Progress{Elapsed: 3 * time.Second, Left: 57 * time.Second, Users: 10, Finished: 1234, Rate: 411.3, Failed: 2, P95: 4300 * time.Microsecond, Late: 7}
	if got, want := LoadProgress(p, 0), "3.0 s, 57.0 s left · 10 users · 1234 requests · 411/s · 2 failed · p95 4.3 ms · 7 late"; got != want {
		t.Errorf("%q", got)
	}
	p.Left, p.Late = -1, 0
	if got, want := LoadProgress(p, 30), "3.0 s · 10 users · 1234 reque…"; got != want {
		t.Errorf("%q", got)
	}
}

func compiledLoadSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(LoadSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("load.json", document); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("load.json")
}

// TestLoadJSON keeps to the schema, and comes back as it was.
func TestLoadJSON(t *testing.T) {
	t.Parallel()
	s := compiledLoadSchema(t)
	for name, r := range loads() {
		var out bytes.Buffer
		if err := LoadJSON(&out, r, "v1"); err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		back, err := ReadLoad("a.json", bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := LoadJSON(&again, back, "v1"); err != nil {
			t.Fatal(err)
		}
		// Where a threshold stands is not known from the report.
		places := regexp.MustCompile(`(?m)^ +"(file|line|column)": .*$`)
		if d := cmp.Diff(places.ReplaceAllString(out.String(), ""), places.ReplaceAllString(again.String(), "")); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestLoadMerge merges histograms: a percentile of shards is not the mean of theirs.
func TestLoadMerge(t *testing.T) {
	t.Parallel()
	shard := func(fast, slow int, later time.Duration) *load.Result {
		r := loads()["passing"]
		var l load.Latency
		for range fast {
			l.Record(time.Millisecond)
		}
		for range slow {
			l.Record(time.Second)
		}
		n := int64(fast + slow)
		r.Total = load.Stats{Passed: n, Checked: n, Latency: l}
		r.Requests[0].Stats = r.Total
		r.Started = r.Started.Add(later)
		r.Thresholds = []load.Outcome{{Threshold: collection.Threshold{Metric: "p90", Op: "lt", Value: 0.5, Text: "500ms"}, Held: true}}
		var out bytes.Buffer
		if err := LoadJSON(&out, r, "v1"); err != nil {
			t.Fatal(err)
		}
		back, err := ReadLoad("shard.json", &out)
		if err != nil {
			t.Fatal(err)
		}
		return back
	}
	a, b := shard(950, 50, 0), shard(0, 100, time.Second)
	got, err := load.Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	l := &got.Total.Latency
	if l.Count() != 1100 || l.Percentile(86) > 2*time.Millisecond || l.Percentile(87) < time.Second || got.Requests[0].Latency.Count() != 1100 {
		t.Errorf("%d, p86 %s, p87 %s", l.Count(), l.Percentile(86), l.Percentile(87))
	}
	if got.Verdict != runner.Failed || got.Thresholds[0].Held || got.Thresholds[0].Actual < 0.9 {
		t.Errorf("%s %+v", got.Verdict, got.Thresholds)
	}
	if got.Users != 100 || got.Plan.Users != 100 || got.Iterations.Finished != 200 || got.Duration != 3*time.Second {
		t.Errorf("%d users, %s, %+v", got.Users, got.Duration, got.Iterations)
	}
	var each []int64
	for _, s := range got.Timeline.Slices {
		each = append(each, s.Requests)
	}
	if d := cmp.Diff([]int64{60, 100, 40}, each); d != "" {
		t.Error(d)
	}
	if _, err := load.Merge(a, loads()["failing"]); err == nil {
		t.Error("loads of two collections were merged")
	}
	if both, err := load.Merge(loads()["failing"], loads()["failing"]); err != nil || both.Failures[0].Count != 18 || len(both.Failures) != 2 || both.MoreFailures != 14 || both.Verdict != runner.Errored {
		t.Errorf("%+v %v", both, err)
	}
}

func TestReadLoad(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := LoadJSON(&out, loads()["passing"], "v1"); err != nil {
		t.Fatal(err)
	}
	good := out.String()
	for text, want := range map[string]string{
		"":                          "a.json is no report of a load in JSON",
		`{"version": 1}`:            "a.json is no report of a load in JSON",
		`{"version": 1, "kind": 1}`: "a.json is no report of a load in JSON",
		strings.Replace(good, `"version": 1`, `"version": 2`, 1):                                 "a.json has version 2, and 1 is known",
		regexp.MustCompile(`"histogram": "[^"]*"`).ReplaceAllString(good, `"histogram": "AAAA"`): "a.json: the histogram is none of microseconds up to an hour in HdrHistogram's compressed form",
		strings.Replace(good, `"slice_ms": 1000`, `"slice_ms": 0`, 1):                            "a.json: the timeline is none of ours",
	} {
		if _, err := ReadLoad("a.json", strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// FuzzReadLoad reads anything, and what can be read can be merged and shown.
func FuzzReadLoad(f *testing.F) {
	small := loads()["nothing"]
	small.Total.Latency = latencies(1, time.Millisecond)
	small.Requests = []load.Request{{Title: "Read"}}
	small.Timeline = load.Timeline{Width: time.Second, Slices: make([]load.Slice, 2)}
	for _, r := range []*load.Result{small, loads()["nothing"]} {
		var out bytes.Buffer
		if err := LoadJSON(&out, r, "v1"); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadLoad("a.json", bytes.NewReader(text))
		if err != nil {
			return
		}
		merged, err := load.Merge(r, r)
		if err != nil {
			t.Fatal(err)
		}
		var page bytes.Buffer
		if LoadTable(io.Discard, merged, TableOptions{}) != nil || LoadHTML(&page, merged, LoadHTMLOptions{}) != nil || LoadJSON(io.Discard, merged, "") != nil {
			t.Error("it cannot be shown")
		}
	})
}

// TestLoadHTML is one page that needs nothing else, with what servers say as text alone.
func TestLoadHTML(t *testing.T) {
	t.Parallel()
	for name, r := range loads() {
		var out bytes.Buffer
		if err := LoadHTML(&out, r, LoadHTMLOptions{Version: "v1", Redact: redactHunter}); err != nil {
			t.Fatal(err)
		}
		page, err := html.Parse(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		seen, policy, style := map[string]int{}, "", ""
		for n := range page.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			seen[n.Data]++
			for _, a := range n.Attr {
				if a.Key == "src" || a.Key == "href" || a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
				if a.Key == "content" && strings.Contains(a.Val, "default-src") {
					policy = a.Val
				}
			}
			if n.Data == "style" {
				style = n.FirstChild.Data
			}
		}
		sum := sha256.Sum256([]byte(style))
		if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.HasPrefix(policy, want) {
			t.Errorf("%s: the policy %q is not %q", name, policy, want)
		}
		charts := map[string]int{"passing": 4, "failing": 4}[name]
		if seen["script"]+seen["b"]+seen["img"]+seen["link"] > 0 || seen["svg"] != charts || seen["style"] != 1 {
			t.Errorf("%s: %v", name, seen)
		}
		if name == "failing" && strings.Count(out.String(), "<text") < 30 {
			t.Error("the axes of the charts say little")
		}
		if text := out.String(); strings.Contains(text, "hunter2") || strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s shows what it must not", name)
		}
	}
}

// TestLoadUnwritable tells of a report that cannot be written.
func TestLoadUnwritable(t *testing.T) {
	t.Parallel()
	r, w := loads()["failing"], brokenWriter{}
	if LoadTable(w, r, TableOptions{}) == nil || LoadJSON(w, r, "") == nil || LoadHTML(w, r, LoadHTMLOptions{}) == nil {
		t.Error("nobody is told")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
