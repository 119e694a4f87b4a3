package report

import "io"

// A screen gathers what belongs together and writes it at once. The first error stays, and nothing is written after it.
type screen struct {
	w    io.Writer
	text []byte
	err  error
}

// Write implements [io.Writer]; the error comes with flush.
func (s *screen) Write(p []byte) (int, error) {
	s.text = append(s.text, p...)
	return len(p), nil
}

func (s *screen) print(parts ...string) {
	for _, part := range parts {
		s.text = append(s.text, part...)
	}
}

func (s *screen) flush() {
	if len(s.text) > 0 && s.err == nil {
		_, s.err = s.w.Write(s.text)
	}
	s.text = s.text[:0]
	if cap(s.text) > 1<<20 {
		s.text = nil // one huge exchange is not kept for a whole run
	}
}
