package main

import (
	"runtime"

	"github.com/postrider/postrider/runner"
)

// manyRequests are so many that one processor is worth the change, which costs what ten requests gain.
const manyRequests = 50

// oneProcessor has the program do one thing at a time, as a run in order does anyway, and gives what ends that. A request
// is handed from goroutine to goroutine inside of net/http: with one processor that is no matter of threads, which have to
// be woken, and takes a fifth less time. Whoever set GOMAXPROCS knows better.
func (p *program) oneProcessor() (end func()) {
	if _, said := p.getenv("GOMAXPROCS"); said {
		return func() {}
	}
	before := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(before) }
}

// planned is how many requests are to be sent.
func planned(runners []*runner.Runner) int {
	n := 0
	for _, r := range runners {
		n += r.Info().Planned.Requests.Planned
	}
	return n
}
