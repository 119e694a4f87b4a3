package cognito

import (
	"net/http"
	"strings"
	"testing"
)

// everything is what a user can hold at once.
type everything struct {
	browser  *browser
	implicit string
	code     tokenReply
	unused   string
}

func holdEverything(t *testing.T, s *Server) everything {
	t.Helper()
	b := newBrowser(t, s)
	location := b.signIn(implicitQuery, "jane", janesPass).Header.Get("Location")
	return everything{b, fragment(t, location).Get("access_token"), signedInWith(t, s, singlePage, ""), codeFor(t, s, singlePage, "")}
}

// dead fails unless the pool takes nothing of it but the browser's session.
func (e everything) dead(t *testing.T, s *Server) {
	t.Helper()
	const want = `{"error":"invalid_token","error_description":"Access token is expired, disabled, or deleted, or the user has globally signed out."}`
	for name, token := range map[string]string{"implicit": e.implicit, "code": e.code.Access} {
		if status, body := userInfo(t, s, "Bearer "+token); status != http.StatusUnauthorized || body != want {
			t.Errorf("userInfo with the token of the %s flow: %d %s", name, status, body)
		}
	}
	for name, form := range map[string]string{"refresh token": refreshForm(singlePage, e.code.Refresh), "code": codeForm(singlePage, e.unused)} {
		if reply := askTokens(t, s, "", form); reply.Error != "invalid_grant" {
			t.Errorf("%s: %d %s", name, reply.status, reply.body)
		}
	}
}

func TestGlobalSignOut(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	held := holdEverything(t, s)
	if err := s.GlobalSignOut("jane"); err != nil {
		t.Fatal(err)
	}
	held.dead(t, s)
	// The session of the browser lasts, and tokens of the same second are good again.
	location := held.browser.get(authorizePath + "?" + implicitQuery).Header.Get("Location")
	if !strings.HasPrefix(location, callback+"#") {
		t.Fatalf("session: %s", location)
	}
	if status, body := userInfo(t, s, "Bearer "+fragment(t, location).Get("access_token")); status != http.StatusOK {
		t.Errorf("new token: %d %s", status, body)
	}
	again := holdEverything(t, s)
	if status, body := userInfo(t, s, "Bearer "+again.code.Access); status != http.StatusOK {
		t.Errorf("new token: %d %s", status, body)
	}
	if reply := askTokens(t, s, "", refreshForm(singlePage, again.code.Refresh)); reply.status != http.StatusOK {
		t.Errorf("new refresh token: %d %s", reply.status, reply.body)
	}
	held.dead(t, s)
}

func TestDisableUser(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	held := holdEverything(t, s)
	if err := s.DisableUser("jane"); err != nil {
		t.Fatal(err)
	}
	held.dead(t, s)
	if p := newBrowser(t, s).signIn(implicitQuery, "jane", janesPass); p.StatusCode != http.StatusOK || !strings.Contains(p.body, "User is disabled.") {
		t.Errorf("sign-in: %d", p.StatusCode)
	}
	if p := held.browser.get(authorizePath + "?" + implicitQuery); !strings.Contains(p.Header.Get("Location"), loginPath+"?") {
		t.Errorf("session: %s", p.Header.Get("Location"))
	}
	if err := s.EnableUser("jane"); err != nil {
		t.Fatal(err)
	}
	held.dead(t, s)
	if p := newBrowser(t, s).signIn(implicitQuery, "jane", janesPass); p.StatusCode != http.StatusFound {
		t.Errorf("sign-in: %d", p.StatusCode)
	}
	if p := newBrowser(t, s).signIn(implicitQuery, "new", "Temporary-1"); p.StatusCode != http.StatusOK || strings.Contains(p.body, "errorMessage-customizable\"") {
		t.Errorf("another user: %d", p.StatusCode)
	}
}

func TestEnableUserOfConfig(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	if err := s.EnableUser("gone"); err != nil {
		t.Fatal(err)
	}
	if p := newBrowser(t, s).signIn(implicitQuery, "gone", "Gone-gone-1"); p.StatusCode != http.StatusFound {
		t.Errorf("%d", p.StatusCode)
	}
}

func TestChangeOfUnknownUser(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for want, err := range map[string]error{
		`sign out user "Jane": the user pool has no such user`: s.GlobalSignOut("Jane"),
		`disable user "": the user pool has no such user`:      s.DisableUser(""),
		`enable user "x\n": the user pool has no such user`:    s.EnableUser("x\n"),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
