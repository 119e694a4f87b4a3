package runner_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// compiled is a collection of a text, ready to run.
func compiled(t *testing.T, name, text string, o runner.Options) *runner.Runner {
	t.Helper()
	c, list := collection.Parse(name+".toml", "name = \""+name+"\"\n"+text)
	if list.HasErrors() {
		t.Fatal(list)
	}
	r, list := runner.New(c, o)
	if list.HasErrors() {
		t.Fatal(list)
	}
	return r
}

// Shards together send exactly the plan, once each: iterations, requests that need nothing of each other, and collections
// that cannot be split.
func TestShards(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"rows":  "[[request]]\nurl = \"{{host}}/rows/{{$guid}}\"\n[[request]]\nurl = \"{{host}}/more\"\n",
		"split": strings.Repeat("[[request]]\nurl = \"{{host}}/split\"\n", 10),
		"whole": "[[request]]\nurl = \"{{host}}/first\"\ncapture.host2 = { json = \"method\" }\n[[request]]\nurl = \"{{host}}/second/{{host2}}\"\n",
	}
	names := []string{"rows", "split", "whole"}
	for of := 1; of <= 12; of++ {
		var got []string
		planned := runner.Counts{}
		for index := 1; index <= of; index++ {
			e := newEcho(t)
			for i, name := range names {
				o := runner.Options{Variables: map[string]string{"host": e.URL}, Shard: runner.Shard{Index: index, Of: of, From: i}}
				if name == "rows" {
					o.Iterations = 7
				}
				r := compiled(t, name, texts[name], o)
				rec := &recorder{}
				result := r.Run(t.Context(), rec)
				if result.Counts.Requests != rec.result.Counts.Requests || len(rec.requests) != r.Info().Planned.Requests.Planned {
					t.Errorf("%s %d/%d: %d requests, planned %+v", name, index, of, len(rec.requests), r.Info().Planned)
				}
				for _, q := range rec.requests {
					if q.Verdict != runner.Passed {
						t.Errorf("%s %d/%d: %s %s", name, index, of, q.Verdict, q.Reason)
					}
					got = append(got, fmt.Sprint(name, q.Iteration, q.Source))
				}
				planned.Requests.Planned += r.Info().Planned.Requests.Planned
				planned.Iterations += r.Info().Planned.Iterations
			}
		}
		slices.Sort(got)
		if unique := slices.Compact(slices.Clone(got)); len(unique) != len(got) || len(got) != 7*2+10+2 || planned.Requests.Planned != len(got) {
			t.Errorf("%d shards sent %d requests, %d different, planned %+v", of, len(got), len(unique), planned)
		}
	}
}

// Setup and teardown are of every shard that has a part of the collection, and of no other.
func TestShardSetup(t *testing.T) {
	t.Parallel()
	text := "[[setup]]\nurl = \"{{host}}/in\"\n[[request]]\nurl = \"{{host}}/a\"\n[[request]]\nurl = \"{{host}}/b\"\n[[teardown]]\nurl = \"{{host}}/out\"\n"
	for index, want := range []string{"/in /a /out", "/in /b /out", ""} {
		e := newEcho(t)
		r := compiled(t, "setup", text, runner.Options{Variables: map[string]string{"host": e.URL}, Shard: runner.Shard{Index: index + 1, Of: 3}})
		r.Run(t.Context(), &recorder{})
		if got := e.paths(); got != want {
			t.Errorf("shard %d sent %q, not %q", index+1, got, want)
		}
	}
}

// Collections run side by side, and are told of in the order of the plan.
func TestParallel(t *testing.T) {
	t.Parallel()
	const n = 4
	var mu sync.Mutex
	here, together := 0, make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/meet" {
			return
		}
		mu.Lock()
		if here++; here == n {
			close(together)
		}
		mu.Unlock()
		<-together // all of them are here at once
	}))
	defer s.Close()
	o := runner.Options{Variables: map[string]string{"host": s.URL}}
	var runners []*runner.Runner
	var want []string
	for i := range 2 * n {
		name, text := fmt.Sprint("c", i), "[[request]]\nname = \"one\"\nurl = \"{{host}}/free\"\nrepeat = 30\n"
		if i < n {
			text = "[[request]]\nname = \"meet\"\nurl = \"{{host}}/meet\"\n" + text
		}
		if i == 1 {
			text += "[[request]]\nname = \"many\"\nurl = \"{{host}}/free\"\nrepeat = 5000\n"
		}
		runners = append(runners, compiled(t, name, text, o))
		want = append(want, name)
	}
	rec := &recorder{}
	result := runner.RunParallel(t.Context(), runners, n, rec)
	if result.Verdict != runner.Passed || result.Counts.Requests.Sent != 2*n*30+n+5000 {
		t.Errorf("%s, %+v", result.Verdict, result.Counts.Requests)
	}
	var got []string
	for _, q := range rec.requests {
		if len(got) == 0 || got[len(got)-1] != q.Collection.Name {
			got = append(got, q.Collection.Name)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if rec.events[0] != "run started" || rec.events[len(rec.events)-1] != "run finished" {
		t.Errorf("%s … %s", rec.events[0], rec.events[len(rec.events)-1])
	}
}

// One that fails stops them all with Bail, and an interruption too.
func TestParallelBail(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	o := runner.Options{Variables: map[string]string{"host": e.URL}, Bail: true}
	failing := compiled(t, "failing", "[[request]]\nurl = \"{{host}}/status/500\"\n", o)
	long := compiled(t, "long", "[[request]]\nurl = \"{{host}}/x\"\nrepeat = 1000\ndelay = \"50ms\"\n", o)
	rec := &recorder{}
	result := runner.RunParallel(t.Context(), []*runner.Runner{failing, long}, 2, rec)
	if result.Verdict != runner.Failed || result.Counts.Requests.Skipped < 900 {
		t.Errorf("%s, %+v", result.Verdict, result.Counts.Requests)
	}
}
