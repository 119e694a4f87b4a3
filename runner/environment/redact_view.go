package environment

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A view is a text with one kind of escape undone, and where each of its bytes came from.
type view struct {
	text string
	// regions are in order, each up to the next. The last one is empty, at the end.
	regions []region
}

// A region of a view was copied, or stood escaped in the text and then is taken whole.
type region struct {
	at, from int // where it begins in the view and in the text
	escaped  bool
}

// original is the spot in the text of a spot in its view.
func (v *view) original(s spot) spot {
	first, last := v.region(s.start), v.region(s.end-1)
	start, end := v.regions[first].from, v.regions[last+1].from
	if r := v.regions[first]; !r.escaped {
		start += s.start - r.at
	}
	if r := v.regions[last]; !r.escaped {
		end = r.from + s.end - r.at
	}
	return spot{start, end}
}

// region is the index of the last region that begins at or before a byte of the view. An escape that stands for nothing
// has an empty one.
func (v *view) region(at int) int {
	i, _ := slices.BinarySearchFunc(v.regions, at+1, func(r region, at int) int { return r.at - at })
	return i - 1
}

// escapes are kinds of escapes.
type escapes uint8

const (
	percentEscapes   escapes = 1 << iota // %41, in either case
	plusEscapes                          // a + for a blank, in forms
	backslashEscapes                     // those of JSON, Go and TOML, and a backslash before any punctuation
	entityEscapes                        // those of HTML and XML
	quoteEscapes                         // what a shell needs for a single quote between single quotes
)

const shellQuote = `'\''`

// present are the kinds of escapes that may be in a text. In a form + is a blank, in a path it is a plus.
func present(text string) []escapes {
	var all []escapes
	if strings.Contains(text, "%") {
		all = append(all, percentEscapes)
	}
	if strings.Contains(text, "+") {
		all = append(all, percentEscapes|plusEscapes)
	}
	if strings.Contains(text, `\`) {
		all = append(all, backslashEscapes)
	}
	if strings.Contains(text, "&") {
		all = append(all, entityEscapes)
	}
	if strings.Contains(text, shellQuote) {
		all = append(all, quoteEscapes)
	}
	return all
}

// escapedLetters are the kinds of escapes, of JSON and HTML, that stand for letters or digits somewhere in a text.
func escapedLetters(text string) escapes {
	kinds := escapes(0)
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '&') < 0 {
		return kinds
	}
	for _, e := range [...]struct {
		start string
		kind  escapes
	}{{`\u00`, backslashEscapes}, {`\x`, backslashEscapes}, {"&#", entityEscapes}} {
		for from := 0; kinds&e.kind == 0; {
			i := strings.Index(text[from:], e.start)
			if i < 0 {
				break
			}
			from += i
			if decoded, n := e.kind.at(text[from:]); n > 0 && len(decoded) == 1 && isAlphanumeric(decoded[0]) {
				kinds |= e.kind
			}
			from += len(e.start)
		}
	}
	return kinds
}

// undo undoes escapes of these kinds once. ok says that there were any.
func (kinds escapes) undo(text string) (v view, ok bool) {
	u := unescaper{source: text}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '%', '+', '\\', '&', '\'':
			if decoded, n := kinds.at(text[i:]); n > 0 {
				u.put(i, i+n, decoded)
				i += n - 1
			}
		}
	}
	return u.view()
}

// at decodes the escape that a text begins with and returns its length, 0 if it is none of these kinds.
func (kinds escapes) at(text string) (string, int) {
	switch c := text[0]; {
	case c == '%' && kinds&percentEscapes != 0:
		if c, ok := hexRune(text, 1, 2); ok {
			return string([]byte{byte(c)}), 3
		}
	case c == '+' && kinds&plusEscapes != 0:
		return " ", 1
	case c == '\\' && kinds&backslashEscapes != 0:
		return backslash(text)
	case c == '&' && kinds&entityEscapes != 0:
		return entity(text)
	case c == '\'' && kinds&quoteEscapes != 0 && strings.HasPrefix(text, shellQuote):
		return "'", len(shellQuote)
	}
	return "", 0
}

// An unescaper writes a view.
type unescaper struct {
	source  string
	done    int
	b       strings.Builder
	regions []region
}

// put says that the bytes from start to end stand for a text.
func (u *unescaper) put(start, end int, text string) {
	u.copy(start)
	u.regions = append(u.regions, region{u.b.Len(), start, true})
	u.b.WriteString(text)
	u.done = end
}

func (u *unescaper) copy(end int) {
	if end > u.done {
		u.regions = append(u.regions, region{u.b.Len(), u.done, false})
		u.b.WriteString(u.source[u.done:end])
	}
}

func (u *unescaper) view() (view, bool) {
	if len(u.regions) == 0 {
		return view{}, false
	}
	u.copy(len(u.source))
	u.regions = append(u.regions, region{u.b.Len(), len(u.source), false})
	return view{u.b.String(), u.regions}, true
}

// hexRune reads n hexadecimal digits.
func hexRune(text string, at, n int) (rune, bool) {
	if at+n > len(text) {
		return 0, false
	}
	v, err := strconv.ParseUint(text[at:at+n], 16, 32)
	return rune(v), err == nil && v <= utf8.MaxRune
}

// backslash decodes the escape that a text begins with and returns its length, 0 if it is none.
func backslash(text string) (string, int) {
	if len(text) < 2 {
		return "", 0
	}
	switch c := text[1]; c {
	case 'x':
		if r, ok := hexRune(text, 2, 2); ok {
			return string([]byte{byte(r)}), 4
		}
	case 'u':
		r, ok := hexRune(text, 2, 4)
		if !ok {
			break
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(text[6:], `\u`) {
			if low, ok := hexRune(text, 8, 4); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				return string(utf16.DecodeRune(r, low)), 12
			}
		}
		return string(r), 6
	case 'U':
		if r, ok := hexRune(text, 2, 8); ok {
			return string(r), 10
		}
	default:
		if i := strings.IndexByte("abfnrtv", c); i >= 0 {
			return "\a\b\f\n\r\t\v"[i : i+1], 2
		}
		if c > ' ' && c < utf8.RuneSelf && !isAlphanumeric(c) {
			return text[1:2], 2
		}
	}
	return "", 0
}

// entity decodes the entity that a text begins with and returns its length, 0 if it is none. Encoders write five names,
// and numbers.
func entity(text string) (string, int) {
	end := strings.IndexByte(text[:min(len(text), 12)], ';')
	if end < 0 {
		return "", 0
	}
	switch name := text[1:end]; name {
	case "amp":
		return "&", end + 1
	case "lt":
		return "<", end + 1
	case "gt":
		return ">", end + 1
	case "quot":
		return `"`, end + 1
	case "apos":
		return "'", end + 1
	}
	digits, ok := strings.CutPrefix(text[1:end], "#")
	if !ok {
		return "", 0
	}
	base := 10
	if strings.HasPrefix(digits, "x") || strings.HasPrefix(digits, "X") {
		base, digits = 16, digits[1:]
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || code > utf8.MaxRune {
		return "", 0
	}
	return string(rune(code)), end + 1
}

// unwrapped joins the lines of base64 that a program has wrapped, at 64 or 76 columns or thereabouts.
func unwrapped(text string) (view, bool) {
	const least = 60
	u := unescaper{source: text}
	line := 0 // where the base64 letters before i begin
	for i := 0; i < len(text); i++ {
		c := text[i]
		if isBase64(c) {
			continue
		}
		end := i + 1
		if c == '\r' && end < len(text) && text[end] == '\n' {
			end++
		}
		if text[end-1] == '\n' && i-line >= least {
			u.put(i, end, "")
			i = end - 1
		}
		line = end
	}
	return u.view()
}
