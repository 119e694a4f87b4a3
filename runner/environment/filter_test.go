package environment

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{
		"key": "Jefe", "data": "what do ya want for nothing?", "dash": "-", "empty": "", "n": json.Number("1.50"), "null": nil, "void": nil,
		"list": []any{json.Number("1")}, "chain": "{{dash}}{{dash}}", "spaced": " \t a b \r\n", "code": "code", "braces": `{{ "{{key}}" }}`,
	}))
	for text, want := range map[string]string{
		`{{"x" | upper}}`:                                    "X",
		`{{ "Ärger ß" | upper }}`:                            "ÄRGER ß",
		`{{ "ÄRGER" | lower }}`:                              "ärger",
		`[{{ spaced | trim }}]`:                              "[a b]",
		`{{ n | upper }}!`:                                   "1.50!",
		`{{ list | upper }}`:                                 "[1]",
		`{{ "??>" | base64url }}`:                            "Pz8-",
		`{{ "a" | base64url }}`:                              "YQ",
		`{{ "a" | base64url | unbase64 }}`:                   "a",
		`{{ "a-b-c" | replace "-" "+" }}`:                    "a+b+c",
		`{{ "a-b-c" | replace "-" "" }}`:                     "abc",
		`{{ "aaa" | replace "aa" "b" }}`:                     "ba",
		`{{ "a-b-c" | replace dash "." }}`:                   "a.b.c",
		`{{ "a-b--c" | replace chain "." | upper }}`:         "A-B.C",
		`{{ "abc" | replace"b""{{"}}`:                        "a{{c",
		`{{ "a}}b" | replace "}}" "\"" }}`:                   `a"b`,
		`{{ "a" | replace "a" braces }}`:                     "{{key}}",
		`{{ "1.50" | replace n "x" }}`:                       "x",
		`{{ "[1]2" | replace list "x" }}`:                    "x2",
		`{{ "abc" | sha256 }}`:                               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", // FIPS 180-2, appendix B.1
		`{{ "abc" | md5 }}`:                                  "900150983cd24fb0d6963f7d28e17f72",                                 // RFC 1321, appendix A.5
		`{{ data | hmac_sha256 key }}`:                       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", // RFC 4231, section 4.3
		`{{ data | hmac_sha256 "Jefe" }}`:                    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		`{{ "https://x/cb?code=1&other=2" | param code }}`:   "1",
		`{{ missing | default key }}`:                        "Jefe",
		`{{ missing | default missing2 | default key }}`:     "Jefe",
		`{{ null | default chain | replace dash "_" }}`:      "__",
		`{{ key | default missing }}`:                        "Jefe",
		`{{ key | hmac_sha256 missing | default "no key" }}`: "no key",
		`{{ key | hmac_sha256 void | default "no key" }}`:    "no key",
		`{{ missing | sha256 | default "x" }}`:               "x",
	} {
		if got, err := mustParse(t, text).Expand(s); got != want || err != nil {
			t.Errorf("%s = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestFilterArgumentErrors(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{
		"key": "k", "empty": "", "null": nil, "void": nil, "lost": "{{ key | hmac_sha256 nothing }}", "loop": "{{ key | replace loop key }}",
	}))
	for _, tt := range []struct{ text, marked, message string }{
		{`é{{ key | hmac_sha256 kex }}`, "kex", `variable "kex" has no value (did you mean "key"?)`},
		{`{{ key | hmac_sha256 void }}`, "void", `variable "void" has no value: it is null`},
		{`{{ key | replace "k" void }}`, "void", `variable "void" has no value: it is null`},
		{`{{ key | replace "k" kex }}`, "kex", `variable "kex" has no value (did you mean "key"?)`},
		{`{{ nothing | default kex }}`, "kex", `variable "kex" has no value (did you mean "key"?)`},
		{`{{ nothing | default key | hmac_sha256 kex }}`, "kex", `variable "kex" has no value (did you mean "key"?)`},
		{`{{ key | hmac_sha256 lost }}`, "lost", `variable "nothing" has no value (looked in: environment local)`},
		{`{{ key | default "x" | hmac_sha256 loop }}`, "loop", `variable "loop" has no value: it refers to itself: loop → loop`},
		{`{{ key | hmac_sha256 empty }}`, `{{ key | hmac_sha256 empty }}`, `filter "hmac_sha256" on "key": the key is empty`},
		{`{{ key | replace empty "x" }}`, `{{ key | replace empty "x" }}`, `filter "replace" on "key": the text to replace is empty`},
		{`{{ null | sha256 }}`, `{{ null | sha256 }}`, `variable "null" has no value: it is null`},
	} {
		_, err := mustParse(t, tt.text).Expand(s)
		if err == nil || err.Error() != tt.message {
			t.Errorf("%s: %v, want %s", tt.text, err, tt.message)
			continue
		}
		source := diag.NewSource("x", tt.text)
		d := Diagnose(err, func(start, end int) diag.Span { return diag.Span{Source: source, Start: start, End: end} })
		if got := d.Span.Text(); got != tt.marked {
			t.Errorf("%s marks %q, want %q", tt.text, got, tt.marked)
		}
	}
}

// TestFilterGrowth: a template grows to no more than it may, however many filters double it.
func TestFilterGrowth(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 1<<20)
	s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"long": long}})
	for _, text := range []string{
		`{{ long | replace "a" long }}`, // a terabyte
		`{{ long` + strings.Repeat(` | base64`, 100) + ` }}`,
	} {
		_, err := mustParse(t, text).Expand(s)
		var e *UnresolvedError
		if !errors.As(err, &e) || !errors.Is(err, errTooLarge) || e.End != len(text) {
			t.Errorf("%.40s…: %#v", text, err)
		}
	}
}

// TestFilterSecrets: what a filter makes of a secret, or with one, is not shown, unless it is only about it.
func TestFilterSecrets(t *testing.T) {
	t.Parallel()
	const url = "https://x/cb?plain=nothing-special&api_key=from-the-url"
	jwt := accessToken(noon)
	for text, hidden := range map[string]bool{
		`{{ password | upper }}`:                          true,
		`{{ password | lower }}`:                          true,
		`{{ password | trim }}`:                           true,
		`{{ password | replace "-" "" }}`:                 true,
		`{{ password | replace "-" "" | lower }}`:         true,
		`{{ password | sha256 }}`:                         true,
		`{{ password | md5 }}`:                            true,
		`{{ password | truncated }}`:                      true,
		`{{ password | base64 }}`:                         true,
		`{{ password | base64url }}`:                      true,
		`{{ password | urlencode }}`:                      true,
		`{{ password | json }}`:                           true,
		`{{ encoded | unbase64 }}`:                        true,
		`{{ "public" | hmac_sha256 password }}`:           true,
		`{{ "a-public-b" | replace "public" password }}`:  true,
		`{{ wrapped | upper }}`:                           true,
		`{{ mixed | lower }}`:                             true,
		`{{ hidden | upper }}`:                            true,
		`{{ nothing | default password | upper }}`:        true,
		`{{ "` + url + `" | param "api_key" }}`:           true,
		`{{ "` + url + `" | param "plain" }}`:             false,
		`{{ "public" | sha256 }}`:                         false,
		`{{ "public" | hmac_sha256 "key" }}`:              false,
		`{{ "public" | upper }}`:                          false,
		`{{ access_token | claim "sub" }}`:                false,
		`{{ "public" | replace "nothing" "x" | upper }}`:  false,
		`{{ public | default password | upper }}`:         false,
		`{{ password | claim "x" | default "" }} ignored`: false,
	} {
		s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{
			"wrapped": "<{{password}}>", "mixed": "{{password}}, {{ public | upper }}", "public": "public",
		}),
			&Layer{Rank: RankGlobals, Name: "globals", Variables: map[string]*Variable{"hidden": {Secret: true, tree: &tree{literal: "the-horse"}}}},
			&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"access_token": jwt}})
		s.Redactor = NewRedactor()
		for name, value := range map[string]string{"password": " Correct-Horse-Battery ", "encoded": "YmF0dGVyeS1zdGFwbGU="} {
			if err := s.Set(name, value, Origin{Secret: true}); err != nil {
				t.Fatal(err)
			}
		}
		// A secret used beside a text makes it no secret.
		got, err := mustParse(t, `{{ password | base64 }}`).Expand(s)
		if err != nil || s.Redactor.Redact(got) == got {
			t.Fatalf("%q, %v", got, err)
		}
		got, err = mustParse(t, text).Expand(s)
		if strings.Contains(text, "ignored") {
			if err == nil {
				t.Errorf("%s = %q", text, got)
			}
			continue
		}
		shown := s.Redactor.Redact("before " + got + " after")
		if err != nil || strings.Contains(shown, got) == hidden || hidden && strings.Contains(strings.ToLower(shown), "horse") {
			t.Errorf("%s = %q is shown as %q, %v", text, got, shown, err)
		}
	}
}

// TestOnePass: what is put in is never parsed, wherever it comes from.
func TestOnePass(t *testing.T) {
	t.Parallel()
	s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"open": "{{", "name": "{{secret}}", "secret": "hush"}})
	for text, want := range map[string]string{
		`{{open}}secret}}`:                       "{{secret}}",
		`{{ "{{" }}secret}}`:                     "{{secret}}",
		`{{name}}`:                               "{{secret}}",
		`{{ nothing | default name }}`:           "{{secret}}",
		`{{ nothing | default "{{secret}}" }}`:   "{{secret}}",
		`{{ "x" | replace "x" name }}`:           "{{secret}}",
		`{{ "e3tzZWNyZXR9fQ" | unbase64 }}`:      "{{secret}}",
		`{{ "%7B%7Bsecret%7D%7D" | urldecode }}`: "{{secret}}",
	} {
		if got, err := mustParse(t, text).Expand(s); got != want || err != nil {
			t.Errorf("%s = %q, %v; want %q", text, got, err, want)
		}
	}
	variable, err := NewVariable("made", `{{ "{{" }}secret}}`, diag.Span{})
	if err != nil {
		t.Fatal(err)
	}
	s.Push(&Layer{Rank: RankCase, Name: "case", Variables: map[string]*Variable{"made": variable}})
	if got, err := mustParse(t, "{{made}}").Expand(s); got != "{{secret}}" || err != nil {
		t.Errorf("made = %q, %v", got, err)
	}
}

// TestValueKeepsTypes: a template that is one {{ }} keeps the type of its value, through any number of variables.
func TestValueKeepsTypes(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankCollection, "collection", map[string]any{
		"number": json.Number("12345678901234567890.10"), "yes": true, "null": nil, "void": nil, "empty": "", "date": "1979-05-27T07:32:00Z",
		"list":  []any{json.Number("1"), "{{number}}", "{{yes}}", "{{null}}", "n={{number}}"},
		"table": map[string]any{"inner": map[string]any{"list": "{{list}}"}, "text": "{{empty}}"},
		"a":     "{{b}}", "b": "{{ c }}", "c": "{{number}}", "d": "{{ nothing | default a }}", "e": "{{ d | default yes }}",
		"far": "{{table}}", "text": "{{number}} ", "none": "{{null}}",
	}), &Layer{Rank: RankCaptures, Name: "captures", Values: map[string]any{"ignored": 1}})
	for name, value := range map[string]any{"captured_null": nil, "captured_list": json.RawMessage(`[1.0, null]`), "captured": false} {
		if err := s.Set(name, value, Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	number := json.Number("12345678901234567890.10")
	list := []any{json.Number("1"), number, true, nil, "n=12345678901234567890.10"}
	table := map[string]any{"inner": map[string]any{"list": list}, "text": ""}
	for text, want := range map[string]any{
		"{{number}}": number, "{{a}}": number, "{{d}}": number, "{{e}}": number, "{{text}}": "12345678901234567890.10 ",
		"{{yes}}": true, "{{null}}": nil, "{{none}}": nil, "{{empty}}": "", "{{date}}": "1979-05-27T07:32:00Z",
		"{{list}}": list, "{{table}}": table, "{{far}}": table,
		"{{captured_null}}": nil, "{{captured}}": false, "{{captured_list}}": json.RawMessage(`[1.0, null]`),
		`{{ nothing | default list }}`:         list,
		`{{ captured_null | default table }}`:  table,
		`{{ captured_null | default void }}`:   nil,
		`{{ captured | default "x" }}`:         false,
		`{{ number | default "x" }}`:           number,
		`{{ table | json }}`:                   `{"inner":{"list":[1,12345678901234567890.10,true,null,"n=12345678901234567890.10"]},"text":""}`,
		`{{ captured_list | json }}`:           `[1.0,null]`,
		`{{ captured_null | json }}`:           "null",
		`{{ yes | json }}`:                     "true",
		`{{ number | trim }}`:                  "12345678901234567890.10",
		`{{ null | default "1" }}`:             "1",
		`{{$timestamp}}`:                       json.Number("1793855228"),
		`{{ nothing | default $timestamp }}`:   json.Number("1793855228"),
		`{{ $timestamp | replace "55" "xx" }}`: "17938xx228",
	} {
		s.Now = seeded(1).Now
		got, err := mustParse(t, text).Value(s)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got:\n%s", text, err, diff)
		}
	}
}

func BenchmarkPipe(b *testing.B) {
	s := NewScopes(layer(b, RankEnvironment, "environment", map[string]any{"body": strings.Repeat("x", 200), "key": "secret"}))
	for name, text := range map[string]string{
		"default": `{{ body | default "x" }}`, "hmac": `{{ body | hmac_sha256 key }}`, "base64": `{{ body | base64 }}`,
	} {
		template := mustParse(b, text)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := template.Expand(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseTemplate(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseTemplate(`{{domain}}/oauth2/userInfo?id={{ id | default "1" | urlencode }}&at={{$timestamp}}`); err != nil {
			b.Fatal(err)
		}
	}
}
