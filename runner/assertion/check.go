package assertion

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Verdict is the outcome of a predicate.
type Verdict struct {
	Passed bool
	// Expected is the argument of the predicate.
	Expected any
	// Actual is what was found instead: set when the predicate fails and there was something; several header values are a
	// []any. It shares no memory with the exchange, and may be as large as its body.
	Actual any
	// Detail is a line more, where the two values alone do not tell: the first difference, the element that failed, that
	// nothing was found. It is in lower case with no full stop.
	Detail string
	// Diff is a unified diff of Expected and Actual where equals fails of arrays, objects or texts of several lines that are
	// too long to compare by eye, and else "". JSON is laid out with its members sorted. It has at most [MaxDiffLines] lines,
	// and lines are not clipped: who hides secrets can still find them.
	Diff string
}

// Check judges an answer. Nothing found fails every predicate but `exists = false`, `not` included.
func (p *Predicate) Check(f Found) Verdict {
	if p.test(&f) {
		return Verdict{Passed: true, Expected: p.argument}
	}
	v := Verdict{Expected: p.argument, Detail: p.explain(&f)}
	if f.exists {
		v.Actual = f.own()
		v.Diff = p.diff(&f)
	}
	return v
}

// test decides without saying why: most assertions pass. Of several values of a header field or of
// nodes one that fits is enough.
func (p *Predicate) test(f *Found) bool {
	if p.op == opExists {
		return f.exists == p.flag
	}
	if !f.exists {
		return false
	}
	switch p.op {
	case opNot:
		return !together(p.inner, f)
	case opEvery, opAny:
		_, found, ok := p.find(f, p.op == opAny)
		return ok && found == (p.op == opAny)
	}
	if p.holds(f.one, f.subject) {
		return true
	}
	for _, text := range f.rest {
		if p.holds(value{kind: str, untyped: true, text: text}, f.subject) {
			return true
		}
	}
	return false
}

func together(list []*Predicate, f *Found) bool {
	for _, p := range list {
		if !p.test(f) {
			return false
		}
	}
	return true
}

// find looks for the first element, or the first of several header values, of which the inner predicates hold or do not
// hold. There is none to look at, and ok is false, in what is no array.
func (p *Predicate) find(f *Found, holds bool) (at int, found, ok bool) {
	e := Found{exists: true, subject: f.subject}
	if p.domain.untyped() {
		i := 0
		for e.one = range f.all {
			if together(p.inner, &e) == holds {
				return i, true, true
			}
			i++
		}
		return 0, false, true
	}
	var i int
	for i, e.one = range f.one.elements() {
		if together(p.inner, &e) == holds {
			return i, true, true
		}
	}
	return 0, false, f.one.kind == array
}

// holds decides about one value.
func (p *Predicate) holds(v value, s *Subject) bool {
	switch p.op {
	case opEquals:
		return p.want.equals(v)
	case opGT, opGTE, opLT, opLTE:
		order, ok := p.want.compare(v)
		return ok && p.accepts(order)
	case opIn:
		return slices.ContainsFunc(p.list, func(want *node) bool { return want.equals(v) })
	case opContains:
		return p.want.within(v)
	case opStartsWith:
		return v.kind == str && strings.HasPrefix(v.text, p.text)
	case opEndsWith:
		return v.kind == str && strings.HasSuffix(v.text, p.text)
	case opMatches:
		return v.kind == str && p.pattern.MatchString(v.text)
	case opEmpty:
		return v.empty() == p.flag
	case opJWKS:
		return v.flag
	case opSchema:
		return p.schema.accepts(v)
	case opType:
		return slices.ContainsFunc(p.types, v.is)
	case opFormat:
		return v.kind == str && p.format(v.text)
	case opLength:
		n, ok := v.length()
		return ok && together(p.inner, &Found{exists: true, one: value{kind: number, n: int64(n)}, subject: s})
	case opBefore, opAfter:
		t, ok := v.time()
		return ok && p.accepts(t.Compare(p.moment.at(s.now)))
	}
	return false
}

// accepts says whether a value that is less (-1), equal or more than the argument will do.
func (p *Predicate) accepts(order int) bool {
	switch p.op {
	case opGT, opAfter:
		return order > 0
	case opGTE:
		return order >= 0
	case opLT, opBefore:
		return order < 0
	case opLTE:
		return order <= 0
	}
	return false
}

// is decides about a word of JSON Schema's type.
func (v value) is(name string) bool {
	switch name {
	case "string":
		return v.kind == str
	case "number":
		return v.kind == number
	case "integer":
		d, ok := parseDecimal(v.digits())
		return v.kind == number && ok && d.isInteger()
	case "boolean":
		return v.kind == boolean
	case "array":
		return v.kind == array
	case "object":
		return v.kind == object
	case "null":
		return v.kind == null
	}
	return false
}

// explain says why test failed, beyond what the two values tell.
func (p *Predicate) explain(f *Found) string {
	if !f.exists {
		return f.missing()
	}
	if p.op == opEvery || p.op == opAny {
		return p.explainElements(f)
	}
	if len(f.rest) > 0 && p.op != opNot && p.op != opExists {
		return "none of the " + strconv.Itoa(1+len(f.rest)) + " values does"
	}
	return p.explainValue(f.one, f.subject)
}

func (p *Predicate) explainElements(f *Found) string {
	at, found, ok := p.find(f, false)
	switch {
	case !ok:
		return "found " + f.one.kind.String() + ", " + p.name + " wants an array"
	case !found && p.op == opAny:
		return "there are no elements"
	case p.op == opAny:
		return "none of the elements does"
	}
	e := Found{exists: true, one: p.elementAt(f, at), subject: f.subject}
	for _, inner := range p.inner {
		if inner.test(&e) {
			continue
		}
		text := fmt.Sprintf("element %d is %s, expected %s", at, Format(e.one.any(), shown), inner)
		if why := inner.explain(&e); why != "" {
			text += ": " + why
		}
		return text
	}
	return ""
}

func (p *Predicate) elementAt(f *Found, at int) value {
	if p.domain.untyped() {
		if at == 0 {
			return f.one
		}
		return value{kind: str, untyped: true, text: f.rest[at-1]}
	}
	for i, e := range f.one.elements() {
		if i == at {
			return e
		}
	}
	return value{}
}

func (p *Predicate) explainValue(v value, s *Subject) string {
	switch p.op {
	case opEquals:
		return p.want.difference(v, "")
	case opGT, opGTE, opLT, opLTE:
		if _, ok := p.want.compare(v); !ok {
			return v.describe() + ", " + p.want.describe() + ": they do not compare"
		}
	case opContains:
		if v.kind != str && v.kind != array && v.kind != object {
			return v.describe() + " and contains nothing"
		}
		if v.kind != array && p.want.kind != v.kind {
			return v.kind.String() + " does not contain " + p.want.kind.String()
		}
	case opStartsWith, opEndsWith, opMatches, opFormat:
		if v.kind != str {
			return v.describe() + ", " + p.name + " wants a string"
		}
	case opType:
		return "found " + v.kind.String()
	case opLength:
		n, ok := v.length()
		if !ok {
			return v.describe() + " and has no length"
		}
		return "the length is " + strconv.Itoa(n)
	case opBefore, opAfter:
		return p.explainTime(v, s)
	case opJWKS:
		return "the signature does not fit"
	case opSchema:
		return p.schema.explain(v)
	}
	return ""
}

// describe is a value with its type: `"42" is a string`.
func (v value) describe() string {
	if v.kind == null {
		return "the value is null"
	}
	return Format(v.any(), shown) + " is " + v.kind.String()
}

func (p *Predicate) explainTime(v value, s *Subject) string {
	t, ok := v.time()
	if !ok {
		return Format(v.any(), shown) + " is no time"
	}
	const layout = time.RFC3339Nano
	return fmt.Sprintf("%s is not %s %s", t.UTC().Format(layout), p.name, p.moment.at(s.now).UTC().Format(layout))
}
