package report

import (
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-1: "0 ms", 0: "0 µs", 870 * time.Microsecond: "870 µs", 999_600: "1 ms", time.Millisecond: "1 ms", 4_400_000: "4 ms",
		999_400_000: "999 ms", 999_600_000: "1.0 s", 1200 * time.Millisecond: "1.2 s", 99_940 * time.Millisecond: "99.9 s",
		99_960 * time.Millisecond: "1m40s", 125 * time.Second: "2m05s", time.Hour: "1h00m", 25*time.Hour + 31*time.Minute: "25h31m",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		0: "0 B", 142: "142 B", 999: "999 B", 1000: "1.0 kB", 2100: "2.1 kB", 9949: "9.9 kB", 9950: "10 kB", 12345: "12 kB",
		999_499: "999 kB", 999_500: "1.0 MB", 64 << 20: "67 MB", math.MaxInt: "9.2 EB",
	} {
		if got := size(n); got != want {
			t.Errorf("size(%d) = %q, want %q", n, got, want)
		}
	}
}
