package report

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// keptAnnotations is how many annotations of a kind a run makes. GitHub shows ten of a step and fifty of a job.
const keptAnnotations = 50

// GitHubOptions say what a [GitHub] report needs to know of the workflow that it runs in.
type GitHubOptions struct {
	// Redact, if set, is applied to diagnostics, for the excerpts in them come from files: see [runner.Redactor].
	Redact func(string) string
	// Rerun is the command that runs again what failed, up to the choice of requests. Without it no such line is shown.
	Rerun []string
	// File gives the path of a file in the repository, with slashes, or "" for a file that is not in it: an annotation has
	// no place then. Without it names are as the user calls them.
	File func(name string) string
	// Summary, if set, gets the run as [Markdown], of SummaryBytes at most: see [MarkdownOptions].
	Summary      io.Writer
	SummaryBytes int
}

// GitHub writes a run as the log of a step of GitHub Actions: a group for each collection, with a table of its requests
// and what failed drawn below; behind each group an annotation for each failure, at the line that failed; and the
// counts. Text from elsewhere cannot give commands to the runner: see logLine.
type GitHub struct {
	o           GitHubOptions
	out         screen
	log         screen // lines that are not yet harmless
	info        *runner.RunInfo
	groups      int                    // so far
	group       *runner.CollectionInfo // that is open
	table       *Table
	failures    failures
	annotations []annotation // of the open group
	errors      int          // annotations so far, also those that are not made
	warnings    int
	summary     *Markdown
}

// NewGitHub makes a report that is written to w, the log of a step, as the run goes.
func NewGitHub(w io.Writer, o GitHubOptions) *GitHub {
	g := &GitHub{o: o, out: screen{w: w}, failures: failures{render: diag.Renderer{Redact: o.Redact}}}
	if o.Summary != nil {
		g.summary = NewMarkdown(o.Summary, MarkdownOptions{Redact: o.Redact, Rerun: o.Rerun, MaxBytes: o.SummaryBytes})
	}
	return g
}

// Err implements [Reporter].
func (g *GitHub) Err() error {
	if g.summary == nil {
		return g.out.err
	}
	return errors.Join(g.out.err, g.summary.Err())
}

// RunStarted implements [runner.Reporter].
func (g *GitHub) RunStarted(info *runner.RunInfo) {
	g.info = info
	g.failures.many = len(info.Collections) > 1
	if g.summary != nil {
		g.summary.RunStarted(info)
	}
}

// RequestFinished implements [runner.Reporter].
func (g *GitHub) RequestFinished(r *runner.RequestResult) {
	if g.summary != nil {
		g.summary.RequestFinished(r)
	}
	if g.group != r.Collection {
		g.begin(r.Collection)
	}
	g.table.heading(r)
	g.table.row(r)
	g.table.out.flush()
	switch {
	case r.Verdict == runner.Failed || r.Verdict == runner.Errored:
		g.failures.addRerun(r)
		one := g.failures.failure(r)
		g.failures.draw(&g.log, &one)
		g.log.print("\n")
		g.annotate(r, one.title)
	case r.Flaky:
		g.annotateFlaky(r)
	}
	g.flush()
}

// CollectionFinished implements [runner.Reporter].
func (g *GitHub) CollectionFinished(c *runner.CollectionResult) {
	if g.summary != nil {
		g.summary.CollectionFinished(c)
	}
	g.end()
	g.flush()
}

// RunFinished implements [runner.Reporter].
func (g *GitHub) RunFinished(result *runner.Result) {
	if g.summary != nil {
		g.summary.RunFinished(result)
	}
	g.end()
	last := strings.TrimSuffix(string(lastLine(nil, result, false)), "\n")
	if result.Verdict == runner.Interrupted {
		a := annotation{level: "error", title: "the run was interrupted", message: last}
		g.out.text = a.append(g.out.text)
	}
	for _, more := range []struct {
		n    int
		noun string
	}{{g.errors, "error"}, {g.warnings, "warning"}} {
		if more.n > keptAnnotations {
			g.log.print("… and ", plural(more.n-keptAnnotations, more.noun), " more without an annotation\n")
		}
	}
	if g.groups > 0 {
		g.log.print("\n")
	}
	g.log.print(string(summary(result.Counts, false, false)), "\n", last, "\n")
	for _, line := range g.failures.rerun(g.o.Rerun) {
		g.log.print("rerun: ", line, "\n")
	}
	g.flush()
}

// begin opens the group of a collection.
func (g *GitHub) begin(c *runner.CollectionInfo) {
	g.end()
	g.group = c
	g.groups++
	title := c.Name
	if c.Path != c.Name {
		title += " · " + c.Path
	}
	g.out.text = appendCommand(g.out.text, "group", nil, diag.PrintableLine(title))
	g.table = NewTable(&g.log, TableOptions{})
	g.table.RunStarted(g.info)
}

// end closes the group that is open, and makes its annotations, which a reader is to see without opening it.
func (g *GitHub) end() {
	if g.group == nil {
		return
	}
	g.flushLog()
	g.out.text = appendCommand(g.out.text, "endgroup", nil, "")
	for i := range g.annotations {
		g.out.text = g.annotations[i].append(g.out.text)
	}
	g.group, g.annotations = nil, g.annotations[:0]
}

// flush writes what is there.
func (g *GitHub) flush() {
	g.flushLog()
	g.out.flush()
}

// flushLog makes the lines of the log harmless.
func (g *GitHub) flushLog() {
	for line := range strings.Lines(string(g.log.text)) {
		g.out.text = appendLogLine(g.out.text, line)
	}
	g.log.text = g.log.text[:0]
}

// annotate keeps an annotation for each diagnostic of a request.
func (g *GitHub) annotate(r *runner.RequestResult, title string) {
	list := r.Diagnostics
	switch {
	case len(list) > 0:
	case r.Error != nil:
		list = diag.List{{Message: r.Error.Message, Span: r.Error.Source}}
	default:
		list = diag.List{{Message: "the request failed", Span: r.Source}}
	}
	for i := range list {
		level := "error"
		if list[i].Severity == diag.Warning {
			level = "warning"
		}
		if g.another(level) {
			g.annotations = append(g.annotations, g.annotation(level, title, &list[i]))
		}
	}
}

// annotateFlaky keeps a warning of a request that passed, but not the first time.
func (g *GitHub) annotateFlaky(r *runner.RequestResult) {
	if !g.another("warning") {
		return
	}
	d := diag.Diagnostic{Message: "passed at attempt " + strconv.Itoa(r.Attempts) + " only", Span: r.Source}
	if len(r.Retried) > 0 && r.Retried[0].Reason != "" {
		d.Notes = []string{"the first: " + r.Retried[0].Reason}
	}
	g.annotations = append(g.annotations, g.annotation("warning", "flaky: "+heading(r, g.failures.many), &d))
}

// another counts an annotation, and reports whether it is to be made.
func (g *GitHub) another(level string) bool {
	n := &g.errors
	if level == "warning" {
		n = &g.warnings
	}
	*n++
	return *n <= keptAnnotations
}

// annotation is a diagnostic as one.
func (g *GitHub) annotation(level, title string, d *diag.Diagnostic) annotation {
	redact := g.o.Redact
	if redact == nil {
		redact = func(s string) string { return s }
	}
	lines := []string{diag.PrintableLine(redact(d.Message))}
	for _, detail := range d.Details {
		lines = append(lines, detail.Label+": "+diag.Printable(redact(detail.Text)))
	}
	for _, note := range d.Notes {
		lines = append(lines, diag.PrintableLine(redact(note)))
	}
	if d.Hint != "" {
		lines = append(lines, "help: "+diag.PrintableLine(redact(d.Hint)))
	}
	a := annotation{level: level, title: title, message: strings.Join(lines, "\n")}
	a.place(d.Span, g.o.File)
	return a
}
