package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
)

func decode(t testing.TB, raw string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	p := newBrowser(t, s).get(s.Issuer() + "/.well-known/openid-configuration")
	want := strings.ReplaceAll(`{"authorization_endpoint":"URL/oauth2/authorize",`+
		`"id_token_signing_alg_values_supported":["RS256"],"issuer":"URL/us-east-1_Postrider",`+
		`"jwks_uri":"URL/us-east-1_Postrider/.well-known/jwks.json","response_types_supported":["code","token"],`+
		`"scopes_supported":["openid","email","phone","profile"],"subject_types_supported":["public"],`+
		`"token_endpoint":"URL/oauth2/token","token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"],`+
		`"userinfo_endpoint":"URL/oauth2/userInfo"}`, "URL", s.URL)
	if diff := cmp.Diff(want, p.body); diff != "" || p.StatusCode != 200 || p.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %s", p.StatusCode, p.Header.Get("Content-Type"), diff)
	}
}

func TestKeySet(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	p := newBrowser(t, s).get(s.JWKSURL())
	key := `\{"alg":"RS256","e":"AQAB","kid":"([A-Za-z0-9+/]{43}=)","kty":"RSA","n":"([\w-]{342})","use":"sig"\}`
	m := regexp.MustCompile(`^\{"keys":\[` + key + `,` + key + `\]\}$`).FindStringSubmatch(p.body)
	if m == nil || p.StatusCode != 200 || p.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s", p.StatusCode, p.body)
	}
	if m[1] != s.keys.id.kid || m[3] != s.keys.access.kid || m[1] == m[3] || m[2] == m[4] {
		t.Errorf("keys %v", m[1:])
	}
}

// The tokens of a sign-in verify against the key set as served, each with the key of its kind, and read as the
// captured ones of 2020 do.
func TestIssuedTokens(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	b := newBrowser(t, s)
	location := b.signIn(implicitQuery+"&nonce=n-0S6_WzA2Mj&scope=profile+openid+email", "jane", janesPass).Header.Get("Location")
	values := fragment(t, location)
	id, access := values.Get("id_token"), values.Get("access_token")

	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(b.get(s.JWKSURL()).body), &set); err != nil {
		t.Fatal(err)
	}
	for i, token := range []string{id, access} {
		parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
		if err != nil {
			t.Fatal(err)
		}
		keys := set.Key(parsed.Headers[0].KeyID)
		if len(keys) != 1 || keys[0].KeyID != set.Keys[i].KeyID {
			t.Fatalf("token %d: keys %v", i, keys)
		}
		var claims jwt.Claims
		if err := parsed.Claims(keys[0].Key, &claims); err != nil {
			t.Fatal(err)
		}
		if err := claims.Validate(jwt.Expected{Issuer: s.Issuer(), Subject: janesSub, Time: c.Now()}); err != nil {
			t.Error(err)
		}
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
		if want := `{"kid":"` + keys[0].KeyID + `","alg":"RS256"}`; err != nil || string(raw) != want {
			t.Errorf("header %s, want %s", raw, want)
		}
	}

	shape := func(token string) string {
		out := strings.ReplaceAll(payload(t, token), s.URL, "URL")
		return uuidPattern.ReplaceAllString(strings.ReplaceAll(out, janesSub, "SUB"), "<uuid>")
	}
	wantAccess := `{"sub":"SUB","cognito:groups":["editors"],"event_id":"<uuid>","token_use":"access","scope":"openid profile email",` +
		`"auth_time":1588672800,"iss":"URL/us-east-1_Postrider","exp":1588676400,"iat":1588672800,"version":2,"jti":"<uuid>",` +
		`"client_id":"1example23456789","username":"jane"}`
	if diff := cmp.Diff(wantAccess, shape(access)); diff != "" {
		t.Error(diff)
	}
	sum := sha256.Sum256([]byte(access))
	wantID := `{"at_hash":"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `","sub":"SUB","cognito:groups":["editors"],` +
		`"aud":"1example23456789","email_verified":true,"event_id":"<uuid>","token_use":"id","auth_time":1588672800,` +
		`"iss":"URL/us-east-1_Postrider","cognito:username":"jane","nonce":"n-0S6_WzA2Mj","exp":1588676400,"iat":1588672800,` +
		`"custom:tenant":"acme","name":"Jane <Doe> & Co","email":"jane@example.com"}`
	if diff := cmp.Diff(wantID, shape(id)); diff != "" {
		t.Error(diff)
	}
	if decode(t, payload(t, id))["event_id"] != decode(t, payload(t, access))["event_id"] {
		t.Error("the tokens of one sign-in differ in event_id")
	}
}

func TestIDTokenWithoutExtras(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	got := regexp.MustCompile(`"([\w:]+)":`).FindAllStringSubmatch(payload(t, tokensFor(t, s, frontEnd, "new", "openid").id), -1)
	var names []string
	for _, m := range got {
		names = append(names, m[1])
	}
	want := "at_hash sub aud event_id token_use auth_time iss cognito:username exp iat"
	if strings.Join(names, " ") != want {
		t.Errorf("claims %v, want %s", names, want)
	}
}

func TestScopesOfTokens(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	tests := []struct {
		client, scope, want string
		id                  bool
	}{
		{frontEnd, "&scope=email+openid+profile", "openid profile email", true},
		{"3phone", "&scope=email+openid+phone", "phone openid email", true},
		{frontEnd, "", "aws.cognito.signin.user.admin openid profile email https://api.example.com/read", true},
		{frontEnd, "&scope=openid+openid", "openid", true},
		{frontEnd, "&scope=https://api.example.com/read+aws.cognito.signin.user.admin", "aws.cognito.signin.user.admin https://api.example.com/read", false},
		{"4plain", "", "https://api.example.com/read", false},
	}
	for _, tt := range tests {
		t.Run(tt.client+tt.scope, func(t *testing.T) {
			t.Parallel()
			p := newBrowser(t, s).signIn("response_type=token&client_id="+tt.client+"&redirect_uri="+callback+tt.scope, "jane", janesPass)
			location := p.Header.Get("Location")
			values := fragment(t, location)
			if scope := decode(t, payload(t, values.Get("access_token")))["scope"]; scope != tt.want {
				t.Errorf("scope %q, want %q", scope, tt.want)
			}
			want := callback + "#access_token=<jwt>&expires_in=3600&token_type=Bearer"
			if tt.id {
				want = callback + "#id_token=<jwt>&access_token=<jwt>&expires_in=3600&token_type=Bearer"
			}
			if got := tokenPattern.ReplaceAllString(location, "<jwt>"); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestValidityPerClient(t *testing.T) {
	t.Parallel()
	config := testConfig()
	config.Now = newClock().Now
	config.Clients[0].AccessTokenValidity, config.Clients[0].IDTokenValidity = 10*time.Minute, 24*time.Hour
	s := startServer(t, config)
	got, err := s.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	values := fragment(t, got)
	lifetime := func(name string) float64 {
		claims := decode(t, payload(t, values.Get(name)))
		return claims["exp"].(float64) - claims["iat"].(float64)
	}
	if values.Get("expires_in") != "600" || lifetime("access_token") != 600 || lifetime("id_token") != 86400 {
		t.Errorf("expires_in %s, access %v s, id %v s", values.Get("expires_in"), lifetime("access_token"), lifetime("id_token"))
	}
}

func TestCallbackURL(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	got, err := s.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	if shape := tokenPattern.ReplaceAllString(got, "<jwt>"); shape != callback+"#id_token=<jwt>&access_token=<jwt>&expires_in=3600&token_type=Bearer" {
		t.Error(shape)
	}
	token := fragment(t, got).Get("access_token")
	if status, body := userInfo(t, s, "Bearer "+token); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if scope := decode(t, payload(t, token))["scope"]; scope != "aws.cognito.signin.user.admin openid profile email https://api.example.com/read" {
		t.Errorf("scope %v", scope)
	}
}

func TestTokensWithoutBrowserFail(t *testing.T) {
	t.Parallel()
	implicit := Client{ID: "a", Flows: []string{FlowImplicit}, CallbackURLs: []string{callback}}
	tests := []struct {
		name              string
		config            Config
		callback, expired string
	}{
		{"empty", Config{}, "make a callback URL: no client of the user pool has the implicit flow", "make an expired access token: no client of the user pool signs users in"},
		{"no users", Config{Clients: []Client{implicit}}, "make a callback URL: the user pool has no users", "make an expired access token: the user pool has no users"},
		{"disabled", Config{Clients: []Client{implicit}, Users: []User{{Username: "x", Password: "p", Disabled: true}}}, "make a callback URL: user x is disabled", "make an expired access token: user x is disabled"},
		{"no callback", Config{Clients: []Client{{ID: "a", Flows: []string{FlowImplicit}}}, Users: []User{{Username: "x", Password: "p"}}}, "make a callback URL: client a has no callback URL", ""},
		{"code only", Config{Clients: []Client{{ID: "a", Flows: []string{FlowCode}}}, Users: []User{{Username: "x", TemporaryPassword: "p"}}}, "make a callback URL: no client of the user pool has the implicit flow", ""},
	}
	text := func(err error) string {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	for _, tt := range tests {
		s := startServer(t, tt.config)
		if _, err := s.CallbackURL(); text(err) != tt.callback {
			t.Errorf("%s: CallbackURL: %v, want %q", tt.name, err, tt.callback)
		}
		if _, err := s.ExpiredAccessToken(); text(err) != tt.expired {
			t.Errorf("%s: ExpiredAccessToken: %v, want %q", tt.name, err, tt.expired)
		}
	}
}

func TestSignInURL(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	tests := map[string]string{
		"3phone": s.URL + "/login?client_id=3phone&response_type=token&scope=phone+openid+email&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback",
		backEnd:  s.URL + "/login?client_id=" + backEnd + "&response_type=code&scope=aws.cognito.signin.user.admin+phone+openid+profile+email&redirect_uri=https%3A%2F%2Fwww.example.com%2F",
		"nobody": "",
	}
	for id, want := range tests {
		got := s.SignInURL(id)
		if got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
		if got != "" {
			if p := newBrowser(t, s).get(got); p.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", id, p.StatusCode)
			}
		}
	}
}
