package runner_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// tokenServer gives a token for client_credentials, a new one for each request, and counts.
func tokenServer(t *testing.T, expiresIn int) (url string, asked *atomic.Int64) {
	asked = &atomic.Int64{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if id, secret, _ := r.BasicAuth(); id != "c" || secret != "opensesame" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "opaque-token-" + strings.Repeat("x", int(n)), "token_type": "Bearer", "expires_in": expiresIn})
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

const grantOf = `auth.oauth2 = { grant = "client_credentials", token_url = "{{tokens}}", client_id = "c", client_secret = "{{secret}}" }` + "\n"

func TestOAuth2(t *testing.T) {
	t.Parallel()
	tokens, asked := tokenServer(t, 3600)
	e := newEcho(t)
	rec := run(t, e, grantOf+`
[[request]]
name = "a"
url = "{{host}}/a"
assert.variable.access_token = { starts_with = "opaque-token-" }
[[request]]
name = "b"
url = "{{host}}/b"
rejects = { missing = 200 }
`, runner.Options{Variables: map[string]string{"tokens": tokens, "secret": "opensesame"}})
	if rec.result.Verdict != runner.Passed {
		t.Fatal(rec.said())
	}
	want := []string{"GET /a Bearer opaque-token-x", "GET /b Bearer opaque-token-x", "GET /b "}
	if d := cmp.Diff(want, e.requests()); d != "" || asked.Load() != 1 {
		t.Error(d, asked.Load())
	}
}

// TestOAuth2WithoutToken: declared auth that yields no credential is an error, never an anonymous request.
func TestOAuth2WithoutToken(t *testing.T) {
	t.Parallel()
	tokens, _ := tokenServer(t, 3600)
	e := newEcho(t)
	rec := run(t, e, grantOf+"[[request]]\nurl = '{{host}}/a'\n", runner.Options{Variables: map[string]string{"tokens": tokens, "secret": "wrong-secret-9"}})
	if q := rec.requests[0]; q.Verdict != runner.Errored || q.Error.Kind != runner.AuthError || len(e.requests()) > 0 {
		t.Errorf("%s, %d sent", q.Verdict, len(e.requests()))
	}
	if said := rec.said(); !strings.Contains(said, "invalid_client") || strings.Contains(said, "wrong-secret-9") {
		t.Error(said)
	}
}

// TestOneTokenForAll: two hundred runs at once, of two collections, make one token request.
func TestOneTokenForAll(t *testing.T) {
	t.Parallel()
	url, asked := tokenServer(t, 3600)
	e := newEcho(t)
	client := exchange.NewClient(exchange.Options{})
	t.Cleanup(client.Close)
	redactor := environment.NewRedactor()
	shared := auth.NewTokens(auth.Options{Client: client, Taint: redactor.Add})
	var wait sync.WaitGroup
	for range 2 {
		c, _ := collection.Parse("test.toml", grantOf+"[[request]]\nurl = '"+e.URL+"/a'\n")
		r, list := runner.New(c, runner.Options{Client: client, Tokens: shared, Redactor: redactor,
			Variables: map[string]string{"tokens": url, "secret": "opensesame"}})
		if list.HasErrors() {
			t.Fatal(list)
		}
		for range 100 {
			wait.Go(func() {
				rec := &recorder{}
				if r.Run(t.Context(), rec); rec.result.Verdict != runner.Passed {
					t.Error(rec.said())
				}
			})
		}
	}
	wait.Wait()
	if asked.Load() != 1 || len(e.requests()) != 200 {
		t.Errorf("%d token requests for %d requests", asked.Load(), len(e.requests()))
	}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	c, _ := collection.Parse("test.toml", grantOf+`
[[request]]
url = "http://127.0.0.1/a"
[[request]]
url = "http://127.0.0.1/b"
[[request]]
url = "http://127.0.0.1/c"
auth.oauth2 = { grant = "implicit", authorize_url = "{{tokens}}", client_id = "{{id}}", redirect_uri = "http://localhost/cb" }
[[request.case]]
variables.id = "d"
[[request.case]]
variables.id = "{{nope}}"
`)
	r, list := runner.New(c, runner.Options{Variables: map[string]string{"tokens": "http://127.0.0.1/t", "secret": "s"}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	grants, list := r.Grants()
	if len(grants) != 2 || grants[0].Grant.ClientSecret != "s" || grants[1].Grant.ClientID != "d" || len(list) != 1 || !strings.Contains(list[0].Message, `"nope"`) {
		t.Errorf("%+v, %v", grants, list)
	}
}

// TestSignature verifies tokens against a key set: right, wrong, and out of reach.
func TestSignature(t *testing.T) {
	t.Parallel()
	pool, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{{ID: "1", Flows: []string{"implicit"}, CallbackURLs: []string{"http://localhost/cb"}}},
		Users:   []cognito.User{{Username: "jane", Password: "Horse-9-Battery", Attributes: map[string]string{"email": "jane@example.com"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	callback, err := pool.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	const request = "[[request]]\nurl = '{{host}}/'\nassert.jwt."
	for _, c := range []struct {
		toml    string
		verdict runner.Verdict
		said    string
	}{
		{`access_token = { "claims.username" = "jane", "header.alg" = "RS256", expires_in = { gt = 3000, lte = 3600 }, signature = { jwks = "{{jwks}}" } }`, runner.Passed, ""},
		{`id_token = { "claims.email" = "joe@example.com" }`, runner.Failed, `jwt id_token "claims.email"`},
		{`spoiled.signature = { jwks = "{{jwks}}" }`, runner.Failed, "signature"},
		{`spoiled."claims.sub" = { exists = true }`, runner.Passed, ""},
		{`access_token.signature = { jwks = "http://127.0.0.1:1/keys" }`, runner.Errored, "cannot be read: connection refused"},
		{`access_token.signature = { jwks = "{{host}}/status/404" }`, runner.Errored, "answered 404"},
		{`token_type."claims.sub" = "x"`, runner.Failed, "no JWT"},
		{`nothing."claims.sub" = { exists = false }`, runner.Failed, "has no value"},
		{`nothing.signature = { jwks = "{{jwks}}" }`, runner.Failed, "signature"},
	} {
		parsed, err := environment.ParseCallback(callback)
		if err != nil {
			t.Fatal(err)
		}
		rec := run(t, newEcho(t), "[variables]\nspoiled = '{{access_token | tampered}}'\n"+request+c.toml+"\n",
			runner.Options{Callback: parsed, Variables: map[string]string{"jwks": pool.JWKSURL()}})
		if rec.result.Verdict != c.verdict || !strings.Contains(rec.said(), c.said) || strings.Contains(rec.said(), "eyJ") {
			t.Errorf("%s: %s\n%s", c.toml, rec.result.Verdict, rec.said())
		}
	}
}
