package assertion

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// authority makes a certificate that is signed by itself.
func authority(t testing.TB, public, private any) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var template = x509.Certificate{
	SerialNumber: big.NewInt(0xabcdef),
	Subject:      pkix.Name{CommonName: "example.com", Organization: []string{"Example"}, Country: []string{"CH"}},
	NotBefore:    now.Add(-time.Hour),
	NotAfter:     now.Add(90 * time.Minute),
	DNSNames:     []string{"example.com", "www.example.com"},
	IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leaf := authority(t, &private.PublicKey, private)
	public, second, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := body("")
	x.TLS = &tls.ConnectionState{
		Version: tls.VersionTLS13, CipherSuite: tls.TLS_AES_128_GCM_SHA256,
		PeerCertificates: []*x509.Certificate{leaf, authority(t, public, second)},
	}
	sum := sha256.Sum256(leaf.Raw)
	for path, want := range map[string]any{
		"subject.common_name":            "example.com",
		"subject.organization":           json.RawMessage(`["Example"]`),
		"subject.locality":               json.RawMessage(`[]`),
		"subject.text":                   "CN=example.com,O=Example,C=CH",
		"issuer.common_name":             "example.com",
		"not_before":                     "2026-11-02T11:00:00Z",
		"not_after":                      "2026-11-02T13:30:00Z",
		"expires_in":                     json.Number("5400"),
		"dns_names":                      json.RawMessage(`["example.com","www.example.com"]`),
		"ip_addresses":                   json.RawMessage(`["127.0.0.1","::1"]`),
		"serial_number":                  "abcdef",
		"sha256":                         hex.EncodeToString(sum[:]),
		"signature_algorithm":            "ECDSA-SHA256",
		"public_key.algorithm":           "ECDSA",
		"public_key.bits":                json.Number("256"),
		"chain.#":                        json.Number("1"),
		"chain.0.public_key.algorithm":   "Ed25519",
		"chain.0.public_key.bits":        json.Number("256"),
		"tls.version":                    "1.3",
		"tls.cipher":                     "TLS_AES_128_GCM_SHA256",
		"subject.serial":                 nil,
		"chain.0.subject.organization.0": "Example",
	} {
		got, err := ask(t, "certificate "+path, x)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got): %v\n%s", path, err, diff)
		}
	}
	p, err := NewPredicate(split(t, "certificate not_afer"), "after", "now")
	if err != nil {
		t.Fatal(err)
	}
	left, err := split(t, "certificate expires_in").Find(NewSubject(x, nil, now.Add(90*time.Minute+500*time.Millisecond)))
	if v, _ := left.Value(); err != nil || v != json.Number("-1") {
		t.Error(v, err)
	}
	f, err := split(t, "certificate not_afer").Find(NewSubject(x, nil, now))
	if v := p.Check(f); err != nil || v.Detail != `the path matches nothing; did you mean "not_after"?` {
		t.Error(v, err)
	}
}

func TestNoCertificate(t *testing.T) {
	t.Parallel()
	if _, err := ask(t, "certificate subject", body("")); err == nil || err.Error() != "the exchange was not over TLS: there is no certificate" {
		t.Error(err)
	}
}

// TestRealCertificate asks a server.
func TestRealCertificate(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	resp, err := server.Client().Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	x := body("")
	x.TLS = resp.TLS
	if got, err := ask(t, "certificate dns_names.0", x); got != "example.com" || err != nil {
		t.Error(got, err)
	}
	if got, err := ask(t, "certificate tls.version", x); got != "1.3" || err != nil {
		t.Error(got, err)
	}
}
