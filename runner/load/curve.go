package load

import (
	"math"
	"time"
)

// A curve is a number over time, in straight lines: how many users there are, or how many iterations begin in a second.
// Behind its last piece it stays.
type curve struct {
	pieces []piece
	last   float64
}

// A piece goes from one value to another in a straight line.
type piece struct {
	from, to time.Duration
	a, b     float64
}

func (p *piece) at(t time.Duration) float64 {
	return p.a + (p.b-p.a)*float64(t-p.from)/float64(p.to-p.from)
}

// at is the value at a time.
func (c *curve) at(t time.Duration) float64 {
	for i := range c.pieces {
		if p := &c.pieces[i]; t < p.to {
			return p.at(t)
		}
	}
	return c.last
}

// reaches is the first moment from t on at which the value is at least that, and whether there is one.
func (c *curve) reaches(t time.Duration, value float64) (time.Duration, bool) {
	for i := range c.pieces {
		p := &c.pieces[i]
		switch {
		case p.to <= t:
		case p.at(max(t, p.from)) >= value:
			return max(t, p.from), true
		case p.b >= value:
			return p.from + time.Duration(math.Ceil(float64(p.to-p.from)*(value-p.a)/(p.b-p.a))), true
		}
	}
	if c.last < value {
		return 0, false
	}
	if n := len(c.pieces); n > 0 {
		t = max(t, c.pieces[n-1].to)
	}
	return t, true
}

// arrivals are the moments at which iterations begin by a curve of how many do in a second: the n-th, from 0, is when the
// area below the curve is n, or n and something.
type arrivals struct {
	curve  *curve
	behind float64 // that something
	piece  int
	area   float64 // below the pieces before
	n      int
}

// next is the next moment, and whether there is one.
func (a *arrivals) next() (time.Duration, bool) {
	for ; a.piece < len(a.curve.pieces); a.piece++ {
		p := &a.curve.pieces[a.piece]
		long := (p.to - p.from).Seconds()
		missing := float64(a.n) + a.behind - a.area
		if whole := (p.a + p.b) / 2 * long; missing >= whole {
			a.area += whole
			continue
		}
		a.n++
		return p.from + seconds(timeOfArea(p.a, (p.b-p.a)/long, missing)), true
	}
	if a.curve.last <= 0 {
		return 0, false
	}
	from := time.Duration(0)
	if n := len(a.curve.pieces); n > 0 {
		from = a.curve.pieces[n-1].to
	}
	a.n++
	return from + seconds((float64(a.n-1)+a.behind-a.area)/a.curve.last), true
}

// timeOfArea is when the area below a line of that start and slope is as large as that: it solves start*t + slope*t²/2.
func timeOfArea(start, slope, area float64) float64 {
	if area <= 0 {
		return 0
	}
	// This form is exact for a slope of nearly nothing too.
	return 2 * area / (start + math.Sqrt(start*start+2*slope*area))
}

// seconds is exact to a microsecond, so that what falls due at an end does not come before it for a rounding.
func seconds(s float64) time.Duration { return time.Duration(math.Round(s*1e6)) * time.Microsecond }
