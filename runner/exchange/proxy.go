package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	socks "golang.org/x/net/proxy"
)

// proxy is one to go through.
type proxy struct {
	scheme string // http, https, socks5 or socks5h
	host   string // of it
	port   string
	user   *url.Userinfo // nil: none
	name   string        // scheme://host:port, for messages
}

func (p *proxy) address() string { return net.JoinHostPort(p.host, p.port) }

// speaksHTTP says whether it is not a SOCKS proxy.
func (p *proxy) speaksHTTP() bool { return p.scheme == "http" || p.scheme == "https" }

// parseProxy reads [Route.Proxy], nil for none. Messages do not repeat it, for
// it may hold a password.
func parseProxy(raw string) (*proxy, *Error) {
	if raw == "" {
		return nil, nil
	}
	const hint = "begin it with http://, https://, socks5:// or socks5h://"
	if !strings.Contains(raw, "://") {
		return nil, unsendable(hint, "the proxy has no scheme")
	}
	u, err := url.Parse(raw)
	if err != nil {
		e := badURL(err)
		e.Message = strings.ReplaceAll(e.Message, "the URL", "the proxy")
		return nil, e
	}
	p := &proxy{scheme: u.Scheme, host: u.Hostname(), port: u.Port(), user: u.User}
	ports := map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}
	switch {
	case ports[p.scheme] == "":
		return nil, unsendable(hint, "the proxy is %s: expected http://, https://, socks5:// or socks5h://", strconv.Quote(p.scheme+":"))
	case p.host == "" || !validHost(u.Host):
		return nil, unsendable("", "the proxy has no host, or one with characters that a host cannot have")
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, unsendable("", "the proxy has a path: expected nothing after its host and port")
	}
	if p.port == "" {
		p.port = ports[p.scheme]
	}
	if n, err := strconv.Atoi(p.port); err != nil || n == 0 || n > 65535 {
		return nil, unsendable("", "the port of the proxy is not from 1 to 65535")
	}
	if !p.speaksHTTP() && p.user != nil { // RFC 1929, section 2
		password, _ := p.user.Password()
		if n := len(p.user.Username()); n == 0 || n > 255 || password == "" || len(password) > 255 {
			return nil, unsendable("", "the user and the password of the proxy are not from 1 to 255 bytes each, as SOCKS wants them")
		}
	}
	p.name = p.scheme + "://" + p.address()
	return p, nil
}

// proxyError is what went wrong between us and a proxy.
type proxyError struct {
	proxy  *proxy
	target string // host:port that it did not connect us to; "" when we did not get so far
	status string // of its answer to CONNECT: "403 Forbidden"
	err    error
}

func (e *proxyError) Error() string { return "proxy " + e.proxy.name }
func (e *proxyError) Unwrap() error { return e.err }

// tunneled looks at the answer to CONNECT.
func (p *proxy) tunneled(ctx context.Context, _ *url.URL, req *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &proxyError{proxy: p, target: req.Host, status: resp.Status}
	}
	if k, ok := ctx.Value(clockKey{}).(*clock); ok {
		k.tunneled.Store(true)
	}
	return nil
}

// dial connects to the address that net/http wants: the proxy itself, or what
// is behind a SOCKS proxy.
func (p *plan) dial(d *net.Dialer, proxyTLS *tls.Config) dialFunc {
	direct := func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.DialContext(ctx, network, p.names.of(address))
	}
	if p.proxy == nil {
		return direct
	}
	reach := func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := direct(ctx, network, p.proxy.address())
		if err != nil {
			return nil, &proxyError{proxy: p.proxy, err: err}
		}
		return conn, nil
	}
	switch p.proxy.scheme {
	case "http":
		return reach
	case "https":
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := reach(ctx, network, address)
			if err != nil {
				return nil, err
			}
			ctx, cancel := context.WithTimeout(ctx, connectTimeout)
			defer cancel()
			secure := tls.Client(conn, proxyTLS)
			if err := secure.HandshakeContext(ctx); err != nil {
				conn.Close()
				return nil, &proxyError{proxy: p.proxy, err: err}
			}
			return secure, nil
		}
	}
	return p.dialSOCKS(reach)
}

// dialFunc is the form of [net.Dialer.DialContext].
type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// DialContext and Dial make it what x/net/proxy wants to go on with.
func (f dialFunc) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return f(ctx, network, address)
}

func (f dialFunc) Dial(network, address string) (net.Conn, error) {
	return f(context.Background(), network, address)
}

// dialSOCKS connects through a SOCKS proxy (RFC 1928).
func (p *plan) dialSOCKS(reach dialFunc) dialFunc {
	var auth *socks.Auth
	if user := p.proxy.user; user != nil {
		password, _ := user.Password()
		auth = &socks.Auth{User: user.Username(), Password: password}
	}
	through := func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		d, err := socks.SOCKS5(network, p.proxy.address(), auth, reach)
		if err != nil {
			return nil, err
		}
		conn, err := d.(socks.ContextDialer).DialContext(ctx, network, address)
		if unreachable, ok := errors.AsType[*proxyError](err); ok {
			return nil, unreachable
		}
		if err != nil {
			return nil, &proxyError{proxy: p.proxy, target: address, err: err}
		}
		return conn, nil
	}
	if p.proxy.scheme == "socks5h" {
		return through // it looks the name up
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(p.names.of(address))
		if err != nil {
			return nil, err
		}
		found := make([]netip.Addr, 1)
		if found[0], err = netip.ParseAddr(host); err != nil {
			if found, err = net.DefaultResolver.LookupNetIP(ctx, "ip", host); err != nil {
				return nil, err
			}
		}
		var first error
		for _, ip := range found {
			conn, err := through(ctx, network, net.JoinHostPort(ip.Unmap().String(), port))
			if err == nil {
				return conn, nil
			}
			if first == nil {
				first = err
			}
			if ctx.Err() != nil {
				break
			}
		}
		return nil, first
	}
}
