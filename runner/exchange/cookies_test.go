package exchange_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/exchange"
)

// cookieServer sets cookies from the query of /set, deletes those of /delete,
// and redirects both to /, which answers with the Cookie field.
func cookieServer(t *testing.T) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.URL.Query() {
			c := &http.Cookie{Name: name, Value: values[0], Path: "/", Secure: strings.HasPrefix(name, "secure")}
			if r.URL.Path == "/delete" {
				c.MaxAge = -1
			}
			http.SetCookie(w, c)
		}
		if r.URL.Path != "/" {
			http.Redirect(w, r, "/", http.StatusFound)
			return
		}
		fmt.Fprint(w, r.Header.Values("Cookie"))
	}).URL
}

func TestCookies(t *testing.T) {
	t.Parallel()
	type step struct{ path, byHand, want string }
	tests := map[string][]step{
		"set and sent":                  {{"/set?a=1", "", "[a=1]"}, {"/", "", "[a=1]"}},
		"deleted within the chain":      {{"/set?a=1", "", "[a=1]"}, {"/delete?a", "", "[]"}, {"/", "", "[]"}},
		"by hand first":                 {{"/set?a=1", "", "[a=1]"}, {"/", "z=9", "[z=9; a=1]"}},
		"by hand survives same origin":  {{"/set?a=1", "z=9; y=8", "[z=9; y=8; a=1]"}},
		"by hand is deleted":            {{"/delete?z", "z=9; y=8", "[y=8]"}},
		"by hand is overruled":          {{"/set?z=1", "z=9", "[z=1]"}},
		"secure on loopback":            {{"/set?secure=1", "", "[secure=1]"}},
		"quoted by the rules of cookie": {{"/set?a=1%202", "", `[a="1 2"]`}},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, jar, c := cookieServer(t), exchange.NewJar(), newClient(t, exchange.Options{})
			for _, s := range steps {
				r := &exchange.Request{URL: base + s.path, MaxRedirects: 3}
				if s.byHand != "" {
					r.Header = fields("Cookie", s.byHand)
				}
				x, err := doWith(t, c, jar, r)
				if err != nil || string(x.Response.Body) != s.want {
					t.Errorf("%s: got %s, want %s (%v)", s.path, x.Response.Body, s.want, err)
				}
				if sent := "[" + strings.Join(x.Sent.Values("Cookie"), " ") + "]"; sent != s.want {
					t.Errorf("%s: Sent has %s, want %s", s.path, sent, s.want)
				}
			}
		})
	}
}

func TestCookiesOfEachHop(t *testing.T) {
	t.Parallel()
	var to string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "x="+r.URL.Path[1:]+"; HttpOnly")
		w.Header().Add("Set-Cookie", "not a cookie")
		if r.URL.Path < "/3" {
			http.Redirect(w, r, to+"/"+string(r.URL.Path[1]+1), 302)
		}
	})
	to = s.URL
	for _, jar := range []*exchange.Jar{exchange.NewJar(), nil} {
		x, _ := doWith(t, newClient(t, exchange.Options{}), jar, &exchange.Request{URL: s.URL + "/1", MaxRedirects: 5})
		got := ""
		for _, c := range x.Cookies {
			got += c.String() + " "
		}
		if got != "x=1; HttpOnly x=2; HttpOnly x=3; HttpOnly " {
			t.Error(got)
		}
	}
}

func TestNoCookies(t *testing.T) {
	t.Parallel()
	base, jar, c := cookieServer(t), exchange.NewJar(), newClient(t, exchange.Options{})
	for _, s := range []struct {
		path string
		no   bool
		want string
	}{
		{"/set?a=1", true, "[]"}, {"/", false, "[]"}, {"/set?a=1", false, "[a=1]"}, {"/", true, "[]"},
	} {
		x, err := doWith(t, c, jar, &exchange.Request{URL: base + s.path, MaxRedirects: 1, NoCookies: s.no})
		if err != nil || string(x.Response.Body) != s.want {
			t.Errorf("%+v: %s %v", s, x.Response.Body, err)
		}
	}
}

func TestJar(t *testing.T) {
	t.Parallel()
	jar := exchange.NewJar()
	u, _ := url.Parse("https://a.example.co.uk/x")
	jar.SetCookies(u, []*http.Cookie{
		{Name: "a", Value: "1"}, {Name: "bad name", Value: "1"}, {Name: "b", Value: "x\r\ny"},
		{Name: "super", Value: "1", Domain: "co.uk"}, {Name: "c", Value: "2", Domain: "example.co.uk"},
	})
	other, _ := url.Parse("https://b.example.co.uk/x")
	if got := fmt.Sprint(jar.Cookies(u), jar.Cookies(other)); got != "[a=1 c=2] [c=2]" {
		t.Error(got)
	}
	jar.Clear()
	if got := jar.Cookies(u); len(got) != 0 {
		t.Error(got)
	}
}

// TestJarCopy begins with what was stored, and goes its own way.
func TestJarCopy(t *testing.T) {
	t.Parallel()
	u, _ := url.Parse("http://example.com/")
	jar := exchange.NewCopiedJar()
	jar.SetCookies(u, []*http.Cookie{{Name: "a", Value: "1"}, {Name: "b", Value: "2"}})
	jar.SetCookies(u, []*http.Cookie{{Name: "b", MaxAge: -1}})
	one, two := jar.Copy(), jar.Copy()
	one.SetCookies(u, []*http.Cookie{{Name: "c", Value: "3"}})
	for want, j := range map[string]*exchange.Jar{"[a=1 c=3]": one, "[a=1]": two} {
		if got := fmt.Sprint(j.Cookies(u)); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
	if jar.Clear(); len(jar.Copy().Cookies(u)) != 0 {
		t.Error("a copy has what was forgotten")
	}
}
