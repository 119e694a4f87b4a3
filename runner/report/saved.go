package report

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// A Saved report is one that a run wrote, as JSON or NDJSON: see [Schema]. It can be told again to any reporter. Of a
// report of any length only where its collections stand is kept in memory, and one request at a time.
type Saved struct {
	name       string
	info       *runner.RunInfo
	result     *runner.Result
	rerun      []string
	groups     []*savedGroup
	files      []*savedFile
	incomplete error
}

// A savedGroup is one collection, out of one file or of several that were merged.
type savedGroup struct {
	info   *runner.CollectionInfo
	result *runner.CollectionResult // nil where the collection did not come to its end
	parts  []part
	told   runner.Counts // of the requests that are there
	latest time.Time     // when the last of them ended
	// inOrder says to merge the parts as shards of one plan.
	inOrder bool
}

// OpenSaved opens a report, reads it through once and checks that all of it adds up. What is wrong with it comes as a
// [diag.Diagnostic], with the line. The caller ends with Close.
func OpenSaved(name string) (*Saved, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		_ = file.Close() // it was only looked at
		if err == nil {
			err = errors.New("it is a folder")
		}
		return nil, unreadable(name, err)
	}
	if !info.Mode().IsRegular() {
		defer file.Close()
		return ReadSaved(name, file)
	}
	return readSaved(&savedFile{name: name, data: file, size: info.Size(), stat: info, close: func() { _ = file.Close() }})
}

// ReadSaved is OpenSaved for what can be read once only, as standard input. Name is for messages.
func ReadSaved(name string, r io.Reader) (*Saved, error) {
	kept := &spool{}
	if _, err := io.Copy(kept, r); err != nil {
		kept.reset()
		return nil, unreadable(name, err)
	}
	return readSaved(&savedFile{name: name, data: kept, size: kept.size, close: kept.reset})
}

func unreadable(name string, err error) error {
	var path *fs.PathError
	d := diag.Diagnostic{Hint: writeOne}
	if errors.As(err, &path) {
		err = path.Err
	}
	d.Message = fmt.Sprintf("cannot read the report %q: %s", name, err)
	if errors.Is(err, fs.ErrNotExist) {
		d.Message = fmt.Sprintf("cannot read the report %q: there is no such file", name)
	}
	return d
}

func readSaved(f *savedFile) (*Saved, error) {
	s := &Saved{name: f.name, files: []*savedFile{f}}
	if err := s.index(f); err != nil {
		s.Close()
		return nil, err
	}
	for _, g := range s.groups {
		s.info.Collections = append(s.info.Collections, g.info)
	}
	return s, nil
}

// index reads the file for the first time.
func (s *Saved) index(f *savedFile) error {
	if f.size == 0 {
		return f.no("the file is empty")
	}
	start := make([]byte, 64)
	n, _ := f.data.ReadAt(start, 0) // who reads it next tells
	if text := bytes.TrimLeft(start[:n], " \t\r\n"); len(text) > 0 && text[0] != '{' {
		return f.no("it does not begin with {")
	}
	f.lines = beginsWithEvent(f)
	in := json.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(f.data, 0, f.size), 64<<10))
	if f.lines {
		return (&follower{Saved: s, file: f, in: in}).lines()
	}
	return (&indexer{Saved: s, file: f, in: in}).document()
}

// beginsWithEvent reports whether a file begins as a line of NDJSON does.
func beginsWithEvent(f *savedFile) bool {
	in := json.NewDecoder(io.NewSectionReader(f.data, 0, min(f.size, 1<<10)))
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	t, err := in.Token()
	return err == nil && t == "event"
}

// Close closes the files. It may be called more than once.
func (s *Saved) Close() {
	for _, f := range s.files {
		f.close()
	}
}

// Result is the outcome of the run.
func (s *Saved) Result() *runner.Result { return s.result }

// Rerun is the command that runs again what failed, up to the choice of requests: see [TableOptions]. It is empty where the
// report does not tell, and where reports that were merged tell different ones.
func (s *Saved) Rerun() []string { return s.rerun }

// Incomplete is why the report is not whole, nil if it is: an NDJSON report is read as far as it goes.
func (s *Saved) Incomplete() error { return s.incomplete }

// Play tells a reporter what the run told. If the report cannot be read any more, or the context ends, the reporter is left
// where it was.
func (s *Saved) Play(ctx context.Context, r runner.Reporter) error {
	r.RunStarted(s.info)
	for _, g := range s.groups {
		if err := g.play(ctx, r); err != nil {
			return err
		}
		if g.result != nil {
			r.CollectionFinished(g.result)
		}
	}
	r.RunFinished(s.result)
	return nil
}

func (g *savedGroup) play(ctx context.Context, r runner.Reporter) error {
	for in := g.read(); ; {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		q, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r.RequestFinished(q)
	}
}

// tell adds a request that was found to what is known of the collection.
func (g *savedGroup) tell(r *runner.RequestResult, from, to int64) {
	addRequest(&g.told, r)
	g.parts[0].note(r, from, to)
	if end := r.Started.Add(r.Timing.Total); !r.Started.IsZero() && end.After(g.latest) {
		g.latest = end
	}
}

// counts are those that the collection ended with, or those of its requests so far.
func (g *savedGroup) counts() runner.Counts {
	if g.result != nil {
		return g.result.Counts
	}
	c := g.told
	if c.Requests.Planned > 0 {
		c.Collections, c.Iterations = 1, g.info.Iterations
	}
	return c
}

// latest is when the last request ended.
func (s *Saved) latest() time.Time {
	t := s.info.Started
	for _, g := range s.groups {
		if g.latest.After(t) {
			t = g.latest
		}
	}
	return t
}

// finish gives a collection its outcome, which must be that of its requests. A run that was stopped counts those that it
// did not tell of as skipped, and a row that cannot be read as an error of none of them. Part says that it is of a shard.
func (g *savedGroup) finish(t *savedTail, part bool) error {
	v, c, err := t.outcome()
	if err != nil {
		return err
	}
	if g.result != nil {
		return errors.New("a collection ends twice")
	}
	g.result = &runner.CollectionResult{Info: g.info, Verdict: v, Duration: t.Duration.duration(), Counts: c}
	was, told := c.Requests, g.told.Requests
	var wrong []string
	differs := func(name string, count, there int) {
		if count != there {
			wrong = append(wrong, fmt.Sprintf("%d %s are counted, %d are there", count, name, there))
		}
	}
	differs("sent requests", was.Sent, told.Sent)
	differs("passed requests", was.Passed, told.Passed)
	differs("failed requests", was.Failed, told.Failed)
	differs("flaky requests", was.Flaky, told.Flaky)
	differs("requests in error", was.Errors, min(max(was.Errors, told.Errors), told.Errors+1))
	differs("skipped requests", was.Skipped, max(was.Skipped, told.Skipped))
	differs("planned requests", was.Planned, was.Passed+was.Failed+was.Errors+was.Skipped)
	differs("checked assertions", c.Assertions.Checked, g.told.Assertions.Checked)
	differs("failed assertions", c.Assertions.Failed, g.told.Assertions.Failed)
	differs("collections", c.Collections, 1)
	if !part || c.Iterations > g.info.Iterations { // a shard has some of them
		differs("iterations", c.Iterations, g.info.Iterations)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("the counts of the collection %q do not add up: %s", g.info.Name, strings.Join(wrong, "; "))
	}
	if v != runner.Interrupted && v != c.Verdict() {
		return fmt.Errorf("the collection %q has the verdict %s, its counts add up to %s", g.info.Name, v, c.Verdict())
	}
	return nil
}

// finish gives the run its outcome, which must be that of its collections.
func (s *Saved) finish(t *savedTail, f *savedFile, at int64) error {
	v, c, err := t.outcome()
	if err != nil {
		return f.problem(err, at)
	}
	var sum runner.Counts
	for _, g := range s.groups {
		sum.Add(g.counts())
	}
	s.result = &runner.Result{Info: s.info, Verdict: v, Duration: t.Duration.duration(), Counts: c}
	switch {
	case sum != c:
		err = errors.New("the counts of the run are not those of its collections")
	case v != runner.Interrupted && v != c.Verdict():
		err = fmt.Errorf("the run has the verdict %s, its counts add up to %s", v, c.Verdict())
	case *t.ExitCode != s.result.ExitCode():
		err = fmt.Errorf("the exit code is %d, that of the verdict %s is %d", *t.ExitCode, v, s.result.ExitCode())
	default:
		return nil
	}
	return f.problem(err, at)
}
