package report

import (
	"strconv"
	"time"

	"github.com/postrider/postrider/runner"
)

// The members that a report and the events of one have in common. They are one below the other in a report and on one
// line in an event: between is what separates them.

// appendHead adds what is known before the first request.
func appendHead(b []byte, info *runner.RunInfo, o *JSONOptions, between string) []byte {
	b = append(append(b, `"version": 1`...), between...)
	b = appendString(append(b, `"tool": {"name": "postrider", "version": `...), o.Version)
	b = append(append(b, '}'), between...)
	b = append(appendTime(append(b, `"started_at": `...), info.Started), between...)
	b = append(appendStrings(append(b, `"environment": `...), info.Environment), between...)
	if len(o.Rerun) > 0 {
		b = append(appendStrings(append(b, `"rerun": `...), o.Rerun), between...)
	}
	if s := info.Shard; s != nil {
		b = appendInt(append(b, `"shard": {"index": `...), s.Index)
		b = append(append(appendInt(append(b, `, "of": `...), s.Of), '}'), between...)
	}
	b = append(b, `"planned": {"collections": `...)
	b = appendInt(b, info.Planned.Collections)
	b = appendInt(append(b, `, "iterations": `...), info.Planned.Iterations)
	return append(appendPlanned(append(b, ", "...), &info.Planned), '}')
}

// appendTail adds what is known at the end.
func appendTail(b []byte, r *runner.Result, between string) []byte {
	b = append(appendCounts(append(b, `"counts": `...), &r.Counts), between...)
	b = append(appendString(append(b, `"verdict": `...), string(r.Verdict)), between...)
	b = append(appendMilliseconds(append(b, `"duration_ms": `...), r.Duration), between...)
	return appendInt(append(b, `"exit_code": `...), r.ExitCode())
}

// appendCollection adds what is known of a collection before its first request.
func appendCollection(b []byte, c *runner.CollectionInfo) []byte {
	b = appendString(append(b, `"name": `...), c.Name)
	b = appendString(append(b, `, "path": `...), c.Path)
	b = strconv.AppendInt(append(b, `, "iterations": `...), int64(c.Iterations), 10)
	return append(appendPlanned(append(b, `, "planned": {`...), &c.Planned), '}')
}

func appendPlanned(b []byte, c *runner.Counts) []byte {
	b = appendInt(append(b, `"requests": `...), c.Requests.Planned)
	return appendInt(append(b, `, "assertions": `...), c.Assertions.Planned)
}

// appendOutcome adds what is known of a collection behind its last request.
func appendOutcome(b []byte, v runner.Verdict, took time.Duration, c *runner.Counts) []byte {
	b = appendString(append(b, `"verdict": `...), string(v))
	b = appendMilliseconds(append(b, `, "duration_ms": `...), took)
	return appendCounts(append(b, `, "counts": `...), c)
}

func appendCounts(b []byte, c *runner.Counts) []byte {
	for i, n := range [...]struct {
		key string
		n   int
	}{
		{`{"collections": `, c.Collections}, {`"iterations": `, c.Iterations},
		{`"requests": {"planned": `, c.Requests.Planned}, {`"sent": `, c.Requests.Sent}, {`"passed": `, c.Requests.Passed},
		{`"failed": `, c.Requests.Failed}, {`"errors": `, c.Requests.Errors}, {`"skipped": `, c.Requests.Skipped}, {`"flaky": `, c.Requests.Flaky},
		{`"assertions": {"planned": `, c.Assertions.Planned}, {`"checked": `, c.Assertions.Checked}, {`"failed": `, c.Assertions.Failed},
	} {
		if n.key == `"assertions": {"planned": ` {
			b = append(b, '}')
		}
		b = appendInt(append(separate(b, i), n.key...), n.n)
	}
	return append(b, "}}"...)
}
