package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
)

// Options say how a load runs.
type Options struct {
	Plan        Plan
	Environment []string // names, for the report
	Thresholds  []collection.Threshold
	// Tick, if not nil, is told twice a second how it goes, from one goroutine.
	Tick func(Progress)
}

// Progress is how a load goes.
type Progress struct {
	Elapsed  time.Duration
	Left     time.Duration // until no iteration begins any more; below zero where that is not known
	Users    int           // that work
	Finished int64         // requests
	Rate     float64       // requests a second, lately
	Failed   int64         // requests that did not pass
	P95      time.Duration // of all requests
	Done     int64         // iterations
	Late     int64
}

// tick is how often progress is told.
const tick = 500 * time.Millisecond

// lately is over how many ticks a rate is taken: users hand over what they did now and then.
const lately = 4

// A run is a load under way.
type run struct {
	plan    Plan
	crew    *runner.Crew
	tally   *tally
	started time.Time
	ctx     context.Context // ends with an interrupt
	soft    context.Context // ends when no iteration begins any more
	halt    context.CancelFunc
	hard    context.Context // ends when what is under way is given up

	next   atomic.Int64 // iterations that began
	active atomic.Int64 // users that work
	most   atomic.Int64
	broken atomic.Pointer[error] // why no row could be read
	users  sync.WaitGroup
}

// Run runs a collection under load: setup once, the users, teardown once. The context's end interrupts it: what is under
// way is given up, teardown has a while, and the result has what there is.
func Run(ctx context.Context, r *runner.Runner, o Options) *Result {
	info := r.Info()
	result := &Result{Name: info.Name, Path: info.Path, Environment: o.Environment, Started: time.Now(), Plan: o.Plan}
	t := newTally(r)
	w := &run{plan: o.Plan, tally: t, ctx: ctx}
	r.Crew(ctx, t.besides, func(c *runner.Crew) {
		w.crew, c.Shard = c, o.Plan.Shard
		w.all(ctx, o.Tick)
		result.Duration = time.Since(w.started)
	})
	result.Users = int(w.most.Load())
	result.Iterations, result.Requests, result.Around = t.count, t.rows, t.around
	result.Total, result.Whole, result.Timeline = t.total, t.whole, t.timeline
	result.Failures, result.MoreFailures = t.failures.list, t.failures.more
	broken := w.broken.Load()
	if broken != nil {
		result.Failures = append(result.Failures, unreadable(*broken))
	}
	result.judge(o.Thresholds, ctx.Err() != nil, broken != nil)
	return result
}

// unreadable is the failure of a row.
func unreadable(err error) Failure {
	d := diag.Diagnostic{Message: "the next row cannot be read: " + err.Error()}
	var placed diag.Diagnostic
	if errors.As(err, &placed) {
		d = placed
	}
	line, column := d.Span.Position()
	return Failure{Request: "data", Count: 1, Diagnostic: d, File: d.Span.File(), Line: line, Column: column}
}

// all has all users work until the end.
func (w *run) all(ctx context.Context, told func(Progress)) {
	w.started = time.Now()
	hard, cut := context.WithCancel(ctx)
	defer cut()
	w.hard = hard
	if w.plan.Duration > 0 {
		w.soft, w.halt = context.WithTimeout(ctx, w.plan.Duration)
	} else {
		w.soft, w.halt = context.WithCancel(ctx)
	}
	defer w.halt()
	if w.plan.Duration > 0 {
		timer := time.AfterFunc(w.plan.Duration+w.plan.Grace, cut)
		defer timer.Stop()
	}
	watched := w.watch(told)
	defer watched()
	if w.plan.Open {
		w.open()
	} else {
		w.closed()
	}
	w.users.Wait()
}

// over reports whether no iteration begins any more.
func (w *run) over() bool {
	return w.soft.Err() != nil || w.plan.Duration > 0 && time.Since(w.started) >= w.plan.Duration
}

// until waits for a moment since the start, and reports whether it came before the end.
func (w *run) until(at time.Duration) bool {
	wait := at - time.Since(w.started)
	if wait <= 0 {
		return w.soft.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.soft.Done():
		return false
	}
}

// A worker is a user with its recorder.
type worker struct {
	recorder
	user *runner.User
}

func (w *run) worker() *worker {
	k := &worker{recorder: recorder{run: w}}
	k.user = w.crew.User(w.hard, k.tell)
	return k
}

func (k *worker) close() {
	k.hand(0)
	k.user.Close()
}

// iterate runs an iteration that began so much later than it should have, and reports whether there may be more.
func (k *worker) iterate(n int64, waited time.Duration) bool {
	w := k.run
	w.note(w.active.Add(1))
	defer w.active.Add(-1)
	k.begin(waited)
	start := time.Now()
	if err := k.user.Iterate(int(n)); err != nil {
		w.broken.CompareAndSwap(nil, &err)
		w.halt()
		return false
	}
	k.end(time.Since(start) + waited)
	return true
}

// note remembers the most users.
func (w *run) note(n int64) {
	for most := w.most.Load(); n > most && !w.most.CompareAndSwap(most, n); {
		most = w.most.Load()
	}
}

// watch tells how it goes until the function that it returns is called.
func (w *run) watch(told func(Progress)) func() {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		before := make([]Progress, 1, lately+1) // the first is the oldest
		for {
			select {
			case <-end:
				return
			case <-ticker.C:
			}
			p := w.progress()
			if long := p.Elapsed - before[0].Elapsed; long > 0 {
				p.Rate = float64(p.Finished-before[0].Finished) / long.Seconds()
			}
			if before = append(before, p); len(before) > lately {
				before = append(before[:0], before[1:]...)
			}
			if told != nil {
				told(p)
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

func (w *run) progress() Progress {
	p := Progress{Elapsed: time.Since(w.started), Left: -1, Users: int(w.active.Load())}
	if w.plan.Duration > 0 {
		p.Left = max(w.plan.Duration-p.Elapsed, 0)
	}
	t := w.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	p.Finished, p.Failed, p.Done, p.Late = t.total.Finished(), t.total.Failed+t.total.Errors, t.count.Finished, t.count.Late
	p.P95 = t.total.Latency.Percentile(95)
	if slice := t.timeline.at(p.Elapsed); p.Users > slice.Users {
		slice.Users = p.Users
	}
	return p
}
