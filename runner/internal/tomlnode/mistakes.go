package tomlnode

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/postrider/postrider/runner/diag"
)

func syntaxError(source *diag.Source, err error) diag.Diagnostic {
	d := diag.Diagnostic{Message: err.Error(), Span: diag.Span{Source: source}}
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return d
	}
	d.Message = lowerFirst(strings.TrimSuffix(parse.Message, "."))
	length := max(parse.Position.Len, 1)
	d.Span.Start = max(parse.Position.Start, 0)
	if strings.Contains(d.Message, "control characters") || strings.Contains(d.Message, "invalid UTF-8") {
		d.Span.Start, length = offender(source.Text, d.Span.Start), 1
	}
	d.Span.End = min(d.Span.Start+length, len(source.Text))
	switch {
	case strings.Contains(d.Message, "already been defined"), strings.Contains(d.Message, "already defined"), strings.Contains(d.Message, "already created"),
		strings.Contains(d.Message, "already exists"):
		d.Hint = onceHint
	case strings.Contains(d.Message, "newlines not allowed within inline tables"):
		d.Hint = "write the table on one line, or as a [table] of its own"
	case strings.HasSuffix(d.Message, " is out of range for int64"):
		d.Message = strings.TrimSuffix(d.Message, " for int64") + ": TOML has whole numbers of up to 19 digits"
		d.Hint = "write it in quotes, or the whole body as a string of JSON text"
	case strings.Contains(d.Message, "escape"):
		d.Hint = `write the backslash twice, or use 'single quotes', in which nothing is escaped`
	case strings.Contains(d.Message, "expected value but found"):
		d.Hint = `texts need quotes: key = "text"`
	}
	return d
}

// offender is the first byte at or after start that no TOML file may hold. BurntSushi/toml points at the byte before one
// inside a string, which may be the middle of a character.
func offender(text string, start int) int {
	at := start
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	for at < len(text) {
		r, n := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return at
		}
		at += n
	}
	return start
}

const onceHint = "say a thing once: either dotted keys as in assert.status = 200, or a [request.assert] table with everything in it"

// twice reports a table or key that TOML lets nobody write again, which BurntSushi/toml lets pass in places: it takes
// dotted keys, headers and braces for the same table together, and of a key with two values keeps one.
func (b *builder) twice(span diag.Span, hint, message string) { b.list.Add(span, message, hint) }

// deepValue reports what is not decoded, nor anything around it.
func (b *builder) deepValue(span diag.Span) {
	b.tooDeep(span, "values are nested more than "+strconv.Itoa(maxDepth)+" levels deep", "write them as a string of JSON text")
}

func (b *builder) deepKey(span diag.Span) {
	b.tooDeep(span, "the key has more than "+strconv.Itoa(maxDepth)+" parts", "")
}

func (b *builder) tooDeep(span diag.Span, message, hint string) {
	if b.deep.Add(span, message, hint); b.pieces != nil {
		b.pieces.giveUp = true
	}
}

// indexError is reached only where the two parsers disagree about what is legal.
func indexError(source *diag.Source, p *unstable.Parser, err error) diag.Diagnostic {
	d := diag.Diagnostic{Message: lowerFirst(strings.TrimPrefix(err.Error(), "toml: ")), Span: diag.Span{Source: source}}
	var parse *unstable.ParserError
	if errors.As(err, &parse) && len(parse.Highlight) > 0 {
		d.Message = parse.Message
		r := p.Range(parse.Highlight)
		d.Span.Start, d.Span.End = int(r.Offset), int(r.Offset+r.Length)
	}
	return d
}

func lowerFirst(s string) string {
	if strings.HasPrefix(s, "TOML") {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
