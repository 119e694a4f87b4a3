package exchange

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

const insecureHint = "trust its authority, or accept any certificate with --insecure"

// explainTLS words what TLS did not like, nil if it was not TLS. The hint to
// --insecure is given only where it would help.
func explainTLS(host string, oldest uint16, err error) *Error {
	e := &Error{Kind: KindTransport}
	var unknown x509.UnknownAuthorityError
	var wrong x509.HostnameError
	var invalid x509.CertificateInvalidError
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var op *net.OpError
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		e.Message, e.Hint = "the certificate of "+host+" is signed by an unknown authority", insecureHint
		if c := unknown.Cert; c != nil && bytes.Equal(c.RawIssuer, c.RawSubject) && !c.IsCA {
			e.Message = "the certificate of " + host + " is signed by itself"
		}
	case errors.As(err, &wrong):
		e.Message, e.Hint = wrongHost(host, wrong), insecureHint
	case errors.As(err, &invalid):
		e.Message, e.Hint = invalidCertificate(host, invalid), insecureHint
	case errors.As(err, &verify):
		e.Message, e.Hint = "the certificate of "+host+" cannot be verified: "+plain(verify.Err), insecureHint
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch),
		strings.Contains(text, "first record does not look like"):
		e.Message, e.Hint = host+" does not speak TLS", "try http:// in the URL"
	case strings.Contains(text, "TLS handshake timeout"):
		e.Kind, e.Message = KindTimeout, fmt.Sprintf("no TLS handshake with %s within %s", host, connectTimeout)
	case strings.Contains(text, "unsupported protocol version"), strings.Contains(text, "protocol version not supported"):
		e.Message = host + " and we have no version of TLS in common: expected " + versionsFrom(oldest)
		if oldest != tls.VersionTLS10 {
			e.Hint = "lower min_version if the server is old"
		}
	case errors.As(err, &op) && op.Op == "remote error":
		if strings.Contains(text, "certificate required") || strings.Contains(text, "bad certificate") {
			e.Hint = "does the server want a client certificate? Give it with cert and key in tls"
		}
		e.Message = host + " refused the TLS handshake: " + plain(op.Err)
	case strings.Contains(text, "tls: "):
		e.Message = "the TLS handshake with " + host + " failed: " + plain(err)
	default:
		return nil
	}
	return e
}

// versionsFrom words what we speak.
func versionsFrom(oldest uint16) string {
	switch oldest {
	case tls.VersionTLS10:
		return "TLS 1.0 to 1.3"
	case tls.VersionTLS11:
		return "TLS 1.1 to 1.3"
	case tls.VersionTLS13:
		return "TLS 1.3"
	}
	return "TLS 1.2 or 1.3"
}

func invalidCertificate(host string, err x509.CertificateInvalidError) string {
	if err.Reason != x509.Expired || err.Cert == nil {
		return "the certificate of " + host + " is not valid: " + plain(err)
	}
	now := time.Now()
	if now.Before(err.Cert.NotBefore) {
		return fmt.Sprintf("the certificate of %s is not valid before %s", host, err.Cert.NotBefore.UTC().Format(time.DateOnly))
	}
	return fmt.Sprintf("the certificate of %s expired on %s", host, err.Cert.NotAfter.UTC().Format(time.DateOnly))
}

func wrongHost(host string, err x509.HostnameError) string {
	var names []string
	if c := err.Certificate; c != nil {
		names = append(names, c.DNSNames...)
		for _, ip := range c.IPAddresses {
			names = append(names, ip.String())
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf("the certificate of %s names no host: expected %s", host, shorten(err.Host))
	}
	more := ""
	if len(names) > 5 {
		more = fmt.Sprintf(" and %d more", len(names)-5)
		names = names[:5]
	}
	return fmt.Sprintf("the certificate of %s is for another host: expected %s, received %s%s",
		host, shorten(err.Host), shorten(strings.Join(names, ", ")), more)
}
