package auth_test

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

func request(authorization ...string) *exchange.Request {
	r := &exchange.Request{Header: exchange.Header{{Name: "Accept", Value: "*/*"}}}
	for _, value := range authorization {
		r.Header.Add("authorization", value)
	}
	return r
}

func TestBearer(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*exchange.Request{"none": request(), "one": request("Basic eDp5"), "two": request("a", "b")} {
		if err := auth.Bearer(r, "abc.def"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := r.Header.Values("Authorization"); !cmp.Equal(got, []string{"Bearer abc.def"}) {
			t.Errorf("%s: Authorization %q", name, got)
		}
		if r.Header.Get("Accept") != "*/*" {
			t.Errorf("%s: another field is gone", name)
		}
	}
}

func TestBearerNeedsToken(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", " ", "\t\n"} {
		r := request("Basic eDp5")
		if err := auth.Bearer(r, token); err == nil || err.Error() != "the bearer token is empty" {
			t.Errorf("%q: error %v", token, err)
		}
		if got := r.Header.Get("Authorization"); got != "Basic eDp5" {
			t.Errorf("%q: Authorization %q", token, got)
		}
	}
}

func TestBasic(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ username, password, want, problem string }{
		"RFC 7617, section 2":   {"Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", ""},
		"RFC 7617, section 2.1": {"test", "123£", "Basic dGVzdDoxMjPCow==", ""},
		"no password":           {"key", "", "Basic a2V5Og==", ""},
		"no username":           {"", "x", "Basic Ong=", ""},
		"colon in password":     {"a", "b:c", "Basic YTpiOmM=", ""},
		"colon in username":     {"a:b", "c", "", "the username holds a colon, which basic authentication cannot carry"},
		"nothing":               {"", "", "", "the username and the password are both empty"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request()
			err := auth.Basic(r, test.username, test.password)
			if test.problem != "" {
				if err == nil || err.Error() != test.problem {
					t.Errorf("error %v, want %q", err, test.problem)
				}
				if r.Header.Has("Authorization") {
					t.Error("Authorization was set")
				}
				return
			}
			if got := r.Header.Get("Authorization"); err != nil || got != test.want {
				t.Errorf("Authorization %q, error %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestBearerToken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		r     *exchange.Request
		token string
		ok    bool
	}{
		"none":         {request(), "", false},
		"bearer":       {request("Bearer abc"), "abc", true},
		"lower case":   {request("bearer abc"), "abc", true},
		"more blanks":  {request("BEARER   abc "), "abc", true},
		"scheme alone": {request("Bearer"), "", false},
		"empty token":  {request("Bearer "), "", false},
		"basic":        {request("Basic " + base64.StdEncoding.EncodeToString([]byte("a:b"))), "", false},
		"no scheme":    {request("abc"), "", false},
	}
	for name, test := range tests {
		token, ok := auth.BearerToken(test.r)
		if ok != test.ok || ok && token != test.token {
			t.Errorf("%s: %q, %t", name, token, ok)
		}
	}
}
