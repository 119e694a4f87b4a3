package main

import (
	"io/fs"
	"path"
	"path/filepath"

	"github.com/spf13/afero"
	"go.k6.io/k6/js/common"
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
		return nil, err
	}
	return file, nil
}

// Stat says what there is.
func (f *files) Stat(name string) (fs.FileInfo, error) {
	at, err := f.at("stat", name)
	if err != nil {
		return nil, err
	}
	return f.fs.Stat(at)
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
