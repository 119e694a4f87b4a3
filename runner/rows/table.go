package rows

import (
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
)

// A column is one of a table.
type column struct {
	name string
	kind cellType
}

// A table reads rows of fields under a header.
type table struct {
	file    *File
	bound   *bound
	csv     *csv.Reader
	columns []column
	line    int // after the last row, where the next begins unless there are blank lines
}

// A bound is a reader that gives so many bytes for a row, so that a quote that is never closed does not take the memory of
// the whole file.
type bound struct {
	r    io.Reader
	left int
}

func (b *bound) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.r.Read(p)
	b.left -= n
	return n, err
}

func newTable(f *File, r io.Reader) (*table, error) {
	t := &table{file: f, bound: &bound{r, MaxRow}, line: 1}
	b, err := text(t.bound)
	if err != nil {
		return nil, f.broken(position{1, 1}, err)
	}
	t.csv = csv.NewReader(b)
	t.csv.FieldsPerRecord = -1 // we say it better
	t.csv.ReuseRecord = true
	if f.format == TSV {
		t.csv.Comma = '\t'
	}
	return t, t.header()
}

// record is the next row's fields.
func (t *table) record() ([]string, error) {
	t.bound.left = MaxRow
	fields, err := t.csv.Read()
	var parse *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case err == nil:
		last := len(fields) - 1
		line, _ := t.csv.FieldPos(last)
		t.line = line + strings.Count(fields[last], "\n") + 1
		return fields, nil
	case errors.As(err, &parse) && errors.Is(err, csv.ErrBareQuote):
		return nil, t.file.wrong(t.file.column(parse.Line, parse.Column), "there is a quote inside a field that does not begin with one",
			`put the whole field in quotes and write each quote in it twice: "say ""hi"""`)
	case errors.As(err, &parse) && errors.Is(err, csv.ErrQuote) && parse.Line == parse.StartLine:
		return nil, t.file.wrong(t.file.column(parse.Line, parse.Column), "a field in quotes is not closed, or something follows its closing quote",
			`write each quote inside it twice: "say ""hi"""`)
	case errors.As(err, &parse) && errors.Is(err, csv.ErrQuote):
		return nil, t.file.wrong(position{parse.StartLine, 1}, "the row that begins here has a field in quotes that is not closed, or more after its closing quote",
			`write each quote inside it twice: "say ""hi"""`)
	}
	return nil, t.file.broken(position{t.line, 1}, err)
}

// place is where a field of the last record stands.
func (t *table) place(field int) position { return t.file.column(t.csv.FieldPos(field)) }

// header reads the names of the columns.
func (t *table) header() error {
	fields, err := t.record()
	if errors.Is(err, io.EOF) {
		return t.file.wrong(position{1, 1}, "the data file is empty", "its first row has the names of the variables")
	}
	if err != nil {
		return err
	}
	if err := t.separator(fields); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, field := range fields {
		if !utf8.ValidString(field) {
			return t.file.notText(t.place(i))
		}
		c, message, hint := parseColumn(strings.Clone(strings.TrimSpace(field)))
		if message == "" && seen[c.name] {
			message, hint = "the column "+strconv.Quote(clip(c.name))+" is there twice", "give each its own name"
		}
		if message != "" {
			return t.file.wrongValue(t.place(i), clip(field), message, hint)
		}
		seen[c.name] = true
		t.columns = append(t.columns, c)
	}
	return nil
}

// separator finds out headers that were not taken apart because something else separates their names.
func (t *table) separator(fields []string) error {
	other := func(separator string) bool { return len(fields) == 1 && strings.Contains(fields[0], separator) }
	var message, hint string
	switch {
	case strings.Contains(strings.Join(fields, ""), "\r"):
		message, hint = "the lines of the data file end in CR alone", "save it with LF or CR LF at the end of each line"
	case t.file.format == CSV && other(";"):
		message, hint = "the header has one column with semicolons in it: a .csv file has commas between its fields", "save it with commas, as RFC 4180 says"
	case t.file.format == CSV && other("\t"):
		message, hint = "the header has one column with tabs in it: a .csv file has commas between its fields", "name it .tsv"
	case t.file.format == TSV && (other(",") || other(";")):
		message, hint = "the header has one column: a .tsv file has tabs between its fields", "name it .csv if there are commas between them"
	default:
		return nil
	}
	return t.file.wrong(position{1, 1}, message, hint)
}

// parseColumn reads a cell of the header: name or name:type.
func parseColumn(header string) (c column, message, hint string) {
	c.name = header
	if colon := strings.LastIndexByte(header, ':'); colon >= 0 {
		c.name = strings.TrimSpace(header[:colon])
		switch kind := cellType(strings.TrimSpace(header[colon+1:])); kind {
		case stringCell, intCell, numberCell, boolCell, documentCell:
			c.kind = kind
		default:
			return c, "the column " + strconv.Quote(clip(c.name)) + " has the type " + strconv.Quote(clip(string(kind))) + ", which there is not",
				strings.Replace(diag.OneOf(cellTypes()), "one of", "the type after the last colon is", 1) + "; a name with a colon in it needs one"
		}
	}
	message, hint = checkName(c.name)
	if c.name == "" {
		message = "a column needs a name"
	}
	return c, message, hint
}

func (t *table) next(wanted bool) (values map[string]any, line int, err error) {
	fields, err := t.record()
	if err != nil {
		return nil, 0, err
	}
	line, _ = t.csv.FieldPos(0)
	if len(fields) != len(t.columns) {
		return nil, 0, t.miscounted(line, len(fields))
	}
	if wanted {
		values = make(map[string]any, len(fields))
	}
	for i, field := range fields {
		c := &t.columns[i]
		if !utf8.ValidString(field) {
			return nil, 0, t.file.notText(t.place(i))
		}
		if c.kind == untyped && !wanted {
			continue
		}
		value, expected, hint := c.kind.parse(field, wanted)
		if expected != "" {
			return nil, 0, t.mistyped(i, field, expected, hint)
		}
		if wanted {
			values[c.name] = value
		}
	}
	return values, line, nil
}

// mistyped reports a cell that is not of its column's type. JSON, which may be long, is not shown.
func (t *table) mistyped(i int, field, expected, hint string) error {
	message := "column " + strconv.Quote(clip(t.columns[i].name)) + " must be " + expected
	if t.columns[i].kind == documentCell {
		return t.file.wrong(t.place(i), message+", and this is none", hint)
	}
	return t.file.wrongValue(t.place(i), clip(field), message+", not "+strconv.Quote(clip(field)), hint)
}

// miscounted reports a row of too few or too many fields.
func (t *table) miscounted(line, found int) error {
	count := strconv.Itoa(found) + " fields"
	if found == 1 {
		count = "1 field"
	}
	hint := "a field that is empty needs its separator too"
	if found > len(t.columns) {
		hint = "a field with a separator in it is put in double quotes"
	}
	return t.file.wrong(position{line, 1}, "the row has "+count+", the header has "+strconv.Itoa(len(t.columns)), hint)
}
