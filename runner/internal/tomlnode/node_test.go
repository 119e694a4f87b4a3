package tomlnode

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
)

func tree(t *testing.T, text string) *Node {
	t.Helper()
	n, list := Parse(diag.NewSource("a.toml", text))
	if list != nil {
		t.Fatal(list)
	}
	return n
}

// places writes each value as path, place, kind and what stands there.
func places(b *strings.Builder, path string, n *Node) {
	line, column := n.Span.Position()
	fmt.Fprintf(b, "%s %d:%d %s `%s`\n", path, line, column, n.Kind, n.Span.Text())
	for _, e := range n.Entries {
		places(b, path+"."+e.Key, e.Node)
	}
	for i, item := range n.Items {
		places(b, fmt.Sprintf("%s[%d]", path, i), item)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	const text = `name = "ä"   # a comment with = and "quotes"
wide = "ääää" 
a.b.'c d' = 1_000

[[request]]
name = 'first'
assert.json."a.b" = { gt = 0x1F, in = [1, { a = 2.50 }, [3]] }
list = [
  "q",   # one
  '''
z''',
]

[[request]]
when = 1979-05-27T07:32:00Z
[request.headers]
"X-A" = true

[[request.case]]
x = 1
[[request.case]]
x = 2
`
	const want = " 1:1 a table ``\n" + `.name 1:8 a string ` + "`\"ä\"`" + `
.wide 2:8 a string ` + "`\"ääää\"`" + `
.a 3:1 a table ` + "`a`" + `
.a.b 3:3 a table ` + "`b`" + `
.a.b.c d 3:13 an integer ` + "`1_000`" + `
.request 5:3 an array ` + "`request`" + `
.request[0] 5:3 a table ` + "`request`" + `
.request[0].name 6:8 a string ` + "`'first'`" + `
.request[0].assert 7:1 a table ` + "`assert`" + `
.request[0].assert.json 7:8 a table ` + "`json`" + `
.request[0].assert.json.a.b 7:21 a table ` + "`{ gt = 0x1F, in = [1, { a = 2.50 }, [3]] }`" + `
.request[0].assert.json.a.b.gt 7:28 an integer ` + "`0x1F`" + `
.request[0].assert.json.a.b.in 7:39 an array ` + "`[1, { a = 2.50 }, [3]]`" + `
.request[0].assert.json.a.b.in[0] 7:40 an integer ` + "`1`" + `
.request[0].assert.json.a.b.in[1] 7:43 a table ` + "`{ a = 2.50 }`" + `
.request[0].assert.json.a.b.in[1].a 7:49 a float ` + "`2.50`" + `
.request[0].assert.json.a.b.in[2] 7:57 an array ` + "`[3]`" + `
.request[0].assert.json.a.b.in[2][0] 7:58 an integer ` + "`3`" + `
.request[0].list 8:8 an array ` + "`[\n  \"q\",   # one\n  '''\nz''',\n]`" + `
.request[0].list[0] 9:3 a string ` + "`\"q\"`" + `
.request[0].list[1] 10:3 a string ` + "`'''\nz'''`" + `
.request[1] 14:3 a table ` + "`request`" + `
.request[1].when 15:8 a date or time ` + "`1979-05-27T07:32:00Z`" + `
.request[1].headers 16:2 a table ` + "`request.headers`" + `
.request[1].headers.X-A 17:9 a boolean ` + "`true`" + `
.request[1].case 19:3 an array ` + "`request.case`" + `
.request[1].case[0] 19:3 a table ` + "`request.case`" + `
.request[1].case[0].x 20:5 an integer ` + "`1`" + `
.request[1].case[1] 21:3 a table ` + "`request.case`" + `
.request[1].case[1].x 22:5 an integer ` + "`2`" + `
`
	var got strings.Builder
	places(&got, "", tree(t, text))
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Error(d)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	n := tree(t, "i = +1_0\nh = 0xff\no = 0o17\nb = 0b11\nf = 1.50\ne = 6.02e+23\nbig = 9007199254740993\ninf = -inf\ns = \"a\\tb\"\nt = true\nd = 1979-05-27\nl = [1, \"x\"]\nm = { k = false }\n")
	want := map[string]any{
		"i": json.Number("10"), "h": json.Number("255"), "o": json.Number("15"), "b": json.Number("3"), "f": json.Number("1.50"),
		"e": json.Number("6.02e+23"), "big": json.Number("9007199254740993"), "inf": json.Number("-inf"), "s": "a\tb", "t": true,
		"d": "1979-05-27", "l": []any{json.Number("1"), "x"}, "m": map[string]any{"k": false},
	}
	if d := cmp.Diff(want, n.Value()); d != "" {
		t.Error(d)
	}
}

// TestSub finds the places of parts of strings, where no escape moves them.
func TestSub(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`v = "ab{{x}}"`, "{{x}}"}, {`v = 'ab{{x}}'`, "{{x}}"}, {`v = """ab{{x}}"""`, "{{x}}"}, {"v = '''\nab{{x}}'''", "{{x}}"},
		{"v = \"\"\"\nab{{x}}\"\"\"", "{{x}}"}, {`v = "\u0061b{{x}}"`, `"\u0061b{{x}}"`}, {"v = \"\"\"a\\\n  b{{x}}\"\"\"", "\"\"\"a\\\n  b{{x}}\"\"\""},
		{"\ufeffv = 'ab{{x}}'", "{{x}}"}, {"v = \"\"\"\r\nab{{x}}\"\"\"", "{{x}}"}, {"v = '''\r\n\nb{{x}}'''", "{{x}}"},
	} {
		e, _ := tree(t, c.text).Get("v")
		if got := e.Node.Sub(2, 7).Text(); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, message, hint string }{
		{"a = b", "expected value", "quotes"},
		{"a = 1\na = 2", "already been defined", "say a thing once"},
		{"[a]\n[a]", "already", "say a thing once"},
		{"[[r]]\na.b = 1\n[r.a]\nc = 1", "dotted keys", "say a thing once"},
		{"[[r]]\na.b = 1\na = 2", `the key "a" has been written above`, "say a thing once"},
		{"[[r]]\na.b = 1\n[[r.a]]\nc = 1", "already created", "say a thing once"},
		{"a = { b = 1 }\na.c = 2", `the table "a" has been written in braces above`, "braces"},
		{"[[r]]\na = { b.c = 1 }\na.b.d = 2", `the table "a" has been written in braces above`, "braces"},
		{"[[r]]\na = { b = 1 }\n[r.a.c]\nd = 2", `the table "a" has been written in braces above`, "braces"},
		{"a = { b = {}, b.c = 1 }", `the table "b" has been written in braces above`, "braces"},
		{"[a.b]\nc = 1\n[a]\nb.d = 2", `the table "b" has been written as a [table] above`, "say a thing once"},
		{"[[a.b]]\nc = 1\n[a]\nb.d = 2", `the table "b" has been written as a [table] above`, "say a thing once"},
		{`a = "\q"`, "escape", "backslash"},
		{"a = \"x", "", ""},
		{"[a", "", ""},
	} {
		n, list := Parse(diag.NewSource("a.toml", c.text))
		if n != nil || len(list) == 0 || !strings.Contains(list[0].Message, c.message) || !strings.Contains(list[0].Hint, c.hint) || list[0].Span.IsZero() {
			t.Errorf("%q: %v", c.text, list)
		}
	}
}

// TestMistakesStayApart holds that nothing is written into what all nodes without content share, whichever way a table
// is written over a value that is none.
func TestMistakesStayApart(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"1", "'x'", "true", "1979-05-27", "[]", "[1]", "[[1]]", "{}"} {
		for _, again := range []string{"a.b = 1", "a.b.c = 1", "[a]\nb = 1", "[a.b]\nc = 1", "[[a]]\nb = 1", "[[a.b]]\nc = 1", "[a.b.c]", "a = 1"} {
			for _, text := range []string{
				"a = " + value + "\n" + again,
				"[[r]]\na = " + value + "\n" + strings.Replace(again, "[a", "[r.a", 1),
			} {
				if n, list := Parse(diag.NewSource("a.toml", text)); n != nil || !list.HasErrors() {
					t.Errorf("%q: a tree, %v", text, list)
				}
			}
		}
	}
	if len(empty.Entries) > 0 || len(empty.Items) > 0 || empty.index != nil {
		t.Errorf("nodes without content have %v", empty)
	}
}

// TestDeep: what is nested too deep for the decoder is refused before it gets there.
func TestDeep(t *testing.T) {
	t.Parallel()
	nested := func(n int) []string {
		return []string{
			"a = " + strings.Repeat("[", n) + strings.Repeat("]", n), "a = " + strings.Repeat("{ a = ", n) + "0x1" + strings.Repeat(" }", n),
			"a" + strings.Repeat(".a", n-1) + " = 0x1", "[a" + strings.Repeat(".a", n-1) + "]\nb = 0x1",
		}
	}
	for _, text := range nested(maxDepth) {
		tree(t, text)
		tree(t, "[[r]]\nb = 0x1\n[[r]]\n"+text)
	}
	for i, text := range append(nested(maxDepth+1), nested(3_000_000)[0], "a = "+strings.Repeat("[", 3_000_000), "a = "+strings.Repeat("{a=", 3_000_000)) {
		want := "values are nested more than 200 levels deep"
		if i == 2 || i == 3 {
			want = "the key has more than 200 parts"
		}
		for _, size := range []int{1, len(text) + 100} {
			n, list := parse(diag.NewSource("a.toml", "[[r]]\n[[r]]\n"+text), size, true)
			if n != nil || len(list) == 0 || list[0].Message != want || list[0].Span.Start < len("[[r]]\n[[r]]\n") {
				t.Errorf("%.20s: %.200v", text, list)
			}
		}
	}
}

// TestLarge finds keys of a table that has an index, and the same mistakes there.
func TestLarge(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("[[r]]\n")
	for i := range 100 {
		fmt.Fprintf(&text, "k%d.a = %d\n", i, i)
	}
	e, _ := tree(t, text.String()).Get("r")
	for i := range 100 {
		if k, ok := e.Node.Items[0].Get(fmt.Sprintf("k%d", i)); !ok || k.Key != fmt.Sprintf("k%d", i) {
			t.Errorf("k%d is %q", i, k.Key)
		}
	}
	if _, ok := e.Node.Items[0].Get("k100"); ok {
		t.Error("k100 is there")
	}
	if _, list := Parse(diag.NewSource("a.toml", text.String()+"k50 = 1\n")); len(list) != 1 || list[0].Span.Text() != "k50" {
		t.Error(list)
	}
}

// TestLegal holds that what TOML lets be written in pieces is accepted.
func TestLegal(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"[a]\nb.c = 1\nb.d = 2\n[a.b.e]\nf = 3", "[a.b]\nc = 1\n[a]\nd = 2", "[[a]]\nb.c = 1\n[[a]]\nb.c = 1", "a = { b.c = 1, b.d = 2 }\n[[r]]\na = { b.c = 1 }",
		"[[r]]\n[[r.c]]\nx.y = 1\nx.z = 2\n[r.h]\na = 1\n[[r.c]]\nx.y = 1", "[[r.s]]\na = 1\n[r.s.t]\nb = 1\n[[r.s]]\n[r.s.t]",
	} {
		tree(t, text)
	}
}

// FuzzParse holds that what BurntSushi/toml accepts has a tree with the same keys in it, each at its place, and that
// what it refuses is refused.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a = 1", "[[a]]\nb.c = [1, {d = 'x'}]\n[a.e]\n", "a = '''\nx'''", "\"\" = inf", "a.'b c'.\"d\" = 1979-05-27T07:32:00-08:00",
		"a = {b = 1, c.d = 2}", "[a.b]\n[a]\nx=1", "[[a.b]]\n[[a.b.c]]\n[[a.b]]\n", "\ufeffa=1\r\nb=\"\"\"\r\nx\"\"\""} {
		f.Add(seed)
	}
	f.Fuzz(likeDecoder)
}

func check(t *testing.T, n *Node, want map[string]any) {
	if len(n.Entries) != len(want) {
		t.Fatalf("%d keys, not %d", len(n.Entries), len(want))
	}
	for _, e := range n.Entries {
		if _, ok := want[e.Key]; !ok {
			t.Fatalf("the key %q is not there", e.Key)
		}
		if e.Span.Text() == "" || e.Node.Span.Start < 0 || e.Node.Span.End > len(e.Node.Span.Source.Text) {
			t.Fatalf("the key %q has no place", e.Key)
		}
		if text := e.Node.Span.Text(); e.Node.whole && (!strings.ContainsAny(text[:1], "{[") || !strings.ContainsAny(text[len(text)-1:], "}]")) {
			t.Fatalf("the value of %q stands at %q", e.Key, text)
		}
		switch v := want[e.Key].(type) {
		case map[string]any:
			check(t, e.Node, v)
		case string:
			if s, ok := e.Node.Text(); !ok || s != v {
				t.Fatalf("%q is %q, not %q", e.Key, s, v)
			}
			if e.Node.verbatim && e.Node.Sub(0, len(v)).Text() != v {
				t.Fatalf("%q stands at %q, not %q", e.Key, e.Node.Sub(0, len(v)).Text(), v)
			}
		}
	}
}

// TestBadBytes: the place is the byte that no TOML file may hold, wherever the decoder says it is.
func TestBadBytes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"|\x10", "a=1\n|\x10", "a = \"|\x01\"", "a = '|\xff'", "|\xff", "a = \"é|\x02", "a = 'é|\xff'", "# |\x01"} {
		before, after, _ := strings.Cut(text, "|")
		_, list := Parse(diag.NewSource("a.toml", before+after))
		if len(list) != 1 || list[0].Span.Start != len(before) || list[0].Span.End != len(before)+1 {
			t.Errorf("%q: %v at %d-%d", text, list, list[0].Span.Start, list[0].Span.End)
		}
	}
}

// TestScalarsKeepNoTree: a collection keeps the values that it sends, and not the tables around them.
func TestScalarsKeepNoTree(t *testing.T) {
	t.Parallel()
	read := func() (scalar *Node, table, array weak.Pointer[Node]) {
		e, _ := tree(t, strings.Repeat("[[r]]\na.b.c = 'd'\ne = { f = [1] }\n", 100)).Get("r")
		array, table = weak.Make(e.Node), weak.Make(e.Node.Items[50])
		e, _ = e.Node.Items[0].Get("a")
		e, _ = e.Node.Get("b")
		e, _ = e.Node.Get("c")
		return e.Node, table, array
	}
	scalar, table, array := read()
	runtime.GC()
	if table.Value() != nil || array.Value() != nil {
		t.Errorf("a scalar keeps the tables: %v %v", table.Value() != nil, array.Value() != nil)
	}
	runtime.KeepAlive(scalar)
}
