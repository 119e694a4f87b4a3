package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// SignedJWT makes a JSON Web Token of its own (RFC 7519) and signs it (RFC 7515).
type SignedJWT struct {
	// Algorithm is one of RFC 7518, section 3.1, but none, or EdDSA (RFC 8037).
	Algorithm string

	// Key is the secret of the HS algorithms: its text, the bytes after "base64:", or a JWK of kty oct. Else it is a private
	// key in PEM or a JWK, whose kid goes into the header.
	Key string

	Claims map[string]any // as JSON has them; a json.Number stays as it is
	Header map[string]any // beyond alg; typ is JWT unless it says otherwise

	// Lifetime, if above zero, sets iat and exp where Claims have none. NumericDate has whole seconds.
	Lifetime time.Duration
}

// Validate reads the key. Errors are a *FieldError.
func (j SignedJWT) Validate() error {
	_, err := j.signingKey()
	return err
}

// Token is the token in compact form. Errors are a *FieldError.
func (j SignedJWT) Token(now time.Time) (string, error) {
	key, err := j.signingKey()
	if err != nil {
		return "", err
	}
	claims := maps.Clone(j.Claims)
	if claims == nil {
		claims = map[string]any{}
	}
	if j.Lifetime > 0 {
		for name, at := range map[string]time.Time{"iat": now, "exp": now.Add(j.Lifetime)} {
			if _, ok := claims[name]; !ok {
				claims[name] = at.Unix()
			}
		}
	}
	text, err := jsonOf(claims)
	if err != nil {
		return "", &FieldError{Key: "claims", Message: "claims cannot be written as JSON"}
	}
	options := (&jose.SignerOptions{}).WithType("JWT")
	for name, value := range j.Header {
		raw, err := jsonOf(value)
		if err != nil {
			return "", &FieldError{Key: "header", Message: "header " + strconv.Quote(name) + " cannot be written as JSON"}
		}
		options.WithHeader(jose.HeaderKey(name), raw) // go-jose would make a text of a json.Number
	}
	return sign(key, options, text)
}

func sign(key jose.SigningKey, options *jose.SignerOptions, claims []byte) (string, error) {
	signer, err := jose.NewSigner(key, options)
	if err == nil {
		var jws *jose.JSONWebSignature
		if jws, err = signer.Sign(claims); err == nil {
			return jws.CompactSerialize()
		}
	}
	return "", &FieldError{
		Key: "key", Message: "key cannot sign with " + string(key.Algorithm),
		Hint: "is the key large enough? RSA wants 2048 bits",
	}
}

// jsonOf leaves <, > and & as they are.
func jsonOf(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return bytes.TrimSpace(out.Bytes()), err
}

// signingKey checks algorithm, header and key against each other.
func (j SignedJWT) signingKey() (jose.SigningKey, error) {
	out := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(j.Algorithm)}
	known := []string{string(jose.HS256), string(jose.HS384), string(jose.HS512)}
	for _, a := range acceptedAlgorithms() {
		known = append(known, string(a))
	}
	if err := filled("algorithm", j.Algorithm, "key", j.Key); err != nil {
		return out, err
	}
	if !slices.Contains(known, j.Algorithm) {
		return out, unknown("algorithm", j.Algorithm, known)
	}
	if j.Lifetime < 0 {
		return out, &FieldError{Key: "lifetime", Message: "lifetime is below zero"}
	}
	if alg, ok := j.Header["alg"]; ok && alg != j.Algorithm {
		return out, &FieldError{Key: "header", Message: "alg in header is not " + j.Algorithm + ", which algorithm says", Hint: "leave alg out"}
	}
	for _, name := range []string{"b64", "crit"} {
		if _, ok := j.Header[name]; ok { // RFC 7797, section 7, and RFC 7515, section 4.1.11
			return out, &FieldError{Key: "header", Message: name + " in header asks for an extension, and none is known"}
		}
	}
	var err error
	if strings.HasPrefix(j.Algorithm, "HS") {
		out.Key, err = j.secret()
	} else {
		out.Key, err = j.private()
	}
	return out, err
}

// secret is the key of an HS algorithm. A private key there is a mistake; a public one may be meant, to see whether a
// server confuses the two.
func (j SignedJWT) secret() ([]byte, error) {
	raw := []byte(j.Key)
	text := strings.TrimSpace(j.Key)
	switch {
	case strings.Contains(text, "PRIVATE KEY-----"):
		return nil, &FieldError{
			Key: "key", Message: "key is a private key, and " + j.Algorithm + " wants a shared secret",
			Hint: "did you mean RS256, ES256 or EdDSA?",
		}
	case strings.HasPrefix(text, "base64:"):
		text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimPrefix(text, "base64:")), "=")
		var err error
		if raw, err = base64.RawStdEncoding.DecodeString(text); err != nil || len(raw) == 0 {
			return nil, &FieldError{Key: "key", Message: "key begins with base64: and is not base64 after it"}
		}
	case strings.HasPrefix(text, "{"):
		var jwk jose.JSONWebKey
		if jwk.UnmarshalJSON([]byte(text)) != nil {
			break // a secret that begins with a brace
		}
		secret, ok := jwk.Key.([]byte)
		if !ok || len(secret) == 0 {
			return nil, &FieldError{Key: "key", Message: "key is a JWK, but not a shared secret as " + j.Algorithm + " wants it", Hint: "expected kty oct"}
		}
		raw = secret
	}
	// go-jose refuses keys that are shorter than RFC 7518, section 3.2, asks for. Servers have such secrets, and HMAC fills
	// a short key up with zeros by itself (RFC 2104, section 2).
	const longest = 64
	if len(raw) < longest {
		raw = append(slices.Clip(raw), make([]byte, longest-len(raw))...)
	}
	return raw, nil
}

// private is the key of the other algorithms, as go-jose takes it.
func (j SignedJWT) private() (jose.JSONWebKey, error) {
	k, err := readPrivateKey("key", j.Key)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	wanted := map[string]string{"RS": "RSA", "PS": "RSA", "Ed": "Ed25519"}[j.Algorithm[:2]]
	switch jose.SignatureAlgorithm(j.Algorithm) {
	case jose.ES256:
		wanted = "EC P-256"
	case jose.ES384:
		wanted = "EC P-384"
	case jose.ES512:
		wanted = "EC P-521"
	}
	if found := k.kind(); found != wanted {
		return jose.JSONWebKey{}, &FieldError{Key: "key", Message: "key is " + found + ", and " + j.Algorithm + " wants " + wanted}
	}
	if k.algorithm != "" && k.algorithm != j.Algorithm {
		return jose.JSONWebKey{}, &FieldError{
			Key: "algorithm", Message: "algorithm is " + j.Algorithm + ", and the JWK is for " + strconv.Quote(oneLine(k.algorithm)),
		}
	}
	return jose.JSONWebKey{Key: k.Signer, KeyID: k.kid}, nil
}
