package report

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/postrider/postrider/runner"
)

func ctrf(w io.Writer) Reporter { return NewCTRF(w, CTRFOptions{Version: "v0.1.0"}) }

func TestCTRF(t *testing.T) {
	t.Parallel()
	documents := playAll(t, func(w *bytes.Buffer) Reporter { return ctrf(w) })
	for _, name := range []string{"failing", "mixed", "retried", "empty", "interrupted"} {
		golden(t, "ctrf-"+name+".json", documents[name])
	}
	for name, run := range runs() {
		checkCTRF(t, documents[name], run)
	}
}

// checkCTRF sees to it that a report is JSON and that its counts add up.
func checkCTRF(t testing.TB, text []byte, run *script) {
	t.Helper()
	harmless(t, text)
	type counts struct{ Tests, Passed, Failed, Skipped, Pending, Other, Flaky, Suites int }
	var d struct {
		Results struct {
			Summary struct {
				counts
				Start, Stop int64
				Extra       struct{ Verdict string }
			}
			Tests []struct {
				Name, Status, Message, Trace string
				Suite                        []string
				Flaky                        bool
				Steps                        []struct{ Status string }
			}
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatalf("%v:\n%.2000s", err, text)
	}
	want, seen := counts{}, counts{Suites: d.Results.Summary.Suites}
	for _, test := range d.Results.Tests {
		seen.Tests++
		*map[string]*int{"passed": &seen.Passed, "failed": &seen.Failed, "skipped": &seen.Skipped}[test.Status]++
		if test.Flaky {
			seen.Flaky++
		}
		if test.Name == "" || len(test.Suite) == 0 {
			t.Errorf("a test is called %q, of %q", test.Name, test.Suite)
		}
	}
	i := 0
	for _, g := range run.collections {
		iteration := 0
		for _, q := range g.requests {
			want.Tests++
			*map[runner.Verdict]*int{runner.Passed: &want.Passed, runner.Failed: &want.Failed, runner.Errored: &want.Failed, runner.Skipped: &want.Skipped}[q.Verdict]++
			if q.Flaky {
				want.Flaky++
			}
			if q.Iteration != iteration {
				iteration = q.Iteration
				want.Suites++
			}
			n, wrong := shown(q)
			if test := d.Results.Tests[i]; len(test.Steps) != n || wrong > 0 && test.Trace == "" {
				t.Errorf("%d steps of %d, traced as %q", len(test.Steps), n, test.Trace)
			}
			i++
		}
	}
	if s := d.Results.Summary; s.counts != want || seen != want || s.Stop < s.Start || (s.Extra.Verdict == "interrupted") != run.interrupted {
		t.Errorf("summary %+v, seen %+v, want %+v", s, seen, want)
	}
}
