package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// block is the n-th fenced block of a kind in a Markdown text.
func block(t testing.TB, file, kind string, n int) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	open, inside, current := "", false, ""
	for line := range strings.Lines(string(text)) {
		fence, isFence := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case isFence && !inside:
			open, inside, current = fence, true, ""
		case isFence:
			inside = false
			if open != kind {
				continue
			}
			if n--; n < 0 {
				return current
			}
		default:
			current += line
		}
	}
	t.Fatalf("%s has too few blocks of %q", file, kind)
	return ""
}

// times are what differs from run to run in a table.
var times = regexp.MustCompile(`( +)[0-9.]+ (µs|ms|s|kB|B)\b`)

// TestREADME runs the README's collection and compares the table with the README's, and its failure with the README's.
func TestREADME(t *testing.T) {
	t.Parallel()
	collection, table, failure := block(t, "../../README.md", "toml", 0), block(t, "../../README.md", "", 0), block(t, "../../README.md", "", 1)
	script := "exec postrider run me.toml\ncp stdout table.txt\nsame table.txt want.txt\n" +
		"exits 1 postrider run --var email=joe@example.com me.toml\ncp stdout failure.txt\ncontains failure.txt failure-want.txt\n" +
		"-- environments/local.toml --\nextends = \"../shipped.toml\"\n-- me.toml --\n" + collection +
		"-- want.txt --\n" + strings.TrimPrefix(table, "$ postrider run me.toml\n") + "-- failure-want.txt --\n" + failure
	local, err := os.ReadFile("../../environments/local.toml")
	if err != nil {
		t.Fatal(err)
	}
	script = strings.Replace(script, "extends = \"../shipped.toml\"\n", string(local), 1)
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/readme.txtar", []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	normal := func(ts *testscript.TestScript, file string) string {
		text := regexp.MustCompile(`127\.0\.0\.1:[0-9]+`).ReplaceAllString(ts.ReadFile(file), "127.0.0.1:PORT")
		return strings.Join(strings.Fields(times.ReplaceAllString(text, " T ")), " ")
	}
	testscript.Run(t, testscript.Params{Dir: dir, RequireExplicitExec: true, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"exits": exits,
		"same": func(ts *testscript.TestScript, _ bool, args []string) {
			if got, want := normal(ts, args[0]), normal(ts, args[1]); got != want {
				ts.Fatalf("the README shows\n%s\nbut it is\n%s", want, got)
			}
		},
		"contains": func(ts *testscript.TestScript, _ bool, args []string) {
			if got, want := normal(ts, args[0]), normal(ts, args[1]); !strings.Contains(got, want) {
				ts.Fatalf("the README shows\n%s\nbut it is\n%s", want, got)
			}
		},
	}})
}

// TestEnvironmentsReference reads every example of the reference of environments.
func TestEnvironmentsReference(t *testing.T) {
	t.Parallel()
	for n := range 2 {
		dir := t.TempDir()
		for name, text := range map[string]string{"base.toml": "", ".env": "COGNITO_CLIENT_ID=1\n", "example.toml": block(t, "../../environments/README.md", "toml", n)} {
			if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := &program{getenv: func(string) (string, bool) { return "", false }}
		if _, list := p.loadEnvironment([]string{dir + "/example.toml"}, &poolHolder{}, nil); len(list) > 0 {
			t.Errorf("example %d: %v", n, list)
		}
	}
}
