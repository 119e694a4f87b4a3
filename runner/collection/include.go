package collection

import (
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// How deep files may include others, and how many entries of a collection may do so: two entries in each of sixteen files
// that include the next would be sixty thousand.
const (
	maxIncludeDepth = 16
	maxIncludes     = 10_000
)

// A document is an included file, read once however often it is included.
type document struct {
	source *diag.Source
	root   *Value // nil: it is not TOML, which has been reported
}

// include reads an entry that stands for the requests of another file: a folder of its own around the file.
func (d *decoder) include(n *Value) *Folder {
	f := &Folder{Span: n.Span, Included: true}
	var file entry
	for _, e := range n.Entries {
		switch e.Key {
		case "include":
			file = e
		case "name":
			f.Name, _ = d.name(e)
		case "description":
			f.Description, _ = d.text(e)
		case "variables":
			f.Variables = d.variables(e)
		default:
			if d.setting(e, &f.Settings) {
				continue
			}
			if slices.Contains(requestKeys, e.Key) {
				d.errorf(e.Span, "the requests of the file have their own; beside include may stand name, description, variables and settings",
					"%q cannot stand beside include", e.Key)
				continue
			}
			d.unknown(e, "an entry with include", includeKeys)
		}
	}
	name, ok := d.includeName(file)
	if !ok {
		return f
	}
	if f.Name == "" {
		f.Name = baseName(name)
	}
	if inner := d.includeFile(file.Node, name); inner != nil {
		f.Items = []Item{{Folder: inner}}
	}
	return f
}

// includeName reads which file is meant, which must be known before anything is sent.
func (d *decoder) includeName(e entry) (string, bool) {
	if d.fileName(e) == nil {
		return "", false
	}
	name, _ := e.Node.Text()
	if hasTemplate(name) {
		d.errorf(e.Node.Span, "write the name as it is: "+`include = "sign-in.toml"`, "the name of an included file cannot hold a template")
		return "", false
	}
	return name, true
}

// includeFile reads a file that a value names. Nil, with a diagnostic, is one that cannot be had.
func (d *decoder) includeFile(v *Value, name string) *Folder {
	at := d.files.inside(v.Span.Source, name)
	if !d.mayInclude(v, at) {
		return nil
	}
	doc, ok := d.included[at]
	if !ok {
		if doc = d.open(v, name, at); doc == nil {
			return nil
		}
		if d.included == nil {
			d.included = map[string]*document{}
		}
		d.included[at] = doc
	}
	if doc.root == nil {
		return nil
	}
	d.chain = append(d.chain, at)
	defer func() { d.chain = d.chain[:len(d.chain)-1] }()
	before := len(d.list)
	f := d.decode(doc.source, doc.root, innerFile)
	if len(d.list) == before && len(f.Setup)+len(f.Items)+len(f.Teardown) == 0 {
		d.errorf(v.Span, "", "the file %q has no request", name)
	}
	return f
}

// mayInclude refuses what would not end.
func (d *decoder) mayInclude(v *Value, at string) bool {
	if i := slices.Index(d.chain, at); i >= 0 {
		d.errorf(v.Span, "take one of them out", "the file includes itself: %s", strings.Join(append(slices.Clone(d.chain[i:]), at), " → "))
		return false
	}
	if len(d.chain) > maxIncludeDepth {
		d.errorf(v.Span, "", "files include each other more than %d deep: %s", maxIncludeDepth, strings.Join(append(slices.Clone(d.chain), at), " → "))
		return false
	}
	d.includes++
	if d.includes == maxIncludes+1 {
		d.errorf(v.Span, "files that include others several times multiply", "the collection includes files more than %d times", maxIncludes)
	}
	return d.includes <= maxIncludes
}

// open reads and parses a file that a value names, and is nil, with a diagnostic, for one that cannot be read.
func (d *decoder) open(v *Value, name, at string) *document {
	file, err := d.files.Open(v.Span.Source, name)
	var text []byte
	if err == nil {
		defer file.Close()
		text, err = io.ReadAll(file)
	}
	if err != nil {
		hint := ""
		if near := d.files.Nearest(v.Span.Source, name); near != "" {
			hint = "did you mean " + strconv.Quote(near) + "?"
		}
		d.errorf(v.Span, hint, "cannot include %q: %s", name, reason(err))
		return nil
	}
	source := diag.NewSource(shownPath(d.files.Path(v.Span.Source, name)), string(text))
	d.put(source, at)
	d.sources = append(d.sources, source.Name)
	root, list := tomlnode.Parse(source)
	d.list = append(d.list, list...)
	return &document{source, root}
}

// put remembers where a file is below the folder of the collection, so that others can be named relative to it.
func (d *decoder) put(source *diag.Source, at string) {
	if d.files != nil {
		d.files.places[source] = at
	}
}

// baseName is the last part of a path without ".toml".
func baseName(name string) string {
	return strings.TrimSuffix(path.Base(shownPath(name)), ".toml")
}
