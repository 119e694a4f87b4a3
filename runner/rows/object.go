package rows

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// objects reads rows that are JSON objects: the members of one array, or one a line.
type objects struct {
	file    *File
	scanner *scanner
	names   names
	seen    map[string]bool // of the row under way
	begun   bool            // the array
}

func newObjects(f *File, r io.Reader) (*objects, error) {
	b, err := text(r)
	if err != nil {
		return nil, f.broken(position{1, 1}, err)
	}
	return &objects{file: f, scanner: newScanner(b), names: names{}, seen: map[string]bool{}}, nil
}

func (o *objects) next(wanted bool) (values map[string]any, line int, err error) {
	var raw []byte
	var at position
	if o.file.format == NDJSON {
		raw, at, err = o.line()
	} else {
		raw, at, err = o.member()
	}
	if err != nil {
		return nil, 0, err
	}
	values, err = o.object(raw, at, wanted)
	return values, at.line, err
}

// line is the next line that is not blank.
func (o *objects) line() ([]byte, position, error) {
	c, at, err := o.scanner.token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, at, io.EOF
	case err != nil:
		return nil, at, o.file.broken(at, err)
	case c != '{':
		hint := "each line holds an object: { … }"
		if c == '[' {
			hint = "a file that is one array is named .json"
		}
		return nil, at, o.file.wrong(at, "a row must be an object, not "+described(c), hint)
	}
	raw, err := o.scanner.restOfLine(c)
	if err != nil {
		return nil, at, o.file.broken(at, err)
	}
	return raw, at, nil
}

// member is the next member of the array.
func (o *objects) member() ([]byte, position, error) {
	s := o.scanner
	c, at, err := s.token()
	if !o.begun {
		switch {
		case errors.Is(err, io.EOF):
			return nil, at, o.file.wrong(at, "the data file is empty", "it holds an array of objects: [{ … }, { … }]")
		case err == nil && c != '[':
			return nil, at, o.file.wrong(at, "the data file must hold an array of objects, not "+described(c), topHint(c))
		}
		o.begun = true
		if err == nil {
			if c, at, err = s.token(); err == nil && c == ']' {
				return nil, at, o.end()
			}
		}
	} else if err == nil {
		switch c {
		case ']':
			return nil, at, o.end()
		case ',':
			c, at, err = s.token()
		default:
			return nil, at, o.file.wrong(at, "expected , or ] after a row, found "+described(c), "")
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, at, o.file.wrong(at, "the data file ends before its array does", "it ends with ]")
	case err != nil:
		return nil, at, o.file.broken(at, err)
	case c == ']':
		return nil, at, o.file.wrong(at, "there is a comma after the last row", "leave it out: JSON has none there")
	case c != '{':
		return nil, at, o.file.wrong(at, "a row must be an object, not "+described(c), `its keys are the variables: { "name": "jane" }`)
	}
	raw, err := s.object(c)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, at, o.file.wrong(at, "the data file ends inside the row that begins here", "is a brace or a quote missing?")
	case err != nil:
		return nil, at, o.file.broken(at, err)
	}
	return raw, at, nil
}

// end makes sure that nothing follows the array.
func (o *objects) end() error {
	c, at, err := o.scanner.token()
	switch {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return o.file.broken(at, err)
	}
	return o.file.wrong(at, "the array has ended, and yet there follows "+described(c), "")
}

func topHint(c byte) string {
	if c == '{' {
		return "put the rows in one array: [{ … }, { … }]; a file with an object on each line is named .ndjson"
	}
	return "for example [{ … }, { … }]"
}

// described is what begins with a byte, in the reader's words.
func described(c byte) string {
	switch {
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		return "a string"
	case c == '-' || '0' <= c && c <= '9':
		return "a number"
	case c == 't' || c == 'f':
		return "a boolean"
	case c == 'n':
		return "null"
	case c > ' ' && c < 0x7f:
		return strconv.QuoteRune(rune(c))
	}
	return "a byte that is not JSON"
}

// object checks a row and makes its values if they are wanted.
func (o *objects) object(raw []byte, at position, wanted bool) (map[string]any, error) {
	if !utf8.Valid(raw) {
		good := 0
		for good < len(raw) {
			r, n := utf8.DecodeRune(raw[good:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			good += n
		}
		return nil, o.file.notText(at.after(raw[:good]))
	}
	if deep(raw) {
		return nil, o.file.wrong(at, "the row that begins here is nested deeper than 10,000 levels", "")
	}
	if !gjson.ValidBytes(raw) {
		return nil, o.invalid(raw, at)
	}
	clear(o.seen)
	var values map[string]any
	var failed error
	row := gjson.ParseBytes(raw)
	if wanted {
		values = make(map[string]any, 8)
	}
	row.ForEach(func(key, value gjson.Result) bool {
		place := func() position { return at.after(raw[:key.Index]) }
		name, message, hint := o.names.check(unquoted(key))
		if message == "" && o.seen[name] {
			message, hint = "the variable "+strconv.Quote(clip(name))+" is there twice in the row", "the second would hide the first"
		}
		if message != "" {
			failed = o.file.wrongValue(place(), clip(key.Raw), message, hint)
			return false
		}
		o.seen[name] = true
		if wanted {
			values[name] = plain(value)
		}
		return true
	})
	return values, failed
}

// unquoted is a key as encoding/json reads it.
func unquoted(key gjson.Result) string {
	if !strings.ContainsRune(key.Raw, '\\') {
		return key.Str
	}
	name, _ := decode([]byte(key.Raw)) // it is valid, and a string
	text, _ := name.(string)
	return text
}

// plain is a value as encoding/json reads it, which takes its time.
func plain(value gjson.Result) any {
	switch value.Type {
	case gjson.Null:
		return nil
	case gjson.True, gjson.False:
		return value.Type == gjson.True
	case gjson.Number:
		return json.Number(strings.Clone(value.Raw))
	case gjson.String:
		if !strings.ContainsRune(value.Raw, '\\') {
			return strings.Clone(value.Str)
		}
	}
	v, _ := decode([]byte(value.Raw)) // it is valid
	return v
}

// invalid says why a row is not JSON.
func (o *objects) invalid(raw []byte, at position) error {
	var v any
	err := json.Unmarshal(raw, &v)
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return o.file.wrong(at, "the row that begins here is not JSON", "")
	}
	message, hint, offset := syntax.Error(), "", int(syntax.Offset)-1
	switch {
	case strings.Contains(message, "after top-level value"):
		message = "something follows the row's object on its line"
		hint = "each line holds one object"
	case strings.Contains(message, "unexpected end"):
		message, offset = "the row's object does not end", int(syntax.Offset)
		if o.file.format == NDJSON {
			hint = "each line holds a whole object; a file that is one array is named .json"
		}
	default:
		message = "the row is not JSON: " + message
	}
	return o.file.wrong(at.after(raw[:min(max(offset, 0), len(raw))]), message, hint)
}
