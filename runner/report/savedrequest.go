package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// A savedRequest is the object of one request as it is read. Members that are unknown are passed over: a later version
// of the program may have added them.
type savedRequest struct {
	Name        *string           `json:"name"`
	Folder      []string          `json:"folder"`
	Case        string            `json:"case"`
	Iteration   int               `json:"iteration"`
	Stage       string            `json:"stage"`
	Method      string            `json:"method"`
	Path        string            `json:"path"`
	Attempts    int               `json:"attempts"`
	Flaky       bool              `json:"flaky"`
	Retried     []savedAttempt    `json:"retried"`
	Verdict     string            `json:"verdict"`
	Reason      *string           `json:"reason"`
	Source      savedPlace        `json:"source"`
	StartedAt   string            `json:"started_at"`
	Request     *savedSent        `json:"request"`
	Response    *savedResponse    `json:"response"`
	Redirects   []savedHop        `json:"redirects"`
	Timing      savedTiming       `json:"timing_ms"`
	Planned     int               `json:"planned"`
	Assertions  []savedAssertion  `json:"assertions"`
	Captures    []savedCapture    `json:"captures"`
	Error       *savedFailure     `json:"error"`
	Diagnostics []savedDiagnostic `json:"diagnostics"`
}

type savedAttempt struct {
	Verdict  string       `json:"verdict"`
	Status   int          `json:"status"`
	Reason   string       `json:"reason"`
	Duration milliseconds `json:"duration_ms"`
}

type savedPlace struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

type savedBody struct {
	Body    string `json:"body"`
	Base64  string `json:"body_base64"`
	Clipped bool   `json:"body_clipped"`
}

type savedSent struct {
	Method    string      `json:"method"`
	URL       string      `json:"url"`
	Path      *string     `json:"path"`
	Headers   savedHeader `json:"headers"`
	BodyBytes int         `json:"body_bytes"`
	savedBody
}

type savedResponse struct {
	Status    int         `json:"status"`
	Reason    string      `json:"reason"`
	Protocol  string      `json:"protocol"`
	Headers   savedHeader `json:"headers"`
	BodyBytes int         `json:"body_bytes"`
	savedBody
}

type savedHop struct {
	StartedAt string        `json:"started_at"`
	Duration  milliseconds  `json:"duration_ms"`
	Request   savedSent     `json:"request"`
	Response  savedResponse `json:"response"`
}

type savedTiming struct {
	Total     milliseconds `json:"total"`
	DNS       milliseconds `json:"dns"`
	Connect   milliseconds `json:"connect"`
	TLS       milliseconds `json:"tls"`
	FirstByte milliseconds `json:"first_byte"`
	Download  milliseconds `json:"download"`
}

type savedAssertion struct {
	Query     string     `json:"query"`
	Predicate string     `json:"predicate"`
	Expected  savedValue `json:"expected"`
	Actual    savedValue `json:"actual"`
	Passed    bool       `json:"passed"`
	savedPlace
}

type savedCapture struct {
	Name  string     `json:"name"`
	Value savedValue `json:"value"`
}

type savedFailure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	savedPlace
}

type savedDiagnostic struct {
	Severity string `json:"severity"`
	Message  string `json:"message"`
	savedPlace
	Excerpt *struct {
		Text   string `json:"text"`
		Column int    `json:"column"`
		Length int    `json:"length"`
	} `json:"excerpt"`
	Details []struct {
		Label  string `json:"label"`
		Text   string `json:"text"`
		Origin string `json:"origin"`
	} `json:"details"`
	Notes []string `json:"notes"`
	Hint  string   `json:"hint"`
}

// milliseconds are a duration as [appendMilliseconds] writes it.
type milliseconds float64

func (m milliseconds) duration() time.Duration {
	return time.Duration(math.Round(float64(m)*1000)) * time.Microsecond
}

// valid reports whether it is a duration, which is less than 292 years.
func (m milliseconds) valid() bool { return m >= 0 && m < 9e12 }

// A savedValue is any JSON, read so that [appendValue] writes it again as it was.
type savedValue struct{ v any }

// UnmarshalJSON implements [json.Unmarshaler].
func (s *savedValue) UnmarshalJSON(text []byte) error {
	switch c := text[0]; {
	case c == '-' || c >= '0' && c <= '9':
		s.v = json.Number(text)
		return nil
	case c != '{' && c != '[':
		return json.Unmarshal(text, &s.v)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&s.v); err != nil {
		return err
	}
	if !bytes.Equal(appendValue(nil, s.v), text) {
		s.v = json.RawMessage(bytes.Clone(text)) // it was a document of its own
	}
	return nil
}

type savedHeader [][]string

func (h savedHeader) header() (exchange.Header, error) {
	var out exchange.Header
	for _, f := range h {
		if len(f) != 2 {
			return nil, fmt.Errorf("a header field has %s, expected a name and a value", plural(len(f), "text"))
		}
		out = append(out, exchange.Field{Name: f[0], Value: f[1]})
	}
	return out, nil
}

func (b *savedBody) body() (string, error) {
	if b.Base64 == "" {
		return b.Body, nil
	}
	raw, err := base64.StdEncoding.DecodeString(b.Base64)
	if err != nil {
		return "", errors.New("body_base64 is not base64")
	}
	return string(raw), nil
}

func savedMoment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if year := t.UTC().Year(); err != nil || year < 1 || year > 9999 {
		return time.Time{}, fmt.Errorf("started_at is %q, expected a moment like 2026-01-02T03:04:05.678Z", diag.PrintableLine(clip(text, keptValue)))
	}
	return t, nil
}

// span is where something stands, in the file given if it names none.
func (p *savedPlace) span(file string, e diag.Excerpt) diag.Span {
	if p.Line < 1 {
		return diag.Span{}
	}
	if p.File != "" {
		file = p.File
	}
	return diag.SpanAt(file, p.Line, max(p.Column, 1), e)
}

// result is the request as the run told of it.
func (q *savedRequest) result(c *runner.CollectionInfo) (*runner.RequestResult, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	r := &runner.RequestResult{
		Collection: c, Stage: runner.Stage(q.Stage), Folder: q.Folder, Name: *q.Name, Case: q.Case, Iteration: q.Iteration, Method: q.Method, Path: q.Path,
		Attempts: q.Attempts, Flaky: q.Flaky, Source: q.Source.span("", diag.Excerpt{}), Verdict: runner.Verdict(q.Verdict), Timing: q.Timing.timing(), Planned: q.Planned,
	}
	if len(q.Folder) == 0 {
		r.Folder = nil
	}
	if q.Reason != nil {
		r.Reason = *q.Reason
	}
	for _, a := range q.Retried {
		r.Retried = append(r.Retried, runner.Attempt{Verdict: runner.Verdict(a.Verdict), Status: a.Status, Reason: a.Reason, Duration: a.Duration.duration()})
	}
	for i := range q.Assertions {
		a := &q.Assertions[i]
		r.Assertions = append(r.Assertions, runner.AssertionResult{
			Query: a.Query, Predicate: a.Predicate, Expected: a.Expected.v, Actual: a.Actual.v, Passed: a.Passed, Source: a.span(q.Source.File, diag.Excerpt{}),
		})
	}
	for _, v := range q.Captures {
		r.Captures = append(r.Captures, runner.CaptureResult{Name: v.Name, Value: v.Value.v})
	}
	if e := q.Error; e != nil {
		r.Error = &runner.RequestError{Kind: runner.ErrorKind(e.Kind), Message: e.Message, Source: e.span("", diag.Excerpt{})}
	}
	for i := range q.Diagnostics {
		r.Diagnostics = append(r.Diagnostics, q.Diagnostics[i].diagnostic())
	}
	return r, q.exchange(r)
}

// check sees to it that the request is one.
func (q *savedRequest) check() error {
	if err := q.checkNumbers(); err != nil {
		return err
	}
	switch v := runner.Verdict(q.Verdict); {
	case q.Name == nil:
		return errors.New("a request has no name")
	case v != runner.Passed && v != runner.Failed && v != runner.Errored && v != runner.Skipped:
		return fmt.Errorf("the verdict of a request is %q, expected passed, failed, error or skipped", diag.PrintableLine(clip(q.Verdict, keptValue)))
	case (v == runner.Skipped) != (q.Reason != nil):
		return fmt.Errorf("a request has the verdict %s, which does not go with its reason", v)
	case (v == runner.Errored) != (q.Error != nil):
		return fmt.Errorf("a request has the verdict %s, which does not go with its error", v)
	case q.Flaky && len(q.Retried) == 0:
		return errors.New("a request is flaky, and was not retried")
	case q.Stage != "" && q.Stage != string(runner.Setup) && q.Stage != string(runner.Teardown):
		return fmt.Errorf("the stage of a request is %q, expected setup or teardown", diag.PrintableLine(clip(q.Stage, keptValue)))
	}
	if q.Error != nil && !slices.Contains(errorKinds(), q.Error.Kind) {
		return fmt.Errorf("the kind of an error is %q, expected %s", diag.PrintableLine(clip(q.Error.Kind, keptValue)), diag.OneOf(errorKinds()))
	}
	for _, a := range q.Retried {
		if v := runner.Verdict(a.Verdict); v != runner.Failed && v != runner.Errored {
			return fmt.Errorf("the verdict of an attempt is %q, expected failed or error", diag.PrintableLine(clip(a.Verdict, keptValue)))
		}
	}
	return nil
}

// errorKinds are those that a report may have.
func errorKinds() []string {
	return []string{
		string(runner.VariableError), string(runner.AuthError), string(runner.TransportError), string(runner.TimeoutError), string(runner.CaptureError), "script", string(runner.LimitError),
	}
}

// checkNumbers sees to it that what is counted or measured is so.
func (q *savedRequest) checkNumbers() error {
	durations := []milliseconds{q.Timing.Total, q.Timing.DNS, q.Timing.Connect, q.Timing.TLS, q.Timing.FirstByte, q.Timing.Download}
	counts := []int{q.Attempts, q.Planned}
	for _, a := range q.Retried {
		durations, counts = append(durations, a.Duration), append(counts, a.Status)
	}
	for _, h := range q.Redirects {
		durations = append(durations, h.Duration)
	}
	for _, d := range durations {
		if !d.valid() {
			return fmt.Errorf("a request took %g ms", float64(d))
		}
	}
	if q.Request != nil {
		counts = append(counts, q.Request.BodyBytes)
	}
	if q.Response != nil {
		counts = append(counts, q.Response.BodyBytes)
	}
	if slices.Min(counts) < 0 {
		return errors.New("a request has a count below 0")
	}
	if q.Iteration < 1 {
		return fmt.Errorf("a request has the iteration %d, expected one from 1", q.Iteration)
	}
	return nil
}

// exchange fills in what went over the wire.
func (q *savedRequest) exchange(r *runner.RequestResult) (err error) {
	if q.StartedAt != "" {
		if r.Started, err = savedMoment(q.StartedAt); err != nil {
			return err
		}
	}
	for i := range q.Redirects {
		h, err := q.Redirects[i].hop()
		if err != nil {
			return err
		}
		r.Hops = append(r.Hops, h)
	}
	if s := q.Request; s != nil {
		r.Sent = &runner.Sent{Method: s.Method, URL: s.URL, BodyBytes: s.BodyBytes, Redirects: len(r.Hops)}
		if r.Sent.Header, err = s.Headers.header(); err != nil {
			return err
		}
		if r.Sent.Body, err = s.body(); err != nil {
			return err
		}
		switch {
		case s.Path != nil:
			r.Sent.Path = *s.Path
		case len(r.Hops) > 0:
			r.Sent.Path = pathOf(r.Hops[0].URL)
		default:
			r.Sent.Path = pathOf(s.URL)
		}
	}
	if p := q.Response; p != nil {
		r.Response = &runner.Response{Status: p.Status, Reason: p.Reason, Protocol: p.Protocol, BodyBytes: p.BodyBytes, Clipped: p.Clipped}
		if r.Response.Header, err = p.Headers.header(); err != nil {
			return err
		}
		r.Response.Body, err = p.body()
	}
	return err
}

func (s *savedHop) hop() (h runner.Hop, err error) {
	h = runner.Hop{
		Method: s.Request.Method, URL: s.Request.URL, Status: s.Response.Status, Reason: s.Response.Reason, Protocol: s.Response.Protocol, Took: s.Duration.duration(),
	}
	if h.Started, err = savedMoment(s.StartedAt); err != nil {
		return h, err
	}
	if h.Header, err = s.Request.Headers.header(); err != nil {
		return h, err
	}
	if h.Answer, err = s.Response.Headers.header(); err != nil {
		return h, err
	}
	h.Body, err = s.Request.body()
	return h, err
}

func (t *savedTiming) timing() exchange.Timing {
	return exchange.Timing{
		Total: t.Total.duration(), DNS: t.DNS.duration(), Connect: t.Connect.duration(), TLS: t.TLS.duration(),
		FirstByte: t.FirstByte.duration(), Download: t.Download.duration(),
	}
}

func (s *savedDiagnostic) diagnostic() diag.Diagnostic {
	d := diag.Diagnostic{Message: s.Message, Notes: s.Notes, Hint: s.Hint}
	if s.Severity == diag.Warning.String() {
		d.Severity = diag.Warning
	}
	var e diag.Excerpt
	if x := s.Excerpt; x != nil {
		// What was printable stays so, whoever wrote the report.
		e = diag.Excerpt{Text: diag.PrintableLine(x.Text), Start: max(x.Column-1, 0), Length: max(x.Length, 1)}
	}
	d.Span = s.span("", e)
	for _, one := range s.Details {
		d.Details = append(d.Details, diag.Detail(one))
	}
	return d
}
