package environment

import (
	"bytes"
	"strings"
)

const (
	// detectChunk is how many bytes a Detector looks through at a time; of each chunk the end is looked through again with
	// the next one, so that nothing hides on the border.
	detectChunk   = 256 << 10
	detectOverlap = 32 << 10
)

// A Detector looks for secrets in what was written, in any of the encodings that its Redactor knows: the last check, for
// what should have been redacted and was not. It is a writer that keeps a chunk at most. The place of a secret that was
// redacted is none, nor is what Own says. A number of fewer than nine digits is not looked for, for any count may be it.
type Detector struct {
	Redactor *Redactor
	// Own, if set, reports whether a text is one of the program's own words, or of what is no secret wherever it stands.
	// It is asked seldom.
	Own func(text string) bool

	text  []byte
	lines int // before text
	old   int // bytes of text that have been looked through
	leak  *Leak
}

// A Leak is where a secret stands.
type Leak struct {
	Line int // from 1
}

// Write implements [io.Writer]. It does not fail.
func (d *Detector) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(len(rest), detectChunk+detectOverlap-len(d.text))
		d.text, rest = append(d.text, rest[:n]...), rest[n:]
		if len(d.text) == detectChunk+detectOverlap {
			d.look()
		}
	}
	return len(p), nil
}

// End looks through the rest, and gives the first secret that was found, or nil.
func (d *Detector) End() *Leak {
	d.look()
	return d.leak
}

// look looks through what is there, and keeps its end.
func (d *Detector) look() {
	text := string(d.text)
	if d.leak == nil && len(text) > d.old {
		for _, s := range d.Redactor.spots(text) {
			if d.own(text, s) {
				continue
			}
			line := d.lines + 1 + strings.Count(text[:s.start], "\n")
			if d.leak == nil || line < d.leak.Line {
				d.leak = &Leak{Line: line}
			}
		}
	}
	from := max(len(d.text)-detectOverlap, 0)
	d.lines += bytes.Count(d.text[:from], []byte("\n"))
	d.text = append(d.text[:0], d.text[from:]...)
	d.old = len(d.text)
}

// own reports whether a spot is no leak.
func (d *Detector) own(text string, s spot) bool {
	found := text[s.start:s.end]
	around := text[max(s.start-len(redacted), 0):min(s.end+len(redacted), len(text))]
	if strings.Contains(redacted, found) && strings.Contains(around, redacted) {
		return true
	}
	if len(found) < 9 && strings.Trim(found, "0123456789") == "" {
		return true
	}
	return d.Own != nil && d.Own(found)
}
