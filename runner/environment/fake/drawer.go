package fake

import (
	_ "embed"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed words.txt
var wordsText string

// lists are the lists of words.txt, read when the first word is drawn.
var lists = sync.OnceValue(func() map[string][]string {
	all := map[string][]string{}
	name := ""
	for line := range strings.Lines(wordsText) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name = strings.Trim(line, "[]")
		default:
			all[name] = append(all[name], strings.Split(line, " | ")...)
		}
	}
	return all
})

// A drawer draws for one value.
type drawer struct {
	r     *rand.Rand
	now   time.Time
	lists map[string][]string
}

// pick draws an item of one of our lists.
func (d *drawer) pick(list string) string { return d.of(d.lists[list]...) }

func (d *drawer) of(items ...string) string { return items[d.r.IntN(len(items))] }

// between draws a whole number from low to high, both included.
func (d *drawer) between(low, high int) int { return low + d.r.IntN(high-low+1) }

func (d *drawer) bool() bool { return d.r.IntN(2) == 1 }

// text draws n characters of an alphabet of ASCII.
func (d *drawer) text(n int, alphabet string) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[d.r.IntN(len(alphabet))]
	}
	return string(b)
}

const (
	digits  = "0123456789"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hexList = digits + "abcdef"
)

// fixed draws a decimal from low to high with so many digits after the point, exactly.
func (d *drawer) fixed(low, high, places int) json.Number {
	scale := 1
	for range places {
		scale *= 10
	}
	n := d.between(low*scale, high*scale)
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	after := strconv.Itoa(n % scale)
	return json.Number(sign + strconv.Itoa(n/scale) + "." + strings.Repeat("0", places-len(after)) + after)
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// join joins what n calls draw.
func (d *drawer) join(n int, separator string, draw func() string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = draw()
	}
	return strings.Join(parts, separator)
}

// item draws from a list.
func item(list string) generator { return func(d *drawer) any { return d.pick(list) } }

// text makes a generator of a method that draws a text.
func text(draw func(*drawer) string) generator { return func(d *drawer) any { return draw(d) } }
