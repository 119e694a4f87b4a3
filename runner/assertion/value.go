package assertion

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

type kind uint8

const (
	null kind = iota
	boolean
	number
	str
	array
	object
	duration
)

// String is the kind with its article, in the reader's words.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "a string", "an array", "an object", "a duration"}[k]
}

// A value is what a query finds, without boxing or decoding: JSON stays text until something looks into it.
type value struct {
	kind kind
	flag bool // of a boolean
	// untyped marks a string that might as well mean a number, as those of header fields do.
	untyped bool
	n       int64  // of a number without text; of a duration in nanoseconds
	text    string // a string, the digits of a number, or JSON that begins with { or [
	tree    any    // []any or map[string]any where there is no text
}

// valueOf takes the values of package comment's list; what is none of them becomes the string that fmt prints.
func valueOf(v any) value {
	switch v := v.(type) {
	case nil:
		return value{}
	case bool:
		return value{kind: boolean, flag: v}
	case json.Number:
		return value{kind: number, text: string(v)}
	case string:
		return value{kind: str, text: v}
	case []any:
		return value{kind: array, tree: v}
	case map[string]any:
		return value{kind: object, tree: v}
	case json.RawMessage:
		if result := gjson.Parse(string(v)); result.Exists() {
			return valueOfJSON(result)
		}
		return value{}
	case int:
		return value{kind: number, n: int64(v)}
	case int64:
		return value{kind: number, n: v}
	case float64:
		return value{kind: number, text: strconv.FormatFloat(v, 'g', -1, 64)}
	case time.Duration:
		return value{kind: duration, n: int64(v)}
	}
	return value{kind: str, text: fmt.Sprint(v)}
}

// valueOfJSON takes an answer of gjson. Numbers keep their digits: gjson's Num is a float.
func valueOfJSON(r gjson.Result) value {
	switch r.Type {
	case gjson.False:
		return value{kind: boolean}
	case gjson.True:
		return value{kind: boolean, flag: true}
	case gjson.Number:
		if r.Raw == "" {
			return value{kind: number, text: r.String()}
		}
		return value{kind: number, text: r.Raw}
	case gjson.String:
		return value{kind: str, text: r.Str}
	case gjson.JSON:
		text := strings.Trim(r.Raw, " \t\r\n")
		if text != "" && text[0] == '[' {
			return value{kind: array, text: text}
		}
		return value{kind: object, text: text}
	}
	return value{}
}

// any is the value as the other rooms know it. Strings and JSON share the memory of the body.
func (v value) any() any {
	switch v.kind {
	case boolean:
		return v.flag
	case number:
		return json.Number(v.digits())
	case str:
		return v.text
	case duration:
		return v.duration()
	case array, object:
		if v.tree != nil {
			return v.tree
		}
		return json.RawMessage(v.text)
	}
	return nil
}

// own is any in memory of its own: a string of ten bytes must not keep a body of ten megabytes.
func (v value) own() any {
	v.text = strings.Clone(v.text)
	return v.any()
}

// digits is a number as written.
func (v value) digits() string {
	if v.text == "" {
		return strconv.FormatInt(v.n, 10)
	}
	return v.text
}

// duration is written to the microsecond, and below one exactly.
func (v value) duration() string {
	d := time.Duration(v.n)
	if d >= time.Millisecond {
		d = d.Round(time.Microsecond)
	}
	return d.String()
}

// elements walks an array.
func (v value) elements() iter.Seq2[int, value] {
	return func(yield func(int, value) bool) {
		if v.kind != array {
			return
		}
		i := -1
		if tree, ok := v.tree.([]any); ok {
			for i, e := range tree {
				if !yield(i, valueOf(e)) {
					return
				}
			}
			return
		}
		gjson.Result{Type: gjson.JSON, Raw: v.text}.ForEach(func(_, e gjson.Result) bool {
			i++
			return yield(i, valueOfJSON(e))
		})
	}
}

// members walks an object in the order of the document; a name that comes again is passed over, for the first one wins
// in gjson. Of a Go map the names are sorted.
func (v value) members() iter.Seq2[string, value] {
	return func(yield func(string, value) bool) {
		if v.kind != object {
			return
		}
		if tree, ok := v.tree.(map[string]any); ok {
			for _, name := range slices.Sorted(maps.Keys(tree)) {
				if !yield(name, valueOf(tree[name])) {
					return
				}
			}
			return
		}
		seen := map[string]bool{}
		gjson.Result{Type: gjson.JSON, Raw: v.text}.ForEach(func(name, e gjson.Result) bool {
			if seen[name.Str] {
				return true
			}
			seen[name.Str] = true
			return yield(name.Str, valueOfJSON(e))
		})
	}
}

// length counts the characters of a string, the elements of an array or the members of an object.
func (v value) length() (n int, ok bool) {
	switch v.kind {
	case str:
		return utf8.RuneCountInString(v.text), true
	case array:
		if tree, ok := v.tree.([]any); ok {
			return len(tree), true
		}
		for range v.elements() {
			n++
		}
		return n, true
	case object:
		if tree, ok := v.tree.(map[string]any); ok {
			return len(tree), true
		}
		for range v.members() {
			n++
		}
		return n, true
	}
	return 0, false
}

// empty is said of "", [], {} and null.
func (v value) empty() bool {
	switch v.kind {
	case null:
		return true
	case str:
		return v.text == ""
	case array:
		for range v.elements() {
			return false
		}
		return true
	case object:
		for range v.members() {
			return false
		}
		return true
	}
	return false
}
