package report

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// appendRequest adds the object of one request, on one line. What is left out has its zero value.
func appendRequest(b []byte, r *runner.RequestResult, o *JSONOptions) []byte {
	b = appendString(append(b, `{"name": `...), r.Name)
	b = appendStrings(append(b, `, "folder": `...), r.Folder)
	b = appendString(append(b, `, "case": `...), r.Case)
	b = appendInt(append(b, `, "iteration": `...), r.Iteration)
	if r.Stage != runner.Main {
		b = appendString(append(b, `, "stage": `...), string(r.Stage))
	}
	b = appendString(append(b, `, "method": `...), r.Method)
	b = appendString(append(b, `, "path": `...), r.Path)
	b = appendInt(append(b, `, "attempts": `...), r.Attempts)
	b = appendRetried(b, r)
	b = appendString(append(b, `, "verdict": `...), string(r.Verdict))
	if r.Verdict == runner.Skipped {
		b = appendString(append(b, `, "reason": `...), r.Reason)
	}
	b = appendSource(append(b, `, "source": `...), r.Source)
	if !r.Started.IsZero() {
		b = appendTime(append(b, `, "started_at": `...), r.Started)
	}
	b = appendSent(append(b, `, "request": `...), r, o.IncludeBodies)
	b = appendResponse(append(b, `, "response": `...), r.Response, o.IncludeBodies)
	b = appendHops(b, r.Hops, o.IncludeBodies)
	b = appendTiming(append(b, `, "timing_ms": `...), &r.Timing)
	b = appendInt(append(b, `, "planned": `...), r.Planned)
	b = appendAssertions(append(b, `, "assertions": [`...), r)
	b = append(b, `], "captures": [`...)
	for i, c := range r.Captures {
		b = separate(b, i)
		b = appendString(append(b, `{"name": `...), c.Name)
		b = append(appendValue(append(b, `, "value": `...), c.Value), '}')
	}
	b = appendError(append(b, `], "error": `...), r.Error)
	b = appendDiagnostics(b, r, o.Redact)
	return append(b, '}')
}

// appendRetried adds the attempts before the last one, where there are any.
func appendRetried(b []byte, r *runner.RequestResult) []byte {
	if len(r.Retried) == 0 {
		return b
	}
	b = strconv.AppendBool(append(b, `, "flaky": `...), r.Flaky)
	b = append(b, `, "retried": [`...)
	for i := range r.Retried {
		one := &r.Retried[i]
		b = appendString(append(separate(b, i), `{"verdict": `...), string(one.Verdict))
		b = appendInt(append(b, `, "status": `...), one.Status)
		b = appendString(append(b, `, "reason": `...), one.Reason)
		b = append(appendMilliseconds(append(b, `, "duration_ms": `...), one.Duration), '}')
	}
	return append(b, ']')
}

// appendSource adds the file and line of a span, null when it is nowhere.
func appendSource(b []byte, s diag.Span) []byte {
	if s.IsZero() {
		return append(b, "null"...)
	}
	line, _ := s.Position()
	b = appendString(append(b, `{"file": `...), s.File())
	return append(appendInt(append(b, `, "line": `...), line), '}')
}

func appendSent(b []byte, r *runner.RequestResult, bodies bool) []byte {
	s := r.Sent
	if s == nil {
		return append(b, "null"...)
	}
	b = appendString(append(b, `{"method": `...), s.Method)
	b = appendString(append(b, `, "url": `...), s.URL)
	first := s.URL
	if len(r.Hops) > 0 {
		first = r.Hops[0].URL
	}
	if s.Path != pathOf(first) {
		b = appendString(append(b, `, "path": `...), s.Path)
	}
	b = appendHeader(append(b, `, "headers": `...), s.Header)
	b = appendInt(append(b, `, "body_bytes": `...), s.BodyBytes)
	return append(appendBody(b, s.Body, false, bodies), '}')
}

// pathOf is the path of an absolute URL.
func pathOf(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	i := strings.IndexAny(rest, "/?#")
	if i < 0 || rest[i] != '/' {
		return "/"
	}
	if end := strings.IndexAny(rest[i:], "?#"); end >= 0 {
		return rest[i : i+end]
	}
	return rest[i:]
}

func appendResponse(b []byte, p *runner.Response, bodies bool) []byte {
	if p == nil {
		return append(b, "null"...)
	}
	b = appendInt(append(b, `{"status": `...), p.Status)
	b = appendString(append(b, `, "reason": `...), p.Reason)
	b = appendString(append(b, `, "protocol": `...), p.Protocol)
	b = appendHeader(append(b, `, "headers": `...), p.Header)
	b = appendInt(append(b, `, "body_bytes": `...), p.BodyBytes)
	return append(appendBody(b, p.Body, p.Clipped, bodies), '}')
}

// appendBody adds the members of a body, if bodies are wanted and there is one: as it is, or in base64 (RFC 4648,
// section 4) where it is not UTF-8.
func appendBody(b []byte, body string, clipped, wanted bool) []byte {
	switch {
	case !wanted || body == "":
		return b
	case utf8.ValidString(body):
		b = appendString(append(b, `, "body": `...), body)
	default:
		b = base64.StdEncoding.AppendEncode(append(b, `, "body_base64": "`...), []byte(body))
		b = append(b, '"')
	}
	if clipped {
		b = append(b, `, "body_clipped": true`...)
	}
	return b
}

// appendHops adds the redirects that were followed, where there were any.
func appendHops(b []byte, hops []runner.Hop, bodies bool) []byte {
	if len(hops) == 0 {
		return b
	}
	b = append(b, `, "redirects": [`...)
	for i := range hops {
		h := &hops[i]
		b = appendTime(append(separate(b, i), `{"started_at": `...), h.Started)
		b = appendMilliseconds(append(b, `, "duration_ms": `...), h.Took)
		b = appendString(append(b, `, "request": {"method": `...), h.Method)
		b = appendString(append(b, `, "url": `...), h.URL)
		b = appendHeader(append(b, `, "headers": `...), h.Header)
		b = appendBody(b, h.Body, false, bodies)
		b = appendInt(append(b, `}, "response": {"status": `...), h.Status)
		b = appendString(append(b, `, "reason": `...), h.Reason)
		b = appendString(append(b, `, "protocol": `...), h.Protocol)
		b = append(appendHeader(append(b, `, "headers": `...), h.Answer), "}}"...)
	}
	return append(b, ']')
}

// appendHeader adds the fields as pairs, for names repeat.
func appendHeader(b []byte, h exchange.Header) []byte {
	b = append(b, '[')
	for i, f := range h {
		b = separate(b, i)
		b = appendString(append(b, '['), f.Name)
		b = append(appendString(append(b, ", "...), f.Value), ']')
	}
	return append(b, ']')
}

func appendTiming(b []byte, t *exchange.Timing) []byte {
	for i, stage := range [...]struct {
		key  string
		took time.Duration
	}{
		{`{"total": `, t.Total}, {`"dns": `, t.DNS}, {`"connect": `, t.Connect},
		{`"tls": `, t.TLS}, {`"first_byte": `, t.FirstByte}, {`"download": `, t.Download},
	} {
		b = appendMilliseconds(append(separate(b, i), stage.key...), stage.took)
	}
	return append(b, '}')
}

// appendAssertions adds the outcome of each assertion. Only one that stands in another file than the request names it,
// and what was found is left out where it was as expected and so not kept.
func appendAssertions(b []byte, r *runner.RequestResult) []byte {
	for i := range r.Assertions {
		a := &r.Assertions[i]
		b = separate(b, i)
		b = appendString(append(b, `{"query": `...), a.Query)
		b = appendString(append(b, `, "predicate": `...), a.Predicate)
		b = appendValue(append(b, `, "expected": `...), a.Expected)
		if a.Actual != nil || !a.Passed {
			b = appendValue(append(b, `, "actual": `...), a.Actual)
		}
		b = strconv.AppendBool(append(b, `, "passed": `...), a.Passed)
		b = appendPlace(b, a.Source, r.Source.File())
		b = append(b, '}')
	}
	return b
}

func appendError(b []byte, e *runner.RequestError) []byte {
	if e == nil {
		return append(b, "null"...)
	}
	b = appendString(append(b, `{"kind": `...), string(e.Kind))
	b = appendString(append(b, `, "message": `...), e.Message)
	return append(appendPlace(b, e.Source, ""), '}')
}

// appendPlace adds the members that say where something stands, unless it is nowhere; the file only if it is another.
func appendPlace(b []byte, s diag.Span, file string) []byte {
	if s.IsZero() {
		return b
	}
	if s.File() != file {
		b = appendString(append(b, `, "file": `...), s.File())
	}
	line, column := s.Position()
	b = appendInt(append(b, `, "line": `...), line)
	return appendInt(append(b, `, "column": `...), column)
}

// appendDiagnostics adds what was wrong, ready to be drawn, where there was something.
func appendDiagnostics(b []byte, r *runner.RequestResult, redact func(string) string) []byte {
	list := r.Diagnostics
	if len(list) == 0 && r.Error != nil {
		list = diag.List{{Message: r.Error.Message, Span: r.Error.Source}}
	}
	if len(list) == 0 {
		return b
	}
	b = append(b, `, "diagnostics": [`...)
	for i := range list {
		b = appendDiagnostic(separate(b, i), &list[i], redact)
	}
	return append(b, ']')
}

func appendDiagnostic(b []byte, d *diag.Diagnostic, redact func(string) string) []byte {
	b = appendString(append(b, `{"severity": `...), d.Severity.String())
	b = appendString(append(b, `, "message": `...), d.Message)
	if !d.Span.IsZero() {
		b = appendString(append(b, `, "file": `...), d.Span.File())
		line, column := d.Span.Position()
		b = appendInt(append(b, `, "line": `...), line)
		b = appendInt(append(b, `, "column": `...), column)
	}
	if e, ok := d.Span.Excerpt(redact); ok {
		b = appendString(append(b, `, "excerpt": {"text": `...), e.Text)
		b = appendInt(append(b, `, "column": `...), e.Start+1)
		b = append(appendInt(append(b, `, "length": `...), e.Length), '}')
	}
	if len(d.Details) > 0 {
		b = append(b, `, "details": [`...)
		for i := range d.Details {
			one := &d.Details[i]
			b = appendString(append(separate(b, i), `{"label": `...), one.Label)
			b = appendString(append(b, `, "text": `...), one.Text)
			if one.Origin != "" {
				b = appendString(append(b, `, "origin": `...), one.Origin)
			}
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	if len(d.Notes) > 0 {
		b = appendStrings(append(b, `, "notes": `...), d.Notes)
	}
	if d.Hint != "" {
		b = appendString(append(b, `, "hint": `...), d.Hint)
	}
	return append(b, '}')
}
