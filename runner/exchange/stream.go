package exchange

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// stream is a body that is opened anew for each time that it is sent.
type stream struct {
	open    func() (io.ReadCloser, error)
	length  int64                 // below zero: not known
	trouble atomic.Pointer[Error] // with reading it; whatever else goes wrong then follows from it
}

// reader opens it.
func (s *stream) reader() (io.ReadCloser, error) {
	src, err := s.open()
	if err != nil {
		return nil, s.failed("opened", err)
	}
	r := &streamReader{stream: s, src: src}
	if s.length != 0 {
		return r, nil
	}
	// net/http would take a length of zero for one that is not known
	defer src.Close()
	if err := r.atEnd(); err != nil {
		return nil, err
	}
	return http.NoBody, nil
}

func (s *stream) failed(what string, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		e = unsendable("", "the body cannot be %s: %s", what, plain(err))
		e.Err = err
	}
	s.trouble.CompareAndSwap(nil, e)
	return e
}

// streamReader holds a body to its length.
type streamReader struct {
	*stream
	src    io.ReadCloser
	sent   int64
	closed atomic.Bool
}

// Close closes the source once; quic-go does it twice.
func (r *streamReader) Close() error {
	if r.closed.Swap(true) {
		return nil
	}
	return r.src.Close()
}

// Read gives the last bytes only when they are known to be the last: a server
// shall not have a whole message when we have more to say.
func (r *streamReader) Read(p []byte) (int, error) {
	n, err := r.src.Read(p)
	r.sent += int64(n)
	switch {
	case err != nil && err != io.EOF:
		return 0, r.failed("read", err) // what came with it may make the message whole
	case r.length < 0:
		return n, err
	case r.sent > r.length:
		return 0, r.wrongLength("is longer")
	case err == io.EOF && r.sent < r.length:
		return n, r.wrongLength("is shorter")
	case r.sent == r.length && err == nil:
		if err := r.atEnd(); err != nil {
			return 0, err
		}
		return n, io.EOF
	}
	return n, err
}

func (r *streamReader) wrongLength(is string) error {
	return r.failed("", unsendable("has it changed while it was sent?", "the body %s than its length of %s", is, count64(r.length, "byte")))
}

// atEnd makes sure that nothing follows.
func (r *streamReader) atEnd() error {
	var one [1]byte
	for range 100 {
		switch n, err := r.src.Read(one[:]); {
		case n > 0:
			return r.wrongLength("is longer")
		case err == io.EOF:
			return nil
		case err != nil:
			return r.failed("read", err)
		}
	}
	return r.failed("read", io.ErrNoProgress)
}
