package environment

import (
	"errors"
	"strings"
)

// A Template is a text with {{ }} in it, compiled. It never changes and may be shared by goroutines.
type Template struct {
	text  string
	parts []part
}

// A part is literal text, or one {{ }}.
type part struct {
	literal    string // the text, or the subject of {{ "literal" | filter }}
	name       string // of the variable; "" for literal text
	env        *envVariable
	filters    []filterCall
	start, end int // bytes in the text, braces included
}

func (p *part) isText() bool { return p.name == "" && len(p.filters) == 0 }

// An envVariable is what {{env.NAME}} stood for when the environment file was read.
type envVariable struct {
	value   string
	set     bool
	nearest string // of what can be read, if it is not set
}

// A Reference is the use of a variable in a template.
type Reference struct {
	Name string
	// Start and End are the bytes of the {{ }} in the text.
	Start, End int
	// Optional says that a default follows, so that the name may have no value.
	Optional bool
}

// Text is the template as it was written.
func (t *Template) Text() string { return t.text }

// Constant returns the text of a template that refers to nothing and has no filters, and whether it is one.
func (t *Template) Constant() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].isText():
		return t.parts[0].literal, true
	}
	return "", false
}

// References are the variables in the template, dynamic ones included, in the order of the text. {{env.NAME}} is none:
// it was settled when the environment was read.
func (t *Template) References() []Reference {
	var refs []Reference
	for _, p := range t.parts {
		if p.name == "" || p.env != nil {
			continue
		}
		ref := Reference{Name: p.name, Start: p.start, End: p.end}
		for _, f := range p.filters {
			ref.Optional = ref.Optional || f.name == defaultFilter
		}
		refs = append(refs, ref)
	}
	return refs
}

// Expand returns the text with the values put in: strings and numbers as they are, arrays and tables as compact JSON.
// An error is an [*UnresolvedError] or a [*FilterError]; see [Diagnose].
func (t *Template) Expand(s *Scopes) (string, error) {
	if text, ok := t.Constant(); ok {
		return text, nil
	}
	return s.orEmpty().expand(t)
}

// Value is Expand, except that a template that is one {{ }} and nothing else keeps the type of its value.
func (t *Template) Value(s *Scopes) (any, error) {
	if text, ok := t.Constant(); ok {
		return text, nil
	}
	return s.orEmpty().value(t)
}

func (s *Scopes) expand(t *Template) (string, error) {
	var b strings.Builder
	for i := range t.parts {
		p := &t.parts[i]
		if p.isText() {
			b.WriteString(p.literal)
			continue
		}
		value, err := s.part(p)
		if err != nil {
			return "", err
		}
		text, err := textOf(value)
		if err != nil {
			return "", placed(&UnresolvedError{Name: p.subject(), Cause: err}, p)
		}
		if b.Len()+len(text) > maxExpanded {
			return "", placed(&UnresolvedError{Name: p.subject(), Cause: errTooLarge}, p)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (s *Scopes) value(t *Template) (any, error) {
	if len(t.parts) == 1 {
		return s.part(&t.parts[0])
	}
	return s.expand(t)
}

// part is the value of one {{ }}. A default further down the pipe catches a name that has no value.
func (s *Scopes) part(p *part) (any, error) {
	value, err := s.subject(p)
	for _, f := range p.filters {
		if f.name == defaultFilter {
			if value == nil && (err == nil || undeclared(err)) {
				value, err = f.argument, nil
			}
			continue
		}
		if err != nil {
			continue
		}
		var cause error
		if value, cause = f.apply(value, f.argument); cause != nil {
			value, err = nil, p.failed(f.name, cause)
		}
	}
	if err != nil {
		return nil, placed(err, p)
	}
	return value, nil
}

// failed is the error of a filter. That it was given null is the variable's fault.
func (p *part) failed(filter string, cause error) error {
	if errors.Is(cause, errNull) {
		return &UnresolvedError{Name: p.subject(), Cause: cause, undeclared: true}
	}
	return &FilterError{Name: p.subject(), Filter: filter, Err: cause}
}

func (s *Scopes) subject(p *part) (any, error) {
	switch {
	case p.name == "":
		return p.literal, nil
	case p.env == nil:
		value, _, err := s.lookup(p.name)
		return value, err
	case p.env.set:
		return p.env.value, nil
	}
	e := &UnresolvedError{Name: p.name, Cause: errEnvUnset, undeclared: true}
	if p.env.nearest != "" {
		e.Nearest = envPrefix + p.env.nearest
	}
	return nil, e
}

// subject is what the {{ }} is about, in words.
func (p *part) subject() string {
	if p.name == "" {
		return p.literal
	}
	return p.name
}
