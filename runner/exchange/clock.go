package exchange

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"net/textproto"
	"sync/atomic"
	"time"
)

// maxInterim is how many informational answers (1xx) may come before the answer.
const maxInterim = 100

var errInterim = errors.New("too many informational answers")

type clockKey struct{}

// clock is the context of one exchange and measures it. Its moments are
// nanoseconds since start and zero when they did not happen; they are atomic
// because net/http may still call back when the exchange is over.
type clock struct {
	context.Context
	cancel context.CancelCauseFunc
	until  time.Time // when the time is up; zero: never
	trace  httptrace.ClientTrace
	start  time.Time
	sum    Timing // of hops that are over

	begun    atomic.Int64 // the hop
	got      atomic.Int64 // the connection
	first    atomic.Int64 // byte of an answer
	interim  atomic.Int32 // answers
	conns    atomic.Int32 // connections got, of all hops
	reused   atomic.Bool
	dialed   atomic.Bool // somebody may be about to connect for one of the hops
	wrote    atomic.Bool // a message is written
	tunneled atomic.Bool // a proxy has connected us
	dns      span
	connect  span
	tls      span
	answered int64 // RoundTrip came back
}

// span is a part of a hop. Happy eyeballs (RFC 8305) may start it twice: it is
// from the first start to the first end.
type span struct{ from, to atomic.Int64 }

func (s *span) length() time.Duration {
	from, to := s.from.Load(), s.to.Load()
	if from == 0 || to < from {
		return 0
	}
	return time.Duration(to - from)
}

func (s *span) reset() { s.from.Store(0); s.to.Store(0) }

// reset starts it for another exchange.
func (k *clock) reset(start time.Time) {
	k.start, k.until, k.sum = start, time.Time{}, Timing{}
	k.conns.Store(0)
	k.dialed.Store(false)
	k.wrote.Store(false)
	k.begun.Store(0)
	k.forgetHop()
}

// expire ends the exchange: its time is up.
func (k *clock) expire() { k.cancel(context.DeadlineExceeded) }

// Err is why the exchange must end.
func (k *clock) Err() error {
	err := k.Context.Err()
	if err != nil && context.Cause(k.Context) == context.DeadlineExceeded {
		return context.DeadlineExceeded
	}
	return err
}

// Deadline is when the time is up, for the caller or for us.
func (k *clock) Deadline() (time.Time, bool) {
	at, ok := k.Context.Deadline()
	if !k.until.IsZero() && (!ok || k.until.Before(at)) {
		return k.until, true
	}
	return at, ok
}

// Value lets the dialer find the clock.
func (k *clock) Value(key any) any {
	if key == (clockKey{}) {
		return k
	}
	return k.Context.Value(key)
}

func (k *clock) now() int64 { return int64(max(time.Since(k.start), 1)) }

func (k *clock) mark(at *atomic.Int64) { at.CompareAndSwap(0, k.now()) }

// traceTLS sets the hooks for TLS, which only those who use it need.
func (k *clock) traceTLS() {
	if k.trace.TLSHandshakeStart != nil {
		return
	}
	k.trace.TLSHandshakeStart = func() { k.mark(&k.tls.from) }
	k.trace.TLSHandshakeDone = func(_ tls.ConnectionState, err error) {
		if err == nil {
			k.mark(&k.tls.to)
		}
	}
}

// traceDial measures looking up and connecting. The hooks hang on the context
// of the dial and not on that of each request, which seldom dials.
func (k *clock) traceDial(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart:     func(httptrace.DNSStartInfo) { k.mark(&k.dns.from) },
		DNSDone:      func(httptrace.DNSDoneInfo) { k.mark(&k.dns.to) },
		ConnectStart: func(_, _ string) { k.mark(&k.connect.from) },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				k.mark(&k.connect.to)
			}
		},
	})
}

func (k *clock) gotConn(info httptrace.GotConnInfo) {
	// a dead connection makes net/http get another: the last one counts
	k.got.Store(k.now())
	k.reused.Store(info.Reused)
	k.conns.Add(1)
	if !info.WasIdle {
		k.dialed.Store(true)
	}
}

func (k *clock) wroteRequest(info httptrace.WroteRequestInfo) { k.wrote.Store(info.Err == nil) }

func (k *clock) firstByte() { k.mark(&k.first) }

func (k *clock) informational(int, textproto.MIMEHeader) error {
	if k.interim.Add(1) > maxInterim {
		return errInterim
	}
	return nil
}

// begin starts a hop.
func (k *clock) begin() {
	k.begun.Store(k.now())
	k.forgetHop()
}

// forgetHop lets go of what happened in the last hop.
func (k *clock) forgetHop() {
	k.got.Store(0)
	k.first.Store(0)
	k.interim.Store(0)
	k.tunneled.Store(false)
	k.dns.reset()
	k.connect.reset()
	k.tls.reset()
	k.answered = 0
}

// headers notes that the header section of the answer is there.
func (k *clock) headers() { k.answered = k.now() }

// end adds up the hop.
func (k *clock) end() {
	if k.got.Load() == 0 || !k.reused.Load() {
		k.sum.DNS += k.dns.length()
		k.sum.Connect += k.connect.length()
		k.sum.TLS += k.tls.length()
	}
}

// hopStarted is when the hop began.
func (k *clock) hopStarted() time.Time { return k.start.Add(time.Duration(k.begun.Load())) }

// hopTook is how long the hop took to the header section of its answer.
func (k *clock) hopTook() time.Duration { return time.Duration(max(k.answered-k.begun.Load(), 0)) }

// finish gives the times of the whole, whether it went well or not.
func (k *clock) finish() Timing {
	t := k.sum
	now := k.now()
	t.Total = time.Duration(now)
	first := k.first.Load()
	if k.answered > 0 && (first == 0 || k.interim.Load() > 0) {
		// the hook told of an informational answer, or the transport has none
		first = k.answered
	}
	if first == 0 {
		return t
	}
	from := k.got.Load()
	if from == 0 {
		from = k.begun.Load()
	}
	t.FirstByte = time.Duration(max(first-from, 0))
	t.Download = time.Duration(max(now-first, 0))
	return t
}
