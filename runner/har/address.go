package har

import (
	"net/url"
	"slices"
	"strings"
)

// An address is a URL in the parts that are compared. It is taken apart by hand: where something was redacted it is no
// URL any more.
type address struct {
	scheme, host, path, query string
}

// parseAddress takes any text. What is not sent, as a fragment and user names, is dropped, and so are the ports that go
// without saying.
func parseAddress(raw string) address {
	raw, _, _ = strings.Cut(raw, "#")
	raw = strings.ReplaceAll(raw, "%5Bredacted%5D", hidden) // as it stands in a legal URL
	scheme, rest, _ := strings.Cut(raw, "://")
	a := address{scheme: strings.ToLower(scheme)}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	authority, target := rest[:end], rest[end:]
	if socket := a.scheme == "unix"; socket || authority == "unix:" {
		// unix:///run/docker.sock:/v1.41/info is sent to localhost
		if socket {
			a.scheme = "http"
		}
		_, target, _ = strings.Cut(target, ":")
		authority = "localhost"
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	a.host = strings.ToLower(strings.TrimSuffix(authority, ":"))
	switch a.scheme {
	case "http":
		a.host = strings.TrimSuffix(a.host, ":80")
	case "https":
		a.host = strings.TrimSuffix(a.host, ":443")
	}
	a.path, a.query, _ = strings.Cut(target, "?")
	if a.path == "" {
		a.path = "/"
	}
	return a
}

// loose is the address with one name for this machine, whatever the port: servers that are started for a run have
// another each time.
func (a address) loose() address {
	host := a.host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	if host == "localhost" || host == "[::1]" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "127.") {
		a.host = "loopback"
	}
	return a
}

// settled is the address without what another run draws anew.
func (a address) settled() address {
	if path, err := url.PathUnescape(a.path); err == nil {
		a.path = path
	}
	a.query = settledForm(a.query)
	return a
}

func (a address) String() string {
	return a.scheme + "\x00" + a.host + "\x00" + a.path + "\x00" + a.query
}

// hidden is what stands where a secret was.
const hidden = "[redacted]"

// settledForm is a query or a form, decoded and in the order of its names, with a * for each value that was redacted or
// that a client draws anew for each request. Nothing else is taken for random, or a changed request would go
// unnoticed.
func settledForm(form string) string {
	if form == "" {
		return ""
	}
	type pair struct{ name, value string }
	var pairs []pair
	oauth := false
	for part := range strings.SplitSeq(form, "&") {
		name, value, _ := strings.Cut(part, "=")
		p := pair{unescape(name), unescape(value)}
		oauth = oauth || slices.Contains([]string{"client_id", "response_type", "grant_type", "redirect_uri"}, p.name)
		pairs = append(pairs, p)
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
	var b strings.Builder
	for _, p := range pairs {
		if strings.Contains(p.value, hidden) || drawn(p.name, oauth) {
			p.value = "*"
		}
		b.WriteString(p.name + "\x00" + p.value + "\x00")
	}
	return b.String()
}

// drawn reports whether a client draws the value of a parameter anew for each request: of OAuth 2.0, OpenID Connect and
// PKCE (RFC 6749, section 4.1.1; RFC 7636), which is known by its other parameters, of OAuth 1.0 (RFC 5849) and of AWS
// Signature Version 4.
func drawn(name string, oauth bool) bool {
	switch name {
	case "state", "nonce", "code_challenge", "code_verifier":
		return oauth
	case "oauth_nonce", "oauth_timestamp", "oauth_signature", "X-Amz-Date", "X-Amz-Signature", "X-Amz-Credential":
		return true
	}
	return false
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
