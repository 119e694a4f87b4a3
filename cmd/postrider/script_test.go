package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/environments"
	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/report"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postrider": main})
}

// TestScripts runs the program as its users do: see testdata/script.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("NO_COLOR", "1")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the detector waits a second at the end of each program otherwise
			// A port on which nothing listens.
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			e.Setenv("CLOSED", l.Addr().String())
			_, port, err := net.SplitHostPort(l.Addr().String())
			e.Setenv("PORT", port)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "validreport": validReport, "nosecret": noSecret, "break": breakLine, "pool": startPool, "fillaws": fillAWS, "reach": reach, "mode": fileMode, "slow": startSlow, "awaited": awaited, "serve": serveEcho, "asked": asked, "sorted": sorted,
			"requests": requestsAsked, "validload": validLoad,
		},
	})
}

// exits CODE postrider ARGS… runs the program and expects that exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ARGS…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, not %s", code, args[0])
	}
}

// validreport FILE checks a JSON report against its schema, and that its counts add up.
func validReport(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	if problem := checkReport([]byte(text)); problem != "" {
		ts.Fatalf("%s: %s", args[0], problem)
	}
}

type counted struct {
	Collections []struct {
		Requests []struct {
			Verdict    string
			Attempts   int
			Assertions []struct{ Passed bool }
		}
	}
	Counts struct {
		Collections int
		Requests    struct{ Planned, Sent, Passed, Failed, Errors, Skipped int }
		Assertions  struct{ Planned, Checked, Failed int }
	}
}

func checkReport(text []byte) string {
	c := jsonschema.NewCompiler()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		return err.Error()
	}
	if err := c.AddResource("report.json", schema); err != nil {
		return err.Error()
	}
	compiled, err := c.Compile("report.json")
	if err != nil {
		return err.Error()
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err.Error()
	}
	if err := compiled.Validate(document); err != nil {
		return err.Error()
	}
	var r counted
	if err := json.Unmarshal(text, &r); err != nil {
		return err.Error()
	}
	verdicts := map[string]int{}
	sent, checked, failed := 0, 0, 0
	for _, c := range r.Collections {
		for _, q := range c.Requests {
			verdicts[q.Verdict]++
			sent += min(q.Attempts, 1)
			for _, a := range q.Assertions {
				checked++
				if !a.Passed {
					failed++
				}
			}
		}
	}
	n := r.Counts.Requests
	switch {
	case n.Planned != n.Passed+n.Failed+n.Errors+n.Skipped, n.Sent != sent:
		return "the requests do not add up"
	case n.Passed != verdicts["passed"] || n.Failed != verdicts["failed"] || n.Errors != verdicts["error"] || n.Skipped != verdicts["skipped"]:
		return "the verdicts are not those of the requests"
	case r.Counts.Assertions.Checked != checked || r.Counts.Assertions.Failed != failed:
		return "the assertions do not add up"
	case r.Counts.Collections != len(r.Collections):
		return "the collections do not add up"
	}
	return ""
}

var jwt = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}`)

// nosecret FILE… looks for tokens and for the shipped password in files, raw and encoded.
func noSecret(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		if token := jwt.FindString(text); token != "" {
			ts.Fatalf("%s holds a token: %s", name, token)
		}
		// The password of the local environment: as it is, and in base64 at each alignment.
		for _, secret := range []string{"Correct-Horse-7-Battery", "Q29ycmVjdC1Ib3JzZS03LUJhdHRlcn", "NvcnJlY3QtSG9yc2UtNy1CYXR0ZXJ5", "Db3JyZWN0LUhvcnNlLTctQmF0dGVye"} {
			if strings.Contains(text, secret) {
				ts.Fatalf("%s holds the password", name)
			}
		}
	}
}

// pool starts a user pool apart from the program, as a remote one is: POOL is its domain, CALLBACK_URL where a browser
// ends that signs in there, EXPIRED_URL where one ended long ago.
func startPool(ts *testscript.TestScript, neg bool, args []string) {
	server, err := cognito.NewServer(remoteConfig())
	ts.Check(err)
	ts.Defer(func() { server.Close() })
	callback, err := server.CallbackURL()
	ts.Check(err)
	expired, err := server.ExpiredAccessToken()
	ts.Check(err)
	ts.Setenv("POOL", server.URL)
	ts.Setenv("ISSUER", server.Issuer())
	ts.Setenv("CALLBACK_URL", callback)
	ts.Setenv("EXPIRED_URL", "https://www.example.com/callback#access_token="+expired+"&expires_in=3600&token_type=Bearer")
}

// fillaws writes environments/aws.toml as somebody fills in the shipped one for the pool of POOL.
func fillAWS(ts *testscript.TestScript, neg bool, args []string) {
	text, err := fs.ReadFile(environments.Files, "aws.toml")
	ts.Check(err)
	filled := strings.NewReplacer(
		"https://example.auth.us-east-1.amazoncognito.com", ts.Getenv("POOL"),
		"https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE", ts.Getenv("ISSUER"),
		"1example23456789", "1remote", "2example23456789", "2remote", "3example23456789", "3remote",
	).Replace(string(text))
	ts.Check(os.MkdirAll(ts.MkAbs("environments"), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs("environments/aws.toml"), []byte(filled), 0o644))
}

// reach URL waits until there is an answer, which must be 200.
func reach(ts *testscript.TestScript, neg bool, args []string) {
	var err error
	for range 100 {
		var response *http.Response
		if response, err = http.Get(args[0]); err == nil {
			_ = response.Body.Close()
			if response.StatusCode != 200 {
				ts.Fatalf("%s answers %s", args[0], response.Status)
			}
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s cannot be reached: %v", args[0], err)
}

// slow starts a server that answers nothing; awaited waits until it has been asked. SLOW is its address.
func startSlow(ts *testscript.TestScript, neg bool, args []string) {
	asked, end := make(chan struct{}), make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		once.Do(func() { close(asked) })
		<-end
	}))
	ts.Defer(func() {
		close(end)
		server.Close()
	})
	ts.Setenv("SLOW", server.URL)
	slow.Store(ts.Name(), asked)
}

// slow are the channels on which each script's slow server tells that it has been asked.
var slow sync.Map

func awaited(ts *testscript.TestScript, neg bool, args []string) {
	asked, _ := slow.Load(ts.Name())
	select {
	case <-asked.(chan struct{}):
	case <-time.After(time.Minute):
		ts.Fatalf("the slow server was not asked")
	}
}

// mode FILE OCTAL expects that mode of a file.
func fileMode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has the mode %s, not %s", args[0], got, args[1])
	}
}

// break FILE OLD NEW replaces a text in a file, which must be there once.
func breakLine(ts *testscript.TestScript, neg bool, args []string) {
	text := ts.ReadFile(args[0])
	if strings.Count(text, args[1]) != 1 {
		ts.Fatalf("%s holds %q %d times", args[0], args[1], strings.Count(text, args[1]))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, args[1], args[2], 1)), 0o644))
}

// serve starts a server that answers with what it is asked, as JSON, and sets HOST to its address. Below /status/N it
// answers N, and /flaky fails every other time.
func serveEcho(ts *testscript.TestScript, _ bool, _ []string) {
	var mu sync.Mutex
	flaky := 0
	log := ts.MkAbs("asked.txt")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			fmt.Fprintln(f, r.Method, r.URL)
			f.Close()
		}
		status := http.StatusOK
		if rest, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
			fmt.Sscan(rest, &status)
		}
		if r.URL.Path == "/flaky" {
			if flaky++; flaky%2 == 1 {
				status = http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"path": r.URL.Path, "query": r.URL.RawQuery, "id": 7})
	}))
	ts.Defer(server.Close)
	ts.Setenv("HOST", server.URL)
}

// sorted FILE sorts the lines of a file.
func sorted(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	slices.Sort(lines)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

// asked FILE compares what the server was asked, one "METHOD URL" a line, and forgets it.
func asked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: asked FILE")
	}
	log := ts.MkAbs("asked.txt")
	got, _ := os.ReadFile(log)
	if want := ts.ReadFile(args[0]); string(got) != want {
		ts.Fatalf("asked\n%s\nnot\n%s", got, want)
	}
	ts.Check(os.Remove(log))
}
