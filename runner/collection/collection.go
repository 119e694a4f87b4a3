// Package collection reads collections: TOML files of requests, or folders of such files.
//
// What it gives is what was declared: templates are still text, and whether a gjson path or a regular expression can be
// compiled is for the engine to say. Every key, value, request, assertion and capture knows its place in its file.
package collection

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// A Value is a TOML value with its place. A string in it may hold templates.
type Value = tomlnode.Node

// The kinds of a Value.
const (
	Table   = tomlnode.Table
	Array   = tomlnode.Array
	String  = tomlnode.String
	Integer = tomlnode.Integer
	Bool    = tomlnode.Bool
)

// A Collection is a folder of requests with a place of its own. Its requests run in order and share variables and
// cookies; different collections share nothing.
type Collection struct {
	Folder
	// Path is what the user calls it: "collections/userinfo.toml".
	Path string
	// Files are those that it may name.
	Files *Files
	// Sources are the files that were read for it, as they are shown: its own, those of its folder, those included. Each
	// is there once; a path of the operating system can be watched.
	Sources []string
}

// A Folder is a collection, a file inside a collection, or a subfolder of one. What it says is handed down.
type Folder struct {
	Name        string
	Description string
	Span        diag.Span // of the file; the zero Span for a subfolder without folder.toml
	Variables   *Value    // a table, or nil
	Settings
	// Included says that the folder stands for an entry with include: its variables come before all others, and its one
	// item is the file.
	Included bool
	// Data names a file of rows, each of which is an iteration; nil, or of a collection.
	Data *Value
	// Load is how it is run under load; nil, or of a collection.
	Load     *LoadPlan
	Setup    []Item // before the items; what fails there stops them
	Items    []Item
	Teardown []Item // after the items, whatever became of them
}

// An Item is a request or a folder: one of the two is set.
type Item struct {
	Request *Request
	Folder  *Folder
}

// Settings are what a collection, a folder and a request may each say; of two the nearest to the request wins, headers
// and assertions one by one.
type Settings struct {
	Headers    []Header
	Auth       *Auth
	Assertions []Assertion
	Timeout    *time.Duration // from connecting to the last byte of the body, redirects included
	Redirects  *int           // 0 to 50
	MaxBody    *int64         // bytes, after decoding
	Skip       *Value         // the reason
	When       []Condition
	Tags       []string // added to those inherited
	Retry      *Retry
	Delay      *time.Duration // before it is sent
	TLS        *TLS
	Proxy      *Value  // "http://…", "socks5://…"; "" for none, which is also what false becomes
	HTTP       string  // "1.1", "2", "3" or ""
	Cookies    *bool   // false leaves the jar alone
	Resolve    []Field // "host:port" = "address"
}

// A Retry says when a request that did not pass is sent again.
type Retry struct {
	Span    diag.Span
	Times   int           // further tries, 0 to 100
	Delay   time.Duration // before the first of them; DefaultRetryDelay when nothing is said
	Backoff float64       // what the delay is multiplied with each time, 1 or more; DefaultRetryBackoff when nothing is said
	On      []string      // of RetryReasons, or statuses such as "429" and "5xx"; all when nothing is said
}

// RetryReasons are what a retry may be said to be on, beside statuses.
func RetryReasons() []string { return []string{"error", "assert"} }

// TLS says how to speak TLS. Files are named relative to the file that holds it.
type TLS struct {
	Span                      diag.Span
	Insecure                  bool
	CA, Cert, Key, ServerName *Value
	MinVersion                string // "1.0" to "1.3", or ""
}

// A Field is a name with what is sent under it: a scalar, or an array of scalars.
type Field struct {
	Name  string
	Span  diag.Span // of the name
	Value *Value
}

// A Header is a field to send once for each value. With Remove it takes away what is inherited.
type Header struct {
	Name   string
	Span   diag.Span // of the name
	Values []*Value
	Remove bool
}

// An Auth is one way to authenticate.
type Auth struct {
	Kind     AuthKind
	Span     diag.Span // of the value
	Token    *Value    // bearer
	Username *Value    // basic
	Password *Value    // basic
	Fields   []Field   // any other: the keys of the table, see [AuthKeys]
}

// An AuthKind names a way to authenticate.
type AuthKind string

// The kinds of auth.
const (
	NoAuth AuthKind = "none" // stops inheritance
	Bearer AuthKind = "bearer"
	Basic  AuthKind = "basic"
	OAuth2 AuthKind = "oauth2"
	Digest AuthKind = "digest"
	APIKey AuthKind = "api_key"
	AWS    AuthKind = "aws"
	JWT    AuthKind = "jwt"
	NTLM   AuthKind = "ntlm"
	Hawk   AuthKind = "hawk"
	OAuth1 AuthKind = "oauth1"
)

// An Assertion is a query and what must hold of its answer.
type Assertion struct {
	Query      string    // "status", "header", "json", …
	Argument   string    // the header's name, the gjson path; "" for a query without one
	Span       diag.Span // of the argument, or of the query
	Predicates []Predicate
}

// A Predicate is what must hold. A value that stands alone is the predicate "equals".
type Predicate struct {
	Name  string
	Span  diag.Span // of the name; of the value where the name is not written
	Value *Value
}

// A Condition is what must hold of a variable for a request to be sent.
type Condition struct {
	Variable   string
	Span       diag.Span
	Predicates []Predicate
}

// A Capture takes a value from a response into a variable.
type Capture struct {
	Name     string
	Span     diag.Span // of the name
	Query    string
	Argument string
	Source   *Value // what names the query: the place of its argument
	Pipe     *Value // filters, or nil
	Default  *Value // or nil
	Secret   bool
}

// A Request is one entry as declared.
type Request struct {
	Name        string
	Named       bool // whether the file gives the name; else it is the method and the path
	Description string
	Span        diag.Span // of its [[request]]
	Method      string    // upper or lower case as written; never empty
	URL         *Value
	Params      []Field // for :name in the path
	Query       []Field // appended, in order; a value may be an array
	Settings
	Body     *Body
	Captures []Capture
	Cases    []Case
	Rejects  []Reject
	Repeat   int // how often it is sent; 0 and 1 are once
}

// A Body is what is sent. Exactly one kind is set.
type Body struct {
	Kind  string // "json", "form", "multipart", "text", "graphql", "file" or "base64"
	Span  diag.Span
	Value *Value // json: any value, a string being JSON text; form, multipart, graphql: the table; text, file, base64: a string
	Type  *Value // Content-Type in place of that which follows from the kind, or nil
	Parts []Part // multipart, in the order written
	// graphql: the query is a string, the variables are a table or a string of JSON text, or nil; the operation a string, or nil.
	Query, Variables, Operation *Value
}

// A Part is one of a multipart body (RFC 7578).
type Part struct {
	Name     string
	Span     diag.Span
	Value    *Value // a scalar; nil for a file
	File     *Value // the file's name, or nil
	Type     *Value // Content-Type, or nil
	Filename *Value // in place of the file's own name, or nil
}

// A Case is one row of a request's variables.
type Case struct {
	Name       string
	Span       diag.Span // of its [[request.case]]
	Variables  *Value    // a table, or nil
	Assertions []Assertion
	Skip       *Value
	Tags       []string
}

// A Reject is one kind of bad token that must be refused.
type Reject struct {
	Kind   string
	Span   diag.Span // of the kind
	Status *Value    // nil: 401
}

// RejectKinds are the legal kinds of bad token, in the order of the reference.
func RejectKinds() []string {
	return []string{"missing", "empty", "wrong_scheme", "malformed", "truncated", "tampered", "resigned", "unsigned", "expired", "wrong_kind"}
}

// Path is the path of the URL as declared: what follows the host, or the template that stands for it, up to the query.
// A template at its start that names a variable of the folders is replaced by what they declare, the last folder first.
func (r *Request) Path(folders ...*Folder) string {
	if r.URL == nil {
		return ""
	}
	text, _ := r.URL.Text()
	for range maxIndirections {
		name, rest, ok := strings.Cut(strings.TrimPrefix(text, "{{"), "}}")
		declared, found := declaredText(folders, strings.TrimSpace(name))
		if !ok || !found || !strings.HasPrefix(text, "{{") {
			break
		}
		text = declared + rest
	}
	return pathOf(text)
}

// maxIndirections is how many variables are looked through for the path of a URL.
const maxIndirections = 4

// declaredText is the text of a variable that folders declare.
func declaredText(folders []*Folder, name string) (string, bool) {
	for _, f := range slices.Backward(folders) {
		if f.Variables == nil {
			continue
		}
		if e, ok := f.Variables.Get(name); ok {
			return e.Node.Text()
		}
	}
	return "", false
}

// NumberAt is a number as if it stood at a place in the file.
func NumberAt(decimal string, span diag.Span) *Value {
	return tomlnode.NewScalar(tomlnode.Integer, span, json.Number(decimal))
}

// Requests calls f for each request in the items below the folder, in order, with the folders that lead to it, outermost
// first. What is in setup and teardown is not among them.
func (f *Folder) Requests(do func(r *Request, path []*Folder)) {
	f.walk([]*Folder{f}, do)
}

func (f *Folder) walk(path []*Folder, do func(*Request, []*Folder)) {
	for _, item := range f.Items {
		if item.Request != nil {
			do(item.Request, path)
			continue
		}
		item.Folder.walk(append(path[:len(path):len(path)], item.Folder), do)
	}
}
