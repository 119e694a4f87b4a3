package tomlnode

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/postrider/postrider/runner/diag"
)

type builder struct {
	source *diag.Source
	parser unstable.Parser
	root   *Node
	table  *Node // where key-values go now
	list   diag.List
	deep   diag.List
	depth  int     // of the value that is being read
	pieces *pieces // nil: the document is decoded in one go
	text   bool    // the text is plain
	plain  bool    // the piece is, so far, or the document where it is read in one go

	// What follows saves allocations, of which large files are full.
	names map[string]string // the names of keys, each kept once
	parts []key             // of the key that is being read
	// Tables, of which readers keep few, do not keep scalars in memory, nor the other way round.
	tables  supply[filled]
	scalars supply[Node]
}

func newBuilder(source *diag.Source, plain bool) *builder {
	return &builder{source: source, root: NewTable(diag.Span{Source: source}), names: map[string]string{}, text: plain, plain: plain}
}

// A supply is what is made in advance.
type supply[T any] struct {
	unused []T
	next   int // how many to make
}

// maxPending is how many are made at a time at most.
const maxPending = 512

func (s *supply[T]) take() *T {
	if len(s.unused) == 0 {
		s.next = min(2*s.next+8, maxPending)
		s.unused = make([]T, s.next)
	}
	one := &s.unused[0]
	s.unused = s.unused[1:]
	return one
}

// A filled node is one with content of its own.
type filled struct {
	Node
	own content
}

// newTable makes the node of a table or an array.
func (b *builder) newTable(kind Kind, span diag.Span) *Node {
	n := b.tables.take()
	n.Kind, n.Span, n.content = kind, span, &n.own
	return &n.Node
}

// name is the text of a key, the same string wherever the key stands.
func (b *builder) name(text []byte) string {
	name, ok := b.names[string(text)]
	if !ok {
		name = string(text)
		b.names[name] = name
	}
	return name
}

func (b *builder) span(r unstable.Range) diag.Span {
	return diag.Span{Source: b.source, Start: int(r.Offset), End: int(r.Offset + r.Length)}
}

// build makes the tree, without the values of strings and booleans that are not plain.
func (b *builder) build() error {
	// A byte order mark is legal and not part of the first key; this parser does not know it.
	text := []byte(b.source.Text)
	if strings.HasPrefix(b.source.Text, "\ufeff") {
		copy(text, "   ")
	}
	b.table = b.root
	b.parser.Reset(text)
	for b.parser.NextExpression() {
		b.expression(b.parser.Expression())
	}
	return b.parser.Error()
}

func (b *builder) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.KeyValue:
		b.keyValue(b.table, e)
	case unstable.Table, unstable.ArrayTable:
		b.header(e)
	}
}

type key struct {
	name string
	span diag.Span
}

// keys are the parts of a key, until the next call.
func (b *builder) keys(it unstable.Iterator) []key {
	b.parts = b.parts[:0]
	for it.Next() {
		n := it.Node()
		if len(b.parts) == maxDepth {
			b.deepKey(b.span(n.Raw))
			break
		}
		k := key{b.name(n.Data), b.span(n.Raw)}
		if b.plain && !plainKey(k.span.Text(), n.Data) {
			b.unusual()
		}
		b.parts = append(b.parts, k)
	}
	return b.parts
}

// header opens [a.b] or [[a.b]]: the span of the new table is its header's keys.
func (b *builder) header(e *unstable.Node) {
	before := b.plain
	b.plain = b.text
	keys := b.keys(e.Key())
	last := keys[len(keys)-1]
	whole := diag.Span{Source: b.source, Start: keys[0].span.Start, End: last.span.End}
	if b.pieces == nil || !b.pieces.header(keys[0].name, e.Kind == unstable.ArrayTable && len(keys) == 1, keys[0].span.Start, before) {
		b.plain = b.plain && before
	}
	parent := b.root
	for _, k := range keys[:len(keys)-1] {
		parent, _ = b.descend(parent, k, k.span)
		if parent.dotted {
			b.unusual()
		}
	}
	if e.Kind == unstable.Table {
		var made bool
		if b.table, made = b.descend(parent, last, whole); !made {
			b.unusual()
		}
		if b.table.dotted {
			b.twice(whole, onceHint, "the table ["+whole.Text()+"] has been written with dotted keys above")
		}
		return
	}
	entry, ok := parent.Get(last.name)
	if !ok {
		entry = Entry{last.name, last.span, b.newTable(Array, whole)}
		parent.add(entry)
	}
	b.table = b.newTable(Table, whole)
	if entry.Node.Kind != Array || entry.Node.whole {
		b.twice(whole, onceHint, "the key "+strconv.Quote(last.name)+" has been written above")
		return // and what follows goes nowhere
	}
	entry.Node.Items = append(entry.Node.Items, b.table)
}

// descend returns the table of that key, made if need be; of an array of tables it is the last one. Where the key has
// another value, which is a mistake, it is a table that nothing holds: nodes without content share an empty one.
func (b *builder) descend(parent *Node, k key, span diag.Span) (table *Node, made bool) {
	entry, ok := parent.Get(k.name)
	if !ok {
		table = b.newTable(Table, span)
		parent.add(Entry{k.name, k.span, table})
		return table, true
	}
	node := entry.Node
	if node.Kind == Array && len(node.Items) > 0 {
		node = node.Items[len(node.Items)-1]
	}
	switch {
	case entry.Node.whole:
		b.twice(k.span, "put it into the braces, or write the table without them, as dotted keys or below a [table]",
			"the table "+strconv.Quote(k.name)+" has been written in braces above, so that nothing can be added to it")
	case node.Kind != Table:
		b.twice(k.span, onceHint, "the key "+strconv.Quote(k.name)+" has been written above")
	}
	if node.Kind != Table {
		return b.newTable(Table, span), true
	}
	return node, false
}

func (b *builder) keyValue(table *Node, kv *unstable.Node) {
	keys := b.keys(kv.Key())
	for _, k := range keys[:len(keys)-1] {
		inner, made := b.descend(table, k, k.span)
		if !made && !inner.dotted && !inner.whole {
			b.twice(k.span, onceHint, "the table "+strconv.Quote(k.name)+" has been written as a [table] above")
		}
		inner.dotted = inner.dotted || made
		table = inner
	}
	last := keys[len(keys)-1]
	value := b.value(kv.Value(), b.afterEquals(last.span.End))
	if _, ok := table.Get(last.name); ok {
		b.twice(last.span, onceHint, "the key "+strconv.Quote(last.name)+" has been written above")
		return
	}
	table.add(Entry{last.name, last.span, value})
}

// afterEquals is the offset of the value that follows a key.
func (b *builder) afterEquals(offset int) int {
	text := b.source.Text[offset:]
	rest := strings.TrimLeft(text, " \t\"'")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
	return offset + len(text) - len(rest)
}

// value makes the node of a value that starts at an offset. The parser does not say where tables and arrays end.
func (b *builder) value(n *unstable.Node, start int) *Node {
	if n.Kind != unstable.InlineTable && n.Kind != unstable.Array {
		return b.scalar(n)
	}
	node := b.newTable(Table, diag.Span{Source: b.source, Start: start})
	node.whole = true
	end := start + 1
	if b.depth++; b.depth > maxDepth {
		b.depth--
		node.Span.End = end
		b.deepValue(node.Span)
		return node
	}
	for it := n.Children(); it.Next(); {
		child := it.Node()
		if n.Kind == unstable.InlineTable {
			b.keyValue(node, child)
			end = int(child.Raw.Offset + child.Raw.Length)
			continue
		}
		item := b.value(child, b.skip(end))
		node.Items = append(node.Items, item)
		end = item.Span.End
	}
	b.depth--
	node.Span.End = min(b.skip(end)+1, len(b.source.Text)) // the closing bracket
	if n.Kind == unstable.Array {
		node.Kind = Array
	} else if b.plain && !plainBraces(node.Span.Text()) {
		b.unusual()
	}
	return node
}

// skip is the offset of what follows blanks, newlines, commas and comments inside of brackets.
func (b *builder) skip(offset int) int {
	text := b.source.Text
	for offset < len(text) {
		switch text[offset] {
		case ' ', '\t', '\r', '\n', ',':
			offset++
		case '#':
			end := strings.IndexByte(text[offset:], '\n')
			if end < 0 {
				return len(text)
			}
			offset += end
		default:
			return offset
		}
	}
	return offset
}

func (b *builder) scalar(n *unstable.Node) *Node {
	node := b.scalars.take()
	node.Kind, node.Span, node.content = String, b.span(n.Raw), &empty
	raw, plain := node.Span.Text(), false
	switch n.Kind {
	case unstable.Integer:
		node.Kind, node.Scalar, plain = Integer, decimal(string(n.Data)), plainNumber(raw)
	case unstable.Float:
		node.Kind, node.Scalar, plain = Float, decimal(string(n.Data)), plainNumber(raw)
	case unstable.Bool:
		node.Kind, node.Scalar, plain = Bool, raw == "true", raw == "true" || raw == "false"
	case unstable.DateTime, unstable.LocalDate, unstable.LocalDateTime, unstable.LocalTime:
		node.Kind, node.Scalar = Datetime, string(n.Data)
	default:
		if !b.plain {
			break // it is decoded anyway
		}
		if text, inner := inQuotes(raw); text == string(n.Data) {
			node.Scalar, node.verbatim, node.inner, plain = text, true, int32(inner), true
		}
	}
	if !plain {
		b.unusual()
	}
	return node
}

// decimal is a TOML number in JSON's notation, digit for digit where TOML's is decimal. inf and nan stay as they are:
// no JSON number equals them.
func decimal(raw string) json.Number {
	s := strings.TrimPrefix(strings.ReplaceAll(raw, "_", ""), "+")
	if len(s) > 2 && s[0] == '0' && strings.ContainsRune("xob", rune(s[1])) {
		if i, ok := new(big.Int).SetString(s, 0); ok {
			return json.Number(i.String())
		}
	}
	return json.Number(s)
}
