package cognito

import (
	"container/list"
	"sync"
	"time"
)

// expiring keeps values under unguessable ids for a time, and at most max of them: when it is full the oldest makes
// room. So nothing that a stranger can cause to be stored grows without end.
type expiring[V any] struct {
	lifetime time.Duration // of what comes in by put
	max      int

	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List // of expiringEntry[V], oldest first
}

type expiringEntry[V any] struct {
	id      string
	value   V
	expires time.Time
}

func newExpiring[V any](lifetime time.Duration, max int) *expiring[V] {
	return &expiring[V]{lifetime: lifetime, max: max, entries: map[string]*list.Element{}}
}

// put stores the value for the lifetime.
func (e *expiring[V]) put(id string, value V, now time.Time) {
	e.putUntil(id, value, now.Add(e.lifetime), now)
}

// putUntil stores the value until it expires, and drops from the oldest on what has expired.
func (e *expiring[V]) putUntil(id string, value V, expires, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for front := e.order.Front(); front != nil; front = e.order.Front() {
		if len(e.entries) < e.max && now.Before(front.Value.(expiringEntry[V]).expires) {
			break
		}
		e.remove(front)
	}
	e.entries[id] = e.order.PushBack(expiringEntry[V]{id, value, expires})
}

// get returns the value while it lives.
func (e *expiring[V]) get(id string, now time.Time) (V, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.lookup(id, now)
}

// take returns the value while it lives, to one caller only.
func (e *expiring[V]) take(id string, now time.Time) (V, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	value, ok := e.lookup(id, now)
	if ok {
		e.remove(e.entries[id])
	}
	return value, ok
}

func (e *expiring[V]) lookup(id string, now time.Time) (V, bool) {
	var none V
	element, ok := e.entries[id]
	if !ok {
		return none, false
	}
	entry := element.Value.(expiringEntry[V])
	if !now.Before(entry.expires) {
		e.remove(element)
		return none, false
	}
	return entry.value, true
}

func (e *expiring[V]) remove(element *list.Element) {
	delete(e.entries, element.Value.(expiringEntry[V]).id)
	e.order.Remove(element)
}

func (e *expiring[V]) len() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.entries)
}
