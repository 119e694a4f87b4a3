package rows_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/rows"
)

// file is a data file of that name and text.
func file(t testing.TB, name, text string) *rows.File {
	t.Helper()
	folder := fstest.MapFS{name: {Data: []byte(text)}}
	f, err := rows.New(name, func() (fs.File, error) { return folder.Open(name) })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// all reads every row.
func all(f *rows.File) (found []rows.Row, err error) {
	r, err := f.Read()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		found = append(found, row)
	}
}

type values = map[string]any

func number(s string) json.Number { return json.Number(s) }

func TestRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, name, text string
		want             []values
		lines            []int
	}{
		{"texts stay as they are", "a.csv", "id,name\n007, jane \n1e3,\"a,\"\"b\"\"\"\n", []values{{"id": "007", "name": " jane "}, {"id": "1e3", "name": `a,"b"`}}, []int{2, 3}},
		{"byte order mark, CR LF, no last line end, blanks around names", "a.CSV", "\ufeff id , näme\r\n1,é", []values{{"id": "1", "näme": "é"}}, []int{2}},
		{"byte order mark before a quote", "a.csv", "\ufeff\"id\"\n1\n", []values{{"id": "1"}}, []int{2}},
		{"line breaks in values, blank lines", "a.csv", "a,b\n\"1\n2\n\",x\n\n\n3,\"4\n\"\n5,6\n", []values{{"a": "1\n2\n", "b": "x"}, {"a": "3", "b": "4\n"}, {"a": "5", "b": "6"}}, []int{2, 7, 9}},
		{"types", "a.csv", "age:int, price : number ,active:bool,tags:json,name:string,xml:lang:string\n" +
			"-42,1.50,TRUE,\"[1.0,{\"\"a\"\":null}]\", x ,\n 9007199254740993 ,-0.5E+10,false,\"\"\"a\"\"\",,de\n,,,,,\n",
			[]values{
				{"age": number("-42"), "price": number("1.50"), "active": true, "tags": []any{number("1.0"), values{"a": nil}}, "name": " x ", "xml:lang": ""},
				{"age": number("9007199254740993"), "price": number("-0.5E+10"), "active": false, "tags": "a", "name": "", "xml:lang": "de"},
				{"age": nil, "price": nil, "active": nil, "tags": nil, "name": "", "xml:lang": ""},
			}, []int{2, 3, 4}},
		{"tabs", "a.tsv", "a\tb;c,d\n1\t\"x\ty\"\n", nil, nil},
		{"tabs", "a.tsv", "a\tb:int\n1,2\t3\n\"x\ty\"\t4\n", []values{{"a": "1,2", "b": number("3")}, {"a": "x\ty", "b": number("4")}}, []int{2, 3}},
		{"array", "a.json", " [ {\"id\": 9007199254740993, \"a\": [1, {}], \"b\": {\"c\": 1.0}},\n\n{},\n {\"s\": \"\\u00e9\\n}\", \"n\": null, \"\\u006b\": true}\n] \n",
			[]values{{"id": number("9007199254740993"), "a": []any{number("1"), values{}}, "b": values{"c": number("1.0")}}, {}, {"s": "é\n}", "n": nil, "k": true}}, []int{1, 3, 4}},
		{"lines", "a.ndjson", "\ufeff{\"a\":1}\n\n  {\"a\": \"x\"} \r\n \n{\"a\":false}", []values{{"a": number("1")}, {"a": "x"}, {"a": false}}, []int{1, 3, 5}},
		{"braces and quotes in texts", "a.json", `[{"a":"\"}","b":"]{\\"}]`, []values{{"a": `"}`, "b": `]{\`}}, []int{1}},
		{"lines", "a.jsonl", "{\"a\":1e400}\n", []values{{"a": number("1e400")}}, []int{1}},
		{"tables", "a.toml", "[[row]]\nid = 007.5\n", nil, nil},
		{"tables", "a.toml", "# users\n[[user]]\nid = 1_000\nname = \"x\"\ntags = [1.50, true]\n\n[[user]]\n[user.address]\ncity = 'y'\nsince = 2026-01-02\n",
			[]values{{"id": number("1000"), "name": "x", "tags": []any{number("1.50"), true}}, {"address": values{"city": "y", "since": "2026-01-02"}}}, []int{2, 7}},
		{"one table", "a.toml", "row = [{ a = 1 }, { a = 2 }]", []values{{"a": number("1")}, {"a": number("2")}}, []int{1, 1}},
	} {
		f := file(t, c.name, c.text)
		found, err := all(f)
		if (err != nil) != (c.want == nil) {
			t.Errorf("%s, %s: %v", c.name, c.what, err)
			continue
		}
		var got []values
		var lines []int
		for _, row := range found {
			got, lines = append(got, row.Values), append(lines, row.Line)
			if row.String() != c.name+":"+strconv.Itoa(row.Line) {
				t.Errorf("%s: the row is at %s", c.what, row)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s, %s: -want +got\n%s", c.name, c.what, d)
		}
		if d := cmp.Diff(c.lines, lines); d != "" {
			t.Errorf("%s, %s: lines, -want +got\n%s", c.name, c.what, d)
		}
		if n, err := f.Count(t.Context()); c.want != nil && (n != len(c.want) || err != nil) {
			t.Errorf("%s, %s: counted %d, %v", c.name, c.what, n, err)
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for _, c := range []struct{ name, text, want string }{
		{"a.csv", "", "a.csv:1:1: the data file is empty"},
		{"a.csv", "a,b\n", "a.csv:1:1: the data file has no rows"},
		{"a.csv", "a,b\n1,2\n\n3\n", "a.csv:4:1: the row has 1 field, the header has 2 (a field that is empty"},
		{"a.csv", "a,b\n\"x\ny\",2\n3,4,5\n", "a.csv:4:1: the row has 3 fields, the header has 2 (a field with a separator"},
		{"a.csv", "a, a \n1,2\n", `a.csv:1:3: the column "a" is there twice`},
		{"a.csv", "a,a:int\n1,2\n", `a.csv:1:3: the column "a" is there twice`},
		{"a.csv", "é,,b\n1,2,3\n", "a.csv:1:3: a column needs a name"},
		{"a.csv", "a, :int\n1,2\n", "a.csv:1:3: a column needs a name"},
		{"a.csv", "é,b:integer\n1,2\n", `a.csv:1:3: the column "b" has the type "integer", which there is not (the type after the last colon is "string", "int", "number", "bool" or "json"; a name with a colon in it needs one)`},
		{"a.csv", "a;b;c\n1;2;3\n", "a.csv:1:1: the header has one column with semicolons in it: a .csv file has commas"},
		{"a.csv", "a\tb\n1\t2\n", "a.csv:1:1: the header has one column with tabs in it: a .csv file has commas between its fields (name it .tsv)"},
		{"a.tsv", "a,b\n1,2\n", "a.tsv:1:1: the header has one column: a .tsv file has tabs between its fields"},
		{"a.csv", "a,b\r1,2\r", "a.csv:1:1: the lines of the data file end in CR alone"},
		{"a.csv", "first name,b\n1,2\n", `a.csv:1:1: variable "first name" cannot be used in a template (names have letters, digits, - . _ and :)`},
		{"a.csv", "a,$b\n1,2\n", `a.csv:1:3: variable "$b" cannot be set`},
		{"a.csv", "a,env.HOME\n1,2\n", `a.csv:1:3: variable "env.HOME" cannot be set`},
		{"a.csv", "a,b{\n1,2\n", `a.csv:1:3: variable "b{" cannot be used`},
		{"a.csv", "\ufeffé,age:int\né,1\né,4x\n", `a.csv:3:3: column "age" must be an integer, not "4x" (without a type`},
		{"a.csv", "é,age:int\n\"é\né\",007\n", `a.csv:3:4: column "age" must be an integer, not "007" (numbers have no + and no leading zeros`},
		{"a.csv", "a:int\n1.0\n", `a.csv:2:1: column "a" must be an integer, not "1.0" (numbers have no +`},
		{"a.csv", "a:number\n\"1,5\"\n", `a.csv:2:1: column "a" must be a number, not "1,5" (write a point`},
		{"a.csv", "a:number\nNaN\n", `a.csv:2:1: column "a" must be a number, not "NaN"`},
		{"a.csv", "a:bool\nyes\n", `a.csv:2:1: column "a" must be true or false, not "yes"`},
		{"a.csv", "a:json\nhush\n", `a.csv:2:1: column "a" must be JSON, and this is none`},
		{"a.csv", "a:json\n" + deep + "\n", `a.csv:2:1: column "a" must be JSON, and this is none`},
		{"a.csv", "a,b\n1,2\n\"hush,3\n4,5\n", "a.csv:3:1: the row that begins here has a field in quotes that is not closed"},
		{"a.csv", "a,b\né,x\"y\"\n", "a.csv:2:4: there is a quote inside a field that does not begin with one"},
		{"a.csv", "a,b\n\"x\"y,2\n", "a.csv:2:3: a field in quotes is not closed, or something follows its closing quote"},
		{"a.csv", "a,b\n1,caf\xe9\n", "a.csv:2:3: the data file is not UTF-8 here (save it as UTF-8)"},
		{"a.csv", "a,\xe9\n1,2\n", "a.csv:1:3: the data file is not UTF-8 here"},
		{"a.csv", "\xff\xfea\x00,\x00", "a.csv:1:1: the data file is UTF-16, not UTF-8"},
		{"a.json", "\xfe\xff\x00[", "a.json:1:1: the data file is UTF-16, not UTF-8"},
		{"a.csv", "a,b\n1,2\n\n\"" + strings.Repeat("x", 2*rows.MaxRow), "a.csv:3:1: the row that begins here is longer than 16 MiB"},
		{"a.csv", "a,b\n1,\"2\n2\"\n\"" + strings.Repeat("x", 2*rows.MaxRow), "a.csv:4:1: the row that begins here is longer than 16 MiB"},
		{"a.json", "[]x", "a.json:1:3: the array has ended, and yet there follows 'x'"},
		{"a.json", "", "a.json:1:1: the data file is empty"},
		{"a.json", "[ ]", "a.json:1:1: the data file has no rows"},
		{"a.json", "\n {\"rows\": []}", "a.json:2:2: the data file must hold an array of objects, not an object (put the rows in one array"},
		{"a.json", "7", "a.json:1:1: the data file must hold an array of objects, not a number"},
		{"a.json", "[{\"a\":1}\n {\"a\":2}]", "a.json:2:2: expected , or ] after a row, found an object"},
		{"a.json", "[{\"a\":1},\n]", "a.json:2:1: there is a comma after the last row"},
		{"a.json", "[{\"a\":1},\n", "a.json:2:1: the data file ends before its array does"},
		{"a.json", "[{\"a\":1}", "a.json:1:9: the data file ends before its array does"},
		{"a.json", "[", "a.json:1:2: the data file ends before its array does"},
		{"a.json", "[{\"a\":1},\n{\"b\": \"hush", "a.json:2:1: the data file ends inside the row that begins here"},
		{"a.json", "[{\"a\":1}]\n[]", "a.json:2:1: the array has ended, and yet there follows an array"},
		{"a.json", "[{\"a\":1}, null]", "a.json:1:11: a row must be an object, not null"},
		{"a.json", "[{\"é\":1,\n \"é\": 1, 7}]", "a.json:2:10: the row is not JSON: invalid character '7' looking for beginning of object key string"},
		{"a.json", "[{\"a\":007}]", "a.json:1:8: the row is not JSON: invalid character '0' after object key:value pair"},
		{"a.json", "[{\"a\":1,\n \"a\": 2}]", `a.json:2:2: the variable "a" is there twice in the row`},
		{"a.json", "[{\"a\":1, \"\\u0061\": 2}]", `a.json:1:10: the variable "a" is there twice in the row`},
		{"a.json", "[{\"é\":{\"first name\":1},\n \"first name\": 2}]", `a.json:2:2: variable "first name" cannot be used in a template`},
		{"a.json", "[{\"\": 2}]", `a.json:1:3: a variable needs a name`},
		{"a.json", "[{\"a\": \"é\n\xff\"}]", "a.json:2:1: the data file is not UTF-8 here"},
		{"a.json", "[{\"a\": " + deep + "}]", "a.json:1:2: the row that begins here is nested deeper than 10,000 levels"},
		{"a.json", "[{\"a\": \"" + strings.Repeat("x", rows.MaxRow), "a.json:1:2: the row that begins here is longer than 16 MiB"},
		{"a.ndjson", "", "a.ndjson:1:1: the data file has no rows"},
		{"a.ndjson", "{\"a\":1}\n[]\n", "a.ndjson:2:1: a row must be an object, not an array (a file that is one array is named .json)"},
		{"a.ndjson", "{\"a\":1}\n {\"é\":1} {}\n", "a.ndjson:2:10: something follows the row's object on its line"},
		{"a.ndjson", "{\n\"a\":1}\n", "a.ndjson:1:2: the row's object does not end"},
		{"a.ndjson", "{\"a\":1}\n{\"a\":\"" + strings.Repeat("x", rows.MaxRow) + "\n", "a.ndjson:2:1: the row that begins here is longer than 16 MiB"},
		{"a.toml", "", "a.toml:1:1: the data file has no rows"},
		{"a.toml", "[[row]]\na = 1\n[other]\n", `a.toml:3:2: "other" stands beside "row"`},
		{"a.toml", "row = 7", `a.toml:1:1: "row" must be an array of tables, not an integer`},
		{"a.toml", "row = [7]", "a.toml:1:8: a row must be a table, not an integer"},
		{"a.toml", "[[row]]\n\"a b\" = 1\n", `a.toml:2:1: variable "a b" cannot be used in a template`},
		{"a.toml", "[[row]]\na = b\n", "a.toml:2:5: expected value"},
	} {
		f := file(t, c.name, c.text)
		_, err := all(f)
		shown := c.text[:min(len(c.text), 60)]
		var d diag.Diagnostic
		if !errors.As(err, &d) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v\nwant %s", c.name, shown, err, c.want)
			continue
		}
		if _, counted := f.Count(context.Background()); counted == nil || counted.Error() != err.Error() {
			t.Errorf("%s %q: counting says %v, reading %v", c.name, shown, counted, err)
		}
		var drawn strings.Builder
		(&diag.Renderer{}).One(&drawn, d)
		if strings.Contains(drawn.String(), "hush") || strings.Contains(drawn.String(), "%!") {
			t.Errorf("%s %q shows more than it may:\n%s", c.name, shown, &drawn)
		}
	}
}

// TestDrawn shows the one value that is wrong in its place, and nothing that stands beside it.
func TestDrawn(t *testing.T) {
	t.Parallel()
	_, err := file(t, "users.csv", "password,age:int\nhüsh,1\nhüsh,young\n").Count(t.Context())
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		t.Fatal(err)
	}
	var drawn strings.Builder
	(&diag.Renderer{}).One(&drawn, d)
	const want = `error: column "age" must be an integer, not "young"
 --> users.csv:3:6
  |
3 |      young
  |      ^^^^^
  = help: without a type the column is text
`
	if diff := cmp.Diff(want, drawn.String()); diff != "" {
		t.Error(diff)
	}
}

// TestFarRight: a place far into a long line is said, not drawn.
func TestFarRight(t *testing.T) {
	t.Parallel()
	_, err := file(t, "a.json", "["+strings.Repeat(`{"a":1},`, 1000)+`{"a":x}]`).Count(t.Context())
	var d diag.Diagnostic
	if !errors.As(err, &d) || len(d.Span.Source.Text) > 400 || len(d.Notes) != 1 || d.Notes[0] != "it is in column 8007 of the line" {
		t.Errorf("%v, %q", err, d.Notes)
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]rows.Format{
		"a.csv": rows.CSV, "b/c.TSV": rows.TSV, "a.b.json": rows.JSON, "x.ndjson": rows.NDJSON, "x.jsonl": rows.NDJSON, "t.toml": rows.TOML,
	} {
		if f, err := rows.New(name, nil); err != nil || f.Format() != want || f.Name() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"a", "a.xlsx", "csv", "", "a.csv.gz"} {
		_, err := rows.New(name, nil)
		if err == nil || !strings.Contains(err.Error(), `(name it with ".csv", ".tsv"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAgain reads one file several times, at once and in part, and ends when it is told to.
func TestAgain(t *testing.T) {
	t.Parallel()
	f := file(t, "a.csv", "a\n1\n2\n3\n")
	first, _ := f.Read()
	defer first.Close()
	first.Next()
	for range 2 {
		if found, err := all(f); len(found) != 3 || err != nil {
			t.Errorf("%v, %v", found, err)
		}
	}
	if row, err := first.Next(); err != nil || row.Values["a"] != "2" {
		t.Errorf("%v, %v", row, err)
	}
	first.Next()
	for range 2 {
		if _, err := first.Next(); !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Count(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	missing, _ := rows.New("b.csv", func() (fs.File, error) { return fstest.MapFS{}.Open("b.csv") })
	if _, err := missing.Read(); err == nil || err.Error() != `cannot read "b.csv": there is no such file` {
		t.Error(err)
	}
	folder, _ := rows.New("c.csv", func() (fs.File, error) { return fstest.MapFS{"c.csv/x": {}}.Open("c.csv") })
	if _, err := folder.Read(); err == nil || !strings.Contains(err.Error(), `cannot read "c.csv": `) {
		t.Error(err)
	}
}
