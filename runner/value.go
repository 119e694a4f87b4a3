package runner

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// A text is a scalar of a collection that is sent or compared as text: a template, or constant.
type text struct {
	template *environment.Template
	constant string
	broken   bool // it does not compile, and there is a diagnostic of it
	node     *collection.Value
}

// text compiles a scalar.
func (c *compiler) text(v *collection.Value) *text {
	if s, ok := v.Text(); ok {
		template, err := environment.ParseTemplate(s)
		if err != nil {
			c.list = append(c.list, environment.Diagnose(err, v.Sub))
			return &text{node: v, broken: true}
		}
		if constant, ok := template.Constant(); ok {
			return &text{constant: constant, node: v}
		}
		return &text{template: template, node: v}
	}
	return &text{constant: fmt.Sprint(v.Scalar), node: v}
}

// known reports whether the text is known before a run.
func (t *text) known() bool { return t.template == nil && !t.broken }

func (t *text) expand(s *environment.Scopes) (string, error) {
	if t.template == nil {
		return t.constant, nil
	}
	expanded, err := t.template.Expand(s)
	if err != nil {
		return "", &placedError{err, t.node}
	}
	return expanded, nil
}

// value keeps the type of a variable that stands alone.
func (t *text) value(s *environment.Scopes) (any, error) {
	if t.template == nil {
		return t.constant, nil
	}
	v, err := t.template.Value(s)
	if err != nil {
		return nil, &placedError{err, t.node}
	}
	return v, nil
}

// A placedError is an error of a template with the value that holds it.
type placedError struct {
	err  error
	node *collection.Value
}

func (e *placedError) Error() string { return e.err.Error() }
func (e *placedError) Unwrap() error { return e.err }

// A value is any TOML value in which strings may hold templates.
type value struct {
	constant any // where nothing in it is dynamic
	dynamic  bool
	text     *text
	items    []*value
	members  []member
	kind     int
}

type member struct {
	key   string
	value *value
}

const (
	scalarValue = iota
	arrayValue
	tableValue
)

func (c *compiler) value(v *collection.Value) *value {
	out := &value{}
	switch v.Kind {
	case collection.Array:
		out.kind = arrayValue
		for _, item := range v.Items {
			out.items = append(out.items, c.value(item))
			out.dynamic = out.dynamic || out.items[len(out.items)-1].dynamic
		}
	case collection.Table:
		out.kind = tableValue
		for _, e := range v.Entries {
			m := member{e.Key, c.value(e.Node)}
			out.members = append(out.members, m)
			out.dynamic = out.dynamic || m.value.dynamic
		}
	case collection.String:
		out.text = c.text(v)
		out.dynamic = out.text.template != nil
		out.constant = out.text.constant
		return out
	default:
		out.constant = v.Scalar
		return out
	}
	if !out.dynamic {
		out.constant, _ = out.resolve(nil)
	}
	return out
}

// resolve fills in the templates: nil, bool, json.Number, string, []any, map[string]any or json.RawMessage.
func (v *value) resolve(s *environment.Scopes) (any, error) {
	if !v.dynamic && v.constant != nil {
		return v.constant, nil
	}
	switch v.kind {
	case arrayValue:
		out := make([]any, len(v.items))
		for i, item := range v.items {
			var err error
			if out[i], err = item.resolve(s); err != nil {
				return nil, err
			}
		}
		return out, nil
	case tableValue:
		out := make(map[string]any, len(v.members))
		for _, m := range v.members {
			var err error
			if out[m.key], err = m.value.resolve(s); err != nil {
				return nil, err
			}
		}
		return out, nil
	}
	if v.text != nil {
		return v.text.value(s)
	}
	return v.constant, nil
}

// appendJSON writes the value as JSON, members in the order of the file.
func (v *value) appendJSON(b *bytes.Buffer, s *environment.Scopes) error {
	switch v.kind {
	case arrayValue:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := item.appendJSON(b, s); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	case tableValue:
		b.WriteByte('{')
		for i, m := range v.members {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, m.key)
			b.WriteByte(':')
			if err := m.value.appendJSON(b, s); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	}
	scalar, err := v.resolve(s)
	if err != nil {
		return err
	}
	if n, ok := scalar.(json.Number); ok && !json.Valid([]byte(n)) {
		return fmt.Errorf("the number %s has no form in JSON", n)
	}
	writeJSON(b, scalar)
	return nil
}

// writeJSON writes a value as JSON without escaping what only HTML needs escaped.
func writeJSON(b *bytes.Buffer, v any) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if e.Encode(v) == nil {
		b.Truncate(b.Len() - 1) // Encode ends with a newline
	}
}

// references calls f for each variable that the value's templates name.
func (v *value) references(f func(t *text, r environment.Reference)) {
	if v.text != nil && v.text.template != nil {
		for _, r := range v.text.template.References() {
			f(v.text, r)
		}
	}
	for _, item := range v.items {
		item.references(f)
	}
	for _, m := range v.members {
		m.value.references(f)
	}
}
