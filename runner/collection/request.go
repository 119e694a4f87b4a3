package collection

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// aRequest is what an entry without include is called in messages.
const aRequest = "a request"

// MaxRepeat is the most often that a request may be said to be sent.
const MaxRepeat = 1_000_000

func (d *decoder) request(n *Value) *Request {
	r := &Request{Span: n.Span}
	for _, e := range n.Entries {
		switch e.Key {
		case "name":
			r.Name, r.Named = d.name(e)
		case "description":
			r.Description, _ = d.text(e)
		case "method":
			r.Method = d.method(e)
		case "url":
			r.URL = d.textValue(e)
			if s, ok := e.Node.Text(); ok && strings.TrimSpace(s) == "" {
				d.errorf(e.Node.Span, "", "the url is empty")
			}
		case "params":
			r.Params = d.pairs(e, false, "params = { id = 7 }")
		case "query":
			r.Query = d.pairs(e, true, `query = { page = 2, tag = ["a", "b"] }`)
		case "body":
			r.Body = d.body(e)
		case "capture":
			r.Captures = d.captures(e)
		case "case":
			r.Cases = d.cases(e)
		case "rejects":
			r.Rejects = d.rejects(e)
		case "repeat":
			r.Repeat, _ = d.whole(e, 1, MaxRepeat, "repeat = 3")
		default:
			if !d.setting(e, &r.Settings) {
				d.unknown(e, aRequest, requestKeys)
			}
		}
	}
	if _, ok := n.Get("url"); !ok {
		d.errorf(n.Span, `for example url = "https://example.com/"`, "the request has no url")
	}
	d.complete(r)
	return r
}

// complete fills in what follows from the rest.
func (d *decoder) complete(r *Request) {
	if r.Method == "" {
		r.Method = "GET"
		if r.Body != nil {
			r.Method = "POST"
		}
	}
	if r.Name == "" {
		r.Name = r.Method
		r.Name += " " + r.Path()
	}
	if len(r.Rejects) > 0 && len(r.Cases) > 0 {
		d.errorf(r.Rejects[0].Span, "write two requests", "a request with cases cannot have rejects too")
	}
}

// pathOf is the part of a URL text behind scheme and host, or behind the template that stands for them.
func pathOf(text string) string {
	text = strings.TrimSpace(text)
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = "/"
		if i := strings.IndexAny(rest, "/?#"); i >= 0 && rest[i] == '/' {
			text = rest[i:]
		}
	} else if _, rest, ok := strings.Cut(text, "}}"); ok && strings.HasPrefix(text, "{{") && strings.HasPrefix(rest, "/") {
		text = rest
	}
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		text = text[:i]
	}
	return text
}

// name reads a name: a string that is not blank.
func (d *decoder) name(e entry) (string, bool) {
	s, ok := d.text(e)
	if ok && strings.TrimSpace(s) == "" {
		d.errorf(e.Node.Span, "leave it out, or give one", "the name is empty")
		return "", false
	}
	return s, ok
}

func (d *decoder) method(e entry) string {
	s, ok := d.text(e)
	if ok && !validToken(s) {
		d.errorf(e.Node.Span, `for example method = "POST"`, "%q cannot be a method", s)
	}
	return s
}

func (d *decoder) cases(e entry) []Case {
	if e.Node.Kind != Array {
		d.wrong(e, "an array of tables", "[[request.case]]")
		return nil
	}
	var out []Case
	seen := map[string]bool{}
	for i, item := range e.Node.Items {
		if item.Kind != Table {
			d.errorf(item.Span, "write [[request.case]]", "a case must be a table, not %s", item.Kind)
			continue
		}
		c := Case{Span: item.Span, Name: "case " + strconv.Itoa(i+1)}
		for _, f := range item.Entries {
			switch f.Key {
			case "name":
				if name, ok := d.name(f); ok {
					c.Name = name
				}
				if seen[c.Name] {
					d.errorf(f.Node.Span, "", "there is a case %q already", c.Name)
				}
				seen[c.Name] = true
			case "variables":
				c.Variables = d.variables(f)
			case "assert":
				c.Assertions = d.assertions(f)
			case "skip":
				c.Skip = d.textValue(f)
			case "tags":
				c.Tags = d.tags(f)
			default:
				d.unknown(f, "a case", caseKeys)
			}
		}
		out = append(out, c)
	}
	if len(e.Node.Items) == 0 {
		d.errorf(e.Node.Span, "leave it out, or write [[request.case]]", "the request has no case, so that it would never be sent")
	}
	return out
}

func (d *decoder) rejects(e entry) []Reject {
	const example = `rejects = ["missing", "tampered", "expired"], or { missing = 400 }`
	var out []Reject
	add := func(kind string, span diag.Span, status *Value) {
		if !slices.Contains(RejectKinds(), kind) {
			hint := diag.DidYouMean(kind, RejectKinds())
			if hint == "" {
				hint = diag.OneOf(RejectKinds())
			}
			d.errorf(span, hint, "there is no kind of bad token called %q", kind)
			return
		}
		for _, other := range out {
			if other.Kind == kind {
				d.errorf(span, "", "the kind %q is named twice", kind)
				return
			}
		}
		out = append(out, Reject{kind, span, status})
	}
	switch e.Node.Kind {
	case Array:
		for _, item := range e.Node.Items {
			kind, ok := item.Text()
			if !ok {
				d.errorf(item.Span, "for example "+example, "a kind of bad token must be a string, not %s", item.Kind)
				continue
			}
			add(kind, item.Span, nil)
		}
	case Table:
		for _, f := range e.Node.Entries {
			add(f.Key, f.Span, f.Node)
		}
	default:
		d.wrong(e, "an array of kinds, or a table of kinds and statuses", example)
		return nil
	}
	if len(e.Node.Items)+len(e.Node.Entries) == 0 {
		d.errorf(e.Node.Span, "for example "+example, "rejects names no kind of bad token")
	}
	return out
}
