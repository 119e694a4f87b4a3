package assertion

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
)

func (p *Predicate) argumentText() (string, *PredicateError) {
	text, ok := asText(p.argument)
	if !ok {
		return "", wrong(p.name+" wants a string, not "+kindOf(p.argument).String(), "")
	}
	return text, nil
}

func (p *Predicate) compileOrder() (err *PredicateError) {
	if p.domain.untyped() || p.domain == plain || p.domain == anything {
		switch kindOf(p.argument) {
		case number, str:
			p.want = newNode(valueOf(p.argument))
			return nil
		}
		return wrong(p.name+" wants a number or a string, not "+kindOf(p.argument).String(), "")
	}
	if text, ok := p.argument.(string); ok && p.domain == statuses {
		return wrong(p.name+" wants a number, not "+quote(text), "")
	}
	p.want, err = p.domain.operand(p.argument)
	return err
}

func (p *Predicate) compileIn() *PredicateError {
	v := valueOf(p.argument)
	if v.kind != array {
		return wrong("in wants an array, not "+v.kind.String(), "")
	}
	for i, e := range v.elements() {
		want, err := p.domain.operand(e.any())
		if err != nil {
			return err.within(strconv.Itoa(i))
		}
		p.list = append(p.list, want)
	}
	return nil
}

func (p *Predicate) compileContains() *PredicateError {
	if p.domain.untyped() || p.domain == plain {
		text, err := p.argumentText()
		p.want = newNode(value{kind: str, text: text})
		return err
	}
	p.want = newNode(valueOf(p.argument))
	return nil
}

func (p *Predicate) compilePattern() *PredicateError {
	text, err := p.argumentText()
	if err != nil {
		return err
	}
	pattern, fault := compileRegexp(text)
	if fault != nil {
		message := fault.message
		if fault.start > 0 {
			message += " at byte " + strconv.Itoa(fault.start)
		}
		return wrong(message, fault.hint)
	}
	p.pattern = pattern
	return nil
}

func typeNames() []string {
	return []string{"string", "number", "integer", "boolean", "array", "object", "null"}
}

func (p *Predicate) compileType() *PredicateError {
	list, several := p.argument.([]any)
	if !several {
		list = []any{p.argument}
	}
	if len(list) == 0 {
		return wrong("type has no word", diag.OneOf(typeNames()))
	}
	for i, e := range list {
		name, ok := e.(string)
		if ok && slices.Contains(typeNames(), name) {
			p.types = append(p.types, name)
			continue
		}
		err := unknown("type", e, name, typeNames())
		if several {
			err = err.within(strconv.Itoa(i))
		}
		return err
	}
	return nil
}

func unknown(what string, given any, name string, names []string) *PredicateError {
	hint := diag.DidYouMean(name, names)
	if hint == "" {
		hint = diag.OneOf(names)
	}
	return wrong("there is no "+what+" "+Format(given, 60), hint)
}

func (p *Predicate) compileFormat() *PredicateError {
	name, _ := p.argument.(string)
	if p.format = formatCheck(name); p.format == nil {
		return unknown("format", p.argument, name, Formats())
	}
	return nil
}

// statusOperand is a status as a number, or a class such as "2xx" or "40x".
func statusOperand(argument any) (*node, *PredicateError) {
	switch v := valueOf(argument); v.kind {
	case number:
		d, ok := parseDecimal(v.digits())
		if !ok || !d.isInteger() {
			return nil, wrong("a status is a whole number or a class such as \"2xx\", not "+v.digits(), "")
		}
		return newNode(v), nil
	case str:
		pattern := strings.ToLower(v.text)
		if len(pattern) == 3 && strings.Trim(pattern, "0123456789x") == "" {
			if strings.Contains(pattern, "x") {
				return &node{value: v, pattern: pattern}, nil
			}
			return nil, wrong("a status is a number, not a string", "write "+pattern+" without quotes")
		}
		return nil, wrong("a status is a number or a class, not "+quote(clip(v.text, 60)), `as in 200 or "2xx"`)
	default:
		return nil, wrong("a status is a number or a class, not "+v.kind.String(), `as in 200 or "2xx"`)
	}
}

// parseDuration reads Go's notation, as in "1m30s", and days as in "2d".
func parseDuration(argument any) (time.Duration, *PredicateError) {
	const example = `as in "500ms", "2s" or "1m30s"`
	text, ok := argument.(string)
	if !ok {
		hint := example
		if v := valueOf(argument); v.kind == number {
			hint = "write " + quote(v.digits()+"ms") + " or " + quote(v.digits()+"s")
		}
		return 0, wrong("a duration is a string with a unit, not "+kindOf(argument).String(), hint)
	}
	d, ok := span(text)
	if !ok || d < 0 {
		return 0, wrong("not a duration: "+quote(clip(text, 60)), example)
	}
	return d, nil
}

// span reads a duration that may be signed, or be in days or weeks.
func span(text string) (time.Duration, bool) {
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseFloat(number, 64)
			limit := float64(1<<63-1) / float64(length)
			return time.Duration(n * float64(length)), err == nil && n > -limit && n < limit
		}
	}
	d, err := time.ParseDuration(text)
	return d, err == nil
}

// parseSize reads bytes as a number, or as a string with a unit: kB, MB, GB and TB are powers of 1000, KiB, MiB, GiB and
// TiB of 1024 (IEC 80000-13). Case does not matter.
func parseSize(argument any) (int64, *PredicateError) {
	const example = `as in 512, "2MB" or "2MiB"`
	v := valueOf(argument)
	text := v.text
	switch v.kind {
	case number:
		text = v.digits()
	case str:
	default:
		return 0, wrong("a size is a number of bytes or a string with a unit, not "+v.kind.String(), example)
	}
	digits := strings.TrimRight(text, "kKmMgGtTiIbB")
	unit := strings.ToLower(text[len(digits):])
	factor, power := 1000.0, 0
	if base, ok := strings.CutSuffix(unit, "ib"); ok && base != "" {
		factor, unit = 1024, base+"b"
	}
	if unit != "" {
		if power = slices.Index([]string{"b", "kb", "mb", "gb", "tb"}, unit); power < 0 {
			return 0, wrong("not a size: "+quote(clip(text, 60)), example)
		}
	}
	digits = strings.TrimSpace(digits)
	d, ok := parseDecimal(digits)
	n, err := strconv.ParseFloat(digits, 64)
	for range power {
		n *= factor
	}
	if !ok || err != nil || d.class > finite || n < 0 || n > 1<<60 || n != float64(int64(n)) {
		return 0, wrong("not a size: "+quote(clip(text, 60)), example)
	}
	return int64(n), nil
}
