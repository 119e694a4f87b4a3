package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

const (
	clientID = "a client"
	secret   = "s3cret+/&"
)

// answer is what a token endpoint says when all is well.
func answer() object {
	return object{"access_token": "access-1", "token_type": "bearer", "expires_in": 3600, "refresh_token": "refresh-1", "id_token": "id-1", "scope": "read"}
}

var noon = time.Date(2020, 5, 5, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// Each grant that asks the token endpoint alone, and each way for a client to say who it is.
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	grants := map[string]struct {
		g    auth.Grant
		form url.Values
	}{
		"client_credentials": {auth.Grant{Scope: " read  write "},
			url.Values{"grant_type": {"client_credentials"}, "scope": {"read write"}}},
		"password": {auth.Grant{Username: "jane", Password: "pass&word"},
			url.Values{"grant_type": {"password"}, "username": {"jane"}, "password": {"pass&word"}}},
		"refresh_token": {auth.Grant{RefreshToken: "refresh-0", Scope: "read"},
			url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"refresh-0"}, "scope": {"read"}}},
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("a+client:s3cret%2B%2F%26"))
	clients := map[string]struct {
		auth, secret  string
		authorization string
		form          url.Values
	}{
		"header":  {"header", secret, basic, nil},
		"default": {"", secret, basic, nil},
		"body":    {"body", secret, "", url.Values{"client_id": {clientID}, "client_secret": {secret}}},
		"public":  {"", "", "", url.Values{"client_id": {clientID}}},
	}
	for grant, test := range grants {
		for way, client := range clients {
			if grant == "client_credentials" && way == "public" {
				continue
			}
			t.Run(grant+" "+way, func(t *testing.T) {
				t.Parallel()
				p := newProvider(t, issues(200, answer()))
				var tainted taints
				g := test.g
				g.Grant, g.TokenURL, g.ClientID, g.ClientSecret, g.ClientAuth = grant, p.URL+"/token", clientID, client.secret, client.auth
				token, err := newTokens(t, auth.Options{Now: atNoon, Taint: tainted.add}).Token(t.Context(), g)
				if err != nil {
					t.Fatal(err)
				}
				want := auth.Token{AccessToken: "access-1", Type: "Bearer", IDToken: "id-1", RefreshToken: "refresh-1", Scope: "read", Expiry: noon.Add(time.Hour)}
				if d := cmp.Diff(want, token); d != "" {
					t.Error(d)
				}
				form := url.Values{}
				for _, values := range []url.Values{test.form, client.form} {
					for name, value := range values {
						form[name] = value
					}
				}
				sent := p.only(t, "/token")
				if d := cmp.Diff(form, sent.form); d != "" {
					t.Error(d)
				}
				if got := sent.header.Get("Authorization"); got != client.authorization {
					t.Errorf("Authorization %q, want %q", got, client.authorization)
				}
				if sent.method != "POST" || len(sent.query) > 0 || sent.header.Get("Accept") != "application/json" {
					t.Errorf("%s ?%s Accept: %s", sent.method, sent.query.Encode(), sent.header.Get("Accept"))
				}
				tainted.want(t, "access-1", "id-1", "refresh-1")
				for _, own := range []string{g.ClientSecret, g.Password, g.RefreshToken} {
					if own != "" {
						tainted.want(t, own)
					}
				}
			})
		}
	}
}

// What a provider may leave out or say in its own way.
func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	jwt := "e30." + base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1588687200.5}`)) + ".c2ln"
	plain := auth.Token{AccessToken: "a", Type: "Bearer", Scope: "asked"}
	with := func(change func(*auth.Token)) auth.Token { token := plain; change(&token); return token }
	tests := map[string]struct {
		media, body string
		want        auth.Token
	}{
		"bare":            {"application/json", `{"access_token":"a"}`, plain},
		"charset":         {"application/json;charset=UTF-8", `{"access_token":"a","token_type":"Bearer"}`, plain},
		"no type":         {"", `{"access_token":"a"}`, plain},
		"lifetime text":   {"application/json", `{"access_token":"a","expires_in":"60"}`, with(func(t *auth.Token) { t.Expiry = noon.Add(time.Minute) })},
		"lifetime null":   {"application/json", `{"access_token":"a","expires_in":null}`, plain},
		"lifetime 0":      {"application/json", `{"access_token":"a","expires_in":0}`, plain},
		"lifetime huge":   {"application/json", `{"access_token":"a","expires_in":99999999999999}`, with(func(t *auth.Token) { t.Expiry = noon.Add((1<<31 - 1) * time.Second) })},
		"JWT":             {"application/json", `{"access_token":"` + jwt + `"}`, with(func(t *auth.Token) { t.AccessToken, t.Expiry = jwt, time.Unix(1588687200, 0) })},
		"JWT, lifetime":   {"application/json", `{"access_token":"` + jwt + `","expires_in":60}`, with(func(t *auth.Token) { t.AccessToken, t.Expiry = jwt, noon.Add(time.Minute) })},
		"form":            {"application/x-www-form-urlencoded", "access_token=a&token_type=bearer&expires_in=60&scope=b", with(func(t *auth.Token) { t.Scope, t.Expiry = "b", noon.Add(time.Minute) })},
		"another type":    {"application/json", `{"access_token":"a","token_type":"DPoP"}`, with(func(t *auth.Token) { t.Type = "DPoP" })},
		"ID token number": {"application/json", `{"access_token":"a","id_token":7,"scope":["x"]}`, plain},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{test.media}
				fmt.Fprint(w, test.body)
			})
			g := auth.Grant{Grant: "client_credentials", TokenURL: p.URL, ClientID: "c", ClientSecret: secret, Scope: "asked"}
			token, err := newTokens(t, auth.Options{Now: atNoon}).Token(t.Context(), g)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, token); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestTokenRefused(t *testing.T) {
	t.Parallel()
	const checkURL = "check token_url"
	tests := map[string]struct {
		status           int
		media, body      string
		message, hint    string
		code, descriptor string // of the RefusedError
	}{
		"Cognito": {400, "application/json", `{"error":"invalid_client"}`, "the token endpoint answered 400 invalid_client",
			`check client_id and client_secret; some providers want client_auth = "body"`, "invalid_client", ""},
		"described": {401, "application/json", `{"error":"invalid_scope","error_description":"no such scope"}`,
			"the token endpoint answered 401 invalid_scope: no such scope", "check scope: the client may not ask for all of it", "invalid_scope", "no such scope"},
		"with status 200": {200, "application/json", `{"error":"invalid_grant"}`, "the token endpoint answered 200 invalid_grant", "", "invalid_grant", ""},
		"form":            {400, "text/plain", "error=unauthorized_client", "the token endpoint answered 400 unauthorized_client", `is the client allowed to use grant "client_credentials"? see its settings at the provider`, "unauthorized_client", ""},
		"secret repeated": {400, "application/json", `{"error":"invalid_request","error_description":"bad secret s3cret+/& (s3cret%2B%2F%26)"}`,
			"the token endpoint answered 400 invalid_request: bad secret [redacted] ([redacted])", "", "invalid_request", "bad secret [redacted] ([redacted])"},
		"control characters": {400, "application/json", `{"error":"a\u001b[2J\nb","error_description":"\u202ec"}`, "the token endpoint answered 400 a [2J b: c", "", "a [2J b", "c"},
		"long":               {400, "application/json", `{"error":"e","error_description":"` + strings.Repeat("ä", 300) + `"}`, "the token endpoint answered 400 e: " + strings.Repeat("ä", 200) + "…", "", "e", strings.Repeat("ä", 200) + "…"},
		"not found":          {404, "text/html", "<h1>s3cret+/&</h1>", "the token endpoint answered 404 Not Found", checkURL, "", ""},
		"mac": {200, "application/json", `{"access_token":"a","token_type":"mac"}`,
			`the token endpoint gave a token of the type "mac", which is not sent as a Bearer (RFC 6749, section 7.1)`, "ask the provider for Bearer tokens", "", ""},
		"broken":         {503, "text/html", "", "the token endpoint answered 503 Service Unavailable", "", "", ""},
		"unknown status": {599, "", "", "the token endpoint answered 599", "", "", ""},
		"page":           {200, "text/html; charset=utf-8", "<h1>Hello</h1>", "the token endpoint answered 200, but not as RFC 6749 has it: expected JSON with a token in it, received text/html", checkURL, "", ""},
		"no token":       {200, "application/json", `{}`, "the token endpoint answered 200, but not as RFC 6749 has it: expected JSON with a token in it, received application/json", checkURL, "", ""},
		"empty":          {200, "", "", "the token endpoint answered 200, but not as RFC 6749 has it: expected JSON with a token in it", checkURL, "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = []string{test.media}
				w.WriteHeader(test.status)
				fmt.Fprint(w, test.body)
			})
			g := auth.Grant{Grant: "client_credentials", TokenURL: p.URL, ClientID: "c", ClientSecret: secret}
			_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
			wantError(t, err, test.message, test.hint)
			var refused *environment.RefusedError
			if errors.As(err, &refused) != (test.code != "") {
				t.Fatalf("refused: %v", refused)
			}
			if refused != nil && (refused.Code != test.code || refused.Description != test.descriptor) {
				t.Errorf("%q, %q", refused.Code, refused.Description)
			}
		})
	}
}

// A redirect of the token endpoint would take the client's secret along.
func TestTokenNotRedirected(t *testing.T) {
	t.Parallel()
	other := newProvider(t, issues(200, answer()))
	for _, status := range []int{301, 302, 303, 307, 308} {
		p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/token", status)
		})
		g := auth.Grant{Grant: "client_credentials", TokenURL: p.URL, ClientID: "c", ClientSecret: secret}
		_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
		wantError(t, err, fmt.Sprintf("the token endpoint answered %d %s", status, http.StatusText(status)), "check token_url")
	}
	if sent := other.requests("/token"); len(sent) > 0 {
		t.Errorf("%d requests went elsewhere", len(sent))
	}
}

func TestTokenUnanswered(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(nil)
	address := s.Listener.Addr().String()
	s.Close()
	g := auth.Grant{Grant: "client_credentials", TokenURL: "http://" + address, ClientID: "c", ClientSecret: secret}
	_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
	wantError(t, err, "no answer from the token endpoint: connection refused by "+address, "is the server up?")
	var wire *exchange.Error
	if !errors.As(err, &wire) || wire.Kind != exchange.KindTransport {
		t.Errorf("cause %v", wire)
	}
}

// Limits are those of the client: a token endpoint that does not stop talking is cut off.
func TestTokenEndless(t *testing.T) {
	t.Parallel()
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 2<<20))
	})
	g := auth.Grant{Grant: "client_credentials", TokenURL: p.URL, ClientID: "c", ClientSecret: secret}
	_, err := newTokens(t, auth.Options{}).Token(t.Context(), g)
	var wire *exchange.Error
	if !errors.As(err, &wire) || wire.Kind != exchange.KindLimit {
		t.Errorf("error %v", err)
	}
}

func TestTokenCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	g := auth.Grant{Grant: "client_credentials", TokenURL: p.URL, ClientID: "c", ClientSecret: secret}
	if _, err := newTokens(t, auth.Options{}).Token(ctx, g); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	short, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	if _, err := newTokens(t, auth.Options{}).Token(short, g); err != context.DeadlineExceeded {
		t.Errorf("error %v", err)
	}
}
