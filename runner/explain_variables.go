package runner

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/environment"
)

// An ExplainedVariable is a variable that a request uses, and where its value is from.
type ExplainedVariable struct {
	Name   string
	Value  string
	Origin string // "environments/local.toml:9", `captured by "Sign in"`, "--var", or why there is no value
	Secret bool
	// Drawn says that the value is drawn anew at each use, so that there is none to tell.
	Drawn bool
	// Placeholder says that only a run knows the value: it is the name in angle brackets.
	Placeholder bool
	Depth       int // how many variables lead to it
}

// maxDepth is how many variables are looked through for where a value is from.
const maxDepth = 8

// A survey finds the variables that a request uses. It looks them up in scopes of its own: to look up what has a dynamic
// variable behind it is to draw it, and a run with the same seed would not.
type survey struct {
	scopes *environment.Scopes
	step   *step
	seen   map[string]int // the place in found
	found  []ExplainedVariable
}

func (u *user) survey(s *step) *survey {
	return &survey{scopes: u.scopes.Fork(), step: s, seen: map[string]int{}}
}

// visit adds the variables of a text.
func (v *survey) visit(t *text) {
	for _, ref := range t.template.References() {
		v.add(ref.Name, 0, ref.Optional)
	}
}

// add finds a variable and those that its declaration names, and says where it is among those that were found.
func (v *survey) add(name string, depth int, optional bool) (int, bool) {
	if i, ok := v.seen[name]; ok || depth > maxDepth {
		return i, ok
	}
	i := len(v.found)
	v.seen[name] = i
	v.found = append(v.found, ExplainedVariable{Name: name, Depth: depth})
	value, origin, err := v.scopes.Lookup(name)
	one := &v.found[i]
	one.Origin, one.Secret = origin.String(), origin.Secret
	switch {
	case err != nil && v.step.captured(name):
		one.Origin = "captured by this request"
		return i, true
	case err != nil && optional:
		one.Origin = "no value, so the default"
		return i, true
	case err != nil:
		one.Origin = noValue
	case strings.HasPrefix(name, "$") && origin.Span.IsZero():
		one.Drawn = true
		return i, true
	default:
		one.Value, one.Placeholder = shownValue(value), origin.Captured()
	}
	if origin.Span.IsZero() || one.Placeholder {
		return i, true
	}
	v.behind(i, origin)
	return i, true
}

// shownValue is a value as it stands in a request.
func shownValue(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	return assertion.Format(v, clip)
}

// noValue is the origin of what cannot be resolved.
const noValue = "no value"

// behind adds the variables that a declaration names. What is made of a drawn one is drawn too.
func (v *survey) behind(i int, origin environment.Origin) {
	t, err := environment.ParseTemplate(origin.Span.Text())
	if err != nil {
		return
	}
	for _, ref := range t.References() {
		if j, ok := v.add(ref.Name, v.found[i].Depth+1, ref.Optional); ok && v.found[j].Drawn {
			v.found[i].Drawn, v.found[i].Value = true, ""
		}
	}
}

// unresolved reports whether one of the variables has no value and needs one.
func (v *survey) unresolved() bool {
	return slices.ContainsFunc(v.found, func(one ExplainedVariable) bool { return one.Origin == noValue })
}

// awaited are the names of the variables that only a run can know.
func (v *survey) awaited() []string {
	var names []string
	for _, one := range v.found {
		if one.Placeholder {
			names = append(names, one.Name)
		}
	}
	return names
}

// inOrder are texts in the order of the file.
func inOrder(texts map[string]*text) []*text {
	return slices.SortedFunc(maps.Values(texts), func(a, b *text) int { return cmp.Compare(a.node.Span.Start, b.node.Span.Start) })
}

// sent calls f for each text with templates that a request is made of, in the order in which it is sent.
func (r *request) sent(f func(*text)) {
	one := func(t *text) {
		if t != nil && t.template != nil {
			f(t)
		}
	}
	many := func(fields []field) {
		for _, p := range fields {
			for _, t := range p.values {
				one(t)
			}
		}
	}
	inner := func(v *value) {
		if v != nil {
			v.references(func(t *text, _ environment.Reference) { f(t) })
		}
	}
	one(r.url)
	many(r.params)
	many(r.query)
	for _, h := range r.headers {
		for _, t := range h.values {
			one(t)
		}
	}
	if a := r.auth; a != nil {
		one(a.token)
		one(a.username)
		one(a.password)
		if a.grant != nil {
			for _, t := range inOrder(a.grant.fields) {
				one(t)
			}
		}
		if a.scheme != nil {
			for _, t := range inOrder(a.scheme.texts) {
				one(t)
			}
			inner(a.scheme.claims)
			inner(a.scheme.header)
		}
	}
	many(r.route.resolve)
	one(r.route.proxy)
	one(r.route.serverName)
	for _, f := range []*file{r.route.ca, r.route.cert, r.route.key} {
		if f != nil {
			one(f.name)
		}
	}
	if b := r.body; b != nil {
		one(b.contentType)
		one(b.text)
		inner(b.json)
		if g := b.graphql; g != nil {
			one(g.query)
			one(g.operation)
			inner(g.variables)
		}
		if b.file != nil {
			one(b.file.name)
		}
		many(b.fields)
		for i := range b.parts {
			one(b.parts[i].text)
			if b.parts[i].file != nil {
				one(b.parts[i].file.name)
			}
			one(b.parts[i].mediaType)
			one(b.parts[i].filename)
		}
	}
}

// expected calls f for each text with templates in what a step is judged by.
func (s *step) expected(f func(*text)) {
	for _, k := range s.assertions {
		if k.argument != nil {
			k.argument.references(func(t *text, _ environment.Reference) { f(t) })
		}
	}
}
