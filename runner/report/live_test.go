package report

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postrider/postrider/runner"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		done, planned, failed int
		elapsed               time.Duration
		width                 int
		want                  string
	}{
		{0, 10, 0, 3 * time.Second, 0, "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 0/10 · 0/s · 3 s so far"},
		{412, 1000, 2, 10 * time.Second, 0, "━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌ 412/1000 · 41/s · 2 failed · 14 s left"},
		{1, 3, 0, 2 * time.Second, 80, "━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 1/3 · 0.5/s · 4 s left"},
		{1, 100, 1, 10 * time.Second, 80, "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 1/100 · 0.1/s · 1 failed · 16m30s left"},
		{412, 1000, 2, 10 * time.Second, 40, "412/1000 · 41/s · 2 failed · 14 s left"},
		{412, 1000, 2, 10 * time.Second, 20, "412/1000 · 41/s · …"},
		{10, 10, 0, time.Second, 0, "━━━━━━━━━━━━━━━━━━━━ 10/10 · 10/s"},
		{5, 0, 0, time.Second, 0, "╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ 5/5 · 5.0/s"},
	} {
		if got := string(progressLine(nil, c.done, c.planned, c.failed, c.elapsed, LiveOptions{Width: c.width})); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

// terminal is what a terminal shows of what was written to it, as far as a live line needs it.
func terminal(written string) string {
	var lines []string
	line := ""
	for len(written) > 0 {
		switch {
		case strings.HasPrefix(written, "\r\x1b[2K"):
			line, written = "", written[5:]
		case written[0] == '\n':
			lines, line, written = append(lines, line), "", written[1:]
		default:
			line, written = line+written[:1], written[1:]
		}
	}
	return strings.Join(append(lines, line), "\n")
}

// A shared buffer is written and read by several goroutines.
type shared struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// The line is there when a run is long, below what has been written, and gone at the end.
func TestLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		out := &shared{}
		l := NewLive(out, LiveOptions{Width: 80})
		info := started()
		info.Planned.Requests.Planned = 4
		l.RunStarted(info)
		for i, row := range []string{"first\n", "second\n", "third\n"} {
			time.Sleep(610 * time.Millisecond)
			l.RequestFinished(&runner.RequestResult{Verdict: runner.Failed})
			l.Write([]byte(row))
			if i == 0 && strings.Contains(terminal(out.String()), "1/4") {
				t.Error("a short run has a line")
			}
		}
		time.Sleep(redrawn)
		if got := terminal(out.String()); got != "first\nsecond\nthird\n━━━━━━━━━━━━━━━╌╌╌╌╌ 3/4 · 1.6/s · 3 failed · 1 s left" {
			t.Errorf("the terminal shows\n%s", got)
		}
		l.Write([]byte("half a"))
		time.Sleep(time.Second)
		if got := terminal(out.String()); !strings.HasSuffix(got, "third\nhalf a") {
			t.Errorf("the terminal shows\n%s", got)
		}
		l.Write([]byte(" line\n"))
		time.Sleep(time.Second)
		l.RunFinished(&runner.Result{})
		l.Write([]byte("end\n"))
		time.Sleep(time.Minute)
		if got := terminal(out.String()); got != "first\nsecond\nthird\nhalf a line\nend\n" || l.Err() != nil {
			t.Errorf("%v, the terminal shows\n%s", l.Err(), got)
		}
	})
}

// Where there is no terminal, each tenth has a line.
func TestProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewProgress(&out, TableOptions{Rerun: again})
	s := &script{info: started(), collections: []group{{info: &runner.CollectionInfo{Name: "many", Path: "many.toml", Iterations: 1}}}}
	s.info.Planned.Requests.Planned = 40
	for i := range 40 {
		one := ok("one", "GET", "/", 200, 5, 1, time.Millisecond)
		if i == 7 {
			fail(one, "")
		}
		s.collections[0].requests = append(s.collections[0].requests, one)
	}
	s.play(p)
	lines := strings.Split(out.String(), "\n")
	if len(lines) < 10 || !strings.HasPrefix(lines[0], "━━╌") || !strings.Contains(lines[8], " 36/40 · ") || !strings.Contains(lines[8], " · 1 failed") {
		t.Errorf("got\n%s", out.String())
	}
	if text := out.String(); strings.Count(text, "━╌") != 9 || !strings.Contains(text, "1. one\nerror: assertion failed: status") || !strings.Contains(text, "FAIL  1 of 40") {
		t.Errorf("got\n%s", text)
	}
}
