package auth

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/postrider/postrider/runner/exchange"
)

// Where an API key or the parameters of OAuth 1.0 go. InHeader and InBody have the words that they share with OAuth 2.0.
const (
	InQuery  = "query"
	InCookie = "cookie"
)

// APIKey puts a key on r: in is [InHeader], [InQuery] or [InCookie]. One of the same name that is there already is
// replaced. A header field is marked as secret; in the query name and value are encoded and come last. Errors are a
// *FieldError.
func APIKey(r *exchange.Request, in, name, value string) error {
	if err := checkAPIKey(in, name, value); err != nil {
		return err
	}
	switch in {
	case InHeader:
		r.Header.Set(name, value)
		markSecret(r, name)
	case InQuery:
		r.URL = setQuery(r.URL, name, value)
	case InCookie:
		setCookie(&r.Header, name, value)
	}
	return nil
}

func checkAPIKey(in, name, value string) error {
	if known := []string{InHeader, InQuery, InCookie}; !slices.Contains(known, in) {
		return unknown("in", in, known)
	}
	if err := filled("name", name, "value", value); err != nil {
		return err
	}
	if in == InQuery {
		return nil
	}
	if !httpguts.ValidHeaderFieldName(name) {
		return &FieldError{
			Key: "name", Message: "name has characters that the name of a " + kindOfField(in) + " cannot have",
			Hint: "letters, digits and !#$%&'*+-.^_`|~ are allowed",
		}
	}
	if in == InHeader && slices.ContainsFunc(setBySender(), func(own string) bool { return strings.EqualFold(own, name) }) {
		return &FieldError{Key: "name", Message: "the header field " + name + " cannot carry a key", Hint: "it says how the request is sent"}
	}
	if !httpguts.ValidHeaderFieldValue(value) || in == InCookie && strings.Contains(value, ";") {
		return &FieldError{
			Key: "value", Message: "value has characters that a " + kindOfField(in) + " cannot have",
			Hint: "a variable may bring a line break along",
		}
	}
	return nil
}

func kindOfField(in string) string {
	if in == InCookie {
		return InCookie
	}
	return "header field"
}

// setBySender are fields that the sending side decides, whatever is asked for: a credential there would be lost.
func setBySender() []string {
	return []string{"Host", "Content-Length", "Transfer-Encoding", "Trailer", "Connection", "TE", "Upgrade", "Expect"}
}

// markSecret keeps a field from crossing to another origin with a redirect.
func markSecret(r *exchange.Request, name string) {
	if !slices.ContainsFunc(r.Secret, func(s string) bool { return strings.EqualFold(s, name) }) {
		r.Secret = append(slices.Clip(r.Secret), name) // the array may be another request's too
	}
}

// setQuery leaves the text of the other parameters as it is.
func setQuery(raw, name, value string) string {
	raw, fragment, hasFragment := strings.Cut(raw, "#")
	before, query, _ := strings.Cut(raw, "?")
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		other, _, _ := strings.Cut(pair, "=")
		if text, err := url.QueryUnescape(other); pair != "" && (err != nil || text != name) {
			kept = append(kept, pair)
		}
	}
	kept = append(kept, percentEncode(name)+"="+percentEncode(value))
	raw = before + "?" + strings.Join(kept, "&")
	if hasFragment {
		raw += "#" + fragment
	}
	return raw
}

// setCookie keeps the other pairs, in one field (RFC 6265, section 5.4).
func setCookie(h *exchange.Header, name, value string) {
	var pairs []string
	for _, field := range h.Values("Cookie") {
		for pair := range strings.SplitSeq(field, ";") {
			pair = strings.TrimSpace(pair)
			if other, _, _ := strings.Cut(pair, "="); pair != "" && strings.TrimSpace(other) != name {
				pairs = append(pairs, pair)
			}
		}
	}
	h.Set("Cookie", strings.Join(append(pairs, name+"="+value), "; "))
}
