package diag

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxShown is how many diagnostics of one list are drawn; the rest is a count.
const maxShown = 10

// A Renderer draws diagnostics for a person. The zero Renderer draws without colour.
type Renderer struct {
	// Color says whether to use ANSI colours.
	Color bool
	// Short prints `file:line:col: error: message` alone, a line each.
	Short bool
	// Redact, if set, is applied to all text, the excerpt of the source included.
	Redact func(string) string
}

const (
	red    = "\x1b[31;1m"
	yellow = "\x1b[33;1m"
	blue   = "\x1b[34;1m"
	bold   = "\x1b[1m"
	reset  = "\x1b[0m"
)

func (r *Renderer) paint(color, s string) string {
	if !r.Color || s == "" {
		return s
	}
	return color + s + reset
}

func (r *Renderer) redact(s string) string {
	if r.Redact != nil {
		s = r.Redact(s)
	}
	return s
}

func (r *Renderer) line(s string) string { return PrintableLine(r.redact(s)) }

// Render writes the list: at most ten diagnostics, then how many more there are.
func (r *Renderer) Render(w io.Writer, list List) {
	for i, d := range list {
		if i == maxShown {
			fmt.Fprintf(w, "… and %d more\n", len(list)-i)
			return
		}
		r.One(w, d)
		if !r.Short && i < len(list)-1 {
			fmt.Fprintln(w)
		}
	}
}

// One writes one diagnostic.
func (r *Renderer) One(w io.Writer, d Diagnostic) {
	head := r.paint(red, d.Severity.String())
	if d.Severity == Warning {
		head = r.paint(yellow, d.Severity.String())
	}
	line, column := d.Span.Position()
	if r.Short {
		if !d.Span.IsZero() {
			fmt.Fprintf(w, "%s:%d:%d: ", PrintableLine(d.Span.File()), line, column)
		}
		fmt.Fprintf(w, "%s: %s", head, r.line(d.Message))
		for _, detail := range d.Details {
			fmt.Fprintf(w, "; %s: %s", detail.Label, r.line(detail.Text))
		}
		fmt.Fprintln(w)
		return
	}
	fmt.Fprintf(w, "%s: %s\n", head, r.paint(bold, r.line(d.Message)))
	gutter := strings.Repeat(" ", len(strconv.Itoa(line)))
	if !d.Span.IsZero() {
		fmt.Fprintf(w, "%s%s %s:%d:%d\n", gutter, r.paint(blue, "-->"), PrintableLine(d.Span.File()), line, column)
		r.excerpt(w, d, gutter, line)
	}
	r.details(w, d.Details, gutter)
	if len(d.Details) > 0 && len(d.Notes)+len(d.Hint) > 0 {
		fmt.Fprintf(w, "%s %s\n", gutter, r.paint(blue, "|"))
	}
	for _, note := range d.Notes {
		fmt.Fprintf(w, "%s %s %s\n", gutter, r.paint(blue, "="), r.line(note))
	}
	if d.Hint != "" {
		fmt.Fprintf(w, "%s %s %s%s\n", gutter, r.paint(blue, "="), r.paint(bold, "help: "), r.line(d.Hint))
	}
}

// excerpt draws the line that the span starts in with carets below.
func (r *Renderer) excerpt(w io.Writer, d Diagnostic, gutter string, line int) {
	e, ok := d.Span.Excerpt(r.Redact)
	if !ok {
		return // what stands there is not for everybody to see
	}
	bar := r.paint(blue, "|")
	fmt.Fprintf(w, "%s %s\n", gutter, bar)
	fmt.Fprintf(w, "%s %s %s\n", r.paint(blue, strconv.Itoa(line)), bar, e.Text)
	color := red
	if d.Severity == Warning {
		color = yellow
	}
	fmt.Fprintf(w, "%s %s %s%s\n", gutter, bar, strings.Repeat(" ", e.Start), r.paint(color, strings.Repeat("^", e.Length)))
}

func (r *Renderer) details(w io.Writer, details []Detail, gutter string) {
	width := 0
	for _, d := range details {
		width = max(width, len(d.Label))
	}
	for _, d := range details {
		label := d.Label + ":" + strings.Repeat(" ", width-len(d.Label))
		text := strings.Split(Printable(r.redact(d.Text)), "\n")
		fmt.Fprintf(w, "%s %s   %s %s", gutter, r.paint(blue, "|"), label, text[0])
		if d.Origin != "" {
			fmt.Fprintf(w, "     %s", r.line(d.Origin))
		}
		fmt.Fprintln(w)
		for _, more := range text[1:] {
			fmt.Fprintf(w, "%s %s   %s %s\n", gutter, r.paint(blue, "|"), strings.Repeat(" ", width+1), more)
		}
	}
}
