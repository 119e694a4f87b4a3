package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const asProgram = "POSTRIDER_K6_AS_PROGRAM"

// TestMain is the program itself where a test has started it.
func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	code := m.Run()
	if folder := builtFolder; folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

const apiKey = "sesame-open-123"

// A recorded server counts what it is sent.
type recorded struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int // "GET /rows/1"
	cookies  map[string]int // requests that came with each
	handed   int            // cookies
}

// newServer answers with the last part of the path, /in with a token too, sets a cookie where there is none, and is a teapot below /bad.
func newServer(t *testing.T) *recorded {
	s := &recorded{requests: map[string]int{}, cookies: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests[r.Method+" "+r.URL.Path]++
		if c, err := r.Cookie("user"); err == nil {
			s.cookies[c.Value]++
		} else {
			s.handed++
			http.SetCookie(w, &http.Cookie{Name: "user", Value: fmt.Sprint(s.handed), Path: "/"})
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasPrefix(r.URL.Path, "/bad"):
			w.WriteHeader(http.StatusTeapot)
		case strings.HasPrefix(r.URL.Path, "/key") && r.Header.Get("Authorization") != "Bearer "+apiKey:
			w.WriteHeader(http.StatusUnauthorized)
		}
		parts := strings.Split(r.URL.Path, "/")
		token := ""
		if r.URL.Path == "/in" {
			token = `, "token": "very-secret-token-77"`
		}
		fmt.Fprintf(w, `{"last": %q%s}`, parts[len(parts)-1], token)
	}))
	t.Cleanup(s.Close)
	return s
}

// sent are the requests, and how often each came where that is not once.
func (s *recorded) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for request, n := range s.requests {
		if n > 1 {
			request += fmt.Sprint(" ×", n)
		}
		out = append(out, request)
	}
	slices.Sort(out)
	return out
}

// write puts files into a folder.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		at := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// k6 is a call of the program in a folder.
func k6(t *testing.T, s *recorded, folder string, arguments ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, arguments...)
	c.Dir = folder
	c.Env = append(os.Environ(), asProgram+"=1", "K6_NO_USAGE_REPORT=true", "NO_COLOR=1", "API_KEY="+apiKey)
	if s != nil {
		c.Env = append(c.Env, "HOST="+s.URL)
	}
	return c
}

// run runs the program to its end, and looks at its exit code.
func run(t *testing.T, code int, c *exec.Cmd) string {
	t.Helper()
	out, _ := c.CombinedOutput()
	if got := c.ProcessState.ExitCode(); got != code {
		t.Fatalf("%q ended with %d, not %d:\n%s", c.Args[1:], got, code, out)
	}
	if strings.Contains(string(out), apiKey) || strings.Contains(string(out), "very-secret-token") {
		t.Errorf("%q shows a secret:\n%s", c.Args[1:], out)
	}
	return string(out)
}

const dev = `[variables]
host = "{{env.HOST}}"
[secrets]
key = { env = "API_KEY" }
`

// rowsOf is a CSV with so many rows.
func rowsOf(n int) string {
	text := "row\n"
	for i := range n {
		text += fmt.Sprintln(i + 1)
	}
	return text
}

// script runs a collection in the shared iterations of some users.
func script(load string, users, iterations int, more string) string {
	return fmt.Sprintf(`import postrider from "k6/x/postrider";
const collection = postrider.load(%s);
export const options = {
	scenarios: { all: { executor: "shared-iterations", vus: %d, iterations: %d } },
	%s
};
export default function () { collection.run(); }
`, load, users, iterations, more)
}

const suiteTOML = `name = "Suite"
data = "rows.csv"

[[setup]]
name = "Sign in"
url = "{{host}}/in"
capture.token = { json = "token" }

[[request]]
name = "Row"
url = "{{host}}/key/{{row}}"
auth.bearer = "{{key}}"
assert.status = 200
assert.json.last = "{{row}}"

[[request]]
name = "Bad"
url = "{{host}}/bad/{{row}}?token={{token}}"
assert.status = { lt = 400 }
[[request.case]]
name = "a"

[[teardown]]
name = "Sign out"
url = "{{host}}/out"
`

// each is a request for each row.
func each(before string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(before, i+1))
	}
	return out
}

func sorted(lists ...[]string) []string {
	out := slices.Concat(lists...)
	slices.Sort(out)
	return out
}

// Each row is used once, setup and teardown run once, and assertions are checks, on which thresholds decide.
func TestIterations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"suite.toml": suiteTOML, "rows.csv": rowsOf(30), "environments/dev.toml": dev,
		"script.js": script(`"suite.toml", { environment: "dev" }`, 4, 30, `thresholds: { checks: ["rate>0.9"], "http_req_failed{name:Row}": ["rate==0"] },`),
	})
	out := run(t, 99, k6(t, s, folder, "run", "--summary-export", "summary.json", "--out", "json=samples.json", "script.js"))
	if d := cmp.Diff(sorted(each("GET /key/", 30), each("GET /bad/", 30), []string{"GET /in", "GET /out"}), s.sent()); d != "" {
		t.Error(d)
	}
	if n := strings.Count(out, "suite.toml:"); n != 1 {
		t.Errorf("the failure is said %d times:\n%s", n, out)
	}
	var summary struct {
		Metrics map[string]struct{ Passes, Fails, Count int }
	}
	text, err := os.ReadFile(filepath.Join(folder, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &summary); err != nil {
		t.Fatal(err)
	}
	// Two of each row, one of setup and of teardown; one of each row that fails.
	if c := summary.Metrics["checks"]; c.Passes != 62 || c.Fails != 30 {
		t.Errorf("checks: %+v", c)
	}
	if c := summary.Metrics["http_reqs"]; c.Count != 62 {
		t.Errorf("http_reqs: %+v", c)
	}
	if c := summary.Metrics["http_req_failed"]; c.Passes != 30 || c.Fails != 32 {
		t.Errorf("http_req_failed: %+v", c)
	}
	samples, err := os.ReadFile(filepath.Join(folder, "samples.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name":"Bad [a]"`, `"status":"418"`, `"check":"Row: json \"last\" equals \"{{row}}\""`, `"stage":"teardown"`, `"case":"a"`, "postrider_request_duration"} {
		if !strings.Contains(string(samples), want) {
			t.Errorf("no sample has %s", want)
		}
	}
	if strings.Contains(string(samples), apiKey) || strings.Contains(string(samples), "very-secret-token") {
		t.Error("a sample shows a secret")
	}
}

// Several processes share out the iterations by k6's execution segments: each row goes to one of them.
func TestSegments(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"suite.toml": "[[request]]\nurl = \"{{host}}/rows/{{row}}\"\n[[request]]\nurl = \"{{host}}/more/{{row}}\"\n", "rows.csv": rowsOf(100), "environments/dev.toml": dev,
		"script.js": script(`"suite.toml", { environment: "dev", data: "rows.csv" }`, 6, 100, ""),
	})
	var all sync.WaitGroup
	for _, segment := range []string{"0:1/3", "1/3:2/3", "2/3:1"} {
		c := k6(t, s, folder, "run", "--address", "", "--execution-segment", segment, "--execution-segment-sequence", "0,1/3,2/3,1", "script.js")
		all.Go(func() { run(t, 0, c) })
	}
	all.Wait()
	if d := cmp.Diff(sorted(each("GET /rows/", 100), each("GET /more/", 100)), s.sent()); d != "" {
		t.Error(d)
	}
}

// An archive has all that was read, but nothing private, and runs where there are no files.
func TestArchive(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder, elsewhere := t.TempDir(), t.TempDir()
	write(t, folder, map[string]string{
		"api/collection.toml": "data = \"rows.csv\"\n[[request]]\nurl = \"{{host}}/key/{{row}}\"\nauth.bearer = \"{{key}}\"\n",
		"api/rows.csv":        rowsOf(5), "api/body.json": `{"a": 1}`,
		"api/more/1.json": "{}", "api/more/2.json": "{}", "api/more/3.json": "{}", "api/more/4.json": "{}", "api/more/5.json": "{}",
		"api/zz.toml":                   "[[request]]\nurl = \"{{host}}/more/{{row}}\"\nmethod = \"POST\"\nbody.file = \"more/{{row}}.json\"\n",
		"api/users/folder.toml":         "[[request]]\nurl = \"{{host}}/users/{{row}}\"\nmethod = \"POST\"\nbody.file = \"../body.json\"\n",
		"environments/base.toml":        dev,
		"environments/dev.toml":         "extends = \"base\"\n",
		"environments/dev.private.toml": "[secrets]\nkey = \"private-hunter2-hunter2\"\n",
		"script.js":                     script(`"api", { environment: "dev", files: "api/more" }`, 2, 5, `thresholds: { checks: ["rate==1"] },`),
	})
	run(t, 0, k6(t, s, folder, "archive", "-O", filepath.Join(elsewhere, "archive.tar"), "script.js"))
	if got := s.sent(); len(got) > 0 {
		t.Errorf("putting it together sent %q", got)
	}
	archive, err := os.ReadFile(filepath.Join(elsewhere, "archive.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(archive), "private-hunter2") || strings.Contains(string(archive), apiKey) {
		t.Error("the archive has a secret in it")
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	run(t, 0, k6(t, s, elsewhere, "run", "archive.tar"))
	if d := cmp.Diff(sorted(each("GET /key/", 5), each("POST /users/", 5), each("POST /more/", 5)), s.sent()); d != "" {
		t.Error(d)
	}
}

// Each virtual user has cookies of its own, which it keeps.
func TestCookies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"a.toml": "[[request]]\nurl = \"{{host}}/a\"\n", "environments/local.toml": dev,
		"script.js": strings.Replace(script(`"a"`, 3, 4, ""), "shared-iterations", "per-vu-iterations", 1),
	})
	run(t, 0, k6(t, s, folder, "run", "script.js"))
	if want := map[string]int{"1": 3, "2": 3, "3": 3}; s.handed != 3 || !cmp.Equal(s.cookies, want) {
		t.Errorf("%d cookies: %v", s.handed, s.cookies)
	}
}

// What cannot be read ends k6 before anything is sent, and says why.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const good = "[[request]]\nname = \"Good\"\nurl = \"http://127.0.0.1:1/\"\n"
	for name, c := range map[string]struct{ load, says string }{
		"no file":       {`"none.toml"`, "there is no such file"},
		"a mistake":     {`"bad.toml"`, "bad.toml:2:1"},
		"no single one": {`"many"`, "is no single collection"},
		"option":        {`"good.toml", { enviroment: "dev" }`, `did you mean \"environment\"`},
		"environment":   {`"good.toml", { environment: "dve" }`, "there is no environment"},
		"no variable":   {`"good.toml", { variables: { host: __ENV.NOTHING_AT_ALL } }`, `the variable \"host\" must be`},
		"no request":    {`"good.toml", { request: "Godo" }`, "matches nothing"},
		"data":          {`"good.toml", { data: "none.csv" }`, "none.csv"},
		"files":         {`"good.toml", { files: ["nothing"] }`, "cannot read the files of"},
		"run at once":   {`"good.toml").run(`, "belongs in the function of a scenario"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			write(t, folder, map[string]string{
				"good.toml": good, "bad.toml": "[[request]]\nrul = \"x\"\n", "many/a.toml": good, "many/b.toml": good, "environments/dev.toml": dev,
				"script.js": script(c.load, 1, 1, ""),
			})
			if out := run(t, 107, k6(t, nil, folder, "run", "script.js")); !strings.Contains(out, c.says) {
				t.Errorf("%s is not in\n%s", c.says, out)
			}
		})
	}
}

// Without its setup nothing of a collection runs; its teardown does.
func TestSetupFails(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"a.toml":    "[[setup]]\nname = \"In\"\nurl = \"{{host}}/bad\"\n[[request]]\nurl = \"{{host}}/a\"\n[[teardown]]\nurl = \"{{host}}/out\"\n",
		"script.js": script(`"a.toml", { variables: { host: __ENV.HOST } }`, 3, 10, ""),
	})
	if out := run(t, 108, k6(t, s, folder, "run", "script.js")); !strings.Contains(out, "the setup of the collection failed: setup: In") {
		t.Errorf("it does not say why:\n%s", out)
	}
	if d := cmp.Diff([]string{"GET /bad", "GET /out"}, s.sent()); d != "" {
		t.Error(d)
	}
}

// A failure is thrown where that is asked for, and a request that cannot be sent is a failed check.
func TestFailures(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"body.json": "{}",
		"a.toml":    "[[request]]\nname = \"Unsent\"\nurl = \"{{host}}/{{nobody}}\"\nassert.status = 200\n[[request]]\nname = \"Late\"\nurl = \"{{host}}/\"\nmethod = \"POST\"\nbody.file = \"{{file}}.json\"\n[[request]]\nname = \"Skipped\"\nurl = \"{{host}}/no\"\nskip = \"not today\"\n",
		"script.js": `import { load } from "k6/x/postrider";
const a = load("a.toml", { variables: { host: __ENV.HOST, file: "body" } });
export const options = { iterations: 2, thresholds: {
	checks: ["rate==0"], "checks{check:Unsent: comes to its end}": ["rate==0"], postrider_errors: ["count==8"], postrider_skipped: ["count==4"], http_reqs: ["count==0"],
} };
export default function () {
	if (a.run() !== false) throw new Error("it passed");
	try { a.run({ throw: true }); } catch (e) { console.log("caught " + e); return; }
	throw new Error("nothing was thrown");
}
`,
	})
	if out := run(t, 0, k6(t, s, folder, "run", "script.js")); strings.Count(out, "caught ") != 2 || !strings.Contains(out, "name it, or its folder") {
		t.Error(out)
	}
	if got := s.sent(); len(got) > 0 {
		t.Errorf("sent %q", got)
	}
}

// What is under way when the time is up is given up and not to blame; teardown is sent all the same.
func TestTimeUp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(release); hanging.Close() })
	folder := t.TempDir()
	write(t, folder, map[string]string{
		"a.toml": "[[request]]\nurl = \"{{host}}/a\"\n[[request]]\nurl = \"" + hanging.URL + "\"\n[[request]]\nurl = \"{{host}}/never\"\n[[teardown]]\nurl = \"{{host}}/out\"\n",
		"script.js": `import postrider from "k6/x/postrider";
const a = postrider.load("a", { variables: { host: __ENV.HOST } });
export const options = {
	scenarios: { all: { executor: "constant-vus", vus: 2, duration: "1s", gracefulStop: "0s" } },
	thresholds: { checks: ["rate==1"], http_reqs: ["count==3"], http_req_failed: ["rate==0"] },
};
export default function () { a.run(); }
`,
	})
	run(t, 0, k6(t, s, folder, "run", "script.js"))
	if d := cmp.Diff([]string{"GET /a ×2", "GET /out"}, s.sent()); d != "" {
		t.Error(d)
	}
}
