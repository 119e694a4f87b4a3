package environment

import (
	"slices"
	"strings"
)

const (
	// maxViews bounds how many encodings around each other are looked through: JSON in HTML in a form.
	maxViews = 3
	// maxGrowth is how much longer than itself a byte of a secret gets in as many encodings, and then some.
	maxGrowth = 16
)

// search returns the spots of all secrets in a text, as it is and with its escapes undone.
//
// To undo escapes takes long, and encoders leave letters and digits alone. So escapes are undone only where the core of
// a needle stands without the rest of it.
func (x *index) search(text string) []spot {
	spots, maybe := x.scan(text)
	spots = tokens(text, spots)
	if v, ok := unwrapped(text); ok {
		found, _ := x.scan(v.text)
		spots = v.originals(found, spots)
	}
	// Percent-encoding is the one that some apply to letters too.
	if v, ok := percentEscapes.undo(text); ok {
		found, _ := x.scan(v.text)
		spots = v.originals(tokens(v.text, found), spots)
	}
	// No encoder escapes letters and digits for JSON or HTML, but one can.
	if kinds := escapedLetters(text); kinds != 0 {
		if v, ok := kinds.undo(text); ok {
			found, _ := x.scan(v.text)
			spots = v.originals(tokens(v.text, found), spots)
		}
	}
	if x.coreless {
		maybe = []spot{{0, len(text)}}
	}
	for _, window := range merged(maybe) {
		for _, s := range x.beneath(text[window.start:window.end]) {
			spots = append(spots, spot{window.start + s.start, window.start + s.end})
		}
	}
	return spots
}

// merged are spots in order, those that overlap made one.
func merged(spots []spot) []spot {
	slices.SortFunc(spots, func(a, b spot) int { return a.start - b.start })
	var all []spot
	for _, s := range spots {
		if n := len(all); n > 0 && s.start < all[n-1].end {
			all[n-1].end = max(all[n-1].end, s.end)
			continue
		}
		all = append(all, s)
	}
	return all
}

// A layered view is a view of a view, down to the text.
type layered struct {
	view
	above *layered // nil: of the text itself
}

// beneath returns the spots of the secrets that show when escapes of one kind are undone, and then of another. Only the
// order in which they were put on takes all of them off again if a secret holds what looks like an escape itself, and
// so each order is tried. Most come to the same text, which is looked through once.
func (x *index) beneath(text string) []spot {
	var spots []spot
	seen := map[string]struct{}{text: {}}
	level := []*layered{{view: view{text: text}}}
	for range maxViews {
		var next []*layered
		for _, above := range level {
			for _, kinds := range present(above.text) {
				v, ok := kinds.undo(above.text)
				if _, again := seen[v.text]; !ok || again {
					continue
				}
				seen[v.text] = struct{}{}
				below := &layered{v, above}
				next = append(next, below)
				found, _ := x.scan(v.text)
				if v, ok := unwrapped(v.text); ok {
					wrapped, _ := x.scan(v.text)
					found = v.originals(wrapped, found)
				}
				spots = below.originals(tokens(v.text, found), spots)
			}
		}
		level = next
	}
	return spots
}

// originals appends the spots in the text of spots in a view of views of it.
func (l *layered) originals(found, spots []spot) []spot {
	for _, s := range found {
		for v := l; v.above != nil; v = v.above {
			s = v.original(s)
		}
		spots = append(spots, s)
	}
	return spots
}

// originals appends the spots in the text of spots in the view.
func (v *view) originals(found, spots []spot) []spot {
	for _, s := range found {
		spots = append(spots, v.original(s))
	}
	return spots
}

// scan returns the spots of the needles in a text, and the surroundings of those cores of needles around which there is
// something else than the needle.
func (x *index) scan(text string) (spots, maybe []spot) {
	if len(x.first) == 0 || len(text) < minSecret {
		return nil, nil
	}
	filter, shift := x.filter, x.shift
	key := keyOf(text, minSecret) >> 8
	for i := minSecret - 1; i < len(text); i++ {
		key = key<<8 | uint32(text[i])
		if h := filterHash(key, shift); filter[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		first, ok := x.first[key]
		if !ok {
			continue
		}
		for at := first; at != none; at = x.needles[at].next {
			n := &x.needles[at]
			if !strings.HasSuffix(text[:i+1], n.core) {
				continue
			}
			if s, ok := n.before(text, i+1+n.back); ok {
				spots = append(spots, s)
				continue
			}
			around := maxGrowth*n.size + 64
			maybe = append(maybe, spot{max(i-around, 0), min(i+around, len(text))})
		}
	}
	return spots, maybe
}
