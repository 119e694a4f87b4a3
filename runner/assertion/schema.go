package assertion

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

// A schemaDocument is a JSON Schema, compiled: of draft 2020-12, 2019-09, 7 or 6. Numbers are compared as the decimals
// written, patterns are RE2, format is asserted for the words of [Formats] and without effect for others, and references
// stay inside of the document.
type schemaDocument struct {
	root  *subschema
	count int // of subschemas
	// tracked says that an unevaluated keyword wants to know what the others looked at.
	tracked bool
	draft   draft
}

// A draft is a version of JSON Schema, in order.
type draft uint8

const (
	draft6 draft = iota
	draft7
	draft2019
	draft2020
)

// A subschema is a schema within the document, with what its keywords were compiled to; nil and -1 are absent.
type subschema struct {
	resource *schemaResource
	// flag is set for the schemas true and false.
	flag *bool

	reference *subschema
	// dynamic is the name of the anchor that is looked for in the dynamic scope, reference where it is not found there.
	dynamic   *subschema
	dynamicAt *string

	types    []string
	enum     []*node
	constant *node

	multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum *node

	lengths, items, members, matches bounds // of strings, arrays, objects, and of contains

	pattern *regexp.Regexp
	format  string

	prefix                     []*subschema
	rest                       *subschema // of the elements after prefix
	contains, unevaluatedItems *subschema
	unique                     bool

	properties            map[string]*subschema
	patterns              []patternProperty
	additional            *subschema
	names                 *subschema
	unevaluatedProperties *subschema
	required              []string
	dependents            []dependent

	allOf, anyOf, oneOf     []*subschema
	not, when, then, orElse *subschema
}

type patternProperty struct {
	pattern *regexp.Regexp
	schema  *subschema
}

// A dependent is what must hold of an object that has the member name.
type dependent struct {
	name     string
	required []string
	schema   *subschema
}

// bounds are limits of a count, -1 where there is none.
type bounds struct{ least, most int }

// compileSchema compiles the argument of the predicate schema.
func compileSchema(argument any) (*schemaDocument, *PredicateError) {
	text, isText := argument.(string)
	if raw, ok := argument.(json.RawMessage); ok {
		text, isText = string(raw), true
	}
	root := valueOf(argument)
	if isText {
		text = strings.TrimPrefix(text, "\ufeff")
		depth, offset, reason := scanJSON(text)
		if reason != "" {
			fault := &JSONError{Subject: "the schema", Offset: offset, Reason: reason, Empty: strings.Trim(text, " \t\r\n") == ""}
			fault.place(text)
			return nil, wrong(fault.Error(), "")
		}
		if depth*len(text) > maxDig {
			return nil, wrong("the schema is too large and nested too deep", "")
		}
		root = valueOfJSON(gjson.Parse(text))
	}
	c := &schemaCompiler{
		document: &schemaDocument{draft: draft2020}, compiled: map[string]*subschema{},
		resources: map[string]*schemaResource{}, owners: map[string]*schemaResource{},
	}
	if err := c.compile(newNode(root)); err != nil {
		if isText && len(err.Keys) > 0 {
			// The text is not in the collection: the place cannot be shown, only told.
			err.Message = "in the schema at " + quote(pointer(err.Keys)) + ": " + err.Message
			err.Keys = nil
		}
		return nil, err
	}
	return c.document, nil
}

// pointer is a JSON Pointer (RFC 6901).
func pointer(keys []string) string {
	var b strings.Builder
	for _, key := range keys {
		b.WriteByte('/')
		b.WriteString(escapePointer(key))
	}
	return b.String()
}

func escapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func unescapePointer(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}

// findDocument gives the body as JSON.
func findDocument(f Found) (Found, error) {
	text, err := f.subject.json()
	if err != nil {
		return Found{}, err
	}
	if depth := f.subject.document.depth; depth*len(text) > maxDig {
		return Found{}, fmt.Errorf("too much for a schema: %d bytes, nested %d deep", len(text), depth)
	}
	f.one = valueOfJSON(gjson.Parse(text))
	return f, nil
}

// accepts says whether a value is as the schema has it.
func (d *schemaDocument) accepts(v value) bool {
	run := newValidation(d, newNode(v))
	ok := run.check(d.root, run.instance, true, nil)
	return ok && run.fault == nil
}

// maxFailures is how many places a message names where a value is not as the schema has it.
const maxFailures = 4

// explain says where and why not, the first places first.
func (d *schemaDocument) explain(v value) string {
	run := newValidation(d, newNode(v))
	run.check(d.root, run.instance, false, nil)
	if run.fault != nil {
		return run.fault.Error()
	}
	text := strings.Join(run.failures, "; ")
	if run.more > 0 {
		text += fmt.Sprintf("; and %d more", run.more)
	}
	return text
}

var (
	errEndless    = errors.New("the schema refers to itself without an end")
	errSchemaWork = errors.New("the schema takes too much work on this body")
)
