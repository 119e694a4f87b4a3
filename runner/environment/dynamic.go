package environment

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment/fake"
)

// NewRandom returns a source of randomness for dynamic variables that repeats: one for each stream of a run (a
// collection, a virtual user), all of them independent of each other. It is ChaCha8 as c2sp.org/chacha8rand specifies
// it, so that a seed gives the same on every machine and with every version of Go.
func NewRandom(seed, stream uint64) *rand.Rand {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	binary.BigEndian.PutUint64(key[8:], stream)
	return rand.New(rand.NewChaCha8(key))
}

// isDynamic reports whether a name is that of a variable that is drawn anew at each use, named and meant as in Postman.
func isDynamic(name string) bool { return fake.Known(name) }

// maxSimilar is how many names a hint lists at most.
const maxSimilar = 8

// dynamicHint helps with a name that is none.
func dynamicHint(name string) string {
	if near := nearestDynamic(name); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	var similar []string
	word := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(name, "$"), "random"))
	for _, n := range fake.Names() {
		if len(word) >= 3 && len(similar) < maxSimilar && strings.Contains(strings.ToLower(n), word) {
			similar = append(similar, n)
		}
	}
	if len(similar) > 0 {
		return diag.OneOf(similar)
	}
	return "they are Postman's, such as $guid, $timestamp, $randomInt and $randomEmail"
}

// nearestDynamic is the dynamic variable that was most likely meant, or "". What most of them begin with makes none of
// them like another.
func nearestDynamic(name string) string {
	const most = "$random"
	if len(name) < len(most) || !strings.EqualFold(name[:len(most)], most) {
		return diag.Nearest(name, fake.Names())
	}
	var ends []string
	for _, n := range fake.Names() {
		if end, ok := strings.CutPrefix(n, most); ok {
			ends = append(ends, end)
		}
	}
	if end := diag.Nearest(name[len(most):], ends); end != "" {
		return most + end
	}
	return ""
}

// dynamic draws the value of a dynamic variable.
func (s *Scopes) dynamic(name string) any {
	value, _ := fake.Value(name, s.random(), s.now())
	return value
}

func (s *Scopes) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Scopes) random() *rand.Rand {
	if s.Random == nil {
		var seed [32]byte
		crand.Read(seed[:]) // never fails, it says
		s.Random = rand.New(rand.NewChaCha8(seed))
	}
	return s.Random
}
