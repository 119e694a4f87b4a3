package runner

import (
	"iter"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// A Reporter is told what happens, as it happens, from one goroutine. All text that it is given is redacted; the
// excerpts that it draws from a diagnostic's source are for it to redact, with the redactor of the run.
type Reporter interface {
	// RunStarted comes first, once.
	RunStarted(*RunInfo)
	// RequestFinished comes for every planned request of each iteration that began, in the order of the plan, also for one
	// that was not sent.
	RequestFinished(*RequestResult)
	// CollectionFinished comes behind the last request of each collection.
	CollectionFinished(*CollectionResult)
	// RunFinished comes last, once, also when the run was interrupted.
	RunFinished(*Result)
}

// RunInfo is what is known before the first request.
type RunInfo struct {
	Started     time.Time
	Environment []string // names, in the order given
	Collections []*CollectionInfo
	Planned     Counts // only what is planned is set
	Shard       *Shard // nil for a run that is whole
}

// CollectionInfo is one collection of a run.
type CollectionInfo struct {
	Name       string
	Path       string // as the user calls it
	Iterations int
	Planned    Counts
	// Plan is what an iteration is to send, in order. What is of the collection's own setup is sent before the first
	// iteration alone, and what is of its teardown behind the last.
	Plan iter.Seq[Planned]
}

// A Stage is the part of a collection or folder that a request belongs to.
type Stage string

// The stages.
const (
	Main     Stage = ""
	Setup    Stage = "setup"
	Teardown Stage = "teardown"
)

// A Planned request is one that the plan holds: a request, a case of one, or a kind of bad token.
type Planned struct {
	Stage      Stage
	Folder     []string
	Name       string
	Case       string
	Method     string
	Path       string // of the URL as declared, templates and all
	Assertions int
	Tags       []string
	Source     diag.Span
}

// Title is the name with the case behind it, and the stage in front: `Refuse a bad token [tampered]`, `setup: Sign in`.
func (p *Planned) Title() string { return p.Stage.before(title(p.Name, p.Case)) }

// A Verdict is the outcome of a request, a collection or a run.
type Verdict string

// The verdicts, the worst last.
const (
	Passed  Verdict = "passed"
	Skipped Verdict = "skipped" // not sent, with a reason
	Failed  Verdict = "failed"  // an assertion did not hold
	Errored Verdict = "error"   // could not be resolved, authorised, sent or captured
	// Interrupted is the verdict of a run, or of a collection, that did not come to its end.
	Interrupted Verdict = "interrupted"
)

// An ErrorKind says which stage of a request failed.
type ErrorKind string

// The kinds of error.
const (
	VariableError  ErrorKind = "variable"
	AuthError      ErrorKind = "auth"
	TransportError ErrorKind = "transport"
	TimeoutError   ErrorKind = "timeout"
	CaptureError   ErrorKind = "capture"
	LimitError     ErrorKind = "limit"
)

// A RequestResult is all that is known of one planned request.
type RequestResult struct {
	Collection *CollectionInfo
	Stage      Stage
	Folder     []string // names of the folders inside the collection
	Name       string
	Case       string    // the case, or the kind of bad token; "" for neither
	Iteration  int       // from 1
	Method     string    // as declared
	Path       string    // of the URL as declared; what was sent is in Sent
	Attempts   int       // 0 when nothing was sent
	Retried    []Attempt // those before the last
	Flaky      bool      // it passed, but not the first time
	Source     diag.Span

	Verdict Verdict
	Reason  string // why it was skipped

	Started  time.Time // of the last attempt; zero when nothing was sent
	Sent     *Sent     // nil when nothing was sent
	Response *Response // nil when nothing came
	Hops     []Hop     // the redirects that were followed, in order
	Timing   exchange.Timing

	Planned    int // assertions that were to be checked
	Assertions []AssertionResult
	Captures   []CaptureResult
	// Error is what stopped the request, or nil.
	Error *RequestError
	// Diagnostics are the failed assertions and the errors, ready to be drawn.
	Diagnostics diag.List

	sent     Sent     // what Sent points to
	response Response // what Response points to
}

// An Attempt is one that did not pass, so that the request was sent again.
type Attempt struct {
	Verdict  Verdict
	Status   int    // 0 when there was no answer
	Reason   string // of its first diagnostic
	Duration time.Duration
}

// Title is the name with the case behind it, and the stage in front: `Refuse a bad token [tampered]`, `setup: Sign in`.
func (r *RequestResult) Title() string { return r.Stage.before(title(r.Name, r.Case)) }

// before puts the stage in front of a title: "setup: Sign in".
func (s Stage) before(title string) string {
	if s == Main {
		return title
	}
	return string(s) + ": " + title
}

func title(name, row string) string {
	if row == "" {
		return name
	}
	return name + " [" + row + "]"
}

// FailedAssertions counts the assertions that did not hold.
func (r *RequestResult) FailedAssertions() int {
	n := 0
	for i := range r.Assertions {
		if !r.Assertions[i].Passed {
			n++
		}
	}
	return n
}

// Sent is what went over the wire: the last hop, where there were redirects.
type Sent struct {
	Method    string
	URL       string
	Path      string // of the URL, for tables; of the first hop
	Header    exchange.Header
	BodyBytes int
	// Body is whole where bodies are asked for, else empty; so is one that was streamed from a file.
	Body      string
	Redirects int
}

// Response is what came back.
type Response struct {
	Status    int
	Reason    string
	Protocol  string
	Header    exchange.Header
	BodyBytes int // of the whole body, decoded
	// Body is whole where bodies are asked for, else only for a request that failed, clipped at 2 kB. It may be any
	// bytes.
	Body    string
	Clipped bool // Body is the start of it alone
}

// A Hop is a redirect that was followed: a request and its answer, whose body nobody looked at.
type Hop struct {
	Method   string
	URL      string
	Header   exchange.Header // as sent
	Body     string          // as in [Sent]
	Status   int
	Reason   string
	Protocol string
	Answer   exchange.Header // as received; Location is in it
	Started  time.Time
	Took     time.Duration
}

// An AssertionResult is a query, a predicate and its outcome.
type AssertionResult struct {
	Query     string // `json "email"`
	Predicate string // "equals"
	Expected  any    // nil, bool, json.Number, string, []any, map[string]any
	Actual    any
	Passed    bool
	Source    diag.Span
}

// A CaptureResult is a variable that was read from a response.
type CaptureResult struct {
	Name  string
	Value any
}

// A RequestError is what stopped a request.
type RequestError struct {
	Kind    ErrorKind
	Message string
	Source  diag.Span
}

// A CollectionResult is the outcome of one collection.
type CollectionResult struct {
	Info     *CollectionInfo
	Verdict  Verdict
	Duration time.Duration
	Counts   Counts
}

// A Result is the outcome of a run.
type Result struct {
	Info     *RunInfo
	Verdict  Verdict
	Duration time.Duration
	Counts   Counts
}

// ExitCode is what a program that ran this should end with: 0 when all held, 1 when an assertion failed, 3 when a request
// could not be resolved, authorised, sent or captured, 130 when the run was interrupted.
func (r *Result) ExitCode() int {
	switch {
	case r.Verdict == Interrupted:
		return 130
	case r.Verdict == Errored:
		return 3
	case r.Verdict == Failed:
		return 1
	}
	return 0
}

// Counts add up: planned requests are those passed, failed, in error or skipped; sent ones are the attempts that left,
// one for each request. An assertion is one query with one predicate.
type Counts struct {
	Collections int
	Iterations  int
	Requests    RequestCounts
	Assertions  AssertionCounts
}

// RequestCounts count requests, cases and kinds of bad tokens one by one.
type RequestCounts struct {
	Planned, Sent, Passed, Failed, Errors, Skipped int
	Flaky                                          int // of those that passed
}

// AssertionCounts count assertions: planned, checked against a response, and failed of those.
type AssertionCounts struct {
	Planned, Checked, Failed int
}

// Add adds what others count.
func (c *Counts) Add(o Counts) { c.add(o) }

func (c *Counts) add(o Counts) {
	c.Collections += o.Collections
	c.Iterations += o.Iterations
	c.Requests.Planned += o.Requests.Planned
	c.Requests.Sent += o.Requests.Sent
	c.Requests.Passed += o.Requests.Passed
	c.Requests.Failed += o.Requests.Failed
	c.Requests.Errors += o.Requests.Errors
	c.Requests.Skipped += o.Requests.Skipped
	c.Requests.Flaky += o.Requests.Flaky
	c.Assertions.Planned += o.Assertions.Planned
	c.Assertions.Checked += o.Assertions.Checked
	c.Assertions.Failed += o.Assertions.Failed
}

// Count adds one finished request, which is taken to be planned already.
func (c *Counts) Count(r *RequestResult) { c.count(r) }

// count adds one finished request.
func (c *Counts) count(r *RequestResult) {
	switch r.Verdict {
	case Passed:
		c.Requests.Passed++
	case Failed:
		c.Requests.Failed++
	case Errored:
		c.Requests.Errors++
	case Skipped:
		c.Requests.Skipped++
	}
	if r.Flaky {
		c.Requests.Flaky++
	}
	if r.Attempts > 0 {
		c.Requests.Sent++
	}
	c.Assertions.Checked += len(r.Assertions)
	c.Assertions.Failed += r.FailedAssertions()
}

// Verdict is the worst that the counts speak of: errored, failed, passed, or skipped where nothing was sent.
func (c *Counts) Verdict() Verdict { return c.verdict() }

// verdict is the worst that the counts speak of.
func (c *Counts) verdict() Verdict {
	switch {
	case c.Requests.Errors > 0:
		return Errored
	case c.Requests.Failed > 0:
		return Failed
	case c.Requests.Passed == 0:
		return Skipped
	}
	return Passed
}
