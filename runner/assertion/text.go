package assertion

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// findText gives the body as text.
func findText(f Found) (Found, error) {
	text, err := f.subject.decoded()
	if err != nil {
		return Found{}, err
	}
	f.one = value{kind: str, text: text}
	return f, nil
}

// compileRegex compiles the expression of a regex query. The empty one matches everywhere and finds nothing of use.
func (q *Query) compileRegex() *ArgumentError {
	if q.argument == "" {
		return &ArgumentError{Message: "regex needs an expression", Hint: `as in "id=([0-9]+)"`}
	}
	pattern, fault := compileRegexp(q.argument)
	if fault != nil {
		return &ArgumentError{fault.start, fault.end, fault.message, fault.hint}
	}
	q.pattern = pattern
	return nil
}

// findRegex gives the first group of the first match. A group that takes no part in the match matches nothing.
func (q *Query) findRegex(f Found) (Found, error) {
	text, err := f.subject.decoded()
	if err != nil {
		return Found{}, err
	}
	at := q.pattern.FindStringSubmatchIndex(text)
	if len(at) > 2 {
		at = at[2:4]
	}
	if f.exists = len(at) > 0 && at[0] >= 0; f.exists {
		f.one = value{kind: str, untyped: true, text: text[at[0]:at[1]]}
	}
	return f, nil
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// patternFault says what is wrong with a regular expression, and where in bytes.
type patternFault struct {
	start, end    int
	message, hint string
}

// compileRegexp compiles an RE2 expression; of a wrong one it says where the wrong part begins.
func compileRegexp(text string) (*regexp.Regexp, *patternFault) {
	pattern, err := regexp.Compile(text)
	if err == nil {
		return pattern, nil
	}
	fault := &patternFault{end: len(text), message: "not a regular expression: " + clip(err.Error(), shown)}
	var at *syntax.Error
	if !errors.As(err, &at) {
		return nil, fault
	}
	fault.message = "not a regular expression: " + at.Code.String() + ": " + quote(clip(at.Expr, shown))
	if i := strings.Index(text, at.Expr); i >= 0 && at.Expr != "" {
		fault.start, fault.end = i, i+len(at.Expr)
	}
	switch {
	case strings.HasPrefix(at.Expr, "(?"):
		fault.hint = "RE2 has no lookahead and no lookbehind"
	case at.Code == syntax.ErrInvalidEscape && len(at.Expr) == 2 && '1' <= at.Expr[1] && at.Expr[1] <= '9':
		fault.hint = "RE2 has no backreferences"
	}
	return nil, fault
}
