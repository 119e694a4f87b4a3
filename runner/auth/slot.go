package auth

import (
	"context"
	"sync"
)

// A slot holds one thing that many ask for and one of them fetches. The zero value is empty.
type slot[V any] struct {
	mu     sync.Mutex
	value  V
	flight *flight[V] // nil: nobody is fetching
}

// A flight is one fetch and those who wait for it.
type flight[V any] struct {
	done chan struct{} // closed once the rest is set

	value     V
	err       error
	abandoned bool // who fetched was canceled, or panicked: somebody else has to
}

// get gives what is held if it is good, else what is fetched. Of those who ask meanwhile, one fetches for all, within
// its own call; if its context ends before, one of the others takes over. The fetch is given what was held until then.
func (s *slot[V]) get(ctx context.Context, good func(V) bool, fetch func(old V) (V, error)) (V, error) {
	for {
		s.mu.Lock()
		if good(s.value) {
			defer s.mu.Unlock()
			return s.value, nil
		}
		f := s.flight
		if f == nil {
			f = &flight[V]{done: make(chan struct{}), abandoned: true}
			s.flight = f
			old := s.value
			s.mu.Unlock()
			return s.lead(ctx, f, old, fetch)
		}
		s.mu.Unlock()
		select {
		case <-f.done:
			if !f.abandoned {
				return f.value, f.err
			}
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		}
	}
}

// lead fetches and tells the others. It holds what was fetched unless there was an error.
func (s *slot[V]) lead(ctx context.Context, f *flight[V], old V, fetch func(V) (V, error)) (V, error) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flight = nil
		if !f.abandoned && f.err == nil {
			s.value = f.value
		}
		close(f.done)
	}()
	value, err := fetch(old)
	f.value, f.err, f.abandoned = value, err, err != nil && ctx.Err() != nil
	return value, err
}

// put replaces what is held.
func (s *slot[V]) put(value V) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value = value
}
