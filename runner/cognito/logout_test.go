package cognito

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLogout(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const client = "client_id=" + frontEnd
	tests := []struct {
		name, query, want string
		ends              bool
	}{
		{"to a sign-out URL", client + "&logout_uri=http%3A%2F%2Flocalhost%3A3000%2F", "http://localhost:3000/", true},
		{"to one with a query", client + "&logout_uri=https://www.example.com/bye?x%3D1&state=s", "https://www.example.com/bye?x=1", true},
		{"to the sign-in page", implicitQuery + "&state=a%20b+c&scope=openid", "<url>/login?" + implicitQuery + "&state=a%20b+c&scope=openid", true},
		{"sign-out URL before the sign-in page", implicitQuery + "&logout_uri=http://localhost:3000/", "http://localhost:3000/", true},
		{"a stranger's redirect_uri, which the sign-in page refuses", "response_type=token&" + client + "&redirect_uri=https://evil.example/", "<url>/login?response_type=token&" + client + "&redirect_uri=https://evil.example/", true},
		{"a stranger's logout_uri", client + "&logout_uri=https://evil.example/", "<url>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&" + client, true},
		{"sign-out URL without its slash", client + "&logout_uri=http://localhost:3000", "<url>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&" + client, true},
		{"a callback URL for a sign-out URL", client + "&logout_uri=" + callback, "<url>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&" + client, true},
		{"nowhere", client, "<url>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&" + client, true},
		{"as OpenID Connect has it", client + "&post_logout_redirect_uri=http://localhost:3000/", "<url>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&" + client, true},
		{"no client", "logout_uri=http://localhost:3000/", "<url>/error?error=Required+String+parameter+%27client_id%27+is+not+present", false},
		{"unknown client", "client_id=no%26pe&logout_uri=http://localhost:3000/", "<url>/error?error=invalid_request&client_id=no%26pe", false},
		{"malformed query", client + "&logout_uri=%zz", "<url>/error?error=invalid_request", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, s)
			tokens := fragment(t, b.signIn(implicitQuery, "jane", janesPass).Header.Get("Location"))
			p := b.get(logoutPath + "?" + tt.query)
			if got := strings.ReplaceAll(p.Header.Get("Location"), s.URL, "<url>"); p.StatusCode != http.StatusFound || got != tt.want || p.body != "" {
				t.Errorf("%d %s %q, want 302 %s", p.StatusCode, got, p.body, tt.want)
			}
			next := b.get(authorizePath + "?" + implicitQuery).Header.Get("Location")
			if ended := strings.Contains(next, loginPath+"?"); ended != tt.ends {
				t.Errorf("session ended: %t, want %t: %s", ended, tt.ends, next)
			}
			if status, _ := userInfo(t, s, "Bearer "+tokens.Get("access_token")); status != http.StatusOK {
				t.Errorf("the access token ended too: %d", status)
			}
		})
	}
}

// The cookie that was taken away is of no use to who has kept a copy.
func TestLogoutEndsTheSessionItself(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	var kept *http.Cookie
	for _, c := range b.signIn(implicitQuery, "jane", janesPass).Cookies() {
		if c.Name == sessionCookie {
			kept = c
		}
	}
	b.get(logoutPath + "?client_id=" + frontEnd + "&logout_uri=http://localhost:3000/")
	r, err := http.NewRequest(http.MethodGet, s.URL+authorizePath+"?"+implicitQuery, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(kept)
	if p := newBrowser(t, s).do(r, nil); !strings.Contains(p.Header.Get("Location"), loginPath+"?") {
		t.Errorf("%s", p.Header.Get("Location"))
	}
	if n := s.store.sessions.len(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestLogoutWire(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	got := wire(t, s, "GET /logout?client_id="+frontEnd+"&logout_uri=http://localhost:3000/ HTTP/1.1")
	want := `HTTP/1.1 302 Found
Cache-Control: no-cache, no-store, max-age=0, must-revalidate
Content-Length: 0
Location: http://localhost:3000/
Pragma: no-cache
Server: Server
Set-Cookie: cognito=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly; SameSite=Lax
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
