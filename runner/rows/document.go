package rows

import (
	"io"
	"strconv"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// maxDocument is how many bytes a TOML file may have, which is read whole: 64 MiB.
const maxDocument = 64 << 20

// A document is the rows of a TOML file.
type document struct{ rows []*tomlnode.Node }

func newDocument(f *File, r io.Reader) (*document, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, f.unreadable(err)
	}
	if len(text) > maxDocument {
		return nil, f.wrong(position{1, 1}, "the data file is longer than 64 MiB, and TOML is read whole", "CSV and NDJSON may be of any length")
	}
	root, list := tomlnode.Parse(diag.NewSource(f.name, string(text)))
	if root == nil {
		return nil, list[0]
	}
	var rows []*tomlnode.Node
	for i, e := range root.Entries {
		if i > 0 {
			return nil, diag.Diagnostic{Message: strconv.Quote(e.Key) + " stands beside " + strconv.Quote(root.Entries[0].Key), Span: e.Span,
				Hint: "a data file has one array of tables and nothing else"}
		}
		if rows, err = tables(e); err != nil {
			return nil, err
		}
	}
	return &document{rows}, nil
}

// tables are the items of an array of tables.
func tables(e tomlnode.Entry) ([]*tomlnode.Node, error) {
	const hint = "write a [[row]] for each iteration, and its variables below it"
	if e.Node.Kind != tomlnode.Array {
		return nil, diag.Diagnostic{Message: strconv.Quote(e.Key) + " must be an array of tables, not " + e.Node.Kind.String(), Span: e.Span, Hint: hint}
	}
	for _, row := range e.Node.Items {
		if row.Kind != tomlnode.Table {
			return nil, diag.Diagnostic{Message: "a row must be a table, not " + row.Kind.String(), Span: row.Span, Hint: hint}
		}
		for _, v := range row.Entries {
			if message, hint := checkName(v.Key); message != "" {
				return nil, diag.Diagnostic{Message: message, Span: v.Span, Hint: hint}
			}
		}
	}
	return e.Node.Items, nil
}

func (d *document) next(wanted bool) (values map[string]any, line int, err error) {
	if len(d.rows) == 0 {
		return nil, 0, io.EOF
	}
	row := d.rows[0]
	d.rows = d.rows[1:]
	line, _ = row.Span.Position()
	if wanted {
		values = row.Value().(map[string]any)
	}
	return values, line, nil
}
