package environment

import "math/rand/v2"

// Rand is what dynamic variables are drawn from, for all else that is drawn in a run: with the same seed it is the same.
func (s *Scopes) Rand() *rand.Rand { return s.random() }
