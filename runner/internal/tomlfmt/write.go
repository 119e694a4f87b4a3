package tomlfmt

import (
	"strings"
	"unicode/utf8"
)

// indent is how far the elements of an array stand in from it.
const indent = 2

// A writer puts entries together again.
type writer struct{ strings.Builder }

func (w *writer) document(entries []entry) {
	separate(entries)
	for _, e := range entries {
		if e.gap {
			w.WriteByte('\n')
		}
		w.WriteString(e.header)
		if e.value != nil {
			w.entry(e, 0, 0, false)
		}
		w.remark(e)
		w.WriteByte('\n')
	}
}

// separate sees to the blank line before each header, or before the comments that belong to it.
func separate(entries []entry) {
	for i, e := range entries {
		if e.header == "" {
			continue
		}
		first := i
		for first > 0 && !entries[first].gap && entries[first-1].isComment() {
			first--
		}
		entries[first].gap = first > 0
	}
}

func (e entry) isComment() bool { return e.header == "" && e.value == nil }

// remark writes the comment of an entry, after a blank if something is before it.
func (w *writer) remark(e entry) {
	if e.comment != "" && !e.isComment() {
		w.WriteByte(' ')
	}
	w.WriteString(e.comment)
}

// entry writes the key and the value of one that stands on its line after depth blanks. Behind it follow as many
// characters as trailing; inline says that it may not be broken to fit.
func (w *writer) entry(e entry, depth, trailing int, inline bool) {
	column := depth
	if e.key != "" {
		w.WriteString(e.key + " = ")
		column += utf8.RuneCountInString(e.key) + len(" = ")
	}
	v := e.value
	fits := inline || v.open != '[' || column+v.width+trailing <= maxWidth
	switch {
	case v.open == 0:
		w.WriteString(v.text)
	case v.broken || !fits && len(v.entries) > 0:
		w.broken(v, depth)
	default:
		w.flat(v, depth)
	}
}

// flat writes an array or an inline table on the line.
func (w *writer) flat(v *value, depth int) {
	w.WriteByte(v.open)
	blank := v.open == '{' && len(v.entries) > 0
	if blank {
		w.WriteByte(' ')
	}
	for i, e := range v.entries {
		if i > 0 {
			w.WriteString(", ")
		}
		w.entry(e, depth, 0, true)
	}
	if blank {
		w.WriteByte(' ')
	}
	w.WriteByte(v.end())
}

// broken writes each entry of an array or an inline table on a line.
func (w *writer) broken(v *value, depth int) {
	w.WriteByte(v.open)
	if v.comment != "" {
		w.WriteString(" " + v.comment)
	}
	w.WriteByte('\n')
	for _, e := range v.entries {
		if e.gap {
			w.WriteByte('\n')
		}
		w.blanks(depth + indent)
		if e.value != nil {
			w.entry(e, depth+indent, len(","), false)
			w.WriteByte(',')
		}
		w.remark(e)
		w.WriteByte('\n')
	}
	w.blanks(depth)
	w.WriteByte(v.end())
}

func (w *writer) blanks(n int) {
	for range n {
		w.WriteByte(' ')
	}
}
