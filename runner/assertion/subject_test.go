package assertion

import (
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"
)

func TestSubjectIsReused(t *testing.T) {
	t.Parallel()
	q := split(t, "json a")
	s := NewSubject(body(`{"a":1}`), nil, now)
	for range 2 {
		if f, err := q.Find(s); err != nil || !f.Exists() {
			t.Fatal(f, err)
		}
	}
	s.Reset(body("<html>"), nil, now)
	for range 2 {
		f, err := q.Find(s)
		if _, ok := errors.AsType[*JSONError](err); !ok || f.Exists() {
			t.Fatal(f, err)
		}
	}
	s.Reset(body(`{}`), nil, now)
	if f, err := q.Find(s); err != nil || f.Exists() {
		t.Fatal(f, err)
	}
}

func TestSubjectWithoutExchange(t *testing.T) {
	t.Parallel()
	s := NewSubject(nil, nil, now)
	for _, kind := range Queries() {
		argument := ""
		if TakesArgument(kind) {
			argument = "a"
		}
		if kind == "jwt" {
			argument = "a b"
		}
		q, err := NewQuery(kind, argument)
		if err != nil {
			t.Fatal(err)
		}
		f, err := q.Find(s)
		if _, ok := f.Value(); ok || (err == nil) != (kind == "variable" || kind == "jwt") {
			t.Errorf("%s: %v, %v", kind, f, err)
		}
	}
}

func TestSubjectFound(t *testing.T) {
	t.Parallel()
	s := NewSubject(nil, nil, now)
	q := split(t, "variable a")
	p, err := NewPredicate(q, "after", "now-1m")
	if err != nil {
		t.Fatal(err)
	}
	if v := p.Check(s.Found(now.Format(time.RFC3339), true)); !v.Passed {
		t.Error(v)
	}
	if v := p.Check(s.Found(nil, false)); v.Passed || v.Detail != "there is no value" {
		t.Error(v)
	}
}

// TestMemory reuses a body as a careless pool would: what is kept must not change with it.
func TestMemory(t *testing.T) {
	t.Parallel()
	x := body(`{"a":"text","b":[1,2],"c":12}`)
	s := NewSubject(x, nil, now)
	var kept []any
	for _, path := range []string{"a", "b", "c"} {
		q := split(t, "json "+path)
		f, err := q.Find(s)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPredicate(q, "equals", nil)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := f.Value()
		kept = append(kept, v, p.Check(f).Actual)
	}
	clear(x.Response.Body)
	if got, want := Format(kept, 0), `["text","text",[1,2],[1,2],12,12]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, ok := kept[2].(json.RawMessage); !ok {
		t.Errorf("an array is a %T", kept[2])
	}
}

func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	q := split(t, "json user")
	p, err := NewPredicate(q, "contains", map[string]any{"age": json.Number("41"), "roles": []any{"dev"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewPredicate(split(t, "json user.email"), "matches", `^\w+@`)
	if err != nil {
		t.Fatal(err)
	}
	x := sample()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				s := NewSubject(x, lookup, now)
				f, err := q.Find(s)
				if v := p.Check(f); err != nil || !v.Passed {
					t.Error(v, err)
				}
				if v := m.Check(f); v.Passed {
					t.Error("an object matches")
				}
			}
		})
	}
	wait.Wait()
}
