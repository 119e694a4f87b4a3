package cognito

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// askForm posts a form with the headers given, without a network.
func askForm(s *Server, path, contentType, authorization, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header["Content-Type"] = []string{contentType}
	if authorization != "" {
		r.Header["Authorization"] = []string{authorization}
	}
	return ask(s, r)
}

const formType = "application/x-www-form-urlencoded"

var oauthErrors = map[string]bool{
	"invalid_request": true, "invalid_client": true, "invalid_grant": true, "invalid_scope": true, "unauthorized_client": true,
	"unsupported_grant_type": true, "unsupported_token_type": true,
}

// checkRefusal fails unless the body is one of the documented errors and nothing else, so nothing of the request either.
func checkRefusal(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	var body map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || len(body) != 1 || !oauthErrors[body["error"]] {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
}

// FuzzToken: whatever comes, tokens go only to who shows a secret or a code or a refresh token of this pool.
func FuzzToken(f *testing.F) {
	s, _ := newTestServer(f)
	g := grant{client: s.store.clients[singlePage], user: s.store.accounts["jane"].user, scopes: []string{scopeOpenID}, authTime: s.now()}
	// A form names by CODE, PROVEN and REFRESH what is made anew for it: what is random has no place in a corpus.
	for _, seed := range []string{
		"", "%zz", "a;b", "&&=&", "grant_type=", "grant_type=client_credentials", "grant_type=client_credentials&scope=%00",
		codeForm(singlePage, "CODE"), codeForm(singlePage, "PROVEN") + "&code_verifier=" + verifier, codeForm(singlePage, "CODE") + "&code=CODE",
		refreshForm(singlePage, "REFRESH"), refreshForm(backEnd, "REFRESH") + "&client_secret=secret",
		"grant_type=client_credentials&client_id=" + machine + "&client_secret=machine%2Bsecret%2F%3D&scope=https://api.example.com/read",
	} {
		f.Add(formType, "", seed)
		f.Add(formType, "Basic Nm1hY2hpbmU6bWFjaGluZStzZWNyZXQvPQ==", seed)
	}
	f.Add("application/json", "Bearer x", "{}")
	f.Add(formType+"; charset=utf-8", "Basic "+strings.Repeat("A", 100), "grant_type=refresh_token")
	f.Fuzz(func(t *testing.T, contentType, authorizationHeader, body string) {
		id := s.newCode(g, authorization{redirectURI: callback})
		proven := s.newCode(g, authorization{redirectURI: callback, challenge: challengeS256})
		refresh := s.newRefreshToken(g, s.now().Add(DefaultRefreshTokenValidity), s.now())
		body = strings.NewReplacer("CODE", id, "PROVEN", proven, "REFRESH", refresh).Replace(body)
		w := askForm(s, tokenPath, contentType, authorizationHeader, body)
		if w.Code != http.StatusOK {
			if w.Code != http.StatusBadRequest {
				t.Fatalf("%d", w.Code)
			}
			checkRefusal(t, w)
			return
		}
		form, err := url.ParseQuery(body)
		if err != nil {
			t.Fatalf("tokens for the malformed form %q", body)
		}
		switch form.Get("grant_type") {
		case grantCode:
			right := form.Get("code") == id && form.Get("code_verifier") == "" || form.Get("code") == proven && form.Get("code_verifier") == verifier
			if !right || form.Get("redirect_uri") != callback {
				t.Fatalf("tokens for %q", body)
			}
		case grantRefreshToken:
			if form.Get("refresh_token") != refresh {
				t.Fatalf("tokens for %q", body)
			}
		case grantClientCredentials:
			if form.Get("client_secret") != "machine+secret/=" && !strings.HasPrefix(strings.ToLower(authorizationHeader), "basic ") {
				t.Fatalf("tokens for %q and %q", authorizationHeader, body)
			}
		default:
			t.Fatalf("tokens for %q", body)
		}
	})
}

// FuzzRevoke: only its own client ends a refresh token, by naming it.
func FuzzRevoke(f *testing.F) {
	s, _ := newTestServer(f)
	g := grant{client: s.store.clients[singlePage], user: s.store.accounts["jane"].user, scopes: []string{scopeOpenID}, authTime: s.now(), origin: "origin"}
	access := tokensFor(f, s, frontEnd, "jane", "openid").access
	for _, seed := range []string{
		"", "%zz", "a;b", "token=", "token=x", "token=..", "client_id=" + singlePage + "&token=x", "client_id=" + singlePage + "&token=ACCESS",
		"client_id=7rotating&token=REFRESH", "client_id=" + singlePage + "&token=REFRESH", "client_id=" + singlePage + "&token=xREFRESH", "client_id=8legacy&token=REFRESH",
		"client_id=" + singlePage + "&token=x&token=y", "client_id=" + singlePage + "&token=e30.e30.AA",
	} {
		f.Add(formType, "", seed)
		f.Add(formType, "Basic MmV4YW1wbGUyMzQ1Njc4OTpzZWNyZXQ=", seed)
	}
	f.Add("text/plain", "Basic *", "token=x")
	f.Fuzz(func(t *testing.T, contentType, authorization, body string) {
		refresh := s.newRefreshToken(g, s.now().Add(DefaultRefreshTokenValidity), s.now())
		body = strings.NewReplacer("ACCESS", access, "REFRESH", refresh).Replace(body)
		w := askForm(s, revokePath, contentType, authorization, body)
		switch w.Code {
		case http.StatusOK:
			if w.Body.Len() != 0 {
				t.Fatalf("%q", w.Body)
			}
		case http.StatusBadRequest, http.StatusUnauthorized:
			checkRefusal(t, w)
		default:
			t.Fatalf("%d", w.Code)
		}
		form, _ := url.ParseQuery(body)
		if _, ok := s.store.refreshTokens.get(refreshKey(refresh), s.now()); !ok && (form.Get("token") != refresh || form.Get("client_id") != singlePage && authorization == "") {
			t.Fatalf("%q ended a token", body)
		}
	})
}
