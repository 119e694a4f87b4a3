package assertion

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// A schemaCompiler turns the text of a schema into subschemas, each place once.
type schemaCompiler struct {
	document  *schemaDocument
	root      *node
	compiled  map[string]*subschema      // by place
	resources map[string]*schemaResource // by URI
	owners    map[string]*schemaResource // of each place that may be a schema
}

func (c *schemaCompiler) fault(keys []string, message, hint string) *PredicateError {
	return &PredicateError{Keys: keys, Message: message, Hint: hint}
}

// near names the member that was probably meant.
func (c *schemaCompiler) near(keys []string, name string) string {
	return diag.DidYouMean(name, c.nodeAt(keys).names)
}

func drafts() []string {
	return []string{
		"http://json-schema.org/draft-06/schema", "http://json-schema.org/draft-07/schema",
		"https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema",
	}
}

func (c *schemaCompiler) compile(root *node) *PredicateError {
	c.root = root
	if said := root.members["$schema"]; said != nil {
		name := strings.TrimSuffix(said.text, "#")
		i := slices.IndexFunc(drafts(), func(uri string) bool {
			_, known, _ := strings.Cut(uri, "://")
			_, given, _ := strings.Cut(name, "://")
			return said.kind == str && known == given
		})
		if i < 0 {
			return c.fault([]string{"$schema"}, "there is no draft "+Format(said.any(), shown), diag.OneOf(drafts()))
		}
		c.document.draft = draft(i)
	}
	base := &url.URL{}
	if id := root.members["$id"]; id != nil && id.kind == str {
		uri, err := url.Parse(id.text)
		if err != nil {
			return c.fault([]string{"$id"}, "$id is not a URI: "+quote(clip(id.text, shown)), "")
		}
		uri.Fragment, uri.RawFragment = "", ""
		base = uri
	}
	r := newResource(base, nil, root)
	c.resources[base.String()] = r
	if err := c.index(root, nil, r); err != nil {
		return err
	}
	var err *PredicateError
	if c.document.root, err = c.schema(root, nil, r); err != nil {
		return err
	}
	for _, r := range c.resources {
		for name, keys := range r.marked {
			if r.dynamic[name], err = c.schema(c.nodeAt(keys), keys, r); err != nil {
				return err
			}
		}
	}
	c.document.count = len(c.compiled)
	return c.endless()
}

// schema compiles the schema at a place.
func (c *schemaCompiler) schema(n *node, keys []string, r *schemaResource) (*subschema, *PredicateError) {
	place := pointer(keys)
	if s := c.compiled[place]; s != nil {
		return s, nil
	}
	if owner := c.owners[place]; owner != nil {
		r = owner
	}
	none := bounds{-1, -1}
	s := &subschema{resource: r, lengths: none, items: none, members: none, matches: none}
	c.compiled[place] = s
	switch n.kind {
	case boolean:
		s.flag = &n.flag
		return s, nil
	case object:
	default:
		return nil, c.fault(keys, "a schema is an object, true or false, not "+n.kind.String(), "")
	}
	if ref := n.members["$ref"]; ref != nil && c.document.draft <= draft7 {
		// What stands beside it is without effect (draft 7, Core, section 8.3).
		return s, c.keyword(s, "$ref", ref, at(keys, "$ref"), n)
	}
	for _, keyword := range n.names {
		if err := c.keyword(s, keyword, n.members[keyword], at(keys, keyword), n); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// keyword compiles one of them. Those that are unknown are without effect, as they must be (Core, section 6.5).
func (c *schemaCompiler) keyword(s *subschema, name string, n *node, keys []string, beside *node) (err *PredicateError) {
	switch name {
	case "$ref", "$dynamicRef", "$recursiveRef":
		return c.referenceKeyword(s, name, n, keys)
	case "type":
		return c.typeKeyword(s, n, keys)
	case "enum":
		if n.kind != array {
			return c.fault(keys, "enum is an array, not "+n.kind.String(), "")
		}
		s.enum = append([]*node{}, n.items...)
	case "const":
		s.constant = n
	case "multipleOf":
		if s.multipleOf, err = c.number(name, n, keys); err == nil {
			if d, _ := parseDecimal(n.digits()); d.sign() <= 0 {
				return c.fault(keys, "multipleOf is more than 0, not "+n.digits(), "")
			}
		}
	case "minimum":
		s.minimum, err = c.number(name, n, keys)
	case "maximum":
		s.maximum, err = c.number(name, n, keys)
	case "exclusiveMinimum":
		s.exclusiveMinimum, err = c.number(name, n, keys)
	case "exclusiveMaximum":
		s.exclusiveMaximum, err = c.number(name, n, keys)
	case "minLength":
		s.lengths.least, err = c.count(name, n, keys)
	case "maxLength":
		s.lengths.most, err = c.count(name, n, keys)
	case "minItems":
		s.items.least, err = c.count(name, n, keys)
	case "maxItems":
		s.items.most, err = c.count(name, n, keys)
	case "minProperties":
		s.members.least, err = c.count(name, n, keys)
	case "maxProperties":
		s.members.most, err = c.count(name, n, keys)
	case "minContains", "maxContains":
		if c.document.draft < draft2019 {
			return nil
		}
		limit := &s.matches.least
		if name == "maxContains" {
			limit = &s.matches.most
		}
		*limit, err = c.count(name, n, keys)
	case "pattern", "format":
		if n.kind != str {
			return c.fault(keys, name+" is a string, not "+n.kind.String(), "")
		}
		if name == "format" {
			s.format = n.text
			return nil
		}
		s.pattern, err = c.pattern(n.text, keys)
	case "uniqueItems":
		if n.kind != boolean {
			return c.fault(keys, "uniqueItems is true or false, not "+n.kind.String(), "")
		}
		s.unique = n.flag
	case "required":
		s.required, err = c.stringList(name, n, keys)
	case "dependentRequired", "dependentSchemas", "dependencies":
		return c.dependentKeyword(s, name, n, keys)
	default:
		return c.applicator(s, name, n, keys, beside)
	}
	return err
}

func (c *schemaCompiler) referenceKeyword(s *subschema, name string, n *node, keys []string) (err *PredicateError) {
	if n.kind != str {
		return c.fault(keys, name+" is a string, not "+n.kind.String(), "")
	}
	if name == "$dynamicRef" && c.document.draft < draft2020 || name == "$recursiveRef" && c.document.draft != draft2019 {
		return nil
	}
	target, anchor, err := c.refer(n.text, keys, s.resource)
	if err != nil {
		return err
	}
	if name == "$ref" {
		s.reference = target
		return nil
	}
	s.dynamic = target
	// It looks into the dynamic scope only if what it leads to at first would be found there.
	if _, ok := target.resource.marked[anchor]; ok && (anchor != "" || name == "$recursiveRef") {
		s.dynamicAt = &anchor
	}
	return nil
}

func (c *schemaCompiler) typeKeyword(s *subschema, n *node, keys []string) *PredicateError {
	names := []*node{n}
	if n.kind == array {
		names = n.items
	}
	for i, name := range names {
		if name.kind == str && slices.Contains(typeNames(), name.text) {
			s.types = append(s.types, name.text)
			continue
		}
		err := unknown("type", name.any(), name.text, typeNames())
		if err.Keys = keys; n.kind == array {
			err.Keys = at(keys, strconv.Itoa(i))
		}
		return err
	}
	if len(s.types) == 0 {
		return c.fault(keys, "type has no word", diag.OneOf(typeNames()))
	}
	return nil
}

func (c *schemaCompiler) number(name string, n *node, keys []string) (*node, *PredicateError) {
	if n.kind != number {
		return nil, c.fault(keys, name+" is a number, not "+n.kind.String(), "")
	}
	if d, ok := parseDecimal(n.digits()); !ok || d.class > finite {
		return nil, c.fault(keys, name+" is a number, not "+clip(n.digits(), shown), "")
	}
	return n, nil
}

// count reads a number of characters, elements or members: 2.0 is one (Core, section 4.2.3 and Validation, section 6).
func (c *schemaCompiler) count(name string, n *node, keys []string) (int, *PredicateError) {
	d, ok := parseDecimal(n.digits())
	if n.kind != number || !ok || !d.isInteger() || d.sign() < 0 {
		return 0, c.fault(keys, name+" is a whole number from 0, not "+Format(n.any(), shown), "")
	}
	if d.class == zero {
		return 0, nil
	}
	// What is out of range comes as infinite, and nothing is as long as that either.
	f, _ := strconv.ParseFloat(n.digits(), 64)
	return int(min(f, math.MaxInt32)), nil
}

func (c *schemaCompiler) stringList(name string, n *node, keys []string) ([]string, *PredicateError) {
	list := []string{}
	for _, item := range n.items {
		if item.kind == str {
			list = append(list, item.text)
		}
	}
	if n.kind != array || len(list) != len(n.items) {
		return nil, c.fault(keys, name+" is an array of strings, not "+Format(n.any(), shown), "")
	}
	return list, nil
}

func (c *schemaCompiler) dependentKeyword(s *subschema, name string, n *node, keys []string) *PredicateError {
	if n.kind != object {
		return c.fault(keys, name+" is an object, not "+n.kind.String(), "")
	}
	for _, member := range n.names {
		d, place := dependent{name: member}, at(keys, member)
		held := n.members[member]
		var err *PredicateError
		if name == "dependentRequired" || name == "dependencies" && held.kind == array {
			d.required, err = c.stringList(name, held, place)
		} else {
			d.schema, err = c.schema(held, place, s.resource)
		}
		if err != nil {
			return err
		}
		s.dependents = append(s.dependents, d)
	}
	return nil
}
