package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
)

var again = []string{"postrider", "run", "-e", "local"}

func TestTable(t *testing.T) {
	t.Parallel()
	skips := func() *script {
		s := cognito(true)
		for _, q := range s.collections[0].requests {
			*q = *skipped(q.Name, "the run was interrupted")
		}
		return s
	}
	interrupted := func() *script {
		s := cognito(false)
		s.interrupted = true
		s.collections[0].requests[1] = skipped("Sign in", "the run was interrupted")
		return s
	}
	for _, c := range []struct {
		name string
		run  *script
		o    TableOptions
	}{
		{"passing", cognito(true), TableOptions{Rerun: again}},
		{"failing", cognito(false), TableOptions{Rerun: again}},
		{"mixed", mixed(), TableOptions{Rerun: again}},
		{"verbose", cognito(false), TableOptions{Verbose: true}},
		{"quiet", mixed(), TableOptions{Quiet: true, Rerun: again}},
		{"quiet-passing", cognito(true), TableOptions{Quiet: true, Rerun: again}},
		{"short", mixed(), TableOptions{ErrorShort: true, Quiet: true}},
		{"terminal-80", mixed(), TableOptions{Width: 80, Rerun: again}},
		{"terminal-40", mixed(), TableOptions{Width: 40}},
		{"color", mixed(), TableOptions{Color: true, Width: 110, Rerun: again}},
		{"skipped", skips(), TableOptions{}},
		{"interrupted", interrupted(), TableOptions{}},
		{"empty", &script{info: started()}, TableOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			table := NewTable(&out, c.o)
			c.run.play(table)
			if err := table.Err(); err != nil {
				t.Fatal(err)
			}
			golden(t, "table-"+c.name+".txt", out.Bytes())
		})
	}
}

// A long body is clipped between two characters.
func TestClip(t *testing.T) {
	t.Parallel()
	for n, want := range []string{"", "", "é", "éa", "éa", "éa", "éa長", "éa長", "éa長", "éa長", "éa長🚀", "éa長🚀"} {
		if got := clip("éa長🚀", n); got != want {
			t.Errorf("clip to %d is %q, want %q", n, got, want)
		}
	}
	if got := clip("\x80\x80\x80\x80\x80\x80", 5); len(got) != 5 {
		t.Errorf("what is not UTF-8 is clipped to %d bytes", len(got))
	}
	s := cognito(false)
	s.collections[0].requests[3].Response.Body = "a" + strings.Repeat("é", 5000)
	var out bytes.Buffer
	s.play(NewTable(&out, TableOptions{}))
	if got := strings.Count(out.String(), "é"); got != 1023 {
		t.Errorf("%d characters of a body", got)
	}
	if !strings.Contains(out.String(), "\n   aéé") {
		t.Errorf("no body:\n%s", out.String())
	}
}

// Titles stay as they are written; tablewriter would make "KID 1" of this one.
func TestTitles(t *testing.T) {
	t.Parallel()
	got := string(table(layout{{title: "kid1"}, {title: "n", right: true}}, false, [][]string{{"a_b", "1"}, {" x", "22"}}))
	if want := "kid1   n\na_b    1\n x    22\n"; got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

var _ = []Reporter{&Table{}, &JSON{}, Multi{}}
var _ runner.Reporter = Multi{}
