package har

import (
	"bytes"
	"encoding/json"
	"io"
	"unicode"
	"unicode/utf8"
)

// A Writer writes a HAR as a stream, an entry a line. Pages come behind the entries, and Close ends it all. The first
// error sticks.
type Writer struct {
	w     io.Writer
	log   Log
	begun bool
	pages bool // they are begun
	n     int  // of what is listed
	text  bytes.Buffer
	err   error
}

// NewWriter makes a writer of a HAR that says of itself what log says; the version is filled in. Nothing is written before
// the first entry.
func NewWriter(w io.Writer, log Log) *Writer {
	log.Version = "1.2"
	return &Writer{w: w, log: log}
}

// Entry writes an entry, by one call of Write.
func (w *Writer) Entry(e *Entry) error {
	w.begin()
	e.complete()
	w.item(e)
	return w.flush()
}

// Page writes a page. No entry can come behind it.
func (w *Writer) Page(p *Page) error {
	w.begin()
	w.turn()
	w.item(p)
	return w.flush()
}

// Close writes the end.
func (w *Writer) Close() error {
	w.begin()
	w.turn()
	w.text.WriteString("\n]}}\n")
	return w.flush()
}

func (w *Writer) begin() {
	if w.begun {
		return
	}
	w.begun = true
	w.text.WriteString("{\"log\": ")
	w.json(w.log)
	w.text.Truncate(w.text.Len() - 1) // the object goes on
	w.text.WriteString(", \"entries\": [")
}

// turn goes over from entries to pages.
func (w *Writer) turn() {
	if w.pages {
		return
	}
	w.pages, w.n = true, 0
	w.text.WriteString("\n], \"pages\": [")
}

func (w *Writer) item(v any) {
	if w.n > 0 {
		w.text.WriteByte(',')
	}
	w.n++
	w.text.WriteByte('\n')
	w.json(v)
}

// json adds a value on one line. It may be shown on a terminal: what encoding/json lets through and a terminal obeys is
// escaped.
func (w *Writer) json(v any) {
	start := w.text.Len()
	encoder := json.NewEncoder(&w.text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	text := bytes.TrimSuffix(w.text.Bytes()[start:], []byte("\n"))
	if !bytes.ContainsFunc(text, unfit) {
		w.text.Truncate(start + len(text))
		return
	}
	text = bytes.Clone(text)
	w.text.Truncate(start)
	const hex = "0123456789abcdef"
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if unfit(r) { // it stands in a string, and has four digits at most
			w.text.Write([]byte{'\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15]})
		} else {
			w.text.Write(text[:n])
		}
		text = text[n:]
	}
}

// unfit are the characters beyond ASCII's controls that a terminal obeys.
func unfit(r rune) bool {
	return r >= 0x7f && r < 0xa0 || r > 0xff && unicode.Is(unicode.Bidi_Control, r)
}

// flush writes what has gathered.
func (w *Writer) flush() error {
	if w.err == nil {
		_, w.err = w.w.Write(w.text.Bytes())
	}
	if w.text.Cap() > 1<<20 {
		w.text = bytes.Buffer{} // one huge body is not kept for a whole run
	}
	w.text.Reset()
	return w.err
}

// complete makes empty lists of those that HAR wants and that are nil.
func (e *Entry) complete() {
	for _, list := range []*[]Pair{&e.Request.Headers, &e.Request.QueryString, &e.Response.Headers} {
		if *list == nil {
			*list = []Pair{}
		}
	}
	for _, list := range []*[]Cookie{&e.Request.Cookies, &e.Response.Cookies} {
		if *list == nil {
			*list = []Cookie{}
		}
	}
}
