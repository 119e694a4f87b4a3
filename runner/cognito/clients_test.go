package cognito

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// newLivePool is a pool on the real clock, by which clients judge what they get.
func newLivePool(t *testing.T) (*Server, context.Context) {
	t.Helper()
	s := startServer(t, testConfig())
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return s, context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: transport})
}

// signInAt goes to the address that a client library made and returns the query that jane's browser brings back.
func signInAt(t *testing.T, s *Server, address string) url.Values {
	t.Helper()
	_, query, _ := strings.Cut(address, "?")
	location, err := url.Parse(newBrowser(t, s).signIn(query, "jane", janesPass).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return location.Query()
}

func (s *Server) oauth2Endpoint(style oauth2.AuthStyle) oauth2.Endpoint {
	return oauth2.Endpoint{AuthURL: s.URL + authorizePath, TokenURL: s.URL + tokenPath, AuthStyle: style}
}

func TestOAuth2Client(t *testing.T) {
	t.Parallel()
	for name, style := range map[string]oauth2.AuthStyle{"header": oauth2.AuthStyleInHeader, "form": oauth2.AuthStyleInParams, "either": oauth2.AuthStyleAutoDetect} {
		t.Run("code, PKCE, refresh/"+name, func(t *testing.T) {
			t.Parallel()
			s, ctx := newLivePool(t)
			config := oauth2.Config{ClientID: backEnd, ClientSecret: "secret", Endpoint: s.oauth2Endpoint(style), RedirectURL: "https://www.example.com/", Scopes: []string{"openid", "email"}}
			proof := oauth2.GenerateVerifier()
			back := signInAt(t, s, config.AuthCodeURL("af0ifjsldkj", oauth2.S256ChallengeOption(proof)))
			if back.Get("state") != "af0ifjsldkj" {
				t.Errorf("state %q", back.Get("state"))
			}
			token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(proof))
			if err != nil {
				t.Fatal(err)
			}
			if id, _ := token.Extra("id_token").(string); id == "" || token.TokenType != "Bearer" || token.RefreshToken == "" || time.Until(token.Expiry) > 5*time.Minute {
				t.Errorf("%+v", token)
			}
			token.Expiry = time.Now().Add(-time.Second)
			client := config.Client(ctx, token) // refreshes by itself
			resp, err := client.Get(s.URL + userInfoPath)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				t.Errorf("%s", resp.Status)
			}
			_, err = config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(proof))
			var refused *oauth2.RetrieveError
			if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
				t.Errorf("second exchange: %v", err)
			}
		})
		t.Run("client credentials/"+name, func(t *testing.T) {
			t.Parallel()
			s, ctx := newLivePool(t)
			config := clientcredentials.Config{ClientID: machine, ClientSecret: "machine+secret/=", TokenURL: s.URL + tokenPath, AuthStyle: style, Scopes: []string{"https://api.example.com/read"}}
			token, err := config.Token(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if scope := decode(t, payload(t, token.AccessToken))["scope"]; scope != "https://api.example.com/read" || token.RefreshToken != "" {
				t.Errorf("scope %v, %+v", scope, token)
			}
		})
	}
}

func TestOIDCClient(t *testing.T) {
	t.Parallel()
	s, ctx := newLivePool(t)
	ctx = oidc.ClientContext(ctx, ctx.Value(oauth2.HTTPClient).(*http.Client))
	provider, err := oidc.NewProvider(ctx, s.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: singlePage, Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: []string{oidc.ScopeOpenID, "email"}}
	proof := oauth2.GenerateVerifier()
	back := signInAt(t, s, config.AuthCodeURL("s", oidc.Nonce("n-0S6_WzA2Mj"), oauth2.S256ChallengeOption(proof)))
	token, err := config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(proof))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: singlePage}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		t.Error(err)
	}
	if id.Nonce != "n-0S6_WzA2Mj" || id.Subject != janesSub {
		t.Errorf("%+v", id)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		t.Fatal(err)
	}
	if info.Email != "jane@example.com" || !info.EmailVerified || info.Subject != janesSub {
		t.Errorf("%+v", info)
	}
	// The verifier is no rubber stamp.
	if _, err := provider.Verifier(&oidc.Config{ClientID: backEnd}).Verify(ctx, raw); err == nil {
		t.Error("an ID token for another client was taken")
	}
	later := &oidc.Config{ClientID: singlePage, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }}
	if _, err := provider.Verifier(later).Verify(ctx, raw); err == nil {
		t.Error("an expired ID token was taken")
	}
	if err := s.GlobalSignOut("jane"); err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token)); err == nil || !strings.Contains(err.Error(), "globally signed out") {
		t.Errorf("after the sign-out: %v", err)
	}
}
