package cognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/url"
)

// authenticate finds the client of a request to the token or the revocation endpoint. It may send its id and secret
// by HTTP Basic or in the form; a public client sends its id alone. [D] token-endpoint
//
// client_id may stand in the form next to Basic, as it does in AWS's own example [D], but has to be the same, else
// the client has not authenticated: invalid_client. A secret in both places is two methods at once, which RFC 6749
// section 2.3 forbids: invalid_request, even when they agree. [?] for both
//
// No client at all is a missing parameter: invalid_request [I]. A client that is unknown, has another secret, or has
// a secret and does not send it: invalid_client. [D][O] aws-amplify/amplify-js#4426
func (s *Server) authenticate(r *http.Request, form url.Values) (*Client, oauthError) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	switch len(r.Header.Values("Authorization")) {
	case 0:
		if id == "" {
			return nil, invalidRequest
		}
		if client, ok := s.store.identify(id, secret); ok {
			return client, noError
		}
		return nil, invalidClient
	case 1:
	default:
		return nil, invalidRequest
	}
	if secret != "" {
		return nil, invalidRequest
	}
	name, password, ok := r.BasicAuth()
	if !ok {
		return nil, invalidClient
	}
	client, ok := s.identifyBasic(name, password)
	if !ok || id != "" && id != client.ID {
		return nil, invalidClient
	}
	return client, noError
}

// identifyBasic takes id and secret as written, and form-encoded as RFC 6749 section 2.3.1 wants them before Base64:
// clients do the one or the other. For ids and secrets that AWS makes up it is the same.
func (s *Server) identifyBasic(name, password string) (*Client, bool) {
	if client, ok := s.store.identify(name, password); ok {
		return client, true
	}
	id, idErr := url.QueryUnescape(name)
	secret, secretErr := url.QueryUnescape(password)
	if idErr != nil || secretErr != nil {
		return nil, false
	}
	return s.store.identify(id, secret)
}

// identify compares digests, so that the time taken tells neither how much of a secret is right nor how long it is.
// The empty secret is that of a public client.
func (st *store) identify(id, secret string) (*Client, bool) {
	client, known := st.clients[id]
	var want [sha256.Size]byte // no digest of anything, for an unknown client
	if known {
		want = sha256.Sum256([]byte(client.Secret))
	}
	given := sha256.Sum256([]byte(secret))
	return client, subtle.ConstantTimeCompare(given[:], want[:]) == 1 && known
}
