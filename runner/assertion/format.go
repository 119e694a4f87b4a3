package assertion

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Format writes a value for a message: in JSON notation on one line, a duration and the like as the string that it is.
// What is longer than limit bytes is cut at a character and says how long it was: `"abc… (2048 bytes)`. A limit of 0 is
// none. Text is escaped as JSON has it and no further: who prints it on a terminal must still see to control characters.
func Format(v any, limit int) string {
	w := formatter{limit: limit}
	w.value(v)
	if limit <= 0 || w.size <= limit {
		return strings.ToValidUTF8(string(w.out), `\ufffd`)
	}
	return clipped(string(w.out), limit, w.size)
}

// clip shortens plain text as [Format] does.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return clipped(text, limit, len(text))
}

func clipped(text string, limit, size int) string {
	for limit > 0 && limit < len(text) && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return strings.ToValidUTF8(text[:min(limit, len(text))], `\ufffd`) + "… (" + strconv.Itoa(size) + " bytes)"
}

// quote is a string in JSON notation.
func quote(text string) string { return Format(text, 0) }

// formatter writes up to limit bytes and counts the rest.
type formatter struct {
	limit int
	out   []byte
	size  int
}

func (w *formatter) write(text string) {
	w.size += len(text)
	if w.limit > 0 {
		// One byte beyond the limit, so that a character which is cut there is seen to be.
		text = text[:min(len(text), max(0, w.limit+1-len(w.out)))]
	}
	w.out = append(w.out, text...)
}

func (w *formatter) value(v any) {
	switch v := v.(type) {
	case string:
		w.str(v)
	case json.RawMessage:
		w.raw(string(v))
	case []any:
		w.write("[")
		for i, e := range v {
			if i > 0 {
				w.write(",")
			}
			w.value(e)
		}
		w.write("]")
	case map[string]any:
		w.write("{")
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				w.write(",")
			}
			w.str(name)
			w.write(":")
			w.value(v[name])
		}
		w.write("}")
	default:
		w.scalar(valueOf(v))
	}
}

func (w *formatter) scalar(v value) {
	switch v.kind {
	case null:
		w.write("null")
	case boolean:
		w.write(strconv.FormatBool(v.flag))
	case number:
		w.write(v.digits())
	case duration:
		w.str(v.duration())
	default:
		w.str(v.text)
	}
}

const hexDigits = "0123456789abcdef"

// str escapes as RFC 8259, section 7, must, and bytes that are not UTF-8 as U+FFFD.
func (w *formatter) str(text string) {
	w.write(`"`)
	start := 0
	for i := 0; i < len(text); {
		c, n := text[i], 1
		escape := ""
		switch {
		case c == '"' || c == '\\':
			escape = `\` + text[i:i+1]
		case c == '\n':
			escape = `\n`
		case c == '\r':
			escape = `\r`
		case c == '\t':
			escape = `\t`
		case c < 0x20 || c == 0x7f:
			escape = `\u00` + hexDigits[c>>4:c>>4+1] + hexDigits[c&15:c&15+1]
		case c >= utf8.RuneSelf:
			var r rune
			if r, n = utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && n == 1 {
				escape = `\ufffd`
			}
		}
		if escape != "" {
			w.write(text[start:i])
			w.write(escape)
			start = i + n
		}
		i += n
		if w.limit > 0 && i-start+len(w.out) > w.limit {
			// The rest is not shown: its length is near enough without its escapes.
			w.write(text[start:i])
			w.size += len(text) - i + 1
			return
		}
	}
	w.write(text[start:])
	w.write(`"`)
}

// raw writes JSON as received but for the blanks between its tokens.
func (w *formatter) raw(text string) {
	start := 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(" \t\r\n", c) >= 0:
			w.write(text[start:i])
			start = i + 1
		}
		if w.limit > 0 && i-start+len(w.out) > w.limit {
			break
		}
	}
	w.write(text[start:])
}
