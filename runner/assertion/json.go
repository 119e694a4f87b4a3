package assertion

import (
	"fmt"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects of a body may be nested. gjson and encoding/json recurse, and a stack that
// overflows ends the process.
const MaxDepth = 10_000

const tooDeep = "nested deeper than 10,000"

// A JSONError says why text that a query wants to read as JSON is none, and where.
type JSONError struct {
	Subject     string // "the body"
	ContentType string // as received; may be empty
	Offset      int    // in bytes, from 0
	Line        int    // from 1
	Column      int    // in characters, from 1
	Reason      string // `found '<' where a value should begin`
	Empty       bool   // nothing but blanks
}

func (e *JSONError) Error() string {
	suffix := ""
	if e.ContentType != "" {
		suffix = "; its Content-Type is " + quote(clip(e.ContentType, 100))
	}
	if e.Empty {
		return e.Subject + " is empty, not JSON" + suffix
	}
	return fmt.Sprintf("%s is not JSON: line %d, column %d (byte %d): %s%s",
		e.Subject, e.Line, e.Column, e.Offset, e.Reason, suffix)
}

// place works out line and column of the offset; only an error needs them.
func (e *JSONError) place(text string) {
	e.Line, e.Column = 1, 1
	for _, r := range text[:min(e.Offset, len(text))] {
		if r == '\n' {
			e.Line++
			e.Column = 0
		}
		e.Column++
	}
}

// scanner checks a text against RFC 8259 in one pass and without recursion, so that no text overflows the stack. It
// accepts what gjson.Valid accepts, and says where a text is wrong, which gjson does not.
type scanner struct {
	text    string
	i       int
	depth   int
	deepest int
	reason  string
	// object has a bit for each open container: 1 for an object.
	object [MaxDepth/64 + 1]uint64
}

// scanJSON gives the depth of nesting of a JSON text, or the offset and the reason why it is none.
func scanJSON(text string) (deepest, offset int, reason string) {
	s := scanner{text: text}
	if !s.document() {
		return s.deepest, s.i, s.reason
	}
	return s.deepest, 0, ""
}

func (s *scanner) document() bool {
	s.blanks()
	for {
		opened, ok := s.value()
		if !ok {
			return false
		}
		if opened {
			continue
		}
		more, ok := s.after()
		if !more {
			return ok
		}
	}
}

// value reads a scalar or the opening of a container, and in an object the key before it.
func (s *scanner) value() (opened, ok bool) {
	if s.i == len(s.text) {
		return false, s.fail("a value should begin")
	}
	switch c := s.text[s.i]; c {
	case '{', '[':
		return s.open(c)
	case '"':
		return false, s.str()
	case 't':
		return false, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return false, s.word("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return false, s.number()
	}
	return false, s.fail("a value should begin")
}

// open reads the beginning of a container up to its first value; an empty one is read whole.
func (s *scanner) open(c byte) (opened, ok bool) {
	if s.depth == MaxDepth {
		s.reason = tooDeep
		return false, false
	}
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	s.depth++
	s.deepest = max(s.deepest, s.depth)
	s.i++
	s.blanks()
	if c == '[' {
		s.object[word] &^= bit
		return !s.closed(']'), true
	}
	s.object[word] |= bit
	if s.closed('}') {
		return false, true
	}
	return true, s.key("a member's name or } should be")
}

func (s *scanner) closed(c byte) bool {
	if s.i < len(s.text) && s.text[s.i] == c {
		s.i++
		s.depth--
		return true
	}
	return false
}

// after reads what follows a value: closing brackets, then a comma with the key of the next member, or the end.
func (s *scanner) after() (more, ok bool) {
	for {
		s.blanks()
		if s.depth == 0 {
			if s.i < len(s.text) {
				return false, s.fail("the document should end")
			}
			return false, true
		}
		at := s.depth - 1
		inObject := s.object[at/64]>>(at%64)&1 == 1
		switch {
		case s.i < len(s.text) && s.text[s.i] == ',':
			s.i++
			s.blanks()
			if inObject {
				ok := s.key("a member's name should be")
				return ok, ok
			}
			return true, true
		case inObject && s.closed('}'), !inObject && s.closed(']'):
		case inObject:
			return false, s.fail("a comma or } should be")
		default:
			return false, s.fail("a comma or ] should be")
		}
	}
}

func (s *scanner) key(want string) bool {
	if s.i == len(s.text) || s.text[s.i] != '"' {
		return s.fail(want)
	}
	if !s.str() {
		return false
	}
	s.blanks()
	if s.i == len(s.text) || s.text[s.i] != ':' {
		return s.fail("a colon should be")
	}
	s.i++
	s.blanks()
	return true
}

func (s *scanner) blanks() {
	if s.i < len(s.text) && s.text[s.i] > ' ' {
		return
	}
	s.skipBlanks()
}

func (s *scanner) skipBlanks() {
	for s.i < len(s.text) {
		switch s.text[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

const (
	each01 = 0x0101010101010101
	each80 = 0x8080808080808080
)

// str reads a string. Eight bytes are looked at together: those below 0x20, the quote and the backslash end a run.
func (s *scanner) str() bool {
	text := s.text
	i := s.i + 1
	for {
		for i+8 <= len(text) {
			w := word64(text[i : i+8])
			quotes, slashes := w^('"'*each01), w^('\\'*each01)
			stop := ((w - 0x20*each01) &^ w) | ((quotes - each01) &^ quotes) | ((slashes - each01) &^ slashes)
			if stop &= each80; stop != 0 {
				i += bits.TrailingZeros64(stop) / 8
				break
			}
			i += 8
		}
		if i >= len(text) {
			s.i = len(text)
			return s.fail("a string should end")
		}
		switch c := text[i]; {
		case c == '"':
			s.i = i + 1
			return true
		case c == '\\':
			n, ok := s.escape(i)
			if !ok {
				return false
			}
			i += n
		case c < 0x20:
			s.i = i
			s.reason = "found a control character, " + describe(text[i:]) + ", in a string"
			return false
		default:
			i++
		}
	}
}

// word64 loads eight bytes, the first one lowest; the compiler makes one instruction of it.
func word64(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// escape gives the length of the escape at i (RFC 8259, section 7). A lone surrogate is grammatical.
func (s *scanner) escape(i int) (n int, ok bool) {
	if i+1 < len(s.text) {
		switch s.text[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			return 2, true
		case 'u':
			for n = 2; n < 6 && i+n < len(s.text) && isHex(s.text[i+n]); n++ {
			}
			if n == 6 {
				return 6, true
			}
		}
	}
	s.i = i
	s.reason = "found an escape that JSON does not have, " + quote(firstRunes(s.text[i:], 2)) + ", in a string"
	return 0, false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (s *scanner) word(w string) bool {
	if len(s.text)-s.i >= len(w) && s.text[s.i:s.i+len(w)] == w {
		s.i += len(w)
		return true
	}
	return s.fail("a value should begin")
}

func (s *scanner) number() bool {
	if s.text[s.i] == '-' {
		s.i++
	}
	if s.i < len(s.text) && s.text[s.i] == '0' {
		s.i++
	} else if !s.digits() {
		return false
	}
	if s.i < len(s.text) && s.text[s.i] == '.' {
		s.i++
		if !s.digits() {
			return false
		}
	}
	if s.i < len(s.text) && (s.text[s.i] == 'e' || s.text[s.i] == 'E') {
		s.i++
		if s.i < len(s.text) && (s.text[s.i] == '+' || s.text[s.i] == '-') {
			s.i++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.text) && '0' <= s.text[s.i] && s.text[s.i] <= '9' {
		s.i++
	}
	return s.i > from || s.fail("a digit should be")
}

// fail says what was found in the place of something: `found '<' where a value should begin`.
func (s *scanner) fail(want string) bool {
	s.reason = "found " + describe(s.text[s.i:]) + " where " + want
	return false
}

func describe(rest string) string {
	if rest == "" {
		return "the end"
	}
	r, n := utf8.DecodeRuneInString(rest)
	if r == utf8.RuneError && n == 1 {
		return fmt.Sprintf("byte 0x%02x", rest[0])
	}
	return strconv.QuoteRune(r)
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
