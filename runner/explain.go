package runner

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// An Explained is one line of the plan as it would be sent. What only a run can know, such as a capture or a token that
// is to be fetched, has a placeholder in angle brackets.
type Explained struct {
	Planned
	Request *exchange.Request // nil when it cannot be resolved
	// BodyFile is the path of the file that is the body, and Parts are those of a multipart body.
	BodyFile string
	Parts    []ExplainedPart
	// Auth is how the credentials are to be put on when only the answer of the server tells how: "digest", "ntlm"; or
	// "aws", whose signature holds for a few minutes. Nil for all else, which is in the request.
	Auth *ExplainedAuth
	// CA, Cert and Key are the paths of the files that the request names, or "".
	CA, Cert, Key string
	Variables     []ExplainedVariable // in the order in which the request names them
	Skip          string              // why it would be skipped, or ""
	Problems      diag.List
}

// An ExplainedPart is a part of a multipart body: a text, or the path of a file.
type ExplainedPart struct{ Name, Text, File, Type, Filename string }

// An ExplainedAuth is a way to authenticate whose credentials are not in the request.
type ExplainedAuth struct{ Kind, Username, Password, Region, Service, SessionToken string }

// An ExplainedVariable is a variable that a request uses, and where its value is from.
type ExplainedVariable struct {
	Name   string
	Value  string
	Origin string // "environments/local.toml:9", `captured by "Sign in"`, "--var"
	Secret bool
	Depth  int // how many variables lead to it
}

// Explain yields what would be sent, in the order of the plan. Nothing is sent. Secrets are as they are.
func (r *Runner) Explain(ctx context.Context) iter.Seq[*Explained] {
	return func(yield func(*Explained) bool) {
		u := r.user()
		defer u.close()
		u.explaining = true
		if r.rows != nil {
			if reader, err := r.rows.Read(); err == nil {
				defer reader.Close()
				p := pass{Runner: r, user: u}
				_ = p.nextRow(reader) // what is wrong with it has been told
			}
		}
		for s := range steps([]node{{block: r.root}}) {
			if ctx.Err() != nil || !yield(u.explain(ctx, s)) {
				return
			}
			u.pretend(s)
		}
	}
}

func (u *user) explain(ctx context.Context, s *step) *Explained {
	u.enter(s)
	out := &Explained{Planned: s.planned(1)}
	out.Variables = u.variables(s)
	res := &RequestResult{}
	if u.skips(s, res) {
		out.Skip, out.Problems = res.Reason, res.Diagnostics
	}
	request, f := u.resolve(ctx, s)
	if f != nil {
		out.Problems = append(out.Problems, f.diag)
	}
	if request == nil {
		return out
	}
	out.Request = request
	u.explainBody(s, out)
	u.explainAuth(s, out)
	out.CA, out.Cert, out.Key = s.route.caPath, s.route.certPath, s.route.keyPath
	return out
}

// explainBody says which files the body is made of. The request was resolved, so that all of it can be.
func (u *user) explainBody(s *step, out *Explained) {
	if s.body == nil {
		return
	}
	p, err := s.body.resolve(u.scopes)
	if err != nil {
		return
	}
	if p.file != "" {
		out.BodyFile = s.body.file.path(p.file)
	}
	for _, part := range p.parts {
		one := ExplainedPart{Name: part.name, Text: part.text, Type: part.mediaType, Filename: part.filename}
		if part.source != nil {
			one.File = part.source.path(part.path)
		}
		out.Parts = append(out.Parts, one)
	}
}

func (u *user) explainAuth(s *step, out *Explained) {
	if s.auth == nil || s.auth.scheme == nil {
		return
	}
	get := func(name string) string {
		t := s.auth.scheme.texts[name]
		if t == nil {
			return ""
		}
		v, _ := t.expand(u.scopes)
		return v
	}
	switch s.auth.kind {
	case collection.Digest:
		out.Auth = &ExplainedAuth{Kind: "digest", Username: get("username"), Password: get("password")}
	case collection.NTLM:
		username := get("username")
		if domain := get("domain"); domain != "" {
			username = domain + `\` + username
		}
		out.Auth = &ExplainedAuth{Kind: "ntlm", Username: username, Password: get("password")}
	case collection.AWS:
		out.Auth = &ExplainedAuth{
			Kind: "aws", Username: get("access_key"), Password: get("secret_key"), Region: get("region"), Service: get("service"),
			SessionToken: get("session_token"),
		}
	}
}

// pretend gives what a request captures a placeholder, for the requests behind it.
func (u *user) pretend(s *step) {
	names := make([]string, 0, len(s.captures)+3)
	for _, c := range s.captures {
		if c.source.Name == callbackVariable {
			names = append(names, "access_token", "id_token", "token_type")
			continue
		}
		names = append(names, c.source.Name)
	}
	for _, name := range names {
		u.placeholder(s, name)
	}
}

const callbackVariable = "callback_url"

// placeholder is what stands for a value that only a run can know.
func (u *user) placeholder(s *step, name string) string {
	text := "<" + name + ">"
	// What cannot be set is a name that the compiler has refused.
	_ = u.scopes.Set(name, text, environment.CaptureOrigin(s.source.Name, s.source.Span))
	return text
}

// maxDepth is how many variables are looked through for where a value is from.
const maxDepth = 8

// variables are those that a request uses, with those that their declarations use behind them.
func (u *user) variables(s *step) []ExplainedVariable {
	var out []ExplainedVariable
	seen := map[string]bool{}
	var add func(name string, depth int)
	add = func(name string, depth int) {
		if seen[name] || depth > maxDepth {
			return
		}
		seen[name] = true
		v, origin, err := u.scopes.Lookup(name)
		one := ExplainedVariable{Name: name, Origin: origin.String(), Secret: origin.Secret, Depth: depth, Value: assertion.Format(v, clip)}
		if text, ok := v.(string); ok {
			one.Value = text
		}
		if err != nil {
			one.Value, one.Origin = "", "no value"
		}
		out = append(out, one)
		if err != nil || origin.Span.IsZero() || origin.Captured() {
			return
		}
		if t, err := environment.ParseTemplate(origin.Span.Text()); err == nil {
			for _, ref := range t.References() {
				add(ref.Name, depth+1)
			}
		}
	}
	s.request.references(func(t *text) {
		for _, ref := range t.template.References() {
			add(ref.Name, 0)
		}
	})
	return out
}

// references calls f for each text with templates that a request is made of, in the order in which it is sent.
func (r *request) references(f func(*text)) {
	one := func(t *text) {
		if t != nil && t.template != nil {
			f(t)
		}
	}
	many := func(fields []field) {
		for _, p := range fields {
			for _, t := range p.values {
				one(t)
			}
		}
	}
	inner := func(v *value) {
		if v != nil {
			v.references(func(t *text, _ environment.Reference) { f(t) })
		}
	}
	one(r.url)
	many(r.params)
	many(r.query)
	for _, h := range r.headers {
		for _, t := range h.values {
			one(t)
		}
	}
	if a := r.auth; a != nil {
		one(a.token)
		one(a.username)
		one(a.password)
		if a.grant != nil {
			for _, name := range collection.OAuth2Keys() {
				one(a.grant.fields[name])
			}
		}
		if a.scheme != nil {
			for _, name := range slices.Sorted(maps.Keys(a.scheme.texts)) {
				one(a.scheme.texts[name])
			}
			inner(a.scheme.claims)
			inner(a.scheme.header)
		}
	}
	if b := r.body; b != nil {
		one(b.contentType)
		one(b.text)
		inner(b.json)
		many(b.fields)
		for i := range b.parts {
			one(b.parts[i].text)
			one(b.parts[i].filename)
		}
	}
	for _, k := range r.assertions {
		inner(k.argument)
	}
}
