package auth

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// The grants of oauth2.grant.
const (
	AuthorizationCode = "authorization_code" // RFC 6749, section 4.1, with PKCE (RFC 7636)
	Implicit          = "implicit"           // RFC 6749, section 4.2
	ClientCredentials = "client_credentials" // RFC 6749, section 4.4
	Password          = "password"           // RFC 6749, section 4.3
	RefreshToken      = "refresh_token"      // RFC 6749, section 6
	DeviceCode        = "device_code"        // RFC 8628
)

// The ways of Grant.ClientAuth (RFC 6749, section 2.3.1).
const (
	InHeader = "header" // HTTP Basic
	InBody   = "body"   // client_id and client_secret among the parameters
)

// Grant is what an auth.oauth2 table says once its templates are filled in: how to come by a token. Grants that are
// equal share one token, so a Grant is a map key.
type Grant struct {
	Grant string // AuthorizationCode, Implicit, …

	// Issuer is where the endpoints can be read (OpenID Connect Discovery). It is asked for those that are needed and
	// not given.
	Issuer       string
	AuthorizeURL string
	TokenURL     string
	DeviceURL    string

	ClientID     string
	ClientSecret string
	ClientAuth   string // InHeader or InBody; "": InHeader where there is a secret, else InBody

	Scope       string // scopes with blanks between them; "": the provider decides
	RedirectURI string

	// Username and Password are what the password grant sends to the token endpoint. AuthorizationCode and Implicit fill
	// in the provider's sign-in form with them; without them they need a browser.
	Username string
	Password string

	RefreshToken string // of the grant of that name
	NoPKCE       bool   // pkce = false; AuthorizationCode uses PKCE otherwise
}

// Validate says what the grant lacks, with the keys of the TOML table, before anything is sent. The error is a
// *GrantError.
func (g *Grant) Validate() error {
	if !slices.Contains(grants(), g.Grant) {
		message := "there is no grant " + strconv.Quote(g.Grant)
		if g.Grant == "" {
			message = "oauth2 needs grant"
		}
		hint := "the grants are " + strings.Join(grants(), ", ")
		if near := unknown("grant", g.Grant, grants()).Hint; strings.HasPrefix(near, "did you mean") {
			hint = near
		}
		return &GrantError{Message: message, Hint: hint}
	}
	if missing, hint := g.missing(); len(missing) > 0 {
		return &GrantError{Message: fmt.Sprintf("grant %q needs %s", g.Grant, strings.Join(missing, ", ")), Hint: hint}
	}
	for _, endpoint := range []struct{ key, value string }{
		{"issuer", g.Issuer}, {"authorize_url", g.AuthorizeURL}, {"token_url", g.TokenURL}, {"device_url", g.DeviceURL},
	} {
		if err := checkEndpoint(endpoint.key, endpoint.value); err != nil {
			return err
		}
	}
	return g.checkClient()
}

func grants() []string {
	return []string{AuthorizationCode, Implicit, ClientCredentials, Password, RefreshToken, DeviceCode}
}

// missing are the keys that the grant cannot do without, and a hint about the first that has one.
func (g *Grant) missing() (keys []string, hint string) {
	need := func(key, value, tip string) {
		if value != "" {
			return
		}
		keys = append(keys, key)
		if hint == "" {
			hint = tip
		}
	}
	need("client_id", g.ClientID, "client_id is what the provider calls your application")
	switch g.Grant {
	case AuthorizationCode, Implicit:
		need("redirect_uri", g.RedirectURI, "redirect_uri is a callback URL that the client is registered with")
		if g.Username != "" || g.Password != "" {
			need("username", g.Username, "username and password go together: they sign in at the provider's form")
			need("password", g.Password, "username and password go together: they sign in at the provider's form")
		}
	case ClientCredentials:
		need("client_secret", g.ClientSecret, "only a client that has a secret can use this grant (RFC 6749, section 4.4)")
	case Password:
		need("username", g.Username, "")
		need("password", g.Password, "")
	case RefreshToken:
		need("refresh_token", g.RefreshToken, "")
	}
	if ends := g.unknown(); len(ends) > 0 && g.Issuer == "" {
		need(strings.Join(ends, " and ")+" or issuer", "", "with an issuer the endpoints are read from its discovery document")
	}
	return keys, hint
}

// unknown are the keys of the endpoints that the grant uses and does not give.
func (g *Grant) unknown() (keys []string) {
	if (g.Grant == AuthorizationCode || g.Grant == Implicit) && g.AuthorizeURL == "" {
		keys = append(keys, "authorize_url")
	}
	if g.Grant == DeviceCode && g.DeviceURL == "" {
		keys = append(keys, "device_url")
	}
	if g.Grant != Implicit && g.TokenURL == "" {
		keys = append(keys, "token_url")
	}
	return keys
}

// checkEndpoint wants an absolute URL without a fragment (RFC 6749, section 3.1). The URL is not repeated: it may hold
// a password.
func checkEndpoint(key, value string) error {
	if value == "" {
		return nil
	}
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return &GrantError{Message: key + " is not a URL"}
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return &GrantError{Message: key + " is not an absolute URL", Hint: "begin it with https:// or http://"}
	case strings.Contains(value, "#"):
		return &GrantError{Message: key + " has a fragment", Hint: "end it before the #"}
	}
	return nil
}

// checkClient looks at what the client says about itself.
func (g *Grant) checkClient() error {
	switch {
	case g.ClientAuth != "" && g.ClientAuth != InHeader && g.ClientAuth != InBody:
		return &GrantError{Message: "client_auth is " + strconv.Quote(g.ClientAuth), Hint: `it may be "header" or "body"`}
	case g.ClientAuth == InHeader && g.ClientSecret == "":
		return &GrantError{Message: `client_auth "header" needs client_secret`, Hint: "a client without a secret sends its client_id alone"}
	}
	if u, err := url.Parse(g.RedirectURI); g.RedirectURI != "" && (err != nil || u.Scheme == "") {
		return &GrantError{Message: "redirect_uri is not an absolute URL", Hint: "write it as it is registered with the provider"}
	}
	if strings.Contains(g.RedirectURI, "#") {
		return &GrantError{Message: "redirect_uri has a fragment", Hint: "end it before the # (RFC 6749, section 3.1.2)"}
	}
	return nil
}

// interactive says whether a person has to be there.
func (g *Grant) interactive() bool {
	return (g.Grant == AuthorizationCode || g.Grant == Implicit) && g.Username == ""
}

func (g *Grant) style() oauth2.AuthStyle {
	if g.ClientAuth == InBody || g.ClientSecret == "" {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}
