package main

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

const reference = "../../collections/README.md"

// newAPI is what the examples of CI run against: a job with a collection and its environment, which takes a secret from
// the OS environment.
func newAPI(t *testing.T) *job {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer sesame-1234" {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, `{"name": "Jane"}`)
	}))
	t.Cleanup(api.Close)
	j := newJob(t)
	j.write(t, "collections/users.toml", strings.Replace(actionCollection, "\n[request.assert]", "auth.bearer = \"{{key}}\"\n\n[request.assert]", 1))
	j.write(t, "environments/staging.toml", "[variables]\napi = \""+api.URL+"\"\n\n[secrets]\nkey = { env = \"CLIENT_SECRET\" }\n")
	return j
}

// TestGitHubExample runs the reference's workflow: the inputs that it gives are those of the action.
func TestGitHubExample(t *testing.T) {
	t.Parallel()
	var workflow struct {
		On   string
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Steps  []step
		}
	}
	if err := yaml.Unmarshal([]byte(block(t, reference, "yaml", 0)), &workflow); err != nil {
		t.Fatal(err)
	}
	steps := workflow.Jobs["api"].Steps
	if len(steps) != 2 || workflow.On != "push" || workflow.Jobs["api"].RunsOn == "" {
		t.Fatalf("the workflow is %+v", workflow)
	}
	path, ok := strings.CutPrefix(steps[1].Uses, "postrider/postrider/")
	folder, _, _ := strings.Cut(path, "@")
	if _, err := os.Stat(filepath.Join("../..", folder, "action.yml")); !ok || err != nil {
		t.Errorf("it uses %s: %v", steps[1].Uses, err)
	}
	for name := range steps[1].With {
		if _, known := readAction(t).Inputs[name]; !known {
			t.Errorf("the action has no input %s", name)
		}
	}
	if steps[1].Env["CLIENT_SECRET"] != "${{ secrets.CLIENT_SECRET }}" {
		t.Errorf("its environment is %v", steps[1].Env)
	}
	j := newAPI(t)
	if code := j.do(t, "Run postrider", steps[1].With, "CLIENT_SECRET=sesame-1234"); code != 0 || !strings.Contains(j.log, "PASS  2 assertions held") {
		t.Errorf("exit code %d\n%s", code, j.log)
	}
	if strings.Contains(j.log+j.read("summary.md"), "sesame") {
		t.Error("the secret is out")
	}
}

// TestOtherExamples runs the commands of the reference's other examples, but for those that fetch the program.
func TestOtherExamples(t *testing.T) {
	t.Parallel()
	gitlab := block(t, reference, "yaml", 1)
	var pipeline map[string]struct {
		Image     string
		Script    []string
		Artifacts struct {
			When    string
			Reports struct{ JUnit string }
		}
	}
	if err := yaml.Unmarshal([]byte(gitlab), &pipeline); err != nil {
		t.Fatal(err)
	}
	job := pipeline["api"]
	if job.Image == "" || job.Artifacts.When != "always" || job.Artifacts.Reports.JUnit != "junit.xml" {
		t.Errorf("the pipeline is %+v", pipeline)
	}
	jenkins := block(t, reference, "groovy", 0)
	for _, pair := range []string{"{}", "()", "[]"} {
		if strings.Count(jenkins, pair[:1]) != strings.Count(jenkins, pair[1:]) {
			t.Errorf("%s of the Jenkinsfile do not match", pair)
		}
	}
	var steps []string
	for _, m := range regexp.MustCompile(`(?m)^ *sh '(.*)'$`).FindAllStringSubmatch(jenkins, -1) {
		steps = append(steps, m[1])
	}
	for name, script := range map[string][]string{"GitLab": job.Script, "Jenkins": steps} {
		if len(script) != 2 || script[0] != "go install github.com/postrider/postrider/cmd/postrider@latest" {
			t.Fatalf("the commands for %s are %q", name, script)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newAPI(t)
			c := exec.CommandContext(t.Context(), "sh", "-ec", script[1])
			c.Dir, c.Env = j.workspace, append(os.Environ(), "CLIENT_SECRET=sesame-1234")
			out, err := c.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("PASS  2 assertions held")) {
				t.Errorf("%v\n%s", err, out)
			}
			if _, err := os.Stat(filepath.Join(j.workspace, "junit.xml")); err != nil {
				t.Error(err)
			}
		})
	}
}

const dockerfile = "../../.ci/Dockerfile"

// TestStaticProgram builds the program as the Dockerfile does: it must run where there is nothing else.
func TestStaticProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" || testing.Short() {
		t.Skip("a long build, for Linux")
	}
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		t.Fatal(err)
	}
	build := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .*)$`).FindSubmatch(text)
	if build == nil {
		t.Fatal("the Dockerfile builds no static program")
	}
	out := t.TempDir()
	c := exec.CommandContext(t.Context(), "sh", "-ec", strings.ReplaceAll(string(build[1]), "/out/", out+"/"))
	c.Dir = "../.."
	if log, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	program := filepath.Join(out, "postrider")
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("the program needs a dynamic linker")
	}
	c = exec.CommandContext(t.Context(), program, "run", "userinfo")
	c.Dir, c.Env = out, []string{}
	if log, err := c.CombinedOutput(); err != nil || !bytes.Contains(log, []byte("\nPASS ")) {
		t.Errorf("%v\n%s", err, log)
	}
}

// TestCIFiles has validators read the action, the reference's workflow and the Dockerfile.
func TestCIFiles(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: no validator was tried")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../runner/report/testdata/node")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	run := func(name string, args ...string) (string, error) {
		c := exec.CommandContext(ctx, name, args...)
		c.Dir = folder
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"); err != nil {
		t.Fatalf("POSTRIDER_NODE_TESTS is 1: %v\n%s", err, out)
	}
	write := func(name, text string) string {
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	read := func(name string) string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	const validator, linter = "node_modules/@action-validator/cli/cli.mjs", "node_modules/dockerfile-utils/bin/dockerfile-utils"
	yml := read(filepath.Join(actionFolder, "action.yml"))
	for _, c := range []struct {
		program, file string
		right         bool
	}{
		{validator, write("action.yml", yml), true},
		{validator, write("wrong/action.yml", strings.Replace(yml, "using: composite", "using: composit", 1)), false},
		{validator, write("api.yml", block(t, reference, "yaml", 0)), true},
		{validator, write("wrong/api.yml", strings.Replace(block(t, reference, "yaml", 0), "runs-on", "run-on", 1)), false},
		{linter, write("Dockerfile", read(dockerfile)), true},
		{linter, write("wrong/Dockerfile", strings.Replace(read(dockerfile), "ENTRYPOINT", "ENTRY", 1)), false},
	} {
		args := []string{c.program, c.file}
		if c.program == linter {
			args = []string{c.program, "lint", c.file}
		}
		if out, err := run("node", args...); (err == nil) != c.right {
			t.Errorf("%s: %v\n%s", c.file, err, out)
		}
	}
}
