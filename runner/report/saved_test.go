package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// full is a run with all that a result may hold.
func full() *script {
	s := mixed()
	s.info.Planned = runner.Counts{Collections: 2, Iterations: 3}
	s.info.Planned.Requests.Planned, s.info.Planned.Assertions.Planned = 11, 27
	s.info.Shard = &runner.Shard{Index: 1, Of: 2}
	s.info.Started = s.info.Started.Add(9 * time.Microsecond)
	first := s.collections[0].info
	first.Planned = runner.Counts{Collections: 1, Iterations: 2}
	first.Planned.Requests.Planned, first.Planned.Assertions.Planned = 10, 26
	second := s.collections[1].info
	second.Planned = runner.Counts{Collections: 1, Iterations: 1}
	second.Planned.Requests.Planned, second.Planned.Assertions.Planned = 1, 1
	q := s.collections[0].requests[0]
	q.Started = s.info.Started.Add(1234567 * time.Nanosecond).Truncate(time.Microsecond)
	q.Sent.Body, q.Sent.BodyBytes, q.Sent.Redirects = "a=1\x00\xff", 5, 1
	q.Response.Body = strings.Repeat("\u2028é\"\\\n\x1b", 100)
	q.Hops = []runner.Hop{{
		Method: "POST", URL: "http://127.0.0.1:43121/orders?x=1", Header: exchange.Header{{Name: "A", Value: "b"}}, Body: "x", Status: 308, Reason: "Permanent Redirect",
		Protocol: "HTTP/1.1", Answer: exchange.Header{{Name: "Location", Value: "/orders"}}, Started: q.Started, Took: 3 * time.Millisecond,
	}}
	q.Flaky, q.Attempts = true, 2
	q.Retried = []runner.Attempt{{Verdict: runner.Failed, Status: 503, Reason: "assertion failed: status", Duration: time.Second}}
	q.Captures = []runner.CaptureResult{{Name: "id", Value: "x"}, {Name: "n", Value: nil}}
	q.Sent.Path = "/orders?not=that"
	s.collections[0].requests[1].Response.Clipped = true
	s.collections[0].requests[1].Stage = runner.Setup
	last := s.collections[0].requests[9]
	last.Stage, last.Folder = runner.Teardown, nil
	s.collections[1].requests[0].Timing.FirstByte = 0 // it is less than nothing
	d := &s.collections[1].requests[0].Diagnostics[0]
	d.Severity, d.Details[0].Origin = diag.Warning, "environments/local.toml:9"
	return s
}

// saved writes a run to a file.
func saved(t testing.TB, s *script, name string, kind func(*os.File) Reporter) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := kind(f)
	s.play(r)
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return path
}

var withBodies = JSONOptions{Version: "v1", IncludeBodies: true, Rerun: again}

func asJSON(f *os.File) Reporter   { return NewJSON(f, withBodies) }
func asNDJSON(f *os.File) Reporter { return NewNDJSON(f, withBodies) }

func open(t testing.TB, path string) *Saved {
	t.Helper()
	s, err := OpenSaved(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func replay(t testing.TB, s *Saved, r Reporter) {
	t.Helper()
	if err := s.Play(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
}

// utf8Only is a text as JSON keeps it.
func utf8Only(s string) string { return string([]rune(s)) }

// What was saved is shown as it was, byte for byte.
func TestSavedIsShownAsItWas(t *testing.T) {
	t.Parallel()
	interrupted := func() *script {
		s := cognito(false)
		s.interrupted = true
		return s
	}
	runs := map[string]func() *script{
		"passing": func() *script { return cognito(true) }, "failing": func() *script { return cognito(false) }, "mixed": mixed, "full": full,
		"interrupted": interrupted, "empty": func() *script { return &script{info: started()} },
	}
	for i, s := range append(hostile, strings.Join(hostile, " ")) {
		runs[fmt.Sprint("hostile ", i)] = func() *script { return everywhere(utf8Only(s)) }
	}
	for name, run := range runs {
		for format, kind := range map[string]func(*os.File) Reporter{"json": asJSON, "ndjson": asNDJSON} {
			t.Run(name+" "+format, func(t *testing.T) {
				t.Parallel()
				file := open(t, saved(t, run(), "out."+format, kind))
				for i, o := range []TableOptions{{Rerun: again}, {Verbose: true}, {Color: true, Width: 80}, {ErrorShort: true}, {Quiet: true}} {
					var want, got bytes.Buffer
					run().play(NewTable(&want, o))
					replay(t, file, NewTable(&got, o))
					if d := cmp.Diff(strings.Split(want.String(), "\n"), strings.Split(got.String(), "\n")); d != "" {
						t.Fatalf("table %d (-run +saved):\n%s", i, d)
					}
				}
				for _, o := range []JSONOptions{withBodies, {}} {
					for _, make := range []func(*bytes.Buffer) Reporter{
						func(b *bytes.Buffer) Reporter { return NewJSON(b, o) }, func(b *bytes.Buffer) Reporter { return NewNDJSON(b, o) },
					} {
						var want, got bytes.Buffer
						run().play(make(&want))
						replay(t, file, make(&got))
						if d := cmp.Diff(strings.Split(want.String(), "\n"), strings.Split(got.String(), "\n")); d != "" {
							t.Fatalf("(-run +saved):\n%s", d)
						}
					}
				}
			})
		}
	}
}

// A witness keeps what it is told.
type witness struct {
	info        *runner.RunInfo
	requests    []*runner.RequestResult
	collections []*runner.CollectionResult
	result      *runner.Result
}

func (r *witness) RunStarted(info *runner.RunInfo)         { r.info = info }
func (r *witness) RequestFinished(q *runner.RequestResult) { r.requests = append(r.requests, q) }
func (r *witness) CollectionFinished(c *runner.CollectionResult) {
	r.collections = append(r.collections, c)
}
func (r *witness) RunFinished(o *runner.Result) { r.result = o }
func (r *witness) Err() error                   { return nil }

// All that a reporter may look at is there again.
func TestSavedTellsAll(t *testing.T) {
	t.Parallel()
	var want, got witness
	run := full()
	run.play(&want)
	replay(t, open(t, saved(t, full(), "out.json", asJSON)), &got)
	place := cmp.Transformer("place", func(s diag.Span) string {
		line, column := s.Position()
		e, _ := s.Excerpt(nil)
		return fmt.Sprint(s.File(), line, e, column)
	})
	spans := cmp.Options{
		cmpopts.IgnoreUnexported(runner.RequestResult{}), // what its pointers point to
		cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.String(), "Diagnostics.Span") }, place),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Plan" }, cmp.Ignore()),
		cmp.FilterPath(func(p cmp.Path) bool { return !strings.HasSuffix(p.String(), "Diagnostics.Span") }, cmp.Transformer("file", func(s diag.Span) string { return s.String() })),
	}
	if d := cmp.Diff(want.requests, got.requests, spans); d != "" {
		t.Errorf("requests (-run +saved):\n%s", d)
	}
	if d := cmp.Diff(want.collections, got.collections, spans); d != "" {
		t.Errorf("collections (-run +saved):\n%s", d)
	}
	if d := cmp.Diff(want.result, got.result, spans); d != "" {
		t.Errorf("result (-run +saved):\n%s", d)
	}
	if got.info != got.result.Info || got.requests[0].Collection != got.info.Collections[0] || got.collections[0].Info != got.info.Collections[0] {
		t.Error("what is told of a collection is not of the one that was told of at the start")
	}
}

// The plan is that of an iteration: the setup before the first, the teardown behind the last.
func TestSavedPlan(t *testing.T) {
	t.Parallel()
	for format, kind := range map[string]func(*os.File) Reporter{"json": asJSON, "ndjson": asNDJSON} {
		s := open(t, saved(t, full(), "out."+format, kind))
		var names []string
		for p := range s.info.Collections[0].Plan {
			names = append(names, title(p.Folder, p.Title())+" "+p.Method+" "+p.Path+fmt.Sprint(p.Assertions))
		}
		want := []string{
			"Orders / List orders GET /orders3", "Orders / One / setup: Get an order GET /orders/{{order}}2", "Sign in POST /login3", "Pay POST /login3",
			"Delete the order GET /orders/:id2", "teardown: Delete the order GET /orders/:id2",
		}
		if d := cmp.Diff(want, names); d != "" {
			t.Error(format, d)
		}
	}
}

// An NDJSON report that ends in the middle is told as far as it goes, as a run that was interrupted.
func TestSavedCutOff(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := full()
	s.play(NewNDJSON(&out, withBodies))
	text := out.Bytes()
	first := bytes.IndexByte(text, '\n') + 1
	for _, size := range []int{first, first + 1, first + 500, len(text) / 2, len(text) - 2, bytes.LastIndexByte(text[:len(text)-1], '\n')} {
		cut, err := ReadSaved("out.ndjson", bytes.NewReader(text[:size]))
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		defer cut.Close()
		if cut.Incomplete() == nil || cut.Result().Verdict != runner.Interrupted || cut.Result().ExitCode() != 130 {
			t.Errorf("%d bytes: %v, %v", size, cut.Incomplete(), cut.Result())
		}
		var again bytes.Buffer
		replay(t, cut, NewJSON(&again, withBodies))
		valid(t, again.Bytes())
		whole, err := ReadSaved("again.json", &again)
		if err != nil {
			t.Fatalf("%d bytes: %v", size, err)
		}
		defer whole.Close()
		if cut.Result().Counts != whole.Result().Counts || whole.Result().Counts.Requests.Planned != 11 {
			t.Errorf("%d bytes: %+v, %+v", size, cut.Result().Counts, whole.Result().Counts)
		}
	}
	if _, err := ReadSaved("out.ndjson", bytes.NewReader(text[:20])); err == nil {
		t.Error("the start of a line is a report")
	}
}

// What cannot be read is said with the line.
func TestSavedProblems(t *testing.T) {
	t.Parallel()
	var document, lines bytes.Buffer
	mixed().play(NewJSON(&document, JSONOptions{}))
	mixed().play(NewNDJSON(&lines, JSONOptions{}))
	good, events := document.String(), lines.String()
	replace := func(text, old, by string) string {
		if !strings.Contains(text, old) {
			t.Errorf("there is no %s", old)
		}
		return strings.Replace(text, old, by, 1)
	}
	var out strings.Builder
	for _, c := range []struct{ name, text string }{
		{"empty", ""}, {"blank", " \n"}, {"html", "<html>\n"}, {"array", "[]"}, {"text", `"report"`}, {"other", `{"collection": {}, "run": {}}`},
		{"no version", replace(good, `"version": 1`, `"versions": 1`)}, {"version 2", replace(good, `"version": 1`, `"version": 2`)},
		{"version text", replace(good, `"version": 1`, `"version": "1"`)}, {"other tool", replace(good, "postrider", "newman")},
		{"no moment", replace(good, "2026-01-02T03:04:05.678Z", "yesterday")}, {"cut off", good[:len(good)/2]}, {"cut off at the end", good[:len(good)-3]},
		{"more behind", good + "{}"}, {"no exit code", replace(good, `"exit_code"`, `"exit"`)}, {"exit code", replace(good, `"exit_code": 3`, `"exit_code": 0`)},
		{"verdict", replace(good, `"verdict": "error",`+"\n", `"verdict": "passed",`+"\n")}, {"verdict of a collection", replace(good, `"verdict": "error", "duration_ms"`, `"verdict": "passed", "duration_ms"`)},
		{"verdict of a request", replace(good, `"verdict": "passed", "source"`, `"verdict": "green", "source"`)},
		{"counts of a collection", replace(good, `"passed": 2, "failed"`, `"passed": 3, "failed"`)},
		{"counts", replace(good, `"counts": {"collections": 2`, `"counts": {"collections": 3`)},
		{"iteration", replace(good, `"iteration": 1`, `"iteration": "one"`)}, {"iteration 0", replace(good, `"iteration": 1`, `"iteration": 0`)},
		{"assertions", replace(good, `"assertions": [{`, `"assertions": {"a": {`)}, {"header", replace(good, `["Host", "127.0.0.1:43121"]`, `["Host"]`)},
		{"not JSON", replace(good, `"iteration": 2, "method"`, `"iteration": 2 "method"`)}, {"reason", replace(good, `"reason": "when`, `"because": "when`)},
		{"time", replace(good, `"total": 0.87`, `"total": -1`)}, {"collections", replace(good, `"collections": [`, `"collections": null, "x": [`)},
		{"event", replace(events, "run_started", "started")}, {"event twice", strings.Repeat(events[:strings.Index(events, "\n")+1], 2)},
		{"event of nothing", replace(events, `"collection": {"index": 1`, `"collection": {"index": 7`)}, {"event behind", events + events},
		{"event not JSON", replace(events, `"iteration": 2, "method"`, `"iteration": 2 "method"`)}, {"event counts", replace(events, `"sent": 8`, `"sent": 9`)},
		{"event cut off", events[:30]}, {"shard", replace(good, `"planned": {`, `"shard": {"index": 3, "of": 2}, "planned": {`)},
	} {
		s, err := ReadSaved("out.json", strings.NewReader(c.text))
		if err == nil {
			s.Close()
			t.Errorf("%s is read", c.name)
			continue
		}
		var d diag.Diagnostic
		if !errors.As(err, &d) {
			t.Errorf("%s: %v is no diagnostic", c.name, err)
		}
		fmt.Fprintf(&out, "# %s\n", c.name)
		(&diag.Renderer{}).One(&out, d)
	}
	golden(t, "saved-problems.txt", []byte(out.String()))
	if _, err := OpenSaved(filepath.Join(t.TempDir(), "none.json")); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Error(err)
	}
	if _, err := OpenSaved(t.TempDir()); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Error(err)
	}
}

// Members may stand in any order, in any layout, and there may be more of them.
func TestSavedInAnyLayout(t *testing.T) {
	t.Parallel()
	var document, want, got bytes.Buffer
	mixed().play(NewJSON(&document, withBodies))
	mixed().play(NewTable(&want, TableOptions{}))
	body := strings.TrimSuffix(strings.TrimPrefix(document.String(), "{\n  \"version\": 1,"), "}\n")
	text := "{\"later\": [{\"a\": []}, 1], " + strings.ReplaceAll(body, ", ", ",\n\t") + ", \"version\": 1 }"
	text = strings.ReplaceAll(text, `"case":`, "\"unknown\": {\"a\": null}, \"case\":")
	s, err := ReadSaved("out.json", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	replay(t, s, NewTable(&got, TableOptions{}))
	if d := cmp.Diff(want.String(), got.String()); d != "" {
		t.Error(d)
	}

	// Events of a later version are passed over.
	var lines bytes.Buffer
	mixed().play(NewNDJSON(&lines, withBodies))
	events := strings.SplitAfter(lines.String(), "\n")
	events[4] = strings.Replace(events[3], "request_finished", "request_dreamt_of", 1) + events[4]
	if s, err = ReadSaved("out.ndjson", strings.NewReader(strings.Join(events, "\n"))); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	got.Reset()
	replay(t, s, NewTable(&got, TableOptions{}))
	if d := cmp.Diff(want.String(), got.String()); d != "" {
		t.Error(d)
	}
}

// Bodies of any size and any bytes are kept.
func TestSavedBodies(t *testing.T) {
	t.Parallel()
	body := make([]byte, 1<<20)
	for i := range body {
		body[i] = byte(i * 7)
	}
	run := func() *script {
		s := cognito(true)
		g := &s.collections[0]
		g.requests = nil
		for i := range 40 {
			q := ok(fmt.Sprint("r", i), "POST", "/", 200, len(body), 1, time.Millisecond)
			q.Response.Body = string(body)
			if i%2 == 0 {
				q.Response.Body = strings.Repeat("{\"é\": 1234567},\n", len(body)/17)
			}
			g.requests = append(g.requests, q)
		}
		return s
	}
	var want, got witness
	run().play(&want)
	replay(t, open(t, saved(t, run(), "out.json", asJSON)), &got)
	for i, q := range got.requests {
		if q.Response.Body != want.requests[i].Response.Body {
			t.Errorf("the body of %s is another", q.Name)
		}
	}
	if len(got.requests) != 40 {
		t.Errorf("%d requests", len(got.requests))
	}
}

// Only one request is in memory, however many there are.
func TestSavedMemoryIsFlat(t *testing.T) {
	for format, kind := range map[string]func(*os.File) Reporter{"json": asJSON, "ndjson": asNDJSON} {
		t.Run(format, func(t *testing.T) {
			many := 200_000
			if format == "ndjson" || testing.Short() { // it is slow under the race detector
				many /= 5
			}
			path := filepath.Join(t.TempDir(), "out")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			r := kind(f)
			info := &runner.CollectionInfo{Name: "many", Path: "many.toml", Iterations: many / 2}
			run := started()
			run.Collections = []*runner.CollectionInfo{info}
			r.RunStarted(run)
			counts := runner.Counts{Collections: 1, Iterations: many / 2}
			for i := range many {
				q := skipped("r", "no")
				q.Iteration, q.Collection = i/2+1, info
				addRequest(&counts, q)
				r.RequestFinished(q)
			}
			r.CollectionFinished(&runner.CollectionResult{Info: info, Verdict: runner.Skipped, Counts: counts})
			r.RunFinished(&runner.Result{Verdict: runner.Skipped, Counts: counts})
			if err := errors.Join(r.Err(), f.Close()); err != nil {
				t.Fatal(err)
			}
			before := heap()
			s := open(t, path)
			seen := &gauge{t: t, before: before}
			if err := s.Play(t.Context(), seen); err != nil || seen.n != many {
				t.Errorf("%d requests, %v", seen.n, err)
			}
		})
	}
}

// A gauge looks at the memory now and then.
type gauge struct {
	witness
	t      *testing.T
	before uint64
	n      int
}

func (g *gauge) RequestFinished(*runner.RequestResult) {
	if g.n++; g.n%20_000 == 0 {
		if grown := int64(heap()) - int64(g.before); grown > 1<<20 {
			g.t.Errorf("behind %d requests %d bytes are kept", g.n, grown)
		}
	}
}

// Each line of NDJSON is of the schema.
func TestNDJSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	full().play(NewNDJSON(&out, withBodies))
	golden(t, "report-full.ndjson", out.Bytes())
	validLines(t, out.Bytes())
}

func FuzzSaved(f *testing.F) {
	for _, s := range []*script{cognito(false), full(), everywhere("\x1b"), {info: started()}} {
		var document, lines bytes.Buffer
		s.play(NewJSON(&document, withBodies))
		s.play(NewNDJSON(&lines, withBodies))
		f.Add(document.Bytes())
		f.Add(lines.Bytes())
		f.Add(lines.Bytes()[:lines.Len()/2])
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ReadSaved("out.json", bytes.NewReader(text))
		if err != nil {
			var d diag.Diagnostic
			if !errors.As(err, &d) {
				t.Errorf("%v is no diagnostic", err)
			}
			(&diag.Renderer{}).One(new(bytes.Buffer), d)
			return
		}
		defer s.Close()
		var out, table bytes.Buffer
		replay(t, s, NewTable(&table, TableOptions{Verbose: true}))
		harmless(t, table.Bytes())
		replay(t, s, NewJSON(&out, withBodies))
		valid(t, out.Bytes())
		// What is accepted is a report: it is accepted again, and is the same.
		again, err := ReadSaved("again.json", bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatalf("%v:\n%s", err, out.String())
		}
		defer again.Close()
		var twice bytes.Buffer
		replay(t, again, NewJSON(&twice, withBodies))
		if out.String() != twice.String() {
			t.Error(cmp.Diff(out.String(), twice.String()))
		}
	})
}

// What it costs to read a report, of which each request is decoded twice.
func BenchmarkSaved(b *testing.B) {
	s := cognito(false)
	g := &s.collections[0]
	for len(g.requests) < 10_000 {
		g.requests = append(g.requests, g.requests[2])
	}
	path := saved(b, s, "out.json", asJSON)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		s := open(b, path)
		replay(b, s, Multi{})
	}
}
