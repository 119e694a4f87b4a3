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
	name string // of the variable that has no value, if that is it
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
	f := &failure{kind: kind, diag: environment.Diagnose(err, place)}
	var u *environment.UnresolvedError
	if errors.As(err, &u) && u.Cause == nil {
		f.name = u.Name
	}
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
		Method: s.source.Method, Timeout: s.timeout, MaxRedirects: s.redirects, MaxBody: s.maxBody, NoCookies: s.noCookies, Version: s.route.version,
	}
	if u.options.Timeout > 0 {
		out.Timeout = u.options.Timeout
	}
	var err error
	if out.Route, err = s.route.fill(u.scopes); err != nil {
		return nil, failed(VariableError, err, s.source.Span)
	}
	out.Route = overlaid(out.Route, u.options.Route)
	if out.URL, err = s.resolveURL(u.scopes); err != nil {
		return nil, failed(VariableError, err, s.source.Span)
	}
	if err = s.resolveHeaders(out, u.scopes, u.redactor); err != nil {
		return nil, failed(VariableError, err, s.source.Span)
	}
	if s.body != nil {
		if f := u.resolveBody(s, out); f != nil {
			return nil, f
		}
	}
	u.taintUserinfo(out.URL)
	if f := u.authorize(ctx, s, out); f != nil {
		return nil, f
	}
	return out, u.foresee(s)
}

// resolveBody fills in the body and the field that says of what type it is.
func (u *user) resolveBody(s *step, out *exchange.Request) *failure {
	p, err := s.body.resolve(u.scopes)
	if err != nil {
		return failed(VariableError, err, s.body.node.Span)
	}
	if u.explaining {
		u.payload = p
	}
	out.Body, out.Open, out.Length = p.data, p.open, p.length
	out.SecretBody = u.holdsSecret(p)
	if given := out.Header.Get("Content-Type"); given != "" && p.kind == "multipart" {
		p.setType(given)
		out.Header.Set("Content-Type", p.contentType)
	} else if !out.Header.Has("Content-Type") {
		out.Header.Set("Content-Type", p.contentType)
	}
	return nil
}

// holdsSecret reports whether a secret stands in the body, beside the files in it.
func (u *user) holdsSecret(p *payload) bool {
	for i := range p.parts {
		if text := p.parts[i].text; u.redactor.Redact(text) != text {
			return true
		}
	}
	return p.open == nil && u.redactor.Redact(string(p.data)) != string(p.data)
}

// foresee finds names without a value in what is expected, before anything is sent. What this very request captures has
// a value only later, and so has all that is made of it.
func (u *user) foresee(s *step) *failure {
	for _, k := range s.assertions {
		if k.predicate != nil {
			continue
		}
		var first *failure
		var seen *text // a template is expanded once, however many names are in it
		k.argument.references(func(t *text, _ environment.Reference) {
			if first != nil || t == seen {
				return
			}
			if seen = t; s.awaits(t) {
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

// awaits reports whether a template names what only the answer to this request gives a value to.
func (r *request) awaits(t *text) bool {
	return slices.ContainsFunc(t.template.References(), func(ref environment.Reference) bool { return r.captured(ref.Name) })
}
