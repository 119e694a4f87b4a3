package environment

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
)

// spanOf is a place on line 3 of a file.
func spanOf(name, text string) diag.Span {
	return diag.Span{Source: diag.NewSource(name, "\n\n"+text), Start: 2, End: 2 + len(text)}
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	order := []struct {
		rank Rank
		name string
	}{
		{RankCase, "case 2"}, {RankCase, "include"}, {RankCaptures, "captures"}, {RankData, "data row"}, {RankVar, "--var"},
		{RankCallback, "callback URL"}, {RankEnvironment, "environment b"}, {RankEnvironment, "environment a"},
		{RankFolder, "folder near"}, {RankFolder, "folder far"}, {RankCollection, "collection"}, {RankGlobals, "--globals"},
	}
	for first := range order {
		var declared, given []*Layer
		for _, o := range order[first:] {
			declared = append(declared, layer(t, o.rank, o.name, map[string]any{"x": o.name}))
			given = append(given, &Layer{Rank: o.rank, Name: o.name, Values: map[string]any{"x": o.name}})
		}
		// Among layers of different ranks the order in which they come must not matter.
		slices.SortStableFunc(declared, func(a, b *Layer) int { return int(b.Rank) - int(a.Rank) })
		for _, layers := range [][]*Layer{declared, given} {
			s := NewScopes(layers...)
			got, origin, err := s.Lookup("x")
			if want := order[first].name; got != want || origin.Scope != want || err != nil {
				t.Errorf("with %s and wider: %v from %s, %v", want, got, origin.Scope, err)
			}
		}
	}
}

func TestCapturesRank(t *testing.T) {
	t.Parallel()
	s := NewScopes(&Layer{Rank: RankData, Name: "data row", Values: map[string]any{"x": "data"}})
	origin := CaptureOrigin("Sign in", spanOf("collection.toml", "x"))
	if err := s.Set("x", "captured", origin); err != nil {
		t.Fatal(err)
	}
	s.Push(&Layer{Rank: RankCaptures, Name: "set by a script", Values: map[string]any{"x": "layer", "y": "layer"}})
	if got, _, _ := s.Lookup("y"); got != "layer" {
		t.Errorf("y = %v", got)
	}
	if got, from, _ := s.Lookup("x"); got != "captured" || from.String() != `captured by "Sign in"` {
		t.Errorf("a capture over data: %v from %s", got, from)
	}
	s.Push(&Layer{Rank: RankCase, Name: "case", Values: map[string]any{"x": "case"}})
	if got, from, _ := s.Lookup("x"); got != "case" || from.String() != "case" {
		t.Errorf("a case over a capture: %v from %s", got, from)
	}
	s.Pop(RankCase)
	s.Pop(RankCaptures)
	fork := s.Fork()
	s.Unset("x")
	if got, _, _ := s.Lookup("x"); got != "data" {
		t.Errorf("after Unset: %v", got)
	}
	if got, _, _ := fork.Lookup("x"); got != "captured" {
		t.Errorf("in the fork: %v", got)
	}
	if diff := cmp.Diff(map[string]any{"x": "captured"}, fork.Captured()); diff != "" {
		t.Error(diff)
	}
	fork.Reset()
	fork.Replace(RankData, &Layer{Rank: RankData, Name: "data row", Values: map[string]any{"x": "row 2"}})
	if got, _, _ := fork.Lookup("x"); got != "row 2" {
		t.Errorf("after Replace: %v", got)
	}
	fork.Replace(RankData)
	if fork.Has("x") || !s.Has("x") || !s.Has("$guid") || s.Has("$nothing") {
		t.Error("Has is wrong")
	}
	fork.Pop(RankData)
}

func TestVariablesRefer(t *testing.T) {
	t.Parallel()
	s := NewScopes(
		layer(t, RankCollection, "collection", map[string]any{
			"host": "example.com", "base": "https://{{host}}", "deep": map[string]any{"url": []any{"{{base}}/x", json.Number("1"), "{{n}}"}}, "n": json.Number("7"),
		}),
		&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"arg": "{{host}}"}},
	)
	// The scope is that of the use, not of the declaration.
	s.Push(layer(t, RankEnvironment, "environment prod", map[string]any{"host": "prod"}))
	for name, want := range map[string]any{
		"base": "https://prod", "arg": "{{host}}", "deep": map[string]any{"url": []any{"https://prod/x", json.Number("1"), json.Number("7")}},
	} {
		got, _, err := s.Lookup(name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, -want +got:\n%s", name, err, diff)
		}
	}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{"a": "1"}),
		&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"b": "2", "access_token": "abcdef"}})
	for name, want := range map[string]string{"a": "collection.toml:3", "b": "--var", "$guid": "dynamic"} {
		if _, origin, err := s.Lookup(name); origin.String() != want || origin.Secret || err != nil {
			t.Errorf("%s comes from %s, secret %t, %v; want %s", name, origin, origin.Secret, err, want)
		}
	}
	if _, origin, _ := s.Lookup("access_token"); !origin.Secret {
		t.Error("a token on the command line is no secret")
	}
}

func TestUnresolved(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankEnvironment, "environment local", map[string]any{"access_token": "x", "url": "{{domian}}/x", "domain": "d"}),
		layer(t, RankCollection, "collection", map[string]any{"me": "{{url}}", "table": map[string]any{"k": []any{"a {{url}}"}}}))
	check := func(text, message, hint string, start, end int, notes []string) {
		t.Helper()
		_, err := mustParse(t, text).Expand(s)
		var e *UnresolvedError
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v", text, err)
		}
		d := Diagnose(err, spanOf("x.toml", text).Sub)
		if e.Start != start || e.End != end || d.Message != message || d.Hint != hint || d.Span.Text() != text[start:end] {
			t.Errorf("%s: %d-%d %q, %q, at %q", text, e.Start, e.End, d.Message, d.Hint, d.Span.Text())
		}
		if diff := cmp.Diff(notes, d.Notes); diff != "" {
			t.Errorf("%s: notes, -want +got:\n%s", text, diff)
		}
	}
	check("a {{acess_token}}", `variable "acess_token" has no value`, `did you mean "access_token"?`, 2, 17, nil)
	check("{{zzzzzz}}", `variable "zzzzzz" has no value`, "looked in: environment local, collection", 0, 10, nil)
	check("{{me}}", `variable "domian" has no value`, `did you mean "domain"?`, 0, 6, []string{`used by variable "me → url" at collection.toml:3`})
	check("{{table}}", `variable "domian" has no value`, `did you mean "domain"?`, 0, 9, []string{`used by variable "table → url" at collection.toml:3`})
	// A default is for the name itself, not for a mistake in its declaration.
	check(`{{ me | default "" }}`, `variable "domian" has no value`, `did you mean "domain"?`, 0, 21, []string{`used by variable "me → url" at collection.toml:3`})

	if _, err := mustParse(t, "{{x}}").Expand(nil); err == nil ||
		err.Error() != `variable "x" has no value (there are no variables at all: name an environment, or declare it under [variables])` {
		t.Errorf("without scopes: %v", err)
	}
	alone := NewScopes(layer(t, RankCollection, "collection", map[string]any{"url": "x"}))
	if _, _, err := alone.Lookup("domain"); err == nil ||
		err.Error() != `variable "domain" has no value (looked in: collection; no environment is in use: -e names one)` {
		t.Errorf("without an environment: %v", err)
	}
	if err := s.Set("other", 1, Origin{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Lookup("zzzzzz"); !strings.Contains(err.Error(), "looked in: captures, environment local, collection") {
		t.Errorf("with captures: %v", err)
	}
	if _, _, err := s.Lookup("$gid"); !strings.Contains(err.Error(), `did you mean "$guid"?`) {
		t.Errorf("$gid: %v", err)
	}
}

func TestCycle(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankCollection, "collection", map[string]any{
		"start": "{{a}}", "a": "{{b}}", "b": []any{"{{c}}"}, "c": "x {{a}}", "self": `{{ self | default "x" }}`,
	}))
	for name, want := range map[string]string{
		"start": `variable "a" has no value: it refers to itself: a → b → c → a`,
		"self":  `variable "self" has no value: it refers to itself: self → self`,
	} {
		_, _, err := s.Lookup(name)
		var cycle *CycleError
		if !errors.As(err, &cycle) || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if len(s.chain) != 0 {
		t.Errorf("the chain is left behind: %v", s.chain)
	}
}

func TestGrowthIsBounded(t *testing.T) {
	t.Parallel()
	double := func(last string) map[string]any {
		vars := map[string]any{"v0": last}
		for i := 1; i <= 40; i++ {
			before := "{{v" + string(json.Number(itoa(i-1))) + "}}"
			vars["v"+itoa(i)] = before + before
		}
		return vars
	}
	chain := map[string]any{"c0": "x"}
	for i := 1; i <= 200; i++ {
		chain["c"+itoa(i)] = "{{c" + itoa(i-1) + "}}"
	}
	for _, tt := range []struct {
		vars map[string]any
		name string
		want error
	}{
		{double(strings.Repeat("x", 1<<20)), "v40", errTooLarge},
		{double(""), "v40", errTooMany},
		{chain, "c200", errTooDeep},
	} {
		// Without a bound this would go on for longer than any test may take.
		_, _, err := NewScopes(layer(t, RankCollection, "collection", tt.vars)).Lookup(tt.name)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	if got, _, err := NewScopes(layer(t, RankCollection, "collection", chain)).Lookup("c99"); got != "x" || err != nil {
		t.Errorf("c99 = %v, %v", got, err)
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestNames(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankCollection, "collection", map[string]any{"b": 1, "a": 1}),
		&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"c": "1", "b": "2", "callback_url": "https://x/#state=1&id_token=t"}})
	if err := s.Set("d", "x", Origin{}); err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "b", "c", "callback_url", "d", "id_token", "state"}
	if diff := cmp.Diff(want, s.Names()); diff != "" {
		t.Error(diff)
	}
}

func TestLookupTaints(t *testing.T) {
	t.Parallel()
	s := NewScopes(layer(t, RankCollection, "collection", map[string]any{"client_secret": "declared-secret"}),
		&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"id_token": "given-token", "callback_url": "https://x/#access_token=url-token"}})
	if err := s.Set("refresh_token", "captured-token", Origin{}); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"client_secret": "declared-secret", "refresh_token": "captured-token", "id_token": "given-token", "access_token": "url-token"} {
		s.Redactor = NewRedactor()
		if _, _, err := s.Lookup(name); err != nil || s.Redactor.Redact(value) != redacted {
			t.Errorf("%s: %v, redacted as %s", name, err, s.Redactor.Redact(value))
		}
	}
}

func TestLayersThatAreGoneAreForgotten(t *testing.T) {
	t.Parallel()
	s := &Scopes{}
	row := func(rank Rank) *Layer {
		return &Layer{Rank: rank, Name: "row", Values: map[string]any{"callback_url": "https://x/#access_token=a"}}
	}
	for range 10 {
		s.Replace(RankData, row(RankData))
		s.Push(row(RankCase))
		if _, _, err := s.Lookup("access_token"); err != nil {
			t.Fatal(err)
		}
		s.Pop(RankCase)
		if _, _, err := s.Lookup("access_token"); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.parsed) != 1 {
		t.Errorf("%d callback URLs are kept, for one layer", len(s.parsed))
	}
}
