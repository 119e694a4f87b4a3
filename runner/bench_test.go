package runner_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

const benchBody = `{"sub":"248289761001","email_verified":"true","name":"Jane Doe","preferred_username":"j.doe","email":"janedoe@example.com"}`

// benchServer answers userInfo as shortly as it can.
func benchServer(b *testing.B) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json;charset=UTF-8"}
		_, _ = io.WriteString(w, benchBody)
	}))
	b.Cleanup(s.Close)
	return s.URL
}

// bare is the floor: a request over net/http with the same three checks and no product around it.
func bare(client *http.Client, url string) error {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer x-bench-token")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Type"), "json") || v["sub"] != "248289761001" {
		return fmt.Errorf("unexpected answer %d %s", res.StatusCode, body)
	}
	return nil
}

// quiet is a reporter that only remembers the outcome.
type quiet struct{ result *runner.Result }

func (q *quiet) RunStarted(*runner.RunInfo)                  {}
func (q *quiet) RequestFinished(*runner.RequestResult)       {}
func (q *quiet) CollectionFinished(*runner.CollectionResult) {}
func (q *quiet) RunFinished(r *runner.Result)                { q.result = r }

func benchRunner(b *testing.B, url string, requests int, client *exchange.Client) *runner.Runner {
	var text strings.Builder
	text.WriteString("name = \"bench\"\n[variables]\nhost = \"" + url + "\"\ntoken = \"x-bench-token\"\n")
	for i := range requests {
		fmt.Fprintf(&text, "[[request]]\nname = \"user info %d\"\nurl = \"{{host}}/oauth2/userInfo?n=%d\"\nauth.bearer = \"{{token}}\"\n", i, i)
		text.WriteString("assert.status = 200\nassert.header.Content-Type = { contains = \"json\" }\nassert.json.sub = \"248289761001\"\n")
	}
	c, list := collection.Parse("bench.toml", text.String())
	if list.HasErrors() {
		b.Fatal(list)
	}
	r, list := runner.New(c, runner.Options{Client: client, Redactor: environment.NewRedactor(), Lines: true})
	if list.HasErrors() {
		b.Fatal(list)
	}
	return r
}

// BenchmarkEngine compares the engine with a bare net/http loop that sends and checks the same, in turn, and gives the
// ratio: one request, a thousand in order, and fifty at a time.
func BenchmarkEngine(b *testing.B) {
	for _, w := range []struct {
		name            string
		requests, users int
	}{{"one", 1, 1}, {"sequential1000", 1000, 1}, {"parallel50", 40, 50}} {
		b.Run(w.name, func(b *testing.B) {
			url := benchServer(b)
			transport := &http.Transport{MaxIdleConnsPerHost: w.users}
			defer transport.CloseIdleConnections()
			floor := &http.Client{Transport: transport}
			client := exchange.NewClient(exchange.Options{})
			defer client.Close()
			r := benchRunner(b, url, w.requests, client)

			ours := func() error {
				q := &quiet{}
				if r.Run(context.Background(), q); q.result.Verdict != runner.Passed {
					return fmt.Errorf("verdict %s", q.result.Verdict)
				}
				return nil
			}
			theirs := func() error {
				for i := range w.requests {
					if err := bare(floor, fmt.Sprintf("%s/oauth2/userInfo?n=%d", url, i)); err != nil {
						return err
					}
				}
				return nil
			}
			var a, f time.Duration
			together(b, w.users, ours) // open the connections
			together(b, w.users, theirs)
			b.ResetTimer()
			for b.Loop() {
				a += together(b, w.users, ours)
				f += together(b, w.users, theirs)
			}
			b.ReportMetric(float64(a)/float64(f), "ratio")
			b.ReportMetric(float64(a.Microseconds())/float64(b.N*w.requests*w.users), "µs/request")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// together has users do the same at the same time, and says how long all of it took.
func together(b *testing.B, users int, do func() error) time.Duration {
	start := time.Now()
	var wait sync.WaitGroup
	for range users {
		wait.Go(func() {
			if err := do(); err != nil {
				b.Error(err)
			}
		})
	}
	wait.Wait()
	return time.Since(start)
}
