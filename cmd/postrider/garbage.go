package main

import (
	"runtime"
	"runtime/debug"
)

const (
	// relaxedGC is the percentage for a load: of the little that it keeps, four times as much is little too.
	relaxedGC = 300
	// muchLive is what is kept from which on that would be a waste: 16 MB.
	muchLive = 16 << 20
)

// A collector collects garbage less often while there is little, which is a tenth of what a load costs.
type collector struct {
	relaxed bool
	before  int
}

// relax begins; whoever set GOGC knows better.
func (p *program) relax() *collector {
	c := &collector{}
	if _, said := p.getenv("GOGC"); !said {
		c.relaxed, c.before = true, debug.SetGCPercent(relaxedGC)
	}
	return c
}

// look goes back to what is usual when there is much after all, as with large bodies.
func (c *collector) look() {
	if !c.relaxed {
		return
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m) // of runtime/metrics the initialiser alone costs a fiftieth of a run of one request
	if live := m.NextGC * 100 / (100 + relaxedGC); live > muchLive {
		c.end()
	}
}

// end goes back to what is usual.
func (c *collector) end() {
	if c.relaxed {
		debug.SetGCPercent(c.before)
		c.relaxed = false
	}
}
