package assertion

import (
	"math/big"
	"strings"
	"testing"
	"time"
)

func TestDecimals(t *testing.T) {
	t.Parallel()
	million := strings.Repeat("9", 1_000_000)
	for _, test := range []struct {
		a, b  string
		order int
	}{
		{"1", "1", 0}, {"1.0", "1", 0}, {"1", "1.0000", 0}, {"10e-1", "1", 0}, {"0.1e1", "1", 0}, {"1E2", "100", 0}, {"1e+2", "100", 0},
		{"0", "-0", 0}, {"0.000", "0e99999999999999999999", 0}, {"0", "1e-1000000000", -1}, {"-1", "0", -1}, {"-1", "1", -1}, {"-2", "-1", -1},
		{"9007199254740992", "9007199254740993", -1}, {"0.1", "0.10000000000000000001", -1}, {"12345678901234567890.1", "12345678901234567890.2", -1},
		{"9", "10", -1}, {"99", "100", -1}, {"1.5", "1.25", 1}, {"0.001", "0.01", -1}, {"-0.001", "-0.01", 1},
		{"1e400", "1e401", -1}, {"1e1000000000", "1e999999999", 1}, {"1e1000000000", "10e999999999", 0}, {"-1e1000000000", "1", -1},
		{"1e99999999999999999999999999", "1e99999999999999999999999998", 1}, {"1e99999999999999999999999999", "10e99999999999999999999999998", 0},
		{"1e-99999999999999999999999999", "1e-1000000000", -1}, {"1e00000000000000000000000000001", "10", 0},
		{million, million + ".5", -1}, {million + "e5", million + "00000", 0}, {"0." + strings.Repeat("0", 1_000_000) + "1", "1e-1000001", 0},
		{"inf", "1e1000000000", 1}, {"-inf", "-1e1000000000", -1}, {"inf", "inf", 0}, {"+inf", "inf", 0}, {"-inf", "inf", -1}, {"inf", "0", 1}, {"+5", "5", 0},
	} {
		a, ok1 := parseDecimal(test.a)
		b, ok2 := parseDecimal(test.b)
		order, ok3 := a.compare(b)
		back, _ := b.compare(a)
		if !ok1 || !ok2 || !ok3 || order != test.order || back != -test.order {
			t.Errorf("%s and %s: %d and %d, want %d", clip(test.a, 40), clip(test.b, 40), order, back, test.order)
		}
		if equalNumbers(test.a, test.b) != (test.order == 0) {
			t.Errorf("%s equals %s is wrong", clip(test.a, 40), clip(test.b, 40))
		}
	}
	endless := "1e" + strings.Repeat("9", 5000)
	for _, text := range []string{"", "-", ".5", "5.", "01", "1e", "1e+", "0x1", "1_000", " 1", "1 ", "e1", "Infinity", "--1", endless} {
		if _, ok := parseDecimal(text); ok {
			t.Errorf("%q is a number", text)
		}
	}
	if !equalNumbers(endless, endless) || equalNumbers(endless, endless+"9") || equalNumbers("nan", "nan") {
		t.Error("what is no decimal must be equal to itself alone, and nan not even to that")
	}
}

func TestIntegers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0": true, "-0.0": true, "1": true, "1.0": true, "1.5": false, "15e-1": false, "150e-1": true, "1e400": true, "1e-400": false,
		"1e99999999999999999999": true, "1e-99999999999999999999": false, "0.1": false, "0.1e1": true, "inf": false, "nan": false,
	} {
		if v := (value{kind: number, text: text}); v.is("integer") != want {
			t.Errorf("%s is an integer = %v", text, !want)
		}
	}
}

func FuzzDecimal(f *testing.F) {
	f.Add("1.0", "1")
	f.Add("-0.10e5", "1e4")
	f.Add("9007199254740993", "9007199254740992")
	f.Add("1e99999999999999999999", "inf")
	f.Fuzz(func(t *testing.T, a, b string) {
		start := time.Now()
		d, ok1 := parseDecimal(a)
		e, ok2 := parseDecimal(b)
		order, ok := d.compare(e)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%q and %q took %s", a, b, took)
		}
		if !ok1 || !ok2 || !ok || d.class > finite || e.class > finite || d.class == zero || e.class == zero || d.huge != nil || e.huge != nil ||
			d.point > 500 || d.point < -500 || e.point > 500 || e.point < -500 {
			return
		}
		x, ok1 := new(big.Rat).SetString(a)
		y, ok2 := new(big.Rat).SetString(b)
		if !ok1 || !ok2 {
			t.Fatalf("%q or %q is no number for math/big", a, b)
		}
		if x.Cmp(y) != order {
			t.Errorf("%q and %q: %d, math/big says %d", a, b, order, x.Cmp(y))
		}
		if d.isInteger() != x.IsInt() {
			t.Errorf("%q is an integer = %v", a, d.isInteger())
		}
	})
}
