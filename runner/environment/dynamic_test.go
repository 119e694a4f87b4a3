package environment

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/postrider/postrider/runner/environment/fake"
)

func seeded(seed uint64) *Scopes {
	return &Scopes{
		Now:    func() time.Time { return time.Date(2026, 11, 5, 6, 7, 8, 9_000_000, time.FixedZone("", 3600)) },
		Random: rand.New(rand.NewPCG(seed, 0)),
	}
}

func TestDynamic(t *testing.T) {
	t.Parallel()
	s := seeded(1)
	for _, name := range []string{"$guid", "$randomUUID"} {
		a, _ := mustParse(t, "{{"+name+"}}").Expand(s)
		b, _ := mustParse(t, "{{"+name+"}}").Expand(s)
		id, err := uuid.Parse(a)
		if err != nil || id.Version() != 4 || id.Variant() != uuid.RFC4122 || a == b {
			t.Errorf("%s = %q, then %q: %v", name, a, b, err)
		}
	}
	for text, want := range map[string]any{
		"{{$timestamp}}": json.Number("1793855228"), "{{$isoTimestamp}}": "2026-11-05T05:07:08.009Z", "{{ $timestamp }}s": "1793855228s",
	} {
		if got, err := mustParse(t, text).Value(s); got != want || err != nil {
			t.Errorf("%s = %v, %v; want %v", text, got, err, want)
		}
	}
	highest := 0
	for range 20_000 {
		v, _, err := s.Lookup("$randomInt")
		n, err2 := strconv.Atoi(string(v.(json.Number)))
		if err != nil || err2 != nil || n < 0 || n > 1000 {
			t.Fatalf("$randomInt = %v, %v", v, err)
		}
		highest = max(highest, n)
	}
	if highest != 1000 {
		t.Errorf("$randomInt never was 1000, at most %d", highest)
	}
}

func TestDynamicIsReproducibleAndLast(t *testing.T) {
	t.Parallel()
	draw := func(s *Scopes) string {
		got, err := mustParse(t, "{{$guid}} {{$randomInt}} {{$randomUUID}}").Expand(s)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if a, b := draw(seeded(7)), draw(seeded(7)); a != b {
		t.Errorf("one seed, two draws: %s and %s", a, b)
	}
	if a, b := draw(&Scopes{}), draw(&Scopes{}); a == b {
		t.Errorf("two scopes draw the same: %s", a)
	}
	s := NewScopes(&Layer{Rank: RankGlobals, Name: "--globals", Values: map[string]any{"$guid": "mine"}})
	if got, err := mustParse(t, "{{$guid}}").Expand(s); got != "mine" || err != nil {
		t.Errorf("a variable called $guid: %q, %v", got, err)
	}
	// A variable made of a dynamic one is drawn anew at each use, as the dynamic one is.
	s = NewScopes(layer(t, RankCollection, "collection", map[string]any{"id": "{{$guid}}"}))
	if got, err := mustParse(t, "{{id}}{{id}}").Expand(s); err != nil || got[:36] == got[36:] {
		t.Errorf("id twice = %q, %v", got, err)
	}
}

// TestNewRandom pins what a seed gives: a change here changes every recorded run.
func TestNewRandom(t *testing.T) {
	t.Parallel()
	const text = "{{$randomInt}} {{$guid}} {{$randomFirstName}} {{$randomPrice}}"
	draw := func(seed, stream uint64) string {
		s := &Scopes{Random: NewRandom(seed, stream)}
		got, err := mustParse(t, text).Expand(s)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	seen := map[string]bool{}
	for _, pair := range [][2]uint64{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {1 << 63, 0}, {0, 1 << 63}} {
		got := draw(pair[0], pair[1])
		if seen[got] || got != draw(pair[0], pair[1]) {
			t.Errorf("seed %d, stream %d: %s comes from others too, or does not come again", pair[0], pair[1], got)
		}
		seen[got] = true
	}
	if got, want := draw(42, 7), "824 60503ef0-9f5d-46d2-aa88-74d51aa6caf9 Nora 139.69"; got != want {
		t.Errorf("seed 42, stream 7: %s, want %s", got, want)
	}
}

// TestDynamicMistakes: what a name outside a template, such as that of a script, is told.
func TestDynamicMistakes(t *testing.T) {
	t.Parallel()
	s := NewScopes(&Layer{Rank: RankVar, Name: "--var", Values: map[string]any{"randomEmai": "x"}})
	for name, want := range map[string]string{"$randomEmai": "$randomEmail", "$guide": "$guid", "$randomOfNothing": ""} {
		_, _, err := s.Lookup(name)
		var e *UnresolvedError
		if !errors.As(err, &e) || e.Nearest != want {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	for _, name := range fake.Names() {
		if value, origin, err := s.Lookup(name); err != nil || value == nil || origin.Scope != "dynamic" || !s.Has(name) {
			t.Errorf("%s = %v from %s, %v", name, value, origin, err)
		}
	}
}
