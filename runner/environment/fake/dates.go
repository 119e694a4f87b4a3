package fake

import "time"

func dates() []variable {
	const day, year = 24 * time.Hour, 365 * 24 * time.Hour
	return []variable{
		{"$randomDateFuture", func(d *drawer) any { return date(d.now.Add(d.within(year))) }},
		{"$randomDatePast", func(d *drawer) any { return date(d.now.Add(-d.within(year))) }},
		{"$randomDateRecent", func(d *drawer) any { return date(d.now.Add(-d.within(day))) }},
		{"$randomWeekday", item("weekday")},
		{"$randomMonth", item("month")},
	}
}

// within draws a duration from a second to longest.
func (d *drawer) within(longest time.Duration) time.Duration {
	return time.Second + time.Duration(d.r.Int64N(int64(longest-time.Second)+1))
}

// date is a time as JavaScript prints it where the time zone is UTC.
func date(t time.Time) string {
	return t.UTC().Format("Mon Jan 02 2006 15:04:05") + " GMT+0000 (Coordinated Universal Time)"
}
