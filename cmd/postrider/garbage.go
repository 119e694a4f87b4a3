package main

import (
	"runtime"
	"runtime/debug"
	"sync"
)

const (
	usualGC = 100
	// thriftyGC is the percentage for a run of a large collection: as much garbage as there is of it would be a waste.
	thriftyGC = 35
	// largeLive is what such a run keeps: 8 MB, which are some three thousand requests.
	largeLive = 8 << 20
	// relaxedGC is the percentage for a load: of the little that it keeps, three times as much is little too.
	relaxedGC = 300
	// muchLive is what is kept from which on that would be a waste: 16 MB.
	muchLive = 16 << 20
)

// A collector has garbage collected more often or less than is usual. Whoever set GOGC knows better.
type collector struct {
	mu      sync.Mutex
	changed bool
	over    bool
	before  int
}

func (p *program) collector() *collector {
	_, said := p.getenv("GOGC")
	return &collector{over: said}
}

func (c *collector) set(percent int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over {
		c.changed, c.before = true, debug.SetGCPercent(percent)
	}
}

// relax has it collected less often.
func (c *collector) relax() { c.set(relaxedGC) }

// thrift has it collected more often from when much is kept.
func (c *collector) thrift() { runtime.SetFinalizer(&sentinel{c}, (*sentinel).collected) }

// A sentinel is garbage at once, to tell when garbage has been collected: most runs end before that.
type sentinel struct{ *collector }

func (s *sentinel) collected() {
	switch {
	case s.ended():
	case live(usualGC) > largeLive:
		s.set(thriftyGC)
	default:
		s.thrift()
	}
}

// look goes back to what is usual when much is kept after all, as with large bodies.
func (c *collector) look() {
	if !c.ended() && live(relaxedGC) > muchLive {
		c.end()
	}
}

// live is about how much was kept when garbage was last collected, with that percentage.
func live(percent uint64) uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m) // of runtime/metrics the initialiser alone costs a fiftieth of a run of one request
	return m.NextGC * 100 / (100 + percent)
}

func (c *collector) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.over
}

// end goes back to what is usual.
func (c *collector) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.changed && !c.over {
		debug.SetGCPercent(c.before)
	}
	c.over = true
}
