package collection

import (
	"fmt"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// The keys that each place may hold. A reader of the code finds the format here.
var (
	settingKeys    = []string{"headers", "auth", "assert", "timeout", "redirects", "max_body", "skip", "when"}
	collectionKeys = append([]string{"name", "description", "variables", "request"}, settingKeys...)
	folderKeys     = append([]string{"name", "description", "variables"}, settingKeys...)
	requestKeys    = append([]string{"name", "description", "method", "url", "params", "query", "body", "capture", "case", "rejects"}, settingKeys...)
	caseKeys       = []string{"name", "variables", "assert", "skip"}
	authKeys       = []string{"bearer", "basic", "oauth2"}
	bodyKeys       = []string{"json", "form", "text", "type"}
)

// Keys are all keys that the format knows, in no order of meaning, for references and completion.
func Keys() []string {
	keys := slices.Concat(collectionKeys, requestKeys, caseKeys, authKeys, bodyKeys, captureExtras, named, unnamed, OAuth2Keys())
	slices.Sort(keys)
	return slices.Compact(keys)
}

// A decoder turns values into what they declare and gathers all that is wrong on the way.
type decoder struct {
	list diag.List
}

func (d *decoder) errorf(span diag.Span, hint, format string, args ...any) {
	d.list.Add(span, fmt.Sprintf(format, args...), hint)
}

// unknown reports a key that has no meaning here.
func (d *decoder) unknown(e entry, where string, known []string) {
	hint := diag.DidYouMean(e.Key, known)
	if hint == "" {
		sorted := slices.Clone(known)
		slices.Sort(sorted)
		hint = where + " may say: " + strings.Join(sorted, ", ")
	}
	d.errorf(e.Span, hint, "unknown key %q in %s", e.Key, where)
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
