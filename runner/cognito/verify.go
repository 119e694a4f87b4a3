package cognito

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// bearerClaims are the claims by which the pool judges a token of its own.
type bearerClaims struct {
	TokenUse string `json:"token_use"`
	Scope    string `json:"scope"`
	Issuer   string `json:"iss"`
	Expires  int64  `json:"exp"` // seconds since 1970
	ClientID string `json:"client_id"`
	Username string `json:"username"` // absent from client_credentials tokens. [O]
	Event    string `json:"event_id"`
	ID       string `json:"jti"`
	Origin   string `json:"origin_jti"` // absent from tokens that cannot be revoked
}

// verify returns the claims of a token that this pool signed and that has not expired.
func (s *Server) verify(token string) (bearerClaims, error) {
	claims, err := s.signed(token)
	if err == nil && !s.now().Before(time.Unix(claims.Expires, 0)) {
		err = errors.New("token has expired")
	}
	return claims, err
}

// holder returns the user of an access token as long as the pool's own endpoints take it: client and user exist, the
// user is not disabled and has not been signed out since, and the refresh token next to it has not been revoked.
func (s *Server) holder(claims bearerClaims) (*user, bool) {
	u, ok := s.store.active(claims.Username)
	if !ok || s.store.clients[claims.ClientID] == nil || claims.ID != u.tokenID(claims.Event) {
		return nil, false
	}
	if _, revoked := s.store.revoked.get(claims.Origin, s.now()); revoked {
		return nil, false
	}
	return u, true
}

// signed returns the claims of a token of either kind that this pool signed with the key for that kind. The algorithm is RS256 whatever the token says (RFC 8725 section 3.1), and the key is one of ours
// whatever key the header brings along.
func (s *Server) signed(token string) (bearerClaims, error) {
	var claims bearerClaims
	if err := strictCompact(token); err != nil {
		return claims, err
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return claims, fmt.Errorf("parse token: %w", err)
	}
	if err := s.keys.ready(); err != nil {
		return claims, err
	}
	key, use, ok := s.keys.byID(jws.Signatures[0].Header.KeyID)
	if !ok {
		return claims, errors.New("token is signed with an unknown key")
	}
	payload, err := jws.Verify(key.public)
	if err != nil {
		return claims, fmt.Errorf("verify token: %w", err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return claims, fmt.Errorf("read token claims: %w", err)
	}
	switch {
	case claims.TokenUse != use:
		return claims, fmt.Errorf("token_use %q is signed with the key for %q", claims.TokenUse, use)
	case claims.Issuer != s.Issuer():
		return claims, errors.New("token is from another issuer")
	}
	return claims, nil
}

// strictCompact refuses base64 with line breaks or stray bits at its end, which decoders let pass and with which one
// token could be written in many ways (RFC 4648 section 3.5).
func strictCompact(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("token does not have three parts")
	}
	strict := base64.RawURLEncoding.Strict()
	for _, part := range parts {
		if strings.ContainsAny(part, "\r\n") {
			return errors.New("token has a line break")
		}
		if _, err := strict.DecodeString(part); err != nil {
			return fmt.Errorf("decode token: %w", err)
		}
	}
	return nil
}
