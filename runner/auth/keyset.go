package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/postrider/postrider/runner/exchange"
)

// A keySet is what is known of a URL: its keys, or that it has none.
type keySet struct {
	read bool
	keys []publicKey

	reread time.Time // zero: never
	stale  error     // why it could not be read again

	refused error // why it could not be read at all
	until   time.Time
}

// unread words that there was no answer. When it was the caller who lost patience, that is the error.
func unread(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &VerifyError{Unread: true, Message: keySetAt(u) + " cannot be read", Err: err, passing: true}
	var wire *exchange.Error
	if errors.As(err, &wire) {
		e.Message, e.Hint, e.Err = e.Message+": "+wire.Message, wire.Hint, wire
		e.passing = wire.Kind != exchange.KindRequest && wire.Kind != exchange.KindLimit
	}
	return e
}

// keySetAt names a key set by its URL, without a query, which may hold a key of another kind.
func keySetAt(u *url.URL) string {
	if u == nil || u.Host == "" {
		return "the key set"
	}
	return "the key set at " + oneLine((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String())
}

// readKeys takes a JWK Set apart. A key that cannot be used does not spoil the others (RFC 7517, section 5); the error
// says what the body is instead.
func readKeys(body []byte) ([]publicKey, error) {
	var set map[string]json.RawMessage // an object's names in their case
	if json.Unmarshal(body, &set) != nil || set == nil {
		return nil, errors.New("not a JSON object")
	}
	var list []json.RawMessage
	if json.Unmarshal(set["keys"], &list) != nil || list == nil {
		if set["jwks_uri"] != nil {
			return nil, errors.New("a discovery document and not the key set itself")
		}
		return nil, errors.New(`without "keys" in it`)
	}
	keys := make([]publicKey, len(list))
	for i, raw := range list {
		keys[i] = readKey(raw)
	}
	return keys, nil
}

// A publicKey is a member of a key set.
type publicKey struct {
	id         string // "": none
	key        any
	kind       string                    // EC P-256
	algorithms []jose.SignatureAlgorithm // that it can be used with
	only       string                    // alg: the one that it may be used with; "": any
	flaw       string                    // why it verifies nothing; "": it does
}

func readKey(raw json.RawMessage) publicKey {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return publicKey{flaw: "is not an object"}
	}
	k := publicKey{id: jsonText(members["kid"])}
	var key jose.JSONWebKey
	switch err := key.UnmarshalJSON(raw); {
	case jsonText(members["kty"]) == "oct":
		k.flaw = "is a shared secret, and not a public key"
	case errors.Is(err, jose.ErrUnsupportedKeyType):
		k.flaw = "is of a type that is not known"
	case err != nil || !key.Valid():
		k.flaw = "is broken"
	case !key.IsPublic():
		k.flaw = "is there with its private part, so that anybody can sign"
	case key.Use != "" && key.Use != "sig":
		k.flaw = "is not for signatures, its use is " + strconv.Quote(oneLine(key.Use))
	default:
		k.key, k.only = key.Key, key.Algorithm
		k.describe()
	}
	var operations []string
	if o := members["key_ops"]; o != nil && k.flaw == "" && (json.Unmarshal(o, &operations) != nil || !slices.Contains(operations, "verify")) {
		k.flaw = `is not for signatures, its key_ops have no "verify"`
	}
	return k
}

// describe finds out what a key can be used with (RFC 7518, section 3.1; RFC 8037, section 3.1).
func (k *publicKey) describe() {
	switch key := k.key.(type) {
	case *rsa.PublicKey:
		k.kind = "RSA"
		k.algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
		if bits := key.N.BitLen(); bits < minRSABits {
			k.flaw = fmt.Sprintf("is too short: expected %d bits at least, found %d", minRSABits, bits)
		}
	case *ecdsa.PublicKey:
		k.kind = "EC " + key.Params().Name
		switch key.Params().BitSize {
		case 256:
			k.algorithms = []jose.SignatureAlgorithm{jose.ES256}
		case 384:
			k.algorithms = []jose.SignatureAlgorithm{jose.ES384}
		case 521:
			k.algorithms = []jose.SignatureAlgorithm{jose.ES512}
		}
	case ed25519.PublicKey:
		k.kind = "Ed25519"
		k.algorithms = []jose.SignatureAlgorithm{jose.EdDSA}
	default:
		k.flaw = "is of a type that is not known"
	}
}

// objection says why a key is not for an algorithm; "" if it is.
func (k *publicKey) objection(algorithm jose.SignatureAlgorithm) string {
	switch {
	case k.flaw != "":
		return k.flaw
	case !slices.Contains(k.algorithms, algorithm):
		return fmt.Sprintf("is %s, and the token is signed with %s", k.kind, algorithm)
	case k.only != "" && k.only != string(algorithm):
		return fmt.Sprintf("is for %s, and the token is signed with %s", strconv.Quote(oneLine(k.only)), algorithm)
	}
	return ""
}

// name is the key for a message.
func (k *publicKey) name() string {
	if k.id == "" {
		return "the key without a kid"
	}
	return "the key " + strconv.Quote(oneLine(k.id))
}

// offers says whether there is a key that the token may mean.
func (s *keySet) offers(t signedToken) bool {
	return slices.ContainsFunc(s.keys, func(k publicKey) bool {
		return t.kid != "" && k.id == t.kid || t.kid == "" && k.objection(t.algorithm) == ""
	})
}

func (s *keySet) verify(t signedToken) error {
	keys, err := s.candidates(t)
	if err != nil {
		return err
	}
	for _, k := range keys { // several have one kid, which is against RFC 7517, section 4.5, and happens
		key := k.key
		if rsaKey, ok := k.key.(*rsa.PublicKey); ok && strings.HasPrefix(string(t.algorithm), "PS") {
			key = pssKey{rsaKey}
		}
		if _, err := t.jws.Verify(key); err == nil {
			return nil
		}
	}
	return &VerifyError{
		Message: "the signature does not fit " + keys[0].name(),
		Hint:    "the token was changed or cut short, or is another issuer's",
	}
}

// candidates are the keys by which a token may be signed, at least one.
func (s *keySet) candidates(t signedToken) ([]publicKey, error) {
	var named, fit []publicKey
	for _, k := range s.keys {
		if t.kid != "" && t.kid != k.id {
			continue
		}
		named = append(named, k)
		if k.objection(t.algorithm) == "" {
			fit = append(fit, k)
		}
	}
	switch {
	case t.kid == "" && len(fit) > 1:
		return nil, &VerifyError{
			Message: fmt.Sprintf("the token does not say by which key it is signed (kid), and %d of the key set are for %s", len(fit), t.algorithm),
		}
	case len(fit) > 0:
		return fit, nil
	case len(named) > 0 && t.kid != "", len(named) == 1:
		return nil, &VerifyError{Message: named[0].name() + " " + named[0].objection(t.algorithm)}
	}
	e := &VerifyError{Message: "the key set has no key " + strconv.Quote(oneLine(t.kid)), Hint: s.content()}
	if t.kid == "" {
		e.Message = "the key set has no key for " + string(t.algorithm)
	}
	if s.stale != nil {
		e.Message += ", and could not be read again: " + s.stale.Error()
	}
	return nil, e
}

// content lists the keys for those who look for another.
func (s *keySet) content() string {
	const most = 5
	var names []string
	for _, k := range s.keys {
		if k.id != "" {
			names = append(names, strconv.Quote(oneLine(k.id)))
		}
	}
	switch {
	case len(s.keys) == 0:
		return "it is empty"
	case len(names) == 0:
		return "its keys have no kid"
	case len(names) > most:
		return "it has " + strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	}
	return "it has " + strings.Join(names, ", ")
}

// A pssKey verifies with RSASSA-PSS as RFC 7518, section 3.5, has it: with a salt as long as the hash. go-jose would take
// one of any length.
type pssKey struct{ key *rsa.PublicKey }

// VerifyPayload is that of jose.OpaqueVerifier.
func (k pssKey) VerifyPayload(payload, signature []byte, algorithm jose.SignatureAlgorithm) error {
	hash := map[jose.SignatureAlgorithm]crypto.Hash{
		jose.PS256: crypto.SHA256, jose.PS384: crypto.SHA384, jose.PS512: crypto.SHA512,
	}[algorithm]
	if hash == 0 {
		return jose.ErrUnsupportedAlgorithm
	}
	h := hash.New()
	h.Write(payload)
	return rsa.VerifyPSS(k.key, hash, h.Sum(nil), signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
}
