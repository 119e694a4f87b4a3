package environment_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/postrider/postrider/runner/environment"
)

// Environments can be read from elsewhere than the operating system's files, without those that are private.
func TestFS(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"environments/base.toml":        {Data: []byte("[variables]\nwhere = \"base\"\nhost = \"one\"\n")},
		"environments/dev.toml":         {Data: []byte("extends = \"base\"\n[variables]\nwhere = \"dev\"\n")},
		"environments/dev.private.toml": {Data: []byte("[variables]\nwhere = \"private\"\n")},
		"other/odd.toml":                {Data: []byte("[variables]\nhost = \"two\"\n")},
	}
	e, list := environment.Load(environment.Options{Names: []string{"dev", "other/odd"}, FS: files})
	if len(list) > 0 {
		t.Fatal(list)
	}
	s := environment.NewScopes(e.Layers()...)
	for name, want := range map[string]string{"where": "dev", "host": "two"} {
		if got, _, err := s.Lookup(name); got != want || err != nil {
			t.Errorf("%s is %v, not %s: %v", name, got, want, err)
		}
	}
	if want := []string{"environments/base.toml", "environments/dev.toml", "other/odd.toml"}; !slices.Equal(slices.Sorted(slices.Values(e.Files)), want) {
		t.Errorf("read %q", e.Files)
	}
	_, list = environment.Load(environment.Options{Names: []string{"dve"}, FS: files})
	if len(list) != 1 || !strings.Contains(list[0].Hint, "dev") {
		t.Errorf("a misspelt one: %+v", list)
	}
}
