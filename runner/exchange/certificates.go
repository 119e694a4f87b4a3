package exchange

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"
)

// readRoots reads the authorities to trust, nil for none.
func readRoots(text string) (*x509.CertPool, *Error) {
	if text == "" {
		return nil, nil
	}
	pool, n := x509.NewCertPool(), 0
	for rest := []byte(text); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			return nil, unsendable("", "the authority (ca) holds %s: expected certificates alone", clip(block.Type))
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			e := unsendable("", "certificate %d of the authority (ca) cannot be read: %s", n+1, plain(err))
			e.Err = err
			return nil, e
		}
		pool.AddCert(c)
	}
	if n == 0 {
		return nil, unsendable(pemHint, "the authority (ca) has no certificate in PEM")
	}
	return pool, nil
}

const pemHint = "PEM is text that begins with -----BEGIN CERTIFICATE-----; openssl makes it of other forms"

// readCertificate reads a certificate of our own. Its key may stand in the same
// PEM. What is said of a key never quotes it.
func readCertificate(cert, key string) (*tls.Certificate, *Error) {
	switch {
	case cert == "" && key == "":
		return nil, nil
	case cert == "":
		return nil, unsendable("", "there is a client key and no client certificate (cert)")
	case !hasBlock(cert, "CERTIFICATE"):
		return nil, unsendable(pemHint, "the client certificate (cert) has no certificate in PEM")
	case key == "" && !hasBlock(cert, "PRIVATE KEY"):
		return nil, unsendable("give its key too", "there is a client certificate and no client key (key)")
	case key == "":
		key = cert
	}
	switch {
	case hasBlock(key, "ENCRYPTED PRIVATE KEY"), strings.Contains(key, "Proc-Type: 4,ENCRYPTED"):
		return nil, unsendable("take the passphrase off with openssl pkey -in key.pem -out open.pem", "the client key (key) is encrypted")
	case !hasBlock(key, "PRIVATE KEY"):
		return nil, unsendable("", "the client key (key) has no private key in PEM: expected -----BEGIN PRIVATE KEY-----")
	}
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		return nil, badPair(err)
	}
	now := time.Now()
	if now.After(pair.Leaf.NotAfter) {
		return nil, unsendable("", "the client certificate (cert) expired on %s", pair.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	if now.Before(pair.Leaf.NotBefore) {
		return nil, unsendable("", "the client certificate (cert) is not valid before %s", pair.Leaf.NotBefore.UTC().Format(time.DateOnly))
	}
	return &pair, nil
}

func badPair(err error) *Error {
	e := unsendable("", "the client certificate (cert) or key (key) cannot be read: %s", plain(err))
	if text := err.Error(); strings.Contains(text, "does not match public key") {
		e = unsendable("", "the client key (key) does not belong to the client certificate (cert)")
	}
	e.Err = err
	return e
}

// hasBlock says whether there is a PEM block whose type ends in kind, as "EC
// PRIVATE KEY" does.
func hasBlock(text, kind string) bool {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return false
		}
		if strings.HasSuffix(block.Type, kind) {
			return true
		}
	}
}
