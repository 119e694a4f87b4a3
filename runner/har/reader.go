package har

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An Error is what is wrong with a HAR, and where. Lines and columns count from 1, columns in bytes.
type Error struct {
	File         string
	Line, Column int
	Entry        int // from 1; 0 outside of entries
	Message      string
}

func (e *Error) Error() string {
	where := fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	if e.Entry > 0 {
		where += fmt.Sprintf("entry %d: ", e.Entry)
	}
	return where + e.Message
}

// A Reader reads a HAR as a stream. It takes what browsers and proxies write: members that it does not know are skipped.
type Reader struct {
	file   string
	in     *places
	dec    *json.Decoder
	about  *About
	inside bool // of entries
	ended  bool
	found  bool // there were entries
	n      int  // entries that were read
	start  int64
	size   int
	log    bool
	skew   int64 // bytes before those that the decoder has seen
}

// NewReader makes a reader. The name of the file is for errors alone.
func NewReader(file string, r io.Reader) *Reader {
	in := &places{in: r}
	buffered := bufio.NewReader(in)
	var skew int64
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3) // they have been read
		skew = 3
	}
	return &Reader{file: file, in: in, dec: json.NewDecoder(buffered), skew: skew}
}

// About is what the HAR says of the run that it is of, as far as it has been read; nil if it is of none.
func (r *Reader) About() *About { return r.about }

// Next gives the next entry, or io.EOF behind the last. Any other error is an *[Error].
func (r *Reader) Next() (*Entry, error) {
	raw, err := r.raw()
	if err != nil {
		return nil, err
	}
	e, problem := decodeEntry(raw)
	if problem != nil {
		return nil, r.broken(r.start+problem.offset, r.n, problem.message)
	}
	return e, nil
}

// raw finds the next entry.
func (r *Reader) raw() (json.RawMessage, error) {
	if r.ended {
		return nil, io.EOF
	}
	if !r.inside {
		if err := r.seek(); err != nil {
			return nil, err
		}
	}
	for r.inside {
		if r.dec.More() {
			var raw json.RawMessage
			before := r.dec.InputOffset()
			if err := r.dec.Decode(&raw); err != nil {
				return nil, r.syntax(err, before, r.n+1)
			}
			r.n++
			r.start, r.size = r.skew+r.dec.InputOffset()-int64(len(raw)), len(raw)
			r.in.settle(r.start)
			return raw, nil
		}
		if err := r.delim(']'); err != nil {
			return nil, err
		}
		r.inside = false
		if err := r.seek(); err != nil {
			return nil, err
		}
	}
	r.ended = true
	return nil, io.EOF
}

// seek goes on to the entries, or to the end of the file.
func (r *Reader) seek() error {
	if !r.log {
		if err := r.delim('{'); err != nil {
			return err
		}
		if err := r.member("log", "not a HAR: it has no log"); err != nil {
			return err
		}
		if err := r.delim('{'); err != nil {
			return err
		}
		r.log = true
	}
	for r.dec.More() {
		name, err := r.token()
		if err != nil {
			return err
		}
		switch {
		case name == "entries" && r.found:
			return r.broken(r.at(), 0, "there are entries already")
		case name == "entries":
			r.inside, r.found = true, true
			return r.delim('[')
		case name == "_postrider":
			before := r.dec.InputOffset()
			if err := r.dec.Decode(&r.about); err != nil {
				return r.syntax(err, before, 0)
			}
		default:
			if err := r.skip(); err != nil {
				return err
			}
		}
	}
	return r.finish()
}

// finish reads what stands behind the log.
func (r *Reader) finish() error {
	if err := r.delim('}'); err != nil {
		return err
	}
	if !r.found {
		return r.broken(r.at(), 0, "not a HAR: its log has no entries")
	}
	for r.dec.More() {
		if _, err := r.token(); err != nil {
			return err
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
	if err := r.delim('}'); err != nil {
		return err
	}
	switch _, err := r.dec.Token(); {
	case err == nil:
		return r.broken(r.at(), 0, "something follows the end")
	case !errors.Is(err, io.EOF):
		return r.syntax(err, r.dec.InputOffset(), 0)
	}
	r.ended = true
	return nil
}

// member goes on to a member of the object.
func (r *Reader) member(name, missing string) error {
	for r.dec.More() {
		found, err := r.token()
		if err != nil {
			return err
		}
		if found == name {
			return nil
		}
		if err := r.skip(); err != nil {
			return err
		}
	}
	if err := r.delim('}'); err != nil {
		return err
	}
	return r.broken(r.at(), 0, missing)
}

// skip reads a value of any kind.
func (r *Reader) skip() error {
	for depth := 0; ; {
		t, err := r.token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

func (r *Reader) delim(want rune) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t == json.Delim(want) {
		return nil
	}
	kind := map[rune]string{'{': "an object", '[': "a list"}[want]
	if kind == "" {
		return r.broken(r.at(), 0, fmt.Sprintf("expected %q", want))
	}
	return r.broken(r.at(), 0, "not a HAR: expected "+kind)
}

func (r *Reader) token() (json.Token, error) {
	before := r.dec.InputOffset()
	t, err := r.dec.Token()
	if err != nil {
		return nil, r.syntax(err, before, 0)
	}
	if r.n == 0 {
		r.in.settle(r.skew + before)
	}
	return t, nil
}

func (r *Reader) at() int64 { return max(r.skew+r.dec.InputOffset()-1, 0) }

// syntax words what the decoder found, behind a place that was good.
func (r *Reader) syntax(err error, good int64, entry int) error {
	at := r.skew + good
	var syntax *json.SyntaxError
	message := "cannot be read: " + err.Error()
	var typed *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		at, message = r.in.read, "the file ends in the middle: was it saved whole?"
		if at <= r.skew {
			message = "the file is empty"
		}
	case errors.As(err, &syntax):
		at, message = max(r.skew+syntax.Offset-1, at), "not JSON: "+syntax.Error()
	case errors.As(err, &typed):
		message = mistyped(typed)
	}
	return r.broken(at, entry, message)
}

func (r *Reader) broken(at int64, entry int, message string) error {
	line, column := r.in.place(at)
	return &Error{File: r.file, Line: line, Column: column, Entry: entry, Message: message}
}

// A problem is what is wrong in an entry, at an offset from its start.
type problem struct {
	offset  int64
	message string
}

func decodeEntry(raw []byte) (*Entry, *problem) {
	var e struct {
		Entry
		Request  *Request  `json:"request"`
		Response *Response `json:"response"`
	}
	err := json.Unmarshal(raw, &e)
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &typed):
		at := int(min(max(typed.Offset-1, 0), int64(len(raw)-1))) // the end of the value
		if raw[at] == '"' {
			at = max(bytes.LastIndexByte(raw[:at], '"'), 0)
		}
		return nil, &problem{int64(at), mistyped(typed)}
	case err != nil:
		return nil, &problem{0, "cannot be read: " + err.Error()}
	case e.Request == nil:
		return nil, &problem{0, "there is no request"}
	case e.Response == nil:
		return nil, &problem{0, "there is no response"}
	case e.Request.Method == "" || e.Request.URL == "":
		return nil, &problem{max(int64(bytes.Index(raw, []byte(`"request"`))), 0), "the request has no method or no url"}
	}
	e.Entry.Request, e.Entry.Response = *e.Request, *e.Response
	return &e.Entry, nil
}

// mistyped words that a value is of another kind than HAR has it.
func mistyped(e *json.UnmarshalTypeError) string {
	want := "an object"
	switch e.Type.Kind().String() {
	case "string":
		want = "text"
	case "int", "int64", "uint64", "float64":
		want = "a number"
	case "bool":
		want = "true or false"
	case "slice":
		want = "a list"
	}
	what := "a value"
	if i := strings.LastIndexByte(e.Field, '.'); e.Field != "" {
		what = e.Field[i+1:]
	}
	return fmt.Sprintf("%s is of another kind: expected %s, found %s", what, want, strings.Fields(e.Value + " nothing")[0])
}

// places notes where lines begin, as far as that may be asked for still.
type places struct {
	in     io.Reader
	read   int64
	breaks []int64 // offsets of line feeds behind those that are settled
	lines  int     // line feeds that are settled
	last   int64   // offset behind the last of them
}

func (p *places) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	for i, c := range b[:n] {
		if c == '\n' {
			p.breaks = append(p.breaks, p.read+int64(i))
		}
	}
	p.read += int64(n)
	return n, err
}

// settle says that nothing before an offset will be asked for.
func (p *places) settle(at int64) {
	n := 0
	for n < len(p.breaks) && p.breaks[n] < at {
		n++
	}
	if n > 0 {
		p.lines, p.last = p.lines+n, p.breaks[n-1]+1
		p.breaks = append(p.breaks[:0], p.breaks[n:]...)
	}
}

// place is the line and the column of an offset.
func (p *places) place(at int64) (line, column int) {
	line, start := p.lines+1, p.last
	for _, b := range p.breaks {
		if b >= at {
			break
		}
		line, start = line+1, b+1
	}
	return line, int(max(at-start, 0)) + 1
}
