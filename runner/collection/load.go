package collection

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
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
}

func (t Tree) shown(name string) string {
	if t.FS == nil {
		return filepath.ToSlash(name)
	}
	return path.Join(t.Prefix, name)
}

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
	t.each(name, &list, func(child string, dir bool) {
		cs, l := t.Load(child)
		all, list = append(all, cs...), append(list, l...)
	})
	return all, list
}

// Load reads a path of the operating system: see [Tree.Load].
func Load(name string) ([]*Collection, diag.List) { return Tree{}.Load(name) }

// Parse reads a collection from a text. Name is what the user calls it.
func Parse(name, text string) (*Collection, diag.List) {
	d := &decoder{}
	f := d.folder(diag.NewSource(name, text), collectionKeys, "a collection")
	if f == nil {
		return nil, d.list
	}
	if f.Name == "" {
		f.Name = baseName(name)
	}
	if !d.list.HasErrors() && len(f.Items) == 0 {
		d.list.Add(diag.Span{Source: f.Span.Source}, "the collection has no request", "write [[request]] with a url")
	}
	return &Collection{Folder: *f, Path: name}, d.list
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

// reason is an error's cause in words, without the path and the system call.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
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
	return Parse(source.Name, source.Text)
}

// folder reads a folder with a collection.toml: its requests, its other files by name, then its subfolders.
func (t Tree) folder(name string) (*Collection, diag.List) {
	source, list := t.source(path.Join(name, collectionFile))
	if source == nil {
		return nil, list
	}
	d := &decoder{}
	root := d.folder(source, collectionKeys, "a collection")
	if root == nil {
		root = &Folder{Span: diag.Span{Source: source}}
	}
	if root.Name == "" {
		root.Name = baseName(name)
	}
	t.children(d, root, name)
	c := &Collection{Folder: *root, Path: t.shown(name)}
	requests := 0
	c.Requests(func(*Request, []*Folder) { requests++ })
	if requests == 0 && !d.list.HasErrors() {
		d.errorf(root.Span, "write [[request]] with a url, here or in a file beside it", "the collection has no request")
	}
	return c, append(list, d.list...)
}

func (t Tree) children(d *decoder, parent *Folder, name string) {
	t.each(name, &d.list, func(child string, dir bool) {
		base := path.Base(child)
		if !dir && (base == collectionFile || base == folderFile) {
			return
		}
		f := t.child(d, child, dir)
		if f == nil {
			return
		}
		if f.Name == "" {
			f.Name = baseName(child)
		}
		parent.Items = append(parent.Items, Item{Folder: f})
	})
}

func (t Tree) child(d *decoder, name string, dir bool) *Folder {
	read := func(name string, keys []string, what string) *Folder {
		source, list := t.source(name)
		d.list = append(d.list, list...)
		if source == nil {
			return nil
		}
		return d.folder(source, keys, what)
	}
	if !dir {
		return read(name, collectionKeys, "a file of a collection")
	}
	f := &Folder{}
	if inner := path.Join(name, folderFile); t.exists(inner) {
		if f = read(inner, folderKeys, "a folder"); f == nil {
			return nil
		}
	}
	t.children(d, f, name)
	return f
}

// baseName is the last part of a path without ".toml".
func baseName(name string) string {
	return strings.TrimSuffix(path.Base(filepath.ToSlash(name)), ".toml")
}

// folder reads one file.
func (d *decoder) folder(source *diag.Source, keys []string, what string) *Folder {
	root, list := tomlnode.Parse(source)
	d.list = append(d.list, list...)
	if root == nil {
		return nil
	}
	f := &Folder{Span: diag.Span{Source: source}}
	for _, e := range root.Entries {
		switch {
		case !slices.Contains(keys, e.Key):
			d.unknown(e, what, keys)
		case e.Key == "name":
			f.Name, _ = d.name(e)
		case e.Key == "description":
			f.Description, _ = d.text(e)
		case e.Key == "variables":
			f.Variables = d.variables(e)
		case e.Key == "request":
			d.requests(e, f)
		default:
			d.setting(e, &f.Settings)
		}
	}
	return f
}

func (d *decoder) requests(e entry, f *Folder) {
	if e.Node.Kind != Array {
		d.errorf(e.Span, "write [[request]] with two brackets", "\"request\" must be an array of tables, not %s", e.Node.Kind)
		return
	}
	first := make(map[string]diag.Span, len(e.Node.Items))
	for _, item := range e.Node.Items {
		if item.Kind != Table {
			d.errorf(item.Span, "write [[request]]", "a request must be a table, not %s", item.Kind)
			continue
		}
		r := d.request(item)
		f.Items = append(f.Items, Item{Request: r})
		if !r.Named {
			continue
		}
		if span, ok := first[r.Name]; ok {
			name, _ := item.Get("name")
			d.errorf(name.Node.Span, "the other is at "+span.String(), "there is a request %q already", r.Name)
			continue
		}
		first[r.Name] = item.Span
	}
}
