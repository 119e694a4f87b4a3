package report

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// runs are what every format is held against, by name. Each call makes them anew, since playing a run changes it.
func runs() map[string]*script {
	all := map[string]*script{
		"passing": cognito(true), "failing": cognito(false), "mixed": mixed(), "retried": retried(), "empty": {info: started()},
		"hostile": everywhere(strings.Join(hostile, " ")), "nameless": everywhere(""), "long": everywhere(strings.Repeat("長 ", 3000)),
		"interrupted": cognito(true),
	}
	for i, s := range hostile {
		all["hostile "+strconv.Itoa(i)] = everywhere(s)
	}
	cut := all["interrupted"]
	cut.interrupted = true
	cut.collections[0].requests = append(cut.collections[0].requests[:2], skipped("Get user info", "interrupted"))
	return all
}

// retried has what comes of several attempts, of captures, and of requests with nothing to check.
func retried() *script {
	flaky := ok("Ask again", "GET", "/slow", 200, 12, 3, 2*time.Millisecond)
	flaky.Attempts, flaky.Flaky = 3, true
	flaky.Retried = []runner.Attempt{
		{Verdict: runner.Failed, Status: 503, Reason: "assertion failed: status", Duration: 4 * time.Millisecond},
		{Verdict: runner.Errored, Reason: "no answer within 3 s", Duration: 3 * time.Second},
	}
	flaky.Started = time.Date(2026, 1, 2, 3, 4, 9, 1e6, time.UTC)
	capture := fail(ok("Take a token", "GET", "/token", 200, 12, 2, time.Millisecond), "{}")
	capture.Verdict = runner.Errored
	capture.Error = &runner.RequestError{Kind: runner.CaptureError, Message: `there is no json "token"`, Source: at(`name = "Sign in"`)}
	capture.Diagnostics = append(capture.Diagnostics, diag.Diagnostic{Message: capture.Error.Message, Span: capture.Error.Source})
	hopeless := broken("Knock", runner.TransportError, "cannot connect: connection refused")
	hopeless.Attempts, hopeless.Retried = 2, []runner.Attempt{{Verdict: runner.Errored, Reason: "cannot connect: connection refused", Duration: time.Second}}
	sent := ok("Say hello {", "GET", `/#\`, 204, 0, 0, time.Millisecond)
	sent.Stage, sent.Folder = runner.Setup, []string{`a\`, "#b # SKIP"}
	wordless := fail(ok("Say nothing", "GET", "/", 200, 0, 1, time.Millisecond), "")
	wordless.Diagnostics = nil
	wordless.Assertions[0].Expected = []any{json.Number("12345678901234567890.10"), map[string]any{"a": nil}}
	wordless.Assertions[0].Actual = json.Number("12345678901234567890.10")
	s := &script{info: started()}
	for _, path := range []string{"one.toml", "two.toml"} {
		info := &runner.CollectionInfo{Name: "Twice", Path: path, Iterations: 1}
		s.info.Collections = append(s.info.Collections, info)
		s.collections = append(s.collections, group{info: info})
	}
	s.collections[0].requests = []*runner.RequestResult{flaky, capture, hopeless, sent, wordless}
	s.collections[1].requests = []*runner.RequestResult{ok("Ask again", "GET", "/", 200, 0, 1, time.Millisecond)}
	return s
}

// shown is how many points of a request a report shows: its assertions, and its error; 0 for neither.
func shown(r *runner.RequestResult) (n, wrong int) {
	if r.Verdict == runner.Skipped {
		return 0, 0
	}
	n, wrong = len(r.Assertions), r.FailedAssertions()
	if r.Error != nil {
		n, wrong = n+1, wrong+1
	}
	return n, wrong
}

// lint runs xmllint on documents, all of them at once, against our transcription of the schema of Jenkins.
func lint(t *testing.T, documents map[string][]byte) (string, bool) {
	t.Helper()
	if _, err := exec.LookPath("xmllint"); err != nil {
		if os.Getenv("POSTRIDER_NODE_TESTS") == "1" {
			t.Fatalf("POSTRIDER_NODE_TESTS is 1: %v", err)
		}
		t.Skip("there is no xmllint: the schema was not tried")
	}
	args := []string{"--noout", "--nonet", "--schema", filepath.Join("testdata", "junit.xsd")}
	for name, text := range documents {
		path := filepath.Join(t.TempDir(), name+".xml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	out, err := exec.CommandContext(t.Context(), "xmllint", args...).CombinedOutput()
	return string(out), err == nil
}

// playAll writes each run to a report of its own.
func playAll(t *testing.T, make func(*bytes.Buffer) Reporter) map[string][]byte {
	t.Helper()
	documents := map[string][]byte{}
	for name, run := range runs() {
		var out bytes.Buffer
		r := make(&out)
		run.play(r)
		if err := r.Err(); err != nil {
			t.Error(err)
		}
		documents[name] = out.Bytes()
	}
	return documents
}

// The points of a request, with the diagnostic of each.
func TestPoints(t *testing.T) {
	t.Parallel()
	requests := retried().collections[0].requests
	for i, want := range []string{
		"+status equals|+status equals (2)|+status equals (3)", "+status equals|-status equals (2): assertion failed: status; expected: 401; actual: 200|-capture error: there is no json \"token\"",
		"-transport error: cannot connect: connection refused", "", `-status equals: assertion failed: status; expected: [12345678901234567890.10, {"a": null}]; actual: 12345678901234567890.10`,
	} {
		var got []string
		for _, p := range points(requests[i]) {
			if p.passed() {
				got = append(got, "+"+p.name)
				continue
			}
			got = append(got, "-"+p.name+": "+p.message())
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%s: %s, want %s", requests[i].Name, s, want)
		}
	}
	for _, r := range []*runner.RequestResult{{Verdict: runner.Errored}, {Verdict: runner.Failed}, {Verdict: runner.Errored, Error: &runner.RequestError{}}} {
		if list := points(r); len(list) != 1 || list[0].passed() {
			t.Errorf("%+v has %+v", r, list)
		}
	}
}
