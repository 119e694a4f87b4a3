package har

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/exchange"
)

// ask asks a replay, and gives the body of the answer or the error with its hint.
func ask(r *Replay, method, url, body, authorization string, header ...string) string {
	request := exchange.Request{Method: method, URL: url, Body: []byte(body)}
	if authorization != "" {
		request.Header.Add("Authorization", authorization)
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	client := exchange.NewClient(exchange.Options{Transport: r})
	x, err := client.Do(context.Background(), nil, &request)
	var e *exchange.Error
	if errors.As(err, &e) {
		return string(e.Kind) + ": " + e.Message + "; " + e.Hint
	}
	return string(x.Response.Body)
}

func replay(t testing.TB, redact func(string) string, entries ...*Entry) *Replay {
	t.Helper()
	text := archive(t, entries...)
	r, err := NewReplay("x.har", bytes.NewReader(text), int64(len(text)), ReplayOptions{Redact: redact})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func with(e *Entry, name, value string) *Entry {
	e.Request.Headers = append(e.Request.Headers, Pair{name, value})
	return e
}

// A step asks, and says what is answered.
type step struct{ method, url, body, authorization, want string }

func TestReplay(t *testing.T) {
	t.Parallel()
	form := func(url, body, answer string) *Entry {
		return with(exchanged("POST", url, body, answer), "Content-Type", "application/x-www-form-urlencoded")
	}
	secret := func(s string) string { return strings.ReplaceAll(s, "s3cret", hidden) }
	for name, c := range map[string]struct {
		redact  func(string) string
		entries []*Entry
		steps   []step
	}{
		"in order, and the last again": {nil,
			[]*Entry{exchanged("GET", "http://h/", "", "1"), exchanged("GET", "http://h/b", "", "b"), exchanged("GET", "http://H:80", "", "2")},
			[]step{{"GET", "http://h/", "", "", "1"}, {"GET", "http://h", "", "", "2"}, {"GET", "http://h:80/#x", "", "", "2"}, {"GET", "http://h/b", "", "", "b"}},
		},
		"by body": {nil,
			[]*Entry{exchanged("POST", "http://h/", "a", "A"), exchanged("POST", "http://h/", "b", "B")},
			[]step{
				{"POST", "http://h/", "b", "", "B"}, {"POST", "http://h/", "a", "", "A"},
				{"POST", "http://h/", "c", "", "transport: there is no recording of POST http://h/ in x.har; the nearest is entry 1, POST http://h/: another body"},
			},
		},
		"whatever the body, where all are the same": {nil,
			[]*Entry{exchanged("POST", "http://h/", "a", "1"), exchanged("POST", "http://h/", "a", "2")},
			[]step{{"POST", "http://h/", "x", "", "1"}, {"POST", "http://h/", "y", "", "2"}},
		},
		"by credentials": {nil,
			[]*Entry{with(exchanged("GET", "http://h/", "", "good"), "Authorization", "Bearer good"), exchanged("GET", "http://h/", "", "none"), with(exchanged("GET", "http://h/", "", "bad"), "authorization", "Bearer bad")},
			[]step{{"GET", "http://h/", "", "Bearer bad", "bad"}, {"GET", "http://h/", "", "", "none"}, {"GET", "http://h/", "", "Bearer other", "good"}, {"GET", "http://h/", "", "", "none"}},
		},
		"an answer to a challenge": {nil,
			[]*Entry{with(exchanged("GET", "http://h/", "", "in"), "Authorization", "Digest response=1")},
			[]step{{"GET", "http://h/", "", "", "in"}},
		},
		"this machine": {nil,
			[]*Entry{exchanged("GET", "http://127.0.0.1:1000/", "", "a at http://127.0.0.1:1000/x, 127.0.0.1%3A1000 and 127.0.0.1:10001"), exchanged("GET", "http://localhost:2000/", "", "b"), exchanged("GET", "http://h:1/", "", "h")},
			[]step{
				{"GET", "http://localhost:2000/", "", "", "b"}, {"GET", "http://[::1]:3000/", "", "", "a at http://[::1]:3000/x, %5B%3A%3A1%5D%3A3000 and 127.0.0.1:10001"},
				{"GET", "http://h:2/", "", "", "transport: there is no recording of GET http://h:2/ in x.har; the nearest is entry 1, GET http://127.0.0.1:1000/: another host"},
				{"GET", "https://localhost:2000/", "", "", "transport: there is no recording of GET https://localhost:2000/ in x.har; the nearest is entry 1, GET http://127.0.0.1:1000/: another host"},
			},
		},
		"redacted": {secret,
			[]*Entry{exchanged("GET", "http://h/[redacted]?key=[redacted]&a=1", "", "1"), exchanged("POST", "http://h/", "key=[redacted]", "p"), exchanged("POST", "http://h/", "key=other", "o")},
			[]step{{"GET", "http://h/s3cret?key=s3cret&a=1", "", "", "1"}, {"POST", "http://h/", "key=s3cret", "", "p"},
				{"GET", "http://h/s3cret?key=s3cret&a=2", "", "", "transport: there is no recording of GET http://h/[redacted]?key=[redacted]&a=2 in x.har; the nearest is entry 1, GET http://h/[redacted]?key=[redacted]&a=1: another query"}},
		},
		"secrets in the recording": {secret,
			[]*Entry{exchanged("GET", "http://h/?key=s3cret", "", "1")},
			[]step{{"GET", "http://h/?key=s3cret", "", "", "1"}, {"GET", "http://h/?key=[redacted]", "", "", "1"}},
		},
		"what a client draws": {nil,
			[]*Entry{exchanged("GET", "http://h/auth?client_id=a&state=1&nonce=2&scope=x+y", "", "1"), form("http://h/token", "grant_type=authorization_code&code=1&code_verifier=2", "t"), exchanged("GET", "http://h/find?state=CA", "", "CA")},
			[]step{
				{"GET", "http://h/auth?nonce=9&client_id=a&state=8&scope=x%20y", "", "", "1"},
				{"GET", "http://h/find?state=CA", "", "", "CA"},
				{"GET", "http://h/find?state=NY", "", "", "transport: there is no recording of GET http://h/find?state=NY in x.har; the nearest is entry 3, GET http://h/find?state=CA: another query"},
				{"GET", "http://h/auth?client_id=b&state=8&nonce=9&scope=x+y", "", "", "transport: there is no recording of GET http://h/auth?client_id=b&state=8&nonce=9&scope=x+y in x.har; the nearest is entry 1, GET http://h/auth?client_id=a&state=1&nonce=2&scope=x+y: another query"},
			},
		},
		"a miss": {nil,
			[]*Entry{exchanged("PUT", "http://h/a", "", "1"), exchanged("DELETE", "http://g/a?b", "", "2")},
			[]step{
				{"GET", "http://h/a", "", "", "transport: there is no recording of GET http://h/a in x.har; the nearest is entry 1, PUT http://h/a: another method"},
				{"GET", "http://g/a", "", "", "transport: there is no recording of GET http://g/a in x.har; the nearest is entry 2, DELETE http://g/a?b: another method and query"},
				{"GET", "http://h/c", "", "", "transport: there is no recording of GET http://h/c in x.har; no entry has its path: is it a recording of this collection?"},
			},
		},
		"a Unix socket": {nil,
			[]*Entry{exchanged("GET", "unix:///run/docker.sock:/v1/info", "", "1"), exchanged("GET", "https://unix:/run/x.sock:/", "", "2")},
			[]step{{"GET", "unix:///run/docker.sock:/v1/info", "", "", "1"}, {"GET", "https://unix:/run/x.sock:/", "", "", "2"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := replay(t, c.redact, c.entries...)
			for _, s := range c.steps {
				header := []string{}
				if strings.Contains(s.body, "grant_type") {
					header = []string{"Content-Type", "application/x-www-form-urlencoded"}
				}
				if got := ask(r, s.method, s.url, s.body, s.authorization, header...); got != s.want {
					t.Errorf("%s %s %s:\n%s, not\n%s", s.method, s.url, s.body, got, s.want)
				}
			}
		})
	}
}

// What two runs draw in a form of several parts is the boundary.
func TestReplayParts(t *testing.T) {
	t.Parallel()
	parts := func(boundary, value string) (body, kind string) {
		return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + value + "\r\n--" + boundary + "--\r\n", "multipart/form-data; boundary=" + boundary
	}
	var entries []*Entry
	for _, value := range []string{"1", "2"} {
		body, kind := parts("x"+value, value)
		entries = append(entries, with(exchanged("POST", "http://h/", body, value), "Content-Type", kind))
	}
	r := replay(t, nil, entries...)
	for _, value := range []string{"2", "1"} {
		body, kind := parts("other", value)
		if got := ask(r, "POST", "http://h/", body, "", "Content-Type", kind); got != value {
			t.Errorf("%s is answered with %s", value, got)
		}
	}
}

// A form that a browser kept as parameters alone is the same form.
func TestReplayParams(t *testing.T) {
	t.Parallel()
	a, b := exchanged("POST", "http://h/", "", "a"), exchanged("POST", "http://h/", "", "b")
	a.Request.PostData = &PostData{MimeType: "application/x-www-form-urlencoded", Params: []Param{{Name: "x", Value: "a b"}}}
	b.Request.PostData = &PostData{MimeType: "application/x-www-form-urlencoded; charset=utf-8", Params: []Param{{Name: "x", Value: "ü"}}}
	r := replay(t, nil, a, b)
	for body, want := range map[string]string{"x=a%20b": "a", "x=%C3%BC": "b"} {
		if got := ask(r, "POST", "http://h/", body, "", "Content-Type", "application/x-www-form-urlencoded"); got != want {
			t.Errorf("%s is answered with %s", body, got)
		}
	}
}

// What a recording lacks is an error, and never an answer that is not so.
func TestReplayLacks(t *testing.T) {
	t.Parallel()
	const dropped = "transport: the recording of GET http://h/ has no body: entry 1 of x.har; it was left out when the file was saved: save it with the content of answers, or use --record"
	for _, c := range []struct {
		want   string
		change func(*Entry)
	}{
		{dropped, func(e *Entry) { e.Response.Content = Content{Size: 12} }},
		{dropped, func(e *Entry) { e.Response.Content.Clipped = true }},
		{"transport: the body of the answer of h is broken after 0 bytes: it broke off when it was recorded: reset; ", func(e *Entry) {
			e.Response.Content, e.Response.Error = Content{Size: -1}, "reset"
		}},
		{"transport: the recording of GET http://h/ has no answer: entry 1 of x.har; there was none when it was recorded: net::ERR_FAILED", func(e *Entry) {
			e.Response.Status, e.Response.Error = 0, "net::ERR_FAILED"
		}},
		{"transport: the recording of GET http://h/ has the status 7: entry 1 of x.har; ", func(e *Entry) { e.Response.Status = 7 }},
		{"transport: the body of the recording of GET http://h/ cannot be read: its text is not base64: entry 1 of x.har; ", func(e *Entry) {
			e.Response.Content.Encoding = "base64"
		}},
	} {
		e := exchanged("GET", "http://h/", "", "%%")
		c.change(e)
		if got := ask(replay(t, nil, e), "GET", "http://h/", "", ""); got != c.want {
			t.Errorf("%s\nnot\n%s", got, c.want)
		}
	}
	text := archive(t)
	if _, err := NewReplay("x.har", bytes.NewReader(text), int64(len(text)), ReplayOptions{}); err == nil || !strings.Contains(err.Error(), "no entries") {
		t.Errorf("an empty recording: %v", err)
	}
}

// Redirects are answered hop by hop with their cookies, bodies are not decoded twice, and versions are those recorded.
func TestReplayAnswers(t *testing.T) {
	t.Parallel()
	first, second := exchanged("GET", "https://h/1", "", ""), exchanged("GET", "https://h/2", "", "\xff\x00decoded")
	first.Response.Status, first.Response.StatusText = 302, "Found"
	first.Response.Headers = []Pair{{"Location", "/2"}, {"Set-Cookie", "a=1\nb=2"}, {":status", "302"}}
	second.Response.HTTPVersion = "h3"
	second.Response.Headers = []Pair{{"content-encoding", "br"}, {"content-length", "9"}}
	client := exchange.NewClient(exchange.Options{Transport: replay(t, nil, first, second)})
	jar := exchange.NewJar()
	x, err := client.Do(t.Context(), jar, &exchange.Request{Method: "GET", URL: "https://h/1", MaxRedirects: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(x.Redirects) != 1 || len(x.Cookies) != 2 || string(x.Response.Body) != "\xff\x00decoded" || x.Response.Protocol != "HTTP/3" || x.Response.Header.Get("Content-Encoding") != "br" {
		t.Errorf("%+v", x)
	}
	if x.Sent.Get("Cookie") != "a=1; b=2" {
		t.Errorf("cookies %q", x.Sent.Get("Cookie"))
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	var e *exchange.Error
	if _, err := client.Do(canceled, nil, &exchange.Request{URL: "https://h/2"}); !errors.As(err, &e) || e.Kind != exchange.KindCanceled {
		t.Errorf("a context that has ended: %v", err)
	}
	open := func() (io.ReadCloser, error) { return nil, errors.New("gone") }
	if _, err := client.Do(t.Context(), nil, &exchange.Request{Method: "POST", URL: "https://h/2", Open: open, Length: 1}); err == nil {
		t.Error("a body that cannot be opened is answered")
	}
}

// Of many entries a little is kept for each, and none is lost.
func TestReplayMany(t *testing.T) {
	const n, body = 20_000, 200
	file, err := os.Create(filepath.Join(t.TempDir(), "many.har"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := NewWriter(file, Log{})
	e := exchanged("GET", "", "", strings.Repeat("x", body))
	for i := range n {
		e.Request.URL = fmt.Sprint("http://h/", i%(n/2))
		if err := w.Entry(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	r, err := NewReplay("many.har", file, info.Size(), ReplayOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if kept := (int64(heap()) - int64(before)) / int64(n); kept > 150 {
		t.Errorf("%d bytes are kept for an entry", kept)
	}
	for i := 0; i < n; i += n / 50 {
		if got := ask(r, "GET", fmt.Sprint("http://h/", i%(n/2)), "", ""); len(got) != body {
			t.Fatalf("entry %d: %.200s", i, got)
		}
	}
	runtime.KeepAlive(r)
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var _ http.RoundTripper = (*Replay)(nil)
