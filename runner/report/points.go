package report

import (
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// keptDetail is how many bytes of what was expected, and of what came, stand in a message of one line.
const keptDetail = 200

// A point is one thing that a request was to show: that an assertion holds, or, where something else stopped the
// request, that it can be completed.
type point struct {
	name        string                  // `json "email" equals`; what tells it from the others of its request
	assertion   *runner.AssertionResult // nil for an error
	diagnostics diag.List               // what is wrong; none when it passed
	place       diag.Span
}

func (p *point) passed() bool { return len(p.diagnostics) == 0 }

// message is what is wrong with a point that did not pass, in a line: "assertion failed: status; expected: 401; actual: 200".
func (p *point) message() string {
	d := &p.diagnostics[0]
	s := d.Message
	for _, one := range d.Details {
		text := one.Text
		if len(text) > keptDetail {
			text = clip(text, keptDetail) + "…"
		}
		s += "; " + one.Label + ": " + text
	}
	return diag.PrintableLine(s)
}

// points are the assertions of a request, in order, and behind them its error. There are none for one that was skipped,
// nor for one that passed with nothing to check.
func points(r *runner.RequestResult) []point {
	if r.Verdict == runner.Skipped {
		return nil
	}
	list := make([]point, 0, len(r.Assertions)+1)
	rest := r.Diagnostics // the failed assertions, in order, then what stopped the request
	for i := range r.Assertions {
		a := &r.Assertions[i]
		p := point{name: strings.TrimSpace(a.Query + " " + a.Predicate), assertion: a, place: a.Source}
		if !a.Passed && len(rest) > 0 {
			p.diagnostics, rest = rest[:1:1], rest[1:]
		} else if !a.Passed {
			p.diagnostics = diag.List{unexplained(a)}
		}
		list = append(list, p)
	}
	distinguish(list)
	failed := len(r.Assertions) > 0 && r.FailedAssertions() > 0
	if r.Error == nil && r.Verdict != runner.Errored && (r.Verdict != runner.Failed || failed) {
		return list
	}
	p := point{name: "error", diagnostics: rest, place: r.Source}
	if len(rest) == 0 {
		p.diagnostics = diag.List{{Message: string(r.Verdict), Span: r.Source}}
	}
	if r.Error != nil {
		p.name, p.place = string(r.Error.Kind)+" error", r.Error.Source
		if len(rest) == 0 {
			p.diagnostics = diag.List{{Message: r.Error.Message, Span: r.Error.Source}}
		}
	}
	return append(list, p)
}

// unexplained is the diagnostic of a failed assertion that came with none.
func unexplained(a *runner.AssertionResult) diag.Diagnostic {
	return diag.Diagnostic{Message: "assertion failed: " + a.Query, Span: a.Source, Details: []diag.Detail{
		{Label: "expected", Text: string(appendValue(nil, a.Expected))}, {Label: "actual", Text: string(appendValue(nil, a.Actual))},
	}}
}

// distinguish numbers points that share a name: programs that compare runs take them for one.
func distinguish(list []point) {
	if len(list) < 2 {
		return
	}
	seen := make(map[string]int, len(list))
	for i := range list {
		name := list[i].name
		if seen[name]++; seen[name] > 1 {
			list[i].name = name + " (" + strconv.Itoa(seen[name]) + ")"
		}
	}
}

// exchangeLine says what was sent and what came, "" when nothing was sent: "GET http://…/login → 200 OK in 1 ms".
func exchangeLine(r *runner.RequestResult) string {
	if r.Sent == nil {
		return ""
	}
	s := r.Sent.Method + " " + r.Sent.URL
	if r.Response != nil {
		s += " → " + strings.TrimSpace(strconv.Itoa(r.Response.Status)+" "+r.Response.Reason)
	}
	return diag.PrintableLine(s + " in " + duration(r.Timing.Total))
}

// attemptLine says how an attempt before the last one went: "attempt 1: failed, status 503, 4 ms: assertion failed".
func attemptLine(i int, a *runner.Attempt) string {
	s := "attempt " + strconv.Itoa(i+1) + ": " + string(a.Verdict)
	if a.Status != 0 {
		s += ", status " + strconv.Itoa(a.Status)
	}
	s += ", " + duration(a.Duration)
	if a.Reason != "" {
		s += ": " + a.Reason
	}
	return diag.PrintableLine(s)
}

// named is a name that is never empty, as some formats want it.
func named(s string) string {
	if s = strings.TrimSpace(s); s == "" {
		return "(no name)"
	}
	return s
}

// collectionNames say how many collections of a run have a name.
type collectionNames map[string]int

func namesOf(info *runner.RunInfo) collectionNames {
	names := collectionNames{}
	for _, c := range info.Collections {
		names[c.Name]++
	}
	return names
}

// of is the name of a collection, with its path where others have that name too.
func (names collectionNames) of(c *runner.CollectionInfo) string {
	if names[c.Name] > 1 {
		return c.Name + " (" + c.Path + ")"
	}
	return c.Name
}
