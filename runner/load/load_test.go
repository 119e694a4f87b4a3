package load_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/load"
	"github.com/postrider/postrider/runner/rows"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A server answers without a network, so that the clock of synctest goes on while it thinks.
type server struct {
	thinks func(n int64, r *http.Request) time.Duration
	status func(n int64) int
	asked  atomic.Int64
	open   atomic.Int64
	most   atomic.Int64

	mu    sync.Mutex
	times []time.Time
	paths []string
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	n := s.asked.Add(1)
	now := s.open.Add(1)
	defer s.open.Add(-1)
	s.mu.Lock()
	s.most.Store(max(s.most.Load(), now))
	s.times, s.paths = append(s.times, time.Now()), append(s.paths, r.URL.RequestURI())
	s.mu.Unlock()
	if s.thinks != nil {
		select {
		case <-time.After(s.thinks(n, r)):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	status := 200
	if s.status != nil {
		status = s.status(n)
	}
	body := `{"id": 7}`
	return &http.Response{
		Status: fmt.Sprint(status, " X"), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Set-Cookie": {fmt.Sprintf("last=%d", n)}}, Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}, nil
}

const one = `name = "One"
[[request]]
name = "Read"
url = "http://api.test/read"
assert.status = 200
assert.json.id = 7
`

func compile(t *testing.T, text string, s *server, o runner.Options) *runner.Runner {
	t.Helper()
	c, list := collection.Parse("one.toml", text)
	if len(list) > 0 {
		t.Fatal(list)
	}
	o.Client = exchange.NewClient(exchange.Options{Transport: s})
	r, list := runner.New(c, o)
	if len(list) > 0 {
		t.Fatal(list)
	}
	return r
}

func planned(t *testing.T, p collection.LoadPlan) load.Plan {
	t.Helper()
	plan, err := load.NewPlan(&p)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func perSecond(n float64) *collection.Rate { return &collection.Rate{Count: n, Per: time.Second} }

func thresholds(t *testing.T, texts ...string) (out []collection.Threshold) {
	t.Helper()
	for _, text := range texts {
		one, err := collection.ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	return out
}

// TestIterations runs exactly so many iterations, however many users share them.
func TestIterations(t *testing.T) {
	t.Parallel()
	for _, users := range []int{1, 3, 50, 200} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{thinks: func(n int64, _ *http.Request) time.Duration { return time.Duration(n%7) * time.Millisecond }}
			res := load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{Plan: planned(t, collection.LoadPlan{Users: users, Iterations: 100})})
			if s.asked.Load() != 100 || res.Iterations.Finished != 100 || res.Total.Passed != 100 || res.Total.Checked != 200 || res.Total.Latency.Count() != 100 {
				t.Errorf("%d users: %d asked, %+v", users, s.asked.Load(), res.Iterations)
			}
			if most := int(s.most.Load()); most > min(users, 100) || most < min(users, 50) || res.Verdict != runner.Passed || res.ExitCode() != 0 {
				t.Errorf("%d users: %d at once, %s", users, most, res.Verdict)
			}
		})
	}
}

// TestRows gives each row to one iteration, whoever runs it, and begins anew when all are given.
func TestRows(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		text := "id\n"
		for i := range 40 {
			text += fmt.Sprintf("r%d\n", i)
		}
		files := fstest.MapFS{"rows.csv": {Data: []byte(text)}}
		file, err := rows.New("rows.csv", func() (fs.File, error) { return files.Open("rows.csv") })
		if err != nil {
			t.Fatal(err)
		}
		s := &server{thinks: func(n int64, _ *http.Request) time.Duration { return time.Duration(n%5) * time.Millisecond }}
		r := compile(t, "[[request]]\nurl = \"http://api.test/{{id}}\"\n", s, runner.Options{Rows: file})
		load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Users: 7, Iterations: 100})})
		seen := map[string]int{}
		for _, p := range s.paths {
			seen[p]++
		}
		for i := range 40 {
			want := 2
			if i < 20 {
				want = 3
			}
			if got := seen[fmt.Sprintf("/r%d", i)]; got != want {
				t.Errorf("row %d was sent %d times, not %d", i, got, want)
			}
		}
	})
}

// TestUnreadableRow ends the load with an error: a file that changes under it is no reason to go on without rows.
func TestUnreadableRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		opened := 0
		good, bad := fstest.MapFS{"r.csv": {Data: []byte("id\na\nb\n")}}, fstest.MapFS{"r.csv": {Data: []byte("id\na\n\"b\n")}}
		file, err := rows.New("r.csv", func() (fs.File, error) {
			if opened++; opened > 1 {
				return bad.Open("r.csv")
			}
			return good.Open("r.csv")
		})
		if err != nil {
			t.Fatal(err)
		}
		s := &server{thinks: func(int64, *http.Request) time.Duration { return time.Millisecond }}
		r := compile(t, "[[request]]\nurl = \"http://api.test/{{id}}\"\n", s, runner.Options{Rows: file})
		res := load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Users: 3, Iterations: 100})})
		if res.Verdict != runner.Errored || len(res.Failures) != 1 || s.asked.Load() >= 100 {
			t.Errorf("%s, %v, %d asked", res.Verdict, res.Failures, s.asked.Load())
		}
	})
}

// TestState gives each user variables and cookies of its own, which begin with those of the setup.
func TestState(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		cookies := map[string]int{}
		s := &server{thinks: func(_ int64, r *http.Request) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			if _, mine, ok := strings.Cut(r.URL.Path, "/mine/"); ok && !strings.HasSuffix(r.Header.Get("Cookie"), "last="+mine) {
				t.Errorf("a user has captured %s and the cookie is %s", mine, r.Header.Get("Cookie"))
			} else if !ok {
				cookies[r.URL.Path+" "+r.Header.Get("Cookie")]++
			}
			return time.Millisecond
		}}
		r := compile(t, `[[setup]]
name = "Sign in"
url = "http://api.test/setup"
capture.token = { json = "id" }
[[request]]
url = "http://api.test/{{token}}"
capture.mine = { cookie = "last" }
[[request]]
name = "What is mine"
url = "http://api.test/mine/{{mine}}"
delay = "5ms" # meanwhile others capture
[[teardown]]
name = "Sign out"
url = "http://api.test/teardown/{{token}}"
`, s, runner.Options{})
		res := load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Users: 4, Iterations: 8})})
		if res.Verdict != runner.Passed || len(res.Around) != 2 || res.Around[1].Title != "teardown: Sign out" || res.Total.Passed != 16 {
			t.Errorf("%s %+v %+v", res.Verdict, res.Around, res.Failures)
		}
		if cookies["/setup "] != 1 || cookies["/7 last=1"] != 4 || cookies["/teardown/7 last=1"] != 1 || len(cookies) != 7 {
			t.Errorf("%v", cookies)
		}
	})
}

// TestSetupFails runs no iteration.
func TestSetupFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{status: func(n int64) int { return 500 }}
		r := compile(t, "[[setup]]\nurl = \"http://api.test/setup\"\n"+one[strings.Index(one, "[["):], s, runner.Options{})
		res := load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Users: 4, Iterations: 8}), Thresholds: thresholds(t, "checks>=0")})
		if res.Verdict != runner.Failed || s.asked.Load() != 1 || len(res.Failures) != 1 {
			t.Errorf("%s, %d asked", res.Verdict, s.asked.Load())
		}
	})
}

// TestRate lets iterations begin on schedule, whatever the answers do.
func TestRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{thinks: func(n int64, _ *http.Request) time.Duration { return time.Duration(n%3) * 700 * time.Millisecond }}
		begin := time.Now()
		res := load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{Plan: planned(t, collection.LoadPlan{Rate: perSecond(20), Duration: 5 * time.Second})})
		if s.asked.Load() != 100 || res.Iterations.Late+res.Iterations.Dropped != 0 {
			t.Fatalf("%d asked, %+v", s.asked.Load(), res.Iterations)
		}
		for i, at := range s.times {
			if want := time.Duration(i) * 50 * time.Millisecond; at.Sub(begin).Round(time.Microsecond) != want {
				t.Fatalf("the %d. came after %s, not %s", i+1, at.Sub(begin), want)
			}
		}
		if res.Users < 10 || res.Users > 40 {
			t.Errorf("%d users", res.Users)
		}
	})
}

// TestRateRamps has as many iterations in each second as there is area below the curve.
func TestRateRamps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		begin := time.Now()
		plan := planned(t, collection.LoadPlan{Rate: perSecond(10), Stages: []collection.LoadStage{{Over: 10 * time.Second, Target: 30}, {Over: 2 * time.Second, Target: 30}, {Over: 5 * time.Second}}})
		load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{Plan: plan})
		var each [17]int
		for _, at := range s.times {
			each[int(at.Sub(begin)/time.Second)]++
		}
		for i, want := range []int{11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 30, 30, 27, 21, 15, 9, 3} {
			if each[i] < want-1 || each[i] > want+1 {
				t.Errorf("%d in second %d, not %d", each[i], i, want)
			}
		}
		if n := len(s.times); n != 335 {
			t.Errorf("%d in all, not 335", n)
		}
	})
}

// TestStall has a server that stalls once for a second. Whoever comes meanwhile waits, and what they wait is latency: a
// count of the one slow answer alone would show a p90 of a millisecond.
func TestStall(t *testing.T) {
	t.Parallel()
	stalls := func(n int64, _ *http.Request) time.Duration {
		if n == 101 {
			return time.Second + time.Millisecond
		}
		return time.Millisecond
	}
	synctest.Test(t, func(t *testing.T) {
		plan := planned(t, collection.LoadPlan{Rate: perSecond(100), Duration: 3 * time.Second, MaxUsers: 1})
		res := load.Run(t.Context(), compile(t, one, &server{thinks: stalls}, runner.Options{}), load.Options{Plan: plan})
		l := &res.Total.Latency
		if l.Count() != 300 || res.Iterations.Late < 100 || res.Iterations.Dropped != 0 {
			t.Errorf("%d requests, %+v", l.Count(), res.Iterations)
		}
		if l.Percentile(50) > 10*time.Millisecond || l.Percentile(90) < 600*time.Millisecond || l.Max() < time.Second {
			t.Errorf("p50 %s, p90 %s, max %s", l.Percentile(50), l.Percentile(90), l.Max())
		}
		if res.Whole.Percentile(90) < 600*time.Millisecond {
			t.Errorf("iterations: p90 %s", res.Whole.Percentile(90))
		}
	})
	synctest.Test(t, func(t *testing.T) { // with users enough nobody waits for another
		plan := planned(t, collection.LoadPlan{Rate: perSecond(100), Duration: 3 * time.Second, MaxUsers: 2})
		res := load.Run(t.Context(), compile(t, one, &server{thinks: stalls}, runner.Options{}), load.Options{Plan: plan})
		if l := &res.Total.Latency; l.Count() != 300 || l.Percentile(99) > 10*time.Millisecond || res.Iterations.Late != 0 {
			t.Errorf("p99 %s, %+v", l.Percentile(99), res.Iterations)
		}
	})
}

// TestDropped counts those that found no user before the end.
func TestDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{thinks: func(int64, *http.Request) time.Duration { return time.Second }}
		plan := planned(t, collection.LoadPlan{Rate: perSecond(10), Duration: 5 * time.Second, MaxUsers: 2})
		res := load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{Plan: plan, Thresholds: thresholds(t, "dropped<1")})
		if i := res.Iterations; i.Finished+i.Dropped != 50 || i.Dropped < 35 || i.Finished != s.asked.Load() || res.Verdict != runner.Failed {
			t.Errorf("%+v, %d asked, %s", i, s.asked.Load(), res.Verdict)
		}
	})
}

// TestStages has as many users as the curve says.
func TestStages(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var users [40]int64
		begin := time.Now()
		s := &server{}
		s.thinks = func(int64, *http.Request) time.Duration {
			s.mu.Lock()
			defer s.mu.Unlock()
			i := int(time.Since(begin) / time.Second)
			users[i] = max(users[i], s.open.Load())
			return 200 * time.Millisecond
		}
		plan := planned(t, collection.LoadPlan{Stages: []collection.LoadStage{{Over: 10 * time.Second, Target: 10}, {Over: 5 * time.Second, Target: 10}, {Over: 5 * time.Second, Target: 0}, {Over: 2 * time.Second, Target: 0}, {Target: 4}, {Over: 3 * time.Second, Target: 4}}})
		res := load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{Plan: plan})
		for i, want := range []int64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10, 8, 6, 4, 2, 0, 0, 4, 4, 4} {
			if got := users[i]; got < want-1 || got > want+1 {
				t.Errorf("%d users in second %d, not %d", got, i, want)
			}
		}
		if res.Users != 10 || users[25] != 0 || len(res.Timeline.Slices) < 25 {
			t.Errorf("%d users, %d slices", res.Users, len(res.Timeline.Slices))
		}
	})
}

// TestGrace lets what is under way end, and blames what has no answer all the while.
func TestGrace(t *testing.T) {
	t.Parallel()
	grace := 5 * time.Second
	for name, tt := range map[string]struct {
		thinks  time.Duration
		grace   *time.Duration
		verdict runner.Verdict
		want    string
	}{
		"in time":  {3 * time.Second, &grace, runner.Passed, "8 passed, 0 errors, 0 cut, 8 and 0 iterations"},
		"hangs":    {time.Hour, &grace, runner.Errored, "0 passed, 4 errors, 0 cut, 0 and 4 iterations"},
		"no grace": {7 * time.Second, new(time.Duration), runner.Errored, "0 passed, 0 errors, 4 cut, 0 and 4 iterations"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{thinks: func(int64, *http.Request) time.Duration { return tt.thinks }}
			plan := planned(t, collection.LoadPlan{Users: 4, Duration: 5 * time.Second, Grace: tt.grace})
			res := load.Run(t.Context(), compile(t, "timeout = \"10h\"\n"+one, s, runner.Options{}), load.Options{Plan: plan})
			got := fmt.Sprintf("%d passed, %d errors, %d cut, %d and %d iterations", res.Total.Passed, res.Total.Errors, res.Total.Cut, res.Iterations.Finished, res.Iterations.Cut)
			if got != tt.want || res.Verdict != tt.verdict {
				t.Errorf("%s: %s, %s", name, got, res.Verdict)
			}
			if res.Total.Errors > 0 && (len(res.Failures) != 1 || !strings.Contains(res.Failures[0].Diagnostic.Message, "nor 5s later")) {
				t.Errorf("%s: %v", name, res.Failures)
			}
		})
	}
}

// TestInterrupt ends at once, with what there is.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]collection.LoadPlan{
		"closed": {Users: 5, Duration: time.Hour}, "open": {Rate: perSecond(5), Iterations: 1 << 20}, "iterations": {Users: 5, Iterations: 1 << 20},
		"ramp": {Stages: []collection.LoadStage{{Over: time.Hour, Target: 3600}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Millisecond)
			defer cancel()
			s := &server{thinks: func(int64, *http.Request) time.Duration { return 900 * time.Millisecond }}
			begin := time.Now()
			res := load.Run(ctx, compile(t, one+"[[teardown]]\nname = \"End\"\nurl = \"http://api.test/end\"\n", s, runner.Options{}), load.Options{Plan: planned(t, p)})
			if took := time.Since(begin); took > 11*time.Second || res.Verdict != runner.Interrupted || res.ExitCode() != 130 {
				t.Errorf("%s: %s after %s", name, res.Verdict, took)
			}
			if res.Total.Errors != 0 || res.Total.Passed < 30 || len(res.Around) != 1 || res.Around[0].Passed != 1 {
				t.Errorf("%s: %+v %+v", name, res.Total, res.Around)
			}
		})
	}
}

// TestVerdicts says what decides: thresholds about what they speak of, else as in a run.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	const broken = one + "[[request]]\nname = \"Broken\"\nurl = \"http://api.test/{{missing}}\"\n"
	for _, tt := range []struct {
		name, text string
		bad        int64 // each so many answers is a 500
		thresholds []string
		code       int
	}{
		{"all right", one, 0, nil, 0},
		{"a failed assertion", one, 10, nil, 1},
		{"thresholds of time say nothing of it", one, 10, []string{"p95<1s"}, 1},
		{"few enough fail", one, 10, []string{"checks>=0.9"}, 0},
		{"too many fail", one, 10, []string{"checks>=0.99"}, 1},
		{"few enough requests fail", one, 10, []string{"error_rate<=0.1"}, 0},
		{"too many requests fail", one, 10, []string{"error_rate<0.1"}, 1},
		{"errors", broken, 0, nil, 3},
		{"checks say nothing of errors", broken, 0, []string{"checks>0.5"}, 3},
		{"errors beat thresholds", broken, 0, []string{"max<1ms"}, 3},
		{"errors that are allowed", broken, 0, []string{"error_rate<=0.5"}, 0},
		{"too slow", one, 0, []string{"p50<1ms", "p99<1h"}, 1},
		{"fast enough", one, 0, []string{"p50<=3ms", "avg>1ms", "max<3ms", "p999<3ms", "requests_per_second>100"}, 0},
		{"too few a second", one, 0, []string{"requests_per_second>=100000"}, 1},
		{"nothing was checked", "[[request]]\nurl = \"http://api.test/\"\nskip = \"later\"\n", 0, []string{"checks>=0"}, 1},
		{"nothing was sent", "[[request]]\nurl = \"http://api.test/\"\nskip = \"later\"\n", 0, nil, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{thinks: func(int64, *http.Request) time.Duration { return 2 * time.Millisecond }, status: func(n int64) int {
				if tt.bad > 0 && n%tt.bad == 0 {
					return 500
				}
				return 200
			}}
			res := load.Run(t.Context(), compile(t, tt.text, s, runner.Options{}), load.Options{
				Plan: planned(t, collection.LoadPlan{Users: 2, Iterations: 100}), Thresholds: thresholds(t, tt.thresholds...),
			})
			if res.ExitCode() != tt.code {
				t.Errorf("%s: exit %d, not %d: %+v", tt.name, res.ExitCode(), tt.code, res.Thresholds)
			}
			if tt.bad > 0 && (len(res.Failures) != 1 || res.Failures[0].Count != 10 || res.Failures[0].Request != "Read") {
				t.Errorf("%s: %+v", tt.name, res.Failures)
			}
		})
	}
}

// TestSecrets keeps secrets out of the samples of failures.
func TestSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{status: func(int64) int { return 500 }}
		r := compile(t, "[[request]]\nname = \"Read\"\nurl = \"http://api.test/?access_token=hunter2hunter2\"\nauth.bearer = \"hunter2hunter2\"\n", s, runner.Options{})
		res := load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Iterations: 3})})
		if text := fmt.Sprintf("%+v", res.Failures); len(res.Failures) != 1 || strings.Contains(strings.ReplaceAll(text, res.Failures[0].Diagnostic.Span.Source.Text, ""), "hunter2") {
			t.Error(text)
		}
	})
}

// TestFailuresAreBounded keeps a few of each request and counts the rest.
func TestFailuresAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		r := compile(t, "[[request]]\nurl = \"http://api.test/\"\nassert.text = \"{{$guid}}\"\n", s, runner.Options{})
		res := load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Iterations: 500, Users: 5})})
		if len(res.Failures) != 1 || res.Failures[0].Count != 500 || res.MoreFailures != 0 {
			t.Errorf("%d kinds, %d more", len(res.Failures), res.MoreFailures)
		}
	})
}

// TestManyRequests shares a row among those behind the first thousand.
func TestManyRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		r := compile(t, "[[request]]\nurl = \"http://api.test/\"\nrepeat = 1200\n", s, runner.Options{})
		res := load.Run(t.Context(), r, load.Options{Plan: planned(t, collection.LoadPlan{Iterations: 2})})
		if last := res.Requests[len(res.Requests)-1]; len(res.Requests) != 1000 || last.Title != "… and 201 more" || last.Passed != 402 || res.Total.Passed != 2400 {
			t.Errorf("%d rows, the last %q with %d", len(res.Requests), last.Title, last.Passed)
		}
	})
}

// TestProgress tells how it goes.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{thinks: func(int64, *http.Request) time.Duration { return 50 * time.Millisecond }}
		var told []load.Progress
		load.Run(t.Context(), compile(t, one, s, runner.Options{}), load.Options{
			Plan: planned(t, collection.LoadPlan{Users: 2, Duration: 3 * time.Second}), Tick: func(p load.Progress) { told = append(told, p) },
		})
		if len(told) < 5 {
			t.Fatalf("told %d times", len(told))
		}
		p := told[3]
		if p.Users != 2 || p.Left != time.Second || p.Finished < 60 || p.Rate < 30 || p.Rate > 50 || p.P95.Round(time.Millisecond) != 50*time.Millisecond {
			t.Errorf("%+v", p)
		}
	})
}

func TestPlans(t *testing.T) {
	t.Parallel()
	if p, err := load.NewPlan(nil); err != nil || p.Duration != load.DefaultDuration || p.Users != 1 || p.Grace != load.DefaultGrace {
		t.Errorf("%+v %v", p, err)
	}
	stages := []collection.LoadStage{{Over: time.Minute, Target: 120}}
	p := planned(t, collection.LoadPlan{Users: 200, Rate: &collection.Rate{Count: 60, Per: time.Minute}, Stages: stages})
	if p.Start != 1 || p.Stages[0].Target != 2 || p.Duration != time.Minute || p.Users != 200 {
		t.Errorf("%+v", p)
	}
	for _, bad := range []collection.LoadPlan{
		{Duration: time.Second, Stages: stages}, {Stages: []collection.LoadStage{{Target: 5}}}, {Stages: []collection.LoadStage{{Over: 1, Target: 1e6}}},
	} {
		if _, err := load.NewPlan(&bad); err == nil {
			t.Errorf("%+v is a plan", bad)
		}
	}
}
