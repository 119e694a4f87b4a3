package report

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/postrider/postrider/runner/diag"
)

const (
	// keptMessage and keptTitle are how many bytes of an annotation's are shown.
	keptMessage, keptTitle = 4 << 10, 200
)

// An annotation is a message of a workflow, at a place in a file or at none.
type annotation struct {
	level, title, message          string
	file                           string // "" for none
	line, endLine, column, endText int    // from 1; endText is the column behind the last one
}

// place sets where an annotation stands.
func (a *annotation) place(span diag.Span, file func(string) string) {
	if span.IsZero() {
		return
	}
	a.file = span.File()
	if file != nil {
		a.file = file(a.file)
	}
	end := span
	end.Start = max(span.Start, span.End)
	a.line, a.column = span.Position()
	a.endLine, a.endText = end.Position()
}

// append adds the command that makes the annotation. Columns are only for what begins and ends on the same line.
func (a *annotation) append(b []byte) []byte {
	var properties [][2]string
	if a.file != "" {
		properties = append(properties, [2]string{"file", a.file}, [2]string{"line", strconv.Itoa(a.line)}, [2]string{"endLine", strconv.Itoa(a.endLine)})
		if a.line == a.endLine {
			properties = append(properties, [2]string{"col", strconv.Itoa(a.column)}, [2]string{"endColumn", strconv.Itoa(a.endText)})
		}
	}
	properties = append(properties, [2]string{"title", shorten(a.title, keptTitle)})
	return appendCommand(b, a.level, properties, shorten(a.message, keptMessage))
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return clip(s, n) + "…"
}

// appendCommand adds a workflow command, `::error file=a.toml,line=1::message`, escaped as the runner unescapes it: see
// "Workflow commands for GitHub Actions" and @actions/core. The message is printable, and may have lines.
func appendCommand(b []byte, name string, properties [][2]string, message string) []byte {
	b = append(append(b, "::"...), name...)
	for i, p := range properties {
		b = append(b, " ,"[min(i, 1)])
		b = append(append(b, p[0]...), '=')
		b = appendData(b, diag.PrintableLine(p[1]), true)
	}
	return append(appendData(append(b, "::"...), message, false), '\n')
}

func appendData(b []byte, s string, property bool) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '%':
			b = append(b, "%25"...)
		case c == '\r':
			b = append(b, "%0D"...)
		case c == '\n':
			b = append(b, "%0A"...)
		case property && c == ':':
			b = append(b, "%3A"...)
		case property && c == ',':
			b = append(b, "%2C"...)
		default:
			b = append(b, c)
		}
	}
	return b
}

// appendLogLine adds a line of printable text, so that the runner does not take it for a command: one begins with :: behind
// blanks, or has ##[ anywhere. The character that makes it one is escaped. Characters that show nothing do not count,
// for the runner compares as people do.
func appendLogLine(b []byte, line string) []byte {
	if !strings.Contains(line, ":") && !strings.Contains(line, "[") {
		return append(b, line...)
	}
	start, colons, marks := true, 0, 0 // whether only colons and blanks were seen; how many in a row, of : and of #
	for _, r := range line {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case r == ':' && start && colons == 1:
			b = append(b, `\x3a`...)
			start = false
			continue
		case r == ':' && start:
			colons++
		case r == '[' && marks >= 2:
			b, marks = append(b, `\x5b`...), 0
			continue
		case r == '#':
			start = false
			marks++
		case !unicode.IsSpace(r) || colons > 0:
			start, marks = false, 0
		default:
			marks = 0
		}
		b = append(b, string(r)...)
	}
	return b
}
