package lint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// method finds the usual methods in small letters: methods are case-sensitive (RFC 9110, section 9.1).
func (l *linter) method(r *collection.Request) {
	upper := strings.ToUpper(r.Method)
	usual := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
	if upper != r.Method && slices.Contains(usual, upper) {
		l.list.Warn(r.Span, "the method "+strconv.Quote(r.Method)+" is not "+upper+" to a server", "write method = "+strconv.Quote(upper))
	}
}

// ownHeader finds fields that are decided by the body, whatever is written.
func (l *linter) ownHeader(h *collection.Header) {
	switch strings.ToLower(h.Name) {
	case "content-length", "transfer-encoding", "trailer":
		if !h.Remove {
			l.list.Warn(h.Span, "the header "+h.Name+" is not sent as it is written: the body decides it", "take it out")
		}
	}
}

// path finds names in the path for which there is no parameter.
func (l *linter) path(r *collection.Request) {
	if r.URL == nil {
		return
	}
	text, _ := r.URL.Text()
	text, _, _ = strings.Cut(text, "?")
	_, path, ok := strings.Cut(text, "://")
	if !ok {
		path = text
	}
	for i, segment := range strings.Split(path, "/") {
		name, named := strings.CutPrefix(segment, ":")
		name, _, _ = strings.Cut(name, ".")
		if i == 0 || !named || name == "" || strings.Contains(name, "{") {
			continue
		}
		if !slices.ContainsFunc(r.Params, func(f collection.Field) bool { return f.Name == name }) {
			l.list.Warn(r.URL.Span, "nothing fills in :"+name+", so that it is sent as it is", "say params = { "+name+" = … }")
		}
	}
}

// cycles finds variables of one table that refer to each other in a circle. What gives them another value elsewhere
// breaks the circle.
func (l *linter) cycles(f *collection.Folder) {
	each(f, func(f *collection.Folder) {
		if f.Variables == nil {
			return
		}
		refers := map[string][]string{}
		for _, e := range f.Variables.Entries {
			text, _ := e.Node.Text()
			if t, err := environment.ParseTemplate(text); err == nil && !slices.Contains(l.known.Names, e.Key) {
				for _, r := range t.References() {
					refers[e.Key] = append(refers[e.Key], r.Name)
				}
			}
		}
		for _, e := range f.Variables.Entries {
			if way := circle(refers, []string{e.Key}); way != nil {
				l.list.Warn(e.Span, "the variable "+strconv.Quote(e.Key)+" refers to itself: "+strings.Join(way, " → "), "give one of them a value of its own")
			}
		}
	}, func(*collection.Request) {})
}

// circle is a way of references that leads back to where it began, or nil.
func circle(refers map[string][]string, way []string) []string {
	for _, next := range refers[way[len(way)-1]] {
		if next == way[0] {
			return append(way, next)
		}
		if slices.Contains(way, next) {
			continue
		}
		if found := circle(refers, append(way[:len(way):len(way)], next)); found != nil {
			return found
		}
	}
	return nil
}
