package assertion

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A moment is the argument of before and after: a time, or one that is measured from now.
type moment struct {
	relative bool
	offset   time.Duration
	time     time.Time
}

func (m moment) at(now time.Time) time.Time {
	if m.relative {
		return now.Add(m.offset)
	}
	return m.time
}

func parseMoment(argument any) (moment, *PredicateError) {
	const example = `as in "now-5m", "2026-01-02T15:04:05Z" or 1767366245`
	v := valueOf(argument)
	if rest, ok := strings.CutPrefix(v.text, "now"); ok && v.kind == str {
		rest = strings.ReplaceAll(rest, " ", "")
		if rest == "" {
			return moment{relative: true}, nil
		}
		offset, ok := span(rest)
		if !ok || (rest[0] != '+' && rest[0] != '-') {
			return moment{}, wrong("not a time: "+quote(clip(v.text, shown)), example)
		}
		return moment{relative: true, offset: offset}, nil
	}
	t, ok := v.time()
	if !ok {
		return moment{}, wrong("not a time: "+Format(argument, shown), example)
	}
	return moment{time: t}, nil
}

// maxEpoch is the end of the year 9999 in seconds, where RFC 3339 ends.
const maxEpoch = 253402300799

// time reads RFC 3339, the same with a blank or without a zone (then UTC), a date alone, the three dates of HTTP (RFC
// 9110, section 5.6.7), or seconds since 1970 with or without a fraction, and what would be after the year 9999 as
// milliseconds; as a string those only where there are no types.
func (v value) time() (t time.Time, ok bool) {
	switch v.kind {
	case number:
		return epoch(v.digits())
	case str:
		text := strings.TrimSpace(v.text)
		if v.untyped && text != "" && text[0] >= '0' && text[0] <= '9' {
			if t, ok := epoch(text); ok {
				return t, true
			}
		}
		return parseTime(text)
	}
	return time.Time{}, false
}

func parseTime(text string) (time.Time, bool) {
	layouts := [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"}
	iso := text
	if len(iso) > 10 && (iso[10] == ' ' || iso[10] == 't') {
		iso = iso[:10] + "T" + iso[11:]
	}
	if strings.HasSuffix(iso, "z") {
		iso = iso[:len(iso)-1] + "Z"
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, iso); err == nil {
			return t, true
		}
	}
	t, err := http.ParseTime(text)
	return t, err == nil
}

func epoch(digits string) (time.Time, bool) {
	if d, ok := parseDecimal(digits); !ok || d.class > finite {
		return time.Time{}, false
	}
	seconds, err := strconv.ParseFloat(digits, 64)
	if err == nil && math.Abs(seconds) > maxEpoch {
		seconds /= 1000 // JavaScript's Date.now()
	}
	if err != nil || math.Abs(seconds) > maxEpoch {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000), true
}
