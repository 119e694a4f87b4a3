package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
)

// What is said of files that are none that can be read.
const (
	writeOne = "`postrider run --report json=FILE` writes one"
	cutOff   = "the report is cut off here"
)

// problem is what is wrong at a byte offset of the file, as a [diag.Diagnostic].
func (f *savedFile) problem(err error, offset int64) error {
	var known diag.Diagnostic
	if errors.As(err, &known) {
		return known
	}
	d := diag.Diagnostic{Message: err.Error()}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		d.Message, d.Hint = cutOff, "was the run killed, or is it still going on?"
		offset = f.size
	case errors.As(err, &syntax):
		d.Message = "not JSON: " + syntax.Error()
		if strings.HasPrefix(syntax.Error(), "unexpected end") {
			d.Message, offset = cutOff, f.size
		}
	case errors.As(err, &kind):
		d.Message = strconv.Quote(diag.PrintableLine(kind.Field)) + " is " + found(kind.Value) + ", expected " + expected(kind.Type.Kind())
		if kind.Field == "" {
			d.Message = "expected " + expected(kind.Type.Kind()) + ", found " + found(kind.Value)
		}
	}
	line, column := f.position(offset)
	d.Span = diag.SpanAt(f.name, line, column, diag.Excerpt{})
	return d
}

// no is the problem of a file that is no report.
func (f *savedFile) no(why string) error {
	return diag.Diagnostic{Message: "this is no report of postrider: " + why, Span: diag.SpanAt(f.name, 1, 1, diag.Excerpt{}), Hint: writeOne}
}

// found are the words for what encoding/json found.
func found(value string) string {
	switch value, _, _ = strings.Cut(value, " "); value {
	case "array", "object":
		return "an " + value
	case "bool":
		return "true or false"
	}
	return "a " + value
}

// expected are the words for what is read into a kind of variable.
func expected(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "an array"
	case reflect.Struct, reflect.Pointer:
		return "an object"
	}
	return "a whole number"
}

// position is the line and the column, in characters, of a byte offset.
func (f *savedFile) position(offset int64) (line, column int) {
	line, column = 1, 1
	in := bufio.NewReader(io.NewSectionReader(f.data, 0, min(max(offset, 0), f.size)))
	for {
		c, err := in.ReadByte()
		switch {
		case err != nil:
			return line, column
		case c == '\n':
			line, column = line+1, 1
		case utf8.RuneStart(c):
			column++
		}
	}
}
