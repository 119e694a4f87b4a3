package report

import (
	"io"

	"github.com/postrider/postrider/runner/diag"
)

// Columns draws rows of text below their titles, as all tables of the program are drawn: control characters escaped,
// columns as wide as they must be.
func Columns(w io.Writer, color bool, titles []string, rows [][]string) error {
	l := make(layout, len(titles))
	for i, title := range titles {
		l[i].title = title
	}
	clean := make([][]string, len(rows))
	for i, row := range rows {
		clean[i] = make([]string, len(row))
		for j, cell := range row {
			clean[i][j] = diag.PrintableLine(cell)
		}
	}
	_, err := w.Write(table(l, color, clean))
	return err
}
