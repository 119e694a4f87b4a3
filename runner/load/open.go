package load

import (
	"context"
	"sync"
	"time"
)

// A queue is the iterations that are due and have no user yet. Whoever comes first goes first.
type queue struct {
	mu    sync.Mutex
	wake  *sync.Cond
	due   arrivals // gives the moment of each that is taken
	open  int      // due and not taken
	idle  int      // users that wait for one
	users int
	last  bool // no more will be due
}

// open begins iterations when the curve says so. They find a free user, or a new one while there may be more; else they
// wait.
func (w *run) open() {
	due := arrivals{curve: w.plan.curve()}
	if s := w.plan.Shard; s.Of > 1 {
		due.behind = float64(s.Index-1) / float64(s.Of)
	}
	q := &queue{due: due}
	q.wake = sync.NewCond(&q.mu)
	stop := context.AfterFunc(w.soft, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.wake.Broadcast()
	})
	defer stop()
	w.schedule(q, &due)
	w.users.Wait()
	w.tally.mu.Lock()
	defer w.tally.mu.Unlock()
	w.tally.count.Dropped += int64(q.open)
}

// schedule lets iterations fall due at their moments, until there are no more.
func (w *run) schedule(q *queue, a *arrivals) {
	for n := 0; w.plan.Iterations == 0 || n < w.plan.Iterations; n++ {
		at, ok := a.next()
		if !ok || w.plan.Duration > 0 && at >= w.plan.Duration {
			break
		}
		if !w.until(at) && (w.ctx.Err() != nil || w.plan.Duration == 0 || time.Since(w.started) < at) {
			break // what would have been due until now counts as dropped
		}
		w.arrive(q)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = true
	q.wake.Broadcast()
}

// arrive lets one fall due.
func (w *run) arrive(q *queue) {
	q.mu.Lock()
	q.open++
	late := false
	switch {
	case w.over():
	case q.open <= q.idle:
		q.wake.Signal()
	case q.users < w.plan.Users:
		q.users++
		w.users.Go(func() { w.serve(q) })
	default:
		late = true
	}
	q.mu.Unlock()
	if late {
		w.tally.mu.Lock()
		w.tally.count.Late++
		w.tally.mu.Unlock()
	}
}

// take waits until an iteration is due, and gives the moment when it should have begun. There is none when the load is
// over.
func (w *run) take(q *queue, k *worker) (at time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.open == 0 && !q.last && !w.over() {
		if len(k.samples) > 0 {
			q.mu.Unlock()
			k.hand(time.Since(w.started))
			q.mu.Lock()
			continue // something may be due by now
		}
		q.idle++
		q.wake.Wait()
		q.idle--
	}
	if q.open == 0 || w.over() {
		return 0, false
	}
	q.open--
	at, _ = q.due.next()
	return at, true
}

// serve is one user of an open load.
func (w *run) serve(q *queue) {
	k := w.worker()
	defer k.close()
	for {
		at, ok := w.take(q, k)
		if !ok || !k.iterate(w.next.Add(1), max(time.Since(w.started)-at, 0)) {
			return
		}
	}
}
