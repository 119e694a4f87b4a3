package report

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// ctrfSpec is the version of the CTRF specification that [CTRF] keeps to.
const ctrfSpec = "0.0.0"

// CTRFOptions say what a [CTRF] report holds.
type CTRFOptions struct {
	// Version is that of the program, "v0.1.0".
	Version string
	// Redact, if set, is applied to what is drawn of a collection's source.
	Redact func(string) string
}

// CTRF writes the Common Test Report Format, https://ctrf.io: a test for each request, with its assertions as steps. The
// tests are written as the run goes, a line each, and the summary stands behind them.
type CTRF struct {
	o         CTRFOptions
	out       screen
	started   time.Time
	names     collectionNames
	collected map[runner.Verdict]int // requests
	flaky     int
	suites    int
	current   *runner.CollectionInfo
	iteration int
}

// NewCTRF makes a CTRF report that is written to w, by one call for each request.
func NewCTRF(w io.Writer, o CTRFOptions) *CTRF {
	return &CTRF{o: o, out: screen{w: w}, collected: map[runner.Verdict]int{}}
}

// Err implements [Reporter].
func (c *CTRF) Err() error { return c.out.err }

// RunStarted implements [runner.Reporter].
func (c *CTRF) RunStarted(info *runner.RunInfo) {
	c.started, c.names = info.Started, namesOf(info)
	b := appendString(append(c.out.text, "{\n  \"reportFormat\": \"CTRF\",\n  \"specVersion\": "...), ctrfSpec)
	b = appendString(append(b, ",\n  \"generatedBy\": \"postrider\",\n  \"results\": {\n    \"tool\": {\"name\": \"postrider\", \"version\": "...), c.o.Version)
	b = append(b, "},\n"...)
	if len(info.Environment) > 0 {
		b = appendString(append(b, "    \"environment\": {\"testEnvironment\": "...), strings.Join(info.Environment, ", "))
		b = append(b, "},\n"...)
	}
	c.out.text = append(b, "    \"tests\": ["...)
	c.out.flush()
}

// RequestFinished implements [runner.Reporter].
func (c *CTRF) RequestFinished(r *runner.RequestResult) {
	if c.suites == 0 || c.current != r.Collection || c.iteration != r.Iteration {
		c.current, c.iteration = r.Collection, r.Iteration
		c.suites++
	}
	if len(c.collected) > 0 {
		c.out.print(",")
	}
	c.collected[r.Verdict]++
	if r.Flaky {
		c.flaky++
	}
	c.out.print("\n      ")
	c.out.text = append(c.appendTest(c.out.text, r), '}')
	c.out.flush()
}

// CollectionFinished implements [runner.Reporter].
func (c *CTRF) CollectionFinished(*runner.CollectionResult) {}

// RunFinished implements [runner.Reporter].
func (c *CTRF) RunFinished(r *runner.Result) {
	total := 0
	for _, n := range c.collected {
		total += n
	}
	b := c.out.text
	if total > 0 {
		b = append(b, "\n    "...)
	}
	b = appendInt(append(b, "],\n    \"summary\": {\"tests\": "...), total)
	b = appendInt(append(b, `, "passed": `...), c.collected[runner.Passed])
	b = appendInt(append(b, `, "failed": `...), c.collected[runner.Failed]+c.collected[runner.Errored])
	b = appendInt(append(b, `, "skipped": `...), c.collected[runner.Skipped])
	b = appendInt(append(b, `, "pending": 0, "other": 0, "flaky": `...), c.flaky)
	b = appendInt(append(b, `, "suites": `...), c.suites)
	stop := c.started.Add(max(r.Duration, 0))
	b = strconv.AppendInt(append(b, `, "start": `...), c.started.UnixMilli(), 10)
	b = strconv.AppendInt(append(b, `, "stop": `...), stop.UnixMilli(), 10)
	b = appendWholeMilliseconds(append(b, `, "duration": `...), r.Duration)
	b = appendString(append(b, `, "extra": {"verdict": `...), string(r.Verdict))
	b = appendInt(append(b, `, "exitCode": `...), r.ExitCode())
	b = append(b, "}}\n  },\n  \"timestamp\": \""...)
	b = stop.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	c.out.text = append(b, "\"\n}\n"...)
	c.out.flush()
}

// appendTest adds the object of a request, but for the brace at its end.
func (c *CTRF) appendTest(b []byte, r *runner.RequestResult) []byte {
	b = appendString(append(b, `{"name": `...), named(title(r.Folder, r.Title())))
	b = appendString(append(b, `, "status": `...), ctrfStatus(r.Verdict))
	b = appendString(append(b, `, "rawStatus": `...), string(r.Verdict))
	b = appendWholeMilliseconds(append(b, `, "duration": `...), r.Timing.Total)
	if !r.Started.IsZero() {
		b = strconv.AppendInt(append(b, `, "start": `...), r.Started.UnixMilli(), 10)
		b = strconv.AppendInt(append(b, `, "stop": `...), r.Started.Add(max(r.Timing.Total, 0)).UnixMilli(), 10)
	}
	b = appendString(append(b, `, "suite": [`...), c.names.of(r.Collection))
	if r.Collection.Iterations > 1 {
		b = appendString(append(b, ", "...), "iteration "+strconv.Itoa(r.Iteration))
	}
	for _, name := range r.Folder {
		b = appendString(append(b, ", "...), name)
	}
	b = append(b, ']')
	if !r.Source.IsZero() {
		line, _ := r.Source.Position()
		b = appendString(append(b, `, "filePath": `...), r.Source.File())
		b = appendInt(append(b, `, "line": `...), line)
	}
	b = appendAttempts(b, r)
	return c.appendOutcome(b, r)
}

// appendOutcome adds what is wrong, or why the request was skipped, and a step for each assertion.
func (c *CTRF) appendOutcome(b []byte, r *runner.RequestResult) []byte {
	list := points(r)
	var message string
	var wrong diag.List
	for i := range list {
		if len(wrong) == 0 && !list[i].passed() {
			message = list[i].message()
		}
		wrong = append(wrong, list[i].diagnostics...)
	}
	if r.Verdict == runner.Skipped {
		b = appendString(append(b, `, "message": `...), r.Reason)
	} else if len(wrong) > 0 {
		var drawn bytes.Buffer
		render := diag.Renderer{Redact: c.o.Redact}
		render.Render(&drawn, wrong)
		b = appendString(append(b, `, "message": `...), message)
		b = appendString(append(b, `, "trace": `...), drawn.String())
	}
	if len(list) == 0 {
		return b
	}
	b = append(b, `, "steps": [`...)
	for i := range list {
		b = appendString(append(separate(b, i), `{"name": `...), list[i].name)
		status := runner.Passed
		if !list[i].passed() {
			status = runner.Failed
		}
		b = append(appendString(append(b, `, "status": `...), ctrfStatus(status)), '}')
	}
	return append(b, ']')
}

// appendAttempts adds the attempts before the last one, where there are any.
func appendAttempts(b []byte, r *runner.RequestResult) []byte {
	if len(r.Retried) == 0 {
		return b
	}
	b = appendInt(append(b, `, "retries": `...), len(r.Retried))
	b = strconv.AppendBool(append(b, `, "flaky": `...), r.Flaky)
	b = append(b, `, "retryAttempts": [`...)
	for i := range r.Retried {
		one := &r.Retried[i]
		b = appendInt(append(separate(b, i), `{"attempt": `...), i+1)
		b = appendString(append(b, `, "status": `...), ctrfStatus(one.Verdict))
		b = appendWholeMilliseconds(append(b, `, "duration": `...), one.Duration)
		if one.Reason != "" {
			b = appendString(append(b, `, "message": `...), one.Reason)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// ctrfStatus is a verdict in the words of CTRF, which knows no errors.
func ctrfStatus(v runner.Verdict) string {
	if v == runner.Errored {
		v = runner.Failed
	}
	return string(v)
}

func appendWholeMilliseconds(b []byte, d time.Duration) []byte {
	return strconv.AppendInt(b, max(d, 0).Round(time.Millisecond).Milliseconds(), 10)
}
