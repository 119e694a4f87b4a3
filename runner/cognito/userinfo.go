package cognito

import (
	"net/http"
	"slices"
	"strings"
)

const userInfoPath = "/oauth2/userInfo"

// The two answers that AWS documents for a failed request, and the one that clients reported. [D] userinfo-endpoint,
// [O] simov/grant#189; its status is inferred. [I]
var (
	badUserInfoRequest = bearerError{http.StatusBadRequest, "invalid_request", "Bad OAuth2 request at UserInfo Endpoint"}
	invalidToken       = bearerError{http.StatusUnauthorized, "invalid_token",
		"Access token is expired, disabled, or deleted, or the user has globally signed out."}
	withoutOpenID = bearerError{http.StatusUnauthorized, "invalid_token", "Access token does not contain openid scope"}
)

// bearerError is a refusal as AWS writes it: WWW-Authenticate without the scheme that RFC 6750 section 3 demands. [D]
// The body repeats it as JSON. [I]
type bearerError struct {
	status      int
	code        string
	description string
}

func (e bearerError) write(w http.ResponseWriter) {
	// Spelled as AWS does; Set would write Www-Authenticate.
	w.Header()["WWW-Authenticate"] = []string{`error="` + e.code + `", error_description="` + e.description + `"`}
	writeJSONBody(w, e.status, object{{"error", e.code}, {"error_description", e.description}})
}

// userInfo answers with the attributes of the user whose access token is in the Authorization header. [D]
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	w.Header()["Expires"] = []string{"0"}
	token, ok := bearerToken(r.Header)
	if !ok {
		badUserInfoRequest.write(w)
		return
	}
	claims, err := s.verify(token)
	if err != nil {
		invalidToken.write(w)
		return
	}
	scopes := strings.Fields(claims.Scope)
	// An ID token has no scope claim and gets the same answer [O], as does a client_credentials token. [I]
	if claims.TokenUse != useAccess || !slices.Contains(scopes, scopeOpenID) {
		withoutOpenID.write(w)
		return
	}
	u, ok := s.holder(claims)
	if !ok {
		invalidToken.write(w)
		return
	}
	writeJSONBody(w, http.StatusOK, u.info(scopes))
}

// bearerToken reads "Authorization: Bearer <token>" (RFC 6750 section 2.1). There has to be exactly one such header,
// and one word after the scheme, whose case does not matter (RFC 9110 section 11.1).
func bearerToken(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	words := strings.Fields(values[0])
	if len(words) != 2 || !strings.EqualFold(words[0], "Bearer") {
		return "", false
	}
	return words[1], true
}

// info is the body of userInfo. Every value is a string, the verified flags too. [D][O] The order is that of the
// documented example, with all that it does not show before email.
func (u *user) info(scopes []string) object {
	seen := u.attributesFor(scopes)
	body := object{{"sub", u.sub}}
	body = append(body, take(seen, asString, "email_verified")...)
	body = append(body, take(seen, asString, sortedNames(seen, "custom:")...)...)
	body = append(body, take(seen, asString, "phone_number_verified", "phone_number")...)
	email := take(seen, asString, "email")
	body = append(body, take(seen, asString, sortedNames(seen, "")...)...)
	body = append(body, email...)
	return append(body, member{"username", u.name})
}
