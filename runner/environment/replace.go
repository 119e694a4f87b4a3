package environment

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// replaceFile writes a file in the place of another, so that a crash or a full disk leaves either whole: into a new
// file beside it, then by its name. fault, if it is not nil, may fail each step before it is taken.
func replaceFile(path, text string, mode fs.FileMode, fault func(step string) error) (err error) {
	step := func(name string, do func() error) {
		if err == nil && fault != nil {
			err = fault(name)
		}
		if err == nil {
			err = do()
		}
	}
	folder := filepath.Dir(path)
	var temp *os.File
	step("create", func() error { temp, err = os.CreateTemp(folder, "."+filepath.Base(path)+".*"); return err })
	if temp == nil {
		return err
	}
	defer func() {
		if err != nil {
			temp.Close()
			os.Remove(temp.Name())
		}
	}()
	step("write", func() error { _, err := temp.WriteString(text); return err })
	step("chmod", func() error { return temp.Chmod(mode) })
	step("sync", temp.Sync)
	step("close", temp.Close)
	step("rename", func() error { return os.Rename(temp.Name(), path) })
	step("sync folder", func() error { return syncFolder(folder) })
	return err
}

// syncFolder makes the new name last. Where folders cannot be synced, as on Windows, the system sees to it.
func syncFolder(folder string) error {
	if !hasModes {
		return nil
	}
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer opened.Close()
	if err := opened.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
