package auth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/postrider/postrider/runner/exchange"
)

const (
	// rereadAfter is how long an unknown key has to wait until a set is read once more: made-up key ids do not make
	// requests.
	rereadAfter = time.Minute
	// maxKeySetMoves bounds the redirects to a key set.
	maxKeySetMoves = 5
	// minRSABits is what RFC 7518, sections 3.3 and 3.5, asks of a key.
	minRSABits = 2048
)

// A VerifyError is why a signature was not found good. Message and Hint are for people; neither repeats the token.
type VerifyError struct {
	Message string // the key set has no key "xyz"
	Hint    string // what to check; may be empty
	// Unread says that no key set was had: nothing is known of the signature.
	Unread bool
	// Err is an *exchange.Error when there was no answer with a key set; else nil.
	Err error

	passing bool // the same may succeed in a moment
}

// Error gives the message without the hint.
func (e *VerifyError) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *VerifyError) Unwrap() error { return e.Err }

// A Verifier checks the signatures of JWTs by the public keys that an issuer has at a URL (a JWK Set, RFC 7517, section
// 5). It keeps the sets that it has read, so there is one for a run. It is safe for many goroutines and has none of its
// own.
type Verifier struct {
	// Client reads the key sets. It is needed.
	Client *exchange.Client
	// Now is the clock by which key sets are read again; nil: time.Now.
	Now func() time.Time

	mu   sync.Mutex
	sets map[string]*slot[keySet]
}

// Verify checks the signature of a JWT by the key set at jwksURL. It checks nothing else: not when the token expires, not
// who issued it, nor for whom.
//
// The token is a JWS in its compact serialization (RFC 7515, section 7.1), signed with RS, PS or ES 256, 384 or 512 or
// with EdDSA (Ed25519), and its key is the one that it names (kid) or, when it names none, the only one that there is for
// its algorithm. That the key is for the algorithm is said by its type and, where it has them, by its alg, use and
// key_ops (RFC 8725, section 3.1): a token can choose neither "none", nor an HMAC with a public key as its secret. Keys
// and URLs of keys that the token brings along (jwk, jku, x5c, x5u) count for nothing.
//
// A key set is read without credentials, once, however many goroutines ask for it; again when a token names a key that it
// does not have, since keys rotate, but then at most once a minute. A refusal is given again for ten seconds before
// the URL is asked anew; after a failure of the network the next to ask tries again.
//
// The error is a *VerifyError, or that of ctx.
func (v *Verifier) Verify(ctx context.Context, token, jwksURL string) error {
	t, err := readToken(token)
	if err != nil {
		return err
	}
	set, err := v.keys(ctx, t, jwksURL)
	if err != nil {
		return err
	}
	return set.verify(t)
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

func (v *Verifier) slot(jwksURL string) *slot[keySet] {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.sets[jwksURL]
	if s == nil {
		if v.sets == nil {
			v.sets = map[string]*slot[keySet]{}
		}
		s = &slot[keySet]{}
		v.sets[jwksURL] = s
	}
	return s
}

// keys gives a key set in which a token can look for its key.
func (v *Verifier) keys(ctx context.Context, t signedToken, jwksURL string) (keySet, error) {
	s, fresh := v.slot(jwksURL), false
	set, err := s.get(ctx, func(held keySet) bool {
		known := held.read || held.refused != nil && v.now().Before(held.until)
		fresh = fresh || !known
		return known
	}, func(keySet) (keySet, error) {
		keys, err := v.fetch(ctx, jwksURL)
		if e, ok := errors.AsType[*VerifyError](err); ok && !e.passing {
			return keySet{refused: err, until: v.now().Add(refusalKept)}, nil
		}
		return keySet{read: true, keys: keys}, err
	})
	if err == nil {
		err = set.refused
	}
	if err != nil || fresh || set.offers(t) {
		return set, err
	}
	return s.get(ctx, func(held keySet) bool {
		return v.now().Before(held.reread.Add(rereadAfter))
	}, func(held keySet) (keySet, error) {
		keys, err := v.fetch(ctx, jwksURL)
		held.reread, held.stale = v.now(), err
		if err == nil {
			held.keys = keys
		}
		return held, ctx.Err() // what was not read again for want of patience, another may
	})
}

// fetch reads a key set.
func (v *Verifier) fetch(ctx context.Context, jwksURL string) ([]publicKey, error) {
	u, err := url.Parse(jwksURL)
	switch {
	case strings.TrimSpace(jwksURL) == "":
		return nil, &VerifyError{Unread: true, Message: "the URL of the key set is empty"}
	case err == nil && u.User != nil:
		return nil, &VerifyError{Unread: true, Message: "the URL of the key set has a user in it", Hint: "keys are public, and read without credentials"}
	}
	x, err := v.Client.Do(ctx, nil, &exchange.Request{
		URL:          jwksURL,
		Header:       exchange.Header{{Name: "Accept", Value: "application/jwk-set+json, application/json"}},
		Timeout:      requestTimeout,
		MaxRedirects: maxKeySetMoves,
		MaxBody:      maxAnswer,
		NoCookies:    true,
	})
	if err != nil {
		return nil, unread(ctx, u, err)
	}
	const hint = "check the URL: a provider's discovery document has it as jwks_uri"
	secure := func(address string) bool { return strings.HasPrefix(strings.ToLower(address), "https:") }
	switch status := x.Response.Status; {
	case secure(jwksURL) && (!secure(x.URL) || slices.ContainsFunc(x.Redirects, func(h exchange.Hop) bool { return !secure(h.URL) })):
		return nil, &VerifyError{Unread: true, Message: keySetAt(u) + " was moved to where there is no TLS, so its keys may be anybody's"}
	case status != 200:
		return nil, &VerifyError{Unread: true, Message: keySetAt(u) + " answered " + strconv.Itoa(status), Hint: hint, passing: passes(status)}
	}
	keys, err := readKeys(x.Response.Body)
	if err != nil {
		return nil, &VerifyError{Unread: true, Message: keySetAt(u) + " is " + err.Error(), Hint: hint}
	}
	return keys, nil
}

// oneLine makes text from outside fit for a message.
func oneLine(text string) string {
	const most = 200
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(text, "?"))
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
