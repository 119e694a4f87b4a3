package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exchanged is an entry of a request and its answer.
func exchanged(method, url, body, answer string) *Entry {
	e := &Entry{
		Started: "2026-01-02T03:04:05.678000Z", Time: 1.5,
		Request: Request{Method: method, URL: url, HTTPVersion: "HTTP/1.1", HeadersSize: -1, BodySize: Size(len(body))},
		Response: Response{
			Status: 200, StatusText: "OK", HTTPVersion: "HTTP/1.1", Headers: []Pair{{"Content-Type", "text/plain"}},
			Content: Content{Size: Size(len(answer)), MimeType: "text/plain"}, HeadersSize: -1, BodySize: Size(len(answer)),
		},
		Timings: Timings{Blocked: 0.5, DNS: -1, Connect: -1, SSL: -1, Wait: 1},
	}
	if body != "" {
		e.Request.PostData = &PostData{MimeType: "text/plain"}
		e.Request.PostData.Text, e.Request.PostData.Encoding = Encode(body)
	}
	text, encoding := Encode(answer)
	e.Response.Content.Text, e.Response.Content.Encoding = &text, encoding
	e.complete()
	return e
}

func archive(t testing.TB, entries ...*Entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out, Log{Creator: Creator{"postrider", "v1"}})
	for _, e := range entries {
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(r *Reader) (out []*Entry, err error) {
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
}

// What is written is read again, whatever it holds, and harms no terminal on its way.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	seed := uint64(1<<63 + 1)
	var out bytes.Buffer
	w := NewWriter(&out, Log{Creator: Creator{"postrider", "v1"}, About: &About{Seed: &seed}})
	var want []*Entry
	for i, body := range []string{"", "plain", "\x00\x01\x1b[2J", "\xff\xfe binary", "</script>\u2028", "a\u202eb\u009bc\x7f", "e\u0301 🚀"} {
		e := exchanged("POST", fmt.Sprint("http://example.com/", i), body, body)
		e.Response.StatusText, e.Origin = "\u009b", &Origin{Name: "\u202e", Verdict: "passed"}
		want = append(want, e)
		calls := 0
		to := w.w
		w.w = writes(func(p []byte) (int, error) { calls++; return to.Write(p) })
		if err := w.Entry(e); err != nil || calls != 1 {
			t.Errorf("%d writes, %v", calls, err)
		}
		w.w = to
	}
	for _, err := range []error{w.Page(&Page{ID: "page_1"}), w.Page(&Page{ID: "page_2"}), w.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var document struct {
		Log struct {
			Version string
			Entries []json.RawMessage
			Pages   []Page
		}
	}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatalf("%v in\n%s", err, out.Bytes())
	}
	if l := document.Log; l.Version != "1.2" || len(l.Entries) != len(want) || len(l.Pages) != 2 || l.Pages[1].ID != "page_2" {
		t.Errorf("%+v", l)
	}
	if i := bytes.IndexFunc(out.Bytes(), func(r rune) bool { return r < ' ' && r != '\n' || unfit(r) }); i >= 0 {
		t.Errorf("%q would be obeyed by a terminal", out.Bytes()[i:min(i+20, out.Len())])
	}
	r := NewReader("x.har", bytes.NewReader(out.Bytes()))
	got, err := readAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if r.About() == nil || *r.About().Seed != seed {
		t.Errorf("about %+v", r.About())
	}
}

type writes func([]byte) (int, error)

func (f writes) Write(p []byte) (int, error) { return f(p) }

func TestWriterKeepsError(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	w := NewWriter(writes(func([]byte) (int, error) { return 0, full }), Log{})
	if err := w.Entry(exchanged("GET", "http://h/", "", "")); !errors.Is(err, full) {
		t.Error(err)
	}
	w.w = io.Discard
	if err := w.Close(); !errors.Is(err, full) {
		t.Error(err)
	}
}

// What browsers and proxies write is read.
func TestForeign(t *testing.T) {
	t.Parallel()
	const entry = `{"_initiator":{"type":"other"},"_priority":"High","cache":{},"connection":"443","pageref":"page_1",
	  "request":{"method":"GET","url":"https://example.com/a?b=c","httpVersion":"http/2.0","headers":[{"name":":method","value":"GET"}],
	    "queryString":[{"name":"b","value":"c"}],"cookies":[{"name":"a","value":"b","expires":null,"httpOnly":true}],"headersSize":-1,"bodySize":0.0},
	  "response":{"status":200,"statusText":"","httpVersion":"http/2.0","headers":[],"cookies":[],"content":{"size":3,"mimeType":"text/plain","text":"abc"},
	    "redirectURL":"","headersSize":-1,"bodySize":-1,"_transferSize":132,"_error":null},
	  "serverIPAddress":"93.184.216.34","startedDateTime":"2026-01-02T03:04:05.678+01:00","time":12.5,
	  "timings":{"blocked":1.2,"dns":-1,"ssl":-1,"connect":-1,"send":0.1,"wait":10,"receive":1,"_blocked_queueing":0.7}}`
	for name, text := range map[string]string{
		"Chromium":      `{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"pages":[{"id":"page_1"}],"entries":[` + entry + `]}}`,
		"Firefox":       `{"log":{"version":"1.2","creator":{},"browser":{"name":"Firefox"},"pages":[],"entries":[` + entry + `],"comment":""}}` + "\n",
		"a mark before": "\ufeff" + `{"comment":"x","log":{"entries":[` + entry + `]}}`,
		"sizes":         `{"log":{"entries":[` + strings.NewReplacer(`"bodySize":0.0`, `"bodySize":null`, `"size":3`, `"size":3e0`).Replace(entry) + `]},"more":[{"a":[]}]}`,
	} {
		got, err := readAll(NewReader("x.har", strings.NewReader(text)))
		if err != nil || len(got) != 1 || got[0].Request.URL != "https://example.com/a?b=c" || *got[0].Response.Content.Text != "abc" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestReaderErrors(t *testing.T) {
	t.Parallel()
	entry := string(archive(t, exchanged("GET", "http://h/", "", "")))
	for text, want := range map[string]string{
		``:                      `x.har:1:1: the file is empty`,
		" \n ":                  `x.har:2:2: the file ends in the middle: was it saved whole?`,
		`[]`:                    `x.har:1:1: not a HAR: expected an object`,
		`{}`:                    `x.har:1:2: not a HAR: it has no log`,
		`{"log": []}`:           `x.har:1:9: not a HAR: expected an object`,
		`{"log": {}}`:           `x.har:1:10: not a HAR: its log has no entries`,
		`{"log": {"a": 1}}`:     `x.har:1:16: not a HAR: its log has no entries`,
		"<html>\n</html>":       `x.har:1:1: not JSON: invalid character '<' looking for beginning of value`,
		`{"log": {"entries":5}`: `x.har:1:20: not a HAR: expected a list`,
		"{\"log\": {\"version\": \"1.2\",\n\"entries\": [\n{\"request\": 5, \"response\": {}}]}}": `x.har:3:13: entry 1: request is of another kind: expected an object, found number`,
		"{\"log\": {\"entries\": [\n{}]}}":                          `x.har:2:1: entry 1: there is no request`,
		`{"log": {"entries": [{"request": {}}]}}`:                   `x.har:1:22: entry 1: there is no response`,
		`{"log": {"entries": [{"response": {}, "request": {}}]}}`:   `x.har:1:39: entry 1: the request has no method or no url`,
		`{"log": {"entries": [7]}}`:                                 `x.har:1:22: entry 1: a value is of another kind: expected an object, found number`,
		`{"log": {"_postrider": {"seed": "x"}, "entries": []}}`:     `x.har:1:22: cannot be read: json: invalid use of ,string struct tag, trying to unmarshal "x" into uint64`,
		`{"log": {"entries": [], "entries": []}}`:                   `x.har:1:33: there are entries already`,
		`{"log": {"entries": []}} {}`:                               `x.har:1:26: something follows the end`,
		entry[:len(entry)-60]:                                       `x.har:2:502: entry 1: the file ends in the middle: was it saved whole?`,
		strings.Replace(entry, `"GET"`, `"GET`, 1):                  `x.har:2:69: entry 1: not JSON: invalid character 'u' after object key:value pair`,
		strings.Replace(entry, `"status":200`, `"status":"200"`, 1): `x.har:2:225: entry 1: status is of another kind: expected a number, found string`,
		strings.Replace(entry, `"mimeType":`, `"mimeType",`, 1):     `x.har:2:354: entry 1: not JSON: invalid character ',' after object key`,
	} {
		_, err := readAll(NewReader("x.har", strings.NewReader(text)))
		if err == nil || err.Error() != want {
			t.Errorf("%.300s\n%v, not\n%s", text, err, want)
		}
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "a", "\xff", "\x00"} {
		got, err := Decode(Encode(body))
		if err != nil || got != body {
			t.Errorf("%q becomes %q, %v", body, got, err)
		}
	}
	for _, encoding := range []string{"base64", "gzip"} {
		if _, err := Decode("%", encoding); err == nil {
			t.Errorf("%s: no error", encoding)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(archive(f, exchanged("GET", "http://h/a?b=c#d", "", "x"), exchanged("POST", "http://127.0.0.1:1/", "\xff", "\xfe")))
	f.Add([]byte(`{"log": {"entries": [{"request": {"method": "GET", "url": "://"}, "response": {"content": {"text": "x"}}}]}}`))
	f.Add([]byte("\ufeff{\"log\": {\"pages\": [[]], \"entries\": [\n7"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r := NewReader("x.har", bytes.NewReader(text))
		for {
			e, err := r.Next()
			if errors.Is(err, io.EOF) {
				if !json.Valid(bytes.TrimPrefix(text, []byte("\ufeff"))) {
					t.Errorf("read to the end, and not JSON: %q", text)
				}
				break
			}
			var bad *Error
			if errors.As(err, &bad) {
				if lines := bytes.Count(text, []byte("\n")) + 1; bad.Line < 1 || bad.Line > lines || bad.Column < 1 {
					t.Errorf("%v in a file of %d lines", err, lines)
				}
				break
			}
			if err != nil {
				t.Fatalf("%T: %v", err, err)
			}
			if at := text[r.start : r.start+int64(r.size)]; !json.Valid(at) {
				t.Errorf("entry %d does not stand at %d: %q", r.n, r.start, at)
			}
			if e.Request.Method == "" {
				t.Error("an entry without a method")
			}
		}
		if r, err := NewReplay("x.har", bytes.NewReader(text), int64(len(text)), ReplayOptions{}); err == nil {
			ask(r, "GET", "http://h/a?b=c", "", "")
		}
	})
}
