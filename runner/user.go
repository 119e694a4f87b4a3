package runner

import (
	"net/url"
	"strings"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A user is what changes while a collection runs: one for each run, and for each virtual user.
type user struct {
	options  *Options
	scopes   *environment.Scopes
	jar      *exchange.Jar
	client   *exchange.Client
	spoiler  auth.Spoiler
	tokens   *auth.Tokens
	verifier *auth.Verifier
	redactor *environment.Redactor
	close    func()
}

// taintCredentials makes secrets of the credentials that a request carries.
func (u *user) taintCredentials(h exchange.Header) {
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if _, credential, ok := strings.Cut(h.Get(name), " "); ok {
			u.redactor.AddRecent(strings.TrimSpace(credential))
		}
	}
}

// shortCookie is the length below which a cookie is taken for a setting ("theme=dark") and not for a credential.
const shortCookie = 16

// taintAnswer makes secrets of the cookies that a server set and of the tokens that its redirects carry.
func (u *user) taintAnswer(x *exchange.Exchange) {
	for _, c := range x.Cookies {
		if c.HttpOnly || len(c.Value) >= shortCookie {
			u.redactor.AddRecent(c.Value)
		}
	}
	for _, hop := range x.Redirects {
		u.taintURL(hop.Location)
	}
	u.taintURL(x.Response.Header.Get("Location"))
}

// tokenParameters are the parameters of OAuth 2.0 and OpenID Connect that are credentials.
var tokenParameters = []string{"access_token", "id_token", "refresh_token", "code"}

func (u *user) taintURL(raw string) {
	if !strings.Contains(raw, "_token=") && !strings.Contains(raw, "code=") {
		return
	}
	_, fragment, _ := strings.Cut(raw, "#")
	before, _, _ := strings.Cut(raw, "#")
	_, query, _ := strings.Cut(before, "?")
	for _, part := range []string{fragment, query} {
		values, _ := url.ParseQuery(part)
		for _, name := range tokenParameters {
			u.redactor.AddRecent(values.Get(name))
		}
	}
}
