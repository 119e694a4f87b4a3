package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// planOfTwo is a run of a collection with a setup and a teardown, of which each iteration has four requests, and of
// one with two.
func planOfTwo(iterations int, keep func(iteration, n int) bool) *script {
	s := &script{info: started()}
	for c, name := range []string{"Shop", "Users"} {
		info := &runner.CollectionInfo{Name: name, Path: strings.ToLower(name) + ".toml", Iterations: iterations}
		g := group{info: info}
		add := func(q *runner.RequestResult, line, iteration int, stage runner.Stage) {
			q.Stage, q.Iteration = stage, iteration
			q.Source = diag.SpanAt("shop.toml", line, 1, diag.Excerpt{})
			q.Started = s.info.Started.Add(time.Duration(line) * time.Millisecond)
			g.requests = append(g.requests, q)
		}
		add(ok("Sign in", "POST", "/login", 302, 0, 1, time.Millisecond), 15, 1, runner.Setup)
		for i := 1; i <= iterations; i++ {
			for n := range 4 - 2*c {
				q := ok(fmt.Sprint("Request ", n), "GET", "/", 200, 1, 1, time.Millisecond)
				if n == 3 {
					q = fail(q, "no")
				}
				if keep(i, n) {
					add(q, []int{4, 8, 12, 19}[n], i, runner.Main)
				}
			}
		}
		add(ok("Sign out", "POST", "/logout", 302, 0, 1, time.Millisecond), 0, iterations, runner.Teardown)
		info.Plan = planned(g.requests)
		info.Planned.Requests.Planned = len(g.requests)
		s.info.Collections = append(s.info.Collections, info)
		s.collections = append(s.collections, g)
	}
	return s
}

// ofMain is a JSON report without the setup and teardown, which each shard has for itself, and without its counts.
func ofMain(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, `      {"name"`) && !strings.Contains(line, `"stage"`) {
			out = append(out, strings.TrimSuffix(strings.TrimSpace(line), ","))
		}
	}
	return out
}

// Shards that are merged are the whole, in its order, however the plan was divided.
func TestMergeShards(t *testing.T) {
	t.Parallel()
	var whole bytes.Buffer
	planOfTwo(6, func(int, int) bool { return true }).play(NewJSON(&whole, withBodies))
	for name, shard := range map[string]func(iteration, n int) int{
		"rows": func(i, _ int) int { return (i - 1) / 2 }, "halves": func(_, n int) int { return n / 2 }, "in turn": func(_, n int) int { return n % 3 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parts := 3
			if name == "halves" {
				parts = 2
			}
			var all []*Saved
			for i := range parts {
				s := planOfTwo(6, func(iteration, n int) bool { return shard(iteration, n) == i })
				s.info.Shard = &runner.Shard{Index: i + 1, Of: parts}
				s.info.Environment = []string{"ci", fmt.Sprint("part ", i+1)}
				s.info.Started = s.info.Started.Add(time.Duration(i) * time.Second)
				kind := asJSON
				if i == 1 {
					kind = asNDJSON
				}
				all = append([]*Saved{open(t, saved(t, s, "shard", kind))}, all...) // the last first
			}
			m, err := Merge(all)
			if err != nil {
				t.Fatal(err)
			}
			var out, table bytes.Buffer
			replay(t, m, NewJSON(&out, withBodies))
			d := check(t, out.Bytes(), m.Result())
			// When they were sent differs by the starts of the shards alone.
			got := strings.NewReplacer("03:04:06", "03:04:05", "03:04:07", "03:04:05").Replace(out.String())
			if d := cmp.Diff(ofMain(whole.String()), ofMain(got)); d != "" {
				t.Errorf("(-whole +merged):\n%s", d)
			}
			if m.info.Planned.Requests.Planned != d.Counts.Requests.Planned {
				t.Errorf("planned were %d, and then %d", m.info.Planned.Requests.Planned, d.Counts.Requests.Planned)
			}
			if n := d.Counts.Requests; n.Planned != 36+4*parts || n.Failed != 6 || d.Verdict != "failed" || d.Counts.Collections != 2 {
				t.Errorf("counts %+v", d.Counts)
			}
			if m.Result().Duration != time.Duration(parts-1)*time.Second+12345*time.Microsecond || !m.info.Started.Equal(started().Started) {
				t.Errorf("it began %v and took %v", m.info.Started, m.Result().Duration)
			}
			if want := []string{"ci", "part 1", "part 2", "part 3"}[:parts+1]; !cmp.Equal(m.info.Environment, want) {
				t.Errorf("environment %q", m.info.Environment)
			}
			replay(t, m, NewTable(&table, TableOptions{}))
			if n := strings.Count(table.String(), "Shop · "); n != 6+6 { // headings, and failures
				t.Errorf("%d headings:\n%s", n, table.String())
			}
			// What was merged is a report like any other.
			again, err := ReadSaved("all.json", &out)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if again.Result().Counts != m.Result().Counts || again.info.Collections[0].Iterations != 6 {
				t.Errorf("%+v", again.Result())
			}
		})
	}
}

// Reports of separate runs follow each other, and what one says of the run that all were is kept.
func TestMergeRuns(t *testing.T) {
	t.Parallel()
	first, second := cognito(true), mixed()
	second.info.Started = second.info.Started.Add(-time.Minute)
	second.interrupted = true
	m, err := Merge([]*Saved{open(t, saved(t, first, "a", asJSON)), open(t, saved(t, second, "b", asJSON))})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range m.info.Collections {
		names = append(names, c.Name)
	}
	if d := cmp.Diff([]string{"Cognito: implicit flow", "Shop", "Ping"}, names); d != "" {
		t.Error(d)
	}
	if r := m.Result(); r.Verdict != runner.Interrupted || r.Counts.Requests.Planned != 15 || r.Duration != time.Minute+12345*time.Microsecond {
		t.Errorf("%+v", r)
	}
	if m.Rerun() == nil {
		t.Error("the command to run it again is lost")
	}
}

// What would be counted twice, or is missing, is refused.
func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	shard := func(index, of int) *Saved {
		s := cognito(true)
		s.info.Shard = &runner.Shard{Index: index, Of: of}
		r := open(t, saved(t, s, "shard", asJSON))
		r.name = fmt.Sprintf("%d-%d.json", index, of)
		return r
	}
	path := saved(t, cognito(true), "a.json", asJSON)
	run := func(name string) *Saved {
		r := open(t, path)
		r.name = name
		return r
	}
	other := open(t, saved(t, cognito(true), "b.json", asJSON))
	other.name = "b.json"
	var lines bytes.Buffer
	cognito(true).play(NewNDJSON(&lines, withBodies))
	cut, err := ReadSaved("cut.ndjson", bytes.NewReader(lines.Bytes()[:lines.Len()/2]))
	if err != nil {
		t.Fatal(err)
	}
	defer cut.Close()
	for want, reports := range map[string][]*Saved{
		`"a.json" and "./a.json" are the same report`:         {run("a.json"), run("./a.json")},
		`"a.json" and "b.json" are reports of the same run`:   {run("a.json"), other},
		`"2-2.json" and "2-2.json" are both shard 2 of 2`:     {shard(1, 2), shard(2, 2), shard(2, 2)},
		`"1-2.json" is shard 1 of 2, and "2-3.json" is shard`: {shard(1, 2), shard(2, 3)},
		`there is no report of the shard 1/3, 3/3`:            {shard(2, 3)},
		`1/99, 2/99, 3/99`:            {shard(50, 99)},
		`there is no report to merge`: {},
		`the report is cut off here`:  {run("a.json"), cut},
	} {
		_, err := Merge(reports)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected %s", err, want)
		}
	}
}
