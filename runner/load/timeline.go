package load

import "time"

// MaxSlices is how many slices a timeline has at most.
const MaxSlices = 240

// A Timeline is what happened when: slices of a second, or of 2, 4, 8… when a load is long, so that there are never more
// than 240. The zero Timeline is empty.
type Timeline struct {
	Width  time.Duration // of a slice
	Slices []Slice
}

// A Slice is what ended in one slice of the time.
type Slice struct {
	Requests int64 // that came to an end
	Failed   int64
	Errors   int64
	Users    int // the most that worked
	Latency  Latency
}

// at is the slice of a moment since the start.
func (t *Timeline) at(d time.Duration) *Slice {
	if t.Width == 0 {
		t.Width = time.Second
	}
	for d/t.Width >= MaxSlices {
		t.fold()
	}
	for i := int(max(d, 0) / t.Width); i >= len(t.Slices); {
		t.Slices = append(t.Slices, Slice{Latency: coarse()})
	}
	return &t.Slices[max(d, 0)/t.Width]
}

// fold makes one slice of each two.
func (t *Timeline) fold() {
	half := (len(t.Slices) + 1) / 2
	for i := range half {
		s := t.Slices[2*i]
		if 2*i+1 < len(t.Slices) {
			s.merge(&t.Slices[2*i+1], false)
		}
		t.Slices[i] = s
	}
	clear(t.Slices[half:])
	t.Slices, t.Width = t.Slices[:half], 2*t.Width
}

// merge adds another slice; the users of one beside it are more, those of the next are not.
func (s *Slice) merge(o *Slice, beside bool) {
	s.Requests += o.Requests
	s.Failed += o.Failed
	s.Errors += o.Errors
	if beside {
		s.Users += o.Users
	} else {
		s.Users = max(s.Users, o.Users)
	}
	s.Latency.Merge(&o.Latency)
}

// merge adds the timeline of a load that ran at the same time and began so much later.
func (t *Timeline) merge(o *Timeline, later time.Duration) {
	for i := range o.Slices {
		// the middle of a slice is in the slice that has most of it
		to := t.at(later + time.Duration(i)*o.Width + min(o.Width, max(t.Width, time.Second))/2)
		to.merge(&o.Slices[i], true)
	}
}
