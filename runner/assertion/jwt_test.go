package assertion

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// signed makes a text of the shape of a JWT; nobody here looks at its signature.
func signed(header, claims string) string {
	e := base64.RawURLEncoding
	return e.EncodeToString([]byte(header)) + "." + e.EncodeToString([]byte(claims)) + "." + e.EncodeToString([]byte("signature"))
}

const (
	tokenHeader = `{"kid":"k/1=","alg":"RS256"}`
	// tokenClaims expire a minute after now.
	tokenClaims = `{"sub":"7f2c","cognito:groups":["admins","all"],"email_verified":true,"scope":"openid email",
		"big":9007199254740993,"exp":1793620860,"aud":null,"address":{"city":"Bern"},"packed":"{\"a\":[1,2]}"}`
)

// holds is a variable func that knows one variable.
func holds(value any) func(string) (any, bool) {
	return func(name string) (any, bool) { return value, name == "access_token" }
}

func findJWT(t testing.TB, variable func(string) (any, bool), path string, at time.Time) (Found, error) {
	t.Helper()
	return split(t, "jwt access_token "+path).Find(NewSubject(nil, variable, at))
}

func TestJWT(t *testing.T) {
	t.Parallel()
	token := signed(tokenHeader, tokenClaims)
	for path, want := range map[string]string{
		"header":                         `{"kid":"k/1=","alg":"RS256"}`,
		"header.alg":                     `"RS256"`,
		"claims.sub":                     `"7f2c"`,
		"claims.cognito:groups":          `["admins","all"]`,
		"claims.cognito:groups.#":        `2`,
		`claims.cognito:groups.#(%"a*")`: `"admins"`,
		"claims.email_verified":          `true`,
		"claims.big":                     `9007199254740993`,
		"claims.aud":                     `null`,
		"claims.address.city":            `"Bern"`,
		"claims.packed.@fromstr.a.1":     `2`,
		"claims.cognito:groups|0":        `"admins"`,
		"claims.@keys.#":                 `9`,
		"{header.alg,claims.sub}":        `{"alg":"RS256","sub":"7f2c"}`,
		"expires_in":                     `60`,
		"@this.expires_in":               `60`,
		"@keys":                          `["header","claims","expires_in"]`,
		"claims.exp":                     `1793620860`,
	} {
		f, err := findJWT(t, holds(token), path, now)
		v, ok := f.Value()
		if err != nil || !ok || Format(v, 0) != want {
			t.Errorf("%s = %s, %v, %v; want %s", path, Format(v, 0), ok, err, want)
		}
	}
}

func TestJWTExpiry(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		exp  string
		at   time.Time
		want string
	}{
		{"1793620860", now, "60"},
		{"1793620860", now.Add(time.Minute), "0"},
		{"1793620860", now.Add(time.Minute + time.Nanosecond), "-1"},
		{"1793620860", now.Add(time.Minute - time.Nanosecond), "0"},
		{"1793620860", now.Add(time.Second / 2), "59"},
		{"1793620860", now.Add(time.Hour), "-3540"},
		{"1793620860.5", now, "60"},
		{"1793620860.5", now.Add(time.Second / 2), "60"},
		{"1793620860.5", now.Add(time.Second/2 + time.Microsecond), "59"},
		{"1793620799.5", now, "-1"},
		{"1793620860.9999998", now, "60"},
		{"1793620860.1", now.Add(100 * time.Millisecond), "60"},
		{"1.79362086e9", now, "60"},
		{"0", now, "-1793620800"},
		{"-0.5", time.Unix(0, 0), "-1"},
		{"1793620860000", now, "1791827239200"}, // milliseconds: wrong, and to be seen
		{"1e300", now, "null"},
		{"1e400", now, "null"},
		{"-1e17", now, "null"},
		{`"1793620860"`, now, "null"},
		{"null", now, "null"},
		{"[1793620860]", now, "null"},
	} {
		f, err := findJWT(t, holds(signed(`{}`, `{"exp":`+test.exp+`}`)), "expires_in", test.at)
		v, ok := f.Value()
		if err != nil || Format(v, 0) != test.want || ok != (test.want != "null") {
			t.Errorf("exp %s at %s: %s, %v, %v; want %s", test.exp, test.at, Format(v, 0), ok, err, test.want)
		}
	}
}

// TestNoJWT wants the reason in words, and nothing of the token in it.
func TestNoJWT(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"a":`, MaxDepth+1) + "1" + strings.Repeat("}", MaxDepth+1)
	token := signed(tokenHeader, tokenClaims)
	parts := strings.Split(token, ".")
	for _, test := range []struct {
		value any
		want  string
	}{
		{"", "it is empty"},
		{" \n", "it is empty"},
		{"opaque", "it has no dots, where a JWT has two"},
		{parts[0] + "." + parts[1], "it has 2 parts between dots, not 3"},
		{token + ".", "it has 4 parts between dots, not 3"},
		{"a.b.c.d.e", "it is encrypted (JWE)"},
		{"Bearer " + token, `it begins with the word "Bearer"`},
		{"bearer " + token, `it begins with the word "Bearer"`},
		{token + "\n", "its signature is not base64url: there is white space in it"},
		{" " + token, "its header is not base64url: there is white space in it"},
		{parts[0][:9] + "\r\n" + token[9:], "its header is not base64url: there is white space in it"},
		{parts[0] + "." + base64.URLEncoding.EncodeToString([]byte(`{"a":11}`)) + ".", `its claims are not base64url: it is padded with "="`},
		{parts[0] + ".ab+/." + parts[2], "its claims are not base64url: it is plain base64"},
		{parts[0] + ".é." + parts[2], "its claims are not base64url"},
		{token + "A", "its signature is not base64url: its length is that of a text that was cut short"},
		{signed("{}", "{}") + "AB", "its signature is not base64url: its end was changed or cut short"},
		{"..", "its header is not JSON, from byte 0 on"},
		{signed("{}", ""), "its claims are not JSON, from byte 0 on"},
		{signed("{}", `{"a":1,}`), "its claims are not JSON, from byte 7 on"},
		{signed("{}", "s3cret"), "its claims are not JSON, from byte 0 on"},
		{signed("{} {}", "{}"), "its header is not JSON, from byte 3 on"},
		{signed("\ufeff{}", "{}"), "its header is not JSON, from byte 0 on"},
		{signed(`{},"claims":{}`, "{}"), "its header is not JSON, from byte 2 on"},
		{signed("[]", "{}"), "its header is an array, not an object"},
		{signed("{}", `"s3cret"`), "its claims are a string, not an object"},
		{signed("{}", "null"), "its claims are null, not an object"},
		{signed("{}", deep), "its claims are nested deeper than 10,000"},
		{signed(deep, "{}"), "its header is nested deeper than 10,000"},
		{signed("{}", `{"sub":"a","\u0073ub":"b"}`), "its claims are an object that has a name twice"},
		{signed(`{"alg":"none","alg":"RS256"}`, `{}`), "its header is an object that has a name twice"},
		{nil, "it is null, not a string"},
		{json.Number("5"), "it is a number, not a string"},
		{json.RawMessage(`{"a":1}`), "it is an object, not a string"},
		{[]any{token}, "it is an array, not a string"},
	} {
		f, err := findJWT(t, holds(test.value), "@this", now)
		if want := `variable "access_token" holds no JWT: ` + test.want; err == nil || err.Error() != want || f.Exists() {
			t.Errorf("%s:\n got %v\nwant %s", Format(test.value, 40), err, want)
		}
	}
}

// TestHostileJWT has tokens that are JWTs, and paths into them that would take too much.
func TestHostileJWT(t *testing.T) {
	t.Parallel()
	nested := strings.Repeat(`{"b":`, 9999) + `"` + strings.Repeat("x", 1<<20) + `"` + strings.Repeat("}", 9999)
	packed := `{"a":[{"b":"` + strings.Repeat("[", maxPacked+1) + `"}]}`
	for _, test := range []struct{ claims, path, want string }{
		{nested, "@dig:a", "too much for @dig: 1108595 bytes, nested 10000 deep"},
		{packed, "claims.a.#.b.@fromstr", "strings of the JWT have more than 100000 brackets and escapes, too many for @fromstr"},
		{packed, "claims.a.0.b.@fromstr", "the string that @fromstr unpacks is not JSON: line 1, column 10001 (byte 10000): nested deeper than 10,000"},
	} {
		_, err := findJWT(t, holds(signed("{}", test.claims)), test.path, now)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s:\n got %v\nwant %s", test.path, err, test.want)
		}
	}
}

func TestJWTWithoutVariable(t *testing.T) {
	t.Parallel()
	for _, variable := range []func(string) (any, bool){nil, holds(nil)} {
		q := split(t, "jwt token claims.sub")
		f, err := q.Find(NewSubject(nil, variable, now))
		p, _ := NewPredicate(q, "exists", true)
		if v := p.Check(f); err != nil || f.Exists() || v.Passed || v.Detail != "the variable is not set" {
			t.Error(v, err)
		}
	}
}

func TestJWTChecks(t *testing.T) {
	t.Parallel()
	token := signed(tokenHeader, tokenClaims)
	for _, test := range []struct{ path, name, argument, detail string }{
		{"claims.sub", "equals", `"7f2c"`, ""},
		{"claims.exp", "after", `"now"`, ""},
		{"claims.nbf", "exists", `false`, ""},
		{"expires_in", "lte", `60`, ""},
		{"claims.cognito:groups", "contains", `"all"`, ""},
		{"claims.sub", "equals", `"7f2d"`, "FAIL"},
		{"claims.subs", "equals", `1`, `the path matches nothing; did you mean "claims.sub"?`},
		{"claims.address.cty", "equals", `1`, `the path matches nothing; did you mean "claims.address.city"?`},
		{"sub", "equals", `1`, `the path matches nothing; did you mean "claims.sub"?`},
		{"address.city", "equals", `1`, `the path matches nothing; did you mean "claims.address.city"?`},
		{"alg", "equals", `1`, `the path matches nothing; did you mean "header.alg"?`},
		{"claim.sub", "equals", `1`, `the path matches nothing; did you mean "claims.sub"?`},
		{"claims.sub.x", "equals", `1`, `the path matches nothing; "claims.sub" is a string`},
		{"claims.#(a==1)", "equals", `1`, `the path matches nothing`},
	} {
		q := split(t, "jwt access_token "+test.path)
		p, err := NewPredicate(q, test.name, toml(t, test.argument))
		if err != nil {
			t.Fatal(err)
		}
		f, err := q.Find(NewSubject(nil, holds(token), now))
		v := p.Check(f)
		if err != nil || v.Passed != (test.detail == "") || test.detail != "FAIL" && v.Detail != test.detail {
			t.Errorf("%s %s: %+v, %v", q, p, v, err)
		}
	}
	for exp, want := range map[string]string{
		``:           "the path matches nothing; the token has no exp",
		`"exp":"60"`: "the path matches nothing; its exp is a string, not a number",
		`"exp":1e99`: "the path matches nothing; its exp is out of range",
	} {
		f, err := findJWT(t, holds(signed("{}", "{"+exp+"}")), "expires_in", now)
		if got := f.missing(); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", exp, got, err, want)
		}
	}
}

func TestJWTQueries(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string][2]string{
		`access_token claims.sub`: {`jwt access_token "claims.sub"`, "claims.sub"},
		`t claims.#(a=="b c").d`:  {`jwt t "claims.#(a==\"b c\").d"`, `claims.#(a=="b c").d`},
		`access_token signature`:  {`jwt access_token "signature"`, "signature"},
	} {
		q := split(t, "jwt "+argument)
		variable, path, ok := q.JWT()
		if !ok || q.String() != want[0] || path != want[1] || variable != argument[:strings.Index(argument, " ")] || q.Argument() != argument {
			t.Errorf("%s: %s, %s, %s, %v", argument, q, variable, path, ok)
		}
	}
	if _, _, ok := split(t, "variable a").JWT(); ok {
		t.Error("a variable is no JWT")
	}
	for _, test := range []struct{ argument, at, want string }{
		{"", "", `jwt needs a variable (as in "access_token claims.sub")`},
		{" claims.sub", " claims.sub", `jwt needs a variable (as in "access_token claims.sub")`},
		{"access_token", "access_token", `jwt needs a path after the variable (as in "access_token claims.sub")`},
		{"access_token ", "access_token ", `jwt needs a path after the variable (as in "access_token claims.sub")`},
		{"t claims.", ".", `the path ends in "." (leave it out)`},
		{"t claims.aud[0]", "[", `gjson has no brackets after a name (did you mean "aud.0"? write \[ for one in a name)`},
		{"t $.claims", "$", `gjson paths do not begin with $ (leave out "$."; a member of that name is written \$)`},
		{"t ..0.a", "..", `".." reads JSON lines, and a JWT has none (leave it out)`},
	} {
		_, err := NewQuery("jwt", test.argument)
		e, ok := errors.AsType[*ArgumentError](err)
		if !ok {
			t.Errorf("%q: %v", test.argument, err)
			continue
		}
		if diff := cmp.Diff([]string{test.want, test.at}, []string{e.Error(), test.argument[e.Start:e.End]}); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.argument, diff)
		}
	}
}

// TestSignature is judged by the engine: a query that nobody verified never passes.
func TestSignature(t *testing.T) {
	t.Parallel()
	q := split(t, "jwt access_token signature")
	s := NewSubject(nil, holds(signed(tokenHeader, tokenClaims)), now)
	if f, err := q.Find(s); err == nil || f.Exists() {
		t.Error(f, err)
	}
	p, err := NewPredicate(q, "jwks", "https://example.com/jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		found Found
		want  string
	}{
		{s.Found(true, true), ""},
		{s.Found(false, true), "the signature does not fit"},
		{s.Found("true", true), "the signature does not fit"},
		{s.Found(nil, false), "there is no value"},
		{Found{}, "there is no value"},
	} {
		if v := p.Check(test.found); v.Passed != (test.want == "") || v.Detail != test.want {
			t.Errorf("%+v, want %q", v, test.want)
		}
	}
	const hint = ` (as in jwt.access_token.signature = { jwks = "https://…" })`
	for _, test := range []struct{ query, name, argument, want string }{
		{"jwt t signature", "equals", `true`, "equals does not apply to the signature of a JWT" + hint},
		{"jwt t signature", "not", `{"jwks": "https://example.com"}`, "not does not apply to the signature of a JWT" + hint},
		{"jwt t signature", "exists", `true`, "exists does not apply to the signature of a JWT" + hint},
		{"jwt t signature", "jwk", `"a"`, `there is no predicate "jwk" (did you mean "jwks"?)`},
		{"jwt t signature", "jwks", `5`, "jwks wants the URL of a key set, not 5"},
		{"jwt t signature", "jwks", `" "`, `jwks wants the URL of a key set, not " "`},
		{"jwt t signature", "jwks", `{"keys": []}`, `jwks wants the URL of a key set, not {"keys":[]}`},
		{"jwt t claims.sub", "jwks", `"a"`, "jwks does not apply to any value" + hint},
		{"header A", "jwks", `"a"`, "jwks does not apply to the value of a header field or cookie" + hint},
		{"status", "jwks", `"a"`, "jwks does not apply to a status" + hint},
		{"text", "jwks", `"a"`, "jwks does not apply to a text" + hint},
	} {
		_, err := NewPredicate(split(t, test.query), test.name, toml(t, test.argument))
		if err == nil || err.Error() != test.want {
			t.Errorf("%s %s:\n got %v\nwant %s", test.query, test.name, err, test.want)
		}
	}
}

// TestJWTIsTakenApartOnce counts by the memory that a second look needs.
func TestJWTIsTakenApartOnce(t *testing.T) {
	token := signed(tokenHeader, tokenClaims)
	q := split(t, "jwt access_token claims.sub")
	s := NewSubject(nil, holds(token), now)
	if _, err := q.Find(s); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = q.Find(s) }); n > 0 {
		t.Errorf("%v allocations for a JWT that is known", n)
	}
	// Another value of the variable is another JWT, and another subject starts anew.
	s.variable = holds(signed("{}", `{"sub":"second"}`))
	if f, err := q.Find(s); err != nil || f.one.text != "second" {
		t.Error(f.one, err)
	}
	s.Reset(nil, holds(token), now.Add(time.Hour))
	f, err := split(t, "jwt access_token expires_in").Find(s)
	if v, _ := f.Value(); err != nil || Format(v, 0) != "-3540" {
		t.Error(v, err)
	}
}

// FuzzJWT wants no panic from any token, and of each that is taken for one the parts as they were written.
func FuzzJWT(f *testing.F) {
	token := signed(tokenHeader, tokenClaims)
	f.Add(token, "claims.sub")
	f.Add(token[:len(token)-1], "@this")
	f.Add(signed("{}", `{"exp":1e400}`), "expires_in")
	f.Add(signed(`{"a":[[[]]]}`, `{"a":1,"a":2}`), "claims.@dig:a")
	f.Add("..", "header")
	f.Add("a.b.c.d.e", "..0")
	f.Fuzz(func(t *testing.T, token, path string) {
		q, err := NewQuery("jwt", "access_token "+path)
		if err != nil || path == signature {
			return
		}
		s := NewSubject(nil, holds(token), now)
		if found, err := q.Find(s); err == nil {
			found.Value()
			if !found.Exists() {
				found.missing()
			}
		}
		known := s.jwt(token)
		if known.fault != "" {
			return
		}
		parts := strings.Split(token, ".")
		header, _ := base64.RawURLEncoding.DecodeString(parts[0])
		claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
		var document struct{ Header, Claims json.RawMessage }
		if err := json.Unmarshal([]byte(known.document), &document); err != nil {
			t.Fatalf("%q: %v", known.document, err)
		}
		if got, want := string(document.Header), strings.Trim(string(header), " \t\r\n"); got != want {
			t.Errorf("header %q, want %q", got, want)
		}
		if got, want := string(document.Claims), strings.Trim(string(claims), " \t\r\n"); got != want {
			t.Errorf("claims %q, want %q", got, want)
		}
	})
}

func BenchmarkJWT(b *testing.B) {
	token := signed(tokenHeader, tokenClaims)
	q := split(b, "jwt access_token claims.sub")
	variable := holds(token)
	b.Run("first", func(b *testing.B) {
		s := NewSubject(nil, variable, now)
		b.ReportAllocs()
		for b.Loop() {
			s.Reset(nil, variable, now)
			if _, err := q.Find(s); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("again", func(b *testing.B) {
		s := NewSubject(nil, variable, now)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := q.Find(s); err != nil {
				b.Fatal(err)
			}
		}
	})
}
