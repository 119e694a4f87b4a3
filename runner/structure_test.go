package runner_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// tree writes files into a folder: pairs of a name and a text.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	folder := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(folder, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, name, files[i+1])
	}
	return folder
}

// runTree runs the collection at a path.
func runTree(t *testing.T, e *echo, path string, o runner.Options) *recorder {
	t.Helper()
	if o.Variables == nil {
		o.Variables = map[string]string{}
	}
	o.Variables["host"] = e.URL
	cs, list := collection.Load(path)
	if list.HasErrors() || len(cs) != 1 {
		t.Fatalf("%d collections: %v", len(cs), list)
	}
	r, list := runner.New(cs[0], o)
	if list.HasErrors() {
		t.Fatal(list)
	}
	rec := &recorder{}
	r.Run(t.Context(), rec)
	return rec
}

// paths are the paths that a server was asked for, in order.
func (e *echo) paths() string {
	var out []string
	for _, seen := range e.requests() {
		out = append(out, strings.Fields(seen)[1])
	}
	return strings.Join(out, " ")
}

func TestSetupAndTeardown(t *testing.T) {
	t.Parallel()
	const steps = `
[[setup]]
url = "{{host}}/setup/%s"
[[request]]
url = "{{host}}/main"
[[teardown]]
url = "{{host}}/status/%s"
`
	cases := []struct {
		name, setup, teardown, paths string
		verdict                      runner.Verdict
	}{
		{"all passes", "1", "200", "/setup/1 /main /status/200", runner.Passed},
		{"teardown fails", "1", "500", "/setup/1 /main /status/500", runner.Failed},
		{"setup fails", "1\"\nassert.status = 201\nname = \"Prepare", "200", "/setup/1 /status/200", runner.Failed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			rec := run(t, e, fmt.Sprintf(steps, c.setup, c.teardown), runner.Options{})
			if e.paths() != c.paths || rec.result.Verdict != c.verdict {
				t.Errorf("sent %s: %s", e.paths(), rec.result.Verdict)
			}
			if n := rec.result.Counts.Requests; n.Planned != 3 || n.Passed+n.Failed+n.Skipped != 3 {
				t.Errorf("counts %+v", n)
			}
			if rec.requests[0].Stage != runner.Setup || rec.requests[1].Stage != runner.Main || rec.requests[2].Stage != runner.Teardown {
				t.Error("stages are wrong")
			}
			if c.name == "setup fails" && rec.requests[1].Reason != "its setup failed" {
				t.Errorf("skipped because %q", rec.requests[1].Reason)
			}
		})
	}
}

func TestTeardownAfterBail(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, `
[[request]]
url = "{{host}}/status/500"
[[request]]
url = "{{host}}/never"
[[teardown]]
url = "{{host}}/end"
`, runner.Options{Bail: true})
	if e.paths() != "/status/500 /end" || rec.requests[1].Verdict != runner.Skipped {
		t.Errorf("sent %s: %v", e.paths(), rec.titles())
	}
}

func TestTeardownAfterInterrupt(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	c, list := collection.Parse("test.toml", `
[[request]]
url = "`+e.URL+`/slow"
[[request]]
url = "`+e.URL+`/never"
[[teardown]]
url = "`+e.URL+`/end"
[[teardown]]
url = "`+e.URL+`/slow"
`)
	if list.HasErrors() {
		t.Fatal(list)
	}
	r, _ := runner.New(c, runner.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	rec := &recorder{}
	started := time.Now()
	r.Run(ctx, rec)
	if e.paths() != "/slow /end /slow" || rec.result.Verdict != runner.Interrupted || rec.requests[2].Verdict != runner.Passed {
		t.Errorf("sent %s: %v, %s", e.paths(), rec.titles(), rec.result.Verdict)
	}
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("a teardown that hangs held the run for %s", took)
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	folder := tree(t,
		"collection.toml", `
name = "All"
headers = { X-From = "collection", X-Kept = "yes" }
tags = ["all"]
[variables]
who = "collection"
[[setup]]
url = "{{host}}/begin"
[[request]]
url = "{{host}}/first/{{who}}"
[[teardown]]
url = "{{host}}/end"
`,
		"b.toml", `
[[request]]
url = "{{host}}/b/{{who}}"
`,
		"a.toml", `
name = "A"
headers.X-From = "a"
[variables]
who = "a"
[[request]]
url = "{{host}}/a/{{who}}"
assert.json = { "headers.X-From.0" = "a", "headers.X-Kept.0" = "yes" }
`,
		"sub/folder.toml", `
name = "Sub"
[variables]
who = "sub"
[[setup]]
url = "{{host}}/sub-begin"
[[teardown]]
url = "{{host}}/sub-end"
`,
		"sub/c.toml", `
tags = ["deep"]
[[request]]
url = "{{host}}/c/{{who}}"
`)
	e := newEcho(t)
	rec := runTree(t, e, folder, runner.Options{})
	const all = "/begin /first/collection /a/a /b/collection /sub-begin /c/sub /sub-end /end"
	if e.paths() != all || rec.result.Verdict != runner.Passed {
		t.Errorf("sent %s: %s", e.paths(), rec.said())
	}
	e = newEcho(t)
	runTree(t, e, folder, runner.Options{Select: runner.Selection{Tags: []string{"deep"}}})
	if e.paths() != "/begin /sub-begin /c/sub /sub-end /end" {
		t.Errorf("by tag: sent %s", e.paths())
	}
	e = newEcho(t)
	runTree(t, e, folder, runner.Options{Select: runner.Selection{Tags: []string{"all"}, SkipTags: []string{"deep"}}})
	if e.paths() != "/begin /first/collection /a/a /b/collection /end" {
		t.Errorf("without a tag: sent %s", e.paths())
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	folder := tree(t,
		"main.toml", `
[variables]
user = "nobody"
[[request]]
url = "{{host}}/before"
[[request]]
name = "As jane"
include = "sign-in.toml"
variables = { user = "jane" }
headers.X-As = "jane"
[[request]]
include = "sign-in.toml"
variables = { user = "joe" }
[[request]]
url = "{{host}}/after/{{user}}/{{token}}"
`,
		"sign-in.toml", `
[variables]
user = "default"
path = "sign-in"
[[setup]]
url = "{{host}}/prepare"
[[request]]
url = "{{host}}/{{path}}/{{user}}"
capture.token = { json = "token" }
`)
	e := newEcho(t)
	rec := runTree(t, e, filepath.Join(folder, "main.toml"), runner.Options{})
	if want := "/before /prepare /sign-in/jane /prepare /sign-in/joe /after/nobody/tok-1234567"; e.paths() != want {
		t.Errorf("sent %s\n%s", e.paths(), rec.said())
	}
	if rec.requests[2].Folder[0] != "As jane" || rec.requests[3].Folder[0] != "sign-in" {
		t.Errorf("folders %v and %v", rec.requests[2].Folder, rec.requests[3].Folder)
	}
}

func TestRepeatAndCases(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, `
[[request]]
name = "Poll"
url = "{{host}}/poll"
repeat = 2
[[request]]
name = "Get"
url = "{{host}}/get/{{id}}"
repeat = 2
tags = ["base"]
[[request.case]]
name = "one"
variables = { id = 1 }
[[request.case]]
name = "two"
variables = { id = 2 }
tags = ["extra"]
`, runner.Options{})
	want := []string{
		"Poll [1/2] passed", "Poll [2/2] passed", "Get [one 1/2] passed", "Get [one 2/2] passed", "Get [two 1/2] passed", "Get [two 2/2] passed",
	}
	if d := cmp.Diff(want, rec.titles()); d != "" || e.paths() != "/poll /poll /get/1 /get/1 /get/2 /get/2" {
		t.Error(e.paths(), d)
	}
	if n := rec.result.Counts.Requests; n.Planned != 6 || n.Passed != 6 {
		t.Errorf("counts %+v", n)
	}
}

func TestSelectionOfRepeats(t *testing.T) {
	t.Parallel()
	const text = "[[request]]\nname = 'Poll'\nurl = '{{host}}/poll'\nrepeat = 2\n[[request]]\nname = 'Other'\nurl = '{{host}}/other'\n"
	for _, pattern := range []string{"Poll", "Poll [2/2]"} {
		e := newEcho(t)
		run(t, e, text, runner.Options{Select: runner.Selection{Requests: []string{pattern}}})
		if e.paths() != "/poll /poll" {
			t.Errorf("%s: sent %s", pattern, e.paths())
		}
	}
}

func TestData(t *testing.T) {
	t.Parallel()
	folder := tree(t,
		"main.toml", `
data = "users.csv"
[variables]
user = "nobody"
[[setup]]
url = "{{host}}/begin/{{user}}"
[[request]]
url = "{{host}}/{{user}}"
body.json = { age = "{{age}}" }
assert.json.body = { contains = "{\"age\":{{age}}}" }
[[teardown]]
url = "{{host}}/end"
`,
		"users.csv", "user,age:int\njane,41\njoe,7\n")
	cases := []struct {
		iterations int
		paths      string
	}{
		{0, "/begin/nobody /jane /joe /end"},
		{1, "/begin/nobody /jane /end"},
		{4, "/begin/nobody /jane /joe /joe /joe /end"},
	}
	for _, c := range cases {
		e := newEcho(t)
		rec := runTree(t, e, filepath.Join(folder, "main.toml"), runner.Options{Iterations: c.iterations})
		if e.paths() != c.paths || rec.result.Verdict != runner.Passed {
			t.Errorf("-n %d: sent %s, %s", c.iterations, e.paths(), rec.said())
		}
		last := rec.requests[len(rec.requests)-1]
		if n := max(c.iterations, 1); c.iterations > 0 && (last.Iteration != n || rec.result.Counts.Iterations != n) {
			t.Errorf("-n %d: iteration %d of %d", c.iterations, last.Iteration, rec.result.Counts.Iterations)
		}
	}
}

func TestDataProblems(t *testing.T) {
	t.Parallel()
	folder := tree(t, "main.toml", "data = \"users.csv\"\n[[request]]\nurl = \"http://127.0.0.1/\"\n", "users.csv", "age:int\n7\nseven\n")
	cs, _ := collection.Load(filepath.Join(folder, "main.toml"))
	_, list := runner.New(cs[0], runner.Options{})
	if !list.HasErrors() || !strings.Contains(list[0].Error(), "users.csv:3") {
		t.Errorf("got %v", list)
	}
}

// faults is a server that fails a number of times with a status before it answers.
func (e *echo) faults(times int, status int, header ...string) {
	inner := e.Config.Handler
	n := 0
	e.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		n++
		bad := n <= times
		e.mu.Unlock()
		if !bad {
			inner.ServeHTTP(w, r)
			return
		}
		if len(header) == 2 {
			w.Header().Set(header[0], header[1])
		}
		if status == 0 {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
			return
		}
		w.WriteHeader(status)
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, retry string
		times       int
		status      int
		attempts    int
		verdict     runner.Verdict
	}{
		{"any failure", `retry = { times = 3, delay = "1ms" }`, 2, 503, 3, runner.Passed},
		{"too few", `retry = { times = 1, delay = "1ms" }`, 2, 503, 2, runner.Failed},
		{"on another status", `retry = { times = 3, delay = "1ms", on = ["429"] }`, 1, 503, 1, runner.Failed},
		{"on a class", `retry = { times = 3, delay = "1ms", on = ["5xx"] }`, 1, 503, 2, runner.Passed},
		{"on an assertion", `retry = { times = 3, delay = "1ms", on = ["assert"] }`, 1, 404, 2, runner.Passed},
		{"on an error", `retry = { times = 3, delay = "1ms", on = ["error"] }`, 1, 0, 2, runner.Passed},
		{"not on an error", `retry = { times = 3, delay = "1ms", on = ["5xx"] }`, 1, 0, 1, runner.Errored},
		{"passes at once", `retry = { times = 3, delay = "1ms" }`, 0, 0, 1, runner.Passed},
		{"expected", "retry = 3\nassert.status = 503", 1, 503, 1, runner.Passed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			e.faults(c.times, c.status)
			rec := run(t, e, "[[request]]\nurl = \"{{host}}/\"\nmethod = \"POST\"\n"+c.retry+"\n", runner.Options{})
			res := rec.requests[0]
			if res.Attempts != c.attempts || res.Verdict != c.verdict || len(res.Retried) != c.attempts-1 {
				t.Fatalf("%d attempts, %s, retried %v: %s", res.Attempts, res.Verdict, res.Retried, rec.said())
			}
			if flaky := c.verdict == runner.Passed && c.attempts > 1; res.Flaky != flaky || (rec.result.Counts.Requests.Flaky == 1) != flaky {
				t.Errorf("flaky: %v", res.Flaky)
			}
			if c.attempts > 1 && (res.Retried[0].Status != c.status || res.Retried[0].Reason == "") {
				t.Errorf("retried %+v", res.Retried[0])
			}
			if rec.result.Counts.Requests.Sent != 1 {
				t.Errorf("counted as sent %d times", rec.result.Counts.Requests.Sent)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	e.faults(1, 429, "Retry-After", "1")
	started := time.Now()
	rec := run(t, e, "[[request]]\nurl = \"{{host}}/\"\nretry = { times = 1, delay = \"1ms\" }\n", runner.Options{})
	if took := time.Since(started); took < time.Second || !rec.requests[0].Flaky {
		t.Errorf("after %s: %s", took, rec.said())
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	started := time.Now()
	run(t, e, "delay = \"30ms\"\n[[request]]\nurl = \"{{host}}/\"\nrepeat = 3\n[[request]]\nurl = \"{{host}}/now\"\ndelay = \"0s\"\n", runner.Options{})
	if took := time.Since(started); took < 90*time.Millisecond {
		t.Errorf("three delays of 30 ms took %s", took)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	const text = "[[request]]\nurl = '{{host}}/{{$guid}}/{{$randomInt}}'\nrepeat = 2\n"
	paths := func(seed *uint64) string {
		e := newEcho(t)
		run(t, e, text, runner.Options{Seed: seed})
		return e.paths()
	}
	seven, eight := uint64(7), uint64(8)
	if a, b := paths(&seven), paths(&seven); a != b {
		t.Errorf("the same seed drew %s and %s", a, b)
	}
	if a, b := paths(&seven), paths(&eight); a == b {
		t.Error("two seeds drew the same")
	}
	if a, b := paths(nil), paths(nil); a == b {
		t.Error("two runs without a seed drew the same")
	}
}
