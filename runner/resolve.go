package runner

import (
	"context"
	"errors"
	"slices"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A failure is what stops a request, with the stage at which it did.
type failure struct {
	kind ErrorKind
	diag diag.Diagnostic
}

// failed puts an error into the words and the place of a diagnostic.
func failed(kind ErrorKind, err error, span diag.Span) *failure {
	place := func(int, int) diag.Span { return span }
	var p *placedError
	if errors.As(err, &p) {
		place = func(start, end int) diag.Span {
			if end <= start {
				return p.node.Span
			}
			return p.node.Sub(start, end)
		}
	}
	f := &failure{kind, environment.Diagnose(err, place)}
	var u *environment.UnresolvedError
	if errors.As(err, &u) && u.Cause == nil && u.Nearest == "" && slices.Contains(callbackVariables, u.Name) {
		f.diag.Hint = "it comes with a callback URL: sign in, then `postrider callback --save ENV 'URL'`, or run with --callback-url 'URL'"
	}
	return f
}

// callbackVariables are the variables that a reader of the tutorial has from a callback URL.
var callbackVariables = []string{"access_token", "id_token", "token_type", "expires_in", "expires_at", "callback_url"}

// resolve fills in all that is sent. Nothing has been sent when it fails.
func (u *user) resolve(ctx context.Context, s *step) (*exchange.Request, *failure) {
	out := &exchange.Request{
		Method: s.source.Method, Timeout: s.timeout, MaxRedirects: s.redirects, MaxBody: s.maxBody,
	}
	if u.options.Timeout > 0 {
		out.Timeout = u.options.Timeout
	}
	var err error
	if out.URL, err = s.resolveURL(u.scopes); err != nil {
		return nil, failed(VariableError, err, s.source.Span)
	}
	if err = s.resolveHeaders(out, u.scopes, u.redactor); err != nil {
		return nil, failed(VariableError, err, s.source.Span)
	}
	if s.body != nil {
		var contentType string
		if out.Body, contentType, err = s.body.resolve(u.scopes); err != nil {
			return nil, failed(VariableError, err, s.body.node.Span)
		}
		out.SecretBody = u.redactor.Redact(string(out.Body)) != string(out.Body)
		if !out.Header.Has("Content-Type") {
			out.Header.Set("Content-Type", contentType)
		}
	}
	u.taintUserinfo(out.URL)
	if f := u.authorize(ctx, s, out); f != nil {
		return nil, f
	}
	return out, u.foresee(s)
}

// foresee finds names without a value in what is expected, before anything is sent. What this very request captures has
// a value only later.
func (u *user) foresee(s *step) *failure {
	for _, k := range s.assertions {
		if k.predicate != nil {
			continue
		}
		var first *failure
		k.argument.references(func(t *text, r environment.Reference) {
			if first != nil || s.captured(r.Name) {
				return
			}
			if _, err := t.value(u.scopes); err != nil {
				first = failed(VariableError, err, k.span)
			}
		})
		if first != nil {
			return first
		}
	}
	return nil
}
