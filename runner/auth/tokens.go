package auth

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

const (
	// maxMargin is how long before its end a token is renewed at most, so that it does not expire on its way.
	maxMargin = 30 * time.Second
	// refusalKept is how long a refusal is remembered: a run of many requests does not try a wrong password with each.
	refusalKept = 10 * time.Second
)

// Token is what a provider gave.
type Token struct {
	AccessToken  string
	Type         string    // Bearer, mostly
	IDToken      string    // "": none
	RefreshToken string    // "": none
	Scope        string    // as granted
	Expiry       time.Time // zero: not known
}

// Options of Tokens.
type Options struct {
	// Client sends all that is sent. It is needed.
	Client *exchange.Client
	// Now is the clock by which tokens expire; nil: time.Now.
	Now func() time.Time
	// Taint is told of every credential that was received, made or sent: tokens, codes, verifiers, passwords, session
	// cookies. Nil: nobody is.
	Taint func(secret string)
	// Interactive lets a person sign in: it opens authorizeURL in a browser and gives back the URL that the browser was
	// sent to at the grant's RedirectURI. Nil: a grant that needs it is an error.
	Interactive func(ctx context.Context, g Grant, authorizeURL string) (callbackURL string, err error)
	// DevicePrompt asks a person to open verificationURI and enter userCode. Nil: DeviceCode is an error.
	DevicePrompt func(userCode, verificationURI string)
	// Draw gives at least 26 characters that nobody can guess, of those that may stand in a URL: a state, a nonce or half of
	// a verifier of PKCE, for the grant that purpose tells from others. Nil: rand.Text. It is for runs that are recorded,
	// whose replay has to draw the same.
	Draw func(purpose string) string
	// Fetched is told of each token that was fetched or renewed, so that it can be stored: a provider may make a
	// refresh token good only once. Nil: nobody is.
	Fetched func(g Grant, token Token)
}

// Tokens fetches tokens and keeps them for a run. A token is fetched once, however many goroutines ask for it, kept for
// as long as it lives, and renewed a little before it expires: by its refresh token where there is one, else from
// scratch. It is safe for many goroutines and has none of its own.
type Tokens struct {
	options Options

	mu      sync.Mutex
	slots   map[Grant]*slot[kept]
	issuers map[string]*slot[endpoints]
}

// kept is a token, or the answer that there is none.
type kept struct {
	token   Token
	refused error
	until   time.Time // zero: for the whole run
}

// NewTokens makes a Tokens that has no token yet.
func NewTokens(o Options) *Tokens {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Draw == nil {
		o.Draw = func(string) string { return rand.Text() }
	}
	if o.Taint == nil {
		o.Taint = func(string) {}
	}
	return &Tokens{options: o, slots: map[Grant]*slot[kept]{}, issuers: map[string]*slot[endpoints]{}}
}

// Token gives the token of a grant. The error is a *GrantError, or that of ctx; those who asked at once get the same
// one. A refusal is given again for ten seconds before the provider is asked anew; after a failure of the network the
// next to ask tries again.
func (t *Tokens) Token(ctx context.Context, g Grant) (Token, error) {
	if err := g.Validate(); err != nil {
		return Token{}, err
	}
	good := func(k kept) bool {
		known := k.token.AccessToken != "" || k.refused != nil
		return known && (k.until.IsZero() || t.options.Now().Before(k.until))
	}
	k, err := t.slot(g).get(ctx, good, func(old kept) (kept, error) {
		token, err := t.fetch(ctx, g, old.token)
		switch {
		case err == nil:
			return kept{token: token, until: t.until(token)}, nil
		case lasting(err):
			return kept{token: old.token, refused: err, until: t.options.Now().Add(refusalKept)}, nil
		}
		return kept{}, err
	})
	if err == nil {
		err = k.refused
	}
	if err != nil {
		return Token{}, err
	}
	return k.token, nil
}

// Seed makes a stored token known. It is used as if it had just been fetched: renewed when it has expired.
func (t *Tokens) Seed(g Grant, token Token) {
	for _, secret := range []string{token.AccessToken, token.IDToken, token.RefreshToken} {
		if secret != "" {
			t.options.Taint(secret)
		}
	}
	if token.Type == "" {
		token.Type = "Bearer"
	}
	t.slot(g).put(kept{token: token, until: t.until(token)})
}

// until is when a token is to be renewed: a tenth of its life before its end, but not more than maxMargin, which would
// leave nothing of a short life.
func (t *Tokens) until(token Token) time.Time {
	if token.Expiry.IsZero() {
		return time.Time{}
	}
	margin := min(maxMargin, token.Expiry.Sub(t.options.Now())/10)
	return token.Expiry.Add(-margin)
}

func (t *Tokens) slot(g Grant) *slot[kept] {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.slots[g]
	if s == nil {
		s = &slot[kept]{}
		t.slots[g] = s
	}
	return s
}
