package report

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// folder is what is in a folder, by name.
func folder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(text)
	}
	return files
}

func fill(t *testing.T, f *File, text string) {
	t.Helper()
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	path := filepath.Join(dir, "report.json")
	for _, text := range []string{"first", strings.Repeat("second", 50_000)} {
		f, err := Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := folder(t, dir)["report.json"]
		fill(t, f, text[:3])
		fill(t, f, text[3:])
		if got := folder(t, dir); got["report.json"] != before || len(got) > 2 {
			t.Errorf("before Commit: %d files", len(got))
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		if got := folder(t, dir); got["report.json"] != text || len(got) != 1 {
			t.Errorf("after Commit: %d files, %d bytes", len(got), len(got["report.json"]))
		}
		if err := f.Abort(); err != nil {
			t.Errorf("Abort after Commit: %v", err)
		}
		if err := f.Commit(); err == nil {
			t.Error("a second Commit")
		}
		if _, err := f.Write(nil); err == nil {
			t.Error("Write after Commit")
		}
	}
}

func TestFileAbort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "report.json")
	os.WriteFile(path, []byte("old"), 0o644)
	f, err := Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, f, "new")
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	if got := folder(t, dir); got["report.json"] != "old" || len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestFileMode(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := t.TempDir()
	for name, mode := range map[string]fs.FileMode{"narrow": 0o600, "wide": 0o666, "readonly": 0o444} {
		path := filepath.Join(dir, name)
		os.WriteFile(path, nil, 0o600)
		os.Chmod(path, mode)
		f, err := Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if info, _ := f.temp.Stat(); info.Mode().Perm() != mode {
			t.Errorf("%s: %v while it is written", name, info.Mode())
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(path); info.Mode().Perm() != mode {
			t.Errorf("%s: %v", name, info.Mode())
		}
	}
	f, err := Create(filepath.Join(dir, "new"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Abort()
	if info, _ := f.temp.Stat(); info.Mode().Perm()&^0o644 != 0 || info.Mode().Perm()&0o600 != 0o600 {
		t.Errorf("new: %v", info.Mode())
	}
}

// Whichever call fails, the old report is whole, nothing is left beside it, and the error says which file.
func TestFileFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("input/output error")
	for name, sys := range map[string]system{
		"sync":   {syncing: func(*os.File) error { return boom }},
		"close":  {closing: func(f *os.File) error { f.Close(); return boom }},
		"rename": {renaming: func(from, to string) error { return &os.LinkError{Op: "rename", Old: from, New: to, Err: boom} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "report.json")
			os.WriteFile(path, []byte("old"), 0o644)
			f, err := create(path, nil, 0o644, sys)
			if err != nil {
				t.Fatal(err)
			}
			fill(t, f, "new")
			err = f.Commit()
			if !errors.Is(err, boom) || err.Error() != "write report "+path+": input/output error" {
				t.Errorf("got %v", err)
			}
			if got := folder(t, dir); got["report.json"] != "old" || len(got) != 1 {
				t.Errorf("%q", got)
			}
		})
	}
	t.Run("write", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		path := filepath.Join(dir, "report.json")
		os.WriteFile(path, []byte("old"), 0o644)
		f, err := Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.temp.Close() // as good as a disk that is gone
		j := NewJSON(f, JSONOptions{})
		for range 100 {
			cognito(false).play(j)
		}
		if j.Err() == nil || !errors.Is(f.Commit(), fs.ErrClosed) {
			t.Errorf("got %v", j.Err())
		}
		if got := folder(t, dir); got["report.json"] != "old" || len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
	t.Run("flush", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		f, err := Create(filepath.Join(dir, "report.json"), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.out.Reset(&failing{err: boom})
		fill(t, f, "short")
		if err := f.Commit(); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		if got := folder(t, dir); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		if _, err := Create(t.TempDir(), nil); err == nil {
			t.Error("a folder was taken for a file")
		}
		file := filepath.Join(t.TempDir(), "file")
		os.WriteFile(file, nil, 0o644)
		if _, err := Create(filepath.Join(file, "report.json"), nil); err == nil {
			t.Error("a file was taken for a folder")
		}
	})
}

func TestFileDirect(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "-"} {
		var out bytes.Buffer
		f, err := Create(name, &out)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, f, "at once")
		if out.String() != "at once" {
			t.Errorf("%q: %q before Commit", name, out.String())
		}
		if err := f.Commit(); err != nil {
			t.Error(err)
		}
		f, _ = Create(name, &failing{err: os.ErrInvalid})
		f.Write([]byte("x"))
		if err := f.Commit(); !errors.Is(err, os.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full")
	}
	f, err := Create("/dev/full", nil)
	if err != nil {
		t.Fatal(err)
	}
	j := NewJSON(f, JSONOptions{})
	cognito(true).play(j)
	if j.Err() == nil || f.Commit() == nil {
		t.Error("a full disk was not noticed")
	}
}

// A report that is a link stays one: what it points to is replaced.
func TestFileLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	os.WriteFile(target, []byte("old"), 0o600)
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err)
	}
	f, err := Create(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, f, "new")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if text, _ := os.ReadFile(target); string(text) != "new" {
		t.Errorf("the target is %q", text)
	}
}

// What the check does not like takes no place.
func TestFileCheck(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	for _, refused := range []error{nil, errors.New("it holds a secret")} {
		f, err := Create(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		var seen bytes.Buffer
		f.Check = func(r io.Reader) error {
			if _, err := seen.ReadFrom(r); err != nil {
				t.Error(err)
			}
			return refused
		}
		text := strings.Repeat("0123456789", 10_000)
		if refused != nil {
			text += "secret"
		}
		fill(t, f, text)
		if err := f.Commit(); !errors.Is(err, refused) || refused != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("Commit: %v", err)
		}
		if seen.String() != text {
			t.Errorf("the check saw %d bytes of %d", seen.Len(), len(text))
		}
		if got := folder(t, filepath.Dir(path)); len(got) != 1 || len(got["report.json"]) != 100_000 {
			t.Errorf("%d files, %d bytes", len(got), len(got["report.json"]))
		}
	}
}
