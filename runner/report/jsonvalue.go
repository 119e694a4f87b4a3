package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// What is written here by hand is what encoding/json writes with HTML escaping off, at a tenth of the cost, and with
// more of it escaped: all that may harm a terminal, for that is where a report on standard output may go.

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// separate adds a comma before all but the first of a list.
func separate(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ", "...)
	}
	return b
}

// appendTime adds a moment as RFC 3339 has it, to the millisecond, or to the microsecond where there are any.
func appendTime(b []byte, t time.Time) []byte {
	layout := `"2006-01-02T15:04:05.000Z"`
	if t.Nanosecond()/1000%1000 != 0 {
		layout = `"2006-01-02T15:04:05.000000Z"`
	}
	return t.UTC().AppendFormat(b, layout)
}

// appendMilliseconds adds a duration in milliseconds, to the nearest microsecond.
func appendMilliseconds(b []byte, d time.Duration) []byte {
	us := max(d, 0).Round(time.Microsecond).Microseconds()
	b = strconv.AppendInt(b, us/1000, 10)
	if us %= 1000; us > 0 {
		b = append(b, '.', byte('0'+us/100), byte('0'+us/10%10), byte('0'+us%10))
		b = bytes.TrimRight(b, "0")
	}
	return b
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		b = appendString(separate(b, i), s)
	}
	return append(b, ']')
}

// appendString adds a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		if c := s[i]; c >= 0x20 && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r >= 0xa0 && n > 1 && !unicode.Is(unicode.Bidi_Control, r) && r != '\u2028' && r != '\u2029' {
			i += n
			continue
		}
		b = appendEscaped(append(b, s[start:i]...), r)
		i += n
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// appendEscaped adds a character that does not stand for itself.
func appendEscaped(b []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(b, '\\', byte(r))
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(b, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
}

// appendValue adds any value as JSON. Numbers keep their digits; what is no JSON value becomes a string.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case string:
		return appendString(b, v)
	case int:
		return appendInt(b, v)
	case json.Number:
		return appendRaw(b, []byte(v), func(c byte) bool { return c == '-' || c >= '0' && c <= '9' })
	case json.RawMessage:
		return appendRaw(b, v, func(byte) bool { return true })
	case []any:
		b = append(b, '[')
		for i, one := range v {
			b = appendValue(separate(b, i), one)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			b = append(appendString(separate(b, i), key), ": "...)
			b = appendValue(b, v[key])
		}
		return append(b, '}')
	}
	text, err := json.Marshal(v)
	if err != nil {
		return appendString(b, fmt.Sprint(v))
	}
	return appendRaw(b, text, func(byte) bool { return true })
}

// appendRaw adds text that claims to be JSON and to begin with a byte that may stand there, or else a string of it. Of a
// document each string is written anew, as appendString does it.
func appendRaw(b, text []byte, first func(byte) bool) []byte {
	if !json.Valid(text) || !first(text[0]) {
		return appendString(b, string(text))
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end := i + 1
			for ; text[end] != '"'; end++ {
				if text[end] == '\\' {
					end++
				}
			}
			b = appendRawString(b, text[i:end+1])
			i = end + 1
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		default:
			b = append(b, c)
			i++
		}
	}
	return b
}

// appendRawString adds a string that is JSON already. One that needs nothing is copied, escapes and all.
func appendRawString(b, text []byte) []byte {
	for _, c := range text {
		if c < 0x20 || c >= 0x7f {
			var s string
			if json.Unmarshal(text, &s) != nil {
				return appendString(b, string(text))
			}
			return appendString(b, s)
		}
	}
	return append(b, text...)
}
