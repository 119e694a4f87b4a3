package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/environment"
)

// The ways in which a sign-in ends without a token.
func TestSignInFails(t *testing.T) {
	t.Parallel()
	const (
		check = "check username and password"
		setup = "check authorize_url, client_id and redirect_uri; a page that needs JavaScript needs a browser: `postrider login`"
		more  = "a second factor or a question needs a person: `postrider login`"
		other = "it may come from another sign-in than yours"
		login = "run `postrider login` to sign in with a browser"
	)
	classic := page(classicPage)
	status := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
			fmt.Fprint(w, text)
		}
	}
	redirect := func(code int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(code)
		}
	}
	user := `<form method=post><input name=username></form>`
	tests := map[string]struct {
		get, post     http.HandlerFunc
		message, hint string
	}{
		"wrong password":     {classic, page(strings.Replace(classicPage, "MESSAGE", "Incorrect   username\nor <b>password</b>.", 1)), "the sign-in at URL/login was refused: Incorrect username or password .", check},
		"no message":         {classic, page(strings.Replace(classicPage, "MESSAGE", " ", 1)), "the sign-in at URL/login was refused", check},
		"with status 401":    {classic, status(401, `<div role=ALERT><script>x</script>No.</div><p class=error>Not this</p><form method=post><input type=password name=p>`), "the sign-in at URL/login was refused: No.", check},
		"message is hostile": {classic, page(`<p class="error">` + password + "\x1b[31m &#x202e;" + url.QueryEscape(password) + `</p><form><input type=password name=p>`), "the sign-in at URL/login was refused: [redacted] [31m [redacted]", check},
		"unknown user":       {page(user), page(`<i id=userError>Who?</i>` + user), "the sign-in at URL/login was refused: Who?", check},
		"temporary password": {classic, page(changePage), "the provider wants a new password: a temporary one must be changed first", "sign in once with a browser and choose a password"},
		"new password alone": {classic, page(`<form method=post><input type=password name=x autocomplete="new-password">`), "the provider wants a new password: a temporary one must be changed first", "sign in once with a browser and choose a password"},
		"second factor": {classic, page(`<title> Enter a
			code </title><form method=post><input name=username type=hidden><input name=otp></form>`), `the sign-in does not end at redirect_uri but at URL/login, which answered 200 "Enter a code"`, more},
		"asks for more":    {classic, page(`<title>Welcome</title><form method=post><input type=email name=email>`), `the sign-in does not end at redirect_uri but at URL/login, which answered 200 "Welcome"`, more},
		"nested message":   {classic, page(`<div class=error>a <div>b<br></div> c</div><div>d</div><form method=post><input type=password name=p>`), "the sign-in at URL/login was refused: a b c", check},
		"forbidden":        {classic, status(403, "<title>Forbidden</title>"), `the sign-in does not end at redirect_uri but at URL/login, which answered 403 "Forbidden"`, more},
		"no form":          {page("<title>Welcome</title><h1>Hi</h1>"), nil, `no sign-in form at URL/login, which answered 200 "Welcome"`, setup},
		"error page":       {status(400, `<title>Error</title><div class="alert-box">redirect_mismatch</div><form method=post><input name=email></form>`), nil, `no sign-in form at URL/login, which answered 400 "Error": redirect_mismatch`, setup},
		"server error":     {status(502, classicPage), nil, `no sign-in form at URL/login, which answered 502 "Signin": MESSAGE`, setup},
		"registration":     {page(changePage), nil, `no sign-in form at URL/login, which answered 200 "Change password"`, setup},
		"a search":         {page(`<form><input type=search name=q>`), nil, `no sign-in form at URL/login, which answered 200`, setup},
		"password unnamed": {page(`<form method=post><input name=username type=hidden><input type=password>`), nil, `no sign-in form at URL/login, which answered 200`, setup},
		"no HTML": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			fmt.Fprint(w, classicPage)
		}, nil, `no sign-in form at URL/login, which answered 200`, setup},
		"JSON":              {func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, 401, object{"error": "x"}) }, nil, `no sign-in form at URL/login, which answered 401`, setup},
		"action":            {page(`<form method=post action="http://[::1/"><input type=password name=p>`), nil, "the sign-in form at URL/login has an action that is no URL", ""},
		"action elsewhere":  {page(`<form method=post action="https://evil.example/x"><input type=password name=p>`), nil, "the sign-in form would send the credentials to https://evil.example, which is not where authorize_url is", login},
		"action a script":   {page(`<form method=post action="javascript:go()"><input type=password name=p>`), nil, "the sign-in form would send the credentials to javascript://, which is not where authorize_url is", login},
		"another port":      {page(`<form method=post action="//127.0.0.1:1/x"><input type=password name=p>`), nil, "the sign-in form would send the credentials to http://127.0.0.1:1, which is not where authorize_url is", login},
		"307 elsewhere":     {classic, redirect(307, "http://127.0.0.1:1/x"), "the sign-in form would send the credentials to http://127.0.0.1:1, which is not where authorize_url is", login},
		"another callback":  {classic, redirect(302, "myapp://callback?code=s3cret"), "the sign-in was sent to myapp://callback, which is not the redirect_uri", "check redirect_uri"},
		"no URL":            {classic, redirect(302, "http://[::1/"), "the sign-in at URL/login redirects to what is no URL", ""},
		"in circles":        {redirect(302, "/login?s3cret"), nil, "the sign-in went through more than 20 redirects, the last to URL/login", "is redirect_uri the one that the provider sends to?"},
		"state of another":  {classic, redirect(302, callbackURL+"#access_token=x&state=other"), "", other},
		"no state":          {classic, redirect(302, callbackURL+"#access_token=x"), "", other},
		"no token":          {classic, back("#token_type=Bearer&state=STATE"), "the provider sent the browser back without access_token", "is the client allowed to use this grant?"},
		"nothing":           {classic, redirect(302, callbackURL), "the callback URL has no parameters", "paste the whole address, with all that follows the # or the ?"},
		"refused":           {classic, back("?error=unauthorized_client&state=STATE"), "the provider refused: unauthorized_client", `is the client allowed to use grant "implicit"? see its settings at the provider`},
		"refused described": {redirect(302, callbackURL+"?error=access_denied&error_description=Not+you%2c+s3cret+pass%26word%1b"), nil, "the provider refused: access_denied: Not you, [redacted]", "the user, or a rule of the provider, said no"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := idp(t, map[string]http.HandlerFunc{"GET /login": test.get, "POST /login": test.post})
			token, err := newTokens(t, auth.Options{}).Token(t.Context(), implicit(p))
			if err == nil {
				t.Fatalf("a token: %+v", token)
			}
			message := replaceURL(test.message, p.URL)
			if message == "" { // it names the state, which is another each time
				message = err.Error()
			}
			wantError(t, err, message, test.hint)
			var refused *environment.RefusedError
			if n := len(p.requests("/login")); n > 21 {
				t.Errorf("%d requests to the sign-in page", n)
			}
			if strings.HasPrefix(name, "refused") != errors.As(err, &refused) {
				t.Errorf("cause %v", refused)
			}
		})
	}
}

func TestCodeMissing(t *testing.T) {
	t.Parallel()
	p := idp(t, map[string]http.HandlerFunc{"GET /login": page(classicPage), "POST /login": back(fragment)})
	_, err := newTokens(t, auth.Options{}).Token(t.Context(), code(p))
	wantError(t, err, "the provider sent the browser back without code", "is the client allowed to use this grant?")
}

// A wrong password is tried once, not with each request of a run: it would lock the user out.
func TestWrongPasswordOnce(t *testing.T) {
	t.Parallel()
	p := idp(t, map[string]http.HandlerFunc{"GET /login": page(classicPage), "POST /login": page(classicPage)})
	_, errs := askers(t, newTokens(t, auth.Options{}), implicit(p), 50)
	for _, err := range errs {
		wantError(t, err, "the sign-in at "+p.URL+"/login was refused: MESSAGE", "*")
	}
	if n := len(p.requests("/login")); n != 2 {
		t.Errorf("%d requests to the sign-in page", n)
	}
}

func TestSignInUnanswered(t *testing.T) {
	t.Parallel()
	p := idp(t, nil)
	g := implicit(p)
	g.AuthorizeURL = "http://127.0.0.1:1/authorize"
	_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
	wantError(t, err, "no answer from the sign-in: connection refused by 127.0.0.1:1", "is the server up?")

	ctx, cancel := context.WithCancel(t.Context())
	p = idp(t, map[string]http.HandlerFunc{"GET /login": func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}})
	if _, err := newTokens(t, auth.Options{}).Token(ctx, implicit(p)); err != context.Canceled {
		t.Errorf("error %v", err)
	}
}

func TestInteractive(t *testing.T) {
	t.Parallel()
	p := idp(t, nil)
	g := code(p)
	g.Username, g.Password = "", ""
	closed := errors.New("the window was closed")
	tests := map[string]struct {
		person        func(ctx context.Context, g auth.Grant, authorizeURL string) (string, error)
		message, hint string
	}{
		"nobody":  {nil, `grant "authorization_code" needs somebody to sign in`, "run `postrider login` first, or give username and password"},
		"gone":    {func(context.Context, auth.Grant, string) (string, error) { return "", closed }, "nobody has signed in: the window was closed", ""},
		"another": {func(context.Context, auth.Grant, string) (string, error) { return "?code=x&state=y", nil }, "", "it may come from another sign-in than yours"},
		"signed in": {func(_ context.Context, _ auth.Grant, authorizeURL string) (string, error) {
			u, err := url.Parse(authorizeURL)
			if err != nil {
				return "", err
			}
			return u.Query().Get("redirect_uri") + "?code=the-code&state=" + u.Query().Get("state"), nil
		}, "-", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token, err := newTokens(t, auth.Options{Interactive: test.person}).Token(t.Context(), g)
			switch test.message {
			case "-":
				if err != nil || token.AccessToken != "access-1" {
					t.Errorf("%+v, %v", token, err)
				}
			case "":
				wantError(t, err, err.Error(), test.hint)
			default:
				wantError(t, err, test.message, test.hint)
			}
			if name == "gone" && !errors.Is(err, closed) {
				t.Errorf("cause %v", err)
			}
		})
	}
}

func TestInteractiveCanceled(t *testing.T) {
	t.Parallel()
	g := code(idp(t, nil))
	g.Username, g.Password = "", ""
	ctx, cancel := context.WithCancel(t.Context())
	_, err := newTokens(t, auth.Options{Interactive: func(ctx context.Context, _ auth.Grant, _ string) (string, error) {
		cancel()
		return "", fmt.Errorf("waiting for the browser: %w", ctx.Err())
	}}).Token(ctx, g)
	if err != context.Canceled {
		t.Errorf("error %v", err)
	}
}
