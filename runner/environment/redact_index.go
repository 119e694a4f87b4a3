package environment

import (
	"encoding/base64"
	"strings"
)

// An index finds many secrets in one pass over a text. Each secret has a needle for each form that one pass can find:
// as it is, and as base64 at each of the three places at which it may begin in a group of three bytes.
type index struct {
	// needles are filed under the last four bytes of their cores.
	needles map[uint32][]needle
	// filter has a bit for the hash of each key, so that most positions of a text need no look into the map.
	filter []uint64
	// coreless says that there is a secret without a core.
	coreless bool
}

const filterBits = 16

func filterHash(key uint32) uint32 { return key * 2654435761 >> (32 - filterBits) }

// keyOf is the four bytes that end at end.
func keyOf(text string, end int) uint32 {
	return uint32(text[end-4])<<24 | uint32(text[end-3])<<16 | uint32(text[end-2])<<8 | uint32(text[end-1])
}

type needle struct {
	secret string
	// skip says how many bytes come before the secret in its group of three in base64; asIs that it is not in base64.
	skip int
	// core is the longest run of letters and digits in the needle, which no escape touches; back is how many bytes of
	// the needle follow it. A needle without such a run has its last four bytes for a core.
	core string
	back int
}

const asIs = -1

// add files the needles of a secret, and of what encoders leave of it: those of JSON and XML put U+FFFD in the place of
// what they may not hold, and blanks around it get lost.
func (x *index) add(secret string) {
	if x.needles == nil {
		x.needles, x.filter = map[uint32][]needle{}, make([]uint64, 1<<filterBits/64)
	}
	x.addForms(secret)
	before := secret
	for _, variant := range [...]string{string([]rune(secret)), strings.Map(xmlRune, secret), strings.TrimSpace(secret)} {
		if variant != secret && variant != before && len(variant) >= minSecret {
			x.addForms(variant)
			before = variant
		}
	}
}

// xmlRune is what an encoder of XML writes for a character: U+FFFD for one that XML cannot hold (XML 1.0, section 2.2).
func xmlRune(r rune) rune {
	if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff {
		return 0xfffd
	}
	return r
}

func (x *index) addForms(secret string) {
	if cored := x.file(needle{secret: secret, skip: asIs}, secret); !cored {
		x.coreless = true
	}
	for skip := range 3 {
		tail := encodedTail(secret, skip)
		if cored := x.file(needle{secret: secret, skip: skip}, tail); !cored {
			// The two alphabets have the same core, but not the same four bytes at the end.
			x.file(needle{secret: secret, skip: skip}, strings.NewReplacer("+", "-", "/", "_").Replace(tail))
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
	n.core, n.back = tail[start:end], len(tail)-end
	key := keyOf(tail, end)
	x.needles[key] = append(x.needles[key], n)
	h := filterHash(key)
	x.filter[h/64] |= 1 << (h % 64)
	return cored
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

// encodedTail is the end of the base64 letters that a secret determines when skip bytes precede it in its group. Short
// secrets come whole; of long ones a line's worth is enough for a core, and tokens of one issuer all begin alike.
func encodedTail(secret string, skip int) string {
	const enough = 48
	if whole := (len(secret) + skip - enough) / 3 * 3; whole > skip {
		return determined(secret[whole-skip:], 0)
	}
	return determined(secret, skip)
}

// determined are the base64 letters that a secret alone determines when skip bytes precede it in its group.
func determined(secret string, skip int) string {
	raw := make([]byte, skip+len(secret))
	copy(raw[skip:], secret)
	text := base64.RawStdEncoding.EncodeToString(raw)
	return text[(8*skip+5)/6 : 8*len(raw)/6]
}

// length is that of the needle in bytes.
func (n *needle) length() int {
	if n.skip == asIs {
		return len(n.secret)
	}
	return 8*(n.skip+len(n.secret))/6 - (8*n.skip+5)/6
}

// before reports whether the needle ends at end, and the spot of all that it takes with it.
func (n *needle) before(text string, end int) (spot, bool) {
	start := end - n.length()
	if start < 0 || end > len(text) {
		return spot{}, false
	}
	if n.skip == asIs {
		return spot{start, end}, text[start:end] == n.secret
	}
	if !equalBase64(text[start:end], determined(n.secret, n.skip)) {
		return spot{}, false
	}
	s := spot{start, end}
	// The letters at both ends hold bits of the secret and bits of its neighbours.
	if n.skip > 0 && s.start > 0 && isBase64(text[s.start-1]) {
		s.start--
	}
	if 8*(n.skip+len(n.secret))%6 != 0 && s.end < len(text) && isBase64(text[s.end]) {
		s.end++
	}
	for s.end < len(text) && text[s.end] == '=' && s.end < end+3 {
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
