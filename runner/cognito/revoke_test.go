package cognito

import (
	"net/http"
	"testing"
	"time"
)

func TestRevoke(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	first, other := signedInWith(t, s, singlePage, ""), signedInWith(t, s, singlePage, "")
	refreshed := askTokens(t, s, "", refreshForm(singlePage, first.Refresh))

	// Neither another client nor a wrong secret ends it.
	post(t, s, revokePath, "", "client_id=7rotating&token="+first.Refresh)
	post(t, s, revokePath, backEnd+":wrong", "token="+first.Refresh)
	if status, _ := userInfo(t, s, "Bearer "+first.Access); status != http.StatusOK {
		t.Fatalf("revoked by a stranger: %d", status)
	}
	for range 2 {
		if p := post(t, s, revokePath, "", "client_id="+singlePage+"&token="+first.Refresh); p.StatusCode != http.StatusOK || p.body != "" {
			t.Fatalf("%d %q", p.StatusCode, p.body)
		}
	}
	if reply := askTokens(t, s, "", refreshForm(singlePage, first.Refresh)); reply.status != http.StatusBadRequest || reply.Error != "invalid_grant" {
		t.Errorf("refresh: %d %s", reply.status, reply.body)
	}
	for range 2 { // at once, and just before they would expire
		for name, token := range map[string]string{"first": first.Access, "refreshed": refreshed.Access} {
			if status, body := userInfo(t, s, "Bearer "+token); status != http.StatusUnauthorized {
				t.Errorf("%s access token: %d %s", name, status, body)
			}
		}
		c.turn(30*time.Minute - time.Second)
	}
	if status, _ := userInfo(t, s, "Bearer "+other.Access); status != http.StatusOK {
		t.Errorf("another sign-in of the user: %d", status)
	}
	if reply := askTokens(t, s, "", refreshForm(singlePage, other.Refresh)); reply.status != http.StatusOK {
		t.Errorf("another sign-in of the user: %d %s", reply.status, reply.body)
	}
	c.turn(maxTokenValidity + time.Hour)
	signedInWith(t, s, singlePage, "")
	if p := post(t, s, revokePath, "", "client_id="+singlePage+"&token="+other.Refresh); p.StatusCode != http.StatusOK {
		t.Errorf("%d", p.StatusCode)
	}
	if n := s.store.revoked.len(); n != 1 {
		t.Errorf("%d revocations are remembered; the first one has outlived its tokens", n)
	}
}

func TestRevokeWithSecret(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	form := "grant_type=authorization_code&redirect_uri=https://www.example.com/&code="
	for _, tt := range []struct{ basic, form string }{
		{backEnd + ":secret", ""},
		{"", "&client_id=" + backEnd + "&client_secret=secret"},
	} {
		reply := askTokens(t, s, backEnd+":secret", form+codeFor(t, s, backEnd, ""))
		if p := post(t, s, revokePath, tt.basic, "token="+reply.Refresh+tt.form); p.StatusCode != http.StatusOK || p.body != "" {
			t.Errorf("%d %q", p.StatusCode, p.body)
		}
		if status, _ := userInfo(t, s, "Bearer "+reply.Access); status != http.StatusUnauthorized {
			t.Errorf("access token: %d", status)
		}
	}
}

// After rotation any refresh token of the sign-in ends all of its access tokens.
func TestRevokeAfterRotation(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	first := signedInWith(t, s, "7rotating", "")
	second := askTokens(t, s, "", refreshForm("7rotating", first.Refresh))
	post(t, s, revokePath, "", "client_id=7rotating&token="+second.Refresh)
	for _, token := range []string{first.Access, second.Access} {
		if status, _ := userInfo(t, s, "Bearer "+token); status != http.StatusUnauthorized {
			t.Errorf("%d", status)
		}
	}
}
