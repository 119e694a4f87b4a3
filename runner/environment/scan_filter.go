package environment

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
)

// filter reads a filter's name and arguments.
func (sc *scanner) filter(open int) (filterCall, error) {
	sc.blanks()
	start := sc.pos
	name := sc.word(filterRune)
	if name == "" {
		if strings.HasPrefix(sc.rest(), "}}") || strings.HasPrefix(sc.rest(), "|") {
			bar := strings.LastIndexByte(sc.text[:start], '|')
			return filterCall{}, &TemplateError{Start: bar, End: bar + 1, Message: "there is no filter after |", Hint: diag.OneOf(filterNames())}
		}
		return filterCall{}, sc.unexpected(open)
	}
	spec, ok := findFilter(name)
	if !ok {
		hint := diag.DidYouMean(name, filterNames())
		if hint == "" {
			hint = diag.OneOf(filterNames())
		}
		return filterCall{}, &TemplateError{Start: start, End: sc.pos, Message: "there is no filter " + strconv.Quote(name), Hint: hint}
	}
	call := filterCall{filter: spec}
	return call, sc.arguments(&call, part{start: start, end: sc.pos}, open)
}

// arguments reads those of a filter whose name stands at word.
func (sc *scanner) arguments(call *filterCall, word part, open int) error {
	for {
		sc.blanks()
		done := strings.HasPrefix(sc.rest(), "}}") || strings.HasPrefix(sc.rest(), "|")
		missing := len(call.arguments) < len(call.examples)
		if done && missing {
			return word.wrong("filter "+strconv.Quote(call.name)+" needs "+count(len(call.examples)), "write "+call.usage())
		}
		if done {
			return nil
		}
		argument, err := sc.argument(call, open)
		if err != nil {
			return err
		}
		if !missing {
			hint := ""
			if _, ok := findFilter(argument.name); ok {
				hint = "a filter follows a |"
			}
			return argument.wrong("filter "+strconv.Quote(call.name)+" takes "+count(len(call.examples)), hint)
		}
		call.arguments = append(call.arguments, argument)
		if argument.name == "" {
			call.texts = append(call.texts, argument.literal)
		}
	}
}

// argument reads a text in double quotes, or the name of a variable.
func (sc *scanner) argument(call *filterCall, open int) (part, error) {
	p := part{start: sc.pos}
	if strings.HasPrefix(sc.rest(), `"`) {
		var err error
		p.literal, err = sc.quoted()
		p.end = sc.pos
		return p, err
	}
	if !strings.Contains(sc.rest(), "}}") || len(call.arguments) == len(call.examples) && !sc.atName() {
		return p, sc.unexpected(open)
	}
	if err := sc.variable(&p); err != nil {
		return p, err
	}
	hint := ""
	switch {
	case p.name == "":
		sc.word(func(r rune) bool { return r != '|' && r != '}' && !unicode.IsSpace(r) })
		p.end = sc.pos
		hint = "write " + call.usage()
		if strings.HasPrefix(sc.text[p.start:], "{{") {
			hint = "in a {{ }} a variable has no braces of its own"
		}
	case json.Valid([]byte(p.name)) && len(call.arguments) < len(call.examples): // a number, true, false, null
		hint = "write " + strconv.Quote(p.name)
	default:
		return p, nil
	}
	return p, p.wrong("the argument of filter "+strconv.Quote(call.name)+" must be in double quotes, or the name of a variable", hint)
}

func filterRune(r rune) bool {
	return r == '_' || r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// atName reports whether a name comes next.
func (sc *scanner) atName() bool {
	r, _ := utf8.DecodeRuneInString(sc.rest())
	return nameRune(r)
}

// count says how many arguments a filter has.
func count(n int) string {
	switch n {
	case 0:
		return "no argument"
	case 1:
		return "one argument"
	}
	return "two arguments"
}
