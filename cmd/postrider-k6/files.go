package main

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/spf13/afero"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/lib/fsext"
)

// files are k6's files below a folder. What is opened in the init context k6 keeps in memory, so that `k6 archive` takes it
// along and an iteration finds it again.
type files struct {
	fs   afero.Fs
	root string
}

// filesBelow are the files below the folder of the script, or below one that it names.
func filesBelow(env *common.InitEnvironment, folder string) *files {
	return &files{env.FileSystems["file"], env.GetAbsFilePath(folder)}
}

func (f *files) at(op, name string) (string, error) {
	if !fs.ValidPath(name) {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return filepath.FromSlash(path.Join(filepath.ToSlash(f.root), name)), nil
}

// Open opens a file.
func (f *files) Open(name string) (fs.File, error) {
	at, err := f.at("open", name)
	if err != nil {
		return nil, err
	}
	file, err := f.fs.Open(at)
	if err != nil {
		return nil, late(name, err)
	}
	return file, nil
}

// Stat says what there is.
func (f *files) Stat(name string) (fs.FileInfo, error) {
	at, err := f.at("stat", name)
	if err != nil {
		return nil, err
	}
	info, err := f.fs.Stat(at)
	return info, late(name, err)
}

// late says in our words that k6 reads no file any more that it has not read in the init context.
func late(name string, err error) error {
	if errors.Is(err, fsext.ErrPathNeverRequestedBefore) {
		return &fs.PathError{Op: "open", Path: name, Err: errLate}
	}
	return err
}

var errLate = errors.New(`k6 did not read it before the test: name it, or its folder, in the option "files" of postrider.load()`)

// keep reads a file, or all files of a folder, so that k6 keeps them.
func (f *files) keep(name string) error {
	return fs.WalkDir(f, name, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := f.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		_, err = io.Copy(io.Discard, file)
		return err
	})
}

// ReadDir lists a folder, by name.
func (f *files) ReadDir(name string) ([]fs.DirEntry, error) {
	at, err := f.at("open", name)
	if err != nil {
		return nil, err
	}
	infos, err := afero.ReadDir(f.fs, at)
	entries := make([]fs.DirEntry, len(infos))
	for i, info := range infos {
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, err
}
