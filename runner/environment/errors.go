package environment

import (
	"errors"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

const (
	// maxExpanded bounds the text that a template grows to: variables that double each other would fill the memory.
	maxExpanded = 64 << 20
	// maxDepth bounds how far variables may refer to variables.
	maxDepth = 100
	// maxSteps bounds how many variables one template may lead to through others.
	maxSteps = 1 << 20
)

var (
	errNull     = errors.New("it is null")
	errTooLarge = errors.New("the text grows beyond 64 MB")
	errTooDeep  = errors.New("variables refer to each other more than 100 levels deep")
	errTooMany  = errors.New("variables refer to each other more than a million times")
	errEnvUnset = errors.New("the OS environment does not have it")
)

// A TemplateError is a text that is no template.
type TemplateError struct {
	// Path leads to the text in a table or array of texts: keys and indexes; empty for a lone text.
	Path []any
	// Start and End are the bytes in the text.
	Start, End int
	Message    string
	Hint       string
}

func (e *TemplateError) Error() string { return withHint(e.Message, e.Hint) }

// An UnresolvedError is a variable that has no value.
type UnresolvedError struct {
	Name string
	// Nearest is the name that was most likely meant, or "".
	Nearest string
	// Searched are the scopes in which there was no such name, the first to win first.
	Searched []string
	// Start and End are the bytes of the {{ }} in the text that was expanded.
	Start, End int
	// Via are the variables that led from that text to this name, outermost first.
	Via []string
	// Span is where the name stands if Via is not empty.
	Span diag.Span
	// Cause says why there is no value if the name as such is known.
	Cause error

	undeclared  bool // a default may stand in
	environment bool // there is one, or more
}

func (e *UnresolvedError) Error() string { return withHint(e.Message(), e.Hint()) }

// Unwrap returns the cause.
func (e *UnresolvedError) Unwrap() error { return e.Cause }

// Message says what is wrong.
func (e *UnresolvedError) Message() string {
	m := "variable " + strconv.Quote(e.Name) + " has no value"
	if e.Cause != nil {
		m += ": " + e.Cause.Error()
	}
	return m
}

// Absent reports whether there simply is no value: nobody declares the name, or what it is read from outside is not
// there. Anything else is a mistake or a failure.
func (e *UnresolvedError) Absent() bool {
	var secret *SecretError
	return e.undeclared || errors.Is(e.Cause, errEnvUnset) || errors.As(e.Cause, &secret)
}

// Unset reports whether the name is declared, but what it is read from outside is not there.
func (e *UnresolvedError) Unset() bool { return e.Absent() && !e.undeclared }

// Hint says what to try.
func (e *UnresolvedError) Hint() string {
	switch {
	case e.Nearest != "":
		return "did you mean " + strconv.Quote(e.Nearest) + "?"
	case e.Cause == errEnvUnset:
		return `set it, or write {{` + e.Name + ` | default "…"}}`
	case e.Cause != nil:
		var hinted interface{ Hint() string }
		if errors.As(e.Cause, &hinted) {
			return hinted.Hint()
		}
		return ""
	case len(e.Searched) > 0 && !e.environment:
		return "looked in: " + strings.Join(e.Searched, ", ") + "; no environment is in use: -e names one"
	case len(e.Searched) > 0:
		return "looked in: " + strings.Join(e.Searched, ", ")
	}
	return "there are no variables at all: name an environment, or declare it under [variables]"
}

// A CycleError is a variable that leads back to itself.
type CycleError struct {
	// Chain are the names from the variable to itself: a, b, a.
	Chain []string
}

func (e *CycleError) Error() string {
	return "it refers to itself: " + strings.Join(e.Chain, " → ")
}

// A FilterError is a filter that could not work on the value it was given.
type FilterError struct {
	// Name is the variable, or the literal text.
	Name   string
	Filter string
	// Start, End, Via and Span are as in UnresolvedError.
	Start, End int
	Via        []string
	Span       diag.Span
	Err        error
}

func (e *FilterError) Error() string {
	return "filter " + strconv.Quote(e.Filter) + " on " + strconv.Quote(e.Name) + ": " + e.Err.Error()
}

// Unwrap returns what the filter said.
func (e *FilterError) Unwrap() error { return e.Err }

// Diagnose turns an error of this package into a diagnostic. place gives the span of bytes of the text that was parsed
// or expanded (a method value of tomlnode.Node or diag.Span); nil leaves the diagnostic without a place.
func Diagnose(err error, place func(start, end int) diag.Span) diag.Diagnostic {
	at := func(start, end int) diag.Span {
		if place == nil {
			return diag.Span{}
		}
		return place(start, end)
	}
	d := diag.Diagnostic{Message: err.Error()}
	var template *TemplateError
	var unresolved *UnresolvedError
	var filter *FilterError
	switch {
	case errors.As(err, &template):
		d.Message, d.Hint, d.Span = template.Message, template.Hint, at(template.Start, template.End)
	case errors.As(err, &unresolved):
		d.Message, d.Hint, d.Span = unresolved.Message(), unresolved.Hint(), at(unresolved.Start, unresolved.End)
		d.Notes = via(unresolved.Via, unresolved.Span)
	case errors.As(err, &filter):
		d.Span, d.Notes = at(filter.Start, filter.End), via(filter.Via, filter.Span)
	default:
		d.Span = at(0, 0)
	}
	return d
}

// via says how the text led to a name in another place.
func via(names []string, span diag.Span) []string {
	if len(names) == 0 {
		return nil
	}
	note := "used by variable " + strconv.Quote(strings.Join(names, " → "))
	if !span.IsZero() {
		note += " at " + span.String()
	}
	return []string{note}
}

// placed notes where in the text an error arose. The outermost text has the last word.
func placed(err error, p *part) error {
	switch e := err.(type) {
	case *UnresolvedError:
		e.Start, e.End = p.start, p.end
	case *FilterError:
		e.Start, e.End = p.start, p.end
	}
	return err
}

// led notes that a declared variable led to an error. The place inside its declaration is kept from the innermost.
func led(err error, name string, place func(start, end int) diag.Span) error {
	switch e := err.(type) {
	case *UnresolvedError:
		e.Via, e.undeclared = append([]string{name}, e.Via...), false
		if e.Span.IsZero() {
			e.Span = place(e.Start, e.End)
		}
	case *FilterError:
		e.Via = append([]string{name}, e.Via...)
		if e.Span.IsZero() {
			e.Span = place(e.Start, e.End)
		}
	}
	return err
}

func undeclared(err error) bool {
	e, ok := err.(*UnresolvedError)
	return ok && e.undeclared
}

func withHint(message, hint string) string {
	if hint == "" {
		return message
	}
	return message + " (" + hint + ")"
}
