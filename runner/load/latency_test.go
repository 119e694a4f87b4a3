package load

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestLatency keeps three digits from a microsecond to an hour, and grows only as far as it must.
func TestLatency(t *testing.T) {
	t.Parallel()
	var l Latency
	if l.Count() != 0 || l.Percentile(50) != 0 || l.Max() != 0 || l.Mean() != 0 || l.Min() != 0 || l.Encode() != "" {
		t.Error("nothing is something")
	}
	sizes := []int{}
	for _, d := range []time.Duration{-time.Second, 1, 1234 * time.Microsecond, 5432 * time.Millisecond, 40 * time.Minute, 3 * time.Hour} {
		var one Latency
		one.Record(d)
		l.Record(d)
		want := min(max(d, time.Microsecond), time.Hour)
		if got := one.Percentile(50); math.Abs(float64(got-want)) > float64(want)/1000 {
			t.Errorf("%s became %s", d, got)
		}
		sizes = append(sizes, one.histogram.ByteSize())
	}
	if l.Count() != 6 || sizes[0] > 70_000 || sizes[5] > 200_000 || sizes[0] >= sizes[3] || sizes[3] >= sizes[5] {
		t.Errorf("%d, of %v bytes", l.Count(), sizes)
	}
	few := coarse()
	few.Record(time.Hour)
	if few.histogram.ByteSize() > 30_000 {
		t.Errorf("two digits take %d bytes", few.histogram.ByteSize())
	}
}

// TestLatencyMerge is as if all had been recorded by one, whoever reaches further.
func TestLatencyMerge(t *testing.T) {
	t.Parallel()
	var whole, a, b Latency
	for i := range 1000 {
		d := time.Duration(i*i*i) * time.Microsecond
		whole.Record(d)
		if i%3 == 0 || i < 20 {
			a.Record(d)
		} else {
			b.Record(d)
		}
	}
	for _, pair := range [][2]*Latency{{&a, &b}, {&b, &a}} {
		var sum Latency
		sum.Merge(&Latency{})
		sum.Merge(pair[0])
		sum.Merge(pair[1])
		decoded, err := DecodeLatency(sum.Encode())
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []*Latency{&sum, &decoded} {
			for _, p := range []float64{0, 10, 50, 90, 99, 99.9, 100} {
				if got.Percentile(p) != whole.Percentile(p) || got.Count() != 1000 {
					t.Errorf("p%v is %s, not %s", p, got.Percentile(p), whole.Percentile(p))
				}
			}
		}
	}
}

func FuzzDecodeLatency(f *testing.F) {
	var l Latency
	l.Record(time.Millisecond)
	f.Add(l.Encode())
	f.Add("HISTFAAAABx4nA==")
	f.Add(strings.Repeat("A", 100))
	f.Fuzz(func(t *testing.T, text string) {
		l, err := DecodeLatency(text)
		if err != nil {
			return
		}
		var sum Latency
		sum.Merge(&l)
		l.Steps(func(float64, time.Duration) {})
		if sum.Count() != l.Count() || sum.Max() > 2*time.Hour {
			t.Errorf("%d became %d, at most %s", l.Count(), sum.Count(), sum.Max())
		}
	})
}

// TestTimeline stays small: its slices grow longer.
func TestTimeline(t *testing.T) {
	t.Parallel()
	var tl Timeline
	for s := range 10_000 {
		slice := tl.at(time.Duration(s) * time.Second)
		slice.Requests += 2
		slice.Users = max(slice.Users, s%7)
		slice.Latency.Record(time.Duration(s) * time.Millisecond)
	}
	requests, count := int64(0), int64(0)
	for i := range tl.Slices {
		requests, count = requests+tl.Slices[i].Requests, count+tl.Slices[i].Latency.Count()
	}
	if len(tl.Slices) > MaxSlices || tl.Width != 64*time.Second || requests != 20_000 || count != 10_000 || tl.Slices[0].Users != 6 {
		t.Errorf("%d slices of %s, %d requests, %d times, %d users", len(tl.Slices), tl.Width, requests, count, tl.Slices[0].Users)
	}
}

// TestCurve goes in straight lines and says when it is where.
func TestCurve(t *testing.T) {
	t.Parallel()
	s := time.Second
	c := &curve{pieces: []piece{{0, 10 * s, 0, 10}, {10 * s, 10 * s, 10, 20}, {10 * s, 20 * s, 20, 5}}, last: 5}
	for at, want := range map[time.Duration]float64{0: 0, 5 * s: 5, 10 * s: 20, 12 * s: 17, 20 * s: 5, time.Hour: 5} {
		if got := c.at(at); got != want {
			t.Errorf("%v at %s, not %v", got, at, want)
		}
	}
	for _, tt := range []struct {
		from  time.Duration
		value float64
		want  time.Duration
		ok    bool
	}{{0, 0, 0, true}, {0, 3, 3 * s, true}, {4 * s, 3, 4 * s, true}, {0, 15, 10 * s, true}, {0, 21, 0, false}, {18 * s, 5, 18 * s, true}, {19 * s, 7, 0, false}, {time.Hour, 5, time.Hour, true}} {
		if got, ok := c.reaches(tt.from, tt.value); got != tt.want || ok != tt.ok {
			t.Errorf("%v from %s: %s %v, not %s %v", tt.value, tt.from, got, ok, tt.want, tt.ok)
		}
	}
	a := arrivals{curve: c}
	n := 0
	for at, ok := a.next(); ok && at < 20*s; at, ok = a.next() {
		if back := c.at(at); back < 0 {
			t.Fatal(at)
		}
		n++
	}
	if n != 175 { // 50 and 125 are below the two lines
		t.Errorf("%d arrivals, not 175", n)
	}
	none := arrivals{curve: &curve{pieces: []piece{{0, s, 0, 0}}}}
	if at, ok := none.next(); ok {
		t.Errorf("an arrival at %s of none", at)
	}
}
