package assertion

import (
	"net/netip"
	"net/url"
	"regexp/syntax"
	"strings"
	"time"
)

// Formats gives the words that the predicate format knows, for completion and did-you-mean. They are those of JSON
// Schema 2020-12, Validation, section 7.3, without the internationalised ones and URI templates.
func Formats() []string {
	return []string{
		"date-time", "date", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "uuid",
		"regex", "json-pointer",
	}
}

// formatCheck gives the check of a format, or nil.
func formatCheck(name string) func(string) bool {
	switch name {
	case "date-time":
		return isDateTime
	case "date":
		return isDate
	case "time":
		return isTime
	case "duration":
		return isDuration
	case "email":
		return isEmail
	case "hostname":
		return isHostname
	case "ipv4":
		return func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }
	case "ipv6":
		return func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() && a.Zone() == "" }
	case "uri":
		return isURI
	case "uri-reference":
		return isURIReference
	case "uuid":
		return isUUID
	case "regex":
		return isRegex
	case "json-pointer":
		return isJSONPointer
	}
	return nil
}

// isDateTime is date-time of RFC 3339, section 5.6.
func isDateTime(s string) bool {
	return len(s) > 11 && (s[10] == 'T' || s[10] == 't') && isDate(s[:10]) && isTime(s[11:])
}

func isDate(s string) bool {
	_, err := time.Parse("2006-01-02", s)
	return err == nil && len(s) == 10
}

// isTime is full-time of RFC 3339. The second 60 is only legal at the end of a day in UTC (section 5.7).
func isTime(s string) bool {
	if len(s) < 9 || s[2] != ':' || s[5] != ':' {
		return false
	}
	hour, minute, second := pair(s[:2]), pair(s[3:5]), pair(s[6:8])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return false
	}
	s = s[8:]
	if s[0] == '.' {
		run, rest := digits(s[1:])
		if run == "" {
			return false
		}
		s = rest
	}
	offset, ok := zone(s)
	if !ok {
		return false
	}
	day := 24 * 60
	return second < 60 || ((hour*60+minute-offset)%day+day)%day == day-1
}

// zone is time-offset of RFC 3339, in minutes.
func zone(s string) (minutes int, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if len(s) != 6 || (s[0] != '+' && s[0] != '-') || s[3] != ':' {
		return 0, false
	}
	hour, minute := pair(s[1:3]), pair(s[4:6])
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 {
		return 0, false
	}
	minutes = hour*60 + minute
	if s[0] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

// pair is the number of two digits, or -1.
func pair(s string) int {
	if run, _ := digits(s); len(run) != 2 {
		return -1
	}
	return int(s[0]-'0')*10 + int(s[1]-'0')
}

// isDuration is duration of RFC 3339, appendix A: units in order and without a gap, weeks alone.
func isDuration(s string) bool {
	s, ok := strings.CutPrefix(s, "P")
	if !ok {
		return false
	}
	if weeks, ok := strings.CutSuffix(s, "W"); ok {
		run, rest := digits(weeks)
		return run != "" && rest == ""
	}
	date, clock, timed := strings.Cut(s, "T")
	if timed && clock == "" || date == "" && !timed {
		return false
	}
	return isUnits(date, "YMD") && isUnits(clock, "HMS")
}

func isUnits(s, units string) bool {
	next := -1
	for s != "" {
		run, rest := digits(s)
		if run == "" || rest == "" {
			return false
		}
		at := strings.IndexByte(units, rest[0])
		if at < 0 || at < next || (next > 0 && at != next) {
			return false
		}
		next, s = at+1, rest[1:]
	}
	return true
}

// isEmail is a mailbox of RFC 5321, section 4.1.2, in ASCII.
func isEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	return isLocalPart(s[:at]) && isMailDomain(s[at+1:])
}

func isLocalPart(s string) bool {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		for i := 1; i < len(s)-1; i++ {
			if s[i] == '\\' {
				if i++; i == len(s)-1 {
					return false
				}
			} else if s[i] == '"' {
				return false
			}
			if s[i] < ' ' || s[i] > '~' {
				return false
			}
		}
		return true
	}
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for i := 0; i < len(atom); i++ {
			if !isAlphanumeric(atom[i]) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", atom[i]) < 0 {
				return false
			}
		}
	}
	return true
}

func isMailDomain(s string) bool {
	literal, ok := strings.CutPrefix(s, "[")
	if !ok {
		return isHostname(s)
	}
	literal, ok = strings.CutSuffix(literal, "]")
	v6, is6 := strings.CutPrefix(literal, "IPv6:")
	a, err := netip.ParseAddr(v6)
	return ok && err == nil && a.Is6() == is6 && a.Zone() == ""
}

// isHostname is a name of RFC 1123, section 2.1: labels of letters, digits and hyphens, without a dot at the end.
func isHostname(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := 0; i < len(label); i++ {
			if !isAlphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs() && isURIReference(s)
}

// isURIReference adds to url.Parse the characters that RFC 3986, appendix A, allows: Go takes blanks and Unicode too.
func isURIReference(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' {
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		} else if !isAlphanumeric(c) && strings.IndexByte("-._~:/?#[]@!$&'()*+,;=", c) < 0 {
			return false
		}
	}
	u, err := url.Parse(s)
	if err != nil || strings.Count(s, "#") > 1 {
		return false
	}
	if _, authority, ok := strings.Cut(s, "//"); ok && u.User != nil {
		if end := strings.IndexAny(authority, "/?#"); end >= 0 {
			authority = authority[:end]
		}
		if strings.Count(authority, "@") > 1 {
			return false
		}
	}
	// Brackets are for an address in the authority alone.
	_, tail, _ := strings.Cut(s, u.Host)
	return !strings.ContainsAny(tail, "[]")
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHex(s[i]) {
				return false
			}
		}
	}
	return true
}

// isRegex asks RE2, which is what matches takes; JSON Schema means ECMA 262.
func isRegex(s string) bool {
	_, err := syntax.Parse(s, syntax.Perl)
	return err == nil
}

// isJSONPointer is RFC 6901, section 3.
func isJSONPointer(s string) bool {
	if s != "" && s[0] != '/' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] == '~' && (i+1 == len(s) || (s[i+1] != '0' && s[i+1] != '1')) {
			return false
		}
	}
	return true
}
