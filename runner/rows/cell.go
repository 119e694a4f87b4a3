package rows

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
)

// A cellType is what a header says of a column: the word after the colon.
type cellType string

const (
	untyped      cellType = ""
	stringCell   cellType = "string"
	intCell      cellType = "int"
	numberCell   cellType = "number"
	boolCell     cellType = "bool"
	documentCell cellType = "json"
)

func cellTypes() []string {
	return []string{string(stringCell), string(intCell), string(numberCell), string(boolCell), string(documentCell)}
}

// parse is the value of a cell, or what it should have been: expected is "" when nothing is wrong. Values of JSON are
// made only if wanted.
func (t cellType) parse(text string, wanted bool) (value any, expected, hint string) {
	if t == untyped || t == stringCell {
		return text, "", ""
	}
	if text = strings.Trim(text, " \t"); text == "" {
		return nil, "", ""
	}
	switch t {
	case intCell:
		if !isNumber(text, false) {
			return nil, "an integer", numberHint(text)
		}
		return json.Number(text), "", ""
	case numberCell:
		if !isNumber(text, true) {
			return nil, "a number", numberHint(text)
		}
		return json.Number(text), "", ""
	case boolCell:
		switch {
		case strings.EqualFold(text, "true"):
			return true, "", ""
		case strings.EqualFold(text, "false"):
			return false, "", ""
		}
		return nil, "true or false", ""
	}
	if !json.Valid([]byte(text)) {
		return nil, "JSON", `a text needs quotes, and inside a quoted field each is written twice: """a"""`
	}
	if wanted {
		value, _ = decode([]byte(text)) // it is valid
	}
	return value, "", ""
}

// numberHint says what to try with a text that is no number.
func numberHint(text string) string {
	switch rest := strings.TrimLeft(strings.TrimLeft(text, "+-"), "0"); {
	case isNumber(rest, true) || isNumber("0"+rest, true):
		return "numbers have no + and no leading zeros, integers no decimals; without a type the column keeps them, as text"
	case strings.Contains(text, ","):
		return "write a point for the decimals, and no separators"
	}
	return "without a type the column is text"
}

// isNumber reports whether a text is a number of JSON (RFC 8259, section 6); without decimals, an integer.
func isNumber(s string, decimals bool) bool {
	s = strings.TrimPrefix(s, "-")
	whole := digits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if !decimals {
		return s == ""
	}
	if strings.HasPrefix(s, ".") {
		n := digits(s[1:])
		if n == 0 {
			return false
		}
		s = s[1+n:]
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		n := digits(s)
		return n > 0 && n == len(s)
	}
	return s == ""
}

// digits is how many digits a text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// decode is JSON as a value. Numbers keep their digits.
func decode(raw []byte) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err := d.Decode(&v)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return v, err
}
