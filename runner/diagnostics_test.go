package runner_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestDiagnostics reads each collection of testdata/diagnostics and compares what is said about it with the .err beside it.
func TestDiagnostics(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/diagnostics/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no collections to read: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, list := collection.Parse(filepath.Base(file), string(text))
			if c != nil {
				_, l := runner.New(c, runner.Options{})
				list = append(list, l...)
			}
			if !list.HasErrors() {
				t.Fatal("nothing is said to be wrong")
			}
			var got bytes.Buffer
			(&diag.Renderer{}).Render(&got, list.Sort())
			golden(t, strings.TrimSuffix(file, ".toml")+".err", got.Bytes())
		})
	}
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: want -, got +\n%s", file, d)
	}
}

// FuzzNew holds that whatever is read as a collection compiles, or is refused with places, and never a panic.
func FuzzNew(f *testing.F) {
	files, _ := filepath.Glob("testdata/diagnostics/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, _ := collection.Parse("a.toml", text)
		if c == nil {
			return
		}
		r, list := runner.New(c, runner.Options{})
		if (r == nil) != list.HasErrors() {
			t.Fatal("a runner beside errors, or none without")
		}
		for _, d := range list {
			if d.Span.IsZero() {
				t.Fatalf("%q has no place", d.Message)
			}
		}
	})
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
