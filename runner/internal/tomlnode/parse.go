package tomlnode

import (
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

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
	legal := !b.odd
	if b.pieces != nil && b.pieces.finish(b.plain) {
		legal = true
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

func syntaxError(source *diag.Source, err error) diag.Diagnostic {
	d := diag.Diagnostic{Message: err.Error(), Span: diag.Span{Source: source}}
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return d
	}
	d.Message = lowerFirst(strings.TrimSuffix(parse.Message, "."))
	length := max(parse.Position.Len, 1)
	d.Span.Start = max(parse.Position.Start, 0)
	if strings.Contains(d.Message, "control characters") || strings.Contains(d.Message, "invalid UTF-8") {
		d.Span.Start, length = offender(source.Text, d.Span.Start), 1
	}
	d.Span.End = min(d.Span.Start+length, len(source.Text))
	switch {
	case strings.Contains(d.Message, "already been defined"), strings.Contains(d.Message, "already defined"), strings.Contains(d.Message, "already created"),
		strings.Contains(d.Message, "already exists"):
		d.Hint = onceHint
	case strings.Contains(d.Message, "newlines not allowed within inline tables"):
		d.Hint = "write the table on one line, or as a [table] of its own"
	case strings.HasSuffix(d.Message, " is out of range for int64"):
		d.Message = strings.TrimSuffix(d.Message, " for int64") + ": TOML has whole numbers of up to 19 digits"
		d.Hint = "write it in quotes, or the whole body as a string of JSON text"
	case strings.Contains(d.Message, "escape"):
		d.Hint = `write the backslash twice, or use 'single quotes', in which nothing is escaped`
	case strings.Contains(d.Message, "expected value but found"):
		d.Hint = `texts need quotes: key = "text"`
	}
	return d
}

// offender is the first byte at or after start that no TOML file may hold. BurntSushi/toml points at the byte before one
// inside a string, which may be the middle of a character.
func offender(text string, start int) int {
	at := start
	for at > 0 && at < len(text) && !utf8.RuneStart(text[at]) {
		at++
	}
	for at < len(text) {
		r, n := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' {
			return at
		}
		at += n
	}
	return start
}

const onceHint = "say a thing once: either dotted keys as in assert.status = 200, or a [request.assert] table with everything in it"

// twice reports a table or key that TOML lets nobody write again, which BurntSushi/toml lets pass in places: it takes
// dotted keys, headers and braces for the same table together, and of a key with two values keeps one.
func (b *builder) twice(span diag.Span, hint, message string) { b.list.Add(span, message, hint) }

// deepValue reports what is not decoded, nor anything around it.
func (b *builder) deepValue(span diag.Span) {
	b.tooDeep(span, "values are nested more than "+strconv.Itoa(maxDepth)+" levels deep", "write them as a string of JSON text")
}

func (b *builder) deepKey(span diag.Span) {
	b.tooDeep(span, "the key has more than "+strconv.Itoa(maxDepth)+" parts", "")
}

func (b *builder) tooDeep(span diag.Span, message, hint string) {
	if b.deep.Add(span, message, hint); b.pieces != nil {
		b.pieces.giveUp = true
	}
}

// indexError is reached only where the two parsers disagree about what is legal.
func indexError(source *diag.Source, p *unstable.Parser, err error) diag.Diagnostic {
	d := diag.Diagnostic{Message: lowerFirst(strings.TrimPrefix(err.Error(), "toml: ")), Span: diag.Span{Source: source}}
	var parse *unstable.ParserError
	if errors.As(err, &parse) && len(parse.Highlight) > 0 {
		d.Message = parse.Message
		r := p.Range(parse.Highlight)
		d.Span.Start, d.Span.End = int(r.Offset), int(r.Offset+r.Length)
	}
	return d
}

func lowerFirst(s string) string {
	if strings.HasPrefix(s, "TOML") {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

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
	plain  bool    // the piece is, so far
	odd    bool    // the document is not

	// What follows saves allocations, of which large files are full.
	names map[string]string // the names of keys, each kept once
	parts []key             // of the key that is being read
	// Tables, of which readers keep few, do not keep scalars in memory, nor the other way round.
	tables  supply[filled]
	scalars supply[Node]
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

func newBuilder(source *diag.Source, plain bool) *builder {
	return &builder{source: source, root: NewTable(diag.Span{Source: source}), names: map[string]string{}, text: plain, plain: plain, odd: !plain}
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
	if entry.Node.whole {
		b.twice(k.span, "put it into the braces, or write the table without them, as dotted keys or below a [table]",
			"the table "+strconv.Quote(k.name)+" has been written in braces above, so that nothing can be added to it")
	}
	node := entry.Node
	if node.Kind == Array && len(node.Items) > 0 {
		node = node.Items[len(node.Items)-1]
	}
	if node.Kind != Table {
		b.twice(k.span, onceHint, "the key "+strconv.Quote(k.name)+" has been written above")
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
		var inner int
		if inner, plain = plainString(raw, n.Data); plain {
			node.Scalar, node.verbatim, node.inner = raw[inner:inner+len(n.Data)], true, int32(inner)
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
		raw := n.Span.Text()
		quotes, inner := 1, 0
		if len(raw) >= 6 && (strings.HasPrefix(raw, `"""`) || strings.HasPrefix(raw, "'''")) {
			quotes = 3
			// A newline right behind the quotes is not part of the text.
			rest := strings.TrimPrefix(strings.TrimPrefix(raw[3:], "\r"), "\n")
			if strings.HasPrefix(raw[3:], "\n") || strings.HasPrefix(raw[3:], "\r\n") {
				inner = len(raw[3:]) - len(rest)
			}
		}
		inner += quotes
		if n.inner = int32(inner); len(raw) == len(v)+inner+quotes && raw[inner:len(raw)-quotes] == v {
			n.Scalar, n.verbatim = raw[inner:len(raw)-quotes], true // and the decoder's copy of the document can go
		}
	case bool:
		n.Scalar = v
	}
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
