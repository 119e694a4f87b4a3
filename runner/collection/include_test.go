package collection_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/collection"
)

// folderOf makes a tree of files by name.
func folderOf(files map[string]string) collection.Tree {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return collection.Tree{FS: m}
}

const get = "[[request]]\nname = \"get\"\nurl = \"http://x/\"\n"

func TestInclude(t *testing.T) {
	t.Parallel()
	tree := folderOf(map[string]string{
		"c/collection.toml": "name = \"C\"\n[[setup]]\ninclude = \"shared/sign-in.toml\"\nname = \"Sign in\"\ndescription = \"first\"\nvariables = { user = \"jane\" }\n" +
			"tags = [\"auth\"]\ntimeout = \"2s\"\n" + get,
		"c/sub/folder.toml":         "[[request]]\ninclude = \"../shared/sign-in.toml\"\n[[setup]]\nurl = \"http://x/s\"\n[[teardown]]\nurl = \"http://x/t\"\n",
		"c/sub/a.toml":              get,
		"c/shared/sign-in.toml":     "[variables]\na = 1\n[[setup]]\nurl = \"http://x/form\"\n[[request]]\ninclude = \"./deeper/last.toml\"\n",
		"c/shared/deeper/last.toml": "name = \"Last\"\n" + get,
	})
	all, list := tree.Load("c")
	if list != nil {
		t.Fatal(list)
	}
	c := all[0]
	entry := c.Setup[0].Folder
	equal(t, "entry", []any{entry.Included, entry.Name, entry.Description, said(entry.Variables), entry.Tags, entry.Timeout.String(), entry.Span.Text(), len(entry.Items)},
		[]any{true, "Sign in", "first", `{ user = "jane" }`, []string{"auth"}, "2s", "setup", 1})
	file := entry.Items[0].Folder
	equal(t, "file", []any{file.Included, file.Name, file.Span.File(), len(file.Setup), len(file.Items)}, []any{false, "", "c/shared/sign-in.toml", 1, 1})
	inner := file.Items[0].Folder
	equal(t, "inner", []any{inner.Included, inner.Name, inner.Items[0].Folder.Name}, []any{true, "last", "Last"})
	equal(t, "requests", paths(c), []string{
		"C/get", "C/shared/sign-in/last/Last/get", "C/shared/deeper/Last/get", "C/sub/sign-in//last/Last/get", "C/sub/a/get",
	})
}

func TestIncludeMistakes(t *testing.T) {
	t.Parallel()
	deep := map[string]string{}
	for i := range 20 {
		deep[fmt.Sprintf("%d.toml", i)] = fmt.Sprintf("[[request]]\ninclude = \"%d.toml\"\n", i+1)
	}
	wide := map[string]string{"9.toml": get}
	for i := range 9 {
		wide[fmt.Sprintf("%d.toml", i)] = strings.Repeat(fmt.Sprintf("[[request]]\ninclude = \"%d.toml\"\n", i+1), 10)
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"a.toml", map[string]string{"a.toml": "[[request]]\ninclude = \"sign-inn.toml\"\n", "sign-in.toml": get},
			[]string{`a.toml:2:11: cannot include "sign-inn.toml": there is no such file (did you mean "sign-in.toml"?)`}},
		{"c/a.toml", map[string]string{"c/a.toml": "[[request]]\ninclude = \"./x/sing-in.toml\"\n", "c/x/sign-in.toml": get},
			[]string{`c/a.toml:2:11: cannot include "./x/sing-in.toml": there is no such file (did you mean "./x/sign-in.toml"?)`}},
		{"a.toml", map[string]string{"a.toml": "[[request]]\ninclude = \"a.toml\"\n"}, []string{`a.toml:2:11: the file includes itself: a.toml → a.toml (take one of them out)`}},
		{"c", map[string]string{"c/collection.toml": get, "c/x/a.toml": "[[request]]\ninclude = \"../b.toml\"\n", "c/b.toml": "[[request]]\ninclude = \"x/a.toml\"\n"}, []string{
			`c/x/a.toml:2:11: the file includes itself: b.toml → x/a.toml → b.toml (take one of them out)`,
			`c/b.toml:2:11: the file includes itself: x/a.toml → b.toml → x/a.toml (take one of them out)`,
		}},
		{"0.toml", deep, []string{`16.toml:2:11: files include each other more than 16 deep: 0.toml → 1.toml → 2.toml → 3.toml → 4.toml → 5.toml → 6.toml → 7.toml → 8.toml → 9.toml → ` +
			`10.toml → 11.toml → 12.toml → 13.toml → 14.toml → 15.toml → 16.toml → 17.toml`}},
		{"4.toml", wide, []string{"5.toml:20:11: the collection includes files more than 10000 times (files that include others several times multiply)"}},
		{"c/a.toml", map[string]string{"c/a.toml": "[[request]]\ninclude = \"../b.toml\"\n[[request]]\ninclude = \"/b.toml\"\n", "b.toml": get}, []string{
			`c/a.toml:2:11: cannot include "../b.toml": it lies outside the collection's folder (--allow-outside-files lifts that)`,
			`c/a.toml:4:11: cannot include "/b.toml": it is an absolute path, and files must lie inside the collection's folder (--allow-outside-files lifts that)`,
		}},
		{"a.toml", map[string]string{"a.toml": "[[request]]\ninclude = \"b\"\n[[request]]\ninclude = \"e.toml\"\n", "b/c.toml": get, "e.toml": ""}, []string{
			`a.toml:2:11: cannot include "b": it is a folder`,
			`a.toml:4:11: the file "e.toml" has no request`,
		}},
		{"a.toml", map[string]string{"a.toml": "[[request]]\ninclude = \"b.toml\"\n[[request]]\ninclude = \"b.toml\"\n", "b.toml": "data = \"x\"\n[[request]]\nulr = 1\n"}, []string{
			`b.toml:1:1: "data" belongs in the collection, not in a file of a collection (move it to collection.toml, or to the file that includes this one)`,
			`b.toml:3:1: unknown key "ulr" in a request (did you mean "url"?)`,
			`b.toml:2:3: the request has no url (for example url = "https://example.com/")`,
		}},
		{"a.toml", map[string]string{"a.toml": "[[request]]\ninclude = \"b.toml\"\n[[request]]\ninclude = \"b.toml\"\n", "b.toml": "a = b\n"},
			[]string{`b.toml:1:5: expected value but found "b" instead (texts need quotes: key = "text")`}},
		{"a.toml", map[string]string{"a.toml": "[[request]]\ninclude = \"b.toml\"\nname = \"x\"\n[[request]]\nname = \"x\"\nurl = \"http://x/\"\n", "b.toml": get},
			[]string{`a.toml:5:8: there is a request "x" already (the other is at a.toml:1)`}},
	} {
		_, list := folderOf(c.files).Load(c.name)
		var got []string
		for _, d := range list {
			got = append(got, d.Error())
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

// TestStray reports files that would be passed over.
func TestStray(t *testing.T) {
	t.Parallel()
	_, list := folderOf(map[string]string{
		"c/collection.toml": "data = \"x.csv\"\n" + get, "c/folder.toml": "name = \"x\"\n", "c/a.toml": "data = \"x.csv\"\n" + get, "c/sub/collection.toml": get, "c/sub/folder.toml": "data = \"x\"\n",
	}).Load("c")
	var got []string
	for _, d := range list {
		got = append(got, d.Error())
	}
	equal(t, "diagnostics", got, []string{
		`c/a.toml:1:1: "data" belongs in the collection, not in a file of a collection (move it to collection.toml, or to the file that includes this one)`,
		"c/folder.toml:1:1: the folder has a collection.toml already (say it in collection.toml)",
		`c/sub/folder.toml:1:1: "data" belongs in the collection, not in a folder (move it to collection.toml, or to the file that includes this one)`,
		"c/sub/collection.toml:1:1: a collection cannot lie inside another one (call it folder.toml, which may hold requests too)",
	})
}

func TestSources(t *testing.T) {
	t.Parallel()
	tree := folderOf(map[string]string{
		"c/collection.toml": "[[request]]\ninclude = \"a.toml\"\n[[request]]\ninclude = \".shared/b.toml\"\n", "c/a.toml": get, "c/.shared/b.toml": get, "c/sub/folder.toml": "", "c/sub/z.toml": get,
		"c/notes.txt": "x", "one.toml": get,
	})
	for name, want := range map[string][]string{
		"c":        {"c/.shared/b.toml", "c/a.toml", "c/collection.toml", "c/sub/folder.toml", "c/sub/z.toml"},
		"one.toml": {"one.toml"},
	} {
		all, list := tree.Load(name)
		if list != nil {
			t.Fatal(list)
		}
		equal(t, name, all[0].Sources, want)
	}
	c, list := collection.ParseIn(tree, "stdin", "[[request]]\ninclude = \"c/a.toml\"\n")
	if list != nil {
		t.Fatal(list)
	}
	equal(t, "stdin", append(c.Sources, paths(c)...), []string{"c/a.toml", "stdin/a//get"})
	if _, list = collection.Parse("c/x.toml", "[[request]]\ninclude = \"a.toml\"\n"); !list.HasErrors() {
		t.Error("a text without files includes one")
	}
}
