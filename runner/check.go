package runner

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
)

// A check is a query with one predicate.
type check struct {
	*rule
	span diag.Span // where the caret goes
}

// A rule is what a check asks, wherever it is asked.
type rule struct {
	query     *assertion.Query
	title     string               // of the query, for people
	predicate *assertion.Predicate // nil when the argument holds templates
	name      string               // of the predicate
	argument  *value               // nil when nothing in the file says it
}

// about is what a check is about: of two the nearer replaces the other.
func (k *check) about() string {
	if k.query.Kind() == "header" {
		return "header " + http.CanonicalHeaderKey(k.query.Argument())
	}
	return k.query.Kind() + " " + k.query.Argument()
}

// checks compiles assertions, one check for each predicate.
func (c *compiler) checks(assertions []collection.Assertion) []*check {
	var out []*check
	for i := range assertions {
		a := &assertions[i]
		query := c.assertionQuery(a)
		if query == nil {
			continue
		}
		for _, p := range a.Predicates {
			compile := c.check
			if a.Query == schemaQuery {
				compile = c.schema
			}
			if k := compile(query, p); k != nil {
				out = append(out, k)
			}
		}
	}
	return out
}

func (c *compiler) check(query *assertion.Query, p collection.Predicate) *check {
	key, alike := keyOf(query, p)
	if known, ok := c.known[key]; ok && alike {
		return &check{known, p.Place()}
	}
	k := &check{&rule{query: query, title: query.String(), name: p.Name, argument: c.value(p.Value)}, p.Place()}
	if k.argument.dynamic && slices.Contains(assertion.Predicates(), p.Name) {
		return k
	}
	predicate, err := assertion.NewPredicate(query, p.Name, k.argument.constant)
	if err != nil {
		c.predicateProblem(query, p, err)
		return nil
	}
	k.predicate = predicate
	if alike {
		if c.known == nil {
			c.known = map[checkKey]*rule{}
		}
		c.known[key] = k.rule
	}
	return k
}

// A checkKey is what makes two checks the same but for their places. Large collections ask the same of many answers, and
// then it is compiled once.
type checkKey struct {
	query *assertion.Query
	name  string
	text  bool // and not a date
	value any  // bool, json.Number or string
}

// keyOf is the key of a check, if its expected value is a scalar without templates.
func keyOf(query *assertion.Query, p collection.Predicate) (key checkKey, ok bool) {
	v := p.Value
	if text, _ := v.Text(); v.Scalar == nil || strings.Contains(text, "{{") {
		return checkKey{}, false
	}
	return checkKey{query, p.Name, v.Kind == collection.String, v.Scalar}, true
}

// schemaQuery looks at the body as a whole, and its one predicate is a JSON Schema.
const schemaQuery = "schema"

// schema compiles a JSON Schema: a table, or the name of a file.
func (c *compiler) schema(query *assertion.Query, p collection.Predicate) *check {
	k := &check{&rule{query: query, title: query.String(), name: p.Name}, p.Place()}
	var document any
	if _, ok := p.Value.Text(); ok {
		content := c.content(p.Value)
		if content == nil {
			return nil
		}
		document = json.RawMessage(content)
	} else {
		v := c.value(p.Value)
		if document = v.constant; v.dynamic {
			c.list.Add(p.Value.Span, "a schema must not have templates", "it is compiled before anything runs")
			return nil
		}
	}
	predicate, err := assertion.NewPredicate(query, p.Name, document)
	if err != nil {
		c.predicateProblem(query, p, err)
		return nil
	}
	k.predicate, k.argument = predicate, &value{constant: document}
	return k
}

// assertionQuery compiles the query of an assertion, or reports why it cannot be.
func (c *compiler) assertionQuery(a *collection.Assertion) *assertion.Query {
	key := [2]string{a.Query, a.Argument}
	if query, ok := c.queries[key]; ok {
		return query
	}
	query, err := assertion.NewQuery(a.Query, a.Argument)
	if err == nil {
		err = knownPart(query)
	}
	if err != nil {
		var e *assertion.ArgumentError
		if variable, _, ok := strings.Cut(a.Argument, " "); ok && a.Query == "jwt" && errors.As(err, &e) {
			// The place is in variable and path together; the key is the path alone.
			before := len(variable) + 1
			err = &assertion.ArgumentError{Start: max(e.Start-before, 0), End: max(e.End-before, 0), Message: e.Message, Hint: e.Hint}
		}
		c.queryProblem(err, a.Span, nil, a.Span)
		return nil
	}
	if c.queries == nil {
		c.queries = map[[2]string]*assertion.Query{}
	}
	c.queries[key] = query
	return query
}

// knownPart refuses a path into a token that begins with nothing that a token has: every claim would seem to be missing.
func knownPart(query *assertion.Query) error {
	_, path, ok := query.JWT()
	if !ok {
		return nil
	}
	first := path
	if i := strings.IndexAny(path, ".|#@[{"); i >= 0 {
		first = path[:i]
	}
	parts := []string{"header", "claims", "expires_in", signaturePath}
	if first == "" || slices.Contains(parts, first) || strings.ContainsAny(first, `*?\`) {
		return nil
	}
	return &assertion.ArgumentError{End: len(query.Argument()), Message: "a token has no " + strconv.Quote(first), Hint: diag.OneOf(parts) + `, as in "claims.` + first + `"`}
}

// overlay lays nearer checks over further ones.
func overlay(far, near []*check) []*check {
	if len(far) == 0 {
		return near
	}
	replaced := map[string]bool{}
	for _, k := range near {
		replaced[k.about()] = true
	}
	var out []*check
	for _, k := range far {
		if !replaced[k.about()] {
			out = append(out, k)
		}
	}
	return append(out, near...)
}

// withStatus adds what holds of every request about whose status nothing is said: it answers below 400.
func withStatus(checks []*check, span diag.Span) []*check {
	for _, k := range checks {
		if k.query.Kind() == "status" {
			return checks
		}
	}
	query, _ := assertion.NewQuery("status", "")
	predicate, _ := assertion.NewPredicate(query, "lt", statusLimit)
	return append([]*check{{&rule{query: query, title: query.String(), predicate: predicate, name: "lt"}, span}}, checks...)
}

// queryProblem reports a query: at the place in its argument, or at the name of a kind that does not exist.
func (c *compiler) queryProblem(err error, argument diag.Span, node *collection.Value, whole diag.Span) {
	var a *assertion.ArgumentError
	if !errors.As(err, &a) {
		c.list.Add(whole, err.Error(), "")
		return
	}
	span := argument
	switch {
	case a.End <= a.Start:
	case node != nil:
		span = node.Sub(a.Start, a.End)
	case len(argument.Text()) == a.End || len(argument.Text()) > a.End:
		span = subKey(argument, a.Start, a.End)
	}
	c.list.Add(span, a.Message, a.Hint)
}

// subKey is a part of a key, which may stand in quotes.
func subKey(key diag.Span, start, end int) diag.Span {
	if text := key.Text(); len(text) > 1 && (text[0] == '"' || text[0] == '\'') {
		start, end = start+1, end+1
	}
	return key.Sub(start, end)
}

// inside is the value that keys and indexes lead to, or the last one on the way.
func inside(v *collection.Value, keys []string) *collection.Value {
	for _, key := range keys {
		entry, ok := v.Get(key)
		i, err := strconv.Atoi(key)
		switch {
		case ok:
			v = entry.Node
		case err == nil && i >= 0 && i < len(v.Items):
			v = v.Items[i]
		default:
			return v
		}
	}
	return v
}

// predicateProblem reports a predicate that cannot be compiled.
func (c *compiler) predicateProblem(query *assertion.Query, p collection.Predicate, err error) {
	var e *assertion.PredicateError
	if !errors.As(err, &e) {
		c.list.Add(p.Value.Span, err.Error(), "")
		return
	}
	span, hint := inside(p.Value, e.Keys).Span, e.Hint
	if !slices.Contains(assertion.Predicates(), p.Name) {
		span = p.Span
		if query.Kind() == "json" && !strings.HasPrefix(hint, "did you mean") {
			hint = `a gjson path with a dot needs quotes: json."` + query.Argument() + "." + dotted(p.Name, p.Value) + `"`
		}
	}
	c.list.Add(span, e.Message, hint)
}

// dotted is a key with those inside of it, as far as there is one alone: what was meant as a path.
func dotted(key string, v *collection.Value) string {
	for v.Kind == collection.Table && len(v.Entries) == 1 && !slices.Contains(assertion.Predicates(), v.Entries[0].Key) {
		key += "." + v.Entries[0].Key
		v = v.Entries[0].Node
	}
	return key
}
