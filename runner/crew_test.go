package runner_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// TestCrew has users side by side, each of whom is told of its requests in the order of the plan; what passed shows no text,
// what failed all of it.
func TestCrew(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprintf(w, `{"path": %q}`, r.URL.Path)
	}))
	t.Cleanup(s.Close)
	c, list := collection.Parse("crew.toml", strings.ReplaceAll(`[[setup]]
url = "URL/setup"
[[request]]
name = "Good"
url = "URL/good"
capture.path = { json = "path" }
assert.json.path = "{{path}}"
[[request]]
name = "Skipped"
url = "URL/skipped"
skip = "not today"
[[request]]
name = "Bad"
url = "URL/bad?{{path}}"
auth.bearer = "hunter2hunter2"
assert.status = 200
[[teardown]]
url = "URL/teardown"
`, "URL", s.URL))
	if len(list) > 0 {
		t.Fatal(list)
	}
	r, list := runner.New(c, runner.Options{})
	if len(list) > 0 {
		t.Fatal(list)
	}
	var around []string
	r.Crew(t.Context(), func(res *runner.RequestResult) { around = append(around, res.Title()) }, func(crew *runner.Crew) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				var verdicts []runner.Verdict
				u := crew.User(t.Context(), func(res *runner.RequestResult) {
					verdicts = append(verdicts, res.Verdict)
					text := fmt.Sprintf("%+v %+v %+v", *res, res.Sent, res.Response)
					if leaks := strings.Contains(text, s.URL+"/"); res.Verdict == runner.Passed && (leaks || res.Name != "" || res.Response.Status != 200) {
						t.Errorf("what passed shows %s", text)
					}
					if res.Verdict == runner.Failed && (res.Name != "Bad" || len(res.Diagnostics) != 1 || strings.Contains(fmt.Sprintf("%+v", res.Sent), "hunter2")) {
						t.Errorf("what failed shows %s", text)
					}
				})
				defer u.Close()
				for i := range 3 {
					if err := u.Iterate(i + 1); err != nil {
						t.Error(err)
					}
				}
				want := []runner.Verdict{runner.Passed, runner.Skipped, runner.Failed}
				if !slices.Equal(verdicts, slices.Concat(want, want, want)) {
					t.Errorf("told of %v", verdicts)
				}
			})
		}
		wg.Wait()
	})
	if want := []string{"setup: GET /setup", "teardown: GET /teardown"}; !slices.Equal(around, want) {
		t.Errorf("around: %q", around)
	}
	var plan []string
	for p := range r.EachIteration {
		plan = append(plan, p.Name)
	}
	if !slices.Equal(plan, []string{"Good", "Skipped", "Bad"}) {
		t.Errorf("an iteration is %q", plan)
	}
	var checks [][]string
	for names := range r.EachChecks {
		checks = append(checks, names)
	}
	if want := [][]string{{"status lt 400", `json "path" equals "{{path}}"`}, {"status lt 400"}, {"status equals 200"}}; !slices.EqualFunc(checks, want, slices.Equal) {
		t.Errorf("its assertions are %q", checks)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Crew(ctx, func(*runner.RequestResult) {}, func(*runner.Crew) { t.Error("users work though the run is interrupted") })
}
