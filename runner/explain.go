package runner

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// An Explained is one line of the plan as it would be sent. What only a run can know, such as a capture or a token that
// is to be fetched, has a placeholder: its name in angle brackets.
type Explained struct {
	Planned
	Request *exchange.Request // nil when it cannot be resolved
	// Address is the URL as it is declared.
	Address string
	// BodyFile is the path of the file that is the body, and Parts are those of a multipart body.
	BodyFile string
	Parts    []ExplainedPart
	// Auth is how the credentials are to be put on when only the answer of the server tells how: "digest", "ntlm"; or
	// "aws", whose signature holds for a few minutes. Nil for all else, which is in the request.
	Auth *ExplainedAuth
	// Signed says that the request carries a signature of this moment, which servers refuse before long, or at once when
	// they see it again.
	Signed bool
	// CA, Cert and Key are the paths of the files that the request names, or "".
	CA, Cert, Key string
	Variables     []ExplainedVariable // in the order in which the request names them, then those of what is expected
	// Placeholders are the names that have one in the request, or in what a value of the request is made of.
	Placeholders []string
	Skip         string // why it would be skipped, or ""
	// Undecided is the condition that only a run can decide, or "".
	Undecided string
	// Unknown says why the request, or part of what is expected, cannot be worked out before what it captures is known.
	Unknown  string
	Problems diag.List
}

// An ExplainedPart is a part of a multipart body: a text, or the path of a file.
type ExplainedPart struct{ Name, Text, File, Type, Filename string }

// An ExplainedAuth is a way to authenticate whose credentials are not in the request.
type ExplainedAuth struct{ Kind, Username, Password, Region, Service, SessionToken string }

// Explain yields what would be sent, in the order of the plan: of rows the first, and what is repeated once. Nothing is
// sent. Secrets are as they are. With a seed, dynamic variables are those of a run, as far as it sends the same requests.
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
			if ctx.Err() != nil {
				return
			}
			out := u.explain(ctx, s)
			if !yield(out) {
				return
			}
			if out.Skip == "" {
				u.pretend(ctx, s)
			}
		}
	}
}

func (u *user) explain(ctx context.Context, s *step) *Explained {
	u.enter(s)
	out := &Explained{Planned: s.planned(1)}
	if s.url != nil {
		out.Address = s.url.source()
	}
	v := u.survey(s)
	s.sent(v.visit)
	out.Placeholders = v.awaited()
	s.expected(v.visit)
	out.Variables = v.found
	u.explainSkip(s, v, out)
	if out.Skip != "" {
		// A run draws nothing for it.
		random := u.scopes.Random
		u.scopes.Random = nil
		defer func() { u.scopes.Random = random }()
	}
	request, f := u.resolveSpoiled(ctx, s, &out.Placeholders)
	switch {
	case f == nil:
	case len(v.awaited()) > 0 && !v.unresolved():
		out.Unknown = f.diag.Message // of a placeholder not all can be made that can be made of a value
	default:
		out.Problems = append(out.Problems, f.diag)
	}
	if request == nil {
		return out
	}
	out.Request = request
	u.explainAddress(s, v, request)
	u.explainBody(s, out)
	u.explainAuth(s, out)
	u.explainFiles(s, out)
	return out
}

// source is a text as it is written.
func (t *text) source() string {
	if t.template != nil {
		return t.template.Text()
	}
	return t.constant
}

// explainSkip finds out whether a step would be sent: what is captured may decide it, and then nobody knows.
func (u *user) explainSkip(s *step, sent *survey, out *Explained) {
	known := *s
	inner := *s.request
	known.request, inner.when = &inner, nil
	v := &survey{scopes: sent.scopes, step: s, seen: map[string]int{}}
	for _, k := range s.when {
		before := len(v.awaited())
		name := k.query.Argument()
		v.add(name, 0, true)
		if k.argument != nil {
			k.argument.references(func(t *text, _ environment.Reference) { v.visit(t) })
		}
		if awaited := v.awaited(); len(awaited) > before {
			out.Undecided = "when asks for what only a run captures: " + strings.Join(awaited[before:], ", ")
			continue
		}
		inner.when = append(inner.when, k)
	}
	res := &RequestResult{}
	if !u.skips(&known, res) {
		return
	}
	out.Undecided, out.Skip, out.Problems = "", res.Reason, res.Diagnostics
}

// resolveSpoiled resolves a step, and settles which placeholders are in it. Of a placeholder there is no spoiled token, so
// that it gets another one.
func (u *user) resolveSpoiled(ctx context.Context, s *step, names *[]string) (*exchange.Request, *failure) {
	good := *s
	good.reject = ""
	request, f := u.resolve(ctx, &good)
	if request == nil {
		return nil, f
	}
	if s.auth != nil && s.auth.grant != nil && !slices.Contains(*names, accessToken) {
		*names = append(*names, accessToken)
	}
	if s.reject == "" || f != nil {
		return request, f
	}
	token, _ := auth.BearerToken(request)
	i := slices.IndexFunc(*names, func(name string) bool { return token == "<"+name+">" })
	if i >= 0 && s.reject != "wrong_scheme" { // which sends the good one
		name := (*names)[i] + ", " + s.reject
		*names = slices.Delete(*names, i, i+1)
		switch s.reject {
		case "truncated", "tampered", "resigned", "unsigned":
			*names = append(*names, name)
			request.Header.Set("Authorization", "Bearer <"+name+">")
			return request, nil
		}
	}
	err := u.spoiler.Spoil(s.reject, request, u.variableText)
	if err == nil {
		return request, nil
	}
	f = failed(AuthError, err, s.rejectSpan())
	if s.reject == "expired" {
		f.diag.Hint = "`postrider callback --save` keeps an expired token when a new callback URL takes its place"
	}
	return nil, f
}

// explainAddress takes off the scheme that a URL has been given for want of one, where it begins with a placeholder: what
// is captured has one.
func (u *user) explainAddress(s *step, v *survey, request *exchange.Request) {
	if s.url.template == nil {
		return
	}
	refs := s.url.template.References()
	if len(refs) == 0 || refs[0].Start != 0 {
		return
	}
	first := v.found[v.seen[refs[0].Name]]
	rest, ok := strings.CutPrefix(request.URL, "http://<")
	if ok && strings.HasPrefix(first.Value, "<") {
		request.URL = "<" + rest
	}
}

// explainBody says which files the body is made of.
func (u *user) explainBody(s *step, out *Explained) {
	if s.body == nil || u.payload == nil {
		return
	}
	p := u.payload
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
	scopes := u.scopes.Fork() // which draws for itself
	get := func(name string) string {
		t := s.auth.scheme.texts[name]
		if t == nil {
			return ""
		}
		v, _ := t.expand(scopes)
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
	case collection.Hawk, collection.OAuth1, collection.JWT:
		out.Signed = true
	}
}

// explainFiles says where the files are that the connection needs.
func (u *user) explainFiles(s *step, out *Explained) {
	r := s.route
	scopes := u.scopes.Fork()
	path := func(known string, f *file) string {
		if f == nil {
			return known
		}
		name, _ := f.name.expand(scopes)
		return f.path(name)
	}
	out.CA, out.Cert, out.Key = path(r.caPath, r.ca), path(r.certPath, r.cert), path(r.keyPath, r.key)
}

// pretend gives what a request captures a placeholder, for the requests behind it. It draws what a run draws by then:
// for the times that the request is repeated, and for what is expected.
func (u *user) pretend(ctx context.Context, s *step) {
	for n := range s.repeat {
		if n > 0 {
			_, _ = u.resolve(ctx, s)
		}
		if s.reject == "" {
			u.capturePlaceholders(s)
		}
		for _, k := range s.assertions {
			_, _ = u.predicate(k) // what is wrong with one has been told, or is the fault of a placeholder
		}
	}
}

func (u *user) capturePlaceholders(s *step) {
	for _, c := range s.captures {
		if c.source.Name != callbackVariable {
			u.placeholder(s, c.source.Name, c.secret("<"+c.source.Name+">"))
			continue
		}
		// Of which flow it is, the URL alone tells.
		for _, name := range []string{accessToken, "id_token", "token_type", "expires_in", "expires_at", "code"} {
			u.placeholder(s, name, name == "code" || environment.SecretName(name))
		}
	}
}

const (
	callbackVariable = "callback_url"
	accessToken      = "access_token"
)

// placeholder is what stands for a value that only a run can know.
func (u *user) placeholder(s *step, name string, secret bool) string {
	text := "<" + name + ">"
	origin := environment.CaptureOrigin(s.source.Name, s.source.Span)
	if s.source.Name == "" {
		origin = environment.CaptureOrigin(s.source.Method+" "+s.path, s.source.Span)
	}
	origin.Secret = secret
	// What cannot be set is a name that the compiler has refused.
	_ = u.scopes.Set(name, text, origin)
	return text
}
