package environment

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const defaultFilter = "default"

// A filter changes a value on its way into the text.
type filter struct {
	name string
	// examples are how arguments of it may be written; their number is that of the arguments.
	examples []string
	apply    func(value any, arguments []string) (any, error)
	// hides says that the redactor would not see in what the filter makes a secret that it was given.
	hides bool
}

// A filterCall is a filter with its arguments: texts and variables.
type filterCall struct {
	filter
	arguments []part
	texts     []string // the arguments, if all of them are texts
}

// filters are all that there are, in the order of the documentation.
//
//   - base64, unbase64: RFC 4648 section 4; unbase64 takes either alphabet, with padding or without.
//   - base64url: RFC 4648 section 5, without padding, as tokens have it.
//   - urlencode, urldecode: every byte but letters, digits and -_.~ as %XX; back, with + as a blank too.
//   - json: the value as JSON text, a string in its quotes.
//   - upper, lower, trim: letters as Unicode has them; without blanks and line breaks at either end.
//   - replace "old" "new": every old by new.
//   - default "text": what stands in for a name with no value, an {{env.NAME}} that is not set, or null. A declared
//     variable that fails (a secret that cannot be read, a mistake in it) still fails. A variable in place of the text
//     keeps its type, and is looked up only if it is needed.
//   - sha256, md5: the digest, in lower-case hexadecimal.
//   - hmac_sha256 key: the MAC of RFC 2104, in lower-case hexadecimal.
//   - param "name": a parameter of a URL's fragment, else of its query.
//   - claim "name": a claim of a JWT, with its type; a dot leads into an object where no claim has the whole name.
//   - truncated, tampered, unsigned: see Truncated, Tampered and Unsigned.
//
// What a filter makes of a secret is secret too, unless it reads one thing out of it: claim, and param where the
// parameter's name is no credential's.
var filters = sync.OnceValue(func() []filter {
	return []filter{
		{name: "base64", apply: onText(func(s string, _ []string) (any, error) {
			return base64.StdEncoding.EncodeToString([]byte(s)), nil
		})},
		{name: "unbase64", hides: true, apply: onText(unbase64)},
		{name: "base64url", apply: onText(func(s string, _ []string) (any, error) {
			return base64.RawURLEncoding.EncodeToString([]byte(s)), nil
		})},
		{name: "urlencode", apply: onText(func(s string, _ []string) (any, error) {
			return strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), nil
		})},
		{name: "urldecode", hides: true, apply: onText(func(s string, _ []string) (any, error) {
			if text, err := url.QueryUnescape(s); err == nil {
				return text, nil
			}
			return nil, errors.New("the value is not percent-encoded")
		})},
		{name: "json", apply: func(v any, _ []string) (any, error) { return jsonOf(v) }},
		{name: "upper", hides: true, apply: onText(func(s string, _ []string) (any, error) { return strings.ToUpper(s), nil })},
		{name: "lower", hides: true, apply: onText(func(s string, _ []string) (any, error) { return strings.ToLower(s), nil })},
		{name: "trim", hides: true, apply: onText(func(s string, _ []string) (any, error) { return strings.TrimSpace(s), nil })},
		{name: "replace", hides: true, examples: []string{`"old"`, `"new"`}, apply: onText(replaceAll)},
		{name: defaultFilter, examples: []string{`"text"`}}, // the pipe knows it
		{name: "sha256", hides: true, apply: onText(func(s string, _ []string) (any, error) {
			sum := sha256.Sum256([]byte(s))
			return hex.EncodeToString(sum[:]), nil
		})},
		{name: "md5", hides: true, apply: onText(func(s string, _ []string) (any, error) {
			sum := md5.Sum([]byte(s)) // for the protocols that want it
			return hex.EncodeToString(sum[:]), nil
		})},
		{name: "hmac_sha256", hides: true, examples: []string{"client_secret"}, apply: onText(hmacSHA256)},
		{name: "param", examples: []string{`"code"`}, apply: onText(param)},
		{name: "claim", examples: []string{`"sub"`}, apply: onText(claim)},
		{name: "truncated", hides: true, apply: onText(func(s string, _ []string) (any, error) { return Truncated(s), nil })},
		{name: "tampered", hides: true, apply: onText(func(s string, _ []string) (any, error) { return Tampered(s) })},
		{name: "unsigned", hides: true, apply: onText(func(s string, _ []string) (any, error) { return Unsigned(s) })},
	}
})

func findFilter(name string) (filter, bool) {
	for _, f := range filters() {
		if f.name == name {
			return f, true
		}
	}
	return filter{}, false
}

func filterNames() []string {
	var names []string
	for _, f := range filters() {
		names = append(names, f.name)
	}
	return names
}

// secretive reports whether what a filter made of something is secret, if that something was.
func (f *filterCall) secretive(secret bool, arguments []string) bool {
	if f.name == "param" {
		return secretParameter(arguments[0])
	}
	return secret && f.hides
}

// usage is how the filter is written: `replace "old" "new"`.
func (f *filter) usage() string { return strings.Join(append([]string{f.name}, f.examples...), " ") }

// onText makes a filter of a function on texts.
func onText(f func(s string, arguments []string) (any, error)) func(any, []string) (any, error) {
	return func(v any, arguments []string) (any, error) {
		s, err := textOf(v)
		if err != nil {
			return nil, err
		}
		return f(s, arguments)
	}
}

func unbase64(s string, _ []string) (any, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	if b, err := base64.RawStdEncoding.DecodeString(s); err == nil {
		return string(b), nil
	}
	return nil, errors.New("the value is not base64")
}

func replaceAll(s string, arguments []string) (any, error) {
	before, after := arguments[0], arguments[1]
	if before == "" {
		return nil, errors.New("the text to replace is empty")
	}
	if len(after) > len(before) && strings.Count(s, before) > maxExpanded/(len(after)-len(before)) {
		return nil, errTooLarge
	}
	return strings.ReplaceAll(s, before, after), nil
}

func hmacSHA256(s string, arguments []string) (any, error) {
	if arguments[0] == "" {
		return nil, errors.New("the key is empty")
	}
	mac := hmac.New(sha256.New, []byte(arguments[0]))
	mac.Write([]byte(s))
	return hex.EncodeToString(mac.Sum(nil)), nil
}

func param(s string, arguments []string) (any, error) {
	callback, err := ParseCallback(s)
	if err != nil {
		return nil, errors.New("the value is not a URL with parameters")
	}
	if value, ok := callback.Get(arguments[0]); ok {
		return value, nil
	}
	return nil, errors.New("the URL has no parameter " + strconv.Quote(arguments[0]))
}
