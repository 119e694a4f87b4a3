package assertion

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

var errNoTLS = errors.New("the exchange was not over TLS: there is no certificate")

// compileCertificate parses the path into the certificate.
func (q *Query) compileCertificate() *ArgumentError {
	var err *ArgumentError
	if q.path, err = parsePath(q.argument); err != nil {
		return err
	}
	if q.path.lines {
		return &ArgumentError{0, 2, `".." reads JSON lines, and a certificate has none`, "leave it out"}
	}
	return nil
}

func (q *Query) findCertificate(f Found) (Found, error) {
	s := f.subject
	if s.certificate == "" {
		connection := s.exchange.TLS
		if connection == nil || len(connection.PeerCertificates) == 0 {
			return Found{}, errNoTLS
		}
		text, err := json.Marshal(viewPeer(connection, s.now))
		if err != nil {
			return Found{}, fmt.Errorf("the certificate cannot be read: %w", err)
		}
		s.certificate = string(text)
	}
	return q.follow(f, s.certificate, certificateDepth, "the certificate")
}

// certificateDepth is how deep the view of a certificate is nested: chain, an element, its subject, its organizations.
const certificateDepth = 5

// A peerView is what certificate queries look into.
type peerView struct {
	certificateView
	Chain []certificateView `json:"chain"`
	TLS   tlsView           `json:"tls"`
}

type certificateView struct {
	Subject            nameView `json:"subject"`
	Issuer             nameView `json:"issuer"`
	NotBefore          string   `json:"not_before"`
	NotAfter           string   `json:"not_after"`
	ExpiresIn          int64    `json:"expires_in"`
	DNSNames           []string `json:"dns_names"`
	IPAddresses        []string `json:"ip_addresses"`
	SerialNumber       string   `json:"serial_number"`
	SHA256             string   `json:"sha256"`
	SignatureAlgorithm string   `json:"signature_algorithm"`
	PublicKey          keyView  `json:"public_key"`
}

type nameView struct {
	Text               string   `json:"text"`
	CommonName         string   `json:"common_name"`
	Organization       []string `json:"organization"`
	OrganizationalUnit []string `json:"organizational_unit"`
	Country            []string `json:"country"`
	Province           []string `json:"province"`
	Locality           []string `json:"locality"`
}

type keyView struct {
	Algorithm string `json:"algorithm"`
	Bits      int    `json:"bits"`
}

type tlsView struct {
	Version string `json:"version"`
	Cipher  string `json:"cipher"`
}

func viewPeer(connection *tls.ConnectionState, now time.Time) peerView {
	v := peerView{
		certificateView: viewCertificate(connection.PeerCertificates[0], now),
		Chain:           []certificateView{},
		TLS:             tlsView{tlsVersion(connection.Version), tls.CipherSuiteName(connection.CipherSuite)},
	}
	for _, c := range connection.PeerCertificates[1:] {
		v.Chain = append(v.Chain, viewCertificate(c, now))
	}
	return v
}

// tlsVersion is written as a collection's tls.min_version is.
func tlsVersion(version uint16) string {
	if version >= tls.VersionTLS10 && version <= tls.VersionTLS13 {
		return fmt.Sprintf("1.%d", version-tls.VersionTLS10)
	}
	return tls.VersionName(version)
}

func viewCertificate(c *x509.Certificate, now time.Time) certificateView {
	sum := sha256.Sum256(c.Raw)
	v := certificateView{
		Subject:            viewName(c.Subject),
		Issuer:             viewName(c.Issuer),
		NotBefore:          c.NotBefore.UTC().Format(time.RFC3339),
		NotAfter:           c.NotAfter.UTC().Format(time.RFC3339),
		ExpiresIn:          int64(math.Floor(c.NotAfter.Sub(now).Seconds())),
		DNSNames:           list(c.DNSNames),
		IPAddresses:        []string{},
		SHA256:             hex.EncodeToString(sum[:]),
		SignatureAlgorithm: c.SignatureAlgorithm.String(),
		PublicKey:          keyView{c.PublicKeyAlgorithm.String(), keyBits(c.PublicKey)},
	}
	for _, ip := range c.IPAddresses {
		v.IPAddresses = append(v.IPAddresses, ip.String())
	}
	if c.SerialNumber != nil {
		v.SerialNumber = hex.EncodeToString(c.SerialNumber.Bytes())
	}
	return v
}

func viewName(n pkix.Name) nameView {
	return nameView{
		n.String(), n.CommonName, list(n.Organization), list(n.OrganizationalUnit), list(n.Country), list(n.Province), list(n.Locality),
	}
}

// list is never null in JSON.
func list(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// keyBits is the length of the modulus or the size of the curve; 0 for what is neither.
func keyBits(key any) int {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen()
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize
	case ed25519.PublicKey:
		return 8 * len(key)
	}
	return 0
}
