// Package diag holds what is wrong, where, and what to try: values that every stage makes and one renderer draws.
//
// A Diagnostic is data. Parsing, resolving, sending and asserting all make the same kind, so that a terminal, a JUnit
// file and an annotation say the same words. Messages are in lower case, with no full stop and no Go types.
package diag

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
)

// A Severity says whether a diagnostic stops the run.
type Severity int

// The severities.
const (
	Error   Severity = iota // nothing is right until this is mended
	Warning                 // a likely mistake
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// A Detail is a line below the excerpt: `expected: "jane"     {{name}} from environments/local.toml:9`.
type Detail struct {
	Label  string // "expected"
	Text   string
	Origin string // where the text came from, if that helps
}

// A Diagnostic is one thing that is wrong.
type Diagnostic struct {
	Severity Severity
	Message  string   // what was expected and found
	Span     Span     // where; may be zero
	Details  []Detail // expected and actual
	Notes    []string // circumstances: the exchange, where else to look
	Hint     string   // what to try
}

// Error is the one-line form, `file:line:col: message (hint)`.
func (d Diagnostic) Error() string {
	var b strings.Builder
	if !d.Span.IsZero() {
		line, column := d.Span.Position()
		b.WriteString(d.Span.File() + ":" + strconv.Itoa(line) + ":" + strconv.Itoa(column) + ": ")
	}
	b.WriteString(d.Message)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return b.String()
}

// A List is diagnostics in the order in which they were found. As an error it says the first and how many more.
type List []Diagnostic

// Add appends an error at a span.
func (l *List) Add(span Span, message, hint string) {
	*l = append(*l, Diagnostic{Message: message, Span: span, Hint: hint})
}

// Warn appends a warning at a span.
func (l *List) Warn(span Span, message, hint string) {
	*l = append(*l, Diagnostic{Severity: Warning, Message: message, Span: span, Hint: hint})
}

// HasErrors reports whether any of them is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// Err is the list as an error if any of them is one, else nil.
func (l List) Err() error {
	if l.HasErrors() {
		return l
	}
	return nil
}

func (l List) Error() string {
	switch len(l) {
	case 0:
		return "no diagnostics"
	case 1:
		return l[0].Error()
	}
	return l[0].Error() + " (and " + strconv.Itoa(len(l)-1) + " more)"
}

// Sort puts them in the order of files (as first met) and of positions, and drops exact repeats.
func (l List) Sort() List {
	files := map[string]int{}
	for _, d := range l {
		if _, ok := files[d.Span.File()]; !ok {
			files[d.Span.File()] = len(files)
		}
	}
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(cmp.Compare(files[a.Span.File()], files[b.Span.File()]), cmp.Compare(a.Span.Start, b.Span.Start))
	})
	return slices.CompactFunc(l, func(a, b Diagnostic) bool { return a.Message == b.Message && a.Span == b.Span })
}

// Nearest is the name most like word, or "" when none is near: at most a third of the letters may differ, and two
// letters that changed places count as one.
func Nearest(word string, names []string) string {
	best, distance := "", len([]rune(word))/3+1
	if len(word) > 0 && len(word) < 3 {
		distance = 1
	}
	fold := strings.ToLower(word)
	for _, name := range names {
		other := strings.ToLower(name)
		d := levenshtein.ComputeDistance(fold, other)
		if swapped(fold, other) {
			d = 1
		}
		if d < distance || (d == distance && best == "") {
			best, distance = name, d
		}
	}
	return best
}

// swapped reports whether b is a with two neighbours exchanged.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// DidYouMean is a hint that offers the nearest of names, or "" when none is near.
func DidYouMean(word string, names []string) string {
	if near := Nearest(word, names); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return ""
}

// OneOf is a hint that lists the legal values: `one of "a", "b" or "c"`.
func OneOf(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = strconv.Quote(n)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return "one of " + strings.Join(quoted[:len(quoted)-1], ", ") + " or " + quoted[len(quoted)-1]
}
