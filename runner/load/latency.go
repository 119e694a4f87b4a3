package load

import (
	"errors"
	"math"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// maxLatency is the longest that is told apart: an hour. What took longer counts as that.
const maxLatency = time.Hour

// A Latency is how long many things took: a histogram of microseconds, up to an hour, in which each value is right to some
// digits. It takes up to 180 kB with three digits and 27 kB with two, and less while nothing took long. The zero Latency
// is empty and has three.
type Latency struct {
	histogram *hdr.Histogram
	digits    int
}

// coarse is a latency of two digits.
func coarse() Latency { return Latency{digits: 2} }

// ranges are how far a histogram reaches at first, and when something took longer.
var ranges = [...]time.Duration{100 * time.Millisecond, 10 * time.Second, maxLatency}

// Record adds one.
func (l *Latency) Record(d time.Duration) {
	us := min(max(d, time.Microsecond), maxLatency).Microseconds()
	if l.histogram == nil || l.histogram.RecordValue(us) != nil {
		l.reach(us)
		_ = l.histogram.RecordValue(us) // it reaches so far now
	}
}

// reach makes room for a value.
func (l *Latency) reach(us int64) {
	for _, far := range ranges {
		if us > far.Microseconds() {
			continue
		}
		if l.digits == 0 {
			l.digits = 3
		}
		wider := hdr.New(1, far.Microseconds(), l.digits)
		if l.histogram != nil {
			wider.Merge(l.histogram)
		}
		l.histogram = wider
		return
	}
}

// Merge adds all of another.
func (l *Latency) Merge(o *Latency) {
	if o.Count() == 0 {
		return
	}
	if top := min(o.histogram.Max(), maxLatency.Microseconds()); l.histogram == nil || top > l.histogram.HighestTrackableValue() {
		l.reach(top)
	}
	l.histogram.Merge(o.histogram)
}

// Count is how many there are.
func (l *Latency) Count() int64 {
	if l.histogram == nil {
		return 0
	}
	return l.histogram.TotalCount()
}

// Percentile is what p of a hundred took at most; 0 when there is none.
func (l *Latency) Percentile(p float64) time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return micro(l.histogram.ValueAtPercentile(p))
}

// Max is what the longest took.
func (l *Latency) Max() time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return micro(l.histogram.Max())
}

// Min is what the shortest took.
func (l *Latency) Min() time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return micro(l.histogram.Min())
}

// Mean is what they took on average.
func (l *Latency) Mean() time.Duration {
	if l.Count() == 0 {
		return 0
	}
	return time.Duration(math.Round(l.histogram.Mean() * float64(time.Microsecond)))
}

func micro(us int64) time.Duration { return time.Duration(us) * time.Microsecond }

// Encode is the histogram in HdrHistogram's compressed form, version 2, in base64: about half a kilobyte. An empty one is
// "".
func (l *Latency) Encode() string {
	if l.Count() == 0 {
		return ""
	}
	text, err := l.histogram.Encode(hdr.V2CompressedEncodingCookieBase)
	if err != nil {
		return "" // it is written to memory
	}
	return string(text)
}

// maxEncoded is how long an encoded histogram may be: many times what ours are.
const maxEncoded = 1 << 20

var errHistogram = errors.New("the histogram is none of microseconds up to an hour in HdrHistogram's compressed form")

// DecodeLatency reads what Encode wrote.
func DecodeLatency(text string) (l Latency, err error) {
	if text == "" {
		return l, nil
	}
	if len(text) > maxEncoded {
		return l, errHistogram
	}
	h, err := hdr.Decode([]byte(text))
	if err != nil || h.TotalCount() < 0 || h.LowestTrackableValue() != 1 || h.HighestTrackableValue() > maxLatency.Microseconds() ||
		h.SignificantFigures() < 1 || h.SignificantFigures() > 3 {
		return Latency{}, errHistogram
	}
	return Latency{histogram: h, digits: int(h.SignificantFigures())}, nil
}

// Steps calls f for the percentiles that a curve is drawn through: denser to the end, up to the last value.
func (l *Latency) Steps(f func(percentile float64, d time.Duration)) {
	if l.Count() == 0 {
		return
	}
	for _, b := range l.histogram.CumulativeDistributionWithTicks(10) {
		f(b.Quantile, micro(b.ValueAt))
	}
}
