package assertion

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/diag"
)

// A validation is one value on its way through a schema.
type validation struct {
	document *schemaDocument
	instance *node
	// scope has the resources that were entered, the outermost first (Core, section 7.1).
	scope []*schemaResource
	// path leads to the value that is looked at; nested counts the schemas that are applied to that very value.
	path        []string
	nested      int
	steps, most int
	failures    []string
	more        int
	fault       error // why it cannot be said
}

func newValidation(d *schemaDocument, n *node) *validation {
	// A schema may say allOf of a thing twice, and that again, and again: its work doubles with each line.
	const least, each = 5_000_000, 50
	return &validation{document: d, instance: n, most: least + each*n.weight()}
}

// weight counts the nodes of a tree.
func (n *node) weight() int {
	sum := 1
	for _, e := range n.items {
		sum += e.weight()
	}
	for _, e := range n.members {
		sum += e.weight()
	}
	return sum
}

func (v *validation) spend(n int) bool {
	if v.steps += n; v.steps > v.most && v.fault == nil {
		v.fault = errSchemaWork
	}
	return v.fault == nil
}

// fail notes why the value that is looked at is not as it should be, unless only whether is asked.
func (v *validation) fail(quiet bool, format string, arguments ...any) bool {
	switch {
	case quiet:
	case len(v.failures) >= maxFailures:
		v.more++
	default:
		place := ""
		if len(v.path) > 0 {
			place = "at " + quote(clip(strings.Join(v.path, "."), 200)) + ": "
		}
		v.failures = append(v.failures, place+fmt.Sprintf(format, arguments...))
	}
	return false
}

// below checks a part of the value.
func (v *validation) below(s *subschema, n *node, key string, quiet bool) bool {
	nested := v.nested
	v.nested = 0
	v.path = append(v.path, key)
	ok := v.check(s, n, quiet, nil)
	v.path = v.path[:len(v.path)-1]
	v.nested = nested
	return ok
}

// again checks the same value with another schema.
func (v *validation) again(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	if v.nested++; v.nested > v.document.count {
		// More schemas than there are: one came twice.
		v.fault = errEndless
		return false
	}
	ok := v.check(s, n, quiet, seen)
	v.nested--
	return ok
}

// check says whether n is as s has it, and notes in seen what was looked at. When quiet it stops where that is clear.
func (v *validation) check(s *subschema, n *node, quiet bool, caller *evaluated) bool {
	if !v.spend(1) {
		return false
	}
	if s.flag != nil {
		return *s.flag || v.fail(quiet, "nothing is allowed here, found %s", v.show(n))
	}
	v.scope = append(v.scope, s.resource)
	defer func() { v.scope = v.scope[:len(v.scope)-1] }()
	var seen *evaluated
	if v.document.tracked {
		seen = &evaluated{}
	}
	if !v.checkType(s, n, quiet) {
		return false // the rest would say the same again
	}
	ok := v.checkValue(s, n, quiet)
	if ok || !quiet {
		ok = v.checkSame(s, n, quiet, seen) && ok
	}
	if ok || !quiet {
		switch n.kind {
		case array:
			ok = v.checkArray(s, n, quiet, seen) && ok
		case object:
			ok = v.checkObject(s, n, quiet, seen) && ok
		}
	}
	if ok && caller != nil {
		caller.merge(seen)
	}
	return ok
}

func (v *validation) show(n *node) string { return Format(n.any(), shown) }

func (v *validation) checkType(s *subschema, n *node, quiet bool) bool {
	if len(s.types) == 0 || slices.ContainsFunc(s.types, n.is) {
		return true
	}
	if quiet {
		return false
	}
	words := make([]string, len(s.types))
	for i, name := range s.types {
		words[i] = map[string]string{"null": "null", "integer": "an integer", "array": "an array", "object": "an object"}[name]
		if words[i] == "" {
			words[i] = "a " + name
		}
	}
	found := n.kind.String()
	if n.kind == number {
		found = n.digits()
	}
	return v.fail(quiet, "expected %s, found %s", strings.Join(words, " or "), clip(found, shown))
}

// checkValue is the keywords about scalars and about counts (Validation, sections 6 and 7).
func (v *validation) checkValue(s *subschema, n *node, quiet bool) bool {
	ok := true
	if s.enum != nil && !slices.ContainsFunc(s.enum, func(want *node) bool { return want.equals(n.value) }) {
		var all []any
		for _, want := range s.enum {
			all = append(all, want.any())
		}
		ok = v.fail(quiet, "expected one of %s, found %s", Format(all, 2*shown), v.show(n))
	}
	if s.constant != nil && !s.constant.equals(n.value) {
		ok = v.fail(quiet, "expected %s, found %s", v.show(s.constant), v.show(n))
	}
	switch n.kind {
	case number:
		return v.checkNumber(s, n, quiet) && ok
	case str:
		return v.checkString(s, n, quiet) && ok
	case array:
		return v.checkCount(s.items, len(n.items), "elements", quiet) && ok
	case object:
		return v.checkCount(s.members, len(n.names), "members", quiet) && ok
	}
	return ok
}

func (v *validation) checkNumber(s *subschema, n *node, quiet bool) bool {
	ok := true
	limit := func(want *node, says string, fits func(order int) bool) {
		if want == nil {
			return
		}
		order, comparable := want.compare(n.value)
		if !comparable || !fits(order) {
			ok = v.fail(quiet, "expected %s %s, found %s", says, clip(want.digits(), shown), clip(n.digits(), shown))
		}
	}
	limit(s.minimum, "at least", func(order int) bool { return order >= 0 })
	limit(s.maximum, "at most", func(order int) bool { return order <= 0 })
	limit(s.exclusiveMinimum, "more than", func(order int) bool { return order > 0 })
	limit(s.exclusiveMaximum, "less than", func(order int) bool { return order < 0 })
	if s.multipleOf != nil && !isMultiple(n.digits(), s.multipleOf.digits()) {
		ok = v.fail(quiet, "expected a multiple of %s, found %s", clip(s.multipleOf.digits(), shown), clip(n.digits(), shown))
	}
	return ok
}

func (v *validation) checkString(s *subschema, n *node, quiet bool) bool {
	ok := true
	if s.lengths.least > 0 || s.lengths.most >= 0 {
		ok = v.checkCount(s.lengths, utf8.RuneCountInString(n.text), "characters", quiet)
	}
	if s.pattern != nil && !s.pattern.MatchString(n.text) {
		ok = v.fail(quiet, "expected a match of %s, found %s", quote(clip(s.pattern.String(), 2*shown)), v.show(n))
	}
	if s.format != "" {
		if check := formatCheck(s.format); check != nil && !check(n.text) {
			ok = v.fail(quiet, "expected the format %s, found %s", s.format, v.show(n))
		}
	}
	return ok
}

func (v *validation) checkCount(limit bounds, n int, what string, quiet bool) bool {
	if limit.least >= 0 && n < limit.least {
		return v.fail(quiet, "expected at least %d %s, found %d", limit.least, what, n)
	}
	if limit.most >= 0 && n > limit.most {
		return v.fail(quiet, "expected at most %d %s, found %d", limit.most, what, n)
	}
	return true
}

// checkSame is the keywords that apply other schemas to the same value (Core, section 10.2).
func (v *validation) checkSame(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	ok := true
	if s.reference != nil {
		ok = v.again(s.reference, n, quiet, seen)
	}
	if s.dynamic != nil && (ok || !quiet) {
		ok = v.again(v.resolve(s), n, quiet, seen) && ok
	}
	for _, each := range s.allOf {
		if !ok && quiet {
			return false
		}
		ok = v.again(each, n, quiet, seen) && ok
	}
	if s.anyOf != nil && (ok || !quiet) {
		ok = v.checkAnyOf(s, n, quiet, seen) && ok
	}
	if s.oneOf != nil && (ok || !quiet) {
		ok = v.checkOneOf(s, n, quiet, seen) && ok
	}
	if s.not != nil && v.again(s.not, n, true, nil) {
		ok = v.fail(quiet, "expected something that the schema of not refuses, found %s", v.show(n))
	}
	if s.when != nil && (ok || !quiet) {
		next := s.orElse
		if v.again(s.when, n, true, seen) {
			next = s.then
		}
		if next != nil {
			ok = v.again(next, n, quiet, seen) && ok
		}
	}
	return ok
}

// resolve gives the outermost schema in the dynamic scope that has the anchor.
func (v *validation) resolve(s *subschema) *subschema {
	if s.dynamicAt != nil {
		for _, r := range v.scope {
			if target := r.dynamic[*s.dynamicAt]; target != nil {
				return target
			}
		}
	}
	return s.dynamic
}

// checkAnyOf looks at all of them when something wants to know what they looked at.
func (v *validation) checkAnyOf(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	ok := false
	for _, each := range s.anyOf {
		if ok = v.again(each, n, true, seen) || ok; ok && seen == nil {
			return true
		}
	}
	if ok || quiet {
		return ok
	}
	return v.fail(quiet, "%s fits none of the %d schemas of anyOf%s", v.show(n), len(s.anyOf), v.nearest(s.anyOf, n))
}

func (v *validation) checkOneOf(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	first := -1
	for i, each := range s.oneOf {
		if !v.again(each, n, true, seen) {
			continue
		}
		if first >= 0 {
			return v.fail(quiet, "%s fits the schemas %d and %d of oneOf, expected exactly one", v.show(n), first, i)
		}
		first = i
	}
	if first >= 0 || quiet {
		return first >= 0
	}
	return v.fail(quiet, "%s fits none of the %d schemas of oneOf%s", v.show(n), len(s.oneOf), v.nearest(s.oneOf, n))
}

// nearest says what is wrong with the alternative that goes wrong the deepest, for that is the one that was meant.
func (v *validation) nearest(list []*subschema, n *node) string {
	best, deepest := "", -1
	for i, each := range list {
		if each.flag != nil || len(each.types) > 0 && !slices.ContainsFunc(each.types, n.is) {
			continue
		}
		run := validation{document: v.document, scope: v.scope, path: v.path, nested: v.nested, steps: v.steps, most: v.most}
		run.again(each, n, false, nil)
		v.steps = run.steps
		if len(run.failures) == 0 {
			continue
		}
		if depth := strings.Count(run.failures[0], "."); depth > deepest {
			best, deepest = ", not the one at "+strconv.Itoa(i)+": "+run.failures[0], depth
		}
	}
	return best
}

// isMultiple divides two numbers as they are written: with whole numbers n and m without zeros at the end, n×10^p is a
// multiple of m×10^q if p ≥ q and m divides n×10^(p-q).
func isMultiple(digits, of string) bool {
	n, ok := parseDecimal(digits)
	m, fine := parseDecimal(of)
	if !ok || !fine || n.class == zero {
		return ok && fine
	}
	const longest, longestOf = 10_000, 400 // digits that are taken for a whole number
	a, p := n.whole(longest)
	b, q := m.whole(longestOf)
	if a == nil || b == nil {
		return false
	}
	shift := p.Sub(p, q)
	if shift.Sign() < 0 {
		return false
	}
	power := shift.Exp(big.NewInt(10), shift, b)
	return a.Mul(a, power).Mod(a, b).Sign() == 0
}

// whole gives the significant digits as a whole number, and the power of ten that it is multiplied with.
func (d decimal) whole(longest int) (digits, power *big.Int) {
	text := strings.TrimRight(d.high+d.low, "0")
	if d.class != finite || len(text) > longest {
		return nil, nil
	}
	digits, _ = new(big.Int).SetString(text, 10)
	return digits, new(big.Int).Sub(d.bigPoint(), big.NewInt(int64(len(text))))
}

// member is a name as a path has it.
func member(name string) string { return gjson.Escape(name) }

// meant is what a name was probably meant to be, in brackets.
func meant(name string, names []string) string {
	if hint := diag.DidYouMean(name, names); hint != "" {
		return " (" + hint + ")"
	}
	return ""
}
