package cognito

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// ask runs a request through the server's handler without a network.
func ask(s *Server, r *http.Request) *httptest.ResponseRecorder {
	r.Host = "127.0.0.1"
	w := httptest.NewRecorder()
	s.handle(w, r)
	return w
}

// registered tells whether a redirect goes where the pool may send a browser.
func registered(s *Server, location string) bool {
	for _, c := range s.config.Clients {
		if slices.Contains(c.LogoutURLs, location) {
			return true
		}
	}
	for _, own := range []string{loginPath, errorPath} {
		if strings.HasPrefix(location, "http://127.0.0.1"+own+"?") {
			return true
		}
	}
	for _, c := range s.config.Clients {
		for _, u := range c.CallbackURLs {
			if rest, ok := strings.CutPrefix(location, u); ok && rest != "" && strings.ContainsRune("?&#", rune(rest[0])) {
				return true
			}
		}
	}
	return false
}

func FuzzAuthorize(f *testing.F) {
	s, _ := newTestServer(f)
	for _, seed := range []string{
		"", implicitQuery, implicitQuery + "&scope=openid+email&state=x&nonce=y", "%zz", "client_id=" + frontEnd, implicitQuery + "&scope=%00",
		"response_type=code&client_id=" + backEnd + "&redirect_uri=https://www.example.com/&code_challenge=x&code_challenge_method=S256",
		"client_id=" + frontEnd + "&logout_uri=http://localhost:3000/", "client_id=" + frontEnd + "&logout_uri=https://evil.example/",
		implicitQuery + "&redirect_uri=https://evil.example/", ";", "&&&=&",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{authorizePath, loginPath, logoutPath, errorPath} {
			r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}}
			w := ask(s, r)
			if w.Code >= 500 {
				t.Fatalf("%s: %d", path, w.Code)
			}
			if location := w.Header().Get("Location"); w.Code == http.StatusFound && !registered(s, location) {
				t.Fatalf("%s sends the browser to %q", path, location)
			}
			if strings.Contains(w.Body.String(), "<script") {
				t.Fatalf("%s: markup from the query: %s", path, w.Body)
			}
		}
	})
}

func FuzzLogin(f *testing.F) {
	s, _ := newTestServer(f)
	f.Add("_csrf=a&username=jane&password="+janesPass, "a")
	f.Add("_csrf=a&username=new&password=Temporary-1", "a")
	f.Add("_csrf=a&username=x&password=y", "a")
	f.Add("_csrf=a&session=x&new_password=Permanent-1&confirm_password=Permanent-1", "a")
	f.Add("%zz", "")
	f.Add("a;b", `"`)
	f.Fuzz(func(t *testing.T, body, token string) {
		for _, path := range []string{loginPath, changePasswordPath} {
			r := httptest.NewRequest(http.MethodPost, path+"?"+implicitQuery, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Cookie", "XSRF-TOKEN="+token+"; cognito="+token)
			w := ask(s, r)
			if w.Code >= 500 || strings.Contains(w.Body.String(), "<script") {
				t.Fatalf("%s: %d %s", path, w.Code, w.Body)
			}
			form, _ := url.ParseQuery(body)
			if w.Code == http.StatusFound && (form.Get("username") != "jane" || form.Get("password") != janesPass) {
				t.Fatalf("%q signed in", body)
			}
		}
	})
}

func FuzzBearer(f *testing.F) {
	s, _ := newTestServer(f)
	good := tokensFor(f, s, frontEnd, "jane", "openid")
	for _, seed := range []string{"", "Bearer", "Bearer ", "Bearer " + good.access, "Bearer " + good.id, "bearer a.b.c", "Bearer ..", "Basic eDp5", "Bearer e30.e30.", "Bearer\t" + good.access} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, authorization string) {
		r := httptest.NewRequest(http.MethodGet, userInfoPath, nil)
		r.Header["Authorization"] = []string{authorization}
		w := ask(s, r)
		switch w.Code {
		case http.StatusOK:
			if !strings.Contains(authorization, good.access) {
				t.Fatalf("%q was accepted", authorization)
			}
		case http.StatusBadRequest, http.StatusUnauthorized:
			if !strings.HasPrefix(w.Body.String(), `{"error":"invalid_`) {
				t.Fatalf("%q: %v", authorization, w.Header())
			}
		default:
			t.Fatalf("%q: %d", authorization, w.Code)
		}
	})
}
