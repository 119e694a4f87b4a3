package report

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postrider/postrider/runner"
)

// writes remembers each write.
type writes struct {
	all []string
	err error
}

func (w *writes) Write(p []byte) (int, error) {
	w.all = append(w.all, string(p))
	return len(p), w.err
}

func TestGather(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &writes{}
		g := &gatherer{w: w}
		say := func(text string) {
			t.Helper()
			if n, err := g.Write([]byte(text)); n != len(text) || err != nil {
				t.Fatal(n, err)
			}
		}
		said := func(want ...string) {
			t.Helper()
			synctest.Wait()
			g.mu.Lock()
			defer g.mu.Unlock()
			if got := strings.Join(w.all, "|"); got != strings.Join(want, "|") {
				t.Fatalf("%q", got)
			}
		}
		say("a")
		time.Sleep(gatherTime - time.Nanosecond)
		say("b")
		said()
		time.Sleep(time.Nanosecond)
		said("ab") // a waits no longer, whatever comes behind it
		say("c")
		time.Sleep(gatherTime)
		said("ab", "c")
		say("d")
		if err := g.flush(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * gatherTime)
		said("ab", "c", "d")
		long := strings.Repeat("x", gatherSize)
		say(long)
		said("ab", "c", "d", long)
		g.mu.Lock()
		w.err = errors.New("no room")
		g.mu.Unlock()
		say("e")
		time.Sleep(gatherTime)
		synctest.Wait()
		if _, err := g.Write([]byte("f")); !errors.Is(err, w.err) || !errors.Is(g.flush(), w.err) || len(w.all) != 5 {
			t.Fatalf("%v %q", err, w.all)
		}
	})
}

// TestTableGathers: the last line is there when the run is finished, and so is the reason why it is not.
func TestTableGathers(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errors.New("no room")} {
		w := &writes{err: failure}
		table := NewTable(w, TableOptions{Gather: true})
		info := &runner.CollectionInfo{Name: "shop", Iterations: 1}
		table.RunStarted(&runner.RunInfo{Collections: []*runner.CollectionInfo{info}})
		for range 3 {
			table.RequestFinished(&runner.RequestResult{Collection: info, Name: "ping", Iteration: 1, Verdict: runner.Passed})
		}
		table.RunFinished(&runner.Result{Verdict: runner.Passed})
		if text := strings.Join(w.all, ""); strings.Count(text, "ping") != 3 || !strings.HasSuffix(text, "\n") || !strings.Contains(text, "PASS") {
			t.Errorf("%q", text)
		}
		if len(w.all) > 2 || !errors.Is(table.Err(), failure) {
			t.Errorf("%d writes, error %v", len(w.all), table.Err())
		}
	}
}
