package auth_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/exchange"
)

// jwksKeys are made once: an RSA key takes its time.
var jwksKeys = sync.OnceValue(func() (k struct {
	rsa, other, short *rsa.PrivateKey
	p256, p384, p521  *ecdsa.PrivateKey
	ed                ed25519.PrivateKey
	secret            []byte
}) {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var err error
	k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.other, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.short, err = rsa.GenerateKey(rand.Reader, 1024)
	must(err)
	k.p256, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	k.p384, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(err)
	k.p521, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	must(err)
	_, k.ed, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	k.secret = []byte("0123456789abcdef0123456789abcdef")
	return k
})

const jwksClaims = `{"sub":"s3cret-subject","exp":1}`

// sign makes a token whose header is what is given, signed whatever the header says.
func sign(t testing.TB, header, claims string, algorithm jose.SignatureAlgorithm, key crypto.Signer) string {
	t.Helper()
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwksSignature([]byte(input), algorithm, key)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// jwksSignature takes the way of crypto and not that of go-jose, so that it is another opinion.
func jwksSignature(input []byte, algorithm jose.SignatureAlgorithm, key crypto.Signer) ([]byte, error) {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[string(algorithm[2:])]
	digest := input
	if hash != 0 {
		h := hash.New()
		h.Write(input)
		digest = h.Sum(nil)
	}
	switch algorithm[0] {
	case 'P':
		return key.Sign(rand.Reader, digest, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash})
	case 'E':
		if private, ok := key.(*ecdsa.PrivateKey); ok {
			r, s, err := ecdsa.Sign(rand.Reader, private, digest)
			if err != nil {
				return nil, err
			}
			size := (private.Params().BitSize + 7) / 8
			return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...), nil
		}
	}
	return key.Sign(rand.Reader, digest, hash)
}

// jwk is a key of a set; change sets members, or takes them away with nil.
func jwk(t testing.TB, key any, kid string, change object) object {
	t.Helper()
	raw, err := jose.JSONWebKey{Key: key, KeyID: kid}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var members object
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	for name, value := range change {
		if members[name] = value; value == nil {
			delete(members, name)
		}
	}
	return members
}

// keyServer answers with what it holds and counts how often.
type keyServer struct {
	mu     sync.Mutex
	status int
	body   []byte
	err    error
	wait   chan struct{}
	asked  atomic.Int32
}

func (s *keyServer) set(t testing.TB, keys ...any) {
	t.Helper()
	body, err := json.Marshal(object{"keys": append([]any{}, keys...)})
	if err != nil {
		t.Fatal(err)
	}
	s.answer(200, body, nil)
}

func (s *keyServer) answer(status int, body []byte, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status, s.body, s.err = status, body, err
}

func (s *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	if s.wait != nil {
		select {
		case <-s.wait:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{
		StatusCode: s.status, Status: fmt.Sprint(s.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(s.body)), ContentLength: int64(len(s.body)), Request: r,
	}, nil
}

const jwksURL = "https://issuer.example/jwks.json"

// verifierOf has a key set of its own, without a network.
func verifierOf(t testing.TB, keys ...any) (*auth.Verifier, *keyServer) {
	t.Helper()
	s := &keyServer{}
	s.set(t, keys...)
	return &auth.Verifier{Client: exchange.NewClient(exchange.Options{Transport: s})}, s
}

// wantRefusal compares message and hint of a *VerifyError; a hint of "*" is any.
func wantRefusal(t testing.TB, err error, token, message, hint string) {
	t.Helper()
	e, ok := errors.AsType[*auth.VerifyError](err)
	if !ok {
		t.Errorf("error %v (%T), want %q", err, err, message)
		return
	}
	if e.Message != message || e.Error() != message {
		t.Errorf("message %q\n   want %q", e.Message, message)
	}
	if hint != "*" && e.Hint != hint {
		t.Errorf("hint %q\nwant %q", e.Hint, hint)
	}
	for _, part := range strings.Split(token, ".") {
		if len(part) > 8 && strings.Contains(e.Message+e.Hint, part) || strings.Contains(e.Message+e.Hint, "s3cret") {
			t.Errorf("the token is in %q (%s)", e.Message, e.Hint)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	for algorithm, key := range map[jose.SignatureAlgorithm]crypto.Signer{
		jose.RS256: k.rsa, jose.RS384: k.rsa, jose.RS512: k.rsa, jose.PS256: k.rsa, jose.PS384: k.rsa, jose.PS512: k.rsa,
		jose.ES256: k.p256, jose.ES384: k.p384, jose.ES512: k.p521, jose.EdDSA: k.ed,
	} {
		for name, change := range map[string]object{
			"plain": nil, "alg": {"alg": algorithm}, "use": {"use": "sig"}, "key_ops": {"key_ops": []string{"verify"}},
		} {
			t.Run(string(algorithm)+" "+name, func(t *testing.T) {
				t.Parallel()
				v, _ := verifierOf(t, jwk(t, key.Public(), "a", change), jwk(t, k.other.Public(), "b", nil), object{"kty": "future", "kid": "c"}, "junk")
				token := sign(t, `{"alg":"`+string(algorithm)+`","kid":"a","typ":"at+jwt","jku":"https://evil.example","x5u":"https://evil.example"}`, jwksClaims, algorithm, key)
				if err := v.Verify(t.Context(), token, jwksURL); err != nil {
					t.Error(err)
				}
				at := strings.LastIndexByte(token, '.')
				for _, bad := range []string{
					token[:at] + "." + swapped(token[at+1:], 3),
					token[:at+1] + token[at+5:],
					swapped(token, at-4),
				} {
					if err := v.Verify(t.Context(), bad, jwksURL); err == nil {
						t.Error("a changed token was found good")
					}
				}
			})
		}
	}
}

// swapped is a text with another letter at a place.
func swapped(text string, at int) string {
	c := byte('A')
	if text[at] == c {
		c = 'B'
	}
	return text[:at] + string(c) + text[at+1:]
}

// TestVerifyWithoutKid takes the only key that is for the algorithm.
func TestVerifyWithoutKid(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	token := sign(t, `{"alg":"RS256"}`, jwksClaims, jose.RS256, k.rsa)
	one, ec := jwk(t, k.rsa.Public(), "", nil), jwk(t, k.p256.Public(), "ec", nil)
	for name, test := range map[string]struct {
		keys    []any
		message string
	}{
		"one":               {[]any{one}, ""},
		"one with a kid":    {[]any{jwk(t, k.rsa.Public(), "a", nil)}, ""},
		"one of its type":   {[]any{ec, one}, ""},
		"one of its alg":    {[]any{jwk(t, k.other.Public(), "b", object{"alg": "RS512"}), one}, ""},
		"one for signing":   {[]any{jwk(t, k.other.Public(), "b", object{"use": "enc"}), one}, ""},
		"two":               {[]any{one, jwk(t, k.other.Public(), "b", nil)}, "the token does not say by which key it is signed (kid), and 2 of the key set are for RS256"},
		"the same twice":    {[]any{one, one}, "the token does not say by which key it is signed (kid), and 2 of the key set are for RS256"},
		"another":           {[]any{jwk(t, k.other.Public(), "", nil)}, "the signature does not fit the key without a kid"},
		"one that does not": {[]any{ec}, `the key "ec" is EC P-256, and the token is signed with RS256`},
		"none that does":    {[]any{ec, ec}, "the key set has no key for RS256"},
		"none":              {nil, "the key set has no key for RS256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, _ := verifierOf(t, test.keys...)
			if err := v.Verify(t.Context(), token, jwksURL); err != nil || test.message != "" {
				wantRefusal(t, err, token, test.message, "*")
			}
		})
	}
}

// TestVerifyRefuses has one good key "a", one that is not for the token, and the reasons in words.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	good := sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.RS256, k.rsa)
	parts := strings.Split(good, ".")
	with := func(header string) string { return sign(t, header, jwksClaims, jose.RS256, k.rsa) }
	der, err := x509.MarshalPKIXPublicKey(k.rsa.Public())
	if err != nil {
		t.Fatal(err)
	}
	confused := func(algorithm string, secret []byte) string {
		input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`+algorithm+`","kid":"a"}`)) + "." + parts[1]
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	embedded, err := json.Marshal(jwk(t, k.other.Public(), "a", nil))
	if err != nil {
		t.Fatal(err)
	}
	const (
		known    = "accepted are RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"
		changed  = "the token was changed or cut short, or is another issuer's"
		unsigned = "the token is not signed (alg none)"
		shared   = `the token is signed with "HS256", a shared secret, which no key set can verify`
		misfit   = `the signature does not fit the key "a"`
		broken   = "the header of the token is broken"
	)
	for name, test := range map[string]struct{ token, message, hint string }{
		"empty":           {"", "the token is empty", ""},
		"blank":           {" \n", "the token is empty", ""},
		"opaque":          {"s3cret", "the token is not a JWT: it has no dots, where a JWT has two", ""},
		"encrypted":       {"a.b.c.d.e", "the token is encrypted (JWE), which is not a signature", ""},
		"four parts":      {good + ".", "the token is not a JWT: it has 4 parts between dots, not 3", ""},
		"JSON":            {`{"payload":"","signatures":[]}`, "the token is not a JWT: it has no dots, where a JWT has two", ""},
		"with a scheme":   {"Bearer " + good, "the token is not a JWT: its header is not base64url", ""},
		"line break":      {good[:9] + "\n" + good[9:], "the token is not a JWT: its header is not base64url", ""},
		"line feed":       {good + "\n", "the token is not a JWT: its signature is not base64url", ""},
		"padding":         {good + "==", "the token is not a JWT: its signature is not base64url", ""},
		"stray bits":      {good[:len(good)-1] + string(good[len(good)-1]+1), "the token is not a JWT: its signature was changed or cut short at its end", ""},
		"no header":       {"." + parts[1] + "." + parts[2], "the token is not a JWT: its header is not a JSON object", ""},
		"an array":        {with(`["RS256"]`), "the token is not a JWT: its header is not a JSON object", ""},
		"null":            {with(`null`), "the token is not a JWT: its header is not a JSON object", ""},
		"deep":            {with(`{"alg":"RS256","kid":"a","x":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`), "the token is not a JWT: its header is not a JSON object", ""},
		"no alg":          {with(`{"kid":"a"}`), "the header of the token has no alg", ""},
		"alg in capitals": {with(`{"ALG":"RS256","kid":"a"}`), "the header of the token has no alg", ""},
		"alg a number":    {with(`{"alg":256,"kid":"a"}`), "the header of the token has no alg", ""},
		"alg unknown":     {with(`{"alg":"RS1","kid":"a"}`), `the token is signed with "RS1", which is not known`, known},
		"alg in lower":    {with(`{"alg":"rs256","kid":"a"}`), `the token is signed with "rs256", which is not known`, known},
		"alg hostile":     {with(`{"alg":"\u001b[2J\u202e","kid":"a"}`), `the token is signed with "?[2J?", which is not known`, known},
		"alg long":        {with(`{"alg":"` + strings.Repeat("x", 9999) + `","kid":"a"}`), `the token is signed with "` + strings.Repeat("x", 200) + `…", which is not known`, known},
		"alg of JWE":      {with(`{"alg":"RSA-OAEP","kid":"a"}`), `the token is signed with "RSA-OAEP", which is not known`, known},
		"alg twice":       {with(`{"alg":"none","alg":"RS256","kid":"a"}`), broken, "*"},
		"none":            {strings.Join([]string{base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)), parts[1], ""}, "."), unsigned, ""},
		"none, signed":    {with(`{"alg":"none","kid":"a"}`), unsigned, ""},
		"None":            {with(`{"alg":"None","kid":"a"}`), unsigned, ""},
		"NONE":            {with(`{"alg":"NONE","kid":"a"}`), unsigned, ""},
		"nOnE":            {with(`{"alg":"nOnE","kid":"a"}`), unsigned, ""},
		"none escaped":    {with(`{"alg":"\u006eone","kid":"a"}`), unsigned, ""},
		"none, blank":     {with(`{"alg":" none ","kid":"a"}`), unsigned, ""},
		"none at last":    {with(`{"alg":"RS256","alg":"none"}`), unsigned, ""},
		"none, wide":      {with(`{"alg":"ｎｏｎｅ","kid":"a"}`), `the token is signed with "ｎｏｎｅ", which is not known`, known},
		"confused, PEM":   {confused("HS256", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), shared, known},
		"confused, DER":   {confused("HS256", der), shared, known},
		"confused, n":     {confused("HS256", k.rsa.N.Bytes()), shared, known},
		"confused, lower": {confused("hs256", der), `the token is signed with "hs256", a shared secret, which no key set can verify`, known},
		"no signature":    {parts[0] + "." + parts[1] + ".", "the token has no signature, and its alg is RS256", ""},
		"half":            {good[:len(good)-170], misfit, changed},
		"another claim":   {parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin"}`)) + "." + parts[2], misfit, changed},
		"no claims":       {parts[0] + ".." + parts[2], misfit, changed},
		"another header":  {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"a" }`)) + "." + parts[1] + "." + parts[2], misfit, changed},
		"another key":     {sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.RS256, k.other), misfit, changed},
		"PS as RS":        {sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.PS256, k.rsa), misfit, changed},
		"RS as PS":        {sign(t, `{"alg":"PS256","kid":"a"}`, jwksClaims, jose.RS256, k.rsa), misfit, changed},
		"embedded jwk":    {sign(t, `{"alg":"RS256","kid":"a","jwk":`+string(embedded)+`}`, jwksClaims, jose.RS256, k.other), misfit, changed},
		"only a jwk":      {sign(t, `{"alg":"RS256","jwk":`+string(embedded)+`}`, jwksClaims, jose.RS256, k.other), "the token does not say by which key it is signed (kid), and 2 of the key set are for RS256", ""},
		"jwk private":     {sign(t, `{"alg":"RS256","kid":"a","jwk":{"kty":"oct","k":"AAAA"}}`, jwksClaims, jose.RS256, k.rsa), broken, "*"},
		"crit":            {with(`{"alg":"RS256","kid":"a","crit":["exp"],"exp":1}`), "the header of the token asks for extensions (crit), and none is known", ""},
		"crit empty":      {with(`{"alg":"RS256","kid":"a","crit":[]}`), "the header of the token asks for extensions (crit), and none is known", ""},
		"b64":             {with(`{"alg":"RS256","kid":"a","b64":false}`), "the header of the token has b64, which a JWT must not have", ""},
		"kid a number":    {with(`{"alg":"RS256","kid":7}`), broken, "*"},
		"kid unknown":     {with(`{"alg":"RS256","kid":"xyz"}`), `the key set has no key "xyz"`, `it has "a", "dup", "dup", "enc", "ops" and 9 more`},
		"kid in capitals": {with(`{"alg":"RS256","kid":"A"}`), `the key set has no key "A"`, "*"},
		"kid, a path":     {with(`{"alg":"RS256","kid":"../../dev/null"}`), `the key set has no key "../../dev/null"`, "*"},
		"kid, SQL":        {with(`{"alg":"RS256","kid":"x' UNION SELECT 'a"}`), `the key set has no key "x' UNION SELECT 'a"`, "*"},
		"kid, NUL":        {with(`{"alg":"RS256","kid":"a\u0000"}`), `the key set has no key "a?"`, "*"},
		"kid, hostile":    {with(`{"alg":"RS256","kid":"\u001b]0;x\u0007\n"}`), `the key set has no key "?]0;x??"`, "*"},
		"wrong type":      {sign(t, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256), `the key "a" is RSA, and the token is signed with ES256`, ""},
		"wrong curve":     {sign(t, `{"alg":"ES256","kid":"p384"}`, jwksClaims, jose.ES256, k.p256), `the key "p384" is EC P-384, and the token is signed with ES256`, ""},
		"wrong alg":       {sign(t, `{"alg":"PS256","kid":"rs256"}`, jwksClaims, jose.PS256, k.rsa), `the key "rs256" is for "RS256", and the token is signed with PS256`, ""},
		"alg of a cipher": {with(`{"alg":"RS256","kid":"oaep"}`), `the key "oaep" is for "RSA-OAEP", and the token is signed with RS256`, ""},
		"wrong use":       {with(`{"alg":"RS256","kid":"enc"}`), `the key "enc" is not for signatures, its use is "enc"`, ""},
		"wrong key_ops":   {with(`{"alg":"RS256","kid":"ops"}`), `the key "ops" is not for signatures, its key_ops have no "verify"`, ""},
		"short key":       {sign(t, `{"alg":"RS256","kid":"short"}`, jwksClaims, jose.RS256, k.short), `the key "short" is too short: expected 2048 bits at least, found 1024`, ""},
		"private key":     {with(`{"alg":"RS256","kid":"private"}`), `the key "private" is there with its private part, so that anybody can sign`, ""},
		"shared secret":   {with(`{"alg":"RS256","kid":"oct"}`), `the key "oct" is a shared secret, and not a public key`, ""},
		"future key":      {with(`{"alg":"RS256","kid":"future"}`), `the key "future" is of a type that is not known`, ""},
		"broken key":      {with(`{"alg":"RS256","kid":"broken"}`), `the key "broken" is broken`, ""},
		"duplicate kid":   {sign(t, `{"alg":"ES256","kid":"dup"}`, jwksClaims, jose.ES256, k.p384), `the signature does not fit the key "dup"`, changed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s := verifierOf(t,
				jwk(t, k.rsa.Public(), "a", nil),
				jwk(t, k.other.Public(), "dup", object{"alg": "RS256"}), jwk(t, k.p256.Public(), "dup", nil),
				jwk(t, k.rsa.Public(), "enc", object{"use": "enc"}),
				jwk(t, k.rsa.Public(), "ops", object{"key_ops": []string{"encrypt"}}),
				jwk(t, k.p384.Public(), "p384", nil),
				jwk(t, k.rsa.Public(), "rs256", object{"alg": "RS256", "key_ops": []string{"sign"}}),
				jwk(t, k.rsa.Public(), "oaep", object{"alg": "RSA-OAEP"}),
				jwk(t, k.short.Public(), "short", nil),
				jwk(t, k.rsa, "private", nil),
				jwk(t, k.secret, "oct", nil),
				object{"kty": "future", "kid": "future"},
				object{"kty": "RSA", "kid": "broken", "n": "AQ"},
				jwk(t, k.p521.Public(), "p521", nil),
			)
			if name == "wrong alg" {
				s.set(t, jwk(t, k.rsa.Public(), "rs256", object{"alg": "RS256"}))
			}
			wantRefusal(t, v.Verify(t.Context(), test.token, jwksURL), test.token, test.message, test.hint)
			if test.message == unsigned && s.asked.Load() > 0 {
				t.Error("a key set was read for nothing")
			}
		})
	}
	v, _ := verifierOf(t, jwk(t, k.rsa.Public(), "a", nil))
	if err := v.Verify(t.Context(), good, jwksURL); err != nil {
		t.Errorf("the good token of this test: %v", err)
	}
}

// TestVerifySalt refuses a salt that is not as long as the hash, which RFC 7518, section 3.5, asks for.
func TestVerifySalt(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	v, _ := verifierOf(t, jwk(t, k.rsa.Public(), "a", nil))
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"PS256","kid":"a"}`)) + ".e30"
	digest := sha256.Sum256([]byte(input))
	for _, length := range []int{rsa.PSSSaltLengthEqualsHash, 1, 20, 31, 33, 222} {
		signature, err := rsa.SignPSS(rand.Reader, k.rsa, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: length})
		if err != nil {
			t.Fatal(err)
		}
		err = v.Verify(t.Context(), input+"."+base64.RawURLEncoding.EncodeToString(signature), jwksURL)
		if (err == nil) != (length == rsa.PSSSaltLengthEqualsHash) {
			t.Errorf("salt of %d: %v", length, err)
		}
	}
}

// TestVerifyDuplicateKid tries every key of that id.
func TestVerifyDuplicateKid(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	v, _ := verifierOf(t, jwk(t, k.other.Public(), "a", nil), jwk(t, k.p256.Public(), "a", nil), jwk(t, k.rsa.Public(), "a", nil))
	for _, token := range []string{
		sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.RS256, k.rsa),
		sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.RS256, k.other),
		sign(t, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256),
	} {
		if err := v.Verify(t.Context(), token, jwksURL); err != nil {
			t.Error(err)
		}
	}
}

// TestVerifyKeySets has answers that are no key sets.
func TestVerifyKeySets(t *testing.T) {
	t.Parallel()
	token := sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.RS256, jwksKeys().rsa)
	const at, hint = "the key set at https://issuer.example/jwks.json ", "check the URL: a provider's discovery document has it as jwks_uri"
	deep := `{"keys":[` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]}`
	for name, test := range map[string]struct {
		url, body     string
		status        int
		err           error
		message, hint string
		asked         int32 // of two calls
	}{
		"not found":      {jwksURL, "", 404, nil, at + "answered 404", hint, 1},
		"busy":           {jwksURL, "", 503, nil, at + "answered 503", hint, 2},
		"moved":          {jwksURL, "", 302, nil, at + "answered 302", hint, 1},
		"no content":     {jwksURL, "", 204, nil, at + "answered 204", hint, 1},
		"a page":         {jwksURL, "<h1>", 200, nil, at + "is not a JSON object", hint, 1},
		"empty":          {jwksURL, "", 200, nil, at + "is not a JSON object", hint, 1},
		"null":           {jwksURL, "null", 200, nil, at + "is not a JSON object", hint, 1},
		"an array":       {jwksURL, "[]", 200, nil, at + "is not a JSON object", hint, 1},
		"deep":           {jwksURL, deep, 200, nil, at + "is not a JSON object", hint, 1},
		"no keys":        {jwksURL, "{}", 200, nil, at + `is without "keys" in it`, hint, 1},
		"keys null":      {jwksURL, `{"keys":null}`, 200, nil, at + `is without "keys" in it`, hint, 1},
		"keys an object": {jwksURL, `{"keys":{}}`, 200, nil, at + `is without "keys" in it`, hint, 1},
		"Keys":           {jwksURL, `{"Keys":[]}`, 200, nil, at + `is without "keys" in it`, hint, 1},
		"discovery":      {jwksURL, `{"issuer":"https://issuer.example","jwks_uri":"https://issuer.example/j"}`, 200, nil, at + "is a discovery document and not the key set itself", hint, 1},
		"no key":         {jwksURL, `{"keys":[]}`, 200, nil, `the key set has no key "a"`, "it is empty", 2}, // the second asks again
		"odd keys":       {jwksURL, `{"keys":[null,1,{},{"kty":7}]}`, 200, nil, `the key set has no key "a"`, "its keys have no kid", 2},
		"too large":      {jwksURL, `{"keys":[]}` + strings.Repeat(" ", 1<<20), 200, nil, at + "cannot be read: the body of the answer of issuer.example is over the limit of 1048576 bytes (max_body)", "*", 1},
		"unreachable":    {jwksURL, "", 0, errors.New("EOF"), at + "cannot be read: the answer of issuer.example is broken: end of the connection", "", 2},
		"a query":        {jwksURL + "?key=s3cret", "", 404, nil, at + "answered 404", hint, 1},
		"no URL":         {"", "", 0, nil, "the URL of the key set is empty", "", 0},
		"a path":         {"/jwks.json", "", 0, nil, "the key set cannot be read: the URL has no scheme", "begin it with http:// or https://", 0},
		"a file":         {"file:///etc/passwd", "", 0, nil, `the key set cannot be read: the URL is "file:": expected http:// or https://`, "", 0},
		"a password":     {"https://user:s3cret@issuer.example/", "", 0, nil, "the URL of the key set has a user in it", "keys are public, and read without credentials", 0},
		"garbage":        {"https://[s3cret", "", 0, nil, "the key set cannot be read: the host in the URL begins with [ and has no ]", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, s := verifierOf(t)
			s.answer(test.status, []byte(test.body), test.err)
			for range 2 {
				wantRefusal(t, v.Verify(t.Context(), token, test.url), token, test.message, test.hint)
			}
			if n := s.asked.Load(); n != test.asked {
				t.Errorf("asked %d times, want %d", n, test.asked)
			}
		})
	}
}

// TestVerifyRefusalEnds asks again after a while.
func TestVerifyRefusalEnds(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	token := sign(t, `{"alg":"RS256","kid":"a"}`, jwksClaims, jose.RS256, k.rsa)
	now := time.Unix(1e9, 0)
	v, s := verifierOf(t)
	v.Now = func() time.Time { return now }
	s.answer(404, nil, nil)
	if err := v.Verify(t.Context(), token, jwksURL); err == nil {
		t.Error("no error")
	}
	s.set(t, jwk(t, k.rsa.Public(), "a", nil))
	now = now.Add(9 * time.Second)
	if err := v.Verify(t.Context(), token, jwksURL); err == nil {
		t.Error("asked again too soon")
	}
	now = now.Add(time.Second)
	if err := v.Verify(t.Context(), token, jwksURL); err != nil {
		t.Error(err)
	}
}

// TestVerifyPool takes tokens and keys of the embedded pool, over the network.
func TestVerifyPool(t *testing.T) {
	t.Parallel()
	pool, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{{
			ID: "1example23456789", Flows: []string{cognito.FlowImplicit}, CallbackURLs: []string{"http://localhost:3000/callback"},
		}},
		Users: []cognito.User{{Username: "jane", Password: "Correct-horse1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	callback, err := pool.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	_, fragment, _ := strings.Cut(callback, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil {
		t.Fatal(err)
	}
	expired, err := pool.ExpiredAccessToken()
	if err != nil {
		t.Fatal(err)
	}
	client := exchange.NewClient(exchange.Options{})
	t.Cleanup(client.Close)
	v := &auth.Verifier{Client: client}
	for name, token := range map[string]string{"access": values.Get("access_token"), "id": values.Get("id_token"), "expired": expired} {
		if err := v.Verify(t.Context(), token, pool.JWKSURL()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		resigned, err := new(auth.Spoiler).Resigned(token)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(t.Context(), resigned, pool.JWKSURL()); err == nil {
			t.Errorf("%s, signed by another key: no error", name)
		}
	}
	other, err := cognito.NewServer(cognito.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	if err := v.Verify(t.Context(), expired, other.JWKSURL()); err == nil {
		t.Error("the keys of another pool fit")
	}
}

// TestVerifyTogether reads a key set once for all who ask at once, and for all later.
func TestVerifyTogether(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	v, s := verifierOf(t, jwk(t, k.p256.Public(), "a", nil))
	s.wait = make(chan struct{})
	good := sign(t, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256)
	unknown := sign(t, `{"alg":"ES256","kid":"b"}`, jwksClaims, jose.ES256, k.p256)
	var wait sync.WaitGroup
	var begun sync.WaitGroup
	for i := range 100 {
		begun.Add(1)
		wait.Go(func() {
			token := good
			if i%2 == 1 {
				token = unknown
			}
			begun.Done()
			if err := v.Verify(t.Context(), token, jwksURL); (err == nil) != (i%2 == 0) {
				t.Error(err)
			}
		})
	}
	begun.Wait()
	time.Sleep(20 * time.Millisecond) // most of them now wait for the first
	close(s.wait)
	wait.Wait()
	// Who came late with an unknown key may have had it read once more, which is the one time in this minute.
	if n := s.asked.Load(); n > 2 {
		t.Errorf("read %d times", n)
	}
	for range 100 {
		if err := v.Verify(t.Context(), good, jwksURL); err != nil {
			t.Error(err)
		}
	}
	if n := s.asked.Load(); n > 2 {
		t.Errorf("read %d times", n)
	}
}

func TestVerifyTogetherOnce(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	v, s := verifierOf(t, jwk(t, k.p256.Public(), "a", nil))
	token := sign(t, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256)
	var wait sync.WaitGroup
	for range 100 {
		wait.Go(func() {
			if err := v.Verify(t.Context(), token, jwksURL); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := s.asked.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

// TestVerifyRotation reads the set again for a key that is new, and not more than once a minute for one that is made up.
func TestVerifyRotation(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	now := time.Unix(1e9, 0)
	v, s := verifierOf(t, jwk(t, k.rsa.Public(), "old", nil))
	v.Now = func() time.Time { return now }
	before := sign(t, `{"alg":"RS256","kid":"old"}`, jwksClaims, jose.RS256, k.rsa)
	after := sign(t, `{"alg":"ES256","kid":"new"}`, jwksClaims, jose.ES256, k.p256)
	step := func(what, token, message string, asked int32) {
		t.Helper()
		err := v.Verify(t.Context(), token, jwksURL)
		if message != "" {
			wantRefusal(t, err, token, message, "*")
		} else if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n := s.asked.Load(); n != asked {
			t.Errorf("%s: asked %d times, want %d", what, n, asked)
		}
	}
	step("first", after, `the key set has no key "new"`, 1) // it has just been read
	step("old key", before, "", 1)
	s.set(t, jwk(t, k.rsa.Public(), "old", nil), jwk(t, k.p256.Public(), "new", nil))
	step("rotated", after, "", 2)
	step("old key, still there", before, "", 2)
	for i := range 100 {
		step("made up", sign(t, fmt.Sprintf(`{"alg":"ES256","kid":"%d"}`, i), jwksClaims, jose.ES256, k.p256), fmt.Sprintf(`the key set has no key "%d"`, i), 2)
	}
	s.set(t, jwk(t, k.p384.Public(), "newer", nil))
	newer := sign(t, `{"alg":"ES384","kid":"newer"}`, jwksClaims, jose.ES384, k.p384)
	now = now.Add(time.Minute - time.Nanosecond)
	step("within the minute", newer, `the key set has no key "newer"`, 2)
	now = now.Add(time.Nanosecond)
	s.answer(500, nil, nil)
	step("out of order", newer, `the key set has no key "newer", and could not be read again: the key set at https://issuer.example/jwks.json answered 500`, 3)
	step("the keys are kept", after, "", 3)
	s.set(t, jwk(t, k.p384.Public(), "newer", nil))
	now = now.Add(time.Minute)
	step("in order", newer, "", 4)
	step("gone", before, `the key set has no key "old"`, 4)
	now = now.Add(time.Hour)
	step("good for the run", newer, "", 4)
	wordless := sign(t, `{"alg":"RS256"}`, jwksClaims, jose.RS256, k.rsa)
	s.set(t, jwk(t, k.rsa.Public(), "", nil))
	step("rotated without a kid", wordless, "", 5)
}

// TestVerifyCanceled leaves the fetch to another when the one who began it has gone.
func TestVerifyCanceled(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	v, s := verifierOf(t, jwk(t, k.p256.Public(), "a", nil))
	s.wait = make(chan struct{})
	token := sign(t, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := v.Verify(ctx, token, jwksURL); err != context.Canceled {
			t.Errorf("canceled: %v", err)
		}
	})
	for s.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	wait.Go(func() {
		if err := v.Verify(t.Context(), token, jwksURL); err != nil {
			t.Errorf("the other: %v", err)
		}
	})
	cancel()
	for s.asked.Load() == 1 {
		time.Sleep(time.Millisecond)
	}
	close(s.wait)
	wait.Wait()
}

// TestVerifyCanceledRotation does not count it as a reading when it came to nothing.
func TestVerifyCanceledRotation(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	v, s := verifierOf(t, jwk(t, k.p256.Public(), "old", nil))
	if err := v.Verify(t.Context(), sign(t, `{"alg":"ES256","kid":"old"}`, jwksClaims, jose.ES256, k.p256), jwksURL); err != nil {
		t.Fatal(err)
	}
	s.set(t, jwk(t, k.p384.Public(), "new", nil))
	token := sign(t, `{"alg":"ES384","kid":"new"}`, jwksClaims, jose.ES384, k.p384)
	ctx, cancel := context.WithCancel(t.Context())
	s.wait = make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := v.Verify(ctx, token, jwksURL); err != context.Canceled {
			t.Errorf("canceled: %v", err)
		}
	})
	for s.asked.Load() == 1 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	wait.Wait()
	close(s.wait)
	if err := v.Verify(t.Context(), token, jwksURL); err != nil {
		t.Error(err)
	}
}

// TestVerifyLeavesTLS refuses keys that anybody on the way could have put there.
func TestVerifyLeavesTLS(t *testing.T) {
	t.Parallel()
	k := jwksKeys()
	keys, err := json.Marshal(object{"keys": []any{jwk(t, k.p256.Public(), "a", nil)}})
	if err != nil {
		t.Fatal(err)
	}
	var secure *httptest.Server
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			http.Redirect(w, r, secure.URL+"/keys", http.StatusFound)
			return
		}
		_, _ = w.Write(keys)
	}))
	t.Cleanup(plain.Close)
	secure = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Cookies()) > 0 || r.Header.Get("Authorization") != "" {
			t.Errorf("credentials: %v", r.Header)
		}
		switch r.URL.Path {
		case "/keys":
			_, _ = w.Write(keys)
		case "/moved":
			w.Header().Set("Set-Cookie", "a=b")
			http.Redirect(w, r, "/keys", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		default:
			http.Redirect(w, r, plain.URL+r.URL.Path, http.StatusFound)
		}
	}))
	t.Cleanup(secure.Close)
	client := exchange.NewClient(exchange.Options{Insecure: true})
	t.Cleanup(client.Close)
	v := &auth.Verifier{Client: client}
	token := sign(t, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256)
	for _, good := range []string{secure.URL + "/keys", secure.URL + "/moved", plain.URL + "/plain", plain.URL + "/back"} {
		if err := v.Verify(t.Context(), token, good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, path := range []string{"/leave", "/back"} {
		wantRefusal(t, v.Verify(t.Context(), token, secure.URL+path), token,
			"the key set at "+secure.URL+path+" was moved to where there is no TLS, so its keys may be anybody's", "")
	}
	err = v.Verify(t.Context(), token, secure.URL+"/loop")
	if wire, ok := errors.AsType[*exchange.Error](err); !ok || wire.Kind != exchange.KindLimit {
		t.Errorf("a loop: %v", err)
	}
}

// FuzzVerify wants no panic from any token and any key set, and nothing good but what was signed here.
func FuzzVerify(f *testing.F) {
	k := jwksKeys()
	good := sign(f, `{"alg":"ES256","kid":"a"}`, jwksClaims, jose.ES256, k.p256)
	for _, keys := range [][]any{
		{jwk(f, k.p256.Public(), "a", nil)}, {jwk(f, k.rsa.Public(), "", object{"use": "sig", "key_ops": []string{"verify"}})},
		{jwk(f, k.ed.Public(), "a", object{"x5c": []string{"AA"}, "x5t": "AA"})}, {jwk(f, k.p521, "a", nil), 7, nil}, {jwk(f, k.secret, "a", nil)},
	} {
		body, err := json.Marshal(object{"keys": keys})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(good, string(body))
	}
	f.Add(good[:40], `{"keys":[{"kty":"EC","crv":"P-256","x":"","y":"","kid":"a"},{"kty":"RSA","n":"","e":"AQAB"}]}`)
	f.Add(sign(f, `{"alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"AA"},"x5c":["AA"]}`, "", jose.EdDSA, k.ed), `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`)
	f.Add(sign(f, `{"alg":"RS256"}`, "", jose.RS256, k.rsa), `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`)
	f.Add("..", "[]")
	f.Fuzz(func(t *testing.T, token, keys string) {
		v, s := verifierOf(t)
		s.answer(200, []byte(keys), nil)
		err := v.Verify(t.Context(), token, jwksURL)
		e, ok := errors.AsType[*auth.VerifyError](err)
		switch {
		case err == nil:
			parts := strings.Split(token, ".")
			header, _ := base64.RawURLEncoding.Strict().DecodeString(parts[0])
			if len(parts) != 3 || parts[2] == "" || bytes.Contains(bytes.ToLower(header), []byte(`"none"`)) {
				t.Errorf("%q by %q was found good", token, keys)
			}
		case !ok:
			t.Errorf("error %v (%T)", err, err)
		case len(token) > 300 && strings.Contains(e.Message+e.Hint, token):
			t.Errorf("the token is in %q", e.Message)
		}
	})
}
