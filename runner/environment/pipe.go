package environment

import "errors"

// part is the value of one {{ }}.
func (s *Scopes) part(p *part) (any, error) {
	if len(p.filters) > 0 {
		return s.pipe(p)
	}
	value, err := s.subject(p)
	if err != nil {
		return nil, placed(err, p)
	}
	return value, nil
}

// pipe passes the subject of a {{ }} through its filters. A default further down catches a name that has no value.
func (s *Scopes) pipe(p *part) (any, error) {
	before := s.secret
	s.secret = false
	defer func() { s.secret = s.secret || before }()
	value, err := s.subject(p)
	if err != nil {
		err = placed(err, p)
	}
	for i := range p.filters {
		f := &p.filters[i]
		switch {
		case f.name == defaultFilter:
			if value == nil && (err == nil || undeclared(err)) {
				value, err = s.standIn(&f.arguments[0])
			}
		case err == nil:
			value, err = s.filtered(p, f, value)
		}
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}

// standIn is the argument of a default, with its type.
func (s *Scopes) standIn(argument *part) (any, error) {
	value, err := s.subject(argument)
	if err != nil {
		return nil, placed(err, argument)
	}
	return value, nil
}

func (s *Scopes) filtered(p *part, f *filterCall, value any) (any, error) {
	arguments, err := s.arguments(f)
	if err != nil {
		return nil, err
	}
	value, cause := f.apply(value, arguments)
	if text, ok := value.(string); ok && len(text) > maxExpanded {
		cause = errTooLarge
	}
	if cause != nil {
		return nil, placed(p.failed(f.name, cause), p)
	}
	if f.secretive(s.secret, arguments) {
		s.taint(value, false)
	}
	return value, nil
}

// arguments are those of a filter as texts.
func (s *Scopes) arguments(f *filterCall) ([]string, error) {
	if len(f.texts) == len(f.arguments) {
		return f.texts, nil
	}
	texts := make([]string, len(f.arguments))
	for i := range f.arguments {
		argument := &f.arguments[i]
		value, err := s.subject(argument)
		if err != nil {
			return nil, placed(err, argument)
		}
		if texts[i], err = textOf(value); err != nil {
			return nil, placed(&UnresolvedError{Name: argument.subject(), Cause: err, undeclared: errors.Is(err, errNull)}, argument)
		}
	}
	return texts, nil
}

// failed is the error of a filter. That it was given null is the variable's fault.
func (p *part) failed(filter string, cause error) error {
	switch {
	case errors.Is(cause, errNull):
		return &UnresolvedError{Name: p.subject(), Cause: cause, undeclared: true}
	case errors.Is(cause, errTooLarge):
		return &UnresolvedError{Name: p.subject(), Cause: cause}
	}
	return &FilterError{Name: p.subject(), Filter: filter, Err: cause}
}

// subject is the value before any filter.
func (s *Scopes) subject(p *part) (any, error) {
	switch {
	case p.name == "":
		return p.literal, nil
	case p.env == nil:
		value, _, err := s.lookup(p.name)
		return value, err
	case p.env.set:
		return p.env.value, nil
	}
	e := &UnresolvedError{Name: p.name, Cause: errEnvUnset, undeclared: true}
	if p.env.nearest != "" {
		e.Nearest = envPrefix + p.env.nearest
	}
	return nil, e
}

// subject is what the {{ }} is about, in words.
func (p *part) subject() string {
	if p.name == "" {
		return p.literal
	}
	return p.name
}
