package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// A signedToken is a token that may be verified: its form is right and its algorithm is one of those that are accepted.
type signedToken struct {
	jws       *jose.JSONWebSignature
	algorithm jose.SignatureAlgorithm
	kid       string // "": none
}

// acceptedAlgorithms are those whose keys can be public.
func acceptedAlgorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// readToken takes a token apart. go-jose would take line breaks within base64 and stray bits at its end, with which one
// token can be written in many ways (RFC 4648, section 3.5), and its JSON is not bounded in depth.
func readToken(token string) (signedToken, error) {
	var t signedToken
	parts := strings.Split(token, ".")
	switch {
	case strings.TrimSpace(token) == "":
		return t, &VerifyError{Message: "the token is empty"}
	case len(parts) == 5:
		return t, &VerifyError{Message: "the token is encrypted (JWE), which is not a signature"}
	case len(parts) == 1:
		return t, noJWT("it has no dots, where a JWT has two")
	case len(parts) != 3:
		return t, noJWT("it has %d parts between dots, not 3", len(parts))
	}
	var header map[string]json.RawMessage
	for i, part := range parts {
		name := [...]string{"header", "claims part", "signature"}[i]
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || strings.ContainsAny(part, "\r\n") {
			return t, noJWT("its %s is not base64url", name)
		}
		if base64.RawURLEncoding.EncodeToString(raw) != part {
			return t, noJWT("its %s was changed or cut short at its end", name)
		}
		if i == 0 && (json.Unmarshal(raw, &header) != nil || header == nil) {
			return t, noJWT("its header is not a JSON object")
		}
	}
	if err := checkHeader(header, parts[2] != ""); err != nil {
		return t, err
	}
	var err error
	if t.jws, err = jose.ParseSignedCompact(token, acceptedAlgorithms()); err != nil {
		return t, &VerifyError{
			Message: "the header of the token is broken",
			Hint:    "it has a name twice, a kid that is not a text, or a jwk or x5c that is none",
		}
	}
	h := t.jws.Signatures[0].Protected
	t.algorithm, t.kid = jose.SignatureAlgorithm(h.Algorithm), h.KeyID
	return t, nil
}

func noJWT(format string, args ...any) *VerifyError {
	return &VerifyError{Message: "the token is not a JWT: " + fmt.Sprintf(format, args...)}
}

// checkHeader refuses the headers that must not be believed, each with its reason.
func checkHeader(header map[string]json.RawMessage, signed bool) error {
	algorithm := jsonText(header["alg"])
	var names []string
	for _, a := range acceptedAlgorithms() {
		names = append(names, string(a))
	}
	switch {
	case strings.EqualFold(strings.TrimSpace(algorithm), "none"):
		return &VerifyError{Message: "the token is not signed (alg none)"}
	case algorithm == "":
		return &VerifyError{Message: "the header of the token has no alg"}
	case len(algorithm) > 2 && strings.EqualFold(algorithm[:2], "HS"):
		return &VerifyError{
			Message: "the token is signed with " + strconv.Quote(oneLine(algorithm)) + ", a shared secret, which no key set can verify",
			Hint:    "accepted are " + strings.Join(names, " "),
		}
	case !slices.Contains(names, algorithm):
		return &VerifyError{
			Message: "the token is signed with " + strconv.Quote(oneLine(algorithm)) + ", which is not known",
			Hint:    "accepted are " + strings.Join(names, " "),
		}
	case !signed:
		return &VerifyError{Message: "the token has no signature, and its alg is " + algorithm}
	case header["crit"] != nil:
		return &VerifyError{Message: "the header of the token asks for extensions (crit), and none is known"}
	case header["b64"] != nil && string(header["b64"]) != "true":
		return &VerifyError{Message: "the header of the token has b64, which a JWT must not have"} // RFC 7797, section 7
	}
	return nil
}

// jsonText is a JSON string; "" if it is something else.
func jsonText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}
