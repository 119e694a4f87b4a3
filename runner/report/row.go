package report

import (
	"strconv"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// row adds the row of a request.
func (t *Table) row(r *runner.RequestResult) {
	mark := markOf(r)
	name, method, path := title(r.Folder, r.Title()), diag.PrintableLine(r.Method), diag.PrintableLine(r.Path)
	if r.Sent != nil {
		path = diag.PrintableLine(r.Sent.Path)
	}
	name, path = t.place(nameColumn, name), t.place(pathColumn, path)
	if r.Verdict == runner.Skipped {
		reason := t.note(diag.PrintableLine(r.Reason))
		t.out.text = t.notes.append(t.out.text, t.o.Color, mark, cell{text: name}, cell{text: method}, cell{text: path}, cell{reason, yellow})
		return
	}
	status, asserted := statusOf(r), assertionsOf(r)
	time, bytes := "", ""
	if r.Sent != nil {
		time = duration(r.Timing.Total)
	}
	if r.Response != nil {
		bytes = size(r.Response.BodyBytes)
	}
	t.out.text = t.rows.append(t.out.text, t.o.Color,
		mark, cell{text: name}, cell{text: method}, cell{text: path}, status, cell{text: time}, cell{text: bytes}, asserted)
}

// place makes a text fit its column: it is cut for a terminal, or else the column grows for the rows to come.
func (t *Table) place(i int, text string) string {
	w := width(text)
	if w <= t.rows[i].width {
		return text
	}
	if t.o.Width > 0 {
		grown := min(w-t.rows[i].width, max(0, t.o.Width-t.rows.total()))
		if t.rows[i].width > 0 {
			t.rows[i].width += grown
		}
		if i == nameColumn {
			text = truncateTitle(text, t.rows[i].width)
		} else {
			text = truncateStart(text, t.rows[i].width)
		}
	} else {
		t.rows[i].width = max(t.rows[i].width, min(w, widest))
	}
	t.notes[i].width = t.rows[i].width
	return text
}

// note cuts the reason of a request that was not sent to what a terminal has left of its row.
func (t *Table) note(reason string) string {
	if t.o.Width == 0 {
		return reason
	}
	return truncate(reason, max(0, t.o.Width-t.notes[:statusColumn].total()-gap))
}

// markOf is the verdict in a letter; one that passed but not the first time is told apart.
func markOf(r *runner.RequestResult) cell {
	if r.Flaky {
		return cell{"~", yellow}
	}
	switch r.Verdict {
	case runner.Passed:
		return cell{"✓", green}
	case runner.Failed:
		return cell{"✗", red}
	case runner.Skipped:
		return cell{"-", yellow}
	}
	return cell{"!", red}
}

// statusOf is the status of the response, or the kind of error that there was.
func statusOf(r *runner.RequestResult) cell {
	switch {
	case r.Error != nil:
		return cell{diag.PrintableLine(string(r.Error.Kind)), red}
	case r.Response != nil:
		return cell{text: strconv.Itoa(r.Response.Status)}
	}
	return cell{}
}

// assertionsOf is how many assertions held of those planned.
func assertionsOf(r *runner.RequestResult) cell {
	failed := r.FailedAssertions()
	planned := max(r.Planned, len(r.Assertions))
	if planned == 0 {
		return cell{"-", dim}
	}
	c := cell{text: strconv.Itoa(len(r.Assertions)-failed) + "/" + strconv.Itoa(planned)}
	if failed > 0 {
		c.color = red
	}
	return c
}
