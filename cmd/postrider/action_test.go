package main

import (
	"errors"
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

	"go.yaml.in/yaml/v3"
)

const actionFolder = "../../.github/actions/run"

// An action is what action.yml of a composite action says.
type action struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []step
	}
}

type step struct {
	Name, ID, If, Uses, Shell, Run string
	WorkingDirectory               string `yaml:"working-directory"`
	With, Env                      map[string]string
}

func readAction(t testing.TB) *action {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(actionFolder, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	a := &action{}
	if err := yaml.Unmarshal(text, a); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *action) step(t testing.TB, name string) step {
	t.Helper()
	i := slices.IndexFunc(a.Runs.Steps, func(s step) bool { return s.Name == name })
	if i < 0 {
		t.Fatalf("there is no step %q", name)
	}
	return a.Runs.Steps[i]
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// TestActionIsSafe sees to it that no expression is pasted into a script, and that inputs and outputs are there.
func TestActionIsSafe(t *testing.T) {
	t.Parallel()
	a := readAction(t)
	used, outputs := map[string]bool{}, map[string]bool{}
	for _, s := range a.Runs.Steps {
		if s.Run != "" && (s.Shell != "bash" || strings.Contains(s.Run, "${{")) {
			t.Errorf("the script of %q is no bash script, or has an expression in it", s.Name)
		}
		if s.Run == "" && s.Uses == "" {
			t.Errorf("the step %q does nothing", s.Name)
		}
		texts := []string{s.If, s.WorkingDirectory}
		for _, m := range []map[string]string{s.With, s.Env} {
			for _, v := range m {
				texts = append(texts, v)
			}
		}
		for _, name := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(strings.Join(texts, " "), -1) {
			used[name[1]] = true
		}
		for _, name := range regexp.MustCompile(`echo "([a-z-]+)=`).FindAllStringSubmatch(s.Run, -1) {
			outputs["${{ steps."+s.ID+".outputs."+name[1]+" }}"] = true
		}
	}
	for name, input := range a.Inputs {
		if !used[name] || input.Description == "" {
			t.Errorf("the input %s is not used or not described", name)
		}
		delete(used, name)
	}
	if len(used) > 0 {
		t.Errorf("these are no inputs: %v", used)
	}
	for name, output := range a.Outputs {
		if !outputs[output.Value] || output.Description == "" {
			t.Errorf("the output %s is not set by a step, or not described", name)
		}
	}
}

// A job is a stage for the steps of an action: a workspace, and the files by which steps speak.
type job struct {
	*action
	root      string
	workspace string
	path      string
	outputs   map[string]string // of the last step
	log       string
}

func newJob(t testing.TB) *job {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	for _, format := range []string{"junit", "html"} {
		if !slices.Contains(reportFormats, format) {
			t.Skipf("there is no %s report yet", format)
		}
	}
	root := t.TempDir()
	j := &job{action: readAction(t), root: root, workspace: filepath.Join(root, "workspace"), path: os.Getenv("PATH")}
	for _, folder := range []string{"workspace", "temp"} {
		if err := os.Mkdir(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// write writes a file of the workspace.
func (j *job) write(t testing.TB, name, text string) {
	t.Helper()
	name = filepath.Join(j.workspace, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// do runs a step as GitHub does, with the inputs given or their defaults, and gives its exit code.
func (j *job) do(t testing.TB, name string, inputs map[string]string, env ...string) int {
	t.Helper()
	s := j.step(t, name)
	evaluate := func(text string) string {
		return expression.ReplaceAllStringFunc(text, func(e string) string {
			name, ok := strings.CutPrefix(expression.FindStringSubmatch(e)[1], "inputs.")
			input, known := j.Inputs[name]
			if !ok || !known {
				t.Fatalf("%s cannot be evaluated here", e)
			}
			if value, given := inputs[name]; given {
				return value
			}
			return input.Default
		})
	}
	script := filepath.Join(j.root, "script.sh")
	if err := os.WriteFile(script, []byte(s.Run), 0o600); err != nil {
		t.Fatal(err)
	}
	actionPath, err := filepath.Abs(actionFolder)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	c.Dir = filepath.Join(j.workspace, evaluate(s.WorkingDirectory))
	c.Env = append(os.Environ(), "PATH="+j.path, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE="+j.workspace, "GITHUB_ACTION_PATH="+actionPath,
		"RUNNER_TEMP="+filepath.Join(j.root, "temp"), "GITHUB_OUTPUT="+filepath.Join(j.root, "output"), "GITHUB_PATH="+filepath.Join(j.root, "path"),
		"GITHUB_STEP_SUMMARY="+filepath.Join(j.root, "summary.md"))
	c.Env = append(c.Env, env...)
	for key, value := range s.Env {
		c.Env = append(c.Env, key+"="+evaluate(value))
	}
	_ = os.Remove(filepath.Join(j.root, "output"))
	log, err := c.CombinedOutput()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatal(err)
	}
	j.log, j.outputs = string(log), map[string]string{}
	for _, line := range strings.Split(j.read("output"), "\n") {
		if key, value, ok := strings.Cut(line, "="); ok {
			j.outputs[key] = value
		}
	}
	for _, folder := range strings.Fields(j.read("path")) {
		j.path = folder + string(filepath.ListSeparator) + j.path
	}
	_ = os.Remove(filepath.Join(j.root, "path"))
	return c.ProcessState.ExitCode()
}

// read gives what a step has written into a file of the job.
func (j *job) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(j.root, name))
	return string(text)
}

const actionCollection = `name = "Users"

[[request]]
name = "Who is Jane?"
url = "{{api}}/users/jane"

[request.assert]
status = 200
json.name = "Jane"
`

// TestAction does what GitHub does with the action: it installs the program, and runs a collection that fails.
func TestAction(t *testing.T) {
	t.Parallel()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"name": "::error::|Joe|", "secret": "`+r.Header.Get("X-Key")+`"}`)
	}))
	defer api.Close()
	j := newJob(t)
	j.write(t, "api/collections/all users.toml", actionCollection)
	j.write(t, "api/environments/staging.toml", "[variables]\napi = \""+api.URL+"\"\n")
	if code := j.do(t, "Install postrider", nil); code != 0 {
		t.Fatalf("exit code %d\n%s", code, j.log)
	}

	inputs := map[string]string{"working-directory": "api", "environment": "staging", "collections": "collections/all users.toml\n", "report-dir": "out"}
	if code := j.do(t, "Run postrider", inputs); code != 1 || j.outputs["exit-code"] != "1" {
		t.Fatalf("exit code %d, outputs %v\n%s", code, j.outputs, j.log)
	}
	if want := "\n::error file=api/collections/all users.toml,line=9,endLine=9,col=13,endColumn=19,title=Who is Jane?::assertion failed: json \"name\"%0A"; !strings.Contains(j.log, want) {
		t.Errorf("there is no %q in\n%s", want, j.log)
	}
	if summary := j.read("summary.md"); !strings.HasPrefix(summary, "## ❌ FAIL: 1 of 2 assertions failed") || !strings.Contains(summary, "| ❌ | Who is Jane? | GET | `/users/jane` | 200 |") {
		t.Errorf("the summary is\n%s", summary)
	}
	for _, output := range []string{"junit", "html"} {
		info, err := os.Stat(j.outputs[output])
		if err != nil || info.Size() == 0 || filepath.Dir(j.outputs[output]) != filepath.Join(j.workspace, "api", "out") {
			t.Errorf("the output %s is %q: %v", output, j.outputs[output], err)
		}
	}

	inputs["args"] = "--request\nWho is J*\n--dry-run"
	if code := j.do(t, "Run postrider", inputs); code != 0 || !strings.Contains(j.log, "1 request, 2 assertions") || j.outputs["exit-code"] != "0" {
		t.Errorf("exit code %d of a dry run\n%s", code, j.log)
	}
}

// Inputs are words, whatever is in them: no shell reads them, and they set no outputs.
func TestActionInputs(t *testing.T) {
	t.Parallel()
	j := newJob(t)
	j.write(t, "collections/users.toml", actionCollection)
	for _, evil := range []string{"$(touch pwned)", "`touch pwned`", "a; touch pwned", "\"; touch pwned; \"", "' || touch pwned '", "*", "a b"} {
		for _, input := range []string{"collections", "environment", "args"} {
			if code := j.do(t, "Run postrider", map[string]string{input: evil}); code != 2 || j.outputs["exit-code"] != "2" {
				t.Errorf("%s = %s: exit code %d\n%s", input, evil, code, j.log)
			}
		}
	}
	if code := j.do(t, "Run postrider", map[string]string{"report-dir": "a\nexit-code=0"}); code != 2 || len(j.outputs) > 0 {
		t.Errorf("exit code %d, outputs %v\n%s", code, j.outputs, j.log)
	}
	if _, err := os.Stat(filepath.Join(j.workspace, "pwned")); err == nil {
		t.Error("a shell has read an input")
	}
}
