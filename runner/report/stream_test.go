package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
)

// failing is a writer that fails after so many writes.
type failing struct {
	err   error
	after int
	calls int
}

func (w *failing) Write(p []byte) (int, error) {
	w.calls++
	if w.after--; w.after < 0 {
		return 0, w.err
	}
	return len(p), nil
}

// reporters makes one of each kind.
func reporters(w io.Writer) map[string]Reporter {
	return map[string]Reporter{
		"table": NewTable(w, TableOptions{}), "verbose": NewTable(w, TableOptions{Verbose: true, Color: true, Width: 120}),
		"quiet": NewTable(w, TableOptions{Quiet: true}), "progress": NewProgress(w, TableOptions{}), "json": NewJSON(w, JSONOptions{IncludeBodies: true}),
		"junit": NewJUnit(w, JUnitOptions{}), "tap": NewTAP(w, TAPOptions{}), "ctrf": NewCTRF(w, CTRFOptions{}),
		"markdown": NewMarkdown(w, MarkdownOptions{}), "github": NewGitHub(w, GitHubOptions{}), "har": NewHAR(w, HAROptions{}), "ndjson": NewNDJSON(w, JSONOptions{IncludeBodies: true}), "html": NewHTML(w, HTMLOptions{Version: "v1"}),
	}
}

// Each request is written when it finishes, by one call.
func TestStreams(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"table", "verbose", "json", "tap", "ctrf", "github", "har", "ndjson"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			calls := 0
			r := reporters(writerFunc(func(p []byte) (int, error) { calls++; return out.Write(p) }))[kind]
			s := cognito(true)
			r.RunStarted(s.info)
			for _, q := range s.collections[0].requests {
				before := calls
				q.Collection = s.collections[0].info
				r.RequestFinished(q)
				if !strings.Contains(out.String(), q.Name[:7]) || !strings.HasSuffix(out.String(), "\n") && kind != "json" && kind != "ctrf" && kind != "har" {
					t.Errorf("%s is not there when it is finished:\n%s", q.Name, out.String())
				}
				if calls-before != 1 {
					t.Errorf("%d writes for a request", calls-before)
				}
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// What is kept does not grow with the run, not even where every request fails with much to say.
func TestMemoryIsFlat(t *testing.T) {
	for kind := range reporters(nil) {
		t.Run(kind, func(t *testing.T) {
			r := reporters(io.Discard)[kind]
			info := &runner.CollectionInfo{Name: "many", Path: "many.toml", Iterations: 100_000}
			r.RunStarted(started())
			like := *fail(ok("", "GET", "/", 200, 5000, 2, time.Millisecond), "")
			send := func(from, to int) {
				for i := from; i < to; i++ {
					q, response := like, *like.Response
					q.Name, q.Collection, q.Iteration = fmt.Sprint("request ", i), info, i+1
					q.Response, q.Diagnostics = &response, slices.Clone(like.Diagnostics)
					q.Response.Body = strings.Repeat("b", 2000)
					r.RequestFinished(&q)
				}
			}
			send(0, 2000)
			before := heap()
			many := 100_000
			if slices.Contains([]string{"verbose", "junit", "tap", "ctrf", "github", "har"}, kind) {
				many /= 5 // they are slow under the race detector
			}
			send(2000, many)
			if grown := int64(heap()) - int64(before); grown > 1<<20 {
				t.Errorf("%d requests keep %d bytes", many, grown)
			}
			r.RunFinished(&runner.Result{Verdict: runner.Failed})
			runtime.KeepAlive(r)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// The first failure to write is kept, whichever write it is, and nothing is written after it.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for kind := range reporters(nil) {
		for after := 0; ; after++ {
			w := &failing{err: full, after: after}
			r := reporters(w)[kind]
			mixed().play(r)
			if w.after >= 0 { // it was not asked to write that often
				if r.Err() != nil {
					t.Errorf("%s: %v without a failure", kind, r.Err())
				}
				break
			}
			if !errors.Is(r.Err(), full) {
				t.Errorf("%s: write %d failed, Err is %v", kind, after, r.Err())
			}
			if w.calls != after+1 {
				t.Errorf("%s: %d writes after the failure", kind, w.calls-after-1)
			}
		}
	}
}

func TestMulti(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	var a, b bytes.Buffer
	m := Multi{NewJSON(&a, JSONOptions{}), NewJSON(&failing{err: full, after: 2}, JSONOptions{}), NewTable(&b, TableOptions{})}
	cognito(false).play(m)
	if !errors.Is(m.Err(), full) {
		t.Errorf("Err is %v", m.Err())
	}
	var c, d bytes.Buffer
	cognito(false).play(NewJSON(&c, JSONOptions{}))
	cognito(false).play(NewTable(&d, TableOptions{}))
	if a.String() != c.String() || b.String() != d.String() {
		t.Error("one that fails disturbs the others")
	}
	if err := (Multi{m[0], m[2]}).Err(); err != nil {
		t.Errorf("Err is %v", err)
	}
}

// Of more failures than are kept there is the number.
func TestManyFailures(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := &script{info: started()}
	for c := range 5 {
		info := &runner.CollectionInfo{Name: fmt.Sprint("c", c), Path: fmt.Sprintf("c%d.toml", c), Iterations: 1}
		g := group{info: info}
		for i := range 30 {
			g.requests = append(g.requests, fail(ok(fmt.Sprintf("r%d", i), "GET", "/", 200, 0, 1, time.Millisecond), ""))
		}
		s.collections = append(s.collections, g)
	}
	g := s.collections[4].requests[0]
	for range 12 {
		g.Diagnostics = append(g.Diagnostics, g.Diagnostics[0])
	}
	s.collections[0].requests[0].Diagnostics = g.Diagnostics
	s.play(NewTable(&out, TableOptions{Quiet: true, Rerun: again}))
	for _, want := range []string{
		"\n100. ", "… and 3 more\n", "… and 50 requests more that failed\n", "\nFAIL  150 of 150 assertions failed, in 150 of 150 requests",
		"rerun: postrider run -e local c0.toml\n", "c2.toml\n", "rerun: … and 2 collections more\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("there is no %q", want)
		}
	}
	if strings.Contains(out.String(), "\n101. ") || strings.Contains(out.String(), "c3.toml\n") {
		t.Error("more is kept than should be")
	}
}

func BenchmarkRow(b *testing.B) {
	for _, kind := range []string{"table", "verbose", "quiet", "json", "junit", "tap", "ctrf", "markdown", "github", "har", "ndjson", "html"} {
		b.Run(kind, func(b *testing.B) {
			r := reporters(io.Discard)[kind]
			s := cognito(true)
			q := s.collections[0].requests[2]
			q.Collection = s.collections[0].info
			r.RunStarted(s.info)
			b.ReportAllocs()
			for b.Loop() {
				r.RequestFinished(q)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// What a row costs when tablewriter draws it.
func BenchmarkTablewriterRow(b *testing.B) {
	var out bytes.Buffer
	l := layout{{width: 1}, {width: 30}, {width: 6}, {width: 20}, {right: true, width: 7}, {right: true, width: 5}, {right: true, width: 6}, {right: true, width: 10}}
	t := stream(b, &out, l)
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		t.Append([]string{"✓", "Get user info", "GET", "/oauth2/userInfo", "200", "1 ms", "142 B", "5/5"})
	}
}
