package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/postrider/postrider/runner"
)

// Numbers are what all requests of a run add up to, in a size that does not grow with it.
type numbers struct {
	latency    *hdrhistogram.Histogram // µs
	slowest    time.Duration
	unanswered int // of those in latency
	statuses   map[int]int
	kinds      map[runner.ErrorKind]int
}

func (n *numbers) add(r *runner.RequestResult) {
	if n.latency == nil {
		n.latency = hdrhistogram.New(1, longest, 3)
		n.statuses, n.kinds = map[int]int{}, map[runner.ErrorKind]int{}
	}
	if r.Error != nil {
		n.kinds[r.Error.Kind]++
	}
	if r.Response != nil {
		n.statuses[r.Response.Status]++
	}
	if r.Attempts == 0 || r.Sent == nil {
		return
	}
	if r.Response == nil {
		n.unanswered++
	}
	n.slowest = max(n.slowest, r.Timing.Total)
	_ = n.latency.RecordValue(min(max(r.Timing.Total.Microseconds(), 1), longest)) // it is in range
}

// longest is the longest latency that is told from longer ones, in µs: an hour.
const longest = 3_600_000_000

// A percentile is a latency that a share of the requests did not exceed.
type percentile struct{ Name, Value string }

// percentiles are exact to a thousandth.
func (n *numbers) percentiles() []percentile {
	var list []percentile
	for _, p := range []float64{50, 90, 95, 99} {
		list = append(list, percentile{"p" + strconv.Itoa(int(p)), duration(n.at(p))})
	}
	return append(list, percentile{"max", duration(n.slowest)})
}

func (n *numbers) at(p float64) time.Duration {
	return min(time.Duration(n.latency.ValueAtQuantile(p))*time.Microsecond, n.slowest)
}

// The chart's own units; it is scaled to the width that there is.
const (
	chartWidth, chartHeight = 400, 168
	chartMargin             = 70 // on the right, for the name of the last percentile
	chartTop, chartBottom   = 50, 146
	perDecade               = 12 // bars between a latency and ten times as much
)

// A chart is a histogram of latencies, drawn.
type chart struct {
	Width, Height, Plot, Bottom int
	Bars                        []bar
	Ticks, Marks                []tick
}

type bar struct {
	X, Y, Width, Height string
	Title               string
}

type tick struct {
	X, Y, Anchor, Text string
}

// chart draws bars of equal ratio: each holds the latencies up to 1.2 times its start.
func (n *numbers) chart() chart {
	counts, first := n.bins()
	most := 0
	for _, c := range counts {
		most = max(most, c)
	}
	step := float64(chartWidth) / float64(len(counts))
	c := chart{Width: chartWidth + chartMargin, Height: chartHeight, Plot: chartWidth, Bottom: chartBottom}
	for i, count := range counts {
		if count == 0 {
			continue
		}
		height := max(1.5, float64(count)/float64(most)*(chartBottom-chartTop))
		c.Bars = append(c.Bars, bar{
			X: coordinate(float64(i)*step + 0.5), Width: coordinate(max(step-1, 1)), Y: coordinate(chartBottom - height), Height: coordinate(height),
			Title: duration(edge(first+i)) + " to " + duration(edge(first+i+1)) + ": " + grouped(count) + " requests",
		})
	}
	place := func(d time.Duration) float64 {
		x := (math.Log10(max(float64(d.Microseconds()), 1))*perDecade - float64(first)) * step
		return min(max(x, 0), chartWidth)
	}
	c.Ticks = ticks(first, first+len(counts), place)
	for i, p := range []float64{50, 95, 99} {
		d := n.at(p)
		c.Marks = append(c.Marks, tick{X: coordinate(place(d)), Y: coordinate(float64(12 + 14*i)), Text: "p" + strconv.Itoa(int(p)) + " " + duration(d)})
	}
	return c
}

// bins counts the latencies of each bar; first is the bar that the counts begin with, from 1 µs on.
func (n *numbers) bins() (counts []int, first int) {
	bin := func(us int64) int { return int(math.Log10(float64(max(us, 1)))*perDecade + 1e-9) }
	first = bin(n.latency.Min())
	last := bin(n.latency.Max())
	if room := perDecade - 1 - (last - first); room > 0 {
		first = max(0, first-room/2)
		last = first + perDecade - 1
	}
	counts = make([]int, last-first+1)
	for _, b := range n.latency.Distribution() {
		if b.Count > 0 {
			counts[min(max(bin(b.From), first), last)-first] += int(b.Count)
		}
	}
	return counts, first
}

// edge is where a bar starts.
func edge(i int) time.Duration {
	return time.Duration(math.Pow(10, float64(i)/perDecade) * float64(time.Microsecond))
}

// ticks are the round latencies between two bars, few enough to be read.
func ticks(first, last int, place func(time.Duration) float64) []tick {
	factors := []time.Duration{1, 2, 5}
	if last-first > 2*perDecade {
		factors = factors[:1]
	}
	var list []tick
	for decade := time.Microsecond; decade <= 1000*time.Second; decade *= 10 {
		for _, factor := range factors {
			d := decade * factor
			if d < edge(first) || d > edge(last) {
				continue
			}
			one := tick{X: coordinate(place(d)), Anchor: "middle", Text: strings.ReplaceAll(duration(d), ".0 ", " ")}
			switch x := place(d); {
			case x < 14:
				one.Anchor = "start"
			case x > chartWidth-14:
				one.Anchor = "end"
			}
			list = append(list, one)
		}
	}
	return list
}

func coordinate(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// grouped is a number with commas between thousands.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
