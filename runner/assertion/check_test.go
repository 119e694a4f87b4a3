package assertion

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/exchange"
)

var now = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

const page = `{
  "id": 9007199254740993, "name": "Jane", "nick": null, "price": 1.50, "ok": true, "empty": "",
  "tags": ["a", "b"], "none": [], "object": {}, "name": "second",
  "user": {"email": "jane@example.com", "age": 41, "roles": ["admin", "dev"], "address": {"city": "Bern", "zip": "3000"}},
  "items": [{"id": 1, "n": 5}, {"id": 2, "n": 7}],
  "at": "2026-11-02T11:58:00Z", "epoch": 1793620680, "exp": 1793620920.5,
  "packed": "{\"a\":[1,2]}", "smile": "😀é", "lone": "\ud800", "uuid": "123e4567-e89b-12d3-a456-426614174000"
}`

func sample() *exchange.Exchange {
	return &exchange.Exchange{
		URL: "https://example.com/cb?x=1#access_token=abc",
		Cookies: []*http.Cookie{
			{Name: "sid", Value: "old"},
			{Name: "sid", Value: "new", Raw: "sid=new; Path=/; Max-Age=0; HttpOnly; SameSite=Odd; Expires=Mon, 02 Nov 2026 13:00:00 GMT"},
			{Name: "plain", Value: "1", Secure: true, MaxAge: 60},
		},
		Response: exchange.Response{
			Status: 200, Reason: "OK", Protocol: "HTTP/1.1",
			Header: exchange.Header{
				{Name: "Content-Type", Value: "application/json"},
				{Name: "Content-Length", Value: "42"},
				{Name: "Expires", Value: "Mon, 02 Nov 2026 12:30:00 GMT"},
				{Name: "Vary", Value: "Accept"}, {Name: "Vary", Value: "Origin"}, {Name: "X-Empty", Value: ""},
			},
			Body: []byte(page),
		},
		Timing: exchange.Timing{Total: 1234567891 * time.Nanosecond},
	}
}

func lookup(name string) (any, bool) {
	v, ok := map[string]any{
		"text": "abc", "n": json.Number("7"), "null": nil, "list": []any{json.Number("1"), "x"},
		"table": map[string]any{"a": json.Number("1"), "b": nil}, "raw": json.RawMessage(`{"b":null,"a":1.0}`),
		"nan": json.Number("nan"), "inf": json.Number("inf"),
	}[name]
	return v, ok
}

// split cuts `json "user.email"` as the tests write it.
func split(t testing.TB, query string) *Query {
	t.Helper()
	kind, argument, _ := strings.Cut(query, " ")
	q, err := NewQuery(kind, argument)
	if err != nil {
		t.Fatalf("query %s: %v", query, err)
	}
	return q
}

// toml reads a value as the collection gives it; tables become maps.
func toml(t testing.TB, text string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func check(t testing.TB, query, name, argument string) Verdict {
	t.Helper()
	q := split(t, query)
	p, err := NewPredicate(q, name, toml(t, argument))
	if err != nil {
		t.Fatalf("%s %s %s: %v", query, name, argument, err)
	}
	f, err := q.Find(NewSubject(sample(), lookup, now))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return p.Check(f)
}

func TestCheckPasses(t *testing.T) {
	t.Parallel()
	for _, line := range strings.Split(strings.TrimSpace(`
status ~ equals ~ 200
status ~ equals ~ "2xx"
status ~ equals ~ "20X"
status ~ equals ~ 200.0
status ~ in ~ [404, "2xx"]
status ~ not ~ "5xx"
status ~ not ~ {"gte": 300}
status ~ lt ~ 400
status ~ gte ~ 200
status ~ exists ~ true
reason ~ equals ~ "OK"
protocol ~ starts_with ~ "HTTP/1"
url ~ contains ~ "#access_token"
url ~ ends_with ~ "abc"
url ~ matches ~ "^https://[^/]+/cb"
url ~ format ~ "uri"
url ~ length ~ 43
size ~ gt ~ 100
size ~ lt ~ "2kB"
size ~ lte ~ "1.5KiB"
duration ~ lt ~ "2s"
duration ~ gt ~ "1234ms"
duration ~ equals ~ "1234567891ns"
duration ~ not ~ {"gt": "1m30s"}
text ~ contains ~ "Jane"
text ~ contains ~ 41
text ~ empty ~ false
header content-type ~ equals ~ "application/json"
header Content-Length ~ equals ~ "42"
header Content-Length ~ equals ~ 42
header Content-Length ~ gt ~ 9
header Content-Length ~ not ~ {"gt": "5"}
header vary ~ equals ~ "Origin"
header vary ~ every ~ {"matches": "^[AO]"}
header vary ~ any ~ "Accept"
header vary ~ not ~ "Cookie"
header vary ~ in ~ ["Origin"]
header Expires ~ after ~ "now+29m"
header Expires ~ before ~ "2026-11-03"
header X-Empty ~ exists ~ true
header X-Empty ~ empty ~ true
header X-Missing ~ exists ~ false
cookie sid ~ equals ~ "new"
cookie sid[Value] ~ equals ~ "new"
cookie sid[max-age] ~ equals ~ 0
cookie sid[HttpOnly] ~ exists ~ true
cookie sid[HttpOnly] ~ equals ~ true
cookie sid[Secure] ~ exists ~ false
cookie sid[SameSite] ~ equals ~ "Odd"
cookie sid[Expires] ~ after ~ "now"
cookie plain[Secure] ~ exists ~ true
cookie plain[Max-Age] ~ lte ~ 60
cookie none ~ exists ~ false
json id ~ equals ~ 9007199254740993
json id ~ not ~ 9007199254740992
json id ~ gt ~ 9007199254740992
json id ~ type ~ "integer"
json id ~ type ~ "number"
json name ~ equals ~ "Jane"
json nick ~ equals ~ null
json nick ~ exists ~ true
json nick ~ empty ~ true
json nick ~ type ~ ["string", "null"]
json price ~ equals ~ 1.5
json price ~ equals ~ 15e-1
json price ~ in ~ [1, 1.50]
json price ~ not ~ {"type": "integer"}
json ok ~ equals ~ true
json empty ~ empty ~ true
json none ~ empty ~ true
json object ~ empty ~ true
json object ~ equals ~ {}
json name ~ gt ~ "Jan"
json name ~ lte ~ "Jane"
json tags ~ equals ~ ["a", "b"]
json tags ~ not ~ ["a", "b", "c"]
json tags ~ not ~ {"contains": ["a", "c"]}
json tags ~ contains ~ "b"
json tags ~ contains ~ ["b", "a"]
json tags ~ length ~ 2
json tags ~ length ~ {"gt": 1, "lt": 3}
json tags ~ every ~ {"length": 1, "type": "string"}
json tags ~ any ~ "b"
json none ~ every ~ 1
json tags.# ~ equals ~ 2
json user ~ contains ~ {"age": 41.0, "address": {"city": "Bern"}}
json user ~ contains ~ {"roles": ["dev"]}
json user ~ equals ~ {"address": {"zip": "3000", "city": "Bern"}, "roles": ["admin", "dev"], "age": 41, "email": "jane@example.com"}
json user ~ length ~ 4
json items ~ contains ~ {"id": 2}
json items.#.id ~ equals ~ [1, 2]
json items.#(n>5).id ~ equals ~ 2
json items.#(n>9) ~ exists ~ false
json items ~ every ~ {"contains": {"id": 1}, "not": {"empty": true}} ~ FAIL
json user.email ~ format ~ "email"
json uuid ~ format ~ "uuid"
json @this ~ type ~ "object"
json @this ~ contains ~ {"name": "Jane"}
json @this ~ length ~ 18
json missing ~ exists ~ false
json at ~ before ~ "now"
json at ~ after ~ "now-5m"
json at ~ after ~ "now - 1d"
json epoch ~ before ~ "2026-11-02T12:00:00Z"
json exp ~ after ~ "now+1m"
json packed.@fromstr.a.1 ~ equals ~ 2
json packed|@fromstr|a ~ equals ~ [1, 2]
json packed.@fromstr ~ equals ~ {"a": [1, 2]}
json [packed,name]|0.@fromstr.a.# ~ equals ~ 2
json items.#.id.@fromstr ~ equals ~ [1, 2]
json smile ~ length ~ 2
json smile ~ equals ~ "😀é"
json lone ~ equals ~ "�"
variable text ~ equals ~ "abc"
variable n ~ equals ~ 7.0
variable null ~ exists ~ true
variable list ~ contains ~ "x"
variable table ~ equals ~ {"b": null, "a": 1}
variable raw ~ equals ~ {"a": 1, "b": null}
variable raw ~ contains ~ {"a": 1}
variable inf ~ gt ~ 1e1000000000
variable nan ~ not ~ 1
variable unset ~ exists ~ false
`), "\n") {
		part := strings.Split(line, " ~ ")
		v := check(t, part[0], part[1], part[2])
		if want := len(part) == 3; v.Passed != want {
			t.Errorf("%s: passed = %v: %+v", line, v.Passed, v)
		} else if v.Passed && (v.Actual != nil || v.Detail != "") {
			t.Errorf("%s: a verdict that passed says why not: %+v", line, v)
		}
	}
}

func TestCheckFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ query, name, argument, actual, detail string }{
		{"status", "equals", "404", "200", ""},
		{"status", "equals", `"4xx"`, "200", ""},
		{"status", "in", `[201, "5xx"]`, "200", ""},
		{"status", "not", "200", "200", ""},
		{"status", "not", `"2xx"`, "200", ""},
		{"duration", "lt", `"1s"`, `"1.234568s"`, ""},
		{"reason", "equals", `"ok"`, `"OK"`, "they differ in upper and lower case"},
		{"header Vary", "equals", `"Cookie"`, `["Accept","Origin"]`, "none of the 2 values does"},
		{"header Vary", "not", `"Origin"`, `["Accept","Origin"]`, ""},
		{"header Vary", "every", `"Accept"`, `["Accept","Origin"]`, `element 1 is "Origin", expected "Accept"`},
		{"header Vary", "any", `"X"`, `["Accept","Origin"]`, "none of the elements does"},
		{"header Content-Type", "gt", "5", `"application/json"`, `"application/json" is a string, 5 is a number: they do not compare`},
		{"header X-Missing", "equals", `"a"`, "null", "the header is missing"},
		{"header X-Missing", "not", `"a"`, "null", "the header is missing"},
		{"header X-Missing", "exists", "true", "null", "the header is missing"},
		{"header X-Missing", "every", `"a"`, "null", "the header is missing"},
		{"header Vary", "exists", "false", `["Accept","Origin"]`, ""},
		{"cookie none", "empty", "true", "null", "the cookie is missing"},
		{"cookie sid[Secure]", "equals", "true", "null", "the cookie has no Secure"},
		{"variable unset", "not", "1", "null", "the variable is not set"},
		{"variable nan", "equals", "1", "nan", ""},
		{"variable nan", "lt", "1", "nan", "nan is a number, 1 is a number: they do not compare"},
		{"json missing.a", "not", "1", "null", "the path matches nothing"},
		{"json emty", "equals", "1", "null", `the path matches nothing; did you mean "empty"?`},
		{"json user.emial", "equals", "1", "null", `the path matches nothing; did you mean "user.email"?`},
		{"json user.address.cty", "equals", "1", "null", `the path matches nothing; did you mean "user.address.city"?`},
		{"json itens.0.id", "equals", "1", "null", `the path matches nothing; did you mean "items.0.id"?`},
		{"json items.id", "equals", "1", "null", "the path matches nothing; \"items\" is an array: an index or # comes after it"},
		{"json items.2.id", "equals", "1", "null", "the path matches nothing; \"items\" has 2 elements, counted from 0"},
		{"json name.first", "equals", "1", "null", "the path matches nothing; \"name\" is a string"},
		{"json items.#(id==3).id", "equals", "1", "null", "the path matches nothing"},
		{"header Content-Typ", "equals", `"a"`, "null", `the header is missing; did you mean "Content-Type"?`},
		{"cookie sie", "equals", `"a"`, "null", `the cookie is missing; did you mean "sid"?`},
		{"json missing", "empty", "true", "null", "the path matches nothing"},
		{"json id", "equals", "9007199254740992", "9007199254740993", ""},
		{"json id", "equals", `"9007199254740993"`, "9007199254740993", "expected a string, found a number"},
		{"json ok", "equals", "1", "true", "expected a number, found a boolean"},
		{"json nick", "equals", "false", "null", "expected a boolean, found null"},
		{"json name", "gt", "5", `"Jane"`, `"Jane" is a string, 5 is a number: they do not compare`},
		{"json nick", "gt", "5", "null", `the value is null, 5 is a number: they do not compare`},
		{"json price", "type", `"integer"`, "1.50", "found a number"},
		{"json id", "contains", "1", "9007199254740993", "9007199254740993 is a number and contains nothing"},
		{"json tags", "contains", `"c"`, `["a","b"]`, ""},
		{"json tags", "equals", `["a"]`, `["a","b"]`, "expected 1 elements, found 2"},
		{"json tags", "equals", `["b","a"]`, `["a","b"]`, `at "0": expected "b", found "a"`},
		{"json tags", "every", `"a"`, `["a","b"]`, `element 1 is "b", expected "a"`},
		{"json tags", "every", `{"length": {"gt": 2}}`, `["a","b"]`, `element 0 is "a", expected length {"gt":2}: the length is 1`},
		{"json none", "any", "1", "[]", "there are no elements"},
		{"json name", "every", "1", `"Jane"`, "found a string, every wants an array"},
		{"json name", "length", "3", `"Jane"`, "the length is 4"},
		{"json ok", "length", "3", `true`, "true is a boolean and has no length"},
		{"json id", "starts_with", `"9"`, `9007199254740993`, "9007199254740993 is a number, starts_with wants a string"},
		{"json id", "matches", `"9"`, `9007199254740993`, "9007199254740993 is a number, matches wants a string"},
		{"json name", "format", `"uuid"`, `"Jane"`, ""},
		{"json items.0", "equals", `{"id": 1, "n": 6}`, `{"id":1,"n":5}`, `at "n": expected 6, found 5`},
		{"json items.0", "equals", `{"id": 1}`, `{"id":1,"n":5}`, `did not expect a member "n"`},
		{"json items.0", "equals", `{"id": 1, "n": 5, "x.y": 1}`, `{"id":1,"n":5}`, `the member "x.y" is missing`},
		{"json items", "equals", `[{"id": 1, "n": 5}, {"id": 2, "n": [7]}]`, `[{"id":1,"n":5},{"id":2,"n":7}]`, `at "1.n": expected an array, found a number`},
		{"json at", "after", `"now"`, `"2026-11-02T11:58:00Z"`, "2026-11-02T11:58:00Z is not after 2026-11-02T12:00:00Z"},
		{"json name", "before", `"now"`, `"Jane"`, `"Jane" is no time`},
		{"json user.address", "contains", `"Bern"`, `{"city":"Bern","zip":"3000"}`, "an object does not contain a string"},
	} {
		v := check(t, test.query, test.name, test.argument)
		got := []string{Format(v.Expected, 0), Format(v.Actual, 0), v.Detail}
		want := []string{Format(toml(t, test.argument), 0), test.actual, test.detail}
		if v.Passed {
			t.Errorf("%s %s %s passed", test.query, test.name, test.argument)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s %s (-want +got):\n%s", test.query, test.name, test.argument, diff)
		}
	}
}

func TestLongStrings(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("é", 200)
	w := newNode(valueOf(text + "a"))
	for have, want := range map[string]string{
		text + "b":   `they differ from character 201: expected "a", found "b"`,
		text:         `they differ from character 201: expected "a", found ""`,
		text + "a\n": "they differ in white space at the ends",
		"è" + text:   `they differ from character 1: expected "éééééééééééééé… (403 bytes), found "èééééééééééééé… (404 bytes)`,
	} {
		if got := w.difference(valueOf(have), ""); got != want {
			t.Errorf("%q: %s, want %s", have[len(have)-3:], got, want)
		}
	}
}

func TestPredicateErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ query, name, argument, want string }{
		{"status", "equal", "200", `there is no predicate "equal" (did you mean "equals"?)`},
		{"status", "equals", `"200"`, `a status is a number, not a string (write 200 without quotes)`},
		{"status", "equals", `"OK"`, `a status is a number or a class, not "OK" (as in 200 or "2xx")`},
		{"status", "equals", `2.5`, `a status is a whole number or a class such as "2xx", not 2.5`},
		{"status", "in", `[200, true]`, `1: a status is a number or a class, not a boolean (as in 200 or "2xx")`},
		{"status", "gt", `"2xx"`, `gt wants a number, not "2xx"`},
		{"status", "contains", `2`, `contains does not apply to a status`},
		{"duration", "lt", "500", `a duration is a string with a unit, not a number (write "500ms" or "500s")`},
		{"duration", "lt", `"fast"`, `not a duration: "fast" (as in "500ms", "2s" or "1m30s")`},
		{"duration", "lt", `"-1s"`, `not a duration: "-1s" (as in "500ms", "2s" or "1m30s")`},
		{"size", "lt", `"2XB"`, `not a size: "2XB" (as in 512, "2MB" or "2MiB")`},
		{"size", "lt", `-1`, `not a size: "-1" (as in 512, "2MB" or "2MiB")`},
		{"size", "lt", `"1.5B"`, `not a size: "1.5B" (as in 512, "2MB" or "2MiB")`},
		{"text", "every", `1`, `every does not apply to a text`},
		{"header A", "equals", `["a"]`, `the value of a header field or cookie is a string, not an array`},
		{"json a", "gt", `[1]`, `gt wants a number or a string, not an array`},
		{"json a", "in", `1`, `in wants an array, not a number`},
		{"json a", "exists", `"yes"`, `exists wants true or false, not a string`},
		{"json a", "starts_with", `[]`, `starts_with wants a string, not an array`},
		{"json a", "matches", `"a(b"`, `not a regular expression: missing closing ): "a(b"`},
		{"json a", "matches", `"ab[z-a]"`, `not a regular expression: invalid character class range: "z-a" at byte 3`},
		{"json a", "matches", `"a(?=b)"`, `not a regular expression: invalid or unsupported Perl syntax: "(?=" at byte 1 (RE2 has no lookahead and no lookbehind)`},
		{"json a", "matches", `"(a)\\1"`, `not a regular expression: invalid escape sequence: "\\1" at byte 3 (RE2 has no backreferences)`},
		{"json a", "type", `"int"`, `there is no type "int" (one of "string", "number", "integer", "boolean", "array", "object" or "null")`},
		{"json a", "type", `["string", "nul"]`, `1: there is no type "nul" (did you mean "null"?)`},
		{"json a", "format", `"uid"`, `there is no format "uid" (did you mean "uuid"?)`},
		{"json a", "length", `"3"`, `a length is a number, not a string`},
		{"json a", "length", `{"contains": 1}`, `contains: contains does not apply to a length`},
		{"json a", "every", `{"not": {"gtt": 1}}`, `not.gtt: there is no predicate "gtt" (did you mean "gt"?)`},
		{"json a", "not", `{}`, `the table has no predicate (for an empty object, write { equals = {} })`},
		{"json a", "before", `"tomorrow"`, `not a time: "tomorrow" (as in "now-5m", "2026-01-02T15:04:05Z" or 1767366245)`},
		{"json a", "before", `"now5m"`, `not a time: "now5m" (as in "now-5m", "2026-01-02T15:04:05Z" or 1767366245)`},
		{"json a", "before", `1e30`, `not a time: 1e30 (as in "now-5m", "2026-01-02T15:04:05Z" or 1767366245)`},
	} {
		p, err := NewPredicate(split(t, test.query), test.name, toml(t, test.argument))
		e, ok := errors.AsType[*PredicateError](err)
		if !ok || p != nil {
			t.Errorf("%s %s %s: %v, %v", test.query, test.name, test.argument, p, err)
			continue
		}
		got := e.Error()
		if len(e.Keys) > 0 {
			got = strings.Join(e.Keys, ".") + ": " + got
		}
		if got != test.want {
			t.Errorf("%s %s %s:\n got %s\nwant %s", test.query, test.name, test.argument, got, test.want)
		}
	}
}

func TestPredicateStrings(t *testing.T) {
	t.Parallel()
	q := split(t, "json user.email")
	for want, argument := range map[string]any{
		`contains "a\"b"`:         `a"b`,
		`contains {"a":[1,null]}`: map[string]any{"a": []any{json.Number("1"), nil}},
	} {
		p, err := NewPredicate(q, "contains", argument)
		if err != nil || p.String() != want || p.Name() != "contains" || !cmp.Equal(p.Argument(), argument) {
			t.Errorf("%v, %v, want %s", p, err, want)
		}
	}
	p, _ := NewPredicate(q, "equals", "x")
	if p.String() != `"x"` || q.String() != `json "user.email"` || split(t, "status").String() != "status" {
		t.Error(p, q)
	}
}
