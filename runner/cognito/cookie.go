package cognito

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
)

const (
	xsrfCookie    = "XSRF-TOKEN"
	sessionCookie = "cognito"
)

// The cookies are written by hand for the sake of their exact text. They lack Secure, which clients of plain http may
// hold against them [I], and Domain. [O] headers captured in 2022, see the design notes
const (
	endOf1970        = "Thu, 01-Jan-1970 00:00:10 GMT"
	cookieTimeFormat = "Mon, 02-Jan-2006 15:04:05 GMT"
)

// setXSRFCookies are those of a redirect to the sign-in page. A token that the browser has is kept, lest a second tab
// spoil the form in the first. [?]
func setXSRFCookies(h http.Header, r *http.Request) {
	token, ok := currentXSRFToken(r)
	if !ok {
		token = uuid.NewString()
	}
	addXSRFCookie(h, token)
	h.Add("Set-Cookie", `csrf-state=""; Expires=`+endOf1970+`; Path=/; HttpOnly; SameSite=None`)
	h.Add("Set-Cookie", `csrf-state-legacy=""; Expires=`+endOf1970+`; Path=/; HttpOnly`)
}

// rotateXSRFCookie ends the token of the form that was sent and begins another.
func rotateXSRFCookie(h http.Header) {
	h.Add("Set-Cookie", xsrfCookie+`=""; Expires=`+endOf1970+`; Path=/; HttpOnly; SameSite=Lax`)
	addXSRFCookie(h, uuid.NewString())
}

func addXSRFCookie(h http.Header, token string) {
	h.Add("Set-Cookie", xsrfCookie+"="+token+"; Path=/; HttpOnly; SameSite=Lax")
}

// xsrfToken is the token for a form: that of the request's cookie, or a new one that goes out as a cookie.
func xsrfToken(w http.ResponseWriter, r *http.Request) string {
	token, ok := currentXSRFToken(r)
	if !ok {
		token = uuid.NewString()
		addXSRFCookie(w.Header(), token)
	}
	return token
}

// currentXSRFToken is the token of the request's cookie, unless it is of another make.
func currentXSRFToken(r *http.Request) (string, bool) {
	cookie, err := r.Cookie(xsrfCookie)
	if err != nil || !isUUID(cookie.Value) {
		return "", false
	}
	return cookie.Value, true
}

// beginSession stores a session and sets its cookie.
func (s *Server) beginSession(h http.Header, u *user, now time.Time) {
	id := rand.Text()
	s.store.sessions.put(id, session{username: u.name, authTime: now}, now)
	seconds := strconv.Itoa(int(sessionLifetime / time.Second))
	expires := now.Add(sessionLifetime).UTC().Format(cookieTimeFormat)
	h.Add("Set-Cookie", sessionCookie+`="`+id+`"; Version=1; Max-Age=`+seconds+`; Expires=`+expires+`; Path=/; HttpOnly; SameSite=Lax`)
}

// endSession forgets the session and has the browser forget its cookie, spelled as the end of XSRF-TOKEN is. [I]
func (s *Server) endSession(h http.Header, r *http.Request) {
	if cookie, err := r.Cookie(sessionCookie); err == nil {
		s.store.sessions.take(cookie.Value, s.now())
	}
	h.Add("Set-Cookie", sessionCookie+`=""; Expires=`+endOf1970+`; Path=/; HttpOnly; SameSite=Lax`)
}

// session returns the user who has signed in with this browser, and when.
func (s *Server) session(r *http.Request) (*user, time.Time, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil, time.Time{}, false
	}
	found, ok := s.store.sessions.get(cookie.Value, s.now())
	if !ok {
		return nil, time.Time{}, false
	}
	u, ok := s.store.active(found.username)
	return u, found.authTime, ok
}
