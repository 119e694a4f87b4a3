package environment

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/postrider/postrider/runner/diag"
)

// dynamicNames are the variables that are drawn anew at each use, named and meant as in Postman.
func dynamicNames() []string {
	return []string{"$guid", "$timestamp", "$isoTimestamp", "$randomInt", "$randomUUID"}
}

func isDynamic(name string) bool {
	switch name {
	case "$guid", "$timestamp", "$isoTimestamp", "$randomInt", "$randomUUID":
		return true
	}
	return false
}

// dynamicHint helps with a name that is none. Postman has a hundred more that begin with $random: to guess one of two
// for them would mislead.
func dynamicHint(name string) string {
	if hint := diag.DidYouMean(name, dynamicNames()); hint != "" && !strings.HasPrefix(name, "$random") {
		return hint
	}
	return "there are so far: " + strings.Join(dynamicNames(), ", ")
}

// dynamic draws the value of a dynamic variable.
func (s *Scopes) dynamic(name string) any {
	switch name {
	case "$timestamp":
		return json.Number(strconv.FormatInt(s.now().Unix(), 10))
	case "$isoTimestamp":
		return s.now().UTC().Format("2006-01-02T15:04:05.000Z")
	case "$randomInt":
		return json.Number(strconv.Itoa(s.random().IntN(1001)))
	}
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:], s.random().Uint64())
	binary.BigEndian.PutUint64(id[8:], s.random().Uint64())
	id[6] = id[6]&0x0f | 0x40 // version 4, RFC 9562 section 5.4
	id[8] = id[8]&0x3f | 0x80
	return id.String()
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
