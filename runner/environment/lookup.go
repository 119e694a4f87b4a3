package environment

import (
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// Lookup returns the value of a name and where it comes from. The value is shared and must not be changed. An error is
// an [*UnresolvedError] or a [*FilterError].
func (s *Scopes) Lookup(name string) (any, Origin, error) {
	return s.orEmpty().lookup(name)
}

func (s *Scopes) lookup(name string) (any, Origin, error) {
	if len(s.chain) == 0 && len(s.parsing) == 0 {
		s.steps = 0
	}
	if s.steps++; s.steps > maxSteps {
		return nil, Origin{}, &UnresolvedError{Name: name, Cause: errTooMany}
	}
	for rank, layers := range s.ranks {
		if Rank(rank) == RankCaptures {
			if c, ok := s.captures[name]; ok {
				// Again at each use: what was captured long ago may have been forgotten.
				if c.origin.Secret {
					s.secret = true
					s.taint(c.value, false)
				}
				return c.value, c.origin, nil
			}
		}
		for _, l := range layers {
			if value, origin, ok, err := s.inLayer(l, name); ok {
				s.secret = s.secret || origin.Secret
				return value, origin, err
			}
		}
	}
	if value, origin, ok, err := s.furtherParameter(name); ok {
		s.secret = s.secret || origin.Secret
		return value, origin, err
	}
	if isDynamic(name) {
		return s.dynamic(name), Origin{Scope: "dynamic"}, nil
	}
	e := &UnresolvedError{Name: name, Searched: s.searched(), undeclared: true, environment: len(s.ranks[RankEnvironment]) > 0}
	if strings.HasPrefix(name, "$") {
		e.Nearest = nearestDynamic(name)
		return nil, Origin{}, e
	}
	// What a callback URL usually sets is among the names, and may be just what this one does not set.
	names := slices.DeleteFunc(s.Names(), func(n string) bool { return n == name })
	e.Nearest = diag.Nearest(name, names)
	return nil, Origin{}, e
}

// inLayer looks a name up in one layer: among what it holds, then in its callback URL, then in its pool.
func (s *Scopes) inLayer(l entry, name string) (value any, origin Origin, found bool, err error) {
	if v, ok := l.Variables[name]; ok {
		value, err = s.resolve(name, v)
		origin = Origin{Scope: l.Name, Span: v.Span, Secret: v.Secret || secretValue(name, value)}
		if err == nil && origin.Secret {
			_, constant := v.constant()
			s.taint(value, constant || v.read != nil)
		}
		return value, origin, true, err
	}
	if v, ok := l.Values[name]; ok {
		origin = Origin{Scope: l.Name, Secret: secretValue(name, v)}
		if origin.Secret {
			s.taint(v, false)
		}
		return v, origin, true, nil
	}
	if l.callback && ownParameter(name) {
		if value, origin, found, err = s.inCallback(l.Layer, name); found {
			return value, origin, found, err
		}
	}
	if l.pool != nil && slices.Contains(poolNames(), name) {
		return s.inPool(l.Layer, name)
	}
	return nil, Origin{}, false, nil
}

// furtherParameter looks for a name among the parameters of callback URLs that no specification knows. They come last:
// whoever makes somebody else's browser end at a URL with &domain=… must not choose where the tokens go.
func (s *Scopes) furtherParameter(name string) (value any, origin Origin, found bool, err error) {
	if ownParameter(name) {
		return nil, Origin{}, false, nil
	}
	for _, layers := range s.ranks {
		for _, l := range layers {
			if !l.callback {
				continue
			}
			if value, origin, found, err = s.inCallback(l.Layer, name); found {
				return value, origin, found, err
			}
		}
	}
	return nil, Origin{}, false, nil
}

// resolve works out a declared variable in the scopes of its use.
func (s *Scopes) resolve(name string, v *Variable) (any, error) {
	if v.read != nil {
		text, err := v.read()
		if err != nil {
			return nil, &UnresolvedError{Name: name, Cause: err}
		}
		return text, nil
	}
	if value, ok := v.constant(); ok {
		return value, nil
	}
	if i := slices.Index(s.chain, name); i >= 0 {
		return nil, &UnresolvedError{Name: name, Cause: &CycleError{Chain: append(slices.Clone(s.chain[i:]), name)}}
	}
	if len(s.chain) >= maxDepth {
		return nil, &UnresolvedError{Name: name, Cause: errTooDeep}
	}
	s.chain = append(s.chain, name)
	defer func() { s.chain = s.chain[:len(s.chain)-1] }()
	return v.tree.resolve(s, name)
}
