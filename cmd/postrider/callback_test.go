package main

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 600, time.UTC)
	for seconds, want := range map[string]string{
		"1767323045":           "1767323045 (2026-01-02T03:04:05Z, in 0s)",
		"1767326645":           "1767326645 (2026-01-02T04:04:05Z, in 1h0m0s)",
		"1767322745":           "1767322745 (2026-01-02T02:59:05Z, 5m0s ago)",
		"0":                    "0 (1970-01-01T00:00:00Z, 490923h4m5s ago)",
		"9999999999":           "9999999999 (2286-11-20T17:46:39Z, in 260 years)",
		"253402300799":         "253402300799 (9999-12-31T23:59:59Z, in 7973 years)",
		"253402300800":         "253402300800 (far away from any calendar's time)",
		"1767323045000":        "1767323045000 (far away from any calendar's time; in milliseconds it would be 2026-01-02T03:04:05Z)",
		"9223372036854775807":  "9223372036854775807 (far away from any calendar's time)",
		"-9223372036854775808": "-9223372036854775808 (far away from any calendar's time)",
		"-62135596800":         "-62135596800 (0001-01-01T00:00:00Z, 2025 years ago)",
		"99999999999999999999": "99999999999999999999",
		"1.5e9":                "1.5e9",
	} {
		if got := moment(seconds, now); got != want {
			t.Errorf("%s: %s, want %s", seconds, got, want)
		}
	}
}
