package runner

import (
	"errors"
	"io/fs"
	"maps"
	"slices"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/rows"
)

// rows is the file of rows that a collection names.
func (c *compiler) rows(v *collection.Value) *rows.File {
	name, _ := v.Text()
	f, err := rows.New(c.files.Path(v.Span.Source, name), func() (fs.File, error) { return c.files.Open(v.Span.Source, name) })
	if err != nil {
		c.rowsProblem(err, v)
		return nil
	}
	return f
}

// rowsProblem says what is wrong with the rows: at the place in their file, or where they are named.
func (c *compiler) rowsProblem(err error, named *collection.Value) {
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		d.Message = err.Error()
	}
	if d.Span.IsZero() && named != nil {
		d.Span = named.Span
	}
	c.list = append(c.list, d)
}

// Columns are the names that data rows give values to, as far as the first row tells.
func (r *Runner) Columns() []string {
	if r.rows == nil {
		return nil
	}
	reader, err := r.rows.Read()
	if err != nil {
		return nil
	}
	defer reader.Close()
	row, err := reader.Next()
	if err != nil {
		return nil
	}
	return slices.Collect(maps.Keys(row.Values))
}
