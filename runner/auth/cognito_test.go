package auth_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// pool is the embedded pool with a client for each flow.
func pool(t testing.TB) *cognito.Server {
	t.Helper()
	s, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{
			{ID: "1frontend", Flows: []string{cognito.FlowImplicit}, CallbackURLs: []string{callbackURL}},
			{ID: "2backend", Secret: secret, Flows: []string{cognito.FlowCode}, CallbackURLs: []string{callbackURL}},
			{ID: "3public", Flows: []string{cognito.FlowCode}, CallbackURLs: []string{callbackURL}},
			{ID: "4machine", Secret: secret, Flows: []string{cognito.FlowClientCredentials}, Scopes: []string{"api/read", "api/write"}},
		},
		ResourceServers: []cognito.ResourceServer{{Identifier: "api", Scopes: []string{"read", "write"}}},
		Users: []cognito.User{
			{Username: "jane", Password: password, Attributes: map[string]string{"email": "jane@example.com", "email_verified": "true"}},
			{Username: "new", TemporaryPassword: password},
			{Username: "gone", Password: password, Disabled: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// userInfo asks the pool who has signed in.
func userInfo(t testing.TB, s *cognito.Server, token auth.Token) (int, string) {
	t.Helper()
	client := exchange.NewClient(exchange.Options{})
	defer client.Close()
	r := &exchange.Request{URL: s.URL + "/oauth2/userInfo"}
	if err := auth.Bearer(r, token.AccessToken); err != nil {
		t.Fatal(err)
	}
	x, err := client.Do(t.Context(), nil, r)
	if err != nil {
		t.Fatal(err)
	}
	return x.Response.Status, string(x.Response.Body)
}

// The tutorial from end to end, in each of its flows, with the endpoints given and discovered.
func TestPoolSignsIn(t *testing.T) {
	t.Parallel()
	s := pool(t)
	tests := map[string]auth.Grant{
		"implicit":         {Grant: "implicit", AuthorizeURL: s.URL + "/oauth2/authorize", ClientID: "1frontend"},
		"implicit, issuer": {Grant: "implicit", Issuer: s.Issuer(), ClientID: "1frontend"},
		"code, header":     {Grant: "authorization_code", Issuer: s.Issuer(), ClientID: "2backend", ClientSecret: secret},
		"code, body":       {Grant: "authorization_code", Issuer: s.Issuer(), ClientID: "2backend", ClientSecret: secret, ClientAuth: "body"},
		"code, no PKCE":    {Grant: "authorization_code", Issuer: s.Issuer(), ClientID: "2backend", ClientSecret: secret, NoPKCE: true},
		"code, public": {Grant: "authorization_code", AuthorizeURL: s.URL + "/oauth2/authorize", TokenURL: s.URL + "/oauth2/token",
			ClientID: "3public"},
	}
	for name, g := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g.RedirectURI, g.Scope, g.Username, g.Password = callbackURL, "openid email", "jane", password
			var tainted taints
			token, err := newTokens(t, auth.Options{Taint: tainted.add}).Token(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if token.Type != "Bearer" || token.IDToken == "" || (token.RefreshToken == "") != (g.Grant == "implicit") {
				t.Errorf("%+v", token)
			}
			if left := time.Until(token.Expiry); left < 59*time.Minute || left > time.Hour {
				t.Errorf("it lives %s", left)
			}
			tainted.want(t, token.AccessToken, token.IDToken)
			if status, body := userInfo(t, s, token); status != http.StatusOK || !strings.Contains(body, `"email":"jane@example.com"`) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}

func TestPoolRefreshes(t *testing.T) {
	t.Parallel()
	s := pool(t)
	var c clock
	tokens := newTokens(t, auth.Options{Now: func() time.Time { return c.now().Add(time.Since(noon)) }})
	g := auth.Grant{
		Grant: "authorization_code", Issuer: s.Issuer(), ClientID: "3public", RedirectURI: callbackURL, Scope: "openid",
		Username: "jane", Password: password,
	}
	first, err := tokens.Token(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	c.advance(time.Hour)
	second, err := tokens.Token(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if second.AccessToken == first.AccessToken || second.RefreshToken != first.RefreshToken || second.IDToken == first.IDToken {
		t.Errorf("%+v\nafter\n%+v", second, first)
	}
	if status, body := userInfo(t, s, second); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	by := auth.Grant{Grant: "refresh_token", Issuer: s.Issuer(), ClientID: "3public", RefreshToken: first.RefreshToken}
	if third, err := tokens.Token(t.Context(), by); err != nil || third.AccessToken == "" {
		t.Errorf("%+v, %v", third, err)
	}
}

func TestPoolGivesClientCredentials(t *testing.T) {
	t.Parallel()
	s := pool(t)
	for _, way := range []string{"", "body"} {
		g := auth.Grant{Grant: "client_credentials", Issuer: s.Issuer(), ClientID: "4machine", ClientSecret: secret, ClientAuth: way, Scope: "api/read"}
		token, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		_, raw, err := environment.Claims(token.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Scope string `json:"scope"`
			Sub   string `json:"sub"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff("api/read 4machine", got.Scope+" "+got.Sub); d != "" {
			t.Error(d)
		}
	}
}

func TestPoolRefuses(t *testing.T) {
	t.Parallel()
	s := pool(t)
	base := auth.Grant{Grant: "implicit", Issuer: s.Issuer(), ClientID: "1frontend", RedirectURI: callbackURL, Username: "jane", Password: password}
	machine := auth.Grant{Grant: "client_credentials", Issuer: s.Issuer(), ClientID: "4machine", ClientSecret: secret}
	tests := map[string]struct {
		g             auth.Grant
		change        func(*auth.Grant)
		message, hint string
	}{
		"wrong password": {base, func(g *auth.Grant) { g.Password = "s3cret" }, "the sign-in at URL/login was refused: Incorrect username or password.", "check username and password"},
		"unknown user":   {base, func(g *auth.Grant) { g.Username = "joe" }, "the sign-in at URL/login was refused: Incorrect username or password.", "check username and password"},
		"temporary password": {base, func(g *auth.Grant) { g.Username = "new" },
			"the provider wants a new password: a temporary one must be changed first", "sign in once with a browser and choose a password"},
		"another redirect_uri": {base, func(g *auth.Grant) { g.RedirectURI += "/" },
			`no sign-in form at URL/error, which answered 400 "Error"`, "*"},
		"flow": {base, func(g *auth.Grant) { g.ClientID = "3public" }, "the provider refused: unauthorized_client", `is the client allowed to use grant "implicit"? see its settings at the provider`},
		"scope of implicit": {base, func(g *auth.Grant) { g.Scope = "openid payroll" },
			"the provider refused: invalid_request: invalid_scope", "*"},
		"scope":  {machine, func(g *auth.Grant) { g.Scope = "api/delete" }, "the token endpoint answered 400 invalid_scope", "check scope: the client may not ask for all of it"},
		"secret": {machine, func(g *auth.Grant) { g.ClientSecret = "s3cret" }, "the token endpoint answered 400 invalid_client", `check client_id and client_secret; some providers want client_auth = "body"`},
		"no refresh token": {machine, func(g *auth.Grant) {
			g.Grant, g.ClientID, g.ClientSecret, g.RefreshToken = "refresh_token", "3public", "", "s3cret"
		},
			"the token endpoint answered 400 invalid_grant", "the refresh token has expired, was revoked, or is another client's"},
		"password grant": {machine, func(g *auth.Grant) { g.Grant, g.Username, g.Password = "password", "jane", password },
			"the token endpoint answered 400 unsupported_grant_type", `is the client allowed to use grant "password"? see its settings at the provider`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.change(&test.g)
			_, err := newTokens(t, auth.Options{}).Token(t.Context(), test.g)
			wantError(t, err, replaceURL(test.message, s.URL), test.hint)
		})
	}
}
