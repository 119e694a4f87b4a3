package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/environment"
)

// TestGuard: a secret is found wherever it stands in what is remembered, also if it becomes known later.
func TestGuard(t *testing.T) {
	t.Parallel()
	const secret = "a-secret-of-some-length"
	line := strings.Repeat("x", 99) + "\n"
	for name, c := range map[string]struct {
		before, behind int // in bytes
		late, found    bool
	}{
		"across two pieces":        {guardBlock - 10, 10, false, true},
		"late, across two pieces":  {guardBlock - 10, 10, true, true},
		"long ago":                 {10, 2 * guarded, false, true},
		"late, in what is kept":    {2 * guarded, guarded / 4, true, true},
		"late, and long forgotten": {10, 2 * guarded, true, false},
		"nowhere":                  {guarded, guarded, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := environment.NewRedactor()
			var out bytes.Buffer
			g := &guard{to: &out, name: "standard output", detector: &environment.Detector{Redactor: r}}
			if !c.late {
				r.Add(secret)
			}
			say := func(n int) {
				text := strings.Repeat(line, n/len(line)+1)[:n]
				for len(text) > 0 { // as reports write
					part := text[:min(len(text), 1000)]
					_, _ = io.WriteString(g, part)
					text = text[len(part):]
				}
			}
			say(c.before)
			if name != "nowhere" {
				_, _ = io.WriteString(g, secret)
			}
			say(c.behind)
			r.Add(secret)
			if found := g.problem() != ""; found != c.found {
				t.Errorf("found: %v", found)
			}
			if want := c.before + c.behind; out.Len() < want || out.Len() > want+len(secret) {
				t.Errorf("%d bytes were passed on", out.Len())
			}
		})
	}
}
