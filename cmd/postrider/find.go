package main

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	shipped "github.com/postrider/postrider/collections"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
)

// collectionsFolder is where collections are looked for, and where the shipped ones seem to stand.
const collectionsFolder = "collections"

// carried are the collections in the program itself.
var carried = collection.Tree{FS: shipped.Files, Prefix: collectionsFolder}

// standardInput is the name of the collection that is read from there.
const standardInput = "-"

// A found is where collections are to be read.
type found struct {
	tree collection.Tree
	name string
}

func (f found) shipped() bool { return f.tree.FS != nil }

// find looks for what an argument names: as a path, with .toml, below collections/, then among the shipped ones.
func find(argument string) (found, error) {
	if argument == standardInput {
		return found{name: standardInput}, nil
	}
	for _, name := range []string{
		argument, argument + ".toml", filepath.Join(collectionsFolder, argument), filepath.Join(collectionsFolder, argument+".toml"),
	} {
		if _, err := os.Stat(name); err == nil {
			return found{name: name}, nil
		}
	}
	inside := strings.TrimPrefix(path.Clean(filepath.ToSlash(argument)), collectionsFolder+"/")
	for _, name := range []string{inside, inside + ".toml"} {
		if _, err := fs.Stat(shipped.Files, name); err == nil {
			return found{carried, name}, nil
		}
	}
	hint := diag.DidYouMean(argument, slices.Concat(known(), beside(argument)))
	for _, name := range known() {
		if hint == "" && path.Base(name) == path.Base(inside) {
			hint = "did you mean " + strconv.Quote(name) + "?"
		}
	}
	if hint == "" {
		hint = "there are: " + strings.Join(known(), ", ")
	}
	return found{}, usage(hint, "there is no collection %s", strconv.Quote(argument))
}

// beside are the collections in the folder that a path leads to, as it names them.
func beside(argument string) []string {
	folder := filepath.Dir(argument)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".toml" {
			names = append(names, filepath.Join(folder, e.Name()))
		}
	}
	return names
}

// known are the names by which collections can be called from here.
func known() []string {
	var names []string
	add := func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipDir // a folder that cannot be read has no names to offer
		}
		switch {
		case d.IsDir() || path.Ext(name) != ".toml" || path.Base(name) == "folder.toml":
		case name == "collection.toml":
		case path.Base(name) == "collection.toml":
			names = append(names, path.Dir(name))
		default:
			names = append(names, strings.TrimSuffix(name, ".toml"))
		}
		return nil
	}
	_ = fs.WalkDir(os.DirFS(collectionsFolder), ".", add)
	_ = fs.WalkDir(shipped.Files, ".", add)
	slices.Sort(names)
	return slices.Compact(names)
}

// locate finds all that the arguments name; without any, ./collections or else the shipped ones.
func locate(arguments []string, outside bool) ([]found, error) {
	here := collection.Tree{Outside: outside}
	if len(arguments) == 0 {
		if info, err := os.Stat(collectionsFolder); err == nil && info.IsDir() {
			return []found{{here, collectionsFolder}}, nil
		}
		return []found{{carried, "."}}, nil
	}
	var all []found
	for _, a := range arguments {
		f, err := find(a)
		if err != nil {
			return nil, err
		}
		if !f.shipped() {
			f.tree = here
		}
		all = append(all, f)
	}
	return all, nil
}

// read reads what was found. What could be read comes back beside the diagnostics.
func (p *program) read(all []found) ([]*collection.Collection, diag.List) {
	var collections []*collection.Collection
	var list diag.List
	for _, f := range all {
		var cs []*collection.Collection
		var l diag.List
		if f.name == standardInput && !f.shipped() {
			cs, l = p.readInput(f.tree)
		} else {
			cs, l = f.tree.Load(f.name)
		}
		collections, list = append(collections, cs...), append(list, l...)
		if len(cs) == 0 && !l.HasErrors() {
			list.Add(diag.Span{}, "there is no collection in the folder "+strconv.Quote(f.name), "a collection is a TOML file with [[request]] in it")
		}
	}
	return collections, list
}

// maxInput is how large a collection on standard input may be: 64 MB.
const maxInput = 64 << 20

// readInput reads a collection from standard input. The files that it names are looked for in the current folder.
func (p *program) readInput(tree collection.Tree) ([]*collection.Collection, diag.List) {
	text, err := io.ReadAll(io.LimitReader(p.In, maxInput))
	if err != nil {
		return nil, diag.List{{Message: "cannot read the collection from standard input: " + err.Error()}}
	}
	c, list := collection.ParseIn(tree, standardInput, string(text))
	if c == nil {
		return nil, list
	}
	return []*collection.Collection{c}, list
}
