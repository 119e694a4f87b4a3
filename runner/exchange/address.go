package exchange

import (
	"net/url"
	"sync"
)

// maxAddresses is how many addresses are remembered.
const maxAddresses = 64

// An addressBook remembers what came of reading the first addresses that were
// sent to: many requests go to few of them.
type addressBook struct {
	mu    sync.RWMutex
	known map[string]address
}

// An address is a URL that was read. Nobody changes it.
type address struct {
	url    *url.URL
	text   string
	socket string
}

func (b *addressBook) look(raw string) (address, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	a, ok := b.known[raw]
	return a, ok
}

func (b *addressBook) note(raw string, h *hop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil {
		b.known = map[string]address{}
	}
	if len(b.known) < maxAddresses {
		b.known[raw] = address{h.url, h.text, h.socket}
	}
}

// firstHop checks that r can be sent as it is meant, and remembers its address.
func (c *Client) firstHop(r *Request) (*hop, *Error) {
	h, e := newHop(r)
	if e != nil {
		return nil, e
	}
	if a, ok := c.addresses.look(r.URL); ok {
		h.url, h.text, h.socket = a.url, a.text, a.socket
		return h, nil
	}
	credentials, e := h.read(r.URL)
	if e != nil {
		return nil, e
	}
	if !credentials {
		c.addresses.note(r.URL, h)
	}
	return h, nil
}
