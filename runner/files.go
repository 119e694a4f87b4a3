package runner

import (
	"io"
	"io/fs"
	"strconv"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// A file is one that a collection names: inside its folder.
type file struct {
	name  *text
	files *collection.Files
}

// file compiles the name of a file. One that is known by now must open.
func (c *compiler) file(v *collection.Value) *file {
	f := &file{c.text(v), c.files}
	if f.name.template != nil {
		return f
	}
	opened, err := f.open(nil)
	if err != nil {
		c.list.Add(v.Span, err.Error(), f.hint())
		return f
	}
	opened.Close()
	return f
}

// content reads a file that must be known by now, such as a schema or a key. It is empty where there is a diagnostic.
func (c *compiler) content(v *collection.Value) []byte {
	f := &file{c.text(v), c.files}
	if f.name.template != nil {
		c.list.Add(v.Span, "the name of this file must not have templates", "the file is read before anything runs")
		return nil
	}
	data, err := f.read(nil)
	if err != nil {
		c.list.Add(v.Span, err.Error(), f.hint())
	}
	return data
}

// hint is what to try when a file cannot be opened.
func (f *file) hint() string {
	source, name := f.name.node.Span.Source, f.name.constant
	if near := f.files.Nearest(source, name); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return "files are looked for beside the file that names them"
}

// open opens the file as the variables have it.
func (f *file) open(s *environment.Scopes) (fs.File, error) {
	name, err := f.name.expand(s)
	if err != nil {
		return nil, err
	}
	return f.openNamed(name)
}

func (f *file) openNamed(name string) (fs.File, error) {
	opened, err := f.files.Open(f.name.node.Span.Source, name)
	if err != nil {
		return nil, placed(&fileError{name, err}, f.name.node)
	}
	return opened, nil
}

// path is where a file is, for people and for other programs.
func (f *file) path(name string) string { return f.files.Path(f.name.node.Span.Source, name) }

// maxContent is how large a file may be that is read whole: 64 MB.
const maxContent = 64 << 20

func (f *file) read(s *environment.Scopes) ([]byte, error) {
	opened, err := f.open(s)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	data, err := io.ReadAll(io.LimitReader(opened, maxContent))
	if err != nil {
		return nil, placed(&fileError{"", err}, f.name.node)
	}
	return data, nil
}

// A fileError is a file that cannot be read.
type fileError struct {
	name string
	err  error
}

func (e *fileError) Error() string {
	return "cannot read " + strconv.Quote(e.name) + ": " + e.err.Error()
}
func (e *fileError) Unwrap() error { return e.err }
