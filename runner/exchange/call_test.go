package exchange

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"
	"time"
)

// echo answers with the path and the fields it got, after as many milliseconds as the query says.
func echo(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wait, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil {
			time.Sleep(wait)
		}
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/there", http.StatusFound)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s a=%q b=%q cookie=%q agent=%q %s", r.Method, r.URL.Path, r.Host,
			r.Header.Values("A"), r.Header.Values("B"), r.Header.Get("Cookie"), r.Header.Get("User-Agent"), body)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func client(t *testing.T) *Client {
	t.Helper()
	c := NewClient(Options{})
	t.Cleanup(c.Close)
	return c
}

func (c *Client) spares() []*call {
	c.spare.mu.Lock()
	defer c.spare.mu.Unlock()
	return append([]*call(nil), c.spare.calls...)
}

func TestCallsAreUsedAgain(t *testing.T) {
	t.Parallel()
	base, c, ctx := echo(t), client(t), t.Context()
	get := func(ctx context.Context, r *Request) string {
		t.Helper()
		x, err := c.Do(ctx, nil, r)
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(x.Response.Body), strings.TrimPrefix(base, "http://"), "HOST")
	}
	first := &Request{Method: "POST", URL: base + "/1", Body: []byte("one"), Timeout: time.Minute, Header: Header{
		{"A", "1"}, {"A", "2"}, {"B", "3"}, {"Cookie", "c=1"}, {"Host", "other.test"}, {"User-Agent", "me"}}}
	want := `POST /1 other.test a=["1" "2"] b=["3"] cookie="c=1" agent="me" one`
	if got := get(ctx, first); got != want || len(c.spares()) != 0 {
		t.Fatalf("%s, %d spare calls after one that connected", got, len(c.spares()))
	}
	if got := get(ctx, first); got != want || len(c.spares()) != 1 {
		t.Fatalf("%s, %d spare calls after one that did not connect", got, len(c.spares()))
	}
	spare := c.spares()[0]
	// Nothing of the one before may be left.
	if got := get(ctx, &Request{URL: base + "/2"}); got != `GET /2 HOST a=[] b=[] cookie="" agent="postrider" ` {
		t.Error(got)
	}
	if s := c.spares(); len(s) != 1 || s[0] != spare {
		t.Errorf("not used again: %v", s)
	}
	if got := get(ctx, &Request{URL: base + "/moved", MaxRedirects: 1}); !strings.HasPrefix(got, "GET /there ") {
		t.Error(got)
	}
	if s := c.spares(); len(s) != 0 {
		t.Errorf("kept after two messages: %v", s)
	}
	get(ctx, first)
	own, cancel := context.WithCancel(ctx)
	get(own, first)
	if s := c.spares(); len(s) != 1 || s[0].parent != own {
		t.Errorf("kept for another context: %v", s)
	}
	cancel()
	if _, err := c.Do(own, nil, first); err == nil {
		t.Error("sent after the end of its context")
	}
	get(ctx, first)
	c.Close()
	get(ctx, first)
	get(ctx, first)
	if s := c.spares(); len(s) != 0 {
		t.Errorf("kept after Close: %v", s)
	}
}

// The bound of an exchange that is over must not end the next one, nor may one without a bound have that of another.
func TestBoundsAreOfOneExchange(t *testing.T) {
	t.Parallel()
	base, c := echo(t), client(t)
	for range 3 {
		if _, err := c.Do(t.Context(), nil, &Request{URL: base, Timeout: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	if k := c.spares()[0]; k.timer.Stop() {
		t.Error("the bound of an exchange that is over is still there")
	}
	if _, err := c.Do(t.Context(), nil, &Request{URL: base}); err != nil {
		t.Error(err)
	}
	if k := c.spares()[0]; k.timer.Stop() || !k.until.IsZero() {
		t.Error("an exchange without a bound has one")
	}
	if _, err := c.Do(t.Context(), nil, &Request{URL: base + "?wait=300ms", Timeout: 50 * time.Millisecond}); err == nil {
		t.Error("no bound")
	}
	if s := c.spares(); len(s) != 0 {
		t.Errorf("kept after its time was up: %v", s)
	}
}

func TestCallsAreKeptWhenNothingComesBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		idle, wrote, well bool
		conns             int
		kept              bool
	}{
		"all well":                 {true, true, true, 1, true},
		"an error":                 {true, true, false, 1, false},
		"still being written":      {true, false, true, 1, false},
		"somebody connects":        {false, true, true, 1, false},
		"another after a dead one": {true, true, true, 2, false},
		"sent by somebody unknown": {true, true, true, 0, false},
	} {
		c := client(t)
		k := c.call(t.Context(), time.Now(), time.Minute)
		for range test.conns {
			k.gotConn(httptrace.GotConnInfo{Reused: true, WasIdle: test.idle})
		}
		if test.wrote {
			k.wroteRequest(httptrace.WroteRequestInfo{})
		}
		if c.over(k, test.well); (len(c.spares()) == 1) != test.kept || (k.Err() == nil) != test.kept {
			t.Errorf("%s: kept %d, ended %v", name, len(c.spares()), k.Err())
		}
	}
}

// valued is a context that cannot be compared.
type valued struct {
	context.Context
	_ []int
}

func TestContextsThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	base, c := echo(t), client(t)
	for range 3 {
		if _, err := c.Do(valued{Context: t.Context()}, nil, &Request{URL: base}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCallsUnderStress has many users of one client, of which some time out, are redirected, talk to a server that
// answers before it was asked, or to one that drops connections: each must get its own answer.
func TestCallsUnderStress(t *testing.T) {
	t.Parallel()
	base, c := echo(t), client(t)
	hasty := hastyServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var users sync.WaitGroup
	for user := range 24 {
		users.Go(func() {
			for i := range 60 {
				path := fmt.Sprintf("/%d-%d", user, i)
				r := &Request{Method: "POST", URL: base + path, Body: []byte(path), Header: Header{{"A", path}}, Timeout: time.Minute}
				switch i % 6 {
				case 1:
					r.URL, r.Timeout = base+path+"?wait=3ms", 3*time.Millisecond
				case 2:
					r.URL, r.MaxRedirects, r.Method, r.Body = base+"/moved", 1, "GET", nil
				case 3:
					r.URL = hasty + path
				case 4:
					r.Body = []byte(strings.Repeat(path, 10_000))
				}
				x, err := c.Do(ctx, nil, r)
				if err != nil && i%6 != 1 && i%6 != 3 {
					t.Error(path, err)
				}
				if err != nil || i%6 == 3 {
					continue
				}
				body, at := string(x.Response.Body), path
				if i%6 == 2 {
					at = "/there"
				}
				if !strings.HasPrefix(body, r.Method+" "+at+" ") || !strings.Contains(body, fmt.Sprintf("a=[%q] b=[]", path)) || !strings.HasSuffix(body, string(r.Body)) {
					t.Errorf("%s was answered %.120s", path, body)
				}
			}
		})
	}
	users.Wait()
}

// hastyServer answers as soon as it is connected to and again with every byte it gets, and closes now and then.
func hastyServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				one := make([]byte, 1)
				for n := 0; n < 3; n++ {
					if _, err := conn.Read(one); err != nil {
						return
					}
					if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"); err != nil {
						return
					}
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// Addresses that are remembered are sent to as those that are not.
func TestAddressesAreRemembered(t *testing.T) {
	t.Parallel()
	base, c := echo(t), client(t)
	host := strings.TrimPrefix(base, "http://")
	for range 3 {
		for url, want := range map[string]string{
			base + "/a#x": "GET /a", base + "/a b": "GET /a b", "http://jane:secret@" + host + "/c": "GET /c",
		} {
			x, err := c.Do(t.Context(), nil, &Request{URL: url})
			if err != nil || !strings.HasPrefix(string(x.Response.Body), want+" ") {
				t.Errorf("%s: %v %s", url, err, x.Response.Body)
			}
			if credentials := x.Sent.Get("Authorization") != ""; credentials != strings.Contains(url, "@") {
				t.Errorf("%s: sent %v", url, x.Sent)
			}
			if strings.Contains(x.URL, "secret") || strings.HasSuffix(url, "#x") != strings.HasSuffix(x.URL, "#x") {
				t.Errorf("%s became %s", url, x.URL)
			}
		}
		if _, err := c.Do(t.Context(), nil, &Request{URL: base + "/a", Header: Header{{"A", "b\nc"}}}); err == nil {
			t.Error("a bad field was sent to an address that is known")
		}
	}
	for i := range 2 * maxAddresses {
		if _, err := c.Do(t.Context(), nil, &Request{URL: fmt.Sprintf("%s/%d", base, i)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.addresses.known); n != maxAddresses {
		t.Errorf("%d addresses are remembered", n)
	}
	for raw := range c.addresses.known {
		if strings.Contains(raw, "secret") {
			t.Errorf("%s is remembered", raw)
		}
	}
}
