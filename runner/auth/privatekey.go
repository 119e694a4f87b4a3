package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// A privateKey is what signs: an *rsa.PrivateKey, an *ecdsa.PrivateKey or an ed25519.PrivateKey.
type privateKey struct {
	crypto.Signer
	kid, algorithm string // of a JWK; may be empty
}

// readPrivateKey reads PEM (PKCS #1, PKCS #8, SEC 1) or a JWK. Key is the one of the collection that errors are about.
func readPrivateKey(key, text string) (privateKey, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return privateKey{}, missing(key, "expected a private key in PEM or a JWK")
	case strings.HasPrefix(text, "{"):
		return readJWK(key, text)
	}
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, `\n`, "\n") // one line, as JSON and .env files have it
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return privateKey{}, &FieldError{
				Key: key, Message: key + " is neither PEM nor a JWK",
				Hint: "expected -----BEGIN PRIVATE KEY----- and its lines",
			}
		}
		if block.Type == "EC PARAMETERS" {
			continue // openssl ecparam -genkey puts it before the key
		}
		return readBlock(key, block)
	}
}

func readBlock(key string, block *pem.Block) (privateKey, error) {
	fail := func(message, hint string) (privateKey, error) {
		return privateKey{}, &FieldError{Key: key, Message: key + " " + message, Hint: hint}
	}
	var parsed any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" {
			return fail("is encrypted", "take the password off with openssl pkey")
		}
		switch block.Type {
		case "RSA PRIVATE KEY":
			parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			parsed, err = x509.ParseECPrivateKey(block.Bytes)
		default:
			parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		}
	case "ENCRYPTED PRIVATE KEY":
		return fail("is encrypted", "take the password off with openssl pkey")
	case "OPENSSH PRIVATE KEY":
		return fail("is in the form of OpenSSH", "ssh-keygen -p -m PKCS8 makes it PKCS #8")
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return fail("is a public key, which cannot sign", "expected -----BEGIN PRIVATE KEY-----")
	default:
		return fail("is PEM, but not a private key", "expected -----BEGIN PRIVATE KEY-----")
	}
	if err != nil {
		return fail("is PEM, but its private key is broken", "was it cut short, or was a line lost?")
	}
	return signerOf(key, parsed)
}

func readJWK(key, text string) (privateKey, error) {
	var jwk jose.JSONWebKey
	err := jwk.UnmarshalJSON([]byte(text))
	if _, ok := jwk.Key.([]byte); err == nil && ok {
		return privateKey{}, &FieldError{Key: key, Message: key + " is a shared secret, and a private key is wanted", Hint: "expected kty RSA, EC or OKP"}
	}
	if err != nil || !jwk.Valid() {
		return privateKey{}, &FieldError{
			Key: key, Message: key + " is not a valid JWK",
			Hint: "expected a JSON object with kty and the parts of a private key",
		}
	}
	if jwk.IsPublic() {
		return privateKey{}, &FieldError{Key: key, Message: key + " is a public key, which cannot sign", Hint: "a private JWK has d"}
	}
	k, err := signerOf(key, jwk.Key)
	k.kid, k.algorithm = jwk.KeyID, jwk.Algorithm
	return k, err
}

func signerOf(key string, parsed any) (privateKey, error) {
	switch k := parsed.(type) {
	case *rsa.PrivateKey:
		return privateKey{Signer: k}, nil
	case *ecdsa.PrivateKey:
		return privateKey{Signer: k}, nil
	case ed25519.PrivateKey:
		return privateKey{Signer: k}, nil
	}
	return privateKey{}, &FieldError{Key: key, Message: key + " is of a kind that does not sign", Hint: "expected RSA, EC or Ed25519"}
}

// kind words what a key is.
func (k privateKey) kind() string {
	switch s := k.Signer.(type) {
	case *rsa.PrivateKey:
		return "RSA"
	case *ecdsa.PrivateKey:
		return "EC " + s.Params().Name
	}
	return "Ed25519"
}
