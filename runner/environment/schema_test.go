package environment

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// compiledSchema is the schema as a validator that has nothing to do with editors of TOML reads it.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("environment.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("environment.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge is what a schema says of a text: nil if it accepts it. What is not TOML is never accepted.
func judge(s *jsonschema.Schema, text string) error {
	root, list := tomlnode.Parse(diag.NewSource("a.toml", text))
	if list.HasErrors() {
		return list
	}
	return s.Validate(root.Value())
}

// beyond reads which files the schema accepts for all their mistakes, and why.
func beyond(t *testing.T) map[string]string {
	t.Helper()
	reasons := map[string]string{}
	for line := range strings.Lines(read(t, "testdata/beyond-schema.txt")) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, ": ")
		if !ok || strings.TrimSpace(reason) == "" || reasons[name] != "" {
			t.Errorf("beyond-schema.txt: %q is no name and reason, or there twice", line)
		}
		reasons[name] = reason
	}
	return reasons
}

// compare holds verdicts against the list of what is beyond the schema. accepted are names of files with mistakes.
func compare(t *testing.T, accepted map[string]bool, reasons map[string]string) {
	t.Helper()
	refused, agreed := 0, 0
	for _, name := range slices.Sorted(maps.Keys(accepted)) {
		_, listed := reasons[name]
		switch {
		case accepted[name] && !listed:
			t.Errorf("%s is accepted by the schema: refuse it there, or say in beyond-schema.txt why a schema cannot see the mistake", name)
		case !accepted[name] && listed:
			t.Errorf("%s is refused by the schema: take it out of beyond-schema.txt", name)
		case listed:
			agreed++
		default:
			refused++
		}
	}
	for name := range reasons {
		if _, ok := accepted[name]; !ok {
			t.Errorf("beyond-schema.txt names %q, and there is no such file", name)
		}
	}
	t.Logf("%d files with mistakes: %d refused by the schema too, %d beyond it", len(accepted), refused, agreed)
}

// goldens are the files of TestGolden by name: those in which there are mistakes, and those about which there is at most a
// warning.
func goldens(t *testing.T) (flawed, right map[string]string) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.err")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	flawed, right = map[string]string{}, map[string]string{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".err")
		if strings.Contains("\n"+read(t, file), "\nerror: ") {
			flawed[name] = "testdata/" + name + suffix
		} else {
			right[name] = "testdata/" + name + suffix
		}
	}
	return flawed, right
}

// TestSchemaVerdicts asks the schema about each environment that is refused.
func TestSchemaVerdicts(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	flawed, _ := goldens(t)
	accepted := map[string]bool{}
	for name, file := range flawed {
		accepted[name] = judge(s, read(t, file)) == nil
	}
	compare(t, accepted, beyond(t))
}

// TestSchemaAccepts asks the schema about what is right: what is shipped, and what the reference shows.
func TestSchemaAccepts(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for name, text := range rightEnvironments(t) {
		if err := judge(s, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if err := judge(s, "#:schema https://example.com/environment.json\n"+text); err != nil {
			t.Errorf("%s, with the line for editors: %v", name, err)
		}
	}
}

// rightEnvironments are environments without mistakes.
func rightEnvironments(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	_, right := goldens(t)
	for name, file := range right {
		out[name] = read(t, file)
	}
	shipped, err := filepath.Glob("../../environments/*.toml")
	if err != nil || len(shipped) < 2 {
		t.Fatalf("%d shipped, %v", len(shipped), err)
	}
	for _, file := range shipped {
		out[filepath.ToSlash(file)] = read(t, file)
	}
	examples := regexp.MustCompile("(?ms)^```toml\n(.*?)^```$").FindAllStringSubmatch(read(t, "../../environments/README.md"), -1)
	if len(examples) < 2 {
		t.Fatalf("%d examples in the reference", len(examples))
	}
	for i, e := range examples {
		out["example "+strconv.Itoa(i+1)] = e[1]
	}
	return out
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An object is a schema as far as the tests look into it.
type object struct {
	Properties  map[string]*object
	Definitions map[string]*object
	Items       struct{ AnyOf []struct{ Enum []string } }
}

// UnmarshalJSON passes over properties that stand for examples and for other types of the same keyword.
func (o *object) UnmarshalJSON(text []byte) error {
	type plain struct {
		Properties  map[string]*object
		Definitions map[string]*object
		Items       json.RawMessage
	}
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	o.Properties, o.Definitions = p.Properties, p.Definitions
	_ = json.Unmarshal(p.Items, &o.Items) // of a command it is an array
	return nil
}

// TestSchemaKeys holds the keys of each place in the schema against those that are read there, in both directions.
func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	var root object
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	at := root.Definitions
	for _, tt := range []struct {
		where string
		o     *object
		keys  []string
	}{
		{"an environment", &root, keys()},
		{"a secret", at["secret"], secretKeys()},
		{"[cognito]", at["cognito"], poolKeys(t, "")},
		{"[[cognito.client]]", at["client"], poolKeys(t, "[[cognito.client]]")},
		{"[[cognito.resource_server]]", at["resource_server"], poolKeys(t, "[[cognito.resource_server]]")},
		{"[[cognito.user]]", at["user"], poolKeys(t, "[[cognito.user]]")},
	} {
		names := slices.Sorted(slices.Values(tt.keys))
		if d := cmp.Diff(names, slices.Sorted(maps.Keys(tt.o.Properties))); d != "" {
			t.Errorf("keys of %s: code -, schema +\n%s", tt.where, d)
		}
	}
	flows := []string{cognito.FlowCode, cognito.FlowImplicit, cognito.FlowClientCredentials}
	if d := cmp.Diff(flows, at["client"].Properties["flows"].Items.AnyOf[0].Enum); d != "" {
		t.Errorf("flows: code -, schema +\n%s", d)
	}
	for name := range at["user"].Properties["attributes"].Properties {
		value := "true"
		if name == "sub" {
			value = "00000000-0000-4000-8000-000000000000"
		}
		pool := cognito.Config{Users: []cognito.User{{Username: "jane", Password: "x", Attributes: map[string]string{name: value}}}}
		if problems := pool.Validate(); len(problems) > 0 {
			t.Errorf("the schema has the attribute %q: %v", name, problems)
		}
	}
}

// poolKeys are the keys of a table of the pool, which its decoder names when there is one that it does not know.
func poolKeys(t *testing.T, header string) []string {
	t.Helper()
	root, list := tomlnode.Parse(diag.NewSource("a.toml", "[cognito]\n"+header+"\n"+strings.Repeat("q", 40)+" = 1\n"))
	if len(list) > 0 {
		t.Fatal(list)
	}
	e, _ := root.Get("cognito")
	decodePool(&poolTable{entry: e}, nil, &list)
	if len(list) != 1 {
		t.Fatalf("%v", list)
	}
	var names []string
	for _, quoted := range regexp.MustCompile(`"([a-z_]+)"`).FindAllStringSubmatch(list[0].Hint, -1) {
		names = append(names, quoted[1])
	}
	return names
}
