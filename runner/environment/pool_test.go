package environment

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postrider/postrider/runner/diag"
)

const poolFile = `
[variables]
port = 3000
redirect_uri = "http://localhost:{{port}}/callback"
email = "{{user}}@example.com"
user = "jane"
client_id = "1example"

[secrets]
password = "{{user}}-password"

[cognito]
region = "eu-west-1"

[[cognito.client]]
name = "front end"
id = "{{client_id}}"
flows = ["implicit", "code"]
scopes = ["openid"]
callback_urls = ["http://localhost/a", "{{redirect_uri}}"]
logout_urls = []
access_token_validity = "90s"
id_token_validity = "{{env.LIFETIME}}"
refresh_token_validity = "30d"

[[cognito.client]]
secret = "client-secret"

[[cognito.resource_server]]
identifier = "https://api.example.com"
scopes = ["read"]

[[cognito.user]]
username = "{{user}}"
password = "{{password}}"
attributes = { email = "{{email}}", email_verified = true, level = 7 }
groups = ["editors"]

[[cognito.user]]
username = "joe"
temporary_password = "changeme"
disabled = true
`

func loadPool(t testing.TB, text string, env map[string]string, start func(*Pool) (map[string]any, error)) *Environment {
	t.Helper()
	return mustLoad(t, Options{Names: []string{"pool"}, Dir: folder(t, map[string]string{"environments/pool.toml": text}),
		Getenv: getenv(env), Pool: start, Now: func() time.Time { return noon }})
}

func TestPoolTable(t *testing.T) {
	t.Parallel()
	p, err := loadPool(t, poolFile, map[string]string{"LIFETIME": "1h"}, nil).Pool()
	if err != nil {
		t.Fatal(err)
	}
	want := &Pool{
		Region: "eu-west-1",
		Clients: []PoolClient{
			{Name: "front end", ID: "1example", Flows: []string{"implicit", "code"}, Scopes: []string{"openid"},
				CallbackURLs: []string{"http://localhost/a", "http://localhost:3000/callback"}, LogoutURLs: []string{},
				AccessTokenValidity: 90 * time.Second, IDTokenValidity: time.Hour, RefreshTokenValidity: 720 * time.Hour},
			{Secret: "client-secret"},
		},
		ResourceServers: []PoolResourceServer{{Identifier: "https://api.example.com", Scopes: []string{"read"}}},
		Users: []PoolUser{
			{Username: "jane", Password: "jane-password", Groups: []string{"editors"},
				Attributes: map[string]string{"email": "jane@example.com", "email_verified": "true", "level": "7"}},
			{Username: "joe", TemporaryPassword: "changeme", Disabled: true},
		},
	}
	if diff := cmp.Diff(want, p, cmpopts.IgnoreUnexported(Pool{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, tt := range []struct {
		path []any
		want string
	}{
		{[]any{"client", 0, "callback_urls", 1}, `"{{redirect_uri}}"`},
		{[]any{"client", 0, "callback_urls", 7}, `["http://localhost/a", "{{redirect_uri}}"]`},
		{[]any{"client", 1, "secret"}, `"client-secret"`},
		{[]any{"client", 1, "id"}, `cognito.client`},
		{[]any{"user", 0, "attributes", "email"}, `"{{email}}"`},
		{[]any{"region"}, `"eu-west-1"`},
		{nil, "cognito"},
		{[]any{"nothing"}, "cognito"},
	} {
		if got := p.Span(tt.path...).Text(); got != tt.want {
			t.Errorf("Span(%v) = %q, want %q", tt.path, got, tt.want)
		}
	}
}

func TestPoolTableErrors(t *testing.T) {
	t.Parallel()
	started := false
	e := loadPool(t, "[cognito]\n[[cognito.client]]\nid = \"{{domain}}\"\naccess_token_validity = \"{{env.LIFETIME}}\"\n",
		map[string]string{"LIFETIME": "long"}, func(*Pool) (map[string]any, error) { started = true; return nil, nil })
	_, err := e.Pool()
	var list diag.List
	if !errors.As(err, &list) || len(list) != 2 || list[0].Message != `variable "domain" has no value` || list[0].Span.Text() != "{{domain}}" ||
		list[1].Message != `access_token_validity must be a duration above 0, not "long"` {
		t.Errorf("%v", err)
	}
	_, _, err = NewScopes(e.Layers()...).Lookup("issuer")
	if err == nil || !strings.HasPrefix(err.Error(), `variable "issuer" has no value: the embedded pool is not well described: `) || started {
		t.Errorf("%v, started %t", err, started)
	}
}

func TestPoolStartsOnceWhenNeeded(t *testing.T) {
	t.Parallel()
	var starts atomic.Int32
	token := accessToken(noon.Add(time.Hour))
	e := loadPool(t, poolFile, map[string]string{"LIFETIME": "1h"}, func(p *Pool) (map[string]any, error) {
		starts.Add(1)
		if p.Users[0].Username != "jane" {
			t.Errorf("the pool has %v", p.Users)
		}
		return map[string]any{"domain": "http://127.0.0.1:1", "issuer": "http://127.0.0.1:1/pool", "region": "eu-west-1", "surprise": "x",
			"expired_access_token": "expired-token", "callback_url": "http://localhost/a#id_token=pool-id-token&access_token=" + token + "&expires_in=3600&token_type=Bearer"}, nil
	})
	r := NewRedactor()
	e.Feed(r)
	s := NewScopes(e.Layers()...)
	s.Push(layer(t, RankCollection, "collection", map[string]any{"user_info": "{{domain}}/oauth2/userInfo", "user_pool_id": "widest"}))
	for _, name := range []string{"user", "redirect_uri", "password"} {
		if _, _, err := s.Lookup(name); err != nil {
			t.Error(err)
		}
	}
	if !s.Has("issuer") || !s.Has("access_token") || s.Has("surprise") || !strings.Contains(strings.Join(s.Names(), " "), "jwks_url") {
		t.Error("the pool's names are not known")
	}
	if _, _, err := s.Lookup("nothing"); err == nil || starts.Load() != 0 {
		t.Fatalf("started %d times, %v", starts.Load(), err)
	}
	var wait sync.WaitGroup
	for range 8 {
		fork := s.Fork()
		wait.Go(func() {
			wantValues(t, fork, map[string]any{
				"user_info": "http://127.0.0.1:1/oauth2/userInfo", "region": "eu-west-1", "access_token": token, "id_token": "pool-id-token",
				"token_type": "Bearer", "expires_in": json.Number("3600"), "expires_at": json.Number("1793883600"),
				"expired_access_token": "expired-token", "user_pool_id": "widest",
			})
		})
	}
	wait.Wait()
	if starts.Load() != 1 {
		t.Errorf("started %d times", starts.Load())
	}
	for name, want := range map[string]bool{"domain": false, "access_token": true, "callback_url": true, "token_type": false} {
		if _, origin, _ := s.Lookup(name); origin.Secret != want || origin.Scope != "embedded pool" || !strings.HasSuffix(origin.String(), "pool.toml:12") {
			t.Errorf("%s: secret %t, from %s, %s", name, origin.Secret, origin, origin.Scope)
		}
	}
	late := NewRedactor()
	e.Feed(late)
	for _, r := range []*Redactor{r, late} {
		if got := r.Redact("a pool-id-token expired-token client-secret jane-password"); strings.Count(got, redacted) != 4 {
			t.Error(got)
		}
	}
}

func TestPoolGivesWay(t *testing.T) {
	t.Parallel()
	e := loadPool(t, "callback_url = \"https://x/#access_token=own\"\n[variables]\ndomain = \"own\"\n[cognito]\n", nil,
		func(*Pool) (map[string]any, error) { return nil, errors.New("must not start") })
	s := NewScopes(e.Layers()...)
	wantValues(t, s, map[string]any{"domain": "own", "access_token": "own",
		"issuer": `error: variable "issuer" has no value: the embedded pool did not start: must not start`})
	// A captured token needs no pool.
	e = loadPool(t, "[cognito]\n", nil, func(*Pool) (map[string]any, error) { return nil, errors.New("must not start") })
	s = NewScopes(e.Layers()...)
	if err := s.Set("access_token", "captured", Origin{}); err != nil {
		t.Fatal(err)
	}
	wantValues(t, s, map[string]any{"access_token": "captured"})
	e = loadPool(t, "[cognito]\n", nil, nil)
	wantValues(t, NewScopes(e.Layers()...), map[string]any{"domain": `error: variable "domain" has no value: the embedded pool cannot be started here`})
}

func TestPoolOfLaterEnvironment(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"environments/a.toml": "[cognito]\nregion = \"a\"\n", "environments/b.toml": "extends = \"a\"\n[cognito]\nregion = \"b\"\n",
		"environments/c.toml": "[variables]\ndomain = \"c\"\n"})
	for names, want := range map[string]string{"a": "a", "b": "b", "a b": "b", "b a": "a", "a c": "a"} {
		e := mustLoad(t, Options{Names: strings.Fields(names), Dir: dir})
		if p, err := e.Pool(); err != nil || p.Region != want {
			t.Errorf("%s: %v, %v", names, p, err)
		}
	}
}
