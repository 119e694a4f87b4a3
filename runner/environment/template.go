package environment

import (
	"slices"
	"strings"
)

// A Template is a text with {{ }} in it, compiled. It never changes and may be shared by goroutines.
type Template struct {
	text  string
	parts []part
}

// A part is literal text, or one {{ }}, or an argument of a filter in it.
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
	// Start and End are the bytes in the text: of the {{ }}, or of the name where it is an argument of a filter.
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
	for i := range t.parts {
		p := &t.parts[i]
		refs = p.refer(refs, p.filters)
		for j, f := range p.filters {
			for k := range f.arguments {
				refs = f.arguments[k].refer(refs, p.filters[j+1:])
			}
		}
	}
	return refs
}

// refer appends the variable of a part, if it has one. A default among the filters that follow makes it optional.
func (p *part) refer(refs []Reference, filters []filterCall) []Reference {
	if p.name == "" || p.env != nil {
		return refs
	}
	optional := slices.ContainsFunc(filters, func(f filterCall) bool { return f.name == defaultFilter })
	return append(refs, Reference{p.name, p.start, p.end, optional})
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
