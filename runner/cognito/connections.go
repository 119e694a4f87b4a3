package cognito

import (
	"net"
	"net/http"
	"sync"
)

// connections follows the connections of a server, so that Close can wait for the requests in hand and then for the
// goroutines of all connections.
//
// http.Server.Shutdown does not serve: it waits seconds for a connection on which no request has come yet, such as
// the spare one that a client has dialled, and not at all for the goroutines.
type connections struct {
	mu       sync.Mutex
	states   map[net.Conn]http.ConnState
	draining bool
	idle     chan struct{} // closed once draining and no request is in hand
	quiet    bool          // idle has been closed
	group    sync.WaitGroup
}

func newConnections() *connections {
	return &connections{states: map[net.Conn]http.ConnState{}, idle: make(chan struct{})}
}

// changed is the server's ConnState hook.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.states[conn] = state
		c.group.Add(1)
	case http.StateActive, http.StateIdle:
		c.states[conn] = state
	case http.StateClosed, http.StateHijacked:
		if _, ok := c.states[conn]; ok {
			delete(c.states, conn)
			c.group.Done()
		}
	}
	c.settle()
}

// drain returns a channel that is closed as soon as no request is in hand.
func (c *connections) drain() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	c.settle()
	return c.idle
}

func (c *connections) settle() {
	if !c.draining || c.quiet {
		return
	}
	for _, state := range c.states {
		if state == http.StateActive {
			return
		}
	}
	c.quiet = true
	close(c.idle)
}

// wait returns when the goroutine of every connection has ended. No connection may come any more.
func (c *connections) wait() { c.group.Wait() }
