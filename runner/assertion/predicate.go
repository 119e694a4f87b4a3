package assertion

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// operator is the row of a predicate in the table of the format's "assert".
type operator uint8

const (
	opEquals operator = iota
	opNot
	opGT
	opGTE
	opLT
	opLTE
	opIn
	opContains
	opStartsWith
	opEndsWith
	opMatches
	opExists
	opEmpty
	opType
	opFormat
	opLength
	opBefore
	opAfter
	opEvery
	opAny
	opJWKS
	opSchema
)

// Predicates gives the names of the predicates in the order of the reference, for completion and did-you-mean.
func Predicates() []string {
	return []string{
		"equals", "not", "gt", "gte", "lt", "lte", "in", "contains", "starts_with", "ends_with", "matches",
		"exists", "empty", "type", "format", "length", "before", "after", "every", "any", "jwks", "schema",
	}
}

// domain is what a query can give, and so what its predicates may be and take.
type domain uint8

const (
	anything   domain = iota // json, jwt, variable, certificate, and xpath that gives a number or a boolean
	field                    // header, cookie: strings that may mean numbers, maybe several
	extract                  // regex, xpath: the same
	plain                    // text, url, reason, protocol, sha256: one string
	statuses                 // a number, or "2xx"
	sizes                    // bytes
	durations                // of time
	counts                   // the numbers of length
	hops                     // the number of redirects
	signatures               // of a JWT: whether they fit
	documents                // JSON, for a schema
)

func (q *Query) domain() domain {
	switch q.kind {
	case queryStatus:
		return statuses
	case querySize:
		return sizes
	case queryDuration:
		return durations
	case queryRedirects:
		return hops
	case queryHeader:
		return field
	case queryRegex:
		return extract
	case queryXPath:
		if q.xpath.scalar {
			return anything
		}
		return extract
	case queryCookie:
		if q.attribute == "" || q.attribute == "Value" {
			return field
		}
		return anything
	case queryJWT:
		if q.path == nil {
			return signatures
		}
		return anything
	case queryJSON, queryVariable, queryCertificate:
		return anything
	case querySchema:
		return documents
	}
	return plain
}

// allows says whether a predicate can hold of a domain at all.
func (d domain) allows(op operator) bool {
	switch {
	case d == signatures || op == opJWKS:
		return d == signatures && op == opJWKS
	case d == documents || op == opSchema:
		return d == documents && op == opSchema
	case d == anything, d.untyped():
		return true
	case d == plain:
		return op != opEvery && op != opAny
	}
	return op <= opIn || op == opExists
}

// untyped says that there are texts, maybe several, that may mean something else.
func (d domain) untyped() bool { return d == field || d == extract }

func (d domain) String() string {
	return [...]string{
		"any value", "the value of a header field or cookie", "the text of a match or node", "a text", "a status", "a size", "a duration", "a length",
		"the count of redirects", "the signature of a JWT", "a body that is checked against a schema",
	}[d]
}

// A PredicateError says what is wrong with a predicate or with its argument.
type PredicateError struct {
	// Keys lead to the fault within the argument: keys of tables and indexes of arrays. Without any it is the name of the
	// predicate or its argument as a whole.
	Keys    []string
	Message string
	Hint    string // what to try; may be empty
}

func (e *PredicateError) Error() string { return withHint(e.Message, e.Hint) }

// within tells where in the argument of an outer predicate the fault is.
func (e *PredicateError) within(key string) *PredicateError {
	e.Keys = append([]string{key}, e.Keys...)
	return e
}

func wrong(message, hint string) *PredicateError {
	return &PredicateError{Message: message, Hint: hint}
}

// A Predicate is what must hold of what a query finds. It is compiled once and only read: many goroutines may use one.
type Predicate struct {
	name     string
	op       operator
	domain   domain
	argument any

	// What the argument was compiled to; which of these is set follows from op.
	want    *node
	list    []*node
	inner   []*Predicate
	text    string
	pattern *regexp.Regexp
	flag    bool
	types   []string
	format  func(string) bool
	moment  moment
	schema  *schemaDocument
}

// NewPredicate compiles a predicate for the answers of a query. The names and their arguments, with shapes as in the
// format's "assert":
//
//	equals                     any value of the same type; of status also "2xx"
//	not, every, any            a value, or a map[string]any of predicates which hold together
//	gt gte lt lte              a number or a string; of duration "500ms", of size bytes or "2MB" (10^6) or "2MiB" (2^20)
//	in                         an array of such values
//	contains                   part of a string, an element of an array or several, or part of an object
//	starts_with, ends_with     a string
//	matches                    an RE2 expression (github.com/google/re2/wiki/Syntax)
//	exists, empty              a boolean
//	type                       a word of JSON Schema, section 6.1.1 of Validation, or an array of them
//	format                     a word of JSON Schema, section 7.3 of Validation
//	length                     a number, or predicates about it
//	before, after              "now", "now-5m", RFC 3339, the date of a header field, or seconds since 1970
//	jwks                       the URL of the key set that the signature of a JWT has to fit; nothing else has it, see [Query.JWT]
//	schema                     of the query schema, which has no other: a JSON Schema as a map[string]any or a bool, or as JSON text in a
//	                           json.RawMessage or string; drafts 2020-12 (the default), 2019-09, 7 and 6
//
// Texts (header fields, cookies, matches, nodes, text, url, reason, protocol) have no types: a number or a boolean as
// argument stands for its digits or its word there, and gt and the like compare numbers when the argument is a number.
//
// The error is a [*PredicateError].
func NewPredicate(q *Query, name string, argument any) (*Predicate, error) {
	p, err := compile(q.domain(), name, argument)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func compile(d domain, name string, argument any) (*Predicate, *PredicateError) {
	names := Predicates()
	at := slices.Index(names, name)
	if at < 0 {
		hint := diag.DidYouMean(name, names)
		if hint == "" {
			hint = diag.OneOf(names)
		}
		return nil, wrong("there is no predicate "+quote(name), hint)
	}
	p := &Predicate{name: names[at], op: operator(at), domain: d, argument: argument}
	if !d.allows(p.op) {
		hint := ""
		switch {
		case d == signatures || p.op == opJWKS:
			hint = `as in jwt.access_token.signature = { jwks = "https://…" }`
		case d == documents || p.op == opSchema:
			hint = `as in schema = { type = "object", required = ["id"] }`
		}
		return nil, wrong(p.name+" does not apply to "+d.String(), hint)
	}
	if err := p.compile(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Predicate) compile() (err *PredicateError) {
	switch p.op {
	case opEquals:
		p.want, err = p.domain.operand(p.argument)
	case opGT, opGTE, opLT, opLTE:
		err = p.compileOrder()
	case opIn:
		err = p.compileIn()
	case opContains:
		err = p.compileContains()
	case opStartsWith, opEndsWith:
		p.text, err = p.argumentText()
	case opJWKS:
		if url, ok := p.argument.(string); !ok || strings.TrimSpace(url) == "" {
			err = wrong("jwks wants the URL of a key set, not "+Format(p.argument, shown), "")
		}
	case opSchema:
		p.schema, err = compileSchema(p.argument)
	case opMatches:
		err = p.compilePattern()
	case opExists, opEmpty:
		var ok bool
		if p.flag, ok = p.argument.(bool); !ok {
			err = wrong(p.name+" wants true or false, not "+kindOf(p.argument).String(), "")
		}
	case opType:
		err = p.compileType()
	case opFormat:
		err = p.compileFormat()
	case opBefore, opAfter:
		p.moment, err = parseMoment(p.argument)
	case opLength:
		p.inner, err = compileTable(counts, p.argument)
	case opNot, opEvery, opAny:
		p.inner, err = compileTable(p.domain, p.argument)
	}
	return err
}

// compileTable makes predicates of a table, and equals of anything else.
func compileTable(d domain, argument any) ([]*Predicate, *PredicateError) {
	table, ok := argument.(map[string]any)
	if !ok {
		p, err := compile(d, "equals", argument)
		return []*Predicate{p}, err
	}
	if len(table) == 0 {
		return nil, wrong("the table has no predicate", `for an empty object, write { equals = {} }`)
	}
	var list []*Predicate
	for _, name := range slices.Sorted(maps.Keys(table)) {
		p, err := compile(d, name, table[name])
		if err != nil {
			return nil, err.within(name)
		}
		list = append(list, p)
	}
	return list, nil
}

// operand is a value to be equal to or to compare with.
func (d domain) operand(argument any) (*node, *PredicateError) {
	switch d {
	case field, extract, plain:
		text, ok := asText(argument)
		if !ok {
			return nil, wrong(d.String()+" is a string, not "+kindOf(argument).String(), "")
		}
		return newNode(value{kind: str, text: text}), nil
	case statuses:
		return statusOperand(argument)
	case sizes:
		n, err := parseSize(argument)
		return newNode(value{kind: number, n: n}), err
	case durations:
		n, err := parseDuration(argument)
		return newNode(value{kind: duration, n: int64(n)}), err
	case counts, hops:
		if kindOf(argument) != number {
			return nil, wrong(d.String()+" is a number, not "+kindOf(argument).String(), "")
		}
	}
	return newNode(valueOf(argument)), nil
}

func kindOf(v any) kind { return valueOf(v).kind }

// asText is a scalar as a text: a number's digits as written.
func asText(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return string(v), true
	}
	return "", false
}

// Name is the name as in [Predicates].
func (p *Predicate) Name() string { return p.name }

// Argument is the argument as given to [NewPredicate].
func (p *Predicate) Argument() any { return p.argument }

// String is the predicate for a person, clipped: `lt "2s"`; of equals the value alone.
func (p *Predicate) String() string {
	const limit = 80
	if p.op == opEquals {
		return Format(p.argument, limit)
	}
	return p.name + " " + Format(p.argument, limit)
}
