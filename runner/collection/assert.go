package collection

import (
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// conditions reads `when`: a table of variables and what must hold of them.
func (d *decoder) conditions(e entry) []Condition {
	var out []Condition
	for _, v := range d.entries(e, `when.stage = "test"`) {
		out = append(out, Condition{v.Key, v.Span, d.predicates(v)})
	}
	return out
}

// The queries that look at a named thing, and those that look at the exchange as a whole.
var (
	named   = []string{"header", "cookie", "json", "regex", "xpath", "jwt", "variable", "certificate"}
	unnamed = []string{"status", "reason", "protocol", "url", "redirects", "text", "sha256", "size", "duration", "schema"}
)

// assertions reads `assert`: a table of queries.
func (d *decoder) assertions(e entry) []Assertion {
	var out []Assertion
	for _, q := range d.entries(e, "assert.status = 200") {
		if q.Key == "schema" {
			out = append(out, d.schema(q)...)
			continue
		}
		if !slices.Contains(named, q.Key) {
			out = append(out, Assertion{q.Key, "", q.Span, d.predicates(q)})
			continue
		}
		for _, argument := range d.entries(q, namedExample(q.Key)) {
			if q.Key == "jwt" {
				out = append(out, d.tokenAssertions(argument)...)
				continue
			}
			out = append(out, Assertion{q.Key, argument.Key, argument.Span, d.predicates(argument)})
		}
	}
	return out
}

// schema reads `schema`: a file of JSON Schema, or the schema itself, whose keywords are no predicates.
func (d *decoder) schema(e entry) []Assertion {
	const example = `assert.schema = "user.schema.json", or { type = "object", required = ["email"] }`
	s, ok := e.Node.Text()
	switch {
	case !ok && e.Node.Kind != Table:
		d.wrong(e, "a file's name or a table", example)
		return nil
	case ok && strings.TrimSpace(s) == "":
		d.errorf(e.Node.Span, "for example "+example, `"schema" names no file`)
		return nil
	}
	return []Assertion{{e.Key, "", e.Span, []Predicate{{e.Key, e.Node.Span, e.Node}}}}
}

// tokenAssertions reads `jwt.VARIABLE`: a table of paths into the token of that variable. Their argument is the variable
// and the path with a blank between them.
func (d *decoder) tokenAssertions(variable entry) []Assertion {
	var out []Assertion
	for _, path := range d.entries(variable, namedExample("jwt")) {
		out = append(out, Assertion{"jwt", variable.Key + " " + path.Key, path.Span, d.predicates(path)})
	}
	return out
}

func namedExample(query string) string {
	switch query {
	case "jwt":
		return `assert.jwt.access_token = { "claims.token_use" = "access", expires_in = { gt = 0 } }`
	case "header":
		return `assert.header.Content-Type = { contains = "json" }`
	case "cookie":
		return `assert.cookie.session = { exists = true }`
	case "regex":
		return `assert.regex."id=([0-9]+)" = "7"`
	case "xpath":
		return `assert.xpath."//title" = "Welcome"`
	case "certificate":
		return `assert.certificate."subject.common_name" = "example.com"`
	case "variable":
		return `assert.variable.email = "jane@example.com"`
	}
	return `assert.json = { email = "jane@example.com" }`
}

// predicates reads what must hold: a table of predicates, or a value that must be equal.
func (d *decoder) predicates(e entry) []Predicate {
	if e.Node.Kind != Table {
		return []Predicate{{"equals", e.Node.Span, e.Node}}
	}
	if len(e.Node.Entries) == 0 {
		d.errorf(e.Node.Span, "for example { exists = true }; an empty object is said as { equals = {} }", "nothing is said about %q", e.Key)
		return nil
	}
	var out []Predicate
	for _, p := range e.Node.Entries {
		out = append(out, Predicate{p.Key, p.Span, p.Node})
	}
	return out
}

// Place is where a caret for the predicate belongs: its value, since its name is seldom what is wrong.
func (p Predicate) Place() diag.Span { return p.Value.Span }
