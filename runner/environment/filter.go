package environment

import (
	"encoding/base64"
	"errors"
	"net/url"
	"strconv"
	"strings"
)

const defaultFilter = "default"

// A filter changes a value on its way into the text.
type filter struct {
	name    string
	example string // of the argument; "" if it takes none
	apply   func(value any, argument string) (any, error)
}

// A filterCall is a filter with its argument.
type filterCall struct {
	filter
	argument string
}

// filters are all that there are, in the order of the documentation.
//
//   - default "text": the text in place of a name with no value, an {{env.NAME}} that is not set, or null. A declared
//     variable that fails (a secret that cannot be read, a mistake in it) still fails.
//   - base64, unbase64: RFC 4648; unbase64 takes either alphabet, with padding or without.
//   - urlencode, urldecode: every byte but letters, digits and -_.~ as %XX; back, with + as a blank too.
//   - json: the value as JSON text, a string in its quotes.
//   - param "name": a parameter of a URL's fragment, else of its query.
//   - claim "name": a claim of a JWT, with its type; a dot leads into an object where no claim has the whole name.
//   - tampered, truncated, unsigned: see Tampered, Truncated and Unsigned.
func filters() [11]filter {
	return [...]filter{
		{name: defaultFilter, example: `"text"`}, // part knows it
		{name: "base64", apply: onText(func(s, _ string) (any, error) {
			return base64.StdEncoding.EncodeToString([]byte(s)), nil
		})},
		{name: "unbase64", apply: onText(unbase64)},
		{name: "urlencode", apply: onText(func(s, _ string) (any, error) {
			return strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), nil
		})},
		{name: "urldecode", apply: onText(func(s, _ string) (any, error) {
			if text, err := url.QueryUnescape(s); err == nil {
				return text, nil
			}
			return nil, errors.New("the value is not percent-encoded")
		})},
		{name: "json", apply: func(v any, _ string) (any, error) { return jsonOf(v) }},
		{name: "param", example: `"code"`, apply: onText(param)},
		{name: "claim", example: `"sub"`, apply: onText(claim)},
		{name: "tampered", apply: onText(func(s, _ string) (any, error) { return Tampered(s) })},
		{name: "truncated", apply: onText(func(s, _ string) (any, error) { return Truncated(s), nil })},
		{name: "unsigned", apply: onText(func(s, _ string) (any, error) { return Unsigned(s) })},
	}
}

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

// onText makes a filter of a function on texts.
func onText(f func(s, argument string) (any, error)) func(any, string) (any, error) {
	return func(v any, argument string) (any, error) {
		s, err := textOf(v)
		if err != nil {
			return nil, err
		}
		return f(s, argument)
	}
}

func unbase64(s, _ string) (any, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	if b, err := base64.RawStdEncoding.DecodeString(s); err == nil {
		return string(b), nil
	}
	return nil, errors.New("the value is not base64")
}

func param(s, name string) (any, error) {
	callback, err := ParseCallback(s)
	if err != nil {
		return nil, errors.New("the value is not a URL with parameters")
	}
	if value, ok := callback.Get(name); ok {
		return value, nil
	}
	return nil, errors.New("the URL has no parameter " + strconv.Quote(name))
}
