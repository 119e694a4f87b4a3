package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func inEnvironment(variables map[string]string) *program {
	return &program{getenv: func(name string) (string, bool) { v, ok := variables[name]; return v, ok }}
}

// Files are named from the root of the repository, wherever the program runs and however it calls them.
func TestInWorkspace(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"repo/api/collections/a.toml", "repo/b.toml", "else.toml"} {
		full := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(root, "link")
	if err := os.Symlink(filepath.Join(root, "repo"), link); err != nil {
		t.Skip(err)
	}
	t.Chdir(filepath.Join(root, "repo", "api"))
	for _, workspace := range []string{filepath.Join(root, "repo"), link} {
		file := inEnvironment(map[string]string{"GITHUB_WORKSPACE": workspace}).inWorkspace()
		for name, want := range map[string]string{
			"collections/a.toml": "api/collections/a.toml", "./collections/../collections/a.toml": "api/collections/a.toml", "../b.toml": "b.toml",
			filepath.Join(root, "repo", "b.toml"): "b.toml", filepath.Join(link, "b.toml"): "b.toml", "../../else.toml": "", "none.toml": "", "-": "",
		} {
			if got := file(name); got != want {
				t.Errorf("%s in %s is %q, want %q", name, workspace, got, want)
			}
		}
	}
	if inEnvironment(nil).inWorkspace() != nil {
		t.Error("there is a workspace without a workflow")
	}
}

// The summary is appended to, and has the room that is left.
func TestStepSummary(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "summary.md")
	if err := os.WriteFile(name, []byte("# before"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := inEnvironment(map[string]string{"GITHUB_STEP_SUMMARY": name})
	summary, err := p.openSummary()
	if err != nil {
		t.Fatal(err)
	}
	o := p.githubOptions(nil, []string{"postrider", "run"}, summary)
	if o.SummaryBytes != 1<<20-10 || o.Summary == nil || len(o.Rerun) != 2 || o.File != nil {
		t.Errorf("%+v", o)
	}
	if _, err := o.Summary.Write([]byte("## after\n")); err != nil {
		t.Error(err)
	}
	if err := summary.Close(); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(name); string(text) != "# before\n\n## after\n" {
		t.Errorf("%q", text)
	}
	if err := os.Truncate(name, 2<<20); err != nil {
		t.Fatal(err)
	}
	if summary, err = p.openSummary(); err != nil || summary.room != 1<<10 {
		t.Fatalf("room in a full summary: %+v, %v", summary, err)
	}
	_ = summary.Close()
	summary, err = inEnvironment(nil).openSummary()
	if o := p.githubOptions(nil, nil, summary); summary != nil || err != nil || o.Summary != nil {
		t.Errorf("without a workflow: %+v, %v", o, err)
	}
	_, err = inEnvironment(map[string]string{"GITHUB_STEP_SUMMARY": t.TempDir()}).openSummary()
	var e exit
	if !errors.As(err, &e) || e.code != exitError || !strings.Contains(err.Error(), "write the summary of the step, GITHUB_STEP_SUMMARY=") {
		t.Errorf("a folder: %v", err)
	}
}
