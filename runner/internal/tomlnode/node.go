// Package tomlnode reads TOML into a tree in which every key and value knows its place in the file.
//
// BurntSushi/toml decides what is legal and what the values are, but for what is so plain that there is nothing to decide.
// It loses positions in arrays of tables, so the places come from go-toml's parser, whose interface carries no promise:
// this package is the only one that knows it, and go.mod pins it.
package tomlnode

import (
	"encoding/json"

	"github.com/postrider/postrider/runner/diag"
)

// A Kind is the TOML type of a node.
type Kind uint8

// The kinds.
const (
	Table Kind = iota
	Array
	String
	Integer
	Float
	Bool
	Datetime
)

// String is the type in the reader's words, with its article: "a table".
func (k Kind) String() string {
	return [...]string{"a table", "an array", "a string", "an integer", "a float", "a boolean", "a date or time"}[k]
}

// A Node is a value. Large files have hundreds of thousands, so that its size matters.
type Node struct {
	Kind Kind
	// verbatim says that the string stands in the file as it is, from offset inner of Span.
	verbatim bool
	// dotted says that a table came to be by a dotted key, so that no header may open it again, and whole that a value was
	// written in braces or brackets, so that nothing may be added to it.
	dotted, whole bool
	inner         int32
	// Span is the value as written; for a [table], its header.
	Span diag.Span
	// Scalar is a string's text, a bool, or a number as a json.Number with the decimal digits as written. A date or
	// time is its text.
	Scalar any
	*content
}

// Content is what a table or an array has. All other nodes share an empty one.
type content struct {
	// Entries are a table's keys and values in the order of the file.
	Entries []Entry
	// Items are an array's values.
	Items []*Node
	// index is where the entries of a large table are.
	index map[string]int
}

var empty content

// NewTable makes an empty table.
func NewTable(span diag.Span) *Node { return &Node{Kind: Table, Span: span, content: &content{}} }

// NewScalar makes a value that is neither a table nor an array.
func NewScalar(kind Kind, span diag.Span, scalar any) *Node {
	return &Node{Kind: kind, Span: span, Scalar: scalar, content: &empty}
}

// An Entry is a key of a table with its value.
type Entry struct {
	Key  string
	Span diag.Span // of the key
	Node *Node
}

// maxScanned is how many entries are looked through for a key; a table that has more has an index.
const maxScanned = 16

// Get returns the entry of a table with that key.
func (n *Node) Get(key string) (Entry, bool) {
	if n.index != nil {
		i, ok := n.index[key]
		if !ok {
			return Entry{}, false
		}
		return n.Entries[i], true
	}
	for _, e := range n.Entries {
		if e.Key == key {
			return e, true
		}
	}
	return Entry{}, false
}

// add appends an entry whose key the table does not have.
func (n *Node) add(e Entry) {
	if n.Entries == nil {
		room := 4
		if n.dotted || n.whole {
			room = 1 // as most of these have
		}
		n.Entries = make([]Entry, 0, room)
	}
	n.Entries = append(n.Entries, e)
	switch {
	case n.index != nil:
		n.index[e.Key] = len(n.Entries) - 1
	case len(n.Entries) > maxScanned:
		n.index = make(map[string]int, 2*maxScanned)
		for i, e := range n.Entries {
			n.index[e.Key] = i
		}
	}
}

// Text is the node's text and whether it is a string.
func (n *Node) Text() (string, bool) {
	s, ok := n.Scalar.(string)
	return s, ok && n.Kind == String
}

// Sub is the span of the bytes from start to end of a string's text, or of the whole value where an escape in it makes
// the places unknown.
func (n *Node) Sub(start, end int) diag.Span {
	if !n.verbatim {
		return n.Span
	}
	return n.Span.Sub(int(n.inner)+start, int(n.inner)+end)
}

// Value is the node as plain Go values: nil never, bool, json.Number, string, []any, map[string]any.
func (n *Node) Value() any {
	switch n.Kind {
	case Table:
		m := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			m[e.Key] = e.Node.Value()
		}
		return m
	case Array:
		a := make([]any, len(n.Items))
		for i, item := range n.Items {
			a[i] = item.Value()
		}
		return a
	}
	return n.Scalar
}

// Number is the node's decimal and whether it is a number.
func (n *Node) Number() (json.Number, bool) {
	v, ok := n.Scalar.(json.Number)
	return v, ok
}
