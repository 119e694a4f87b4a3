package collection

import (
	"slices"
	"strings"
)

// AuthKinds are the ways to authenticate that `auth` may name as a key, in the order of the reference.
func AuthKinds() []AuthKind {
	return []AuthKind{Bearer, Basic, Digest, APIKey, AWS, JWT, NTLM, Hawk, OAuth1, OAuth2}
}

// AuthKeys are the keys of auth.KIND, in the order of the reference; none of a kind that has no table. All are texts but
// pkce, payload_hash and body_hash, which are booleans, a JWT's claims and header, which are tables, and its lifetime, which
// is a duration without templates.
func AuthKeys(kind AuthKind) []string {
	switch kind {
	case Basic, Digest:
		return []string{"username", "password"}
	case APIKey:
		return []string{"name", "value", "in"}
	case AWS:
		return []string{"access_key", "secret_key", "session_token", "region", "service"}
	case JWT:
		return []string{"algorithm", "key", "claims", "header", "lifetime"}
	case NTLM:
		return []string{"username", "password", "domain", "workstation"}
	case Hawk:
		return []string{"id", "key", "algorithm", "ext", "app", "dlg", "payload_hash"}
	case OAuth1:
		return []string{"consumer_key", "consumer_secret", "token", "token_secret", "signature_method", "private_key", "realm", "callback", "verifier",
			"body_hash", "in"}
	case OAuth2:
		return []string{"grant", "issuer", "authorize_url", "token_url", "device_url", "client_id", "client_secret", "client_auth", "scope", "redirect_uri",
			"username", "password", "refresh_token", "pkce"}
	}
	return nil
}

// OAuth2Keys are the keys of auth.oauth2: see [AuthKeys].
func OAuth2Keys() []string { return AuthKeys(OAuth2) }

// AuthPlaces are the legal values of `in`, where a credential goes; none of a kind without that key. The first is where
// it goes when nothing is said.
func AuthPlaces(kind AuthKind) []string {
	switch kind {
	case APIKey:
		return []string{"header", "query", "cookie"}
	case OAuth1:
		return []string{"header", "query", "body"}
	}
	return nil
}

// requiredAuthKeys are the keys of auth.KIND without which there is no credential.
func requiredAuthKeys(kind AuthKind) []string {
	switch kind {
	case Basic, Digest, NTLM:
		return []string{"username", "password"}
	case APIKey:
		return []string{"name", "value"}
	case AWS:
		return []string{"access_key", "secret_key"}
	case JWT:
		return []string{"algorithm", "key"}
	case Hawk:
		return []string{"id", "key"}
	case OAuth1:
		return []string{"consumer_key"}
	case OAuth2:
		return []string{"grant"}
	}
	return nil
}

// authExample is how auth.KIND is written.
func authExample(kind AuthKind) string {
	example := ""
	switch kind {
	case Basic, Digest, NTLM:
		example = `{ username = "{{username}}", password = "{{password}}" }`
	case APIKey:
		example = `{ name = "X-API-Key", value = "{{api_key}}", in = "header" }`
	case AWS:
		example = `{ access_key = "{{access_key}}", secret_key = "{{secret_key}}", region = "us-east-1", service = "execute-api" }`
	case JWT:
		example = `{ algorithm = "HS256", key = "{{signing_key}}", claims = { sub = "jane" } }`
	case Hawk:
		example = `{ id = "{{hawk_id}}", key = "{{hawk_key}}", algorithm = "sha256" }`
	case OAuth1:
		example = `{ consumer_key = "{{consumer_key}}", consumer_secret = "{{consumer_secret}}", token = "{{token}}", token_secret = "{{token_secret}}" }`
	case OAuth2:
		example = `{ grant = "client_credentials", token_url = "{{domain}}/oauth2/token", client_id = "{{client_id}}", client_secret = "{{client_secret}}" }`
	}
	return "auth." + string(kind) + " = " + example
}

func (d *decoder) auth(e entry) *Auth {
	const example = `auth.bearer = "{{access_token}}"`
	if s, ok := e.Node.Text(); ok {
		if s != string(NoAuth) {
			d.errorf(e.Node.Span, "for example "+example, `"auth" as a string must be "none", not %q`, s)
			return nil
		}
		return &Auth{Kind: NoAuth, Span: e.Node.Span}
	}
	var auth *Auth
	for _, kind := range d.entries(e, example) {
		next := &Auth{Kind: AuthKind(kind.Key), Span: kind.Node.Span}
		switch {
		case next.Kind == Bearer:
			next.Token = d.textValue(kind)
		case slices.Contains(AuthKinds(), next.Kind):
			d.authTable(kind, next)
		default:
			d.unknown(kind, "auth", authKindNames())
			continue
		}
		if auth != nil {
			d.errorf(kind.Span, "a request authenticates in one way", `auth is %q already`, string(auth.Kind))
			continue
		}
		auth = next
	}
	if auth == nil && e.Node.Kind == Table && len(e.Node.Entries) == 0 {
		d.errorf(e.Node.Span, `to send none, say auth = "none"`, "auth is empty")
	}
	return auth
}

func authKindNames() []string {
	var names []string
	for _, kind := range AuthKinds() {
		names = append(names, string(kind))
	}
	return names
}

// authTable reads auth.KIND = { … }.
func (d *decoder) authTable(e entry, auth *Auth) {
	where := "auth." + e.Key
	for _, f := range d.entries(e, authExample(auth.Kind)) {
		if !slices.Contains(AuthKeys(auth.Kind), f.Key) {
			d.unknown(f, where, AuthKeys(auth.Kind))
			continue
		}
		if !d.authValue(f, auth.Kind) {
			continue
		}
		switch {
		case auth.Kind != Basic:
			auth.Fields = append(auth.Fields, Field{f.Key, f.Span, f.Node})
		case f.Key == "username":
			auth.Username = f.Node
		default:
			auth.Password = f.Node
		}
	}
	if e.Node.Kind != Table {
		return
	}
	for _, name := range requiredAuthKeys(auth.Kind) {
		if _, ok := e.Node.Get(name); !ok {
			d.errorf(e.Node.Span, missingAuthHint(auth.Kind, name), "%s has no %q", where, name)
		}
	}
	if auth.Kind == OAuth1 {
		d.oauth1Secret(e)
	}
}

// missingAuthHint says how to write a key that is not there. That a name or password is empty has to be written.
func missingAuthHint(kind AuthKind, name string) string {
	if name == "username" || name == "password" {
		return `an empty one is said as ""`
	}
	return "for example " + authExample(kind)
}

// authValue reports, with a diagnostic if not, whether a key of auth.KIND has a value of its type.
func (d *decoder) authValue(e entry, kind AuthKind) bool {
	switch e.Key {
	case "pkce", "payload_hash", "body_hash":
		_, ok := d.flag(e)
		return ok
	case "claims", "header":
		if e.Node.Kind != Table {
			d.wrong(e, "a table", map[string]string{"claims": `claims = { sub = "jane" }`, "header": `header = { kid = "1" }`}[e.Key])
			return false
		}
		return true
	case "lifetime":
		return d.duration(e, `lifetime = "5m"`, 1) != nil
	case "in":
		if s, ok := e.Node.Text(); ok && hasTemplate(s) {
			return true
		}
		_, ok := d.oneOf(e, AuthPlaces(kind))
		return ok
	}
	return d.textValue(e) != nil
}

// oauth1Secret looks for what signs: a private key for the RSA methods, and else the consumer's secret (RFC 5849,
// section 3.4).
func (d *decoder) oauth1Secret(e entry) {
	method := "HMAC-SHA1"
	if f, ok := e.Node.Get("signature_method"); ok {
		method, _ = f.Node.Text()
	}
	need, hint := "consumer_secret", "for example "+authExample(OAuth1)
	switch {
	case hasTemplate(method):
		return
	case strings.HasPrefix(strings.ToUpper(method), "RSA"):
		need, hint = "private_key", "the RSA methods sign with a private key in PEM's form"
	}
	if _, ok := e.Node.Get(need); !ok {
		d.errorf(e.Node.Span, hint, "auth.oauth1 has no %q", need)
	}
}
