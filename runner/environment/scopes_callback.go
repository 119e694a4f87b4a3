package environment

import (
	"slices"
	"time"
)

// parsedCallback is what the callback URL of a layer came to.
type parsedCallback struct {
	raw       string
	variables []CallbackVariable
	err       error // why it cannot be used
}

// NewCallbackLayer returns the layer of a callback URL that was given by hand.
func NewCallbackLayer(c *Callback) *Layer {
	return &Layer{Rank: RankCallback, Name: "callback URL", Values: map[string]any{callbackName: c.url}}
}

// further are the names that a layer answers for beyond those that it holds, known without resolving anything.
func (e entry) further() []string {
	var names []string
	if e.callback {
		names = e.callbackNames()
	}
	if e.pool != nil {
		names = append(names, poolNames()...)
	}
	return names
}

// callbackNames are what the callback URL of a layer sets, or would usually set where it is known at run time only.
func (l *Layer) callbackNames() []string {
	value, known := l.Values[callbackName]
	if v, ok := l.Variables[callbackName]; ok {
		value, known = v.constant()
	}
	var names []string
	if text, ok := value.(string); known && ok {
		if c, err := ParseCallback(text); err == nil && c.Refused() == nil {
			for _, v := range c.Variables(time.Time{}) {
				names = append(names, v.Name)
			}
		}
		return names
	}
	return []string{"access_token", "id_token", "token_type", "expires_in", "expires_at", "code", "state"}
}

// inCallback looks a name up among the parameters of a layer's callback URL. One that cannot be used is the answer for
// the names that it should have set.
func (s *Scopes) inCallback(l *Layer, name string) (any, Origin, bool, error) {
	variables, origin, err := s.callbackOf(l)
	if err != nil {
		if !tokenParameter(name) {
			return nil, Origin{}, false, nil
		}
		switch err.(type) {
		case *UnresolvedError, *FilterError:
			return nil, origin, true, err
		}
		return nil, origin, true, &UnresolvedError{Name: name, Cause: err}
	}
	for _, v := range variables {
		if v.Name == name {
			if origin.Secret = v.Secret; v.Secret {
				s.taint(v.Value, false)
			}
			return v.Value, origin, true, nil
		}
	}
	return nil, Origin{}, false, nil
}

// callbackOf returns what a layer's callback URL sets. While the URL itself is being worked out it sets nothing.
func (s *Scopes) callbackOf(l *Layer) ([]CallbackVariable, Origin, error) {
	if slices.Contains(s.parsing, l) {
		return nil, Origin{}, nil
	}
	s.parsing = append(s.parsing, l)
	defer func() { s.parsing = s.parsing[:len(s.parsing)-1] }()

	value, origin, _, err := s.inLayer(entry{Layer: l}, callbackName)
	raw, ok := value.(string)
	if err != nil || !ok {
		return nil, origin, err
	}
	parsed, ok := s.parsed[l]
	if !ok || parsed.raw != raw {
		parsed = parsedCallback{raw: raw}
		parsed.variables, parsed.err = s.parseCallback(raw)
		if s.parsed == nil {
			s.parsed = map[*Layer]parsedCallback{}
		}
		s.parsed[l] = parsed
	}
	return parsed.variables, origin, parsed.err
}

// parseCallback returns what a URL sets, nothing if it has no parameters, and tells the redactor about its secrets.
func (s *Scopes) parseCallback(raw string) ([]CallbackVariable, error) {
	c, err := ParseCallback(raw)
	if isBare(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	variables := c.Variables(s.now())
	for _, v := range variables {
		if v.Secret {
			s.taint(v.Value, false)
		}
	}
	state, err := s.expectedState()
	if err != nil {
		return nil, err
	}
	return variables, c.usable(state)
}

// expectedState is the state of the environment, nil if it has none.
func (s *Scopes) expectedState() (*string, error) {
	for _, l := range s.ranks[RankEnvironment] {
		if l.state == nil {
			continue
		}
		value, err := s.resolve("state", l.state)
		if err != nil {
			return nil, err
		}
		text, err := textOf(value)
		return &text, err
	}
	return nil, nil
}

// setCallback sets the parameters of a callback URL among the captures, in place of those of the one before it.
func (s *Scopes) setCallback(value any, origin Origin) error {
	raw, _ := value.(string)
	variables, err := s.parseCallback(raw)
	if err != nil {
		return err
	}
	s.forgetParameters()
	for _, v := range variables {
		if !ownParameter(v.Name) && s.Has(v.Name) {
			continue // see furtherParameter
		}
		origin.Secret = v.Secret
		s.keep(v.Name, capture{value: v.Value, origin: origin, parameter: true})
	}
	return nil
}

func (s *Scopes) forgetParameters() {
	for name, c := range s.captures {
		if c.parameter {
			delete(s.captures, name)
		}
	}
}
