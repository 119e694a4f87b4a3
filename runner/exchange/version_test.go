package exchange_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/postrider/postrider/runner/exchange"
)

// serveHTTP3 starts a server of HTTP/3 alone.
func serveHTTP3(t testing.TB, config *tls.Config, h http.HandlerFunc) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	tr := &quic.Transport{Conn: &bare{conn, conn}}
	l, err := tr.ListenEarly(http3.ConfigureTLSConfig(config), &quic.Config{Allow0RTT: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &http3.Server{Handler: h, Logger: slog.New(slog.DiscardHandler)}
	done := make(chan struct{})
	go func() { defer close(done); s.ServeListener(l) }()
	t.Cleanup(func() { s.Close(); l.Close(); tr.Close(); conn.Close(); <-done })
	return "https://" + conn.LocalAddr().String()
}

// bare keeps quic-go from writing to the log about buffers.
type bare struct {
	net.PacketConn
	conn *net.UDPConn
}

func (b *bare) SetReadBuffer(n int) error  { return b.conn.SetReadBuffer(n) }
func (b *bare) SetWriteBuffer(n int) error { return b.conn.SetWriteBuffer(n) }

func onlyH2C(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	w.Header().Set("X-Protocol", r.Proto)
	w.Header().Set("X-Length", fmt.Sprint(r.ContentLength))
	w.Header().Set("X-Agent", r.UserAgent())
	w.Write(body)
}

func TestVersions(t *testing.T) {
	t.Parallel()
	authority := certificate(t, isAuthority, nil)
	ca, _ := pems(t, authority)
	config := func(protocols ...string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{certificate(t, unchanged, &authority)}, NextProtos: protocols}
	}
	plain := serve(t, echo).URL
	h1 := serveTLS(t, false, config("http/1.1"), echo).URL
	both := serveTLS(t, true, config(), echo).URL
	other := serveTLS(t, false, config("spdy/3"), echo).URL
	h2c, h3 := onlyH2C(t, echo), serveHTTP3(t, config(), echo)
	tests := []struct {
		name, url, version, protocol, part string
	}{
		{"plain", plain, "", "HTTP/1.1", ""},
		{"plain 1.1", plain, "1.1", "HTTP/1.1", ""},
		{"plain 2", plain, "2", "", ""}, // what is read first, a reset or the answer, is a matter of luck
		{"old", h1, "", "HTTP/1.1", ""},
		{"old 1.1", h1, "1.1", "HTTP/1.1", ""},
		{"old 2", h1, "2", "", " does not speak HTTP/2"},
		{"both", both, "", "HTTP/2", ""},
		{"both 1.1", both, "1.1", "HTTP/1.1", ""},
		{"both 2", both, "2", "HTTP/2", ""},
		{"other 1.1", other, "1.1", "", " does not speak HTTP/1.1"},
		{"other 2", other, "2", "", " does not speak HTTP/2"},
		{"h2c", h2c, "2", "HTTP/2", ""},
		{"h3", h3, "3", "HTTP/3", ""},
	}
	c := newClient(t, exchange.Options{Route: exchange.Route{CA: ca}})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, body := range []string{"", "some body", strings.Repeat(kilo, 300)} {
				x, err := doWith(t, c, nil, &exchange.Request{Method: "POST", URL: test.url, Version: test.version, Body: []byte(body)})
				if test.protocol == "" && test.part == "" {
					wantError(t, err, exchange.KindTransport, strings.SplitN(test.url, "//", 2)[1])
					if !strings.Contains(hintOf(err), "HTTP") && !strings.Contains(hintOf(err), "it") {
						t.Errorf("%v (%s)", err, hintOf(err))
					}
					continue
				}
				if test.part != "" {
					wantError(t, err, exchange.KindTransport, strings.SplitN(test.url, "//", 2)[1]+test.part)
					if hintOf(err) == "" {
						t.Error("no hint")
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if x.Response.Protocol != test.protocol || string(x.Response.Body) != body {
					t.Errorf("%s: %d bytes", x.Response.Protocol, len(x.Response.Body))
				}
				for name, want := range map[string]string{
					"X-Length": fmt.Sprint(len(body)), "X-Agent": "postrider", "X-Protocol": strings.Replace(test.protocol+".0", "1.1.0", "1.1", 1),
				} {
					if got := x.Response.Header.Get(name); got != want {
						t.Errorf("%s %q, want %q", name, got, want)
					}
				}
				if secure := strings.HasPrefix(test.url, "https"); secure != (x.TLS != nil) {
					t.Errorf("TLS %v", x.TLS)
				}
				if x.TLS != nil && (len(x.TLS.PeerCertificates) == 0 || tls.CipherSuiteName(x.TLS.CipherSuite) == "") {
					t.Errorf("TLS %+v", x.TLS)
				}
				if x.Timing.FirstByte <= 0 || x.Timing.Total < x.Timing.FirstByte {
					t.Errorf("%+v", x.Timing)
				}
			}
		})
	}
}

// TestVersionIsHeld asks for HTTP/2 where a server knows nothing of it and
// would go on with HTTP/1.1.
func TestVersionIsHeld(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(echo))
	s.Config.ErrorLog = quiet
	inner := tls.NewListener(s.Listener, &tls.Config{Certificates: []tls.Certificate{certificate(t, unchanged, nil)}})
	s.Listener = inner
	s.Start()
	t.Cleanup(s.Close)
	_, err := do(t, &exchange.Request{URL: "https://" + inner.Addr().String(), Version: "2", Route: exchange.Route{Insecure: true}})
	wantError(t, err, exchange.KindTransport, " does not speak HTTP/2")
}

func TestVersionsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]*exchange.Request{
		`the version of HTTP is "1.0": expected "1.1", "2" or "3"`:                    {URL: "http://a.test", Version: "1.0"},
		"HTTP/3 is always encrypted: expected https:// in the URL":                    {URL: "http://a.test", Version: "3"},
		"HTTP/3 does not go through a proxy":                                          {URL: "https://a.test", Version: "3", Route: exchange.Route{Proxy: "http://b.test"}},
		"HTTP/3 does not go over a Unix socket":                                       {URL: "unix:///a.sock:/", Version: "3"},
		"HTTP/2 without TLS does not go through the proxy http://b.test:80: expected": {URL: "http://a.test", Version: "2", Route: exchange.Route{Proxy: "http://u:p@b.test"}},
		"this authentication belongs to a connection: it cannot use HTTP/2":           {URL: "https://a.test", Version: "2", Negotiator: &ntlm{}},
	} {
		_, err := do(t, r)
		wantError(t, err, exchange.KindRequest, want)
	}
}

func TestHTTP3Failures(t *testing.T) {
	t.Parallel()
	authority := certificate(t, isAuthority, nil)
	ca, _ := pems(t, authority)
	good := &tls.Config{Certificates: []tls.Certificate{certificate(t, unchanged, &authority)}}
	s := serveHTTP3(t, good, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			w.Header().Set("X-Large", strings.Repeat("x", 2<<20))
		case "/cut":
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "abc")
		case "/slow":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/bomb":
			w.Header().Set("Content-Encoding", "br")
			w.Write(brotlied(strings.Repeat("a", 1<<20)))
		}
	})
	wrong := serveHTTP3(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil }, &authority)}}, echo)
	c := newClient(t, exchange.Options{})
	send := func(url, ca string, timeout time.Duration) error {
		_, err := doWith(t, c, nil, &exchange.Request{URL: url, Version: "3", Route: exchange.Route{CA: ca}, Timeout: timeout, MaxBody: 1000})
		return err
	}
	wantError(t, send(s, "", 0), exchange.KindTransport, "is signed by an unknown authority")
	wantError(t, send(wrong, ca, 0), exchange.KindTransport, "names no host")
	wantError(t, send(s+"/large", ca, 0), exchange.KindLimit, "over the limit of 1048576 bytes")
	wantError(t, send(s+"/cut", ca, 0), exchange.KindTransport, "cut short")
	wantError(t, send(s+"/slow", ca, 200*time.Millisecond), exchange.KindTimeout, "timed out after 200ms while reading the body")
	wantError(t, send(s+"/bomb", ca, 0), exchange.KindLimit, "max_body")
	wantError(t, send("https://"+closedPort(t), ca, 200*time.Millisecond), exchange.KindTimeout, "timed out after 200ms while connecting")
	if err := send(s, ca, 0); err != nil {
		t.Error(err)
	}
}

// TestCloseWaitsForHTTP3 closes the client while a body is on its way.
func TestCloseWaitsForHTTP3(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	s := serveHTTP3(t, &tls.Config{Certificates: []tls.Certificate{certificate(t, unchanged, nil)}}, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		close(begun)
		<-goOn
		io.WriteString(w, "whole")
	})
	c := exchange.NewClient(exchange.Options{Insecure: true})
	go func() { <-begun; c.Close(); close(goOn) }()
	x, err := doWith(t, c, nil, &exchange.Request{URL: s, Version: "3"})
	if err != nil || string(x.Response.Body) != "whole" {
		t.Errorf("%q %v", x.Response.Body, err)
	}
}

// chunks is a body that is opened and closed, and counts both.
type chunks struct {
	content        []byte
	fail           error // after the content; nil: io.EOF
	opened, closed atomic.Int32
}

// left is how often it was opened, and how many are still open. Transports may
// close a body after the answer.
func (c *chunks) left() (opened, open int32) {
	for range 500 {
		if opened = c.opened.Load(); opened == c.closed.Load() {
			return opened, 0
		}
		time.Sleep(10 * time.Millisecond)
	}
	return opened, opened - c.closed.Load()
}

func (c *chunks) open() (io.ReadCloser, error) {
	c.opened.Add(1)
	var r io.Reader = bytes.NewReader(c.content)
	if c.fail != nil {
		r = io.MultiReader(r, failing{c.fail})
	}
	return &counted{r, c}, nil
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

type counted struct {
	io.Reader
	c *chunks
}

func (c *counted) Close() error { c.c.closed.Add(1); return nil }

func TestStreamsOfAllVersions(t *testing.T) {
	t.Parallel()
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, unchanged, nil)}}
	urls := map[string]string{
		"1.1": serve(t, echo).URL, "2": serveTLS(t, true, config, echo).URL, "3": serveHTTP3(t, config.Clone(), echo),
	}
	for version, url := range urls {
		for _, size := range []int{0, 1, 100_000} {
			for _, known := range []bool{true, false} {
				t.Run(fmt.Sprint(version, " ", size, " ", known), func(t *testing.T) {
					t.Parallel()
					c := &chunks{content: bytes.Repeat([]byte("x"), size)}
					r := &exchange.Request{
						Method: "PUT", URL: url, Version: version, Open: c.open, Length: -1,
						Route: exchange.Route{Insecure: true}, Body: []byte("not this"),
					}
					if known {
						r.Length = int64(size)
					}
					x := must(t, r)
					if !bytes.Equal(x.Response.Body, c.content) || x.Response.Header.Get("X-Length") != fmt.Sprint(r.Length) {
						t.Errorf("%d bytes of length %s", len(x.Response.Body), x.Response.Header.Get("X-Length"))
					}
					length, coding := x.Sent.Get("Content-Length"), x.Sent.Get("Transfer-Encoding")
					if known != (length == fmt.Sprint(size)) || (coding == "chunked") != (!known && version == "1.1") {
						t.Errorf("sent length %q, coding %q", length, coding)
					}
					if opened, open := c.left(); opened != 1 || open != 0 {
						t.Errorf("opened %d times, %d are open", opened, open)
					}
				})
			}
		}
		for name, test := range map[string]struct {
			c      *chunks
			length int64
			part   string
		}{
			"longer":      {&chunks{content: []byte("123456")}, 5, "the body is longer than its length of 5 bytes"},
			"much longer": {&chunks{content: bytes.Repeat([]byte("x"), 100_000)}, 5, "the body is longer than its length of 5 bytes"},
			"not empty":   {&chunks{content: []byte("x")}, 0, "the body is longer than its length of 0 bytes"},
			"shorter":     {&chunks{content: []byte("1")}, 5, "the body is shorter than its length of 5 bytes"},
			"broken":      {&chunks{content: []byte("12345"), fail: errors.New("disk on fire")}, 5, "the body cannot be read: disk on fire"},
			"broken soon": {&chunks{fail: errors.New("disk on fire")}, -1, "the body cannot be read: disk on fire"},
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				t.Parallel()
				_, err := do(t, &exchange.Request{
					Method: "POST", URL: url, Version: version, Open: test.c.open, Length: test.length, Route: exchange.Route{Insecure: true},
				})
				wantError(t, err, exchange.KindRequest, test.part)
				if _, open := test.c.left(); open != 0 {
					t.Errorf("%d are open", open)
				}
			})
		}
	}
}

func TestStreamsThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	_, err := do(t, &exchange.Request{Method: "POST", URL: "http://127.0.0.1:9", Length: -1, Open: func() (io.ReadCloser, error) {
		return nil, errors.New("open big.bin: no such file or directory")
	}})
	wantError(t, err, exchange.KindRequest, "the body cannot be opened: open big.bin: no such file or directory")
	ours := &exchange.Error{Kind: exchange.KindRequest, Message: "our words", Hint: "our hint"}
	_, err = do(t, &exchange.Request{Method: "POST", URL: "http://127.0.0.1:9", Length: -1, Open: func() (io.ReadCloser, error) { return nil, ours }})
	if !errors.Is(err, ours) {
		t.Error(err)
	}
}

func TestStreamsAreOpenedAnew(t *testing.T) {
	t.Parallel()
	t.Run("redirect", func(t *testing.T) {
		t.Parallel()
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, 1<<20))
			switch r.URL.Path {
			case "/kept":
				http.Redirect(w, r, "/echo", http.StatusTemporaryRedirect)
			case "/lost":
				http.Redirect(w, r, "/echo", http.StatusSeeOther)
			default:
				fmt.Fprint(w, r.Method, " ", r.ContentLength)
			}
		})
		for path, want := range map[string]string{"/kept": "POST 5 2 0", "/lost": "GET 0 1 0"} {
			c := &chunks{content: []byte("12345")}
			x := must(t, &exchange.Request{Method: "POST", URL: s.URL + path, Open: c.open, Length: 5, MaxRedirects: 1, Header: fields("Content-Type", "text/plain")})
			opened, open := c.left()
			if got := fmt.Sprint(string(x.Response.Body), " ", opened, " ", open); got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
		}
	})
	t.Run("secret", func(t *testing.T) {
		t.Parallel()
		other := serve(t, echo)
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		})
		c := &chunks{content: []byte("12345")}
		_, err := do(t, &exchange.Request{Method: "POST", URL: s.URL, Open: c.open, Length: 5, MaxRedirects: 1, SecretBody: true})
		wantError(t, err, exchange.KindTransport, "would carry a body with a secret in it to another origin")
	})
	t.Run("dead connection", func(t *testing.T) {
		t.Parallel()
		type key struct{}
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Context().Value(key{}).(*atomic.Int32).Add(1) > 1 { // the second on this connection
				conn, _, _ := w.(http.Hijacker).Hijack()
				conn.Close()
				return
			}
			w.Write(body)
		}))
		s.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, key{}, new(atomic.Int32))
		}
		s.Start()
		t.Cleanup(s.Close)
		c := newClient(t, exchange.Options{})
		for want := range int32(2) {
			body := &chunks{content: []byte("12345")}
			x, err := doWith(t, c, nil, &exchange.Request{Method: "GET", URL: s.URL, Open: body.open, Length: 5})
			if err != nil || string(x.Response.Body) != "12345" {
				t.Fatalf("%s %v", x.Response.Body, err)
			}
			if opened, open := body.left(); opened != want+1 || open != 0 {
				t.Errorf("opened %d times, %d are open", opened, open)
			}
		}
	})
}
