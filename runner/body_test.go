package runner_test

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// A sent is what a server was sent: type, length and bytes of a body.
type sent struct {
	Type   string
	Length int64
	Body   string
}

// bodies runs the requests of a collection file against a server, and returns what it was sent.
func bodies(t *testing.T, path string) ([]sent, *recorder) {
	t.Helper()
	var got []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, sent{r.Header.Get("Content-Type"), r.ContentLength, string(body)})
	}))
	t.Cleanup(server.Close)
	cs, list := collection.Load(path)
	if list.HasErrors() {
		t.Fatal(list)
	}
	r, list := runner.New(cs[0], runner.Options{Variables: map[string]string{"host": server.URL, "name": "jane \"x\"", "file": "a.txt"}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	rec := &recorder{}
	r.Run(t.Context(), rec)
	return got, rec
}

func TestBodyKinds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body string
		want       sent
	}{
		{"json", `json = { name = "{{name}}", n = 1.50, list = [true, "x"] }`, sent{"application/json", 0, `{"name":"jane \"x\"","n":1.50,"list":[true,"x"]}`}},
		{"json text", `json = '{"a": [1]}'`, sent{"application/json", 0, `{"a": [1]}`}},
		{"form", `form = { a = "b c&d", list = [1, 2] }`, sent{"application/x-www-form-urlencoded", 0, "a=b%20c%26d&list=1&list=2"}},
		{"text", `text = "hello {{name}}"`, sent{"text/plain; charset=utf-8", 0, `hello jane "x"`}},
		{"text with a type", "text = \"<a/>\"\nbody.type = \"application/xml\"", sent{"application/xml", 0, "<a/>"}},
		{
			"graphql", `graphql = { query = "query Q($n: Int) { a(n: $n) }", variables = { n = 7, who = "{{name}}" }, operation = "Q" }`,
			sent{"application/json", 0, `{"query":"query Q($n: Int) { a(n: $n) }","operationName":"Q","variables":{"n":7,"who":"jane \"x\""}}`},
		},
		{"graphql with variables in JSON", `graphql = { query = "{ a }", variables = '{"n": 12345678901234567890}' }`,
			sent{"application/json", 0, `{"query":"{ a }","variables":{"n": 12345678901234567890}}`}},
		{"file", `file = "{{file}}"`, sent{"text/plain; charset=utf-8", 0, "the file\n"}},
		{"base64", `base64 = "AAECA_8="`, sent{"application/octet-stream", 0, "\x00\x01\x02\x03\xff"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := tree(t, "c.toml", "[[request]]\nurl = \"{{host}}/\"\nbody."+c.body+"\n", "a.txt", "the file\n")
			got, rec := bodies(t, filepath.Join(folder, "c.toml"))
			c.want.Length = int64(len(c.want.Body))
			if d := cmp.Diff([]sent{c.want}, got); d != "" {
				t.Error(d, rec.said())
			}
		})
	}
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	folder := tree(t, "c.toml", `
[[request]]
url = "{{host}}/"
[request.body.multipart]
title = "{{name}}"
count = 3
"odd\"name" = "x"
upload = { file = "sub/a.png", type = "image/x-test", filename = "b.png" }
many = [{ file = "{{file}}" }, "text", { value = "{}", type = "application/json" }]
`, "sub/a.png", "PNG\x00\r\nbytes", "a.txt", strings.Repeat("long ", 100_000))
	got, rec := bodies(t, filepath.Join(folder, "c.toml"))
	if len(got) != 1 {
		t.Fatal(rec.said())
	}
	media, parameters, err := mime.ParseMediaType(got[0].Type)
	if err != nil || media != "multipart/form-data" || got[0].Length != int64(len(got[0].Body)) {
		t.Fatalf("%q, %d of %d bytes: %v", got[0].Type, got[0].Length, len(got[0].Body), err)
	}
	type part struct {
		Name, Filename, Type string
		Body                 string
	}
	var parts []part
	reader := multipart.NewReader(strings.NewReader(got[0].Body), parameters["boundary"])
	for {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(p)
		parts = append(parts, part{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(body)})
	}
	want := []part{
		{"title", "", "", `jane "x"`},
		{"count", "", "", "3"},
		{"odd%22name", "", "", "x"},
		{"upload", "b.png", "image/x-test", "PNG\x00\r\nbytes"},
		{"many", "a.txt", "text/plain; charset=utf-8", strings.Repeat("long ", 100_000)},
		{"many", "", "", "text"},
		{"many", "", "application/json", "{}"},
	}
	if d := cmp.Diff(want, parts); d != "" {
		t.Error(d)
	}
}

func TestFilesAreConfined(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, body, want string }{
		{"absent", `file = "none.txt"`, "there is no such file"},
		{"outside", `file = "../secret.txt"`, "outside the collection's folder"},
		{"a part outside", `multipart = { a = { file = "../secret.txt" } }`, "outside the collection's folder"},
		{"absolute", `file = "/etc/hostname"`, "absolute path"},
		{"a folder", `file = "."`, "it is a folder"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := tree(t, "in/c.toml", "[[request]]\nurl = \"http://127.0.0.1/\"\nbody."+c.body+"\n", "secret.txt", "s")
			cs, list := collection.Load(filepath.Join(folder, "in", "c.toml"))
			if list.HasErrors() {
				t.Fatal(list)
			}
			if _, list = runner.New(cs[0], runner.Options{}); !list.HasErrors() || !strings.Contains(list.Error(), c.want) {
				t.Errorf("got %v", list)
			}
		})
	}
	t.Run("a name that is known at last", func(t *testing.T) {
		t.Parallel()
		e := newEcho(t)
		folder := tree(t, "in/c.toml", "[[request]]\nurl = \"{{host}}/\"\nbody.file = \"{{name}}\"\n", "secret.txt", "s")
		rec := runTree(t, e, filepath.Join(folder, "in", "c.toml"), runner.Options{Variables: map[string]string{"name": "../secret.txt"}})
		if rec.result.Verdict != runner.Errored || len(e.requests()) > 0 || !strings.Contains(rec.said(), "outside the collection's folder") {
			t.Errorf("%s: %s", rec.result.Verdict, rec.said())
		}
	})
}

func TestSchema(t *testing.T) {
	t.Parallel()
	folder := tree(t, "c.toml", `
[[request]]
name = "file"
url = "{{host}}/a"
assert.schema = "answer.json"
[[request]]
name = "table"
url = "{{host}}/b"
assert.schema = { type = "object", required = ["nothing"] }
`, "answer.json", `{"type": "object", "properties": {"path": {"const": "/a"}}, "required": ["path"]}`)
	rec := runTree(t, newEcho(t), filepath.Join(folder, "c.toml"), runner.Options{})
	if d := cmp.Diff([]string{"file passed", "table failed"}, rec.titles()); d != "" {
		t.Error(d, rec.said())
	}
	if !strings.Contains(rec.said(), "nothing") {
		t.Errorf("said %s", rec.said())
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"a": 1, "b": []int{1, 2, 3}, "c": map[string]string{"d": strings.Repeat("e", 200)}})
	}))
	t.Cleanup(server.Close)
	e := newEcho(t)
	rec := run(t, e, `
[[request]]
url = "{{server}}/"
assert.json."@this" = { equals = { a = 1, b = [1, 2, 4], c = { d = "`+strings.Repeat("e", 200)+`" } } }
`, runner.Options{Variables: map[string]string{"server": server.URL}})
	if said := rec.said(); !strings.Contains(said, "-    4") || !strings.Contains(said, "+    3") {
		t.Errorf("said %s", said)
	}
}
