package environment

import (
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"strings"
)

// A form is what an encoder makes of a secret before another one makes base64 of that, or what stands in a text itself.
type form uint8

const (
	plainForm    form = iota
	hexForm           // 70617373
	upperHexForm      // 7061737D
	// Those that differ from the secret only if it has characters that need an escape.
	queryForm // of application/x-www-form-urlencoded: the blank is a +
	lowerQueryForm
	spaceForm // the blank is %20
	lowerSpaceForm
	pathForm // of a path's segment
	lowerPathForm
	componentForm // encodeURIComponent of ECMAScript
	lowerComponentForm
	jsonForm
	jsonHTMLForm // as Go writes JSON, for embedding in HTML
	htmlForm
	// The base64 letters that it determines when 0, 1 or 2 bytes precede it in its group.
	base64Form
	_
	_
	base64URLForm
	_
	_
)

const firstEscapedForm, lastEscapedForm = queryForm, htmlForm

// of is the form of a secret.
func (f form) of(secret string) string {
	switch f {
	case hexForm:
		return hex.EncodeToString([]byte(secret))
	case upperHexForm:
		return strings.ToUpper(hex.EncodeToString([]byte(secret)))
	case queryForm:
		return url.QueryEscape(secret)
	case spaceForm:
		return strings.ReplaceAll(url.QueryEscape(secret), "+", "%20")
	case pathForm:
		return url.PathEscape(secret)
	case componentForm:
		return component(secret)
	case lowerQueryForm, lowerSpaceForm, lowerPathForm, lowerComponentForm:
		return lowerPercent((f - 1).of(secret))
	case jsonForm, jsonHTMLForm:
		return jsonText(secret, f == jsonHTMLForm)
	case htmlForm:
		return html.EscapeString(secret)
	}
	switch {
	case f >= base64URLForm:
		return urlAlphabet(determined(secret, int(f-base64URLForm)))
	case f >= base64Form:
		return determined(secret, int(f-base64Form))
	}
	return secret
}

// size is the length of the form.
func (f form) size(secret string) int {
	switch {
	case f == plainForm:
		return len(secret)
	case f >= base64URLForm:
		return base64Size(len(secret), int(f-base64URLForm))
	case f >= base64Form:
		return base64Size(len(secret), int(f-base64Form))
	}
	return len(f.of(secret))
}

// isPlain reports whether no encoder escapes anything of a text.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; !isAlphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// lowerPercent is a percent-encoded text with lower-case digits.
func lowerPercent(text string) string {
	b := []byte(text)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(text[i+1:i+3]))
			i += 2
		}
	}
	return string(b)
}

// jsonText is a text as it stands between the quotes of a JSON string.
func jsonText(text string, forHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(forHTML)
	if err := encoder.Encode(text); err != nil {
		return text
	}
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}

// urlAlphabet is base64 in the alphabet for URLs (RFC 4648, section 5).
func urlAlphabet(letters string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '+':
			return '-'
		case '/':
			return '_'
		}
		return r
	}, letters)
}

// component is what encodeURIComponent writes, which leaves more alone than Go does (ECMA-262, section 19.2.6.4).
func component(text string) string {
	return strings.NewReplacer("+", "%20", "%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(url.QueryEscape(text))
}
