package report

import (
	_ "embed"
	"io"
	"strconv"
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
	// IncludeBodies adds the bodies of responses, as far as the runner keeps them.
	IncludeBodies bool
}

// JSON writes one JSON document about a run, see [Schema]. It is written as the run goes, a request a line, and so what
// is known at the end stands at the end: verdicts, durations and counts. Only what is needed for that is kept.
type JSON struct {
	o        JSONOptions
	out      screen
	current  *runner.CollectionInfo // being written
	written  int                    // collections
	requests int                    // of the current collection
	verdicts map[runner.Verdict]bool
}

// NewJSON makes a JSON report that is written to w, by one call for each request.
func NewJSON(w io.Writer, o JSONOptions) *JSON { return &JSON{o: o, out: screen{w: w}} }

// Err implements [Reporter].
func (j *JSON) Err() error { return j.out.err }

// RunStarted implements [runner.Reporter].
func (j *JSON) RunStarted(info *runner.RunInfo) {
	b := append(j.out.text, "{\n  \"version\": 1,\n  \"tool\": {\"name\": \"postrider\", \"version\": "...)
	b = append(appendString(b, j.o.Version), "},\n  \"started_at\": \""...)
	b = info.Started.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, "\",\n  \"environment\": "...)
	b = append(appendStrings(b, info.Environment), ",\n  \"collections\": ["...)
	j.out.text = b
	j.out.flush()
}

// RequestFinished implements [runner.Reporter].
func (j *JSON) RequestFinished(r *runner.RequestResult) {
	j.open(r.Collection)
	if j.requests > 0 {
		j.out.print(",")
	}
	j.requests++
	j.verdicts[r.Verdict] = true
	j.out.print("\n      ")
	j.out.text = appendRequest(j.out.text, r, j.o.IncludeBodies)
	j.out.flush()
}

// CollectionFinished implements [runner.Reporter].
func (j *JSON) CollectionFinished(c *runner.CollectionResult) {
	j.open(c.Info)
	j.close(c.Verdict, c.Duration)
	j.out.flush()
}

// RunFinished implements [runner.Reporter].
func (j *JSON) RunFinished(r *runner.Result) {
	if j.current != nil { // the run ended before the collection did
		j.close(j.worst(), r.Duration)
	}
	b := j.out.text
	if j.written > 0 {
		b = append(b, "\n  "...)
	}
	b = append(b, "],\n  \"counts\": "...)
	b = appendCounts(b, &r.Counts)
	b = append(b, ",\n  \"verdict\": "...)
	b = appendString(b, string(r.Verdict))
	b = append(b, ",\n  \"duration_ms\": "...)
	b = appendMilliseconds(b, r.Duration)
	b = append(b, ",\n  \"exit_code\": "...)
	b = strconv.AppendInt(b, int64(r.ExitCode()), 10)
	j.out.text = append(b, "\n}\n"...)
	j.out.flush()
}

// open begins a collection, unless it is begun.
func (j *JSON) open(c *runner.CollectionInfo) {
	if j.current == c {
		return
	}
	if j.current != nil {
		j.close(j.worst(), 0)
	}
	if j.written > 0 {
		j.out.print(",")
	}
	j.written++
	j.current, j.requests, j.verdicts = c, 0, map[runner.Verdict]bool{}
	b := appendString(append(j.out.text, "\n    {\"name\": "...), c.Name)
	b = appendString(append(b, ", \"path\": "...), c.Path)
	b = strconv.AppendInt(append(b, ", \"iterations\": "...), int64(c.Iterations), 10)
	j.out.text = append(b, ", \"requests\": ["...)
}

// close ends the collection that is open.
func (j *JSON) close(v runner.Verdict, took time.Duration) {
	b := j.out.text
	if j.requests > 0 {
		b = append(b, "\n    "...)
	}
	b = appendString(append(b, "], \"verdict\": "...), string(v))
	b = appendMilliseconds(append(b, ", \"duration_ms\": "...), took)
	j.out.text = append(b, '}')
	j.current = nil
}

// worst is the verdict of a collection that nobody gave one.
func (j *JSON) worst() runner.Verdict {
	for _, v := range []runner.Verdict{runner.Errored, runner.Failed, runner.Passed} {
		if j.verdicts[v] {
			return v
		}
	}
	return runner.Skipped
}
