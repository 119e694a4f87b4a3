package lint

import (
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// value looks at all texts in a value.
func (l *linter) value(v *collection.Value) {
	if v == nil {
		return
	}
	l.text(v)
	for _, item := range v.Items {
		l.value(item)
	}
	for _, e := range v.Entries {
		l.value(e.Node)
	}
}

// named looks at a value that stands under a name.
func (l *linter) named(name string, v *collection.Value) {
	l.under = name
	l.value(v)
	l.under = ""
	l.secretVariable(name, v)
}

// table looks at a table of variables.
func (l *linter) table(v *collection.Value) {
	if v == nil {
		return
	}
	for _, e := range v.Entries {
		l.named(e.Key, e.Node)
	}
}

func (l *linter) fields(fields []collection.Field) {
	for _, f := range fields {
		l.named(f.Name, f.Value)
	}
}

func (l *linter) settings(s *collection.Settings) {
	for i := range s.Headers {
		l.under = s.Headers[i].Name
		for _, v := range s.Headers[i].Values {
			l.value(v)
		}
		l.under = ""
		l.secretHeader(&s.Headers[i])
		l.ownHeader(&s.Headers[i])
	}
	l.auth(s.Auth)
	l.assertions(s.Assertions)
	l.value(s.Skip)
	for _, w := range s.When {
		l.reference(w.Variable, w.Span, true)
		l.predicates(w.Predicates)
	}
	l.value(s.Proxy)
	if t := s.TLS; t != nil {
		for _, v := range []*collection.Value{t.CA, t.Cert, t.Key, t.ServerName} {
			l.value(v)
		}
	}
	l.fields(s.Resolve)
}

func (l *linter) auth(a *collection.Auth) {
	if a == nil {
		return
	}
	for _, v := range []*collection.Value{a.Token, a.Username, a.Password} {
		l.value(v)
	}
	l.fields(a.Fields)
	l.secretAuth(a)
}

func (l *linter) assertions(all []collection.Assertion) {
	for i := range all {
		a := &all[i]
		switch a.Query {
		case "variable":
			l.reference(a.Argument, a.Span, true)
		case "jwt":
			name, _, _ := strings.Cut(a.Argument, " ")
			l.reference(name, a.Span, true)
		}
		if l.under = a.Argument; a.Query == "sha256" {
			l.under = a.Query
		}
		l.predicates(a.Predicates)
		l.under = ""
	}
}

func (l *linter) predicates(all []collection.Predicate) {
	for _, p := range all {
		l.value(p.Value)
	}
}

// request looks at a request, in the order in which its parts are used.
func (l *linter) request(r *collection.Request) {
	for i := range r.Cases {
		l.table(r.Cases[i].Variables)
	}
	l.method(r)
	l.value(r.URL)
	l.path(r)
	l.fields(r.Params)
	l.fields(r.Query)
	l.body(r.Body)
	settings := r.Settings
	assertions := settings.Assertions
	settings.Assertions = nil
	l.settings(&settings)
	l.captures(r.Captures)
	l.assertions(assertions) // they are checked once the captures are taken
	for i := range r.Cases {
		l.assertions(r.Cases[i].Assertions)
		l.value(r.Cases[i].Skip)
	}
}

func (l *linter) body(b *collection.Body) {
	if b == nil {
		return
	}
	l.value(b.Type)
	if b.Kind == "form" && b.Value != nil {
		for _, e := range b.Value.Entries {
			l.named(e.Key, e.Node)
		}
		return
	}
	l.value(b.Value)
}

func (l *linter) captures(captures []collection.Capture) {
	for i := range captures {
		c := &captures[i]
		if c.Default != nil {
			l.value(c.Default)
		}
		if c.Query == "variable" {
			l.reference(c.Argument, c.Span, false)
		}
		if c.Pipe != nil {
			l.pipe(c.Pipe)
		}
		if _, ok := l.captured[c.Name]; !ok {
			l.captured[c.Name] = c.Span
			l.order = append(l.order, c.Name)
		}
	}
}

// pipe looks at the variables that filters take for arguments.
func (l *linter) pipe(v *collection.Value) {
	filters, ok := v.Text()
	if !ok {
		return
	}
	const before = "{{captured|"
	t, err := environment.ParseTemplate(before + filters + "}}")
	if err != nil {
		return
	}
	for _, r := range t.References() {
		if r.Name != "captured" {
			l.reference(r.Name, v.Span, r.Optional)
		}
	}
}
