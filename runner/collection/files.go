package collection

import (
	"io/fs"

	"github.com/postrider/postrider/runner/diag"
)

// Files are the files that a collection may name: those inside its folder, with links resolved.
type Files struct {
}

// Open opens a file that a value in the source names: relative to the source's own folder, and inside the collection's.
func (f *Files) Open(source *diag.Source, name string) (fs.File, error) {
	return nil, fs.ErrNotExist
}
