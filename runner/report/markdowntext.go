package report

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/postrider/postrider/runner/diag"
)

// keptInline is how many bytes of a name or path are shown.
const keptInline = 300

// inline is a text from elsewhere as a piece of a line of Markdown: as it is, if nothing in it can mean anything, and
// else as code. In code there is no markup, and GitHub looks for no addresses, mentions, numbers of issues or commits
// there, which it finds in all other text however it is escaped.
func inline(s string) string {
	s = diag.PrintableLine(s)
	if len(s) > keptInline {
		s = clip(s, keptInline) + "…"
	}
	if !innocent(s) {
		return codeSpan(s)
	}
	if strings.ContainsAny(s, "[]") {
		return strings.NewReplacer("[", `\[`, "]", `\]`).Replace(s)
	}
	return s
}

// inlineCell is inline in a table, whose cells end at | even in code.
func inlineCell(s string) string {
	s = inline(s)
	if !strings.Contains(s, "|") {
		return s
	}
	// A backslash before the bar is taken by some for an escape of that backslash, so that the cell would end.
	return strings.ReplaceAll(strings.ReplaceAll(s, `\|`, `\\x7c`), "|", `\|`)
}

// innocent reports whether a text means nothing to a reader of Markdown, but for its square brackets: letters, digits
// and punctuation that does not join words, so that there is no address in it and no number of an issue.
func innocent(s string) bool {
	hex := 0 // letters of a word that may be a commit
	for i, r := range s {
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		next, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		last := i+utf8.RuneLen(r) == len(s)
		apart := last || next == ' '
		switch {
		case r == ' ':
			if i == 0 || apart {
				return false // it would be lost
			}
		case r == '.' && unicode.IsDigit(before) && unicode.IsDigit(next):
		case r == '_' && unicode.IsLetter(before) && unicode.IsLetter(next):
		case r == '/' && before == ' ', strings.ContainsRune(".,:;", r):
			if !apart {
				return false
			}
		case r == '-':
			if !last && unicode.IsDigit(next) {
				return false
			}
		case r < utf8.RuneSelf && !strings.ContainsRune(`()[]'"!?%`, r) && !unicode.IsLetter(r) && !unicode.IsDigit(r):
			return false
		case r >= utf8.RuneSelf && r != '·' && r != '…' && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Number, unicode.So):
			return false
		}
		if strings.ContainsRune("0123456789abcdefABCDEF", r) {
			if hex++; hex >= 7 {
				return false
			}
		} else {
			hex = 0
		}
	}
	return true
}

// codeSpan is a text between more backticks than it has in a row.
func codeSpan(s string) string {
	marks := strings.Repeat("`", backticks(s)+1)
	blank := strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") && strings.Trim(s, " ") != ""
	if blank || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " " // of which a reader takes one off either end
	}
	return marks + s + marks
}

// fenced is a block of code of whole lines, which must be printable, between longer fences than it has. What is longer
// than keptBlock is cut.
func fenced(language, text string) string {
	if len(text) > keptBlock {
		text = clip(text, keptBlock) + "…\n"
	}
	marks := strings.Repeat("`", max(3, backticks(text)+1))
	return marks + language + "\n" + text + marks + "\n"
}

// backticks is the length of the longest row of them.
func backticks(s string) int {
	longest, n := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			n = 0
			continue
		}
		n++
		longest = max(longest, n)
	}
	return longest
}

// markdownTable has tablewriter draw a table of cells that are Markdown, or without rows the head of one.
func markdownTable(l layout, rows [][]string) []byte {
	var out bytes.Buffer
	titles, align := make([]string, len(l)), make(tw.Alignment, len(l))
	for i, c := range l {
		titles[i], align[i] = c.title, tw.AlignLeft
		if c.right {
			align[i] = tw.AlignRight
		}
	}
	t := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(renderer.NewMarkdown()),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithAlignment(align),
	)
	t.Header(titles)
	if t.Bulk(rows) == nil && t.Render() == nil { // it cannot fail: strings go to a buffer
		return out.Bytes()
	}
	return nil
}
