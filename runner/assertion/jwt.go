package assertion

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// signature is the path of a jwt query that no document answers.
const signature = "signature"

// compileJWT takes "VARIABLE PATH" apart. Variables have no blank in their names, paths may.
func (q *Query) compileJWT() *ArgumentError {
	const example = `as in "access_token claims.sub"`
	variable, path, _ := strings.Cut(q.argument, " ")
	switch {
	case variable == "":
		return &ArgumentError{0, len(q.argument), "jwt needs a variable", example}
	case path == "":
		return &ArgumentError{0, len(q.argument), "jwt needs a path after the variable", example}
	}
	q.variable = variable
	if path == signature {
		return nil
	}
	var err *ArgumentError
	if q.path, err = parsePath(path); err != nil {
		err.Start += len(variable) + 1
		err.End += len(variable) + 1
		return err
	}
	if q.path.lines {
		return &ArgumentError{len(variable) + 1, len(variable) + 3, `".." reads JSON lines, and a JWT has none`, "leave it out"}
	}
	return nil
}

// JWT gives the variable and the path of a jwt query; ok is false for any other kind.
//
// The path "signature" is one that [Query.Find] cannot answer, for it takes a key set, and that the predicate jwks alone
// applies to. Who checks it verifies the token against the URL that is the predicate's argument, and gives the predicate
// [Subject.Found] of true if the signature fits.
func (q *Query) JWT() (variable, path string, ok bool) {
	if q.kind != queryJWT {
		return "", "", false
	}
	return q.variable, q.argument[len(q.variable)+1:], true
}

// A jwt is the text of a variable, taken apart.
type jwt struct {
	text     string
	document string // {"header": …, "claims": …, "expires_in": …}
	depth    int
	fault    string // why it is no JWT; may be empty
}

var errSignature = errors.New("the signature of a JWT is nothing to look at: it is verified, by the predicate jwks")

func (q *Query) findJWT(f Found) (Found, error) {
	if q.path == nil {
		return Found{}, errSignature
	}
	t, ok := q.jwt(f.subject)
	if !ok {
		return f, nil
	}
	if t.fault != "" {
		return Found{}, fmt.Errorf("variable %s holds no JWT: %s", quote(q.variable), t.fault)
	}
	return q.follow(f, t.document, t.depth, "the JWT")
}

// jwt is what the variable holds; it is not ok if the variable has no value.
func (q *Query) jwt(s *Subject) (t jwt, ok bool) {
	if s.variable == nil {
		return jwt{}, false
	}
	v, ok := s.variable(q.variable)
	if !ok {
		return jwt{}, false
	}
	text := valueOf(v)
	if text.kind != str {
		return jwt{fault: "it is " + text.kind.String() + ", not a string"}, true
	}
	return s.jwt(text.text), true
}

// jwt takes a text apart once, however many queries look at it.
func (s *Subject) jwt(text string) jwt {
	for i := range s.tokens {
		if s.tokens[i].text == text {
			return s.tokens[i]
		}
	}
	t := jwt{text: text}
	t.parse(s.now)
	s.tokens = append(s.tokens, t)
	return t
}

// parse decodes a JWS in its compact serialization (RFC 7515, section 7.1; RFC 7519, section 7.2). What it says of a text
// that is none repeats nothing of it.
func (t *jwt) parse(now time.Time) {
	if t.fault = shape(t.text); t.fault != "" {
		return
	}
	var decoded [3][]byte
	i := 0
	for part := range strings.SplitSeq(t.text, ".") {
		var err error
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			t.fault = [...]string{"its header is", "its claims are", "its signature is"}[i] + " not base64url" + whyNot(part)
			return
		}
		i++
	}
	var b strings.Builder
	b.Grow(len(decoded[0]) + len(decoded[1]) + 64)
	b.WriteString(`{"header":`)
	b.Write(decoded[0])
	header := b.String()[len(`{"header":`):]
	b.WriteString(`,"claims":`)
	start := b.Len()
	b.Write(decoded[1])
	claims := b.String()[start:]
	if t.fault = t.object(header, "its header is"); t.fault == "" {
		t.fault = t.object(claims, "its claims are")
	}
	if t.fault != "" {
		return
	}
	if seconds, ok := expiresIn(gjson.Get(claims, "exp"), now); ok {
		b.WriteString(`,"expires_in":`)
		b.WriteString(strconv.FormatInt(seconds, 10))
	}
	b.WriteByte('}')
	t.document = b.String()
}

// shape says why a text cannot be a signed token, before any of it is decoded.
func shape(text string) string {
	scheme, _, found := strings.Cut(text, " ")
	switch n := strings.Count(text, ".") + 1; {
	case strings.TrimSpace(text) == "":
		return "it is empty"
	case found && strings.EqualFold(scheme, "bearer"):
		return `it begins with the word "Bearer"`
	case n == 5:
		return "it is encrypted (JWE)"
	case n == 1:
		return "it has no dots, where a JWT has two"
	case n != 3:
		return "it has " + strconv.Itoa(n) + " parts between dots, not 3"
	}
	return ""
}

// whyNot says what keeps a text from being base64url, where that is of the kind that happens.
func whyNot(part string) string {
	switch {
	case strings.TrimSpace(part) != part, strings.ContainsAny(part, " \t\r\n"):
		return ": there is white space in it"
	case strings.HasSuffix(part, "="):
		return `: it is padded with "="`
	case strings.ContainsAny(part, "+/"):
		return ": it is plain base64"
	case len(part)%4 == 1:
		return ": its length is that of a text that was cut short"
	}
	if _, err := base64.RawURLEncoding.DecodeString(part); err == nil {
		return ": its end was changed or cut short"
	}
	return ""
}

// object wants a part to be a JSON object that gjson can read, with no name twice: of two claims verifiers take the last
// one or none (RFC 7519, section 4), and gjson the first.
func (t *jwt) object(text, what string) string {
	depth, offset, reason := scanJSON(text)
	t.depth = max(t.depth, depth+1)
	switch {
	case reason == tooDeep:
		return what + " " + tooDeep
	case reason != "":
		return what + " not JSON, from byte " + strconv.Itoa(offset) + " on"
	}
	whole := gjson.Parse(text)
	if kind := valueOfJSON(whole).kind; kind != object {
		return what + " " + kind.String() + ", not an object"
	}
	names, fault := map[string]bool{}, ""
	whole.ForEach(func(name, _ gjson.Result) bool {
		if names[name.Str] {
			fault = what + " an object that has a name twice"
		}
		names[name.Str] = true
		return fault == ""
	})
	return fault
}

// expiresIn is exp less now in whole seconds, rounded down. There is none unless exp is a number whose seconds a float
// can count.
func expiresIn(exp gjson.Result, now time.Time) (seconds int64, ok bool) {
	const most = 1 << 53
	at, err := strconv.ParseFloat(exp.Raw, 64)
	if err != nil || math.Abs(at) > most {
		return 0, false
	}
	whole := math.Floor(at)
	micros := int64(math.Round((at - whole) * 1e6))
	seconds = int64(whole) - now.Unix()
	if micros*1000 < int64(now.Nanosecond()) {
		seconds--
	}
	return seconds, true
}

// missingClaim says what is not there in a JWT.
func (f *Found) missingClaim() string {
	t, ok := f.query.jwt(f.subject)
	if !ok {
		return unset
	}
	exp := gjson.Get(t.document, "claims.exp")
	hint := ""
	switch path := f.query.path; {
	case path.text != "expires_in":
		hint = nearClaim(t.document, path)
	case !exp.Exists():
		hint = "the token has no exp"
	case exp.Type != gjson.Number:
		hint = "its exp is " + valueOfJSON(exp).kind.String() + ", not a number"
	default:
		hint = "its exp is out of range"
	}
	if hint != "" {
		return nothing + "; " + hint
	}
	return nothing
}

// nearClaim is nearPath for those, too, who leave out "claims" or "header".
func nearClaim(document string, p *path) string {
	if _, ok := p.names(); !ok {
		return ""
	}
	for _, part := range []string{"claims", "header"} {
		if gjson.Get(document, part+"."+p.text).Exists() {
			return "did you mean " + quote(part+"."+p.text) + "?"
		}
	}
	return nearPath(document, p)
}
