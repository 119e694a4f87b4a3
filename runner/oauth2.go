package runner

import (
	"context"
	"errors"
	"strings"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A grant is an auth.oauth2 table, compiled.
type grant struct {
	span   diag.Span
	fields map[string]*text
	noPKCE bool
}

// grant compiles the table. What it lacks is told before anything is sent, as far as its templates let it be known.
func (c *compiler) grant(a *collection.Auth) *grant {
	g := &grant{span: a.Span, fields: map[string]*text{}}
	for _, f := range a.Fields {
		if f.Name == "pkce" {
			g.noPKCE = f.Value.Scalar == false
			continue
		}
		g.fields[f.Name] = c.text(f.Value)
	}
	known := g.with(func(name string, t *text) string {
		if t.known() {
			return t.constant
		}
		// A value that is not known yet is taken for a right one.
		if name == "client_auth" || name == "grant" {
			return ""
		}
		return "https://unknown.invalid/"
	})
	if t := g.fields["grant"]; t == nil || !t.known() {
		return g
	}
	if t := g.fields["client_auth"]; t != nil && t.template == nil {
		known.ClientAuth = t.constant
	}
	var e *auth.GrantError
	if err := known.Validate(); errors.As(err, &e) {
		c.list.Add(g.place(e.Message), e.Message, e.Hint)
	}
	return g
}

// place is the value of the key that a message begins with, or else the whole table.
func (g *grant) place(message string) diag.Span {
	if strings.HasPrefix(message, "there is no grant") {
		return g.fields["grant"].node.Span
	}
	key, _, _ := strings.Cut(message, " ")
	if t := g.fields[key]; t != nil && key != "grant" {
		return t.node.Span
	}
	return g.span
}

// with is the grant with its texts as value gives them.
func (g *grant) with(value func(name string, t *text) string) auth.Grant {
	get := func(name string) string {
		if t := g.fields[name]; t != nil {
			return value(name, t)
		}
		return ""
	}
	return auth.Grant{
		Grant: get("grant"), Issuer: get("issuer"), AuthorizeURL: get("authorize_url"), TokenURL: get("token_url"), DeviceURL: get("device_url"),
		ClientID: get("client_id"), ClientSecret: get("client_secret"), ClientAuth: get("client_auth"), Scope: get("scope"),
		RedirectURI: get("redirect_uri"), Username: get("username"), Password: get("password"), RefreshToken: get("refresh_token"), NoPKCE: g.noPKCE,
	}
}

// resolve fills in the templates.
func (g *grant) resolve(s *environment.Scopes) (auth.Grant, error) {
	var failed error
	alone := true // whether nobody has to sign in
	out := g.with(func(name string, t *text) string {
		v, err := t.expand(s)
		var unresolved *environment.UnresolvedError
		switch {
		case err == nil:
		case (name == "username" || name == "password") && errors.As(err, &unresolved) && unresolved.Unset():
			alone = false // a secret that is not set here: a person signs in, with `postrider login`
		case failed == nil:
			failed = err
		}
		return v
	})
	if interactive := out.Grant == auth.AuthorizationCode || out.Grant == auth.Implicit; interactive && !alone {
		out.Username, out.Password = "", ""
	}
	return out, failed
}

// oauth2 fetches the token of the step's grant, or takes the one that is kept, and puts it on. Its parts become
// variables, as those of a callback URL do.
func (u *user) oauth2(ctx context.Context, s *step, out *exchange.Request) *failure {
	g, err := s.auth.grant.resolve(u.scopes)
	if err != nil {
		return failed(VariableError, err, s.auth.span)
	}
	if u.explaining {
		if err := auth.Bearer(out, u.placeholder(s, accessToken, true)); err != nil {
			return failed(AuthError, err, s.auth.span)
		}
		return nil
	}
	if out.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, out.Timeout)
		defer cancel()
	}
	token, err := u.tokens.Token(ctx, g)
	if err == nil {
		err = auth.Bearer(out, token.AccessToken)
	}
	if err != nil {
		return noToken(err, s.auth.grant.fields["grant"].node.Span)
	}
	origin := environment.CaptureOrigin(s.source.Name, s.auth.span)
	for name, value := range map[string]string{
		"access_token": token.AccessToken, "id_token": token.IDToken, "refresh_token": token.RefreshToken, "token_type": token.Type,
	} {
		if value == "" {
			u.scopes.Unset(name) // that of another grant is not this one's
			continue
		}
		if err := u.scopes.Set(name, value, origin); err != nil {
			return failed(AuthError, err, s.auth.span)
		}
	}
	return nil
}

// noToken says why there is no token.
func noToken(err error, span diag.Span) *failure {
	f := &failure{kind: AuthError, diag: diag.Diagnostic{Message: err.Error(), Span: span}}
	var e *auth.GrantError
	switch {
	case errors.As(err, &e):
		f.diag.Message, f.diag.Hint = e.Message, e.Hint
	case errors.Is(err, context.DeadlineExceeded):
		f.diag.Message, f.diag.Hint = "no token came in time", "raise timeout if the provider may take longer"
	}
	return f
}

// A DeclaredGrant is an OAuth 2.0 grant that a request declares, filled in.
type DeclaredGrant struct {
	Grant auth.Grant
	Span  diag.Span
}

// Grants are the OAuth 2.0 grants that the chosen requests declare, each once, in the order of the plan.
func (r *Runner) Grants() ([]DeclaredGrant, diag.List) {
	declared := false
	for s := range steps([]node{{block: r.root}}) {
		declared = declared || s.auth != nil && s.auth.grant != nil
	}
	if !declared {
		return nil, nil // most collections: nothing is set up for them
	}
	u := r.user()
	defer u.close()
	var out []DeclaredGrant
	var list diag.List
	seen := map[auth.Grant]bool{}
	for s := range steps([]node{{block: r.root}}) {
		if s.auth == nil || s.auth.grant == nil {
			continue
		}
		u.enter(s)
		g, err := s.auth.grant.resolve(u.scopes)
		if err != nil {
			list = append(list, failed(VariableError, err, s.auth.span).diag)
			continue
		}
		if !seen[g] {
			seen[g] = true
			out = append(out, DeclaredGrant{g, s.auth.span})
		}
	}
	return out, list.Sort()
}
