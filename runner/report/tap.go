package report

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// TAPOptions say what a [TAP] report holds.
type TAPOptions struct {
	// Redact, if set, is applied to what is drawn of a collection's source.
	Redact func(string) string
}

// TAP writes the Test Anything Protocol, version 14: a test point for each request, and its assertions as a subtest. A
// request with nothing to check has no subtest. Collections and iterations are named by comments, and where there are
// several also by the requests, since a further level of subtests would hide the requests from readers of version 13.
//
// How many requests there will be is only known at the end, as a run may stop early, and so the plan is the last line. A
// run that was interrupted bails out before it: what is missing is missing, even if all that is there passed.
type TAP struct {
	o         TAPOptions
	out       screen
	many      bool // collections
	current   *runner.CollectionInfo
	iteration int
	requests  int
}

// NewTAP makes a TAP report that is written to w, by one call for each request.
func NewTAP(w io.Writer, o TAPOptions) *TAP { return &TAP{o: o, out: screen{w: w}} }

// Err implements [Reporter].
func (t *TAP) Err() error { return t.out.err }

// RunStarted implements [runner.Reporter].
func (t *TAP) RunStarted(info *runner.RunInfo) {
	t.many = len(info.Collections) > 1
	t.out.print("TAP version 14\n")
	for _, name := range info.Environment {
		t.out.print("# environment: ", diag.PrintableLine(name), "\n")
	}
	t.out.flush()
}

// RequestFinished implements [runner.Reporter].
func (t *TAP) RequestFinished(r *runner.RequestResult) {
	if t.current != r.Collection || t.iteration != r.Iteration {
		t.current, t.iteration = r.Collection, r.Iteration
		s := "# collection: " + r.Collection.Name + " (" + r.Collection.Path + ")"
		if r.Collection.Iterations > 1 {
			s += ", iteration " + strconv.Itoa(r.Iteration) + " of " + strconv.Itoa(r.Collection.Iterations)
		}
		t.out.print(diag.PrintableLine(s), "\n")
	}
	t.requests++
	name := description(heading(r, t.many))
	list := points(r)
	passed := true
	for i := range list {
		passed = passed && list[i].passed()
	}
	if len(r.Assertions) > 0 && len(list) > 0 {
		t.out.print("# Subtest: ", name, "\n    1..", strconv.Itoa(len(list)), "\n")
		for i := range list {
			t.point("    ", i+1, description(list[i].name), list[i].passed())
			if !list[i].passed() {
				t.out.print("      ---\n")
				t.wrong("      ", r, &list[i])
				t.out.print("      ...\n")
			}
		}
		list = nil
	}
	t.point("", t.requests, name, passed)
	if r.Verdict == runner.Skipped {
		t.out.text = t.out.text[:len(t.out.text)-1]
		t.out.print(strings.TrimRight(" # SKIP "+description(r.Reason), " "), "\n")
	}
	t.about(r, list)
	t.out.flush()
}

// CollectionFinished implements [runner.Reporter].
func (t *TAP) CollectionFinished(*runner.CollectionResult) {}

// RunFinished implements [runner.Reporter].
func (t *TAP) RunFinished(r *runner.Result) {
	if r.Verdict == runner.Interrupted {
		t.out.print("Bail out! the run was interrupted\n")
	}
	t.out.print("1..", strconv.Itoa(t.requests))
	if t.requests == 0 {
		t.out.print(" # there was no request")
	}
	t.out.print("\n")
	t.out.flush()
}

func (t *TAP) point(indent string, n int, name string, passed bool) {
	t.out.print(indent)
	if !passed {
		t.out.print("not ")
	}
	t.out.print("ok ", strconv.Itoa(n), " - ", name, "\n")
}

// description escapes what stands behind a test point. A brace at its end, which some readers take for the start of a
// subtest, is shown as a byte.
func description(s string) string {
	s = named(diag.PrintableLine(s))
	if strings.HasSuffix(s, "{") {
		s = s[:len(s)-1] + `\x7b`
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "#", `\#`)
}

// about adds the block that says how a request went, with its error if that is all there is of it.
func (t *TAP) about(r *runner.RequestResult, list []point) {
	if r.Attempts == 0 && len(list) == 0 {
		return
	}
	t.out.print("  ---\n")
	for i := range list {
		t.wrong("  ", r, &list[i])
	}
	if r.Attempts > 0 {
		t.out.text = append(appendMilliseconds(append(t.out.text, "  duration_ms: "...), r.Timing.Total), '\n')
	}
	if s := exchangeLine(r); s != "" {
		t.field("  ", "exchange", s)
	}
	if r.Flaky {
		t.out.print("  flaky: true\n")
	}
	if len(r.Retried) > 0 {
		t.out.print("  retried:\n")
		for i := range r.Retried {
			t.out.text = append(appendString(append(t.out.text, "    - "...), attemptLine(i, &r.Retried[i])), '\n')
		}
	}
	t.out.print("  ...\n")
}

// wrong adds the lines of a block that say what is wrong with a point.
func (t *TAP) wrong(indent string, r *runner.RequestResult, p *point) {
	severity := "fail"
	if p.assertion == nil {
		severity = "error"
	}
	t.field(indent, "message", p.diagnostics[0].Message)
	t.field(indent, "severity", severity)
	if p.assertion == nil && r.Error != nil {
		t.field(indent, "kind", string(r.Error.Kind))
	}
	if !p.place.IsZero() {
		line, column := p.place.Position()
		t.field(indent, "file", p.place.File())
		t.out.print(indent, "line: ", strconv.Itoa(line), "\n", indent, "column: ", strconv.Itoa(column), "\n")
	}
	if a := p.assertion; a != nil {
		t.value(indent, "expected", a.Expected)
		t.value(indent, "actual", a.Actual)
	}
	var drawn bytes.Buffer
	render := diag.Renderer{Redact: t.o.Redact}
	render.Render(&drawn, p.diagnostics)
	t.out.print(indent, "diagnostic: |\n")
	for line := range strings.Lines(noncharacters(drawn.String())) {
		t.out.print(indent, "  ", strings.TrimRight(line, "\n"), "\n")
	}
}

func (t *TAP) field(indent, key, value string) {
	t.out.print(indent, key, ": ")
	t.out.text = append(appendString(t.out.text, value), '\n')
}

// value adds a value as JSON, which YAML 1.2 takes in. What readers of YAML would change or may refuse becomes a string:
// numbers that are no floating-point number to the digit, lists and objects.
func (t *TAP) value(indent, key string, v any) {
	t.out.print(indent, key, ": ")
	text := string(appendValue(nil, v))
	if n, err := strconv.ParseFloat(text, 64); text[0] == '[' || text[0] == '{' || err == nil && strconv.FormatFloat(n, 'f', -1, 64) != text || errors.Is(err, strconv.ErrRange) {
		text = string(appendString(nil, text))
	}
	t.out.print(text, "\n")
}
