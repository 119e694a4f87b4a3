package collection

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
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// goldens holds collections with mistakes in them, each with what check says about it.
const goldens = "../testdata/diagnostics"

// compiledSchema is the schema as a validator that has nothing to do with editors of TOML reads it.
func compiledSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("collection.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("collection.json")
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
	return s.Validate(asJSON(root.Value()))
}

// asJSON is a value as editors hand it to a schema: what JSON has no number for is null.
func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = asJSON(member)
		}
	case []any:
		for i, item := range v {
			v[i] = asJSON(item)
		}
	case json.Number:
		if json.Valid([]byte(v)) {
			return v
		}
		if number, err := strconv.ParseInt(v.String(), 0, 64); err == nil {
			return json.Number(strconv.FormatInt(number, 10))
		}
		return nil
	}
	return v
}

// taploAlone begins the reason for which taplo, and no other validator, accepts a file.
const taploAlone = "taplo alone"

// beyond reads which files a schema accepts for all their mistakes, and why.
func beyond(t *testing.T) map[string]string {
	t.Helper()
	reasons := map[string]string{}
	for line := range strings.Lines(read(t, filepath.Join(goldens, "beyond-schema.txt"))) {
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

// flawed are the files with mistakes, by name. Those whose name says that they are run, or have likely mistakes alone, are
// right for check, and so they must be for the schema.
func flawed(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(goldens, "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no collections to read: %v", err)
	}
	out := map[string]string{}
	for _, file := range files {
		out[strings.TrimSuffix(filepath.Base(file), ".toml")] = file
	}
	return out
}

// wellFormed reports whether a golden is about what is found later than check refuses anything.
func wellFormed(name string) bool {
	return strings.HasSuffix(name, "-run") || strings.HasPrefix(name, "lint-") || name == "tls-insecure"
}

// TestSchemaVerdicts asks the schema about each collection that check refuses.
func TestSchemaVerdicts(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	accepted := map[string]bool{}
	for name, file := range flawed(t) {
		err := judge(s, read(t, file))
		if !wellFormed(name) {
			accepted[name] = err == nil
		} else if err != nil {
			t.Errorf("%s is right, and the schema refuses it: %v", name, err)
		}
	}
	reasons := beyond(t)
	maps.DeleteFunc(reasons, func(_, reason string) bool { return strings.HasPrefix(reason, taploAlone) })
	compare(t, accepted, reasons)
}

// TestSchemaAccepts asks the schema about what is right: what is shipped, and what the reference shows.
func TestSchemaAccepts(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for name, text := range right(t) {
		if err := judge(s, text); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		if err := judge(s, "#:schema https://example.com/collection.json\n"+text); err != nil {
			t.Errorf("%s, with the line for editors: %v", name, err)
		}
	}
}

// right are collections without mistakes: all that are shipped and each example of the reference, a piece of a request
// made into one.
func right(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"*.toml", "*/*.toml"} {
		files, err := filepath.Glob(filepath.Join("../../collections", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no collections: %v", err)
		}
		for _, file := range files {
			out[filepath.ToSlash(file)] = read(t, file)
		}
	}
	examples := regexp.MustCompile("(?ms)^```toml\n(.*?)^```$").FindAllStringSubmatch(read(t, "../../collections/README.md"), -1)
	if len(examples) < 15 {
		t.Fatalf("%d examples in the reference", len(examples))
	}
	for i, e := range examples {
		text := e[1]
		if !strings.Contains(text, "[[request]]") {
			if !regexp.MustCompile(`(?m)^url =`).MatchString(text) {
				text = "url = \"https://api.example.com/users/7\"\n" + text
			}
			text = "[[request]]\n" + text
		}
		out["example "+strconv.Itoa(i+1)] = text
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
	Items       *object
	Definitions map[string]*object
	AnyOf       []*object
	OneOf       []*object
	Then        *object
	Required    []string
	Enum        []string
	Minimum     *int
	Maximum     *int
	Const       any
}

// UnmarshalJSON passes over what is no schema object, such as false and the values of an example, and what has other types.
func (o *object) UnmarshalJSON(text []byte) error {
	type plain object
	if !bytes.HasPrefix(text, []byte("{")) {
		return nil
	}
	return json.Unmarshal(text, (*plain)(o))
}

func schemaObject(t *testing.T) *object {
	t.Helper()
	var root object
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	return &root
}

// TestSchemaKeys holds the keys of each place in the schema against those that the decoder reads there, in both directions.
func TestSchemaKeys(t *testing.T) {
	t.Parallel()
	root := schemaObject(t)
	at := root.Definitions
	var queries []string // those of a capture
	for _, q := range assertion.Queries() {
		if q != "schema" {
			queries = append(queries, q)
		}
	}
	var predicates []string
	for _, p := range assertion.Predicates() {
		if p != "jwks" && p != "schema" {
			predicates = append(predicates, p)
		}
	}
	few := []string{"equals", "not", "gt", "gte", "lt", "lte", "in", "exists"}
	tests := []struct {
		where string
		o     *object
		keys  []string
	}{
		{"a collection", root, collectionKeys},
		{"a request", at["entry"], append(slices.Clone(requestKeys), includeKeys...)},
		{"a case", at["cases"].Items, caseKeys},
		{"rejects", at["rejects"], RejectKinds()},
		{"retry", at["retry"], retryKeys},
		{"load", at["load"], loadKeys},
		{"a threshold of time", at["time_threshold"], ThresholdOps()},
		{"a threshold of a share", at["share_threshold"], ThresholdOps()},
		{"a threshold of a number", at["count_threshold"], ThresholdOps()},
		{"tls", at["tls"], tlsKeys},
		{"body", at["body"], bodyKeys},
		{"a part", at["part"], partKeys},
		{"graphql", at["body"].Properties["graphql"], graphqlKeys},
		{"auth", at["auth"], authKindNames()},
		{"assert", at["assert"], assertion.Queries()},
		{"assert, as the decoder reads it", at["assert"], append(slices.Clone(named), unnamed...)},
		{"a capture", at["capture"], append(queries, captureExtras...)},
		{"predicates of any value", at["any_value"], predicates},
		{"predicates of a field", at["field_value"], predicates},
		{"predicates of a text", at["text_value"], slices.DeleteFunc(slices.Clone(predicates), func(p string) bool { return p == "every" || p == "any" })},
		{"predicates of a status", at["status_value"], few},
		{"predicates of a size", at["size_value"], few},
		{"predicates of a duration", at["duration_value"], few},
		{"predicates of a number", at["number_value"], few},
		{"predicates of a signature", at["signature"], []string{"jwks"}},
	}
	for _, kind := range AuthKinds() {
		if keys := AuthKeys(kind); keys != nil {
			tests = append(tests, struct {
				where string
				o     *object
				keys  []string
			}{"auth." + string(kind), at[string(kind)], keys})
			if d := cmp.Diff(requiredAuthKeys(kind), at[string(kind)].Required); d != "" {
				t.Errorf("what auth.%s must say: code -, schema +\n%s", kind, d)
			}
		}
	}
	for _, tt := range tests {
		keys := slices.Clone(tt.keys)
		slices.Sort(keys)
		if d := cmp.Diff(slices.Compact(keys), slices.Sorted(maps.Keys(tt.o.Properties))); d != "" {
			t.Errorf("keys of %s: code -, schema +\n%s", tt.where, d)
		}
	}
	all := map[string]bool{}
	everyKey(root, all)
	for _, key := range Keys() {
		if !all[key] {
			t.Errorf("the schema does not have the key %q", key)
		}
	}
	known := slices.Concat(Keys(), assertion.Predicates(), RejectKinds())
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(known, key) {
			t.Errorf("the schema has the key %q, which the code does not know", key)
		}
	}
}

func everyKey(o *object, all map[string]bool) {
	if o == nil {
		return
	}
	for key, property := range o.Properties {
		all[key] = true
		everyKey(property, all)
	}
	for _, definition := range o.Definitions {
		everyKey(definition, all)
	}
	everyKey(o.Items, all)
}

// TestSchemaForEditors keeps out what taplo cannot show or complete: it takes no notice of what stands beside a $ref, or
// of a schema that has allOf, and offers a key once more for each schema of oneOf. Where it does not look, behind then and
// else, they may stand.
func TestSchemaForEditors(t *testing.T) {
	t.Parallel()
	var root map[string]any
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	var walk func(place string, v any)
	walk = func(place string, v any) {
		switch v := v.(type) {
		case []any:
			for i, item := range v {
				walk(place+"/"+strconv.Itoa(i), item)
			}
		case map[string]any:
			_, refers := v["$ref"].(string)
			for key, member := range v {
				_, composes := member.([]any)
				if refers && len(v) > 1 || composes && (key == "allOf" || key == "oneOf") {
					t.Errorf("%s: %s", place, key)
				}
				if key != "then" && key != "else" && key != "examples" {
					walk(place+"/"+key, member)
				}
			}
		}
	}
	walk("", root)
}

// TestSchemaWords holds the words and limits of the schema against those of the code.
func TestSchemaWords(t *testing.T) {
	t.Parallel()
	at := schemaObject(t).Definitions
	retry := at["retry"].Properties
	tests := []struct {
		where     string
		got, want []string
	}{
		{"http", at["http"].Enum, HTTPVersions()},
		{"tls.min_version", at["tls"].Properties["min_version"].Enum, TLSVersions()},
		{"rejects", at["rejects"].Items.Enum, RejectKinds()},
		{"retry.on", retry["on"].Items.AnyOf[0].Enum, RetryReasons()},
		{"auth.api_key.in", at["api_key"].Properties["in"].AnyOf[0].Enum, AuthPlaces(APIKey)},
		{"auth.oauth1.in", at["oauth1"].Properties["in"].AnyOf[0].Enum, AuthPlaces(OAuth1)},
		{"format", at["format"].AnyOf[0].Enum, assertion.Formats()},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, tt.got); d != "" {
			t.Errorf("%s: code -, schema +\n%s", tt.where, d)
		}
	}
	for _, tt := range []struct {
		where       string
		o           *object
		least, most int
	}{
		{"redirects", at["redirects"], 0, MaxRedirects},
		{"repeat", at["repeat"], 1, MaxRepeat},
		{"retry", at["retry"], 0, MaxRetries},
		{"retry.times", retry["times"], 0, MaxRetries},
		{"load.vus", at["load"].Properties["vus"], 1, MaxLoadUsers},
		{"load.max_vus", at["load"].Properties["max_vus"], 1, MaxLoadUsers},
		{"load.iterations", at["load"].Properties["iterations"], 1, MaxLoadIterations},
		{"retry.backoff", retry["backoff"], 1, MaxBackoff},
	} {
		if *tt.o.Minimum != tt.least || *tt.o.Maximum != tt.most {
			t.Errorf("%s is %d to %d in the schema, %d to %d in the code", tt.where, *tt.o.Minimum, *tt.o.Maximum, tt.least, tt.most)
		}
	}
	for i, kind := range bodyKinds {
		if d := cmp.Diff([]string{kind}, at["body"].Then.OneOf[i].Required); d != "" {
			t.Errorf("the kinds of body: code -, schema +\n%s", d)
		}
	}
	var queries []string
	for _, one := range at["capture"].Then.OneOf {
		queries = append(queries, one.Required...)
	}
	if d := cmp.Diff(slices.DeleteFunc(assertion.Queries(), func(q string) bool { return q == "schema" }), queries, cmpopts.SortSlices(strings.Compare)); d != "" {
		t.Errorf("what a capture looks at: code -, schema +\n%s", d)
	}
}
