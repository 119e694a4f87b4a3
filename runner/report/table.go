package report

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// TableOptions say how a [Table] looks. The zero value is that of a file: no colour, nothing cut.
type TableOptions struct {
	// Color says whether to use ANSI colours.
	Color bool
	// Width is the number of columns of the terminal, to which names and paths are cut. Zero cuts nothing.
	Width int
	// Verbose shows each exchange below its row: header fields, captures and timing.
	Verbose bool
	// Quiet shows failures and the last line alone.
	Quiet bool
	// ErrorShort shows failures as `file:line:col: error: …`, a line each.
	ErrorShort bool
	// Gather writes rows up to a tenth of a second later, several at once: for a pipe or a file, where nobody watches.
	Gather bool
	// Redact, if set, is applied to diagnostics, for the excerpts in them come from files: see [runner.Redactor].
	Redact func(string) string
	// Rerun is the command that runs again what failed, up to the choice of requests: "postrider", "run", "-e",
	// "local". Without it no such line is shown.
	Rerun []string
}

// A Table shows a run to a person: a row for each request as it finishes, then the failures and what they add up to.
// What a server sent is shown with its control characters escaped.
type Table struct {
	o        TableOptions
	out      screen
	gatherer *gatherer // what out writes to, or nil
	info     *runner.RunInfo
	group    *runner.CollectionInfo // of the rows being written
	round    int                    // iteration of the rows being written
	rows     layout
	titled   int    // width of the rows when their titles were shown
	notes    layout // rows of requests that were not sent
	failures failures
}

// NewTable makes a table that is written to w. A row is written whole, by one call; with Gather that may come from another
// goroutine until the run is finished.
func NewTable(w io.Writer, o TableOptions) *Table {
	t := &Table{o: o, out: screen{w: w}, failures: failures{
		render: diag.Renderer{Color: o.Color, Short: o.ErrorShort, Redact: o.Redact},
	}}
	if o.Gather {
		t.gatherer = &gatherer{w: w}
		t.out.w = t.gatherer
	}
	return t
}

// Err implements [Reporter].
func (t *Table) Err() error { return t.out.err }

// RunStarted implements [runner.Reporter].
func (t *Table) RunStarted(info *runner.RunInfo) {
	t.info = info
	t.failures.many = len(info.Collections) > 1
}

// RequestFinished implements [runner.Reporter].
func (t *Table) RequestFinished(r *runner.RequestResult) {
	t.failures.add(r)
	if t.o.Quiet {
		return
	}
	t.heading(r)
	t.row(r)
	if t.o.Verbose {
		t.exchange(r)
	}
	t.out.flush()
}

// CollectionFinished implements [runner.Reporter].
func (t *Table) CollectionFinished(*runner.CollectionResult) {}

// RunFinished implements [runner.Reporter].
func (t *Table) RunFinished(result *runner.Result) {
	if !t.o.Quiet {
		if t.group != nil {
			t.out.print("\n")
		}
		t.out.print(string(summary(result.Counts, t.o.Color, t.o.Width > 0)))
		t.out.print("\n")
	}
	t.failures.print(&t.out)
	t.out.text = lastLine(t.out.text, result, t.o.Color)
	for _, line := range t.failures.rerun(t.o.Rerun) {
		t.out.print("rerun: ", line, "\n")
	}
	t.out.flush()
	if t.gatherer != nil && t.out.err == nil {
		t.out.err = t.gatherer.flush()
	}
}

// heading begins a collection or an iteration of one.
func (t *Table) heading(r *runner.RequestResult) {
	if t.group == r.Collection && t.round == r.Iteration {
		return
	}
	if t.group != nil {
		t.out.print("\n")
	}
	fresh, grown := t.group != r.Collection, t.rows.total() != t.titled
	t.group, t.round = r.Collection, r.Iteration
	line := strings.Join(round(t.info, r), " · ")
	if t.o.Width > 0 {
		line = truncate(line, t.o.Width)
	}
	t.out.text = append(paint(t.out.text, t.o.Color, bold, line), '\n')
	if fresh {
		t.plan(r.Collection)
	}
	if fresh || grown {
		t.out.print(string(header(t.rows, t.o.Color)))
		t.titled = t.rows.total()
	}
}

// round names an iteration of a collection: the collection, the environments, and which of how many it is.
func round(info *runner.RunInfo, r *runner.RequestResult) []string {
	parts := []string{diag.PrintableLine(r.Collection.Name)}
	if len(info.Environment) > 0 {
		parts = append(parts, diag.PrintableLine(strings.Join(info.Environment, ", ")))
	}
	return append(parts, "iteration "+strconv.Itoa(r.Iteration)+"/"+strconv.Itoa(max(r.Collection.Iterations, r.Iteration)))
}

// The columns of a row.
const (
	markColumn = iota
	nameColumn
	methodColumn
	pathColumn
	statusColumn
	timeColumn
	sizeColumn
	assertionsColumn
)

// widest is the most that a column without a terminal grows to for rows wider than planned, so that one long path does
// not spread all that come behind it.
const widest = 60

// plan makes the columns as wide as the plan of a collection asks for.
func (t *Table) plan(c *runner.CollectionInfo) {
	t.rows = rowLayout()
	if c.Plan != nil {
		for p := range c.Plan {
			t.rows.widen(nameColumn, title(p.Folder, p.Title()))
			t.rows.widen(methodColumn, diag.PrintableLine(p.Method))
			t.rows.widen(pathColumn, diag.PrintableLine(p.Path))
		}
	}
	if t.o.Width > 0 {
		t.rows.fit(t.o.Width, sizeColumn, timeColumn, methodColumn, pathColumn, statusColumn)
	}
	t.notes = append(slices.Clone(t.rows[:statusColumn]), column{width: 1})
}

// rowLayout is the columns of a row, as narrow as their titles.
func rowLayout() layout {
	return layout{
		{width: 1},
		{title: "REQUEST", width: 7, least: 16},
		{title: "METHOD", width: 6},
		{title: "PATH", width: 4, least: 8},
		{title: "STATUS", right: true, width: 7},
		{title: "TIME", right: true, width: 5},
		{title: "SIZE", right: true, width: 6},
		{title: "ASSERTIONS", right: true, width: 10},
	}
}

// widen makes a column wide enough for a text.
func (l layout) widen(i int, text string) { l[i].width = max(l[i].width, width(text)) }

// title is the name of a request behind the folders that it is in.
func title(folder []string, name string) string {
	if len(folder) > 0 {
		name = strings.Join(folder, " / ") + " / " + name
	}
	return diag.PrintableLine(name)
}
