package environment

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const envPrefix = "env."

// literalHint tells how to write braces that are meant as they stand.
const literalHint = `for two braces as they are, write {{ "{{" }}`

// ParseTemplate compiles a text. An error is a [*TemplateError].
//
// A {{ }} holds a name or a "text in double quotes", then filters, each after a |. Of more than two opening braces in
// a row the last two count, so that {{{a}}} is the value of a in braces, as in Postman.
func ParseTemplate(text string) (*Template, error) { return parseTemplate(text, nil) }

// parseTemplate is ParseTemplate with what {{env.NAME}} stands for; nil where it is not allowed.
func parseTemplate(text string, env func(name string) *envVariable) (*Template, error) {
	t := &Template{text: text}
	sc := &scanner{text: text, env: env}
	for {
		open := strings.Index(text[sc.pos:], "{{")
		if open < 0 {
			t.appendText(text[sc.pos:], sc.pos, len(text))
			return t, nil
		}
		open += sc.pos
		for strings.HasPrefix(text[open+1:], "{{") {
			open++
		}
		t.appendText(text[sc.pos:open], sc.pos, open)
		p, err := sc.tag(open)
		if err != nil {
			return nil, err
		}
		if p.isText() {
			t.appendText(p.literal, p.start, p.end)
			continue
		}
		t.parts = append(t.parts, p)
	}
}

// appendText adds literal text, joined to literal text before it.
func (t *Template) appendText(text string, start, end int) {
	if text == "" {
		return
	}
	if n := len(t.parts); n > 0 && t.parts[n-1].isText() {
		t.parts[n-1].literal += text
		t.parts[n-1].end = end
		return
	}
	t.parts = append(t.parts, part{literal: text, start: start, end: end})
}

// A scanner reads the inside of {{ }}.
type scanner struct {
	text string
	pos  int
	env  func(name string) *envVariable
}

func (sc *scanner) rest() string { return sc.text[sc.pos:] }

func (sc *scanner) blanks() {
	sc.pos += len(sc.rest()) - len(strings.TrimLeft(sc.rest(), " \t\r\n"))
}

// take moves past s if it comes next.
func (sc *scanner) take(s string) bool {
	if !strings.HasPrefix(sc.rest(), s) {
		return false
	}
	sc.pos += len(s)
	return true
}

// word reads the letters for which ok holds.
func (sc *scanner) word(ok func(rune) bool) string {
	start := sc.pos
	for i, r := range sc.rest() {
		if !ok(r) {
			sc.pos += i
			return sc.text[start:sc.pos]
		}
	}
	sc.pos = len(sc.text)
	return sc.text[start:]
}

// tag reads from the braces at open to the ones that close them.
func (sc *scanner) tag(open int) (part, error) {
	p := part{start: open}
	sc.pos = open + len("{{")
	sc.blanks()
	var err error
	if strings.HasPrefix(sc.rest(), `"`) {
		p.literal, err = sc.quoted()
	} else {
		err = sc.name(&p)
	}
	for err == nil {
		sc.blanks()
		if sc.take("}}") {
			p.end = sc.pos
			return p, nil
		}
		if !sc.take("|") {
			return p, sc.unexpected(open)
		}
		var f filterCall
		f, err = sc.filter(open)
		p.filters = append(p.filters, f)
	}
	return p, err
}

// name reads the variable of a tag.
func (sc *scanner) name(p *part) error {
	tag := p.start
	err := sc.variable(p)
	p.start = tag
	if err != nil || p.name != "" {
		return err
	}
	if strings.HasPrefix(sc.rest(), "}}") {
		return &TemplateError{Start: tag, End: sc.pos + 2, Message: "there is no name between {{ and }}", Hint: literalHint}
	}
	return sc.unexpected(tag)
}

// variable reads a name, if there is one.
func (sc *scanner) variable(p *part) error {
	p.start = sc.pos
	p.name = sc.word(nameRune)
	p.end = sc.pos
	switch {
	case strings.HasPrefix(p.name, envPrefix):
		if sc.env == nil {
			return p.wrong("{{"+p.name+"}} works in environment files alone",
				"in an environment, write a variable such as "+variableFor(p.name)+` = "{{`+p.name+`}}" and use that`)
		}
		p.env = sc.env(strings.TrimPrefix(p.name, envPrefix))
	case strings.HasPrefix(p.name, "$") && !isDynamic(p.name):
		return p.wrong("there is no dynamic variable "+strconv.Quote(p.name), dynamicHint(p.name))
	}
	return nil
}

func (p *part) wrong(message, hint string) error {
	return &TemplateError{Start: p.start, End: p.end, Message: message, Hint: hint}
}

// variableFor is how a variable that takes over env.NAME would be called.
func variableFor(name string) string { return strings.ToLower(strings.TrimPrefix(name, envPrefix)) }

// nameRune reports whether a variable's name may have r: letters, digits, - . _ : and the $ of dynamic ones.
func nameRune(r rune) bool {
	return r == '_' || r == '-' || r == '.' || r == ':' || r == '$' ||
		unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// unexpected is the error for what can follow neither a name nor a filter.
func (sc *scanner) unexpected(open int) error {
	if !strings.Contains(sc.rest(), "}}") {
		return &TemplateError{Start: open, End: open + 2, Message: "{{ is never closed", Hint: "close it with }}; " + literalHint}
	}
	start := sc.pos
	word := sc.word(nameRune)
	if word == "" {
		_, n := utf8.DecodeRuneInString(sc.rest())
		word = sc.text[start : start+n]
		sc.pos += n
		hint := "names have letters, digits, - . _ and :; " + literalHint
		if word == "{" {
			hint = "one {{ }} cannot stand in another; " + literalHint
		}
		return &TemplateError{Start: start, End: sc.pos, Message: "unexpected " + strconv.Quote(word) + " between {{ and }}", Hint: hint}
	}
	return &TemplateError{Start: start, End: sc.pos, Message: "unexpected " + strconv.Quote(word) + " between {{ and }}",
		Hint: "a name has no blanks; a filter follows a |"}
}

// quoted reads a text in double quotes, in which \" and \\ stand for " and \, \n and \t for a newline and a tab.
func (sc *scanner) quoted() (string, error) {
	start := sc.pos
	var b strings.Builder
	for i := start + 1; i < len(sc.text); i++ {
		switch c := sc.text[i]; c {
		case '"':
			sc.pos = i + 1
			return b.String(), nil
		case '\\':
			i++
			to := -1
			if i < len(sc.text) {
				to = strings.IndexByte(`"\nt`, sc.text[i])
			}
			if to < 0 {
				return "", &TemplateError{Start: i - 1, End: min(i+1, len(sc.text)), Message: `there is no such escape in a text in double quotes`,
					Hint: `there are \" \\ \n and \t`}
			}
			b.WriteByte("\"\\\n\t"[to])
		default:
			b.WriteByte(c)
		}
	}
	return "", &TemplateError{Start: start, End: start + 1, Message: "the text in double quotes is never closed",
		Hint: `close it with " before the }}`}
}
