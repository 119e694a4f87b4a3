package cognito

import (
	"net/http"
	"net/url"

	"github.com/google/uuid"
)

const tokenPath = "/oauth2/token"

// The grant types of the token endpoint. [D] token-endpoint
const (
	grantCode              = "authorization_code"
	grantRefreshToken      = "refresh_token"
	grantClientCredentials = "client_credentials"
)

// oauthError is what the token and the revocation endpoint answer when they refuse. [D]
type oauthError string

const (
	noError              oauthError = ""
	invalidRequest       oauthError = "invalid_request"
	invalidClient        oauthError = "invalid_client"
	invalidGrant         oauthError = "invalid_grant"
	invalidScope         oauthError = "invalid_scope" // not in AWS's list, but returned. [O] re:Post QUnhrxb08MRJaH7hIRtUnCKA
	unauthorizedClient   oauthError = "unauthorized_client"
	unsupportedGrantType oauthError = "unsupported_grant_type"
	unsupportedTokenType oauthError = "unsupported_token_type" // of the revocation endpoint alone
	serverError          oauthError = "server_error"
)

// write answers with the error alone, without a description. [D]
func (e oauthError) write(w http.ResponseWriter, status int) {
	writeJSONBody(w, status, object{{"error", string(e)}})
}

// token is POST /oauth2/token. Whatever is wrong has status 400, a client that fails to authenticate too. [D]
// [O] amazon-cognito-auth-js#116
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	t, refusal := s.answerGrant(w, r)
	switch refusal {
	case noError:
		writeTokens(w, r, t)
	case serverError:
		refusal.write(w, http.StatusInternalServerError) // [?]
	default:
		refusal.write(w, http.StatusBadRequest)
	}
}

// answerGrant checks the form, then the client, then what the grant type asks for.
func (s *Server) answerGrant(w http.ResponseWriter, r *http.Request) (tokens, oauthError) {
	form, ok := readOAuthForm(w, r)
	if !ok || form.Get("grant_type") == "" {
		return tokens{}, invalidRequest
	}
	client, refusal := s.authenticate(r, form)
	if refusal != noError {
		return tokens{}, refusal
	}
	switch form.Get("grant_type") {
	case grantCode:
		return s.exchangeCode(client, form)
	case grantRefreshToken:
		return s.refresh(client, form)
	case grantClientCredentials:
		return s.issueToClient(client, form.Get("scope"))
	}
	return tokens{}, unsupportedGrantType
}

// readOAuthForm reads a form in the body; what is in the query is none of it. With another content type it is empty, so
// that something is always missing [O] amazon-cognito-auth-js#52. ok is false for a body that is too long or malformed,
// and for a parameter that comes twice (RFC 6749 section 3.2).
func readOAuthForm(w http.ResponseWriter, r *http.Request) (form url.Values, ok bool) {
	r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
	if err := r.ParseForm(); err != nil {
		return nil, false
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, false
		}
	}
	return r.PostForm, true
}

// body is the token response: its members in the order of captured ones. [O] AWS's page has access_token first. [D]
func (t tokens) body() object {
	var o object
	if t.id != "" {
		o = append(o, member{"id_token", t.id})
	}
	o = append(o, member{"access_token", t.access})
	if t.refresh != "" {
		o = append(o, member{"refresh_token", t.refresh})
	}
	return append(o, object{{"expires_in", t.expiresIn}, {"token_type", "Bearer"}}...)
}

// writeTokens answers as the captured exchange of 2022 did: chunked, with an XSRF-TOKEN and the name of the
// application behind it. [O]
func writeTokens(w http.ResponseWriter, r *http.Request, t tokens) {
	b, err := t.body().MarshalJSON()
	if err != nil {
		serverError.write(w, http.StatusInternalServerError)
		return
	}
	h := w.Header()
	xsrf, ok := currentXSRFToken(r)
	if !ok {
		xsrf = uuid.NewString()
	}
	addXSRFCookie(h, xsrf)
	h["X-Application-Context"] = []string{"application:prod:8443"}
	h["Content-Type"] = []string{"application/json;charset=UTF-8"}
	h["Transfer-Encoding"] = []string{"chunked"}
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b) // a client that has gone needs no answer
}
