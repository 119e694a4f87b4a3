// Package fake draws the data of Postman's dynamic variables: names, addresses, words, numbers.
//
// What is drawn looks as in Postman (postman-collection 4.4), from words of our own. Mail addresses are an exception:
// they end in the domains that RFC 2606 sets aside, so that no test writes to somebody.
package fake

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Names are the dynamic variables, with the $ in front, grouped as in Postman's documentation.
func Names() []string {
	all := variables()
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = v.name
	}
	return names
}

// Known reports whether a dynamic variable has that name, with the $ in front.
func Known(name string) bool {
	if len(name) == 0 || name[0] != '$' {
		return false
	}
	_, ok := byName()[name]
	return ok
}

// Value draws the value of a dynamic variable; false if there is none of that name. What is a number or a boolean is a
// json.Number or a bool, all else a string. The same source gives the same values for the same names in the same order,
// as long as now is the same for those that tell a time.
func Value(name string, r *rand.Rand, now time.Time) (any, bool) {
	generate, ok := byName()[name]
	if !ok {
		return nil, false
	}
	return generate(&drawer{r: r, now: now, lists: lists()}), true
}

// A variable is a name and how to draw its value.
type variable struct {
	name     string
	generate generator
}

type generator func(*drawer) any

// byName are the generators, made when the first dynamic variable is met.
var byName = sync.OnceValue(func() map[string]generator {
	all := variables()
	generators := make(map[string]generator, len(all))
	for _, v := range all {
		generators[v.name] = v.generate
	}
	return generators
})

func variables() []variable {
	var all []variable
	for _, topic := range [][]variable{
		identifiers(), people(), words(), files(), places(), commerce(), companies(), databases(), dates(), finance(), images(), internet(),
	} {
		all = append(all, topic...)
	}
	return all
}
