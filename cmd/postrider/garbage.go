package main

import (
	"runtime/debug"
	"runtime/metrics"
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
	live    []metrics.Sample
}

// relax begins; whoever set GOGC knows better.
func (p *program) relax() *collector {
	c := &collector{live: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}
	if _, said := p.getenv("GOGC"); !said {
		c.relaxed, c.before = true, debug.SetGCPercent(relaxedGC)
	}
	return c
}

// look goes back to what is usual when there is much after all, as with large bodies.
func (c *collector) look() {
	if metrics.Read(c.live); c.live[0].Value.Kind() == metrics.KindUint64 && c.live[0].Value.Uint64() > muchLive {
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
