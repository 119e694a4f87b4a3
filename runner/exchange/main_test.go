package exchange_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/postrider/postrider/runner/exchange"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fields makes a header of names and values in turn.
func fields(pairs ...string) (h exchange.Header) {
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

// newClient is closed with the test.
func newClient(t testing.TB, o exchange.Options) *exchange.Client {
	t.Helper()
	c := exchange.NewClient(o)
	t.Cleanup(c.Close)
	return c
}

// serve starts a server that is closed with the test.
func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// script is a server that answers with bytes, whatever they are, and keeps what
// it was sent.
type script struct {
	URL string

	mu       sync.Mutex
	requests []string
}

// raw answers each request by calling answer with the connection, which is
// closed after it.
func raw(t testing.TB, answer func(net.Conn)) *script {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{URL: "http://" + l.Addr().String()}
	var running sync.WaitGroup
	var conns []net.Conn // also those that the client opened and does not use
	accepting := make(chan struct{})
	running.Go(func() {
		defer close(accepting)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, conn)
			running.Go(func() {
				defer conn.Close()
				if s.read(conn) {
					answer(conn)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		<-accepting
		for _, c := range conns {
			c.Close()
		}
		running.Wait()
	})
	return s
}

// say is raw with bytes that are always the same.
func say(t testing.TB, reply string) *script {
	t.Helper()
	return raw(t, func(c net.Conn) { io.WriteString(c, reply) })
}

func (s *script) read(conn net.Conn) bool {
	var seen bytes.Buffer
	req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &seen)))
	if err != nil {
		return false
	}
	io.Copy(io.Discard, req.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, seen.String())
	return true
}

// seen are the requests so far, as they came over the wire.
func (s *script) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// do sends r with a client of its own, within ten seconds.
func do(t testing.TB, r *exchange.Request) (*exchange.Exchange, error) {
	t.Helper()
	return doWith(t, newClient(t, exchange.Options{}), exchange.NewJar(), r)
}

func doWith(t testing.TB, c *exchange.Client, jar *exchange.Jar, r *exchange.Request) (*exchange.Exchange, error) {
	t.Helper()
	if r.Timeout == 0 {
		r.Timeout = 10 * time.Second
	}
	x, err := c.Do(context.Background(), jar, r)
	if x == nil {
		t.Fatal("no exchange")
	}
	if err != nil {
		checkWords(t, err)
	}
	return x, err
}

// must is do that has to go well.
func must(t testing.TB, r *exchange.Request) *exchange.Exchange {
	t.Helper()
	x, err := do(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

var (
	internals = regexp.MustCompile(`dial tcp|read tcp|write tcp|net/http|net/url|http:( |$)|tls: |x509|context |EOF|goroutine|0x[0-9a-f]{6}|%!`)
	quoted    = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`) // what others said
	capital   = regexp.MustCompile(`^[A-Z][a-z]`)
)

// checkWords holds each message to our rules for messages.
func checkWords(t testing.TB, err error) {
	t.Helper()
	var e *exchange.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T, want *exchange.Error: %v", err, err)
	}
	if e.Kind == "" || e.Message == "" || e.Error() != e.Message {
		t.Errorf("incomplete: %+v", e)
	}
	for _, text := range []string{e.Message, e.Hint} {
		if internals.MatchString(quoted.ReplaceAllString(text, "")) || capital.MatchString(text) || strings.HasSuffix(text, ".") || strings.ContainsAny(text, "\r\n\x00\x1b") {
			t.Errorf("not worded for people: %q", text)
		}
	}
}

// wantError holds err to a kind and a part of the message.
func wantError(t testing.TB, err error, kind exchange.Kind, part string) {
	t.Helper()
	var e *exchange.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want kind %s with %q", err, kind, part)
	}
	if e.Kind != kind || !strings.Contains(e.Message, part) {
		t.Errorf("got %s %q, want %s with %q", e.Kind, e.Message, kind, part)
	}
}

func hintOf(err error) string {
	var e *exchange.Error
	errors.As(err, &e)
	return e.Hint
}

// quiet is for servers whose clients misbehave.
var quiet = log.New(io.Discard, "", 0)
