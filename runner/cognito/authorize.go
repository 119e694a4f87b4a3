package cognito

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	authorizePath = "/oauth2/authorize"
	errorPath     = "/error"
)

// The response types of the authorize endpoint. [D] authorization-endpoint
const (
	responseCode  = "code"
	responseToken = "token"
)

// authorization is a request for tokens that has been found in order, before anybody has signed in.
type authorization struct {
	client       *Client
	redirectURI  string
	responseType string
	scopes       []string
	state        string
	nonce        string
	challenge    string // of PKCE; empty: none
}

// authorize sends the browser to the sign-in page with the same query, or, when it has signed in within the last
// hour, straight back to the client. [D] authorization-endpoint
//
// prompt is a parameter of managed login and means nothing to the classic hosted sign-in page. [D]
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	a, refusal := s.readAuthorization(r)
	if refusal != "" {
		redirect(w, refusal)
		return
	}
	if u, authTime, ok := s.session(r); ok {
		s.sendBack(w, a, u, authTime)
		return
	}
	setXSRFCookies(w.Header(), r)
	redirect(w, "http://"+r.Host+loginPath+"?"+r.URL.RawQuery)
}

// readAuthorization reads the query of the authorize endpoint, which the sign-in page carries along. When it is not
// in order, refusal is where to send the browser: to the error page as long as client and redirect_uri are in doubt
// (RFC 6749 section 3.1.2.4), else to the client. A parameter that comes twice counts once. [?]
func (s *Server) readAuthorization(r *http.Request) (a authorization, refusal string) {
	errorPage := "http://" + r.Host + errorPath + "?error="
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return a, errorPage + "invalid_request" // [O] amazon-cognito-auth-js#121, cause [?]
	}
	clientID := query.Get("client_id")
	a.redirectURI = query.Get("redirect_uri")
	if clientID == "" || a.redirectURI == "" {
		return a, errorPage + "Required+parameters+missing" // [O] NASA-IMPACT/veda-data-airflow#170
	}
	client, ok := s.store.clients[clientID]
	if !ok {
		return a, errorPage + "invalid_request&client_id=" + url.QueryEscape(clientID) // [?]
	}
	if !slices.Contains(client.CallbackURLs, a.redirectURI) {
		return a, errorPage + "redirect_mismatch&client_id=" + url.QueryEscape(clientID) // [O]
	}
	a.client = client
	a.state, a.nonce = query.Get("state"), query.Get("nonce")
	return a, a.read(query)
}

// read checks what the client may be told about, in the order of the documented errors, and returns the redirect
// that tells it, or "". The error goes into the query for response_type=token too. [D] authorization-endpoint
func (a *authorization) read(query url.Values) (refusal string) {
	a.responseType = query.Get("response_type")
	flow := FlowCode
	switch a.responseType {
	case responseCode:
	case responseToken:
		flow = FlowImplicit
	default: // absent [D]; another one [I]
		return a.refuse("invalid_request")
	}
	if !a.client.allows(flow) {
		return a.refuse("unauthorized_client")
	}
	method := query.Get("code_challenge_method")
	a.challenge = query.Get("code_challenge")
	if a.challenge != "" && method == "" || method != "" && method != "S256" {
		return a.refuse("invalid_request")
	}
	if idp := query.Get("identity_provider"); idp != "" && idp != "COGNITO" {
		return a.refuse("invalid_request") // the pool has no other provider; the real answer is not known [?]
	}
	scopes, ok := a.client.grantScopes(query.Get("scope"))
	if !ok {
		// Documented is error=invalid_scope; seen was this. [O] mlops-club/awscdk-minecraft#40
		return appendQuery(a.redirectURI, "error_description=invalid_scope"+parameter("&state=", a.state)+"&error=invalid_request")
	}
	a.scopes = scopes
	return ""
}

func (a *authorization) refuse(code string) string {
	return appendQuery(a.redirectURI, "error="+code+parameter("&state=", a.state))
}

// sendBack sends the browser to the client's callback URL with what it asked for.
func (s *Server) sendBack(w http.ResponseWriter, a authorization, u *user, authTime time.Time) {
	g := grant{client: a.client, user: u, scopes: a.scopes, nonce: a.nonce, authTime: authTime}
	if a.responseType == responseCode {
		redirect(w, appendQuery(a.redirectURI, "code="+s.newCode(g, a)+parameter("&state=", a.state)))
		return
	}
	t, err := s.issue(g, s.now())
	if err != nil {
		redirect(w, a.refuse("server_error"))
		return
	}
	redirect(w, a.redirectURI+t.fragment(a.state))
}

// fragment is what the implicit grant appends to the callback URL, in the order of 2019 and 2020; where state stands
// was never seen, last is documented. [O][D]
func (t tokens) fragment(state string) string {
	var b strings.Builder
	b.WriteByte('#')
	if t.id != "" {
		b.WriteString("id_token=" + t.id + "&")
	}
	b.WriteString("access_token=" + t.access + "&expires_in=" + strconv.Itoa(t.expiresIn) + "&token_type=Bearer")
	b.WriteString(parameter("&state=", state))
	return b.String()
}

// appendQuery adds parameters to a callback URL, which may have a query of its own. (RFC 6749 section 3.1.2)
func appendQuery(callback, query string) string {
	separator := "?"
	if strings.Contains(callback, "?") {
		separator = "&"
	}
	return callback + separator + query
}

// parameter is the prefix and the escaped value, or nothing when there is no value.
func parameter(prefix, value string) string {
	if value == "" {
		return ""
	}
	return prefix + url.QueryEscape(value)
}
