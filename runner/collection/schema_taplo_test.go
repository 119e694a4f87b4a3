package collection

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSchemaInTaplo asks taplo, which editors of TOML use, what a JSON Schema validator in Go was asked: for all of the
// collections that are right, and for those that check refuses.
func TestSchemaInTaplo(t *testing.T) {
	t.Parallel()
	taplo := installTaplo(t)
	folder := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	schema := write("schema.json", string(Schema()))
	var files []string
	flawed, names := flawed(t), map[string]string{}
	for name, text := range right(t) {
		file := write("right "+strings.ReplaceAll(name, "/", "-")+".toml", text)
		files, names[file] = append(files, file), name
	}
	for name, golden := range flawed {
		files = append(files, write(name+".toml", read(t, golden)))
	}
	refused := lint(t, taplo, append([]string{"--schema", fileURL(schema)}, files...)...)
	for file, name := range names {
		if refused[file] {
			t.Errorf("taplo refuses %s", name)
		}
	}
	accepted := map[string]bool{}
	for name := range flawed {
		no := refused[filepath.Join(folder, name+".toml")]
		if !wellFormed(name) {
			accepted[name] = !no
		} else if no {
			t.Errorf("%s is right, and taplo refuses it", name)
		}
	}
	compare(t, accepted, beyond(t))

	// The line that editors read, with an address and with a path.
	const typo = "[[request]]\nurl = \"http://127.0.0.1/\"\ntimeuot = \"2s\"\n"
	address, path := write("address.toml", "#:schema "+fileURL(schema)+"\n"+typo), write("path.toml", "#:schema ./schema.json\n"+typo)
	if refused := lint(t, taplo, address, path, write("unnamed.toml", typo)); !refused[address] || !refused[path] || len(refused) != 2 {
		t.Errorf("of two files that name the schema and one that does not, taplo refuses %v", refused)
	}
}

// installTaplo installs what package.json names, and gives the path of taplo.
func installTaplo(t *testing.T) string {
	t.Helper()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: taplo was not tried")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("POSTRIDER_NODE_TESTS is 1: %v\n%s", err, out)
	}
	return filepath.Join(folder, "node_modules", "@taplo", "cli", "dist", "cli.js")
}

// lint runs taplo lint, and gives the files that it refuses.
func lint(t *testing.T, taplo string, args ...string) map[string]bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", append([]string{taplo, "lint", "--colors", "never", "--no-auto-config"}, args...)...)
	command.WaitDelay = time.Second
	out, err := command.CombinedOutput()
	refused := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if _, path, ok := strings.Cut(line, "invalid file error="); ok {
			_, path, _ = strings.Cut(path, `path="`)
			refused[strings.TrimSuffix(strings.TrimSpace(path), `"`)] = true
		}
	}
	if (err != nil) != (len(refused) > 0) {
		t.Fatalf("taplo: %v\n%s", err, out)
	}
	return refused
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}
