package tomlnode

import (
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/postrider/postrider/runner/diag"
)

// maxSize keeps the offsets of go-toml's parser, 32 bits wide, from wrapping.
const maxSize = 1 << 30

// maxDepth is how many levels deep a value may be, and how many parts a key may have: more is nobody's, the decoder would
// need time that grows with the square of it, or overflow the stack.
const maxDepth = 200

// Parse reads a document. What is illegal comes back as a diagnostic, and then there is no tree.
func Parse(source *diag.Source) (*Node, diag.List) {
	var list diag.List
	if len(source.Text) > maxSize {
		list.Add(diag.Span{Source: source}, "the file is larger than 1 GiB", "")
		return nil, list
	}
	if strings.HasPrefix(source.Text, "\xff\xfe") || strings.HasPrefix(source.Text, "\xfe\xff") {
		list.Add(diag.Span{Source: source}, "the file is UTF-16, and TOML is UTF-8", "save it as UTF-8")
		return nil, list
	}
	return parse(source, pieceSize, plainText(source.Text))
}

// parse reads a document, in pieces of that size or a little more if it is at least twice as large. What is plain is not
// decoded, if that is said.
func parse(source *diag.Source, size int, plain bool) (*Node, diag.List) {
	b := newBuilder(source, plain)
	if len(source.Text) >= 2*size {
		b.pieces = newPieces(source.Text, b.root, size)
	}
	err := b.build()
	legal := b.plain
	if b.pieces != nil {
		legal = b.pieces.finish(b.plain)
	}
	if legal && err == nil && b.list == nil && b.deep == nil {
		return b.root, nil
	}
	return b.whole(err)
}

// whole decodes the document in one go. What the decoder has to say comes first; err is what the builder's parser has.
func (b *builder) whole(err error) (*Node, diag.List) {
	if err != nil && strings.HasSuffix(err.Error(), "levels deep") {
		b.deepValue(indexError(b.source, &b.parser, err).Span)
	}
	if b.deep != nil {
		return nil, b.deep
	}
	var values map[string]any
	if _, err := toml.Decode(b.source.Text, &values); err != nil {
		return nil, diag.List{syntaxError(b.source, err)}
	}
	if err != nil {
		return nil, diag.List{indexError(b.source, &b.parser, err)}
	}
	if b.list != nil {
		return nil, b.list
	}
	adopt(b.root, values)
	return b.root, nil
}

// adopt takes the values of strings and booleans from the decoder and finds where strings stand verbatim.
func adopt(n *Node, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range n.Entries {
			adopt(e.Node, v[e.Key])
		}
	case []map[string]any, []any:
		adoptItems(n.Items, v)
	case string:
		n.Scalar = v
		if text, inner := inQuotes(n.Span.Text()); text == v {
			n.Scalar, n.verbatim, n.inner = text, true, int32(inner) // and the decoder's copy of the document can go
		}
	case bool:
		n.Scalar = v
	}
}

// inQuotes is what stands between the quotes of a string, without a newline right behind three of them, and where.
func inQuotes(raw string) (text string, inner int) {
	inner = 1
	if len(raw) >= 6 && (strings.HasPrefix(raw, `"""`) || strings.HasPrefix(raw, "'''")) {
		inner = 3
	}
	end := len(raw) - inner
	if inner == 3 {
		switch {
		case raw[3] == '\n':
			inner = 4
		case strings.HasPrefix(raw[3:], "\r\n"):
			inner = 5
		}
	}
	if inner > end {
		return "", 0
	}
	return raw[inner:end], inner
}

// adoptItems is adopt for the items of an array. The decoder may have fewer, if it has merged what is an error anyway.
func adoptItems(items []*Node, v any) {
	switch v := v.(type) {
	case []map[string]any:
		for i := range min(len(items), len(v)) {
			adopt(items[i], v[i])
		}
	case []any:
		for i := range min(len(items), len(v)) {
			adopt(items[i], v[i])
		}
	}
}
