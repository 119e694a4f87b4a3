package assertion

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Found is the answer of a query: nothing, a value, or the several values of a header field or of the nodes that an
// XPath expression selects. It shares the memory of the body; [Found.Value] does not.
type Found struct {
	exists  bool
	one     value
	rest    []string // of a header field or of nodes, after the first
	query   *Query   // nil for Subject.Found
	subject *Subject
}

// Found makes an answer of a value that was found by other means, such as a capture after its filters.
func (s *Subject) Found(v any, exists bool) Found {
	if !exists {
		return Found{subject: s}
	}
	return Found{exists: true, one: valueOf(v), subject: s}
}

// Exists says whether the query matched anything. JSON's null is something.
func (f Found) Exists() bool { return f.exists }

// Value is what was found, in memory of its own: nil, bool, json.Number or string, and json.RawMessage for an array or
// object of the body; the first of several header values or nodes; a size in bytes as json.Number; a duration as in "1.234s". A
// variable's array or table is given as it is.
func (f Found) Value() (v any, exists bool) {
	if !f.exists {
		return nil, false
	}
	return f.one.own(), true
}

// all gives the values one after the other.
func (f *Found) all(yield func(value) bool) {
	if !f.exists || !yield(f.one) {
		return
	}
	for _, text := range f.rest {
		if !yield(value{kind: str, untyped: true, text: text}) {
			return
		}
	}
}

// own is the values for a message, in memory of their own: the one, or a []any of several.
func (f *Found) own() any {
	if len(f.rest) == 0 {
		return f.one.own()
	}
	var list []any
	for v := range f.all {
		list = append(list, v.own())
	}
	return list
}

var errNoExchange = errors.New("there is no response to look at")

// Find answers the query. A query that matches nothing is no error; the error says that the query cannot be answered,
// and is a [*JSONError] where a body that should be JSON is not. The signature of a JWT is such a query: see [Query.JWT].
//
// A certificate is an object of:
//
//	subject, issuer            text (RFC 4514), common_name, and arrays: organization, organizational_unit, country, province, locality
//	not_before, not_after      RFC 3339, in UTC
//	expires_in                 seconds from the time of the [Subject], negative once it has expired
//	dns_names, ip_addresses    arrays
//	serial_number, sha256      hexadecimal in lower case; sha256 is the fingerprint of the whole certificate
//	signature_algorithm        as in "SHA256-RSA"
//	public_key                 algorithm, bits
//	chain                      the further certificates that the server sent, each with the members above
//	tls                        version, as in "1.3", and cipher, as in "TLS_AES_128_GCM_SHA256"
func (q *Query) Find(s *Subject) (Found, error) {
	f := Found{query: q, subject: s}
	if q.kind == queryVariable {
		if s.variable != nil {
			var v any
			if v, f.exists = s.variable(q.argument); f.exists {
				f.one = valueOf(v)
			}
		}
		return f, nil
	}
	if q.kind == queryJWT {
		return q.findJWT(f)
	}
	if s.exchange == nil {
		return Found{}, errNoExchange
	}
	x := s.exchange
	f.exists = true
	switch q.kind {
	case queryStatus:
		f.one = value{kind: number, n: int64(x.Response.Status)}
	case querySize:
		f.one = value{kind: number, n: int64(len(x.Response.Body))}
	case queryDuration:
		f.one = value{kind: duration, n: int64(x.Timing.Total)}
	case queryReason:
		f.one = value{kind: str, text: x.Response.Reason}
	case queryProtocol:
		f.one = value{kind: str, text: x.Response.Protocol}
	case queryURL:
		f.one = value{kind: str, text: x.URL}
	case queryRedirects:
		f.one = value{kind: number, n: int64(len(x.Redirects))}
	case queryText:
		return findText(f)
	case queryRegex:
		return q.findRegex(f)
	case queryXPath:
		return q.findXPath(f)
	case querySHA256:
		f.one = value{kind: str, text: digest(x.Response.Body)}
	case queryHeader:
		q.findHeader(&f)
	case queryCookie:
		q.findCookie(&f)
	case queryJSON:
		return q.findJSON(f)
	case queryCertificate:
		return q.findCertificate(f)
	case querySchema:
		return findDocument(f)
	}
	return f, nil
}

func (q *Query) findHeader(f *Found) {
	f.exists = false
	for _, field := range f.subject.exchange.Response.Header {
		switch {
		case !strings.EqualFold(field.Name, q.argument):
		case !f.exists:
			f.exists = true
			f.one = value{kind: str, untyped: true, text: field.Value}
		default:
			f.rest = append(f.rest, field.Value)
		}
	}
}

// findCookie reads an attribute from the text of the Set-Cookie, where the last one of a name counts (RFC 6265, section
// 5.3): net/http keeps neither "Max-Age=0" nor an unknown SameSite.
func (q *Query) findCookie(f *Found) {
	f.exists = false
	cookies := f.subject.exchange.Cookies
	for i := len(cookies) - 1; i >= 0; i-- {
		c := cookies[i]
		if c.Name != q.cookie {
			continue
		}
		if q.attribute == "" || q.attribute == "Value" {
			f.exists, f.one = true, value{kind: str, untyped: true, text: c.Value}
			return
		}
		raw := c.Raw
		if raw == "" {
			raw = c.String()
		}
		f.one, f.exists = attribute(raw, q.attribute)
		return
	}
}

// attribute gives a flag as true, Max-Age as a number if it is one, and any other attribute as a string.
func attribute(setCookie, name string) (v value, exists bool) {
	_, rest, _ := strings.Cut(setCookie, ";")
	for part := range strings.SplitSeq(rest, ";") {
		key, text, _ := strings.Cut(part, "=")
		if !strings.EqualFold(strings.TrimSpace(key), name) {
			continue
		}
		exists = true
		v = value{kind: str, untyped: true, text: strings.TrimSpace(text)}
		switch name {
		case "Secure", "HttpOnly", "Partitioned":
			v = value{kind: boolean, flag: true}
		case "Max-Age":
			if n, err := strconv.ParseInt(v.text, 10, 64); err == nil {
				v = value{kind: number, n: n}
			}
		}
	}
	return v, exists
}

const (
	// What @fromstr may unpack where it cannot be checked, in opening brackets. A frame of gjson's stack is under a
	// kilobyte; the stack ends at a gigabyte.
	maxPacked = 100_000
	// What @dig may read, in bytes: it reads each level anew.
	maxDig = 4 << 30
)

func (q *Query) findJSON(f Found) (Found, error) {
	s := f.subject
	read, check := s.json, &s.document
	if q.path.lines {
		read, check = s.jsonLines, &s.lines
	}
	document, err := read()
	if err != nil {
		return Found{}, err
	}
	return q.follow(f, document, check.depth, "the body")
}

// follow gives what the path leads to in a document that was checked and is called what.
func (q *Query) follow(f Found, document string, depth int, what string) (Found, error) {
	if q.path.unpacks && packed(document) > maxPacked {
		return Found{}, fmt.Errorf("strings of %s have more than %d brackets and escapes, too many for @fromstr", what, maxPacked)
	}
	result, err := q.evaluate(f.subject, document, depth)
	if err != nil {
		return Found{}, err
	}
	if f.exists = result.Exists(); f.exists {
		f.one = valueOfJSON(result)
	}
	return f, nil
}

// evaluate follows the steps of the path.
func (q *Query) evaluate(s *Subject, text string, depth int) (result gjson.Result, err error) {
	for i, path := range q.path.steps {
		if i > 0 {
			if !result.Exists() {
				break
			}
			if text, depth, err = s.unpack(result); err != nil {
				return gjson.Result{}, err
			}
		}
		if q.path.digs && depth*len(text) > maxDig {
			return gjson.Result{}, fmt.Errorf("too much for @dig: %d bytes, nested %d deep", len(text), depth)
		}
		switch {
		case q.path.lines:
			result = gjson.Get(text, ".."+path)
		case path == "":
			result = gjson.Parse(text)
		default:
			result = gjson.Get(text, path)
		}
	}
	return result, nil
}

// unpack is @fromstr: the text of a string, once it is known to be JSON. What is no string stays as it is.
func (s *Subject) unpack(result gjson.Result) (text string, depth int, err error) {
	text = result.Raw
	if result.Type == gjson.String {
		text = result.Str
	}
	c := s.check(text, "the string that @fromstr unpacks")
	if c.err != nil {
		c.err.ContentType = "" // it is the body's
		return "", 0, c.err
	}
	return text, c.depth, nil
}

// packed counts what could become an opening bracket when strings are unpacked, however often: brackets, and escapes
// by number.
func packed(document string) int {
	return strings.Count(document, "[") + strings.Count(document, "{") + strings.Count(document, `\u`)
}
