package auth_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
)

const (
	callbackURL = "http://localhost:3000/callback"
	password    = "s3cret pass&word"
)

// The classic page of Cognito, with its form twice and a relative action.
const classicPage = `<!DOCTYPE html><html><head><title>Signin</title></head><body>
<div class="visible-xs"><p id="loginErrorMessage" class="errorMessage-customizable">MESSAGE</p>
<form action="/login?client_id=c&amp;state=x&amp;redirect_uri=http%3A%2F%2Flocalhost" method="post" name="cognitoSignInForm">
<input type="hidden" name="_csrf" value="11111111-2222"/>
<input id="signInFormUsername" name="username" type="text" class="form-control" placeholder="Username" required>
<input id="signInFormPassword" name="password" type="password" class="form-control">
<input type="hidden" name="cognitoAsfData"/>
<input name="signInSubmitButton" type="Submit" value="Sign in">
</form></div>
<div class="visible-md"><form action="/login?again" method="post"><input name="username"><input name="password" type="password"></form></div>
</body></html>`

const changePage = `<title>Change password</title><form action="/changePassword" method="post"><input type="hidden" name="session" value="x">
<input name="new_password" type="password"><input name="confirm_password" type="password"></form>`

func html(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	fmt.Fprint(w, page)
}

// idp is a provider with a sign-in of its own: pages by path, and what is done with what they send.
func idp(t testing.TB, pages map[string]http.HandlerFunc) *provider {
	return newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		switch handler, ok := pages[r.Method+" "+r.URL.Path]; {
		case ok:
			handler(w, r)
		case r.URL.Path == "/token":
			writeJSON(w, 200, answer())
		case r.URL.Path == "/authorize":
			http.SetCookie(w, &http.Cookie{Name: "query", Value: url.QueryEscape(r.URL.RawQuery)})
			http.SetCookie(w, &http.Cookie{Name: "XSRF-TOKEN", Value: "11111111-2222", HttpOnly: true})
			http.Redirect(w, r, "/login?"+r.URL.RawQuery, http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
}

func page(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { html(w, text) }
}

// back sends the browser to the callback URL, with the state that the authorize endpoint was given.
func back(format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("query")
		if err != nil {
			http.Error(w, "no cookie", http.StatusForbidden)
			return
		}
		raw, _ := url.QueryUnescape(cookie.Value)
		query, _ := url.ParseQuery(raw)
		format := strings.ReplaceAll(format, "NONCE", query.Get("nonce"))
		w.Header().Set("Location", query.Get("redirect_uri")+strings.ReplaceAll(format, "STATE", query.Get("state")))
		w.WriteHeader(http.StatusFound)
	}
}

const fragment = "#access_token=implicit-access&token_type=Bearer&expires_in=3600&state=STATE"

func implicit(p *provider) auth.Grant {
	return auth.Grant{
		Grant: "implicit", AuthorizeURL: p.URL + "/authorize", ClientID: "c", RedirectURI: callbackURL,
		Scope: "email", Username: "jane", Password: password,
	}
}

func code(p *provider) auth.Grant {
	g := implicit(p)
	g.Grant, g.TokenURL = "authorization_code", p.URL+"/token"
	return g
}

func TestImplicit(t *testing.T) {
	t.Parallel()
	p := idp(t, map[string]http.HandlerFunc{"GET /login": page(classicPage), "POST /login": back(fragment)})
	var tainted taints
	token, err := newTokens(t, auth.Options{Now: atNoon, Taint: tainted.add}).Token(t.Context(), implicit(p))
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Token{AccessToken: "implicit-access", Type: "Bearer", Scope: "email", Expiry: noon.Add(3600e9)}
	if d := cmp.Diff(want, token); d != "" {
		t.Error(d)
	}
	ask := p.only(t, "/authorize").query
	if len(ask.Get("state")) < 20 {
		t.Errorf("state %q", ask.Get("state"))
	}
	ask.Del("state")
	if d := cmp.Diff(url.Values{"response_type": {"token"}, "client_id": {"c"}, "redirect_uri": {callbackURL}, "scope": {"email"}}, ask); d != "" {
		t.Error(d)
	}
	tainted.want(t, "implicit-access", password, "11111111-2222")
}

func TestImplicitNonce(t *testing.T) {
	t.Parallel()
	// {"nonce":"NONCE"}, which the server fills in before it is encoded
	tests := map[string]struct{ claims, message string }{
		"good":     {`{"nonce":"NONCE"}`, ""},
		"other":    {`{"nonce":"other"}`, "the ID token does not have the nonce that was sent"},
		"none":     {`{}`, "the ID token does not have the nonce that was sent"},
		"number":   {`{"nonce":7}`, "the ID token does not have the nonce that was sent"},
		"no JWT":   {"", "the ID token does not have the nonce that was sent"},
		"left out": {"-", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := idp(t, map[string]http.HandlerFunc{"GET /login": page(classicPage), "POST /login": func(w http.ResponseWriter, r *http.Request) {
				cookie, _ := r.Cookie("query")
				raw, _ := url.QueryUnescape(cookie.Value)
				query, _ := url.ParseQuery(raw)
				id := "&id_token=" + idToken(strings.ReplaceAll(test.claims, "NONCE", query.Get("nonce")))
				if test.claims == "-" {
					id = ""
				}
				back(fragment+id)(w, r)
			}})
			g := implicit(p)
			g.Scope = "email openid"
			token, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
			if test.message != "" {
				wantError(t, err, test.message, "it may come from another sign-in than yours")
			} else if err != nil || (token.IDToken == "") != (test.claims == "-") {
				t.Errorf("%+v, %v", token, err)
			}
		})
	}
}

// What the classic form sends is what a browser sends.
func TestClassicForm(t *testing.T) {
	t.Parallel()
	p := idp(t, map[string]http.HandlerFunc{"GET /login": page(classicPage), "POST /login": back("?code=the-code&state=STATE")})
	var tainted taints
	token, err := newTokens(t, auth.Options{Now: atNoon, Taint: tainted.add}).Token(t.Context(), code(p))
	if err != nil || token.AccessToken != "access-1" {
		t.Fatalf("%+v, %v", token, err)
	}
	logins := p.requests("/login")
	if len(logins) != 2 {
		t.Fatalf("%d requests to the sign-in page", len(logins))
	}
	sent := logins[1]
	form := url.Values{"_csrf": {"11111111-2222"}, "username": {"jane"}, "password": {password}, "cognitoAsfData": {""}, "signInSubmitButton": {"Sign in"}}
	if d := cmp.Diff(form, sent.form); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(url.Values{"client_id": {"c"}, "state": {"x"}, "redirect_uri": {"http://localhost"}}, sent.query); d != "" {
		t.Error(d)
	}
	if got := sent.header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		t.Errorf("Content-Type %q", got)
	}
	if sent.header.Get("Origin") != p.URL || !strings.HasPrefix(sent.header.Get("Referer"), p.URL+"/login?") {
		t.Errorf("Origin %q, Referer %q", sent.header.Get("Origin"), sent.header.Get("Referer"))
	}
	tainted.want(t, "the-code", password)

	redeemed := p.only(t, "/token").form
	verifier := redeemed.Get("code_verifier")
	ask := p.only(t, "/authorize").query
	if len(verifier) < 43 || ask.Get("code_challenge") != s256(verifier) || ask.Get("code_challenge_method") != "S256" {
		t.Errorf("challenge %q (%s) for verifier %q", ask.Get("code_challenge"), ask.Get("code_challenge_method"), verifier)
	}
	tainted.want(t, verifier)
	redeemed.Del("code_verifier")
	want := url.Values{"grant_type": {"authorization_code"}, "code": {"the-code"}, "redirect_uri": {callbackURL}, "client_id": {"c"}}
	if d := cmp.Diff(want, redeemed); d != "" {
		t.Error(d)
	}
}

func TestNoPKCE(t *testing.T) {
	t.Parallel()
	p := idp(t, map[string]http.HandlerFunc{"GET /login": page(classicPage), "POST /login": back("?code=the-code&state=STATE")})
	g := code(p)
	g.NoPKCE = true
	if _, err := newTokens(t, auth.Options{}).Token(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	if p.only(t, "/authorize").query.Has("code_challenge") || p.only(t, "/token").form.Has("code_verifier") {
		t.Error("PKCE was used")
	}
}

// Managed login asks for the username on one page and the password on the next.
func TestUsernameFirst(t *testing.T) {
	t.Parallel()
	p := idp(t, map[string]http.HandlerFunc{
		"GET /login": page(`<form method="post" action="login"><input type=hidden name=csrf value=c1>
			<input type=text name=username autocomplete="username webauthn"><button type=submit name=step value=1>Next</button>
			<button type=button name=sso>SSO</button></form>`),
		"POST /login": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/verifyPassword?s=1", http.StatusSeeOther)
		},
		"GET /verifyPassword": page(`<form method=POST><input type=hidden name=csrf value=c2><input name=username value=JANE readonly>
			<input type=password name=password autocomplete=current-password><button name=step value=2></button></form>`),
		"POST /verifyPassword": back(fragment),
	})
	token, err := newTokens(t, auth.Options{}).Token(t.Context(), implicit(p))
	if err != nil || token.AccessToken != "implicit-access" {
		t.Fatalf("%+v, %v", token, err)
	}
	first, second := p.requests("/login")[1], p.requests("/verifyPassword")[1]
	if d := cmp.Diff(url.Values{"csrf": {"c1"}, "username": {"jane"}, "step": {"1"}}, first.form); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(url.Values{"csrf": {"c2"}, "username": {"JANE"}, "password": {password}, "step": {"2"}}, second.form); d != "" {
		t.Error(d)
	}
	if second.query.Get("s") != "1" {
		t.Errorf("a form without action goes to its page: %v", second.query)
	}
}

// Forms as others write them.
func TestForms(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		page string
		form url.Values
	}{
		"multipart": {`<form method=post enctype="multipart/form-data" action=/done><input type=email name=e><input type=password name=p>
			<input type=file name=f><input type=checkbox name=keep checked><input type=checkbox name=spam value=1></form>`,
			url.Values{"e": {"jane"}, "p": {password}, "keep": {"on"}}},
		"table": {`<table><form method=post action=done><tr><td><input name=q type=search><td><input name=user><tr><td><input type=PASSWORD name=p></form></table>
			<input name=outside value=1>`, url.Values{"q": {""}, "user": {"jane"}, "p": {password}}},
		"by id": {`<input form=f type=password name=p><input form=other name=z><form id=f method=post action=/done><input name=login></form>`,
			url.Values{"p": {password}, "login": {"jane"}}},
		"base": {`<base href="/deep/er/"><form method=post action="../../done"><input name=a><input type=password name=p></form>`,
			url.Values{"a": {"jane"}, "p": {password}}},
		"noscript": {`<noscript><form method=post action=/done><input name=a><input type=password name=p></form></noscript>`,
			url.Values{"a": {"jane"}, "p": {password}}},
		"defaults": {`<form method=post action=/done><select name=realm><option value=1>A<option value=2 selected>B<option value=3></select>
			<select name=lang><option> Plain  English </option><option>x</select><select name=none></select><textarea name=note>
a &lt; b</textarea><input type=radio name=r value=1><input type=radio name=r value=2 checked><input name=off value=1 disabled>
			<input name=user value=nobody><input name=pin type=number value=7><input type=password name=p value=old><input type=image name=i>
			<input type=reset name=x><input type=submit name=go value=1><input type=submit name=cancel value=1></form>`,
			url.Values{"realm": {"2"}, "lang": {"Plain English"}, "note": {"a < b"}, "r": {"2"}, "user": {"jane"}, "pin": {"7"}, "p": {password}, "go": {"1"}}},
		"beside others": {`<form action=/search><input name=q></form><form method=post action=/signup><input name=email><input type=password name=p autocomplete=new-password></form>
			<form method=dialog><input type=password name=p></form><form method=post action=/done><input name=nick><input name=a><input type=password name=p></form>`,
			url.Values{"nick": {""}, "a": {"jane"}, "p": {password}}},
		"comments and scripts": {`<!-- <form method=post action=/wrong><input type=password name=p> --><script>"<form action=/wrong><input type=password name=p>"</script>
			<form method=post action=/done><input name=a><input type=password name=p></form>`, url.Values{"a": {"jane"}, "p": {password}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := idp(t, map[string]http.HandlerFunc{"GET /login": page(test.page), "POST /done": back(fragment)})
			if _, err := newTokens(t, auth.Options{}).Token(t.Context(), implicit(p)); err != nil {
				t.Fatal(err)
			}
			sent := p.only(t, "/done")
			if got := sent.header.Get("Content-Type"); strings.HasPrefix(got, "multipart/form-data;") != (name == "multipart") {
				t.Errorf("Content-Type %q", got)
			}
			if d := cmp.Diff(test.form, sent.form); d != "" {
				t.Error(d)
			}
		})
	}
}

// A username may be sent in a URL, a password not.
func TestGetForms(t *testing.T) {
	t.Parallel()
	first := `<form action="/next?lost=1"><input type=hidden name=h value="a b"><input name=username></form>`
	second := `<form METHOD=POST action=/done><input type=password name=p></form>`
	p := idp(t, map[string]http.HandlerFunc{"GET /login": page(first), "GET /next": page(second), "POST /done": back(fragment)})
	if _, err := newTokens(t, auth.Options{}).Token(t.Context(), implicit(p)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(url.Values{"h": {"a b"}, "username": {"jane"}}, p.only(t, "/next").query); d != "" {
		t.Error(d)
	}

	p = idp(t, map[string]http.HandlerFunc{"GET /login": page(`<form><input name=username><input type=password name=p></form>`)})
	_, err := newTokens(t, auth.Options{}).Token(t.Context(), implicit(p))
	wantError(t, err, "the sign-in form at "+p.URL+"/login would put the password into a URL", "run `postrider login` to sign in with a browser")
	if n := len(p.requests("/login")); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// The way may lead over another origin as long as the form is at home. A 308 at home keeps what was filled in.
func TestSignInByWayOfOthers(t *testing.T) {
	t.Parallel()
	var p *provider
	other := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, p.URL+"/form", http.StatusFound)
	})
	p = idp(t, map[string]http.HandlerFunc{
		"GET /login": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) },
		"GET /form":  page(`<form method=post action=/old><input name=user><input type=password name=p></form>`),
		"POST /old": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/new", http.StatusPermanentRedirect)
		},
		"POST /new": back(fragment),
	})
	if _, err := newTokens(t, auth.Options{}).Token(t.Context(), implicit(p)); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(url.Values{"user": {"jane"}, "p": {password}}, p.only(t, "/new").form); d != "" {
		t.Error(d)
	}
}
