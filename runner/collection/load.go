package collection

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// The files that make a folder one collection, and that speak for a subfolder of it.
const (
	collectionFile = "collection.toml"
	folderFile     = "folder.toml"
)

// A Tree is where collections are read from: the operating system's files, or those that the program carries.
type Tree struct {
	// FS holds the files; nil means the operating system's.
	FS fs.FS
	// Prefix goes before a path of FS when it is shown: "collections".
	Prefix string
	// Outside lets collections name files outside their folders, absolute paths and devices too.
	Outside bool
}

func (t Tree) shown(name string) string {
	if t.FS == nil {
		return shownPath(name)
	}
	return path.Join(t.Prefix, name)
}

// shownPath is a path of the operating system as the user sees it on every system.
func shownPath(name string) string { return filepath.ToSlash(name) }

func (t Tree) read(name string) ([]byte, error) {
	if t.FS == nil {
		return os.ReadFile(name)
	}
	return fs.ReadFile(t.FS, name)
}

func (t Tree) list(name string) ([]fs.DirEntry, error) {
	if t.FS == nil {
		return os.ReadDir(name)
	}
	return fs.ReadDir(t.FS, name)
}

func (t Tree) isDir(name string) bool {
	var info fs.FileInfo
	var err error
	if t.FS == nil {
		info, err = os.Stat(name)
	} else {
		info, err = fs.Stat(t.FS, name)
	}
	return err == nil && info.IsDir()
}

func (t Tree) exists(name string) bool {
	var err error
	if t.FS == nil {
		_, err = os.Stat(name)
	} else {
		_, err = fs.Stat(t.FS, name)
	}
	return err == nil
}

// Load reads what stands at a path: the one collection of a TOML file or of a folder with a collection.toml, or the many
// of any other folder. What can be read is returned beside the diagnostics of what cannot.
func (t Tree) Load(name string) ([]*Collection, diag.List) {
	if !t.isDir(name) {
		c, list := t.file(name)
		if c == nil {
			return nil, list
		}
		return []*Collection{c}, list
	}
	if t.exists(path.Join(name, collectionFile)) {
		c, list := t.folder(name)
		return []*Collection{c}, list
	}
	var all []*Collection
	var list diag.List
	t.each(name, &list, func(child string, _ bool) {
		cs, l := t.Load(child)
		all, list = append(all, cs...), append(list, l...)
	})
	return all, list
}

// Load reads a path of the operating system: see [Tree.Load].
func Load(name string) ([]*Collection, diag.List) { return Tree{}.Load(name) }

// Parse reads a collection from a text. Name is what the user calls it. It has no files, so that it can include none.
func Parse(name, text string) (*Collection, diag.List) {
	d := &decoder{}
	return d.single(diag.NewSource(name, text), path.Base(shownPath(name)))
}

// ParseIn is Parse for a text that may name files of a tree, as if it stood there under its name: those that "stdin"
// names are in the tree's own folder.
func ParseIn(t Tree, name, text string) (*Collection, diag.List) {
	d := &decoder{files: t.files(path.Dir(shownPath(name)))}
	return d.single(diag.NewSource(t.shown(name), text), path.Base(shownPath(name)))
}

// single reads a collection that is one text, called at in its folder.
func (d *decoder) single(source *diag.Source, at string) (*Collection, diag.List) {
	d.put(source, at)
	f := d.file(source, at, collectionPlace)
	if f == nil {
		return nil, d.list
	}
	if f.Name == "" {
		f.Name = baseName(source.Name)
	}
	return d.collection(f, source.Name, "write [[request]] with a url")
}

// collection is the end of reading one.
func (d *decoder) collection(f *Folder, shown, hint string) (*Collection, diag.List) {
	if d.includes > 0 { // a file of the folder may be included too
		slices.Sort(d.sources)
		d.sources = slices.Compact(d.sources)
	}
	c := &Collection{Folder: *f, Path: shown, Files: d.files, Sources: d.sources}
	if !d.list.HasErrors() && !f.sends() {
		d.errorf(diag.Span{Source: f.Span.Source}, hint, "the collection has no request")
	}
	if d.includes > 0 {
		d.list = once(d.list)
	}
	return c, d.list
}

// sends reports whether there is a request in the items of a folder.
func (f *Folder) sends() bool {
	return slices.ContainsFunc(f.Items, func(item Item) bool { return item.Request != nil || item.Folder.sends() })
}

// once drops exact repeats: a file that is included twice has its mistakes once.
func once(list diag.List) diag.List {
	type key struct {
		file, message string
		start, end    int
	}
	seen := make(map[key]bool, len(list))
	return slices.DeleteFunc(list, func(g diag.Diagnostic) bool {
		k := key{g.Span.File(), g.Message, g.Span.Start, g.Span.End}
		again := seen[k]
		seen[k] = true
		return again
	})
}

func (t Tree) files(root string) *Files {
	return &Files{tree: t, root: root, places: map[*diag.Source]string{}}
}

// each calls f for the TOML files of a folder by name and then for its subfolders, without dot-folders and links.
func (t Tree) each(name string, list *diag.List, f func(child string, dir bool)) {
	entries, err := t.list(name)
	if err != nil {
		*list = append(*list, diag.Diagnostic{Message: "cannot read " + strconv.Quote(t.shown(name)) + ": " + reason(err)})
		return
	}
	for _, dirs := range []bool{false, true} {
		for _, e := range entries {
			if e.IsDir() != dirs || strings.HasPrefix(e.Name(), ".") || !dirs && path.Ext(e.Name()) != ".toml" {
				continue
			}
			f(path.Join(name, e.Name()), dirs)
		}
	}
}

func (t Tree) source(name string) (*diag.Source, diag.List) {
	text, err := t.read(name)
	if err != nil {
		return nil, diag.List{{Message: "cannot read " + strconv.Quote(t.shown(name)) + ": " + reason(err)}}
	}
	return diag.NewSource(t.shown(name), string(text)), nil
}

func (t Tree) file(name string) (*Collection, diag.List) {
	source, list := t.source(name)
	if source == nil {
		return nil, list
	}
	d := &decoder{files: t.files(path.Dir(shownPath(name))), sources: []string{source.Name}}
	return d.single(source, path.Base(shownPath(name)))
}

// folder reads a folder with a collection.toml: its requests, its other files by name, then its subfolders.
func (t Tree) folder(name string) (*Collection, diag.List) {
	d := &decoder{files: t.files(name)}
	root := d.read(collectionFile, collectionPlace)
	if root == nil {
		root = &Folder{}
	}
	if root.Name == "" {
		root.Name = baseName(name)
	}
	if root.Data != nil {
		name, _ := root.Data.Text()
		d.dataFile = path.Clean(filepath.ToSlash(name))
	}
	d.children(root, "")
	return d.collection(root, t.shown(name), "write [[request]] with a url, here or in a file beside it")
}

// read reads a file of the collection's folder; nil is one that cannot be read, with a diagnostic.
func (d *decoder) read(at string, where place) *Folder {
	source, list := d.files.tree.source(path.Join(d.files.root, at))
	d.list = append(d.list, list...)
	if source == nil {
		return nil
	}
	d.put(source, at)
	d.sources = append(d.sources, source.Name)
	return d.file(source, at, where)
}

// children reads the files and subfolders of a folder of the collection.
func (d *decoder) children(parent *Folder, at string) {
	d.files.tree.each(path.Join(d.files.root, at), &d.list, func(child string, dir bool) {
		base := path.Base(child)
		inner := path.Join(at, base)
		var f *Folder
		switch {
		case dir:
			f = d.subfolder(inner)
		case inner == d.dataFile:
			return
		case at == "" && base == collectionFile || at != "" && base == folderFile:
			return
		case base == collectionFile:
			d.stray(inner, "call it "+folderFile+", which may hold requests too", "a collection cannot lie inside another one")
			return
		case base == folderFile:
			d.stray(inner, "say it in "+collectionFile, "the folder has a "+collectionFile+" already")
			return
		default:
			f = d.read(inner, innerFile)
		}
		if f == nil {
			return
		}
		if f.Name == "" {
			f.Name = baseName(child)
		}
		parent.Items = append(parent.Items, Item{Folder: f})
	})
}

// stray reports a file that stands where it would be passed over.
func (d *decoder) stray(at, hint, message string) {
	source, list := d.files.tree.source(path.Join(d.files.root, at))
	d.list = append(d.list, list...)
	if source != nil {
		d.list.Add(diag.Span{Source: source}, message, hint)
	}
}

// subfolder reads a subfolder: the requests of its folder.toml, if there is one, come before its files.
func (d *decoder) subfolder(at string) *Folder {
	f := &Folder{}
	tree, root := d.files.tree, d.files.root
	if name := path.Join(at, folderFile); tree.exists(path.Join(root, name)) {
		if f = d.read(name, folderPlace); f == nil {
			return nil
		}
	}
	d.children(f, at)
	return f
}
