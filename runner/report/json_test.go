package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/runner"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	interrupted := cognito(true)
	interrupted.interrupted = true
	for name, run := range map[string]*script{
		"passing": cognito(true), "failing": cognito(false), "mixed": mixed(), "interrupted": interrupted, "empty": {info: started()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			j := NewJSON(&out, JSONOptions{Version: "v0.1.0", IncludeBodies: name == "failing"})
			result := run.play(j)
			if err := j.Err(); err != nil {
				t.Fatal(err)
			}
			golden(t, "report-"+name+".json", out.Bytes())
			check(t, out.Bytes(), result)
		})
	}
}

// A document is as much of a report as tests look at.
type document struct {
	Collections []struct {
		Verdict  string
		Requests []struct {
			Name       string
			Verdict    string
			Attempts   int
			Assertions []struct{ Passed bool }
			Response   *struct{ Headers [][2]string }
		}
	}
	Counts struct {
		Collections int
		Requests    struct{ Planned, Sent, Passed, Failed, Errors, Skipped, Flaky int }
		Assertions  struct{ Planned, Checked, Failed int }
	}
	Verdict  string
	ExitCode int `json:"exit_code"`
}

// check holds a report against its schema and its counts against its requests.
func check(t testing.TB, text []byte, result *runner.Result) document {
	t.Helper()
	valid(t, text)
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	var c runner.Counts
	for _, g := range d.Collections {
		c.Collections++
		for _, q := range g.Requests {
			r := runner.RequestResult{Verdict: runner.Verdict(q.Verdict), Attempts: q.Attempts}
			for _, a := range q.Assertions {
				r.Assertions = append(r.Assertions, runner.AssertionResult{Passed: a.Passed})
			}
			tally(&c, &r)
		}
	}
	n := d.Counts
	if c.Collections != n.Collections || c.Requests != runner.RequestCounts(n.Requests) ||
		c.Assertions.Checked != n.Assertions.Checked || c.Assertions.Failed != n.Assertions.Failed {
		t.Errorf("counts do not add up: %+v, counted %+v", n, c)
	}
	if d.Verdict != string(result.Verdict) || d.ExitCode != result.ExitCode() {
		t.Errorf("verdict %s, exit code %d of %s, %d", d.Verdict, d.ExitCode, result.Verdict, result.ExitCode())
	}
	return d
}

var compiled, compiledEvent *jsonschema.Schema

func init() {
	// Compiled once for all tests and fuzzing; in the program the schema is only text.
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("report.json", document); err != nil {
		panic(err)
	}
	compiled, compiledEvent = c.MustCompile("report.json"), c.MustCompile("report.json#/$defs/event")
}

// validLines holds each line against the schema of an event.
func validLines(t testing.TB, text []byte) {
	t.Helper()
	harmless(t, text)
	for line := range bytes.Lines(text) {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatalf("%v:\n%.1000s", err, line)
		}
		if err := compiledEvent.Validate(v); err != nil {
			t.Errorf("%v:\n%.1000s", err, line)
		}
	}
}

// valid holds a document against the schema, and sees to it that it is harmless text.
func valid(t testing.TB, text []byte) {
	t.Helper()
	harmless(t, text)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v:\n%.1000s", err, text)
	}
	if err := compiled.Validate(v); err != nil {
		t.Errorf("%v:\n%.1000s", err, text)
	}
}

// harmless sees to it that text is UTF-8 and that nothing in it steers a terminal. Tabs are let through, as diag does.
func harmless(t testing.TB, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		t.Errorf("not UTF-8: %.300q", text)
	}
	for i, r := range string(text) {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			t.Fatalf("%U behind %q", r, text[max(0, i-200):i])
		}
	}
}

// The schema is as strict as it says: what is missing, unknown or of another kind is refused.
func TestSchemaIsStrict(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	mixed().play(NewJSON(&out, JSONOptions{IncludeBodies: true}))
	var good any
	if err := json.Unmarshal(out.Bytes(), &good); err != nil {
		t.Fatal(err)
	}
	optional := map[string]bool{"reason": true, "body": true, "actual": true, "file": true, "line": true, "column": true,
		"diagnostics": true, "details": true, "notes": true, "hint": true, "excerpt": true}
	free := map[string]bool{"expected": true, "actual": true, "value": true}
	tried := 0
	refuse := func(what string) {
		tried++
		if compiled.Validate(good) == nil {
			t.Errorf("accepted %s", what)
		}
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			v["unknown"] = true
			refuse("an unknown member of " + path)
			delete(v, "unknown")
			for key, old := range v {
				if !optional[key] {
					delete(v, key)
					refuse(path + " without " + key)
				}
				if !free[key] {
					v[key] = []any{map[string]any{}}
					refuse("nonsense as " + path + "." + key)
				}
				v[key] = old
				if !free[key] {
					walk(path+"."+key, old)
				}
			}
		case []any:
			for i, one := range v {
				walk(path, one)
				if i > 3 { // the others are alike
					return
				}
			}
		}
	}
	walk("report", good)
	if err := compiled.Validate(good); err != nil || tried < 400 {
		t.Errorf("after %d mistakes: %v", tried, err)
	}
}

func TestJSONValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    any
		want string
	}{
		{nil, "null"}, {true, "true"}, {"a\"b\\c\n\r\t\x00\x1b", `"a\"b\\c\n\r\t\u0000\u001b"`}, {42, "42"}, {1.5, "1.5"},
		{"<é&🚀>", `"<é&🚀>"`}, {"\x7f\u0085\u202e\u2028\u2029", `"\u007f\u0085\u202e\u2028\u2029"`}, {"a\xff\xfeb\ufffd", "\"a\\ufffd\\ufffdb\ufffd\""},
		{json.Number("9007199254740993.10"), "9007199254740993.10"}, {json.Number("1e999999"), "1e999999"}, {json.Number("-0"), "-0"},
		{json.Number("NaN"), `"NaN"`}, {json.Number("01"), `"01"`}, {json.Number(""), `""`}, {json.Number(" 1"), `" 1"`}, {json.Number(`"x"`), `"\"x\""`},
		{json.RawMessage(`{"a" : [1.0, "\u001b\"<", "` + "\xff\u202e" + `"]}`), `{"a":[1.0,"\u001b\"<","` + "\ufffd" + `\u202e"]}`}, {json.RawMessage(`{`), `"{"`},
		{[]any{json.Number("1"), "x", nil}, `[1, "x", null]`}, {map[string]any{"b": 1, "a": []any{}}, `{"a": [], "b": 1}`}, {map[string]any{}, `{}`},
		{math.NaN(), `"NaN"`}, {[]string{"\u202e"}, `["\u202e"]`}, {time.Second, "1000000000"}, {func() {}, ""},
	} {
		got := string(appendValue(nil, c.v))
		if c.want != "" && got != c.want {
			t.Errorf("%#v gives %s, want %s", c.v, got, c.want)
		}
		if !json.Valid([]byte(got)) {
			t.Errorf("%#v gives %s", c.v, got)
		}
		harmless(t, []byte(got))
	}
}

func TestMilliseconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0", -5: "0", 499: "0", 999: "0.001", time.Microsecond: "0.001", 12345 * time.Microsecond: "12.345", 12300 * time.Microsecond: "12.3",
		10 * time.Millisecond: "10", time.Hour: "3600000", 100_020 * time.Microsecond: "100.02",
	} {
		if got := string(appendMilliseconds(nil, d)); got != want {
			t.Errorf("%v gives %s, want %s", d, got, want)
		}
	}
}

// What was found is there whenever an assertion failed, also where nothing was found.
func TestJSONActual(t *testing.T) {
	t.Parallel()
	s := cognito(false)
	s.collections[0].requests[3].Assertions[0].Actual = nil
	var out bytes.Buffer
	check(t, write(t, s, &out), s.play(Multi{}))
	if !strings.Contains(out.String(), `"expected": 401, "actual": null, "passed": false`) {
		t.Errorf("%s", out.String())
	}
}

// A run that ends inside a collection leaves a whole document all the same.
func TestJSONUnfinished(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	j := NewJSON(&out, JSONOptions{})
	s := mixed()
	j.RunStarted(s.info)
	for _, g := range s.collections {
		g.requests[0].Collection = g.info
		j.RequestFinished(g.requests[0])
	}
	j.RunFinished(&runner.Result{Verdict: runner.Interrupted})
	valid(t, out.Bytes())
	if n := strings.Count(out.String(), `"verdict": "failed", "duration_ms"`); n != 1 {
		t.Errorf("%d failed collections:\n%s", n, out.String())
	}
}
