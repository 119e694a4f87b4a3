package assertion

import (
	"strings"
	"time"
	"unsafe"

	"github.com/postrider/postrider/runner/exchange"
)

// A Subject is what queries look at: an exchange, the variables and the time. It remembers whether the body is JSON, and
// the JWTs, the XML or HTML and the certificate that it took apart, so that many queries do that once; nothing is looked
// at before a query asks. One goroutine at a time may use it.
type Subject struct {
	exchange *exchange.Exchange
	variable func(name string) (any, bool)
	now      time.Time

	document, lines checked
	tokens          []jwt // that were looked at
	decoding        decoding
	markup          parsedMarkup
	certificate     string // as JSON, once a query asked
}

// checked is a text after [scanJSON].
type checked struct {
	done  bool
	depth int
	err   *JSONError
}

// NewSubject makes a subject. Without an exchange every query but variable and jwt is an error; without variable none is set.
// The predicates before and after measure from now.
//
// The exchange must not change while the subject and what it finds are in use: they share the memory of its body.
func NewSubject(x *exchange.Exchange, variable func(name string) (any, bool), now time.Time) *Subject {
	return &Subject{exchange: x, variable: variable, now: now}
}

// Reset makes it the subject of another exchange, as [NewSubject] would. What it found before must not be used any more.
func (s *Subject) Reset(x *exchange.Exchange, variable func(name string) (any, bool), now time.Time) {
	*s = Subject{exchange: x, variable: variable, now: now}
}

// text is the body without a copy; nobody writes to a body that was received. JSON is read from it as it is: JSON is
// UTF-8 whatever the Content-Type says (RFC 8259, section 8.1).
func (s *Subject) text() string {
	body := s.exchange.Response.Body
	return unsafe.String(unsafe.SliceData(body), len(body))
}

// json is the body once it is known to be JSON and not nested too deep: gjson answers on broken JSON as well, and
// recurses until the stack overflows. A byte order mark is passed over, as RFC 8259, section 8.1, allows.
func (s *Subject) json() (string, error) {
	text := strings.TrimPrefix(s.text(), "\ufeff")
	if !s.document.done {
		s.document = s.check(text, "the body")
	}
	if s.document.err != nil {
		return "", s.document.err
	}
	return text, nil
}

// jsonLines is the body once each line of it, but blank ones, is known to be JSON.
func (s *Subject) jsonLines() (string, error) {
	text := strings.TrimPrefix(s.text(), "\ufeff")
	if s.lines.done {
		return text, s.linesError()
	}
	s.lines.done = true
	start := 0
	for line := range strings.Lines(text) {
		if strings.Trim(line, " \t\r\n") != "" {
			depth, offset, reason := scanJSON(line)
			s.lines.depth = max(s.lines.depth, depth)
			if reason != "" {
				s.lines.err = s.jsonError(text, start+offset, reason, "the body, read as JSON lines,")
				break
			}
		}
		start += len(line)
	}
	return text, s.linesError()
}

func (s *Subject) linesError() error {
	if s.lines.err != nil {
		return s.lines.err
	}
	return nil
}

func (s *Subject) check(text, what string) checked {
	depth, offset, reason := scanJSON(text)
	if reason == "" {
		return checked{done: true, depth: depth}
	}
	return checked{done: true, depth: depth, err: s.jsonError(text, offset, reason, what)}
}

func (s *Subject) jsonError(text string, offset int, reason, what string) *JSONError {
	err := &JSONError{Subject: what, Offset: offset, Reason: reason, Empty: strings.Trim(text, " \t\r\n") == ""}
	err.place(text)
	if s.exchange != nil {
		err.ContentType = s.exchange.Response.Header.Get("Content-Type")
	}
	return err
}

// decoded is the body as text, in UTF-8 whatever it was sent in.
func (s *Subject) decoded() (string, error) {
	if !s.decoding.done {
		s.decoding.text, s.decoding.err = s.exchange.Response.Text()
		s.decoding.done = true
	}
	return s.decoding.text, s.decoding.err
}

// decoding is what became of the body's bytes as text.
type decoding struct {
	done bool
	text string
	err  error
}
