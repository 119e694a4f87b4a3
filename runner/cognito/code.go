package cognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/url"

	"github.com/google/uuid"
)

// code is an authorization code that has been handed out.
type code struct {
	grant       grant
	redirectURI string
	challenge   string // of PKCE (RFC 7636), by S256; empty: none
}

// newCode stores an authorization code for the token endpoint: good once, for five minutes. [D]
// It is a lower-case UUID. [O]
func (s *Server) newCode(g grant, a authorization) string {
	id := uuid.NewString()
	s.store.codes.put(id, code{grant: g, redirectURI: a.redirectURI, challenge: a.challenge}, s.now())
	return id
}

// exchangeCode is grant_type=authorization_code. The code is spent by the attempt, be the rest right or wrong, so
// that nobody can try verifiers on it (RFC 6749 section 10.5); what the real pool does then is not known. [?]
func (s *Server) exchangeCode(client *Client, form url.Values) (tokens, oauthError) {
	if !client.allows(FlowCode) {
		return tokens{}, unauthorizedClient // [D]
	}
	id, redirectURI := form.Get("code"), form.Get("redirect_uri")
	if id == "" || redirectURI == "" {
		return tokens{}, invalidRequest // [D]
	}
	now := s.now()
	c, ok := s.store.codes.take(id, now)
	switch {
	case !ok || c.grant.client != client:
		return tokens{}, invalidGrant // [D]
	case !s.store.stands(c.grant.user):
		return tokens{}, invalidGrant // [I]
	case c.redirectURI != redirectURI:
		return tokens{}, unauthorizedClient // [O] stackoverflow 50264679; RFC 6749 section 5.2 has invalid_grant
	case !c.provedBy(form.Get("code_verifier")):
		return tokens{}, invalidGrant // [I] RFC 7636 section 4.6
	}
	g := c.grant
	if !client.DisableTokenRevocation {
		g.origin = uuid.NewString()
	}
	t, err := s.issue(g, now)
	if err != nil {
		return tokens{}, serverError
	}
	t.refresh = s.newRefreshToken(g, now.Add(client.RefreshTokenValidity), now)
	return t, noError
}

// provedBy tells whether the verifier is that of the challenge (RFC 7636 section 4.6). Where there was no challenge
// there must be no verifier, else an attacker could strip the challenge from the first request (RFC 9700 section
// 4.8.2). [I]
func (c code) provedBy(verifier string) bool {
	if c.challenge == "" || verifier == "" {
		return c.challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(c.challenge)) == 1
}
