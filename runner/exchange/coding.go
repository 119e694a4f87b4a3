package exchange

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// maxCodings is how many codings may lie on each other: nobody means more.
const maxCodings = 3

// contentCodings gives the codings in the order in which they were applied, and
// whether we know all of them.
func contentCodings(resp *http.Response) (codings []string, known bool) {
	if resp.StatusCode == http.StatusPartialContent || resp.Uncompressed {
		return nil, true
	}
	for _, value := range resp.Header["Content-Encoding"] {
		for coding := range strings.SplitSeq(value, ",") {
			switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
			case "", "identity":
			case "gzip", "x-gzip":
				codings = append(codings, "gzip")
			case "deflate", "br", "zstd":
				codings = append(codings, coding)
			default:
				return nil, false
			}
		}
	}
	return codings, len(codings) <= maxCodings
}

// decoder decodes r. Done gives it back when nothing is read from it any more.
func (c *Client) decoder(coding string, r io.Reader) (decoded io.Reader, done func()) {
	switch coding {
	case "deflate":
		return newInflate(r), func() {}
	case "br":
		b := c.brotlis.Get().(*unbrotli)
		b.reset(r)
		return b, func() { b.reset(nil); c.brotlis.Put(b) }
	case "zstd":
		z := c.zstds.Get().(*unzstd)
		z.reset(r)
		return z, func() { z.reset(nil); c.zstds.Put(z) }
	}
	g := c.gunzips.Get().(*gunzip)
	g.reset(r)
	return g, func() { g.reset(nil); c.gunzips.Put(g) }
}

// source is what a library decodes from. It tells trouble with what comes over
// the wire, or from the decoder below, apart from what the library says itself.
type source struct {
	in    io.Reader
	err   error // that ended it, io.EOF included
	empty bool  // until now
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.in.Read(p)
	if n > 0 {
		s.empty = false
	}
	if err != nil {
		s.err = err
	}
	return n, err
}

// explain gives the reason for err: the source's, if it has one.
func (s *source) explain(coding string, err error, text func(error) string) error {
	switch {
	case err == nil:
		return nil
	case s.err != nil && s.err != io.EOF:
		return s.err
	case err == io.EOF && s.empty:
		return io.ErrUnexpectedEOF
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF):
		return err
	}
	return &decodeError{coding, text(err)}
}

// unbrotli decodes brotli (RFC 7932). Its window is 16 MiB at most.
type unbrotli struct {
	source
	out *brotli.Reader
}

func newUnbrotli() *unbrotli {
	b := &unbrotli{}
	b.out = brotli.NewReader(&b.source)
	return b
}

func (b *unbrotli) reset(r io.Reader) {
	b.source = source{in: r, empty: true}
	_ = b.out.Reset(&b.source) // never fails
}

func (b *unbrotli) Read(p []byte) (int, error) {
	n, err := b.out.Read(p)
	return n, b.explain("brotli", err, func(err error) string {
		if strings.Contains(err.Error(), "excessive input") {
			return "something follows its end"
		}
		return "its compressed data is corrupt"
	})
}

// zstdWindow is how much memory a stream may ask for: what RFC 9659, section 3,
// allows for a content coding.
const zstdWindow = 8 << 20

// unzstd decodes Zstandard (RFC 8878).
type unzstd struct {
	source
	out *zstd.Decoder
}

func newUnzstd() *unzstd {
	out, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1), // and so without goroutines
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow),
		zstd.WithDecoderMaxMemory(zstdWindow)) // of a frame in one segment, whose window is its content
	if err != nil {
		panic(err) // the options are wrong
	}
	return &unzstd{out: out}
}

func (z *unzstd) reset(r io.Reader) {
	z.source = source{in: r, empty: true}
	if r == nil {
		_ = z.out.Reset(nil)
		return
	}
	_ = z.out.Reset(&z.source) // fails only after Close
}

func (z *unzstd) Read(p []byte) (int, error) {
	n, err := z.out.Read(p)
	return n, z.explain("zstd", err, zstdText)
}

func zstdText(err error) string {
	switch {
	case errors.Is(err, zstd.ErrMagicMismatch):
		return "expected a frame to begin with 28 b5 2f fd"
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return "its window is over 8 MiB, the most that a content coding may have"
	case errors.Is(err, zstd.ErrCRCMismatch):
		return "its checksum does not match its content"
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return "it needs a dictionary"
	}
	return "its compressed data is corrupt"
}
