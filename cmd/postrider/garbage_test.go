package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// percent is what garbage is collected with now.
func percent() int {
	p := debug.SetGCPercent(usualGC)
	debug.SetGCPercent(p)
	return p
}

// TestCollector is of the whole process, so nothing may run beside it.
func TestCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(usualGC))
	unsaid := &program{getenv: func(string) (string, bool) { return "", false }}
	collected := func(kept int, want int) {
		t.Helper()
		data := make([]byte, kept)
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && percent() != want; time.Sleep(time.Millisecond) {
			runtime.GC()
		}
		if got := percent(); got != want {
			t.Errorf("%d bytes kept: %d %%, want %d", kept, got, want)
		}
		runtime.KeepAlive(data)
	}

	c := unsaid.collector()
	c.thrift()
	for range 3 { // of little that is kept
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	collected(0, usualGC)
	collected(2*largeLive, thriftyGC)
	c.end()
	collected(2*largeLive, usualGC)

	runtime.GC()
	c = unsaid.collector()
	c.relax()
	if c.look(); percent() != relaxedGC {
		t.Errorf("%d %%, want %d", percent(), relaxedGC)
	}
	data := make([]byte, 2*muchLive)
	runtime.GC()
	if c.look(); percent() != usualGC {
		t.Errorf("with much that is kept: %d %%, want %d", percent(), usualGC)
	}
	runtime.KeepAlive(data)

	c = (&program{getenv: func(string) (string, bool) { return "100", true }}).collector()
	if c.relax(); percent() != usualGC {
		t.Errorf("against what GOGC said: %d %%", percent())
	}
	c.thrift()
	collected(2*largeLive, usualGC)
}
