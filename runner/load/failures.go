package load

import (
	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

const (
	// maxFailures is how many kinds of failures are kept, and maxOfRequest how many of one request.
	maxFailures  = 100
	maxOfRequest = 10
)

// failures keeps one of each kind.
type failures struct {
	list  []Failure
	index map[kind]int
	rows  map[int]int // how many kinds each row has
	more  int64
}

// A kind is what makes failures the same.
type kind struct {
	row     int
	span    diag.Span
	message string
}

// add counts what a request failed with.
func (f *failures) add(row int, title string, res *runner.RequestResult) {
	list := res.Diagnostics
	if len(list) == 0 && res.Error != nil {
		list = diag.List{{Message: res.Error.Message, Span: res.Error.Source}}
	}
	for i := range list {
		f.one(kind{row, list[i].Span, list[i].Message}, title, &list[i])
	}
}

func (f *failures) one(k kind, title string, d *diag.Diagnostic) {
	if i, ok := f.index[k]; ok {
		f.list[i].Count++
		return
	}
	if len(f.list) == maxFailures || f.rows[k.row] == maxOfRequest {
		f.more++
		return
	}
	if f.index == nil {
		f.index, f.rows = map[kind]int{}, map[int]int{}
	}
	f.index[k] = len(f.list)
	f.rows[k.row]++
	line, column := d.Span.Position()
	f.list = append(f.list, Failure{Request: title, Count: 1, Diagnostic: *d, File: d.Span.File(), Line: line, Column: column})
}
