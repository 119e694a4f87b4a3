package assertion

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// A node is an expected value, taken apart once.
type node struct {
	value
	items   []*node
	names   []string // of members, in order
	members map[string]*node
	// whole says that n is the number, so that digits need not be compared.
	whole bool
	// pattern is a class of status in lower case, "2xx".
	pattern string
}

func newNode(v value) *node {
	w := &node{value: v}
	switch v.kind {
	case number:
		w.whole = v.text == ""
		if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
			w.n, w.whole = n, true
		}
	case array:
		for _, e := range v.elements() {
			w.items = append(w.items, newNode(e))
		}
	case object:
		w.members = map[string]*node{}
		for name, e := range v.members() {
			w.names = append(w.names, name)
			w.members[name] = newNode(e)
		}
	}
	return w
}

// equals compares type and value: numbers as decimals, objects without regard to order.
func (w *node) equals(v value) bool {
	if w.pattern != "" {
		return w.isClassOf(v)
	}
	if w.kind != v.kind {
		return false
	}
	switch w.kind {
	case boolean:
		return w.flag == v.flag
	case number:
		if w.whole && v.text == "" {
			return w.n == v.n
		}
		return equalNumbers(w.digits(), v.digits())
	case str:
		return w.text == v.text
	case duration:
		return w.n == v.n
	case array:
		n := 0
		for i, e := range v.elements() {
			if i >= len(w.items) || !w.items[i].equals(e) {
				return false
			}
			n++
		}
		return n == len(w.items)
	case object:
		n := 0
		for name, e := range v.members() {
			if want := w.members[name]; want == nil || !want.equals(e) {
				return false
			}
			n++
		}
		return n == len(w.members)
	}
	return true
}

func (w *node) isClassOf(v value) bool {
	if v.kind != number || v.text != "" || v.n < 100 || v.n > 999 {
		return false
	}
	n := v.n
	for i := 2; i >= 0; i-- {
		if c := w.pattern[i]; c != 'x' && int64(c-'0') != n%10 {
			return false
		}
		n /= 10
	}
	return true
}

// compare orders v against w: -1 when v is less. Numbers compare with numbers and strings with strings, bytewise; a
// text without a type is a number when w is one.
func (w *node) compare(v value) (order int, ok bool) {
	switch {
	case w.kind == number && v.kind == number && w.whole && v.text == "", w.kind == duration && v.kind == duration:
		return sign64(v.n, w.n), true
	case w.kind == number && (v.kind == number || v.kind == str && v.untyped):
		digits := v.digits()
		if v.kind == str {
			digits = strings.TrimSpace(v.text)
		}
		have, ok := parseDecimal(digits)
		if !ok {
			return 0, false
		}
		want, ok := parseDecimal(w.digits())
		if !ok {
			return 0, false
		}
		return have.compare(want)
	case w.kind == str && v.kind == str:
		return strings.Compare(v.text, w.text), true
	}
	return 0, false
}

func sign64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// within is contains: w is a part of the string v, an element of the array v, several elements of it in any order when
// w is an array itself, or a part of the object v.
func (w *node) within(v value) bool {
	switch v.kind {
	case str:
		return w.kind == str && strings.Contains(v.text, w.text) || w.kind == number && strings.Contains(v.text, w.digits())
	case array:
		return w.element(v) || w.kind == array && w.part(v)
	case object:
		return w.kind == object && w.part(v)
	}
	return false
}

// element says whether some element of v has w as a part.
func (w *node) element(v value) bool {
	for _, e := range v.elements() {
		if w.part(e) {
			return true
		}
	}
	return false
}

// part says whether v has at least the members of w, and so on below them; of an array at least its elements, in any
// order. Scalars must be equal.
func (w *node) part(v value) bool {
	switch {
	case w.kind == object && v.kind == object:
		n := 0
		for name, e := range v.members() {
			if want := w.members[name]; want != nil {
				if !want.part(e) {
					return false
				}
				n++
			}
		}
		return n == len(w.members)
	case w.kind == array && v.kind == array:
		for _, item := range w.items {
			if !item.element(v) {
				return false
			}
		}
		return true
	}
	return w.equals(v)
}

// difference tells the first place where v is not w, or "" where showing both is enough. The place is written as the
// path that leads there.
func (w *node) difference(v value, place string) string {
	at := ""
	if place != "" {
		at = "at " + quote(place[1:]) + ": "
	}
	switch {
	case w.pattern != "":
		return ""
	case w.kind != v.kind:
		return at + "expected " + w.kind.String() + ", found " + v.kind.String()
	case w.kind == array:
		return w.differenceOfArrays(v, place, at)
	case w.kind == object:
		return w.differenceOfObjects(v, place, at)
	case place != "":
		return at + "expected " + Format(w.any(), shown) + ", found " + Format(v.any(), shown)
	case w.kind == str:
		return differenceOfStrings(w.text, v.text)
	}
	return ""
}

// shown is how much of a value a detail shows, in bytes.
const shown = 60

func (w *node) differenceOfArrays(v value, place, at string) string {
	n := 0
	for i, e := range v.elements() {
		if i < len(w.items) && !w.items[i].equals(e) {
			return w.items[i].difference(e, place+"."+strconv.Itoa(i))
		}
		n++
	}
	return fmt.Sprintf("%sexpected %d elements, found %d", at, len(w.items), n)
}

func (w *node) differenceOfObjects(v value, place, at string) string {
	found := map[string]bool{}
	extra := ""
	for name, e := range v.members() {
		want := w.members[name]
		if want == nil {
			if extra == "" {
				extra = at + "did not expect a member " + quote(name)
			}
			continue
		}
		found[name] = true
		if !want.equals(e) {
			return want.difference(e, place+"."+gjson.Escape(name))
		}
	}
	for _, name := range w.names {
		if !found[name] {
			return at + "the member " + quote(name) + " is missing"
		}
	}
	return extra
}

// differenceOfStrings points into texts too long to compare by eye, and at what the eye does not see.
func differenceOfStrings(want, have string) string {
	switch {
	case strings.TrimSpace(want) == strings.TrimSpace(have):
		return "they differ in white space at the ends"
	case strings.EqualFold(want, have):
		return "they differ in upper and lower case"
	case len(want) < shown && len(have) < shown:
		return ""
	}
	i := 0
	for i < len(want) && i < len(have) && want[i] == have[i] {
		i++
	}
	for i > 0 && i < len(have) && !utf8.RuneStart(have[i]) {
		i--
	}
	i = min(i, len(want))
	return fmt.Sprintf("they differ from character %d: expected %s, found %s",
		utf8.RuneCountInString(have[:i])+1, Format(want[i:], shown/2), Format(have[i:], shown/2))
}
