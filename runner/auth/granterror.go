package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// GrantError is why there is no token. Message and Hint are for people; neither holds a secret.
type GrantError struct {
	Message string // the token endpoint answered 400 invalid_client
	Hint    string // what to check; may be empty
	// Err is the cause, if there is one: an *environment.RefusedError when the provider gave a reason, an
	// *exchange.Error when there was no answer.
	Err error

	passing bool // the same may succeed in a moment
}

// Error gives the message without the hint.
func (e *GrantError) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *GrantError) Unwrap() error { return e.Err }

// lasting says whether asking again at once would be answered the same. A wrong password is then not sent a hundred
// times, which would lock the user out.
func lasting(err error) bool {
	var e *GrantError
	var wire *exchange.Error
	return errors.As(err, &e) && !e.passing && !errors.As(err, &wire)
}

// passes says whether a status speaks of the moment and not of what was asked.
func passes(status int) bool {
	return status >= 500 || status == http.StatusRequestTimeout || status == http.StatusTooManyRequests
}

// unanswered words that there was no answer. When it was the caller who lost patience, that is the error.
func unanswered(ctx context.Context, from string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &GrantError{Message: "no answer from " + from, Err: err}
	var wire *exchange.Error
	if errors.As(err, &wire) {
		e.Message, e.Hint, e.Err = e.Message+": "+wire.Message, wire.Hint, wire
		if wire.Kind == exchange.KindTimeout {
			e.Hint = "" // it is about the timeout of the collection, which is another
		}
	}
	return e
}

// quote makes text of the provider fit for a message: in one line, bounded, and with none of the flow's secrets, which
// some providers repeat.
func (f *flow) quote(text string) string {
	const most = 200
	r := environment.NewRedactor()
	for _, secret := range f.secrets {
		r.Add(secret)
	}
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(r.Redact(text), "?"))
	text = r.Redact(strings.Join(strings.Fields(text), " ")) // a secret may be in it only now
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

// where names a page without its query, which may hold a code or a session.
func (f *flow) where(u *url.URL) string {
	return f.quote((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String())
}

// refusal is the provider's error code and its description.
func (f *flow) refusal(code, description string) *environment.RefusedError {
	return &environment.RefusedError{Code: f.quote(code), Description: f.quote(description)}
}

// advice is what to check after an error code of RFC 6749, sections 4.1.2.1 and 5.2, or RFC 8628, section 3.5.
func (g *Grant) advice(code string) string {
	switch code {
	case "invalid_client":
		if g.ClientSecret == "" {
			return "check client_id; does the client have a client_secret?"
		}
		other := InBody
		if g.ClientAuth == InBody {
			other = InHeader
		}
		return "check client_id and client_secret; some providers want client_auth = \"" + other + "\""
	case "invalid_grant":
		switch g.Grant {
		case Password:
			return "check username and password"
		case AuthorizationCode:
			return "a code is good once and for minutes; check redirect_uri"
		case RefreshToken:
			return "the refresh token has expired, was revoked, or is another client's"
		}
	case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type":
		return "is the client allowed to use grant \"" + g.Grant + "\"? see its settings at the provider"
	case "invalid_scope":
		return "check scope: the client may not ask for all of it"
	case "access_denied":
		return "the user, or a rule of the provider, said no"
	case "expired_token":
		return "the code was not entered in time: run again"
	}
	return ""
}
