package auth_test

import (
	"testing"

	"github.com/postrider/postrider/runner/auth"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	const (
		grants   = "the grants are authorization_code, implicit, client_credentials, password, refresh_token, device_code"
		clientID = "client_id is what the provider calls your application"
		redirect = "redirect_uri is a callback URL that the client is registered with"
		issuer   = "with an issuer the endpoints are read from its discovery document"
		both     = "username and password go together: they sign in at the provider's form"
		secret   = "only a client that has a secret can use this grant (RFC 6749, section 4.4)"
		scheme   = "begin it with https:// or http://"
	)
	tests := map[string]struct {
		g             auth.Grant
		message, hint string
	}{
		"nothing":      {auth.Grant{}, "oauth2 needs grant", grants},
		"unknown":      {auth.Grant{Grant: "code"}, `there is no grant "code"`, grants},
		"code bare":    {auth.Grant{Grant: "authorization_code"}, `grant "authorization_code" needs client_id, redirect_uri, authorize_url and token_url or issuer`, clientID},
		"code":         {auth.Grant{Grant: "authorization_code", ClientID: "c", RedirectURI: "app:/x", AuthorizeURL: "https://a", TokenURL: "https://t"}, "", ""},
		"code issuer":  {auth.Grant{Grant: "authorization_code", ClientID: "c", RedirectURI: "http://localhost", Issuer: "https://a"}, "", ""},
		"code half":    {auth.Grant{Grant: "authorization_code", ClientID: "c", RedirectURI: "http://localhost", AuthorizeURL: "https://a"}, `grant "authorization_code" needs token_url or issuer`, issuer},
		"no password":  {auth.Grant{Grant: "implicit", ClientID: "c", RedirectURI: "http://localhost", AuthorizeURL: "https://a", Username: "jane"}, `grant "implicit" needs password`, both},
		"no username":  {auth.Grant{Grant: "authorization_code", ClientID: "c", RedirectURI: "http://localhost", Issuer: "https://a", Password: "s3cret"}, `grant "authorization_code" needs username`, both},
		"implicit":     {auth.Grant{Grant: "implicit", ClientID: "c", RedirectURI: "http://localhost", AuthorizeURL: "https://a"}, "", ""},
		"implicit URI": {auth.Grant{Grant: "implicit", ClientID: "c", AuthorizeURL: "https://a"}, `grant "implicit" needs redirect_uri`, redirect},
		"credentials":  {auth.Grant{Grant: "client_credentials", ClientID: "c", ClientSecret: "s3cret"}, `grant "client_credentials" needs token_url or issuer`, issuer},
		"no secret":    {auth.Grant{Grant: "client_credentials", ClientID: "c", Issuer: "https://a"}, `grant "client_credentials" needs client_secret`, secret},
		"password":     {auth.Grant{Grant: "password", ClientID: "c", TokenURL: "https://a"}, `grant "password" needs username, password`, ""},
		"password ok":  {auth.Grant{Grant: "password", ClientID: "c", TokenURL: "https://a", Username: "u", Password: "p"}, "", ""},
		"refresh":      {auth.Grant{Grant: "refresh_token", ClientID: "c", TokenURL: "https://a"}, `grant "refresh_token" needs refresh_token`, ""},
		"refresh ok":   {auth.Grant{Grant: "refresh_token", ClientID: "c", TokenURL: "https://a", RefreshToken: "r"}, "", ""},
		"device":       {auth.Grant{Grant: "device_code", ClientID: "c"}, `grant "device_code" needs device_url and token_url or issuer`, issuer},
		"device ok":    {auth.Grant{Grant: "device_code", ClientID: "c", DeviceURL: "https://d", TokenURL: "https://a"}, "", ""},
		"relative":     {auth.Grant{Grant: "refresh_token", ClientID: "c", TokenURL: "/token", RefreshToken: "r"}, "token_url is not an absolute URL", scheme},
		"file":         {auth.Grant{Grant: "refresh_token", ClientID: "c", TokenURL: "file:///etc/passwd", RefreshToken: "r"}, "token_url is not an absolute URL", scheme},
		"no URL":       {auth.Grant{Grant: "refresh_token", ClientID: "c", TokenURL: "http://a:s3cret@b:x/", RefreshToken: "r"}, "token_url is not a URL", ""},
		"fragment":     {auth.Grant{Grant: "refresh_token", ClientID: "c", Issuer: "https://a/#b", RefreshToken: "r"}, "issuer has a fragment", "end it before the #"},
		"client_auth":  {auth.Grant{Grant: "refresh_token", ClientID: "c", Issuer: "https://a", RefreshToken: "r", ClientAuth: "basic"}, `client_auth is "basic"`, `it may be "header" or "body"`},
		"header":       {auth.Grant{Grant: "refresh_token", ClientID: "c", Issuer: "https://a", RefreshToken: "r", ClientAuth: "header"}, `client_auth "header" needs client_secret`, "a client without a secret sends its client_id alone"},
		"URI relative": {auth.Grant{Grant: "implicit", ClientID: "c", RedirectURI: "/callback", Issuer: "https://a"}, "redirect_uri is not an absolute URL", "write it as it is registered with the provider"},
		"URI fragment": {auth.Grant{Grant: "implicit", ClientID: "c", RedirectURI: "https://a/#", Issuer: "https://a"}, "redirect_uri has a fragment", "end it before the # (RFC 6749, section 3.1.2)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.g.Validate()
			if test.message == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantError(t, err, test.message, test.hint)
			if _, err := newTokens(t, auth.Options{}).Token(t.Context(), test.g); err == nil || err.Error() != test.message {
				t.Errorf("Token gives %v", err)
			}
		})
	}
}
