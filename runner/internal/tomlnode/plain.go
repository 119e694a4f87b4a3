package tomlnode

import (
	"strings"
	"unicode/utf8"
)

// Most of what collections say is so plain that there is nothing about it to decide: keys and strings without escapes,
// decimal numbers, booleans, arrays, tables in braces on one line, and headers of new tables. A document or a piece with
// nothing else in it is not decoded, which would take twice as long as all the rest: the builder has set its values.
// Anything that is not so makes it unusual, mistakes included. The tests hold that decoding comes to the same.

// unusual has the piece decoded, or the document where it is read in one go.
func (b *builder) unusual() { b.plain = false }

// plainText reports whether a document is UTF-8 without a byte order mark and control characters.
func plainText(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c == 0x7f, c < ' ' && c != '\n' && c != '\t' && (c != '\r' || !strings.HasPrefix(text[i+1:], "\n")):
			return false
		}
	}
	return utf8.ValidString(text) && !strings.HasPrefix(text, "\ufeff")
}

// plainKey reports whether a part of a key is bare, or in quotes with nothing escaped.
func plainKey(raw string, name []byte) bool {
	if raw != string(name) {
		text, inner := inQuotes(raw)
		return inner == 1 && text == string(name)
	}
	for i := range len(raw) {
		c := raw[i]
		if ('a' > c || c > 'z') && ('A' > c || c > 'Z') && ('0' > c || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return raw != ""
}

// plainNumber reports whether a number is decimal without exponent, sign + and underscores, and well within 64 bits.
func plainNumber(raw string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(raw, "-"), ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 18
}

// plainBraces reports whether a table in braces is on one line and has no comma behind its last value.
func plainBraces(raw string) bool {
	inner := strings.TrimRight(strings.TrimSuffix(raw, "}"), " \t")
	return !strings.Contains(raw, "\n") && !strings.HasSuffix(inner, ",")
}
