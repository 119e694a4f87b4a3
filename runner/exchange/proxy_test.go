package exchange_test

import (
	"cmp"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

// proxied is a proxy and what it was asked for.
type proxied struct {
	Address string // host:port
	mu      sync.Mutex
	asked   []string // "CONNECT host:port", "GET http://…", or the address of a SOCKS request
	status  int      // to refuse with; 0: none
	user    string   // "user:password"; "": anybody
	running sync.WaitGroup
}

func (p *proxied) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, what)
}

func (p *proxied) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, " ")
}

func (p *proxied) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = nil
}

// httpProxy serves CONNECT and absolute URLs; names under .test are this machine.
func httpProxy(t testing.TB, p *proxied, secure bool) *proxied {
	t.Helper()
	out := &http.Transport{DisableCompression: true}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.note(r.Method + " " + r.RequestURI)
		if p.user != "" && r.Header.Get("Proxy-Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user)) {
			w.Header().Set("Proxy-Authenticate", "Basic realm=x")
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if p.status != 0 {
			w.WriteHeader(p.status)
			return
		}
		if r.Method != http.MethodConnect {
			r.Header.Del("Proxy-Authorization")
			resp, err := out.RoundTrip(r)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer resp.Body.Close()
			for name, values := range resp.Header {
				w.Header()[name] = values
			}
			w.WriteHeader(resp.StatusCode)
			io.Copy(w, resp.Body)
			return
		}
		_, port, _ := net.SplitHostPort(r.RequestURI)
		to, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		conn, buffered, _ := w.(http.Hijacker).Hijack()
		io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		p.running.Add(1)
		defer p.running.Done()
		splice(conn, buffered, to)
	}))
	s.Config.ErrorLog = quiet
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(func() { s.Close(); p.running.Wait(); out.CloseIdleConnections() })
	p.Address = s.Listener.Addr().String()
	return p
}

// splice copies both ways until one side ends.
func splice(conn net.Conn, in io.Reader, to net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { io.Copy(to, in); to.Close(); conn.Close() })
	both.Go(func() { io.Copy(conn, to); to.Close(); conn.Close() })
	both.Wait()
}

// socksProxy speaks SOCKS5 (RFC 1928, RFC 1929); any name is this machine.
// Status is its reply.
func socksProxy(t testing.TB, p *proxied) *proxied {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Address = l.Addr().String()
	p.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { defer conn.Close(); p.socks(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); p.running.Wait() })
	return p
}

func (p *proxied) socks(conn net.Conn) {
	read := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(conn, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	methods := read(int(read(2)[1]))
	if p.user != "" {
		if !strings.Contains(string(methods), "\x02") {
			conn.Write([]byte{5, 0xff})
			return
		}
		conn.Write([]byte{5, 2})
		user := string(read(int(read(2)[1])))
		password := string(read(int(read(1)[0])))
		if user+":"+password != p.user {
			conn.Write([]byte{1, 1})
			return
		}
		conn.Write([]byte{1, 0})
	} else {
		conn.Write([]byte{5, 0})
	}
	host := ""
	switch read(4)[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 4:
		host = net.IP(read(16)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	}
	port := binary.BigEndian.Uint16(read(2))
	p.note(fmt.Sprintf("%s:%d", host, port))
	if p.status != 0 {
		conn.Write([]byte{5, byte(p.status), 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	to, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		conn.Write([]byte{5, 5, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	splice(conn, conn, to)
}

func portOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Port()
}

// serveTLS starts a server with TLS, and HTTP/2 if it is told so.
func serveTLS(t testing.TB, h2 bool, config *tls.Config, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2, s.TLS = h2, config
	s.Config.ErrorLog = quiet
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func hello(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Proxy-Authorization") != "" {
		w.WriteHeader(http.StatusTeapot)
	}
	fmt.Fprintf(w, "%s %s of %s", r.Proto, r.URL.Path, r.Host)
}

func TestProxies(t *testing.T) {
	t.Parallel()
	plain, secure := serve(t, hello), serveTLS(t, true, nil, hello)
	for _, user := range []string{"", "us@er:p:w"} {
		for _, scheme := range []string{"http", "https", "socks5", "socks5h"} {
			for _, target := range []string{plain.URL, secure.URL} {
				t.Run(fmt.Sprint(scheme, " ", user, " ", target[:5]), func(t *testing.T) {
					t.Parallel()
					p := &proxied{user: user}
					if strings.HasPrefix(scheme, "http") {
						httpProxy(t, p, scheme == "https")
					} else {
						socksProxy(t, p)
					}
					u := url.URL{Scheme: scheme, Host: p.Address}
					if user != "" {
						u.User = url.UserPassword("us@er", "p:w")
					}
					c := newClient(t, exchange.Options{})
					for range 2 {
						x, err := doWith(t, c, nil, &exchange.Request{
							URL: target + "/a", Route: exchange.Route{Proxy: u.String(), Insecure: true},
							Header: fields("Proxy-Authorization", map[bool]string{true: "Basic bWluZQ=="}[user != "" && strings.HasPrefix(scheme, "http")]),
						})
						if err != nil {
							t.Fatal(err)
						}
						if got := string(x.Response.Body); x.Response.Status != 200 || !strings.Contains(got, "/a of 127.0.0.1:") {
							t.Errorf("%d %s", x.Response.Status, got)
						}
					}
					asked, hostPort := p.seen(), strings.SplitN(target, "//", 2)[1]
					want := map[bool]string{false: hostPort, true: "CONNECT " + hostPort}[strings.HasPrefix(scheme, "http")]
					if want[0] == 'C' && target == plain.URL {
						want = "GET " + target + "/a GET " + target + "/a"
					}
					if asked != want { // once, for the connection is used again
						t.Errorf("asked for %s, want %s", asked, want)
					}
				})
			}
		}
	}
}

func TestWhoLooksUpNames(t *testing.T) {
	t.Parallel()
	s := serve(t, hello)
	port := portOf(t, s.URL)
	p := socksProxy(t, &proxied{})
	c := newClient(t, exchange.Options{})
	for _, test := range []struct{ proxy, host, resolve, want string }{
		{"socks5h", "there.test", "", "there.test"},
		{"socks5h", "there.test", "there.test 192.0.2.1", "there.test"},
		{"socks5", "127.0.0.1", "", "127.0.0.1"},
		{"socks5", "there.test", "there.test 192.0.2.1", "192.0.2.1"},
	} {
		p.forget()
		_, err := doWith(t, c, nil, &exchange.Request{
			URL:   "http://" + test.host + ":" + port,
			Route: exchange.Route{Proxy: test.proxy + "://" + p.Address, Resolve: test.resolve},
		})
		if got := p.seen(); err != nil || got != test.want+":"+port {
			t.Errorf("%+v: asked for %s (%v)", test, got, err)
		}
	}
	_, err := doWith(t, c, nil, &exchange.Request{URL: "http://nowhere.invalid", Route: exchange.Route{Proxy: "socks5://" + p.Address}})
	wantError(t, err, exchange.KindTransport, "nowhere.invalid")
}

func closedPort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestProxyFailures(t *testing.T) {
	t.Parallel()
	plain, secure := serve(t, hello), serveTLS(t, false, nil, hello)
	at := func(p *proxied) string { return p.Address }
	closed, silent := closedPort(t), raw(t, func(net.Conn) {})
	quietPort, text := strings.TrimPrefix(silent.URL, "http://"), strings.TrimPrefix(say(t, "SSH-2.0-x\r\n").URL, "http://")
	tests := map[string]struct{ proxy, target, part string }{
		"unreachable http":    {"http://u:topsecret@" + closed, plain.URL, "cannot reach the proxy http://" + closed + ": connection refused"},
		"unreachable connect": {"http://u:topsecret@" + closed, secure.URL, "cannot reach the proxy http://" + closed + ": connection refused"},
		"unreachable socks":   {"socks5://u:topsecret@" + closed, plain.URL, "cannot reach the proxy socks5://" + closed + ": connection refused"},
		"no such host":        {"http://u:topsecret@nowhere.invalid:3128", plain.URL, "cannot reach the proxy http://nowhere.invalid:3128: "},
		"407":                 {"http://" + at(httpProxy(t, &proxied{user: "a:b"}, false)), plain.URL, "wants a user and a password: 407"},
		"407 connect":         {"http://" + at(httpProxy(t, &proxied{user: "a:b"}, false)), secure.URL, "wants a user and a password: 407"},
		"407 wrong":           {"http://a:topsecret@" + at(httpProxy(t, &proxied{user: "a:b"}, false)), plain.URL, "refused the user or the password: 407"},
		"407 wrong connect":   {"http://a:topsecret@" + at(httpProxy(t, &proxied{user: "a:b"}, false)), secure.URL, "refused the user or the password: 407"},
		"403 connect":         {"http://" + at(httpProxy(t, &proxied{status: 403}, false)), secure.URL, " refused to connect to 127.0.0.1:" + portOf(t, secure.URL) + ": 403 Forbidden"},
		"https unknown":       {"https://" + at(httpProxy(t, &proxied{}, true)), plain.URL, "the certificate of the proxy https://127.0.0.1:"},
		"https to http":       {"https://" + at(httpProxy(t, &proxied{}, false)), plain.URL, "the proxy https://127.0.0.1:"},
		"nothing":             {"http://" + quietPort, plain.URL, "the proxy http://" + quietPort + " closed the connection without an answer"},
		"nothing to connect":  {"http://" + quietPort, secure.URL, "the answer of the proxy http://" + quietPort + " ended inside of its headers"},
		"not http":            {"http://" + text, secure.URL, "the answer of the proxy http://" + text + " is not HTTP"},
		"socks user":          {"socks5://" + at(socksProxy(t, &proxied{user: "a:b"})), plain.URL, "wants a user and a password"},
		"socks wrong user":    {"socks5h://a:topsecret@" + at(socksProxy(t, &proxied{user: "a:b"})), plain.URL, "refused the user or the password"},
		"socks refused":       {"socks5://" + at(socksProxy(t, &proxied{status: 2})), plain.URL, "did not connect to 127.0.0.1:" + portOf(t, plain.URL) + ": connection not allowed by ruleset"},
		"socks unreachable":   {"socks5h://" + at(socksProxy(t, &proxied{status: 4})), secure.URL, ": host unreachable"},
		"not socks":           {"socks5://" + hangUp(t, "HTTP/1.1 400 Bad Request\r\n\r\n"), plain.URL, "does not speak SOCKS5"},
		"socks closed":        {"socks5://" + hangUp(t, ""), plain.URL, "closed the connection instead of connecting to 127.0.0.1:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := do(t, &exchange.Request{URL: test.target, Route: exchange.Route{Proxy: test.proxy}})
			wantError(t, err, exchange.KindTransport, test.part)
			if all := fmt.Sprintf("%v %s %+v", err, hintOf(err), x.Sent); strings.Contains(all, "topsecret") {
				t.Errorf("says the password: %s", all)
			}
		})
	}
	t.Run("certificate of the server", func(t *testing.T) {
		t.Parallel()
		_, err := do(t, &exchange.Request{URL: secure.URL, Route: exchange.Route{Proxy: "http://" + at(httpProxy(t, &proxied{}, false))}})
		wantError(t, err, exchange.KindTransport, "the certificate of 127.0.0.1:"+portOf(t, secure.URL))
	})
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		l, _ := net.Listen("tcp", "127.0.0.1:0")
		defer l.Close()
		_, err := do(t, &exchange.Request{URL: plain.URL, Timeout: 200 * time.Millisecond, Route: exchange.Route{Proxy: "socks5://" + l.Addr().String()}})
		wantError(t, err, exchange.KindTimeout, "timed out after 200ms while connecting to 127.0.0.1:")
	})
}

// hangUp is a server that answers the first bytes with last words.
func hangUp(t testing.TB, last string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 64))
			io.WriteString(conn, last)
			conn.Close()
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String()
}

// TestEnvironmentIsNotRead cannot run beside others.
func TestEnvironmentIsNotRead(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:9")
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:9")
	t.Setenv("ALL_PROXY", "http://127.0.0.1:9")
	s := serve(t, hello)
	must(t, &exchange.Request{URL: "http://there.test:" + portOf(t, s.URL), Route: exchange.Route{Resolve: "there.test 127.0.0.1"}})
}

func TestRoutesOfTheClient(t *testing.T) {
	t.Parallel()
	s := serveTLS(t, false, nil, hello)
	p, q := httpProxy(t, &proxied{}, false), httpProxy(t, &proxied{}, false)
	c := newClient(t, exchange.Options{Route: exchange.Route{Proxy: "http://" + p.Address, Insecure: true}})
	for _, route := range []exchange.Route{{}, {Proxy: "http://" + q.Address}, {MinVersion: "1.3"}} {
		if _, err := doWith(t, c, nil, &exchange.Request{URL: s.URL, Route: route}); err != nil {
			t.Errorf("%+v: %v", route, err)
		}
	}
	host := "CONNECT " + s.Listener.Addr().String()
	if got, want := p.seen(), host+" "+host; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := q.seen(); got != host {
		t.Errorf("%s, want %s", got, host)
	}
	bad := newClient(t, exchange.Options{Route: exchange.Route{Proxy: "ftp://a"}})
	_, err := doWith(t, bad, nil, &exchange.Request{URL: s.URL})
	wantError(t, err, exchange.KindRequest, `the proxy is "ftp:"`)
	if e := (*exchange.Error)(nil); cmp.Or(err, nil) == nil || !errors.As(err, &e) || e.Hint == "" {
		t.Error("no hint")
	}
}
