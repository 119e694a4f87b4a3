package environment

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden compares what is said about each testdata/NAME.toml with NAME.err beside it.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, privateSuffix) {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			e, list := Load(Options{Names: []string{filepath.ToSlash(file)}})
			if list.HasErrors() != (e == nil) {
				t.Errorf("an environment, or errors: %v, %v", e, list)
			}
			if e != nil {
				list = append(append(list, e.Refused()...), e.Check()...)
			}
			var b strings.Builder
			(&diag.Renderer{}).Render(&b, list)
			golden := strings.TrimSuffix(file, suffix) + ".err"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if diff := cmp.Diff(string(want), b.String()); diff != "" || err != nil {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
			if strings.Contains(b.String(), "hush") {
				t.Error("what a secret file holds is shown")
			}
		})
	}
}
