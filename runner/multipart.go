package runner

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// A part is one of a multipart body, compiled.
type part struct {
	name                string
	text                *text
	file                *file
	mediaType, filename *text
}

// A filledPart is one with its variables filled in: a text, or the file at a path.
type filledPart struct {
	name, mediaType, filename string
	text                      string
	source                    *file // nil for a text
	path                      string
	length                    int64
}

func (c *compiler) parts(parts []collection.Part) []part {
	var out []part
	for i := range parts {
		p := &parts[i]
		compiled := part{name: p.Name}
		if p.File != nil {
			compiled.file = c.file(p.File)
		} else if p.Value != nil {
			compiled.text = c.text(p.Value)
		}
		if p.Type != nil {
			compiled.mediaType = c.text(p.Type)
		}
		if p.Filename != nil {
			compiled.filename = c.text(p.Filename)
		}
		out = append(out, compiled)
	}
	return out
}

func (p *part) resolve(out *filledPart, s *environment.Scopes) (err error) {
	out.name = p.name
	if p.text != nil {
		if out.text, err = p.text.expand(s); err != nil {
			return err
		}
	}
	if p.file != nil {
		out.source = p.file
		if out.path, err = p.file.name.expand(s); err != nil {
			return err
		}
		if out.length, err = p.file.size(out.path); err != nil {
			return err
		}
		out.filename, out.mediaType = path.Base(strings.ReplaceAll(out.path, `\`, "/")), typeOf(out.path)
	}
	if p.filename != nil {
		if out.filename, err = p.filename.expand(s); err != nil {
			return err
		}
	}
	if p.mediaType != nil {
		out.mediaType, err = p.mediaType.expand(s)
	}
	return err
}

// multipart lays out a multipart/form-data body (RFC 7578). Files are read while it is sent.
func (b *body) multipart(p *payload, s *environment.Scopes) error {
	p.boundary = boundary(s.Rand())
	p.contentType = "multipart/form-data; boundary=" + p.boundary
	p.parts = make([]filledPart, len(b.parts))
	var pieces []piece
	var text bytes.Buffer
	for i := range b.parts {
		filled := &p.parts[i]
		if err := b.parts[i].resolve(filled, s); err != nil {
			return err
		}
		if err := filled.head(&text, p.boundary); err != nil {
			return placed(err, b.node)
		}
		if filled.source == nil {
			text.WriteString(filled.text)
		} else {
			pieces = append(pieces, piece{text: bytes.Clone(text.Bytes())}, piece{file: filled})
			text.Reset()
		}
		text.WriteString("\r\n")
	}
	text.WriteString("--" + p.boundary + "--\r\n")
	if len(pieces) == 0 {
		p.data = text.Bytes()
		return nil
	}
	pieces = append(pieces, piece{text: text.Bytes()})
	p.open = func() (io.ReadCloser, error) { return &pieceReader{rest: pieces}, nil }
	for i := range pieces {
		size := pieces[i].size()
		if size < 0 {
			p.length = -1
			return nil
		}
		p.length += size
	}
	return nil
}

// head writes what stands before a part. Names are escaped as browsers do (WHATWG HTML, multipart/form-data encoding).
func (p *filledPart) head(b *bytes.Buffer, boundary string) error {
	escape := strings.NewReplacer("\"", "%22", "\r", "%0D", "\n", "%0A", "\x00", "%00")
	if strings.ContainsAny(p.mediaType, "\r\n\x00") {
		return fmt.Errorf("the type of the part %q has more than one line", p.name)
	}
	b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + escape.Replace(p.name) + "\"")
	if p.filename != "" || p.source != nil {
		b.WriteString("; filename=\"" + escape.Replace(p.filename) + "\"")
	}
	b.WriteString("\r\n")
	if p.mediaType != "" {
		b.WriteString("Content-Type: " + p.mediaType + "\r\n")
	}
	b.WriteString("\r\n")
	return nil
}

// boundary is a line that no part has.
func boundary(r *rand.Rand) string {
	return fmt.Sprintf("postrider-%016x%016x", r.Uint64(), r.Uint64())
}

// A piece of a multipart body is text or a file.
type piece struct {
	text []byte
	file *filledPart
}

func (p *piece) size() int64 {
	if p.file != nil {
		return p.file.length
	}
	return int64(len(p.text))
}

// A pieceReader reads pieces one after the other, and opens each file when it comes to it.
type pieceReader struct {
	rest    []piece
	current io.Reader
	opened  io.Closer
}

func (r *pieceReader) Read(b []byte) (int, error) {
	for {
		if r.current == nil {
			if len(r.rest) == 0 {
				return 0, io.EOF
			}
			if err := r.next(); err != nil {
				return 0, err
			}
		}
		n, err := r.current.Read(b)
		if err == io.EOF {
			err = r.Close()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next begins the next piece.
func (r *pieceReader) next() error {
	p := r.rest[0]
	r.rest = r.rest[1:]
	if p.file == nil {
		r.current = bytes.NewReader(p.text)
		return nil
	}
	f, err := p.file.source.openNamed(p.file.path)
	if err != nil {
		return err
	}
	r.current, r.opened = f, f
	return nil
}

// Close ends the piece that is being read.
func (r *pieceReader) Close() error {
	opened := r.opened
	r.current, r.opened = nil, nil
	if opened == nil {
		return nil
	}
	return opened.Close()
}
