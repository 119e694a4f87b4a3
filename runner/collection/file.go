package collection

import (
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// A place is a kind of file, and what it may say.
type place struct {
	what string
	keys []string
}

var (
	collectionPlace = place{"a collection", collectionKeys}
	innerFile       = place{"a file of a collection", fileKeys}
	folderPlace     = place{"a folder", fileKeys}
)

// file reads one file, called at in the collection's folder; nil is one that is not TOML.
func (d *decoder) file(source *diag.Source, at string, where place) *Folder {
	root, list := tomlnode.Parse(source)
	d.list = append(d.list, list...)
	if root == nil {
		return nil
	}
	d.chain = append(d.chain[:0], at)
	return d.decode(source, root, where)
}

// decode reads what a file says.
func (d *decoder) decode(source *diag.Source, root *Value, where place) *Folder {
	f := &Folder{Span: diag.Span{Source: source}}
	names := requestNames{}
	for _, e := range root.Entries {
		switch {
		case (e.Key == "data" || e.Key == "load") && !slices.Contains(where.keys, e.Key):
			d.errorf(e.Span, "move it to "+collectionFile+", or to the file that includes this one", "%q belongs in the collection, not in %s", e.Key, where.what)
		case !slices.Contains(where.keys, e.Key):
			d.unknown(e, where.what, where.keys)
		case e.Key == "name":
			f.Name, _ = d.name(e)
		case e.Key == "description":
			f.Description, _ = d.text(e)
		case e.Key == "variables":
			f.Variables = d.variables(e)
		case e.Key == "data":
			f.Data = d.rows(e)
		case e.Key == "load":
			f.Load = d.load(e)
		case e.Key == "setup":
			f.Setup = d.requests(e, names)
		case e.Key == "request":
			f.Items = d.requests(e, names)
		case e.Key == "teardown":
			f.Teardown = d.requests(e, names)
		default:
			d.setting(e, &f.Settings)
		}
	}
	return f
}

// rows reads the name of the file of rows, which must be known before anything is sent.
func (d *decoder) rows(e entry) *Value {
	v := d.fileName(e)
	if v == nil {
		return nil
	}
	if s, _ := v.Text(); hasTemplate(s) {
		d.errorf(v.Span, `write the name as it is: data = "rows.csv"; --data names another one`, "the name of a file of rows cannot hold a template")
		return nil
	}
	return v
}

// requestNames are the names that a file gives to its requests, with the place of each.
type requestNames map[string]diag.Span

// requests reads the entries of [[request]], [[setup]] or [[teardown]].
func (d *decoder) requests(e entry, names requestNames) []Item {
	if e.Node.Kind != Array {
		d.errorf(e.Span, "write [["+e.Key+"]] with two brackets", "%q must be an array of tables, not %s", e.Key, e.Node.Kind)
		return nil
	}
	items := make([]Item, 0, len(e.Node.Items))
	for _, n := range e.Node.Items {
		if n.Kind != Table {
			d.errorf(n.Span, "write [["+e.Key+"]]", "a request must be a table, not %s", n.Kind)
			continue
		}
		if _, ok := n.Get("include"); ok {
			items = append(items, Item{Folder: d.include(n)})
		} else {
			items = append(items, Item{Request: d.request(n)})
		}
		d.nameOnce(n, names)
	}
	return items
}

// nameOnce refuses a name that another request of the file has.
func (d *decoder) nameOnce(n *Value, names requestNames) {
	e, ok := n.Get("name")
	if !ok {
		return
	}
	name, ok := e.Node.Text()
	if !ok || strings.TrimSpace(name) == "" {
		return
	}
	if span, taken := names[name]; taken {
		d.errorf(e.Node.Span, "the other is at "+span.String(), "there is a request %q already", name)
		return
	}
	names[name] = n.Span
}
