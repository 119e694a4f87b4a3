package exchange

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Do sends r, follows its redirects and reads the answer whole. A nil jar is no
// cookies.
//
// The Exchange is never nil: with an error it has what is known until there,
// such as the URL, the fields sent, the redirects followed and the times. The
// error is an *[Error].
func (c *Client) Do(ctx context.Context, jar *Jar, r *Request) (*Exchange, error) {
	x := &Exchange{Request: r, Method: r.Method, Started: time.Now()}
	h, e := c.firstHop(r)
	if e != nil {
		x.Timing.Total, x.Err = time.Since(x.Started), e
		return x, e
	}
	if r.NoCookies {
		jar = nil
	}
	s := sending{c: c, jar: jar, x: x, call: c.call(ctx, x.Started, r.Timeout)}
	if s.route = r.Route.or(c.options.Route); s.route == (Route{}) && r.Version == "" && r.Negotiator == nil {
		s.plain = true
	}
	e = s.run(h)
	if s.single != nil {
		s.single.close()
	}
	s.clock.end()
	x.Timing, x.Err = s.clock.finish(), e
	c.over(s.call, e == nil && s.plain && c.own)
	if c.options.Observe != nil && x.Response.Status > 0 {
		c.options.Observe(ctx, x)
	}
	if e != nil {
		return x, e
	}
	return x, nil
}

// sending is one call of Do.
type sending struct {
	*call
	c   *Client
	jar *Jar // nil: none
	x   *Exchange

	route  Route
	plain  bool    // nothing about the way was asked for
	lane   *lane   // of the hop
	single *lane   // of a Negotiator that has a connection for itself
	stream *stream // the body of the try, if it is one
}

// run goes from hop to hop until there is an answer.
func (s *sending) run(h *hop) *Error {
	for {
		s.x.Method, s.x.URL, s.x.Tries, s.x.TLS = h.method, h.text, 0, nil
		resp, e := s.send(h)
		if e != nil {
			return e
		}
		next, e := s.next(h, resp)
		if e != nil {
			resp.Body.Close()
			return e
		}
		if next == nil {
			e := s.receive(h, resp)
			if s.stream != nil && s.stream.trouble.Load() != nil {
				return s.stream.trouble.Load() // it was answered before all of it was there
			}
			return e
		}
		s.c.drain(resp)
		s.clock.end()
		h = next
	}
}

// send does one hop, as far as the header section of its answer.
func (s *sending) send(h *hop) (*http.Response, *Error) {
	if e := s.choose(h); e != nil {
		return nil, e
	}
	if p := s.lane.proxy; p != nil && p.speaksHTTP() && (h.url.Scheme == "https" || p.user != nil) && h.header.Has("Proxy-Authorization") {
		// it would come out at the other end of the tunnel, or say something else than the address of the proxy
		bare := *h
		bare.header = h.header.without("Proxy-Authorization")
		h = &bare
	}
	if s.negotiates(h) {
		return s.negotiate(h)
	}
	return s.try(h)
}

// try sends h once.
func (s *sending) try(h *hop) (*http.Response, *Error) {
	s.x.Tries++
	s.clock.begin()
	if h.url.Scheme == "https" {
		s.clock.traceTLS()
	}
	sent, host := s.c.fields(h, s.jar)
	s.x.Sent = sent
	req := s.message(h, sent, host)
	s.stream = nil
	if h.open != nil {
		if e := s.attach(req, h); e != nil {
			return nil, e
		}
	}
	resp, err := s.lane.transport.RoundTrip(req)
	if err != nil {
		return nil, s.explain(h, err)
	}
	s.clock.headers()
	if s.x.TLS = resp.TLS; h.open != nil && resp.ProtoMajor > 1 {
		s.x.Sent.Del("Transfer-Encoding") // there are no chunks but those of HTTP/1.1
	}
	if resp.Body == nil {
		resp.Body = http.NoBody // of a transport that is not ours
	}
	if e := s.checkResponse(h, resp); e != nil {
		resp.Body.Close()
		return nil, e
	}
	if len(resp.Header["Set-Cookie"]) > 0 {
		cookies := resp.Cookies()
		s.x.Cookies = append(s.x.Cookies, cookies...)
		if s.jar != nil {
			s.jar.SetCookies(h.site(), cookies)
		}
	}
	return resp, nil
}

// receive makes resp the answer.
func (s *sending) receive(h *hop, resp *http.Response) *Error {
	defer resp.Body.Close()
	s.x.Response = describe(resp)
	if !hasBody(h.method, resp) {
		return nil
	}
	limit := s.x.Request.MaxBody
	if limit <= 0 {
		limit = DefaultMaxBody
	}
	b := body{resp: resp, limit: limit}
	data, err := b.read(s.c)
	if err != nil {
		return s.explainBody(h, &b, err)
	}
	s.x.Response.Body = data
	return nil
}

// describe takes over the status line and the header section.
func describe(resp *http.Response) Response {
	r := Response{Status: resp.StatusCode, Protocol: resp.Proto}
	if resp.ProtoMajor >= 2 {
		r.Protocol = "HTTP/" + strconv.Itoa(resp.ProtoMajor) // no minor version (RFC 9113, RFC 9114), no reason
	} else if _, reason, ok := strings.Cut(resp.Status, " "); ok {
		r.Reason = reason
	}
	n := 1
	for _, values := range resp.Header {
		n += len(values)
	}
	r.Header = make(Header, 0, n)
	for name, values := range resp.Header {
		for _, v := range values {
			r.Header = append(r.Header, Field{name, v})
		}
	}
	for _, v := range resp.TransferEncoding {
		r.Header.Add("Transfer-Encoding", v) // net/http keeps it apart
	}
	slices.SortStableFunc(r.Header, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	return r
}

// attach gives req the body that h opens.
func (s *sending) attach(req *http.Request, h *hop) *Error {
	s.stream = &stream{open: h.open, length: h.length}
	body, err := s.stream.reader()
	if err != nil {
		return s.stream.trouble.Load()
	}
	req.Body, req.GetBody, req.ContentLength = body, s.stream.reader, max(h.length, -1)
	return nil
}
