package report

import (
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// gap is how many blanks stand between two columns.
const gap = 2

// A column is a place for cells that stand below each other.
type column struct {
	title string
	right bool // numbers end where their column ends
	width int  // in terminal columns; 0 hides it
	least int  // what it may be narrowed to, 0 for never
}

// A cell is printable text with the colour to show it in, "" for none.
type cell struct{ text, color string }

// A layout is the columns of a table.
type layout []column

// append adds a line with the cells at their places. Nothing is cut: a cell that is wider than its column moves those
// behind it as little as it must, and they are back at their places as soon as there are blanks to take it from.
func (l layout) append(line []byte, color bool, cells ...cell) []byte {
	at, start := 0, 0 // where the line ends, where the column starts
	for i, c := range cells {
		if l[i].width == 0 {
			continue
		}
		w, to, apart := width(c.text), start, gap
		if l[i].right {
			to, apart = start+l[i].width-w, 1
		}
		start += l[i].width + gap
		if w == 0 {
			continue
		}
		if at > 0 {
			to = max(to, at+apart)
		}
		for ; at < to; at++ {
			line = append(line, ' ')
		}
		line = paint(line, color, c.color, c.text)
		at += w
	}
	return append(line, '\n')
}

// total is the width of a line whose cells fit.
func (l layout) total() int {
	total := -gap
	for _, c := range l {
		if c.width > 0 {
			total += c.width + gap
		}
	}
	return max(total, 0)
}

// fit narrows the columns that may be, the widest first, until a line has at most that width. If that is not enough,
// columns are hidden in the order given.
func (l layout) fit(width int, expendable ...int) {
	natural := append(layout(nil), l...)
	for {
		for over := l.total() - width; over > 0; over-- {
			widest := -1
			for i, c := range l {
				if c.least > 0 && c.width > c.least && (widest < 0 || c.width > l[widest].width) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			l[widest].width--
		}
		if l.total() <= width || len(expendable) == 0 {
			return
		}
		natural[expendable[0]].width, expendable = 0, expendable[1:]
		copy(l, natural)
	}
}

// width is how many columns of a terminal a text takes. What tablewriter counts is not asked for plain ASCII, which is
// nearly all that there is, for it locks and hashes.
func width(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return twwidth.WidthNoCache(s)
		}
	}
	return len(s)
}

// truncate cuts a text to a width, with … where something is missing.
func truncate(s string, to int) string {
	if width(s) <= to {
		return s
	}
	room := to - width("…")
	if room < 0 {
		return ""
	}
	for i, r := range s {
		if room -= width(string(r)); room < 0 {
			return s[:i] + "…"
		}
	}
	return s
}

// truncateTitle is truncate for the title of a request: the case at its end stays, where there is room for it.
func truncateTitle(s string, to int) string {
	row := ""
	if i := strings.LastIndex(s, " ["); i > 0 && strings.HasSuffix(s, "]") {
		row = s[i:]
	}
	if width(s) <= to || row == "" || width(row)+minTitle > to {
		return truncate(s, to)
	}
	return truncate(strings.TrimSuffix(s, row), to-width(row)) + row
}

// minTitle is the least of a name that is worth showing beside a case.
const minTitle = 4

// truncateStart is truncate for a text whose end says more, as that of a path does.
func truncateStart(s string, to int) string {
	if width(s) <= to {
		return s
	}
	room, from := to-width("…"), len(s)
	if room < 0 {
		return ""
	}
	for from > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:from])
		if room -= width(string(r)); room < 0 {
			break
		}
		from -= n
	}
	return "…" + s[from:]
}
