package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The values of the token_use claim.
const (
	useID     = "id"
	useAccess = "access"
)

// grant is what a user has agreed to by signing in: the makings of tokens.
type grant struct {
	client   *Client
	user     *user
	scopes   []string // in the order of the scope claim
	nonce    string
	authTime time.Time // when the user signed in, which a session may have kept
	origin   string    // by which the tokens can be revoked; empty: they have no refresh token, or it cannot be
}

// tokens are what one grant yields.
type tokens struct {
	id        string // empty without the openid scope. [D] authorization-endpoint
	access    string
	refresh   string // empty but after a code, and with rotation
	expiresIn int    // seconds, of the access token
}

// issue signs the tokens of the grant with the given time as their iat.
func (s *Server) issue(g grant, at time.Time) (tokens, error) {
	if err := s.keys.ready(); err != nil {
		return tokens{}, err
	}
	event := uuid.NewString()
	access, err := s.keys.access.sign(s.accessClaims(g, event, at))
	if err != nil {
		return tokens{}, err
	}
	t := tokens{access: access, expiresIn: int(g.client.AccessTokenValidity / time.Second)}
	if slices.Contains(g.scopes, scopeOpenID) {
		t.id, err = s.keys.id.sign(s.idClaims(g, event, atHash(access), at))
	}
	return t, err
}

// accessClaims are in the order of 2019 and 2020; cognito:groups stands after sub as in 2023, and origin_jti before
// event_id as in 2026. [O] There is no aud. [D]
//
// Tokens that can be revoked have origin_jti. AWS gives one to those of the implicit flow too, where there is no refresh
// token to revoke [D]; here they stay as the tutorial shows them.
func (s *Server) accessClaims(g grant, event string, at time.Time) object {
	claims := object{{"sub", g.user.sub}}
	if len(g.user.groups) > 0 {
		claims = append(claims, member{"cognito:groups", g.user.groups})
	}
	claims = append(claims, g.originClaim()...)
	return append(claims, object{
		{"event_id", event},
		{"token_use", useAccess},
		{"scope", strings.Join(g.scopes, " ")},
		{"auth_time", g.authTime.Unix()},
		{"iss", s.Issuer()},
		{"exp", at.Add(g.client.AccessTokenValidity).Unix()},
		{"iat", at.Unix()},
		{"version", 2},
		{"jti", g.user.tokenID(event)},
		{"client_id", g.client.ID},
		{"username", g.user.name},
	}...)
}

func (g grant) originClaim() object {
	if g.origin == "" {
		return nil
	}
	return object{{"origin_jti", g.origin}}
}

// tokenID makes the jti of an access token of its event_id and of how often the user had been signed out everywhere.
// So the pool can tell tokens from before the last time without remembering any of them, and without iat, whose
// second is too coarse for a test that signs out and in again.
func (u *user) tokenID(event string) string {
	return uuid.NewHash(sha256.New(), uuid.Nil, []byte(event+" "+strconv.Itoa(u.signOuts)), 4).String()
}

// idClaims are in the order of 2020; cognito:groups, nonce and jti stand where tokens of 2023 have them. [O]
// The order of attributes besides email_verified and email is ours. [?]
func (s *Server) idClaims(g grant, event, atHash string, at time.Time) object {
	seen := g.user.attributesFor(g.scopes)
	claims := object{{"at_hash", atHash}, {"sub", g.user.sub}}
	if len(g.user.groups) > 0 {
		claims = append(claims, member{"cognito:groups", g.user.groups})
	}
	claims = append(claims, member{"aud", g.client.ID})
	claims = append(claims, take(seen, asBool, "email_verified", "phone_number_verified")...)
	claims = append(claims, g.originClaim()...)
	claims = append(claims, object{
		{"event_id", event},
		{"token_use", useID},
		{"auth_time", g.authTime.Unix()},
		{"iss", s.Issuer()},
		{"cognito:username", g.user.name},
	}...)
	if g.nonce != "" {
		claims = append(claims, member{"nonce", g.nonce})
	}
	claims = append(claims, object{{"exp", at.Add(g.client.IDTokenValidity).Unix()}, {"iat", at.Unix()}}...)
	if g.origin != "" {
		claims = append(claims, member{"jti", uuid.NewString()}) // came with revocation. [D] token-revocation
	}
	email := take(seen, asString, "email")
	claims = append(claims, take(seen, asString, sortedNames(seen, "")...)...)
	return append(claims, email...)
}

// atHash is the left half of the SHA-256 of the access token (OpenID Connect Core section 3.2.2.9). [O]
func atHash(access string) string {
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}
