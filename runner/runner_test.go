package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A recorder keeps all that it is told.
type recorder struct {
	events   []string
	requests []*runner.RequestResult
	result   *runner.Result
}

func (r *recorder) RunStarted(*runner.RunInfo) { r.events = append(r.events, "run started") }
func (r *recorder) RequestFinished(q *runner.RequestResult) {
	r.events = append(r.events, "request finished")
	r.requests = append(r.requests, q)
}
func (r *recorder) CollectionFinished(*runner.CollectionResult) {
	r.events = append(r.events, "collection finished")
}
func (r *recorder) RunFinished(result *runner.Result) {
	r.events = append(r.events, "run finished")
	r.result = result
}

// titles are the requests with their verdicts: "a passed".
func (r *recorder) titles() []string {
	var out []string
	for _, q := range r.requests {
		out = append(out, q.Title()+" "+string(q.Verdict))
	}
	return out
}

// said is all that the diagnostics of a run say.
func (r *recorder) said() string {
	var b strings.Builder
	for _, q := range r.requests {
		for _, d := range q.Diagnostics {
			fmt.Fprintln(&b, d.Error(), d.Details, d.Notes)
		}
	}
	return b.String()
}

// An echo answers with what it was asked, as JSON, and remembers it. Paths below /status answer that status, /token a
// token, /set a cookie.
type echo struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func newEcho(t *testing.T) *echo {
	e := &echo{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.mu.Lock()
		e.seen = append(e.seen, r.Method+" "+r.URL.String()+" "+r.Header.Get("Authorization"))
		e.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		status := 200
		if rest, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
			fmt.Sscan(rest, &status)
		}
		if r.URL.Path == "/guarded" && r.Header.Get("Authorization") != "Bearer good" {
			status = 401
		}
		if r.URL.Path == "/set" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "s3cr3t-session-value", HttpOnly: true})
		}
		if r.URL.Path == "/slow" {
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "path": r.URL.Path, "query": r.URL.RawQuery, "headers": r.Header, "body": string(body), "token": "tok-1234567",
		})
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *echo) requests() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.seen)
}

// run runs a collection against an echo, which is {{host}}.
func run(t *testing.T, e *echo, text string, o runner.Options) *recorder {
	t.Helper()
	if o.Variables == nil {
		o.Variables = map[string]string{}
	}
	o.Variables["host"] = e.URL
	c, list := collection.Parse("test.toml", text)
	if list.HasErrors() {
		t.Fatal(list)
	}
	r, list := runner.New(c, o)
	if list.HasErrors() {
		t.Fatal(list)
	}
	rec := &recorder{}
	r.Run(t.Context(), rec)
	return rec
}

func TestEventsInOrder(t *testing.T) {
	t.Parallel()
	rec := run(t, newEcho(t), "[[request]]\nurl = '{{host}}/a'\n[[request]]\nurl = '{{host}}/b'\n", runner.Options{})
	want := []string{"run started", "request finished", "request finished", "collection finished", "run finished"}
	if d := cmp.Diff(want, rec.events); d != "" {
		t.Error(d)
	}
	counts := runner.Counts{Collections: 1, Iterations: 1,
		Requests:   runner.RequestCounts{Planned: 2, Sent: 2, Passed: 2},
		Assertions: runner.AssertionCounts{Planned: 2, Checked: 2}}
	if d := cmp.Diff(counts, rec.result.Counts); d != "" {
		t.Error(d)
	}
}

// TestSent looks at what arrives at the server.
func TestSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, toml, want string }{
		{"method follows from the body", "body.text = 'x'", "POST /p "},
		{"any method", "method = 'PURGE'", "PURGE /p "},
		{"params", "url = '{{host}}/users/:id/:kind.json'\nparams = { id = 'a/b c', kind = 7 }", "GET /users/a%2Fb%20c/7.json "},
		{"query keeps its order and repeats", "query = { z = ['a', 'b'], a = '', m = 1.50 }", "GET /p?z=a&z=b&a=&m=1.50 "},
		{"query is added to the one that is there", "url = '{{host}}/p?x=1 2'\nquery = { y = 'ü&=' }", "GET /p?x=1%202&y=%C3%BC%26%3D "},
		{"bearer", "auth.bearer = 'abc'", "GET /p Bearer abc"},
		{"basic", "auth.basic = { username = 'a', password = 'b' }", "GET /p Basic YTpi"},
		{"auth none", "auth = 'none'", "GET /p "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			text := "[[request]]\n" + c.toml + "\n"
			if !strings.Contains(c.toml, "url =") {
				text += "url = '{{host}}/p'\n"
			}
			rec := run(t, e, text, runner.Options{})
			if rec.result.Verdict != runner.Passed {
				t.Fatal(rec.said())
			}
			if got := e.requests()[0]; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want, contentType string }{
		{"json in the order of the file", `json = { z = 1, a = "{{n}}", text = "n is {{n}}", list = [1.0, true, { k = "</>" }] }`,
			`{"z":1,"a":7,"text":"n is 7","list":[1.0,true,{"k":"</>"}]}`, "application/json"},
		{"json as text", `json = '{"a": {{n}}}'`, `{"a": 7}`, "application/json"},
		{"form", `form = { a = "x y&", b = ["1", "2"] }`, "a=x%20y%26&b=1&b=2", "application/x-www-form-urlencoded"},
		{"text", `text = "n={{n}}"`, "n=7", "text/plain; charset=utf-8"},
		{"type of one's own", "text = '<a/>'\nbody.type = 'application/xml'", "<a/>", "application/xml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec := run(t, newEcho(t), "[variables]\nn = 7\n[[request]]\nurl = '{{host}}/p'\nbody."+c.body+"\n"+
				"capture.body = { json = 'body' }\ncapture.content = { json = 'headers.Content-Type.0' }\n", runner.Options{})
			if rec.result.Verdict != runner.Passed {
				t.Fatal(rec.said())
			}
			captures := rec.requests[0].Captures
			if captures[0].Value != c.want || captures[1].Value != c.contentType {
				t.Errorf("sent %q as %q", captures[0].Value, captures[1].Value)
			}
		})
	}
}

func TestInheritance(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, `
headers = { X-A = "far", X-B = "far", X-C = ["1", "2"] }
auth.bearer = "inherited"
assert = { status = 200, header.Content-Type = { contains = "json" } }

[[request]]
name = "inherits"
url = "{{host}}/a"
assert.json = { "headers.X-A.0" = "far", "headers.X-C.#" = 2, "headers.Authorization.0" = "Bearer inherited" }

[[request]]
name = "overrides"
url = "{{host}}/status/404"
auth = "none"
headers = { x-a = "near", X-B = false }
assert.status = 404
assert.json = { "headers.X-A.0" = "near", "headers.X-B" = { exists = false }, "headers.Authorization" = { exists = false } }
`, runner.Options{})
	if rec.result.Verdict != runner.Passed {
		t.Fatal(rec.said())
	}
	// Two inherited and three of its own, of which the status replaces one.
	if a, b := len(rec.requests[0].Assertions), len(rec.requests[1].Assertions); a != 5 || b != 5 {
		t.Errorf("%d and %d assertions, want 5 and 5", a, b)
	}
}

// TestNearestAuthorization: of auth and a field written by hand the nearer is sent.
func TestNearestAuthorization(t *testing.T) {
	t.Parallel()
	for toml, want := range map[string]string{
		"auth.bearer = 'far'\n[[request]]\nurl = '{{host}}/'\nheaders.Authorization = 'Bearer near'": "GET / Bearer near",
		"auth.bearer = 'far'\n[[request]]\nurl = '{{host}}/'\nheaders.authorization = false":         "GET / ",
		"headers.Authorization = 'Bearer far'\n[[request]]\nurl = '{{host}}/'\nauth.bearer = 'near'": "GET / Bearer near",
		"headers.Authorization = 'Bearer far'\n[[request]]\nurl = '{{host}}/'\nauth = 'none'":        "GET / Bearer far",
	} {
		e := newEcho(t)
		rec := run(t, e, toml+"\n", runner.Options{})
		if got := e.requests(); rec.result.Verdict != runner.Passed || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, %s", toml, got, rec.said())
		}
	}
}

func TestStatusNobodySpeaksOf(t *testing.T) {
	t.Parallel()
	rec := run(t, newEcho(t), "[[request]]\nurl = '{{host}}/status/500'\n[[request]]\nurl='{{host}}/status/302'\n", runner.Options{})
	if d := cmp.Diff([]string{"GET /status/500 failed", "GET /status/302 passed"}, rec.titles()); d != "" {
		t.Error(d)
	}
	if !strings.Contains(rec.said(), "nothing is said about the status") {
		t.Error(rec.said())
	}
}

func TestCapture(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, `
[[request]]
name = "first"
url = "{{host}}/a?x=1"
capture.path = { json = "path" }
capture.encoded = { json = "path", pipe = 'base64 | urlencode' }
capture.missing = { json = "nope", default = "none" }
capture.kind = { header = "Content-Type" }

[[request]]
name = "second"
url = "{{host}}{{path}}/b"
query = { e = "{{encoded}}", m = "{{missing}}" }
assert.variable.kind = "application/json"
assert.variable.e = "{{own}}"
capture.own = { json = "method" }
capture.e = { json = "method" }

[[request]]
name = "third"
url = "{{host}}/c"
capture.gone = { json = "nope" }
`, runner.Options{})
	if d := cmp.Diff([]string{"first passed", "second passed", "third error"}, rec.titles()); d != "" {
		t.Error(d, rec.said())
	}
	if got, want := e.requests()[1], "GET /a/b?e=L2E%253D&m=none "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if said := rec.said(); !strings.Contains(said, `cannot capture "gone"`) {
		t.Error(said)
	}
	if rec.result.ExitCode() != 3 {
		t.Errorf("exit code %d", rec.result.ExitCode())
	}
}

func TestUnresolvedIsNotSent(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"url = '{{host}}/{{nmae}}'", "url = '{{host}}/'\nheaders.X = '{{nmae}}'", "url = '{{host}}/'\nquery.a = '{{nmae}}'",
		"url = '{{host}}/'\nbody.json.a = ['{{nmae}}']", "url = '{{host}}/'\nauth.bearer = '{{nmae}}'",
		"url = '{{host}}/'\nassert.json.path = '{{nmae}}'", "url = '{{host}}/'\nskip = '{{nmae}}'",
		"url = '{{host}}/'\nauth.basic = { username = 'a', password = '{{nmae}}' }", "url = '{{host}}/'\nwhen.host = '{{nmae}}'",
	} {
		e := newEcho(t)
		rec := run(t, e, "[variables]\nname = 'x'\n[[request]]\n"+place+"\n", runner.Options{})
		if q := rec.requests[0]; q.Verdict != runner.Errored || q.Error.Kind != runner.VariableError || q.Attempts != 0 || len(e.requests()) > 0 {
			t.Errorf("%s: %s, %d sent", place, q.Verdict, len(e.requests()))
		}
		if said := rec.said(); !strings.Contains(said, `variable "nmae" has no value`) || !strings.Contains(said, `did you mean "name"?`) {
			t.Errorf("%s: %s", place, said)
		}
	}
}

func TestEmptyCredentialIsNotSent(t *testing.T) {
	t.Parallel()
	for _, auth := range []string{
		"auth.bearer = '{{t}}'", "auth.basic = { username = '{{t}}', password = '{{t}}' }", "auth.basic = { username = 'a:b', password = 'c' }",
		"headers.Authorization = 'Bearer {{t}}'", "headers.Authorization = '{{t}} {{t}}'",
	} {
		e := newEcho(t)
		rec := run(t, e, "[variables]\nt = ''\n[[request]]\nurl = '{{host}}/'\n"+auth+"\n", runner.Options{})
		if q := rec.requests[0]; q.Verdict != runner.Errored || q.Error.Kind != runner.AuthError || len(e.requests()) > 0 {
			t.Errorf("%s: %s: %s", auth, q.Verdict, rec.said())
		}
	}
	// What is written without a template is meant.
	if rec := run(t, newEcho(t), "[[request]]\nurl = '{{host}}/'\nheaders.Authorization = 'Bearer'\n", runner.Options{}); rec.result.Verdict != runner.Passed {
		t.Error(rec.said())
	}
}

func TestCases(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, `
[variables]
n = 0
[[request]]
name = "get"
url = "{{host}}/{{n}}"
assert.json.path = "/{{n}}"

[[request.case]]
name = "one"
variables = { n = 1 }

[[request.case]]
variables.n = 2
assert.json.path = "/3"

[[request.case]]
name = "later"
skip = "not yet"
`, runner.Options{})
	if d := cmp.Diff([]string{"get [one] passed", "get [case 2] failed", "get [later] skipped"}, rec.titles()); d != "" {
		t.Error(d, rec.said())
	}
	if rec.requests[2].Reason != "not yet" {
		t.Error(rec.requests[2].Reason)
	}
}

func TestRejects(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	// The server refuses all but one token; that one is no JWT, so that kinds which change one cannot be made.
	rec := run(t, e, `
[[request]]
name = "guarded"
url = "{{host}}/guarded"
headers.Authorization = "Bearer good"
assert.json.path = "/guarded"
capture.path = { json = "path" }
rejects = { missing = 401, empty = 401, wrong_scheme = "4xx", malformed = 401, truncated = 401, tampered = 401, expired = 401 }

[[request]]
name = "open"
url = "{{host}}/open"
auth.bearer = "good"
rejects = ["missing"]
`, runner.Options{})
	want := []string{
		"guarded passed", "guarded [missing] passed", "guarded [empty] passed", "guarded [wrong_scheme] passed", "guarded [malformed] passed",
		"guarded [truncated] passed", "guarded [tampered] error", "guarded [expired] error", "open passed", "open [missing] failed",
	}
	if d := cmp.Diff(want, rec.titles()); d != "" {
		t.Error(d, rec.said())
	}
	seen := e.requests()
	if got := seen[1:6]; got[0] != "GET /guarded " || got[1] != "GET /guarded Bearer" || got[2] != "GET /guarded Basic good" || got[3] == seen[0] {
		t.Error(got)
	}
}

func TestWhenAndSkip(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, `
[variables]
stage = "test"
[[request]]
name = "a"
url = "{{host}}/a"
when.stage = "test"
[[request]]
name = "b"
url = "{{host}}/b"
when = { stage = { in = ["live", "canary"] } }
[[request]]
name = "c"
url = "{{host}}/c"
when.unknown = { exists = true }
[[request]]
name = "d"
url = "{{host}}/d"
skip = "because of {{stage}}"
`, runner.Options{})
	if d := cmp.Diff([]string{"a passed", "b skipped", "c skipped", "d skipped"}, rec.titles()); d != "" {
		t.Error(d, rec.said())
	}
	if r := rec.requests; r[1].Reason != "when: stage is not as it asks" || r[2].Reason != "when: unknown has no value" || r[3].Reason != "because of test" {
		t.Error(r[1].Reason, r[2].Reason, r[3].Reason)
	}
	if rec.result.Counts.Requests.Skipped != 3 || len(e.requests()) != 1 {
		t.Error(rec.result.Counts)
	}
}

// TestWhenUndecided: a condition that cannot be decided is an error, never a skip.
func TestWhenUndecided(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"when.stagee = 'test'", "when.stagee = { not = 'live' }", "when.loop = { exists = true }"} {
		e := newEcho(t)
		rec := run(t, e, "[variables]\nstage = 'test'\nloop = '{{loop}}'\n[[request]]\nurl = '{{host}}/'\n"+when+"\n", runner.Options{})
		if q := rec.requests[0]; q.Verdict != runner.Errored || q.Error.Kind != runner.VariableError || len(e.requests()) > 0 {
			t.Errorf("%s: %s %s", when, q.Verdict, rec.said())
		}
	}
}

func TestBail(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	rec := run(t, e, "[[request]]\nname='a'\nurl='{{host}}/status/500'\n[[request]]\nname='b'\nurl='{{host}}/'\n", runner.Options{Bail: true})
	if d := cmp.Diff([]string{"a failed", "b skipped"}, rec.titles()); d != "" {
		t.Error(d)
	}
	if rec.result.ExitCode() != 1 || len(e.requests()) != 1 {
		t.Error(rec.result.ExitCode(), e.requests())
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	const text = "name = 'Users'\n[[request]]\nname='get one'\nurl='{{host}}/'\n[[request]]\nname='get [all]'\nurl='{{host}}/'\n[[request]]\nname='put'\nurl='{{host}}/'\n"
	for pattern, want := range map[string]int{"get one": 1, "get*": 2, "get [all]": 1, "*": 3, "p?t": 1, "": 3} {
		o := runner.Options{}
		if pattern != "" {
			o.Select.Requests = []string{pattern}
		}
		if got := len(run(t, newEcho(t), text, o).requests); got != want {
			t.Errorf("%q chose %d, want %d", pattern, got, want)
		}
	}
	c, _ := collection.Parse("test.toml", text)
	r, _ := runner.New(c, runner.Options{Select: runner.Selection{Requests: []string{"put"}, Folders: []string{"nowhere"}}})
	if r.Chose("put") || r.Chose("nowhere") || r.Info().Planned.Requests.Planned != 0 {
		t.Error("a request outside the chosen folder is chosen")
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	c, _ := collection.Parse("test.toml", "[[request]]\nname='a'\nurl='"+e.URL+"/a'\n[[request]]\nname='slow'\nurl='"+e.URL+"/slow'\n[[request]]\nname='c'\nurl='"+e.URL+"/c'\n")
	r, list := runner.New(c, runner.Options{})
	if list.HasErrors() {
		t.Fatal(list)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	rec := &recorder{}
	result := r.Run(ctx, rec)
	if d := cmp.Diff([]string{"a passed", "slow error", "c skipped"}, rec.titles()); d != "" {
		t.Error(d)
	}
	if result.Verdict != runner.Interrupted || result.ExitCode() != 130 {
		t.Errorf("exit code %d", result.ExitCode())
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	rec := run(t, newEcho(t), "[[request]]\nurl='{{host}}/slow'\ntimeout='100ms'\n", runner.Options{})
	if q := rec.requests[0]; q.Verdict != runner.Errored || q.Error.Kind != runner.TimeoutError {
		t.Error(q.Verdict, rec.said())
	}
}

func TestRedaction(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	const secret = "hunter2-and-more"
	text := `
[[request]]
name = "a"
url = "{{host}}/set?key={{key}}"
headers = { X-Mine = "said-to-be-mine", X-Key = "{{key}}", Cookie = "a={{key}}" }
auth.basic = { username = "jane", password = "pass-word-9" }
body.text = "{{key}}"
assert.status = 201
assert.json.query = "{{key}}"
assert.header.Set-Cookie = "x"
capture.token = { json = "token" }
capture.query = { json = "query" }
capture.mine = { json = "headers.X-Mine.0", secret = true }
[[request]]
name = "b"
url = "{{host}}/{{token}}/{{nope}}"
[[request]]
name = "c"
url = "{{host}}/{{token}}"
assert.json.path = "/{{token}}x"
`
	redactor := environment.NewRedactor()
	redactor.Add(secret)
	secrets := []string{secret, "said-to-be-mine", "tok-1234567", "s3cr3t-session-value", "amFuZTpwYXNzLXdvcmQtOQ=="}
	all := func(o runner.Options) string {
		o.Variables = map[string]string{"key": secret}
		rec := run(t, e, text, o)
		var shown strings.Builder
		for _, q := range rec.requests {
			told := []any{q.Name, q.Sent, q.Response, q.Captures}
			for _, a := range q.Assertions {
				told = append(told, a.Query, a.Expected, a.Actual)
			}
			text, err := json.Marshal(told)
			if err != nil {
				t.Fatal(err)
			}
			shown.Write(text)
		}
		return shown.String() + rec.said()
	}
	shown := all(runner.Options{Redactor: redactor})
	for _, s := range secrets {
		if i := strings.Index(shown, s); i >= 0 {
			t.Errorf("%q is shown: …%s…", s, shown[max(0, i-80):min(len(shown), i+80)])
		}
	}
	shown = all(runner.Options{Redactor: environment.NewRedactor(), ShowSecrets: true})
	for _, s := range secrets {
		if !strings.Contains(shown, s) {
			t.Errorf("%q is not shown, though it was asked for", s)
		}
	}
}

// TestRedactBeforeClipping: where a long value is cut, no half of a secret is left.
func TestRedactBeforeClipping(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdefghijklmnopqrstuvwxyz-0123456789abcdefghijklmnopqrstuvwxyz"
	for padding := 900; padding < 1100; padding += 10 {
		redactor := environment.NewRedactor()
		redactor.Add(secret)
		e := newEcho(t)
		for _, assert := range []string{"assert.json.body = 'x'", "assert.text = 'x'", "assert.json.body = { starts_with = '{{pad}}{{pad}}' }"} {
			rec := run(t, e, "[variables]\npad = '"+strings.Repeat("x", padding)+"'\n[[request]]\nurl = '{{host}}/'\nbody.text = '{{pad}}{{key}}{{pad}}'\n"+assert+"\n",
				runner.Options{Redactor: redactor, Variables: map[string]string{"key": secret}})
			if shown := rec.said() + rec.requests[0].Response.Body; strings.Contains(shown, secret[:8]) {
				t.Fatalf("padding %d: %s", padding, shown)
			}
		}
	}
}

// TestOneRunnerManyRuns runs the same compiled collection from many goroutines: nothing of one run is seen in another.
func TestOneRunnerManyRuns(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	c, _ := collection.Parse("test.toml", `
[[request]]
url = "`+e.URL+`/{{$guid}}"
capture.id = { json = "path" }
[[request]]
url = "`+e.URL+`{{id}}"
assert.json.path = "{{id}}"
`)
	r, list := runner.New(c, runner.Options{})
	if list.HasErrors() {
		t.Fatal(list)
	}
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			rec := &recorder{}
			if r.Run(context.Background(), rec); rec.result.Verdict != runner.Passed {
				t.Error(rec.said())
			}
		})
	}
	wait.Wait()
}

func TestFailureSaysWhereAndWhy(t *testing.T) {
	t.Parallel()
	rec := run(t, newEcho(t), "[variables]\nwant = 'b'\n[[request]]\nurl = '{{host}}/a'\nassert.json.path = '/{{want}}'\n", runner.Options{})
	d := rec.requests[0].Diagnostics[0]
	if line, column := d.Span.Position(); line != 5 || column != 20 {
		t.Errorf("at %d:%d", line, column)
	}
	if d.Details[0].Text != `"/b"` || d.Details[0].Origin != "{{want}} from test.toml:2" || d.Details[1].Text != `"/a"` {
		t.Error(d.Details)
	}
	if !strings.Contains(d.Notes[0], "/a → 200 OK in ") {
		t.Error(d.Notes)
	}
}

// TestLines: of a request that passed there is what a line shows, redacted; of one that failed there is all.
func TestLines(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	redactor := environment.NewRedactor()
	redactor.Add("hush-hush")
	r := run(t, e, `
[[request]]
name = "passed hush-hush"
url = "{{host}}/status/200?q=1"
headers.X = "y"
assert.status = 200
capture.a = { status = true }
[[request]]
name = "failed"
url = "{{host}}/status/200"
headers.X = "y"
assert.status = 201
`, runner.Options{Lines: true, Redactor: redactor})
	if len(r.requests) != 2 || r.result.Counts.Assertions.Checked != 2 {
		t.Fatalf("%+v", r.result.Counts)
	}
	passed, failed := r.requests[0], r.requests[1]
	if a := passed.Assertions[0]; !a.Passed || a.Predicate != "equals" || a.Query != "" || a.Expected != nil || a.Actual != nil {
		t.Errorf("assertion %+v", a)
	}
	if passed.Name != "passed [redacted]" || passed.Sent.Path != "/status/200" || passed.Sent.URL != "" || passed.Sent.Header != nil ||
		passed.Response.Status != 200 || passed.Response.Header != nil || passed.Captures != nil || passed.Timing.Total == 0 {
		t.Errorf("passed: %+v %+v %+v", passed, passed.Sent, passed.Response)
	}
	if failed.Assertions[0].Query != "status" || failed.Sent.URL == "" || failed.Sent.Header.Get("X") != "y" || failed.Response.Header == nil {
		t.Errorf("failed: %+v %+v %+v", failed, failed.Sent, failed.Response)
	}
}
