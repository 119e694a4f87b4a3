package report

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// TestNode holds reports against what others wrote about their formats, as far as it comes by npm.
func TestNode(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: the schemas of CTRF and HAR, tap-parser and readers of Markdown were not tried")
	}
	folder := installNode(t)
	t.Run("ctrf", func(t *testing.T) {
		t.Parallel()
		testCTRFSchema(t, folder)
	})
	t.Run("har", func(t *testing.T) {
		t.Parallel()
		testHARSchema(t, folder)
	})
	t.Run("tap", func(t *testing.T) {
		t.Parallel()
		testTAPParser(t, folder)
	})
	t.Run("markdown", func(t *testing.T) {
		t.Parallel()
		testMarkdown(t, folder)
	})
}

// installNode copies testdata/node to a folder of its own and installs there what package.json names.
func installNode(t *testing.T) string {
	t.Helper()
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
	return folder
}

// testCTRFSchema holds reports against the JSON schema that the ctrf package ships.
func testCTRFSchema(t *testing.T, folder string) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(filepath.Join(folder, "node_modules", "ctrf", "dist", "ctrf-schema-0.0.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range playAll(t, func(w *bytes.Buffer) Reporter { return ctrf(w) }) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		v.(map[string]any)["unknown"] = true
		if schema.Validate(v) == nil {
			t.Error("the schema accepts everything")
		}
	}
}

// tapSeen is what testdata/node/tap.cjs understood of a document or a subtest.
type tapSeen struct {
	OK      bool
	Plan    int
	Bailout any
	Points  []struct {
		OK            bool
		Name, Problem string
		Skip          any
		Diag          map[string]any
	}
	Subtests []tapSeen
	Garbage  []string
	Problems []string
}

// testTAPParser has tap-parser read reports strictly, and compares what it understood with what was to be said.
func testTAPParser(t *testing.T, folder string) {
	args, names := []string{"tap.cjs"}, []string{}
	for name, text := range playAll(t, func(w *bytes.Buffer) Reporter { return tap(w) }) {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		args, names = append(args, path), append(names, name)
	}
	command := exec.CommandContext(t.Context(), "node", args...)
	command.Dir = folder
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var seen []tapSeen
	if err := json.Unmarshal(out, &seen); err != nil || len(seen) != len(names) {
		t.Fatalf("%d documents, %v:\n%.1000s", len(seen), err, out)
	}
	for i, name := range names {
		t.Run(name, func(t *testing.T) { compareTAP(t, runs()[name], &seen[i]) })
	}
}

func compareTAP(t *testing.T, run *script, seen *tapSeen) {
	var requests []*runner.RequestResult
	failed := run.interrupted
	for _, g := range run.collections {
		for _, q := range g.requests {
			q.Collection = g.info
			requests = append(requests, q)
		}
	}
	noProblems(t, seen)
	if len(seen.Points) != len(requests) || !run.interrupted && seen.Plan != len(requests) {
		t.Fatalf("%d points, %d planned, of %d requests", len(seen.Points), seen.Plan, len(requests))
	}
	if bailed := seen.Bailout != ""; bailed != run.interrupted {
		t.Errorf("bailed out with %v", seen.Bailout)
	}
	subtests := seen.Subtests
	for i, q := range requests {
		p, list := seen.Points[i], points(q)
		_, wrong := shown(q)
		failed = failed || wrong > 0
		if p.OK != (wrong == 0) || unbraced(p.Name) != unbraced(plainly(heading(q, len(run.info.Collections) > 1))) {
			t.Errorf("point %d is %+v", i+1, p)
		}
		reason, skip := p.Skip.(string)
		if skip = skip && reason != ""; skip != (q.Verdict == runner.Skipped) || skip && unbraced(reason) != unbraced(plainly(q.Reason)) {
			t.Errorf("point %d is skipped: %v", i+1, p.Skip)
		}
		if len(q.Assertions) == 0 || len(list) == 0 {
			if wrong > 0 {
				compareDiagnostic(t, &list[0], p.Diag)
			}
			continue
		}
		inner := subtests[0]
		subtests = subtests[1:]
		if inner.Plan != len(list) || len(inner.Points) != len(list) {
			t.Fatalf("subtest of %s: %+v", p.Name, inner)
		}
		for j := range list {
			if inner.Points[j].OK != list[j].passed() || unbraced(inner.Points[j].Name) != unbraced(plainly(list[j].name)) {
				t.Errorf("point %d of %s is %+v", j+1, p.Name, inner.Points[j])
			}
			if !list[j].passed() {
				compareDiagnostic(t, &list[j], inner.Points[j].Diag)
			}
		}
	}
	if len(subtests) > 0 || seen.OK == failed {
		t.Errorf("%d more subtests, all well: %t", len(subtests), seen.OK)
	}
}

// noProblems sees to it that a document and its subtests are TAP and nothing else.
func noProblems(t *testing.T, seen *tapSeen) {
	if len(seen.Garbage)+len(seen.Problems) > 0 {
		t.Errorf("not TAP: %q, %q", seen.Garbage, seen.Problems)
	}
	for i := range seen.Points {
		if seen.Points[i].Problem != "" {
			t.Errorf("%s: %s", seen.Points[i].Name, seen.Points[i].Problem)
		}
	}
	for i := range seen.Subtests {
		noProblems(t, &seen.Subtests[i])
	}
}

// compareDiagnostic sees to it that what stands in a block of YAML is read back as it was.
func compareDiagnostic(t *testing.T, p *point, got map[string]any) {
	t.Helper()
	var drawn bytes.Buffer
	new(diag.Renderer).Render(&drawn, p.diagnostics)
	line, column := p.place.Position()
	want := map[string]any{
		"message": strings.ToValidUTF8(p.diagnostics[0].Message, "\ufffd"), "file": strings.ToValidUTF8(p.place.File(), "\ufffd"),
		"line": float64(line), "column": float64(column), "diagnostic": noncharacters(drawn.String()),
	}
	if p.assertion != nil {
		want["expected"], want["actual"] = readBack(p.assertion.Expected), readBack(p.assertion.Actual)
	}
	for key, value := range want {
		// Each byte that is not UTF-8 becomes a U+FFFD of its own; ToValidUTF8 makes one of them all.
		if g, ok := got[key].(string); ok {
			if s, _ := value.(string); squeezed(g) != squeezed(s) {
				t.Errorf("%s is %.300q, want %.300q", key, g, s)
			}
		} else if got[key] != value {
			t.Errorf("%s is %#v, want %#v", key, got[key], value)
		}
	}
}

// readBack is what a reader of YAML makes of a value.
func readBack(v any) any {
	switch v := v.(type) {
	case string:
		return strings.ToValidUTF8(v, "\ufffd")
	case json.Number:
		if n, err := v.Float64(); err == nil && strconv.FormatFloat(n, 'f', -1, 64) == string(v) {
			return n
		}
		return string(v)
	case nil:
		return nil
	}
	return string(appendValue(nil, v))
}

func squeezed(s string) string {
	for strings.Contains(s, "\ufffd\ufffd") {
		s = strings.ReplaceAll(s, "\ufffd\ufffd", "\ufffd")
	}
	return s
}

// plainly is a description without its escapes.
func plainly(s string) string { return named(diag.PrintableLine(s)) }

// unbraced takes the one brace that description shows as a byte for itself, and no account of blanks that a reader trims.
func unbraced(s string) string {
	return strings.Trim(strings.ReplaceAll(s, `\x7b`, "{"), " \ufeff\u00a0\u3000")
}
