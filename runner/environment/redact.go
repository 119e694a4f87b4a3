package environment

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

const (
	// redacted stands where a secret was.
	redacted = "[redacted]"
	// minSecret is the shortest text that is taken for a secret: shorter ones are in every text.
	minSecret = 4
	// maxRecent bounds the secrets of AddRecent; up to twice as many are known at a time.
	maxRecent = 2048
)

// A Redactor replaces secrets in texts, in whatever encoding they stand there: as they are, percent-encoded, escaped for
// JSON, Go, HTML, XML or a shell, or several of these around each other; in hexadecimal digits; as part of a base64 text,
// whose own text may be escaped or base64 again. Of a secret of several lines each line is one. What looks like a JWT is
// replaced even if nobody has made it known. It is safe for many goroutines.
//
// A text must be redacted before it is cut: half a secret is not recognised.
type Redactor struct {
	mu     sync.RWMutex
	known  map[string]struct{} // for good
	recent map[string]struct{} // of the index's epoch; it has the recent ones before those as well
	index  index
}

// NewRedactor returns a redactor that knows no secret yet.
func NewRedactor() *Redactor { return &Redactor{} }

// Add makes a secret known for good. Fewer than 4 bytes are ignored.
func (r *Redactor) Add(secret string) { r.add(secret, true) }

// AddRecent makes a secret known for a while: at least 2048 others are added this way before it is forgotten. It is
// for what each iteration brings anew.
func (r *Redactor) AddRecent(secret string) { r.add(secret, false) }

func (r *Redactor) add(secret string, forGood bool) {
	if len(secret) < minSecret {
		return
	}
	r.mu.RLock()
	_, known := r.known[secret]
	_, recent := r.recent[secret]
	r.mu.RUnlock()
	if known || recent && !forGood {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known, r.recent = map[string]struct{}{}, map[string]struct{}{}
	}
	r.index.add(secret, forGood)
	if forGood {
		r.known[secret] = struct{}{}
		return
	}
	r.recent[secret] = struct{}{}
	if len(r.recent) >= maxRecent {
		r.recent = map[string]struct{}{}
		r.index.turn()
	}
}

// Redact returns the text with [redacted] in the place of each secret. A nil Redactor knows the look of JWTs alone.
func (r *Redactor) Redact(text string) string {
	if len(text) < minSecret {
		return text
	}
	spots := r.spots(text)
	if len(spots) == 0 {
		return text
	}
	slices.SortFunc(spots, func(a, b spot) int { return cmp.Compare(a.start, b.start) })
	var b strings.Builder
	done := 0
	for i := 0; i < len(spots); {
		start, end := spots[i].start, spots[i].end
		for i++; i < len(spots) && spots[i].start < end; i++ {
			end = max(end, spots[i].end)
		}
		b.WriteString(text[done:start])
		b.WriteString(redacted)
		done = end
	}
	b.WriteString(text[done:])
	return b.String()
}

func (r *Redactor) spots(text string) []spot {
	if r == nil {
		return (&index{}).search(text)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.index.search(text)
}

// A spot is where a secret stands in a text.
type spot struct{ start, end int }

const tokenStart = "eyJ" // {" in base64

// tokens appends the spots of what looks like a JWT, signed, unsigned, cut off or encrypted.
func tokens(text string, spots []spot) []spot {
	for from := 0; ; {
		i := strings.Index(text[from:], tokenStart)
		if i < 0 {
			return spots
		}
		start := from + i
		end := tokenEnd(text, start)
		if end > 0 {
			spots = append(spots, spot{start, end})
		}
		from = max(end, start+len(tokenStart))
	}
}

// tokenEnd is where the token that starts there ends, 0 if none does: two objects with a dot between them, or three
// parts and more.
func tokenEnd(text string, start int) int {
	end := start + tokenPart(text[start:])
	parts, full := 1, 1
	for parts < 5 && end < len(text) && text[end] == '.' {
		n := tokenPart(text[end+1:])
		if n == 0 && parts == 1 {
			return 0
		}
		if parts == 1 && strings.HasPrefix(text[end+1:], tokenStart) || n > 0 && parts > 1 {
			full++
		}
		parts++
		end += 1 + n
	}
	if full < 2 {
		return 0
	}
	return end
}

// tokenPart is the length of base64url text at the start of a text.
func tokenPart(text string) int {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c != '-' && c != '_' && !isAlphanumeric(c) {
			return i
		}
	}
	return len(text)
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
