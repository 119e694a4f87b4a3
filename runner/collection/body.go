package collection

import (
	"encoding/base64"
	"strings"
)

// The kinds of body, and what the tables of two of them may say.
var (
	bodyKinds   = []string{"json", "form", "multipart", "text", "graphql", "file", "base64"}
	partKeys    = []string{"value", "file", "type", "filename"}
	graphqlKeys = []string{"query", "variables", "operation"}
)

func (d *decoder) body(e entry) *Body {
	const example = `body.json = { name = "jane" }`
	before := len(d.list)
	body := &Body{Span: e.Node.Span}
	for _, f := range d.entries(e, example) {
		if f.Key == "type" {
			body.Type = d.textValue(f)
			continue
		}
		next := Body{Kind: f.Key, Span: f.Span, Value: f.Node}
		if !d.content(f, &next) {
			d.unknown(f, "body", bodyKeys)
			continue
		}
		if body.Kind != "" {
			d.errorf(f.Span, "a request has one body", "the body is %q already", body.Kind)
			continue
		}
		next.Type = body.Type
		*body = next
	}
	if body.Kind == "" {
		if len(d.list) == before {
			last := len(bodyKinds) - 1
			d.errorf(e.Node.Span, "for example "+example, "the body has no %s or %s", strings.Join(bodyKinds[:last], ", "), bodyKinds[last])
		}
		return nil
	}
	return body
}

// content reads what is sent, by its kind. It reports whether the key is one.
func (d *decoder) content(e entry, body *Body) bool {
	switch e.Key {
	case "json":
	case "form":
		d.pairs(e, true, `body.form = { grant_type = "client_credentials" }`)
	case "multipart":
		body.Parts = d.parts(e)
	case "text":
		d.text(e)
	case "graphql":
		d.graphql(e, body)
	case "file":
		d.fileName(e)
	case "base64":
		d.base64(e)
	default:
		return false
	}
	return true
}

// parts reads a multipart body: names with a value, a file, or an array of those.
func (d *decoder) parts(e entry) []Part {
	var parts []Part
	for _, f := range d.entries(e, `body.multipart = { title = "Me", picture = { file = "me.png" } }`) {
		values := []*Value{f.Node}
		if f.Node.Kind == Array {
			values = f.Node.Items
		}
		for _, v := range values {
			part := Part{Name: f.Key, Span: f.Span}
			if d.part(f, v, &part) {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

func (d *decoder) part(e entry, v *Value, part *Part) bool {
	const example = `{ file = "me.png", type = "image/png", filename = "picture.png" }`
	if v.Kind == Array {
		d.errorf(v.Span, "for example "+e.Key+" = [1, 2]", "%q must be a value, a table or an array of those, not an array of arrays", e.Key)
		return false
	}
	if v.Kind != Table {
		part.Value = v
		return true
	}
	before := len(d.list)
	for _, f := range v.Entries {
		switch f.Key {
		case "value":
			if d.scalar(f, f.Node) {
				part.Value = f.Node
			}
		case "file":
			part.File = d.fileName(f)
		case "type":
			part.Type = d.textValue(f)
		case "filename":
			part.Filename = d.textValue(f)
		default:
			d.unknown(f, "a part", partKeys)
		}
	}
	filename, renamed := v.Get("filename")
	switch {
	case len(d.list) > before:
	case part.Value == nil && part.File == nil:
		d.errorf(v.Span, "for example "+example, `the part %q has neither "value" nor "file"`, e.Key)
	case part.Value != nil && part.File != nil:
		d.errorf(v.Span, "write two parts: "+e.Key+` = ["text", { file = "me.png" }]`, `the part %q has both "value" and "file"`, e.Key)
	case part.File == nil && renamed:
		d.errorf(filename.Span, "for example "+example, `the part %q has a "filename" but no "file"`, e.Key)
	}
	return len(d.list) == before
}

func (d *decoder) graphql(e entry, body *Body) {
	const example = `body.graphql = { query = "query User($id: ID!) { user(id: $id) { email } }", variables = { id = 7 } }`
	for _, f := range d.entries(e, example) {
		switch f.Key {
		case "query":
			if body.Query = d.textValue(f); body.Query != nil && strings.TrimSpace(body.Query.Scalar.(string)) == "" {
				d.errorf(f.Node.Span, "for example "+example, "the query is empty")
			}
		case "variables":
			if _, ok := f.Node.Text(); !ok && f.Node.Kind != Table {
				d.wrong(f, "a table or a string of JSON text", "variables = { id = 7 }")
				continue
			}
			body.Variables = f.Node
		case "operation":
			body.Operation = d.textValue(f)
		default:
			d.unknown(f, "body.graphql", graphqlKeys)
		}
	}
	if _, ok := e.Node.Get("query"); !ok && e.Node.Kind == Table {
		d.errorf(e.Node.Span, "for example "+example, "body.graphql has no %q", "query")
	}
}

// base64 holds a text without templates to what base64 can be.
func (d *decoder) base64(e entry) {
	s, ok := d.text(e)
	if !ok || hasTemplate(s) {
		return
	}
	if _, err := DecodeBase64(s); err == nil {
		return
	}
	span := e.Node.Span
	if at := strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(base64Runes, r) }); at >= 0 {
		span = e.Node.Sub(at, at+len(string([]rune(s[at:])[:1])))
	}
	d.errorf(span, "body.file sends the bytes of a file, body.text a text as it is", "the text of body.base64 is not base64")
}

// base64Runes are all that may stand in the text of body.base64.
const base64Runes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_= \t\r\n"

// DecodeBase64 reads the text of body.base64 once its templates are filled in: either alphabet of RFC 4648, with or
// without the padding, and with blanks and newlines anywhere.
func DecodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "-", "+", "_", "/").Replace(s)
	if len(s)%4 == 0 {
		s = strings.TrimSuffix(strings.TrimSuffix(s, "="), "=")
	}
	return base64.RawStdEncoding.DecodeString(s)
}
