package exchange

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"
)

// DefaultUserAgent is sent when neither the request nor the options have one.
const DefaultUserAgent = "postrider"

// DefaultIdleConns is how many idle connections are kept for a host: more than
// virtual users in common use, so that each finds the connection it left. With
// net/http's own 2, fifty users open thousands.
const DefaultIdleConns = 256

// idleHosts is how many hosts may have that many. More connections than all of
// theirs are not kept: those that were idle longest are closed.
const idleHosts = 4

// connectTimeout bounds each of connecting and the TLS handshake when the
// request has no timeout, or a longer one.
const connectTimeout = 30 * time.Second

// Options of a [Client]. The zero value is what most want.
type Options struct {
	Insecure        bool        // accept any certificate
	TLS             *tls.Config // roots and client certificates; nil: those of the system
	UserAgent       string      // "": DefaultUserAgent
	MaxConnsPerHost int         // connections at once to one host; 0: no bound
	IdleConns       int         // idle connections kept for a host, and four times as many in all; 0: DefaultIdleConns

	// Route is for requests that do not say otherwise: what their own Route
	// leaves empty is taken from here, Cert and Key together. Insecure holds
	// when either has it.
	Route Route

	// Observe, if not nil, is told of every exchange that had an answer, from the
	// goroutine that made it, with the context of Do, before that returns. It
	// keeps the Exchange as it is.
	Observe func(context.Context, *Exchange)

	// Transport sends in the place of our own, and Route, Version and the
	// options about TLS and connections do not apply. Whoever brings one sees to the limit on
	// headers, and to honour the context while a body is read. An *[Error] of it is
	// told as it is.
	Transport http.RoundTripper
}

// Client sends requests. It is safe for many goroutines.
type Client struct {
	options   Options
	direct    *lane // of the zero Route
	own       bool  // its transport
	userAgent string
	scratch   sync.Pool // of *[]byte, for bodies that do not say their length
	gunzips   sync.Pool // of *gunzip
	brotlis   sync.Pool // of *unbrotli
	zstds     sync.Pool // of *unzstd
	spare     spare
	addresses addressBook

	mu    sync.RWMutex
	lanes map[laneKey]*lane // those that are not direct, made when first used
}

// NewClient makes a client with connections of its own. Close it.
func NewClient(o Options) *Client {
	c := &Client{options: o, direct: &lane{transport: o.Transport}, userAgent: o.UserAgent}
	if c.userAgent == "" {
		c.userAgent = DefaultUserAgent
	}
	if o.Transport == nil {
		c.direct.transport, c.own = newTransport(o), true
	}
	c.scratch.New = func() any { b := make([]byte, scratchSize); return &b }
	c.gunzips.New = func() any { return newGunzip() }
	c.brotlis.New = func() any { return newUnbrotli() }
	c.zstds.New = func() any { return newUnzstd() }
	return c
}

// Close releases idle connections. Exchanges under way are not disturbed.
func (c *Client) Close() {
	c.spare.close()
	c.direct.close()
	c.mu.Lock()
	lanes := c.lanes
	c.lanes = nil
	c.mu.Unlock()
	for _, l := range lanes {
		l.close()
	}
}

// newTransport makes that of the zero Route.
func newTransport(o Options) *http.Transport {
	idle := o.IdleConns
	if idle <= 0 {
		idle = DefaultIdleConns
	}
	d := &dialer{Dialer: net.Dialer{Timeout: connectTimeout}}
	return &http.Transport{
		DialContext:         d.dial,
		TLSClientConfig:     (&plan{}).config(o),
		TLSHandshakeTimeout: connectTimeout,
		DisableCompression:  true, // we decode, so that the limit holds for what comes out
		// Bounded by number and not by age, for which each would have a timer, a fiftieth of the time of a load. Servers
		// close what they have kept long enough, and TCP's keep-alive finds what is dead.
		MaxIdleConns:           idleHosts * idle,
		MaxIdleConnsPerHost:    idle,
		MaxConnsPerHost:        max(o.MaxConnsPerHost, 0),
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: MaxHeader,
		ForceAttemptHTTP2:      true, // a DialContext would turn it off
	}
}

// dialer opens connections, and ends with the exchange that asked for one:
// net/http would go on dialing for somebody else.
type dialer struct {
	net.Dialer
	via dialFunc // nil: DialContext
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	connect := d.via
	if connect == nil {
		connect = d.DialContext
	}
	k, ok := ctx.Value(clockKey{}).(*clock)
	if !ok {
		return connect(ctx, network, address)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(k.Context, cancel)
	defer stop()
	return connect(k.traceDial(ctx), network, address)
}
