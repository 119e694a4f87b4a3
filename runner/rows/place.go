package rows

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
)

// A position is a place in a file: line and column from 1, the column in characters.
type position struct{ line, column int }

// maxColumn is how far to the right a diagnostic points into a line.
const maxColumn = 300

var (
	errTooLong = errors.New("row over the limit")
	errUTF16   = errors.New("a text in UTF-16")
)

// wrong is a mistake at a place, of which nothing is shown but what the message says.
func (f *File) wrong(at position, message, hint string) diag.Diagnostic {
	return f.wrongValue(at, "", message, hint)
}

// wrongValue is a mistake at a place where shown stands. A diagnostic takes its place from a text, and the text of the
// file may be long and secret: it gets one of the same shape that has only what may be shown.
func (f *File) wrongValue(at position, shown, message, hint string) diag.Diagnostic {
	d := diag.Diagnostic{Message: message, Hint: hint}
	if at.column > maxColumn {
		d.Notes = append(d.Notes, "it is in column "+strconv.Itoa(at.column)+" of the line")
		at.column, shown = 1, ""
	}
	text := strings.Repeat("\n", max(at.line-1, 0)) + strings.Repeat(" ", max(at.column-1, 0))
	d.Span = diag.Span{Source: diag.NewSource(f.name, text+shown), Start: len(text), End: len(text) + len(shown)}
	return d
}

// unreadable is an error of the file system.
func (f *File) unreadable(err error) diag.Diagnostic {
	why := err.Error()
	var e *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		why = "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		why = "permission denied"
	case errors.As(err, &e):
		why = e.Err.Error()
	}
	return diag.Diagnostic{Message: "cannot read " + strconv.Quote(f.name) + ": " + why}
}

// broken is an error that reading came to in the row that begins at a place.
func (f *File) broken(at position, err error) diag.Diagnostic {
	switch {
	case errors.Is(err, errTooLong):
		return f.wrong(at, "the row that begins here is longer than 16 MiB", "is something in it opened that is never closed?")
	case errors.Is(err, errUTF16):
		return f.wrong(at, "the data file is UTF-16, not UTF-8", "save it as UTF-8")
	}
	return f.unreadable(err)
}

// notText is what to say of bytes that are not UTF-8.
func (f *File) notText(at position) diag.Diagnostic {
	return f.wrong(at, "the data file is not UTF-8 here", "save it as UTF-8")
}

// text begins to read UTF-8: a byte order mark is passed over, one of UTF-16 is an error.
func text(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(3)
	switch mark := string(head); {
	case mark == "\ufeff":
		_, _ = b.Discard(len(mark)) // it is there
	case strings.HasPrefix(mark, "\xff\xfe"), strings.HasPrefix(mark, "\xfe\xff"):
		return nil, errUTF16
	}
	return b, nil
}

// column turns a byte column of a line into one in characters, by reading the file again as far as that: this is for
// mistakes alone. Where it cannot be read again, it is the byte column.
func (f *File) column(line, column int) position {
	at := position{line, column}
	opened, err := f.open()
	if err != nil {
		return at
	}
	defer opened.Close()
	b, err := text(opened)
	if err != nil {
		return at
	}
	for skip := line - 1; skip > 0; {
		_, err := b.ReadSlice('\n')
		switch {
		case err == nil:
			skip--
		case !errors.Is(err, bufio.ErrBufferFull):
			return at
		}
	}
	prefix := make([]byte, min(column-1, MaxRow))
	n, _ := io.ReadFull(b, prefix)
	at.column = utf8.RuneCount(prefix[:n]) + 1
	return at
}
