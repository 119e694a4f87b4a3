package report

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"strings"

	"github.com/postrider/postrider/runner"
)

// A savedFile is a report on disk.
type savedFile struct {
	name  string
	data  io.ReaderAt
	size  int64
	stat  fs.FileInfo // nil for what could be read once only
	lines bool        // NDJSON
	close func()
}

// A part is the requests of one collection in one file.
type part struct {
	file  *savedFile
	index int // of the collection in the file, from 1
	// start and end are the byte offsets between which the requests stand: behind [ and behind ], or those of lines.
	start, end int64
	// round is the first iteration. Up to planned are the requests of that one, and from tail on, unless that is 0, those
	// that came behind the last.
	round         int
	planned, tail int64
}

// note keeps where the requests stand that the plan is made of. From and to are the offsets of a request.
func (p *part) note(r *runner.RequestResult, from, to int64) {
	if p.round == 0 {
		p.round = r.Iteration
	}
	switch {
	case r.Iteration == p.round && p.tail == 0:
		p.planned = to
	case r.Stage != runner.Teardown || len(r.Folder) > 0:
		p.tail = 0
	case p.tail == 0:
		p.tail = from
	}
}

// A requestReader gives the requests of a part, one after the other.
type requestReader struct {
	part *part
	info *runner.CollectionInfo
	in   *json.Decoder
	base int64 // what is to be added to the decoder's offsets
}

// read begins to read a part at an offset that is its start, or the end of a request.
func (p *part) read(info *runner.CollectionInfo, from, to int64) *requestReader {
	r := &requestReader{part: p, info: info}
	var in io.Reader = io.NewSectionReader(p.file.data, from, to-from)
	before := ""
	switch {
	case p.file.lines:
	case from == p.start:
		before = "["
	default:
		before = "[0"
	}
	r.in, r.base = json.NewDecoder(io.MultiReader(strings.NewReader(before), in)), from-int64(len(before))
	for range before { // each is a token
		_, _ = r.in.Token()
	}
	return r
}

// next is the next request, or io.EOF behind the last.
func (r *requestReader) next() (*runner.RequestResult, error) {
	for {
		if !r.in.More() {
			return nil, io.EOF
		}
		q := &savedRequest{}
		var err error
		if r.part.file.lines {
			e := savedEvent{}
			if err = r.in.Decode(&e); err == nil && !e.tells(r.part.index) {
				continue
			}
			q = e.Request
		} else {
			err = r.in.Decode(q)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, r.part.file.problem(err, r.base+r.in.InputOffset())
		}
		result, err := q.result(r.info)
		if err != nil {
			return nil, r.part.file.problem(err, r.base+r.in.InputOffset())
		}
		return result, nil
	}
}

// plan yields what the parts were to send in an iteration, as far as they tell.
func (g *savedGroup) plan(yield func(runner.Planned) bool) {
	first := math.MaxInt
	for i := range g.parts {
		if g.parts[i].round > 0 {
			first = min(first, g.parts[i].round)
		}
	}
	for i := range g.parts {
		p := &g.parts[i]
		if p.round != first {
			continue
		}
		ranges := [][2]int64{{p.start, p.planned}}
		if p.tail > 0 {
			ranges = append(ranges, [2]int64{p.tail, p.end})
		}
		for _, r := range ranges {
			for in := p.read(g.info, r[0], r[1]); ; {
				q, err := in.next()
				if err != nil {
					break // it could be read before; whoever plays the requests tells
				}
				if !yield(planOf(q)) {
					return
				}
			}
		}
	}
}

func planOf(q *runner.RequestResult) runner.Planned {
	return runner.Planned{
		Stage: q.Stage, Folder: q.Folder, Name: q.Name, Case: q.Case, Method: q.Method, Path: q.Path, Assertions: q.Planned, Source: q.Source,
	}
}
