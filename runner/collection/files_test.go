package collection_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
)

// outcome is what a file says, or why it cannot be had.
func outcome(f *collection.Files, source *diag.Source, name string) string {
	file, err := f.Open(source, name)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return "read: " + err.Error()
	}
	return string(text)
}

const (
	outside  = "it lies outside the collection's folder (--allow-outside-files lifts that)"
	absolute = "it is an absolute path, and files must lie inside the collection's folder (--allow-outside-files lifts that)"
	missing  = "there is no such file"
)

// disk is a collection on disk with a file outside of it, and links.
func disk(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write(t, at("secret.txt"), "secret")
	write(t, at("c/collection.toml"), get)
	write(t, at("c/a.txt"), "a")
	write(t, at("c/sub/s.toml"), get)
	write(t, at("c/sub/b.txt"), "b")
	for name, target := range map[string]string{
		"c/inside.txt": "sub/b.txt", "c/outside.txt": "../secret.txt", "c/absolute.txt": at("secret.txt"), "c/up": "..", "c/dangling.txt": "nowhere", "linked": "c",
	} {
		if err := os.Symlink(target, at(name)); err != nil {
			t.Skip("links cannot be made here: ", err)
		}
	}
	return dir
}

// sourcesOf are the sources of the first request of a collection and of the file sub/s.toml.
func sourcesOf(t *testing.T, tree collection.Tree, name string) (c *collection.Collection, top, sub *diag.Source) {
	t.Helper()
	all, list := tree.Load(name)
	if list != nil {
		t.Fatal(list)
	}
	c = all[0]
	c.Requests(func(r *collection.Request, path []*collection.Folder) {
		if top == nil {
			top = r.Span.Source
		}
		sub = r.Span.Source
	})
	return c, top, sub
}

func TestOpen(t *testing.T) {
	t.Parallel()
	dir := disk(t)
	for _, name := range []string{"c", "linked"} {
		c, top, sub := sourcesOf(t, collection.Tree{}, filepath.Join(dir, name))
		for _, f := range []struct {
			source     *diag.Source
			name, want string
		}{
			{top, "a.txt", "a"}, {top, "./sub/../a.txt", "a"}, {sub, "b.txt", "b"}, {sub, "../a.txt", "a"}, {top, "sub/b.txt", "b"}, {top, "inside.txt", "b"}, {nil, "a.txt", "a"},
			{diag.NewSource("else", ""), "sub/b.txt", "b"},
			{top, "../secret.txt", outside}, {sub, "../../secret.txt", outside}, {top, "outside.txt", outside}, {top, "absolute.txt", outside}, {top, "up/secret.txt", outside},
			{top, filepath.Join(dir, "c", "a.txt"), absolute}, {top, "/etc/passwd", absolute}, {top, `\\server\share`, absolute}, {top, "..", outside},
			{top, "b.txt", missing}, {top, "nowhere/b.txt", missing}, {top, "dangling.txt", missing}, {top, "sub", "it is a folder"}, {top, ".", "it is a folder"}, {top, "", "the name is empty"},
			{top, "a.txt/b", "not a directory"}, {top, "a\x00b", "invalid argument"},
		} {
			if got := outcome(c.Files, f.source, f.name); got != f.want {
				t.Errorf("%s: %q: %q, not %q", name, f.name, got, f.want)
			}
		}
	}
}

// TestOpenOutside lifts the confinement.
func TestOpenOutside(t *testing.T) {
	t.Parallel()
	dir := disk(t)
	c, top, sub := sourcesOf(t, collection.Tree{Outside: true}, filepath.Join(dir, "c"))
	for name, want := range map[string]string{
		"../secret.txt": "secret", "outside.txt": "secret", "absolute.txt": "secret", filepath.Join(dir, "secret.txt"): "secret", "a.txt": "a", "../c": "it is a folder", "x": missing, "": "the name is empty",
	} {
		if got := outcome(c.Files, top, name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
	if got := outcome(c.Files, sub, "../../secret.txt"); got != "secret" {
		t.Error(got)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := disk(t)
	c, top, _ := sourcesOf(t, collection.Tree{}, filepath.Join(dir, "c"))
	if _, err := c.Files.Open(top, "nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if os.Getuid() > 0 {
		if err := os.Chmod(filepath.Join(dir, "c", "a.txt"), 0); err != nil {
			t.Fatal(err)
		}
		if got := outcome(c.Files, top, "a.txt"); got != "permission denied" {
			t.Error(got)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if got := outcome(c.Files, top, "a.txt"); got != missing {
		t.Error(got)
	}
	if got := outcome(nil, top, "a.txt"); got != "there is no folder that files could be read from" {
		t.Error(got)
	}
}

// TestOpenSpecial refuses what is neither a file nor a folder: to open a pipe may never end.
func TestOpenSpecial(t *testing.T) {
	t.Parallel()
	dir := disk(t)
	listener, err := net.Listen("unix", filepath.Join(dir, "c", "socket"))
	if err != nil {
		t.Skip("no socket can be made here: ", err)
	}
	defer listener.Close()
	c, top, _ := sourcesOf(t, collection.Tree{}, filepath.Join(dir, "c"))
	if got := outcome(c.Files, top, "socket"); got != "it is not a regular file" {
		t.Error(got)
	}
}

// TestOpenCarried opens files of a tree that is not the operating system's.
func TestOpenCarried(t *testing.T) {
	t.Parallel()
	files := map[string]string{"secret.txt": "secret", "c/collection.toml": get, "c/a.txt": "a", "c/sub/s.toml": get, "c/sub/b.txt": "b"}
	tree := folderOf(files)
	tree.Prefix = "shown"
	c, top, sub := sourcesOf(t, tree, "c")
	for name, want := range map[string]string{"a.txt": "a", "sub/b.txt": "b", "../secret.txt": outside, "../../x": outside, "/c/a.txt": absolute, "x": missing, "sub": "it is a folder"} {
		if got := outcome(c.Files, top, name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
	if got := outcome(c.Files, sub, "../a.txt"); got != "a" {
		t.Error(got)
	}
	if got := c.Files.Path(sub, "../a.txt"); got != "shown/c/a.txt" {
		t.Error(got)
	}
	tree.Outside = true
	c, top, _ = sourcesOf(t, tree, "c")
	if got := outcome(c.Files, top, "../secret.txt") + outcome(c.Files, top, "../../secret.txt"); got != "secret"+outside {
		t.Error(got)
	}
}

func TestPathOfFile(t *testing.T) {
	t.Parallel()
	dir := disk(t)
	c, top, sub := sourcesOf(t, collection.Tree{}, filepath.Join(dir, "c"))
	for _, f := range []struct {
		source     *diag.Source
		name, want string
	}{{top, "a.txt", "c/a.txt"}, {sub, "b.txt", "c/sub/b.txt"}, {sub, "../a.txt", "c/a.txt"}, {top, "../secret.txt", "secret.txt"}} {
		if got, want := c.Files.Path(f.source, f.name), filepath.Join(dir, filepath.FromSlash(f.want)); got != want {
			t.Errorf("%s: %s, not %s", f.name, got, want)
		}
	}
	if got := c.Files.Path(top, "/x"); got != "/x" {
		t.Error(got)
	}
	if got := (*collection.Files)(nil).Path(top, "x"); got != "x" {
		t.Error(got)
	}
}

func TestNearestFile(t *testing.T) {
	t.Parallel()
	dir := disk(t)
	write(t, filepath.Join(dir, "c", "sub", "picture.png"), "x")
	c, top, sub := sourcesOf(t, collection.Tree{}, filepath.Join(dir, "c"))
	for _, f := range []struct {
		source     *diag.Source
		name, want string
	}{
		{sub, "pictrue.png", "picture.png"}, {top, "sub/picture.pgn", "sub/picture.png"}, {top, "./sub/picture.jpg", "./sub/picture.png"}, {sub, "../sub/pictures.png", "../sub/picture.png"},
		{top, "something.else", ""}, {top, "../secrets.txt", ""}, {top, "nowhere/a", ""}, {top, "up/secrets.txt", ""}, {top, "/etc/passwdd", ""}, {top, "", ""}, {top, "sub/", ""},
	} {
		if got := c.Files.Nearest(f.source, f.name); got != f.want {
			t.Errorf("%s: %q, not %q", f.name, got, f.want)
		}
	}
	if (*collection.Files)(nil).Nearest(top, "x") != "" {
		t.Error("nothing has a file")
	}
}

// FuzzOpen holds that no name leads out of the collection's folder.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	write(f, filepath.Join(dir, "secret.txt"), "secret")
	write(f, filepath.Join(dir, "c", "a.toml"), get)
	write(f, filepath.Join(dir, "c", "sub", "a.txt"), "a")
	all, list := collection.Load(filepath.Join(dir, "c", "a.toml"))
	if list != nil {
		f.Fatal(list)
	}
	source := all[0].Span.Source
	for _, name := range []string{"../secret.txt", "sub/../../secret.txt", "sub/a.txt", "/etc/passwd", `..\secret.txt`, "./..//secret.txt", "sub/../../c/a.toml"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got := outcome(all[0].Files, source, name); got == "secret" {
			t.Fatalf("%q leads out", name)
		}
		all[0].Files.Path(source, name)
		all[0].Files.Nearest(source, name)
	})
}
