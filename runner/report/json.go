package report

import (
	_ "embed"
	"io"
	"time"

	"github.com/postrider/postrider/runner"
)

//go:embed schema.json
var schema string

// Schema is the JSON Schema (2020-12) of what [JSON] writes.
func Schema() []byte { return []byte(schema) }

// JSONOptions say what a [JSON] report holds.
type JSONOptions struct {
	// Version is that of the program, "v0.1.0".
	Version string
	// IncludeBodies adds the bodies of requests and responses, as far as the runner keeps them.
	IncludeBodies bool
	// Rerun is the command that runs again what failed, as in [TableOptions], for those who show the report.
	Rerun []string
	// Redact, if set, is applied to the excerpts of diagnostics, which come from files: see [runner.Redactor].
	Redact func(string) string
}

// JSON writes one JSON document about a run, see [Schema]. It is written as the run goes, a request a line, and so what
// is known at the end stands at the end: verdicts, durations and counts. Only what is needed for that is kept.
type JSON struct {
	o        JSONOptions
	out      screen
	current  *runner.CollectionInfo // being written
	written  int                    // collections
	requests int                    // of the current collection
	counts   runner.Counts          // of the current collection
}

// NewJSON makes a JSON report that is written to w, by one call for each request.
func NewJSON(w io.Writer, o JSONOptions) *JSON { return &JSON{o: o, out: screen{w: w}} }

// Err implements [Reporter].
func (j *JSON) Err() error { return j.out.err }

// RunStarted implements [runner.Reporter].
func (j *JSON) RunStarted(info *runner.RunInfo) {
	b := appendHead(append(j.out.text, "{\n  "...), info, &j.o, ",\n  ")
	j.out.text = append(b, ",\n  \"collections\": ["...)
	j.out.flush()
}

// RequestFinished implements [runner.Reporter].
func (j *JSON) RequestFinished(r *runner.RequestResult) {
	j.open(r.Collection)
	if j.requests > 0 {
		j.out.print(",")
	}
	j.requests++
	addRequest(&j.counts, r)
	j.out.print("\n      ")
	j.out.text = appendRequest(j.out.text, r, &j.o)
	j.out.flush()
}

// CollectionFinished implements [runner.Reporter].
func (j *JSON) CollectionFinished(c *runner.CollectionResult) {
	j.open(c.Info)
	j.close(c.Verdict, c.Duration, &c.Counts)
	j.out.flush()
}

// RunFinished implements [runner.Reporter].
func (j *JSON) RunFinished(r *runner.Result) {
	if j.current != nil { // the run ended before the collection did
		j.close(j.counts.Verdict(), r.Duration, &j.counts)
	}
	b := j.out.text
	if j.written > 0 {
		b = append(b, "\n  "...)
	}
	j.out.text = append(appendTail(append(b, "],\n  "...), r, ",\n  "), "\n}\n"...)
	j.out.flush()
}

// open begins a collection, unless it is begun.
func (j *JSON) open(c *runner.CollectionInfo) {
	if j.current == c {
		return
	}
	if j.current != nil {
		j.close(j.counts.Verdict(), 0, &j.counts)
	}
	if j.written > 0 {
		j.out.print(",")
	}
	j.written++
	j.current, j.requests = c, 0
	j.counts = runner.Counts{Collections: 1, Iterations: c.Iterations}
	b := appendCollection(append(j.out.text, "\n    {"...), c)
	j.out.text = append(b, ", \"requests\": ["...)
}

// close ends the collection that is open.
func (j *JSON) close(v runner.Verdict, took time.Duration, c *runner.Counts) {
	b := j.out.text
	if j.requests > 0 {
		b = append(b, "\n    "...)
	}
	b = appendOutcome(append(b, "], "...), v, took, c)
	j.out.text = append(b, '}')
	j.current = nil
}

// addRequest adds a finished request to counts of what was told, in which what was planned is not known before.
func addRequest(c *runner.Counts, r *runner.RequestResult) {
	c.Count(r)
	c.Requests.Planned++
	c.Assertions.Planned += max(r.Planned, len(r.Assertions))
}
