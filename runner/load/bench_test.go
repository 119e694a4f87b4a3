package load_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/load"
)

// BenchmarkLoad is requests of 50 users; the floor is a bare loop over net/http with the same checks. The ratio of the two
// is what the product costs.
func BenchmarkLoad(b *testing.B) {
	const users = 50
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json;charset=UTF-8"}
		_, _ = io.WriteString(w, `{"id":7,"name":"Jane Doe","email":"janedoe@example.com"}`)
	}))
	b.Cleanup(s.Close)
	b.Run("floor", func(b *testing.B) {
		transport := &http.Transport{MaxIdleConnsPerHost: users}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		var next atomic.Int64
		var wg sync.WaitGroup
		b.ReportAllocs()
		b.ResetTimer()
		for range users {
			wg.Go(func() {
				for next.Add(1) <= int64(b.N) {
					res, err := client.Get(s.URL + "/read")
					if err != nil {
						b.Error(err)
						return
					}
					body, err := io.ReadAll(res.Body)
					_ = res.Body.Close()
					if err != nil || res.StatusCode != 200 || !strings.Contains(string(body), `"id":7`) {
						b.Error(res.Status, err)
					}
				}
			})
		}
		wg.Wait()
	})
	b.Run("load", func(b *testing.B) {
		c, list := collection.Parse("a.toml", "[[request]]\nurl = \""+s.URL+"/read\"\nassert.status = 200\nassert.json.id = 7\n")
		if len(list) > 0 {
			b.Fatal(list)
		}
		client := exchange.NewClient(exchange.Options{IdleConns: users})
		defer client.Close()
		r, list := runner.New(c, runner.Options{Client: client})
		if len(list) > 0 {
			b.Fatal(list)
		}
		plan, err := load.NewPlan(&collection.LoadPlan{Users: users, Iterations: b.N})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ResetTimer()
		if res := load.Run(b.Context(), r, load.Options{Plan: plan}); res.Total.Passed != int64(b.N) {
			b.Errorf("%d of %d passed: %v", res.Total.Passed, b.N, res.Failures)
		}
	})
}
