package exchange

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
)

// The values of [Request.Version] beside "".
const (
	version11 = "1.1"
	version2  = "2"
	version3  = "3"
)

// lane is how requests of one route and version get to their servers: it has
// the connections.
type lane struct {
	transport http.RoundTripper
	version   string
	proxy     *proxy // nil: none
	oldest    uint16 // version of TLS; 0: 1.2
}

type laneKey struct {
	route   Route
	version string
	socket  string // a Unix socket; "": TCP
}

func (l *lane) close() {
	if t, ok := l.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// lane gives the one for key, and makes it if it is the first.
func (c *Client) lane(key laneKey) (*lane, *Error) {
	if key == (laneKey{}) {
		return c.direct, nil
	}
	c.mu.RLock()
	l := c.lanes[key]
	c.mu.RUnlock()
	if l != nil {
		return l, nil
	}
	made, e := c.newLane(key)
	if e != nil {
		return nil, e
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l = c.lanes[key]; l != nil {
		return l, nil // somebody was faster, and nothing is open in ours yet
	}
	if c.lanes == nil {
		c.lanes = map[laneKey]*lane{}
	}
	c.lanes[key] = made
	return made, nil
}

func (c *Client) newLane(key laneKey) (*lane, *Error) {
	p, e := key.route.read()
	if e != nil {
		return nil, e
	}
	l := &lane{version: key.version, proxy: p.proxy, oldest: p.minVersion}
	if key.version == version3 {
		l.transport = newHTTP3(p, c.options)
		return l, nil
	}
	t := newTransport(c.options)
	t.TLSClientConfig = p.config(c.options)
	d := &dialer{Dialer: net.Dialer{Timeout: connectTimeout}}
	t.DialContext = d.dial
	switch {
	case key.socket != "":
		l.proxy = nil
		d.via = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return d.DialContext(ctx, "unix", key.socket)
		}
	case p.proxy != nil && p.proxy.speaksHTTP():
		// TLS to the proxy is ours: that of net/http would take the
		// configuration that is for the server
		t.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: p.proxy.address(), User: p.proxy.user})
		t.OnProxyConnectResponse = p.proxy.tunneled
		d.via = p.dial(&d.Dialer, p.proxyConfig(c.options))
	default:
		d.via = p.dial(&d.Dialer, nil)
	}
	if key.version != "" {
		limitVersion(t, key.version)
	}
	l.transport = t
	return l, nil
}

// limitVersion makes t speak one version of HTTP alone.
func limitVersion(t *http.Transport, version string) {
	t.Protocols = new(http.Protocols)
	if version == version11 {
		t.Protocols.SetHTTP1(true)
		t.TLSClientConfig.NextProtos = []string{"http/1.1"} // net/http would not say what it wants
		return
	}
	t.Protocols.SetHTTP2(true)
	t.Protocols.SetUnencryptedHTTP2(true)
	before := t.TLSClientConfig.VerifyConnection
	t.TLSClientConfig.VerifyConnection = func(state tls.ConnectionState) error {
		if state.NegotiatedProtocol != "h2" { // net/http would go on with HTTP/1.1
			return errVersion
		}
		if before != nil {
			return before(state)
		}
		return nil
	}
}

// choose finds the lane for h.
func (s *sending) choose(h *hop) *Error {
	if s.plain && h.socket == "" || !s.c.own {
		s.lane = s.c.direct
		return nil
	}
	key := laneKey{route: s.route, version: s.x.Request.Version, socket: h.socket}
	if h.foreign {
		key.route = key.route.abroad()
	}
	one := s.negotiates(h) && s.x.Request.Negotiator.OneConnection()
	if e := key.check(h, one); e != nil {
		return e
	}
	if !one {
		var e *Error
		s.lane, e = s.c.lane(key)
		return e
	}
	if s.single == nil {
		key.version = version11
		l, e := s.c.newLane(key)
		if e != nil {
			return e
		}
		l.transport.(*http.Transport).MaxConnsPerHost = 1
		s.single = l
	}
	s.lane = s.single
	return nil
}

// check refuses what does not go together.
func (k laneKey) check(h *hop, one bool) *Error {
	switch k.version {
	case "", version11, version2, version3:
	default:
		return unsendable("", "the version of HTTP is %s: expected \"1.1\", \"2\" or \"3\"", clip(k.version))
	}
	var what string
	switch http := "HTTP/" + k.version; {
	case k.version == "" || k.version == version11:
		return nil
	case one:
		what = "this authentication belongs to a connection: it cannot use " + http
	case k.version == version3 && k.socket != "":
		what = http + " does not go over a Unix socket"
	case k.version == version3 && h.url.Scheme != "https":
		what = http + " is always encrypted: expected https:// in the URL"
	case k.version == version3 && k.route.Proxy != "":
		what = http + " does not go through a proxy"
	case h.url.Scheme == "http" && k.socket == "":
		if p, e := parseProxy(k.route.Proxy); e == nil && p != nil && p.speaksHTTP() {
			what = fmt.Sprintf("%s without TLS does not go through the proxy %s: expected https:// in the URL", http, p.name)
		}
	}
	if what == "" {
		return nil
	}
	return unsendable("leave the version of HTTP to what TLS negotiates", "%s", what)
}
