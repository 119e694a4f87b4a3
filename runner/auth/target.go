package auth

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"github.com/postrider/postrider/runner/exchange"
)

// A target is where a request that is to be signed goes, as the server will see it.
type target struct {
	method string
	url    *url.URL
	host   string // the Host field: with the port, if the URL has one
}

// newTarget reads the URL of r the way in which it is sent.
func newTarget(r *exchange.Request) (*target, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" {
		return nil, &FieldError{Message: "the URL cannot be read, and so not be signed"} // its text may hold a password
	}
	t := &target{method: r.Method, url: u}
	if t.method == "" {
		t.method = "GET"
	}
	if host := u.Hostname(); strings.IndexFunc(host, func(c rune) bool { return c >= 0x80 }) >= 0 {
		ascii, err := idna.Lookup.ToASCII(host)
		if err != nil {
			return nil, &FieldError{Message: "the host in the URL is not a valid international domain name"}
		}
		u.Host = strings.Replace(u.Host, host, ascii, 1)
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery = encodeBroken(u.RawQuery)
	t.host = u.Host
	if h := strings.Trim(r.Header.Get("Host"), " \t"); h != "" {
		t.host = h
	}
	return t, nil
}

// port is the port of the Host field, or that of the scheme.
func (t *target) port() string { return port(&url.URL{Scheme: t.url.Scheme, Host: t.host}) }

// encodeBroken encodes what would break the request line, as the sending side does.
func encodeBroken(query string) string {
	var out strings.Builder
	for i := range len(query) {
		switch b := query[i]; {
		case b <= ' ', b >= 0x7f, b == '"', b == '<', b == '>':
			fmt.Fprintf(&out, "%%%02X", b)
		default:
			out.WriteByte(b)
		}
	}
	return out.String()
}

// percentEncode leaves only the unreserved characters of RFC 3986, section 2.3, as they are: that is what AWS and OAuth 1.0
// (RFC 5849, section 3.6) both want.
func percentEncode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// A parameter is a pair of a query or a form, decoded.
type parameter struct {
	name, value string
	bare        bool // without =
}

// parameters are those of a query or a form, in order. Unlike net/url it takes a semicolon for what it is.
func parameters(query string) ([]parameter, error) {
	var all []parameter
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		p := parameter{bare: !ok}
		var err error
		if p.name, err = url.QueryUnescape(name); err == nil {
			p.value, err = url.QueryUnescape(value)
		}
		if err != nil {
			return nil, &FieldError{
				Message: "the parameters cannot be signed: one has a % that is not followed by two hexadecimal digits",
				Hint:    "write %25 for a percent sign",
			}
		}
		all = append(all, p)
	}
	return all, nil
}

// payload writes the body of r to w. One that is sent from a stream is opened and read once for it.
func payload(ctx context.Context, w io.Writer, r *exchange.Request) error {
	if r.Open == nil {
		_, err := w.Write(r.Body)
		return err
	}
	body, err := r.Open()
	if err != nil {
		return fmt.Errorf("open the body to sign it: %w", err)
	}
	defer body.Close()
	if _, err := io.Copy(w, patient{ctx, body}); err != nil {
		return fmt.Errorf("read the body to sign it: %w", err)
	}
	return nil
}

// patient reads until its context ends.
type patient struct {
	ctx context.Context
	io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.Reader.Read(b)
}
