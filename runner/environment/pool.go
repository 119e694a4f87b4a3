package environment

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/postrider/postrider/runner/diag"
)

// A Pool is the [cognito] table of an environment: the user pool that a run carries inside. Only the types of its
// values have been checked here.
type Pool struct {
	Region          string
	Clients         []PoolClient
	ResourceServers []PoolResourceServer
	Users           []PoolUser

	table diag.Span
	spans map[string]diag.Span
}

// A PoolClient is a [[cognito.client]]. A validity of 0 was not given.
type PoolClient struct {
	Name, ID, Secret     string
	Flows, Scopes        []string
	CallbackURLs         []string
	LogoutURLs           []string
	AccessTokenValidity  time.Duration
	IDTokenValidity      time.Duration
	RefreshTokenValidity time.Duration

	RotateRefreshTokens, DisableTokenRevocation bool
}

// A PoolResourceServer is a [[cognito.resource_server]].
type PoolResourceServer struct {
	Identifier, Name string
	Scopes           []string
}

// A PoolUser is a [[cognito.user]].
type PoolUser struct {
	Username, Password string
	TemporaryPassword  string
	Attributes         map[string]string // a TOML boolean is "true" or "false"
	Groups             []string
	Disabled           bool
}

// Span is where a value stands, by the keys and indexes that lead to it: Span("client", 0, "callback_urls", 1). What is
// not there itself has the place of the nearest thing around it.
func (p *Pool) Span(path ...any) diag.Span {
	for n := len(path); n > 0; n-- {
		if span, ok := p.spans[spanKey(path[:n])]; ok {
			return span
		}
	}
	return p.table
}

// spanKey is a path as one text. No key of a pool but those of attributes is the user's, so that a blank will do.
func spanKey(path []any) string { return strings.TrimSuffix(fmt.Sprintln(path...), "\n") }

// secrets are the values of a pool that must not be shown.
func (p *Pool) secrets() []string {
	var secrets []string
	for _, c := range p.Clients {
		secrets = append(secrets, c.Secret)
	}
	for _, u := range p.Users {
		secrets = append(secrets, u.Password, u.TemporaryPassword)
	}
	return secrets
}

// poolNames are the variables that an embedded pool provides.
func poolNames() []string {
	return []string{"domain", "issuer", "jwks_url", "user_pool_id", "region", "expired_access_token", callbackName,
		"access_token", "id_token", "token_type", "expires_in", "expires_at"}
}

var errNoPool = errors.New("the embedded pool cannot be started here")

// A pool starts the embedded pool when the first of its variables is needed.
type pool struct {
	environment *Environment
	start       func(*Pool) (map[string]any, error)
	now         func() time.Time

	once   sync.Once
	values map[string]any
	err    error
}

// lookup is a variable of the pool, which is started if need be. It is safe for many goroutines.
func (p *pool) lookup(name string) (value any, found bool, err error) {
	p.once.Do(p.run)
	if p.err != nil {
		return nil, false, &UnresolvedError{Name: name, Cause: p.err}
	}
	value, found = p.values[name]
	return value, found, nil
}

func (p *pool) run() {
	if p.start == nil {
		p.err = errNoPool
		return
	}
	config, err := p.environment.Pool()
	if err != nil {
		p.err = fmt.Errorf("the embedded pool is not well described: %w", err)
		return
	}
	values, err := p.start(config)
	if err != nil {
		p.err = fmt.Errorf("the embedded pool did not start: %w", err)
		return
	}
	p.values = maps.Clone(values)
	if raw, ok := values[callbackName].(string); ok {
		p.callback(raw)
	}
	p.environment.learn(append(config.secrets(), p.secrets()...))
}

// callback adds what the pool's callback URL sets, where the pool has not said so itself.
func (p *pool) callback(raw string) {
	c, err := ParseCallback(raw)
	if err != nil {
		return
	}
	for _, v := range c.Variables(p.now()) {
		if _, ok := p.values[v.Name]; !ok {
			p.values[v.Name] = v.Value
		}
	}
}

func (p *pool) secrets() []string {
	var secrets []string
	for name, value := range p.values {
		if secretParameter(name) {
			leaves(value, func(text string) { secrets = append(secrets, text) })
		}
	}
	slices.Sort(secrets)
	return secrets
}

// inPool looks a name up in a layer's pool.
func (s *Scopes) inPool(l *Layer, name string) (any, Origin, bool, error) {
	value, found, err := l.pool.lookup(name)
	origin := Origin{Scope: "embedded pool", Span: l.pool.environment.poolSpan(), Secret: secretParameter(name)}
	if found && origin.Secret {
		s.taint(value, true)
	}
	return value, origin, found || err != nil, err
}

// poolSpan is where the pool is declared.
func (e *Environment) poolSpan() diag.Span { return e.table.entry.Span }
