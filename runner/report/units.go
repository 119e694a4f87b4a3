package report

import (
	"fmt"
	"strconv"
	"time"
)

// duration is a time as people read it: "870 µs", "4 ms", "1.2 s", "2m05s".
func duration(d time.Duration) string {
	if d < 0 {
		return "0 ms"
	}
	d = d.Round(time.Microsecond) // as reports have it, so that one that was saved says the same
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + " µs"
	case d < time.Second-time.Millisecond/2:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + " ms"
	case d < 100*time.Second-50*time.Millisecond:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Hour:
		s := int(d.Round(time.Second).Seconds())
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	m := int(d.Round(time.Minute).Minutes())
	return fmt.Sprintf("%dh%02dm", m/60, m%60)
}

// size is a number of bytes as people read it: "142 B", "2.1 kB", "64 MB"; a kilobyte has 1000.
func size(n int) string {
	if n < 1000 {
		return strconv.Itoa(n) + " B"
	}
	f, units := float64(n)/1000, "kMGTPE"
	for f >= 999.5 {
		f, units = f/1000, units[1:]
	}
	digits := 0
	if f < 9.95 {
		digits = 1
	}
	return strconv.FormatFloat(f, 'f', digits, 64) + " " + units[:1] + "B"
}

// plural is a number and the noun that it counts: "1 request", "4 requests".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
