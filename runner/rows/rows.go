package rows

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// MaxRow is how many bytes a row may have: 16 MiB. A quote or a brace that is never closed ends there.
const MaxRow = 16 << 20

// A Format is how a file holds its rows.
type Format string

// The formats.
const (
	CSV    Format = "CSV"
	TSV    Format = "TSV"
	JSON   Format = "JSON"
	NDJSON Format = "NDJSON"
	TOML   Format = "TOML"
)

// extensions are the ends of names that are known, in lower case.
func extensions() []string { return []string{".csv", ".tsv", ".json", ".ndjson", ".jsonl", ".toml"} }

// FormatOf is the format of a file of that name, from its extension in any case, and whether there is one.
func FormatOf(name string) (Format, bool) {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv":
		return CSV, true
	case ".tsv":
		return TSV, true
	case ".json":
		return JSON, true
	case ".ndjson", ".jsonl":
		return NDJSON, true
	case ".toml":
		return TOML, true
	}
	return "", false
}

// A File is a data file. It may be read many times, and by several goroutines at once.
type File struct {
	name   string
	format Format
	open   func() (fs.File, error)
}

// New returns the data file of that name, which is what diagnostics call it. Nothing is opened yet: open gives the file
// from its beginning, each time that it is called. An extension that is not known is an error.
func New(name string, open func() (fs.File, error)) (*File, error) {
	format, ok := FormatOf(name)
	if !ok {
		return nil, diag.Diagnostic{
			Message: "the data file " + strconv.Quote(name) + " has no extension that says what it holds",
			Hint:    strings.Replace(diag.OneOf(extensions()), "one of", "name it with", 1),
		}
	}
	return &File{name: name, format: format, open: open}, nil
}

// Name is the name of the file.
func (f *File) Name() string { return f.name }

// Format is how the file holds its rows.
func (f *File) Format() Format { return f.format }

// A Row is the variables of one iteration.
type Row struct {
	// Values are the variables by name: string, bool, json.Number, nil, []any and map[string]any. The map is the caller's.
	Values map[string]any
	// File is the name of the file.
	File string
	// Line is where the row begins in it, from 1.
	Line int
}

// String is the place of the row, as in "users.csv:17".
func (r Row) String() string { return r.File + ":" + strconv.Itoa(r.Line) }

// A source reads rows in one format.
type source interface {
	// next checks the next row and gives its line; its values are made only if they are wanted. After the last it gives
	// io.EOF.
	next(wanted bool) (values map[string]any, line int, err error)
}

// A Reader reads a File from its first row to its last. It is for one goroutine. Close it.
type Reader struct {
	file   *File
	closer io.Closer
	source source
	count  int
	err    error // once there is one, it stays
}

// Read opens the file and reads what comes before the rows.
func (f *File) Read() (*Reader, error) {
	opened, err := f.open()
	if err != nil {
		return nil, f.unreadable(err)
	}
	r := &Reader{file: f, closer: opened}
	switch f.format {
	case CSV, TSV:
		r.source, err = newTable(f, opened)
	case JSON, NDJSON:
		r.source, err = newObjects(f, opened)
	default:
		r.source, err = newDocument(f, opened)
	}
	if err != nil {
		opened.Close()
		return nil, err
	}
	return r, nil
}

// Next returns the next row, and io.EOF after the last. A file without any row is an error.
func (r *Reader) Next() (Row, error) {
	values, line, err := r.next(true)
	if err != nil {
		return Row{}, err
	}
	return Row{Values: values, File: r.file.name, Line: line}, nil
}

func (r *Reader) next(wanted bool) (values map[string]any, line int, err error) {
	if r.err != nil {
		return nil, 0, r.err
	}
	values, line, r.err = r.source.next(wanted)
	if errors.Is(r.err, io.EOF) && r.count == 0 {
		r.err = r.file.wrong(position{line: 1, column: 1}, "the data file has no rows", "an iteration needs a row")
	}
	r.count++
	return values, line, r.err
}

// Close closes the file.
func (r *Reader) Close() error { return r.closer.Close() }

// patience is how many rows are counted between two looks at the context.
const patience = 1024

// Count reads the file to its end and returns how many rows it has. All of them are checked: the first mistake, be it in
// the last row, is the error. When the context ends first, the error is its.
func (f *File) Count(ctx context.Context) (int, error) {
	r, err := f.Read()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	for n := 0; ; n++ {
		if n%patience == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if _, _, err := r.next(false); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return 0, err
		}
	}
}
