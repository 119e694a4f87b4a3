package environment

import (
	"encoding/base64"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// An index finds many secrets in one pass over a text. Each secret has a needle for each form that one pass can find:
// as it is, in hexadecimal digits, and as base64 at each of the three places at which it may begin in a group of three
// bytes; and as base64 of what an encoder made of it before, which may be base64 too.
type index struct {
	// first is the first needle of those that have the last four bytes of their cores in common, by these bytes.
	first   map[uint32]int32
	needles []needle
	// filter has a bit for the hash of each key, so that most positions of a text need no look into the map. It is
	// 1<<(32-shift) bits long, and grows with the needles.
	filter []uint64
	shift  uint
	// coreless says that there is a secret without a core.
	coreless bool
	// epoch counts how often recent secrets have been forgotten; filing is that of the needles that are being filed.
	epoch, filing int32
}

const (
	minFilterBits = 16
	maxFilterBits = 20
	// minNeedleBits is how many bits of the filter there are to a needle, or it grows.
	minNeedleBits = 16
)

func filterHash(key uint32, shift uint) uint32 { return key * 2654435761 >> shift }

// keyOf is the four bytes that end at end.
func keyOf(text string, end int) uint32 {
	return uint32(text[end-4])<<24 | uint32(text[end-3])<<16 | uint32(text[end-2])<<8 | uint32(text[end-1])
}

type needle struct {
	secret string
	// core is the longest run of letters and digits in the needle, or its end, which no escape touches; back is how many
	// bytes of the needle follow it. A needle without such a run has its last four bytes for a core.
	core string
	back int
	size int // of the needle, in bytes
	form form
	// skip says how many bytes come before the form in its group of three in base64; asIs that it is not in base64.
	skip int8
	next int32 // the next needle with the same key, or none
	// epoch is that in which the needle was filed, or forever.
	epoch    int32
	coreless bool // the secret as it is, and there is no run of letters
}

const (
	asIs = -1
	none = -1
	// forever is the epoch of what is never forgotten.
	forever = math.MaxInt32
	// maxCore is as much of a core as is needed to tell needles apart.
	maxCore = 32
	// minLine is the shortest line of a secret of several that is one by itself.
	minLine = 12
	// maxLines is how many lines of a secret are.
	maxLines = 200
)

// add files the needles of a secret, of what encoders leave of it, and of its lines, which are shown one by one: those
// of a private key, but not the lines around it, which all keys have.
func (x *index) add(secret string, forGood bool) {
	if x.filing = x.epoch; forGood {
		x.filing = forever
	}
	if x.first == nil {
		x.first = map[uint32]int32{}
		x.grow(minFilterBits)
	}
	x.addVariants(secret)
	if !strings.Contains(secret, "\n") {
		return
	}
	lines := map[string]struct{}{secret: {}}
	for line := range strings.Lines(secret) {
		line = strings.TrimSpace(line)
		start, end := core(line)
		if _, again := lines[line]; again || len(line) < minLine || end-start < minSecret || strings.HasPrefix(line, "-----") {
			continue
		}
		if lines[line] = struct{}{}; len(lines) > maxLines {
			return
		}
		x.addVariants(line)
	}
}

// addVariants files the needles of a secret, and of what encoders leave of it: those of JSON and XML put U+FFFD in the
// place of what they may not hold, and blanks around it get lost.
func (x *index) addVariants(secret string) {
	x.addForms(secret)
	before := secret
	for _, variant := range [...]string{runes(secret), strings.Map(xmlRune, secret), strings.TrimSpace(secret)} {
		if variant != secret && variant != before && len(variant) >= minSecret {
			x.addForms(variant)
			before = variant
		}
	}
}

// runes is a text with U+FFFD for each byte that is not UTF-8.
func runes(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return string([]rune(text))
}

// xmlRune is what an encoder of XML writes for a character: U+FFFD for one that XML cannot hold (XML 1.0, section 2.2).
func xmlRune(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
		return 0xfffd
	}
	return r
}

func (x *index) addForms(secret string) {
	x.file(needle{secret: secret, skip: asIs, size: len(secret)}, secret)
	end := secret[max(len(secret)-maxCore, 0):]
	for _, digits := range [...]form{hexForm, upperHexForm} {
		x.file(needle{secret: secret, form: digits, skip: asIs, size: 2 * len(secret)}, digits.of(end))
	}
	x.addBase64(secret, plainForm, secret, len(secret))
	twoAlphabets := strings.ContainsFunc(secret, needsLast)
	for skip := range 3 {
		size := base64Size(len(secret), skip)
		tail := encodedTail(secret, len(secret), skip)
		if size < minSecret {
			continue
		}
		x.addBase64(secret, base64Form+form(skip), tail, size)
		if twoAlphabets {
			x.addBase64(secret, base64URLForm+form(skip), urlAlphabet(tail), size)
		}
	}
	if !isPlain(secret) {
		known := []string{secret}
		for f := firstEscapedForm; f <= lastEscapedForm; f++ {
			if text := f.of(secret); !slices.Contains(known, text) {
				known = append(known, text)
				x.addBase64(secret, f, text, len(text))
			}
		}
	}
}

// needsLast reports whether a character may need the last two letters of base64, in which its alphabets differ: those
// whose last six bits are ones, but for the lowest, and all beyond ASCII.
func needsLast(r rune) bool { return r >= utf8.RuneSelf || r&0x3e == 0x3e }

// addBase64 files the needles of the base64 of a form of a secret. Tail is its end, or all of it; size its length.
func (x *index) addBase64(secret string, f form, tail string, size int) {
	for skip := range 3 {
		n := needle{secret: secret, form: f, skip: int8(skip), size: base64Size(size, skip)}
		letters := encodedTail(tail, size, skip)
		if n.size < minSecret || len(letters) < minSecret {
			continue
		}
		if cored := x.file(n, letters); !cored {
			// The two alphabets have the same core, but not the same four bytes at the end.
			x.file(n, urlAlphabet(letters))
		}
	}
}

// file files a needle, of which tail is the end or all, and reports whether it has a core.
func (x *index) file(n needle, tail string) bool {
	start, end := core(tail)
	cored := end-start >= minSecret
	if !cored {
		start, end = len(tail)-minSecret, len(tail)
	}
	n.core, n.back, n.epoch = tail[max(start, end-maxCore):end], len(tail)-end, x.filing
	n.coreless = !cored && n.form == plainForm && n.skip == asIs
	x.put(n)
	if len(x.needles)*minNeedleBits > len(x.filter)*64 && x.shift > 32-maxFilterBits {
		x.grow(32 - x.shift + 2)
	}
	return cored
}

// put puts a needle before those of the same key.
func (x *index) put(n needle) {
	key := keyOf(n.core, len(n.core))
	n.next = none
	if first, ok := x.first[key]; ok {
		n.next = first
	}
	x.first[key] = int32(len(x.needles))
	x.needles = append(x.needles, n)
	x.coreless = x.coreless || n.coreless
	h := filterHash(key, x.shift)
	x.filter[h/64] |= 1 << (h % 64)
}

// grow makes a filter of 1<<bits bits.
func (x *index) grow(bits uint) {
	x.filter, x.shift = make([]uint64, 1<<bits/64), 32-bits
	for key := range x.first {
		h := filterHash(key, x.shift)
		x.filter[h/64] |= 1 << (h % 64)
	}
}

// turn begins an epoch, and forgets the needles of those before the last one.
func (x *index) turn() {
	needles := x.needles
	x.needles, x.coreless = make([]needle, 0, len(needles)), false
	clear(x.first)
	clear(x.filter)
	for _, n := range needles {
		if n.epoch >= x.epoch {
			x.put(n)
		}
	}
	x.epoch++
}

// core is the longest run of letters and digits, the last one of several.
func core(text string) (start, end int) {
	for from := 0; from < len(text); {
		to := from
		for to < len(text) && isAlphanumeric(text[to]) {
			to++
		}
		if to-from >= end-start {
			start, end = from, to
		}
		from = to + 1
	}
	return start, end
}

// encodedTail is the end of the base64 letters that a text determines when skip bytes precede it in its group. Of a long
// text its end is enough, of which size is the length of the whole: a line's worth has a core, and tokens of one issuer
// all begin alike.
func encodedTail(end string, size, skip int) string {
	const enough = 48
	if len(end) > enough {
		end = end[len(end)-enough:]
	}
	return determined(end, (skip+size-len(end))%3)
}

// determined are the base64 letters that a text alone determines when skip bytes precede it in its group.
func determined(text string, skip int) string {
	var raw, letters [96]byte // on the stack, as long as the text is short
	before := append(append(raw[:0], "\x00\x00\x00"[:skip]...), text...)
	return string(base64.RawStdEncoding.AppendEncode(letters[:0], before)[(8*skip+5)/6 : 8*len(before)/6])
}

// base64Size is how many letters determined has for a text of a size.
func base64Size(size, skip int) int { return 8*(skip+size)/6 - (8*skip+5)/6 }

// before reports whether the needle ends at end, and the spot of all that it takes with it.
func (n *needle) before(text string, end int) (spot, bool) {
	start := end - n.size
	if start < 0 || end > len(text) {
		return spot{}, false
	}
	if n.skip == asIs {
		return spot{start, end}, text[start:end] == n.form.of(n.secret)
	}
	if !equalBase64(text[start:end], determined(n.form.of(n.secret), int(n.skip))) {
		return spot{}, false
	}
	s := spot{start, end}
	// The letters at both ends hold bits of the secret and bits of its neighbours; and in base64 of base64 a letter and
	// more besides.
	left, right := min(int(n.skip), 1), min(8*(int(n.skip)+n.form.size(n.secret))%6, 1)
	if n.form >= base64Form {
		left, right = 3, 3
	}
	for ; left > 0 && s.start > 0 && isBase64(text[s.start-1]); left-- {
		s.start--
	}
	for ; right > 0 && s.end < len(text) && isBase64(text[s.end]); right-- {
		s.end++
	}
	for padding := 2; padding > 0 && s.end < len(text) && text[s.end] == '='; padding-- {
		s.end++
	}
	return s, true
}

// equalBase64 compares a text in either alphabet with one in the standard alphabet.
func equalBase64(text, std string) bool {
	for i := range len(std) {
		switch c := text[i]; {
		case c == std[i], c == '-' && std[i] == '+', c == '_' && std[i] == '/':
		default:
			return false
		}
	}
	return true
}

func isBase64(c byte) bool {
	return isAlphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'
}
