package curl_test

import (
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/postrider/postrider/runner/convert/curl"
	"github.com/postrider/postrider/runner/exchange"
)

// A met is what a server learned of who called.
type met struct{ host, protocol, name string }

// secure starts a server with TLS that keeps what it learned, and gives the certificate to trust as a file.
func secure(t *testing.T) (address, ca string, last func() met) {
	t.Helper()
	var mu sync.Mutex
	var seen met
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = met{host: r.Host, protocol: r.Proto, name: r.TLS.ServerName}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	ca = filepath.Join(t.TempDir(), "a ca's.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(ca, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return s.Listener.Addr().String(), ca, func() met { mu.Lock(); defer mu.Unlock(); return seen }
}

// TestTLS has curl trust a certificate, resolve names and speak versions as it is told. The certificate is example.com's.
func TestTLS(t *testing.T) {
	t.Parallel()
	address, ca, last := secure(t)
	_, port, _ := net.SplitHostPort(address)
	for _, c := range []struct {
		what    string
		request exchange.Request
		options curl.Options
		want    met
	}{
		{"insecure", exchange.Request{URL: "https://" + address, Route: exchange.Route{Insecure: true}}, curl.Options{}, met{host: address, protocol: "HTTP/2.0"}},
		{"CA", exchange.Request{URL: "https://" + address, Version: "1.1", Route: exchange.Route{CA: "pem", MinVersion: "1.3"}}, curl.Options{CAFile: ca}, met{host: address, protocol: "HTTP/1.1"}},
		{"resolve", exchange.Request{URL: "https://example.com:" + port, Version: "2", Route: exchange.Route{Resolve: "example.com:" + port + " 127.0.0.1"}}, curl.Options{CAFile: ca},
			met{host: "example.com:" + port, protocol: "HTTP/2.0", name: "example.com"}},
		{"resolve with a port", exchange.Request{URL: "https://example.com", Route: exchange.Route{Resolve: "example.com:443 " + address}}, curl.Options{CAFile: ca},
			met{host: "example.com", protocol: "HTTP/2.0", name: "example.com"}},
		{"server name", exchange.Request{URL: "https://" + address, Version: "1.1", Route: exchange.Route{ServerName: "example.com"}}, curl.Options{CAFile: ca},
			met{host: address, protocol: "HTTP/1.1", name: "example.com"}},
	} {
		shell(t, command(t, &c.request, c.options))
		if got := last(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
	}
}

// TestProxy goes through a proxy, which sees nothing that we do not send.
func TestProxy(t *testing.T) {
	t.Parallel()
	s := serve(t)
	shell(t, command(t, &exchange.Request{URL: "http://example.invalid/a", Route: exchange.Route{Proxy: "http://u%40:p@" + s.host}}, curl.Options{}))
	seen := s.seen()
	if len(seen) != 1 || seen[0].Line != "GET http://example.invalid/a HTTP/1.1" || seen[0].count("proxy-connection") != 0 || seen[0].field("proxy-authorization") != "Basic dUA6cA==" {
		t.Error(seen)
	}
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	folder, err := os.MkdirTemp("", "curl") // a path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "a 's")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Skip("no unix sockets here: ", err)
	}
	host := make(chan string, 3)
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { host <- r.Host })}}
	s.Start()
	defer s.Close()
	shell(t, command(t, &exchange.Request{URL: "http://example.invalid/a"}, curl.Options{UnixSocket: socket}))
	if got := <-host; got != "example.invalid" {
		t.Error(got)
	}
	r := &exchange.Request{URL: "unix://" + socket + ":/a"}
	shell(t, command(t, r, curl.Options{}))
	curled := <-host
	client(t, r)
	if got := <-host; got != curled {
		t.Errorf("curl sends the host %q, we %q", curled, got)
	}
}

// TestChunked sends a body of unknown length as we do.
func TestChunked(t *testing.T) {
	t.Parallel()
	s := serve(t)
	file := filepath.Join(t.TempDir(), "body")
	if err := os.WriteFile(file, everyByte(), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() (io.ReadCloser, error) { return os.Open(file) }
	shell(t, command(t, &exchange.Request{Method: "POST", URL: s.url + "/a", Open: open, Length: -1}, curl.Options{BodyFile: file}))
	seen := s.seen()
	if len(seen) != 1 || seen[0].field("transfer-encoding") != "chunked" || seen[0].count("content-length") != 0 || !strings.Contains(seen[0].Body, string(everyByte())) {
		t.Error(seen)
	}
}
