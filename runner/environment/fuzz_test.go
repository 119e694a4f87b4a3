package environment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// FuzzTemplate: nothing panics, places lie in the text, a value is never parsed again.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "{{a}}", `{{ a | default "x" }}`, `{{ "}}" | base64 }}{{{b}}}`, "{{", `{{ a | claim "b`, "{{$guid}}", "{{é", "{{ a|param \"\\", "{{c}}{{d}}", "{{env.A}}", "}}{{|}}",
		`{{ a | replace "x" b | hmac_sha256 c }}`, `{{a|replace"}}""{{"}}`, `{{ a | default $guid | default b }}`, "{{ a | default 5 }}", `{{ a | replace "x"`,
		"{{ a\n| param\tb }}", `{{ $randomEmail | upper | md5 | base64url | trim | sha256 | lower }}`, "{{ a | default {{b}} }}", "{{$randomLoremText}}"} {
		f.Add(seed, "value {{a}}")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		template, err := ParseTemplate(text)
		if err != nil {
			var e *TemplateError
			if !errors.As(err, &e) || e.Start < 0 || e.Start > e.End || e.End > len(text) || e.Message == "" {
				t.Fatalf("ParseTemplate(%q): %#v", text, err)
			}
			return
		}
		if !strings.Contains(text, "{{") {
			if got, ok := template.Constant(); !ok || got != text {
				t.Fatalf("Constant(%q) = %q, %t", text, got, ok)
			}
		}
		last := 0
		for _, ref := range template.References() {
			marked := text[ref.Start:ref.End]
			argument := marked == ref.Name // else the whole {{ }}
			if ref.Start < last || !argument && (!strings.HasPrefix(marked, "{{") || !strings.HasSuffix(marked, "}}")) {
				t.Fatalf("References(%q): %+v", text, ref)
			}
			if last = ref.Start + 1; argument {
				last = ref.End
			}
		}
		values := map[string]any{"a": value, "b": nil, "c": []any{value}}
		for _, ref := range template.References() {
			values[ref.Name] = value
		}
		s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: values})
		got, err := template.Expand(s)
		if err == nil && !strings.Contains(text, "|") && strings.Contains(text, "{{a}}") && !strings.Contains(got, value) {
			t.Fatalf("Expand(%q) = %q: the value has changed", text, got)
		}
		if err != nil {
			d := Diagnose(err, func(start, end int) diag.Span {
				return diag.Span{Source: diag.NewSource("x", text), Start: start, End: end}
			})
			if d.Span.Text() == "" {
				t.Fatalf("Expand(%q): %v has no place", text, err)
			}
		}
		if variable, err := NewVariable("v", []any{text, map[string]any{"k": value}}, diag.Span{}); err == nil {
			s.Push(&Layer{Rank: RankCase, Name: "case", Variables: map[string]*Variable{"v": variable}})
			_, _, _ = s.Lookup("v")
		}
	})
}

// FuzzCallback: nothing panics, errors repeat no value, and a URL means the same when it is read again.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{"https://x/#access_token=a&expires_in=1", "?error=a&error_description=b+c", "x#/r?code=a%20b", "'a=b'", "#%zz=1", "a=1&a=2", "https://x/cb#id_token=" + accessToken(noon)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := ParseCallback(raw)
		if err != nil {
			var e *CallbackError
			if !errors.As(err, &e) || e.Message == "" {
				t.Fatalf("ParseCallback(%q): %#v", raw, err)
			}
			return
		}
		again, err := ParseCallback(c.URL())
		if err != nil || !slices.Equal(again.parameters, c.parameters) {
			t.Fatalf("ParseCallback(%q): %q, %v, again %q, %v", raw, c.URL(), c.parameters, again, err)
		}
		names := map[string]bool{}
		for _, v := range c.Variables(noon) {
			if names[v.Name] {
				t.Fatalf("%q sets %s twice", raw, v.Name)
			}
			names[v.Name] = true
		}
		_ = c.Refused()
		_ = c.CheckState("x")
	})
}

// FuzzLoad: whatever the file, there is an environment or there are errors with places.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(poolFile)
	f.Fuzz(func(t *testing.T, text string) {
		dir := folder(t, map[string]string{"environments/e.toml": text})
		r := NewRedactor()
		// No command of a fuzzer's is run.
		ended, end := context.WithCancel(t.Context())
		end()
		e, list := Load(Options{Names: []string{"e"}, Dir: dir, Redactor: r, Context: func() context.Context { return ended }, Getenv: func(name string) (string, bool) { return name, name != "" },
			Pool: func(*Pool) (map[string]any, error) {
				return map[string]any{"domain": "d", "callback_url": "https://x/#id_token=a"}, nil
			}})
		if list.HasErrors() == (e != nil) {
			t.Fatalf("%q: %v, %v", text, e, list)
		}
		for _, d := range list {
			if d.Span.IsZero() || d.Span.Start < 0 || d.Span.Start > d.Span.End || d.Span.End > len(text) {
				t.Fatalf("%q: %v at %d-%d", text, d, d.Span.Start, d.Span.End)
			}
		}
		var b strings.Builder
		(&diag.Renderer{Redact: r.Redact}).Render(&b, list)
		if e == nil {
			return
		}
		_ = e.Check()
		s := NewScopes(e.Layers()...)
		for _, name := range s.Names() {
			_, _, _ = s.Lookup(name)
		}
		_, _ = e.Pool()
	})
}

// FuzzSaveCallback: what is saved is read back, and nothing else in the file has changed.
func FuzzSaveCallback(f *testing.F) {
	expired := "callback_url = \"https://x/#access_token=" + accessToken(noon) + "\"\n"
	for _, seed := range []string{"", "# c\n\n[a]\nb = 1", expired, expired + "[secrets]\na = 1\n", expired + "secrets.a = 1", "secrets = {a=1}\r\n" + expired,
		"[[a]]\n[secrets.b]\n", "\ufeff# x", "callback_url.a = 1", "a = '''\n[secrets]\n'''", "[secrets]#\n[callback_urls]\n"} {
		f.Add(seed, "https://x/#access_token=a&state={{b}}")
	}
	f.Fuzz(func(t *testing.T, text, url string) {
		c, err := ParseCallback(url)
		if err != nil || c.Refused() != nil {
			return
		}
		spliced, _, err := withCallback("e.toml", text, c, noon.Add(1))
		root, list := tomlnode.Parse(diag.NewSource("e.toml", text))
		if err != nil {
			if !list.HasErrors() {
				if e, ok := root.Get(callbackName); !ok || e.Node.Kind != tomlnode.Table && e.Node.Kind != tomlnode.Array {
					t.Fatalf("%q with %q: %v", text, url, err)
				}
			}
			return
		}
		was := root.Value().(map[string]any)
		after, list := tomlnode.Parse(diag.NewSource("e.toml", spliced))
		if list.HasErrors() {
			t.Fatalf("%q with %q: %q: %v", text, url, spliced, list)
		}
		is := after.Value().(map[string]any)
		raw, _ := is[callbackName].(string)
		if again, err := ParseCallback(raw); err != nil || !slices.Equal(again.parameters, c.parameters) || strings.Contains(raw, "{{") {
			t.Fatalf("%q with %q: %q: %v", text, url, spliced, err)
		}
		for _, m := range []map[string]any{was, is} {
			delete(m, callbackName)
			if secrets, ok := m["secrets"].(map[string]any); ok {
				delete(secrets, expiredName)
				if len(secrets) == 0 {
					delete(m, "secrets")
				}
			}
		}
		if !reflect.DeepEqual(was, is) {
			t.Fatalf("%q with %q: %q", text, url, spliced)
		}
	})
}

// FuzzRedact: no secret survives, in any encoding.
func FuzzRedact(f *testing.F) {
	all := encodings()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for i := range names {
		f.Add("p&ss w\"ord", "other", uint8(i), "a=", "&b")
	}
	f.Fuzz(func(t *testing.T, secret, other string, encoding uint8, before, after string) {
		// A marker that itself makes up the secret, or joins what is left to one, gives nothing away.
		if len(secret) < minSecret || strings.ContainsAny(secret, "[]") || strings.Contains(redacted, secret) || !utf8.ValidString(secret) {
			return
		}
		r := NewRedactor()
		r.Add(other)
		r.Add(secret)
		name := names[int(encoding)%len(names)]
		if strings.HasPrefix(name, "xml") && strings.Map(xmlRune, secret) != secret {
			return
		}
		encoded := all[name](secret)
		if got := r.Redact(before + secret + after); strings.Contains(got, secret) {
			t.Fatalf("%q in %q: %q", secret, before+secret+after, got)
		}
		if got := r.Redact("<" + encoded + ">"); strings.Contains(got, encoded) && !strings.Contains(redacted, encoded) {
			t.Fatalf("%s: %q in %q: %q", name, secret, encoded, got)
		}
		if got := r.Redact(before); got != before && !strings.Contains(got, redacted) {
			t.Fatalf("%q has become %q", before, got)
		}
	})
}
