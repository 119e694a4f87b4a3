package runner_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/rows"
)

// Users that ask for iterations by number get the row of that number, in whatever order they come.
func TestIterateAt(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.URL.RawQuery)
	}))
	t.Cleanup(s.Close)
	var table strings.Builder
	table.WriteString("row\n")
	const total = 5000
	for i := range total {
		fmt.Fprintf(&table, "%d\n", i+1)
	}
	opened := 0
	files := fstest.MapFS{"rows.csv": {Data: []byte(table.String())}}
	data, err := rows.New("rows.csv", func() (fs.File, error) {
		opened++
		return files.Open("rows.csv")
	})
	if err != nil {
		t.Fatal(err)
	}
	r := compiled(t, "numbered", "[[request]]\nurl = \""+s.URL+"/?{{row}}\"\n", runner.Options{Rows: data})
	r.Crew(t.Context(), func(*runner.RequestResult) {}, func(crew *runner.Crew) {
		u := crew.User(t.Context(), func(*runner.RequestResult) {})
		defer u.Close()
		for _, run := range []struct {
			numbers []int
			opens   int // of the file, at most
		}{
			{[]int{1, 2, 3}, 1},
			{[]int{6, 5, 4, 10, 7, 9, 8}, 0},
			{[]int{4000, 11, 4001, 12, 4002, 13, 3999, 3500}, 1},                      // two sequences at once
			{[]int{total, total + 1, total - 1, total + 3, total + 2}, 1},             // the first comes again
			{[]int{1_000_000 * total, 1_000_000*total + 1, 1_000_000*total - 1}, 2},   // nobody reads all of that
			{[]int{1, 101, 201, 301, 401, 501, 601, 701, 801, 901, 1001, 1101}, 1000}, // far behind all of them
		} {
			got, opened = nil, 0
			for _, n := range run.numbers {
				if err := u.IterateAt(n); err != nil {
					t.Fatal(err)
				}
				if want := fmt.Sprint((n-1)%total + 1); got[len(got)-1] != want {
					t.Errorf("iteration %d has row %s, not %s", n, got[len(got)-1], want)
				}
			}
			if opened > run.opens {
				t.Errorf("%v: the file was opened %d times", run.numbers, opened)
			}
		}
	})
}
