package exchange_test

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

func TestCannotConnect(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	x, err := do(t, &exchange.Request{URL: "http://" + address + "/a", Header: fields("X-A", "1")})
	wantError(t, err, exchange.KindTransport, "connection refused by "+address)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error("lost the cause")
	}
	if hintOf(err) != "is the server up?" {
		t.Error(hintOf(err))
	}
	if x.URL != "http://"+address+"/a" || x.Sent.Get("x-a") != "1" || x.Timing.Total <= 0 {
		t.Errorf("%+v", x)
	}
	_, err = do(t, &exchange.Request{URL: "http://nowhere.invalid/"})
	wantError(t, err, exchange.KindTransport, "nowhere.invalid")
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	ok := "HTTP/1.1 200 OK\r\n"
	tests := map[string]struct{ reply, part string }{
		"nothing":         {"", "closed the connection without an answer"},
		"half a line":     {"HTTP/1.1 2", "malformed HTTP status code"},
		"half of headers": {ok + "Content-Length: 1", "ended inside of its headers"},
		"not HTTP":        {"SSH-2.0-OpenSSH_9.6\r\n", "is not HTTP: malformed HTTP response"},
		"HTTP/0.9":        {"<html>hello</html>", "is not HTTP"},
		"version 0":       {"HTTP/0.9 200 OK\r\n\r\n", "expected HTTP/1.1, received \"HTTP/0.9\""},
		"version 2":       {"HTTP/2.0 200 OK\r\n\r\n", "expected HTTP/1.1"},
		"version word":    {"HTTP/x 200 OK\r\n\r\n", "malformed HTTP version"},
		"status 99":       {"HTTP/1.1 099 OK\r\n\r\n", "expected a status from 100 to 999, received 099"},
		"status -12":      {"HTTP/1.1 -12 OK\r\n\r\n", `malformed HTTP status code "-12"`},
		"status word":     {"HTTP/1.1 OK\r\n\r\n", "malformed HTTP status code"},
		"no colon":        {ok + "Nonsense\r\n\r\n", "malformed header"},
		"NUL":             {ok + "A: b\x00\r\n\r\n", "malformed header"},
		"escape":          {ok + "\x1b[31mA\r\n\r\n", "malformed header"},
		"lengths":         {ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "multiple Content-Length"},
		"negative":        {ok + "Content-Length: -6\r\n\r\nab", `bad Content-Length "-6"`},
		"no number":       {ok + "Content-Length: crap\r\n\r\nab", `bad Content-Length "crap"`},
		"transfer coding": {ok + "Transfer-Encoding: gzip, chunked\r\n\r\nab", "unsupported transfer encoding"},
		"short":           {ok + "Content-Length: 9\r\n\r\nabc", "was cut short: expected 9 bytes, received 3"},
		"very short":      {ok + "Content-Length: 1\r\n\r\n", "was cut short: expected 1 byte, received 0"},
		"chunk":           {ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "is broken after 0 bytes: invalid byte in chunk length"},
		"chunk length":    {ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "chunk length too large"},
		"no last chunk":   {ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", "expected a last chunk of length 0, received 1 byte and the end"},
		"no trailer":      {ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n", "expected a last chunk"},
		"TLS":             {"\x15\x03\x01\x00\x02\x02\x46", "is not HTTP"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := do(t, &exchange.Request{URL: say(t, test.reply).URL})
			wantError(t, err, exchange.KindTransport, test.part)
			if name == "TLS" && !strings.Contains(hintOf(err), "https://") {
				t.Error(hintOf(err))
			}
		})
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ reply, part string }{
		"before": {"", "connection reset by "},
		"length": {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "was cut short by a reset: expected 9 bytes, received 3"},
		"chunks": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "was cut short by a reset after 3 bytes"},
		"to end": {"HTTP/1.1 200 OK\r\n\r\nabc", "was cut short by a reset after 3 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := raw(t, func(c net.Conn) {
				io.WriteString(c, test.reply)
				time.Sleep(300 * time.Millisecond) // a reset overtakes what was not read yet
				c.(*net.TCPConn).SetLinger(0)
			})
			_, err := do(t, &exchange.Request{URL: s.URL})
			wantError(t, err, exchange.KindTransport, test.part)
		})
	}
}

// certificate makes one for names, signed by itself unless there is a parent.
func certificate(t *testing.T, change func(*x509.Certificate), parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
	}
	change(c)
	signer, by := any(key), c
	if parent != nil {
		signer, by = parent.PrivateKey, parent.Leaf
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestTLSFailures(t *testing.T) {
	t.Parallel()
	none := func(*x509.Certificate) {}
	authority := certificate(t, func(c *x509.Certificate) { c.IsCA = true; c.Subject.CommonName = "our authority" }, nil)
	trusted := x509.NewCertPool()
	trusted.AddCert(authority.Leaf)
	tests := map[string]struct {
		cert     tls.Certificate
		config   *tls.Config
		part     string
		insecure bool // would help
	}{
		"expired": {certificate(t, func(c *x509.Certificate) {
			c.NotAfter = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
			c.NotBefore = c.NotAfter.Add(-time.Hour)
		}, &authority), nil, "expired on 2020-01-02", true},
		"too early": {certificate(t, func(c *x509.Certificate) {
			c.NotBefore = time.Date(2200, 1, 2, 3, 4, 5, 0, time.UTC)
			c.NotAfter = c.NotBefore.Add(time.Hour)
		}, &authority), nil, "is not valid before 2200-01-02", true},
		"wrong host": {certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{"a.test", "b.test"} }, &authority), nil, "is for another host: expected 127.0.0.1, received a.test, b.test", true},
		"no host":    {certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil }, &authority), nil, "names no host", true},
		"by itself":  {certificate(t, none, nil), nil, "is signed by itself", true},
		"unknown": {certificate(t, none, new(certificate(t, func(c *x509.Certificate) { c.IsCA = true; c.Subject.CommonName = "theirs" }, nil))),
			nil, "is signed by an unknown authority", true},
		"old version": {certificate(t, none, &authority), &tls.Config{MaxVersion: tls.VersionTLS11}, "no version of TLS in common", false},
		"client certificate": {certificate(t, none, &authority), &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12},
			"refused the TLS handshake", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			s.TLS = cmp.Or(test.config, &tls.Config{})
			s.TLS.Certificates = []tls.Certificate{test.cert}
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(s.Close)
			r := &exchange.Request{URL: s.URL}
			_, err := doWith(t, newClient(t, exchange.Options{TLS: &tls.Config{RootCAs: trusted}}), nil, r)
			wantError(t, err, exchange.KindTransport, test.part)
			if strings.Contains(hintOf(err), "--insecure") != test.insecure {
				t.Errorf("hint %q", hintOf(err))
			}
			_, err = doWith(t, newClient(t, exchange.Options{Insecure: true}), nil, r)
			if (err == nil) != test.insecure {
				t.Errorf("insecure: %v", err)
			}
		})
	}
}

func TestNotTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	_, err := do(t, &exchange.Request{URL: strings.Replace(s.URL, "http", "https", 1)})
	wantError(t, err, exchange.KindTransport, "does not speak TLS")
	if !strings.Contains(hintOf(err), "http://") {
		t.Error(hintOf(err))
	}
	other := raw(t, func(net.Conn) {})
	_, err = do(t, &exchange.Request{URL: strings.Replace(other.URL, "http", "https", 1)})
	wantError(t, err, exchange.KindTransport, "")
}
