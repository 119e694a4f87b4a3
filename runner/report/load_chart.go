package report

import (
	"html/template"
	"math"
	"strconv"
	"time"

	"github.com/postrider/postrider/runner/load"
)

// A plot's size, with room for what stands at its axes. It is scaled to the page.
const (
	plotWidth, plotHeight = 720, 240
	plotLeft, plotBottom  = 64, 24
	plotTop, plotRight    = 10, 16
)

// An axis goes from zero to a value, or as far as the series do.
type axis struct {
	to    float64
	show  func(float64) string
	ticks []plotTick // nil: some that are round
}

type plotTick struct {
	at   float64
	text string
}

// A series is a line.
type series struct {
	class  string
	points [][2]float64
}

func (s *series) add(x, y float64) { s.points = append(s.points, [2]float64{x, y}) }

// plot draws series. All that is written is numbers and our own words.
func plot(x, y axis, lines ...series) template.HTML {
	for _, l := range lines {
		for _, p := range l.points {
			y.to = max(y.to, p[1])
			x.to = max(x.to, p[0])
		}
	}
	x.bound()
	y.bound()
	if y.ticks == nil {
		y.round(5)
	}
	if x.ticks == nil {
		x.round(6)
	}
	b := []byte(`<svg viewBox="0 0 ` + strconv.Itoa(plotWidth) + ` ` + strconv.Itoa(plotHeight) + `" role="img">`)
	for _, t := range y.ticks {
		at := y.place(t.at, plotHeight-plotBottom, plotTop)
		b = append(b, `<line class="grid" x1="`+strconv.Itoa(plotLeft)+`" x2="`+strconv.Itoa(plotWidth-plotRight)+`" y1="`...)
		b = append(appendCoordinate(b, at), `" y2="`...)
		b = append(appendCoordinate(b, at), `"/><text class="y" x="`+strconv.Itoa(plotLeft-6)+`" y="`...)
		b = append(appendCoordinate(b, at+4), `">`...)
		b = append(b, template.HTMLEscapeString(t.text)+`</text>`...)
	}
	for _, t := range x.ticks {
		b = append(b, `<text class="x" x="`...)
		b = append(appendCoordinate(b, x.place(t.at, plotLeft, plotWidth-plotRight)), `" y="`+strconv.Itoa(plotHeight-6)+`">`...)
		b = append(b, template.HTMLEscapeString(t.text)+`</text>`...)
	}
	for _, l := range lines {
		if len(l.points) == 1 { // a line of one point cannot be seen
			l.points = append(l.points, [2]float64{l.points[0][0] + x.to/100, l.points[0][1]})
		}
		b = append(b, `<polyline class="`+l.class+`" points="`...)
		for i, p := range l.points {
			if i > 0 {
				b = append(b, ' ')
			}
			b = append(appendCoordinate(b, x.place(p[0], plotLeft, plotWidth-plotRight)), ',')
			b = appendCoordinate(b, y.place(p[1], plotHeight-plotBottom, plotTop))
		}
		b = append(b, `"/>`...)
	}
	return template.HTML(append(b, `</svg>`...))
}

func appendCoordinate(b []byte, f float64) []byte { return strconv.AppendFloat(b, f, 'f', 1, 64) }

func (a *axis) place(value float64, from, to int) float64 {
	return float64(from) + value/a.to*float64(to-from)
}

// bound gives an axis along which nothing goes a length, and one that a report from elsewhere stretched beyond all
// numbers.
func (a *axis) bound() {
	if !(a.to > 0) || math.IsInf(a.to, 0) {
		a.to = 1
	}
}

// round gives the axis about so many ticks, each 1, 2 or 5 times a power of ten apart.
func (a *axis) round(about int) {
	step := math.Pow(10, math.Floor(math.Log10(a.to/float64(about))))
	for _, f := range []float64{1, 2, 5, 10} {
		if a.to/(step*f) <= float64(about) {
			step *= f
			break
		}
	}
	for i := 0; float64(i)*step <= a.to*1.0001; i++ {
		at := float64(i) * step
		text := "0"
		if i > 0 {
			text = a.show(at)
		}
		a.ticks = append(a.ticks, plotTick{at, text})
	}
}

// percentileChart is the latency curve: how long so many of a hundred took at most, denser to the end, where it
// matters.
func percentileChart(l *load.Latency) loadChart {
	line := series{class: "a"}
	end := math.Log10(float64(max(l.Count(), 10)))
	l.Steps(func(percentile float64, d time.Duration) {
		at := end
		if percentile < 100 {
			at = min(math.Log10(100/(100-percentile)), end)
		}
		line.add(at, d.Seconds())
	})
	x := axis{to: end}
	for i, name := range []string{"0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"} {
		if float64(i) <= end {
			x.ticks = append(x.ticks, plotTick{float64(i), name})
		}
	}
	if end >= math.Log10(2) {
		x.ticks = append(x.ticks, plotTick{math.Log10(2), "50 %"})
	}
	show := func(f float64) string { return latency(time.Duration(f * float64(time.Second))) }
	return loadChart{"Latency", "so many of all requests took at most so long", nil, plot(x, axis{show: show}, line)}
}
