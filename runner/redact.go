package runner

import (
	"encoding/json"
	"net/http"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// redact removes every secret that is known by now from all text of a result.
func (u *user) redact(res *RequestResult) {
	r := u.redactor
	res.Name, res.Case, res.Reason = r.Redact(res.Name), r.Redact(res.Case), r.Redact(res.Reason)
	res.Folder, res.Path = redactAll(r, res.Folder), r.Redact(res.Path)
	redactExchange(r, res)
	for i := range res.Assertions {
		a := &res.Assertions[i]
		a.Query = r.Redact(a.Query)
		a.Expected, a.Actual = redactValue(r, a.Expected), redactValue(r, a.Actual)
	}
	for i := range res.Retried {
		res.Retried[i].Reason = r.Redact(res.Retried[i].Reason)
	}
	for i := range res.Captures {
		res.Captures[i].Value = redactValue(r, res.Captures[i].Value)
	}
	if res.Error != nil {
		res.Error.Message = r.Redact(res.Error.Message)
	}
	for i := range res.Diagnostics {
		redactDiagnostic(r, &res.Diagnostics[i])
	}
}

// redactExchange removes secrets from what went over the wire.
func redactExchange(r *environment.Redactor, res *RequestResult) {
	if s := res.Sent; s != nil {
		s.URL, s.Path, s.Body = r.Redact(s.URL), r.Redact(s.Path), r.Redact(s.Body)
		s.Header = redactHeader(r, s.Header)
	}
	if p := res.Response; p != nil {
		p.Reason, p.Body = r.Redact(p.Reason), r.Redact(p.Body)
		p.Header = redactHeader(r, p.Header)
	}
	for i := range res.Hops {
		h := &res.Hops[i]
		h.URL, h.Body, h.Reason = r.Redact(h.URL), r.Redact(h.Body), r.Redact(h.Reason)
		h.Header, h.Answer = redactHeader(r, h.Header), redactHeader(r, h.Answer)
	}
}

// redactAll is redaction for a list that others share.
func redactAll(r *environment.Redactor, list []string) []string {
	for i, s := range list {
		if shown := r.Redact(s); shown != s {
			out := append([]string(nil), list...)
			for j := range out[i:] {
				out[i+j] = r.Redact(out[i+j])
			}
			return out
		}
	}
	return list
}

// redacted stands in the place of a whole value.
const redacted = "[redacted]"

// credentialFields are the fields whose whole value is a credential.
var credentialFields = map[string]bool{"Authorization": true, "Proxy-Authorization": true, "Cookie": true}

func redactHeader(r *environment.Redactor, h exchange.Header) exchange.Header {
	if h == nil {
		return nil
	}
	out := make(exchange.Header, len(h))
	for i, f := range h {
		f.Name, f.Value = r.Redact(f.Name), r.Redact(f.Value)
		if credentialFields[http.CanonicalHeaderKey(f.Name)] {
			f.Value = redacted
		}
		out[i] = f
	}
	return out
}

func redactValue(r *environment.Redactor, v any) any {
	switch v := v.(type) {
	case string:
		return r.Redact(v)
	case json.Number:
		if s := r.Redact(v.String()); s != v.String() {
			return s
		}
	case json.RawMessage:
		if s := r.Redact(string(v)); s != string(v) {
			if json.Valid([]byte(s)) {
				return json.RawMessage(s)
			}
			return s
		}
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = redactValue(r, v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k := range v {
			out[r.Redact(k)] = redactValue(r, v[k])
		}
		return out
	}
	return v
}

func redactDiagnostic(r *environment.Redactor, d *diag.Diagnostic) {
	d.Message, d.Hint = r.Redact(d.Message), r.Redact(d.Hint)
	for i := range d.Details {
		d.Details[i].Text, d.Details[i].Origin = r.Redact(d.Details[i].Text), r.Redact(d.Details[i].Origin)
	}
	for i := range d.Notes {
		d.Notes[i] = r.Redact(d.Notes[i])
	}
}
