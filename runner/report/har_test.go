package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/har"
)

func readHAR(t testing.TB, text []byte) (out []*har.Entry) {
	t.Helper()
	if !json.Valid(text) {
		t.Fatalf("not JSON:\n%s", text)
	}
	r := har.NewReader("x.har", bytes.NewReader(text))
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		out = append(out, e)
	}
}

// journey has redirects, cookies, forms, bodies of all kinds, and requests that were not answered or not sent.
func journey() *script {
	at := func(ms int) time.Time { return started().Started.Add(time.Duration(ms) * time.Millisecond) }
	signIn := ok("Sign in", "POST", "/login", 200, 5, 1, 40*time.Millisecond)
	signIn.Started = at(0)
	signIn.Timing = exchange.Timing{DNS: time.Millisecond, Connect: 2 * time.Millisecond, TLS: 3 * time.Millisecond, FirstByte: 5 * time.Millisecond, Download: time.Millisecond, Total: 40 * time.Millisecond}
	signIn.Hops = []runner.Hop{{
		Method: "POST", URL: "http://127.0.0.1:43121/login?next=%2Fa&next=b+c&flag#top", Body: "user=jane&password=[redacted]&a=b%20c",
		Header: exchange.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}, {Name: "Cookie", Value: "[redacted]"}},
		Status: 302, Reason: "Found", Protocol: "HTTP/1.1", Started: at(1), Took: 20 * time.Millisecond,
		Answer: exchange.Header{{Name: "Location", Value: "/home"}, {Name: "Set-Cookie", Value: "sid=[redacted]; Path=/; Domain=example.com; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly; Secure; SameSite=Lax"}, {Name: "Set-Cookie", Value: "=;"}},
	}}
	signIn.Sent.Method, signIn.Sent.URL, signIn.Sent.Redirects = "GET", "http://127.0.0.1:43121/home", 1
	signIn.Response.Body = "hello"

	upload := ok("Upload", "PUT", "/files", 201, 4, 1, 9*time.Millisecond)
	upload.Started, upload.Folder, upload.Stage = at(50), []string{"Files", "In"}, runner.Setup
	upload.Timing = exchange.Timing{DNS: time.Millisecond, Connect: 2 * time.Millisecond, TLS: 1500 * time.Microsecond, FirstByte: 3 * time.Millisecond, Download: 250 * time.Microsecond, Total: 9 * time.Millisecond}
	upload.Sent.Body = "--x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\nphoto\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG\xff\r\n--x--\r\n"
	upload.Sent.BodyBytes = len(upload.Sent.Body)
	upload.Sent.Header = exchange.Header{{Name: "Content-Type", Value: "multipart/form-data; boundary=x"}, {Name: "Cookie", Value: "a=1; b=\"2\"; c"}}
	upload.Response.Body = "\x00\xff\xfe\x01"
	upload.Response.Header = exchange.Header{{Name: "Content-Encoding", Value: "gzip"}, {Name: "Content-Length", Value: "24"}}

	clipped := fail(ok("Clipped", "GET", "/long", 200, 9000, 1, 3*time.Millisecond), "the start…")
	clipped.Started, clipped.Response.Clipped, clipped.Case, clipped.Iteration = at(70), true, "tampered", 2
	clipped.Timing = exchange.Timing{Connect: 5 * time.Millisecond, FirstByte: 2 * time.Millisecond, Total: 3 * time.Millisecond} // they overlap
	dropped := ok("Dropped", "GET", "/a", 200, 9000, 1, time.Millisecond)
	dropped.Started, dropped.Iteration = at(80), 2
	dropped.Response.Header = exchange.Header{{Name: "Content-Encoding", Value: "br"}}
	down := broken("Down", runner.TransportError, "connection refused by 127.0.0.1:1")
	down.Started, down.Iteration = at(90), 2
	off := broken("Off", runner.LimitError, "the body is over the limit")
	off.Started, off.Iteration, off.Response = at(95), 2, ok("", "", "", 200, 0, 0, 0).Response
	off.Sent.URL = "http://127.0.0.1:43121/off"
	unsent := broken("Unsent", runner.VariableError, "no value")
	unsent.Sent, unsent.Iteration = nil, 2
	skip := skipped("Skipped", "not wanted")
	skip.Iteration = 2

	info := &runner.CollectionInfo{Name: "Journey", Path: "journey.toml", Iterations: 2}
	other := &runner.CollectionInfo{Name: "Other", Path: "other.toml", Iterations: 1}
	last := ok("Last", "GET", "/", 204, 0, 1, time.Millisecond)
	last.Started = at(100)
	s := &script{info: started(), collections: []group{
		{info, []*runner.RequestResult{signIn, upload, clipped, dropped, down, off, unsent, skip}}, {other, []*runner.RequestResult{last}},
	}}
	s.info.Collections = []*runner.CollectionInfo{info, other}
	return s
}

func TestHAR(t *testing.T) {
	t.Parallel()
	seed := uint64(7)
	for name, c := range map[string]struct {
		run *script
		o   HAROptions
	}{
		"journey": {journey(), HAROptions{Version: "v0.1.0", Seed: &seed}}, "mixed": {mixed(), HAROptions{Version: "v0.1.0"}},
		"empty": {&script{info: started(), interrupted: true}, HAROptions{}},
	} {
		var out bytes.Buffer
		h := NewHAR(&out, c.o)
		c.run.play(h)
		if h.Err() != nil {
			t.Error(name, h.Err())
		}
		readHAR(t, out.Bytes())
		var pretty bytes.Buffer // so that a difference can be read
		if err := json.Indent(&pretty, out.Bytes(), "", " "); err != nil {
			t.Fatal(err)
		}
		golden(t, "har-"+name+".json", pretty.Bytes())
	}
}

// The phases add up to the time, SSL is within connect, and the entries of a request follow each other.
func TestHARTimings(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	journey().play(NewHAR(&out, HAROptions{}))
	entries := readHAR(t, out.Bytes())
	if len(entries) != 8 {
		t.Fatalf("%d entries", len(entries))
	}
	for i, e := range entries {
		p := e.Timings
		sum := p.Send + p.Wait + p.Receive
		for _, phase := range []float64{p.Blocked, p.DNS, p.Connect} {
			sum += max(phase, 0)
		}
		if math.Abs(sum-e.Time) > 1e-9 {
			t.Errorf("entry %d: the phases of %+v are %v, not %v", i, p, sum, e.Time)
		}
		if p.SSL > p.Connect {
			t.Errorf("entry %d: %+v", i, p)
		}
	}
	if e := entries[1]; e.Started != "2026-01-02T03:04:05.699000Z" || e.Time != 19 {
		t.Errorf("behind a redirect of 20 ms, which began after 1 ms of 40: %s, %v ms", e.Started, e.Time)
	}
}

// Cookies are read from what was redacted.
func TestHARCookies(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	journey().play(NewHAR(&out, HAROptions{}))
	entries := readHAR(t, out.Bytes())
	if c := entries[0].Request.Cookies; len(c) != 0 {
		t.Errorf("of a Cookie field that was redacted: %v", c)
	}
	if c := entries[0].Response.Cookies; len(c) != 1 || c[0].Value != "[redacted]" || c[0].SameSite != "Lax" || !c[0].HTTPOnly {
		t.Errorf("%v", c)
	}
	if c := entries[2].Request.Cookies; len(c) != 2 || c[0].Value != "1" || c[1].Value != `"2"` {
		t.Errorf("%v", c)
	}
}

// What was recorded is answered, and what was left out of a report is not.
func TestHARReplays(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	journey().play(NewHAR(&out, HAROptions{}))
	r, err := har.NewReplay("x.har", bytes.NewReader(out.Bytes()), int64(out.Len()), har.ReplayOptions{})
	if err != nil {
		t.Fatal(err)
	}
	client := exchange.NewClient(exchange.Options{Transport: r})
	for url, want := range map[string]string{
		"http://127.0.0.1:43121/files": "\x00\xff\xfe\x01", "http://127.0.0.1:43121/": "",
		"http://127.0.0.1:43121/long": "has no body", "http://127.0.0.1:43121/a": "has no body", "http://127.0.0.1:1/login": "has no answer", "http://127.0.0.1:43121/off": "broke off when it was recorded",
	} {
		method := map[string]string{"http://127.0.0.1:43121/files": "PUT", "http://127.0.0.1:1/login": "POST", "http://127.0.0.1:43121/off": "POST"}[url]
		x, err := client.Do(t.Context(), nil, &exchange.Request{Method: method, URL: url})
		if err == nil && string(x.Response.Body) != want || err != nil && (!strings.Contains(err.Error(), want) || want == "") {
			t.Errorf("%s: %q, %v", url, x.Response.Body, err)
		}
	}
}
