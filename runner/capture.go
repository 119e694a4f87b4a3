package runner

import (
	"fmt"
	"slices"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

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
	if _, path, ok := query.JWT(); ok && path == signaturePath {
		c.list.Add(s.Source.Span, "a signature is nothing to capture", "assert.jwt verifies it")
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

// captured reports whether the request may give a value to a name itself.
func (r *request) captured(name string) bool {
	return slices.ContainsFunc(r.captures, func(c *capture) bool {
		return c.source.Name == name || c.source.Name == "callback_url"
	})
}

// capture takes values from the answer into variables.
func (u *user) capture(s *step, subject *assertion.Subject, res *RequestResult) *failure {
	for _, c := range s.captures {
		v, err := u.captured(c, subject)
		if err != nil {
			f := failed(CaptureError, err, c.source.Span)
			f.diag.Message = fmt.Sprintf("cannot capture %q: %s", c.source.Name, f.diag.Message)
			return f
		}
		if c.source.Name == "callback_url" {
			text, _ := v.(string)
			if _, err := environment.ParseCallback(text); err != nil {
				f := failed(CaptureError, err, c.source.Span)
				f.diag.Message = "cannot capture \"callback_url\": " + f.diag.Message
				return f
			}
		}
		origin := environment.CaptureOrigin(s.source.Name, c.source.Span)
		origin.Secret = c.secret(v) || u.credentials[c.source.Name]
		if err := u.scopes.Set(c.source.Name, v, origin); err != nil {
			return failed(CaptureError, err, c.source.Span)
		}
		res.Captures = append(res.Captures, CaptureResult{c.source.Name, v})
	}
	return nil
}

// captured is the value of one capture: what the query finds, through the filters, or the default.
func (u *user) captured(c *capture, subject *assertion.Subject) (any, error) {
	found, err := c.query.Find(subject)
	v, ok := found.Value()
	switch {
	case c.fallback != nil && (err != nil || !ok):
		return c.fallback.resolve(u.scopes)
	case err != nil:
		return nil, err
	case !ok:
		return nil, fmt.Errorf("%s matches nothing in the answer", c.query)
	case c.pipe == nil:
		return v, nil
	}
	u.scopes.Push(&environment.Layer{Rank: environment.RankCase, Name: "the capture", Values: map[string]any{pipeInput: v}})
	defer u.scopes.Pop(environment.RankCase)
	return c.pipe.Value(u.scopes)
}

// secret reports whether what was captured must not be shown. That a name says so is known to the environment.
func (c *capture) secret(v any) bool {
	if c.source.Secret {
		return true
	}
	text, ok := v.(string)
	if !ok {
		return false
	}
	return c.query.Kind() == "cookie" && len(text) >= shortCookie || environment.SecretName(c.source.Name) || environment.SecretName(c.source.Argument)
}
