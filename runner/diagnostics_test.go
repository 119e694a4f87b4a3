package runner_test

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/lint"
	"github.com/postrider/postrider/runner/rows"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestDiagnostics compares what is said about the collections and data files of testdata/diagnostics with the .err beside
// each. A collection NAME-run in which nothing is wrong is run against a server (see [newFaulty]), and must fail.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	tree := collection.Tree{FS: os.DirFS("testdata/diagnostics")}
	files, err := filepath.Glob("testdata/diagnostics/*.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing to read: %v", err)
	}
	folders, _ := filepath.Glob("testdata/diagnostics/*/collection.toml")
	for _, folder := range folders {
		files = append(files, filepath.Dir(folder))
	}
	for _, file := range files {
		name := filepath.Base(file)
		ext := filepath.Ext(name)
		if ext == ".err" || ext == ".txt" {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".toml"), func(t *testing.T) {
			t.Parallel()
			var list diag.List
			if ext == ".toml" || ext == "" {
				list = said(t, tree, name)
			} else {
				list = saidOfRows(t, file)
			}
			if len(list) == 0 {
				t.Fatal("nothing is said to be wrong")
			}
			var got bytes.Buffer
			if !strings.Contains(name, "-run") {
				list = list.Sort()
			}
			(&diag.Renderer{}).Render(&got, list)
			golden(t, strings.TrimSuffix(file, ".toml")+".err", varying.ReplaceAll(got.Bytes(), []byte(" in 1 ms")))
		})
	}
}

// varying is what differs from run to run.
var varying = regexp.MustCompile(` in [0-9.]+ (µs|ms|s)\b`)

// said is all that is said about a collection: mistakes, likely mistakes, or what a run of it comes to.
func said(t *testing.T, tree collection.Tree, name string) diag.List {
	t.Helper()
	cs, list := tree.Load(name)
	var r *runner.Runner
	faulty := newFaulty(t)
	for _, c := range cs {
		var l diag.List
		r, l = runner.New(c, runner.Options{Variables: faulty})
		list = append(list, l...)
		if len(list) == 0 && !strings.Contains(name, "-run") {
			names := slices.Collect(maps.Keys(faulty))
			list = append(list, lint.Collection(c, lint.Known{Names: names, Complete: true})...)
		}
	}
	if len(list) > 0 || r == nil || !strings.Contains(name, "-run") {
		return list
	}
	replace := steady(faulty).Replace
	rec := &recorder{}
	r.Run(t.Context(), rec)
	for _, q := range rec.requests {
		for _, d := range q.Diagnostics {
			list = append(list, at8080(d, replace))
		}
	}
	return list
}

// at8080 is a diagnostic of a server that has a port of its own in each run.
func at8080(d diag.Diagnostic, replace func(string) string) diag.Diagnostic {
	d.Message, d.Hint = replace(d.Message), replace(d.Hint)
	for i := range d.Notes {
		d.Notes[i] = replace(d.Notes[i])
	}
	for i := range d.Details {
		d.Details[i].Text = replace(d.Details[i].Text)
	}
	return d
}

// saidOfRows is what is said about a data file.
func saidOfRows(t *testing.T, file string) diag.List {
	t.Helper()
	f, err := rows.New(filepath.Base(file), func() (fs.File, error) { return os.Open(file) })
	if err == nil {
		_, err = f.Count(t.Context())
	}
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		t.Fatalf("no diagnostic: %v", err)
	}
	return diag.List{d}
}

// newFaulty starts a server whose answers are hard to be content with, and returns the variables that goldens may use.
func newFaulty(t *testing.T) map[string]string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/json":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id": 7, "email": "joe@example.com", "roles": ["admin", "editor"], "text": "one\ntwo\nthree"}`)
		case "/broken":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"id": 7,`)
		case "/page":
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<p>Hello</p>")
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/away":
			w.Header().Set("Location", "http://localhost:1/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		case "/nowhere":
			w.Header().Set("Location", "http://[::1")
			w.WriteHeader(http.StatusFound)
		case "/charset":
			w.Header().Set("Content-Type", "text/plain; charset=klingon")
			_, _ = io.WriteString(w, "x")
		case "/not-utf8":
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, "\xff\xfe\xfd")
		case "/digest":
			w.Header().Set("WWW-Authenticate", r.URL.Query().Get("challenge"))
			w.WriteHeader(http.StatusUnauthorized)
		case "/status":
			status, _ := strconv.Atoi(r.URL.Query().Get("is"))
			w.WriteHeader(max(status, 200))
		case "/large":
			_, _ = w.Write(make([]byte, 5000))
		case "/.well-known/openid-configuration":
			_, _ = io.WriteString(w, `{"issuer": "http://example.com"}`)
		case "/moved":
			http.Redirect(w, r, "http://localhost:1/keys", http.StatusFound)
		case "/jwks":
			_, _ = io.WriteString(w, `{"keys": []}`)
		case "/hang-up":
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		case "/cut":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		case "/slow":
			<-r.Context().Done()
		default:
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	variables := newOrigin(t)
	maps.Copy(variables, map[string]string{"host": server.URL, "empty": "", "newline": "a\nb", "nul": "a\x00b", "percent": "%zz"})
	return variables
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: want -, got +\n%s", file, d)
	}
}

// FuzzNew holds that whatever is read as a collection compiles, or is refused with places, and never a panic.
func FuzzNew(f *testing.F) {
	files, _ := filepath.Glob("testdata/diagnostics/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, _ := collection.Parse("a.toml", text)
		if c == nil {
			return
		}
		r, list := runner.New(c, runner.Options{})
		if (r == nil) != list.HasErrors() {
			t.Fatal("a runner beside errors, or none without")
		}
		for _, d := range list {
			if d.Span.IsZero() {
				t.Fatalf("%q has no place", d.Message)
			}
		}
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
