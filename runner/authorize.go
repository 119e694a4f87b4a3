package runner

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// An authentication is a way to authenticate, compiled.
type authentication struct {
	kind               collection.AuthKind
	span               diag.Span
	token              *text
	username, password *text
	grant              *grant
	scheme             *scheme
}

// auth compiles a way to authenticate; "none" is nil, as is one that could not be read.
func (c *compiler) auth(a *collection.Auth) *authentication {
	out := &authentication{kind: a.Kind, span: a.Span}
	switch {
	case a.Kind == collection.Bearer && a.Token != nil:
		out.token = c.text(a.Token)
	case a.Kind == collection.Basic && a.Username != nil && a.Password != nil:
		out.username, out.password = c.text(a.Username), c.text(a.Password)
	case a.Kind == collection.OAuth2:
		out.grant = c.grant(a)
	case len(a.Fields) > 0:
		out.scheme = c.scheme(a)
	default:
		return nil
	}
	return out
}

// authorize puts the credentials on, and spoils them where that is the point.
func (u *user) authorize(ctx context.Context, s *step, out *exchange.Request) *failure {
	if v := out.Header.Get("Authorization"); s.auth == nil && s.wantsCredential() && !strings.Contains(strings.TrimSpace(v), " ") {
		err := errors.New("the Authorization header holds no credential once its variables are filled in")
		return failed(AuthError, err, s.authorizationSpan())
	}
	if s.auth != nil {
		out.Header.Del("Authorization") // auth is nearer than an inherited field
		if f := u.credential(ctx, s, out); f != nil {
			return f
		}
	}
	u.taintCredentials(out.Header)
	if s.reject == "" {
		return nil
	}
	if err := u.spoiler.Spoil(s.reject, out, u.variableText); err != nil {
		f := failed(AuthError, err, s.rejectSpan())
		if s.reject == "expired" {
			f.diag.Hint = "`postrider callback --save` keeps an expired token when a new callback URL takes its place"
		}
		return f
	}
	u.taintCredentials(out.Header)
	return nil
}

// credential puts on what the declared way to authenticate yields. No credential is an error.
func (u *user) credential(ctx context.Context, s *step, out *exchange.Request) *failure {
	a := s.auth
	switch a.kind {
	case collection.Bearer:
		token, err := a.token.expand(u.scopes)
		if err != nil {
			return failed(VariableError, err, a.span)
		}
		if err := auth.Bearer(out, token); err != nil {
			return failed(AuthError, err, a.span)
		}
	case collection.Basic:
		username, err := a.username.expand(u.scopes)
		if err != nil {
			return failed(VariableError, err, a.span)
		}
		password, err := a.password.expand(u.scopes)
		if err != nil {
			return failed(VariableError, err, a.span)
		}
		if err := auth.Basic(out, username, password); err != nil {
			return failed(AuthError, err, a.span)
		}
		u.redactor.AddRecent(password)
	case collection.OAuth2:
		return u.oauth2(ctx, s, out)
	default:
		return u.sign(ctx, a, out)
	}
	return nil
}

// wantsCredential reports whether a hand-written Authorization field has a scheme and a template behind it.
func (r *request) wantsCredential() bool {
	return slices.ContainsFunc(r.headers, func(h header) bool {
		return strings.EqualFold(h.name, "Authorization") && len(h.values) == 1 && h.values[0].template != nil &&
			strings.Contains(h.values[0].template.Text(), " ")
	})
}

func (r *request) authorizationSpan() diag.Span {
	for _, h := range r.headers {
		if strings.EqualFold(h.name, "Authorization") {
			return h.values[0].node.Span
		}
	}
	return r.source.Span
}

func (s *step) rejectSpan() diag.Span {
	for _, r := range s.source.Rejects {
		if r.Kind == s.reject {
			return r.Span
		}
	}
	return s.source.Span
}

// variableText is the text of a variable, for those who need one by name.
func (u *user) variableText(name string) (string, error) {
	v, _, err := u.scopes.Lookup(name)
	if err != nil {
		return "", err
	}
	if s, ok := v.(string); ok && s != "" {
		return s, nil
	}
	return "", errors.New("the variable \"" + name + "\" is not a text")
}
