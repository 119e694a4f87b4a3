package tomlfmt

import (
	"strings"
	"unicode/utf8"
)

// An entry is what has a line of its own: in a document, in an array or in an inline table. Without a header and a value
// it is a comment.
type entry struct {
	gap     bool   // a blank line is before it
	header  string // [a.b] or [[a.b]]
	key     string // a.b; none in an array
	value   *value
	comment string // the one behind it, or it itself
}

// A value is a scalar, an array or an inline table.
type value struct {
	text    string  // of a scalar, as it stands there
	open    byte    // the bracket of an array or an inline table, 0 for a scalar
	entries []entry // what is in it
	comment string  // the one behind the bracket
	broken  bool    // it is to be written over several lines
	spans   bool    // there is a line end in it, perhaps in a string
	width   int     // its characters when written on one line
}

// A reader takes a document apart. It is one that parsers have accepted, so that it needs to know little of what is legal.
type reader struct {
	text   string
	at     int
	failed bool // something is not as expected, and it stands at fault
	fault  int
}

// fail ends the reading: nothing is left.
func (r *reader) fail() {
	if !r.failed {
		r.failed, r.fault = true, r.at
	}
	r.at = len(r.text)
}

// peek is the next byte, 0 at the end, which no TOML file holds.
func (r *reader) peek() byte {
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) expect(token string) {
	if !strings.HasPrefix(r.text[r.at:], token) {
		r.fail()
		return
	}
	r.at += len(token)
}

// take moves over n bytes and gives them.
func (r *reader) take(n int) string {
	taken := r.text[r.at : r.at+n]
	r.at += n
	return taken
}

func (r *reader) blanks() {
	for r.peek() == ' ' || r.peek() == '\t' {
		r.at++
	}
}

// newline moves over the end of a line, if one is here.
func (r *reader) newline() bool {
	rest := r.text[r.at:]
	if rest = strings.TrimPrefix(rest, "\r"); !strings.HasPrefix(rest, "\n") {
		return false
	}
	r.at = len(r.text) - len(rest) + 1
	return true
}

// remark is the comment up to the end of the line, "" if there is none.
func (r *reader) remark() string {
	if r.peek() != '#' {
		return ""
	}
	rest := r.text[r.at:]
	if end := strings.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	rest = strings.TrimSuffix(rest, "\r")
	return strings.TrimRight(r.take(len(rest)), " \t")
}

func (r *reader) document() []entry {
	var entries []entry
	gap := false
	for {
		r.blanks()
		if r.peek() == 0 {
			return entries
		}
		if r.newline() {
			gap = len(entries) > 0
			continue
		}
		e := entry{gap: gap}
		switch r.peek() {
		case '#':
		case '[':
			e.header = r.header()
		default:
			e.key, e.value = r.keyValue()
		}
		r.blanks()
		e.comment = r.remark()
		if !r.newline() && r.peek() != 0 {
			r.fail()
		}
		entries, gap = append(entries, e), false
	}
}

func (r *reader) header() string {
	open, end := "[", "]"
	if strings.HasPrefix(r.text[r.at:], "[[") {
		open, end = "[[", "]]"
	}
	r.expect(open)
	key := r.key()
	r.expect(end)
	return open + key + end
}

func (r *reader) keyValue() (string, *value) {
	key := r.key()
	r.expect("=")
	r.blanks()
	return key, r.value()
}

// key is a key with its dots, and without blanks around them.
func (r *reader) key() string {
	var b strings.Builder
	for {
		r.blanks()
		b.WriteString(r.part())
		r.blanks()
		if r.peek() != '.' {
			return b.String()
		}
		b.WriteString(r.take(1))
	}
}

// part is one part of a key, without quotes that it does not need.
func (r *reader) part() string {
	rest := r.text[r.at:]
	if strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "'") {
		quoted := r.quoted()
		if inner := strings.Trim(quoted, quoted[:1]); inner != "" && len(inner) == len(quoted)-2 && bareLength(inner) == len(inner) {
			return inner
		}
		return quoted
	}
	n := bareLength(rest)
	if n == 0 {
		r.fail()
		return ""
	}
	return r.take(n)
}

// bareLength is how much of the beginning of a text can stand in a key without quotes.
func bareLength(text string) int {
	for i, c := range []byte(text) {
		if c != '_' && c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return i
		}
	}
	return len(text)
}

func (r *reader) value() *value {
	var text string
	switch r.peek() {
	case '[', '{':
		return r.container()
	case '"', '\'':
		text = r.quoted()
	default:
		text = r.bare()
	}
	return &value{text: text, spans: strings.Contains(text, "\n"), width: utf8.RuneCountInString(text)}
}

// bare is a number, a boolean, or a date: in one between date and time there may be a blank.
func (r *reader) bare() string {
	rest := r.text[r.at:]
	length := func(from int) int {
		if end := strings.IndexAny(rest[from:], ",]}# \t\r\n"); end >= 0 {
			return from + end
		}
		return len(rest)
	}
	n := length(0)
	if n == 0 {
		r.fail()
		return ""
	}
	if n+1 < len(rest) && rest[n] == ' ' && '0' <= rest[n+1] && rest[n+1] <= '9' {
		n = length(n + 1)
	}
	return r.take(n)
}

// quoted is a string of any kind with its quotes.
func (r *reader) quoted() string {
	rest := r.text[r.at:]
	quote := rest[:1]
	triple := strings.Repeat(quote, 3)
	if strings.HasPrefix(rest, triple) {
		quote = triple
	}
	for i := len(quote); i < len(rest); i++ {
		switch {
		case rest[i] == '\\' && quote[0] == '"':
			i++
		case strings.HasPrefix(rest[i:], quote):
			end := i + len(quote)
			// Of a multi-line string's own text up to two quotes may stand before those that end it.
			for more := 0; quote == triple && more < 2 && end < len(rest) && rest[end] == quote[0]; more++ {
				end++
			}
			return r.take(end)
		}
	}
	r.fail()
	return quote + quote
}

// container is an array or an inline table.
func (r *reader) container() *value {
	v := &value{open: r.take(1)[0]}
	lines := 0 // line ends since the last thing
	for r.blanks(); r.peek() != v.end(); r.blanks() {
		switch {
		case r.newline():
			v.broken = true
			lines++
			continue
		case r.peek() == ',':
			r.at++
		case r.peek() == '#':
			v.remark(r.remark(), lines)
		case r.peek() == 0:
			r.fail()
			return v
		default:
			e := entry{gap: lines > 1 && len(v.entries) > 0}
			if v.open == '{' {
				e.key, e.value = r.keyValue()
			} else {
				e.value = r.value()
			}
			v.entries = append(v.entries, e)
		}
		lines = 0
	}
	r.at++
	v.measure()
	return v
}

func (v *value) end() byte {
	if v.open == '[' {
		return ']'
	}
	return '}'
}

// remark puts a comment where it belongs: behind the bracket or the entry on whose line it stands, else on a line of its own.
func (v *value) remark(comment string, lines int) {
	if n := len(v.entries); lines == 0 && n == 0 {
		v.comment = comment
		return
	} else if lines == 0 && v.entries[n-1].comment == "" {
		v.entries[n-1].comment = comment
		return
	}
	v.entries = append(v.entries, entry{gap: lines > 1 && len(v.entries) > 0, comment: comment})
}

// measure finds out whether the container has to be broken, and how wide it is if not.
func (v *value) measure() {
	v.width = len("[]")
	if len(v.entries) == 0 {
		v.broken = v.comment != ""
		v.spans = v.broken
		return
	}
	v.width += len(", ") * (len(v.entries) - 1)
	if v.open == '{' {
		v.width += len("  ")
	}
	for _, e := range v.entries {
		if e.value == nil {
			continue // and then it is broken
		}
		v.width += e.value.width
		if e.key != "" {
			v.width += utf8.RuneCountInString(e.key) + len(" = ")
		}
		v.spans = v.spans || e.value.spans
	}
	v.broken = v.broken || v.spans && v.open == '['
	v.spans = v.spans || v.broken
}
