package exchange

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// hop is one message to send. It is not changed: a redirect makes another.
type hop struct {
	method string
	url    *url.URL // without userinfo
	text   string   // of url
	header Header
	body   []byte
	open   func() (io.ReadCloser, error) // a body in the place of body, of length bytes
	length int64

	socket  string // a Unix socket to send to; "": TCP
	foreign bool   // redirects have left the origin of the first hop
}

// hasBody says whether there is one to send.
func (h *hop) hasBody() bool { return len(h.body) > 0 || h.open != nil }

// Validate says why r cannot be sent, as far as can be told without sending it: an *[Error] of [KindRequest], or nil.
func (r *Request) Validate() error {
	if _, e := firstHop(r); e != nil {
		return e
	}
	return nil
}

// firstHop checks that r can be sent as it is meant.
func firstHop(r *Request) (*hop, *Error) {
	h, e := newHop(r)
	if e != nil {
		return nil, e
	}
	if _, e := h.read(r.URL); e != nil {
		return nil, e
	}
	return h, nil
}

// newHop makes the hop without its address.
func newHop(r *Request) (*hop, *Error) {
	h := &hop{method: r.Method, header: r.Header, body: r.Body, open: r.Open, length: r.Length}
	if r.Open != nil {
		h.body = nil
	}
	if h.method == "" {
		h.method = "GET"
	}
	if e := checkToken("the method", h.method); e != nil {
		return nil, e
	}
	for _, f := range r.Header {
		if e := checkField(f); e != nil {
			return nil, e
		}
	}
	return h, nil
}

// read takes the address, and reports whether there were credentials in it.
func (h *hop) read(raw string) (credentials bool, e *Error) {
	if h.socket, raw, e = cutSocket(raw); e != nil {
		return false, e
	}
	u, e := parseURL(raw)
	if e != nil {
		return false, e
	}
	if credentials = u.User != nil; credentials {
		if !h.header.Has("Authorization") {
			h.header = append(h.header[:len(h.header):len(h.header)], Field{"Authorization", basic(u.User)})
		}
		u.User = nil
	}
	switch h.url, h.text = u, raw; {
	case h.socket != "":
		h.text = socketText(h.socket, u)
	case !asSent(raw, u):
		h.text = u.String()
	}
	return credentials, nil
}

// asSent says whether raw is how u is sent, which saves putting it together:
// nothing in it is encoded, moved or left out.
func asSent(raw string, u *url.URL) bool {
	for i := range len(raw) {
		b := raw[i]
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
		if !letter && strings.IndexByte("-._~:/?&=%+,;$", b) < 0 {
			return false
		}
	}
	return strings.HasPrefix(raw, u.Scheme) && strings.HasPrefix(raw[len(u.Scheme)+len("://"):], u.Host)
}

// basic is the credentials of a URL as a field (RFC 7617).
func basic(user *url.Userinfo) string {
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}

func unsendable(hint, format string, args ...any) *Error {
	return &Error{Kind: KindRequest, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// checkToken wants a token of RFC 9110, section 5.6.2.
func checkToken(what, s string) *Error {
	if s == "" {
		return unsendable("", "%s is empty", what)
	}
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return unsendable("letters, digits and !#$%&'*+-.^_`|~ are allowed",
				"%s has %s at byte %d", what, byteName(s[i]), i+1)
		}
	}
	return nil
}

func isTokenByte(b byte) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0
}

// checkField refuses what could end a field early and begin another. The value
// is not shown: it may be a secret.
func checkField(f Field) *Error {
	if e := checkToken("the name of a header field", f.Name); e != nil {
		return e
	}
	for i := range len(f.Value) {
		if b := f.Value[i]; b < ' ' && b != '\t' || b == 0x7f {
			return unsendable("a variable may bring more than one line: header values are one line of text",
				"the value of header field %s has %s at byte %d", f.Name, byteName(b), i+1)
		}
	}
	if strings.EqualFold(f.Name, "Host") && !validHost(strings.Trim(f.Value, " \t")) {
		return unsendable("", "header field Host is not a host with or without a port")
	}
	return nil
}

// validHost keeps to the bytes that net/http sends: it would leave Host empty
// in silence otherwise.
func validHost(host string) bool {
	for i := range len(host) {
		b := host[i]
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
		if !letter && strings.IndexByte("!$%&'()*+,-.:;=[]_~", b) < 0 {
			return false
		}
	}
	return host != ""
}

func byteName(b byte) string {
	switch {
	case b == '\r':
		return "a carriage return"
	case b == '\n':
		return "a line feed"
	case b == 0:
		return "a NUL"
	case b == ' ':
		return "a space"
	case b < ' ' || b == 0x7f:
		return fmt.Sprintf("a control character (U+%04X)", b)
	case b > 0x7f:
		return "a byte outside of ASCII"
	}
	return fmt.Sprintf("%q", rune(b))
}

// parseURL takes an absolute http or https URL. Messages do not repeat it, for
// it may hold a password.
func parseURL(raw string) (*url.URL, *Error) {
	for i := range len(raw) {
		if raw[i] < ' ' || raw[i] == 0x7f {
			return nil, unsendable("", "the URL has %s at byte %d", byteName(raw[i]), i+1)
		}
	}
	u, err := url.Parse(raw)
	if err != nil {
		return nil, badURL(err)
	}
	return u, normalize(u)
}

// normalize makes u what net/http sends as it stands.
func normalize(u *url.URL) *Error {
	switch {
	case u.Scheme == "":
		return unsendable("begin it with http:// or https://", "the URL has no scheme")
	case u.Scheme != "http" && u.Scheme != "https":
		return unsendable("", "the URL is %s: expected http:// or https://", strconv.Quote(u.Scheme+":"))
	case u.Hostname() == "":
		return unsendable("", "the URL has no host")
	case (u.Host == "http:" || u.Host == "https:") && strings.HasPrefix(u.Path, "//"):
		return unsendable("leave out the first one, as when a variable in the URL brings its own", "the URL has two schemes: %s:// and %s//", u.Scheme, u.Host)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n > 65535 {
			return unsendable("", "the port in the URL is over 65535")
		}
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	if !isASCII(u.Host) {
		ascii, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return unsendable("", "the host in the URL is not a valid international domain name")
		}
		if port := u.Port(); port != "" {
			ascii += ":" + port
		}
		u.Host = ascii
	}
	if !validHost(u.Host) {
		return unsendable("", "the host in the URL has characters that a host cannot have")
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// escapeQuery encodes what would break the request line; net/http sends the
// query as it is. The set is the query percent-encode set of the URL standard.
func escapeQuery(q string) string {
	bad := func(b byte) bool { return b <= ' ' || b >= 0x7f || b == '"' || b == '<' || b == '>' }
	for i := range len(q) {
		if !bad(q[i]) {
			continue
		}
		var out strings.Builder
		for j := range len(q) {
			if bad(q[j]) {
				fmt.Fprintf(&out, "%%%02X", q[j])
			} else {
				out.WriteByte(q[j])
			}
		}
		return out.String()
	}
	return q
}

// badURL words what net/url found, without the part of the URL it quotes.
func badURL(err error) *Error {
	text := err.Error()
	for _, known := range []struct{ part, message, hint string }{
		{"invalid URL escape", "the URL has a % that is not followed by two hexadecimal digits", "write %25 for a percent sign"},
		{"invalid port", "the port in the URL is not a number", ""},
		{"invalid userinfo", "the user or password in the URL has characters that must be encoded", "encode them, such as %40 for @"},
		{"in host name", "the host in the URL has characters that a host cannot have", ""},
		{"missing protocol scheme", "the URL has no scheme", "begin it with http:// or https://"},
		{"first path segment", "the URL has no scheme", "begin it with http:// or https://"},
		{"missing ']'", "the host in the URL begins with [ and has no ]", ""},
	} {
		if strings.Contains(text, known.part) {
			return &Error{Kind: KindRequest, Message: known.message, Hint: known.hint, Err: err}
		}
	}
	return &Error{Kind: KindRequest, Message: "the URL cannot be read", Err: err}
}
