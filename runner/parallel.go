package runner

import (
	"context"
	"iter"
	"sync"
)

// waiting is how many results a collection may have ready before its turn to be reported has come. One with more waits,
// so that a long one beside a slow one does not fill the memory.
const waiting = 4096

// sideBySide runs up to n collections at the same time, and tells the reporter of one after the other.
func sideBySide(ctx context.Context, runners []*Runner, n int, reporter Reporter, stopped *stop) iter.Seq[*CollectionResult] {
	return func(yield func(*CollectionResult) bool) {
		queues := make([]chan func(Reporter), len(runners))
		for i := range queues {
			queues[i] = make(chan func(Reporter), waiting)
		}
		results := make([]*CollectionResult, len(runners))
		var all sync.WaitGroup
		defer all.Wait()
		all.Go(func() {
			// Collections start in the order of the plan, so the one whose turn it is always runs.
			free := make(chan struct{}, n)
			for i, r := range runners {
				free <- struct{}{}
				all.Go(func() {
					results[i] = r.run(ctx, queue(queues[i]), stopped)
					close(queues[i])
					<-free
				})
			}
		})
		for i, q := range queues {
			for tell := range q {
				tell(reporter)
			}
			if !yield(results[i]) {
				return
			}
		}
	}
}

// A queue is a reporter that puts off what it is told.
type queue chan<- func(Reporter)

func (q queue) RunStarted(info *RunInfo)           { q <- func(r Reporter) { r.RunStarted(info) } }
func (q queue) RequestFinished(res *RequestResult) { q <- func(r Reporter) { r.RequestFinished(res) } }
func (q queue) CollectionFinished(res *CollectionResult) {
	q <- func(r Reporter) { r.CollectionFinished(res) }
}
func (q queue) RunFinished(res *Result) { q <- func(r Reporter) { r.RunFinished(res) } }
