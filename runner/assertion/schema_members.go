package assertion

import (
	"slices"
	"strconv"
	"strings"
)

// evaluated is what of an array or object was looked at, for the unevaluated keywords (Core, section 11).
type evaluated struct {
	allItems, allMembers bool
	items                int // so many from the beginning
	picked               map[int]bool
	members              map[string]bool
}

func (e *evaluated) merge(other *evaluated) {
	e.allItems = e.allItems || other.allItems
	e.allMembers = e.allMembers || other.allMembers
	e.items = max(e.items, other.items)
	for i := range other.picked {
		e.pick(i)
	}
	for name := range other.members {
		e.member(name)
	}
}

func (e *evaluated) pick(i int) {
	if e.picked == nil {
		e.picked = map[int]bool{}
	}
	e.picked[i] = true
}

func (e *evaluated) member(name string) {
	if e.members == nil {
		e.members = map[string]bool{}
	}
	e.members[name] = true
}

// checkArray is the keywords about elements (Core, section 10.3.1).
func (v *validation) checkArray(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	ok := true
	for i, item := range n.items {
		each := s.rest
		if i < len(s.prefix) {
			each = s.prefix[i]
		}
		if each == nil {
			break
		}
		if ok = v.below(each, item, strconv.Itoa(i), quiet) && ok; !ok && quiet {
			return false
		}
	}
	if seen != nil {
		seen.items = max(seen.items, len(s.prefix))
		seen.allItems = seen.allItems || s.rest != nil
	}
	if s.contains != nil {
		ok = v.checkContains(s, n, quiet, seen) && ok
	}
	if s.unique && (ok || !quiet) {
		ok = v.checkUnique(n, quiet) && ok
	}
	if s.unevaluatedItems != nil && seen != nil && !seen.allItems {
		for i := seen.items; i < len(n.items); i++ {
			if seen.picked[i] {
				continue
			}
			if ok = v.below(s.unevaluatedItems, n.items[i], strconv.Itoa(i), quiet) && ok; !ok && quiet {
				return false
			}
		}
		seen.allItems = true
	}
	return ok
}

func (v *validation) checkContains(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	count := 0
	for i, item := range n.items {
		if !v.below(s.contains, item, strconv.Itoa(i), true) {
			continue
		}
		count++
		if seen != nil && v.document.draft >= draft2020 {
			seen.pick(i)
		}
	}
	limit := s.matches
	if limit.least < 0 {
		limit.least = 1
	}
	return v.checkCount(limit, count, "elements that fit contains", quiet)
}

// checkUnique compares the elements in a notation in which equal values are the same text.
func (v *validation) checkUnique(n *node, quiet bool) bool {
	first := map[string]int{}
	for i, item := range n.items {
		var b strings.Builder
		item.canonical(&b)
		if !v.spend(1 + b.Len()/16) {
			return false
		}
		if j, ok := first[b.String()]; ok {
			return v.fail(quiet, "expected different elements, found %s at %d and %d", v.show(item), j, i)
		}
		first[b.String()] = i
	}
	return true
}

// canonical writes a value so that it is the text of all equal ones.
func (n *node) canonical(b *strings.Builder) {
	switch n.kind {
	case array:
		b.WriteByte('[')
		for _, e := range n.items {
			e.canonical(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for _, name := range slices.Sorted(slices.Values(n.names)) {
			b.WriteString(quote(name))
			b.WriteByte(':')
			n.members[name].canonical(b)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case number:
		d, ok := parseDecimal(n.digits())
		switch {
		case !ok || d.class > finite:
			b.WriteString(n.digits())
		case d.class == zero:
			b.WriteByte('0')
		default:
			if d.negative {
				b.WriteByte('-')
			}
			b.WriteString(strings.TrimRight(d.high+d.low, "0") + "e" + d.bigPoint().String())
		}
	default:
		b.WriteString(Format(n.any(), 0))
	}
}

// checkObject is the keywords about members (Core, section 10.3.2, and Validation, section 6.5).
func (v *validation) checkObject(s *subschema, n *node, quiet bool, seen *evaluated) bool {
	ok := true
	for _, name := range s.required {
		if n.members[name] == nil {
			ok = v.fail(quiet, "the member %s is missing%s", quote(name), meant(name, n.names))
		}
	}
	for _, d := range s.dependents {
		if n.members[d.name] == nil {
			continue
		}
		for _, name := range d.required {
			if n.members[name] == nil {
				ok = v.fail(quiet, "the member %s is missing, which has to be where %s is", quote(name), quote(d.name))
			}
		}
		if d.schema != nil && (ok || !quiet) {
			ok = v.again(d.schema, n, quiet, seen) && ok
		}
	}
	for _, name := range n.names {
		if !ok && quiet {
			return false
		}
		ok = v.checkMember(s, n, name, quiet, seen) && ok
	}
	if s.unevaluatedProperties != nil && seen != nil && !seen.allMembers && (ok || !quiet) {
		for _, name := range n.names {
			if !seen.members[name] {
				ok = v.extra(s.unevaluatedProperties, s, n, name, quiet) && ok
			}
		}
		seen.allMembers = true
	}
	return ok
}

// checkMember checks the name and the value of one.
func (v *validation) checkMember(s *subschema, n *node, name string, quiet bool, seen *evaluated) bool {
	held, ok, known := n.members[name], true, false
	if s.names != nil && !v.again(s.names, &node{value: value{kind: str, text: name}}, true, nil) {
		ok = v.fail(quiet, "the name %s is not as propertyNames has it", quote(clip(name, shown)))
	}
	if each := s.properties[name]; each != nil {
		known = true
		if each.flag != nil && !*each.flag {
			ok = v.fail(quiet, "did not expect a member %s", quote(clip(name, shown)))
		} else {
			ok = v.below(each, held, member(name), quiet) && ok
		}
	}
	for _, p := range s.patterns {
		if p.pattern.MatchString(name) {
			known = true
			ok = v.below(p.schema, held, member(name), quiet) && ok
		}
	}
	if s.additional != nil && !known {
		known = true
		ok = v.extra(s.additional, s, n, name, quiet) && ok
	}
	if known && seen != nil {
		seen.member(name)
	}
	return ok
}

// extra checks a member that the other keywords do not know.
func (v *validation) extra(each, s *subschema, n *node, name string, quiet bool) bool {
	if each.flag == nil {
		return v.below(each, n.members[name], member(name), quiet)
	}
	if *each.flag {
		return true
	}
	var names []string
	for known := range s.properties {
		if n.members[known] == nil {
			names = append(names, known)
		}
	}
	slices.Sort(names)
	return v.fail(quiet, "did not expect a member %s%s", quote(clip(name, shown)), meant(name, names))
}
