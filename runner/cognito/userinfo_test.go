package cognito

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

const userInfoHeaders = `Access-Control-Allow-Origin: *
Cache-Control: no-cache, no-store, max-age=0, must-revalidate
Content-Length: %
Content-Type: application/json;charset=UTF-8
Expires: 0
Pragma: no-cache
Server: Server
Strict-Transport-Security: max-age=31536000 ; includeSubDomains
`

const userInfoTail = `X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-XSS-Protection: 1; mode=block
x-amz-cognito-request-id: <uuid>
Date: …
Connection: close

`

func TestUserInfoWire(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	openid := tokensFor(t, s, frontEnd, "jane", "openid", "email").access
	plain := tokensFor(t, s, frontEnd, "jane", "https://api.example.com/read").access
	tests := []struct{ name, header, want string }{
		{"openid email", "Authorization: Bearer " + openid,
			"HTTP/1.1 200 OK\n" + strings.Replace(userInfoHeaders, "%", "115", 1) + userInfoTail +
				`{"sub":"<uuid>","email_verified":"true","email":"jane@example.com","username":"jane"}`},
		{"no header", "Accept: */*",
			"HTTP/1.1 400 Bad Request\n" + strings.Replace(userInfoHeaders, "%", "89", 1) +
				`WWW-Authenticate: error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"` + "\n" + userInfoTail +
				`{"error":"invalid_request","error_description":"Bad OAuth2 request at UserInfo Endpoint"}`},
		{"garbage", "Authorization: Bearer garbage",
			"HTTP/1.1 401 Unauthorized\n" + strings.Replace(userInfoHeaders, "%", "131", 1) +
				`WWW-Authenticate: error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out."` + "\n" + userInfoTail +
				`{"error":"invalid_token","error_description":"Access token is expired, disabled, or deleted, or the user has globally signed out."}`},
		{"without openid", "Authorization: Bearer " + plain,
			"HTTP/1.1 401 Unauthorized\n" + strings.Replace(userInfoHeaders, "%", "90", 1) +
				`WWW-Authenticate: error="invalid_token", error_description="Access token does not contain openid scope"` + "\n" + userInfoTail +
				`{"error":"invalid_token","error_description":"Access token does not contain openid scope"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, wire(t, s, "GET /oauth2/userInfo HTTP/1.1\n"+tt.header)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUserInfoAttributes(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const sub = `{"sub":"` + janesSub + `"`
	tests := []struct {
		scopes []string
		want   string
	}{
		{[]string{"openid"}, sub + `,"email_verified":"true","custom:tenant":"acme","phone_number_verified":"false","phone_number":"+12065551212","address":"1 Main St","name":"Jane <Doe> & Co","email":"jane@example.com","username":"jane"}`},
		{[]string{"openid", "aws.cognito.signin.user.admin", "https://api.example.com/read"}, sub + `,"email_verified":"true","custom:tenant":"acme","phone_number_verified":"false","phone_number":"+12065551212","address":"1 Main St","name":"Jane <Doe> & Co","email":"jane@example.com","username":"jane"}`},
		{[]string{"openid", "profile"}, sub + `,"custom:tenant":"acme","name":"Jane <Doe> & Co","username":"jane"}`},
		{[]string{"openid", "email"}, sub + `,"email_verified":"true","email":"jane@example.com","username":"jane"}`},
		{[]string{"openid", "phone"}, sub + `,"phone_number_verified":"false","phone_number":"+12065551212","username":"jane"}`},
		{[]string{"openid", "phone", "email", "aws.cognito.signin.user.admin"}, sub + `,"email_verified":"true","phone_number_verified":"false","phone_number":"+12065551212","email":"jane@example.com","username":"jane"}`},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.scopes, " "), func(t *testing.T) {
			t.Parallel()
			status, body := userInfo(t, s, "Bearer "+tokensFor(t, s, frontEnd, "jane", tt.scopes...).access)
			if status != http.StatusOK || body != tt.want {
				t.Errorf("%d %s", status, cmp.Diff(tt.want, body))
			}
		})
	}
	// A user without any attribute.
	status, body := userInfo(t, s, "Bearer "+tokensFor(t, s, frontEnd, "new", "openid").access)
	if want := `{"sub":"` + s.store.accounts["new"].user.sub + `","username":"new"}`; status != http.StatusOK || body != want {
		t.Errorf("%d %s, want %s", status, body, want)
	}
}

func userInfo(t testing.TB, s *Server, authorization string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.URL+userInfoPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", authorization)
	p := newBrowser(t, s).do(r, nil)
	return p.StatusCode, p.body
}

func TestUserInfoRequests(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	token := tokensFor(t, s, frontEnd, "jane", "openid").access
	tests := []struct {
		name, request string
		want          string
	}{
		{"no scheme", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: " + token, "400"},
		{"Basic", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Basic amFuZTpwdw==", "400"},
		{"scheme alone", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Bearer", "400"},
		{"scheme and space", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Bearer ", "400"},
		{"empty", "GET /oauth2/userInfo HTTP/1.1\nAuthorization:", "400"},
		{"two words", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Bearer a b", "400"},
		{"two headers", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Bearer " + token + "\nAuthorization: Bearer " + token, "400"},
		{"in the query", "GET /oauth2/userInfo?access_token=" + token + " HTTP/1.1", "400"},
		{"scheme in lower case", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: bearer " + token, "200"},
		{"path in lower case", "GET /oauth2/userinfo HTTP/1.1\nAuthorization: Bearer " + token, "404"},
		{"path with a slash", "GET /oauth2/userInfo/ HTTP/1.1\nAuthorization: Bearer " + token, "404"},
		{"POST", "POST /oauth2/userInfo HTTP/1.1\nAuthorization: Bearer " + token, "405"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := wire(t, s, tt.request)
			if !strings.HasPrefix(got, "HTTP/1.1 "+tt.want+" ") {
				t.Errorf("want %s, got %s", tt.want, got)
			}
			if has := strings.Contains(got, `error="invalid_request", error_description="Bad OAuth2 request at UserInfo Endpoint"`); has != (tt.want == "400") {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestUserInfoTokens(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	good := tokensFor(t, s, frontEnd, "jane", "openid", "email")
	parts := strings.Split(good.access, ".")
	header := base64.RawURLEncoding.EncodeToString
	kid := s.keys.access.kid
	expired, err := s.ExpiredAccessToken()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := newSigningKey()
	if err != nil {
		t.Fatal(err)
	}
	claims := func(change map[string]any) object {
		o := s.accessClaims(grant{client: s.store.clients[frontEnd], user: s.store.accounts["jane"].user, scopes: []string{"openid"}, authTime: c.Now()}, "event", c.Now())
		for i, m := range o {
			if v, ok := change[m.name]; ok {
				o[i].value = v
			}
		}
		return o
	}
	signed := func(key *signingKey, o object) string {
		token, err := key.sign(o)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	resigned := func(k signingKey, kid string) string {
		k.kid = kid
		return signed(&k, claims(nil))
	}
	hs256 := func() string {
		// The public key taken for an HMAC secret, which works where a verifier believes the header's alg.
		der, err := s.keys.access.public.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: der}, (&jose.SignerOptions{}).WithHeader("kid", kid))
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(payload(t, good.access)))
		if err != nil {
			t.Fatal(err)
		}
		out, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	last := parts[2][len(parts[2])-1:]
	const old, scope = "Access token is expired, disabled, or deleted, or the user has globally signed out.", "Access token does not contain openid scope"
	tests := []struct {
		name, token, want string
	}{
		{"good", good.access, ""},
		{"issued again", signed(&s.keys.access, claims(nil)), ""},
		{"expired", expired, old},
		{"expiring now", signed(&s.keys.access, claims(map[string]any{"exp": c.Now().Unix()})), old},
		{"expiring in a second", signed(&s.keys.access, claims(map[string]any{"exp": c.Now().Unix() + 1})), ""},
		{"unsigned", header([]byte(`{"kid":"`+kid+`","alg":"none"}`)) + "." + parts[1] + ".", old},
		{"unsigned with signature", header([]byte(`{"kid":"`+kid+`","alg":"none"}`)) + "." + parts[1] + "." + parts[2], old},
		{"signed with the public key as a secret", hs256(), old},
		{"signed by a stranger", resigned(stranger, stranger.kid), old},
		{"signed by a stranger under our kid", resigned(stranger, kid), old},
		{"no kid", resigned(s.keys.access, ""), old},
		{"access claims under the ID key", signed(&s.keys.id, claims(nil)), old},
		{"ID claims under the access key", signed(&s.keys.access, claims(map[string]any{"token_use": "id"})), old},
		{"another issuer", signed(&s.keys.access, claims(map[string]any{"iss": "https://evil.example/" + s.PoolID()})), old},
		{"another user's claims", parts[0] + "." + header([]byte(strings.Replace(payload(t, good.access), "jane", "gone", 1))) + "." + parts[2], old},
		{"signature of another token", parts[0] + "." + parts[1] + "." + strings.Split(good.id, ".")[2], old},
		{"stray bits at the end", good.access[:len(good.access)-1] + strings.Map(func(r rune) rune { return r + 1 }, last), old},
		{"cut by one", good.access[:len(good.access)-1], old},
		{"cut in the claims", parts[0] + "." + parts[1][:20] + "." + parts[2], old},
		{"no signature", parts[0] + "." + parts[1] + ".", old},
		{"two parts", parts[0] + "." + parts[1], old},
		{"four parts", good.access + ".x", old},
		{"five parts", "a.b.c.d.e", old},
		{"padded", good.access + "=", old},
		{"JSON serialization", `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, old},
		{"disabled user", signed(&s.keys.access, claims(map[string]any{"username": "gone"})), old},
		{"deleted user", signed(&s.keys.access, claims(map[string]any{"username": "nobody"})), old},
		{"deleted client", signed(&s.keys.access, claims(map[string]any{"client_id": "nobody"})), old},
		{"ID token", good.id, scope},
		{"without openid", tokensFor(t, s, frontEnd, "jane", "aws.cognito.signin.user.admin").access, scope},
		{"scope that contains openid", signed(&s.keys.access, claims(map[string]any{"scope": "openid2 xopenid"})), scope},
		{"of client_credentials", signed(&s.keys.access, claims(map[string]any{"sub": frontEnd, "username": "", "scope": "https://api.example.com/read"})), scope},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequest(http.MethodGet, s.URL+userInfoPath, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+tt.token)
			p := newBrowser(t, s).do(r, nil)
			if tt.want == "" {
				if p.StatusCode != http.StatusOK {
					t.Errorf("%d %s", p.StatusCode, p.body)
				}
				return
			}
			authenticate := p.Header.Get("WWW-Authenticate")
			if p.StatusCode != http.StatusUnauthorized || authenticate != `error="invalid_token", error_description="`+tt.want+`"` ||
				p.body != `{"error":"invalid_token","error_description":"`+tt.want+`"}` {
				t.Errorf("%d %s %s", p.StatusCode, authenticate, p.body)
			}
		})
	}
}

func TestUserInfoFollowsTheClock(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	token := tokensFor(t, s, backEnd, "jane", "openid").access
	c.turn(5*time.Minute - time.Second)
	if status, _ := userInfo(t, s, "Bearer "+token); status != http.StatusOK {
		t.Errorf("a second before: %d", status)
	}
	c.turn(time.Second)
	if status, _ := userInfo(t, s, "Bearer "+token); status != http.StatusUnauthorized {
		t.Errorf("at its expiry: %d", status)
	}
}
