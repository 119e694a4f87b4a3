package report

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
)

func TestSpool(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var s spool
	for _, size := range []int{0, 10, spooled, spooled + 1, 3*spooled + 7, 5} {
		want := strings.Repeat("0123456789", size/10+1)[:size]
		for from := 0; from < size; from += 4096 {
			if _, err := io.WriteString(&s, want[from:min(from+4096, size)]); err != nil {
				t.Fatal(err)
			}
		}
		part := make([]byte, min(size, 7))
		if _, err := s.ReadAt(part, int64(size-len(part))); size > 0 && err != nil || string(part) != want[size-len(part):] {
			t.Errorf("%d bytes end with %q, %v", size, part, err)
		}
		if (size > spooled) != (s.file != nil) {
			t.Errorf("%d bytes are in the file %v", size, s.file)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 && runtime.GOOS != "windows" {
			t.Errorf("%s would be left if the program were killed", files[0].Name())
		}
		var out bytes.Buffer
		if err := s.copyTo(&out); err != nil || out.String() != want {
			t.Errorf("%d bytes come back as %d, %v", size, out.Len(), err)
		}
		if files, _ := os.ReadDir(dir); len(files) > 0 {
			t.Errorf("%d files are left", len(files))
		}
	}
	t.Setenv("TMPDIR", dir+"/gone")
	for range 2 {
		io.WriteString(&s, strings.Repeat("x", spooled))
	}
	if err := s.copyTo(io.Discard); err == nil {
		t.Error("what could not be kept is not told")
	}
}
