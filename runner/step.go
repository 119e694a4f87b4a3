package runner

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// step runs one line of the plan, with all its attempts.
func (u *user) step(ctx context.Context, s *step, res *RequestResult) {
	u.enter(s)
	if !u.skips(s, res) {
		u.attempts(ctx, s, res)
	}
	if res.Verdict == Errored || res.Verdict == Skipped {
		u.miss(s, res)
	}
}

// miss remembers what a request was to capture and did not, for the requests that miss it.
func (u *user) miss(s *step, res *RequestResult) {
	for _, c := range s.captures {
		if u.scopes.Has(c.source.Name) {
			continue
		}
		if u.missed == nil {
			u.missed = map[string]string{}
		}
		u.missed[c.source.Name] = res.Title()
	}
}

// attempt resolves, sends, captures and judges once.
func (u *user) attempt(ctx context.Context, s *step, res *RequestResult) {
	request, f := u.resolve(ctx, s)
	if f != nil && ctx.Err() != nil {
		res.Verdict, res.Reason = Skipped, interrupted
		return
	}
	if f != nil {
		if by, ok := u.missed[f.name]; ok {
			f.diag.Hint = strconv.Quote(by) + " was to capture it, and did not"
		}
		res.fail(f)
		return
	}
	x, err := u.client.Do(ctx, u.jar, request)
	var unsent *exchange.Error
	if !errors.As(err, &unsent) || unsent.Kind != exchange.KindRequest {
		res.Attempts++
		describe(x, u.options.Bodies, res)
	}
	u.taintAnswer(x) // also of an answer that broke off
	if err != nil {
		res.fail(u.unanswered(s, request, err))
		return
	}
	subject := u.subjectOf(x)
	if s.reject == "" {
		if f := u.capture(s, subject, res); f != nil {
			f.diag.Notes = append(f.diag.Notes, exchanged(x))
			defer res.fail(f)
		}
	}
	if f := u.judge(ctx, s, subject, x, res); f != nil {
		res.fail(f)
		return
	}
	res.Verdict = Passed
	if res.FailedAssertions() > 0 {
		res.Verdict = Failed
		if !u.options.Bodies {
			res.Response.Body = u.clipped(x.Response.Body)
			res.Response.Clipped = len(x.Response.Body) > maxShownBody
		}
	}
}

// subjectOf is what queries about an exchange look at.
func (u *user) subjectOf(x *exchange.Exchange) *assertion.Subject {
	if u.subject == nil {
		return assertion.NewSubject(x, u.variable, u.options.now())
	}
	u.subject.Reset(x, u.lookup, u.options.now())
	return u.subject
}

// enter puts the variables of the step's folders, entries with include and case into scope.
func (u *user) enter(s *step) {
	u.scopes.Replace(environment.RankFolder, s.folders...)
	u.scopes.Replace(environment.RankCase, s.layers...)
}

// fail writes down what stopped a request.
func (r *RequestResult) fail(f *failure) {
	r.Verdict = Errored
	r.Error = &RequestError{Kind: f.kind, Message: f.diag.Message, Source: f.diag.Span}
	r.Diagnostics = append(r.Diagnostics, f.diag)
}

// skips reports whether a request is not to be sent, and why. What cannot be decided is an error, never a skip.
func (u *user) skips(s *step, res *RequestResult) bool {
	if s.skip != nil {
		reason, err := s.skip.expand(u.scopes)
		if err != nil {
			res.fail(failed(VariableError, err, s.source.Span))
			return true
		}
		res.Verdict, res.Reason = Skipped, reason
		return true
	}
	if len(s.when) == 0 {
		return false
	}
	subject := assertion.NewSubject(nil, u.variable, u.options.now())
	for _, k := range s.when {
		predicate, err := u.predicate(k)
		if err != nil {
			res.fail(failed(VariableError, err, k.span))
			return true
		}
		found, err := k.query.Find(subject)
		if err == nil && !found.Exists() {
			err = u.undecided(k)
		}
		if err != nil {
			res.fail(failed(VariableError, err, k.span))
			return true
		}
		if verdict := predicate.Check(found); !verdict.Passed {
			res.Verdict, res.Reason = Skipped, u.unmet(k, found)
			return true
		}
	}
	return false
}

// undecided is why a condition about a variable without a value cannot be decided. Only `exists` asks whether there is
// one; otherwise a misspelt name would skip what it guards for ever.
func (u *user) undecided(k *check) error {
	_, _, err := u.scopes.Lookup(k.query.Argument())
	var unresolved *environment.UnresolvedError
	if k.name == "exists" && errors.As(err, &unresolved) && unresolved.Absent() {
		return nil
	}
	return err
}

// unmet says which condition did not hold.
func (u *user) unmet(k *check, found assertion.Found) string {
	if !found.Exists() {
		return "when: " + k.query.Argument() + " has no value"
	}
	return "when: " + k.query.Argument() + " is not as it asks"
}

// describe writes down what went over the wire, as far as it is known.
func describe(x *exchange.Exchange, bodies bool, res *RequestResult) {
	if x == nil {
		return
	}
	res.Timing, res.Started = x.Timing, x.Started
	body, size := "", bodyBytes(x.Request)
	if bodies && x.Request.Open == nil {
		body = string(x.Request.Body)
	}
	for i := range x.Redirects {
		h := &x.Redirects[i]
		res.Hops = append(res.Hops, Hop{
			Method: h.Method, URL: h.URL, Header: h.Sent, Body: body, Status: h.Status, Reason: h.Response.Reason, Protocol: h.Response.Protocol,
			Answer: h.Response.Header, Started: h.Started, Took: h.Took,
		})
		if !exchange.KeepsBody(h.Status) {
			body, size = "", 0
		}
	}
	res.Sent, res.sent = &res.sent, Sent{
		Method: x.Method, URL: x.URL, Path: pathOf(x.Request.URL), Header: x.Sent, BodyBytes: size, Body: body, Redirects: len(x.Redirects),
	}
	if x.Response.Status == 0 {
		return
	}
	res.Response, res.response = &res.response, Response{
		Status: x.Response.Status, Reason: x.Response.Reason, Protocol: x.Response.Protocol,
		Header: x.Response.Header, BodyBytes: len(x.Response.Body),
	}
	if bodies {
		res.Response.Body = string(x.Response.Body)
	}
}

func bodyBytes(r *exchange.Request) int {
	if r.Open != nil {
		return int(max(r.Length, 0))
	}
	return len(r.Body)
}

// pathOf is the path of an absolute URL.
func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	i := strings.IndexAny(rest, "/?#")
	if i < 0 || rest[i] != '/' {
		return "/"
	}
	path, _, _ := strings.Cut(rest[i:], "#")
	path, _, _ = strings.Cut(path, "?")
	return path
}

// unanswered puts the reason why there is no answer at the url of the request.
func (u *user) unanswered(s *step, request *exchange.Request, err error) *failure {
	f := &failure{kind: TransportError, diag: diag.Diagnostic{Message: err.Error(), Span: s.url.node.Span}}
	var e *exchange.Error
	if errors.As(err, &e) {
		f.diag.Message, f.diag.Hint = e.Message, e.Hint
		f.kind = failureKind(e)
		if e.Kind == exchange.KindCanceled {
			f.diag.Message, f.diag.Hint = "interrupted before the answer was there", "the server may have received the request"
		}
	}
	f.diag.Notes = append(f.diag.Notes, request.Method+" "+request.URL)
	return f
}

func failureKind(e *exchange.Error) ErrorKind {
	switch e.Kind {
	case exchange.KindRequest:
		return VariableError
	case exchange.KindTimeout:
		return TimeoutError
	case exchange.KindLimit:
		return LimitError
	}
	return TransportError
}

// maxShownBody is how many bytes of a failed request's body are kept to be shown.
const maxShownBody = 2048

// clipped is the start of a body. Secrets are taken out of more than is shown, so that none is cut in half.
func (u *user) clipped(body []byte) string {
	text := string(body[:min(len(body), 32*maxShownBody)])
	if !u.options.ShowSecrets {
		text = u.redactor.Redact(text)
	}
	if len(text) > maxShownBody {
		return strings.ToValidUTF8(text[:maxShownBody], "") + "…"
	}
	return text
}
