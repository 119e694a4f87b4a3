package cognito

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"time"
)

// refreshToken is what the pool remembers of a refresh token.
type refreshToken struct {
	grant   grant
	expires time.Time
}

// refreshHeader begins every refresh token. [O]
var refreshHeader = base64.RawURLEncoding.EncodeToString([]byte(`{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}`))

// newRefreshToken stores a refresh token and returns it. It has the five parts of a JWE in the compact serialization
// (RFC 7516 section 7.1) and their sizes, since that is what people see and store [O]; they are random bytes, for no
// client can read the real ones either.
func (s *Server) newRefreshToken(g grant, expires, now time.Time) string {
	text := refreshHeader
	for _, size := range []int{256, 12, 780, 16} { // encrypted key, initialization vector, ciphertext, tag
		part := make([]byte, size)
		_, _ = rand.Read(part) // it never fails
		text += "." + base64.RawURLEncoding.EncodeToString(part)
	}
	g.nonce = "" // it belongs to the ID token of the sign-in (OpenID Connect Core section 12.2)
	s.store.refreshTokens.putUntil(refreshKey(text), refreshToken{grant: g, expires: expires}, expires, now)
	return text
}

// refreshKey keeps the store small, and tokens out of it.
func refreshKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return string(sum[:])
}

// refresh is grant_type=refresh_token: new tokens with the scopes and the auth_time of the sign-in. A scope parameter
// is not one of the endpoint's. [D] token-endpoint
//
// There is a new refresh token only with rotation; it ends when the first one would have, and the old one is spent.
// [D] refresh token rotation; AWS has a grace period of up to a minute for the old one, which is 0 here.
func (s *Server) refresh(client *Client, form url.Values) (tokens, oauthError) {
	if !client.allows(FlowCode) {
		return tokens{}, unauthorizedClient // [D]
	}
	text := form.Get("refresh_token")
	if text == "" {
		return tokens{}, invalidRequest // [D]
	}
	now, fetch := s.now(), s.store.refreshTokens.get
	if client.RotateRefreshTokens {
		fetch = s.store.refreshTokens.take // to one request only; like a code, it is spent by the attempt
	}
	found, ok := fetch(refreshKey(text), now)
	if !ok || found.grant.client != client || !s.store.stands(found.grant.user) {
		return tokens{}, invalidGrant // unknown, expired or revoked [D]; another client's, or a user who has gone [I]
	}
	t, err := s.issue(found.grant, now)
	if err != nil {
		return tokens{}, serverError
	}
	if client.RotateRefreshTokens {
		t.refresh = s.newRefreshToken(found.grant, found.expires, now)
	}
	return t, noError
}
