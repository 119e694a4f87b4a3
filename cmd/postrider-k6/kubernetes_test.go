package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	diff "github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// builtFolder is where the program `postrider` was built, if it was.
var builtFolder string

var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "postrider")
	if err != nil {
		return "", err
	}
	builtFolder = folder
	program := filepath.Join(folder, "postrider")
	if out, err := exec.Command("go", "build", "-C", "../..", "-o", program, "./cmd/postrider").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

// postrider builds the program of the repository, which is not linked with k6, and gives its path.
func postrider(t *testing.T) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the scripts are for a shell of Unix")
	}
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// shell is a command with the program in the path, in a folder.
func shell(t *testing.T, s *recorded, folder string, environment []string, command ...string) *exec.Cmd {
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = folder
	c.Env = append(os.Environ(), "PATH="+filepath.Dir(postrider(t))+":"+os.Getenv("PATH"), "HOST="+s.URL, "API_URL="+s.URL, "API_KEY="+apiKey)
	c.Env = append(c.Env, environment...)
	return c
}

// A saved report, as far as it is looked at.
type saved struct {
	Planned, Counts any
	Verdict         string
	Collections     []struct {
		Name     string
		Counts   any
		Requests []savedRequest
	}
}

type savedRequest struct {
	Name, Case, Verdict string
	Iteration           int
	Assertions          []struct {
		Query, Predicate string
		Passed           bool
	}
}

// readSaved reads a report. Requests of one iteration that went to several shards are merged in the order of the shards, so
// they are sorted here.
func readSaved(t *testing.T, name string) (out saved) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	for _, c := range out.Collections {
		slices.SortFunc(c.Requests, func(a, b savedRequest) int {
			return cmp.Or(cmp.Compare(a.Iteration, b.Iteration), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Case, b.Case))
		})
	}
	return out
}

// The processes of distribute.sh together send what one run sends, once each, and their merged report is that of the run.
func TestDistribute(t *testing.T) {
	t.Parallel()
	script, err := filepath.Abs("kubernetes/distribute.sh")
	if err != nil {
		t.Fatal(err)
	}
	plan := map[string]string{
		"environments/dev.toml":  dev,
		"collections/rows.toml":  "name = \"Rows\"\ndata = \"../rows.csv\"\n[[request]]\nname = \"Row\"\nurl = \"{{host}}/key/{{row}}\"\nauth.bearer = \"{{key}}\"\n[[request]]\nname = \"Bad\"\nurl = \"{{host}}/bad/{{row}}\"\n",
		"collections/split.toml": "name = \"Split\"\n[[request]]\nname = \"Many\"\nurl = \"{{host}}/split/{{n}}\"\n",
		"collections/chain.toml": "name = \"Chain\"\n[[request]]\nurl = \"{{host}}/chain/1\"\ncapture.last = { json = \"last\" }\n[[request]]\nurl = \"{{host}}/chain/1/{{last}}\"\n",
	}
	for i := range 10 {
		plan["collections/split.toml"] += fmt.Sprintf("[[request.case]]\nname = \"%d\"\nvariables.n = %d\n", i+1, i+1)
	}
	plan["rows.csv"] = rowsOf(25)
	flags := []string{"-e", "dev", "--allow-outside-files", "collections"}

	whole := newServer(t)
	folder := t.TempDir()
	write(t, folder, plan)
	run(t, 1, shell(t, whole, folder, nil, append([]string{postrider(t), "run", "--report", "json=whole.json"}, flags...)...))
	for _, n := range []int{1, 3, 7} {
		s := newServer(t)
		reports := t.TempDir()
		run(t, 1, shell(t, s, folder, []string{"REPORTS=" + reports}, append([]string{"bash", script, fmt.Sprint(n)}, flags...)...))
		if d := diff.Diff(whole.sent(), s.sent()); d != "" {
			t.Errorf("%d processes: %s", n, d)
		}
		if d := diff.Diff(readSaved(t, filepath.Join(folder, "whole.json")), readSaved(t, filepath.Join(reports, "all.json"))); d != "" {
			t.Errorf("the merged report of %d processes is another: %s", n, d)
		}
	}
	load := []string{"load", "--vus", "7", "--iterations", "50", "--threshold", "checks>=0", "-e", "dev", "--allow-outside-files", "collections/rows.toml"}
	whole = newServer(t)
	run(t, 0, shell(t, whole, folder, nil, append([]string{postrider(t)}, load...)...))
	for _, n := range []int{2, 7} {
		s := newServer(t)
		out := run(t, 0, shell(t, s, folder, nil, append([]string{"bash", script, fmt.Sprint(n)}, load...)...))
		if d := diff.Diff(whole.sent(), s.sent()); d != "" {
			t.Errorf("%d processes under load: %s", n, d)
		}
		if !strings.Contains(out, "Rows · dev · 7 users, 50 iterations\n") {
			t.Errorf("%d processes under load: %s", n, out)
		}
	}
	s := newServer(t)
	for _, arguments := range [][]string{{}, {"0"}, {"x"}, {"2", "none.toml"}, {"9", "load", "--vus", "8", "collections/rows.toml"}} {
		run(t, 2, shell(t, s, folder, nil, append([]string{"bash", script}, arguments...)...))
	}
	if got := s.sent(); len(got) > 0 {
		t.Errorf("calls with mistakes sent %q", got)
	}
}

// A manifest is an object of Kubernetes, as far as it is looked at.
type manifest struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		CompletionMode          string `yaml:"completionMode"`
		Completions             int
		Parallelism             int
		BackoffLimitPerIndex    *int `yaml:"backoffLimitPerIndex"`
		TTLSecondsAfterFinished int  `yaml:"ttlSecondsAfterFinished"`
		Script                  struct {
			ConfigMap struct{ Name, File string } `yaml:"configMap"`
		}
		Template struct {
			Spec struct {
				Containers []struct {
					Command, Args []string
					Env           []struct{ Name, Value string }
				}
			}
		}
	}
}

// manifests are the objects of a file by kind.
func manifests(t *testing.T, name string) map[string]manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("kubernetes", name))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]manifest{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var m manifest
		if err := decoder.Decode(&m); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out[m.Kind] = m
	}
}

// mounted is a folder with what the ConfigMap holds.
func mounted(t *testing.T) string {
	folder := t.TempDir()
	write(t, folder, manifests(t, "suite.yaml")["ConfigMap"].Data)
	return folder
}

// What the pods of the jobs run, run here, sends the plan once and ends with the report of all of it.
func TestShardsManifest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder, reports := mounted(t), t.TempDir()
	job, merge := manifests(t, "shards.yaml")["Job"].Spec, manifests(t, "merge.yaml")["Job"].Spec
	if job.CompletionMode != "Indexed" || job.BackoffLimitPerIndex == nil || *job.BackoffLimitPerIndex != 0 {
		t.Errorf("the job is %+v", job)
	}
	pod := job.Template.Spec.Containers[0]
	if pod.Env[0].Name != "SHARDS" || pod.Env[0].Value != fmt.Sprint(job.Completions) {
		t.Errorf("%d completions, and %+v", job.Completions, pod.Env)
	}
	start := func(index int, command, arguments []string) *exec.Cmd {
		environment := []string{fmt.Sprint("JOB_COMPLETION_INDEX=", index), fmt.Sprint("SHARDS=", job.Completions)}
		script := strings.ReplaceAll(arguments[0], "/reports/", reports+"/")
		return shell(t, s, folder, environment, append(command[:len(command):len(command)], script)...)
	}
	var all sync.WaitGroup
	for index := range job.Completions {
		all.Go(func() { run(t, 0, start(index, pod.Command, pod.Args)) })
	}
	all.Wait()
	if d := diff.Diff(sorted(each("GET /users/", 10)), s.sent()); d != "" {
		t.Error(d)
	}
	pod = merge.Template.Spec.Containers[0]
	// The server knows no users, so that the assertion about the id fails.
	if out := run(t, 1, start(0, pod.Command, pod.Args)); !strings.Contains(out, "iteration 10/10") || !strings.Contains(out, "FAIL  10 of 20 assertions") {
		t.Errorf("the merged report is\n%s", out)
	}
}

// What k6-operator runs for the TestRun, an execution segment in each pod, sends each row as often as the script has
// iterations for it.
func TestLoadManifest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	folder := mounted(t)
	load := manifests(t, "load.yaml")["TestRun"]
	if suite := manifests(t, "suite.yaml")["ConfigMap"].Metadata.Name; load.Spec.Script.ConfigMap.Name != suite {
		t.Errorf("the script is in %+v, not in %s", load.Spec.Script, suite)
	}
	n := load.Spec.Parallelism
	at := func(i int) string {
		if i == 0 || i == n {
			return fmt.Sprint(i / n)
		}
		return fmt.Sprintf("%d/%d", i, n)
	}
	var sequence []string
	for i := range n + 1 {
		sequence = append(sequence, at(i))
	}
	var all sync.WaitGroup
	for i := range n {
		c := k6(t, s, folder, "run", "--address", "", "--execution-segment", at(i)+":"+at(i+1), "--execution-segment-sequence", strings.Join(sequence, ","), load.Spec.Script.ConfigMap.File)
		c.Env = append(c.Env, "API_URL="+s.URL)
		all.Go(func() { run(t, 99, c) }) // the server knows no users
	}
	all.Wait()
	want := each("GET /users/", 10)
	for i := range want {
		want[i] += " ×100"
	}
	if d := diff.Diff(sorted(want), s.sent()); d != "" {
		t.Error(d)
	}
}

// The manifests are what the API of Kubernetes takes. k6-operator's TestRun is no part of it.
func TestManifestsInKubernetesModels(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: kubernetes-models was not tried")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	in := func(command ...string) ([]byte, error) {
		c := exec.CommandContext(t.Context(), command[0], command[1:]...)
		c.Dir = folder
		return c.CombinedOutput()
	}
	if out, err := in("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"); err != nil {
		t.Fatalf("POSTRIDER_NODE_TESTS is 1: %v\n%s", err, out)
	}
	files := map[string]string{}
	for _, name := range []string{"suite.yaml", "shards.yaml", "merge.yaml"} {
		text, err := os.ReadFile(filepath.Join("kubernetes", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	files["key.yaml"] = strings.Replace(files["shards.yaml"], "backoffLimitPerIndex", "backofLimitPerIndex", 1)
	files["value.yaml"] = strings.Replace(files["shards.yaml"], "storage: 1Gi", "storage: 1Gibi", 1)
	write(t, folder, files)
	if out, err := in("node", "check.js", "suite.yaml", "shards.yaml", "merge.yaml"); err != nil || strings.Count(string(out), "\n") != 5 {
		t.Errorf("%v\n%s", err, out)
	}
	for _, bad := range []string{"key.yaml", "value.yaml"} {
		if out, err := in("node", "check.js", bad); err == nil {
			t.Errorf("the mistake in %s is not seen:\n%s", bad, out)
		}
	}
}
