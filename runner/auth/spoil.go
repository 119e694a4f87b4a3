package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A Spoiler makes bad tokens from a good one. The zero value works and is safe for many goroutines; the keys that it
// signs with are made at first use and kept.
type Spoiler struct {
	mu   sync.Mutex
	keys map[jose.SignatureAlgorithm]any
}

// Spoil replaces the bearer token of a request by a bad one of that kind. Lookup gives the text of a variable, for the
// kinds that need another token. It is an error when the request carries no bearer token, or when a kind that changes a
// JWT meets a token that is none.
//
// The kinds are missing (no Authorization at all), empty (the scheme alone), wrong_scheme (the token as Basic),
// malformed (no token of any kind), truncated (the end cut off), tampered (claims changed, signature kept), resigned
// (signed with another key under the same kid), unsigned (alg none, RFC 7519 section 6), expired
// (expired_access_token) and wrong_kind (the ID token).
func (s *Spoiler) Spoil(kind string, r *exchange.Request, lookup func(name string) (string, error)) error {
	token, ok := BearerToken(r)
	if !ok {
		return errors.New("the request carries no bearer token that could be spoiled")
	}
	switch kind {
	case "missing":
		r.Header.Del("Authorization")
		return nil
	case "empty":
		r.Header.Set("Authorization", "Bearer")
		return nil
	case "wrong_scheme":
		r.Header.Set("Authorization", "Basic "+token)
		return nil
	}
	bad, err := s.bad(kind, token, lookup)
	if err != nil {
		return err
	}
	switch {
	case bad == token:
		return fmt.Errorf("the %s token is the good one", kind)
	case strings.TrimSpace(bad) == "":
		return fmt.Errorf("the %s token is empty", kind)
	}
	r.Header.Set("Authorization", "Bearer "+bad)
	return nil
}

func (s *Spoiler) bad(kind, token string, lookup func(string) (string, error)) (string, error) {
	switch kind {
	case "malformed":
		return "not-a-token", nil
	case "truncated":
		return environment.Truncated(token), nil
	case "tampered":
		return environment.Tampered(token)
	case "unsigned":
		return environment.Unsigned(token)
	case "resigned":
		return s.Resigned(token)
	case "expired":
		return lookup("expired_access_token")
	case "wrong_kind":
		return lookup("id_token")
	}
	return "", fmt.Errorf("there is no kind of bad token called %q", kind)
}

// Resigned is a JWT with the same header and claims, signed by a key that its issuer does not know. All of the header is
// kept: a token that is refused for its typ would not show that the signature is looked at.
func (s *Spoiler) Resigned(token string) (string, error) {
	raw, claims, err := environment.Claims(token)
	if err != nil {
		return "", err
	}
	var header struct {
		Algorithm jose.SignatureAlgorithm `json:"alg"`
		KeyID     string                  `json:"kid"`
	}
	if json.Unmarshal(raw, &header) != nil {
		return "", errors.New("the token is not a JWT: its alg or kid is not text")
	}
	var members map[jose.HeaderKey]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return "", fmt.Errorf("sign the token again: %w", err)
	}
	var options jose.SignerOptions
	for name, value := range members {
		if name != "alg" && name != "kid" { // those are the signer's
			options.WithHeader(name, value)
		}
	}
	key, err := s.key(header.Algorithm)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: header.Algorithm, Key: jose.JSONWebKey{Key: key, KeyID: header.KeyID}},
		&options)
	if err != nil {
		return "", fmt.Errorf("sign the token again: %w", err)
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", fmt.Errorf("sign the token again: %w", err)
	}
	return signed.CompactSerialize()
}

// key is a fresh key for an algorithm of RFC 7518, section 3.1.
func (s *Spoiler) key(algorithm jose.SignatureAlgorithm) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key, ok := s.keys[algorithm]; ok {
		return key, nil
	}
	key, err := newKey(algorithm)
	if err != nil {
		return nil, err
	}
	if s.keys == nil {
		s.keys = map[jose.SignatureAlgorithm]any{}
	}
	s.keys[algorithm] = key
	return key, nil
}

func newKey(algorithm jose.SignatureAlgorithm) (crypto.PrivateKey, error) {
	switch algorithm {
	case jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512:
		return rsa.GenerateKey(rand.Reader, 2048)
	case jose.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.ES384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case jose.ES512:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case jose.EdDSA:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	case jose.HS256, jose.HS384, jose.HS512:
		secret := make([]byte, 64)
		_, err := rand.Read(secret)
		return secret, err
	}
	return nil, fmt.Errorf("a token with the algorithm %q cannot be signed again", string(algorithm))
}
