package report

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/har"
)

// harEntries are the entries of a request that was sent: one for each redirect, then the one for the answer.
func harEntries(r *runner.RequestResult) []*har.Entry {
	var out []*har.Entry
	start := r.Started
	for i := range r.Hops {
		hop := &r.Hops[i]
		size := har.Size(len(hop.Body))
		e := &har.Entry{
			Started: moment(hop.Started), Request: harRequest(hop.Method, hop.URL, hop.Protocol, hop.Header, hop.Body, size),
			Response: harResponse(hop.Status, hop.Reason, hop.Protocol, hop.Answer),
		}
		e.Response.Content.Comment = "a redirect that was followed: nobody looked at its body"
		e.Timings, e.Time = harTimings(&exchange.Timing{Total: hop.Took, FirstByte: hop.Took})
		out = append(out, e)
		start = hop.Started.Add(hop.Took)
	}
	e := &har.Entry{Started: moment(start)}
	protocol := "HTTP/1.1"
	if p := r.Response; p != nil {
		protocol = p.Protocol
		e.Response = harResponse(p.Status, p.Reason, p.Protocol, p.Header)
		harContent(&e.Response, p)
		if p.BodyBytes == 0 && brokeOff(r.Error) {
			e.Response.Content = har.Content{Size: -1, MimeType: e.Response.Content.MimeType}
			e.Response.BodySize, e.Response.Error = -1, r.Error.Message
		}
	} else {
		e.Response = har.Response{HeadersSize: -1, BodySize: -1, Content: har.Content{MimeType: "x-unknown"}}
		if r.Error != nil {
			e.Response.Error = r.Error.Message
		}
	}
	e.Request = harRequest(r.Sent.Method, r.Sent.URL, protocol, r.Sent.Header, r.Sent.Body, har.Size(r.Sent.BodyBytes))
	t := r.Timing
	if len(r.Hops) > 0 { // what connecting took is known for all together
		t.DNS, t.Connect, t.TLS, t.Total = 0, 0, 0, t.Total-start.Sub(r.Started)
	}
	e.Timings, e.Time = harTimings(&t)
	out = append(out, e)
	origin, comment := harOrigin(r)
	for _, e := range out {
		e.Origin, e.Comment = origin, comment
	}
	return out
}

// brokeOff reports whether an error is that the answer did not come to its end.
func brokeOff(e *runner.RequestError) bool {
	return e != nil && (e.Kind == runner.TransportError || e.Kind == runner.TimeoutError || e.Kind == runner.LimitError)
}

// harOrigin says which request it is, for programs and for people.
func harOrigin(r *runner.RequestResult) (*har.Origin, string) {
	o := &har.Origin{
		Folder: r.Folder, Name: r.Name, Case: r.Case, Stage: string(r.Stage), Iteration: r.Iteration, Verdict: string(r.Verdict),
	}
	if r.Collection == nil {
		return o, "" // it was sent when no request was told of any more
	}
	o.Collection = r.Collection.Name
	if !r.Source.IsZero() {
		o.File = r.Source.File()
		o.Line, _ = r.Source.Position()
	}
	return o, r.Title() + ": " + string(r.Verdict)
}

func harRequest(method, address, protocol string, h exchange.Header, body string, size har.Size) har.Request {
	if before, _, _ := strings.Cut(address, "#"); before != "" {
		address = before
	}
	q := har.Request{Method: method, URL: legalURL(address), HTTPVersion: protocol, Headers: harHeaders(h), HeadersSize: -1, BodySize: size}
	if _, query, ok := strings.Cut(address, "?"); ok {
		for name, value := range parameters(query) {
			q.QueryString = append(q.QueryString, har.Pair{Name: name, Value: value})
		}
	}
	// They are read from what was redacted, and so show no more than that.
	for _, f := range h {
		if !strings.EqualFold(f.Name, "Cookie") {
			continue
		}
		for part := range strings.SplitSeq(f.Value, ";") {
			if name, value, ok := strings.Cut(strings.TrimSpace(part), "="); ok {
				q.Cookies = append(q.Cookies, har.Cookie{Name: name, Value: value})
			}
		}
	}
	if body != "" {
		kind := h.Get("Content-Type")
		q.PostData = &har.PostData{MimeType: kind, Params: harParams(kind, body)}
		q.PostData.Text, q.PostData.Encoding = har.Encode(body)
	}
	return q
}

// legalURL escapes what may not stand in a URL (RFC 3986, section 2): redaction brings brackets into it.
func legalURL(address string) string {
	const hex = "0123456789ABCDEF"
	_, rest, _ := strings.Cut(address, "://")
	authority := len(address) - len(rest) + max(strings.IndexAny(rest, "/?"), 0)
	var b strings.Builder
	for i := range len(address) {
		c := address[i]
		bracket := c == '[' || c == ']'
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 || bracket && i >= authority || c == '%' && !escaped(address[i:]) {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escaped reports whether a text begins with an escaped byte.
func escaped(s string) bool {
	_, err := strconv.ParseUint(s[1:min(3, len(s))], 16, 8)
	return len(s) >= 3 && err == nil
}

func harResponse(status int, reason, protocol string, h exchange.Header) har.Response {
	p := har.Response{
		Status: status, StatusText: reason, HTTPVersion: protocol, Headers: harHeaders(h), RedirectURL: h.Get("Location"), HeadersSize: -1, BodySize: -1,
		Content: har.Content{MimeType: h.Get("Content-Type")},
	}
	if p.Content.MimeType == "" {
		p.Content.MimeType = "x-unknown" // as Chromium calls it
	}
	for _, f := range h {
		if !strings.EqualFold(f.Name, "Set-Cookie") {
			continue
		}
		c, err := http.ParseSetCookie(f.Value)
		if err != nil {
			continue // it is among the headers as it is
		}
		cookie := har.Cookie{Name: c.Name, Value: c.Value, Path: c.Path, Domain: c.Domain, HTTPOnly: c.HttpOnly, Secure: c.Secure}
		if !c.Expires.IsZero() {
			cookie.Expires = moment(c.Expires)
		}
		cookie.SameSite = map[http.SameSite]string{http.SameSiteStrictMode: "Strict", http.SameSiteLaxMode: "Lax", http.SameSiteNoneMode: "None"}[c.SameSite]
		p.Cookies = append(p.Cookies, cookie)
	}
	return p
}

// harContent adds the body of an answer, as far as it is there.
func harContent(to *har.Response, p *runner.Response) {
	c := &to.Content
	c.Size = har.Size(p.BodyBytes)
	if p.Body != "" || p.BodyBytes == 0 {
		text, encoding := har.Encode(p.Body)
		c.Text, c.Encoding = &text, encoding
	}
	if p.Clipped {
		c.Clipped, c.Comment = true, "its start alone"
	}
	to.BodySize = c.Size
	if n, err := strconv.ParseUint(p.Header.Get("Content-Length"), 10, 53); err == nil {
		to.BodySize = har.Size(n)
	} else if p.Header.Get("Content-Encoding") != "" {
		to.BodySize = -1 // nobody counted what came over the wire
	}
}

func harHeaders(h exchange.Header) []har.Pair {
	out := make([]har.Pair, len(h))
	for i, f := range h {
		out[i] = har.Pair{Name: f.Name, Value: f.Value}
	}
	return out
}

// harTimings are the phases of an exchange, and their sum. What is left over, and what cannot be told apart, is blocked.
func harTimings(t *exchange.Timing) (har.Timings, float64) {
	left := max(t.Total.Microseconds(), 0)
	total := left
	take := func(d time.Duration) int64 {
		n := min(max(d.Microseconds(), 0), left) // they may overlap
		left -= n
		return n
	}
	receive, wait, connect, dns := take(t.Download), take(t.FirstByte), take(t.Connect+t.TLS), take(t.DNS)
	out := har.Timings{Blocked: inMilliseconds(left), DNS: -1, Connect: -1, SSL: -1, Wait: inMilliseconds(wait), Receive: inMilliseconds(receive)}
	if dns > 0 {
		out.DNS = inMilliseconds(dns)
	}
	if connect > 0 {
		out.Connect = inMilliseconds(connect)
	}
	if ssl := min(t.TLS.Microseconds(), connect); ssl > 0 {
		out.SSL = inMilliseconds(ssl)
	}
	return out, inMilliseconds(total)
}

func inMilliseconds(us int64) float64 { return float64(us) / 1000 }

// harParams are the fields of a form, and nothing of another body.
func harParams(contentType, body string) []har.Param {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	var out []har.Param
	switch kind {
	case "application/x-www-form-urlencoded":
		for name, value := range parameters(body) {
			out = append(out, har.Param{Name: name, Value: value})
		}
	case "multipart/form-data":
		parts := multipart.NewReader(strings.NewReader(body), params["boundary"])
		for {
			part, err := parts.NextRawPart()
			if err != nil {
				return out // what is broken is in the text alone
			}
			one := har.Param{Name: part.FormName(), FileName: part.FileName(), ContentType: part.Header.Get("Content-Type")}
			if one.FileName == "" {
				value, _ := io.ReadAll(part)
				one.Value = string(bytes.ToValidUTF8(value, []byte("\ufffd")))
			}
			out = append(out, one)
		}
	}
	return out
}

// parameters are those of a query or a form, in their order, decoded where they can be.
func parameters(text string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for part := range strings.SplitSeq(text, "&") {
			if part == "" {
				continue
			}
			name, value, _ := strings.Cut(part, "=")
			if !yield(unescaped(name), unescaped(value)) {
				return
			}
		}
	}
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
