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

// look gives an address that is known; else it says whether there is room for one.
func (b *addressBook) look(raw string) (a address, known, room bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	a, known = b.known[raw]
	return a, known, len(b.known) < maxAddresses
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
	a, known, room := c.addresses.look(r.URL)
	if known {
		h.url, h.text, h.socket = a.url, a.text, a.socket
		return h, nil
	}
	credentials, e := h.read(r.URL)
	if e != nil {
		return nil, e
	}
	if room && !credentials {
		c.addresses.note(r.URL, h)
	}
	return h, nil
}
