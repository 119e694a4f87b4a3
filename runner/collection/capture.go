package collection

import (
	"slices"
	"strings"
)

// captureExtras are the keys of a capture beside its query.
var captureExtras = []string{"pipe", "default", "secret"}

func (d *decoder) captures(e entry) []Capture {
	var out []Capture
	for _, c := range d.entries(e, `capture.token = { json = "access_token" }`) {
		before := len(d.list)
		d.variableName(c)
		capture := Capture{Name: c.Key, Span: c.Span}
		for _, f := range d.entries(c, `capture.token = { json = "access_token" }`) {
			switch f.Key {
			case "pipe":
				capture.Pipe = d.textValue(f)
			case "default":
				capture.Default = f.Node
			case "secret":
				capture.Secret, _ = d.flag(f)
			default:
				d.captureQuery(f, &capture)
			}
		}
		if capture.Query == "" && len(d.list) == before {
			d.errorf(c.Node.Span, `for example { json = "access_token" }`, "the capture %q does not say where to look", c.Key)
		}
		if capture.Query != "" {
			out = append(out, capture)
		}
	}
	return out
}

// captureQuery reads the one key of a capture that says where to look: `json = "path"`, or `url = true`.
func (d *decoder) captureQuery(e entry, c *Capture) {
	if c.Query != "" && (slices.Contains(named, e.Key) || slices.Contains(unnamed, e.Key)) {
		d.errorf(e.Span, "a capture looks at one thing; beside it may stand "+strings.Join(captureExtras, ", "), "the capture %q looks at %q already", c.Name, c.Query)
		return
	}
	switch {
	case e.Key == "schema":
		d.errorf(e.Span, "assert.schema checks one", "a schema is nothing to capture")
		return
	case slices.Contains(named, e.Key):
		argument, ok := d.text(e)
		if !ok {
			return
		}
		c.Argument = argument
	case !slices.Contains(unnamed, e.Key):
		d.unknown(e, "a capture", slices.DeleteFunc(slices.Concat(named, unnamed, captureExtras), func(key string) bool { return key == "schema" }))
		return
	case e.Node.Kind != Bool || e.Node.Scalar != true:
		d.wrong(e, "true: it takes no argument", e.Key+" = true")
		return
	}
	c.Query, c.Source = e.Key, e.Node
}
