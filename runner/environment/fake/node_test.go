package fake

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPostmanDrawsTheSame has Postman's own library draw each of its variables: the names are ours, and what it draws
// has the shapes that ours has.
func TestPostmanDrawsTheSame(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: postman-collection was not tried")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	run(t, folder, 5*time.Minute, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
	var theirs map[string][]string
	if err := json.Unmarshal(run(t, folder, time.Minute, "node", "draw.js"), &theirs); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range theirs {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, slices.Sorted(slices.Values(Names()))); diff != "" {
		t.Errorf("-Postman +ours:\n%s", diff)
	}
	for _, tt := range shapes() {
		shape := regexp.MustCompile(`^(` + tt.shape + `)$`)
		if len(theirs[tt.name]) != 200 {
			t.Errorf("%s: Postman drew %d values", tt.name, len(theirs[tt.name]))
		}
		for _, text := range theirs[tt.name] {
			if !shape.MatchString(text) {
				t.Errorf("%s: Postman draws %q, which is not %s", tt.name, text, shape)
				break
			}
		}
	}
}

// run runs a program in a folder and returns what it prints. Dates are printed in UTC, as ours are.
func run(t *testing.T, folder string, limit time.Duration, program string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "TZ=UTC")
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return out
}
