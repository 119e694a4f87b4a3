package environment

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// layer is a layer of declared variables.
func layer(t testing.TB, rank Rank, name string, values map[string]any) *Layer {
	t.Helper()
	l := &Layer{Rank: rank, Name: name, Variables: map[string]*Variable{}}
	for key, value := range values {
		v, err := NewVariable(key, value, spanOf("collection.toml", key))
		if err != nil {
			t.Fatalf("variable %s: %v", key, err)
		}
		l.Variables[key] = v
	}
	return l
}

func mustParse(t testing.TB, text string) *Template {
	t.Helper()
	template, err := ParseTemplate(text)
	if err != nil {
		t.Fatalf("ParseTemplate(%q): %v", text, err)
	}
	return template
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{
		"name": "jane", "n": json.Number("9007199254740993"), "yes": true, "no": false, "null": nil, "empty": "",
		"list": []any{"a", json.Number("1.50"), nil}, "table": map[string]any{"b": "<&>", "a": []any{}},
		"a-b.c_d:e": "odd", "naïve": "letters", "braces": `{{ "{{name}}" }}`, "nested": "<{{name}}>",
	}), &Layer{Rank: RankCaptures, Name: "captures", Values: map[string]any{
		"raw": json.RawMessage("{ \"z\": 1,\n \"a\": \"é\" }"), "hostile": "{{name}} {{$guid}}",
	}})
	for _, tt := range []struct {
		text  string
		want  string
		value any // if it is not want
	}{
		{text: "", want: ""},
		{text: "plain } text {", want: "plain } text {"},
		{text: "{{name}}", want: "jane"},
		{text: "{{ \n\tname }}", want: "jane"},
		{text: "a{{name}}b{{name}}c", want: "ajanebjanec"},
		{text: "{{{name}}}", want: "{jane}"},
		{text: "{{{{name}}}}", want: "{{jane}}"},
		{text: `{"a":{"b":{{n}}}}`, want: `{"a":{"b":9007199254740993}}`},
		{text: "{{n}}", want: "9007199254740993", value: json.Number("9007199254740993")},
		{text: " {{n}}", want: " 9007199254740993"},
		{text: "{{yes}}", want: "true", value: true},
		{text: "{{no}}!", want: "false!"},
		{text: "{{empty}}", want: ""},
		{text: "{{list}}", want: `["a",1.50,null]`, value: []any{"a", json.Number("1.50"), nil}},
		{text: "{{table}}", want: `{"a":[],"b":"<&>"}`, value: map[string]any{"b": "<&>", "a": []any{}}},
		{text: "{{raw}}", want: `{"z":1,"a":"é"}`, value: json.RawMessage("{ \"z\": 1,\n \"a\": \"é\" }")},
		{text: "{{a-b.c_d:e}}", want: "odd"},
		{text: "{{naïve}}", want: "letters"},
		{text: `{{ "a literal {{" }}`, want: "a literal {{"},
		{text: `{{ "}}\"\\\n\t" }}x`, want: "}}\"\\\n\tx"},
		{text: `{{ "x" | base64 }}`, want: "eA=="},
		{text: "{{hostile}}", want: "{{name}} {{$guid}}"},
		{text: "{{braces}}", want: "{{name}}"},
		{text: "{{nested}}", want: "<jane>"},
		{text: `{{ name|base64|unbase64 }}`, want: "jane"},
		{text: `{{ name | base64 | base64 }}`, want: "YW1GdVpRPT0="},
		{text: `{{ missing | default "d" }}`, want: "d"},
		{text: `{{ missing | default "" }}`, want: ""},
		{text: `{{ null | default "d" }}`, want: "d"},
		{text: `{{ null | base64 | default "d" }}`, want: "d"},
		{text: `{{ empty | default "d" }}`, want: ""},
		{text: `{{ no | default "d" }}`, want: "false", value: false},
		{text: `{{ missing | base64 | default "}}" }}`, want: "}}"},
		{text: `{{ missing | default "a b" | urlencode }}`, want: "a%20b"},
		{text: `{{ name | json }}`, want: `"jane"`},
		{text: `{{ n | json }}`, want: `9007199254740993`},
		{text: `{{ null | json }}`, want: `null`},
		{text: `{{ table | json }}`, want: `{"a":[],"b":"<&>"}`},
		{text: `{{ "a/b?c=d&e+f~é" | urlencode }}`, want: "a%2Fb%3Fc%3Dd%26e%2Bf~%C3%A9"},
		{text: `{{ "a%2Fb+c%C3%A9" | urldecode }}`, want: "a/b cé"},
		{text: `{{ "_-8" | unbase64 | base64 }}`, want: "/+8="},
		{text: `{{ "https://x/cb#code=a%20b&x=1" | param "code" }}`, want: "a b"},
		{text: `{{ "https://x/cb?code=q" | param "code" }}`, want: "q"},
		{text: `{{ "abcdef" | truncated }}`, want: "abc"},
	} {
		template := mustParse(t, tt.text)
		got, err := template.Expand(s)
		if err != nil || got != tt.want {
			t.Errorf("Expand(%q) = %q, %v; want %q", tt.text, got, err, tt.want)
		}
		want := tt.value
		if want == nil {
			want = any(tt.want)
		}
		value, err := template.Value(s)
		if diff := cmp.Diff(want, value); diff != "" || err != nil {
			t.Errorf("Value(%q): %v, -want +got:\n%s", tt.text, err, diff)
		}
		if template.Text() != tt.text {
			t.Errorf("Text() = %q, want %q", template.Text(), tt.text)
		}
	}
}

func TestTemplateNull(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{"null": nil}))
	if value, err := mustParse(t, "{{null}}").Value(s); value != nil || err != nil {
		t.Errorf("Value = %v, %v; want nil", value, err)
	}
	_, err := mustParse(t, "x {{null}}").Expand(s)
	var unresolved *UnresolvedError
	if !errors.As(err, &unresolved) || unresolved.Name != "null" || unresolved.Start != 2 || unresolved.End != 10 {
		t.Errorf("Expand: %#v", err)
	}
	if got, want := err.Error(), `variable "null" has no value: it is null`; got != want {
		t.Errorf("Expand: %q, want %q", got, want)
	}
}

func TestParseTemplateErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, marked, message, hint string }{
		{`a {{name`, "{{", "{{ is never closed", `close it with }}; for two braces as they are, write {{ "{{" }}`},
		{`a {{`, "{{", "{{ is never closed", ""},
		{`a {{ name | base64`, "{{", "{{ is never closed", ""},
		{`a {{}} b`, "{{}}", "there is no name between {{ and }}", `for two braces as they are, write {{ "{{" }}`},
		{`a {{  }} b`, "{{  }}", "there is no name between {{ and }}", ""},
		{`{{ | base64 }}`, "|", `unexpected "|" between {{ and }}`, ""},
		{`{{#each x}}`, "#", `unexpected "#" between {{ and }}`, ""},
		{`{{a{{b}}}}`, "{", `unexpected "{" between {{ and }}`,
			`one {{ }} cannot stand in another; for two braces as they are, write {{ "{{" }}`},
		{`{{my name}}`, "name", `unexpected "name" between {{ and }}`, "a name has no blanks; a filter follows a |"},
		{`{{ a | }}`, "|", "there is no filter after |", ""},
		{`{{ a | | json }}`, "|", "there is no filter after |", ""},
		{`{{ a | bas64 }}`, "bas64", `there is no filter "bas64"`, `did you mean "base64"?`},
		{`{{ a | frobnicate }}`, "frobnicate", `there is no filter "frobnicate"`,
			`one of "base64", "unbase64", "base64url", "urlencode", "urldecode", "json", "upper", "lower", "trim", "replace", "default", ` +
				`"sha256", "md5", "hmac_sha256", "param", "claim", "truncated", "tampered" or "unsigned"`},
		{`{{ a | param }}`, "param", `filter "param" needs one argument`, `write param "code"`},
		{`{{ a | default | json }}`, "default", `filter "default" needs one argument`, `write default "text"`},
		{`{{ a | base64 "x" }}`, `"x"`, `filter "base64" takes no argument`, ""},
		{`{{ a | claim 'sub' }}`, "'sub'", `the argument of filter "claim" must be in double quotes, or the name of a variable`, `write claim "sub"`},
		{`{{ a | default 5 }}`, "5", `the argument of filter "default" must be in double quotes, or the name of a variable`, `write "5"`},
		{`{{ a | default -1.5e3 }}`, "-1.5e3", `the argument of filter "default" must be in double quotes, or the name of a variable`, `write "-1.5e3"`},
		{`{{ a | default true}}`, "true", `the argument of filter "default" must be in double quotes, or the name of a variable`, `write "true"`},
		{`{{ a | replace "x" null }}`, "null", `the argument of filter "replace" must be in double quotes, or the name of a variable`, `write "null"`},
		{`{{ a | param "a" "b" }}`, `"b"`, `filter "param" takes one argument`, ""},
		{`{{ a | param b c }}`, `c`, `filter "param" takes one argument`, ""},
		{`{{ a | param "b" upper }}`, `upper`, `filter "param" takes one argument`, "a filter follows a |"},
		{`{{ a | json 5 }}`, `5`, `filter "json" takes no argument`, ""},
		{`{{ a | json #}}`, `#`, `unexpected "#" between {{ and }}`, ""},
		{`{{ a | replace }}`, "replace", `filter "replace" needs two arguments`, `write replace "old" "new"`},
		{`{{ a | replace "x" | json }}`, "replace", `filter "replace" needs two arguments`, `write replace "old" "new"`},
		{`{{ a | replace "x" "y" "z" }}`, `"z"`, `filter "replace" takes two arguments`, ""},
		{`{{ a | replace "x" "y }}`, `"`, "the text in double quotes is never closed", `close it with " before the }}`},
		{`{{ a | replace "x"`, "{{", "{{ is never closed", ""},
		{`{{ a | replace x`, "{{", "{{ is never closed", ""},
		{`{{ a | replace "x" y`, "{{", "{{ is never closed", ""},
		{`{{ a | hmac_sha256 }}`, "hmac_sha256", `filter "hmac_sha256" needs one argument`, `write hmac_sha256 client_secret`},
		{`{{ a | hmac_sha }}`, "hmac_sha", `there is no filter "hmac_sha"`, `did you mean "hmac_sha256"?`},
		{`{{ a | default $guidd }}`, "$guidd", `there is no dynamic variable "$guidd"`, `did you mean "$guid"?`},
		{`{{ a | default env.HOME }}`, "env.HOME", "{{env.HOME}} works in environment files alone", ""},
		{"{{ a\n\t| default {{b}} }}", "{{b", `the argument of filter "default" must be in double quotes, or the name of a variable`,
			"in a {{ }} a variable has no braces of its own"},
		{"{{ a\n|", "{{", "{{ is never closed", ""},
		{`{{ a | default "x }}`, `"`, "the text in double quotes is never closed", `close it with " before the }}`},
		{`{{ "x }}`, `"`, "the text in double quotes is never closed", ""},
		{`{{ "\q" }}`, `\q`, "there is no such escape in a text in double quotes", ""},
		{`{{ "\`, `\`, "there is no such escape in a text in double quotes", ""},
		{`{{$guidd}}`, "$guidd", `there is no dynamic variable "$guidd"`, `did you mean "$guid"?`},
		{`{{$randomemial}}`, "$randomemial", `there is no dynamic variable "$randomemial"`, `did you mean "$randomEmail"?`},
		{`{{$randomSwiftCode}}`, "$randomSwiftCode", `there is no dynamic variable "$randomSwiftCode"`,
			"they are Postman's, such as $guid, $timestamp, $randomInt and $randomEmail"},
		{`{{$currency}}`, "$currency", `there is no dynamic variable "$currency"`,
			`one of "$randomCurrencyCode", "$randomCurrencyName" or "$randomCurrencySymbol"`},
		{`{{$random}}`, "$random", `there is no dynamic variable "$random"`, ""},
		{`{{$RandomINT}}`, "$RandomINT", `there is no dynamic variable "$RandomINT"`, `did you mean "$randomInt"?`},
		{`{{$}}`, "$", `there is no dynamic variable "$"`, ""},
		{`é {{env.HOME}}`, "env.HOME", "{{env.HOME}} works in environment files alone",
			`in an environment, write a variable such as home = "{{env.HOME}}" and use that`},
	} {
		_, err := ParseTemplate(tt.text)
		var e *TemplateError
		if !errors.As(err, &e) {
			t.Errorf("ParseTemplate(%q): %v, want a TemplateError", tt.text, err)
			continue
		}
		if e.Message != tt.message || tt.hint != "" && e.Hint != tt.hint {
			t.Errorf("ParseTemplate(%q): %q, hint %q; want %q, %q", tt.text, e.Message, e.Hint, tt.message, tt.hint)
		}
		if got := tt.text[e.Start:e.End]; got != tt.marked {
			t.Errorf("ParseTemplate(%q) marks %q, want %q", tt.text, got, tt.marked)
		}
	}
}

func TestTemplateConstantAndReferences(t *testing.T) {
	t.Parallel()
	if text, ok := mustParse(t, `a {{ "b {{" }} c`).Constant(); !ok || text != "a b {{ c" {
		t.Errorf("Constant = %q, %t", text, ok)
	}
	for _, text := range []string{"{{a}}", "{{$guid}}", `{{ "a" | base64 }}`} {
		if _, ok := mustParse(t, text).Constant(); ok {
			t.Errorf("%q is constant", text)
		}
	}
	got := mustParse(t, `{{a}}-{{ "x" | base64 }}{{ b.c | json | default "" }}{{$guid}}{{ "x" | replace d "y" | default e | hmac_sha256 f }}`).References()
	want := []Reference{
		{"a", 0, 5, false}, {"b.c", 24, 53, true}, {"$guid", 53, 62, false}, {"d", 79, 80, true}, {"e", 95, 96, false}, {"f", 111, 112, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("References, -want +got:\n%s", diff)
	}
}

func TestFilterErrors(t *testing.T) {
	t.Parallel()
	s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"v": "100%", "word": "secretword", "url": "https://x/cb?a=b"}})
	for text, want := range map[string]string{
		`{{ v | unbase64 }}`:               `filter "unbase64" on "v": the value is not base64`,
		`{{ v | urldecode }}`:              `filter "urldecode" on "v": the value is not percent-encoded`,
		`{{ url | param "code" }}`:         `filter "param" on "url": the URL has no parameter "code"`,
		`{{ v | param "code" }}`:           `filter "param" on "v": the value is not a URL with parameters`,
		`{{ word | claim "sub" }}`:         `filter "claim" on "word": the token is not a JWT: it has 1 parts between dots, not 3`,
		`{{ word | tampered }}`:            `filter "tampered" on "word": the token is not a JWT: it has 1 parts between dots, not 3`,
		`{{ word | unsigned | json }}`:     `filter "unsigned" on "word": the token is not a JWT: it has 1 parts between dots, not 3`,
		`{{ v | unbase64 | default "x" }}`: `filter "unbase64" on "v": the value is not base64`,
	} {
		_, err := mustParse(t, "é "+text).Expand(s)
		var e *FilterError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%s: %v, want %s", text, err, want)
			continue
		}
		if e.Start != len("é ") || e.End != len("é "+text) {
			t.Errorf("%s: at %d-%d", text, e.Start, e.End)
		}
		if strings.Contains(err.Error(), "secretword") {
			t.Errorf("%s: the error repeats the value: %v", text, err)
		}
	}
}
