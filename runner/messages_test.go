package runner_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rooms are the folders whose diagnostics have goldens.
var rooms = []string{
	".", "collection", "internal/tomlnode", "environment", "rows", "lint", "assertion", "auth", "exchange",
}

// messageArguments are the functions that make a diagnostic, and which of their arguments is the message.
var messageArguments = map[string]int{
	"errorf": 2, "Add": 1, "Warn": 1, "unsendable": 1, "wrong": 1, "wrongValue": 2, "whole": 0, "mistake": 1,
}

// A message is a text that the code can say, with what is filled in as .*
type message struct {
	pattern string
	place   string
}

// TestMessages finds each message of the code in a golden, or among those that no file can provoke.
func TestMessages(t *testing.T) {
	t.Parallel()
	said := goldens(t)
	beyond := beyondGoldens(t)
	used := map[string]bool{}
	missing := 0
	for _, m := range messages(t) {
		if regexp.MustCompile(m.pattern).MatchString(said) {
			continue
		}
		key := strings.ReplaceAll(strings.NewReplacer(`\`, "").Replace(m.pattern), ".*", "…")
		if _, ok := beyond[key]; ok {
			used[key] = true
			continue
		}
		missing++
		t.Errorf("%s: no golden says %q: write one, or say in beyond-goldens.txt why none can", m.place, key)
	}
	for key := range beyond {
		if !used[key] {
			t.Errorf("beyond-goldens.txt has %q, which a golden says, or nothing", key)
		}
	}
	if missing > 0 {
		t.Logf("%d messages are missing", missing)
	}
}

// goldens is the text of all goldens, with what the renderer draws around it.
func goldens(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range []string{"testdata/diagnostics/*.err", "environment/testdata/*.err"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no goldens: %v", err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// beyondGoldens reads the messages that no file can provoke: "message: reason" lines.
func beyondGoldens(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/diagnostics/beyond-goldens.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, reason, ok := strings.Cut(line, " ## ")
		if !ok || reason == "" {
			t.Errorf("beyond-goldens.txt: %q gives no reason", line)
		}
		out[key] = reason
	}
	return out
}

// messages are the messages of all rooms.
func messages(t *testing.T) []message {
	t.Helper()
	var out []message
	for _, room := range rooms {
		files, err := filepath.Glob(filepath.Join(room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", room, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				for _, e := range spoken(n) {
					if pattern, ok := patternOf(e); ok {
						out = append(out, message{pattern, set.Position(e.Pos()).String()})
					}
				}
				return true
			})
		}
	}
	if len(out) < 100 {
		t.Fatalf("only %d messages", len(out))
	}
	slices.SortFunc(out, func(a, b message) int { return strings.Compare(a.place, b.place) })
	return out
}

// spoken are the expressions of a node that are messages.
func spoken(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
			if of, ok := f.X.(*ast.Ident); ok && len(n.Args) > 0 && (of.Name == "errors" && name == "New" || of.Name == "fmt" && name == "Errorf") {
				return []ast.Expr{n.Args[0]}
			}
		}
		if i, ok := messageArguments[name]; ok && i < len(n.Args) {
			return []ast.Expr{n.Args[i]}
		}
	case *ast.AssignStmt:
		for i, left := range n.Lhs {
			if f, ok := left.(*ast.SelectorExpr); ok && f.Sel.Name == "Message" && len(n.Rhs) == len(n.Lhs) {
				return []ast.Expr{n.Rhs[i]}
			}
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Message" {
			return []ast.Expr{n.Value}
		}
	case *ast.CompositeLit:
		if name, ok := n.Type.(*ast.Ident); ok && name.Name == "ArgumentError" && len(n.Elts) == 4 {
			return []ast.Expr{n.Elts[2]}
		}
	}
	return nil
}

var verbs = regexp.MustCompile(`%[-+#]?[0-9.]*[a-zA-Z]`)

// patternOf is a message as a regular expression. One without words of its own is none.
func patternOf(e ast.Expr) (string, bool) {
	var words int
	var build func(ast.Expr) string
	build = func(e ast.Expr) string {
		switch e := e.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(e.Value)
			if err != nil || e.Kind != token.STRING {
				return ".*"
			}
			words += len(strings.Fields(text))
			parts := verbs.Split(text, -1)
			for i := range parts {
				parts[i] = regexp.QuoteMeta(parts[i])
			}
			return strings.Join(parts, ".*")
		case *ast.BinaryExpr:
			return build(e.X) + build(e.Y)
		case *ast.ParenExpr:
			return build(e.X)
		case *ast.CallExpr:
			if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" && len(e.Args) > 0 {
				return build(e.Args[0])
			}
		}
		return ".*"
	}
	pattern := build(e)
	for strings.Contains(pattern, ".*.*") {
		pattern = strings.ReplaceAll(pattern, ".*.*", ".*")
	}
	return pattern, words >= 2
}
