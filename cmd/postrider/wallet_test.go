package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

// rotating is a token endpoint whose refresh tokens are good once.
func rotating(t *testing.T) string {
	next := map[string]string{"refresh-1": "2", "refresh-2": "3"}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		n, ok := next[r.FormValue("refresh_token")]
		if r.FormValue("grant_type") == "client_credentials" {
			n, ok = "machine", true
		}
		delete(next, r.FormValue("refresh_token"))
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "access-" + n, "token_type": "Bearer", "expires_in": 3600, "refresh_token": "refresh-" + n})
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestWallet: a run uses what login stored; what it renews takes the place of that, since the old refresh token is good
// for nothing then; what nobody stored is not stored.
func TestWallet(t *testing.T) {
	t.Parallel()
	endpoint := rotating(t)
	p := &program{getenv: getenvOf(map[string]string{"XDG_STATE_HOME": t.TempDir(), "POSTRIDER_KEYRING": "file"})}
	client := exchange.NewClient(exchange.Options{})
	t.Cleanup(client.Close)
	stored := auth.Grant{Grant: auth.AuthorizationCode, AuthorizeURL: endpoint + "/authorize", TokenURL: endpoint, ClientID: "app", RedirectURI: "http://localhost:3000/"}
	machine := auth.Grant{Grant: auth.ClientCredentials, TokenURL: endpoint, ClientID: "machine", ClientSecret: "s"}
	expired := auth.Token{AccessToken: "access-1", Type: "Bearer", RefreshToken: "refresh-1", Expiry: time.Now().Add(-time.Minute)}
	mustPut(t, p.openStore(), []string{"dev"}, stored, expired)

	// A token that can be had anew in a moment is not taken from the store, where it may be out of date.
	mustPut(t, p.openStore(), []string{"dev"}, machine, auth.Token{AccessToken: "access-old", Type: "Bearer"})

	// run is what a run does with a grant; it says which token it got.
	run := func(environment string, g auth.Grant) string {
		w := p.newWallet([]string{environment})
		tokens := auth.NewTokens(auth.Options{Client: client, Fetched: w.keep})
		w.lend(tokens, []runner.DeclaredGrant{{Grant: g}, {Grant: g}})
		token, err := tokens.Token(t.Context(), g)
		if list := w.problems(); len(list) > 0 {
			t.Error(list)
		}
		if err != nil {
			return err.Error()
		}
		return token.AccessToken
	}
	for _, test := range []struct {
		environment string
		grant       auth.Grant
		want        string
	}{
		{"prod", stored, "needs somebody to sign in"}, {"dev", stored, "access-2"}, {"dev", stored, "access-2"}, {"dev", machine, "access-machine"},
	} {
		if got := run(test.environment, test.grant); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, not %s", test.environment, got, test.want)
		}
	}
	if all, err := p.openStore().list(); len(all) != 2 || err != nil {
		t.Errorf("%+v %v", all, err)
	}
}

// TestWalletWarns: a store that cannot be read is no reason not to run.
func TestWalletWarns(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	p := &program{getenv: getenvOf(map[string]string{"XDG_STATE_HOME": home, "POSTRIDER_KEYRING": "file"})}
	mustPut(t, p.openStore(), nil, janesGrant, janesToken)
	w := p.newWallet(nil)
	tokens := auth.NewTokens(auth.Options{})
	w.lend(tokens, []runner.DeclaredGrant{{Grant: janesGrant}})
	write(t, filepath.Join(home, "postrider", "tokens.json"), "broken")
	w.keep(janesGrant, janesToken)
	if list := w.problems(); len(list) != 1 || list.HasErrors() || !strings.Contains(list[0].Message, "cannot be read") {
		t.Error(list)
	}
	w = p.newWallet(nil)
	w.lend(tokens, []runner.DeclaredGrant{{Grant: janesGrant}})
	if list := w.problems(); len(list) != 1 || list.HasErrors() || list[0].Hint == "" {
		t.Error(list)
	}
}
