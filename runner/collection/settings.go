package collection

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

type entry = tomlnode.Entry

// MaxRedirects is the most redirects that a collection may ask to follow.
const MaxRedirects = 50

// DefaultRedirects is how many are followed when nothing is said, as Postman and curl -L do within their limits.
const DefaultRedirects = 10

// setting reads a key that collections, folders and requests share. It reports whether the key is one.
func (d *decoder) setting(e entry, s *Settings) bool {
	switch e.Key {
	case "headers":
		s.Headers = d.headers(e)
	case "auth":
		s.Auth = d.auth(e)
	case "assert":
		s.Assertions = d.assertions(e)
	case "timeout":
		s.Timeout = d.duration(e)
	case "redirects":
		s.Redirects = d.redirects(e)
	case "max_body":
		s.MaxBody = d.size(e)
	case "skip":
		s.Skip = d.textValue(e)
	case "when":
		s.When = d.conditions(e)
	default:
		return false
	}
	return true
}

func (d *decoder) headers(e entry) []Header {
	var headers []Header
	for _, h := range d.entries(e, `headers = { Accept = "application/json" }`) {
		header := Header{Name: h.Key, Span: h.Span}
		switch {
		case h.Node.Kind == Bool && h.Node.Scalar == false:
			header.Remove = true
		case h.Node.Kind == Array:
			for _, item := range h.Node.Items {
				if d.scalar(h, item) {
					header.Values = append(header.Values, item)
				}
			}
		case h.Node.Kind == Table:
			d.wrong(h, "a string, an array of strings, or false to remove it", "")
		default:
			header.Values = []*Value{h.Node}
		}
		if !validToken(h.Key) {
			d.errorf(h.Span, "letters, digits and - are safe", "%q cannot be the name of a header", h.Key)
		}
		for _, other := range headers {
			if strings.EqualFold(other.Name, h.Key) {
				d.errorf(h.Span, "to send it several times, give an array of values", "the header %q is given twice", h.Key)
			}
		}
		headers = append(headers, header)
	}
	return headers
}

// validToken reports whether s is a token of RFC 9110, section 5.6.2.
func validToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
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
		next := &Auth{Span: kind.Node.Span}
		switch kind.Key {
		case "bearer":
			next.Kind, next.Token = Bearer, d.textValue(kind)
		case "basic":
			next.Kind = Basic
			d.basic(kind, next)
		case "oauth2":
			next.Kind = OAuth2
			d.oauth2(kind, next)
		default:
			d.unknown(kind, "auth", authKeys)
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

func (d *decoder) basic(e entry, auth *Auth) {
	entries := d.entries(e, `auth.basic = { username = "{{username}}", password = "{{password}}" }`)
	for _, f := range entries {
		switch f.Key {
		case "username":
			auth.Username = d.textValue(f)
		case "password":
			auth.Password = d.textValue(f)
		default:
			d.unknown(f, "auth.basic", []string{"username", "password"})
		}
	}
	for _, name := range []string{"username", "password"} {
		if _, ok := e.Node.Get(name); !ok && e.Node.Kind == Table {
			d.errorf(e.Node.Span, `an empty one is said as ""`, "auth.basic has no %q", name)
		}
	}
}

func (d *decoder) oauth2(e entry, auth *Auth) {
	const example = `auth.oauth2 = { grant = "client_credentials", token_url = "{{domain}}/oauth2/token", client_id = "{{client_id}}", client_secret = "{{client_secret}}" }`
	entries := d.entries(e, example)
	for _, f := range entries {
		switch {
		case !slices.Contains(OAuth2Keys(), f.Key):
			d.unknown(f, "auth.oauth2", OAuth2Keys())
			continue
		case f.Key == "pkce" && f.Node.Kind != Bool:
			d.wrong(f, "true or false", "")
			continue
		case f.Key != "pkce" && d.textValue(f) == nil:
			continue
		}
		auth.Fields = append(auth.Fields, Field{f.Key, f.Span, f.Node})
	}
	if _, ok := e.Node.Get("grant"); !ok && e.Node.Kind == Table {
		d.errorf(e.Node.Span, "for example "+example, "auth.oauth2 has no \"grant\"")
	}
}

func (d *decoder) duration(e entry) *time.Duration {
	const example = `timeout = "2s", "500ms" or "1m30s"`
	s, ok := e.Node.Text()
	if !ok {
		d.wrong(e, "a duration", example)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v <= 0 {
		d.errorf(e.Node.Span, "for example "+example, "%q is not a duration above zero", s)
		return nil
	}
	return &v
}

func (d *decoder) redirects(e entry) *int {
	const example = "redirects = false, or a number from 0 to 50"
	n := 0
	if on, ok := e.Node.Scalar.(bool); ok {
		if on {
			n = DefaultRedirects
		}
		return &n
	}
	number, ok := e.Node.Number()
	if !ok {
		d.wrong(e, "a number or false", example)
		return nil
	}
	n, err := strconv.Atoi(number.String())
	if err != nil || n < 0 || n > MaxRedirects {
		d.errorf(e.Node.Span, example, "%s redirects cannot be followed", number)
		return nil
	}
	return &n
}

func (d *decoder) size(e entry) *int64 {
	const example = `max_body = "64MB"`
	if number, ok := e.Node.Number(); ok {
		if n, err := strconv.ParseInt(number.String(), 10, 64); err == nil && n > 0 {
			return &n
		}
		d.errorf(e.Node.Span, "for example "+example, "%s is not a size above zero", number)
		return nil
	}
	s, ok := e.Node.Text()
	if !ok {
		d.wrong(e, "a size", example)
		return nil
	}
	n, ok := ParseSize(s)
	if !ok || n <= 0 {
		d.errorf(e.Node.Span, "for example "+example, "%q is not a size above zero", s)
		return nil
	}
	return &n
}

// ParseSize reads a number of bytes: "512", "64kB", "64MB", "1GiB"; kB, MB and GB are powers of 1000, KiB, MiB and GiB
// of 1024.
func ParseSize(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	digits := strings.TrimRight(s, "kKMGTiB ")
	unit := strings.TrimSpace(s[len(digits):])
	scale, ok := map[string]int64{
		"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(n >= 0) || n*float64(scale) > 1<<62 {
		return 0, false
	}
	return int64(n * float64(scale)), true
}

// conditions reads `when`: a table of variables and what must hold of them.
func (d *decoder) conditions(e entry) []Condition {
	var out []Condition
	for _, v := range d.entries(e, `when.stage = "test"`) {
		out = append(out, Condition{v.Key, v.Span, d.predicates(v)})
	}
	return out
}

// The queries that look at a named thing, and those that look at the exchange as a whole.
var (
	named   = []string{"header", "cookie", "json", "jwt", "variable"}
	unnamed = []string{"status", "reason", "protocol", "url", "text", "size", "duration"}
)

// assertions reads `assert`: a table of queries.
func (d *decoder) assertions(e entry) []Assertion {
	var out []Assertion
	for _, q := range d.entries(e, "assert.status = 200") {
		if !slices.Contains(named, q.Key) {
			out = append(out, Assertion{q.Key, "", q.Span, d.predicates(q)})
			continue
		}
		for _, argument := range d.entries(q, namedExample(q.Key)) {
			if q.Key == "jwt" {
				out = append(out, d.tokenAssertions(argument)...)
				continue
			}
			out = append(out, Assertion{q.Key, argument.Key, argument.Span, d.predicates(argument)})
		}
	}
	return out
}

// tokenAssertions reads `jwt.VARIABLE`: a table of paths into the token of that variable. Their argument is the variable
// and the path with a blank between them.
func (d *decoder) tokenAssertions(variable entry) []Assertion {
	var out []Assertion
	for _, path := range d.entries(variable, namedExample("jwt")) {
		out = append(out, Assertion{"jwt", variable.Key + " " + path.Key, path.Span, d.predicates(path)})
	}
	return out
}

func namedExample(query string) string {
	switch query {
	case "jwt":
		return `assert.jwt.access_token = { "claims.token_use" = "access", expires_in = { gt = 0 } }`
	case "header":
		return `assert.header.Content-Type = { contains = "json" }`
	case "cookie":
		return `assert.cookie.session = { exists = true }`
	case "variable":
		return `assert.variable.email = "jane@example.com"`
	}
	return `assert.json = { email = "jane@example.com" }`
}

// predicates reads what must hold: a table of predicates, or a value that must be equal.
func (d *decoder) predicates(e entry) []Predicate {
	if e.Node.Kind != Table {
		return []Predicate{{"equals", e.Node.Span, e.Node}}
	}
	if len(e.Node.Entries) == 0 {
		d.errorf(e.Node.Span, "for example { exists = true }; an empty object is said as { equals = {} }", "nothing is said about %q", e.Key)
		return nil
	}
	var out []Predicate
	for _, p := range e.Node.Entries {
		out = append(out, Predicate{p.Key, p.Span, p.Node})
	}
	return out
}

// Place is where a caret for the predicate belongs: its value, since its name is seldom what is wrong.
func (p Predicate) Place() diag.Span { return p.Value.Span }
