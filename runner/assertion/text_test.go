package assertion

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/exchange"
)

// ask gives all that a query finds in an exchange, or the error.
func ask(t testing.TB, query string, x *exchange.Exchange) (any, error) {
	t.Helper()
	f, err := split(t, query).Find(NewSubject(x, nil, now))
	if err != nil || !f.Exists() {
		return nil, err
	}
	return f.own(), nil
}

func TestTextQueries(t *testing.T) {
	t.Parallel()
	x := body("id=12; id=34;\nname=Jörg")
	x.Redirects = make([]exchange.Hop, 2)
	for _, test := range []struct {
		query string
		want  any
	}{
		{"regex id=[0-9]+", "id=12"},
		{"regex id=([0-9]+)", "12"},
		{"regex id=([0-9])([0-9])", "1"},
		{"regex (?m)^name=(.*)$", "Jörg"},
		{"regex id=(x)?", nil}, // the group takes no part
		{"regex id=(x*)", ""},
		{"regex absent", nil},
		{"redirects", json.Number("2")},
	} {
		got, err := ask(t, test.query, x)
		if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
			t.Errorf("%s (-want +got): %v\n%s", test.query, err, diff)
		}
	}
	if got, _ := ask(t, "sha256", body("")); got != "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
		t.Error(got)
	}
}

// TestTextIsDecoded reads a body in Latin-1: queries of text see characters, sha256 and size see bytes.
func TestTextIsDecoded(t *testing.T) {
	t.Parallel()
	x := body("<p>J\xf6rg</p>")
	x.Response.Header = exchange.Header{{Name: "Content-Type", Value: "text/html; charset=ISO-8859-1"}}
	for query, want := range map[string]any{
		"text": "<p>Jörg</p>", "regex >(.*)<": "Jörg", "xpath //p": "Jörg", "size": json.Number("11"),
	} {
		if got, err := ask(t, query, x); got != want {
			t.Errorf("%s: %v, %v", query, got, err)
		}
	}
	x.Response.Header = exchange.Header{{Name: "Content-Type", Value: "text/html; charset=klingon"}}
	for _, query := range []string{"text", "regex a", "xpath //p"} {
		if got, err := ask(t, query, x); err == nil {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestTextQueryErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ kind, argument, at, want string }{
		{"regex", "", "", `regex needs an expression (as in "id=([0-9]+)")`},
		{"regex", "a(b", "a(b", "not a regular expression: missing closing ): \"a(b\""},
		{"regex", "ab(?=c)", "(?=", `not a regular expression: invalid or unsupported Perl syntax: "(?=" (RE2 has no lookahead and no lookbehind)`},
		{"regex", `(a)\1`, `\1`, `not a regular expression: invalid escape sequence: "\\1" (RE2 has no backreferences)`},
		{"sha256", "x", "x", "sha256 takes no argument"},
		{"redirects", "x", "x", "redirects takes no argument"},
		{"schema", "x", "x", "schema takes no argument"},
		{"certificate", "", "", "the path is empty (\"@this\" is the whole document)"},
		{"certificate", "..a", "..", `".." reads JSON lines, and a certificate has none (leave it out)`},
		{"xpath", " ", " ", `xpath needs an expression (as in "//item/@id")`},
		{"xpath", "//a[", "//a[", "not an XPath expression: something is missing or out of place (as in //item/@id or count(//item))"},
		{"xpath", "//a b", "//a b", "not an XPath expression: something is missing or out of place (as in //item/@id or count(//item))"},
		{"xpath", "//a[@id='x]", "//a[@id='x]", "not an XPath expression: a string is never closed (as in //a[@id='x'])"},
		{"xpath", "1 + cuont(//a)", "cuont", `xpath has no function "cuont" (did you mean "count"?)`},
		{"xpath", "//a/chidl::b", "chidl", `xpath has no axis "chidl" (did you mean "child"?)`},
		{"xpath", "contains(//a)", "contains(//a)", "not an XPath expression: a function has too few arguments"},
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
}

// judge checks one predicate on one body.
func judge(t testing.TB, text, query, name, argument string) Verdict {
	t.Helper()
	q := split(t, query)
	p, err := NewPredicate(q, name, toml(t, argument))
	if err != nil {
		t.Fatalf("%s %s %s: %v", query, name, argument, err)
	}
	f, err := q.Find(NewSubject(body(text), nil, now))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return p.Check(f)
}

func TestTextChecks(t *testing.T) {
	t.Parallel()
	const page = `<?xml version="1.0"?><r><n>5</n><n>7</n><s>a</s></r>`
	for _, test := range []struct {
		query, name, argument string
		passes                bool
	}{
		{"regex <n>(.)", "equals", "5", true},
		{"regex <n>(.)", "gt", "4", true},
		{"regex <n>(.)", "gt", "5", false},
		{"regex <x>(.)", "exists", "false", true},
		{"regex <x>(.)", "not", `"a"`, false},
		{"xpath //n", "equals", "7", true},
		{"xpath //n", "every", `{"gte": 5}`, true},
		{"xpath //n", "every", `{"gt": 5}`, false},
		{"xpath //n", "any", `{"gt": 6}`, true},
		{"xpath //n", "in", `[7]`, true},
		{"xpath count(//n)", "equals", "2", true},
		{"xpath count(//n)", "equals", `"2"`, false},
		{"xpath count(//n)", "type", `"integer"`, true},
		{"xpath boolean(//x)", "equals", "false", true},
		{"xpath string(//s)", "equals", `"a"`, true},
		{"xpath //x", "exists", "false", true},
		{"xpath //x", "not", `"a"`, false},
		{"redirects", "equals", "0", true},
		{"redirects", "lt", "1", true},
		{"sha256", "length", "64", true},
	} {
		if v := judge(t, page, test.query, test.name, test.argument); v.Passed != test.passes {
			t.Errorf("%s %s %s: %+v", test.query, test.name, test.argument, v)
		}
	}
	if v := judge(t, page, "xpath //x", "equals", "1"); v.Detail != "the expression matches nothing" {
		t.Error(v)
	}
	if v := judge(t, page, "xpath //n", "equals", "1"); v.Detail != "none of the 2 values does" {
		t.Error(v)
	}
}

func TestCookieAttributes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ query, name, argument string }{
		{"cookie sid", "equals", `"new"`},
		{"cookie sid[Value]", "equals", `"new"`},
		{"cookie sid[HttpOnly]", "equals", "true"},
		{"cookie sid[httponly]", "equals", "true"},
		{"cookie sid[Secure]", "exists", "false"},
		{"cookie sid[Path]", "equals", `"/"`},
		{"cookie sid[Max-Age]", "equals", "0"},
		{"cookie sid[SameSite]", "equals", `"Odd"`},
		{"cookie sid[Domain]", "exists", "false"},
		{"cookie sid[Expires]", "after", `"now"`},
		{"cookie sid[Expires]", "before", `"now+61m"`},
		{"cookie plain[Secure]", "equals", "true"},
		{"cookie plain[Max-Age]", "gt", "59"},
	} {
		if v := check(t, test.query, test.name, test.argument); !v.Passed {
			t.Errorf("%s %s %s: %+v", test.query, test.name, test.argument, v)
		}
	}
}

func FuzzRegexQuery(f *testing.F) {
	f.Add("id=([0-9]+)", "id=12")
	f.Add("(a)|(b)", "b")
	f.Add("((((a{9}){9}){9}){9}){9}", "aaaa")
	f.Add("(?=a)", "\xff")
	f.Fuzz(func(t *testing.T, expression, text string) {
		q, err := NewQuery("regex", expression)
		if err != nil {
			e, ok := errors.AsType[*ArgumentError](err)
			if !ok || e.Start < 0 || e.Start > e.End || e.End > len(expression) {
				t.Fatal(err)
			}
			return
		}
		found, err := q.Find(NewSubject(body(text), nil, now))
		if v, ok := found.Value(); err == nil && ok && found.one.kind != str {
			t.Fatal(v)
		}
	})
}
