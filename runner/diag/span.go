package diag

import (
	"sort"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Source is a text that diagnostics point into: a file, or standard input.
type Source struct {
	// Name is what the user calls the file, shown as it is.
	Name string
	// Text is the whole of it, UTF-8.
	Text string

	// before and left are how many lines stand before the text, and how many characters before its first line; one
	// that is not the whole of its file has them.
	before, left int

	once  sync.Once
	lines []int // byte offset of the start of each line
}

// NewSource returns a source of that name and text.
func NewSource(name, text string) *Source { return &Source{Name: name, Text: text} }

// newPiece returns a source of which only a piece is known: a text without newlines, whose first byte stands at that
// line and column, both from 1. What was cut off or redacted before it makes the column less than it would be, and so it
// may be below 1.
func newPiece(name, text string, line, column int) *Source {
	return &Source{Name: name, Text: text, before: line - 1, left: column - 1}
}

func (s *Source) lineStarts() []int {
	s.once.Do(func() {
		s.lines = append(s.lines, 0)
		for i := 0; i < len(s.Text); i++ {
			if s.Text[i] == '\n' {
				s.lines = append(s.lines, i+1)
			}
		}
	})
	return s.lines
}

// position returns the line and column of a byte offset, both from 1, the column in characters.
func (s *Source) position(offset int) (line, column int) {
	starts := s.lineStarts()
	offset = min(max(offset, 0), len(s.Text))
	line = sort.SearchInts(starts, offset+1)
	return line + s.before, utf8.RuneCountInString(s.Text[starts[line-1]:offset]) + 1 + s.left
}

// line returns the text of a line (from 1) without its line ending, and the byte offset at which it starts.
func (s *Source) line(n int) (text string, start int) {
	starts := s.lineStarts()
	n -= s.before
	if n < 1 || n > len(starts) {
		return "", 0
	}
	start = starts[n-1]
	text = s.Text[start:]
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(text, "\r"), start
}

// A Span is a piece of a source: the bytes from Start to End. The zero Span is nowhere.
type Span struct {
	Source     *Source
	Start, End int
}

// IsZero reports whether the span is nowhere.
func (s Span) IsZero() bool { return s.Source == nil }

// File is the name of the span's source, "" for the zero Span.
func (s Span) File() string {
	if s.Source == nil {
		return ""
	}
	return s.Source.Name
}

// Position returns where the span starts: line and column from 1, the column in characters; 0, 0 for the zero Span.
func (s Span) Position() (line, column int) {
	if s.Source == nil {
		return 0, 0
	}
	return s.Source.position(s.Start)
}

// Text is what stands there.
func (s Span) Text() string {
	if s.Source == nil || s.Start < 0 || s.End > len(s.Source.Text) || s.Start > s.End {
		return ""
	}
	return s.Source.Text[s.Start:s.End]
}

// String is file:line, as in "environments/local.toml:9"; "" for the zero Span.
func (s Span) String() string {
	if s.Source == nil {
		return ""
	}
	line, _ := s.Position()
	return s.File() + ":" + strconv.Itoa(line)
}

// Sub is the part of a span from byte offset start to end inside it.
func (s Span) Sub(start, end int) Span {
	return Span{s.Source, s.Start + start, min(s.Start+end, s.End)}
}
