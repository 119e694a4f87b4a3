package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// A File is a file to report into. What is written goes beside the target, which is replaced as a whole by
// [File.Commit]: whatever fails before leaves it as it was.
type File struct {
	// Check, if set, is given all that was written before it takes the place of the target. Its error withholds the file.
	// What goes to standard output or into a pipe is there already, and is not given to it.
	Check func(io.Reader) error

	name   string // as the user calls it
	target string // the file itself, behind symbolic links
	temp   *os.File
	out    *bufio.Writer
	direct io.Writer // in place of a file beside: standard output, a device, a pipe
	system system
	err    error // the first that there was
	done   bool
}

// errDone is for those who write to a file that is committed or aborted.
var errDone = errors.New("file is closed")

// Create begins to write a file, and its folder where there is none. The name "-" or "" stands for stdout, which is
// written as the bytes come. An existing file keeps its mode, a new one gets 0644 less the umask; what is neither a
// file nor a folder, as a pipe, is written directly. The caller ends with Commit or Abort.
func Create(path string, stdout io.Writer) (*File, error) {
	return create(path, stdout, 0o644, system{})
}

// CreatePrivate is Create for what holds secrets: a new file is for its owner alone, 0600.
func CreatePrivate(path string, stdout io.Writer) (*File, error) {
	return create(path, stdout, 0o600, system{})
}

// create begins a file that has a mode where it is new.
func create(path string, stdout io.Writer, mode fs.FileMode, sys system) (*File, error) {
	if path == "" || path == "-" {
		return &File{name: "standard output", direct: stdout}, nil
	}
	f := &File{name: path, target: path, system: sys}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		f.target = target
	}
	info, err := os.Stat(f.target)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write report %s: is a folder", path)
	case err == nil && !info.Mode().IsRegular():
		return f, f.openDirect()
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, f.wrap(err)
	default:
		if err := os.MkdirAll(filepath.Dir(f.target), 0o755); err != nil {
			return nil, f.wrap(err)
		}
	}
	if err := f.openBeside(mode, info != nil); err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

func (f *File) openDirect() error {
	file, err := os.OpenFile(f.target, os.O_WRONLY, 0)
	if err != nil {
		return f.wrap(err)
	}
	f.temp, f.direct = file, file
	return nil
}

// openBeside makes the file to write into. Its mode is never wider than the target's, also not for a moment.
func (f *File) openBeside(mode fs.FileMode, exact bool) error {
	for try := 0; ; try++ {
		name := filepath.Join(filepath.Dir(f.target), ".postrider-"+strconv.FormatUint(rand.Uint64(), 36)+".tmp")
		file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
		if errors.Is(err, fs.ErrExist) && try < 100 {
			continue
		}
		if err != nil {
			return err
		}
		f.temp = file
		break
	}
	if exact { // the umask does not bind a mode that the user chose
		if err := f.temp.Chmod(mode); err != nil {
			f.discard()
			return err
		}
	}
	f.out = bufio.NewWriterSize(f.temp, 64<<10)
	return nil
}

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) {
	if f.done {
		return 0, f.wrap(errDone)
	}
	if f.err != nil {
		return 0, f.err
	}
	w := f.direct
	if w == nil {
		w = f.out
	}
	n, err := w.Write(p)
	if err != nil {
		f.err = f.wrap(err)
	}
	return n, f.err
}

// Commit puts what was written into the place of the target. If that fails, or if any Write did, the error says why and
// the target is whole: as it was, or, where only the disk could not be told of the new name, what was written.
func (f *File) Commit() error {
	if f.done {
		return f.wrap(errDone)
	}
	f.done = true
	switch {
	case f.temp == nil:
		return f.err
	case f.direct != nil:
		return errors.Join(f.err, f.wrap(f.temp.Close()))
	}
	if f.err == nil {
		f.err = f.wrap(f.replace())
	}
	if f.err != nil {
		f.discard()
	}
	return f.err
}

// replace makes sure that the bytes are on the disk before the name is theirs, and then that the name is.
func (f *File) replace() error {
	if err := f.out.Flush(); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	if err := f.system.sync(f.temp); err != nil {
		return err
	}
	if err := f.system.close(f.temp); err != nil {
		return err
	}
	if err := f.system.rename(f.temp.Name(), f.target); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(f.target))
	if err != nil {
		return nil // it may be one that can be written and not read; the file is in its place
	}
	defer folder.Close()
	err = f.system.sync(folder)
	if runtime.GOOS == "windows" || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // there are file systems that cannot
	}
	return err
}

// check has what was written looked at.
func (f *File) check() error {
	if f.Check == nil {
		return nil
	}
	info, err := f.temp.Stat()
	if err != nil {
		return err
	}
	return f.Check(io.NewSectionReader(f.temp, 0, info.Size()))
}

// Direct reports whether what is written goes to its reader at once, and not beside a file.
func (f *File) Direct() bool { return f.direct != nil }

// Name is what the user calls the file.
func (f *File) Name() string { return f.name }

// Abort drops what was written; the target is as it was. After Commit it does nothing.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	if f.temp == nil {
		return nil
	}
	if f.direct != nil {
		return f.wrap(f.temp.Close())
	}
	f.discard()
	return nil
}

// discard removes the file beside, if it is still there.
func (f *File) discard() {
	f.temp.Close()
	os.Remove(f.temp.Name())
}

func (f *File) wrap(err error) error {
	if err == nil {
		return nil
	}
	// The name of the file beside means nothing to the user.
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("write report %s: %w", f.name, err)
}

// A system is the calls that may fail when a file is put into its place, so that tests can fail each in turn. Those that
// are nil are the real ones.
type system struct {
	syncing  func(*os.File) error
	closing  func(*os.File) error
	renaming func(from, to string) error
}

func (s system) sync(f *os.File) error {
	if s.syncing != nil {
		return s.syncing(f)
	}
	return f.Sync()
}

func (s system) close(f *os.File) error {
	if s.closing != nil {
		return s.closing(f)
	}
	return f.Close()
}

func (s system) rename(from, to string) error {
	if s.renaming != nil {
		return s.renaming(from, to)
	}
	return os.Rename(from, to)
}
