package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// checkResponse refuses what net/http lets pass and others do not.
func (s *sending) checkResponse(h *hop, resp *http.Response) *Error {
	broken := func(format string, args ...any) *Error {
		return &Error{Kind: KindTransport, Message: "the answer of " + h.peer() + " is broken: " + fmt.Sprintf(format, args...)}
	}
	switch {
	case !s.c.own:
	case resp.ProtoMajor != 1 && s.lane.version == "" && (resp.ProtoMajor != 2 || resp.TLS == nil):
		return broken("expected HTTP/1.1, received %s", clip(resp.Proto))
	case resp.StatusCode < 100:
		return broken("expected a status from 100 to 999, received %03d", resp.StatusCode)
	}
	if p := s.lane.proxy; p != nil && resp.StatusCode == http.StatusProxyAuthRequired && p.speaksHTTP() && h.url.Scheme == "http" {
		s.x.Response = describe(resp)
		return explainProxy(&proxyError{proxy: p, target: h.url.Host, status: resp.Status})
	}
	if where := slices.Compact(slices.Clone(resp.Header["Location"])); len(where) > 1 {
		return broken("expected one Location, received %s and %s", clip(where[0]), clip(where[1]))
	}
	return nil
}

// explain words why there is no answer to h.
func (s *sending) explain(h *hop, err error) *Error {
	host := h.peer()
	doing := "waiting for the answer of " + host
	if s.c.own && s.clock.got.Load() == 0 {
		doing = "connecting to " + host
	}
	if e := s.over(doing, err); e != nil {
		return e
	}
	if s.stream != nil {
		if e := s.stream.trouble.Load(); e != nil {
			return e
		}
	}
	if e := (*Error)(nil); !s.c.own && errors.As(err, &e) {
		return e // of a transport that has words of its own
	}
	e := s.explainProxy(h, err)
	if e == nil {
		e = explainVersion(host, s.lane.version, err)
	}
	if e == nil {
		e = explainTLS(host, s.lane.oldest, err)
	}
	if e == nil {
		e = explainDial(host, err)
	}
	if e == nil {
		e = explainAnswer(host, err)
		if s.lane.version == version2 && h.url.Scheme == "http" && e.Hint == "" {
			e.Hint = "does the server speak HTTP/2 without TLS?"
		}
	}
	e.Err = err
	return e
}

// over says whether the time or the patience of the caller was at an end, which
// is then the reason for whatever else went wrong.
func (s *sending) over(doing string, err error) *Error {
	switch s.clock.Err() {
	case nil:
		return nil
	case context.Canceled:
		return &Error{Kind: KindCanceled, Message: "canceled while " + doing, Err: err}
	}
	e := &Error{Kind: KindTimeout, Err: err}
	if limit := s.x.Request.Timeout; limit > 0 && s.parent.Err() == nil {
		e.Message = fmt.Sprintf("timed out after %s while %s", limit, doing)
		e.Hint = "raise timeout if the server may take longer"
		return e
	}
	e.Message = fmt.Sprintf("the time of the run was over after %s while %s",
		time.Since(s.x.Started).Round(time.Millisecond), doing)
	return e
}

// explainDial words what kept us from connecting, nil if nothing did.
func explainDial(host string, err error) *Error {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		e := &Error{Kind: KindTransport, Message: "cannot look up " + dns.Name, Hint: "is there a network, and a name server?"}
		switch {
		case dns.IsNotFound:
			e.Message, e.Hint = "no such host: "+dns.Name, "check the host in the URL"
		case dns.IsTimeout:
			e.Kind, e.Message = KindTimeout, "timed out looking up "+dns.Name
		}
		return e
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		return nil
	}
	peer := host
	if op.Addr != nil {
		peer = op.Addr.String()
	}
	e := &Error{Kind: KindTransport}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Message, e.Hint = "connection refused by "+peer, "is the server up?"
	case op.Timeout():
		e.Kind, e.Message = KindTimeout, fmt.Sprintf("no connection to %s within %s", peer, connectTimeout)
	case errors.Is(err, syscall.ENOENT) && op.Net == "unix":
		e.Message, e.Hint = "no such socket: "+peer, "is the server up?"
	case errors.Is(err, syscall.EACCES) && op.Net == "unix":
		e.Message, e.Hint = "no permission to connect to the socket "+peer, "who may write to it?"
	case errors.Is(err, syscall.EINVAL) && op.Net == "unix":
		e.Message = fmt.Sprintf("the path of the socket is too long: %d bytes, where most systems take 103", len(host))
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		e.Message, e.Hint = "no route to "+peer, "is there a network?"
	case errors.Is(err, syscall.EMFILE):
		e.Message, e.Hint = "too many open files to connect to "+peer, "raise the limit (ulimit -n) or send fewer at once"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		e.Message, e.Hint = "no local address or port left to connect to "+peer, ""
	default:
		e.Message = "cannot connect to " + peer + ": " + plain(op.Err)
	}
	return e
}

// explainAnswer words what was wrong with the answer, or that there was none.
func explainAnswer(host string, err error) *Error {
	text := err.Error()
	e := &Error{Kind: KindTransport}
	switch {
	case errors.Is(err, errInterim):
		e.Kind, e.Message = KindLimit, fmt.Sprintf("more than %d informational answers (1xx) from %s", maxInterim, host)
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "response header list larger"),
		strings.Contains(text, "HEADERS frame too large"):
		e.Kind, e.Message = KindLimit, fmt.Sprintf("the headers of the answer of %s are over the limit of %d bytes", host, MaxHeader)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		e.Message = "connection reset by " + host + " before the answer"
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = "the answer of " + host + " ended inside of its headers"
	case errors.Is(err, io.EOF), strings.Contains(text, "server closed idle connection"),
		errors.Is(err, net.ErrClosed): // while the request was written
		e.Message = host + " closed the connection without an answer"
	case isNotHTTP(text):
		e.Message = "the answer of " + host + " is not HTTP: " + plain(err)
		if strings.Contains(text, `"\x15\x03`) {
			e.Hint = "the server speaks TLS: try https:// in the URL"
		}
	default:
		e.Message = "the answer of " + host + " is broken: " + plain(err)
	}
	return e
}

func isNotHTTP(text string) bool {
	return strings.Contains(text, "malformed HTTP response") || strings.Contains(text, "malformed HTTP version")
}

// explainBody words why the body could not be read.
func (s *sending) explainBody(h *hop, b *body, err error) *Error {
	host, got := h.peer(), count64(b.received, "byte")
	if length := b.resp.ContentLength; length > 0 {
		got = fmt.Sprintf("%d of %s", b.received, count64(length, "byte"))
	}
	if e := s.over(fmt.Sprintf("reading the body of the answer of %s: %s received", host, got), err); e != nil {
		return e
	}
	if errors.Is(err, errTooLarge) {
		return &Error{
			Kind:    KindLimit,
			Message: fmt.Sprintf("the body of the answer of %s is over the limit of %s (max_body)", host, count64(b.limit, "byte")),
			Hint:    "raise max_body to accept a larger one",
			Err:     err,
		}
	}
	e := &Error{Kind: KindTransport, Err: err}
	var decode *decodeError
	switch {
	case b.wireErr != nil:
		e.Message = "the body of the answer of " + host + cutShort(b, got)
	case errors.As(err, &decode):
		e.Message = fmt.Sprintf("the body of the answer of %s is not valid %s: %s", host, decode.coding, decode.text)
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Message = fmt.Sprintf("the body of the answer of %s was cut short: its compressed stream ended early, after %s", host, got)
	default:
		e.Message = fmt.Sprintf("the body of the answer of %s cannot be read after %s: %s", host, got, plain(err))
	}
	return e
}

// cutShort words how the transfer of a body ended.
func cutShort(b *body, got string) string {
	reset := errors.Is(b.wireErr, syscall.ECONNRESET)
	text := b.wireErr.Error()
	switch length := b.resp.ContentLength; {
	case length > 0 && reset:
		return fmt.Sprintf(" was cut short by a reset: expected %s, received %d", count64(length, "byte"), b.received)
	case length > 0 && errors.Is(b.wireErr, io.ErrUnexpectedEOF):
		return fmt.Sprintf(" was cut short: expected %s, received %d", count64(length, "byte"), b.received)
	case reset:
		return " was cut short by a reset after " + got
	case errors.Is(b.wireErr, io.ErrUnexpectedEOF), strings.Contains(text, "EOF reading trailer"):
		return " was cut short: expected a last chunk of length 0, received " + got + " and the end of the connection"
	}
	return fmt.Sprintf(" is broken after %s: %s", got, plain(b.wireErr))
}

// plain takes what only Go programmers know out of the text of an error.
func plain(err error) string {
	text := err.Error()
	for _, noise := range []string{
		"net/http: HTTP/1.x transport connection broken: ", "net/http: ", "http2: ", "http: ",
		"tls: ", "x509: ", "remote error: ", "local error: ",
	} {
		text = strings.ReplaceAll(text, noise, "")
	}
	text = strings.ReplaceAll(text, "malformed MIME header", "malformed header")
	text = strings.ReplaceAll(text, "http chunk", "chunk")
	text = strings.ReplaceAll(text, "unexpected EOF", "unexpected end")
	text = strings.ReplaceAll(text, "EOF", "end of the connection")
	return shorten(text)
}

// shorten keeps hostile text from filling the screen. It stays valid UTF-8 and
// without control characters: net/http quotes what it repeats.
func shorten(text string) string {
	const most = 200
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
}

// clip quotes text of the server.
func clip(text string) string {
	const most = 120
	if len(text) > most {
		return strconv.Quote(text[:most]) + "…"
	}
	return strconv.Quote(text)
}

func count(n int, noun string) string { return count64(int64(n), noun) }

func count64(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.FormatInt(n, 10) + " " + noun + "s"
}
