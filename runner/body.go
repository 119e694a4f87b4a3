package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"path"
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// A body is what is sent, compiled.
type body struct {
	kind        string
	contentType *text
	json        *value // of a table or array under json
	fields      []field
	text        *text
	parts       []part
	file        *file
	graphql     *graphql
	node        *collection.Value
}

// A graphql is the body of a GraphQL request over HTTP.
type graphql struct {
	query, operation *text
	variables        *value
}

// A payload is a body with its variables filled in.
type payload struct {
	kind        string
	contentType string
	data        []byte // where open is nil
	open        func() (io.ReadCloser, error)
	length      int64  // of what open gives; below zero when it is not known
	file        string // the name of the file that is sent
	parts       []filledPart
	boundary    string
}

func (c *compiler) body(b *collection.Body) *body {
	if b == nil || b.Value == nil {
		return nil
	}
	out := &body{kind: b.Kind, node: b.Value}
	if b.Type != nil {
		out.contentType = c.text(b.Type)
	}
	switch b.Kind {
	case "json":
		out.text, out.json = c.jsonBody(b.Value, "body.json")
	case "form":
		var pairs []collection.Field
		for _, e := range b.Value.Entries {
			pairs = append(pairs, collection.Field{Name: e.Key, Span: e.Span, Value: e.Node})
		}
		out.fields = c.fields(pairs)
	case "multipart":
		out.parts = c.parts(b.Parts)
	case "text":
		out.text = c.text(b.Value)
	case "graphql":
		out.graphql = c.graphql(b)
	case "file":
		out.file = c.file(b.Value)
	case "base64":
		out.text = c.text(b.Value)
	}
	return out
}

// jsonBody compiles a value that is JSON: a text of it, or any other value as it is.
func (c *compiler) jsonBody(v *collection.Value, what string) (*text, *value) {
	if _, ok := v.Text(); !ok {
		return nil, c.value(v)
	}
	t := c.text(v)
	if t.template == nil && !json.Valid([]byte(t.constant)) {
		c.list.Add(v.Span, "the text of "+what+" is not JSON", "for a JSON string write the quotes too, or use body.text")
	}
	return t, nil
}

func (c *compiler) graphql(b *collection.Body) *graphql {
	g := &graphql{}
	if b.Query != nil {
		g.query = c.text(b.Query)
	}
	if b.Operation != nil {
		g.operation = c.text(b.Operation)
	}
	if b.Variables != nil {
		t, v := c.jsonBody(b.Variables, "body.graphql.variables")
		if g.variables = v; t != nil {
			g.variables = &value{text: t, dynamic: t.template != nil, constant: t.constant}
		}
	}
	return g
}

// The media types that follow from the kind of body.
var bodyTypes = map[string]string{
	"json": "application/json", "form": "application/x-www-form-urlencoded", "text": "text/plain; charset=utf-8",
	"graphql": "application/json", "base64": octetStream, "file": octetStream,
}

const octetStream = "application/octet-stream"

// resolve fills in the body.
func (b *body) resolve(s *environment.Scopes) (*payload, error) {
	p := &payload{kind: b.kind, contentType: bodyTypes[b.kind]}
	if err := b.fill(p, s); err != nil {
		return nil, placed(err, b.node)
	}
	if b.contentType != nil {
		contentType, err := b.contentType.expand(s)
		if err != nil {
			return nil, err
		}
		p.setType(contentType)
	}
	return p, nil
}

// setType takes another media type; that of a multipart body must still say where its parts end.
func (p *payload) setType(contentType string) {
	if p.kind == "multipart" && !strings.Contains(contentType, "boundary=") {
		contentType += "; boundary=" + p.boundary
	}
	p.contentType = contentType
}

func (b *body) fill(p *payload, s *environment.Scopes) (err error) {
	switch b.kind {
	case "json":
		p.data, err = b.jsonText(s)
	case "form":
		var encoded string
		encoded, err = encode(b.fields, s)
		p.data = []byte(encoded)
	case "multipart":
		err = b.multipart(p, s)
	case "graphql":
		p.data, err = b.graphql.resolve(s)
	case "file":
		err = b.stream(p, s)
	default:
		var expanded string
		if expanded, err = b.text.expand(s); err != nil {
			return err
		}
		if p.data = []byte(expanded); b.kind == "base64" {
			if p.data, err = collection.DecodeBase64(expanded); err != nil {
				err = errors.New("body.base64 is not base64 once its variables are filled in")
			}
		}
	}
	return err
}

func (b *body) jsonText(s *environment.Scopes) ([]byte, error) {
	if b.json != nil {
		var out bytes.Buffer
		err := b.json.appendJSON(&out, s)
		return out.Bytes(), err
	}
	expanded, err := b.text.expand(s)
	if err != nil {
		return nil, err
	}
	if !json.Valid([]byte(expanded)) {
		return nil, errors.New("the text of body.json is not JSON once its variables are filled in")
	}
	return []byte(expanded), nil
}

func (g *graphql) resolve(s *environment.Scopes) ([]byte, error) {
	query, err := g.query.expand(s)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString(`{"query":`)
	writeJSON(&out, query)
	if g.operation != nil {
		name, err := g.operation.expand(s)
		if err != nil {
			return nil, err
		}
		out.WriteString(`,"operationName":`)
		writeJSON(&out, name)
	}
	if g.variables != nil {
		out.WriteString(`,"variables":`)
		if err := g.appendVariables(&out, s); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func (g *graphql) appendVariables(out *bytes.Buffer, s *environment.Scopes) error {
	if g.variables.text == nil {
		return g.variables.appendJSON(out, s)
	}
	text, err := g.variables.text.expand(s)
	if err != nil {
		return err
	}
	if !json.Valid([]byte(text)) {
		return placed(errors.New("the text of body.graphql.variables is not JSON once its variables are filled in"), g.variables.text.node)
	}
	out.WriteString(text)
	return nil
}

// stream sends a file as it is.
func (b *body) stream(p *payload, s *environment.Scopes) error {
	name, err := b.file.name.expand(s)
	if err != nil {
		return err
	}
	if p.length, err = b.file.size(name); err != nil {
		return err
	}
	p.file, p.contentType = name, typeOf(name)
	p.open = func() (io.ReadCloser, error) { return b.file.openNamed(name) }
	return nil
}

// size is how long a file is, below zero where only reading it tells.
func (f *file) size(name string) (int64, error) {
	opened, err := f.openNamed(name)
	if err != nil {
		return 0, err
	}
	defer opened.Close()
	info, err := opened.Stat()
	if err != nil {
		return 0, placed(&fileError{name, err}, f.name.node)
	}
	if !info.Mode().IsRegular() {
		return -1, nil
	}
	return info.Size(), nil
}

// typeOf is the media type that the name of a file stands for.
func typeOf(name string) string {
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return octetStream
}
