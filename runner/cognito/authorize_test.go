package cognito

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const implicitQuery = "response_type=token&client_id=" + frontEnd + "&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback"

func TestAuthorizeRedirects(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const cb = "redirect_uri=" + callback
	tests := []struct{ name, query, want string }{
		{"to the sign-in page with the same query", implicitQuery + "&state=a%20b+c&scope=openid+email", "<url>/login?" + implicitQuery + "&state=a%20b+c&scope=openid+email"},
		{"unknown parameters pass through", implicitQuery + "&lang=de&x=%22", "<url>/login?" + implicitQuery + "&lang=de&x=%22"},
		{"identity_provider COGNITO", implicitQuery + "&identity_provider=COGNITO", "<url>/login?" + implicitQuery + "&identity_provider=COGNITO"},

		{"no query", "", "<url>/error?error=Required+parameters+missing"},
		{"no client_id", "response_type=token&" + cb, "<url>/error?error=Required+parameters+missing"},
		{"no redirect_uri", "response_type=token&client_id=" + frontEnd, "<url>/error?error=Required+parameters+missing"},
		{"unknown client", "response_type=token&client_id=no%26pe&" + cb, "<url>/error?error=invalid_request&client_id=no%26pe"},
		{"malformed query", implicitQuery + "&state=%zz", "<url>/error?error=invalid_request"},
		{"unregistered redirect_uri", "response_type=token&client_id=" + frontEnd + "&redirect_uri=https://evil.example/", "<url>/error?error=redirect_mismatch&client_id=" + frontEnd},
		{"redirect_uri with another slash", "response_type=token&client_id=" + frontEnd + "&" + cb + "/", "<url>/error?error=redirect_mismatch&client_id=" + frontEnd},
		{"redirect_uri in another case", "response_type=token&client_id=" + frontEnd + "&redirect_uri=http://localhost:3000/Callback", "<url>/error?error=redirect_mismatch&client_id=" + frontEnd},
		{"redirect_uri on another port", "response_type=token&client_id=" + frontEnd + "&redirect_uri=http://localhost:3001/callback", "<url>/error?error=redirect_mismatch&client_id=" + frontEnd},

		{"no response_type", "client_id=" + frontEnd + "&" + cb, callback + "?error=invalid_request"},
		{"no response_type, state echoed", "client_id=" + frontEnd + "&" + cb + "&state=a%26b", callback + "?error=invalid_request&state=a%26b"},
		{"unknown response_type", "response_type=id_token&client_id=" + frontEnd + "&" + cb, callback + "?error=invalid_request"},
		{"code without the flow", "response_type=code&client_id=" + frontEnd + "&" + cb + "&state=s", callback + "?error=unauthorized_client&state=s"},
		{"token without the flow", "response_type=token&client_id=" + backEnd + "&redirect_uri=https://www.example.com/", "https://www.example.com/?error=unauthorized_client"},
		{"error joins the query of the callback", "response_type=code&client_id=" + frontEnd + "&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fother%3Fpage%3D1", "http://localhost:3000/other?page=1&error=unauthorized_client"},
		{"challenge without method", implicitQuery + "&code_challenge=abc", callback + "?error=invalid_request"},
		{"challenge method plain", implicitQuery + "&code_challenge=abc&code_challenge_method=plain", callback + "?error=invalid_request"},
		{"challenge method S256", implicitQuery + "&code_challenge=abc&code_challenge_method=S256", "<url>/login?" + implicitQuery + "&code_challenge=abc&code_challenge_method=S256"},
		{"another identity provider", implicitQuery + "&identity_provider=Google", callback + "?error=invalid_request"},

		{"scope of another client", implicitQuery + "&scope=openid+phone&state=s", callback + "?error_description=invalid_scope&state=s&error=invalid_request"},
		{"unknown scope without state", implicitQuery + "&scope=nope", callback + "?error_description=invalid_scope&error=invalid_request"},
		{"email without openid", implicitQuery + "&scope=email", callback + "?error_description=invalid_scope&error=invalid_request"},
		{"custom scope", implicitQuery + "&scope=https://api.example.com/read", "<url>/login?" + implicitQuery + "&scope=https://api.example.com/read"},
		{"custom scope that the client lacks", implicitQuery + "&scope=https://api.example.com/write", callback + "?error_description=invalid_scope&error=invalid_request"},
		{"empty scope is no scope", implicitQuery + "&scope=", "<url>/login?" + implicitQuery + "&scope="},
	}
	b := newBrowser(t, s)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The sign-in page judges the same query, but for what authorize leaves to it.
			for _, path := range []string{authorizePath, loginPath} {
				p := b.get(path + "?" + tt.query)
				got := strings.ReplaceAll(p.Header.Get("Location"), s.URL, "<url>")
				if path == loginPath && strings.HasPrefix(tt.want, "<url>/login") {
					if p.StatusCode != http.StatusOK {
						t.Errorf("%s: status %d, want 200", path, p.StatusCode)
					}
					continue
				}
				if p.StatusCode != http.StatusFound || got != tt.want || p.body != "" {
					t.Errorf("%s: %d %s %q, want 302 %s", path, p.StatusCode, got, p.body, tt.want)
				}
			}
		})
	}
}

func TestAuthorizeWire(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	got := wire(t, s, "GET /oauth2/authorize?"+implicitQuery+" HTTP/1.1")
	want := `HTTP/1.1 302 Found
Cache-Control: no-cache, no-store, max-age=0, must-revalidate
Content-Length: 0
Location: http://<host>/login?` + implicitQuery + `
Pragma: no-cache
Server: Server
Set-Cookie: XSRF-TOKEN=<uuid>; Path=/; HttpOnly; SameSite=Lax
Set-Cookie: csrf-state=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly; SameSite=None
Set-Cookie: csrf-state-legacy=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly
Strict-Transport-Security: max-age=31536000 ; includeSubDomains
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-XSS-Protection: 1; mode=block
x-amz-cognito-request-id: <uuid>
Date: …
Connection: close

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrorPage(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	tests := []struct {
		query, shown, hidden string
	}{
		{"?error=redirect_mismatch&client_id=x", "<code>redirect_mismatch</code>", ""},
		{"?error=Required+parameters+missing", "client_id and redirect_uri are needed.", ""},
		{"?error=%3Cscript%3Ealert(1)%3C/script%3E", "", "script>alert"},
		{"?error=call+this+number", "", "number"},
		{"", "", "<code>"},
	}
	for _, tt := range tests {
		p := b.get(errorPath + tt.query)
		if p.StatusCode != http.StatusBadRequest || p.Header.Get("Content-Type") != "text/html;charset=UTF-8" {
			t.Errorf("%s: %d %s", tt.query, p.StatusCode, p.Header.Get("Content-Type"))
		}
		if !strings.Contains(p.body, "An error was encountered with the requested page.") || !strings.Contains(p.body, tt.shown) {
			t.Errorf("%s: page lacks its text: %s", tt.query, p.body)
		}
		if tt.hidden != "" && strings.Contains(p.body, tt.hidden) {
			t.Errorf("%s: page shows %q", tt.query, tt.hidden)
		}
	}
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	b := newBrowser(t, s)
	first := b.signIn(implicitQuery, "jane", janesPass)
	signedIn := c.Now().Unix()

	c.turn(59 * time.Minute)
	p := b.get(authorizePath + "?" + implicitQuery + "&state=again")
	location := p.Header.Get("Location")
	if !strings.HasPrefix(location, callback+"#id_token=") || !strings.HasSuffix(location, "&state=again") {
		t.Fatalf("with a session: %d %s", p.StatusCode, location)
	}
	if location == first.Header.Get("Location") {
		t.Error("the tokens of the first sign-in were handed out again")
	}
	claims := decode(t, payload(t, fragment(t, location).Get("access_token")))
	if int64(claims["auth_time"].(float64)) != signedIn || int64(claims["iat"].(float64)) != c.Now().Unix() {
		t.Errorf("auth_time %v, iat %v; want %d, %d", claims["auth_time"], claims["iat"], signedIn, c.Now().Unix())
	}

	// The session was not renewed by being used.
	c.turn(time.Minute)
	if p := b.get(authorizePath + "?" + implicitQuery); !strings.Contains(p.Header.Get("Location"), "/login?") {
		t.Errorf("after an hour: %s", p.Header.Get("Location"))
	}
	if p := newBrowser(t, s).get(authorizePath + "?" + implicitQuery); !strings.Contains(p.Header.Get("Location"), "/login?") {
		t.Errorf("another browser: %s", p.Header.Get("Location"))
	}
}

func TestSessionOfDisabledUser(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	b.signIn(implicitQuery, "jane", janesPass)
	s.store.accounts["jane"].disabled = true
	if p := b.get(authorizePath + "?" + implicitQuery); !strings.Contains(p.Header.Get("Location"), "/login?") {
		t.Errorf("%s", p.Header.Get("Location"))
	}
}

func TestCodeRedirect(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	query := "response_type=code&client_id=" + backEnd + "&redirect_uri=https://www.example.com/&state=st&scope=openid+email" +
		"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
	p := newBrowser(t, s).signIn(query, "jane", janesPass)
	location, err := url.Parse(p.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	id := location.Query().Get("code")
	if want := "https://www.example.com/?code=" + id + "&state=st"; location.String() != want || !uuidPattern.MatchString(id) {
		t.Fatalf("got %s, want %s", location, want)
	}
	c.turn(codeLifetime - time.Second)
	got, ok := s.store.codes.take(id, c.Now())
	if !ok || got.redirectURI != "https://www.example.com/" || got.challenge != "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" ||
		got.grant.client.ID != backEnd || got.grant.user.name != "jane" || strings.Join(got.grant.scopes, " ") != "openid email" {
		t.Errorf("stored %+v, %t", got, ok)
	}
}
