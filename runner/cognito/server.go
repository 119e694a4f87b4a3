package cognito

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	readHeaderTimeout = 10 * time.Second
	exchangeTimeout   = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	closeTimeout      = 5 * time.Second // how long Close lets a request in hand finish
	maxHeaderBytes    = 64 << 10
	maxFormBytes      = 64 << 10
)

// Server is a running user pool. All its methods may be called at once.
type Server struct {
	// URL stands for the domain of the pool: http://127.0.0.1:PORT, without a slash at its end.
	URL string

	config Config // with defaults
	keys   *keyring
	store  *store
	pages  *pages
	routes map[string]methods

	listener net.Listener
	http     *http.Server
	conns    *connections
	serve    sync.WaitGroup
	close    sync.Once
}

// NewServer starts a pool that listens on config.Addr. The caller has to Close it. The error is a *ConfigError when
// the config has problems, else it tells why the address cannot be had.
func NewServer(config Config) (*Server, error) {
	return newServer(config, &keyring{})
}

func newServer(config Config, keys *keyring) (*Server, error) {
	if problems := config.Validate(); len(problems) > 0 {
		return nil, &ConfigError{Problems: problems}
	}
	config = config.withDefaults()
	listener, err := net.Listen("tcp", config.Addr)
	if err != nil {
		return nil, fmt.Errorf("start the user pool: %w", err)
	}
	// "localhost" is whatever the machine's resolver makes of it.
	addr, ok := listener.Addr().(*net.TCPAddr)
	if !ok || !addr.IP.IsLoopback() {
		_ = listener.Close()
		return nil, fmt.Errorf("start the user pool: %s is not on the loopback interface", listener.Addr())
	}
	s := &Server{
		URL:      "http://" + addr.String(),
		config:   config,
		keys:     keys,
		store:    newStore(config),
		pages:    newPages(),
		listener: listener,
		conns:    newConnections(),
	}
	s.routes = s.endpoints()
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.handle),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       exchangeTimeout,
		WriteTimeout:      exchangeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         s.conns.changed,
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // net/http would write to stderr
	}
	s.serve.Go(func() { _ = s.http.Serve(listener) }) // its only end is that Close closes the listener
	return s, nil
}

// Close stops listening, lets requests in hand finish for up to five seconds, and returns when no goroutine of the
// server is left. Further calls wait for the first one and do nothing. The error is always nil; it is there for
// io.Closer.
func (s *Server) Close() error {
	s.close.Do(func() {
		_ = s.listener.Close()
		s.serve.Wait()
		s.http.SetKeepAlivesEnabled(false)
		idle := s.conns.drain()
		timer := time.NewTimer(closeTimeout)
		defer timer.Stop()
		select {
		case <-idle:
		case <-timer.C:
		}
		_ = s.http.Close() // it closes the listener again, and says so
		s.conns.wait()
	})
	return nil
}

// Issuer is the iss claim of all tokens: URL/PoolID. The real one is https://cognito-idp.<region>.amazonaws.com/PoolID,
// a host of its own; aws-jwt-verify's CognitoJwtVerifier insists on that, its JwtVerifier does not. [D] aws-jwt-verify
func (s *Server) Issuer() string { return s.URL + "/" + s.config.PoolID }

// JWKSURL is where the public keys are.
func (s *Server) JWKSURL() string { return s.Issuer() + jwksPath }

// PoolID is the id of the pool, given or made up.
func (s *Server) PoolID() string { return s.config.PoolID }

// Region is the AWS region that the pool pretends to be in.
func (s *Server) Region() string { return s.config.Region }

func (s *Server) now() time.Time { return s.config.Now() }
