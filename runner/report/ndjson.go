package report

import (
	"io"
	"slices"

	"github.com/postrider/postrider/runner"
)

// NDJSON writes a run as it goes, an event a line: the members of a [JSON] report, each when it is known. The schema of a
// line is `$defs/event` of [Schema].
type NDJSON struct {
	o      JSONOptions
	out    screen
	known  []*runner.CollectionInfo
	last   *runner.CollectionInfo // the one that an event was about
	number int                    // of the last one, from 1
}

// NewNDJSON makes a report of lines that are written to w, one call for each.
func NewNDJSON(w io.Writer, o JSONOptions) *NDJSON { return &NDJSON{o: o, out: screen{w: w}} }

// Err implements [Reporter].
func (n *NDJSON) Err() error { return n.out.err }

// RunStarted implements [runner.Reporter].
func (n *NDJSON) RunStarted(info *runner.RunInfo) {
	n.known = slices.Clone(info.Collections)
	b := appendHead(append(n.out.text, `{"event": "run_started", `...), info, &n.o, ", ")
	b = append(b, `, "collections": [`...)
	for i, c := range info.Collections {
		b = append(appendCollection(append(separate(b, i), '{'), c), '}')
	}
	n.end(append(b, ']'))
}

// RequestFinished implements [runner.Reporter].
func (n *NDJSON) RequestFinished(r *runner.RequestResult) {
	b := n.about(append(n.out.text, `{"event": "request_finished", `...), r.Collection)
	n.end(appendRequest(append(b, `, "request": `...), r, &n.o))
}

// CollectionFinished implements [runner.Reporter].
func (n *NDJSON) CollectionFinished(c *runner.CollectionResult) {
	b := n.about(append(n.out.text, `{"event": "collection_finished", `...), c.Info)
	n.end(appendOutcome(append(b, ", "...), c.Verdict, c.Duration, &c.Counts))
}

// RunFinished implements [runner.Reporter].
func (n *NDJSON) RunFinished(r *runner.Result) {
	n.end(appendTail(append(n.out.text, `{"event": "run_finished", `...), r, ", "))
}

// about adds the collection of an event: its place in the run, which tells it from others of the same name, and its name.
func (n *NDJSON) about(b []byte, c *runner.CollectionInfo) []byte {
	if c != n.last {
		n.last = c
		i := slices.Index(n.known, c)
		if i < 0 { // one that the run did not tell of
			i, n.known = len(n.known), append(n.known, c)
		}
		n.number = i + 1
	}
	b = appendInt(append(b, `"collection": {"index": `...), n.number)
	b = appendString(append(b, `, "name": `...), c.Name)
	return append(appendString(append(b, `, "path": `...), c.Path), '}')
}

// end completes a line and writes it.
func (n *NDJSON) end(b []byte) {
	n.out.text = append(b, "}\n"...)
	n.out.flush()
}
