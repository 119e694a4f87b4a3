// Package lint finds likely mistakes in collections: what is legal, and yet seldom meant. All that it says is a warning.
package lint

import (
	"slices"
	"strconv"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// Known is what is known of the surroundings in which a collection runs.
type Known struct {
	// Names are those that environments and data rows give values to.
	Names []string
	// Complete says that no other names are to be expected, so that a name that nothing gives a value to is reported.
	Complete bool
	// Conceal, if not nil, is told each secret that stands in the collection, so that none is shown.
	Conceal func(secret string)
}

// Collection looks through a collection.
func Collection(c *collection.Collection, known Known) diag.List {
	l := &linter{known: known, declared: map[string]diag.Span{}, used: map[string]bool{}, captured: map[string]diag.Span{}, all: map[string]bool{}}
	for _, name := range known.Names {
		l.all[name] = true
	}
	l.gather(&c.Folder)
	l.folder(&c.Folder)
	l.unused()
	l.cycles(&c.Folder)
	return l.list.Sort()
}

// A linter looks through one collection.
type linter struct {
	known    Known
	list     diag.List
	declared map[string]diag.Span // variables of the collection, its folders and its cases
	captured map[string]diag.Span // captures of the requests so far
	used     map[string]bool
	all      map[string]bool // names that have a value at some time
	order    []string        // of declared and captured names
	under    string          // the name that the value being looked at stands under
}

// gather notes every name that the collection gives a value to.
func (l *linter) gather(f *collection.Folder) {
	each(f, func(f *collection.Folder) { l.declare(f.Variables) }, func(r *collection.Request) {
		for i := range r.Cases {
			l.declare(r.Cases[i].Variables)
		}
		for _, c := range r.Captures {
			l.all[c.Name] = true
			if c.Name == "callback_url" {
				for _, name := range tokenNames() {
					l.all[name] = true
				}
			}
		}
		if r.Auth != nil && r.Auth.Kind == collection.OAuth2 {
			for _, name := range tokenNames() {
				l.all[name] = true
			}
		}
	})
}

func (l *linter) declare(variables *collection.Value) {
	if variables == nil {
		return
	}
	for _, e := range variables.Entries {
		if _, ok := l.declared[e.Key]; !ok {
			l.declared[e.Key] = e.Span
			l.order = append(l.order, e.Key)
		}
		l.all[e.Key] = true
	}
}

// tokenNames are the variables that a callback URL or a token endpoint sets, and that other parts of the program use by
// these names.
func tokenNames() []string {
	return []string{
		"access_token", "id_token", "refresh_token", "token_type", "expires_in", "expires_at", "expired_access_token", "callback_url", "state", "code",
		"scope", "error", "error_description",
	}
}

// folder looks at a folder and all below it, in the order in which it runs.
func (l *linter) folder(f *collection.Folder) {
	l.settings(&f.Settings)
	l.table(f.Variables)
	for _, items := range [][]collection.Item{f.Setup, f.Items, f.Teardown} {
		for _, item := range items {
			if item.Folder != nil {
				l.folder(item.Folder)
			} else {
				l.request(item.Request)
			}
		}
	}
}

// reference looks at the use of a variable.
func (l *linter) reference(name string, span diag.Span, optional bool) {
	l.used[name] = true
	if optional || name == "" || name[0] == '$' || slices.Contains(tokenNames(), name) {
		return
	}
	if l.all[name] {
		l.early(name, span)
		return
	}
	names := slices.Concat(l.order, l.known.Names)
	near := diag.DidYouMean(name, names)
	if near == "" && !l.known.Complete {
		return
	}
	if near == "" {
		near = "declare it under [variables], capture it, or give it with --var " + name + "=…"
	}
	l.list.Warn(span, "nothing here gives "+strconv.Quote(name)+" a value", near)
}

// early finds a variable that is used before any request captures it.
func (l *linter) early(name string, span diag.Span) {
	if _, ok := l.declared[name]; ok || slices.Contains(l.known.Names, name) {
		return
	}
	if _, ok := l.captured[name]; !ok {
		l.list.Warn(span, strconv.Quote(name)+" is captured only later", "move the request that captures it before this one")
	}
}

// unused finds variables and captures that nothing uses.
func (l *linter) unused() {
	for _, name := range l.order {
		if l.used[name] || slices.Contains(tokenNames(), name) {
			continue
		}
		if span, ok := l.declared[name]; ok {
			l.list.Warn(span, "the variable "+strconv.Quote(name)+" is never used", "take it out, or refer to it as {{"+name+"}}")
			continue
		}
		l.list.Warn(l.captured[name], "the capture "+strconv.Quote(name)+" is never used", "take it out, or refer to it as {{"+name+"}}")
	}
}

// each calls its functions for every folder and request.
func each(f *collection.Folder, folder func(*collection.Folder), request func(*collection.Request)) {
	folder(f)
	for _, items := range [][]collection.Item{f.Setup, f.Items, f.Teardown} {
		for _, item := range items {
			if item.Folder != nil {
				each(item.Folder, folder, request)
			} else {
				request(item.Request)
			}
		}
	}
}

// text looks at the templates in a text, and at the text itself.
func (l *linter) text(v *collection.Value) {
	s, ok := v.Text()
	if !ok {
		return
	}
	l.secretText(s, v.Span)
	t, err := environment.ParseTemplate(s)
	if err != nil {
		return // the compiler says so
	}
	for _, r := range t.References() {
		l.reference(r.Name, v.Sub(r.Start, r.End), r.Optional)
	}
}
