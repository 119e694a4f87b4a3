package load

import "time"

// closed has users that each begin the next iteration when the last has ended. How many there are is the curve's.
func (w *run) closed() {
	c := w.plan.curve()
	for i := range w.plan.Users {
		w.users.Go(func() { w.loop(c, float64(i+1)) })
	}
}

// loop is one user: it works while there are to be so many.
func (w *run) loop(c *curve, rank float64) {
	var k *worker
	for !w.over() {
		if now := time.Since(w.started); c.at(now) < rank {
			at, ok := c.reaches(now, rank)
			if !ok || !w.rest(k, at) {
				break
			}
			continue
		}
		n := w.next.Add(1)
		if w.plan.Iterations > 0 && n > int64(w.plan.Iterations) {
			w.halt() // those that wait for their turn need not
			break
		}
		if k == nil {
			k = w.worker()
			defer k.close()
		}
		if !k.iterate(n, 0) {
			break
		}
	}
}

// rest waits for a moment, and hands over first what would else lie about. A moment that has come is one that rounding
// missed.
func (w *run) rest(k *worker, at time.Duration) bool {
	if k != nil {
		k.hand(time.Since(w.started))
	}
	return w.until(max(at, time.Since(w.started)+time.Millisecond))
}
