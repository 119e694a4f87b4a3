package exchange

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/quic-go/quic-go"
)

// errVersion is TLS that negotiated another version of HTTP than asked for.
var errVersion = errors.New("another version of HTTP was negotiated")

// explainVersion words that a server does not speak the version that was asked
// for, nil if that is not why.
func explainVersion(host, version string, err error) *Error {
	text := err.Error()
	e := &Error{Kind: KindTransport, Hint: "leave the version of HTTP to what TLS negotiates"}
	refused := errors.Is(err, errVersion) || strings.Contains(text, "no application protocol")
	var handshake *quic.HandshakeTimeoutError
	var idle *quic.IdleTimeoutError
	var other *quic.VersionNegotiationError
	switch {
	case version == "":
		return nil
	case refused:
		e.Message = host + " does not speak HTTP/" + version
	case version == version2 && strings.Contains(text, "looked like an HTTP/1.1 header"):
		e.Message = host + " does not speak HTTP/2 without TLS"
	case version == version2 && strings.Contains(text, "client conn could not be established"):
		// where a reset overtakes what the server answered in HTTP/1.1
		e.Message, e.Hint = "no answer over HTTP/2 without TLS from "+host, "does the server speak it?"
	case version == version3 && errors.As(err, &other):
		e.Message = host + " does not speak the version of QUIC that HTTP/3 needs"
	case version == version3 && errors.As(err, &handshake), version == version3 && errors.As(err, &idle):
		e.Kind, e.Message = KindTimeout, "no answer over HTTP/3 from "+host
		e.Hint = "does the server speak HTTP/3, and does UDP get through?"
	default:
		return nil
	}
	return e
}

// explainProxy words what was wrong with the proxy, nil if nothing was.
func (s *sending) explainProxy(h *hop, err error) *Error {
	var p *proxyError
	if errors.As(err, &p) {
		return explainProxy(p)
	}
	through := s.lane.proxy
	if through == nil || !through.speaksHTTP() {
		return nil
	}
	if h.url.Scheme == "https" && (s.clock.tunneled.Load() || s.clock.got.Load() != 0) {
		return nil // it is about the server
	}
	return explainAnswer("the proxy "+through.name, err)
}

func explainProxy(p *proxyError) *Error {
	name := "the proxy " + p.proxy.name
	e := &Error{Kind: KindTransport}
	switch {
	case strings.HasPrefix(p.status, "407"):
		e = proxyCredentials(p.proxy)
	case p.status != "":
		e.Message = name + " refused to connect to " + p.target + ": " + shorten(p.status)
	case p.target != "" && !p.proxy.speaksHTTP():
		e = explainSOCKS(p, name)
	default:
		if e = explainTLS(name, 0, p.err); e == nil {
			e = explainDial(name, p.err)
			if e == nil {
				e = explainAnswer(name, p.err)
			} else {
				e.Message = "cannot reach " + name + ": " + e.Message
			}
			e.Hint = strings.ReplaceAll(e.Hint, "server", "proxy")
		}
	}
	e.Err = p
	return e
}

func proxyCredentials(p *proxy) *Error {
	e := &Error{Kind: KindTransport, Message: "the proxy " + p.name + " wants a user and a password"}
	if p.user != nil {
		e.Message = "the proxy " + p.name + " refused the user or the password"
	}
	if p.speaksHTTP() {
		e.Message += ": 407 Proxy Authentication Required"
	}
	e.Hint = "give them in its address: " + p.scheme + "://user:password@" + p.address()
	return e
}

// explainSOCKS words what a SOCKS proxy answered (RFC 1928, section 6).
func explainSOCKS(p *proxyError, name string) *Error {
	var op *net.OpError
	err := p.err
	if errors.As(err, &op) && strings.HasPrefix(op.Op, "socks") {
		err = op.Err
	}
	text := err.Error()
	e := &Error{Kind: KindTransport}
	switch {
	case strings.Contains(text, "authentication"):
		return proxyCredentials(p.proxy)
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Message = KindTimeout, name+" did not connect to "+p.target+" within "+connectTimeout.String()
	case strings.Contains(text, "unexpected protocol version"):
		e.Message, e.Hint = name+" does not speak SOCKS5", "is it an http:// proxy?"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = name + " closed the connection instead of connecting to " + p.target
	default:
		e.Message = name + " did not connect to " + p.target + ": " + strings.TrimPrefix(plain(err), "unknown error ")
	}
	return e
}
