package report

import (
	"bytes"
	"io"

	"github.com/olekukonko/ll"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"
)

// A pen is how tablewriter draws for us: a [tw.Renderer] of lines with neither borders nor cut cells. Rows that come one
// by one go to the layout directly, with the titles above them, and so look the same: what tablewriter prepares for each
// row costs 10 µs, as much as a tenth of a request, and what it sets up for a table half a megabyte.
type pen struct {
	layout layout
	color  bool
	out    *bytes.Buffer
	line   []byte
}

// header is the titles of a layout.
func header(l layout, color bool) []byte {
	cells := make([]cell, len(l))
	for i, c := range l {
		cells[i] = cell{c.title, dim}
	}
	return l.append(nil, color, cells...)
}

// table has tablewriter draw a whole table, with columns as wide as they must be.
func table(l layout, color bool, rows [][]string) []byte {
	var out bytes.Buffer
	p := &pen{layout: l, color: color, out: &out}
	titles := make([]string, len(l))
	for i, c := range l {
		titles[i] = c.title
	}
	t := tablewriter.NewTable(&out,
		tablewriter.WithRenderer(p),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithTrimTab(tw.Off),
		tablewriter.WithPadding(tw.PaddingNone),
	)
	t.Header(titles)
	if t.Bulk(rows) == nil && t.Render() == nil { // it cannot fail: strings go to a buffer
		return out.Bytes()
	}
	return nil
}

// draw appends one line at the widths that tablewriter found.
func (p *pen) draw(texts []string, color string, ctx tw.Formatting) {
	cells := make([]cell, len(texts))
	for i, s := range texts {
		cells[i] = cell{s, color}
		p.layout[i].width = ctx.Row.Widths.Get(i)
	}
	p.line = p.layout.append(p.line[:0], p.color, cells...)
	p.out.Write(p.line)
}

// Header implements [tw.Renderer].
func (p *pen) Header(lines [][]string, ctx tw.Formatting) {
	for _, line := range lines {
		p.draw(line, dim, ctx)
	}
}

// Row implements [tw.Renderer].
func (p *pen) Row(row []string, ctx tw.Formatting) { p.draw(row, "", ctx) }

// Config implements [tw.Renderer].
func (p *pen) Config() tw.Rendition {
	return tw.Rendition{
		Borders:  tw.BorderNone,
		Symbols:  tw.NewSymbols(tw.StyleNone),
		Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone},
	}
}

// The rest of [tw.Renderer] is for borders, footers and logs, of which there are none.

func (p *pen) Start(io.Writer) error            { return nil }
func (p *pen) Footer([][]string, tw.Formatting) {}
func (p *pen) Line(tw.Formatting)               {}
func (p *pen) Close() error                     { return nil }
func (p *pen) Logger(*ll.Logger)                {}
