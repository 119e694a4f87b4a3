package collection

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// The keys that each place may hold. A reader of the code finds the format here.
var (
	settingKeys = []string{"headers", "auth", "assert", "timeout", "redirects", "max_body", "skip", "when", "tags", "retry", "delay", "tls", "proxy",
		"http", "cookies", "resolve"}
	fileKeys       = append([]string{"name", "description", "variables", "setup", "request", "teardown"}, settingKeys...)
	collectionKeys = append([]string{"data", "load"}, fileKeys...)
	requestKeys    = append([]string{"name", "description", "method", "url", "params", "query", "body", "capture", "case", "rejects", "repeat", "include"},
		settingKeys...)
	includeKeys = append([]string{"include", "name", "description", "variables"}, settingKeys...)
	caseKeys    = []string{"name", "variables", "assert", "skip", "tags"}
	bodyKeys    = append(slices.Clone(bodyKinds), "type")
)

// Keys are all keys that the format knows, in no order of meaning, for references and completion.
func Keys() []string {
	keys := slices.Concat(collectionKeys, requestKeys, includeKeys, caseKeys, bodyKeys, partKeys, graphqlKeys, captureExtras, named, unnamed, retryKeys, tlsKeys, loadKeys, ThresholdOps())
	for _, kind := range AuthKinds() {
		keys = append(append(keys, string(kind)), AuthKeys(kind)...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// A decoder turns values into what they declare and gathers all that is wrong on the way.
type decoder struct {
	list     diag.List
	files    *Files               // where the collection's files are; nil: nowhere
	sources  []string             // the files that were read, as they are shown
	chain    []string             // the files that are being read, outermost first, as Files calls them
	included map[string]*document // the files that have been included, by the same names
	includes int                  // how often
	dataFile string               // the file of rows, which is no file of requests; "" for none
}

func (d *decoder) errorf(span diag.Span, hint, format string, args ...any) {
	d.list.Add(span, fmt.Sprintf(format, args...), hint)
}

// unknown reports a key that has no meaning here.
func (d *decoder) unknown(e entry, where string, known []string) {
	hint := advice(e.Key, where)
	if hint == "" {
		hint = diag.DidYouMean(e.Key, known)
	}
	if hint == "" {
		sorted := slices.Clone(known)
		slices.Sort(sorted)
		hint = where + " may say: " + strings.Join(sorted, ", ")
	}
	d.errorf(e.Span, hint, "unknown key %q in %s", e.Key, where)
}

// advice is what to say of a key that is meant for another place, where the nearest name would mislead.
func advice(key, where string) string {
	switch {
	case key == "script":
		return "scripts come with imported Postman collections and cannot be run here; capture, assert and templates take their place"
	case key == "variables" && where == aRequest:
		return "write them in [variables] of the file, or in [[request.case]] to send the request once for each row"
	}
	return ""
}

// wrong reports a value of the wrong type.
func (d *decoder) wrong(e entry, want, example string) {
	if example != "" {
		example = "for example " + example
	}
	d.errorf(e.Node.Span, example, "%q must be %s, not %s", e.Key, want, e.Node.Kind)
}

// entries returns the entries of a table, or none and a diagnostic.
func (d *decoder) entries(e entry, example string) []entry {
	if e.Node.Kind != Table {
		d.wrong(e, "a table", example)
		return nil
	}
	return e.Node.Entries
}

// text returns a string's text; ok is false, with a diagnostic, for any other type.
func (d *decoder) text(e entry) (string, bool) {
	s, ok := e.Node.Text()
	if !ok {
		d.wrong(e, "a string", "")
	}
	return s, ok
}

// textValue is text for a value that is kept with its place.
func (d *decoder) textValue(e entry) *Value {
	if _, ok := d.text(e); !ok {
		return nil
	}
	return e.Node
}

// scalar accepts what can be sent as text: a string, a number, a boolean, a date.
func (d *decoder) scalar(e entry, v *Value) bool {
	if v.Kind == Table || v.Kind == Array {
		d.errorf(v.Span, "", "%q must be a string, a number or a boolean, not %s", e.Key, v.Kind)
		return false
	}
	return true
}

// flag returns a boolean; ok is false, with a diagnostic, for any other type.
func (d *decoder) flag(e entry) (on, ok bool) {
	if on, ok = e.Node.Scalar.(bool); !ok {
		d.wrong(e, "true or false", "")
	}
	return on, ok
}

// whole returns an integer from least to most; ok is false, with a diagnostic, for anything else.
func (d *decoder) whole(e entry, least, most int, example string) (n int, ok bool) {
	want := fmt.Sprintf("a whole number from %d to %d", least, most)
	if e.Node.Kind != Integer {
		d.wrong(e, want, example)
		return 0, false
	}
	number, _ := e.Node.Number()
	n, err := strconv.Atoi(number.String())
	if err != nil || n < least || n > most {
		d.errorf(e.Node.Span, "for example "+example, "%q must be %s, not %s", e.Key, want, number)
		return 0, false
	}
	return n, true
}

// oneOf returns a string that is one of the names; ok is false, with a diagnostic, for anything else. A number is a
// string without its quotes.
func (d *decoder) oneOf(e entry, names []string) (s string, ok bool) {
	if number, isNumber := e.Node.Number(); isNumber {
		d.errorf(e.Node.Span, fmt.Sprintf("write it in quotes: %s = %q", e.Key, nearestVersion(number.String(), names)), "%q must be a string, not %s", e.Key, e.Node.Kind)
		return "", false
	}
	if s, ok = d.text(e); !ok {
		return "", false
	}
	if !slices.Contains(names, s) {
		d.errorf(e.Node.Span, diag.OneOf(names), "%q cannot be %q", e.Key, s)
		return "", false
	}
	return s, true
}

// nearestVersion is the number if it is one of the names, and else the first of them.
func nearestVersion(number string, names []string) string {
	if slices.Contains(names, number) {
		return number
	}
	return names[0]
}

// hasTemplate reports whether something stands in a text that is known only when it is sent.
func hasTemplate(s string) bool { return strings.Contains(s, "{{") }

// variables reads a table of variables. Their names and templates are for the engine to judge.
func (d *decoder) variables(e entry) *Value {
	if e.Node.Kind != Table {
		d.wrong(e, "a table", `variables = { user = "jane" }`)
		return nil
	}
	return e.Node
}

// variableName refuses a name that no template could refer to.
func (d *decoder) variableName(e entry) {
	switch {
	case e.Key == "":
		d.errorf(e.Span, "", "a variable needs a name")
	case strings.HasPrefix(e.Key, "$"):
		d.errorf(e.Span, "leave out the $", "the name %q is kept for dynamic variables", e.Key)
	case strings.HasPrefix(e.Key, "env."):
		d.errorf(e.Span, "choose another name", "the name %q is kept for the operating system's variables", e.Key)
	case strings.ContainsAny(e.Key, "{}|\" \t\n"):
		d.errorf(e.Span, "use letters, digits, _ - and .", "the variable name %q has a character that no template can hold", e.Key)
	}
}

// pairs reads a table whose values go out as text; an array is several of the same name.
func (d *decoder) pairs(e entry, arrays bool, example string) []Field {
	var out []Field
	for _, v := range d.entries(e, example) {
		if arrays && v.Node.Kind == Array {
			for _, item := range v.Node.Items {
				d.scalar(v, item)
			}
		} else if !d.scalar(v, v.Node) {
			continue
		}
		out = append(out, Field{v.Key, v.Span, v.Node})
	}
	return out
}
