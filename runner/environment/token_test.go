package environment

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// jwt makes a token that looks signed.
func jwt(header, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(header)) + "." + encode([]byte(claims)) + "." + encode([]byte("\xff\xfea signature of 32 bytes or so\x01"))
}

// accessToken is a token that expires at a time.
func accessToken(exp time.Time) string {
	claims, _ := json.Marshal(map[string]any{"sub": "7b1c", "token_use": "access", "exp": exp.Unix()})
	return jwt(`{"kid":"k/+=","alg":"RS256"}`, string(claims))
}

func TestClaims(t *testing.T) {
	t.Parallel()
	header, claims, err := Claims(jwt(`{"alg":"RS256"}`, `{"sub":"a","n":1.0}`))
	if err != nil || string(header) != `{"alg":"RS256"}` || string(claims) != `{"sub":"a","n":1.0}` {
		t.Errorf("Claims = %s, %s, %v", header, claims, err)
	}
	for token, want := range map[string]string{
		"":                     "the token is not a JWT: it has 1 parts between dots, not 3",
		"a.b":                  "the token is not a JWT: it has 2 parts between dots, not 3",
		"a.b.c.d.e":            "the token is encrypted (JWE), so its claims cannot be read",
		"!.b.c":                "the token is not a JWT: its header is not base64url",
		"e30.!.c":              "the token is not a JWT: its claims part is not base64url",
		"e30.bnVsbA.c":         "the token is not a JWT: its claims part is not a JSON object",
		jwt(`{}`, `[1]`):       "the token is not a JWT: its claims part is not a JSON object",
		jwt(`{"a":`, `{}`):     "the token is not a JWT: its header is not a JSON object",
		jwt(`{"a":1} x`, `{}`): "the token is not a JWT: its header is not a JSON object",
	} {
		if _, _, err := Claims(token); err == nil || err.Error() != want {
			t.Errorf("Claims(%q): %v, want %s", token, err, want)
		}
	}
}

func TestTampered(t *testing.T) {
	t.Parallel()
	for _, claims := range []string{`{"sub":"user-0","exp":9007199254740993}`, `{"sub":"é"}`, `{"sub":"0"}`, `{"sub":7}`, `{"sub":""}`, `{}`, `{"tampered":true}`} {
		token := jwt(`{"alg":"RS256"}`, claims)
		tampered, err := Tampered(token)
		if err != nil {
			t.Errorf("Tampered(%s): %v", claims, err)
			continue
		}
		was, is := strings.Split(token, "."), strings.Split(tampered, ".")
		if is[0] != was[0] || is[2] != was[2] || is[1] == was[1] {
			t.Errorf("Tampered(%s) = %s", claims, tampered)
		}
		_, changed, err := Claims(tampered)
		var a, b map[string]any
		if err != nil || json.Unmarshal(changed, &a) != nil || json.Unmarshal([]byte(claims), &b) != nil {
			t.Errorf("Tampered(%s): claims %s, %v", claims, changed, err)
		}
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if bytes.Equal(x, y) {
			t.Errorf("Tampered(%s) means the same: %s", claims, changed)
		}
		if strings.Contains(claims, "9007199254740993") && !strings.Contains(string(changed), "9007199254740993") {
			t.Errorf("Tampered(%s) rounds: %s", claims, changed)
		}
	}
}

func TestTruncatedAndUnsigned(t *testing.T) {
	t.Parallel()
	for _, token := range []string{jwt(`{"alg":"RS256"}`, `{"sub":"a"}`), "opaque", "a.b.", "a.b.c", "x", "a.b"} {
		if got := Truncated(token); len(got) >= len(token) || !strings.HasPrefix(token, got) {
			t.Errorf("Truncated(%q) = %q", token, got)
		}
	}
	if got := Truncated(""); got != "" {
		t.Errorf("Truncated of nothing = %q", got)
	}
	token := jwt(`{"kid":"k","alg":"RS256"}`, `{"sub":"a"}`)
	if got := Truncated(token); strings.Count(got, ".") != 2 {
		t.Errorf("Truncated(%s) = %s: claims are lost", token, got)
	}
	unsigned, err := Unsigned(token)
	if err != nil || !strings.HasSuffix(unsigned, strings.Split(token, ".")[1]+".") {
		t.Fatalf("Unsigned = %q, %v", unsigned, err)
	}
	header, claims, err := Claims(unsigned)
	if err != nil || string(header) != `{"alg":"none","kid":"k"}` || string(claims) != `{"sub":"a"}` {
		t.Errorf("Unsigned: %s %s %v", header, claims, err)
	}
	for _, spoil := range []func(string) (string, error){Tampered, Unsigned} {
		if _, err := spoil("opaque"); err == nil || !strings.Contains(err.Error(), "not a JWT") {
			t.Errorf("of an opaque token: %v", err)
		}
	}
}

func TestClaimFilter(t *testing.T) {
	t.Parallel()
	token := jwt(`{}`, `{"exp":1700000000.5,"cognito:groups":["a","b"],"https://x.y/z":"url","a":{"b.c":{"d":true}},"nil":null}`)
	s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"token": token}})
	for name, want := range map[string]any{
		"exp": json.Number("1700000000.5"), "https://x.y/z": "url", "a.b.c.d": true, "nil": nil,
		"cognito:groups": json.RawMessage(`["a","b"]`),
	} {
		got, err := mustParse(t, `{{ token | claim "`+name+`" }}`).Value(s)
		if raw, ok := want.(json.RawMessage); ok {
			if gotRaw, _ := got.(json.RawMessage); string(gotRaw) != string(raw) {
				t.Errorf("claim %s = %v, %v", name, got, err)
			}
			continue
		}
		if got != want || err != nil {
			t.Errorf("claim %s = %v, %v; want %v", name, got, err, want)
		}
	}
	if _, err := mustParse(t, `{{ token | claim "a.x" }}`).Value(s); err == nil || !strings.HasSuffix(err.Error(), `the token has no claim "a.x"`) {
		t.Errorf("claim a.x: %v", err)
	}
}

// TestExpiryFarAway: an absurd exp stays in the order of times.
func TestExpiryFarAway(t *testing.T) {
	t.Parallel()
	for exp, future := range map[string]bool{"9223372036854775807": true, "-9223372036854775808": false, "1767323045000": true} {
		token := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":`+exp+"}")) + "."
		if at, ok := expiry(token); !ok || at.After(noon) != future {
			t.Errorf("%s: %v, %t", exp, at, ok)
		}
	}
}
