package exchange

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// next gives the hop that resp redirects to, nil if resp is the answer.
//
// The rules are those of RFC 9110, section 15.4, where browsers and Postman
// agree on what it leaves open: 301, 302 and 303 become GET without a body
// (HEAD stays HEAD), 307 and 308 keep method and body.
func (s *sending) next(h *hop, resp *http.Response) (*hop, *Error) {
	limit, location := s.x.Request.MaxRedirects, resp.Header.Get("Location")
	if !isRedirect(resp.StatusCode) || location == "" || limit <= 0 {
		return nil, nil
	}
	done := Hop{
		Method: h.method, URL: h.text, Status: resp.StatusCode, Location: location,
		Sent: s.x.Sent, Response: describe(resp), Started: s.clock.hopStarted(), Took: s.clock.hopTook(),
	}
	if len(s.x.Redirects) >= limit {
		s.x.Response = describe(resp)
		return nil, &Error{
			Kind:    KindLimit,
			Message: fmt.Sprintf("more than %s: %s", count(limit, "redirect"), chain(append(slices.Clip(s.x.Redirects), done))),
			Hint:    "raise redirects, or say redirects = false to look at the first answer",
		}
	}
	u, socket, e := h.resolve(location)
	if e != nil {
		s.x.Response = describe(resp)
		return nil, e
	}
	if s.x.Request.SecretBody && h.hasBody() && KeepsBody(resp.StatusCode) && h.crosses(u, socket) {
		s.x.Response = describe(resp)
		return nil, &Error{
			Kind:    KindTransport,
			Message: fmt.Sprintf("the redirect %d would carry a body with a secret in it to another origin, %s://%s", resp.StatusCode, u.Scheme, u.Host),
			Hint:    "say redirects = false, or send it there yourself",
		}
	}
	s.x.Redirects = append(s.x.Redirects, done)
	return h.follow(resp, u, socket, s.x.Request.Secret, s.jar != nil), nil
}

// resolve gives the target of a redirect, and the socket if it stays on one. No
// redirect leads to a socket: a server has no business with those of our machine.
func (h *hop) resolve(location string) (u *url.URL, socket string, e *Error) {
	if u, e = resolve(h.url, location); e != nil {
		return nil, "", e
	}
	if target, err := url.Parse(location); err == nil && target.Scheme == "" && target.Host == "" {
		socket = h.socket
	}
	return u, socket, nil
}

// crosses says whether u, on socket, is of another origin than h.
func (h *hop) crosses(u *url.URL, socket string) bool {
	return h.socket != socket || originOf(h.url) != originOf(u)
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// resolve gives the target of a redirect. Userinfo in it is not used: it comes
// from the server and only hides where the redirect goes (RFC 9110, section
// 4.2.4).
func resolve(base *url.URL, location string) (*url.URL, *Error) {
	cannot := func(e *Error) *Error {
		return &Error{
			Kind:    KindTransport,
			Message: fmt.Sprintf("cannot follow the redirect of %s to %s: %s", base.Host, clip(location), e.Message),
			Err:     e.Err,
		}
	}
	target, err := url.Parse(location)
	if err != nil {
		return nil, cannot(badURL(err))
	}
	u := base.ResolveReference(target)
	u.User = nil
	u.Fragment, u.RawFragment = target.Fragment, target.RawFragment
	if !strings.Contains(location, "#") {
		u.Fragment, u.RawFragment = base.Fragment, base.RawFragment // RFC 9110, section 10.2.2
	}
	if e := normalize(u); e != nil {
		return nil, cannot(e)
	}
	return u, nil
}

// follow makes the hop to u.
func (h *hop) follow(resp *http.Response, u *url.URL, socket string, secret []string, jar bool) *hop {
	next := &hop{method: h.method, url: u, body: h.body, open: h.open, length: h.length, socket: socket}
	if socket != "" {
		next.text = socketText(socket, u)
	} else {
		next.text = u.String()
	}
	plain := !KeepsBody(resp.StatusCode)
	if plain {
		next.body, next.open, next.length = nil, nil, 0
		if next.method != "HEAD" {
			next.method = "GET"
		}
	}
	crosses := h.crosses(u, socket)
	next.foreign = h.foreign || crosses
	var set []*http.Cookie
	if jar {
		set = resp.Cookies()
	}
	for _, f := range h.header {
		switch {
		case plain && aboutBody(f.Name):
		case crosses && staysHome(f.Name, secret):
			// what is gone stays gone: a chain that comes back does not get it again
		case len(set) > 0 && strings.EqualFold(f.Name, "Cookie"):
			if rest := dropCookies(f.Value, set); rest != "" {
				next.header = append(next.header, Field{f.Name, rest})
			}
		default:
			next.header = append(next.header, f)
		}
	}
	return next
}

// KeepsBody says whether a redirect of that status keeps method and body (RFC 9110, sections 15.4.8 and 15.4.9).
func KeepsBody(status int) bool { return status == 307 || status == 308 }

// origin is who may see a credential (RFC 6454).
type origin struct{ scheme, host, port string }

func originOf(u *url.URL) origin {
	o := origin{u.Scheme, strings.ToLower(u.Hostname()), u.Port()}
	if o.port == "" {
		o.port = "80"
		if o.scheme == "https" {
			o.port = "443"
		}
	}
	return o
}

// staysHome says whether a field must not cross to another origin: credentials,
// and what names the origin that is left.
func staysHome(name string, secret []string) bool {
	for _, own := range []string{"Authorization", "Proxy-Authorization", "Cookie", "Cookie2", "Host", "Referer"} {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	return slices.ContainsFunc(secret, func(s string) bool { return strings.EqualFold(name, s) })
}

// aboutBody says whether a field goes when the body goes.
func aboutBody(name string) bool {
	const prefix = "Content-"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) || strings.EqualFold(name, "Expect")
}

// chain draws redirects in one line. A long one keeps its ends.
func chain(hops []Hop) string {
	const most = 6
	var out strings.Builder
	for i, h := range hops {
		if len(hops) > most && i == most/2 {
			fmt.Fprintf(&out, "(%d more) → ", len(hops)-most)
		}
		if len(hops) > most && i >= most/2 && i < len(hops)-most/2 {
			continue
		}
		fmt.Fprintf(&out, "%s %s (%d) → ", h.Method, h.URL, h.Status)
	}
	out.WriteString(clip(hops[len(hops)-1].Location))
	return out.String()
}
