package runner

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/assertion"
	authn "github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// An auth is a way to authenticate, compiled.
type auth struct {
	kind               collection.AuthKind
	span               diag.Span
	token              *text
	username, password *text
}

// auth compiles a way to authenticate; "none" is nil, as is one that could not be read.
func (c *compiler) auth(a *collection.Auth) *auth {
	out := &auth{kind: a.Kind, span: a.Span}
	switch {
	case a.Kind == collection.Bearer && a.Token != nil:
		out.token = c.text(a.Token)
	case a.Kind == collection.Basic && a.Username != nil && a.Password != nil:
		out.username, out.password = c.text(a.Username), c.text(a.Password)
	default:
		return nil
	}
	return out
}

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
func (u *user) resolve(s *step) (*exchange.Request, *failure) {
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
		if !out.Header.Has("Content-Type") {
			out.Header.Set("Content-Type", contentType)
		}
	}
	if f := u.authorize(s, out); f != nil {
		return nil, f
	}
	return out, u.foresee(s)
}

// authorize puts the credentials on, and spoils them where that is the point.
func (u *user) authorize(s *step, out *exchange.Request) *failure {
	if v := out.Header.Get("Authorization"); s.auth == nil && s.wantsCredential() && !strings.Contains(strings.TrimSpace(v), " ") {
		err := errors.New("the Authorization header holds no credential once its variables are filled in")
		return failed(AuthError, err, s.authorizationSpan())
	}
	if a := s.auth; a != nil {
		switch a.kind {
		case collection.Bearer:
			token, err := a.token.expand(u.scopes)
			if err != nil {
				return failed(VariableError, err, a.span)
			}
			if err := authn.Bearer(out, token); err != nil {
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
			if err := authn.Basic(out, username, password); err != nil {
				return failed(AuthError, err, a.span)
			}
			u.redactor.AddRecent(password)
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

// captured reports whether the request may give a value to a name itself.
func (r *request) captured(name string) bool {
	return slices.ContainsFunc(r.captures, func(c *capture) bool {
		return c.source.Name == name || c.source.Name == "callback_url"
	})
}

// A capture is one of a request, compiled.
type capture struct {
	source   *collection.Capture
	query    *assertion.Query
	pipe     *environment.Template
	fallback *value
}

// pipeInput is the name under which a capture's filters find what was captured.
const pipeInput = "captured"

func (c *compiler) capture(s *collection.Capture) *capture {
	query, err := assertion.NewQuery(s.Query, s.Argument)
	if err != nil {
		c.queryProblem(err, s.Source.Span, s.Source, s.Span)
		return nil
	}
	out := &capture{source: s, query: query}
	if s.Pipe != nil {
		filters, _ := s.Pipe.Text()
		const before = "{{" + pipeInput + "|"
		if out.pipe, err = environment.ParseTemplate(before + filters + "}}"); err != nil {
			c.list = append(c.list, environment.Diagnose(err, func(start, end int) diag.Span {
				return s.Pipe.Sub(max(start-len(before), 0), max(end-len(before), 1))
			}))
		}
	}
	if s.Default != nil {
		out.fallback = c.value(s.Default)
	}
	return out
}

// assertionQuery compiles the query of an assertion, or reports why it cannot be.
func (c *compiler) assertionQuery(a *collection.Assertion) *assertion.Query {
	query, err := assertion.NewQuery(a.Query, a.Argument)
	if err != nil {
		c.queryProblem(err, a.Span, nil, a.Span)
		return nil
	}
	return query
}

// queryProblem reports a query: at the place in its argument, or at the name of a kind that does not exist.
func (c *compiler) queryProblem(err error, argument diag.Span, node *collection.Value, whole diag.Span) {
	var a *assertion.ArgumentError
	if !errors.As(err, &a) {
		c.list.Add(whole, err.Error(), "")
		return
	}
	span := argument
	switch {
	case a.End <= a.Start:
	case node != nil:
		span = node.Sub(a.Start, a.End)
	case len(argument.Text()) == a.End || len(argument.Text()) > a.End:
		span = subKey(argument, a.Start, a.End)
	}
	c.list.Add(span, a.Message, a.Hint)
}

// subKey is a part of a key, which may stand in quotes.
func subKey(key diag.Span, start, end int) diag.Span {
	if text := key.Text(); len(text) > 1 && (text[0] == '"' || text[0] == '\'') {
		start, end = start+1, end+1
	}
	return key.Sub(start, end)
}

// inside is the value that keys and indexes lead to, or the last one on the way.
func inside(v *collection.Value, keys []string) *collection.Value {
	for _, key := range keys {
		entry, ok := v.Get(key)
		i, err := strconv.Atoi(key)
		switch {
		case ok:
			v = entry.Node
		case err == nil && i >= 0 && i < len(v.Items):
			v = v.Items[i]
		default:
			return v
		}
	}
	return v
}

// predicateProblem reports a predicate that cannot be compiled.
func (c *compiler) predicateProblem(query *assertion.Query, p collection.Predicate, err error) {
	var e *assertion.PredicateError
	if !errors.As(err, &e) {
		c.list.Add(p.Value.Span, err.Error(), "")
		return
	}
	span, hint := inside(p.Value, e.Keys).Span, e.Hint
	if !slices.Contains(assertion.Predicates(), p.Name) {
		span = p.Span
		if query.Kind() == "json" && p.Value.Kind != collection.Table && !strings.HasPrefix(hint, "did you mean") {
			hint = `a gjson path with a dot needs quotes: json."` + query.Argument() + "." + p.Name + `"`
		}
	}
	c.list.Add(span, e.Message, hint)
}
