package runner

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/assertion"
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
	spoiler  *auth.Spoiler
	tokens   *auth.Tokens
	verifier *auth.Verifier
	redactor *environment.Redactor
	close    func()
	// credentials are the names of variables that are sent as credentials.
	credentials map[string]bool
	// missed are the names that requests were to capture and did not, with those requests.
	missed map[string]string
	// explaining says that nothing may be sent: what would have to be has a placeholder.
	explaining bool
	payload    *payload // of the request that was resolved last, while explaining
	// subject is used again and again where nothing that was found in it is kept; else it is nil. Lookup is variable.
	subject *assertion.Subject
	lookup  func(name string) (any, bool)
}

// taintCredentials makes secrets of the credentials that a request carries.
func (u *user) taintCredentials(h exchange.Header) {
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		if _, credential, ok := strings.Cut(h.Get(name), " "); ok {
			u.redactor.AddRecent(strings.TrimSpace(credential))
		}
	}
}

// taintSignature makes a secret of the signature that OAuth 1 puts into a query or a form: of PLAINTEXT it is the secrets
// themselves (RFC 5849, section 3.4.4).
func (u *user) taintSignature(r *exchange.Request) {
	_, query, _ := strings.Cut(r.URL, "?")
	for _, text := range []string{query, string(r.Body)} {
		if !strings.Contains(text, "oauth_signature=") {
			continue
		}
		values, _ := url.ParseQuery(text)
		u.redactor.AddRecent(values.Get("oauth_signature"))
	}
}

// taintUserinfo makes a secret of the password in an address.
func (u *user) taintUserinfo(address string) {
	if !strings.Contains(address, "@") {
		return
	}
	if parsed, err := url.Parse(address); err == nil && parsed.User != nil {
		password, _ := parsed.User.Password()
		u.redactor.AddRecent(password)
	}
}

// shortCookie is the length below which a cookie is taken for a setting ("theme=dark") and not for a credential.
const shortCookie = 16

// taintAnswer makes secrets of the cookies that a server set and of the tokens that its redirects carry.
func (u *user) taintAnswer(x *exchange.Exchange) {
	u.taintCredentials(x.Sent)
	u.taintBody(x.Response.Body)
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

// maxTokenAnswer is how large an answer is looked through for tokens: 64 kB.
const maxTokenAnswer = 64 << 10

// taintBody makes secrets of the tokens that a token endpoint answers with (RFC 6749, section 5.1), captured or not.
func (u *user) taintBody(body []byte) {
	if len(body) > maxTokenAnswer || !bytes.Contains(body, []byte(`_token"`)) || !gjson.ValidBytes(body) {
		return
	}
	for _, name := range tokenParameters {
		if token := gjson.GetBytes(body, name); token.Type == gjson.String {
			u.redactor.AddRecent(token.String())
		}
	}
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
