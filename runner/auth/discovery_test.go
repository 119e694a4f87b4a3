package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

const wellKnown = "/.well-known/openid-configuration"

// discovering has a discovery document below /pool that change may change.
func discovering(t testing.TB, change object) *provider {
	var p *provider
	p = newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/pool" + wellKnown:
			body := object{"issuer": p.URL + "/pool", "token_endpoint": p.URL + "/token", "device_authorization_endpoint": p.URL + "/device"}
			for name, value := range change {
				body[name] = value
			}
			writeJSON(w, 200, body)
		case "/moved" + wellKnown:
			http.Redirect(w, r, "/pool"+wellKnown, http.StatusFound)
		case "/token":
			writeJSON(w, 200, answer())
		case "/busy" + wellKnown:
			w.WriteHeader(503)
		case "/page" + wellKnown:
			fmt.Fprint(w, "<h1>Hello</h1>")
		case "/loop" + wellKnown:
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	return p
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	p := discovering(t, nil)
	tokens := newTokens(t, auth.Options{})
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			g := auth.Grant{Grant: "client_credentials", Issuer: p.URL + "/pool", ClientID: "c", ClientSecret: secret, Scope: fmt.Sprint(i)}
			if token, err := tokens.Token(t.Context(), g); err != nil || token.AccessToken != "access-1" {
				t.Errorf("%+v, %v", token, err)
			}
		})
	}
	wait.Wait()
	g := auth.Grant{Grant: "client_credentials", Issuer: p.URL + "/pool", ClientID: "later", ClientSecret: secret}
	if _, err := tokens.Token(t.Context(), g); err != nil {
		t.Error(err)
	}
	p.only(t, "/pool"+wellKnown)
	if sent := p.requests("/token"); len(sent) != 51 {
		t.Errorf("%d tokens", len(sent))
	}
}

// What the grant says itself needs no issuer, and counts.
func TestDiscoveryNotNeeded(t *testing.T) {
	t.Parallel()
	p := discovering(t, object{"token_endpoint": "http://127.0.0.1:1/never"})
	g := auth.Grant{Grant: "client_credentials", Issuer: p.URL + "/pool", TokenURL: p.URL + "/token", ClientID: "c", ClientSecret: secret}
	if _, err := newTokens(t, auth.Options{}).Token(t.Context(), g); err != nil {
		t.Error(err)
	}
	if sent := p.requests("/pool" + wellKnown); len(sent) > 0 {
		t.Error("the document was read")
	}
}

func TestDiscoveryOfTheRest(t *testing.T) {
	t.Parallel()
	p := discovering(t, object{"token_endpoint": "http://127.0.0.1:1/never", "authorization_endpoint": "http://127.0.0.1:1/authorize?tenant=1"})
	g := auth.Grant{Grant: "authorization_code", Issuer: p.URL + "/pool", TokenURL: p.URL + "/token", ClientID: "c", RedirectURI: callbackURL}
	token, err := newTokens(t, auth.Options{Interactive: func(_ context.Context, _ auth.Grant, address string) (string, error) {
		if !strings.HasPrefix(address, "http://127.0.0.1:1/authorize?tenant=1&client_id=c&") {
			t.Errorf("authorize URL %s", address)
		}
		u, err := url.Parse(address)
		return "?code=x&state=" + u.Query().Get("state"), err
	}}).Token(t.Context(), g)
	if err != nil || token.AccessToken != "access-1" {
		t.Errorf("%+v, %v", token, err)
	}
}

func TestDiscoveryFails(t *testing.T) {
	t.Parallel()
	const check = "check issuer: /.well-known/openid-configuration is added to it; or set the endpoints themselves"
	tests := map[string]struct {
		path, message, hint string
		change              object
	}{
		"another issuer": {"/pool", `the discovery document is of another issuer: expected "URL/pool", received "https://evil.example"`, "they must be the same, up to the slash at the end", object{"issuer": "https://evil.example"}},
		"slash":          {"/pool/", `the discovery document is of another issuer: expected "URL/pool/", received "URL/pool"`, "they must be the same, up to the slash at the end", nil},
		"moved":          {"/moved", `the discovery document is of another issuer: expected "URL/moved", received "URL/pool"`, "they must be the same, up to the slash at the end", nil},
		"no issuer":      {"/pool", "the discovery document of the issuer is not JSON with an issuer in it", check, object{"issuer": nil}},
		"a page":         {"/page", "the discovery document of the issuer is not JSON with an issuer in it", check, nil},
		"not found":      {"/none", "the issuer answered 404 where its discovery document was expected", check, nil},
		"busy":           {"/busy", "the issuer answered 503 where its discovery document was expected", check, nil},
		"no endpoint":    {"/pool", "the discovery document of the issuer gives no token_url", "set token_url", object{"token_endpoint": nil}},
		"relative":       {"/pool", "the discovery document of the issuer has a token_url that is no URL like the issuer's", "set token_url", object{"token_endpoint": "/token"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := discovering(t, test.change)
			g := auth.Grant{Grant: "client_credentials", Issuer: p.URL + test.path, ClientID: "c", ClientSecret: secret}
			_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
			wantError(t, err, replaceURL(test.message, p.URL), test.hint)
		})
	}
}

// A document that was read over TLS must not send a secret without.
func TestDiscoveryLeavesTLS(t *testing.T) {
	t.Parallel()
	plain := newProvider(t, issues(200, answer()))
	var s *httptest.Server
	s = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, 200, object{"issuer": s.URL, "token_endpoint": plain.URL + "/token"})
	}))
	t.Cleanup(s.Close)
	client := exchange.NewClient(exchange.Options{Insecure: true})
	t.Cleanup(client.Close)
	g := auth.Grant{Grant: "client_credentials", Issuer: s.URL, ClientID: "c", ClientSecret: secret}
	_, err := newTokens(t, auth.Options{Client: client}).Token(t.Context(), g)
	wantError(t, err, "the discovery document of the issuer has a token_url that is no URL like the issuer's", "set token_url")
	if sent := plain.requests("/token"); len(sent) > 0 {
		t.Error("the secret was sent without TLS")
	}
}

func TestDiscoveryUnanswered(t *testing.T) {
	t.Parallel()
	p := discovering(t, nil)
	g := auth.Grant{Grant: "client_credentials", Issuer: p.URL + "/loop", ClientID: "c", ClientSecret: secret}
	_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
	if err == nil || len(p.requests("/loop"+wellKnown)) > 6 {
		t.Errorf("error %v after %d requests", err, len(p.requests("/loop"+wellKnown)))
	}
}
