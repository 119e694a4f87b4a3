package tomlnode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
)

// inPieces holds that a document has the tree, or the mistakes, that it has when it is decoded in one go, plain or not and
// cut wherever it may be.
func inPieces(t *testing.T, text string) {
	t.Helper()
	source := diag.NewSource("a.toml", text)
	plain := plainText(text)
	want, wrong := parse(source, len(text)+1, false)
	got, list := parse(source, 1, false)
	same(t, text, want, got, wrong, list)
	got, list = parse(source, 1, plain)
	same(t, text, want, got, wrong, list)
	got, list = parse(source, len(text)+1, plain)
	same(t, text, want, got, wrong, list)
}

func same(t *testing.T, text string, want, got *Node, wrong, list diag.List) {
	t.Helper()
	if d := cmp.Diff(fmt.Sprint(wrong), fmt.Sprint(list)); d != "" {
		t.Fatalf("%q: %s", text, d)
	}
	if want == nil || got == nil {
		if want != got {
			t.Fatalf("%q: only one of them has a tree", text)
		}
		return
	}
	var a, b strings.Builder
	places(&a, "", want)
	places(&b, "", got)
	if d := cmp.Diff(a.String(), b.String()); d != "" {
		t.Fatalf("%q: %s", text, d)
	}
	if d := cmp.Diff(want.Value(), got.Value()); d != "" {
		t.Fatalf("%q: %s", text, d)
	}
	if a, b := verbatim(nil, want), verbatim(nil, got); !slices.Equal(a, b) {
		t.Fatalf("%q: %v, not %v", text, b, a)
	}
}

// verbatim are the offsets at which strings stand as they are, -1 where one does not.
func verbatim(out []int, n *Node) []int {
	if n.verbatim {
		out = append(out, int(n.inner))
	} else {
		out = append(out, -1)
	}
	for _, e := range n.Entries {
		out = verbatim(out, e.Node)
	}
	for _, item := range n.Items {
		out = verbatim(out, item)
	}
	return out
}

// TestPieces: what depends on an earlier piece, and what does not.
func TestPieces(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"a = '''\nx'''\n[[r]]\nb = \"\"\"\n[[r]]\n\"\"\"\n[[r]]\nc = true\n[r.d]\ne = 'f'\n[[r.g]]\n[[ r ]]\nh = 1\n",
		"[v]\na = 'x'\n[[r]]\n[[s]]\nb = 'y'\n[[r]]\nc = 'z'\n[[s]]\n[t]\nd = 'w'\n", "[[r]]\n[[s]]\n[r.a]\nb = 'later'\n",
		"[v]\n[[r]]\n[v]\n", "[v.a]\n[[r]]\n[v.b]\nc = 'd'\n[[r]]\n", "r = [{ a = 'x' }]\n[[r]]\n", "[[r]]\n[[r]]\na = b\n",
		"[[r]]\n[[r]]\na = 1\na = 2\n[[r]]\n", "[[r]]\n[r]\n", "[r]\n[[r]]\n", "[[r.a]]\n[[r]]\n", "v = 1\n[[r]]\n[[v]]\n",
		"[[r]]\n[[r]]\n[s]\n[[r]]\n[s]\n", "[[r]]\na.b = 1\n[[r]]\na.b = 1\n[r.a]\nc = 1\n", "\ufeff[[r]]\na = 'x'\n[[r]]\na = 'y'\n",
		"[[r]]\n[[\"r\"]]\na = 'x'\n", "[[r]]\n[[\"\\u0072\"]]\na = 'x'\n[[r]]\n", "[[r]]\na = 1\n[[ä]]\n[[r]]\nb = 1",
		"[[r]]\na = 0x1\n[[r]]\nb = 'c'\n[[r]]\nd = 0x1\n", "# [[\n[[r]]\n# [[\n[[r]] # [[\n", "[[r]]\n[[s]]\n[s.a]\nb = 'c'\n[[s.d]]\n[[s]]\n[[s.d]]\ne = 'f'\n",
	} {
		inPieces(t, text)
	}
}

// TestManyPieces: each value gets to its place, whichever piece is decoded first.
func TestManyPieces(t *testing.T) {
	t.Parallel()
	const many = 5000
	var text strings.Builder
	text.WriteString("[variables]\na = 'b'\n")
	for i := range many {
		fmt.Fprintf(&text, "[[request]]\nname = \"request %d\"\nassert.json.a = 'x'\n", i)
	}
	root := tree(t, text.String())
	e, _ := root.Get("request")
	if len(e.Node.Items) != many || text.Len() < 2*pieceSize {
		t.Fatalf("%d requests in %d bytes", len(e.Node.Items), text.Len())
	}
	for i, item := range e.Node.Items {
		if name, _ := item.Get("name"); name.Node.Scalar != fmt.Sprintf("request %d", i) {
			t.Fatalf("request %d is %v", i, name.Node.Scalar)
		}
	}
	_, list := Parse(diag.NewSource("a.toml", text.String()+"name = 'again'\n"))
	if len(list) != 1 || list[0].Span.Start != text.Len() {
		t.Errorf("a mistake in the last piece: %v", list)
	}
}
