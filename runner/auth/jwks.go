package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/go-jose/go-jose/v4"

	"github.com/postrider/postrider/runner/exchange"
)

const (
	// rereadAfter is how long an unknown key has to wait until a set is read once more: made-up key ids do not make
	// requests.
	rereadAfter = time.Minute
	// maxKeySetMoves bounds the redirects to a key set.
	maxKeySetMoves = 5
	// minRSABits is what RFC 7518, sections 3.3 and 3.5, asks of a key.
	minRSABits = 2048
)

// A VerifyError is why a signature was not found good. Message and Hint are for people; neither repeats the token.
type VerifyError struct {
	Message string // the key set has no key "xyz"
	Hint    string // what to check; may be empty
	// Err is an *exchange.Error when there was no answer with a key set; else nil.
	Err error

	passing bool // the same may succeed in a moment
}

// Error gives the message without the hint.
func (e *VerifyError) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *VerifyError) Unwrap() error { return e.Err }

// A Verifier checks the signatures of JWTs by the public keys that an issuer has at a URL (a JWK Set, RFC 7517, section
// 5). It keeps the sets that it has read, so there is one for a run. It is safe for many goroutines and has none of its
// own.
type Verifier struct {
	// Client reads the key sets. It is needed.
	Client *exchange.Client
	// Now is the clock by which key sets are read again; nil: time.Now.
	Now func() time.Time

	mu   sync.Mutex
	sets map[string]*slot[keySet]
}

// Verify checks the signature of a JWT by the key set at jwksURL. It checks nothing else: not when the token expires, not
// who issued it, nor for whom.
//
// The token is a JWS in its compact serialization (RFC 7515, section 7.1), signed with RS, PS or ES 256, 384 or 512 or
// with EdDSA (Ed25519), and its key is the one that it names (kid) or, when it names none, the only one that there is for
// its algorithm. That the key is for the algorithm is said by its type and, where it has them, by its alg, use and
// key_ops (RFC 8725, section 3.1): a token can choose neither "none", nor an HMAC with a public key as its secret. Keys
// and URLs of keys that the token brings along (jwk, jku, x5c, x5u) count for nothing.
//
// A key set is read without credentials, once, however many goroutines ask for it; again when a token names a key that it
// does not have, since keys rotate, but then at most once a minute. A refusal is given again for ten seconds before
// the URL is asked anew; after a failure of the network the next to ask tries again.
//
// The error is a *VerifyError, or that of ctx.
func (v *Verifier) Verify(ctx context.Context, token, jwksURL string) error {
	t, err := readToken(token)
	if err != nil {
		return err
	}
	set, err := v.keys(ctx, t, jwksURL)
	if err != nil {
		return err
	}
	return set.verify(t)
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

func (v *Verifier) slot(jwksURL string) *slot[keySet] {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.sets[jwksURL]
	if s == nil {
		if v.sets == nil {
			v.sets = map[string]*slot[keySet]{}
		}
		s = &slot[keySet]{}
		v.sets[jwksURL] = s
	}
	return s
}

// A keySet is what is known of a URL: its keys, or that it has none.
type keySet struct {
	read bool
	keys []publicKey

	reread time.Time // zero: never
	stale  error     // why it could not be read again

	refused error // why it could not be read at all
	until   time.Time
}

// keys gives a key set in which a token can look for its key.
func (v *Verifier) keys(ctx context.Context, t signedToken, jwksURL string) (keySet, error) {
	s, fresh := v.slot(jwksURL), false
	set, err := s.get(ctx, func(held keySet) bool {
		known := held.read || held.refused != nil && v.now().Before(held.until)
		fresh = fresh || !known
		return known
	}, func(keySet) (keySet, error) {
		keys, err := v.fetch(ctx, jwksURL)
		if e, ok := errors.AsType[*VerifyError](err); ok && !e.passing {
			return keySet{refused: err, until: v.now().Add(refusalKept)}, nil
		}
		return keySet{read: true, keys: keys}, err
	})
	if err == nil {
		err = set.refused
	}
	if err != nil || fresh || set.offers(t) {
		return set, err
	}
	return s.get(ctx, func(held keySet) bool {
		return held.offers(t) || !held.reread.IsZero() && v.now().Before(held.reread.Add(rereadAfter))
	}, func(held keySet) (keySet, error) {
		keys, err := v.fetch(ctx, jwksURL)
		switch {
		case ctx.Err() != nil:
			return keySet{}, ctx.Err()
		case err != nil:
			return keySet{read: true, keys: held.keys, reread: v.now(), stale: err}, nil
		}
		return keySet{read: true, keys: keys, reread: v.now()}, nil
	})
}

// fetch reads a key set.
func (v *Verifier) fetch(ctx context.Context, jwksURL string) ([]publicKey, error) {
	u, err := url.Parse(jwksURL)
	switch {
	case strings.TrimSpace(jwksURL) == "":
		return nil, &VerifyError{Message: "the URL of the key set is empty"}
	case err == nil && u.User != nil:
		return nil, &VerifyError{Message: "the URL of the key set has a user in it", Hint: "keys are public, and read without credentials"}
	}
	x, err := v.Client.Do(ctx, nil, &exchange.Request{
		URL:          jwksURL,
		Header:       exchange.Header{{Name: "Accept", Value: "application/jwk-set+json, application/json"}},
		Timeout:      requestTimeout,
		MaxRedirects: maxKeySetMoves,
		MaxBody:      maxAnswer,
		NoCookies:    true,
	})
	if err != nil {
		return nil, unread(ctx, u, err)
	}
	const hint = "check the URL: a provider's discovery document has it as jwks_uri"
	secure := func(address string) bool { return strings.HasPrefix(strings.ToLower(address), "https:") }
	switch status := x.Response.Status; {
	case secure(jwksURL) && (!secure(x.URL) || slices.ContainsFunc(x.Redirects, func(h exchange.Hop) bool { return !secure(h.URL) })):
		return nil, &VerifyError{Message: keySetAt(u) + " was moved to where there is no TLS, so its keys may be anybody's"}
	case status != 200:
		return nil, &VerifyError{Message: keySetAt(u) + " answered " + strconv.Itoa(status), Hint: hint, passing: passes(status)}
	}
	keys, err := readKeys(x.Response.Body)
	if err != nil {
		return nil, &VerifyError{Message: keySetAt(u) + " is " + err.Error(), Hint: hint}
	}
	return keys, nil
}

// unread words that there was no answer. When it was the caller who lost patience, that is the error.
func unread(ctx context.Context, u *url.URL, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &VerifyError{Message: keySetAt(u) + " cannot be read", Err: err, passing: true}
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

// oneLine makes text from outside fit for a message.
func oneLine(text string) string {
	const most = 200
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
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

// A signedToken is a token that may be verified: its form is right and its algorithm is one of those that are accepted.
type signedToken struct {
	jws       *jose.JSONWebSignature
	algorithm jose.SignatureAlgorithm
	kid       string // "": none
}

// acceptedAlgorithms are those whose keys can be public.
func acceptedAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// readToken takes a token apart. go-jose would take line breaks within base64 and stray bits at its end, with which one
// token can be written in many ways (RFC 4648, section 3.5), and its JSON is not bounded in depth.
func readToken(token string) (signedToken, error) {
	var t signedToken
	parts := strings.Split(token, ".")
	switch {
	case strings.TrimSpace(token) == "":
		return t, &VerifyError{Message: "the token is empty"}
	case len(parts) == 5:
		return t, &VerifyError{Message: "the token is encrypted (JWE), which is not a signature"}
	case len(parts) == 1:
		return t, noJWT("it has no dots, where a JWT has two")
	case len(parts) != 3:
		return t, noJWT("it has %d parts between dots, not 3", len(parts))
	}
	var header map[string]json.RawMessage
	for i, part := range parts {
		name := [...]string{"header", "claims part", "signature"}[i]
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || strings.ContainsAny(part, "\r\n") {
			return t, noJWT("its %s is not base64url", name)
		}
		if base64.RawURLEncoding.EncodeToString(raw) != part {
			return t, noJWT("its %s was changed or cut short at its end", name)
		}
		if i == 0 && (json.Unmarshal(raw, &header) != nil || header == nil) {
			return t, noJWT("its header is not a JSON object")
		}
	}
	if err := checkHeader(header, parts[2] != ""); err != nil {
		return t, err
	}
	var err error
	if t.jws, err = jose.ParseSignedCompact(token, acceptedAlgorithms()); err != nil {
		return t, &VerifyError{
			Message: "the header of the token is broken",
			Hint:    "it has a name twice, a kid that is not a text, or a jwk or x5c that is none",
		}
	}
	h := t.jws.Signatures[0].Protected
	t.algorithm, t.kid = jose.SignatureAlgorithm(h.Algorithm), h.KeyID
	return t, nil
}

func noJWT(format string, args ...any) *VerifyError {
	return &VerifyError{Message: "the token is not a JWT: " + fmt.Sprintf(format, args...)}
}

// checkHeader refuses the headers that must not be believed, each with its reason.
func checkHeader(header map[string]json.RawMessage, signed bool) error {
	algorithm := jsonText(header["alg"])
	var names []string
	for _, a := range acceptedAlgorithms() {
		names = append(names, string(a))
	}
	switch {
	case strings.EqualFold(strings.TrimSpace(algorithm), "none"):
		return &VerifyError{Message: "the token is not signed (alg none)"}
	case algorithm == "":
		return &VerifyError{Message: "the header of the token has no alg"}
	case len(algorithm) > 2 && strings.EqualFold(algorithm[:2], "HS"):
		return &VerifyError{
			Message: "the token is signed with " + strconv.Quote(oneLine(algorithm)) + ", a shared secret, which no key set can verify",
			Hint:    "accepted are " + strings.Join(names, " "),
		}
	case !slices.Contains(names, algorithm):
		return &VerifyError{
			Message: "the token is signed with " + strconv.Quote(oneLine(algorithm)) + ", which is not known",
			Hint:    "accepted are " + strings.Join(names, " "),
		}
	case !signed:
		return &VerifyError{Message: "the token has no signature, and its alg is " + algorithm}
	case header["crit"] != nil:
		return &VerifyError{Message: "the header of the token asks for extensions (crit), and none is known"}
	case header["b64"] != nil && string(header["b64"]) != "true":
		return &VerifyError{Message: "the header of the token has b64, which a JWT must not have"} // RFC 7797, section 7
	}
	return nil
}

// jsonText is a JSON string; "" if it is something else.
func jsonText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
