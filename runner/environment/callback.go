package environment

import (
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const callbackName = "callback_url"

// A Callback is the URL that an OAuth 2.0 provider sends a browser back to, with its parameters in the fragment
// (implicit grant) or in the query (code grant).
type Callback struct {
	url        string
	parameters []parameter
}

type parameter struct{ name, value string }

// A CallbackVariable is a variable that a callback URL sets.
type CallbackVariable struct {
	Name   string
	Value  any
	Secret bool
}

// A CallbackError is a text that is no callback URL. It repeats nothing of the text but names.
type CallbackError struct {
	Message string
	hint    string
	bare    bool // it is a URL, or nothing, but without parameters
}

func (e *CallbackError) Error() string { return e.Message }

// Hint says what to try.
func (e *CallbackError) Hint() string { return e.hint }

// A RefusedError is the provider's refusal (RFC 6749, sections 4.1.2.1 and 4.2.2.1).
type RefusedError struct {
	Code        string // error
	Description string // error_description
}

func (e *RefusedError) Error() string {
	if e.Description == "" {
		return "the provider refused: " + e.Code
	}
	return "the provider refused: " + e.Code + ": " + e.Description
}

// ParseCallback reads a callback URL as it was pasted: quotes and blanks around it and line breaks in it are dropped.
// Parameters are form-encoded, in the fragment or in the query; where both have a name, the fragment's counts. The
// fragment may begin with a route, as in #/callback?access_token=…. Parameters alone, without a URL, will do. A token
// that is there but empty is an error, unless the URL is a refusal.
func ParseCallback(raw string) (*Callback, error) {
	text := strings.NewReplacer("\n", "", "\r", "", "\t", "").Replace(raw)
	text = strings.Trim(text, " \"'`<>\u00a0\u201c\u201d\u2018\u2019\ufeff")
	if text == "" {
		return nil, &CallbackError{"the callback URL is empty", "paste the whole address that the browser was sent to", true}
	}
	c := &Callback{url: text}
	head, fragment, _ := strings.Cut(text, "#")
	_, query, asked := strings.Cut(head, "?")
	if !asked && !strings.Contains(head, "/") {
		query = head
	}
	if route, rest, ok := strings.Cut(fragment, "?"); ok && !strings.Contains(route, "=") {
		fragment = rest
	}
	for _, pairs := range []string{strings.TrimLeft(fragment, "/!"), query} {
		if err := c.add(pairs); err != nil {
			return nil, err
		}
	}
	if len(c.parameters) == 0 {
		return nil, &CallbackError{"the callback URL has no parameters",
			"paste the whole address, with all that follows the # or the ?", true}
	}
	if _, refused := c.Get("error"); refused {
		return c, nil
	}
	for _, name := range [...]string{"access_token", "id_token", "code"} {
		if value, given := c.Get(name); given && value == "" {
			return nil, &CallbackError{"parameter " + strconv.Quote(name) + " of the callback URL is empty",
				"paste the whole address: part of it seems to be lost", false}
		}
	}
	return c, nil
}

// add appends the parameters of a fragment or a query, but none that an earlier part has.
func (c *Callback) add(pairs string) error {
	known := len(c.parameters)
	for pair := range strings.SplitSeq(pairs, "&") {
		name, value, given := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return &CallbackError{"the name of a parameter of the callback URL is not percent-encoded", "a % is written %25", false}
		}
		if !given || name == "" {
			continue
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return &CallbackError{"parameter " + strconv.Quote(name) + " of the callback URL is not percent-encoded", "a % is written %25", false}
		}
		at := c.index(name)
		switch {
		case at < 0:
			c.parameters = append(c.parameters, parameter{name, value})
		case at >= known && c.parameters[at].value != value:
			return &CallbackError{"parameter " + strconv.Quote(name) + " of the callback URL is there twice, with different values", "", false}
		}
	}
	return nil
}

func (c *Callback) index(name string) int {
	for i, p := range c.parameters {
		if p.name == name {
			return i
		}
	}
	return -1
}

// URL is the URL as it was read, without what surrounded it.
func (c *Callback) URL() string { return c.url }

// Get returns a parameter, decoded, and whether there is one of that name.
func (c *Callback) Get(name string) (string, bool) {
	if i := c.index(name); i >= 0 {
		return c.parameters[i].value, true
	}
	return "", false
}

// Refused returns the provider's refusal, nil if there is none.
func (c *Callback) Refused() *RefusedError {
	code, ok := c.Get("error")
	if !ok {
		return nil
	}
	description, _ := c.Get("error_description")
	return &RefusedError{Code: code, Description: description}
}

// CheckState compares the state parameter with the one that was sent (RFC 6749, section 10.12). The error names both:
// a state is no secret once it has been used.
func (c *Callback) CheckState(want string) error {
	switch got, ok := c.Get("state"); {
	case !ok:
		return &CallbackError{"the callback URL has no state, where " + strconv.Quote(want) + " was sent",
			"it may come from another sign-in than yours", false}
	case got != want:
		return &CallbackError{"the state of the callback URL is " + strconv.Quote(got) + ", not " + strconv.Quote(want),
			"it may come from another sign-in than yours", false}
	}
	return nil
}

// ExpiresAt is when the access token expires: its exp if it is a JWT, else expires_in after now.
func (c *Callback) ExpiresAt(now time.Time) (time.Time, bool) {
	token, _ := c.Get("access_token")
	if at, ok := expiry(token); ok {
		return at, true
	}
	lifetime, _ := c.Get("expires_in")
	seconds, err := strconv.ParseInt(lifetime, 10, 32)
	if err != nil || seconds < 0 {
		return time.Time{}, false
	}
	return now.Add(time.Duration(seconds) * time.Second), true
}

// Variables are what the URL sets: callback_url, each parameter, and expires_at in seconds since 1970. Values are texts,
// but expires_in and expires_at are numbers.
func (c *Callback) Variables(now time.Time) []CallbackVariable {
	variables := []CallbackVariable{{callbackName, c.url, true}}
	at, expires := c.ExpiresAt(now)
	for _, p := range c.parameters {
		if p.name == callbackName || p.name == "expires_at" && expires {
			continue
		}
		v := CallbackVariable{p.name, p.value, secretParameter(p.name)}
		if n, err := strconv.ParseUint(p.value, 10, 63); err == nil && (p.name == "expires_in" || p.name == "expires_at") {
			v.Value = json.Number(strconv.FormatUint(n, 10))
		}
		variables = append(variables, v)
	}
	if expires {
		variables = append(variables, CallbackVariable{"expires_at", json.Number(strconv.FormatInt(at.Unix(), 10)), false})
	}
	return variables
}

// tokenParameter reports whether a name would come from a callback URL, so that a URL that cannot be used explains why
// the name has no value.
func tokenParameter(name string) bool {
	switch name {
	case "access_token", "id_token", "refresh_token", "token_type", "expires_in", "expires_at", "code":
		return true
	}
	return false
}

// ownParameter reports whether a name belongs to authorization responses: RFC 6749 sections 4.1.2 and 4.2.2, RFC 9207,
// OpenID Connect Core section 3.2.2.5 and Session Management section 3.
func ownParameter(name string) bool {
	switch name {
	case callbackName, "scope", "state", "iss", "session_state", "error", "error_description", "error_uri":
		return true
	}
	return tokenParameter(name)
}

// usable returns an error for a callback URL that was refused or answers another sign-in. state is nil if any will do.
func (c *Callback) usable(state *string) error {
	if refused := c.Refused(); refused != nil {
		return refused
	}
	if state != nil {
		return c.CheckState(*state)
	}
	return nil
}

// isBare reports whether a text merely has no parameters, as a redirect URI in a variable called callback_url.
func isBare(err error) bool {
	var e *CallbackError
	return errors.As(err, &e) && e.bare
}
