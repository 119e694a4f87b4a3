package collection

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// Files are the files that a collection may name: those inside its folder, links resolved. A name is relative to the file
// that mentions it. The folder of a collection that is one file is the folder of that file.
//
// Many goroutines may use one. A nil *Files has no file.
type Files struct {
	tree   Tree
	root   string                  // the collection's folder, as the tree calls it
	places map[*diag.Source]string // where the collection's own files are below the root, with slashes
}

// A fileError is why a file cannot be had, in words.
type fileError struct {
	words string
	cause error
}

func (e *fileError) Error() string { return e.words }
func (e *fileError) Unwrap() error { return e.cause }

var (
	errNoFiles  = errors.New("there is no folder that files could be read from")
	errNoName   = errors.New("the name is empty")
	errOutside  = errors.New("it lies outside the collection's folder (--allow-outside-files lifts that)")
	errAbsolute = errors.New("it is an absolute path, and files must lie inside the collection's folder (--allow-outside-files lifts that)")
	errFolder   = errors.New("it is a folder")
	errSpecial  = errors.New("it is not a regular file")
)

// Open opens a file that a value in the source names: relative to the folder of the source, and inside the collection's
// unless the [Tree] lifts that. The text of an error says why not, in words that fit behind "cannot read x: ". It can be
// asked for [fs.ErrNotExist] and [fs.ErrPermission].
func (f *Files) Open(source *diag.Source, name string) (fs.File, error) {
	switch {
	case f == nil:
		return nil, errNoFiles
	case name == "":
		return nil, errNoName
	case f.tree.FS != nil:
		return f.openCarried(source, name)
	case f.tree.Outside:
		return open(f.Path(source, name), true, os.Stat, os.Open)
	case absolute(name):
		return nil, errAbsolute
	}
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, &fileError{reason(err), err}
	}
	defer root.Close() // what it has opened stays open
	return open(f.inside(source, name), false, root.Stat, root.Open)
}

// openCarried opens a file of those that the program carries.
func (f *Files) openCarried(source *diag.Source, name string) (fs.File, error) {
	if absolute(name) {
		return nil, errAbsolute
	}
	inside := f.inside(source, name)
	whole := path.Join(f.root, inside)
	if escapes(inside) && !f.tree.Outside || escapes(whole) {
		return nil, errOutside
	}
	stat := func(name string) (fs.FileInfo, error) { return fs.Stat(f.tree.FS, name) }
	return open(whole, false, stat, f.tree.FS.Open)
}

// open opens a file and no folder; where special is false, no pipe or device either, since opening one may never end.
func open[F fs.File](name string, special bool, stat func(string) (fs.FileInfo, error), openFile func(string) (F, error)) (fs.File, error) {
	info, err := stat(name)
	switch {
	case err != nil:
		return nil, &fileError{reason(err), err}
	case info.IsDir():
		return nil, errFolder
	case !special && !info.Mode().IsRegular():
		return nil, errSpecial
	}
	file, err := openFile(name)
	if err != nil {
		return nil, &fileError{reason(err), err}
	}
	return file, nil
}

// Path is where the file is that a value in the source names, for messages and for watching it. Whether it may be opened
// is for [Files.Open] to say.
func (f *Files) Path(source *diag.Source, name string) string {
	switch {
	case f == nil || absolute(name):
		return name
	case f.tree.FS == nil:
		return filepath.Join(f.root, filepath.FromSlash(f.inside(source, name)))
	}
	return f.tree.shown(path.Join(f.root, f.inside(source, name)))
}

// nearestFile is the name most like another. The extension, which most have in common, says nothing of how like they are.
func nearestFile(name string, names []string) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	var stems []string
	for _, n := range names {
		if path.Ext(n) == ext {
			stems = append(stems, strings.TrimSuffix(n, ext))
		}
	}
	if near := diag.Nearest(stem, stems); near != "" {
		return near + ext
	}
	return diag.Nearest(name, slices.DeleteFunc(names, func(n string) bool { return path.Ext(n) == ext }))
}

// Nearest is the name of the file that is called most like one that is not there, written as the value in the source
// would write it; "" when there is none.
func (f *Files) Nearest(source *diag.Source, name string) string {
	if f == nil || absolute(name) {
		return ""
	}
	inside := f.inside(source, name)
	if escapes(inside) {
		return ""
	}
	tree := f.tree.FS
	folder := path.Join(f.root, path.Dir(inside))
	if tree == nil {
		root, err := os.OpenRoot(f.root)
		if err != nil {
			return ""
		}
		defer root.Close()
		tree, folder = root.FS(), path.Dir(inside)
	}
	entries, err := fs.ReadDir(tree, folder)
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	base := path.Base(inside)
	near := nearestFile(base, names)
	if near == "" || !strings.HasSuffix(name, base) {
		return ""
	}
	return strings.TrimSuffix(name, base) + near
}

// inside is the path of a file below the root, with slashes. It may lead out of it.
func (f *Files) inside(source *diag.Source, name string) string {
	if f == nil || absolute(name) {
		return name
	}
	return path.Join(path.Dir(f.places[source]), filepath.ToSlash(name))
}

// escapes reports whether a clean path leads out of where it begins.
func escapes(name string) bool { return name == ".." || strings.HasPrefix(name, "../") }

// absolute reports whether a name is a path from a root, of this operating system or of another.
func absolute(name string) bool {
	return filepath.IsAbs(name) || filepath.VolumeName(name) != "" || strings.HasPrefix(name, "/") || strings.HasPrefix(name, `\`)
}

// reason is an error's cause in words, without the path and the system call.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	var p *fs.PathError
	if !errors.As(err, &p) {
		return err.Error()
	}
	// os.Root exports no error for a link that leads out.
	if p.Err.Error() == "path escapes from parent" {
		return errOutside.Error()
	}
	return p.Err.Error()
}
