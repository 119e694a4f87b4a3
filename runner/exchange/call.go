package exchange

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"sync"
	"time"
)

// maxSpare is how many calls are kept to be used again.
const maxSpare = DefaultIdleConns

// A call is what net/http gets of an exchange: a context, which is the clock,
// and a message. Both are used again, which saves a third of what an exchange
// allocates.
type call struct {
	clock
	parent  context.Context // of the caller
	timer   *time.Timer     // nil before the first exchange that has a bound
	timed   bool            // this one has
	request *http.Request
	header  http.Header
	values  []string // of header
	used    int      // how many messages were made
}

// call gives one for an exchange that ends with ctx, or after some time if that
// is not zero.
func (c *Client) call(ctx context.Context, started time.Time, timeout time.Duration) *call {
	k := c.spare.take(ctx)
	if k == nil {
		k = newCall(ctx)
	}
	k.reset(started)
	k.used, k.timed = 0, timeout > 0
	if !k.timed {
		return k
	}
	k.until = started.Add(timeout)
	if k.timer == nil {
		k.timer = time.AfterFunc(timeout, k.expire)
	} else {
		k.timer.Reset(timeout)
	}
	return k
}

func newCall(ctx context.Context) *call {
	k := &call{parent: ctx, header: make(http.Header, 8)}
	own, cancel := context.WithCancelCause(ctx)
	k.cancel = cancel
	k.trace.GotConn = k.gotConn
	k.trace.WroteRequest = k.wroteRequest
	k.trace.GotFirstResponseByte = k.firstByte
	k.trace.Got1xxResponse = k.informational
	k.Context = httptrace.WithClientTrace(own, &k.trace)
	k.request = (&http.Request{}).WithContext(&k.clock)
	return k
}

// over ends a call. It is kept for another exchange if that went well and
// nothing of net/http can come back to it: it had one message, which is written,
// an answer that was read to its end, and one connection, which waited for it.
func (c *Client) over(k *call, well bool) {
	quiet := k.wrote.Load() && k.conns.Load() == 1 && !k.dialed.Load()
	if k.timed && !k.timer.Stop() {
		quiet = false // it is up, or about to be
	}
	if well && quiet {
		k.forget()
		if c.spare.put(k) {
			return
		}
	}
	k.cancel(nil)
}

// forget lets go of what the exchange was about.
func (k *call) forget() {
	clear(k.header)
	clear(k.values)
	r := k.request
	r.Method, r.URL, r.Host, r.ContentLength, r.Body, r.GetBody = "", nil, "", 0, nil, nil
}

// message makes the message of a hop. Only the first one is that of the call:
// net/http may not be done with it when the next is sent.
func (k *call) message(h *hop, sent Header, host string) *http.Request {
	req, header := k.request, k.header
	if k.used++; k.used > 1 {
		req, header, k.values = (&http.Request{}).WithContext(&k.clock), make(http.Header, len(sent)), nil
	}
	req.Method, req.URL, req.Host = h.method, h.url, host
	req.Proto, req.ProtoMajor, req.ProtoMinor = "HTTP/1.1", 1, 1
	req.Header = header
	k.fill(header, sent)
	if len(h.body) > 0 {
		data := h.body
		req.ContentLength = int64(len(data))
		req.Body = io.NopCloser(bytes.NewReader(data))
		// lets net/http send again when a reused connection turns out dead
		req.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(data)), nil
		}
	}
	return req
}

// fill leaves out what net/http writes by itself.
func (k *call) fill(header http.Header, sent Header) {
	header["User-Agent"] = nil // none, unless it is in sent
	if cap(k.values) < len(sent) {
		k.values = make([]string, 0, len(sent)+4)
	}
	values := k.values[:len(sent)]
	for i, f := range sent {
		if f.Name == "Host" || f.Name == "Content-Length" || f.Name == "Transfer-Encoding" {
			continue
		}
		if old := header[f.Name]; old != nil {
			header[f.Name] = append(old, f.Value)
			continue
		}
		values[i] = f.Value
		header[f.Name] = values[i : i+1 : i+1]
	}
	k.values = values
}

// spare are calls that are over, of exchanges that had the same context.
type spare struct {
	mu     sync.Mutex
	calls  []*call
	closed bool
}

// take gives a call for ctx, or nil.
func (s *spare) take(ctx context.Context) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.calls) - 1
	if last < 0 {
		return nil
	}
	k := s.calls[last]
	if k.parent != ctx || k.Err() != nil {
		s.clear()
		return nil
	}
	s.calls[last] = nil
	s.calls = s.calls[:last]
	return k
}

// put keeps a call, unless there are many.
func (s *spare) put(k *call) bool {
	if !reflect.ValueOf(k.parent).Comparable() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.calls) == maxSpare {
		return false
	}
	if len(s.calls) > 0 && s.calls[0].parent != k.parent {
		s.clear()
	}
	s.calls = append(s.calls, k)
	return true
}

// close keeps none any more.
func (s *spare) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.closed = true
}

func (s *spare) clear() {
	for _, k := range s.calls {
		k.cancel(nil)
	}
	clear(s.calls)
	s.calls = s.calls[:0]
}
