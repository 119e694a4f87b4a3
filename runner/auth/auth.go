// Package auth puts credentials on a request, fetches those that OAuth 2.0 grants, and spoils them to prove that bad ones
// are refused.
//
// Bearer, Basic and APIKey decorate an exchange.Request; SigV4, Hawk and OAuth1 sign one; a SignedJWT is a token to send as
// Bearer. Digest and NTLM answer a challenge, and so give an exchange.Negotiator. What cannot be used as it is declared is
// a *FieldError, and nothing is sent.
//
// Tokens is the OAuth 2.0 client: it gives the token of a Grant, by way of the token endpoint, a device, or the provider's
// own sign-in form, which it fills in where a browser would be needed. A Spoiler makes bad tokens from a good one.
package auth

import (
	"encoding/base64"
	"errors"
	"strings"

	"github.com/postrider/postrider/runner/exchange"
)

// Bearer sets the Authorization field to the token (RFC 6750, section 2.1). A hand-written one is replaced, as Postman
// does. No token is an error: a request that declares auth is never sent without it.
func Bearer(r *exchange.Request, token string) error {
	if strings.TrimSpace(token) == "" {
		return errors.New("the bearer token is empty")
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// Basic sets the Authorization field to the name and the password, as UTF-8 (RFC 7617, section 2). The name may not hold
// a colon, and name and password may not both be empty.
func Basic(r *exchange.Request, username, password string) error {
	switch {
	case username == "" && password == "":
		return errors.New("the username and the password are both empty")
	case strings.Contains(username, ":"):
		return errors.New("the username holds a colon, which basic authentication cannot carry")
	}
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(username+":"+password)))
	return nil
}

// BearerToken is the bearer token that a request carries, and whether it carries one. The scheme's case does not matter
// (RFC 9110, section 11.1).
func BearerToken(r *exchange.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	return token, ok && strings.EqualFold(scheme, "bearer") && token != ""
}
