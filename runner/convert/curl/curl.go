package curl

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// Options are what a request does not say of itself. The zero Options will do for most.
type Options struct {
	// UserAgent is sent where the request has none; "" is [exchange.DefaultUserAgent].
	UserAgent string

	// BodyFile is the path of the file that the body comes from; "" writes Request.Body into the command.
	BodyFile string
	// Parts are those of a multipart/form-data body, in the place of a body. curl makes a boundary of its own.
	Parts []Part

	// CAFile, CertFile and KeyFile are the paths of the PEM files of Route.CA, Route.Cert and Route.Key.
	CAFile, CertFile, KeyFile string
	// Insecure accepts any certificate, as Route.Insecure does.
	Insecure bool
	// UnixSocket is the path of the socket to connect to; "" is the one in the URL, if there is one.
	UnixSocket string

	// Auth has curl authenticate by itself; nil where the fields of the request do.
	Auth *Auth
}

// A Part is one of a multipart/form-data body (RFC 7578).
type Part struct {
	Name  string
	Value string // unless there is a File
	File  string // path of the file with the value
	// Type is the Content-Type; "" is none for a Value, and curl's guess for a File.
	Type string
	// Filename is what the server is told; "" is none for a Value, and the last element of File.
	Filename string
}

// A Kind is a way to authenticate in which curl has to take part.
type Kind string

// The kinds.
const (
	Digest Kind = "digest" // RFC 7616
	NTLM   Kind = "ntlm"
	AWS    Kind = "aws" // Signature Version 4
)

// Auth is how curl is to authenticate. Authorization in the request is left out then, as are the fields that a signature of
// AWS brings with it.
type Auth struct {
	Kind     Kind
	Username string // for AWS the access key
	Password string // for AWS the secret key

	// Region and Service are the scope of an AWS signature; SessionToken is sent and signed if it is not empty.
	Region, Service, SessionToken string
}

// Command is the curl command that sends r: one line where it is short, else a line for each option.
//
// Redirects are followed (-L) where curl's rules are ours: 301, 302 and 303 become GET. They are not followed for a method
// other than GET, HEAD and POST, which curl would keep, nor with [exchange.Request.Secret] in use or SecretBody, which curl
// would carry to other origins, nor with Route.ServerName.
//
// A request that cannot be sent, or not by curl, is an error, a [diag.Diagnostic]: a HEAD with a body; a body that is opened
// or a PEM whose file is not named; a Negotiator without Options.Auth; a part whose name has a "=" in it.
func Command(r *exchange.Request, o Options) (string, error) {
	w := &writer{request: r, options: o, method: r.Method}
	if w.method == "" {
		w.method = "GET"
	}
	for _, write := range []func() error{w.check, w.target, w.authorize, w.fields, w.body, w.redirects, w.route, w.protocol} {
		if err := write(); err != nil {
			return "", err
		}
	}
	if w.unquotable {
		return "", unable("there is a NUL in what curl is told, which no argument can hold", "")
	}
	return w.layout(), nil
}

// A writer puts a command together.
type writer struct {
	request *exchange.Request
	options Options
	method  string
	header  exchange.Header // of the request, and the credentials of its URL
	url     *url.URL        // as it is sent, without credentials
	socket  string          // that the URL has
	payload bool            // there is a body, be it empty
	large   bool            // it may be so large that curl would ask first (100-continue)

	head       string     // the quoted method and URL
	lines      [][]string // quoted words that belong together
	stdin      string     // a shell command whose output curl reads, "" for none
	unquotable bool
}

// add appends an option with its values.
func (w *writer) add(option string, values ...string) {
	line := []string{option}
	for _, v := range values {
		line = append(line, w.word(v))
	}
	w.lines = append(w.lines, line)
}

// word quotes a text for the shell.
func (w *writer) word(s string) string {
	w.unquotable = w.unquotable || strings.ContainsRune(s, 0)
	return quote(s)
}

// check refuses what [exchange.Client.Do] would not send: curl would, and a line break in a field would begin another.
func (w *writer) check() error {
	if !isToken(w.method) {
		return unable("the method is not a word of letters, digits and !#$%&'*+-.^_`|~", "")
	}
	for _, f := range w.request.Header {
		if !isToken(f.Name) {
			return unable("the name of a header field is not a word of letters, digits and !#$%&'*+-.^_`|~", "")
		}
		if strings.ContainsFunc(f.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return unable("the value of header field "+f.Name+" has a control character in it", "header values are one line of text")
		}
	}
	return nil
}

// isToken says whether a text is a token of RFC 9110, section 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && (r >= utf8.RuneSelf || !strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}

func unable(message, hint string) error { return diag.Diagnostic{Message: message, Hint: hint} }
