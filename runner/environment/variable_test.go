package environment

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

func TestNewVariableErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		value any
		want  string
		path  []any
	}{
		{"a", "{{", `{{ is never closed`, nil},
		{"a", map[string]any{"k": []any{"x", "y {{ a b }}"}}, `unexpected "b" between {{ and }}`, []any{"k", 1}},
		{"$a", "x", `variable "$a" cannot be declared`, nil},
		{"env.A", "x", `variable "env.A" cannot be declared`, nil},
		{"a b", "x", `variable "a b" cannot be used in a template`, nil},
		{"", "x", `a variable needs a name`, nil},
		{"a", "{{env.HOME}}", "{{env.HOME}} works in environment files alone", nil},
	} {
		_, err := NewVariable(tt.name, tt.value, diag.Span{})
		var e *TemplateError
		if !errors.As(err, &e) || e.Message != tt.want || !cmp.Equal(tt.path, e.Path) {
			t.Errorf("NewVariable(%q, %v): %#v, want %s at %v", tt.name, tt.value, err, tt.want, tt.path)
		}
	}
	v, err := NewVariable("a", []any{"{{b}}", map[string]any{"k": `{{ "x" }}`}}, diag.Span{})
	if err != nil || len(v.References()) != 1 || v.References()[0].Name != "b" {
		t.Errorf("%v, %v", v, err)
	}
	l := Literal([]any{"{{b}}"}, diag.Span{})
	if got, _, err := NewScopes(&Layer{Variables: map[string]*Variable{"l": l}}).Lookup("l"); err != nil || !cmp.Equal(got, []any{"{{b}}"}) {
		t.Errorf("a literal: %v, %v", got, err)
	}
}

func TestCompileVariables(t *testing.T) {
	t.Parallel()
	root, list := tomlnode.Parse(diag.NewSource("c.toml", `
[variables]
when = 1979-05-27T07:32:00Z
list = ["a", { b = "{{when}}" }, '{{ "{{" }}']
quiet = ['{{ "{{" }}', { k = '{{ "}}" }}' }]
[variables.table]
k = "{{ list | json }}"
deep = "{{ table }}"
`))
	if list != nil {
		t.Fatal(list)
	}
	table, _ := root.Get("variables")
	variables, list := CompileVariables(table.Node)
	if list != nil {
		t.Fatal(list)
	}
	s := NewScopes(&Layer{Rank: RankCollection, Name: "collection", Variables: variables})
	wantValues(t, s, map[string]any{
		"when": "1979-05-27T07:32:00Z", "list": []any{"a", map[string]any{"b": "1979-05-27T07:32:00Z"}, "{{"},
		"quiet": []any{"{{", map[string]any{"k": "}}"}},
		"table": `error: variable "table" has no value: it refers to itself: table → table`,
	})
	if line, column := variables["table"].Span.Position(); line != 6 || column != 2 {
		t.Errorf("table is at %d:%d", line, column)
	}
	wrong := tomlnode.NewTable(diag.Span{})
	wrong.Entries = []tomlnode.Entry{{Key: "$x", Node: tomlnode.NewTable(diag.Span{})}}
	if _, list := CompileVariables(wrong); len(list) != 1 {
		t.Errorf("%v", list)
	}
}

func TestErrorsInDeclarations(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankCollection, "collection", map[string]any{"bad": `x{{ word | unbase64 }}`, "word": "100%", "user": "{{bad}}", "inf": []any{json.Number("inf")}}))
	_, err := mustParse(t, "a {{user}}").Expand(s)
	d := Diagnose(err, spanOf("x.toml", "a {{user}}").Sub)
	want := diag.Diagnostic{Message: `filter "unbase64" on "word": the value is not base64`, Span: d.Span, Notes: []string{`used by variable "user → bad" at collection.toml:3`}}
	if diff := cmp.Diff(want.Error()+want.Notes[0], d.Error()+strings.Join(d.Notes, "")); diff != "" || d.Span.Text() != "{{user}}" {
		t.Errorf("at %q, -want +got:\n%s", d.Span.Text(), diff)
	}
	if _, err := mustParse(t, "a {{inf}}").Expand(s); err == nil || err.Error() != `variable "inf" has no value: it has no form in JSON` {
		t.Errorf("%v", err)
	}
	s.Push(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"raw": json.RawMessage("{")}})
	if _, err := mustParse(t, "a {{raw}}").Expand(s); err == nil || err.Error() != `variable "raw" has no value: it is not JSON` {
		t.Errorf("%v", err)
	}
	if d := Diagnose(errors.New("other"), nil); d.Message != "other" || !d.Span.IsZero() {
		t.Errorf("%v", d)
	}
	if _, err := ParseTemplate("{{"); Diagnose(err, nil).Message != "{{ is never closed" {
		t.Errorf("%v", err)
	}
}

func TestTablesAreDrawnInOrder(t *testing.T) {
	t.Parallel()
	table := map[string]any{}
	for i := range 20 {
		table["k"+itoa(i)] = "{{$randomInt}}"
	}
	var first any
	for range 5 {
		s := seeded(3)
		s.Push(layer(t, RankCollection, "collection", map[string]any{"t": table}))
		got, _, err := s.Lookup("t")
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestSecretValuesOfAllTypes(t *testing.T) {
	t.Parallel()
	s := &Scopes{Redactor: NewRedactor()}
	secret := Origin{Scope: "a script", Secret: true}
	for name, value := range map[string]any{
		"a": []any{"in-array", map[string]any{"k": "in-table"}}, "b": json.RawMessage(`{"k": "in\u002djson", "n": 123456}`),
		"c": json.Number("987654"), "d": true, "e": nil,
	} {
		if err := s.Set(name, value, secret); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Redactor.Redact("in-array in-table in-json 123456 987654 true null"); got != strings.Repeat(redacted+" ", 5)+"true null" {
		t.Error(got)
	}
}
