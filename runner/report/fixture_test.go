package report

import (
	"encoding/json"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestMain(m *testing.M) {
	twwidth.SetEastAsian(false) // it follows the locale of whoever runs the tests
	os.Exit(m.Run())
}

// golden compares with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.SplitAfter(string(want), "\n"), strings.SplitAfter(string(got), "\n")); d != "" {
		t.Errorf("%s (-want +got; -update rewrites):\n%s", path, d)
	}
}

// A script is a run made by hand.
type script struct {
	info        *runner.RunInfo
	collections []group
	interrupted bool
}

type group struct {
	info     *runner.CollectionInfo
	requests []*runner.RequestResult
}

// play tells a reporter about the run, with counts that add up.
func (s *script) play(r runner.Reporter) *runner.Result {
	r.RunStarted(s.info)
	total := &runner.Result{Info: s.info, Duration: 12345 * time.Microsecond, Verdict: runner.Passed}
	for _, g := range s.collections {
		c := &runner.CollectionResult{Info: g.info, Duration: 12100 * time.Microsecond}
		c.Counts.Collections, c.Counts.Iterations = 1, g.info.Iterations
		for _, q := range g.requests {
			q.Collection = g.info
			tally(&c.Counts, q)
			r.RequestFinished(q)
		}
		c.Verdict = verdict(c.Counts)
		addUp(&total.Counts, c.Counts)
		r.CollectionFinished(c)
	}
	total.Verdict = verdict(total.Counts)
	if s.interrupted {
		total.Verdict = runner.Interrupted
	}
	r.RunFinished(total)
	return total
}

func tally(c *runner.Counts, q *runner.RequestResult) {
	c.Requests.Planned++
	c.Assertions.Planned += q.Planned
	c.Assertions.Checked += len(q.Assertions)
	c.Assertions.Failed += q.FailedAssertions()
	if q.Attempts > 0 {
		c.Requests.Sent++
	}
	if q.Flaky {
		c.Requests.Flaky++
	}
	*map[runner.Verdict]*int{
		runner.Passed: &c.Requests.Passed, runner.Failed: &c.Requests.Failed,
		runner.Errored: &c.Requests.Errors, runner.Skipped: &c.Requests.Skipped,
	}[q.Verdict]++
}

func addUp(c *runner.Counts, o runner.Counts) {
	for _, n := range []struct {
		to *int
		n  int
	}{
		{&c.Collections, o.Collections}, {&c.Iterations, o.Iterations},
		{&c.Requests.Planned, o.Requests.Planned}, {&c.Requests.Sent, o.Requests.Sent}, {&c.Requests.Passed, o.Requests.Passed},
		{&c.Requests.Failed, o.Requests.Failed}, {&c.Requests.Errors, o.Requests.Errors}, {&c.Requests.Skipped, o.Requests.Skipped}, {&c.Requests.Flaky, o.Requests.Flaky},
		{&c.Assertions.Planned, o.Assertions.Planned}, {&c.Assertions.Checked, o.Assertions.Checked}, {&c.Assertions.Failed, o.Assertions.Failed},
	} {
		*n.to += n.n
	}
}

func verdict(c runner.Counts) runner.Verdict {
	switch {
	case c.Requests.Errors > 0:
		return runner.Errored
	case c.Requests.Failed > 0:
		return runner.Failed
	case c.Requests.Passed == 0:
		return runner.Skipped
	}
	return runner.Passed
}

const implicitTOML = `name = "Cognito: implicit flow"

[[request]]
name = "Open the sign-in page"
url = "{{pool}}/oauth2/authorize"
[request.assert]
status = 200
header."Content-Type" = "text/html"

[[request]]
name = "Sign in"
[request.assert]
status = 302

[[request]]
name = "Get user info"
[request.assert]
json.email = "{{email}}"

[[request]]
name = "Refuse a bad token"
reject = ["tampered"]
[request.assert]
status = 401
`

var implicit = diag.NewSource("collections/cognito/implicit.toml", implicitTOML)

// at is the span of a piece of implicitTOML.
func at(text string) diag.Span {
	i := strings.Index(implicitTOML, text)
	if i < 0 {
		panic(text)
	}
	return diag.Span{Source: implicit, Start: i, End: i + len(text)}
}

func started() *runner.RunInfo {
	return &runner.RunInfo{Started: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC), Environment: []string{"local"}}
}

// planned is a plan of requests as they are named in results.
func planned(list []*runner.RequestResult, paths ...string) iter.Seq[runner.Planned] {
	return func(yield func(runner.Planned) bool) {
		for i, q := range list {
			p := runner.Planned{Stage: q.Stage, Folder: q.Folder, Name: q.Name, Case: q.Case, Method: q.Method, Assertions: q.Planned, Source: q.Source}
			if q.Sent != nil {
				p.Method, p.Path = q.Sent.Method, q.Sent.Path
			}
			if i < len(paths) {
				p.Path = paths[i]
			}
			if !yield(p) {
				return
			}
		}
	}
}

// ok is a request that passed n assertions.
func ok(name, method, path string, status, bytes, n int, took time.Duration) *runner.RequestResult {
	r := &runner.RequestResult{
		Name: name, Method: method, Path: path, Iteration: 1, Attempts: 1, Verdict: runner.Passed, Planned: n, Source: at(`[[request]]`),
		Sent: &runner.Sent{
			Method: method, URL: "http://127.0.0.1:43121" + path, Path: path,
			Header: exchange.Header{{Name: "Host", Value: "127.0.0.1:43121"}, {Name: "Authorization", Value: "[redacted]"}},
		},
		Response: &runner.Response{
			Status: status, Reason: "OK", Protocol: "HTTP/1.1", BodyBytes: bytes,
			Header: exchange.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "Set-Cookie", Value: "a=1"}, {Name: "Set-Cookie", Value: "b=2"}},
		},
		Timing: exchange.Timing{Connect: 120 * time.Microsecond, FirstByte: took - 130*time.Microsecond, Download: 10 * time.Microsecond, Total: took},
	}
	for range n {
		r.Assertions = append(r.Assertions, runner.AssertionResult{
			Query: "status", Predicate: "equals", Expected: json.Number("200"), Passed: true, Source: at("status = 200"),
		})
	}
	return r
}

// fail makes the last assertion of a request fail.
func fail(r *runner.RequestResult, body string) *runner.RequestResult {
	r.Verdict = runner.Failed
	a := &r.Assertions[len(r.Assertions)-1]
	a.Passed, a.Expected, a.Actual, a.Source = false, json.Number("401"), json.Number("200"), at("status = 401")
	r.Response.Body = body
	r.Diagnostics = diag.List{{
		Message: "assertion failed: status", Span: a.Source,
		Details: []diag.Detail{{Label: "expected", Text: "401"}, {Label: "actual", Text: "200"}},
		Notes:   []string{"GET " + r.Sent.URL + " → 200 OK in 1 ms"},
	}}
	return r
}

// broken is a request that could not be sent.
func broken(name string, kind runner.ErrorKind, message string) *runner.RequestResult {
	return &runner.RequestResult{
		Name: name, Method: "POST", Path: "/login", Iteration: 1, Attempts: 1, Verdict: runner.Errored, Planned: 3, Source: at(`name = "Sign in"`),
		Sent:   &runner.Sent{Method: "POST", URL: "http://127.0.0.1:1/login", Path: "/login"},
		Timing: exchange.Timing{Total: 3 * time.Second},
		Error:  &runner.RequestError{Kind: kind, Message: message, Source: at(`name = "Sign in"`)},
		Diagnostics: diag.List{{
			Message: message, Span: at(`"Sign in"`), Notes: []string{"POST http://127.0.0.1:1/login"}, Hint: "is the server running?",
		}},
	}
}

func skipped(name, reason string) *runner.RequestResult {
	return &runner.RequestResult{Name: name, Method: "GET", Path: "/orders/:id", Iteration: 1, Verdict: runner.Skipped, Reason: reason, Planned: 2, Source: at(`[[request]]`)}
}

// cognito is the run that the design shows, passing or not.
func cognito(pass bool) *script {
	info := &runner.CollectionInfo{Name: "Cognito: implicit flow", Path: "collections/cognito/implicit.toml", Iterations: 1}
	userInfo := ok("Get user info", "GET", "/oauth2/userInfo", 200, 142, 5, 1234*time.Microsecond)
	userInfo.Captures = []runner.CaptureResult{{Name: "sub", Value: "5a7c"}, {Name: "address", Value: map[string]any{"zip": json.Number("01234567890123456789.10"), "a": []any{nil, true}}}}
	last := ok("Refuse a bad token", "GET", "/oauth2/userInfo", 401, 142, 1, time.Millisecond)
	if !pass {
		last = fail(ok("Refuse a bad token", "GET", "/oauth2/userInfo", 200, 142, 1, time.Millisecond), `{"sub":"5a7c",`+"\r\n"+` "email":"jane@example.com"}`)
	}
	last.Case = "tampered"
	requests := []*runner.RequestResult{
		ok("Open the sign-in page", "GET", "/oauth2/authorize", 200, 2100, 2, 4*time.Millisecond),
		ok("Sign in", "POST", "/login", 302, 0, 2, 3*time.Millisecond),
		userInfo, last,
	}
	info.Plan = planned(requests)
	s := &script{info: started(), collections: []group{{info, requests}}}
	s.info.Collections = []*runner.CollectionInfo{info}
	return s
}

// mixed has everything that can come: errors, skipped requests, folders, iterations, two collections.
func mixed() *script {
	first := &runner.CollectionInfo{Name: "Shop", Path: "collections/shop", Iterations: 2}
	var requests []*runner.RequestResult
	for i := 1; i <= 2; i++ {
		round := []*runner.RequestResult{
			ok("List orders", "GET", "/orders", 200, 12_345, 3, 870*time.Microsecond),
			fail(ok("Get an order", "GET", "/orders/00012345678901234567890", 200, 64_000_000, 2, 1200*time.Millisecond), strings.Repeat("é", 1024)),
			broken("Sign in", runner.TransportError, "cannot connect: connection refused"),
			broken("Pay", runner.TimeoutError, "no answer within 3 s"),
			skipped("Delete the order", "when: order has no value"),
		}
		round[1].Path = "/orders/{{order}}"
		round[0].Folder, round[1].Folder = []string{"Orders"}, []string{"Orders", "One"}
		for _, q := range round {
			q.Iteration = i
		}
		requests = append(requests, round...)
	}
	first.Plan = planned(requests[:5], "/orders", "/orders/{{order}}")
	second := &runner.CollectionInfo{Name: "Ping", Path: "my collections/it's.toml", Iterations: 1}
	other := []*runner.RequestResult{fail(ok("Ping $HOME", "GET", "/", 204, 0, 1, 90*time.Microsecond), "")}
	second.Plan = planned(other)
	s := &script{info: started(), collections: []group{{first, requests}, {second, other}}}
	s.info.Environment = []string{"staging", "jane"}
	s.info.Collections = []*runner.CollectionInfo{first, second}
	return s
}
