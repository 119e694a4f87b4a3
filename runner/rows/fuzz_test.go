package rows_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/rows"
)

// hold reads a file, counts it, and holds both to what each reading must be.
func hold(t *testing.T, name, text string) ([]rows.Row, error) {
	f := file(t, name, text)
	found, err := all(f)
	n, counted := f.Count(t.Context())
	if (err == nil) != (counted == nil) || err == nil && n != len(found) {
		t.Fatalf("read %d rows, %v; counted %d, %v", len(found), err, n, counted)
	}
	var d diag.Diagnostic
	if err != nil && !errors.As(err, &d) {
		t.Fatalf("%T: %v", err, err)
	}
	last := 0
	for _, row := range found {
		if row.Line < last || row.Line < 1 || row.Line > strings.Count(text, "\n")+1 {
			t.Fatalf("a row at line %d, after one at %d", row.Line, last)
		}
		last = row.Line
		for name, value := range row.Values {
			if _, err := environment.ParseTemplate("{{" + name + "}}"); err != nil {
				t.Fatalf("the name %q fits no template: %v", name, err)
			}
			if s, ok := value.(string); ok && !utf8.ValidString(s) {
				t.Fatalf("%q is not UTF-8", s)
			}
			if _, err := json.Marshal(value); err != nil {
				t.Fatalf("%v: %v", value, err)
			}
		}
	}
	return found, err
}

// FuzzCSV reads any table: what is accepted has the fields that encoding/csv finds.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "a:int,b:number,c:bool,d:json,e:string\n1,1.5,true,\"{\"\"a\"\":[]}\",x\n,,,,\n", "\ufeffa\r\n\"x\r\n\"\"y\"\n", "a;b\n1;2",
		"a\n\n\n\"\n\n\"\n1\n", "a,a\n", "a\n\xff\n", "a\rb", "a\n\"x", "a\nx\"y", "\xff\xfea", "a:int\n-0\n", "a:number\n1e-5\n", "a:int,b\n 7 , 8\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, err := hold(t, "a.csv", text)
		if err != nil {
			return
		}
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil || len(records) != len(found)+1 {
			t.Fatalf("%d rows, where there are %d, %v", len(found), len(records)-1, err)
		}
		for i, row := range found {
			for j, header := range records[0] {
				header = strings.TrimSpace(header)
				want, got := any(records[i+1][j]), any(nil)
				if name, kind, typed := cut(header); !typed || kind == "string" {
					got = row.Values[name]
				} else if trimmed := strings.Trim(records[i+1][j], " \t"); trimmed == "" {
					want, got = nil, row.Values[name]
				} else {
					want = decoded(t, strings.Trim(strings.ToLower(trimmed), " \t"), kind)
					got = decoded(t, strings.ToLower(compact(t, row.Values[name])), kind)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("row %d, %q: %s", i, header, d)
				}
			}
		}
	})
}

func cut(header string) (name, kind string, typed bool) {
	i := strings.LastIndex(header, ":")
	if i < 0 {
		return header, "", false
	}
	return strings.TrimSpace(header[:i]), strings.TrimSpace(header[i+1:]), true
}

func compact(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decoded is the value that a cell's text stands for, in JSON. Of documents only the validity is compared.
func decoded(t *testing.T, text, kind string) any {
	if kind == "json" {
		return json.Valid([]byte(text))
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%q was accepted: %v", text, err)
	}
	return v
}

// FuzzJSONRows reads any array and any lines: what is accepted, encoding/json reads alike.
func FuzzJSONRows(f *testing.F) {
	for _, seed := range []string{`[{"a":1}]`, `[{"a":"\u0061\ud800","b":[1,{"c":null}]} , {}]`, `[{"a":1},]`, `[`, `[{"a":{"b":"}]\"\\"}}]`, "{\"a\":1}\n\n{\"b\":true}\n", "\ufeff[{}]",
		`[{"\u0061":1,"a":2}]`, `[{"a":1e400,"b":-0,"c":1.0}]`, "[{\"a\":\"\xff\"}]", `[{]}`, `{"a":1} x`, `[{"a":01}]`, `[{"` + "\u2028" + `":1}]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain := strings.TrimPrefix(text, "\ufeff")
		if found, err := hold(t, "a.json", text); err == nil {
			compare(t, found, plain)
		}
		if found, err := hold(t, "a.ndjson", text); err == nil {
			var lines []string
			for line := range strings.Lines(plain) {
				if strings.TrimSpace(line) != "" {
					lines = append(lines, line)
				}
			}
			compare(t, found, "["+strings.Join(lines, ",")+"]")
		}
	})
}

func compare(t *testing.T, found []rows.Row, array string) {
	d := json.NewDecoder(strings.NewReader(array))
	d.UseNumber()
	var want []map[string]any
	if err := d.Decode(&want); err != nil {
		t.Fatalf("accepted what is not JSON: %v", err)
	}
	if d.More() {
		t.Fatal("accepted more than an array")
	}
	var got []map[string]any
	for _, row := range found {
		got = append(got, row.Values)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}
