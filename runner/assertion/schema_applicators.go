package assertion

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
)

// applicator compiles a keyword that holds schemas.
func (c *schemaCompiler) applicator(s *subschema, name string, n *node, keys []string, beside *node) (err *PredicateError) {
	one := func(to **subschema) *PredicateError {
		*to, err = c.schema(n, keys, s.resource)
		return err
	}
	list := func(to *[]*subschema) *PredicateError {
		*to, err = c.list(name, n, keys, s.resource)
		return err
	}
	current := c.document.draft
	switch name {
	case "allOf":
		return list(&s.allOf)
	case "anyOf":
		return list(&s.anyOf)
	case "oneOf":
		return list(&s.oneOf)
	case "not":
		return one(&s.not)
	case "if", "then", "else":
		if current >= draft7 {
			return one(map[string]**subschema{"if": &s.when, "then": &s.then, "else": &s.orElse}[name])
		}
	case "prefixItems":
		if current >= draft2020 {
			return list(&s.prefix)
		}
	case "items":
		switch {
		case n.kind != array:
			return one(&s.rest)
		case current >= draft2020:
			return c.fault(keys, "items is one schema in draft 2020-12, not an array",
				`write prefixItems, or say "$schema" = "`+drafts()[draft7]+`"`)
		}
		return list(&s.prefix)
	case "additionalItems":
		// Without an array for items it is without effect.
		if items := beside.members["items"]; current < draft2020 && items != nil && items.kind == array {
			return one(&s.rest)
		}
	case "contains":
		return one(&s.contains)
	case "properties":
		s.properties, err = c.table(name, n, keys, s.resource)
		return err
	case "patternProperties":
		return c.patternProperties(s, n, keys)
	case "additionalProperties":
		return one(&s.additional)
	case "propertyNames":
		return one(&s.names)
	case "unevaluatedItems":
		if current >= draft2019 {
			c.document.tracked = true
			return one(&s.unevaluatedItems)
		}
	case "unevaluatedProperties":
		if current >= draft2019 {
			c.document.tracked = true
			return one(&s.unevaluatedProperties)
		}
	case "$defs", "definitions":
		// They are compiled so that what is wrong in them is found, used or not.
		_, err = c.table(name, n, keys, s.resource)
		return err
	}
	return nil
}

func (c *schemaCompiler) list(name string, n *node, keys []string, r *schemaResource) ([]*subschema, *PredicateError) {
	if n.kind != array {
		return nil, c.fault(keys, name+" is an array of schemas, not "+n.kind.String(), "")
	}
	out := []*subschema{}
	for i, item := range n.items {
		s, err := c.schema(item, at(keys, strconv.Itoa(i)), r)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (c *schemaCompiler) table(name string, n *node, keys []string, r *schemaResource) (map[string]*subschema, *PredicateError) {
	if n.kind != object {
		return nil, c.fault(keys, name+" is an object of schemas, not "+n.kind.String(), "")
	}
	out := map[string]*subschema{}
	for _, member := range n.names {
		s, err := c.schema(n.members[member], at(keys, member), r)
		if err != nil {
			return nil, err
		}
		out[member] = s
	}
	return out, nil
}

func (c *schemaCompiler) patternProperties(s *subschema, n *node, keys []string) *PredicateError {
	schemas, err := c.table("patternProperties", n, keys, s.resource)
	if err != nil {
		return err
	}
	for _, text := range n.names {
		pattern, err := c.pattern(text, at(keys, text))
		if err != nil {
			return err
		}
		s.patterns = append(s.patterns, patternProperty{pattern, schemas[text]})
	}
	return nil
}

// pattern compiles a regular expression, which is ECMA-262's in JSON Schema, as RE2.
func (c *schemaCompiler) pattern(text string, keys []string) (*regexp.Regexp, *PredicateError) {
	pattern, fault := compileRegexp(fromECMA(text))
	if fault != nil {
		return nil, c.fault(keys, fault.message, fault.hint)
	}
	return pattern, nil
}

// fromECMA writes ECMA-262's escapes of characters as RE2 has them: \uXXXX, in pairs where they are surrogates, and \cX.
func fromECMA(text string) string {
	if !strings.Contains(text, `\u`) && !strings.Contains(text, `\c`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		switch r, ok := codeUnit(text[i:]); {
		case ok:
			i += len(`\uXXXX`) - 1
			if low, ok := codeUnit(text[i+1:]); ok && utf16.IsSurrogate(r) && utf16.IsSurrogate(low) {
				r = utf16.DecodeRune(r, low)
				i += len(`\uXXXX`)
			}
			b.WriteString(`\x{` + strconv.FormatInt(int64(r), 16) + `}`)
		case text[i+1] == 'c' && i+2 < len(text):
			b.WriteString(`\x{` + strconv.FormatInt(int64(text[i+2]&31), 16) + `}`)
			i += 2
		default:
			b.WriteString(text[i : i+2])
			i++
		}
	}
	return b.String()
}

// codeUnit reads \uXXXX at the beginning of a text.
func codeUnit(text string) (rune, bool) {
	if len(text) < 6 || text[:2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 32)
	return rune(n), err == nil
}

// endless finds a schema that would be applied to a value again and again without ever looking into it.
func (c *schemaCompiler) endless() *PredicateError {
	const open, closed = 1, 2
	state := map[*subschema]int{}
	var visit func(s *subschema) bool
	visit = func(s *subschema) bool {
		if s == nil || state[s] == closed {
			return false
		}
		if state[s] == open {
			return true
		}
		state[s] = open
		for _, next := range [...]*subschema{s.reference, s.not, s.when, s.then, s.orElse} {
			if visit(next) {
				return true
			}
		}
		// Where a dynamic reference leads is known only when a value is checked.
		if s.dynamicAt == nil && visit(s.dynamic) {
			return true
		}
		for _, list := range [...][]*subschema{s.allOf, s.anyOf, s.oneOf} {
			for _, next := range list {
				if visit(next) {
					return true
				}
			}
		}
		for _, d := range s.dependents {
			if visit(d.schema) {
				return true
			}
		}
		state[s] = closed
		return false
	}
	for _, s := range c.compiled {
		if visit(s) {
			return wrong(errEndless.Error(), "")
		}
	}
	return nil
}
