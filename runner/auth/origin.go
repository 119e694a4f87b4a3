package auth

import (
	"net/url"
	"slices"
	"strings"
)

// sameOrigin compares scheme, host and port (RFC 6454, section 5).
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case strings.EqualFold(u.Scheme, "https"):
		return "443"
	case strings.EqualFold(u.Scheme, "http"):
		return "80"
	}
	return ""
}

// leadsTo says whether target is the redirect_uri with parameters of the provider added to its query or its fragment. A
// redirect_uri may have a query of its own (RFC 6749, section 3.1.2) and a scheme of its own (RFC 8252, section 7.1).
func leadsTo(target, redirect *url.URL) bool {
	path := func(u *url.URL) string {
		if u.Path == "" && u.Host != "" {
			return "/"
		}
		return u.EscapedPath()
	}
	if !sameOrigin(target, redirect) || path(target) != path(redirect) || target.Opaque != redirect.Opaque {
		return false
	}
	own := target.Query()
	for name, values := range redirect.Query() {
		for _, value := range values {
			if !slices.Contains(own[name], value) {
				return false
			}
		}
	}
	return true
}
