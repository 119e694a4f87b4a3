package assertion

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// MaxDiffLines is how many lines [Verdict.Diff] has at most.
const MaxDiffLines = 40

const (
	// maxDiffed is how many bytes of each side are compared line by line.
	maxDiffed = 512 << 10
	// maxLaidOut is how many bytes of JSON are laid out for it.
	maxLaidOut = 2 << 20
)

// diff compares what equals wanted with what was found, where the two are too long for the eye.
func (p *Predicate) diff(f *Found) string {
	if p.op != opEquals || len(f.rest) > 0 || p.want.pattern != "" {
		return ""
	}
	want, have := p.want, f.one
	if want.kind == str && have.kind == str {
		if !strings.Contains(want.text, "\n") && !strings.Contains(have.text, "\n") {
			return ""
		}
		return unified(want.text, have.text)
	}
	if !want.container() || want.kind != have.kind || len(have.text) > maxLaidOut {
		return ""
	}
	if size(want.any()) <= shown && size(have.any()) <= shown {
		return ""
	}
	var left, right layout
	left.node(want)
	right.value(have, want)
	return unified(left.String(), right.String())
}

func (v value) container() bool { return v.kind == array || v.kind == object }

// size is the length of a value in one line, or a little more than shown where it is more.
func size(v any) int {
	w := formatter{limit: shown}
	w.value(v)
	return w.size
}

// unified gives a unified diff of at most [MaxDiffLines] lines, or "" of texts that are too large.
func unified(want, have string) string {
	if len(want) > maxDiffed || len(have) > maxDiffed {
		return ""
	}
	text := strings.TrimSuffix(udiff.Unified("expected", "actual", want, have), "\n")
	lines := strings.Split(text, "\n")
	if more := len(lines) - MaxDiffLines; more > 0 {
		lines = append(lines[:MaxDiffLines-1], "… ("+strconv.Itoa(more+1)+" more lines)")
	}
	return strings.Join(lines, "\n")
}

// A layout writes JSON with one element or member a line and members sorted by name, until it is too large for a diff.
type layout struct {
	strings.Builder
	indent int
}

func (l *layout) full() bool { return l.Len() > maxDiffed }

func (l *layout) line(name string) {
	l.WriteByte('\n')
	l.WriteString(strings.Repeat("  ", l.indent))
	if name != "" {
		l.WriteString(name + ": ")
	}
}

// container writes brackets around n lines that each writes.
func (l *layout) container(open, end string, n int, each func(i int)) {
	l.WriteString(open)
	l.indent++
	for i := 0; i < n && !l.full(); i++ {
		each(i)
		if i < n-1 {
			l.WriteByte(',')
		}
	}
	l.indent--
	if n > 0 {
		l.line("")
	}
	l.WriteString(end)
	if l.indent == 0 {
		l.WriteByte('\n')
	}
}

func (l *layout) node(w *node) {
	switch w.kind {
	case array:
		l.container("[", "]", len(w.items), func(i int) {
			l.line("")
			l.node(w.items[i])
		})
	case object:
		names := slices.Sorted(slices.Values(w.names))
		l.container("{", "}", len(names), func(i int) {
			l.line(quote(names[i]))
			l.node(w.members[names[i]])
		})
	default:
		l.WriteString(Format(w.any(), 0))
	}
}

// value writes what was found. A number that is equal to the one wanted is written as that: 1.50 is 1.5.
func (l *layout) value(v value, want *node) {
	switch v.kind {
	case array:
		var items []value
		for _, e := range v.elements() {
			items = append(items, e)
		}
		l.container("[", "]", len(items), func(i int) {
			l.line("")
			var w *node
			if want != nil && i < len(want.items) {
				w = want.items[i]
			}
			l.value(items[i], w)
		})
	case object:
		members := map[string]value{}
		var names []string
		for name, e := range v.members() {
			members[name] = e
			names = append(names, name)
		}
		slices.Sort(names)
		l.container("{", "}", len(names), func(i int) {
			l.line(quote(names[i]))
			var w *node
			if want != nil {
				w = want.members[names[i]]
			}
			l.value(members[names[i]], w)
		})
	default:
		if v.kind == number && want != nil && want.equals(v) {
			v = want.value
		}
		l.WriteString(Format(v.any(), 0))
	}
}
