package cognito

import "net/http"

const revokePath = "/oauth2/revoke"

// revoke is POST /oauth2/revoke: it ends a refresh token, and for the pool's own endpoints all access tokens that
// came from it. A token that the pool does not know, any more or at all, is as good as revoked: 200. [D]
// revocation-endpoint
//
// One that was issued to another client is not known to this one, and stays. [I] RFC 7009 section 2.1
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	form, ok := readOAuthForm(w, r)
	if !ok {
		invalidRequest.write(w, http.StatusBadRequest)
		return
	}
	client, refusal := s.authenticate(r, form)
	if refusal != noError {
		status := http.StatusBadRequest
		if refusal == invalidClient {
			status = http.StatusUnauthorized // unlike the token endpoint. [D]
		}
		refusal.write(w, status)
		return
	}
	token := form.Get("token")
	if token == "" || client.DisableTokenRevocation {
		invalidRequest.write(w, http.StatusBadRequest)
		return
	}
	if _, err := s.signed(token); err == nil {
		unsupportedTokenType.write(w, http.StatusBadRequest) // an access or ID token, expired or not
		return
	}
	s.revokeRefreshToken(client, token)
	writeEmpty(w, http.StatusOK)
}

func (s *Server) revokeRefreshToken(client *Client, token string) {
	now, key := s.now(), refreshKey(token)
	found, ok := s.store.refreshTokens.get(key, now)
	if !ok || found.grant.client != client {
		return
	}
	// First the origin: a refresh that has already read the token then issues what is revoked.
	s.store.revoked.put(found.grant.origin, struct{}{}, now)
	s.store.refreshTokens.take(key, now)
}
