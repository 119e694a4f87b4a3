package runner_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/postrider/postrider"

// arrows say which rooms of ours a room may import. What is not here may import none.
var arrows = map[string][]string{
	"cmd/postrider":            {"*"},
	"runner":                   {"runner/collection", "runner/environment", "runner/auth", "runner/exchange", "runner/assertion", "runner/rows", "runner/diag"},
	"runner/load":              {"runner", "runner/collection", "runner/diag"},
	"runner/report":            {"runner", "runner/load", "runner/collection", "runner/assertion", "runner/exchange", "runner/har", "runner/diag"},
	"runner/har":               {"runner/exchange"},
	"runner/lint":              {"runner/collection", "runner/environment", "runner/diag"},
	"runner/convert/curl":      {"runner/exchange", "runner/diag"},
	"runner/assertion":         {"runner/exchange", "runner/diag"},
	"runner/auth":              {"runner/exchange", "runner/environment"},
	"runner/rows":              {"runner/diag", "runner/internal/tomlnode"},
	"runner/collection":        {"runner/diag", "runner/internal/tomlnode", "runner/internal/tomlfmt"},
	"runner/environment":       {"runner/environment/fake", "runner/diag", "runner/internal/tomlnode"},
	"runner/internal/tomlfmt":  {"runner/diag", "runner/internal/tomlnode"},
	"runner/internal/tomlnode": {"runner/diag"},
}

// kept are packages that nothing below cmd may import: the engine reads no flags and no OS environment, and prints nothing.
var kept = []string{"github.com/urfave/cli/v2", "flag", "log", "testing", module + "/cmd/postrider"}

func TestArrows(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...").Output()
	if err != nil {
		t.Skipf("go list does not answer here: %v", err)
	}
	rooms := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], module+"/")
		rooms++
		allowed := arrows[room]
		for _, imported := range fields[1:] {
			if strings.HasPrefix(room, "runner") && slices.Contains(kept, imported) {
				t.Errorf("%s imports %s, which belongs to cmd", room, imported)
			}
			target, ours := strings.CutPrefix(imported, module+"/")
			if ours && !slices.Contains(allowed, "*") && !slices.Contains(allowed, target) {
				t.Errorf("%s imports %s: there is no such arrow", room, target)
			}
		}
	}
	if rooms < len(arrows) {
		t.Errorf("go list knows %d rooms, there are at least %d", rooms, len(arrows))
	}
}
