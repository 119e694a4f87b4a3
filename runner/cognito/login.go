package cognito

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
)

const loginPath = "/login"

// showLogin is GET /login: the sign-in page, for a query as that of the authorize endpoint. [D] login-endpoint
func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	if _, refusal := s.readAuthorization(r); refusal != "" {
		redirect(w, refusal)
		return
	}
	s.writeLogin(w, r, "")
}

// login is POST /login. A password that is wrong shows the page again with 200 [?]; one that is right sends the
// browser to the callback URL. [O]
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	a, refusal := s.readAuthorization(r)
	if refusal != "" {
		redirect(w, refusal)
		return
	}
	if !s.readForm(w, r) {
		return
	}
	now := s.now()
	u, err := s.store.signIn(r.PostForm.Get("username"), r.PostForm.Get("password"), now)
	switch {
	case errors.Is(err, errMustChange):
		id := rand.Text()
		s.store.challenges.put(id, challenge{username: u.name}, now)
		s.writeChangePassword(w, r, id, "")
	case err != nil:
		s.writeLogin(w, r, err.Error())
	default:
		s.signedIn(w, a, u)
	}
}

// signedIn begins a session and sends the browser back to the client. The order of the cookies is that of the
// captured response. [O]
func (s *Server) signedIn(w http.ResponseWriter, a authorization, u *user) {
	now := s.now()
	rotateXSRFCookie(w.Header())
	s.beginSession(w.Header(), u, now)
	s.sendBack(w, a, u, now)
}

// readForm reads the body of a form of ours, or answers and returns false: 413 when it is too long, 400 when it is
// malformed, 403 when _csrf is not the XSRF-TOKEN cookie. [?] for all three
//
// The server remembers no token: a client that makes one up for both places is let in. [O]
func (s *Server) readForm(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		status := http.StatusBadRequest
		if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
			status = http.StatusRequestEntityTooLarge
		}
		s.writeError(w, status, "")
		return false
	}
	cookie, err := r.Cookie(xsrfCookie)
	sent := r.PostForm.Get("_csrf")
	if err != nil || sent == "" || subtle.ConstantTimeCompare([]byte(sent), []byte(cookie.Value)) != 1 {
		s.writeError(w, http.StatusForbidden, "")
		return false
	}
	return true
}
