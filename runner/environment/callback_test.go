package environment

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)

func TestParseCallback(t *testing.T) {
	t.Parallel()
	const base = "https://example.com/cb"
	fragment := map[string]string{"id_token": "i.d.t", "access_token": "a.c.c", "expires_in": "3600", "token_type": "Bearer"}
	for _, tt := range []struct {
		raw  string
		url  string // "" if it is raw
		want map[string]string
	}{
		{raw: base + "#id_token=i.d.t&access_token=a.c.c&expires_in=3600&token_type=Bearer", want: fragment},
		{raw: base + "?id_token=i.d.t&access_token=a.c.c&expires_in=3600&token_type=Bearer", want: fragment},
		{raw: base + "/#id_token=i.d.t&access_token=a.c.c&expires_in=3600&token_type=Bearer", want: fragment},
		{raw: base + "?code=18fe37c2&state=a%20b+c", want: map[string]string{"code": "18fe37c2", "state": "a b c"}},
		{raw: base + "?code=q&x=1#code=f", want: map[string]string{"code": "f", "x": "1"}},
		{raw: base + "?x=1#_=_", want: map[string]string{"x": "1", "_": "_"}},
		{raw: base + "#/route?access_token=a", want: map[string]string{"access_token": "a"}},
		{raw: base + "#/access_token=a", want: map[string]string{"access_token": "a"}},
		{raw: base + "#state=a?b", want: map[string]string{"state": "a?b"}},
		{raw: "#access_token=a", want: map[string]string{"access_token": "a"}},
		{raw: "?code=a", want: map[string]string{"code": "a"}},
		{raw: "access_token=a&id_token=b", want: map[string]string{"access_token": "a", "id_token": "b"}},
		{raw: "\n  \"" + base + "?code=a\"\r\n", url: base + "?code=a", want: map[string]string{"code": "a"}},
		{raw: "‘" + base + "?code=a’", url: base + "?code=a", want: map[string]string{"code": "a"}},
		{raw: "<" + base + "?co\r\n\tde=a>", url: base + "?code=a", want: map[string]string{"code": "a"}},
		{raw: base + "?a=1&a=1&&b&=c&d=", want: map[string]string{"a": "1", "d": ""}},
		{raw: base + "#caf%C3%A9=%E2%9C%93", want: map[string]string{"café": "✓"}},
	} {
		c, err := ParseCallback(tt.raw)
		if err != nil {
			t.Errorf("ParseCallback(%q): %v", tt.raw, err)
			continue
		}
		if want := tt.url; want != "" && c.URL() != want || want == "" && c.URL() != tt.raw {
			t.Errorf("ParseCallback(%q).URL() = %q", tt.raw, c.URL())
		}
		got := map[string]string{}
		for _, p := range c.parameters {
			got[p.name] = p.value
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("ParseCallback(%q), -want +got:\n%s", tt.raw, diff)
		}
	}
}

func TestParseCallbackErrors(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"": "the callback URL is empty",
		"https://x/cb#access_token=&token_type=Bearer": "parameter \"access_token\" of the callback URL is empty",
		"https://x/cb#access_token=a&id_token=":        "parameter \"id_token\" of the callback URL is empty",
		"https://x/cb?code=":                           "parameter \"code\" of the callback URL is empty",
		" \n\"\" ":                                     "the callback URL is empty",
		"https://example.com/cb":                       "the callback URL has no parameters",
		"https://example.com/cb#":                      "the callback URL has no parameters",
		"https://example.com/a=b/cb?#":                 "the callback URL has no parameters",
		"hello":                                        "the callback URL has no parameters",
		"https://x/#access_token=hush%zz":              `parameter "access_token" of the callback URL is not percent-encoded`,
		"https://x/#hush%=1":                           "the name of a parameter of the callback URL is not percent-encoded",
		"https://x/#code=hush&code=hushhus":            `parameter "code" of the callback URL is there twice, with different values`,
	} {
		_, err := ParseCallback(raw)
		var e *CallbackError
		if !errors.As(err, &e) || e.Error() != want {
			t.Errorf("ParseCallback(%q): %v, want %s", raw, err, want)
			continue
		}
		if strings.Contains(e.Error()+e.Hint(), "hush") {
			t.Errorf("ParseCallback(%q) repeats what it was given: %v", raw, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://x/cb?error=access_denied&error_description=User+denied%20access&state=s": "the provider refused: access_denied: User denied access",
		"https://x/cb#error=login_required":                                               "the provider refused: login_required",
		"https://x/cb?error_description=invalid_scope&error=invalid_request":              "the provider refused: invalid_request: invalid_scope",
	} {
		c, err := ParseCallback(raw)
		if err != nil || c.Refused() == nil || c.Refused().Error() != want {
			t.Errorf("%s: %v, %v; want %s", raw, c.Refused(), err, want)
		}
	}
	if c, _ := ParseCallback("https://x/#access_token=a"); c.Refused() != nil {
		t.Error("a good URL is refused")
	}
}

func TestCheckState(t *testing.T) {
	t.Parallel()
	with, _ := ParseCallback("https://x/cb?code=c&state=one")
	without, _ := ParseCallback("https://x/cb?code=c")
	if err := with.CheckState("one"); err != nil {
		t.Error(err)
	}
	for want, err := range map[string]error{
		`the state of the callback URL is "one", not "two"`:   with.CheckState("two"),
		`the callback URL has no state, where "two" was sent`: without.CheckState("two"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestCallbackVariables(t *testing.T) {
	t.Parallel()
	token := accessToken(noon.Add(time.Minute))
	for _, tt := range []struct {
		raw  string
		want []CallbackVariable
	}{
		{"https://x/#id_token=i&access_token=" + token + "&expires_in=3600&token_type=Bearer&state=s", []CallbackVariable{
			{"callback_url", "https://x/#id_token=i&access_token=" + token + "&expires_in=3600&token_type=Bearer&state=s", true},
			{"id_token", "i", true}, {"access_token", token, true}, {"expires_in", json.Number("3600"), false},
			{"token_type", "Bearer", false}, {"state", "s", false}, {"expires_at", json.Number("1793880060"), false},
		}},
		{"https://x/#access_token=opaque&expires_in=0060&expires_at=5&callback_url=evil", []CallbackVariable{
			{"callback_url", "https://x/#access_token=opaque&expires_in=0060&expires_at=5&callback_url=evil", true},
			{"access_token", "opaque", true}, {"expires_in", json.Number("60"), false}, {"expires_at", json.Number("1793880060"), false},
		}},
		{"?expires_in=soon&code=c&device_token=d&expires_at=5&xsecret=", []CallbackVariable{
			{"callback_url", "?expires_in=soon&code=c&device_token=d&expires_at=5&xsecret=", true},
			{"expires_in", "soon", false}, {"code", "c", true}, {"device_token", "d", true}, {"expires_at", json.Number("5"), false},
			{"xsecret", "", true},
		}},
	} {
		c, err := ParseCallback(tt.raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, c.Variables(noon)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.raw, diff)
		}
	}
}

func TestSettingCallbackURL(t *testing.T) {
	t.Parallel()
	// A parameter that no specification knows is a variable where there is none of that name, and never in its place.
	const url = "https://x/#access_token=a1&token_type=Bearer&domain=d&hint=h"
	plain := layer(t, RankCollection, "collection", map[string]any{"domain": "widest", "access_token": "widest", "part": "a1"})
	get := func(s *Scopes, name string) any {
		t.Helper()
		value, _, err := s.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	for _, over := range []*Layer{
		{Rank: RankVar, Name: "--var", Values: map[string]any{"callback_url": url}},
		{Rank: RankData, Name: "data row", Values: map[string]any{"callback_url": url}},
		layer(t, RankCase, "case", map[string]any{"callback_url": url}),
		layer(t, RankEnvironment, "environment local", map[string]any{"callback_url": "https://x/#access_token={{part}}&token_type=Bearer&domain=d&hint=h"}),
		{Rank: RankCallback, Name: "callback URL", Values: map[string]any{"callback_url": url}},
	} {
		s := NewScopes(plain, over)
		for name, want := range map[string]any{"access_token": "a1", "token_type": "Bearer", "domain": "widest", "hint": "h", "callback_url": url} {
			if got := get(s, name); got != want {
				t.Errorf("%s: %s = %v, want %v", over.Name, name, got, want)
			}
		}
	}
	// A name of its own counts for more than a parameter.
	s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"callback_url": url, "domain": "own"}}, plain)
	if got := get(s, "domain"); got != "own" {
		t.Errorf("domain = %v", got)
	}
	// A redirect URI that goes by that name sets nothing, hides nothing and is no secret.
	s = NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{"callback_url": "http://localhost/cb"}), plain)
	if got := get(s, "access_token"); got != "widest" {
		t.Errorf("access_token = %v", got)
	}
	if _, origin, _ := s.Lookup("callback_url"); origin.Secret {
		t.Error("a redirect URI is secret")
	}
}

// TestCapturedParametersOverrideNothing: a URL with &domain=… must not choose where the tokens go.
func TestCapturedParametersOverrideNothing(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{"domain": "https://mine"}))
	if err := s.Set("callback_url", "https://x/#access_token=a1&domain=https://evil&hint=h", CaptureOrigin("Sign in", spanOf("c.toml", "x"))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"domain": "https://mine", "hint": "h", "access_token": "a1"} {
		if got, _, err := s.Lookup(name); got != want || err != nil {
			t.Errorf("%s = %v, %v", name, got, err)
		}
	}
}

func TestCapturedCallbackURL(t *testing.T) {
	t.Parallel()
	env := layer(t, RankEnvironment, "environment local", nil)
	env.state = Literal("xyz", spanOf("local.toml", `state = "xyz"`))
	s := NewScopes(env)
	s.Redactor = NewRedactor()
	origin := CaptureOrigin("Sign in", spanOf("c.toml", "callback_url"))
	if err := s.Set("callback_url", "https://x/#access_token=first-token&id_token=first-id&state=xyz&expires_in=60", origin); err != nil {
		t.Fatal(err)
	}
	if err := s.Set("callback_url", "https://x/#access_token=second-token&state=xyz", origin); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"access_token": "second-token", "state": "xyz", "callback_url": "https://x/#access_token=second-token&state=xyz"}
	if diff := cmp.Diff(want, s.Captured()); diff != "" {
		t.Errorf("after two sign-ins, -want +got:\n%s", diff)
	}
	if _, from, _ := s.Lookup("access_token"); from.String() != `captured by "Sign in"` || !from.Secret {
		t.Errorf("access_token comes from %s, secret %t", from, from.Secret)
	}
	if got := s.Redactor.Redact("a first-id second-token xyz"); got != "a [redacted] [redacted] xyz" {
		t.Error(got)
	}
	for url, message := range map[string]string{
		"https://x/?error=access_denied":          "the provider refused: access_denied",
		"https://x/#access_token=third&state=abc": `the state of the callback URL is "abc", not "xyz"`,
		"https://x/#access_token=third":           `the callback URL has no state, where "xyz" was sent`,
		"https://x/#access_token=%":               `parameter "access_token" of the callback URL is not percent-encoded`,
	} {
		if err := s.Set("callback_url", url, origin); err == nil || err.Error() != message {
			t.Errorf("Set %s: %v, want %s", url, err, message)
		}
	}
	if diff := cmp.Diff(want, s.Captured()); diff != "" {
		t.Errorf("a bad URL leaves its mark, -want +got:\n%s", diff)
	}
	s.Unset("callback_url")
	if len(s.Captured()) != 0 {
		t.Errorf("after Unset: %v", s.Captured())
	}
}

func TestUnusableCallbackURL(t *testing.T) {
	t.Parallel()
	plain := layer(t, RankCollection, "collection", map[string]any{"domain": "d", "access_token": "stale"})
	for url, want := range map[string]string{
		"https://x/?error=access_denied": `variable "access_token" has no value: the provider refused: access_denied`,
		"https://x/?access_token=%":      `variable "access_token" has no value: parameter "access_token" of the callback URL is not percent-encoded (a % is written %25)`,
		"{{missing}}#access_token=a":     `variable "missing" has no value (looked in: environment local, collection)`,
		"{{access_token}}#a=b":           "",
	} {
		s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{"callback_url": url}), plain)
		if _, _, err := s.Lookup("access_token"); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
		// What has nothing to do with a token is not held up.
		if got, _, err := s.Lookup("domain"); got != "d" || err != nil {
			t.Errorf("%s: domain = %v, %v", url, got, err)
		}
	}
}

func TestNewCallbackLayer(t *testing.T) {
	t.Parallel()
	c, err := ParseCallback(" https://x/#access_token=opaque-token&expires_in=60 ")
	if err != nil {
		t.Fatal(err)
	}
	s := NewScopes(NewCallbackLayer(c))
	s.Now = func() time.Time { return noon }
	if at, origin, err := s.Lookup("expires_at"); at != json.Number("1793880060") || origin.String() != "callback URL" || err != nil {
		t.Errorf("expires_at = %v from %s, %v", at, origin, err)
	}
}

// TestCallbackEmptyRefusal: a refusal says more than the token that it leaves empty.
func TestCallbackEmptyRefusal(t *testing.T) {
	t.Parallel()
	c, err := ParseCallback("https://x/cb#access_token=&error=access_denied")
	if err != nil || c.Refused() == nil {
		t.Error(err)
	}
}
