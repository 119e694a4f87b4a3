package environment

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
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
