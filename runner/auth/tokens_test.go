package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
)

// clock is a clock that tests set.
type clock struct{ nanoseconds atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.nanoseconds.Load())) }
func (c *clock) advance(d time.Duration) { c.nanoseconds.Add(int64(d)) }

// counting answers with access-1, access-2, …; of refresh tokens it knows those in good.
func counting(t testing.TB, lifetime int, refreshToken string, good ...string) *provider {
	var n atomic.Int64
	return newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if r.PostForm.Get("grant_type") == "refresh_token" {
			known := false
			for _, token := range good {
				known = known || token == r.PostForm.Get("refresh_token")
			}
			if !known {
				writeJSON(w, 400, object{"error": "invalid_grant"})
				return
			}
		}
		body := object{"access_token": fmt.Sprintf("access-%d", n.Add(1)), "expires_in": lifetime}
		if refreshToken != "" {
			body["refresh_token"] = refreshToken
		}
		writeJSON(w, 200, body)
	})
}

func (p *provider) grantTypes() (types []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.sent {
		types = append(types, r.form.Get("grant_type"))
	}
	return types
}

func credentials(p *provider) auth.Grant {
	return auth.Grant{Grant: "client_credentials", TokenURL: p.URL + "/token", ClientID: "c", ClientSecret: secret}
}

// askers asks n times at once.
func askers(t testing.TB, tokens *auth.Tokens, g auth.Grant, n int) (found []auth.Token, errs []error) {
	t.Helper()
	found, errs = make([]auth.Token, n), make([]error, n)
	start := make(chan struct{})
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			<-start
			found[i], errs[i] = tokens.Token(t.Context(), g)
		})
	}
	close(start)
	wait.Wait()
	return found, errs
}

func TestOneFetchForAll(t *testing.T) {
	t.Parallel()
	p := counting(t, 3600, "")
	tokens := newTokens(t, auth.Options{Now: atNoon})
	for range 2 {
		found, errs := askers(t, tokens, credentials(p), 200)
		for i := range found {
			if errs[i] != nil || found[i].AccessToken != "access-1" {
				t.Fatalf("%+v, %v", found[i], errs[i])
			}
		}
	}
	p.only(t, "/token")
	other := credentials(p)
	other.Scope = "another"
	if token, err := tokens.Token(t.Context(), other); err != nil || token.AccessToken != "access-2" {
		t.Errorf("another grant: %+v, %v", token, err)
	}
}

func TestRenewedOnceBeforeItExpires(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lifetime    int
		still, past time.Duration // after which it is kept, and renewed
	}{
		"hour":    {3600, time.Hour - 31*time.Second, time.Hour - 29*time.Second},
		"minute":  {60, 53 * time.Second, 55 * time.Second},
		"instant": {1, 800 * time.Millisecond, 950 * time.Millisecond},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c clock
			p := counting(t, test.lifetime, "")
			tokens := newTokens(t, auth.Options{Now: c.now})
			askers(t, tokens, credentials(p), 1)
			c.advance(test.still)
			found, errs := askers(t, tokens, credentials(p), 1)
			if errs[0] != nil || found[0].AccessToken != "access-1" {
				t.Fatalf("renewed too early: %+v, %v", found[0], errs[0])
			}
			c.advance(test.past - test.still)
			found, errs = askers(t, tokens, credentials(p), 100)
			for i := range found {
				if errs[i] != nil || found[i].AccessToken != "access-2" {
					t.Fatalf("%+v, %v", found[i], errs[i])
				}
			}
			if sent := p.requests("/token"); len(sent) != 2 {
				t.Errorf("%d requests, want 2", len(sent))
			}
		})
	}
}

func TestNoExpiryIsKept(t *testing.T) {
	t.Parallel()
	var c clock
	p := counting(t, 0, "")
	tokens := newTokens(t, auth.Options{Now: c.now})
	askers(t, tokens, credentials(p), 1)
	c.advance(1000 * time.Hour)
	if found, _ := askers(t, tokens, credentials(p), 1); found[0].AccessToken != "access-1" {
		t.Errorf("%+v", found[0])
	}
}

// A refresh token renews; one that is refused makes us start over; one that comes anew takes the place of the old.
func TestRefresh(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gives string
		good  []string
		types []string
		last  string
	}{
		"kept":    {"", []string{"seed"}, []string{"refresh_token", "refresh_token"}, "seed"},
		"rotated": {"next", []string{"seed", "next"}, []string{"refresh_token", "refresh_token"}, "next"},
		"refused": {"", nil, []string{"refresh_token", "client_credentials", "client_credentials"}, ""},
		"rotated, then refused": {"next", []string{"seed"},
			[]string{"refresh_token", "refresh_token", "client_credentials"}, "next"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c clock
			var stored []auth.Token
			p := counting(t, 60, test.gives, test.good...)
			g := credentials(p)
			g.Scope = "asked"
			tokens := newTokens(t, auth.Options{Now: c.now, Fetched: func(_ auth.Grant, token auth.Token) { stored = append(stored, token) }})
			tokens.Seed(g, auth.Token{AccessToken: "access-0", IDToken: "id-0", RefreshToken: "seed", Scope: "granted", Expiry: noon.Add(time.Minute)})
			if token, err := tokens.Token(t.Context(), g); err != nil || token.AccessToken != "access-0" || token.Type != "Bearer" {
				t.Fatalf("seed: %+v, %v", token, err)
			}
			for range 2 {
				c.advance(time.Minute)
				if _, err := tokens.Token(t.Context(), g); err != nil {
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(test.types, p.grantTypes()); d != "" {
				t.Error(d)
			}
			token, err := tokens.Token(t.Context(), g)
			if err != nil || token.AccessToken != "access-2" || token.RefreshToken != test.last {
				t.Errorf("%+v, %v", token, err)
			}
			if test.types[len(test.types)-1] == "refresh_token" && (token.IDToken != "id-0" || token.Scope != "granted") {
				t.Errorf("what need not come again is gone: %+v", token)
			}
			if len(stored) != 2 || stored[1] != token {
				t.Errorf("told to store %+v", stored)
			}
			for _, sent := range p.requests("/token") {
				if sent.form.Get("grant_type") == "refresh_token" && sent.form.Has("scope") {
					t.Error("a renewal asks for the scope that there is, by not naming one")
				}
			}
		})
	}
}

// Of a grant refresh_token there is nothing to start over with but the refresh token that was given.
func TestRefreshGrant(t *testing.T) {
	t.Parallel()
	var c clock
	p := counting(t, 60, "next", "first")
	g := auth.Grant{Grant: "refresh_token", TokenURL: p.URL + "/token", ClientID: "c", RefreshToken: "first"}
	tokens := newTokens(t, auth.Options{Now: c.now})
	if token, err := tokens.Token(t.Context(), g); err != nil || token.RefreshToken != "next" {
		t.Fatalf("%+v, %v", token, err)
	}
	c.advance(time.Minute)
	if token, err := tokens.Token(t.Context(), g); err != nil || token.AccessToken != "access-2" {
		t.Fatalf("%+v, %v", token, err)
	}
	if sent := p.requests("/token"); len(sent) != 3 || sent[1].form.Get("refresh_token") != "next" || sent[2].form.Get("refresh_token") != "first" {
		t.Errorf("%v", sent)
	}
	g.RefreshToken = "revoked"
	_, err := tokens.Token(t.Context(), g)
	wantError(t, err, "the token endpoint answered 400 invalid_grant", "the refresh token has expired, was revoked, or is another client's")
}

// All who wait are told of a refusal; it is not asked for again at once, but later.
func TestRefusalIsKeptForAWhile(t *testing.T) {
	t.Parallel()
	var c clock
	var status atomic.Int64
	status.Store(400)
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, int(status.Load()), map[bool]object{true: answer(), false: {"error": "invalid_client"}}[status.Load() == 200])
	})
	tokens := newTokens(t, auth.Options{Now: c.now})
	_, errs := askers(t, tokens, credentials(p), 200)
	for _, err := range errs {
		if err == nil || err != errs[0] {
			t.Fatalf("error %v, want %v", err, errs[0])
		}
	}
	status.Store(200)
	c.advance(9 * time.Second)
	if _, errs := askers(t, tokens, credentials(p), 1); errs[0] == nil {
		t.Error("asked again after 9 s")
	}
	p.only(t, "/token")
	c.advance(2 * time.Second)
	if found, errs := askers(t, tokens, credentials(p), 1); errs[0] != nil || found[0].AccessToken != "access-1" {
		t.Errorf("after 11 s: %+v, %v", found[0], errs[0])
	}
	if sent := p.requests("/token"); len(sent) != 2 {
		t.Errorf("%d requests", len(sent))
	}
}

// What may pass is not kept, and does not cost the refresh token.
func TestFailureIsNotKept(t *testing.T) {
	t.Parallel()
	var status atomic.Int64
	status.Store(503)
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, int(status.Load()), answer()) })
	tokens := newTokens(t, auth.Options{Now: atNoon})
	g := credentials(p)
	tokens.Seed(g, auth.Token{AccessToken: "access-0", RefreshToken: "refresh-0", Expiry: noon})
	_, err := tokens.Token(t.Context(), g)
	wantError(t, err, "the token endpoint answered 503 Service Unavailable", "")
	status.Store(200)
	if token, err := tokens.Token(t.Context(), g); err != nil || token.AccessToken != "access-1" {
		t.Errorf("%+v, %v", token, err)
	}
	if d := cmp.Diff([]string{"refresh_token", "refresh_token"}, p.grantTypes()); d != "" {
		t.Error(d)
	}
}

// Who fetches for all may lose patience; the others must not pay for it.
func TestLeaderCanceled(t *testing.T) {
	t.Parallel()
	asked, canceled := make(chan struct{}), make(chan struct{})
	var n atomic.Int64
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			close(asked)
			<-r.Context().Done()
			return
		}
		writeJSON(w, 200, answer())
	})
	tokens := newTokens(t, auth.Options{Now: atNoon})
	g := credentials(p)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(canceled)
		if _, err := tokens.Token(ctx, g); err != context.Canceled {
			t.Errorf("who was canceled: %v", err)
		}
	})
	<-asked
	for range 50 {
		wait.Go(func() {
			if token, err := tokens.Token(t.Context(), g); err != nil || token.AccessToken != "access-1" {
				t.Errorf("who waited: %+v, %v", token, err)
			}
		})
	}
	impatient, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := tokens.Token(impatient, g); err != context.DeadlineExceeded {
		t.Errorf("who waited in vain: %v", err)
	}
	cancel()
	wait.Wait()
	<-canceled
	if n.Load() != 2 {
		t.Errorf("%d requests, want 2", n.Load())
	}
}

// A panic of a callback is the caller's affair; nobody else hangs for it.
func TestLeaderPanics(t *testing.T) {
	t.Parallel()
	p := counting(t, 3600, "")
	first := true
	tokens := newTokens(t, auth.Options{Now: atNoon, Fetched: func(auth.Grant, auth.Token) {
		if first {
			first = false
			panic("disk full")
		}
	}})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = tokens.Token(t.Context(), credentials(p))
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if token, err := tokens.Token(ctx, credentials(p)); err != nil || token.AccessToken != "access-2" {
		t.Errorf("%+v, %v", token, err)
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	var tainted taints
	p := counting(t, 3600, "")
	tokens := newTokens(t, auth.Options{Now: atNoon, Taint: tainted.add})
	want := auth.Token{AccessToken: "a", Type: "Bearer", IDToken: "i", RefreshToken: "r"}
	tokens.Seed(credentials(p), auth.Token{AccessToken: "a", IDToken: "i", RefreshToken: "r"})
	if token, err := tokens.Token(t.Context(), credentials(p)); err != nil || token != want {
		t.Errorf("%+v, %v", token, err)
	}
	tainted.want(t, "a", "i", "r")
	if len(p.requests("/token")) > 0 {
		t.Error("the provider was asked")
	}
	other := credentials(p)
	other.Scope = "x"
	tokens.Seed(other, auth.Token{AccessToken: "a", Expiry: noon.Add(-time.Hour)})
	if token, err := tokens.Token(t.Context(), other); err != nil || token.AccessToken != "access-1" {
		t.Errorf("expired seed: %+v, %v", token, err)
	}
}
