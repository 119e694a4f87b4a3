package assertion

import (
	"regexp"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// queryKind is the row of a query in the table of the format's "assert".
type queryKind uint8

const (
	queryStatus queryKind = iota
	queryReason
	queryProtocol
	queryURL
	queryRedirects
	querySize
	queryDuration
	queryHeader
	queryCookie
	queryJSON
	queryText
	queryRegex
	queryXPath
	querySHA256
	queryJWT
	queryVariable
	queryCertificate
	querySchema
)

// Queries gives the kinds of query in the order of the reference, for completion and did-you-mean.
func Queries() []string {
	return []string{
		"status", "reason", "protocol", "url", "redirects", "size", "duration", "header", "cookie", "json",
		"text", "regex", "xpath", "sha256", "jwt", "variable", "certificate", "schema",
	}
}

// TakesArgument says whether a kind of query is followed by an argument: header, cookie, json, regex, xpath, jwt,
// variable and certificate are.
func TakesArgument(kind string) bool {
	switch kind {
	case "header", "cookie", "json", "regex", "xpath", "jwt", "variable", "certificate":
		return true
	}
	return false
}

// An ArgumentError says what is wrong with a query, and where in its argument. Start and End are offsets in bytes;
// both are 0 where the query as a whole is meant.
type ArgumentError struct {
	Start, End int
	Message    string
	Hint       string // what to try; may be empty
}

func (e *ArgumentError) Error() string { return withHint(e.Message, e.Hint) }

func withHint(message, hint string) string {
	if hint != "" {
		return message + " (" + hint + ")"
	}
	return message
}

// A Query is what an assertion or a capture looks at. It is compiled once and only read: many goroutines may use one.
type Query struct {
	name     string
	kind     queryKind
	argument string
	// path is what NewQuery made of the path of a json, jwt or certificate query; nil for the signature of a JWT.
	path *path
	// pattern is the expression of a regex query, xpath that of an xpath query.
	pattern *regexp.Regexp
	xpath   *expression
	// variable is the first part of a jwt query's argument.
	variable string
	// cookie and attribute are the parts of "NAME[Attribute]".
	cookie, attribute string
}

// NewQuery compiles a query. Its kinds and their arguments:
//
//	status, reason, protocol   of the last response
//	url                        where the redirects ended
//	redirects                  how many were followed
//	size                       the decoded body, in bytes
//	duration                   of the whole exchange, redirects included
//	text                       the body as text
//	regex EXPRESSION           its first match of an RE2 expression: the first group, or all of it where there is no group
//	xpath EXPRESSION           the body as XML or HTML through XPath 1.0: the text of each node, or a string, number or boolean
//	sha256                     the digest of the decoded body, in lower-case hexadecimal
//	schema                     the body as JSON, for the predicate schema
//	header NAME                a field of the last response, in any case (RFC 9110, section 5.1)
//	cookie NAME                the last cookie of that name that any response of the exchange set
//	cookie NAME[ATTRIBUTE]     Value, Path, Domain, Expires, Max-Age, Secure, HttpOnly, SameSite or Partitioned of it (RFC 6265)
//	json PATH                  the body through a gjson path
//	jwt VARIABLE PATH          the JWT in a variable, as {"header": …, "claims": …, "expires_in": …}, through a gjson path
//	jwt VARIABLE signature     its signature, which the caller verifies: see [Query.JWT]
//	variable NAME              a variable
//	certificate PATH           the server's certificate as an object, see [Query.Find], through a gjson path
//
// The expires_in of a JWT is its exp less the time of the [Subject], in whole seconds rounded down: negative once it has
// expired, absent when there is no exp (RFC 7519, section 4.1.4). A JWT is taken apart and not verified by looking at it.
//
// The error is an [*ArgumentError].
func NewQuery(kind, argument string) (*Query, error) {
	names := Queries()
	at := slices.Index(names, kind)
	if at < 0 {
		hint := diag.DidYouMean(kind, names)
		if hint == "" {
			hint = diag.OneOf(names)
		}
		return nil, &ArgumentError{Message: "there is no query " + quote(kind), Hint: hint}
	}
	q := &Query{name: names[at], kind: queryKind(at), argument: argument}
	if err := q.compile(); err != nil {
		return nil, err
	}
	return q, nil
}

func (q *Query) compile() *ArgumentError {
	whole := func(message, hint string) *ArgumentError { return &ArgumentError{0, len(q.argument), message, hint} }
	var err *ArgumentError
	switch {
	case !TakesArgument(q.name):
		if q.argument != "" {
			return whole(q.name+" takes no argument", "")
		}
	case q.kind == queryJSON:
		q.path, err = parsePath(q.argument)
	case q.kind == queryJWT:
		err = q.compileJWT()
	case q.kind == queryRegex:
		err = q.compileRegex()
	case q.kind == queryXPath:
		q.xpath, err = parseXPath(q.argument)
	case q.kind == queryCertificate:
		err = q.compileCertificate()
	case q.argument == "":
		return whole(q.name+" needs a name", "")
	case q.kind == queryHeader:
		return token(q.argument, len(q.argument), "the name of a header field")
	case q.kind == queryCookie:
		err = q.compileCookie()
	}
	return err
}

// token wants name[:end] to be a token (RFC 9110, section 5.6.2).
func token(name string, end int, what string) *ArgumentError {
	for i, r := range name[:end] {
		if r > '~' || r <= ' ' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			hint := ""
			if r == ':' && i == end-1 {
				hint = "leave it out"
			}
			return &ArgumentError{i, i + len(string(r)), what + " cannot have " + describe(name[i:]), hint}
		}
	}
	return nil
}

func attributes() []string {
	return []string{"Value", "Path", "Domain", "Expires", "Max-Age", "Secure", "HttpOnly", "SameSite", "Partitioned"}
}

func (q *Query) compileCookie() *ArgumentError {
	q.cookie = q.argument
	if open := strings.IndexByte(q.argument, '['); open >= 0 {
		if !strings.HasSuffix(q.argument, "]") {
			return &ArgumentError{open, len(q.argument), `"[" is never closed`, `as in "` + q.argument[:open] + `[HttpOnly]"`}
		}
		q.cookie = q.argument[:open]
		written := q.argument[open+1 : len(q.argument)-1]
		at := slices.IndexFunc(attributes(), func(a string) bool { return strings.EqualFold(a, written) })
		if at < 0 {
			hint := diag.DidYouMean(written, attributes())
			if hint == "" {
				hint = diag.OneOf(attributes())
			}
			return &ArgumentError{open + 1, len(q.argument) - 1, "cookies have no attribute " + quote(written), hint}
		}
		q.attribute = attributes()[at]
	}
	if q.cookie == "" {
		return &ArgumentError{0, len(q.argument), "cookie needs a name", ""}
	}
	return token(q.argument, len(q.cookie), "the name of a cookie")
}

// Kind is the kind as in [Queries].
func (q *Query) Kind() string { return q.name }

// Argument is the name or path as given, or "".
func (q *Query) Argument() string { return q.argument }

// String is the query for a person: `status`, `header "Location"`, `json "user.email"`, `jwt access_token "claims.sub"`.
func (q *Query) String() string {
	if q.argument == "" {
		return q.name
	}
	if variable, path, ok := q.JWT(); ok {
		return q.name + " " + variable + " " + quote(path)
	}
	return q.name + " " + quote(q.argument)
}
