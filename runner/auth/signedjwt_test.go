package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/postrider/postrider/runner/auth"
)

// ed25519JWK is the key of RFC 8037, appendix A.1.
const ed25519JWK = `{"kty":"OKP","crv":"Ed25519","kid":"k1","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`

// aPEM is a key in PEM.
func aPEM(t testing.TB, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// part decodes a part of a token.
func part(t testing.TB, token string, i int) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[i])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSignedJWTAlgorithms(t *testing.T) {
	t.Parallel()
	rsaKey, pkcs1 := rsaPEM()
	pkcs8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return aPEM(t, "PRIVATE KEY", der, err)
	}
	keys := map[string][]string{"RS": {pkcs1, pkcs8(rsaKey)}, "PS": {pkcs1}}
	public := map[string]any{"RS": &rsaKey.PublicKey, "PS": &rsaKey.PublicKey}
	for algorithm, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		sec1 := aPEM(t, "EC PRIVATE KEY", der, err)
		jwk, err := (&jose.JSONWebKey{Key: key, KeyID: "k1", Algorithm: algorithm}).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		parameters := "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
		keys[algorithm] = []string{sec1, parameters + sec1, pkcs8(key), string(jwk), strings.ReplaceAll(strings.TrimSpace(sec1), "\n", `\n`)}
		public[algorithm] = &key.PublicKey
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys["Ed"], public["Ed"] = []string{pkcs8(edKey)}, edPublic
	for _, algorithm := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"} {
		family := algorithm
		if keys[family] == nil {
			family = algorithm[:2]
		}
		for i, key := range keys[family] {
			token, err := auth.SignedJWT{Algorithm: algorithm, Key: key, Claims: object{"sub": "jane"}}.Token(time.Unix(1e9, 0))
			if err != nil {
				t.Errorf("%s, key %d: %v", algorithm, i, err)
				continue
			}
			if got := verified(t, token, algorithm, public[family]); got != `{"sub":"jane"}` {
				t.Errorf("%s, key %d: %s", algorithm, i, got)
			}
			if kid := strings.Contains(part(t, token, 0), `"kid":"k1"`); kid != strings.HasPrefix(key, "{") {
				t.Errorf("%s, key %d: header %s", algorithm, i, part(t, token, 0))
			}
		}
	}
}

func verified(t testing.TB, token, algorithm string, key any) string {
	t.Helper()
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		t.Errorf("%s: %v", token, err)
		return ""
	}
	claims, err := jws.Verify(key)
	if err != nil {
		t.Errorf("%s: %v", algorithm, err)
	}
	return string(claims)
}

// TestSignedJWTSecret signs with secrets of any length. The first has the values of the example at jwt.io, whose claims are
// in the order that we write, the others are compared with crypto/hmac by way of go-jose.
func TestSignedJWTSecret(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ algorithm, key, raw string }{
		{"HS256", "secret", "secret"},
		{"HS256", "your-256-bit-secret", "your-256-bit-secret"},
		{"HS384", strings.Repeat("x", 48), strings.Repeat("x", 48)},
		{"HS512", strings.Repeat("ä", 99), strings.Repeat("ä", 99)},
		{"HS256", " kept as it is\n", " kept as it is\n"},
		{"HS256", "base64:c2VjcmV0", "secret"},
		{"HS256", "base64:-_8", "\xfb\xff"},
		{"HS256", `{"kty":"oct","k":"c2VjcmV0"}`, "secret"},
		{"HS256", `{not a JWK}`, `{not a JWK}`},
		{"HS256", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n"},
	} {
		token, err := auth.SignedJWT{Algorithm: test.algorithm, Key: test.key, Claims: object{"a": json.Number("1")}}.Token(time.Unix(1, 0))
		if err != nil {
			t.Errorf("%q: %v", test.key, err)
			continue
		}
		signed := token[:strings.LastIndex(token, ".")]
		hash := map[string]crypto.Hash{"HS256": crypto.SHA256, "HS384": crypto.SHA384, "HS512": crypto.SHA512}[test.algorithm]
		if want := signed + "." + base64.RawURLEncoding.EncodeToString(hmacOf(hash, test.raw, signed)); token != want {
			t.Errorf("%q: %s, want %s", test.key, token, want)
		}
	}
}

func TestSignedJWTContent(t *testing.T) {
	t.Parallel()
	claims := object{"big": json.Number("9007199254740993"), "decimal": json.Number("1.10"), "text": "1", "html": "<&>", "list": []any{json.Number("1"), nil, true}}
	now := time.Unix(1516239022, 999)
	tests := map[string]struct {
		j              auth.SignedJWT
		header, claims string
	}{
		"plain": {auth.SignedJWT{}, `{"alg":"HS256","typ":"JWT"}`, `{}`},
		"exact": {auth.SignedJWT{Claims: claims}, `{"alg":"HS256","typ":"JWT"}`, `{"big":9007199254740993,"decimal":1.10,"html":"<&>","list":[1,null,true],"text":"1"}`},
		"header": {
			auth.SignedJWT{Header: object{"typ": "at+jwt", "kid": "k", "n": json.Number("9007199254740993"), "o": object{"a": json.Number("1")}, "alg": "HS256"}},
			`{"alg":"HS256","kid":"k","n":9007199254740993,"o":{"a":1},"typ":"at+jwt"}`, `{}`,
		},
		"lifetime": {auth.SignedJWT{Lifetime: 90 * time.Second, Claims: object{"sub": "x"}}, `{"alg":"HS256","typ":"JWT"}`, `{"exp":1516239112,"iat":1516239022,"sub":"x"}`},
		"given":    {auth.SignedJWT{Lifetime: time.Hour, Claims: object{"exp": "soon", "iat": nil}}, `{"alg":"HS256","typ":"JWT"}`, `{"exp":"soon","iat":null}`},
	}
	for name, test := range tests {
		test.j.Algorithm, test.j.Key = "HS256", "secret"
		before := len(test.j.Claims)
		token, err := test.j.Token(now)
		if err != nil {
			t.Fatal(err)
		}
		if header, claims := part(t, token, 0), part(t, token, 1); header != test.header || claims != test.claims {
			t.Errorf("%s: %s %s\nwant %s %s", name, header, claims, test.header, test.claims)
		}
		if len(test.j.Claims) != before {
			t.Errorf("%s: the claims were changed", name)
		}
	}
}

func TestSignedJWTRefuses(t *testing.T) {
	t.Parallel()
	rsaKey, pkcs1 := rsaPEM()
	publicDER, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	public := aPEM(t, "PUBLIC KEY", publicDER, err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalECPrivateKey(ecKey)
	ec := aPEM(t, "EC PRIVATE KEY", ecDER, err)
	encrypted := strings.Replace(pkcs1, "KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n", 1)
	for _, test := range []struct {
		j                  auth.SignedJWT
		key, message, hint string
	}{
		{auth.SignedJWT{Key: "s3cret"}, "algorithm", "algorithm is empty", ""},
		{auth.SignedJWT{Algorithm: "HS256"}, "key", "key is empty", ""},
		{auth.SignedJWT{Algorithm: "HS265", Key: "s3cret"}, "algorithm", `algorithm "HS265" is not known`, `did you mean "HS256"?`},
		{auth.SignedJWT{Algorithm: "rs256", Key: pkcs1}, "algorithm", `algorithm "rs256" is not known`, `did you mean "RS256"?`},
		{auth.SignedJWT{Algorithm: "none", Key: "s3cret"}, "algorithm", `algorithm "none" is not known`, "*"},
		{auth.SignedJWT{Algorithm: "HS256", Key: pkcs1}, "key", "key is a private key, and HS256 wants a shared secret", "*"},
		{auth.SignedJWT{Algorithm: "HS256", Key: "base64:s3cret!"}, "key", "key begins with base64: and is not base64 after it", ""},
		{auth.SignedJWT{Algorithm: "HS256", Key: ed25519JWK}, "key", "key is a JWK, but not a shared secret as HS256 wants it", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: "s3cret"}, "key", "key is neither PEM nor a JWK", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: " \n"}, "key", "key is empty", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: public}, "key", "key is a public key, which cannot sign", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: ec}, "key", "key is EC P-256, and RS256 wants RSA", ""},
		{auth.SignedJWT{Algorithm: "ES384", Key: ec}, "key", "key is EC P-256, and ES384 wants EC P-384", ""},
		{auth.SignedJWT{Algorithm: "EdDSA", Key: pkcs1}, "key", "key is RSA, and EdDSA wants Ed25519", ""},
		{auth.SignedJWT{Algorithm: "RS256", Key: encrypted}, "key", "key is encrypted", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: strings.Replace(pkcs1, "\nMII", "\nAAA", 1)}, "key", "key is PEM, but its private key is broken", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: strings.ReplaceAll(pkcs1, "RSA PRIVATE", "OPENSSH PRIVATE")}, "key", "key is in the form of OpenSSH", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: strings.ReplaceAll(pkcs1, "RSA PRIVATE", "ENCRYPTED PRIVATE")}, "key", "key is encrypted", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: strings.ReplaceAll(pkcs1, "RSA PRIVATE KEY", "X")}, "key", "key is PEM, but not a private key", "*"},
		{auth.SignedJWT{Algorithm: "RS256", Key: `{"kty":"RSA"}`}, "key", "key is not a valid JWK", "*"},
		{auth.SignedJWT{Algorithm: "EdDSA", Key: `{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`}, "key", "key is a public key, which cannot sign", "*"},
		{auth.SignedJWT{Algorithm: "EdDSA", Key: `{"kty":"oct","k":"c2VjcmV0"}`}, "key", "key is a shared secret, and a private key is wanted", "*"},
		{auth.SignedJWT{Algorithm: "EdDSA", Key: strings.Replace(ed25519JWK, `"kid"`, `"alg":"RS256","kid"`, 1)}, "algorithm", `algorithm is EdDSA, and the JWK is for "RS256"`, ""},
		{auth.SignedJWT{Algorithm: "HS256", Key: "s3cret", Lifetime: -1}, "lifetime", "lifetime is below zero", ""},
		{auth.SignedJWT{Algorithm: "HS256", Key: "s3cret", Header: object{"alg": "none"}}, "header", "alg in header is not HS256, which algorithm says", "*"},
		{auth.SignedJWT{Algorithm: "HS256", Key: "s3cret", Header: object{"b64": false}}, "header", "b64 in header asks for an extension, and none is known", ""},
	} {
		_, err := test.j.Token(time.Unix(1, 0))
		wantField(t, test.message, err, test.key, test.message, test.hint)
		wantField(t, test.message, test.j.Validate(), test.key, test.message, test.hint)
	}
	for key, j := range map[string]auth.SignedJWT{"claims": {Claims: object{"a": make(chan int)}}, "header": {Header: object{"a": json.Number("x")}}} {
		j.Algorithm, j.Key = "HS256", "secret"
		if _, err := j.Token(time.Unix(1, 0)); err == nil || !strings.HasPrefix(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func FuzzSignedJWTKey(f *testing.F) {
	_, pkcs1 := rsaPEM()
	f.Add("RS256", pkcs1)
	f.Add("EdDSA", ed25519JWK)
	f.Add("HS256", `{"kty":"oct","k":"c2VjcmV0"}`)
	f.Add("HS256", "base64:c2VjcmV0==")
	f.Add("ES256", `-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n`)
	f.Fuzz(func(t *testing.T, algorithm, key string) {
		j := auth.SignedJWT{Algorithm: algorithm, Key: key}
		token, err := j.Token(time.Unix(1, 0))
		if err == nil && strings.Count(token, ".") != 2 {
			t.Errorf("token %q", token)
		}
		if err == nil && j.Validate() != nil {
			t.Errorf("a token, though %v", j.Validate())
		}
		if err != nil && len(key) > 12 && strings.Contains(err.Error(), key) {
			t.Errorf("the key is in %q", err)
		}
	})
}

func hmacOf(hash crypto.Hash, key, text string) []byte {
	mac := hmac.New(hash.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
