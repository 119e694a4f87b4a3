package load_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/load"
	"github.com/postrider/postrider/runner/rows"
)

// shards runs a plan in so many parts, side by side as it were, and gives the results.
func shards(t *testing.T, of int, text string, s *server, o runner.Options, p collection.LoadPlan) (results []*load.Result) {
	t.Helper()
	for i := range of {
		plan, err := planned(t, p).Part(runner.Shard{Index: i + 1, Of: of})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, load.Run(t.Context(), compile(t, text, s, o), load.Options{Plan: plan}))
	}
	return results
}

// TestShards: together they send each iteration with its row once, and no two users draw the same.
func TestShards(t *testing.T) {
	t.Parallel()
	text := "id\n"
	for i := range 7 {
		text += fmt.Sprintf("r%d\n", i)
	}
	files := fstest.MapFS{"rows.csv": {Data: []byte(text)}}
	const request = "name = \"One\"\n[[request]]\nname = \"Read\"\nurl = \"http://api.test/{{id}}\"\nquery.g = \"{{$guid}}\"\n"
	for _, of := range []int{1, 2, 3, 5} {
		synctest.Test(t, func(t *testing.T) {
			file, err := rows.New("rows.csv", func() (fs.File, error) { return files.Open("rows.csv") })
			if err != nil {
				t.Fatal(err)
			}
			s, seed := &server{}, uint64(1)
			results := shards(t, of, request, s, runner.Options{Rows: file, Seed: &seed}, collection.LoadPlan{Users: 5, Iterations: 17})
			sent, drawn := map[string]int{}, map[string]bool{}
			for _, p := range s.paths {
				path, query, _ := strings.Cut(p, "?")
				sent[path]++
				drawn[query] = true
			}
			want := map[string]int{"/r0": 3, "/r1": 3, "/r2": 3, "/r3": 2, "/r4": 2, "/r5": 2, "/r6": 2} // 17 by 7
			if d := cmp.Diff(want, sent); d != "" {
				t.Errorf("%d shards: %s", of, d)
			}
			if len(drawn) != 17 {
				t.Errorf("%d shards drew %d different values in 17 iterations", of, len(drawn))
			}
			all, err := load.Merge(results...)
			if err != nil || all.Iterations.Finished != 17 || all.Plan.Users != 5 || all.Plan.Iterations != 17 || all.Total.Passed != 17 || all.Plan.Shard.Of != 0 {
				t.Errorf("%d shards: %+v %v", of, all, err)
			}
			if of == 1 {
				return
			}
			for name, some := range map[string][]*load.Result{
				"one is missing": results[1:], "one is there twice": append(slices.Clone(results), results[0]),
				"others": append(slices.Clone(results[1:]), shards(t, of+1, request, s, runner.Options{}, collection.LoadPlan{Users: 9, Iterations: 9})[0]),
			} {
				if _, err := load.Merge(some...); err == nil {
					t.Errorf("%d shards: merged although %s", of, name)
				}
			}
		})
	}
}

// TestShardsOfRate: their iterations begin in turn, at the moments of the whole plan.
func TestShardsOfRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := collection.LoadPlan{Rate: perSecond(10), Stages: []collection.LoadStage{{Over: 3 * time.Second, Target: 40}, {Over: 2 * time.Second, Target: 40}}, MaxUsers: 8}
		moments := func(of int) (out []time.Duration) {
			for i := range of {
				begin, s := time.Now(), &server{}
				plan, err := planned(t, p).Part(runner.Shard{Index: i + 1, Of: of})
				if err != nil {
					t.Fatal(err)
				}
				load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{Plan: plan})
				for _, at := range s.times {
					out = append(out, at.Sub(begin).Round(time.Microsecond))
				}
			}
			slices.Sort(out)
			return out
		}
		whole := moments(1)
		if len(whole) < 150 {
			t.Fatalf("%d iterations", len(whole))
		}
		for _, of := range []int{2, 3, 7} {
			if d := cmp.Diff(whole, moments(of)); d != "" {
				t.Errorf("%d shards: %s", of, d)
			}
		}
	})
}

func TestParts(t *testing.T) {
	t.Parallel()
	stages := []collection.LoadStage{{Over: time.Second, Target: 7}, {Over: time.Second}}
	closed := planned(t, collection.LoadPlan{Users: 3, Stages: stages})
	users, targets, start := 0, 0.0, 0.0
	for i := range 3 {
		p, err := closed.Part(runner.Shard{Index: i + 1, Of: 3})
		if err != nil {
			t.Fatal(err)
		}
		users, targets, start = users+p.Users, targets+p.Stages[0].Target, start+p.Start
	}
	if users != 7 || targets != 7 || start != 3 || closed.Stages[0].Target != 7 {
		t.Errorf("%d users, to %g from %g, of %+v", users, targets, start, closed)
	}
	if p, err := closed.Part(runner.Shard{}); err != nil || p.Users != closed.Users {
		t.Errorf("%+v %v", p, err)
	}
	for want, p := range map[string]collection.LoadPlan{
		"shard 4 of 4 has none of 3 users": {Users: 3}, "shard 4 of 4 has none of 2 iterations": {Users: 5, Iterations: 2},
	} {
		if _, err := planned(t, p).Part(runner.Shard{Index: 4, Of: 4}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	few := planned(t, collection.LoadPlan{Rate: perSecond(10), MaxUsers: 1})
	if p, err := few.Part(runner.Shard{Index: 4, Of: 4}); err != nil || p.Users != 1 || p.Start != 2.5 {
		t.Errorf("%+v %v", p, err)
	}
}
