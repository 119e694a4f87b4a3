package main

import "runtime"

// oneProcessor has the program do one thing at a time, as a run in order does anyway, and gives what ends that. A request
// is handed from goroutine to goroutine inside of net/http: with one processor that is no matter of threads, which have to
// be woken, and takes a quarter less time. Whoever set GOMAXPROCS knows better.
func (p *program) oneProcessor() (end func()) {
	if _, said := p.getenv("GOMAXPROCS"); said {
		return func() {}
	}
	before := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(before) }
}
