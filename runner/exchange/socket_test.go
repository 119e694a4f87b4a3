package exchange_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/exchange"
)

// onSocket serves h on a Unix socket whose name is not simple.
func onSocket(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "exch") // that of the test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a b:c.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no Unix sockets here: ", err)
	}
	s := httptest.NewUnstartedServer(h)
	s.Listener.Close()
	s.Listener = l
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(func() { s.Close(); os.RemoveAll(dir) })
	return path
}

// encoded is a path as it stands in a URL.
func encoded(path string) string {
	return strings.NewReplacer(" ", "%20", ":", "%3A").Replace(path)
}

func where(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s %s %s", r.Proto, r.Method, r.Host, r.RequestURI)
}

func TestUnixSockets(t *testing.T) {
	t.Parallel()
	path := encoded(onSocket(t, where))
	shown := "unix://" + path + ":"
	for _, test := range []struct{ url, version, want, text string }{
		{"unix://" + path + ":/v1.41/info?a=b:c#d", "", "HTTP/1.1 GET localhost /v1.41/info?a=b:c", shown + "/v1.41/info?a=b:c#d"},
		{"UNIX://" + path + ":/a", "1.1", "HTTP/1.1 GET localhost /a", shown + "/a"},
		{"unix:" + path + ":/a", "", "HTTP/1.1 GET localhost /a", shown + "/a"},
		{"http://unix:" + path + ":/v1.41/info", "", "HTTP/1.1 GET localhost /v1.41/info", shown + "/v1.41/info"},
		{"unix://" + path, "", "HTTP/1.1 GET localhost /", shown + "/"},
		{"unix://" + path + "?a", "", "HTTP/1.1 GET localhost /?a", shown + "/?a"},
		{"unix://" + path + ":/a", "2", "HTTP/2.0 GET localhost /a", shown + "/a"},
	} {
		x, err := do(t, &exchange.Request{URL: test.url, Version: test.version, Route: exchange.Route{Proxy: "http://127.0.0.1:9"}})
		if err != nil {
			t.Errorf("%s: %v", test.url, err)
			continue
		}
		if got := string(x.Response.Body); got != test.want || x.URL != test.text || x.Sent.Get("Host") != "localhost" {
			t.Errorf("%s: %s, shown as %s, to %s", test.url, got, x.URL, x.Sent.Get("Host"))
		}
	}
}

func TestUnixSocketFailures(t *testing.T) {
	t.Parallel()
	dead := filepath.Join(t.TempDir(), "dead")
	if err := os.WriteFile(dead, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"unix:///no/such.sock:/":                     "no such socket: /no/such.sock",
		"unix://" + dead + ":/":                      "connection refused by " + dead,
		"unix:///" + strings.Repeat("x", 200) + ":/": "the path of the socket is too long: 201 bytes",
	} {
		_, err := do(t, &exchange.Request{URL: address})
		wantError(t, err, exchange.KindTransport, want)
	}
	for address, want := range map[string]string{
		"unix://":                "the URL has no socket: expected unix:///path/to/socket:/path",
		"unix://:/a":             "the URL has no socket: expected unix:///path/to/socket:/path",
		"unix:///a.sock:info":    "the URL has no path after the socket: expected unix:///path/to/socket:/path",
		"unix:///a%zz.sock:/":    "the URL has a % that is not followed by two hexadecimal digits",
		"unix:///a%00.sock:/":    "the URL has no socket",
		"unix:///a.sock:/\x01":   "the URL has a control character",
		"http://unix:/a:b":       "the URL has no path after the socket",
		"http://unix:99999/a:/b": "the port in the URL is over 65535",
	} {
		_, err := do(t, &exchange.Request{URL: address})
		wantError(t, err, exchange.KindRequest, want)
	}
}

func TestRedirectsAroundSockets(t *testing.T) {
	t.Parallel()
	tcp := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprintf(w, "tcp %s %s %s", r.Method, r.Header.Get("Authorization"), r.Header.Get("Cookie"))
	})
	path := onSocket(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "s", Value: "1"})
		if to := r.URL.Query().Get("to"); to != "" {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprintf(w, "socket %s %s %s %s", r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Cookie"))
	})
	base := "unix://" + encoded(path) + ":"
	c, jar := newClient(t, exchange.Options{}), exchange.NewJar()
	send := func(r *exchange.Request) (*exchange.Exchange, error) {
		r.MaxRedirects, r.Method, r.Header = 3, "POST", fields("Authorization", "secret")
		return doWith(t, c, jar, r)
	}
	for to, want := range map[string]string{"/b?c": "/b?c", "b#d": "/b", "?x": "/a?x"} {
		x, err := send(&exchange.Request{URL: base + "/a?to=" + url.QueryEscape(to), SecretBody: true, Body: []byte("b")})
		if got := string(x.Response.Body); err != nil || got != "socket POST "+want+" secret s=1" {
			t.Errorf("%s: %s %v", to, got, err)
		}
		if !strings.HasPrefix(x.URL, base+want) {
			t.Errorf("%s: %s", to, x.URL)
		}
	}
	x, err := send(&exchange.Request{URL: base + "/?to=" + tcp.URL})
	if got := string(x.Response.Body); err != nil || got != "tcp POST  " {
		t.Errorf("%s %v", got, err)
	}
	if x.URL != tcp.URL {
		t.Error(x.URL)
	}
	_, err = send(&exchange.Request{URL: base + "/?to=" + tcp.URL, SecretBody: true, Body: []byte("b")})
	wantError(t, err, exchange.KindTransport, "would carry a body with a secret in it to another origin")
	// nothing leads to a socket
	_, err = send(&exchange.Request{URL: tcp.URL + "?to=" + url.QueryEscape(base+"/a")})
	wantError(t, err, exchange.KindTransport, `the URL is "unix:": expected http:// or https://`)
	_, err = send(&exchange.Request{URL: base + "/?to=" + url.QueryEscape(base+"/a")})
	wantError(t, err, exchange.KindTransport, `the URL is "unix:": expected http:// or https://`)
	_, err = send(&exchange.Request{URL: tcp.URL + "?to=" + url.QueryEscape("http://unix:"+encoded(path)+":/a")})
	wantError(t, err, exchange.KindTransport, "unix")
	// the cookies of the socket are of nobody else
	local := "http://localhost:" + portOf(t, tcp.URL)
	if x, err := send(&exchange.Request{URL: local}); err != nil || strings.Contains(string(x.Response.Body), "s=1") {
		t.Errorf("%s %v", x.Response.Body, err)
	}
}
