package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

func TestAPIKeyInHeader(t *testing.T) {
	t.Parallel()
	shared := append(make([]string, 0, 8), "X-Other")
	a := &exchange.Request{Header: exchange.Header{{Name: "x-api-key", Value: "old"}}, Secret: shared}
	b := &exchange.Request{Secret: shared}
	for _, r := range []*exchange.Request{a, b} {
		if err := auth.APIKey(r, "header", "X-API-Key", "k 1=?"); err != nil {
			t.Fatal(err)
		}
		if got := r.Header.Values("X-API-Key"); !cmp.Equal(got, []string{"k 1=?"}) {
			t.Errorf("header %q", got)
		}
		if want := []string{"X-Other", "X-API-Key"}; !cmp.Equal(r.Secret, want) {
			t.Errorf("secret %q, want %q", r.Secret, want)
		}
	}
	if err := auth.APIKey(a, "header", "x-API-key", "k2"); err != nil || len(a.Secret) != 2 {
		t.Errorf("secret %q, error %v", a.Secret, err)
	}
	if got := append(shared, "mine")[1]; got != "mine" || b.Secret[1] != "X-API-Key" {
		t.Error("requests share the array of secret names")
	}
}

func TestAPIKeyInQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ url, name, value, want string }{
		"first":         {"https://a.example/x", "key", "v", "https://a.example/x?key=v"},
		"last":          {"https://a.example/x?b=1&a=%2f;+", "key", "v", "https://a.example/x?b=1&a=%2f;+&key=v"},
		"encoded":       {"https://a.example/x?", "a key", "ü&=+/", "https://a.example/x?a%20key=%C3%BC%26%3D%2B%2F"},
		"replaces":      {"https://a.example/x?key=old&b=1&k%65y=older&keys=2&KEY", "key", "v", "https://a.example/x?b=1&keys=2&KEY&key=v"},
		"fragment":      {"https://a.example/x#f?key=1", "key", "v", "https://a.example/x?key=v#f?key=1"},
		"broken escape": {"https://a.example/x?%zz=1", "key", "v", "https://a.example/x?%zz=1&key=v"},
	}
	for name, test := range tests {
		r := &exchange.Request{URL: test.url}
		if err := auth.APIKey(r, "query", test.name, test.value); err != nil || r.URL != test.want {
			t.Errorf("%s: %s, error %v\nwant %s", name, r.URL, err, test.want)
		}
		if u, err := url.Parse(r.URL); err != nil || name != "broken escape" && name != "last" && u.Query().Get(test.name) != test.value {
			t.Errorf("%s: reads %q, %v", name, u.Query(), err)
		}
		if r.Header != nil || r.Secret != nil {
			t.Errorf("%s: header %v, secret %v", name, r.Header, r.Secret)
		}
	}
}

func TestAPIKeyInCookie(t *testing.T) {
	t.Parallel()
	r := &exchange.Request{Header: exchange.Header{{Name: "cookie", Value: "a=1; key=old;b="}, {Name: "Accept", Value: "*/*"}, {Name: "Cookie", Value: " c=3;key = older"}}}
	if err := auth.APIKey(r, "cookie", "key", "v=1"); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Values("Cookie"); !cmp.Equal(got, []string{"a=1; b=; c=3; key=v=1"}) {
		t.Errorf("cookie %q", got)
	}
	cookies, err := http.ParseCookie(r.Header.Get("Cookie"))
	if err != nil || cookies[len(cookies)-1].Value != "v=1" {
		t.Errorf("net/http reads %v, %v", cookies, err)
	}
}

func TestAPIKeyRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ in, name, value, key, message, hint string }{
		"place":           {"body", "a", "b", "in", `in "body" is not known`, `expected "header", "query" or "cookie"`},
		"misspelt":        {"Heder", "a", "b", "in", `in "Heder" is not known`, `did you mean "header"?`},
		"no place":        {"", "a", "b", "in", `in "" is not known`, "*"},
		"no name":         {"query", "", "b", "name", "name is empty", ""},
		"no value":        {"query", "a", "", "value", "value is empty", ""},
		"bad name":        {"header", "a b", "b", "name", "name has characters that the name of a header field cannot have", "*"},
		"bad cookie name": {"cookie", "a=b", "b", "name", "name has characters that the name of a cookie cannot have", "*"},
		"line break":      {"header", "a", "s3cret\n", "value", "value has characters that a header field cannot have", "*"},
		"bad cookie":      {"cookie", "a", "s3cret;b", "value", "value has characters that a cookie cannot have", "*"},
		"lost":            {"header", "content-length", "1", "name", "the header field content-length cannot carry a key", "*"},
	}
	for name, test := range tests {
		r := &exchange.Request{URL: "https://a.example/"}
		err := auth.APIKey(r, test.in, test.name, test.value)
		wantField(t, name, err, test.key, test.message, test.hint)
		if r.URL != "https://a.example/" || r.Header != nil || r.Secret != nil {
			t.Errorf("%s: the request was changed", name)
		}
	}
}

// wantField compares a *FieldError; a hint of "*" is any.
func wantField(t testing.TB, name string, err error, key, message, hint string) {
	t.Helper()
	var e *auth.FieldError
	switch {
	case !errors.As(err, &e):
		t.Errorf("%s: error %v (%T), want a *FieldError", name, err, err)
	case e.Key != key || e.Error() != message:
		t.Errorf("%s: key %q, message %q\nwant %q, %q", name, e.Key, e.Message, key, message)
	case hint != "*" && e.Hint != hint:
		t.Errorf("%s: hint %q\nwant %q", name, e.Hint, hint)
	case hint == "*" && e.Hint == "":
		t.Errorf("%s: no hint", name)
	case strings.Contains(e.Message+e.Hint, "s3cret"):
		t.Errorf("%s: a secret in %q %q", name, e.Message, e.Hint)
	}
}
