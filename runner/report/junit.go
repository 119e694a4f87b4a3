package report

import (
	"io"
	"strconv"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// JUnitOptions say what a [JUnit] report holds.
type JUnitOptions struct {
	// Redact, if set, is applied to what is drawn of a collection's source.
	Redact func(string) string
}

// JUnit writes test results as XML, as Jenkins, GitLab and many others read them: a test suite for each iteration of
// each collection, in it a test case for each assertion, one more for what stopped a request, and one for a request that
// has neither.
//
// There is no standard. What is written is what the schema of Jenkins's xUnit plugin accepts, junit-10.xsd. It lets a
// suite have a file but a case neither file nor line, and so each case begins its output with them, and a failure draws
// them: reporters for GitHub find them there. A suite's counts stand before its cases, and so these are held back, in
// memory or in a file, until it ends.
type JUnit struct {
	o     JUnitOptions
	out   screen
	cases spool  // of the current suite
	text  []byte // cases of the current request
	story []byte // what each of them says of it

	started     time.Time
	environment []string
	names       collectionNames
	suite       *suite // nil between two
}

// A suite is one iteration of one collection.
type suite struct {
	collection *runner.CollectionInfo
	iteration  int
	name       string
	started    time.Time
	took       time.Duration

	tests, failures, errors, skipped int
}

// NewJUnit makes a JUnit report that is written to w, suite by suite.
func NewJUnit(w io.Writer, o JUnitOptions) *JUnit { return &JUnit{o: o, out: screen{w: w}} }

// Err implements [Reporter].
func (j *JUnit) Err() error { return j.out.err }

// RunStarted implements [runner.Reporter].
func (j *JUnit) RunStarted(info *runner.RunInfo) {
	j.started, j.environment, j.names = info.Started, info.Environment, namesOf(info)
	j.out.print("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"postrider\">\n")
	j.out.flush()
}

// RequestFinished implements [runner.Reporter].
func (j *JUnit) RequestFinished(r *runner.RequestResult) {
	if j.suite == nil || j.suite.collection != r.Collection || j.suite.iteration != r.Iteration {
		j.close()
		j.suite = &suite{collection: r.Collection, iteration: r.Iteration, name: j.suiteName(r), started: r.Started}
	}
	if j.suite.started.IsZero() {
		j.suite.started = r.Started
	}
	took := r.Timing.Total
	for i := range r.Retried {
		took += r.Retried[i].Duration
	}
	j.suite.took += took
	j.text, j.story = j.text[:0], appendStory(j.story[:0], r)
	list := points(r)
	if len(list) == 0 {
		j.request(r, took)
	}
	for i := range list {
		if i > 0 {
			took = 0 // readers add the cases up
		}
		j.point(r, &list[i], i == 0, took)
	}
	if j.out.err == nil {
		_, j.out.err = j.cases.Write(j.text)
	}
	if cap(j.text) > 1<<20 {
		j.text = nil // one huge request is not kept for a whole run
	}
}

// CollectionFinished implements [runner.Reporter].
func (j *JUnit) CollectionFinished(*runner.CollectionResult) { j.close() }

// RunFinished implements [runner.Reporter].
func (j *JUnit) RunFinished(*runner.Result) {
	j.close()
	j.out.print("</testsuites>\n")
	j.out.flush()
}

// suiteName tells one iteration of one collection from all others: "Shop · iteration 2".
func (j *JUnit) suiteName(r *runner.RequestResult) string {
	s := j.names.of(r.Collection)
	if r.Collection.Iterations > 1 {
		s += " · iteration " + strconv.Itoa(r.Iteration)
	}
	return named(s)
}

// close writes the suite, now that its counts are known.
func (j *JUnit) close() {
	s := j.suite
	if j.suite = nil; s == nil {
		return
	}
	b := appendAttribute(append(j.out.text, "  <testsuite"...), "name", s.name)
	for _, n := range [...]struct {
		key string
		n   int
	}{{"tests", s.tests}, {"failures", s.failures}, {"errors", s.errors}, {"skipped", s.skipped}} {
		b = appendAttribute(b, n.key, strconv.Itoa(n.n))
	}
	b = appendAttribute(b, "time", strconv.FormatFloat(max(s.took, 0).Seconds(), 'f', 3, 64))
	if s.started.IsZero() {
		s.started = j.started
	}
	b = appendAttribute(b, "timestamp", s.started.UTC().Format("2006-01-02T15:04:05.000Z"))
	b = append(appendAttribute(b, "file", s.collection.Path), ">\n    <properties>\n"...)
	b = appendProperty(b, "iteration", strconv.Itoa(s.iteration))
	for _, name := range j.environment {
		b = appendProperty(b, "environment", name)
	}
	j.out.text = append(b, "    </properties>\n"...)
	j.out.flush()
	if j.out.err == nil {
		j.out.err = j.cases.copyTo(j.out.w)
	}
	j.cases.reset()
	j.out.print("  </testsuite>\n")
	j.out.flush()
}

func appendProperty(b []byte, name, value string) []byte {
	b = appendAttribute(append(b, "      <property"...), "name", name)
	return append(appendAttribute(b, "value", value), "/>\n"...)
}

// request adds the case of a request that has nothing but itself to show.
func (j *JUnit) request(r *runner.RequestResult, took time.Duration) {
	j.open(title(r.Folder, r.Title()), took)
	if r.Verdict == runner.Skipped {
		j.suite.skipped++
		j.text = append(appendAttribute(append(j.text, "      <skipped"...), "message", r.Reason), "/>\n"...)
	}
	j.earlier(r)
	j.output(r.Source)
}

// point adds the case of an assertion or of an error; the first of a request also has its earlier attempts.
func (j *JUnit) point(r *runner.RequestResult, p *point, first bool, took time.Duration) {
	j.open(title(r.Folder, r.Title()+": "+p.name), took)
	switch {
	case p.passed():
	case p.assertion != nil:
		j.suite.failures++
		j.wrong("failure", "assertion", r, p)
	case r.Error != nil:
		j.suite.errors++
		j.wrong("error", string(r.Error.Kind), r, p)
	default:
		j.suite.errors++
		j.wrong("error", string(r.Verdict), r, p)
	}
	if first {
		j.earlier(r)
	}
	j.output(p.place)
}

// open begins a case.
func (j *JUnit) open(name string, took time.Duration) {
	j.suite.tests++
	b := appendAttribute(append(j.text, "    <testcase"...), "classname", j.suite.name)
	b = appendAttribute(b, "name", named(name))
	b = appendAttribute(b, "time", strconv.FormatFloat(max(took, 0).Seconds(), 'f', 6, 64))
	j.text = append(b, ">\n"...)
}

// wrong says what is wrong: in a line, and as a terminal shows it, with the start of what came.
func (j *JUnit) wrong(element, kind string, r *runner.RequestResult, p *point) {
	var drawn screen
	render := diag.Renderer{Redact: j.o.Redact}
	render.Render(&drawn, p.diagnostics)
	if r.Response != nil {
		(&failures{}).printBody(&drawn, &failure{body: clip(r.Response.Body, keptBody), bodyBytes: r.Response.BodyBytes})
	}
	b := appendAttribute(append(append(j.text, "      <"...), element...), "type", kind)
	b = appendAttribute(b, "message", p.message())
	b = appendXML(append(b, '>'), string(drawn.text))
	j.text = append(append(append(b, "</"...), element...), ">\n"...)
}

// earlier adds the attempts before one that passed, as Maven Surefire writes them.
func (j *JUnit) earlier(r *runner.RequestResult) {
	if !r.Flaky {
		return
	}
	for i := range r.Retried {
		a := &r.Retried[i]
		element := "flakyFailure"
		if a.Verdict == runner.Errored {
			element = "flakyError"
		}
		b := appendAttribute(append(append(j.text, "      <"...), element...), "type", string(a.Verdict))
		j.text = append(appendAttribute(b, "message", a.Reason), "/>\n"...)
	}
}

// output ends a case with what a reader may want to know of it: where it stands, and how its request went.
func (j *JUnit) output(place diag.Span) {
	b := j.text
	if !place.IsZero() || len(j.story) > 0 {
		b = append(b, "      <system-out>"...)
		if !place.IsZero() {
			b = append(appendXML(b, diag.PrintableLine(place.String())), '\n')
		}
		b = append(append(b, j.story...), "      </system-out>\n"...)
	}
	j.text = append(b, "    </testcase>\n"...)
}

// appendStory adds what was sent and came, and the attempts before, a line each.
func appendStory(b []byte, r *runner.RequestResult) []byte {
	if s := exchangeLine(r); s != "" {
		b = append(appendXML(b, s), '\n')
	}
	for i := range r.Retried {
		b = append(appendXML(b, attemptLine(i, &r.Retried[i])), '\n')
	}
	return b
}
