package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tapedTOML has what a recording must bring back: redirects with cookies, gzip, binary bodies, forms that differ in
// their bodies alone, retries, a token endpoint and what is drawn.
const tapedTOML = `
name = "Taped"
[[request]]
name = "led on"
url = "{{host}}/from"
assert = { status = 200, json.cookie = "sid=abcdef123456" }
[[request]]
name = "gzip"
url = "{{host}}/gzip"
assert = { text = "unpacked", header.Content-Encoding = "gzip" }
[[request]]
name = "binary"
method = "POST"
url = "{{host}}/binary"
body.base64 = "/wD+"
assert = { size = 3, sha256 = "af9ceddc9d8b08ac09e1994bfd20459b5e377425df7354dfce3501992828a5b7" }
[[request]]
name = "second form"
url = "{{host}}/form"
body.form = { n = "2", drawn = "{{$guid}}" }
assert.json.n = "2"
[[request]]
name = "form"
url = "{{host}}/form"
body.form = { n = "1", drawn = "{{$guid}}" }
assert.json.n = "1"
[[request]]
name = "flaky"
url = "{{host}}/flaky"
retry = { times = 3, delay = "1ms" }
assert.status = 200
[[request]]
name = "with a token"
url = "{{host}}/me?trace={{$guid}}"
auth.oauth2 = { grant = "client_credentials", token_url = "{{host}}/token", client_id = "c", client_secret = "opensesame" }
assert.json.token = "Bearer opaque-token"
[[request]]
name = "wrong"
url = "{{host}}/me"
assert.status = 200
[[request]]
name = "cut short"
url = "{{host}}/short"
`

func tapedServer(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var asked, flaky atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/from":
			http.SetCookie(w, &http.Cookie{Name: "sid", Value: "abcdef123456"})
			http.Redirect(w, r, "/to", http.StatusFound)
		case "/to":
			_ = json.NewEncoder(w).Encode(map[string]string{"cookie": r.Header.Get("Cookie")})
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, "unpacked")
			_ = z.Close()
		case "/binary":
			_, _ = w.Write([]byte{0xff, 0x00, 0xfe})
		case "/form":
			_ = json.NewEncoder(w).Encode(map[string]string{"n": r.FormValue("n")})
		case "/flaky":
			if flaky.Add(1) < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		case "/token":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"access_token":"opaque-token","token_type":"Bearer","expires_in":3600}`)
		case "/me":
			if r.Header.Get("Authorization") == "" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			_ = json.NewEncoder(w).Encode(map[string]string{"token": r.Header.Get("Authorization")})
		case "/short":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		}
	}))
	t.Cleanup(s.Close)
	return s, &asked
}

// taped is what a report says that a replay has to say too.
type taped struct {
	Collections []struct {
		Requests []struct {
			Name, Verdict string
			Attempts      int
			Response      struct {
				Status  int
				Headers [][2]string
			}
			Assertions []struct {
				Query  string
				Passed bool
			}
		}
	}
}

// runTaped runs the program, and gives its exit code and its report.
func runTaped(t *testing.T, args ...string) (code int, r taped) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.json")
	var out, errs bytes.Buffer
	code = Main(append([]string{"postrider", "run", "--report", "json=" + file, "--report", "none"}, args...),
		Streams{In: strings.NewReader(""), Out: &out, Err: &errs}, func(string) (string, bool) { return "", false })
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err, errs.String())
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return code, r
}

// TestRecordReplay: a run and its replay have the same verdicts, and in the replay nobody is asked.
func TestRecordReplay(t *testing.T) {
	t.Parallel()
	s, asked := tapedServer(t)
	folder := t.TempDir()
	collection, har := filepath.Join(folder, "taped.toml"), filepath.Join(folder, "taped.har")
	if err := os.WriteFile(collection, []byte(tapedTOML), 0o600); err != nil {
		t.Fatal(err)
	}
	code, recorded := runTaped(t, "--var", "host="+s.URL, "--record", har, "--show-secrets", collection)
	if n := asked.Load(); code != exitError || n != 13 {
		t.Errorf("recorded with exit code %d, %d requests", code, n)
	}
	s.Close()
	for _, host := range []string{s.URL, "http://localhost:1"} { // the server of another run has another port
		code, replayed := runTaped(t, "--var", "host="+host, "--replay", har, collection)
		if code != exitError {
			t.Errorf("replayed with exit code %d", code)
		}
		if d := cmp.Diff(recorded, replayed); d != "" {
			t.Errorf("%s: the replay differs:\n%s", host, d)
		}
	}
	if n := asked.Load(); n != 13 {
		t.Errorf("%d requests after the replay", n)
	}
}

// What is stored is not replaced by what a recording holds.
func TestReplayStoresNoToken(t *testing.T) {
	t.Parallel()
	s := &session{wallet: &wallet{}}
	if s.fetched() == nil {
		t.Error("a run keeps no token that it renewed")
	}
	if s.options.tape.replay = "run.har"; s.fetched() != nil {
		t.Error("a replay keeps tokens")
	}
}
