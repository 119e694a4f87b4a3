package report

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

const (
	// stepSummary is how many bytes GitHub takes as the summary of a step.
	stepSummary = 1 << 20
	// passedRows is how many rows of requests that passed are shown of a collection; of more, only the number is.
	passedRows = 500
	// keptBlock is how many bytes of a failure are shown.
	keptBlock = 16 << 10
)

// MarkdownOptions say what a [Markdown] document holds.
type MarkdownOptions struct {
	// Redact, if set, is applied to diagnostics, for the excerpts in them come from files: see [runner.Redactor].
	Redact func(string) string
	// Rerun is the command that runs again what failed, up to the choice of requests. Without it no such line is shown.
	Rerun []string
	// MaxBytes is how long the document may get. Zero stands for 1 MiB, as much as GitHub takes as the summary of a step;
	// a comment takes 65,536 characters. What has no room is counted; verdict and counts always have it.
	MaxBytes int
}

// Markdown writes a run for a pull request or the summary of a step, in GitHub's Markdown: the verdict, the counts, the
// failures, then a table of each iteration. Readers want the failures first, so nothing is written before the run is
// over; what is kept until then is no longer than the document may get. Text from elsewhere stays text: see inline.
type Markdown struct {
	o        MarkdownOptions
	out      screen
	info     *runner.RunInfo
	failures failures
	titles   []byte                 // of each table
	tables   []byte                 // rows below their headings
	group    *runner.CollectionInfo // of the last request
	round    int                    // iteration of the last row
	rows     int                    // requests so far, shown or not
	passed   int                    // rows of the collection that passed
	hidden   int                    // requests of the collection that passed and have no row
}

// NewMarkdown makes a document that is written to w when the run is over.
func NewMarkdown(w io.Writer, o MarkdownOptions) *Markdown {
	if o.MaxBytes == 0 {
		o.MaxBytes = stepSummary
	}
	return &Markdown{o: o, out: screen{w: w}, failures: failures{render: diag.Renderer{Redact: o.Redact}}}
}

// Err implements [Reporter].
func (m *Markdown) Err() error { return m.out.err }

// RunStarted implements [runner.Reporter].
func (m *Markdown) RunStarted(info *runner.RunInfo) {
	m.info = info
	m.failures.many = len(info.Collections) > 1
}

// RequestFinished implements [runner.Reporter].
func (m *Markdown) RequestFinished(r *runner.RequestResult) {
	m.failures.add(r)
	m.rows++
	if m.group != r.Collection {
		m.endGroup()
		m.group, m.round, m.passed = r.Collection, 0, 0
	}
	if r.Verdict == runner.Passed && !r.Flaky {
		if m.passed == passedRows {
			m.hidden++
			return
		}
		m.passed++
	}
	if len(m.tables) > m.o.MaxBytes {
		return // there will be no room for it
	}
	if m.round != r.Iteration {
		m.round = r.Iteration
		m.heading(r)
	}
	m.row(r)
}

// CollectionFinished implements [runner.Reporter].
func (m *Markdown) CollectionFinished(*runner.CollectionResult) {}

// RunFinished implements [runner.Reporter].
func (m *Markdown) RunFinished(result *runner.Result) {
	m.endGroup()
	word, why, _ := strings.Cut(strings.TrimSpace(string(lastLine(nil, result, false))), "  ")
	m.out.print("## ", verdictMark(result.Verdict), " ", word, ": ", why, "\n\n")
	l, rows := summaryRows(result.Counts, false)
	for _, row := range rows {
		row[0] = strings.TrimSpace(row[0])
	}
	m.out.print(string(markdownTable(l, rows)))
	m.writeFailures()
	m.writeTables()
	m.out.flush()
}

// heading begins the table of an iteration.
func (m *Markdown) heading(r *runner.RequestResult) {
	m.tables = append(m.tables, "\n### "...)
	parts := round(m.info, r)
	for _, part := range parts[:len(parts)-1] {
		m.tables = append(m.tables, inline(part)+" · "...)
	}
	m.tables = append(m.tables, parts[len(parts)-1]+"\n\n"...)
	if m.titles == nil {
		m.titles = markdownTable(rowLayout(), nil)
	}
	m.tables = append(m.tables, m.titles...)
}

// row adds the row of a request.
func (m *Markdown) row(r *runner.RequestResult) {
	path, time, bytes := r.Path, "", ""
	if r.Sent != nil {
		path, time = r.Sent.Path, duration(r.Timing.Total)
	}
	if r.Response != nil {
		bytes = size(r.Response.BodyBytes)
	}
	status, asserted := inlineCell(statusOf(r).text), assertionsOf(r).text
	if r.Verdict == runner.Skipped {
		status, time, bytes, asserted = inlineCell(r.Reason), "", "", ""
	}
	mark := verdictMark(r.Verdict)
	if r.Flaky {
		mark = "🔁"
	}
	b := append(m.tables, rowStart...)
	for i, cell := range []string{mark, inlineCell(title(r.Folder, r.Title())), inlineCell(r.Method), inlineCell(path), status, time, bytes, asserted} {
		if i > 0 {
			b = append(b, " | "...)
		}
		b = append(b, cell...)
	}
	m.tables = append(b, " |\n"...)
}

// rowStart is how the rows of requests begin, and nothing else does: tablewriter begins titles with more blanks.
const rowStart = "| "

// verdictMark is a verdict as it is seen from afar.
func verdictMark(v runner.Verdict) string {
	switch v {
	case runner.Passed:
		return "✅"
	case runner.Failed:
		return "❌"
	case runner.Skipped:
		return "⏭️"
	case runner.Interrupted:
		return "🛑"
	}
	return "❗"
}

// endGroup ends the table of a collection.
func (m *Markdown) endGroup() {
	if m.hidden > 0 {
		m.tables = append(m.tables, "\n… and "+plural(m.hidden, "request")+" more that passed\n"...)
		m.hidden = 0
	}
}

// writeFailures adds what failed, of which the tables leave at most a quarter of the document.
func (m *Markdown) writeFailures() {
	if len(m.failures.kept) == 0 {
		return
	}
	m.out.print("\n### Failures\n")
	room := m.o.MaxBytes / 4 * 3
	more := m.failures.more
	for i := range m.failures.kept {
		one := &m.failures.kept[i]
		var text screen
		m.failures.draw(&text, one)
		block := "\n#### " + strconv.Itoa(i+1) + ". " + inline(one.title) + "\n\n" + fenced("text", string(text.text))
		if len(m.out.text)+len(block) > room {
			more += len(m.failures.kept) - i
			break
		}
		m.out.print(block)
	}
	if more > 0 {
		m.out.print("\n… and ", plural(more, "request"), " more that failed\n")
	}
	if lines := m.failures.rerun(m.o.Rerun); len(lines) > 0 {
		if last := &lines[len(lines)-1]; strings.HasPrefix(*last, "… ") {
			*last = "# " + *last
		}
		block := "\nTo run them again:\n\n" + fenced("sh", strings.Join(lines, "\n")+"\n")
		if len(m.out.text)+len(block) <= room {
			m.out.print(block)
		}
	}
}

// writeTables adds the tables, as far as there is room.
func (m *Markdown) writeTables() {
	const note = 100 // bytes that it takes to say what is left out
	room := m.o.MaxBytes - len(m.out.text)
	if len(m.tables) <= room {
		m.out.text = append(m.out.text, m.tables...)
		return
	}
	shown, at, end := 0, 0, 0
	for line := range bytes.Lines(m.tables) {
		if at += len(line); at > room-note {
			break
		}
		if bytes.HasPrefix(line, []byte(rowStart)) && !bytes.HasPrefix(line, []byte(rowStart+" ")) {
			shown, end = shown+1, at
		}
	}
	m.out.text = append(m.out.text, m.tables[:end]...)
	if room >= note {
		m.out.print("\nThere is room for ", strconv.Itoa(shown), " of ", plural(m.rows, "row"), ".\n")
	}
}
