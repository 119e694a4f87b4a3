package auth

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestLeadsTo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		redirect, target string
		want             bool
	}{
		{"http://localhost:3000/callback", "http://localhost:3000/callback#access_token=x", true},
		{"http://localhost:3000/callback", "HTTP://LOCALHOST:3000/callback?code=x", true},
		{"http://localhost:3000/callback", "http://localhost:3000/callback/?code=x", false},
		{"http://localhost:3000/callback", "http://localhost:3001/callback?code=x", false},
		{"http://localhost:3000/callback", "https://localhost:3000/callback?code=x", false},
		{"http://localhost:3000/callback", "http://localhost:3000/Callback?code=x", false},
		{"http://localhost", "http://localhost/?code=x", true},
		{"https://example.com/", "https://example.com:443?code=x", true},
		{"https://example.com/a%2Fb", "https://example.com/a/b?code=x", false},
		{"https://example.com/cb?tenant=1", "https://example.com/cb?tenant=1&code=x", true},
		{"https://example.com/cb?tenant=1", "https://example.com/cb?code=x&tenant=2", false},
		{"https://example.com/cb?tenant=1", "https://example.com/cb?code=x", false},
		{"myapp://callback", "myapp://callback?code=x", true},
		{"com.example.app:/oauth", "com.example.app:/oauth?code=x", true},
		{"com.example.app:/oauth", "com.example.app:/other?code=x", false},
		{"urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:oob?code=x", true},
		{"urn:ietf:wg:oauth:2.0:oob", "urn:ietf:wg:oauth:2.0:other?code=x", false},
	}
	for _, test := range tests {
		redirect, err := url.Parse(test.redirect)
		if err != nil {
			t.Fatal(err)
		}
		target, err := url.Parse(test.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := leadsTo(target, redirect); got != test.want {
			t.Errorf("%s to %s: %t", test.target, test.redirect, got)
		}
	}
}

func TestFormTarget(t *testing.T) {
	t.Parallel()
	tests := []struct{ base, action, want string }{
		{"", "", "http://idp.example/a/login?x=1"},
		{"", " ", "http://idp.example/a/login?x=1"},
		{"/b/", "", "http://idp.example/a/login?x=1"}, // an empty action is the page, whatever its base
		{"/b/", "go?y#z", "http://idp.example/b/go?y"},
		{"b/", "go", "http://idp.example/a/b/go"},
		{"http://[::1/", "go", "http://idp.example/a/go"},
		{"//other.example", "/go", "http://other.example/go"},
		{"", "https://user:secret@other.example/go", "https://other.example/go"},
		{"", "?y=2", "http://idp.example/a/login?y=2"},
	}
	for _, test := range tests {
		at := &url.URL{Scheme: "http", Host: "idp.example", Path: "/a/login", RawQuery: "x=1", Fragment: "f"}
		p := page{base: test.base}
		if got, err := p.target(at, &form{action: test.action}); err != nil || got.String() != test.want {
			t.Errorf("%q from %q: %v, %v, want %s", test.action, test.base, got, err, test.want)
		}
	}
}

// Pages that are large in one way or another take time and memory as long as they are, and not the square of that.
func TestReadPageIsLinear(t *testing.T) {
	t.Parallel()
	const n = 1 << 18
	tests := map[string]string{
		"open elements":    strings.Repeat("<div class=error>", n),
		"empty errors":     strings.Repeat("<p class=error> </p>", n),
		"text in pieces":   "<p class=error>" + strings.Repeat("a<b>", n),
		"blanks in pieces": "<p class=error>" + strings.Repeat(" <b>", n) + "</p>" + strings.Repeat("<p>", n),
		"title in pieces":  "<title>" + strings.Repeat("a&lt;", n),
		"forms":            strings.Repeat("<form id=a></form>", n),
		"fields":           "<form method=post>" + strings.Repeat("<input name=a>", n) + "<input type=password name=p>",
		"fields by id":     strings.Repeat("<input name=a form=f>", n) + "<form id=f><input type=password name=p></form>",
		"options":          "<form><select name=a>" + strings.Repeat("<option selected>x", n),
		"attributes":       "<input " + strings.Repeat("a=b ", n) + ">",
		"no end":           "<form><textarea name=a>" + strings.Repeat("<input>", n),
		"less than":        strings.Repeat("<", n),
		"slashes":          strings.Repeat("</", n),
	}
	for name, text := range tests {
		start := time.Now()
		p := readPage([]byte(text))
		p.signInForm()
		p.usernameForm()
		for _, f := range p.forms {
			f.fill("jane", "secret")
		}
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%s: %s for %d bytes", name, d, len(text))
		}
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		g          Grant
		code, want string
	}{
		{Grant{}, "invalid_client", "check client_id; does the client have a client_secret?"},
		{Grant{ClientSecret: "x"}, "invalid_client", `check client_id and client_secret; some providers want client_auth = "body"`},
		{Grant{ClientSecret: "x", ClientAuth: InBody}, "invalid_client", `check client_id and client_secret; some providers want client_auth = "header"`},
		{Grant{Grant: Password}, "invalid_grant", "check username and password"},
		{Grant{Grant: AuthorizationCode}, "invalid_grant", "a code is good once and for minutes; check redirect_uri"},
		{Grant{Grant: ClientCredentials}, "invalid_grant", ""},
		{Grant{}, "expired_token", "the code was not entered in time: run again"},
		{Grant{}, "made_up", ""},
	}
	for _, test := range tests {
		if got := test.g.advice(test.code); got != test.want {
			t.Errorf("%s: %q, want %q", test.code, got, test.want)
		}
	}
}

func FuzzSignInForm(f *testing.F) {
	for _, seed := range []string{
		"", "<form>", "<form method=post action=/login?a&amp;b><input name=u><input type=password name=p><input type=submit name=s value=1>",
		"<title>A<form><select name=s><option>x<option selected value=2></select><textarea name=t>\nx</textarea>",
		"<p class=error>a<p>b</p><script>c</script></p><noscript><form id=f></form><input form=f type=password name=p>",
		"<form enctype=multipart/form-data method=POST><input type=password name=\"a\r\nb\"><input name=login value=\xff>",
		"<base href=http://[::1/><form action=' ../x#y '><input type=password name=p autocomplete=new-password>",
	} {
		f.Add(seed, "jane", "s3cret-password")
	}
	f.Fuzz(func(t *testing.T, text, username, password string) {
		p := readPage([]byte(text))
		controls := 0
		for _, form := range p.forms {
			controls += len(form.controls)
			fillAny(t, &p, form, username, password)
		}
		if controls > len(text) || len(p.forms) > len(text) {
			t.Errorf("%d controls in %d forms in %d bytes", controls, len(p.forms), len(text))
		}
		login, change := p.signInForm()
		if login != nil && (login == change || login.password() < 0) {
			t.Error("a form that is not for signing in")
		}
		if user := p.usernameForm(); user != nil && (user.username() < 0 || user.password() >= 0) {
			t.Error("a form that is not for a username alone")
		}
		v := flow{tokens: NewTokens(Options{})}
		v.taint(password)
		said := v.quote(p.message + p.title)
		if len([]rune(said)) > 201 || !utf8.ValidString(said) || strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q", said)
		}
		if len(password) >= 4 && strings.Contains(said, password) && !strings.Contains("[redacted]", password) {
			t.Errorf("the password in %q", said)
		}
	})
}

// fillAny fills in a form whatever it is for. What is sent can be sent, and holds the password once and in the body.
func fillAny(t *testing.T, p *page, form *form, username, password string) {
	t.Helper()
	fields, user, pass := form.fill(username, password)
	if len(fields) > len(form.controls) || user != (form.username() >= 0) || pass != (form.password() >= 0) {
		t.Errorf("%d fields of %d controls, username %t, password %t", len(fields), len(form.controls), user, pass)
	}
	at := &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/login"}
	target, err := p.target(at, form)
	if err != nil {
		return
	}
	r, err := request(target, form, fields)
	if err != nil {
		t.Errorf("%+v: %v", fields, err)
		return
	}
	if len(r.Body) > 0 != (r.Method == "POST" && (len(fields) > 0 || strings.Contains(r.Header.Get("Content-Type"), "multipart"))) {
		t.Errorf("%s with a body of %d bytes", r.Method, len(r.Body))
	}
	if _, err := url.Parse(r.URL); err != nil {
		t.Errorf("%q: %v", r.URL, err)
	}
}
