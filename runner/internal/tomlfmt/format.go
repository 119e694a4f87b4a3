// Package tomlfmt writes TOML in one style. What it says stays the same: data, the order of keys, comments, how numbers
// and strings are spelled.
//
// The style:
//
//   - One blank around =, none at the end of a line. Nothing at the top level is indented, also not under a [table].
//   - At most one blank line between two things. Exactly one before a [table] or an [[array of tables]]; comments right
//     above a header belong to it, and then the blank line is before them. None at the beginning and at the end.
//   - A comment behind something stays on its line, after one blank. Its text stays as it is.
//   - Keys: a . b is a.b, and "a" is a; quotes stay where a key needs them. [ a ] is [a].
//   - Strings stay in their kind of quotes, character for character, numbers and dates too.
//   - An inline table has blanks inside its braces: { a = 1, b = 2 }. It stays on its line, however long, as TOML 1.0
//     knows no other; one that was written over several lines, as TOML 1.1 lets it, has each entry on a line.
//   - An array that is on one line stays there if the line has at most 120 characters, its comment not counted. Any
//     other has each element on a line, indented by two blanks, with a comma behind it. Arrays in an inline table of one
//     line stay as they are.
//   - Lines end in \n, the last one too. There is no byte order mark. Only in a multi-line string \r\n stays: it is data.
package tomlfmt

import (
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// maxWidth is how many characters a line with an array may have.
const maxWidth = 120

// Format gives a document in the one style; what is in it gives itself again. For a text that is not valid TOML it gives
// the diagnostics of [tomlnode.Parse] and no text.
func Format(source *diag.Source) (string, diag.List) {
	if _, list := tomlnode.Parse(source); list.HasErrors() {
		return "", list
	}
	r := &reader{text: source.Text, at: len(source.Text) - len(strings.TrimPrefix(source.Text, "\ufeff"))}
	entries := r.document()
	if r.failed {
		var list diag.List
		list.Add(diag.Span{Source: source, Start: r.fault, End: min(r.fault+1, len(source.Text))}, "this TOML is beyond the formatter",
			"the file is right, and it stays as it is; written in a simpler way it can be formatted")
		return "", list
	}
	w := &writer{}
	w.document(entries)
	return w.String(), nil
}
