package exchange

import (
	"bytes"
	"errors"
	"io"
	"net/http"
)

const (
	scratchSize = 32 << 10
	// trusted is how long a body may say it is and be believed before any of
	// it has come. A longer one gets its memory after this much has.
	trusted = 1 << 20
	// drainSize is how much of the body of a redirect is read so that its
	// connection can be used again.
	drainSize = 64 << 10
)

var errTooLarge = errors.New("body over the limit")

// hasBody says whether a body may follow (RFC 9110, section 6.4.1; 9.3.6 for
// CONNECT, after which comes a tunnel, as after 101).
func hasBody(method string, resp *http.Response) bool {
	switch s := resp.StatusCode; {
	case method == "HEAD", s < 200, s == 204, s == 304:
		return false
	case method == "CONNECT" && s < 300:
		return false
	}
	return resp.ContentLength != 0
}

// body is the body of an answer while it is read.
type body struct {
	resp  *http.Response
	limit int64 // after decoding

	received int64 // before decoding
	wireErr  error // how what came over the wire ended, if not well
}

// Read reads from the wire. What is decoded to little or nothing is bounded by
// the limit too.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.resp.Body.Read(p)
	b.received += int64(n)
	if err != nil && err != io.EOF {
		b.wireErr = err
	}
	if err == nil && b.received > b.limit+drainSize {
		return n, errTooLarge
	}
	return n, err
}

// read reads it whole and decodes it.
func (b *body) read(c *Client) ([]byte, error) {
	codings, known := contentCodings(b.resp)
	if len(codings) == 0 || !known {
		if b.resp.ContentLength > b.limit {
			return nil, errTooLarge
		}
		return c.readAll(b, b.resp.ContentLength, b.limit)
	}
	var r io.Reader = b
	for i := len(codings) - 1; i >= 0; i-- { // the last was applied last
		var done func()
		r, done = c.decoder(codings[i], r)
		defer done()
	}
	data, err := c.readAll(r, -1, b.limit)
	if err != nil && b.received == 0 && b.wireErr == nil && framed(b.resp) {
		return nil, nil // no bytes at all are no stream, and no body
	}
	return data, err
}

// framed says whether the end of the body is told apart from the end of the
// connection.
func framed(resp *http.Response) bool {
	return resp.ContentLength >= 0 || len(resp.TransferEncoding) > 0 || resp.ProtoMajor >= 2
}

// readAll reads to the end, in one allocation where the length is known and
// not much to ask for. A length below zero is unknown.
func (c *Client) readAll(r io.Reader, length, limit int64) ([]byte, error) {
	var buf []byte
	var scratch *[]byte
	switch {
	case length < 0:
		scratch = c.scratch.Get().(*[]byte)
		defer c.scratch.Put(scratch)
		buf = (*scratch)[:0]
	default:
		buf = make([]byte, 0, min(length, trusted))
	}
	for {
		if len(buf) == cap(buf) && int64(len(buf)) == length {
			return buf, atEnd(r)
		}
		if len(buf) == cap(buf) {
			buf = grow(buf, length, limit)
			scratch = nil // and goes back to the pool all the same
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, errTooLarge
		case err == io.EOF && scratch != nil:
			return bytes.Clone(buf), nil
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, err
		}
	}
}

// grow gives more room: all that was announced, or twice as much, but never
// more than it takes to see that the limit is passed.
func grow(buf []byte, length, limit int64) []byte {
	size := min(2*int64(cap(buf)), limit+1)
	if length > 0 {
		size = length
	}
	more := make([]byte, len(buf), size)
	copy(more, buf)
	return more
}

// atEnd makes sure that nothing follows: the end is where net/http says that a
// body was cut.
func atEnd(r io.Reader) error {
	var one [1]byte
	for range 100 {
		n, err := r.Read(one[:])
		switch {
		case n > 0:
			return errors.New("more bytes than announced")
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// drain reads what is left of a redirect, if that is quick, and closes it.
func (c *Client) drain(resp *http.Response) {
	defer resp.Body.Close()
	if !framed(resp) || resp.ContentLength > drainSize || resp.StatusCode < 200 {
		return
	}
	buf := c.scratch.Get().(*[]byte)
	defer c.scratch.Put(buf)
	for left := drainSize; left > 0; {
		n, err := resp.Body.Read(*buf)
		if left -= n; err != nil {
			return
		}
	}
}
