package exchange

import (
	"bufio"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// decodeError is a stream that is not what Content-Encoding says.
type decodeError struct{ coding, text string }

func (e *decodeError) Error() string { return e.text }

// gunzip decodes gzip (RFC 1952). It is ours because compress/gzip refuses a
// name or comment over 512 bytes, which every other client skips, and because
// it has to be reused without reading a header first.
//
// Members one after another are one document; whatever else follows the last
// member is read and ignored, as node and browsers do.
type gunzip struct {
	in    *bufio.Reader
	flate io.ReadCloser
	state func(*gunzip) error // nil: inside of a member
	crc   uint32
	size  uint32
}

func newGunzip() *gunzip {
	g := &gunzip{in: bufio.NewReader(nil)}
	g.flate = flate.NewReader(g.in)
	return g
}

func (g *gunzip) reset(r io.Reader) {
	g.in.Reset(r)
	g.state = (*gunzip).member
}

// Read gives decoded bytes, and io.EOF when the source has ended where a gzip
// stream may.
func (g *gunzip) Read(p []byte) (int, error) {
	for {
		if g.state != nil {
			if err := g.state(g); err != nil {
				return 0, err
			}
		}
		n, err := g.flate.Read(p)
		g.crc = crc32.Update(g.crc, crc32.IEEETable, p[:n])
		g.size += uint32(n)
		if err == io.EOF {
			err = g.trailer()
			g.state = (*gunzip).following
		}
		if n > 0 || err != nil {
			return n, gzipError(err)
		}
	}
}

func gzipError(err error) error {
	var corrupt flate.CorruptInputError
	if errors.As(err, &corrupt) {
		return &decodeError{"gzip", "its compressed data is corrupt"}
	}
	return err
}

// following begins another member or ends the stream.
func (g *gunzip) following() error {
	magic, err := g.in.Peek(2)
	if len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		return g.member()
	}
	if err != nil {
		return err
	}
	if _, err = io.Copy(io.Discard, g.in); err == nil {
		err = io.EOF
	}
	return err
}

// member skips the header of a member.
func (g *gunzip) member() error {
	var head [10]byte
	if n, err := io.ReadFull(g.in, head[:]); err != nil {
		if n >= 2 && (head[0] != 0x1f || head[1] != 0x8b) {
			return notGzip(head)
		}
		return noEOF(err)
	}
	if head[0] != 0x1f || head[1] != 0x8b {
		return notGzip(head)
	}
	flags := head[3]
	if head[2] != 8 || flags&0xe0 != 0 {
		return &decodeError{"gzip", "its header has a method or flags that are not known"}
	}
	if flags&4 != 0 { // extra field
		var size [2]byte
		if _, err := io.ReadFull(g.in, size[:]); err != nil {
			return noEOF(err)
		}
		if _, err := g.in.Discard(int(binary.LittleEndian.Uint16(size[:]))); err != nil {
			return noEOF(err)
		}
	}
	for _, text := range []byte{8, 16} { // name, comment: up to a zero
		if flags&text == 0 {
			continue
		}
		for b := byte(1); b != 0; {
			var err error
			if b, err = g.in.ReadByte(); err != nil {
				return noEOF(err)
			}
		}
	}
	if flags&2 != 0 { // checksum of the header
		if _, err := g.in.Discard(2); err != nil {
			return noEOF(err)
		}
	}
	g.state, g.crc, g.size = nil, 0, 0
	return g.flate.(flate.Resetter).Reset(g.in, nil)
}

func (g *gunzip) trailer() error {
	var tail [8]byte
	if _, err := io.ReadFull(g.in, tail[:]); err != nil {
		return noEOF(err)
	}
	if binary.LittleEndian.Uint32(tail[:4]) != g.crc || binary.LittleEndian.Uint32(tail[4:]) != g.size {
		return &decodeError{"gzip", "its checksum does not match its content"}
	}
	return nil
}

func notGzip(head [10]byte) error {
	return &decodeError{"gzip", fmt.Sprintf("expected it to begin with 1f 8b, received %02x %02x", head[0], head[1])}
}

// noEOF makes an end in the middle an error.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// inflate decodes deflate: zlib (RFC 1950), as RFC 9110 has it, or the bare
// stream (RFC 1951) that some servers send in its place.
type inflate struct {
	in  *bufio.Reader
	out io.Reader
}

func newInflate(r io.Reader) *inflate { return &inflate{in: bufio.NewReader(r)} }

func (d *inflate) Read(p []byte) (int, error) {
	if d.out == nil {
		head, err := d.in.Peek(2)
		if err != nil {
			return 0, noEOF(err)
		}
		d.out = flate.NewReader(d.in)
		if head[0]&0x0f == 8 && binary.BigEndian.Uint16(head)%31 == 0 {
			if d.out, err = zlib.NewReader(d.in); err != nil {
				return 0, &decodeError{"deflate", "its header is corrupt"}
			}
		}
	}
	n, err := d.out.Read(p)
	var corrupt flate.CorruptInputError
	switch {
	case err == io.EOF:
		// the rest tells whether the transfer was whole
		if _, err = io.Copy(io.Discard, d.in); err == nil {
			err = io.EOF
		}
	case errors.As(err, &corrupt):
		err = &decodeError{"deflate", "its compressed data is corrupt"}
	case errors.Is(err, zlib.ErrChecksum):
		err = &decodeError{"deflate", "its checksum does not match its content"}
	}
	return n, err
}
