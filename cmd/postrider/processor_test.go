package main

import (
	"runtime"
	"testing"
)

// TestOneProcessor is of the whole process, so nothing may run beside it.
func TestOneProcessor(t *testing.T) {
	before := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(before)
	for _, said := range []bool{false, true} {
		p := &program{getenv: func(name string) (string, bool) { return "3", said && name == "GOMAXPROCS" }}
		want := 1
		if said {
			want = 3
		}
		end := p.oneProcessor()
		if got := runtime.GOMAXPROCS(0); got != want {
			t.Errorf("said %v: %d processors, want %d", said, got, want)
		}
		if end(); runtime.GOMAXPROCS(0) != 3 {
			t.Errorf("said %v: %d processors afterwards, want 3", said, runtime.GOMAXPROCS(0))
		}
	}
}
