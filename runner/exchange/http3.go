package exchange

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// http3Transport speaks HTTP/3 (RFC 9114). What it has open is closed when it
// is told so and no exchange is under way, which quic-go does not wait for.
type http3Transport struct {
	http  *http3.Transport
	names names

	mu     sync.Mutex
	active int             // exchanges
	quic   *quic.Transport // one UDP socket for all servers; nil until there is need
	socket net.PacketConn  // of quic
	closed bool
}

func newHTTP3(p *plan, o Options) *http3Transport {
	t := &http3Transport{names: p.names}
	t.http = &http3.Transport{
		TLSClientConfig:        p.config(o),
		Dial:                   t.dial,
		DisableCompression:     true,
		MaxResponseHeaderBytes: MaxHeader,
	}
	return t
}

// RoundTrip is that of [http.RoundTripper]. The body must be closed.
func (t *http3Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return nil, net.ErrClosed
	}
	t.active++
	t.mu.Unlock()
	resp, err := t.http.RoundTrip(req)
	if err != nil {
		t.leave()
		return nil, err
	}
	resp.Body = &leaving{ReadCloser: resp.Body, leave: sync.OnceFunc(t.leave)}
	return resp, nil
}

type leaving struct {
	io.ReadCloser
	leave func()
}

func (l *leaving) Close() error {
	defer l.leave()
	return l.ReadCloser.Close()
}

func (t *http3Transport) leave() {
	t.mu.Lock()
	t.active--
	last := t.closed && t.active == 0
	t.mu.Unlock()
	if last {
		t.shut()
	}
}

// CloseIdleConnections closes everything as soon as nobody uses it. Nothing can
// be sent after it.
func (t *http3Transport) CloseIdleConnections() {
	t.mu.Lock()
	now := !t.closed && t.active == 0
	t.closed = true
	t.mu.Unlock()
	if now {
		t.shut()
	}
}

func (t *http3Transport) shut() {
	t.http.Close()
	t.mu.Lock()
	q, socket := t.quic, t.socket
	t.quic, t.socket = nil, nil
	t.mu.Unlock()
	if q != nil {
		q.Close()
		socket.Close()
	}
}

// datagrams are a UDP socket without what lets quic-go look into it: it would
// write to the log when the system does not grant it the buffers it likes.
type datagrams struct {
	net.PacketConn
	conn *net.UDPConn
}

func (d *datagrams) SetReadBuffer(n int) error  { return d.conn.SetReadBuffer(n) }
func (d *datagrams) SetWriteBuffer(n int) error { return d.conn.SetWriteBuffer(n) }

func (t *http3Transport) open() (*quic.Transport, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quic == nil {
		conn, err := net.ListenUDP("udp", nil)
		if err != nil {
			return nil, err
		}
		t.socket = conn
		t.quic = &quic.Transport{Conn: &datagrams{conn, conn}}
	}
	return t.quic, nil
}

// dial connects. The context is cut off from the exchange that needs it, as
// others may wait for the same connection; the handshake has its own bound.
func (t *http3Transport) dial(ctx context.Context, address string, config *tls.Config, c *quic.Config) (*quic.Conn, error) {
	q, err := t.open()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(t.names.of(address))
	if err != nil {
		return nil, err
	}
	k, timed := ctx.Value(clockKey{}).(*clock)
	if timed {
		ctx = k.traceDial(ctx)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil {
			return nil, err
		}
		ip = found[0]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, err
	}
	if timed {
		k.mark(&k.tls.from)
	}
	conn, err := q.DialEarly(ctx, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip.Unmap(), uint16(n))), config, c)
	if timed && err == nil {
		k.mark(&k.tls.to)
	}
	return conn, err
}
