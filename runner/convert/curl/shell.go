package curl

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxArgument is how many bytes one argument may have: Linux takes 128 KiB.
	maxArgument = 100 << 10
	// maxLine is how many characters a command on one line has.
	maxLine = 100
)

// quote writes a text as one word of a POSIX shell. A text that is not printable UTF-8 comes out of printf, so that the
// command itself is. A NUL cannot be in a word.
func quote(s string) string {
	if bare(s) {
		return s
	}
	if printable(s) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	// The shell drops the line ends at the end of what it reads from a command.
	body := strings.TrimRight(s, "\n")
	word := `"$(printf ` + format(body) + `)"`
	if ends := s[len(body):]; ends != "" {
		word += "'" + ends + "'"
	}
	return word
}

// bare says whether a text needs no quotes in any shell.
func bare(s string) bool {
	for i := range len(s) {
		b := s[i]
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
		if !letter && strings.IndexByte("-_./:,+@%", b) < 0 {
			return false
		}
	}
	return s != ""
}

// printable says whether a text may stand in a command as it is: UTF-8 without control characters, but for tabs and line
// feeds, and without what is invisible or turns the direction of writing.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !shown(r) && r != '\n' && r != '\t' })
}

func shown(r rune) bool { return unicode.IsPrint(r) && r != utf8.RuneError }

// format writes any bytes as the format of printf, in quotes. Octal escapes have three digits, so that no digit that
// follows joins them; a "!" is one too, because an interactive bash looks for it within double quotes.
func format(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '%':
			b.WriteString(`%%`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\'', r == '!', r == '-' && i == 0, !shown(r):
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	b.WriteByte('\'')
	return b.String()
}

// layout is the command on one line, or on several with a backslash at the end of each.
func (w *writer) layout() string {
	lines := []string{"curl " + w.head}
	for _, words := range w.lines {
		lines = append(lines, strings.Join(words, " "))
	}
	short, long := strings.Join(lines, " "), strings.Join(lines, " \\\n  ")
	if w.stdin != "" {
		short, long = w.stdin+" | "+short, w.stdin+" |\n"+long
	}
	if utf8.RuneCountInString(short) <= maxLine && !strings.Contains(short, "\n") {
		return short
	}
	return long
}
