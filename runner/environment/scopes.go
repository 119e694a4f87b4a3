package environment

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
)

const capturedBy = "captured by "

// A Rank is the place of a layer in the order of precedence. A lower rank wins.
type Rank int

// The ranks, the first to win first. Dynamic variables come after all of them.
const (
	RankCase        Rank = iota // variables of a case or an include
	RankCaptures                // captured from responses, set by scripts
	RankData                    // the data row
	RankVar                     // --var
	RankCallback                // the callback URL of --callback-url or of the environment
	RankEnvironment             // environments, then their embedded pool
	RankFolder                  // folders, the nearest first
	RankCollection              // the collection
	RankGlobals                 // --globals
	rankCount
)

// A Layer is variables that come from one place. It must not change once it is in a Scopes, and then may be in many.
type Layer struct {
	Rank Rank
	// Name is what the place is called in hints: "environment local", "--var", "folder Users".
	Name string
	// Variables are declared ones.
	Variables map[string]*Variable
	// Values are texts and values from outside, inserted as they are.
	Values map[string]any

	pool  *pool     // answers for more names, if it is one
	state *Variable // what the state of a callback URL must be
}

// Constants is the layer with those of its variables alone whose values stand there as they are: to look one up reads
// nothing and starts nothing.
func (l *Layer) Constants() *Layer {
	out := &Layer{Rank: l.Rank, Name: l.Name, Values: l.Values}
	for name, v := range l.Variables {
		if _, ok := v.constant(); !ok {
			continue
		}
		if out.Variables == nil {
			out.Variables = map[string]*Variable{}
		}
		out.Variables[name] = v
	}
	return out
}

// An Origin is where a value comes from.
type Origin struct {
	// Scope is the layer, or what took the value: `captured by "Sign in"`.
	Scope string
	// Span is the declaration, where there is one.
	Span diag.Span
	// Secret says that the value must not be shown.
	Secret bool
}

// String is file and line, "environments/local.toml:9", or the scope, which says more of a capture.
func (o Origin) String() string {
	if !o.Span.IsZero() && !o.Captured() {
		return o.Span.String()
	}
	return o.Scope
}

// Captured reports whether a response gave the value.
func (o Origin) Captured() bool { return strings.HasPrefix(o.Scope, capturedBy) }

// Scopes are the variables that one virtual user sees. They are not safe for use by several goroutines; Fork them.
// The zero Scopes has no variables.
type Scopes struct {
	// Now is the clock of dynamic variables and of callback URLs; nil is time.Now.
	Now func() time.Time
	// Random draws dynamic variables; nil is seeded by the system.
	Random *rand.Rand
	// Redactor is told each secret value that is looked up or set, if it is not nil.
	Redactor *Redactor

	ranks    [rankCount][]entry
	captures map[string]capture
	// What follows belongs to the lookup under way.
	chain   []string
	steps   int
	parsing []*Layer
	secret  bool // a secret was among what it met
	// parsed is the callback URL of each layer that has one, as last seen.
	parsed map[*Layer]parsedCallback
}

// An entry is a layer in its rank.
type entry struct {
	*Layer
	callback bool // it has a callback_url, whose parameters are variables too
}

type capture struct {
	value     any
	origin    Origin
	parameter bool // of a callback_url that was captured
}

// NewScopes returns scopes of these layers, each in its rank; of two in one rank the former wins.
func NewScopes(layers ...*Layer) *Scopes {
	s := &Scopes{}
	for _, l := range slices.Backward(layers) {
		s.Push(l)
	}
	return s
}

// Fork returns scopes of the same layers with a copy of what was captured. Its source of randomness is its own.
func (s *Scopes) Fork() *Scopes {
	fork := &Scopes{Now: s.Now, Redactor: s.Redactor, captures: maps.Clone(s.captures)}
	for i := range s.ranks {
		fork.ranks[i] = slices.Clone(s.ranks[i])
	}
	return fork
}

// Push adds a layer at the head of its rank.
func (s *Scopes) Push(l *Layer) {
	s.ranks[l.Rank] = slices.Insert(s.ranks[l.Rank], 0, newEntry(l))
}

// Pop removes the layer at the head of a rank.
func (s *Scopes) Pop(rank Rank) {
	if len(s.ranks[rank]) > 0 {
		delete(s.parsed, s.ranks[rank][0].Layer)
		s.ranks[rank] = slices.Delete(s.ranks[rank], 0, 1)
	}
}

// Replace puts these layers, the first to win first, in the place of all of that rank: the folders of the next
// request, the next data row.
func (s *Scopes) Replace(rank Rank, layers ...*Layer) {
	for _, old := range s.ranks[rank] {
		delete(s.parsed, old.Layer)
	}
	clear(s.ranks[rank])
	s.ranks[rank] = s.ranks[rank][:0]
	for _, l := range layers {
		s.ranks[rank] = append(s.ranks[rank], newEntry(l))
	}
}

func newEntry(l *Layer) entry {
	_, declared := l.Variables[callbackName]
	_, given := l.Values[callbackName]
	return entry{l, declared || given}
}

// Set sets a variable among the captures. Setting callback_url sets the parameters of the URL too; a refusal in it, or
// a state that is not the environment's, is an error, and then nothing is set.
func (s *Scopes) Set(name string, value any, origin Origin) error {
	origin.Secret = origin.Secret || secretValue(name, value)
	if name == callbackName {
		if err := s.setCallback(value, origin); err != nil {
			return err
		}
	}
	s.keep(name, capture{value: value, origin: origin})
	return nil
}

func (s *Scopes) keep(name string, c capture) {
	if s.captures == nil {
		s.captures = map[string]capture{}
	}
	if c.origin.Secret {
		s.taint(c.value, false)
	}
	s.captures[name] = c
}

// Unset removes a variable from the captures; callback_url goes with what its parameters had set.
func (s *Scopes) Unset(name string) {
	delete(s.captures, name)
	if name == callbackName {
		s.forgetParameters()
	}
}

// Reset removes all captures.
func (s *Scopes) Reset() { clear(s.captures) }

// Captured returns what has been captured or set, by name. The map is the caller's.
func (s *Scopes) Captured() map[string]any {
	values := make(map[string]any, len(s.captures))
	for name, c := range s.captures {
		values[name] = c.value
	}
	return values
}

// Names are all names that have a value or would have one, in alphabetical order, without the dynamic ones.
func (s *Scopes) Names() []string {
	seen := map[string]bool{}
	for name := range s.captures {
		seen[name] = true
	}
	for _, layers := range s.ranks {
		for _, l := range layers {
			for name := range l.Variables {
				seen[name] = true
			}
			for name := range l.Values {
				seen[name] = true
			}
			for _, name := range l.further() {
				seen[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// Has reports whether a name is declared, captured or dynamic, without working out its value: nothing is started.
func (s *Scopes) Has(name string) bool {
	if isDynamic(name) {
		return true
	}
	if _, ok := s.captures[name]; ok {
		return true
	}
	for _, layers := range s.ranks {
		for _, l := range layers {
			_, declared := l.Variables[name]
			_, given := l.Values[name]
			if declared || given || slices.Contains(l.further(), name) {
				return true
			}
		}
	}
	return false
}

// searched names the scopes for a hint.
func (s *Scopes) searched() []string {
	var names []string
	for rank, layers := range s.ranks {
		if Rank(rank) == RankCaptures && len(s.captures) > 0 {
			names = append(names, "captures")
		}
		for _, l := range layers {
			if !slices.Contains(names, l.Name) {
				names = append(names, l.Name)
			}
		}
	}
	return names
}

func (s *Scopes) orEmpty() *Scopes {
	if s == nil {
		return &Scopes{}
	}
	return s
}

// taint tells the redactor about a secret. One that is declared is remembered for good, others for a while.
func (s *Scopes) taint(value any, forGood bool) {
	if s.Redactor == nil {
		return
	}
	leaves(value, func(text string) {
		if forGood {
			s.Redactor.Add(text)
		} else {
			s.Redactor.AddRecent(text)
		}
	})
}

// CaptureOrigin is the origin of what a request captured.
func CaptureOrigin(request string, span diag.Span) Origin {
	return Origin{Scope: capturedBy + strconv.Quote(request), Span: span}
}
