package collection_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	shipped "github.com/postrider/postrider/collections"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
)

func request(name string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("[[request]]\nname = \"" + name + "\"\nurl = \"http://127.0.0.1/\"\n")}
}

var tree = collection.Tree{Prefix: "shown", FS: fstest.MapFS{
	"one.toml":                   request("one"),
	"many/b.toml":                request("b"),
	"many/a.toml":                request("a"),
	"many/notes.txt":             {Data: []byte("not a collection")},
	"many/.hidden/x.toml":        request("hidden"),
	"many/deep/c.toml":           request("c"),
	"many/whole/collection.toml": {Data: []byte("name = \"Whole\"\n[[request]]\nname = \"first\"\nurl = \"http://127.0.0.1/\"\n")},
	"many/whole/z.toml":          request("z"),
	"many/whole/m.toml":          {Data: []byte("name = \"M\"\n[[request]]\nurl = \"http://127.0.0.1/\"\nname = \"m\"\n")},
	"many/whole/sub/folder.toml": {Data: []byte("name = \"Sub\"\nheaders.X = \"1\"\n")},
	"many/whole/sub/s.toml":      request("s"),
	"many/whole/plain/p.toml":    request("p"),
	"broken/collection.toml":     {Data: []byte("nmae = \"x\"\n")},
	"broken/a.toml":              {Data: []byte("[[request]]\nulr = \"x\"\n")},
	"broken/sub/folder.toml":     {Data: []byte("requests = 1\n")},
	"hollow/collection.toml":     {Data: []byte("name = \"nothing in it\"\n")},
	"nothing/readme.md":          {Data: []byte("x")},
	"round/a.toml":               {Data: []byte("[[request]]\ninclude = \"b.toml\"\n")},
	"round/b.toml":               {Data: []byte("[[request]]\ninclude = \"../round/a.toml\"\n")},
}}

// paths are the requests of a collection with the folders that lead to them.
func paths(c *collection.Collection) []string {
	var out []string
	c.Requests(func(r *collection.Request, path []*collection.Folder) {
		var names []string
		for _, f := range path {
			names = append(names, f.Name)
		}
		out = append(out, strings.Join(append(names, r.Name), "/"))
	})
	return out
}

func TestLoad(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"one.toml":   {"one/one"},
		"many":       {"a/a", "b/b", "c/c", "Whole/first", "Whole/M/m", "Whole/z/z", "Whole/plain/p/p", "Whole/Sub/s/s"},
		"many/whole": {"Whole/first", "Whole/M/m", "Whole/z/z", "Whole/plain/p/p", "Whole/Sub/s/s"},
		"nothing":    nil,
	} {
		collections, list := tree.Load(name)
		if list != nil {
			t.Fatal(list)
		}
		var got []string
		for _, c := range collections {
			got = append(got, paths(c)...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	collections, _ := tree.Load("many")
	if len(collections) != 4 || collections[3].Path != "shown/many/whole" || collections[0].Path != "shown/many/a.toml" {
		t.Errorf("%d collections", len(collections))
	}
}

func TestLoadMistakes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"broken": {
			`shown/broken/collection.toml:1:1: unknown key "nmae" in a collection (did you mean "name"?)`,
			`shown/broken/a.toml:2:1: unknown key "ulr" in a request (did you mean "url"?)`,
			`shown/broken/a.toml:1:3: the request has no url (for example url = "https://example.com/")`,
			`shown/broken/sub/folder.toml:1:1: unknown key "requests" in a folder (did you mean "request"?)`,
		},
		"hollow":  {`shown/hollow/collection.toml:1:1: the collection has no request`},
		"nowhere": {`cannot read "shown/nowhere": there is no such file`},
	} {
		_, list := tree.Load(name)
		if len(list) != len(want) {
			t.Errorf("%s: %v", name, list)
			continue
		}
		for i, d := range list {
			if !strings.HasPrefix(d.Error(), want[i]) {
				t.Errorf("%s: %s, not %s", name, d.Error(), want[i])
			}
		}
	}
}

// TestShipped reads the collections that the program carries.
func TestShipped(t *testing.T) {
	t.Parallel()
	collections, list := collection.Tree{FS: shipped.Files, Prefix: "collections"}.Load(".")
	if list != nil || len(collections) != 2 {
		t.Fatal(len(collections), list)
	}
	for _, c := range collections {
		c.Requests(func(r *collection.Request, _ []*collection.Folder) {
			if r.Description == "" {
				t.Errorf("%s: %q does not say what it teaches", c.Path, r.Name)
			}
		})
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{"512": 512, "64MB": 64e6, "64 MiB": 64 << 20, "1.5kB": 1500, "1GB": 1e9, "2TiB": 2 << 40, "0": 0} {
		if got, ok := collection.ParseSize(s); !ok || got != want {
			t.Errorf("%s: %d, not %d", s, got, want)
		}
	}
	for _, s := range []string{"", "MB", "-1", "1 apple", "1e300GB", "NaN", "1MBB"} {
		if got, ok := collection.ParseSize(s); ok {
			t.Errorf("%q is %d", s, got)
		}
	}
}

// FuzzParse holds that any text is a collection or has mistakes with places, and never a panic.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"[[request]]\nurl = 'x'\nassert.status = 200", "name = 1\n[variables]\na = 1", "[[request]]\nauth.basic = { username = 1 }\n[[request.case]]\n",
		"[[request]]\nrejects = { missing = 400 }\ncapture.a = { json = 'x', default = {} }\nbody.form = { a = [1] }", "request = [1]", "[[request]]\ncase = [{}]\nheaders = { a = [] }",
		"[[setup]]\ninclude = 'one.toml'\nvariables = { a = 1 }\n[[teardown]]\ninclude = 'round/a.toml'", "[[request]]\nurl = 'x'\nretry = { times = 1, on = [429] }\ntls = { key = 'x' }",
		"[[request]]\nurl = 'x'\nbody.multipart = { a = [1, { file = 'x' }] }\nauth.oauth1 = { consumer_key = 'x' }\nresolve = { 'a:1' = 'b' }", "[[request]]\nbody.base64 = 'é='",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// One has no files, the other those of the tree: requests, files that include each other, folders.
		alone, mistakes := collection.Parse("a.toml", text)
		c, list := collection.ParseIn(tree, "a.toml", text)
		if c == nil && !list.HasErrors() || (c == nil) != (alone == nil) || list.HasErrors() && !mistakes.HasErrors() && !strings.Contains(text, "include") {
			t.Fatal("neither a collection nor a mistake")
		}
		for _, d := range list {
			if line, column := d.Span.Position(); line < 1 || column < 1 {
				t.Fatalf("%q has no place", d.Message)
			}
		}
		if c != nil {
			c.Requests(func(r *collection.Request, path []*collection.Folder) { _ = r.Path(path...) })
		}
		var b strings.Builder
		(&diag.Renderer{}).Render(&b, list)
	})
}

// A TOML file of rows in a collection's folder is no file of its requests.
func TestRowsBesideRequests(t *testing.T) {
	t.Parallel()
	tree := fstest.MapFS{
		"collection.toml": {Data: []byte("data = \"./sub/users.toml\"\n[[request]]\nurl = \"http://a/\"\n")},
		"sub/users.toml":  {Data: []byte("[[user]]\nname = \"jane\"\n")},
		"sub/more.toml":   {Data: []byte("[[request]]\nurl = \"http://b/\"\n")},
	}
	cs, list := collection.Tree{FS: tree}.Load(".")
	if list != nil || len(cs) != 1 || len(cs[0].Items) != 2 || len(cs[0].Items[1].Folder.Items) != 1 {
		t.Errorf("%d collections: %v", len(cs), list)
	}
}
