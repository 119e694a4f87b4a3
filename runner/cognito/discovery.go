package cognito

import (
	"encoding/json"
	"net/http"
)

// Both paths are below the issuer. [D] server-contract-reference
const (
	discoveryPath = "/.well-known/openid-configuration"
	jwksPath      = "/.well-known/jwks.json"
)

// discovery is the document of OpenID Connect Discovery, with the members and the order of a real one from before
// 2024-02-27, when end_session_endpoint came in. [O] a fixture of Micronaut Security
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request) {
	writeIssuerJSON(w, object{
		{"authorization_endpoint", s.URL + authorizePath},
		{"id_token_signing_alg_values_supported", []string{"RS256"}},
		{"issuer", s.Issuer()},
		{"jwks_uri", s.JWKSURL()},
		{"response_types_supported", []string{"code", "token"}},
		{"scopes_supported", []string{scopeOpenID, scopeEmail, scopePhone, scopeProfile}},
		{"subject_types_supported", []string{"public"}},
		{"token_endpoint", s.URL + tokenPath},
		{"token_endpoint_auth_methods_supported", []string{"client_secret_basic", "client_secret_post"}},
		{"userinfo_endpoint", s.URL + userInfoPath},
	})
}

// publicKey is a key of the key set, with its members in Cognito's order. [O]
type publicKey struct {
	Alg string `json:"alg"`
	E   string `json:"e"`
	Kid string `json:"kid"`
	Kty string `json:"kty"`
	N   string `json:"n"`
	Use string `json:"use"`
}

// jwks is the key set (RFC 7517): the key of ID tokens, then that of access tokens.
func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	if err := s.keys.ready(); err != nil {
		writeEmpty(w, http.StatusInternalServerError)
		return
	}
	keys := make([]publicKey, 2)
	for i, key := range []*signingKey{&s.keys.id, &s.keys.access} {
		// By way of JSON, so that the encoding of n and e is go-jose's.
		b, err := key.public.MarshalJSON()
		if err == nil {
			err = json.Unmarshal(b, &keys[i])
		}
		if err != nil {
			writeEmpty(w, http.StatusInternalServerError)
			return
		}
	}
	writeIssuerJSON(w, object{{"keys", keys}})
}

// writeIssuerJSON answers as the issuer's host does. Its headers were not found. [?] Single-page apps that are given the
// issuer read it from their own origin, so it must allow that. [I]
func writeIssuerJSON(w http.ResponseWriter, body object) {
	b, err := body.MarshalJSON()
	if err != nil {
		writeEmpty(w, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b)
}
