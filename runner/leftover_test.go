package runner_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// leftoverRequests is how many requests TestNothingIsLeft sends, unless POSTRIDER_LEFTOVER_REQUESTS says otherwise.
const leftoverRequests = 5000

// TestNothingIsLeft counts files and connections around many requests: some fail, some are redirected, some time out,
// some have their connection closed. TestMain looks for goroutines.
func TestNothingIsLeft(t *testing.T) { // not beside other tests, which open files too
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("there is no /proc/self/fd")
	}
	n := leftoverRequests
	if text := os.Getenv("POSTRIDER_LEFTOVER_REQUESTS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	before := openFiles(t)
	var open, served atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/cut":
			panic(http.ErrAbortHandler)
		case "/slow":
			<-r.Context().Done()
		default:
			_, _ = io.WriteString(w, `{"a":1}`)
		}
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed, http.StateHijacked:
			open.Add(-1)
		}
	}
	s.Start()
	const each = 50
	var text strings.Builder
	for i := range each {
		path, timeout := "/ok", ""
		switch i {
		case 10, 20:
			path = "/moved"
		case 30:
			path = "/cut"
		case 40:
			path, timeout = "/slow", "timeout = \"2ms\"\n"
		}
		fmt.Fprintf(&text, "[[request]]\nname = \"%d\"\nurl = \"%s%s\"\n%sassert.json.a = 1\n", i, s.URL, path, timeout)
	}
	c, list := collection.Parse("many.toml", text.String())
	if list.HasErrors() {
		t.Fatal(list)
	}
	r, list := runner.New(c, runner.Options{Iterations: max(n/each, 1)})
	if list.HasErrors() {
		t.Fatal(list)
	}
	q := &quiet{}
	r.Run(t.Context(), q)
	if got := q.result.Counts.Requests; got.Sent != n || got.Passed < n*9/10 || got.Errors != n*2/each {
		t.Errorf("%+v", got)
	}
	within := func(what string, count func() int64, most int64) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); count() > most; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Errorf("%d %s, and %d were expected, after %d requests", count(), what, most, served.Load())
				return
			}
		}
	}
	within("connections", open.Load, 0)
	s.Close()
	within("files", func() int64 { return openFiles(t) }, before)
}

// openFiles counts what the process has open.
func openFiles(t *testing.T) int64 {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(entries))
}
