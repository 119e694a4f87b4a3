package auth_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/environment"
)

const claims = `{"sub":"8d3b7c1e","scope":"openid","exp":1583370000}`

// A key is what an issuer signs with and what others verify with.
type key struct{ private, public any }

// keysOf has a key for each algorithm that tokens are signed with.
var keysOf = sync.OnceValue(func() map[jose.SignatureAlgorithm]key {
	r, _ := rsa.GenerateKey(rand.Reader, 2048)
	e256, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	e384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	e521, _ := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	public, private, _ := ed25519.GenerateKey(rand.Reader)
	secret := make([]byte, 64)
	_, _ = rand.Read(secret)
	return map[jose.SignatureAlgorithm]key{
		jose.RS256: {r, r.Public()}, jose.RS384: {r, r.Public()}, jose.PS256: {r, r.Public()},
		jose.ES256: {e256, e256.Public()}, jose.ES384: {e384, e384.Public()}, jose.ES512: {e521, e521.Public()},
		jose.HS256: {secret, secret}, jose.HS512: {secret, secret},
		jose.EdDSA: {private, public},
	}
})

// signed is a JWT with a header of more than alg and kid.
func signed(t testing.TB, algorithm jose.SignatureAlgorithm) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("at+jwt").WithHeader("org", object{"unit": "a"})
	jwk := jose.JSONWebKey{Key: keysOf()[algorithm].private, KeyID: "AbC+/="}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jwk}, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func verifies(t testing.TB, token string, algorithm jose.SignatureAlgorithm, with any) bool {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
	if err != nil {
		t.Fatalf("%s: %v", algorithm, err)
	}
	_, err = jws.Verify(with)
	return err == nil
}

func decoded(t testing.TB, part string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatalf("%q: %v", part, err)
	}
	return string(raw)
}

func lookup(values map[string]string) func(string) (string, error) {
	return func(name string) (string, error) {
		if value, ok := values[name]; ok {
			return value, nil
		}
		return "", errors.New("there is no " + name)
	}
}

// Whatever a kind does to a JWT, what is sent is no good token and is bad in the one way that its name says.
func TestSpoilJWT(t *testing.T) {
	t.Parallel()
	token := signed(t, jose.RS256)
	parts := strings.Split(token, ".")
	known := keysOf()[jose.RS256].public
	good := lookup(map[string]string{"expired_access_token": "old.old.old", "id_token": "id.id.id"})
	tests := map[string]func(t *testing.T, values []string, bad string){
		"missing":      func(t *testing.T, values []string, _ string) { equal(t, values, []string(nil)) },
		"empty":        func(t *testing.T, values []string, _ string) { equal(t, values, []string{"Bearer"}) },
		"wrong_scheme": func(t *testing.T, values []string, _ string) { equal(t, values, []string{"Basic " + token}) },
		"malformed":    func(t *testing.T, _ []string, bad string) { equal(t, bad, "not-a-token") },
		"expired":      func(t *testing.T, _ []string, bad string) { equal(t, bad, "old.old.old") },
		"wrong_kind":   func(t *testing.T, _ []string, bad string) { equal(t, bad, "id.id.id") },
		"truncated": func(t *testing.T, _ []string, bad string) {
			if len(bad) >= len(token) || !strings.HasPrefix(token, bad) || !strings.HasPrefix(bad, parts[0]+"."+parts[1]+".") {
				t.Errorf("%q of %q", bad, token)
			}
		},
		"tampered": func(t *testing.T, _ []string, bad string) {
			got := strings.Split(bad, ".")
			if len(got) != 3 || got[0] != parts[0] || got[1] == parts[1] || got[2] != parts[2] {
				t.Errorf("%q of %q", bad, token)
			}
			if verifies(t, bad, jose.RS256, known) {
				t.Error("it verifies")
			}
		},
		"unsigned": func(t *testing.T, _ []string, bad string) {
			got := strings.Split(bad, ".")
			if len(got) != 3 || got[1] != parts[1] || got[2] != "" || !strings.Contains(decoded(t, got[0]), `"alg":"none"`) {
				t.Errorf("%q of %q", bad, token)
			}
		},
		"resigned": func(t *testing.T, _ []string, bad string) { sameButKey(t, token, bad, jose.RS256) },
	}
	if len(tests) != 10 {
		t.Fatalf("%d kinds, format.md has 10", len(tests))
	}
	for kind, check := range tests {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r := request("bearer " + token)
			var s auth.Spoiler
			if err := s.Spoil(kind, r, good); err != nil {
				t.Fatal(err)
			}
			values := r.Header.Values("Authorization")
			bad := ""
			if len(values) == 1 {
				bad, _ = strings.CutPrefix(values[0], "Bearer ")
			}
			check(t, values, bad)
			if r.Header.Get("Accept") != "*/*" {
				t.Error("another field is gone")
			}
		})
	}
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// sameButKey wants a resigned token to differ in its signature alone.
func sameButKey(t testing.TB, token, bad string, algorithm jose.SignatureAlgorithm) {
	t.Helper()
	parts, got := strings.Split(token, "."), strings.Split(bad, ".")
	if len(got) != 3 || got[1] != parts[1] {
		t.Fatalf("claims changed: %q of %q", bad, token)
	}
	wantHeader, wantClaims, err := environment.Claims(token)
	if err != nil {
		t.Fatal(err)
	}
	header, claims, err := environment.Claims(bad)
	if err != nil {
		t.Fatal(err)
	}
	equalJSON(t, header, wantHeader)
	equalJSON(t, claims, wantClaims)
	if got[2] == parts[2] || len(got[2]) < 20 {
		t.Errorf("signature %q", got[2])
	}
	for known, key := range keysOf() {
		if known == algorithm && verifies(t, bad, algorithm, key.public) {
			t.Errorf("%s verifies it", known)
		}
	}
	if !verifies(t, token, algorithm, keysOf()[algorithm].public) {
		t.Error("the good one does not verify")
	}
}

func equalJSON(t testing.TB, got, want []byte) {
	t.Helper()
	var a, b any
	if err := errors.Join(json.Unmarshal(got, &a), json.Unmarshal(want, &b)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b, a); d != "" {
		t.Error(d)
	}
}

func TestResigned(t *testing.T) {
	t.Parallel()
	var s auth.Spoiler
	for _, algorithm := range slices.Sorted(maps.Keys(keysOf())) {
		token := signed(t, algorithm)
		bad, err := s.Resigned(token)
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		sameButKey(t, token, bad, algorithm)
		again, err := s.Resigned(token)
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		if algorithm[0] == 'R' && again != bad {
			t.Errorf("%s: the key was not kept", algorithm)
		}
	}
}

// Many virtual users share a Spoiler.
func TestResignedAtOnce(t *testing.T) {
	t.Parallel()
	var s auth.Spoiler
	token, want := signed(t, jose.RS256), make(chan string, 8)
	var wait sync.WaitGroup
	for range cap(want) {
		wait.Go(func() {
			bad, err := s.Resigned(token)
			if err != nil {
				t.Error(err)
			}
			want <- bad
		})
	}
	wait.Wait()
	first := <-want
	for range cap(want) - 1 {
		if <-want != first {
			t.Error("more than one key")
		}
	}
}

// A token that is no JWT can still be left out, cut off or replaced, but not changed inside.
func TestSpoilOpaque(t *testing.T) {
	t.Parallel()
	const token = "ya29.a0AfH6SMBx"
	values := map[string]string{"expired_access_token": "old", "id_token": "id"}
	tests := map[string]string{
		"missing":      "",
		"empty":        "Bearer",
		"wrong_scheme": "Basic " + token,
		"malformed":    "Bearer not-a-token",
		"truncated":    "Bearer " + token[:len(token)/2],
		"expired":      "Bearer old",
		"wrong_kind":   "Bearer id",
		"tampered":     "error: the token is not a JWT: it has 2 parts between dots, not 3",
		"unsigned":     "error: the token is not a JWT: it has 2 parts between dots, not 3",
		"resigned":     "error: the token is not a JWT: it has 2 parts between dots, not 3",
		"":             `error: there is no kind of bad token called ""`,
		"Tampered":     `error: there is no kind of bad token called "Tampered"`,
	}
	for kind, want := range tests {
		var s auth.Spoiler
		r := request("Bearer " + token)
		err := s.Spoil(kind, r, lookup(values))
		got := r.Header.Get("Authorization")
		if problem, ok := strings.CutPrefix(want, "error: "); ok {
			if err == nil || err.Error() != problem {
				t.Errorf("%s: error %v, want %q", kind, err, problem)
			}
			if got != "Bearer "+token {
				t.Errorf("%s: Authorization %q after an error", kind, got)
			}
			continue
		}
		if err != nil || got != want {
			t.Errorf("%s: Authorization %q, error %v, want %q", kind, got, err, want)
		}
	}
}

// A bad token that is the good one, or none, would be a test that tests nothing.
func TestSpoilNotBad(t *testing.T) {
	t.Parallel()
	b64 := base64.RawURLEncoding.EncodeToString
	object := b64([]byte("{}"))
	tests := map[string]struct {
		kind, token, problem string
		values               map[string]string
	}{
		"expired is the good one":    {"expired", "abc", "the expired token is the good one", map[string]string{"expired_access_token": "abc"}},
		"wrong_kind is the good one": {"wrong_kind", "abc", "the wrong_kind token is the good one", map[string]string{"id_token": "abc"}},
		"malformed is the good one":  {"malformed", "not-a-token", "the malformed token is the good one", nil},
		"expired is empty":           {"expired", "abc", "the expired token is empty", map[string]string{"expired_access_token": " "}},
		"nothing left":               {"truncated", "a", "the truncated token is empty", nil},
		"none expired":               {"expired", "abc", "there is no expired_access_token", nil},
		"no ID token":                {"wrong_kind", "abc", "there is no id_token", nil},
		"header no base64":           {"resigned", "%%." + object + ".x", "the token is not a JWT: its header is not base64url", nil},
		"header no object":           {"resigned", b64([]byte("[]")) + "." + object + ".x", "the token is not a JWT: its header is not a JSON object", nil},
		"claims no base64":           {"resigned", object + ".%%.x", "the token is not a JWT: its claims part is not base64url", nil},
		"five parts":                 {"resigned", "a.b.c.d.e", "the token is encrypted (JWE), so its claims cannot be read", nil},
		"alg none":                   {"resigned", b64([]byte(`{"alg":"none"}`)) + "." + object + ".", `a token with the algorithm "none" cannot be signed again`, nil},
		"no alg":                     {"resigned", object + "." + object + ".x", `a token with the algorithm "" cannot be signed again`, nil},
		"alg a number":               {"resigned", b64([]byte(`{"alg":1}`)) + "." + object + ".x", "the token is not a JWT: its alg or kid is not text", nil},
		"alg unheard of":             {"resigned", b64([]byte(`{"alg":"XS1"}`)) + "." + object + ".x", `a token with the algorithm "XS1" cannot be signed again`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s auth.Spoiler
			r := request("Bearer " + test.token)
			err := s.Spoil(test.kind, r, lookup(test.values))
			if err == nil || err.Error() != test.problem {
				t.Errorf("error %v, want %q", err, test.problem)
			}
			if got := r.Header.Get("Authorization"); got != "Bearer "+test.token {
				t.Errorf("Authorization %q", got)
			}
		})
	}
}

func TestSpoilNeedsToken(t *testing.T) {
	t.Parallel()
	for _, r := range [][]string{nil, {"Basic YTpi"}, {"Bearer "}} {
		var s auth.Spoiler
		err := s.Spoil("missing", request(r...), lookup(nil))
		if err == nil || err.Error() != "the request carries no bearer token that could be spoiled" {
			t.Errorf("%q: error %v", r, err)
		}
	}
}
