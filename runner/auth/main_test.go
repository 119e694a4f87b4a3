package auth_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newTokens has a client that is closed with the test.
func newTokens(t testing.TB, o auth.Options) *auth.Tokens {
	t.Helper()
	if o.Client == nil {
		o.Client = exchange.NewClient(exchange.Options{})
		t.Cleanup(o.Client.Close)
	}
	return auth.NewTokens(o)
}

// recorded is a request as the provider got it.
type recorded struct {
	method, path string
	header       http.Header
	query, form  url.Values
}

// provider is a server that keeps what it was sent.
type provider struct {
	*httptest.Server

	mu   sync.Mutex
	sent []recorded
}

func newProvider(t testing.TB, handler http.HandlerFunc) *provider {
	t.Helper()
	p := &provider{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil && !errors.Is(err, http.ErrNotMultipart) {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		p.mu.Lock()
		p.sent = append(p.sent, recorded{r.Method, r.URL.Path, r.Header.Clone(), r.URL.Query(), r.PostForm})
		p.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// requests are those to a path.
func (p *provider) requests(path string) (found []recorded) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.sent {
		if r.path == path {
			found = append(found, r)
		}
	}
	return found
}

// only is the one request to a path.
func (p *provider) only(t testing.TB, path string) recorded {
	t.Helper()
	found := p.requests(path)
	if len(found) != 1 {
		t.Fatalf("%d requests to %s, want 1", len(found), path)
	}
	return found[0]
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

type object = map[string]any

// issues answers each request to /token with what it is given, and all else with 404.
func issues(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			http.NotFound(w, r)
			return
		}
		writeJSON(w, status, body)
	}
}

// taints is a set of the secrets that were made known.
type taints struct {
	mu   sync.Mutex
	seen []string
}

func (s *taints) add(secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, secret)
}

func (s *taints) want(t testing.TB, secrets ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		if !slices.Contains(s.seen, secret) {
			t.Errorf("%q was not tainted", secret)
		}
	}
}

// wantError compares message and hint of a *GrantError; a hint of "*" is any.
func wantError(t testing.TB, err error, message, hint string) {
	t.Helper()
	var e *auth.GrantError
	switch {
	case !errors.As(err, &e):
		t.Errorf("error %v (%T), want a *GrantError", err, err)
	case e.Message != message:
		t.Errorf("message %q\n   want %q", e.Message, message)
	case hint != "*" && e.Hint != hint:
		t.Errorf("hint %q\nwant %q", e.Hint, hint)
	}
	if err != nil && strings.Contains(err.Error(), "s3cret") {
		t.Errorf("a secret in %q", err)
	}
}

// replaceURL puts the address of a server in the place of URL.
func replaceURL(text, address string) string { return strings.ReplaceAll(text, "URL/", address+"/") }

func s256(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// idToken is a JWT of these claims, unsigned in truth; of none it is no JWT.
func idToken(claims string) string {
	if claims == "" {
		return "opaque"
	}
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}
