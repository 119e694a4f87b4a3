package runner_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// recorded are the secrets that recordedServer tells or is told, each at one place.
var recorded = []string{"opaque-access-token", "opaque-refresh-token", "session-of-a-redirect", "session-cut-short", "YzpvcGVuc2VzYW1l", "retried-access-token"}

// recordedServer has all that may bring a secret into a record without a capture.
func recordedServer(t *testing.T) *httptest.Server {
	t.Helper()
	var flaky atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"access_token":"opaque-access-token","refresh_token":"opaque-refresh-token","token_type":"Bearer","expires_in":3600}`)
		case "/flaky":
			if flaky.Add(1) < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
				fmt.Fprint(w, `{"access_token":"retried-access-token"}`)
			}
		case "/from":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session-of-a-redirect", HttpOnly: true})
			http.Redirect(w, r, "/to?echo=session-of-a-redirect", http.StatusFound)
		case "/to":
			fmt.Fprint(w, r.Header.Get("Cookie"))
		case "/short":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "session-cut-short", HttpOnly: true})
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		default:
			fmt.Fprint(w, strings.Repeat("whole", 1000))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

const recordedTOML = `
[[request]]
name = "with a token"
url = "{{host}}/"
auth.oauth2 = { grant = "client_credentials", token_url = "{{host}}/token", client_id = "c", client_secret = "{{client_secret}}" }
[[request]]
name = "flaky"
url = "{{host}}/flaky"
retry = { times = 3, delay = "1ms" }
assert.status = 200
[[request]]
name = "led on"
url = "{{host}}/from"
[[request]]
name = "cut short"
url = "{{host}}/short"
[[request]]
name = "never sent"
url = "{{host}}/{{nothing}}"
`

// record runs a collection with a recorder, and gives what it told.
func record(t *testing.T, host string, redactor *environment.Redactor) (told, run *recorder) {
	t.Helper()
	told = &recorder{}
	r := &runner.Recorder{Next: told, Redactor: redactor}
	client := exchange.NewClient(exchange.Options{Observe: r.Observe})
	t.Cleanup(client.Close)
	c, list := collection.Parse("test.toml", recordedTOML)
	if list.HasErrors() {
		t.Fatal(list)
	}
	o := runner.Options{Client: client, Recorder: r, Redactor: redactor, ShowSecrets: redactor == nil, Variables: map[string]string{"host": host, "client_secret": "opensesame"}}
	if redactor != nil {
		redactor.Add("opensesame")
	}
	runners, list := runner.New(c, o)
	if list.HasErrors() {
		t.Fatal(list)
	}
	run = &recorder{}
	runners.Run(t.Context(), both{run, r})
	return told, run
}

// both are told in this order.
type both [2]runner.Reporter

func (b both) RunStarted(i *runner.RunInfo) { b[0].RunStarted(i); b[1].RunStarted(i) }
func (b both) RequestFinished(r *runner.RequestResult) {
	b[0].RequestFinished(r)
	b[1].RequestFinished(r)
}
func (b both) CollectionFinished(r *runner.CollectionResult) {
	b[0].CollectionFinished(r)
	b[1].CollectionFinished(r)
}
func (b both) RunFinished(r *runner.Result) { b[0].RunFinished(r); b[1].RunFinished(r) }

// TestRecorder: every exchange is told of, under the name and with the verdict of the request that made it, whole.
func TestRecorder(t *testing.T) {
	t.Parallel()
	s := recordedServer(t)
	told, _ := record(t, s.URL, nil)
	var got []string
	for _, q := range told.requests {
		got = append(got, fmt.Sprintf("%s: %s %s %d, %d hops, %s", q.Name, q.Sent.Method, strings.TrimPrefix(q.Sent.URL, s.URL), q.Response.Status, len(q.Hops), q.Verdict))
	}
	want := []string{
		"with a token: POST /token 200, 0 hops, passed", "with a token: GET / 200, 0 hops, passed",
		"flaky: GET /flaky 503, 0 hops, passed", "flaky: GET /flaky 503, 0 hops, passed", "flaky: GET /flaky 200, 0 hops, passed",
		"led on: GET /to?echo=session-of-a-redirect 200, 1 hops, passed", "cut short: GET /short 200, 0 hops, error",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if q := told.requests[6]; q.Error == nil || q.Error.Kind != runner.TransportError || !strings.Contains(q.Error.Message, "cut short") {
		t.Errorf("an answer that broke off is told of as if it were whole: %+v", q.Error)
	}
	if q := told.requests[1]; len(q.Response.Body) != 5000 || q.Collection == nil || q.Iteration != 1 || q.Source.IsZero() || q.Started.IsZero() {
		t.Errorf("%+v", q)
	}
	if told.events[0] != "run started" || !slices.Equal(told.events[len(told.events)-2:], []string{"collection finished", "run finished"}) {
		t.Error(told.events)
	}
	text := everything(t, told)
	for _, secret := range recorded {
		if !strings.Contains(text, secret) {
			t.Errorf("%s is not there when secrets are shown: the test shows nothing", secret)
		}
	}
}

// TestRecorderRedacts: what nobody captured, and what belongs to attempts and hops before the last, is no less secret.
func TestRecorderRedacts(t *testing.T) {
	t.Parallel()
	told, _ := record(t, recordedServer(t).URL, environment.NewRedactor())
	text := everything(t, told)
	for _, secret := range append(recorded, "opensesame") {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the record:\n%s", secret, text)
		}
	}
	if len(told.requests) != 7 || !strings.Contains(text, `token_type`) {
		t.Errorf("%d exchanges", len(told.requests))
	}
}

// TestRecorderLate: what is sent when no request is told of any more is told of at the end.
func TestRecorderLate(t *testing.T) {
	t.Parallel()
	told := &recorder{}
	r := &runner.Recorder{Next: told}
	r.Observe(t.Context(), &exchange.Exchange{Request: &exchange.Request{URL: "http://h/"}, Response: exchange.Response{Status: 204}})
	r.RunFinished(&runner.Result{})
	if len(told.requests) != 1 || told.requests[0].Collection != nil || told.requests[0].Response.Status != 204 || told.result == nil {
		t.Errorf("%+v", told)
	}
}

// TestRecorderParallel: of requests that are sent at the same time each has its own exchanges.
func TestRecorderParallel(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	told := &recorder{}
	r := &runner.Recorder{Next: told}
	client := exchange.NewClient(exchange.Options{Observe: r.Observe})
	t.Cleanup(client.Close)
	o := runner.Options{Client: client, Recorder: r, Variables: map[string]string{"host": e.URL}}
	var runners []*runner.Runner
	for i := range 4 {
		runners = append(runners, compiled(t, fmt.Sprint("c", i), fmt.Sprintf("[[request]]\nname = \"c%d\"\nurl = \"{{host}}/c%d\"\nrepeat = 50\n", i, i), o))
	}
	runner.RunParallel(t.Context(), runners, 4, r)
	for i, q := range told.requests {
		if want := fmt.Sprint("c", i/50); q.Collection.Name != want || q.Name != want || !strings.HasSuffix(q.Sent.URL, "/"+want) {
			t.Errorf("exchange %d is of %s, %s: %s", i, q.Collection.Name, q.Name, q.Sent.URL)
		}
	}
	if len(told.requests) != 200 {
		t.Errorf("%d exchanges", len(told.requests))
	}
}

// everything is all text of the exchanges.
func everything(t *testing.T, told *recorder) string {
	t.Helper()
	var b strings.Builder
	for _, q := range told.requests {
		text, err := json.Marshal([]any{q.Sent, q.Response, q.Hops})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	return b.String()
}
