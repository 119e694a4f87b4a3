package runner

import (
	"errors"
	"net/url"
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A field is a name with one or several texts: a query or form parameter.
type field struct {
	name   string
	span   diag.Span // of the name
	values []*text
}

func (c *compiler) fields(pairs []collection.Field) []field {
	var out []field
	for _, p := range pairs {
		f := field{name: p.Name, span: p.Span}
		if p.Value.Kind == collection.Array {
			for _, item := range p.Value.Items {
				f.values = append(f.values, c.text(item))
			}
		} else {
			f.values = []*text{c.text(p.Value)}
		}
		out = append(out, f)
	}
	return out
}

// A header is a field to send, once for each value.
type header struct {
	name   string
	values []*text
}

func (c *compiler) overlayHeader(far []header, h *collection.Header) []header {
	var out []header
	for _, f := range far {
		if !strings.EqualFold(f.name, h.Name) {
			out = append(out, f)
		}
	}
	if h.Remove {
		return out
	}
	next := header{name: h.Name}
	for _, v := range h.Values {
		t := c.text(v)
		next.values = append(next.values, t)
		c.sendableField(t, exchange.Field{Name: h.Name, Value: t.constant})
	}
	return append(out, next)
}

// sendableField is sendable for a header field. Many requests send the same, which is looked at once.
func (c *compiler) sendableField(t *text, f exchange.Field) {
	if c.sent[f] || !validToken(f.Name) { // what is wrong with the name has been told
		return
	}
	before := len(c.list)
	c.sendable(t, exchange.Request{URL: "http://localhost/", Header: exchange.Header{f}})
	if len(c.list) > before {
		return
	}
	if c.sent == nil {
		c.sent = map[exchange.Field]bool{}
	}
	c.sent[f] = true
}

// placed puts an error at a value, unless it has a place already.
func placed(err error, v *collection.Value) error {
	var p *placedError
	if errors.As(err, &p) {
		return err
	}
	return &placedError{err, v}
}

// encode writes fields as application/x-www-form-urlencoded, in their order, a blank as %20.
func encode(fields []field, s *environment.Scopes) (string, error) {
	var b strings.Builder
	for _, f := range fields {
		for _, t := range f.values {
			v, err := t.expand(s)
			if err != nil {
				return "", err
			}
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(escape(f.name))
			b.WriteByte('=')
			b.WriteString(escape(v))
		}
	}
	return b.String(), nil
}

func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// resolveURL fills in the address: its own templates, :names in the path, the query behind what it has already.
func (r *request) resolveURL(s *environment.Scopes) (string, error) {
	address, err := r.url.expand(s)
	if err != nil {
		return "", err
	}
	address = absolute(address)
	address, fragment, hasFragment := strings.Cut(address, "#")
	path, query, hasQuery := strings.Cut(address, "?")
	if path, err = r.fillParams(path, s); err != nil {
		return "", err
	}
	added, err := encode(r.query, s)
	if err != nil {
		return "", err
	}
	query = legalQuery(query)
	if query != "" && added != "" {
		query += "&"
	}
	query += added
	if hasQuery || query != "" {
		path += "?" + query
	}
	if hasFragment {
		path += "#" + fragment
	}
	return path, nil
}

// absolute is an address with its scheme: http where none is said, as Postman and curl have it.
func absolute(address string) string {
	address = strings.TrimSpace(address)
	if address == "" || strings.Contains(address, "://") {
		return address
	}
	return "http://" + address
}

// fillParams puts values in the place of :name segments of the path.
func (r *request) fillParams(path string, s *environment.Scopes) (string, error) {
	if len(r.params) == 0 {
		return path, nil
	}
	start := strings.Index(path, "://") + len("://")
	segments := strings.Split(path[start:], "/")
	for _, p := range r.params {
		v, err := p.values[0].expand(s)
		if err != nil {
			return "", err
		}
		found := false
		for i, segment := range segments {
			// A name ends at the first dot, so that :id.json works as it does in Postman.
			name, extension, dotted := strings.Cut(segment, ".")
			if i == 0 || name != ":"+p.name {
				continue
			}
			found = true
			segments[i] = url.PathEscape(v)
			if dotted {
				segments[i] += "." + extension
			}
		}
		if !found {
			return "", placed(errors.New("the path has no :"+p.name+" to put the parameter in"), r.url.node)
		}
	}
	return path[:start] + strings.Join(segments, "/"), nil
}

// checkParams finds parameters for which the path has no place, as far as the URL is known.
func (r *request) checkParams(c *compiler) {
	if r.url == nil || r.url.template != nil && strings.Contains(r.path, "{{") {
		return
	}
	for _, p := range r.params {
		if !strings.Contains(r.path+"/", "/:"+p.name+"/") && !strings.Contains(r.path, "/:"+p.name+".") {
			c.list.Add(p.span, "the path has no :"+p.name+" to put the parameter in", "for example url = \"https://example.com/users/:"+p.name+"\"")
		}
	}
}

// legalQuery escapes the bytes that may not stand in a query (RFC 3986, section 3.4) and leaves the rest as written.
func legalQuery(q string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(q); i++ {
		if c := q[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// resolveHeaders fills in the header fields. Those that hold a secret are named, so that they do not follow a redirect
// to another origin.
func (r *request) resolveHeaders(out *exchange.Request, s *environment.Scopes, redactor *environment.Redactor) error {
	for _, h := range r.headers {
		for _, t := range h.values {
			v, err := t.expand(s)
			if err != nil {
				return err
			}
			out.Header.Add(h.name, v)
			if t.template != nil && redactor.Redact(v) != v {
				out.Secret = append(out.Secret, h.name)
			}
		}
	}
	return nil
}

// validToken reports whether a name can be that of a header field.
func validToken(name string) bool {
	r := exchange.Request{URL: "http://localhost/", Header: exchange.Header{{Name: name, Value: "x"}}}
	return r.Validate() == nil
}
