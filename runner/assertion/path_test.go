package assertion

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/exchange"
)

// document is the one of gjson's SYNTAX.md.
const document = `{
  "name": {"first": "Tom", "last": "Anderson"}, "age": 37, "children": ["Sara","Alex","Jack"],
  "fav.movie": "Deer Hunter", "@type": "person", "a[0]": 1, "#text": "t", "$": 2,
  "friends": [
    {"first": "Dale", "last": "Murphy", "age": 44, "nets": ["ig", "fb", "tw"]},
    {"first": "Roger", "last": "Craig", "age": 68, "nets": ["fb", "tw"]},
    {"first": "Jane", "last": "Murphy", "age": 47, "nets": ["ig", "tw"]}
  ]
}`

func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		`name.last`:                        `"Anderson"`,
		`children.1`:                       `"Alex"`,
		`child*.2`:                         `"Jack"`,
		`c?ildren.0`:                       `"Sara"`,
		`fav\.movie`:                       `"Deer Hunter"`,
		`friends.#`:                        `3`,
		`friends.#.age`:                    `[44,68,47]`,
		`friends.#(last=="Murphy").first`:  `"Dale"`,
		`friends.#(last=="Murphy")#.first`: `["Dale","Jane"]`,
		`friends.#(age>45)#.last`:          `["Craig","Murphy"]`,
		`friends.#(first%"D*").last`:       `"Murphy"`,
		`friends.#(first!%"D*").last`:      `"Craig"`,
		`friends.#[age>45]#.last`:          `["Craig","Murphy"]`,
		`children.#(!%"*a*")`:              `"Alex"`,
		`children.#(%"*a*")#`:              `["Sara","Jack"]`,
		`friends.#(nets.#(=="fb"))#.first`: `["Dale","Roger"]`,
		`friends.#(last==Murphy)#|#`:       `2`,
		`friends.#(last=~true)#`:           `[]`,
		`friends|0|first`:                  `"Dale"`,
		`children.@reverse.0`:              `"Jack"`,
		`@this.age`:                        `37`,
		`@pretty:{"sortKeys":true}|age`:    `37`,
		`@dig:first|#`:                     `4`,
		`{name.first,age,"m":friends.#(last="Murphy")#.first}`: `{"first":"Tom","age":37,"m":["Dale","Jane"]}`,
		`[age,name.first]`:             `[37,"Tom"]`,
		`{age,"company":!"Happysoft"}`: `{"age":37,"company":"Happysoft"}`,
		`friends.0.{first,last}`:       `{"first":"Dale","last":"Murphy"}`,
		`\@type`:                       `"person"`,
		`a\[0\]`:                       `1`,
		`#text`:                        `"t"`,
		`\$`:                           `2`,
	} {
		q, err := NewQuery("json", path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		f, err := q.Find(NewSubject(body(document), nil, now))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if v, _ := f.Value(); Format(v, 0) != want {
			t.Errorf("%s = %s, want %s", path, Format(v, 0), want)
		}
	}
}

func TestPathErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, at, want string }{
		{``, ``, `the path is empty ("@this" is the whole document)`},
		{`a.`, `.`, `the path ends in "." (leave it out)`},
		{`a|`, `|`, `the path ends in "|" (leave it out)`},
		{`a..b`, `.`, `a name is missing before "."`},
		{`.a`, `.`, `a name is missing before "."`},
		{`a\`, `\`, `the path ends in a backslash (write two for one in a name)`},
		{`a.@lenght`, `@lenght`, `gjson has no modifier "@lenght" (a member of that name is written \@lenght)`},
		{`@revers.a`, `@revers`, `gjson has no modifier "@revers" (did you mean "@reverse"? a member of that name is written \@revers)`},
		{`@dig`, `@dig`, `@dig needs a name to look for (write "@dig:name")`},
		{`@dig:a..b`, `.`, `a name is missing before "."`},
		{`@pretty:{"a":1`, `{"a":1`, `"{" is never closed`},
		{`@pretty:{a}`, `{a}`, `the argument of the modifier is not JSON`},
		{`@pretty:{}x`, `x`, `a dot or a pipe is missing before 'x'`},
		{`a.#(b=="c"`, `#(b=="c"`, `"#(" is never closed`},
		{`a.#(b=="c)`, `"c)`, `the quote is never closed`},
		{`a.#[b`, `#[b`, `"#[" is never closed`},
		{`a.#(b==1)x.c`, `x`, `a dot or a pipe is missing before 'x'`},
		{`a.#()`, `#()`, `the query is empty (as in #(name=="Jane"))`},
		{`a.#(b===1)`, `===`, `gjson has no operator "===" (one of == != < <= > >= % !%)`},
		{`a.#(b!"x")`, `!`, `gjson has no operator "!" (one of == != < <= > >= % !%)`},
		{`a.#(b==)`, `==`, `there is nothing to compare with (the empty string is "")`},
		{`a.#(b=='x')`, `'x'`, `gjson takes single quotes for part of the value (write double quotes)`},
		{`a.#(b==~x)`, `~x`, `gjson has no "~x" (one of ~true ~false ~null ~*)`},
		{`a.#(b==1 && c==2)`, `1 && c==2`, `gjson has no && and no || (chain queries, as in #(a==1)#|#(b==2))`},
		{`a.#(b=="1" && c==2)`, ` && c==2`, `there is something behind the value (chain queries, as in #(a==1)#|#(b==2))`},
		{`a.#(b..c==1)`, `.`, `a name is missing before "."`},
		{`items[0].id`, `[`, `gjson has no brackets after a name (did you mean "items.0.id"? write \[ for one in a name)`},
		{`items[*].id`, `[`, `gjson has no brackets after a name (did you mean "items.#.id"? write \[ for one in a name)`},
		{`a]`, `]`, `"]" was not opened (write \] for one in a name)`},
		{`a.}`, `}`, `"}" was not opened`},
		{`$.a`, `$`, `gjson paths do not begin with $ (leave out "$."; a member of that name is written \$)`},
		{`"a.b"`, `"`, `names in a path have no quotes (write a dot in a name as "\.")`},
		{`{a,b`, `{a,b`, `"{" is never closed`},
		{`[a`, `[a`, `"[" is never closed`},
		{`{a, b}`, ` `, `gjson takes the blank for part of the name (leave it out)`},
		{`{a,}`, `,`, `a path is missing`},
		{`[@flatten:{"deep":true}]`, `@flatten`, `gjson takes "@flatten" for a name here (write "@this|" before it)`},
		{`{a}b`, `b`, `a dot or a pipe is missing before 'b'`},
		{`a|!"x`, `"x`, `the quote is never closed`},
		{strings.Repeat("a", maxPath+1), strings.Repeat("a", maxPath+1), `the path is longer than 16 kB`},
		{strings.Repeat("#(", 200) + "a" + strings.Repeat(")", 200), "", `the path is nested deeper than 100`},
	} {
		q, err := NewQuery("json", test.path)
		e, ok := errors.AsType[*ArgumentError](err)
		if !ok || q != nil {
			t.Errorf("%s: %v, %v", test.path, q, err)
			continue
		}
		if e.Error() != test.want {
			t.Errorf("%s:\n got %s\nwant %s", clip(test.path, 99), e, test.want)
		}
		if at := test.path[e.Start:e.End]; at != test.at && test.at != "" {
			t.Errorf("%s: at %q, want %q", clip(test.path, 99), clip(at, 99), test.at)
		}
	}
}

func TestQueryErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, argument, at, want string }{
		{"headers", "A", "", `there is no query "headers" (did you mean "header"?)`},
		{"x", "", "", `there is no query "x" (` + `one of "status", "reason", "protocol", "url", "redirects", "size", "duration", "header", "cookie", "json", "text", "regex", "xpath", "sha256", "jwt", "variable", "certificate" or "schema")`},
		{"status", "200", "200", "status takes no argument"},
		{"header", "", "", "header needs a name"},
		{"header", "Location:", ":", "the name of a header field cannot have ':' (leave it out)"},
		{"header", "Content Type", " ", "the name of a header field cannot have ' '"},
		{"header", "Größe", "ö", "the name of a header field cannot have 'ö'"},
		{"cookie", "", "", "cookie needs a name"},
		{"cookie", "[Path]", "[Path]", "cookie needs a name"},
		{"cookie", "a;b", ";", "the name of a cookie cannot have ';'"},
		{"cookie", "sid[Httponli]", "Httponli", `cookies have no attribute "Httponli" (did you mean "HttpOnly"?)`},
		{"cookie", "sid[Path", "[Path", `"[" is never closed (as in "sid[HttpOnly]")`},
		{"variable", "", "", "variable needs a name"},
	} {
		_, err := NewQuery(test.kind, test.argument)
		e, ok := errors.AsType[*ArgumentError](err)
		if !ok {
			t.Errorf("%s %s: %v", test.kind, test.argument, err)
			continue
		}
		if diff := cmp.Diff([]string{test.want, test.at}, []string{e.Error(), test.argument[e.Start:e.End]}); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", test.kind, test.argument, diff)
		}
	}
	for _, kind := range Queries() {
		argument := map[bool]string{true: "a"}[TakesArgument(kind)]
		if kind == "jwt" {
			argument = "a b"
		}
		if q, err := NewQuery(kind, argument); err != nil || q.Kind() != kind {
			t.Errorf("%s: %v, %v", kind, q, err)
		}
	}
}

func body(text string) *exchange.Exchange {
	return &exchange.Exchange{Response: exchange.Response{
		Header: exchange.Header{{Name: "content-type", Value: "text/html"}}, Body: []byte(text),
	}}
}

func find(t testing.TB, text, path string) (any, bool, error) {
	t.Helper()
	f, err := split(t, "json "+path).Find(NewSubject(body(text), nil, now))
	v, ok := f.Value()
	return v, ok, err
}

func TestHostileJSON(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 6<<20)
	embedded := `{"a":"` + deep + `","b":[{"a":"` + deep + `"}]}`
	escaped := `[{"a":"` + strings.Repeat(`\u005b`, 200_000) + `"}]`
	for _, test := range []struct{ body, path, want string }{
		{deep, "a", "the body is not JSON: line 1, column 10001 (byte 10000): nested deeper than 10,000"},
		{strings.Repeat(`{"a":`, 1<<20), "a", "the body is not JSON: line 1, column 50001 (byte 50000): nested deeper than 10,000"},
		{embedded, "a.@fromstr.@valid", "the string that @fromstr unpacks is not JSON: line 1, column 10001 (byte 10000): nested deeper than 10,000"},
		{embedded, "b.#.a.@fromstr", "strings of the body have more than 100000 brackets and escapes, too many for @fromstr"},
		{escaped, "#.a.@fromstr", "strings of the body have more than 100000 brackets and escapes, too many for @fromstr"},
		{strings.Repeat("[", 9999) + `"` + strings.Repeat("x", 1<<20) + `"` + strings.Repeat("]", 9999), "@dig:a", "too much for @dig: 1068576 bytes, nested 9999 deep"},
		{"", "a", "the body is empty, not JSON"},
		{" \n", "a", "the body is empty, not JSON"},
		{"<!doctype html>", "a", "the body is not JSON: line 1, column 1 (byte 0): found '<' where a value should begin"},
		{"{\n  \"é\": 1,\n  \"ü\" 2}", "a", "the body is not JSON: line 3, column 7 (byte 20): found '2' where a colon should be"},
		{`{"a":1`, "a", "the body is not JSON: line 1, column 7 (byte 6): found the end where a comma or } should be"},
		{`{"a":1,}`, "a", "the body is not JSON: line 1, column 8 (byte 7): found '}' where a member's name should be"},
		{`{a:1}`, "a", "the body is not JSON: line 1, column 2 (byte 1): found 'a' where a member's name or } should be"},
		{`[1 2]`, "a", "the body is not JSON: line 1, column 4 (byte 3): found '2' where a comma or ] should be"},
		{`{"a":1} x`, "a", "the body is not JSON: line 1, column 9 (byte 8): found 'x' where the document should end"},
		{`{"a":"b`, "a", "the body is not JSON: line 1, column 8 (byte 7): found the end where a string should end"},
		{"[\"a\nb\"]", "a", "the body is not JSON: line 1, column 4 (byte 3): found a control character, '\\n', in a string"},
		{`["\x"]`, "a", `the body is not JSON: line 1, column 3 (byte 2): found an escape that JSON does not have, "\\x", in a string`},
		{`["\u12g4"]`, "a", `the body is not JSON: line 1, column 3 (byte 2): found an escape that JSON does not have, "\\u", in a string`},
		{`[01]`, "a", "the body is not JSON: line 1, column 3 (byte 2): found '1' where a comma or ] should be"},
		{`[-]`, "a", "the body is not JSON: line 1, column 3 (byte 2): found ']' where a digit should be"},
		{`[NaN]`, "a", "the body is not JSON: line 1, column 2 (byte 1): found 'N' where a value should begin"},
		{"\xff\xfe[\x00", "a", "the body is not JSON: line 1, column 1 (byte 0): found byte 0xff where a value should begin"},
		{"{\"a\":1}\n{\"a\":2", "..1.a", "the body, read as JSON lines, is not JSON: line 2, column 7 (byte 14): found the end where a comma or } should be"},
	} {
		_, _, err := find(t, test.body, test.path)
		want := test.want
		if strings.HasPrefix(want, "the body") {
			want += `; its Content-Type is "text/html"`
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s of %s:\n got %v\nwant %s", test.path, clip(test.body, 40), err, want)
		}
	}
}

func TestOddJSON(t *testing.T) {
	t.Parallel()
	deepest := strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)
	for _, test := range []struct{ body, path, want string }{
		{"\ufeff{\"a\":1}", "a", "1"},
		{`{"a":1,"a":2}`, "a", "1"},
		{`{"a":1,"a":2}`, "@this", `{"a":1,"a":2}`},
		{`{"a":"\ud800"}`, "a", "\"\ufffd\""},
		{`{"a":"\ud83d\ude00"}`, "a", `"😀"`},
		{"{\"a\":\"\xff\"}", "a", `"\ufffd"`},
		{`"alone"`, "@this", `"alone"`},
		{" 12 ", "@this", "12"},
		{"null", "@this", "null"},
		{`{"a":1e1000000000}`, "a", "1e1000000000"},
		{deepest, "@this|@valid|#", "1"},
		{"{\"a\":1}\n\n{\"a\":2}\r\n", "..1.a", "2"},
		{"{\"a\":1}\n{\"a\":2}", "..#.a", "[1,2]"},
		{`{"a\u002eb":{"c":1}}`, `a\.b.c`, "1"},
	} {
		v, ok, err := find(t, test.body, test.path)
		if err != nil || !ok || Format(v, 0) != test.want {
			t.Errorf("%s of %s: %s, %v, %v; want %s", test.path, clip(test.body, 40), Format(v, 60), ok, err, test.want)
		}
	}
}

// TestScan takes cases of the kinds in JSONTestSuite; encoding/json is the second opinion.
func TestScan(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`[]`, `{}`, `[[]   ]`, `[""]`, `["a"]`, `[false]`, `[null, 1, "1", {}]`, `[1` + "\n" + `]`, ` [1]`, `[1,null,null,null,2]`, `[2] `,
		`[0e+1]`, `[0e1]`, `[ 4]`, `[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]`, `[20e1]`, `[-0]`,
		`[1E22]`, `[1E-2]`, `[123.456e78]`, `{"a":"b","a":"c"}`, `{"":0}`, `{"foo\u0000bar": 42}`, `["\u0060\u012a\u12AB"]`,
		`["\"\\\/\b\f\n\r\t"]`, `["\uD801\udc37"]`, "[\"\x7f\"]", "[\"\u2028\"]", `"\u0022"`, "\t[\r\n]", `true`, `-1`,
		`[1 true]`, `[a`, `["": 1]`, `[""],`, `[,1]`, `[1,,2]`, `["x"]]`, `["",]`, `["x"`, `[x`, `[3[4]]`, "[\xff]", `[1:2]`, `[,]`, `[-`, `[   , ""]`,
		`[*]`, `[`, `[1,`, `[{}`, `[fals]`, `[nul]`, `[tru]`, `[++1234]`, `[+1]`, `[-01]`, `[-1.0.]`, `[-2.]`, `[.-1]`, `[.2e-3]`, `[0.1.2]`, `[0.3e+]`,
		`[0.e1]`, `[0E+]`, `[1.0e-]`, `[1 000.0]`, `[1eE2]`, `[2.e3]`, `[9.e+]`, `[Inf]`, `[NaN]`, `[0x1]`, `[1+2]`, `[-012]`, `[1ea]`, `["x", truth]`,
		`{[: "x"}`, `{"x", null}`, `{"x"::"b"}`, `{"a":"a" 123}`, `{key: 'value'}`, `{"a" b}`, `{:"b"}`, `{"a":`, `{"a"`, `{1:1}`, `{null:null}`,
		`{"id":0,,,,,}`, `{'a':0}`, `{"id":0,}`, `{"a":"b"}/**/`, `{"a":"b"}#`, `{"a":/*comment*/"b"}`, ` `, ``, `["\uD800\u"]`, `["\u1"]`, `["\x00"]`,
		"[\"\x00\"]", `["\`, `["\` + "\t" + `"]`, `["\a"]`, `["\uqqqq"]`, "[\"new\nline\"]", `abc`, `["asd]`, `<.>`, `[<null>]`, `aå`, `[True]`, `1]`, `{"x": true,`,
		`[]]`, `]`, `{}}`, `{"":`, `{"a":/*`, `{"a":"b"}#{}`, "[\u2060]", "\xe5", `[1}`, `{"a":1]`, `"` + strings.Repeat("x", 30), `"` + strings.Repeat("é", 30) + `"`,
	} {
		compareScan(t, text)
	}
}

func compareScan(t *testing.T, text string) {
	t.Helper()
	_, offset, reason := scanJSON(text)
	if want := json.Valid([]byte(text)); (reason == "") != want {
		t.Errorf("%q: %q, want valid = %v", clip(text, 99), reason, want)
	}
	if want := gjson.Valid(text); (reason == "") != want {
		t.Errorf("%q: %q, gjson says valid = %v", clip(text, 99), reason, want)
	}
	if offset < 0 || offset > len(text) {
		t.Errorf("%q: offset %d", clip(text, 99), offset)
	}
}

func FuzzScan(f *testing.F) {
	f.Add(page)
	f.Add(document)
	f.Add(`["\ud800", -0.1e+5, {"a": [true, false, null]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") < MaxDepth {
			compareScan(t, text)
		}
	})
}

// FuzzFind wants no panic from any path over any body, and that a checked path means the same to gjson when it is cut.
func FuzzFind(f *testing.F) {
	for _, path := range []string{
		"name.last", "friends.#(last==\"Murphy\")#.first", "@pretty:{\"sortKeys\":true}", "{a,\"b\":c.@reverse}|0", "..#.a", "a.@fromstr.b",
		"#.@fromstr|@keys", "@dig:first", "!\"x\"", "friends.#(nets.#(==\"fb\"))#.first", `a\.b.*`, "@group", "@join:{\"preserve\":true}", "[a,b].@flatten",
	} {
		f.Add(path, document)
		f.Add(path, page)
	}
	f.Fuzz(func(t *testing.T, path, text string) {
		q, err := NewQuery("json", path)
		if err != nil {
			if e, _ := errors.AsType[*ArgumentError](err); e.Start < 0 || e.End > len(path) || e.Start > e.End {
				t.Errorf("%q: error at %d to %d", path, e.Start, e.End)
			}
			return
		}
		found, err := q.Find(NewSubject(body(text), nil, now))
		if err != nil {
			return
		}
		v, ok := found.Value()
		if raw := gjson.Get(strings.TrimPrefix(text, "\ufeff"), path); !strings.Contains(path, "@fromstr") && raw.Exists() != ok {
			t.Errorf("%q of %q: exists = %v, gjson has %v", path, text, ok, raw)
		}
		if _, err := NewPredicate(q, "equals", v); err != nil {
			t.Error(err)
		}
		Format(v, 20)
	})
}
