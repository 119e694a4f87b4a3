package diag

import (
	"strings"
	"unicode/utf8"
)

// An Excerpt is the line that a span starts in, as it is shown, and what of it is marked.
type Excerpt struct {
	Text          string // printable, on one line
	Start, Length int    // of what is marked, in characters of Text, Start from 0 and Length at least 1
}

// Excerpt is the line that the span starts in. Redact, if set, is applied to it. There is none of the zero Span, nor of one
// in a text that has been taken away because it is secret. Tabs become one blank, so that marks below the line align.
func (s Span) Excerpt(redact func(string) string) (e Excerpt, ok bool) {
	if s.Source == nil {
		return e, false
	}
	n, _ := s.Position()
	text, start := s.Source.line(n)
	from := min(max(s.Start-start, 0), len(text))
	to := min(from+max(s.End-s.Start, 0), len(text))
	show := func(part string) string {
		if redact != nil {
			part = redact(part)
		}
		return PrintableLine(strings.ReplaceAll(part, "\t", " "))
	}
	e.Text = show(text)
	if strings.TrimSpace(e.Text) == "" && strings.TrimSpace(text) == "" && s.Start > 0 {
		return Excerpt{}, false
	}
	whole := utf8.RuneCountInString(e.Text)
	before, marked := utf8.RuneCountInString(show(text[:from])), utf8.RuneCountInString(show(text[from:to]))
	// A secret that starts before the span and ends in it is redacted in the whole line only.
	e.Start = min(before, whole)
	e.Length = max(1, min(marked, whole-e.Start))
	return e, true
}

// SpanAt is a span that starts at a line and column of a file, both from 1, of which no more is known than an excerpt:
// what [Span.Position] and [Span.Excerpt] say of it is what they said of the span that the excerpt was made of.
func SpanAt(file string, line, column int, e Excerpt) Span {
	start, end := 0, len(e.Text)
	n := 0
	for i := range e.Text {
		if n == e.Start {
			start = i
		}
		if n == e.Start+e.Length {
			end = i
			break
		}
		n++
	}
	if n <= e.Start {
		start = len(e.Text)
	}
	if e.Text == "" && e.Length == 0 {
		start, end = 1, 1 // there is no excerpt
	}
	return Span{newPiece(file, e.Text, line, column-min(e.Start, utf8.RuneCountInString(e.Text))), start, end}
}
