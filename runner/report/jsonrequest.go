package report

import (
	"strconv"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// appendRequest adds the object of one request, on one line.
func appendRequest(b []byte, r *runner.RequestResult, bodies bool) []byte {
	b = appendString(append(b, `{"name": `...), r.Name)
	b = appendStrings(append(b, `, "folder": `...), r.Folder)
	b = appendString(append(b, `, "case": `...), r.Case)
	b = appendInt(append(b, `, "iteration": `...), r.Iteration)
	if r.Stage != runner.Main {
		b = appendString(append(b, `, "stage": `...), string(r.Stage))
	}
	b = appendInt(append(b, `, "attempts": `...), r.Attempts)
	b = appendRetried(b, r)
	b = appendString(append(b, `, "verdict": `...), string(r.Verdict))
	if r.Verdict == runner.Skipped {
		b = appendString(append(b, `, "reason": `...), r.Reason)
	}
	b = appendSource(append(b, `, "source": `...), r.Source)
	b = appendSent(append(b, `, "request": `...), r.Sent)
	b = appendResponse(append(b, `, "response": `...), r.Response, bodies)
	b = appendTiming(append(b, `, "timing_ms": `...), &r.Timing)
	b = appendAssertions(append(b, `, "assertions": [`...), r)
	b = append(b, `], "captures": [`...)
	for i, c := range r.Captures {
		b = separate(b, i)
		b = appendString(append(b, `{"name": `...), c.Name)
		b = append(appendValue(append(b, `, "value": `...), c.Value), '}')
	}
	b = appendError(append(b, `], "error": `...), r.Error)
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

func appendSent(b []byte, s *runner.Sent) []byte {
	if s == nil {
		return append(b, "null"...)
	}
	b = appendString(append(b, `{"method": `...), s.Method)
	b = appendString(append(b, `, "url": `...), s.URL)
	b = appendHeader(append(b, `, "headers": `...), s.Header)
	return append(appendInt(append(b, `, "body_bytes": `...), s.BodyBytes), '}')
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
	if bodies && (p.Body != "" || p.BodyBytes == 0) {
		b = appendString(append(b, `, "body": `...), p.Body)
	}
	return append(b, '}')
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

func appendCounts(b []byte, c *runner.Counts) []byte {
	for i, n := range [...]struct {
		key string
		n   int
	}{
		{`{"collections": `, c.Collections}, {`"iterations": `, c.Iterations},
		{`"requests": {"planned": `, c.Requests.Planned}, {`"sent": `, c.Requests.Sent}, {`"passed": `, c.Requests.Passed},
		{`"failed": `, c.Requests.Failed}, {`"errors": `, c.Requests.Errors}, {`"skipped": `, c.Requests.Skipped}, {`"flaky": `, c.Requests.Flaky},
		{`"assertions": {"planned": `, c.Assertions.Planned}, {`"checked": `, c.Assertions.Checked}, {`"failed": `, c.Assertions.Failed},
	} {
		if n.key == `"assertions": {"planned": ` {
			b = append(b, '}')
		}
		b = appendInt(append(separate(b, i), n.key...), n.n)
	}
	return append(b, "}}"...)
}
