package rows

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// A scanner finds where objects begin and end in a stream, and counts lines. Whether they are JSON is for others to say.
type scanner struct {
	r   *bufio.Reader
	at  position // of the next byte
	buf []byte
}

func newScanner(r *bufio.Reader) *scanner { return &scanner{r: r, at: position{1, 1}} }

func (s *scanner) byte() (byte, error) {
	c, err := s.r.ReadByte()
	if err != nil {
		return 0, err
	}
	switch {
	case c == '\n':
		s.at.line++
		s.at.column = 1
	case c < utf8.RuneSelf || utf8.RuneStart(c):
		s.at.column++
	}
	return c, nil
}

// token is the next byte that is not blank, with its place.
func (s *scanner) token() (byte, position, error) {
	for {
		at := s.at
		c, err := s.byte()
		if err != nil {
			return 0, at, err
		}
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, at, nil
		}
	}
}

// object reads on to the brace or bracket that closes what first, already read, has opened. What it gives is good until
// the next call.
func (s *scanner) object(first byte) ([]byte, error) {
	s.buf = append(s.buf[:0], first)
	from := s.at
	depth, quoted, escaped := 1, false, false
	for depth > 0 {
		if _, err := s.r.Peek(1); errors.Is(err, io.EOF) {
			return nil, io.ErrUnexpectedEOF
		} else if err != nil {
			return nil, err
		}
		part, _ := s.r.Peek(s.r.Buffered())
		n := 0
		for ; n < len(part) && depth > 0; n++ {
			switch c := part[n]; {
			case escaped:
				escaped = false
			case c == '"':
				quoted = !quoted
			case quoted:
				escaped = c == '\\'
			case c == '{' || c == '[':
				depth++
			case c == '}' || c == ']':
				depth--
			}
		}
		s.buf = append(s.buf, part[:n]...)
		_, _ = s.r.Discard(n) // they are there
		if len(s.buf) > MaxRow {
			return nil, errTooLong
		}
	}
	s.at = from.after(s.buf[1:])
	return s.buf, nil
}

// restOfLine reads on to the end of the line that first, already read, stands in. What it gives is good until the next
// call, and has no blanks at its end.
func (s *scanner) restOfLine(first byte) ([]byte, error) {
	s.buf = append(s.buf[:0], first)
	for {
		part, err := s.r.ReadSlice('\n')
		s.buf = append(s.buf, part...)
		switch {
		case len(s.buf) > MaxRow:
			return nil, errTooLong
		case err == nil || errors.Is(err, io.EOF):
			s.at = position{s.at.line + 1, 1}
			return bytes.TrimRight(s.buf, " \t\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// after is the place behind a text that begins here.
func (p position) after(text []byte) position {
	if i := bytes.LastIndexByte(text, '\n'); i >= 0 {
		return position{p.line + bytes.Count(text, []byte("\n")), utf8.RuneCount(text[i+1:]) + 1}
	}
	return position{p.line, p.column + utf8.RuneCount(text)}
}

// maxDepth is how many objects and arrays of a row may lie in each other, as for a body.
const maxDepth = 10_000

// deep says whether more of them do. It is asked before anything that calls itself looks at the row.
func deep(raw []byte) bool {
	depth, quoted, escaped := 0, false, false
	for _, c := range raw {
		switch {
		case escaped:
			escaped = false
		case c == '"':
			quoted = !quoted
		case quoted:
			escaped = c == '\\'
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
