package tomlfmt

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	tomltest "github.com/toml-lang/toml-test/v2"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

func format(t testing.TB, text string) string {
	t.Helper()
	out, list := Format(diag.NewSource("a.toml", text))
	if list != nil {
		t.Fatalf("%q: %v", text, list)
	}
	return out
}

func TestStyle(t *testing.T) {
	t.Parallel()
	long := `"` + strings.Repeat("x", 50) + `"`
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"blanks alone", " \t\n\r\n\n", ""},
		{"byte order mark", "\ufeffa=1", "a = 1\n"},
		{"equals", "a=1\nb  =\t2  \n", "a = 1\nb = 2\n"},
		{"indented", "[t]\n  a = 1\n\t# c\n", "[t]\na = 1\n# c\n"},
		{"blank lines", "\n\na = 1\n\n\n\nb = 2\n\n", "a = 1\n\nb = 2\n"},
		{"blank line below a header", "[t]\n\na = 1\n", "[t]\n\na = 1\n"},
		{"before headers", "a = 1\n[t]\n[[u]]\n\n\n[[u]]\n", "a = 1\n\n[t]\n\n[[u]]\n\n[[u]]\n"},
		{"comments of a header", "a = 1\n# one\n# two\n[t]\n", "a = 1\n\n# one\n# two\n[t]\n"},
		{"comments before a header", "a = 1\n# one\n\n# two\n[t]\n", "a = 1\n# one\n\n# two\n[t]\n"},
		{"comments at the top", "# one\n[t]\n", "# one\n[t]\n"},
		{"comments between headers", "[t]\n# one\n[u]\n", "[t]\n\n# one\n[u]\n"},
		{"comments behind", "a = 1#one  \nb = 2    # two\n[t]# three\n", "a = 1 #one\nb = 2 # two\n\n[t] # three\n"},
		{"line ends", "a = 1\r\n# c\r\n\r\n[t]\r\n", "a = 1\n# c\n\n[t]\n"},
		{"keys", "a . b\t. \"c\" = 1\n\"d e\" = 2\n'f' = 3\n\"\" = 4\n\"\\u0067\" = 5\n\"1.5\" = 6\n\"ä\" = 7\n'\"' = 8\n", "a.b.c = 1\n\"d e\" = 2\nf = 3\n\"\" = 4\n\"\\u0067\" = 5\n\"1.5\" = 6\n\"ä\" = 7\n'\"' = 8\n"},
		{"headers", "[ a . 'b' ]\n[[ c.\"d e\" ]]\n", "[a.b]\n\n[[c.\"d e\"]]\n"},
		{"strings", "a = \"\\u0061\"\nb = 'x'\nc = \"\"\"\n  x  \n\"y\"\"\"\"\"\nd = '''\n\n'''\n", "a = \"\\u0061\"\nb = 'x'\nc = \"\"\"\n  x  \n\"y\"\"\"\"\"\nd = '''\n\n'''\n"},
		{"line ends in strings", "a = \"\"\"\r\nx\r\n\"\"\"\r\n", "a = \"\"\"\r\nx\r\n\"\"\"\n"},
		{"a string with everything", "a = '[{#, '  # c\n", "a = '[{#, ' # c\n"},
		{"numbers and dates", "a = 1_000\nb = 0xFf\nc = 1.50e+3\nd = 1979-05-27 07:32:00Z\ne = 07:32:00\nf = +inf\n", "a = 1_000\nb = 0xFf\nc = 1.50e+3\nd = 1979-05-27 07:32:00Z\ne = 07:32:00\nf = +inf\n"},
		{"array", "a = [ 1,2 , 3, ]\nb = [ ]\nc=[[1],[ ]]\nd = [1979-05-27 07:32:00 , 1979-05-27]\n", "a = [1, 2, 3]\nb = []\nc = [[1], []]\nd = [1979-05-27 07:32:00, 1979-05-27]\n"},
		{"array over lines", "a = [1,\n  2]\n", "a = [\n  1,\n  2,\n]\n"},
		{"array over lines with nothing", "a = [\n\n]\n", "a = []\n"},
		{"array in an array", "a = [[1,2],[\n3]]\n", "a = [\n  [1, 2],\n  [\n    3,\n  ],\n]\n"},
		{"array of a string over lines", "a = ['''\n''', 1]\n", "a = [\n  '''\n''',\n  1,\n]\n"},
		{"blank lines in an array", "a = [\n\n  1,\n\n\n  2,\n\n]\n", "a = [\n  1,\n\n  2,\n]\n"},
		{
			"comments in an array",
			"a = [ # zero\n# one\n1 # two\n, 2, # three\n\n# four\n3 # five\n , # six\n4\n # seven\n, # eight\n#nine\n] # ten\n",
			"a = [ # zero\n  # one\n  1, # two\n  2, # three\n\n  # four\n  3, # five\n  # six\n  4,\n  # seven\n  # eight\n  #nine\n] # ten\n",
		},
		{"comma behind a line end", "a = [1\n, # one\n2]\n", "a = [\n  1, # one\n  2,\n]\n"},
		{"a comment alone in an array", "a = [ # one\n]\nb = [\n# two\n]\n", "a = [ # one\n]\nb = [\n  # two\n]\n"},
		{"120 columns", "aaaaaa = [" + long + "," + long + "]\n", "aaaaaa = [" + long + ", " + long + "]\n"},
		{"more than 120 columns", "aaaaaaaaa = [" + long + "," + long + ",1]\n", "aaaaaaaaa = [\n  " + long + ",\n  " + long + ",\n  1,\n]\n"},
		{"120 columns and a comment", "aaaaaa = [" + long + "," + long + "] # one\n", "aaaaaa = [" + long + ", " + long + "] # one\n"},
		{"inline table", "a = {b=1,c.d = { } , \"e\"=[ 1 ]}\nf = {}\n", "a = { b = 1, c.d = {}, e = [1] }\nf = {}\n"},
		{"a long inline table", "a = {b=[" + long + "," + long + "]}\n", "a = { b = [" + long + ", " + long + "] }\n"},
		{"array over lines in an inline table", "a = {b=[\n1],c=2}\n", "a = { b = [\n  1,\n], c = 2 }\n"},
		{"inline tables in an array", "a = [{b=1},\n{c=2}]\n", "a = [\n  { b = 1 },\n  { c = 2 },\n]\n"},
		{"inline table over lines", "a = {\nb=1, c={ d=2,\n},\n# one\n} # two\n", "a = {\n  b = 1,\n  c = {\n    d = 2,\n  },\n  # one\n} # two\n"},
		{"comments in an inline table", "a = { # one\nb=1 # two\n, c=2} # three\n", "a = { # one\n  b = 1, # two\n  c = 2,\n} # three\n"},
		{"no line end", "a = 1 # one", "a = 1 # one\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := format(t, c.text); got != c.want {
				t.Errorf("%s", cmp.Diff(c.want, got))
			}
			guarantee(t, c.text)
		})
	}
}

// TestWidth: what just fits stays on its line, what is one character longer does not, and the comma counts.
func TestWidth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, line, after string }{
		{"", "a = [1, '%s']", "\n"},
		{"", "a = [{ b = 1, c.d = '%s' }, {}]", "\n"},
		{"a = [\n", "  ['%s'],", "\n]\n"},
		{"a = [\n", "  ['%s', 1], # one", "\n]\n"},
		{"a = {\n", "  b = ['%s'],", "\n}\n"},
	} {
		code, _, _ := strings.Cut(c.line, " #")
		room := maxWidth - len(fmt.Sprintf(code, ""))
		for n, fits := range map[int]bool{room: true, room + 1: false} {
			text := c.before + fmt.Sprintf(c.line, strings.Repeat("ä", n)) + c.after
			if got := format(t, text); (got == text) != fits {
				t.Errorf("%q with %d letters: %q", c.line, n, got)
			}
			guarantee(t, text)
		}
	}
	// There is no other way to write an inline table, so it stays, and so does what is in it.
	long := "a = [\n  { b = ['" + strings.Repeat("x", maxWidth) + "'] },\n]\n"
	if got := format(t, long); got != long {
		t.Errorf("%q", got)
	}
	long = "a = { b = ['" + strings.Repeat("x", maxWidth) + "'] }\n"
	if got := format(t, long); got != long {
		t.Errorf("%q", got)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a = b", "a = 1\na = 2", "[t", "a = \"x", "a = 1\r", "[[r]]\na.b = 1\n[r.a]\nc = 1", "\xff"} {
		_, want := tomlnode.Parse(diag.NewSource("a.toml", text))
		got, list := Format(diag.NewSource("a.toml", text))
		if got != "" || list.Error() != want.Error() || !list.HasErrors() {
			t.Errorf("%q: %q, %v, want %v", text, got, list, want)
		}
	}
}

// guarantee holds what the formatter promises of a text: it is refused if and only if the parser refuses it, nothing in
// it is lost or changed, and what comes out would not be changed again.
func guarantee(t *testing.T, text string) {
	t.Helper()
	before, refused := tomlnode.Parse(diag.NewSource("a.toml", text))
	once, list := Format(diag.NewSource("a.toml", text))
	if refused.HasErrors() {
		if once != "" || list.Error() != refused.Error() {
			t.Fatalf("%q: %q, %v, want %v", text, once, list, refused)
		}
		return
	}
	if list != nil {
		t.Fatalf("%q is refused: %v", text, list)
	}
	after, list := tomlnode.Parse(diag.NewSource("a.toml", once))
	if list != nil {
		t.Fatalf("%q became %q: %v", text, once, list)
	}
	if d := cmp.Diff(spelled(before), spelled(after)); d != "" {
		t.Fatalf("%q became %q: %s", text, once, d)
	}
	if d := cmp.Diff(decoded(t, text), decoded(t, once), cmpopts.EquateNaNs()); d != "" {
		t.Fatalf("%q became %q: %s", text, once, d)
	}
	if d := cmp.Diff(comments(text), comments(once)); d != "" {
		t.Fatalf("%q became %q: %s", text, once, d)
	}
	if twice := format(t, once); twice != once {
		t.Fatalf("%q became %q and then %q", text, once, twice)
	}
	for line := range strings.Lines(tokens.ReplaceAllStringFunc(once, func(s string) string { return strings.ReplaceAll(s, "\n", "") })) {
		if bare := strings.TrimSuffix(line, "\n"); bare == line || strings.TrimRight(bare, " \t\r") != bare {
			t.Fatalf("%q became %q: there are blanks at the end of %q, or its end is missing", text, once, line)
		}
	}
}

func decoded(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if _, err := toml.Decode(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// spelled are the paths of all values in the order of the file, and the scalars as they are written.
func spelled(root *tomlnode.Node) []string {
	var out []string
	var walk func(path string, n *tomlnode.Node)
	walk = func(path string, n *tomlnode.Node) {
		line := path + ": " + n.Kind.String()
		if n.Kind != tomlnode.Table && n.Kind != tomlnode.Array {
			line += " " + n.Span.Text()
		}
		out = append(out, line)
		for _, e := range n.Entries {
			walk(fmt.Sprintf("%s.%q", path, e.Key), e.Node)
		}
		for i, item := range n.Items {
			walk(fmt.Sprintf("%s[%d]", path, i), item)
		}
	}
	walk("", root)
	return out
}

// tokens finds strings and comments, each in whole, so that neither is looked for in the other.
var tokens = regexp.MustCompile(`(?s)"""(?:\\.|[^\\])*?"{3,5}|'''.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*`)

// comments are the comments of a text, sorted. Blanks at their ends are none of them.
func comments(text string) []string {
	var out []string
	for _, token := range tokens.FindAllString(text, -1) {
		if token[0] == '#' {
			out = append(out, strings.TrimRight(token, " \t\r"))
		}
	}
	slices.Sort(out)
	return out
}

// examples are all documents at hand: those of the repository, and those of TOML's own tests, valid or not.
func examples(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, tree := range []fs.FS{os.DirFS("../../.."), tomltest.TestCases()} {
		err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".toml" {
				return err
			}
			text, err := fs.ReadFile(tree, name)
			all[name] = string(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestGuarantees(t *testing.T) {
	t.Parallel()
	valid := 0
	all := examples(t)
	for name, text := range all {
		if _, list := tomlnode.Parse(diag.NewSource(name, text)); list == nil {
			valid++
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guarantee(t, text)
		})
		t.Run(name+" with CRLF", func(t *testing.T) {
			t.Parallel()
			guarantee(t, strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
		})
	}
	t.Logf("%d documents, %d of them valid", len(all), valid)
	if valid < 200 {
		t.Errorf("only %d of %d documents are valid", valid, len(all))
	}
}

// TestShipped: what postrider brings is in the style.
func TestShipped(t *testing.T) {
	t.Parallel()
	tree := os.DirFS("../../..")
	files := 0
	for _, folder := range []string{"collections", "environments"} {
		err := fs.WalkDir(tree, folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".toml" {
				return err
			}
			files++
			text, err := fs.ReadFile(tree, name)
			if got := format(t, string(text)); got != string(text) {
				t.Errorf("%s is not formatted, postrider fmt would do it: %s", name, cmp.Diff(string(text), got))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 8 {
		t.Errorf("there are only %d files", files)
	}
}

// TestReferences: so are the examples that people copy.
func TestReferences(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "collections/README.md", "environments/README.md"} {
		text, err := os.ReadFile(filepath.Join("../../..", name))
		if err != nil {
			t.Fatal(err)
		}
		examples := regexp.MustCompile("(?ms)^```toml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
		if len(examples) == 0 {
			t.Errorf("%s has no example", name)
		}
		for _, e := range examples {
			if got := format(t, e[1]); got != e[1] {
				t.Errorf("%s: %s", name, cmp.Diff(e[1], got))
			}
		}
	}
}

func FuzzFormat(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text)
	}
	f.Add("a = [ # zero\n# one\n1 # two\n, 2, # three\n\n# four\n3 # five\n , # six\n4\n # seven\n, # eight\n#nine\n] # ten\n")
	f.Add("a = {\nb=1, c={ d=2,\n},\n# one\n} # two\n[ a . 'b' ]\n[[ c.\"d e\" ]]\n")
	f.Fuzz(guarantee)
}
