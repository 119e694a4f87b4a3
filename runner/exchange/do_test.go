package exchange_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/exchange"
)

func TestSentIsWhatWentOut(t *testing.T) {
	t.Parallel()
	tests := map[string]*exchange.Request{
		"defaults":     {},
		"post":         {Method: "POST", Body: []byte("a=1"), Header: fields("content-type", "text/plain")},
		"empty post":   {Method: "POST"},
		"empty put":    {Method: "PUT", Body: []byte{}},
		"delete":       {Method: "DELETE"},
		"get and body": {Method: "GET", Body: []byte("x")},
		"custom":       {Method: "PURGE!"},
		"lower case":   {Method: "get"},
		"overridden":   {Header: fields("user-agent", "me", "ACCEPT", "text/html", "accept-encoding", "br")},
		"none":         {Header: fields("User-Agent", "", "Accept", "", "Accept-Encoding", "")},
		"spelled":      {Header: fields("x-api-KEY", "1", "X-Api-Key", "2", "x-api-KEY", " 3\t")},
		"host":         {Header: fields("hOST", "example.test")},
		"body fields":  {Method: "POST", Body: []byte("abc"), Header: fields("Content-Length", "99", "Transfer-Encoding", "chunked", "Trailer", "X")},
		"cookies":      {Header: fields("Cookie", "a=1", "cookie", "b=2")},
		"range":        {Header: fields("range", "bytes=0-1")},
		"userinfo":     {URL: "http://us%40er:pass@"},
		"query":        {URL: "?a b=\u00fc&c=<\">#frag"},
		"close":        {Header: fields("connection", "close")},
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := say(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			switch {
			case strings.HasPrefix(r.URL, "http://"):
				r.URL += strings.TrimPrefix(s.URL, "http://")
			default:
				r.URL = s.URL + "/p" + r.URL
			}
			x := must(t, r)
			head, _, _ := strings.Cut(s.seen()[0], "\r\n\r\n")
			line, wire, _ := strings.Cut(head, "\r\n")
			var sent strings.Builder
			for _, f := range x.Sent {
				fmt.Fprintf(&sent, "%s: %s\r\n", f.Name, f.Value)
			}
			if diff := cmp.Diff(wire+"\r\n", sent.String()); diff != "" {
				t.Errorf("wire and Sent differ (-wire +sent)\n%s", diff)
			}
			if !strings.HasPrefix(line, x.Method+" /") || strings.Count(line, " ") != 2 {
				t.Errorf("request line %q", line)
			}
			if strings.Contains(x.URL, "pass") {
				t.Errorf("URL %q has the password", x.URL)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := say(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	x := must(t, &exchange.Request{URL: s.URL + "/a"})
	want := exchange.Header{
		{Name: "Host", Value: strings.TrimPrefix(s.URL, "http://")},
		{Name: "User-Agent", Value: exchange.DefaultUserAgent},
		{Name: "Accept", Value: "*/*"},
		{Name: "Accept-Encoding", Value: "gzip, deflate, br, zstd"},
	}
	if diff := cmp.Diff(want, x.Sent); diff != "" {
		t.Error(diff)
	}
	if x.Method != "GET" || x.URL != s.URL+"/a" || x.Started.IsZero() {
		t.Errorf("%+v", x)
	}
}

func TestUserinfoBecomesBasic(t *testing.T) {
	t.Parallel()
	s := say(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	at := strings.Replace(s.URL, "://", "://ada:p%3Aw@", 1)
	if got := must(t, &exchange.Request{URL: at}).Sent.Get("authorization"); got != "Basic YWRhOnA6dw==" {
		t.Error(got)
	}
	header := exchange.Header{{Name: "authorization", Value: "mine"}}
	if got := must(t, &exchange.Request{URL: at, Header: header}).Sent.Values("Authorization"); len(got) != 1 || got[0] != "mine" {
		t.Error(got)
	}
}

func TestResponse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, reply string
		want          exchange.Response
	}{
		"sorted": {"GET", "HTTP/1.1 200 OK\r\nX-B: 1\r\nSet-Cookie: a=1\r\nx-b: 2\r\nContent-Length: 2\r\n\r\nhi", exchange.Response{
			Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Body: []byte("hi"),
			Header: fields("Content-Length", "2", "Set-Cookie", "a=1", "X-B", "1", "X-B", "2"),
		}},
		"reason":    {"GET", "HTTP/1.1 299 funky chunky!\r\nContent-Length: 0\r\n\r\n", exchange.Response{Status: 299, Reason: "funky chunky!", Protocol: "HTTP/1.1", Header: fields("Content-Length", "0")}},
		"no reason": {"GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", exchange.Response{Status: 200, Protocol: "HTTP/1.1", Header: fields("Content-Length", "0")}},
		"no space":  {"GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", exchange.Response{Status: 200, Protocol: "HTTP/1.1", Header: fields("Content-Length", "0")}},
		"old":       {"GET", "HTTP/1.0 200 OK\r\n\r\nto the end", exchange.Response{Status: 200, Reason: "OK", Protocol: "HTTP/1.0", Header: exchange.Header{}, Body: []byte("to the end")}},
		"chunked": {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1;x=y\r\n!\r\n0\r\nT: r\r\n\r\n", exchange.Response{
			Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Header: fields("Transfer-Encoding", "chunked"), Body: []byte("hi!")}},
		"head":         {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\nContent-Encoding: gzip\r\n\r\n", exchange.Response{Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Header: fields("Content-Encoding", "gzip", "Content-Length", "99999999999")}},
		"204":          {"GET", "HTTP/1.1 204 No Content\r\n\r\n", exchange.Response{Status: 204, Reason: "No Content", Protocol: "HTTP/1.1", Header: exchange.Header{}}},
		"304":          {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", exchange.Response{Status: 304, Reason: "Not Modified", Protocol: "HTTP/1.1", Header: fields("Content-Length", "5")}},
		"1xx":          {"GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n!", exchange.Response{Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Header: fields("Content-Length", "1"), Body: []byte("!")}},
		"switched":     {"GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nbytes", exchange.Response{Status: 101, Reason: "Switching Protocols", Protocol: "HTTP/1.1", Header: fields("Connection", "Upgrade", "Upgrade", "x")}},
		"tunnel":       {"CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", exchange.Response{Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Header: fields("Content-Length", "5")}},
		"no location":  {"GET", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", exchange.Response{Status: 302, Reason: "Found", Protocol: "HTTP/1.1", Header: fields("Content-Length", "0")}},
		"same lengths": {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n!", exchange.Response{Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Header: fields("Content-Length", "1"), Body: []byte("!")}},
		"both":         {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n!\r\n0\r\n\r\n", exchange.Response{Status: 200, Reason: "OK", Protocol: "HTTP/1.1", Header: fields("Transfer-Encoding", "chunked"), Body: []byte("!")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := must(t, &exchange.Request{Method: test.method, URL: say(t, test.reply).URL, MaxRedirects: 3})
			if diff := cmp.Diff(test.want, x.Response); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // sends 100 Continue
		w.Write(body)
	})
	x := must(t, &exchange.Request{Method: "POST", URL: s.URL, Body: []byte("hello"), Header: fields("expect", "100-continue")})
	if string(x.Response.Body) != "hello" {
		t.Errorf("%q", x.Response.Body)
	}
}

func TestHTTP2(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/go" {
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprintf(w, "%s %s %s", r.Proto, r.Host, body)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClient(t, exchange.Options{Insecure: true})
	x, err := doWith(t, c, nil, &exchange.Request{Method: "POST", URL: s.URL + "/go", Body: []byte("hi"), MaxRedirects: 1, Header: fields("x-a", "1")})
	if err != nil {
		t.Fatal(err)
	}
	want := "HTTP/2.0 " + strings.TrimPrefix(s.URL, "https://") + " hi"
	if got := string(x.Response.Body); got != want || x.Response.Protocol != "HTTP/2" || x.Response.Reason != "" || x.Response.Status != 200 {
		t.Errorf("%q %+v", got, x.Response)
	}
	if x.Timing.TLS <= 0 || x.Timing.FirstByte <= 0 {
		t.Errorf("%+v", x.Timing)
	}
}

func TestHTTP2Failures(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/headers" {
			for range 11 {
				w.Header().Add("X", strings.Repeat("x", 100_000))
			}
			return
		}
		w.Header().Set("Content-Length", "9")
		io.WriteString(w, "abc")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClient(t, exchange.Options{Insecure: true})
	_, err := doWith(t, c, nil, &exchange.Request{URL: s.URL})
	wantError(t, err, exchange.KindTransport, "is broken after 3 of 9 bytes: stream error")
	_, err = doWith(t, c, nil, &exchange.Request{URL: s.URL + "/headers"})
	wantError(t, err, exchange.KindLimit, "over the limit of 1048576 bytes")
}

func TestTrustedAuthority(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	t.Cleanup(s.Close)
	roots := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	if _, err := doWith(t, newClient(t, exchange.Options{TLS: &tls.Config{RootCAs: roots}}), nil, &exchange.Request{URL: s.URL}); err != nil {
		t.Error(err)
	}
}

func TestTiming(t *testing.T) {
	t.Parallel()
	const wait = 60 * time.Millisecond
	body := strings.Repeat("x", 24<<20) // more than sockets hold: when it is written, the first of it has been read
	s := raw(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 103 Early Hints\r\n\r\n")
		time.Sleep(wait)
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body)+1, body)
		time.Sleep(wait)
		io.WriteString(c, "i")
	})
	r := &exchange.Request{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1), MaxBody: int64(len(body)) + 1}
	tm := must(t, r).Timing
	if tm.FirstByte < wait || tm.Download < wait || tm.Total < tm.FirstByte+tm.Download || tm.DNS <= 0 || tm.Connect <= 0 || tm.TLS != 0 {
		t.Errorf("%+v", tm)
	}
}

func TestTimingOfReusedConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/go" {
			http.Redirect(w, r, "/end", http.StatusFound)
		}
	})
	c := newClient(t, exchange.Options{})
	r := &exchange.Request{URL: s.URL + "/go", MaxRedirects: 1}
	first, _ := doWith(t, c, nil, r)
	second, err := doWith(t, c, nil, r)
	if err != nil || first.Timing.Connect <= 0 || second.Timing.Connect != 0 || second.Timing.DNS != 0 || second.Timing.FirstByte <= 0 {
		t.Errorf("%v\n%+v\n%+v", err, first.Timing, second.Timing)
	}
}

// TestIdleConnections: of many hosts only some connections are kept, and those as long as the servers want.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	var open, opened atomic.Int32
	var servers []*httptest.Server
	for range 6 {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
				opened.Add(1)
			case http.StateClosed:
				open.Add(-1)
			}
		}
		s.Start()
		t.Cleanup(s.Close)
		servers = append(servers, s)
	}
	c := newClient(t, exchange.Options{IdleConns: 1})
	send := func(s *httptest.Server) {
		if _, err := doWith(t, c, nil, &exchange.Request{URL: s.URL}); err != nil {
			t.Error(err)
		}
	}
	for _, s := range servers {
		send(s)
	}
	for deadline := time.Now().Add(10 * time.Second); open.Load() != 4; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are kept", open.Load())
		}
	}
	for _, s := range servers[2:] {
		send(s)
	}
	if n := opened.Load(); n != 6 {
		t.Errorf("%d connections were opened", n)
	}
}

func TestManyAtOnceShareConnections(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	conns := map[string]bool{}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		conns[r.RemoteAddr] = true
		fmt.Fprint(w, r.URL.Path)
	})
	c := newClient(t, exchange.Options{MaxConnsPerHost: 4})
	var users sync.WaitGroup
	for user := range 16 {
		users.Go(func() {
			for i := range 20 {
				path := fmt.Sprintf("/%d/%d", user, i)
				x, err := doWith(t, c, nil, &exchange.Request{URL: s.URL + path})
				if err != nil || string(x.Response.Body) != path {
					t.Errorf("%v %q", err, x.Response.Body)
				}
			}
		})
	}
	users.Wait()
	if len(conns) > 4 {
		t.Errorf("%d connections, want at most 4", len(conns))
	}
}

func TestDeadConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	s := raw(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		bufio.NewReader(c).ReadByte() // the next request, then the connection goes
	})
	c := newClient(t, exchange.Options{})
	for range 3 {
		if _, err := doWith(t, c, nil, &exchange.Request{URL: s.URL}); err != nil {
			t.Fatal(err)
		}
	}
}

type fake func(*http.Request) (*http.Response, error)

func (f fake) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransportOfTheCaller(t *testing.T) {
	t.Parallel()
	c := newClient(t, exchange.Options{UserAgent: "me/1", Transport: fake(func(r *http.Request) (*http.Response, error) {
		body := strings.NewReader(r.Method + " " + r.URL.String() + " " + r.UserAgent())
		return &http.Response{StatusCode: 200, ContentLength: -1, Body: io.NopCloser(body)}, nil
	})})
	x, err := doWith(t, c, nil, &exchange.Request{URL: "http://nowhere.test/a"})
	if err != nil || string(x.Response.Body) != "GET http://nowhere.test/a me/1" || x.Timing.FirstByte <= 0 {
		t.Errorf("%v %+v", err, x)
	}
}

func TestLengthIsCheckedForEveryTransport(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rest io.Reader
		part string
	}{
		"more":  {strings.NewReader("more"), "more bytes than announced"},
		"error": {iotest.ErrReader(io.ErrUnexpectedEOF), "was cut short"},
		"stuck": {stuck{}, ""},
		"whole": {strings.NewReader(""), ""},
	} {
		c := newClient(t, exchange.Options{Transport: fake(func(r *http.Request) (*http.Response, error) {
			body := io.MultiReader(strings.NewReader("hi"), test.rest)
			return &http.Response{StatusCode: 200, ContentLength: 2, Body: io.NopCloser(body)}, nil
		})})
		x, err := doWith(t, c, nil, &exchange.Request{URL: "http://nowhere.test/"})
		if name == "whole" {
			if err != nil || string(x.Response.Body) != "hi" {
				t.Error(err)
			}
			continue
		}
		wantError(t, err, exchange.KindTransport, test.part)
	}
}

// stuck gives neither bytes nor an end.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }
