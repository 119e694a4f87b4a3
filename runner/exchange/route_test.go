package exchange_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

// pems are a certificate and its key as text.
func pems(t testing.TB, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return block("CERTIFICATE", c.Certificate[0]), block("PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func isAuthority(c *x509.Certificate) { c.IsCA = true; c.Subject.CommonName = "an authority" }
func unchanged(*x509.Certificate)     {}

func TestTrust(t *testing.T) {
	t.Parallel()
	authority := certificate(t, isAuthority, nil)
	ca, _ := pems(t, authority)
	other, _ := pems(t, certificate(t, isAuthority, nil))
	named := func(name string) tls.Certificate {
		return certificate(t, func(c *x509.Certificate) { c.IPAddresses = nil; c.DNSNames = []string{name} }, &authority)
	}
	s := serveTLS(t, true, &tls.Config{Certificates: []tls.Certificate{named("there.test")}}, hello)
	old := serveTLS(t, false, &tls.Config{
		Certificates: []tls.Certificate{certificate(t, unchanged, &authority)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
	}, hello)
	expired := serveTLS(t, false, &tls.Config{Certificates: []tls.Certificate{certificate(t, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	}, &authority)}}, hello)
	at := s.Listener.Addr().String()
	tests := map[string]struct {
		url   string
		route exchange.Route
		part  string // of the message; "": none
	}{
		"not trusted":           {s.URL, exchange.Route{ServerName: "there.test"}, "is signed by an unknown authority"},
		"insecure":              {s.URL, exchange.Route{Insecure: true}, ""},
		"other authority":       {s.URL, exchange.Route{CA: other, ServerName: "there.test"}, "is signed by an unknown authority"},
		"wrong host":            {s.URL, exchange.Route{CA: ca}, "is for another host: expected 127.0.0.1, received there.test"},
		"server name":           {s.URL, exchange.Route{CA: ca, ServerName: "there.test"}, ""},
		"two authorities":       {s.URL, exchange.Route{CA: "a comment\n" + other + ca, ServerName: "there.test"}, ""},
		"resolve port":          {"https://There.test:1/", exchange.Route{CA: ca, Resolve: "a.test:1 192.0.2.1\nthere.test:1 " + at}, ""},
		"resolve any port":      {"https://there.test:1/", exchange.Route{CA: ca, Resolve: "there.test " + at}, ""},
		"resolve to a name":     {"https://there.test:" + portOf(t, s.URL), exchange.Route{CA: ca, Resolve: "there.test localhost"}, ""},
		"resolve the other":     {"https://there.invalid:1/", exchange.Route{CA: ca, Resolve: "there.invalid:2 " + at}, "there.invalid"},
		"version too low":       {old.URL, exchange.Route{CA: ca}, "no version of TLS in common: expected TLS 1.2 or 1.3"},
		"version allowed":       {old.URL, exchange.Route{CA: ca, MinVersion: "1.0"}, ""},
		"version 1.1":           {old.URL, exchange.Route{CA: ca, MinVersion: "1.1"}, ""},
		"version 1.3":           {old.URL, exchange.Route{CA: ca, MinVersion: "1.3"}, "no version of TLS in common: expected TLS 1.3"},
		"expired":               {expired.URL, exchange.Route{CA: ca}, "expired on "},
		"expired, and insecure": {expired.URL, exchange.Route{Insecure: true}, ""},
	}
	c := newClient(t, exchange.Options{}) // of all: routes do not mix
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := doWith(t, c, nil, &exchange.Request{URL: test.url, Route: test.route})
			if test.part != "" {
				wantError(t, err, exchange.KindTransport, test.part)
				if x.TLS != nil {
					t.Error("TLS of what failed")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if x.TLS == nil || len(x.TLS.PeerCertificates) == 0 || x.TLS.Version == 0 {
				t.Errorf("%+v", x.TLS)
			}
		})
	}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	authority := certificate(t, isAuthority, nil)
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	mine := certificate(t, func(c *x509.Certificate) {
		c.Subject.CommonName = "me"
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}, &authority)
	cert, key := pems(t, mine)
	who := func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, name)
	}
	strict := serveTLS(t, false, &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}, who)
	asking := serveTLS(t, false, &tls.Config{ClientAuth: tls.RequestClientCert}, who)
	c := newClient(t, exchange.Options{Insecure: true})
	body := func(url string, route exchange.Route) string {
		x, err := doWith(t, c, nil, &exchange.Request{URL: url, Route: route, MaxRedirects: 3})
		if err != nil {
			t.Error(err)
		}
		return string(x.Response.Body)
	}
	both := exchange.Route{Cert: cert, Key: key}
	for name, route := range map[string]exchange.Route{"pair": both, "one file": {Cert: key + cert}} {
		if got := body(strict.URL, route); got != "me" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := body(asking.URL, exchange.Route{}); got != "nobody" {
		t.Error(got)
	}
	if got := body(asking.URL+"?to=/a", both); got != "me" {
		t.Error("lost on the way: " + got)
	}
	if got := body(strict.URL+"?to="+asking.URL, both); got != "nobody" {
		t.Error("a client certificate crossed to another origin: " + got)
	}
	if got := body(strict.URL+"?to="+asking.URL+"?to="+asking.URL, both); got != "nobody" {
		t.Error("a client certificate crossed to another origin: " + got)
	}
	_, err := doWith(t, c, nil, &exchange.Request{URL: strict.URL})
	wantError(t, err, exchange.KindTransport, "")
}

func TestServerNameStaysWithItsOrigin(t *testing.T) {
	t.Parallel()
	authority := certificate(t, isAuthority, nil)
	ca, _ := pems(t, authority)
	config := func(name string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{certificate(t, func(c *x509.Certificate) {
			c.IPAddresses, c.DNSNames = nil, []string{name}
		}, &authority)}}
	}
	b := serveTLS(t, false, config("a.test"), hello)
	a := serveTLS(t, false, config("a.test"), func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, b.URL, 302) })
	_, err := do(t, &exchange.Request{URL: a.URL, MaxRedirects: 1, Route: exchange.Route{CA: ca, ServerName: "a.test"}})
	wantError(t, err, exchange.KindTransport, "the certificate of "+b.Listener.Addr().String()+" is for another host: expected 127.0.0.1")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := certificate(t, unchanged, nil)
	cert, key := pems(t, good)
	_, otherKey := pems(t, certificate(t, unchanged, nil))
	old, oldKey := pems(t, certificate(t, func(c *x509.Certificate) {
		c.NotAfter = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
		c.NotBefore = c.NotAfter.Add(-time.Hour)
	}, nil))
	early, earlyKey := pems(t, certificate(t, func(c *x509.Certificate) {
		c.NotBefore = time.Date(2200, 1, 2, 3, 4, 5, 0, time.UTC)
		c.NotAfter = c.NotBefore.Add(time.Hour)
	}, nil))
	sec1, _ := x509.MarshalECPrivateKey(good.PrivateKey.(*ecdsa.PrivateKey))
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	edKey, _ := x509.MarshalPKCS8PrivateKey(ed)
	tests := map[string]struct {
		route exchange.Route
		want  string // message; "": valid
	}{
		"zero":             {exchange.Route{}, ""},
		"all":              {exchange.Route{Proxy: "socks5h://u:p@[::1]", CA: cert, Cert: cert, Key: key, ServerName: "a.test", MinVersion: "1.3", Resolve: "\na.test:443 [::1]:8443\r\nb.test 127.0.0.1\n[::1]:1 c.test\n"}, ""},
		"ec key":           {exchange.Route{Cert: cert, Key: block("EC PRIVATE KEY", sec1)}, ""},
		"proxy scheme":     {exchange.Route{Proxy: "u:topsecret@host:80"}, "the proxy has no scheme"},
		"proxy kind":       {exchange.Route{Proxy: "ftp://u:topsecret@host"}, `the proxy is "ftp:": expected http://, https://, socks5:// or socks5h://`},
		"proxy host":       {exchange.Route{Proxy: "http://u:topsecret@"}, "the proxy has no host, or one with characters that a host cannot have"},
		"proxy host bytes": {exchange.Route{Proxy: "http://ä.test"}, "the proxy has no host, or one with characters that a host cannot have"},
		"proxy port":       {exchange.Route{Proxy: "http://u:topsecret@a:70000"}, "the port of the proxy is not from 1 to 65535"},
		"proxy port word":  {exchange.Route{Proxy: "http://u:topsecret@a:b"}, "the port in the proxy is not a number"},
		"proxy path":       {exchange.Route{Proxy: "http://a/b"}, "the proxy has a path: expected nothing after its host and port"},
		"proxy password":   {exchange.Route{Proxy: "socks5://u@a"}, "the user and the password of the proxy are not from 1 to 255 bytes each, as SOCKS wants them"},
		"proxy escape":     {exchange.Route{Proxy: "http://u:topsecret%zz@a"}, "the proxy has a % that is not followed by two hexadecimal digits"},
		"ca text":          {exchange.Route{CA: "topsecret"}, "the authority (ca) has no certificate in PEM"},
		"ca key":           {exchange.Route{CA: cert + key}, `the authority (ca) holds "PRIVATE KEY": expected certificates alone`},
		"ca broken":        {exchange.Route{CA: cert + block("CERTIFICATE", []byte("topsecret"))}, "certificate 2 of the authority (ca) cannot be read: malformed certificate"},
		"key alone":        {exchange.Route{Key: key}, "there is a client key and no client certificate (cert)"},
		"cert alone":       {exchange.Route{Cert: cert}, "there is a client certificate and no client key (key)"},
		"cert text":        {exchange.Route{Cert: "topsecret", Key: key}, "the client certificate (cert) has no certificate in PEM"},
		"key text":         {exchange.Route{Cert: cert, Key: "topsecret"}, "the client key (key) has no private key in PEM: expected -----BEGIN PRIVATE KEY-----"},
		"key broken":       {exchange.Route{Cert: cert, Key: block("PRIVATE KEY", []byte("topsecret"))}, "the client certificate (cert) or key (key) cannot be read: failed to parse private key"},
		"cert broken":      {exchange.Route{Cert: block("CERTIFICATE", []byte("topsecret")), Key: key}, "the client certificate (cert) or key (key) cannot be read: malformed certificate"},
		"key of another":   {exchange.Route{Cert: cert, Key: otherKey}, "the client key (key) does not belong to the client certificate (cert)"},
		"key of a kind":    {exchange.Route{Cert: cert, Key: block("PRIVATE KEY", edKey)}, "the client key (key) does not belong to the client certificate (cert)"},
		"key encrypted":    {exchange.Route{Cert: cert, Key: block("ENCRYPTED PRIVATE KEY", []byte("topsecret"))}, "the client key (key) is encrypted"},
		"cert expired":     {exchange.Route{Cert: old, Key: oldKey}, "the client certificate (cert) expired on 2020-01-02"},
		"cert early":       {exchange.Route{Cert: early, Key: earlyKey}, "the client certificate (cert) is not valid before 2200-01-02"},
		"server name":      {exchange.Route{ServerName: "a b"}, "the server name for TLS has characters that a host cannot have"},
		"min version":      {exchange.Route{MinVersion: "TLS1.2"}, `the lowest version of TLS is "TLS1.2": expected "1.0", "1.1", "1.2" or "1.3"`},
		"resolve word":     {exchange.Route{Resolve: "a.test 1.1.1.1\na.test"}, `a line to resolve is "a.test": expected a host, with or without a port, and an address`},
		"resolve name":     {exchange.Route{Resolve: "a.test:http 1.1.1.1"}, `the name to resolve is "a.test:http": expected a host, with or without a port`},
		"resolve star":     {exchange.Route{Resolve: "a:0 1.1.1.1"}, `the name to resolve is "a:0": expected a host, with or without a port`},
		"resolve address":  {exchange.Route{Resolve: "a.test 127.0.0.300"}, `the address of "a.test" is "127.0.0.300": expected an IP address or a host, with or without a port`},
		"resolve port":     {exchange.Route{Resolve: "a.test 127.0.0.1:99999"}, `the address of "a.test" is "127.0.0.1:99999": expected an IP address or a host, with or without a port`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.route.Validate()
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("valid")
			}
			checkWords(t, err)
			wantError(t, err, exchange.KindRequest, test.want)
			if all := err.Error() + hintOf(err); strings.Contains(all, "topsecret") || strings.Contains(all, "MII") {
				t.Errorf("quotes: %s", all)
			}
			x, err := do(t, &exchange.Request{URL: "http://127.0.0.1:9", Route: test.route})
			wantError(t, err, exchange.KindRequest, test.want)
			if x.Tries != 0 || x.Sent != nil {
				t.Error("sent")
			}
		})
	}
	if err := exchange.ParseResolve("a.test:443", "[::1]:8443"); err != nil {
		t.Error(err)
	}
	err := exchange.ParseResolve("*", "[::1]:8443")
	wantError(t, err, exchange.KindRequest, `the name to resolve is "*"`)
}
