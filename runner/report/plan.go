package report

import (
	"io"
	"strconv"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// PlanOptions say how [Plan] looks. The zero value is that of a file: no colour, nothing cut.
type PlanOptions struct {
	Color bool
	Width int // columns of the terminal; zero cuts nothing
}

// Plan shows what collections are to send, a table of each, and how much that is.
func Plan(w io.Writer, collections []*runner.CollectionInfo, o PlanOptions) error {
	out := &screen{w: w}
	requests, assertions := 0, 0
	for i, c := range collections {
		if i > 0 {
			out.print("\n")
		}
		n, checks := plan(out, c, o)
		requests += n
		assertions += checks
		if out.err != nil {
			return out.err
		}
	}
	text := plural(requests, "request") + ", " + plural(assertions, "assertion")
	if len(collections) != 1 {
		text += " in " + plural(len(collections), "collection")
	}
	out.print("\n", text, "\n")
	out.flush()
	return out.err
}

// The columns of a plan.
const (
	planName = iota
	planMethod
	planPath
	planAssertions
	planSource
)

// plan shows one collection, and says how many requests and assertions all its iterations have.
func plan(out *screen, c *runner.CollectionInfo, o PlanOptions) (requests, assertions int) {
	head := diag.PrintableLine(c.Name)
	if c.Path != c.Name {
		head += " · " + diag.PrintableLine(c.Path)
	}
	if c.Iterations > 1 {
		head += " · " + plural(c.Iterations, "iteration")
	}
	if o.Width > 0 {
		head = truncate(head, o.Width)
	}
	out.text = append(paint(out.text, o.Color, bold, head), '\n')
	if c.Plan == nil {
		return 0, 0
	}
	l := planLayout(c, o.Width)
	out.print(string(header(l, o.Color)))
	for p := range c.Plan {
		cells := planCells(&p)
		if o.Width > 0 {
			cells[planName].text = truncate(cells[planName].text, l[planName].width)
			cells[planPath].text = truncate(cells[planPath].text, l[planPath].width)
			cells[planSource].text = truncateStart(cells[planSource].text, l[planSource].width)
		}
		out.text = l.append(out.text, o.Color, cells[:]...)
		if len(out.text) > 64<<10 {
			out.flush()
		}
	}
	out.flush()
	return c.Planned.Requests.Planned, c.Planned.Assertions.Planned
}

// planLayout makes the columns as wide as the plan asks for, and no wider than a terminal.
func planLayout(c *runner.CollectionInfo, columns int) layout {
	l := layout{
		{title: "REQUEST", least: 12},
		{title: "METHOD"},
		{title: "PATH", least: 8},
		{title: "ASSERTIONS", right: true},
		{title: "SOURCE", least: 8},
	}
	for i := range l {
		l[i].width = width(l[i].title)
	}
	for p := range c.Plan {
		for i, cell := range planCells(&p) {
			l.widen(i, cell.text)
		}
	}
	if columns > 0 {
		l.fit(columns, planSource, planMethod, planPath)
	}
	return l
}

func planCells(p *runner.Planned) [planSource + 1]cell {
	return [...]cell{
		planName:       {text: title(p.Folder, p.Title())},
		planMethod:     {text: diag.PrintableLine(p.Method)},
		planPath:       {text: diag.PrintableLine(p.Path)},
		planAssertions: {text: strconv.Itoa(p.Assertions)},
		planSource:     {diag.PrintableLine(p.Source.String()), dim},
	}
}
