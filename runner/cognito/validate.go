package cognito

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// Quotas of AWS. [D] limits
const (
	maxURLs           = 100
	maxScopes         = 50
	maxResourceScopes = 100
	minTokenValidity  = 5 * time.Minute
	maxTokenValidity  = 24 * time.Hour

	minRefreshValidity = time.Hour
	maxRefreshValidity = 3650 * 24 * time.Hour
)

// Problem is one thing in a Config that AWS, or this pool, refuses.
type Problem struct {
	// Path leads to the value, in the words of the [cognito] table: {"client", 0, "callback_urls", 1}.
	Path []any
	// Message is AWS's own where it is known, verbatim.
	Message string
	// Hint says what to do; it may be empty.
	Hint string
}

// String is the path and the message, for example `client[0].callback_urls[1]: http://a/ cannot use the HTTP protocol.`
func (p Problem) String() string {
	var b strings.Builder
	for _, step := range p.Path {
		if i, ok := step.(int); ok {
			fmt.Fprintf(&b, "[%d]", i)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		fmt.Fprint(&b, step)
	}
	return b.String() + ": " + p.Message
}

// ConfigError is the error of NewServer for a Config with problems.
type ConfigError struct {
	Problems []Problem // at least one
}

func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return "invalid user pool: " + strings.Join(lines, "; ")
}

var (
	poolIDPattern   = lazily(`^[a-z0-9-]+_[0-9A-Za-z]+$`)
	clientIDPattern = lazily(`^[\w+]{1,128}$`)
	// Of the API reference of CreateResourceServer: printable ASCII but no space, quote or backslash; and no slash in
	// the name of a scope, which follows one. [D]
	identifierPattern = lazily(`^[\x21\x23-\x5B\x5D-\x7E]{1,256}$`)
	scopeNamePattern  = lazily(`^[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$`)
)

// lazily compiles an expression when it is first needed: most runs have no pool.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// standardAttributes are those of every pool, and sub. [D] user-pool-settings-attributes
var standardAttributes = []string{
	"address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name",
	"name", "nickname", "phone_number", "phone_number_verified", "picture", "preferred_username", "profile", "sub",
	"updated_at", "website", "zoneinfo",
}

// validator collects problems under the path that it stands at.
type validator struct {
	problems []Problem
}

func (v *validator) add(path []any, message, hint string) {
	v.problems = append(v.problems, Problem{Path: path, Message: message, Hint: hint})
}

// Validate returns all that AWS would refuse in the pool, and what this pool cannot do, in the order of the fields;
// nil when there is nothing.
func (c Config) Validate() []Problem {
	c = c.withDefaults()
	v := &validator{}
	v.pool(c)
	ids := map[string]bool{}
	for i, client := range c.Clients {
		v.client(c, i, client, ids)
	}
	identifiers := map[string]bool{}
	for i, rs := range c.ResourceServers {
		v.resourceServer(i, rs, identifiers)
	}
	names := map[string]bool{}
	for i, u := range c.Users {
		v.user(i, u, names)
	}
	return v.problems
}

func (v *validator) pool(c Config) {
	switch {
	case !poolIDPattern().MatchString(c.PoolID):
		v.add([]any{"user_pool_id"}, fmt.Sprintf("%q is not a user pool id", c.PoolID),
			"write the region, an underscore, and letters and digits: us-east-1_AbCdEfGhI")
	case !strings.HasPrefix(c.PoolID, c.Region+"_"):
		v.add([]any{"user_pool_id"}, fmt.Sprintf("user pool id %q is not in region %q", c.PoolID, c.Region),
			"a user pool id begins with its region and an underscore")
	}
	if err := checkLoopback(c.Addr); err != nil {
		v.add([]any{"addr"}, err.Error(), "the pool is for this machine only: use "+DefaultAddr)
	}
}

func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: not host:port", addr)
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fmt.Errorf("address %q is not on the loopback interface", addr)
	}
	return nil
}

func (v *validator) client(c Config, i int, client Client, ids map[string]bool) {
	at := func(steps ...any) []any { return append([]any{"client", i}, steps...) }
	switch {
	case client.ID == "":
		v.add(at("id"), "the client has no id", "write the client id that requests will carry, such as 1example23456789")
	case !clientIDPattern().MatchString(client.ID):
		v.add(at("id"), fmt.Sprintf("%q is not a client id", client.ID), "use letters, digits, _ and +, at most 128")
	case ids[client.ID]:
		v.add(at("id"), fmt.Sprintf("client id %q is used twice", client.ID), "")
	}
	ids[client.ID] = true
	v.flows(at, client)
	v.clientScopes(at, c, client)
	v.urls(at, "callback_urls", client.CallbackURLs)
	v.urls(at, "logout_urls", client.LogoutURLs)
	v.validity(at("access_token_validity"), client.AccessTokenValidity)
	v.validity(at("id_token_validity"), client.IDTokenValidity)
	if d := client.RefreshTokenValidity; d < minRefreshValidity || d > maxRefreshValidity || d%time.Second != 0 {
		v.add(at("refresh_token_validity"), "Invalid range for token validity.", "1 hour to 3650 days, in whole seconds")
	}
}

func (v *validator) flows(at func(...any) []any, client Client) {
	for j, flow := range client.Flows {
		if flow != FlowCode && flow != FlowImplicit && flow != FlowClientCredentials {
			v.add(at("flows", j), "Member must satisfy enum value set: [implicit, client_credentials, code]",
				fmt.Sprintf("%q is not a flow", flow))
		}
	}
	if !client.allows(FlowClientCredentials) {
		return
	}
	if client.allows(FlowCode) || client.allows(FlowImplicit) {
		v.add(at("flows"), "client_credentials flow can not be selected along with code flow or implicit flow.",
			"make two clients of it")
	}
	if client.Secret == "" {
		v.add(at("flows"), "client_credentials flow can not be selected if client does not have a client secret.",
			"give the client a secret")
	}
}

func (v *validator) clientScopes(at func(...any) []any, c Config, client Client) {
	if len(client.Scopes) > maxScopes {
		v.add(at("scopes"), fmt.Sprintf("%d scopes are more than AWS's limit of %d", len(client.Scopes), maxScopes), "")
	}
	machine := client.allows(FlowClientCredentials) && !client.allows(FlowCode) && !client.allows(FlowImplicit)
	for j, scope := range client.Scopes {
		switch {
		case slices.Contains(standardScopes, scope):
			if machine {
				v.add(at("scopes", j), scope+" is not supported with client_credentials flow",
					"such tokens carry scopes of resource servers only")
			}
		case !slices.ContainsFunc(c.ResourceServers, func(rs ResourceServer) bool { return rs.declares(scope) }):
			v.add(at("scopes", j), "Invalid scope requested: "+scope,
				"declare it in a resource_server, and write it identifier/scope")
		}
	}
}

func (rs ResourceServer) declares(scope string) bool {
	return slices.ContainsFunc(rs.Scopes, func(name string) bool { return rs.Identifier+"/"+name == scope })
}

func (v *validator) urls(at func(...any) []any, key string, urls []string) {
	if len(urls) > maxURLs {
		v.add(at(key), fmt.Sprintf("%d URLs are more than AWS's limit of %d", len(urls), maxURLs), "")
	}
	for j, raw := range urls {
		if message, hint := checkURL(raw); message != "" {
			v.add(at(key, j), message, hint)
		}
	}
}

// checkURL applies the rules for callback and sign-out URLs: absolute, no fragment, HTTPS but for this machine and
// for schemes of apps. [D] authorization-endpoint; the loopback literals since 2025-08-28 [O] vscode#256122
func checkURL(raw string) (message, hint string) {
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsFunc(raw, unicode.IsSpace) {
		return fmt.Sprintf("%q is not a URL", raw), "spaces and control characters have to be percent-encoded"
	}
	web := u.Scheme == "http" || u.Scheme == "https"
	switch {
	case !u.IsAbs() || web && u.Host == "":
		return fmt.Sprintf("%q is not an absolute URL", raw), "begin it with https://, http://localhost or the scheme of an app"
	case strings.Contains(raw, "#"):
		return fmt.Sprintf("%q has a fragment", raw), "leave out # and what follows: the tokens go there"
	case u.Scheme == "http" && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()):
		return raw + " cannot use the HTTP protocol.", "use https, or http://localhost with any port"
	}
	return "", ""
}

func (v *validator) validity(path []any, d time.Duration) {
	if d < minTokenValidity || d > maxTokenValidity || d%time.Second != 0 {
		v.add(path, "Invalid range for token validity.", "5 minutes to 1 day, in whole seconds")
	}
}

func (v *validator) resourceServer(i int, rs ResourceServer, seen map[string]bool) {
	at := func(steps ...any) []any { return append([]any{"resource_server", i}, steps...) }
	switch {
	case !identifierPattern().MatchString(rs.Identifier):
		v.add(at("identifier"), fmt.Sprintf("%q is not a resource server identifier", rs.Identifier),
			"use printable ASCII without spaces, such as https://api.example.com")
	case seen[rs.Identifier]:
		v.add(at("identifier"), fmt.Sprintf("resource server %q is declared twice", rs.Identifier), "")
	}
	seen[rs.Identifier] = true
	if len(rs.Scopes) > maxResourceScopes {
		v.add(at("scopes"), fmt.Sprintf("%d scopes are more than AWS's limit of %d", len(rs.Scopes), maxResourceScopes), "")
	}
	for j, scope := range rs.Scopes {
		if !scopeNamePattern().MatchString(scope) {
			v.add(at("scopes", j), fmt.Sprintf("%q is not a scope name", scope),
				"write the part after the slash: read, not "+rs.Identifier+"/read")
		}
	}
}

func (v *validator) user(i int, u User, seen map[string]bool) {
	at := func(steps ...any) []any { return append([]any{"user", i}, steps...) }
	switch {
	case u.Username == "":
		v.add(at("username"), "the user has no username", "")
	case !isName(u.Username):
		v.add(at("username"), fmt.Sprintf("%q is not a username", u.Username), "no spaces or control characters, at most 128 characters")
	case seen[u.Username]:
		v.add(at("username"), "User account already exists", fmt.Sprintf("username %q is used twice", u.Username))
	}
	seen[u.Username] = true
	switch {
	case u.Password == "" && u.TemporaryPassword == "":
		v.add(at("password"), "the user has no password",
			"give a password, or a temporary_password that has to be changed at the first sign-in")
	case u.Password != "" && u.TemporaryPassword != "":
		v.add(at("temporary_password"), "the user has both a password and a temporary password", "keep one of them")
	}
	v.attributes(at, u.Attributes)
	for j, group := range u.Groups {
		if !isName(group) {
			v.add(at("groups", j), fmt.Sprintf("%q is not a group name", group), "no spaces or control characters, at most 128 characters")
		}
	}
}

func (v *validator) attributes(at func(...any) []any, attributes map[string]string) {
	names := make([]string, 0, len(attributes))
	for name := range attributes {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		value := attributes[name]
		switch {
		case strings.HasPrefix(name, "custom:") && len(name) > len("custom:"):
		case !slices.Contains(standardAttributes, name):
			v.add(at("attributes", name), "user."+name+": Attribute does not exist in the schema.",
				fmt.Sprintf("an attribute of your own is written %q", "custom:"+strings.TrimPrefix(name, "custom:")))
		case strings.HasSuffix(name, "_verified") && value != "true" && value != "false":
			v.add(at("attributes", name), fmt.Sprintf("%s is %q, neither true nor false", name, value), "")
		case name == "sub" && !isUUID(value):
			v.add(at("attributes", name), fmt.Sprintf("sub %q is not a UUID", value), "leave it out to have one made")
		}
	}
}

// isUUID accepts the plain form alone; uuid.Validate takes braces and urn: too.
func isUUID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }

// isName is the pattern [\p{L}\p{M}\p{S}\p{N}\p{P}]+ of usernames and group names in the API reference. [D]
func isName(name string) bool {
	if name == "" || len([]rune(name)) > 128 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.In(r, unicode.L, unicode.M, unicode.S, unicode.N, unicode.P)
	})
}
