package assertion

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A schemaResource is a part of the document with a URI of its own, which "$id" begins (Core, section 8.2.1).
type schemaResource struct {
	uri   *url.URL
	keys  []string // where it begins
	node  *node
	names map[string][]string // where its anchors are
	// dynamic has the anchors that a dynamic reference finds; the empty name is that of "$recursiveAnchor".
	dynamic map[string]*subschema
	marked  map[string][]string // where those are
}

func newResource(uri *url.URL, keys []string, n *node) *schemaResource {
	return &schemaResource{
		uri: uri, keys: keys, node: n,
		names: map[string][]string{}, dynamic: map[string]*subschema{}, marked: map[string][]string{},
	}
}

// A slot is how a keyword holds subschemas.
type slot uint8

const (
	noSlot   slot = iota
	oneSlot       // a schema
	listSlot      // an array of schemas
	mapSlot       // an object of schemas
)

// slotOf gives the slot of a keyword; n is its value.
func slotOf(keyword string, n *node) slot {
	switch keyword {
	case "additionalItems", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not",
		"unevaluatedItems", "unevaluatedProperties", "contentSchema":
		return oneSlot
	case "items":
		if n.kind == array {
			return listSlot
		}
		return oneSlot
	case "allOf", "anyOf", "oneOf", "prefixItems":
		return listSlot
	case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies":
		return mapSlot
	}
	return noSlot
}

// at is a place below another, in memory of its own.
func at(keys []string, more ...string) []string {
	return append(slices.Clip(keys), more...)
}

// index finds the resources and anchors below a place.
func (c *schemaCompiler) index(n *node, keys []string, r *schemaResource) *PredicateError {
	if n.kind == object {
		var err *PredicateError
		if r, err = c.identify(n, keys, r); err != nil {
			return err
		}
	}
	c.owners[pointer(keys)] = r
	for _, keyword := range n.names {
		held := n.members[keyword]
		switch slotOf(keyword, held) {
		case oneSlot:
			if err := c.index(held, at(keys, keyword), r); err != nil {
				return err
			}
		case listSlot:
			for i, item := range held.items {
				if err := c.index(item, at(keys, keyword, strconv.Itoa(i)), r); err != nil {
					return err
				}
			}
		case mapSlot:
			for _, name := range held.names {
				if err := c.index(held.members[name], at(keys, keyword, name), r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// identify reads the keywords that give an object a name. Until draft 7 they are without effect beside "$ref".
func (c *schemaCompiler) identify(n *node, keys []string, r *schemaResource) (*schemaResource, *PredicateError) {
	if c.document.draft <= draft7 && n.members["$ref"] != nil {
		return r, nil
	}
	if id := n.members["$id"]; id != nil && id.kind == str {
		uri, err := url.Parse(id.text)
		if err != nil {
			return r, c.fault(at(keys, "$id"), "$id is not a URI: "+quote(clip(id.text, shown)), "")
		}
		fragment := uri.Fragment
		uri.Fragment, uri.RawFragment = "", ""
		if uri.String() != "" && len(keys) > 0 {
			r = newResource(r.uri.ResolveReference(uri), keys, n)
			c.resources[r.uri.String()] = r
		}
		if fragment != "" && c.document.draft <= draft7 {
			r.names[fragment] = keys
		}
	}
	if c.document.draft < draft2019 {
		return r, nil
	}
	if name := n.members["$anchor"]; name != nil && name.kind == str {
		r.names[name.text] = keys
	}
	if name := n.members["$dynamicAnchor"]; name != nil && name.kind == str {
		r.names[name.text] = keys
		r.marked[name.text] = keys
	}
	if mark := n.members["$recursiveAnchor"]; mark != nil && mark.flag {
		r.marked[""] = keys
	}
	return r, nil
}

// refer compiles what a reference leads to; anchor is the name by which it does so, if it does.
func (c *schemaCompiler) refer(reference string, keys []string, r *schemaResource) (target *subschema, anchor string, err *PredicateError) {
	uri, fault := url.Parse(reference)
	if fault != nil {
		return nil, "", c.fault(keys, "not a reference: "+quote(clip(reference, shown)), `as in "#/$defs/name"`)
	}
	uri = r.uri.ResolveReference(uri)
	fragment := uri.Fragment
	uri.Fragment, uri.RawFragment = "", ""
	to := c.resources[uri.String()]
	if to == nil {
		return nil, "", c.fault(keys, "the reference "+quote(clip(reference, shown))+" leads out of the schema",
			`no other file and nothing from the network is read: put it under "$defs" and write "#/$defs/name"`)
	}
	if fragment == "" || fragment[0] == '/' {
		target, err = c.point(to, fragment, reference, keys)
		return target, "", err
	}
	place, ok := to.names[fragment]
	if !ok {
		return nil, "", c.fault(keys, "nothing in the schema has the anchor "+quote(clip(fragment, shown)), "")
	}
	target, err = c.schema(c.nodeAt(place), place, to)
	return target, fragment, err
}

// point follows a JSON Pointer from the beginning of a resource.
func (c *schemaCompiler) point(r *schemaResource, fragment, reference string, keys []string) (*subschema, *PredicateError) {
	n, place := r.node, r.keys
	if fragment != "" {
		for token := range strings.SplitSeq(fragment[1:], "/") {
			key := unescapePointer(token)
			n = n.child(key)
			if n == nil {
				return nil, c.fault(keys, "the reference "+quote(clip(reference, shown))+" leads to nothing", c.near(place, key))
			}
			place = at(place, key)
			if owner := c.owners[pointer(place)]; owner != nil {
				r = owner
			}
		}
	}
	if c.owners[pointer(place)] == nil {
		// Below a keyword that holds no schemas, or an unknown one.
		if err := c.index(n, place, r); err != nil {
			return nil, err
		}
	}
	return c.schema(n, place, r)
}

func (n *node) child(key string) *node {
	if n.kind == array {
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(n.items) && strconv.Itoa(i) == key {
			return n.items[i]
		}
		return nil
	}
	return n.members[key]
}

func (c *schemaCompiler) nodeAt(keys []string) *node {
	n := c.root
	for _, key := range keys {
		n = n.child(key)
	}
	return n
}
