package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLogin: the browser comes back with a code in the query or a token in the fragment; what is stored is for you
// alone, and nothing of it is printed.
func TestLogin(t *testing.T) {
	t.Parallel()
	for collection, renewed := range map[string]string{"app.toml": "with a refresh token", "web.toml": "no"} {
		t.Run(collection, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			l := s.start(collection)
			if status, text := browserLands(t, signIn(t, l.address())); status != 200 || !strings.Contains(text, "Signed in") {
				t.Errorf("%d\n%s", status, text)
			}
			out, errs := l.end(0)
			for _, want := range []string{`username +jane\n`, `email +jane@example.com\n`, `sub +\S{36}\n`, `scope +openid email\n`, `expires +20\S+Z, in (1h0m0s|59m\d+s)\n`, `renewed +` + renewed, `(?m)^stored in .*tokens.json, which you alone may read`} {
				if !regexp.MustCompile(want).MatchString(out) {
					t.Errorf("%s is not in\n%s", want, out)
				}
			}
			if strings.Contains(out+errs, "eyJ") {
				t.Errorf("a token is shown\n%s\n%s", out, errs)
			}
			info, err := os.Stat(filepath.Join(s.env["HOME"], ".local/state/postrider/tokens.json"))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info, err)
			}
			code, out, errs := call(t, strings.NewReader(""), s.env, "login", "--list")
			if code != 0 || errs != "" || !strings.Contains(out, collection[:3]) || strings.Contains(out, "eyJ") {
				t.Errorf("%d\n%s\n%s", code, out, errs)
			}
		})
	}
}

// TestLoginPrint: with --print the stored token is printed alone; without one somebody signs in, and it is stored.
func TestLoginPrint(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	l := s.start("--print", "app.toml")
	browserLands(t, signIn(t, l.address()))
	first, _ := l.end(0)
	if !regexp.MustCompile(`^eyJ\S+\n$`).MatchString(first) {
		t.Errorf("printed %q", first)
	}
	second, errs := s.start("--print", "app.toml").end(0)
	if second != first || errs != "" {
		t.Errorf("printed %q\n%s", second, errs)
	}
	s.file("home/.local/state/postrider/tokens.json", "broken")
	l = s.start("--print", "app.toml")
	browserLands(t, signIn(t, l.address()))
	third, errs := l.end(0)
	if !strings.HasPrefix(third, "eyJ") || strings.Count(errs, "warning: the stored tokens in") != 1 {
		t.Errorf("printed %q\n%s", third, errs)
	}
	// What cannot be stored was not asked for here.
	s.env["XDG_STATE_HOME"] = s.path("state")
	remake(t, s.path("state/postrider/tokens.json.lock"))
	l = s.start("--print", "app.toml")
	browserLands(t, signIn(t, l.address()))
	if _, errs = l.end(0); !strings.Contains(errs, "warning: the stored tokens in") {
		t.Error(errs)
	}
	l = s.start("app.toml")
	browserLands(t, signIn(t, l.address()))
	if out, errs := l.end(3); !strings.Contains(errs, "error: the stored tokens in") || !strings.Contains(out, "\nnot stored\n") {
		t.Errorf("%s\n%s", out, errs)
	}
}

// TestRunAfterLogin: what login stored is what run sends with, and not with another environment.
func TestRunAfterLogin(t *testing.T) {
	t.Parallel()
	for _, collection := range []string{"app.toml", "web.toml"} {
		t.Run(collection, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			run := []string{"run", "-e", s.path("env.toml"), s.path(collection)}
			code, out, errs := call(t, strings.NewReader(""), s.env, run...)
			if code != 3 || !strings.Contains(out+errs, "run `postrider login` first") {
				t.Errorf("before: %d\n%s\n%s", code, out, errs)
			}
			l := s.start(collection)
			browserLands(t, signIn(t, l.address()))
			l.end(0)
			if code, out, errs := call(t, strings.NewReader(""), s.env, run...); code != 0 || errs != "" || strings.Contains(out, "eyJ") {
				t.Errorf("after: %d\n%s\n%s", code, out, errs)
			}
			s.file("other.toml", "extends = 'env.toml'\n")
			if code, _, _ := call(t, strings.NewReader(""), s.env, "run", "-e", s.path("other.toml"), s.path(collection)); code != 3 {
				t.Errorf("another environment: %d", code)
			}
		})
	}
}

// TestLoginHostile: while it waits, nothing that is not the answer ends the login.
func TestLoginHostile(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	l := s.start("app.toml")
	right := signIn(t, l.address())
	for _, address := range []string{
		s.back + "?error=access_denied&state=wrong", s.back + "?code=stolen", strings.Replace(right, "state=", "state=x", 1), strings.Replace(right, "localhost", "127.0.0.1", 1),
	} {
		if status, text := browserLands(t, address); status < 400 {
			t.Errorf("%s: %d %s", address, status, text)
		}
	}
	if status, _ := browserLands(t, right); status != 200 {
		t.Error(status)
	}
	l.end(0)
}

func TestLoginDenied(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	l := s.start("app.toml")
	u, _ := url.Parse(l.address())
	status, text := browserLands(t, s.back+"?error=access_denied&error_description=Jane+said+no&state="+u.Query().Get("state"))
	if status != 200 || !strings.Contains(text, "access_denied: Jane said no") {
		t.Errorf("%d\n%s", status, text)
	}
	out, errs := l.end(3)
	if !strings.Contains(errs, "error: the provider refused: access_denied: Jane said no") || !strings.Contains(errs, "app.toml:1:") || strings.Contains(out, "stored") {
		t.Errorf("%s\n%s", out, errs)
	}
	if _, err := os.Stat(s.path("home")); err == nil {
		t.Error("something was stored")
	}
}

// TestLoginPaste: the callback URL comes from standard input, a line for each sign-in, where there is no browser and
// where the redirect URI is not on this machine.
func TestLoginPaste(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args  []string
		paste func(right string) string
		code  int
		says  string
	}{
		"paste":           {[]string{"--paste", "web.toml"}, func(right string) string { return right + "\n" }, 0, ""},
		"quoted":          {[]string{"--paste", "app.toml"}, func(right string) string { return " '" + right + "'\nmore" }, 0, ""},
		"far":             {[]string{"--var", "redirect_uri=https://www.example.com/callback", "web.toml"}, func(right string) string { return right + "\n" }, 0, ""},
		"nothing":         {[]string{"--paste", "web.toml"}, func(string) string { return "\n" }, 3, "error: no callback URL was pasted"},
		"another sign-in": {[]string{"--paste", "web.toml"}, func(right string) string { return strings.Replace(right, "state=", "state=x", 1) + "\n" }, 3, "error: the state of the callback URL is"},
		"no URL":          {[]string{"--paste", "web.toml"}, func(string) string { return "http://localhost/\n" }, 3, "error: the callback URL has no parameters"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			l := s.start(test.args...)
			go io.WriteString(l.in, test.paste(signIn(t, l.address())))
			out, errs := l.end(test.code)
			if !strings.Contains(errs, test.says) || strings.Contains(out+errs, "eyJ") || (test.code == 0) != strings.Contains(out, "jane@example.com") {
				t.Errorf("%s\n%s", out, errs)
			}
		})
	}
}

// TestLoginSeveral: each grant is had once, a person is asked where one is needed, and what cannot be had does not keep
// the rest from being.
func TestLoginSeveral(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.file("bad.toml", collectionOf(`grant = "client_credentials", token_url = "{{domain}}/oauth2/token", client_id = "3machine", client_secret = "wrong"`))
	s.file("unknown.toml", collectionOf(`grant = "client_credentials", token_url = "{{nope}}", client_id = "3machine", client_secret = "wrong"`))
	l := s.start("bad.toml", "unknown.toml", "machine.toml", "app.toml", "app.toml")
	browserLands(t, signIn(t, l.address()))
	out, errs := l.end(3)
	if strings.Count(out, "TOKEN") != 2 || !strings.Contains(out, "not stored: run gets such a token by itself") || strings.Count(out, "stored in") != 1 {
		t.Error(out)
	}
	for _, want := range []string{"bad.toml:1:", "invalid_client", "unknown.toml:1:", `"nope"`} {
		if !strings.Contains(errs, want) {
			t.Errorf("%s is not in\n%s", want, errs)
		}
	}
}

// TestLoginEmbedded: tokens of a pool that ends with the program are not stored.
func TestLoginEmbedded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.file("env.toml", "[variables]\nredirect_uri = '"+s.back+"'\n[[cognito.client]]\nid = '2app'\nflows = ['code']\ncallback_urls = ['"+s.back+"']\n"+
		"[[cognito.user]]\nusername = 'jane'\npassword = 'Remote-Horse-9'\nattributes = { email = 'jane@example.com' }\n")
	l := s.start("app.toml")
	browserLands(t, signIn(t, l.address()))
	if out, _ := l.end(0); !strings.Contains(out, "not stored: the embedded user pool ends") {
		t.Error(out)
	}
	if _, err := os.Stat(s.path("home")); err == nil {
		t.Error("something was stored")
	}
}

// TestLoginPort: another port of the redirect URI that the provider knows; what is stored is for the same grant.
func TestLoginPort(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	u, _ := url.Parse(s.back)
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	s.file("env.toml", "[variables]\ndomain = '"+s.pool.URL+"'\nredirect_uri = '"+strings.Replace(taken.URL, "127.0.0.1", "localhost", 1)+"/callback'\n")
	_, errs := s.start("app.toml").end(3)
	if !strings.Contains(errs, "address already in use") || !strings.Contains(errs, "--port") {
		t.Error(errs)
	}
	l := s.start("--port", u.Port(), "app.toml")
	browserLands(t, signIn(t, l.address()))
	l.end(0)
	if out, errs := s.start("--print", "app.toml").end(0); !strings.HasPrefix(out, "eyJ") {
		t.Errorf("%s\n%s", out, errs)
	}
}

func TestLoginMistakes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.file("none.toml", "[[request]]\nurl = '{{domain}}/'\n")
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"none.toml"}, "no request of the collections declares auth.oauth2"},
		{[]string{"nowhere"}, `there is no collection "nowhere"`},
		{[]string{"--port", "0", "app.toml"}, "--port 0 is no port"},
		{[]string{"--list", "app.toml"}, "beside --list"},
		{[]string{"--list", "--forget"}, "do one thing at a time"},
		{[]string{"--list", "--print"}, "do one thing at a time"},
		{[]string{"--all"}, "--all goes with --forget"},
		{[]string{"--forget", "--all"}, "--all goes with --forget"}, // there is -e
		{[]string{"--var", "x", "app.toml"}, "is not NAME=VALUE"},
	} {
		if _, errs := s.start(test.args...).end(2); !strings.Contains(errs, test.want) {
			t.Errorf("%v: %s", test.args, errs)
		}
	}
	code, _, errs := call(t, strings.NewReader(""), s.env, "login", "--forget")
	if code != 2 || !strings.Contains(errs, "--forget does not say what") {
		t.Error(code, errs)
	}
	s.env["POSTRIDER_KEYRING"] = "maybe"
	if code, _, errs := call(t, strings.NewReader(""), s.env, "login", "--list"); code != 2 || !strings.Contains(errs, `one of "auto", "file" or "off"`) {
		t.Error(code, errs)
	}
}

func TestLoginForget(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	l := s.start("app.toml")
	browserLands(t, signIn(t, l.address()))
	l.end(0)
	for _, test := range []struct{ args, want string }{
		{"--forget -e other", "forgot 0 tokens"}, {"--list -e other", "no token is stored"}, {"--list -e " + s.path("env.toml"), "2app"},
		{"--forget -e " + s.path("env.toml"), "forgot 1 token\n"}, {"--list", "no token is stored"}, {"--forget --all", "forgot 0 tokens"},
	} {
		code, out, errs := call(t, strings.NewReader(""), s.env, append([]string{"login"}, strings.Fields(test.args)...)...)
		if code != 0 || errs != "" || !strings.Contains(out, test.want) {
			t.Errorf("%s: %d\n%s\n%s", test.args, code, out, errs)
		}
	}
}

// TestReadLine: a line of a terminal in raw mode is what its keys made of it, however long; what follows stays unread.
func TestReadLine(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 10_000)
	for _, test := range []struct {
		typed string
		raw   bool
		want  string
		rest  string
	}{
		{"abc\ndef\n", false, "abc", "def\n"}, {"abc", false, "abc", ""}, {"a\rb\n", false, "a\rb", ""}, {"\x03\n", false, "\x03", ""},
		{"abc\rdef", true, "abc", "def"}, {"abd\x7fc\r", true, "abc", ""}, {"\x08\x08abc\n", true, "abc", ""}, {"xyz\x15abc\r", true, "abc", ""},
		{"abc\x04", true, "abc", ""}, {long + "\r", true, long, ""}, {"ab\x03c\r", true, "interrupted", "c\r"},
	} {
		in := strings.NewReader(test.typed)
		got, err := readLine(in, test.raw)
		if err != nil {
			got = err.Error()
		}
		if rest, _ := io.ReadAll(in); got != test.want || string(rest) != test.rest {
			t.Errorf("%q: %q, and %q is left", test.typed, got, rest)
		}
	}
	if _, err := readLine(io.MultiReader(strings.NewReader("a"), failing{}), false); err == nil {
		t.Error("a failure was taken for the end")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, fmt.Errorf("broken") }
