package report

import (
	"io"
	"sync"
	"time"
)

const (
	// gatherTime is how long a row may wait for others, where nobody watches.
	gatherTime = 100 * time.Millisecond
	// gatherSize is how much waits at most, in bytes.
	gatherSize = 32 << 10
)

// A gatherer writes what comes within a tenth of a second at once, for a system call for each row costs more than the
// row. The first error stays, and nothing is written after it.
type gatherer struct {
	w io.Writer

	mu    sync.Mutex
	text  []byte
	timer *time.Timer // while something waits
	err   error
}

// Write implements [io.Writer].
func (g *gatherer) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	g.text = append(g.text, p...)
	switch {
	case len(g.text) >= gatherSize:
		g.write()
	case g.timer == nil:
		g.timer = time.AfterFunc(gatherTime, func() { _ = g.flush() })
	}
	return len(p), g.err
}

// flush writes what waits.
func (g *gatherer) flush() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.write()
	return g.err
}

func (g *gatherer) write() {
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	if len(g.text) > 0 && g.err == nil {
		_, g.err = g.w.Write(g.text)
	}
	if g.text = g.text[:0]; cap(g.text) > 1<<20 {
		g.text = nil // one huge exchange is not kept for a whole run
	}
}
