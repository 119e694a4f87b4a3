package assertion

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSchema checks values against schemas, keyword by keyword; the official suite of tests has a thousand more.
func TestSchema(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schema, value, want string }{
		{`true`, `1`, ""},
		{`false`, `1`, "nothing is allowed here, found 1"},
		{`{}`, `null`, ""},
		{`{"type":"string"}`, `5`, "expected a string, found 5"},
		{`{"type":["string","null"]}`, `{}`, "expected a string or null, found an object"},
		{`{"type":"integer"}`, `1.0`, ""},
		{`{"type":"integer"}`, `1.5`, "expected an integer, found 1.5"},
		{`{"enum":["a",1,null]}`, `1.0`, ""},
		{`{"enum":["a",1,null]}`, `"b"`, `expected one of ["a",1,null], found "b"`},
		{`{"const":{"a":[1]}}`, `{"a":[1.0]}`, ""},
		{`{"const":"x"}`, `"y"`, `expected "x", found "y"`},
		{`{"minimum":9007199254740993}`, `9007199254740992`, "expected at least 9007199254740993, found 9007199254740992"},
		{`{"maximum":3}`, `4`, "expected at most 3, found 4"},
		{`{"exclusiveMinimum":3}`, `3`, "expected more than 3, found 3"},
		{`{"exclusiveMaximum":3}`, `3`, "expected less than 3, found 3"},
		{`{"multipleOf":0.01}`, `19.99`, ""},
		{`{"multipleOf":0.01}`, `19.999`, "expected a multiple of 0.01, found 19.999"},
		{`{"multipleOf":3}`, `1e1000000000`, "expected a multiple of 3, found 1e1000000000"},
		{`{"multipleOf":5}`, `1e1000000000`, ""},
		{`{"minLength":2}`, `"é"`, "expected at least 2 characters, found 1"},
		{`{"maxLength":1}`, `"😀"`, ""},
		{`{"pattern":"^\\u0061\\d+$"}`, `"a12"`, ""},
		{`{"pattern":"^a"}`, `"b"`, `expected a match of "^a", found "b"`},
		{`{"format":"uuid"}`, `"b"`, `expected the format uuid, found "b"`},
		{`{"format":"unheard-of"}`, `"b"`, ""},
		{`{"items":{"type":"string"}}`, `["a",1]`, `at "1": expected a string, found 1`},
		{`{"prefixItems":[{"type":"string"}],"items":false}`, `["a",1]`, `at "1": nothing is allowed here, found 1`},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":false}`, `["a",1]`, `at "1": nothing is allowed here, found 1`},
		{`{"minItems":2}`, `[1]`, "expected at least 2 elements, found 1"},
		{`{"uniqueItems":true}`, `[{"a":1,"b":2},{"b":2.0,"a":1}]`, `expected different elements, found {"b":2.0,"a":1} at 0 and 1`},
		{`{"contains":{"const":1},"maxContains":1}`, `[1,1]`, "expected at most 1 elements that fit contains, found 2"},
		{`{"contains":{"const":1}}`, `[2]`, "expected at least 1 elements that fit contains, found 0"},
		{`{"required":["email"]}`, `{"emial":1}`, `the member "email" is missing (did you mean "emial"?)`},
		{`{"properties":{"name":{}},"additionalProperties":false}`, `{"nmae":1}`, `did not expect a member "nmae" (did you mean "name"?)`},
		{`{"properties":{"a":false}}`, `{"a":1}`, `did not expect a member "a"`},
		{`{"properties":{"a.b":{"items":{"type":"null"}}}}`, `{"a.b":[1]}`, `at "a\\.b.0": expected null, found 1`},
		{`{"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":{"type":"number"}}`, `{"x-a":1,"b":"c"}`, `at "x-a": expected a string, found 1; at "b": expected a number, found a string`},
		{`{"propertyNames":{"maxLength":1}}`, `{"ab":1}`, `the name "ab" is not as propertyNames has it`},
		{`{"minProperties":1}`, `{}`, "expected at least 1 members, found 0"},
		{`{"dependentRequired":{"a":["b"]}}`, `{"a":1}`, `the member "b" is missing, which has to be where "a" is`},
		{`{"allOf":[{"minimum":2},{"minimum":3}]}`, `1`, "expected at least 2, found 1; expected at least 3, found 1"},
		{`{"anyOf":[{"type":"null"},{"type":"object","properties":{"a":{"type":"string"}}}]}`, `{"a":1}`,
			`{"a":1} fits none of the 2 schemas of anyOf, not the one at 1: at "a": expected a string, found 1`},
		{`{"oneOf":[{"minimum":1},{"minimum":2}]}`, `2`, "2 fits the schemas 0 and 1 of oneOf, expected exactly one"},
		{`{"oneOf":[{"minimum":5}]}`, `2`, "2 fits none of the 1 schemas of oneOf, not the one at 0: expected at least 5, found 2"},
		{`{"not":{"type":"null"}}`, `null`, "expected something that the schema of not refuses, found null"},
		{`{"if":{"type":"string"},"then":{"minLength":1},"else":{"minimum":1}}`, `""`, "expected at least 1 characters, found 0"},
		{`{"if":{"type":"string"},"then":{"minLength":1},"else":{"minimum":1}}`, `0`, "expected at least 1, found 0"},
		{`{"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false}`, `{"a":1,"b":2}`, `did not expect a member "b"`},
		{`{"allOf":[{"prefixItems":[true]}],"unevaluatedItems":false}`, `[1,2]`, `at "1": nothing is allowed here, found 2`},
		{`{"allOf":[{"items":true}],"unevaluatedItems":false}`, `[1,2]`, ""},
		{`{"allOf":[{"contains":{"const":2}}],"unevaluatedItems":false}`, `[1,2]`, `at "0": nothing is allowed here, found 1`},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"a":{"$ref":"#/definitions/n","$id":"http://b/","minimum":9}},"definitions":{"n":{"type":"number"}}}`, `{"a":1}`, ""},
		{`{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/n","definitions":{"n":{"$ref":"#/definitions/m","$id":"http://b/"},"m":{"type":"null"}}}`, `1`, "expected null, found 1"},
		{`{"$ref":"#/$defs/a~1b","$defs":{"a/b":{"type":"null"}}}`, `1`, "expected null, found 1"},
		{`{"$ref":"#n","$defs":{"x":{"$anchor":"n","type":"null"}}}`, `1`, "expected null, found 1"},
		{`{"$id":"http://a/b","$ref":"c","$defs":{"x":{"$id":"c","type":"null"}}}`, `1`, "expected null, found 1"},
		{`{"properties":{"next":{"$ref":"#"}},"additionalProperties":false}`, `{"next":{"next":{"x":1}}}`, `at "next.next": did not expect a member "x" (did you mean "next"?)`},
		{`{"items":{"type":"null"}}`, `[1,2,3,4,5,6]`, `at "0": expected null, found 1; at "1": expected null, found 2; at "2": expected null, found 3; at "3": expected null, found 4; and 2 more`},
	} {
		want := test.want
		for _, argument := range []any{toml(t, test.schema), json.RawMessage(test.schema), test.schema} {
			p, err := NewPredicate(split(t, "schema"), "schema", argument)
			if err != nil {
				t.Errorf("%s: %v", test.schema, err)
				continue
			}
			f, err := split(t, "schema").Find(NewSubject(body(test.value), nil, now))
			if err != nil {
				t.Fatal(err)
			}
			if v := p.Check(f); v.Passed != (want == "") || strings.ReplaceAll(v.Detail, ` (did you mean "next"?)`, "") != strings.ReplaceAll(want, ` (did you mean "next"?)`, "") {
				t.Errorf("%s of %s:\n got %s\nwant %s", test.schema, test.value, v.Detail, want)
			}
		}
	}
}

func TestSchemaErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schema, at, want string }{
		{`5`, "", "a schema is an object, true or false, not a number"},
		{`{"type":"strng"}`, "/type", `there is no type "strng" (did you mean "string"?)`},
		{`{"type":["null","x"]}`, "/type/1", `there is no type "x" (one of "string", "number", "integer", "boolean", "array", "object" or "null")`},
		{`{"type":[]}`, "/type", `type has no word (one of "string", "number", "integer", "boolean", "array", "object" or "null")`},
		{`{"properties":{"a":{"minimum":"1"}}}`, "/properties/a/minimum", "minimum is a number, not a string"},
		{`{"exclusiveMinimum":true}`, "/exclusiveMinimum", "exclusiveMinimum is a number, not a boolean"},
		{`{"multipleOf":0}`, "/multipleOf", "multipleOf is more than 0, not 0"},
		{`{"minLength":-1}`, "/minLength", "minLength is a whole number from 0, not -1"},
		{`{"pattern":"a(?=b)"}`, "/pattern", `not a regular expression: invalid or unsupported Perl syntax: "(?=" (RE2 has no lookahead and no lookbehind)`},
		{`{"pattern":1}`, "/pattern", "pattern is a string, not a number"},
		{`{"patternProperties":{"(":{}}}`, "/patternProperties/(", "not a regular expression: missing closing ): \"(\""},
		{`{"uniqueItems":1}`, "/uniqueItems", "uniqueItems is true or false, not a number"},
		{`{"required":"id"}`, "/required", `required is an array of strings, not "id"`},
		{`{"dependentRequired":1}`, "/dependentRequired", "dependentRequired is an object, not a number"},
		{`{"enum":1}`, "/enum", "enum is an array, not a number"},
		{`{"allOf":{}}`, "/allOf", "allOf is an array of schemas, not an object"},
		{`{"properties":[]}`, "/properties", "properties is an object of schemas, not an array"},
		{`{"items":[{}]}`, "/items", `items is one schema in draft 2020-12, not an array (write prefixItems, or say "$schema" = "http://json-schema.org/draft-07/schema")`},
		{`{"not":3}`, "/not", "a schema is an object, true or false, not a number"},
		{`{"$schema":"http://json-schema.org/draft-04/schema#"}`, "/$schema", `there is no draft "http://json-schema.org/draft-04/schema#" (one of "http://json-schema.org/draft-06/schema", "http://json-schema.org/draft-07/schema", "https://json-schema.org/draft/2019-09/schema" or "https://json-schema.org/draft/2020-12/schema")`},
		{`{"$ref":1}`, "/$ref", "$ref is a string, not a number"},
		{`{"$ref":"%"}`, "/$ref", `not a reference: "%" (as in "#/$defs/name")`},
		{`{"$ref":"#/$defs/usr","$defs":{"user":{}}}`, "/$ref", `the reference "#/$defs/usr" leads to nothing (did you mean "user"?)`},
		{`{"$ref":"#user"}`, "/$ref", `nothing in the schema has the anchor "user"`},
		{`{"items":{"$ref":"https://example.com/a.json#/b"}}`, "/items/$ref", `the reference "https://example.com/a.json#/b" leads out of the schema (no other file and nothing from the network is read: put it under "$defs" and write "#/$defs/name")`},
		{`{"items":{"$ref":"file:///etc/passwd"}}`, "/items/$ref", `the reference "file:///etc/passwd" leads out of the schema (no other file and nothing from the network is read: put it under "$defs" and write "#/$defs/name")`},
		{`{"$id":"%","type":"null"}`, "/$id", `$id is not a URI: "%"`},
		{`{"$ref":"#"}`, "", "the schema refers to itself without an end"},
		{`{"anyOf":[{"type":"null"},{"$ref":"#"}]}`, "", "the schema refers to itself without an end"},
	} {
		_, err := NewPredicate(split(t, "schema"), "schema", toml(t, test.schema))
		e, ok := errors.AsType[*PredicateError](err)
		if !ok {
			t.Errorf("%s: %v", test.schema, err)
			continue
		}
		if diff := cmp.Diff([]string{test.want, test.at}, []string{e.Error(), pointer(e.Keys)}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.schema, diff)
		}
		if test.at == "" {
			continue
		}
		// A file's text is not in the collection: the message says where.
		_, err = NewPredicate(split(t, "schema"), "schema", json.RawMessage(test.schema))
		if want := "in the schema at " + quote(test.at) + ": " + test.want; err == nil || err.Error() != want {
			t.Errorf("%s: %v", test.schema, err)
		}
	}
	_, err := NewPredicate(split(t, "schema"), "schema", json.RawMessage("{\n\"type\" 1}"))
	if err == nil || err.Error() != "the schema is not JSON: line 2, column 8 (byte 9): found '1' where a colon should be" {
		t.Error(err)
	}
}

// TestSchemaAlone refuses the query schema another predicate, and the predicate another query.
func TestSchemaAlone(t *testing.T) {
	t.Parallel()
	const hint = ` (as in schema = { type = "object", required = ["id"] })`
	for _, test := range []struct{ query, name, want string }{
		{"schema", "equals", "equals does not apply to a body that is checked against a schema" + hint},
		{"schema", "exists", "exists does not apply to a body that is checked against a schema" + hint},
		{"json a", "schema", "schema does not apply to any value" + hint},
		{"text", "schema", "schema does not apply to a text" + hint},
	} {
		if _, err := NewPredicate(split(t, test.query), test.name, true); err == nil || err.Error() != test.want {
			t.Errorf("%s %s: %v", test.query, test.name, err)
		}
	}
	if _, err := split(t, "schema").Find(NewSubject(body("<a>"), nil, now)); err == nil {
		t.Error("a page is no JSON")
	}
}

// TestHostileSchema applies schemas whose work doubles with each line, and reads bodies that are deep or long.
func TestHostileSchema(t *testing.T) {
	t.Parallel()
	doubling := `{"$ref":"#/$defs/0","$defs":{`
	names := strings.Split("0 1 2 3 4 5 6 7 8 9 a b c d e f g h i j k l m n o p q r s t u v w x y z", " ")
	for i, name := range names[:len(names)-1] {
		next := `{"$ref":"#/$defs/` + names[i+1] + `"}`
		doubling += `"` + name + `":{"allOf":[` + next + `,` + next + `]},`
	}
	doubling += `"z":true}}`
	deep := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	for name, test := range map[string]struct{ schema, value, want string }{
		"doubling":    {doubling, `1`, "the schema takes too much work on this body"},
		"deep":        {`{"items":{"$ref":"#"}}`, deep, ""},
		"deep unique": {`{"uniqueItems":true,"items":{"$ref":"#"}}`, deep, "the schema takes too much work on this body"},
		"long number": {`{"multipleOf":7}`, strings.Repeat("7", 1<<20), "expected a multiple of 7, found " + clip(strings.Repeat("7", 1<<20), 60)},
		"dynamic": {`{"$id":"http://a/1","$ref":"2","$dynamicAnchor":"n",
			"$defs":{"two":{"$id":"2","$ref":"#/$defs/in","$defs":{"in":{"allOf":[{"$dynamicRef":"#n"}]},"x":{"$dynamicAnchor":"n"}}}}}`, `1`, "the schema refers to itself without an end"},
	} {
		p, err := NewPredicate(split(t, "schema"), "schema", json.RawMessage(test.schema))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f, err := split(t, "schema").Find(NewSubject(body(test.value), nil, now))
		if err != nil {
			t.Fatal(name, err)
		}
		if v := p.Check(f); v.Detail != test.want || v.Passed != (test.want == "") {
			t.Errorf("%s: %v %s", name, v.Passed, v.Detail)
		}
	}
}

func FuzzSchema(f *testing.F) {
	for _, schema := range []string{
		`{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"],"unevaluatedProperties":false}`,
		`{"anyOf":[{"items":{"multipleOf":0.1}},{"contains":{"const":1}}],"uniqueItems":true}`,
		`{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]},"items":[{}],"additionalItems":false}`,
		`{"$id":"x:y","$dynamicRef":"#a","$defs":{"a":{"$dynamicAnchor":"a","not":{"$ref":"#/$defs/b"}},"b":{"if":true,"else":false}}}`,
		`{"$schema":"https://json-schema.org/draft/2019-09/schema","$recursiveAnchor":true,"additionalProperties":{"$recursiveRef":"#"}}`,
		`{"pattern":"\\ud83d\\udc32\\cA","format":"date","patternProperties":{"^a":{"minLength":1e3}}}`,
	} {
		f.Add(schema, `{"a":{"a":[1,1.0,"x"]}}`)
		f.Add(schema, `["\ud800", 1e999999999999, {}]`)
	}
	f.Fuzz(func(t *testing.T, schema, instance string) {
		p, err := NewPredicate(split(t, "schema"), "schema", json.RawMessage(schema))
		if err != nil {
			return
		}
		found, err := split(t, "schema").Find(NewSubject(body(instance), nil, now))
		if err != nil {
			return
		}
		if v := p.Check(found); v.Passed != (v.Detail == "") {
			t.Fatalf("%v but %q", v.Passed, v.Detail)
		}
	})
}
