package tomlnode

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/BurntSushi/toml"
)

// pieceSize is how much of a large document is decoded at a time, in bytes.
const pieceSize = 16 << 10

// Pieces decode a large document while its tree is built: cut in front of [[name]] at the root, so that each part is a
// document of its own, several at the same time. If each is legal, so is the whole, as long as none adds to what an
// earlier one began; where that cannot be told, or a part is not legal, all of it has to be decoded at once.
type pieces struct {
	text  string
	root  *Node
	size  int
	start int // of the piece that is being built
	// began are the root's entries that headers of this piece are about, with the number of items that an array of tables
	// had before.
	began   map[string]int
	giveUp  bool        // two pieces depend on each other
	illegal atomic.Bool // there is a piece that the decoder refuses
	turn    chan struct{}
	done    sync.WaitGroup
}

// A part is an entry of the root as far as a piece says it.
type part struct {
	name  string
	node  *Node   // nil for items
	items []*Node // of an array of tables
}

func newPieces(text string, root *Node, size int) *pieces {
	return &pieces{text: text, root: root, size: size, began: map[string]int{}, turn: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// header is told of each header before the builder opens it: of its first key, and whether it begins an item of an array
// at the root. The key stands at an offset. It reports whether a piece begins there, after one that was plain or not.
func (p *pieces) header(name string, item bool, offset int, plain bool) (begins bool) {
	if p.giveUp {
		return false
	}
	if at := strings.LastIndex(p.text[:offset], "[["); item && at-p.start >= p.size {
		p.cut(at, plain)
		begins = true
	}
	if _, ok := p.began[name]; ok || p.start == 0 {
		return begins
	}
	entry, there := p.root.Get(name)
	switch {
	case !there:
		p.began[name] = 0
	case item && entry.Node.Kind == Array && !entry.Node.whole:
		p.began[name] = len(entry.Node.Items)
	default:
		p.giveUp = true
		p.done.Wait() // before the builder changes what an earlier piece began
	}
	return begins
}

// cut ends the piece at an offset and has it decoded if it is not plain.
func (p *pieces) cut(end int, plain bool) {
	if !plain {
		p.decode(p.text[p.start:end], p.parts())
	}
	p.start = end
	clear(p.began)
}

func (p *pieces) decode(text string, parts []part) {
	p.turn <- struct{}{} // so that no more are in memory than are decoded
	p.done.Go(func() {
		defer func() { <-p.turn }()
		var values map[string]any
		if _, err := toml.Decode(text, &values); err != nil {
			p.illegal.Store(true)
			return
		}
		for _, one := range parts {
			if v := values[one.name]; one.node != nil {
				adopt(one.node, v)
			} else {
				adoptItems(one.items, v)
			}
		}
	})
}

// parts are the entries that the piece is about: in the first one all of the root's.
func (p *pieces) parts() []part {
	var out []part
	add := func(e Entry, from int) {
		if n := e.Node; n.Kind == Array && !n.whole { // it grows on while the piece is decoded
			out = append(out, part{name: e.Key, items: n.Items[from:len(n.Items):len(n.Items)]})
		} else {
			out = append(out, part{name: e.Key, node: n})
		}
	}
	if p.start == 0 {
		for _, e := range p.root.Entries {
			add(e, 0)
		}
		return out
	}
	for name, from := range p.began {
		if e, ok := p.root.Get(name); ok {
			add(e, from)
		}
	}
	return out
}

// finish ends the last piece, and reports whether the document is legal for all that the pieces say.
func (p *pieces) finish(plain bool) bool {
	if !p.giveUp {
		p.cut(len(p.text), plain)
	}
	p.done.Wait()
	return !p.giveUp && !p.illegal.Load()
}
