package report

import (
	"io"
	"math/rand/v2"
	"slices"
)

// A room is how much a page may hold.
type room struct {
	requests int   // all that are shown
	bad      int   // of them, the first that failed
	bytes    int64 // of all records
	bodies   int   // bytes of bodies in them
}

// pageRoom is as much as a browser opens and filters with ease.
func pageRoom() room {
	return room{requests: 20_000, bad: 10_000, bytes: 64 << 20, bodies: 32 << 20}
}

// A sample is the requests that a page shows: those that failed, and of the others a random choice that is even over the
// whole run (Vitter's algorithm R). Their records wait in a spool. The same run has the same sample.
type sample struct {
	most   room
	spool  spool
	bad    []kept // in order
	others []kept
	seen   int   // others that there were
	live   int64 // bytes of records that are still wanted
	bodies int   // bytes of bodies in them
	random *rand.Rand
	slot   int // of others, for the record that wants has asked for
}

// A kept record is one in the spool.
type kept struct {
	seq    int // number of the request in the run
	bad    bool
	bodies int // bytes of bodies
	at     int64
	size   int
}

// wants reports whether the next request is one to be shown; then put comes next.
func (s *sample) wants(bad bool) bool {
	if s.random == nil {
		s.random = rand.New(rand.NewPCG(0x706f7374, 0x7269646572))
	}
	full := len(s.bad)+len(s.others) >= s.most.requests || s.live >= s.most.bytes
	if bad {
		if len(s.bad) == s.most.bad || full && len(s.others) == 0 {
			return false
		}
		if full {
			s.drop(s.random.IntN(len(s.others)))
		}
		return true
	}
	s.seen++
	s.slot = len(s.others)
	if full {
		s.slot = s.random.IntN(s.seen)
	}
	return !full || s.slot < len(s.others)
}

// left is how many bytes of bodies the next record may have.
func (s *sample) left() int { return s.most.bodies - s.bodies }

// put keeps the record that was wanted.
func (s *sample) put(record []byte, k kept) error {
	k.at, k.size = s.spool.size, len(record)
	if _, err := s.spool.Write(record); err != nil {
		return err
	}
	s.live += int64(k.size)
	s.bodies += k.bodies
	switch {
	case k.bad:
		s.bad = append(s.bad, k)
	case s.slot < len(s.others):
		s.forget(s.others[s.slot])
		s.others[s.slot] = k
	default:
		s.others = append(s.others, k)
	}
	for s.live > s.most.bytes && len(s.others) > 1 {
		s.drop(s.random.IntN(len(s.others)))
	}
	if s.spool.size > 2*s.live+s.most.bytes/8 {
		return s.compact()
	}
	return nil
}

// drop gives up one of the others.
func (s *sample) drop(i int) {
	s.forget(s.others[i])
	last := len(s.others) - 1
	s.others[i] = s.others[last]
	s.others = s.others[:last]
}

func (s *sample) forget(k kept) {
	s.live -= int64(k.size)
	s.bodies -= k.bodies
}

// compact writes the spool anew, without what is no longer wanted.
func (s *sample) compact() error {
	var fresh spool
	var record []byte
	for _, list := range [][]kept{s.bad, s.others} {
		for i := range list {
			var err error
			if record, err = s.read(record[:0], list[i]); err == nil {
				list[i].at = fresh.size
				_, err = fresh.Write(record)
			}
			if err != nil {
				fresh.reset()
				return err
			}
		}
	}
	s.spool.reset()
	s.spool = fresh
	return nil
}

// read appends a record.
func (s *sample) read(b []byte, k kept) ([]byte, error) {
	from := len(b)
	b = slices.Grow(b, k.size)[:from+k.size]
	n, err := s.spool.ReadAt(b[from:], k.at)
	if n == k.size {
		err = nil
	} else if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// ordered is all that is kept, in the order of the run.
func (s *sample) ordered() []kept {
	all := slices.Concat(s.bad, s.others)
	slices.SortFunc(all, func(a, b kept) int { return a.seq - b.seq })
	return all
}
