package assertion

import (
	"math/big"
	"strings"
)

// A decimal is a number as written: sign, digits and exponent, never a rounded float. Digits are slices of the text and
// are not expanded, so that 1e1000000000 costs no more than 1.
type decimal struct {
	class    class
	negative bool
	// high and low are the significant digits in order: those before and those after the point, without leading zeros.
	high, low string
	// point is the power of ten just above the first digit: the number is 0.HIGHLOW × 10^point.
	point int64
	// huge replaces point where the exponent does not fit.
	huge *big.Int
}

type class uint8

const (
	zero class = iota
	finite
	infinite
	notANumber
)

const (
	// An exponent of up to so many digits is an int64 with room to add the count of digits.
	smallExponent = 17
	// One of more digits than this is no number that we compare.
	maxExponent = 4096
)

// parseDecimal reads a JSON number (RFC 8259, section 6), or TOML's inf and nan with or without a sign; a plus before
// digits is TOML's too.
func parseDecimal(text string) (d decimal, ok bool) {
	rest := text
	if rest != "" && (rest[0] == '-' || rest[0] == '+') {
		d.negative = rest[0] == '-'
		rest = rest[1:]
	}
	switch rest {
	case "inf":
		d.class = infinite
		return d, true
	case "nan":
		return decimal{class: notANumber}, true
	}
	high, rest := digits(rest)
	if high == "" || (len(high) > 1 && high[0] == '0') {
		return decimal{}, false
	}
	low := ""
	if rest != "" && rest[0] == '.' {
		if low, rest = digits(rest[1:]); low == "" {
			return decimal{}, false
		}
	}
	exponent := ""
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		exponent, rest = rest[1:], ""
		if !isExponent(exponent) {
			return decimal{}, false
		}
	}
	if rest != "" {
		return decimal{}, false
	}
	return d.normalise(high, low, exponent)
}

func digits(s string) (run, rest string) {
	i := 0
	for i < len(s) && '0' <= s[i] && s[i] <= '9' {
		i++
	}
	return s[:i], s[i:]
}

func isExponent(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	run, rest := digits(s)
	return run != "" && rest == ""
}

// normalise drops leading zeros and works out the point.
func (d decimal) normalise(high, low, exponent string) (decimal, bool) {
	if high == "0" {
		high = ""
	}
	point := int64(len(high))
	if high == "" {
		trimmed := strings.TrimLeft(low, "0")
		point = -int64(len(low) - len(trimmed))
		low = trimmed
	}
	if high == "" && low == "" {
		return decimal{class: zero}, true
	}
	d.class, d.high, d.low, d.point = finite, high, low, point
	if exponent == "" {
		return d, true
	}
	down := exponent[0] == '-'
	exponent = strings.TrimLeft(strings.TrimLeft(exponent, "+-"), "0")
	if len(exponent) <= smallExponent {
		var n int64
		for i := 0; i < len(exponent); i++ {
			n = n*10 + int64(exponent[i]-'0')
		}
		if down {
			n = -n
		}
		d.point += n
		return d, true
	}
	if len(exponent) > maxExponent {
		return decimal{}, false
	}
	d.huge, _ = new(big.Int).SetString(exponent, 10)
	if down {
		d.huge.Neg(d.huge)
	}
	d.huge.Add(d.huge, big.NewInt(point))
	return d, true
}

// compare gives -1, 0 or +1; ok is false when one is not a number, which is neither less nor equal nor more.
func (d decimal) compare(e decimal) (order int, ok bool) {
	if d.class == notANumber || e.class == notANumber {
		return 0, false
	}
	ds, es := d.sign(), e.sign()
	if ds != es || ds == 0 {
		return sign(ds - es), true
	}
	return ds * d.compareMagnitude(e), true
}

func (d decimal) sign() int {
	switch {
	case d.class == zero:
		return 0
	case d.negative:
		return -1
	}
	return 1
}

func sign(n int) int { return min(1, max(-1, n)) }

func (d decimal) compareMagnitude(e decimal) int {
	if d.class == infinite || e.class == infinite {
		return int(d.class) - int(e.class)
	}
	if order := d.comparePoint(e); order != 0 {
		return order
	}
	n := max(d.count(), e.count())
	for i := range n {
		if a, b := d.digit(i), e.digit(i); a != b {
			return sign(int(a) - int(b))
		}
	}
	return 0
}

func (d decimal) comparePoint(e decimal) int {
	if d.huge == nil && e.huge == nil {
		switch {
		case d.point < e.point:
			return -1
		case d.point > e.point:
			return 1
		}
		return 0
	}
	return d.bigPoint().Cmp(e.bigPoint())
}

func (d decimal) bigPoint() *big.Int {
	if d.huge != nil {
		return d.huge
	}
	return big.NewInt(d.point)
}

func (d decimal) count() int { return len(d.high) + len(d.low) }

// digit is the i-th significant digit; beyond the last they are all 0.
func (d decimal) digit(i int) byte {
	switch {
	case i < len(d.high):
		return d.high[i]
	case i < d.count():
		return d.low[i-len(d.high)]
	}
	return '0'
}

// isInteger says whether there is no fraction, as JSON Schema has it: 1.0 and 1e400 are integers (Validation, 6.1.1).
func (d decimal) isInteger() bool {
	if d.class != finite {
		return d.class == zero
	}
	if d.huge != nil && d.huge.Sign() > 0 {
		return true
	}
	significant := d.count()
	for significant > 0 && d.digit(significant-1) == '0' {
		significant--
	}
	return d.huge == nil && int64(significant) <= d.point
}

// equalNumbers compares two numbers as written. Text that is no decimal, such as an exponent of 5,000 digits, is equal
// to itself alone.
func equalNumbers(a, b string) bool {
	if a == b {
		return a != "nan" && a != "+nan" && a != "-nan"
	}
	d, ok := parseDecimal(a)
	if !ok {
		return false
	}
	e, ok := parseDecimal(b)
	if !ok {
		return false
	}
	order, ok := d.compare(e)
	return ok && order == 0
}
