package tomlnode

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/diag"
)

func dump(b *strings.Builder, path string, n *Node) {
	line, col := n.Span.Position()
	fmt.Fprintf(b, "%s %d:%d %s %q\n", path, line, col, n.Kind, n.Span.Text())
	for _, e := range n.Entries {
		l, c := e.Span.Position()
		fmt.Fprintf(b, "  key %s %d:%d %q\n", e.Key, l, c, e.Span.Text())
		dump(b, path+"."+e.Key, e.Node)
	}
	for i, item := range n.Items {
		dump(b, fmt.Sprintf("%s[%d]", path, i), item)
	}
}

func TestDump(t *testing.T) {
	src := "name = \"a\"\n\n[[request]]\nname = 'x'\nassert.json.\"a.b\" = { gt = 1_0, in = [1, {a=2}, [3]] }\nlist = [ \"q\", '''\nz''' ]\n[request.assert]\nstatus = 200\nd = 1979-05-27T07:32:00Z\n[[request]]\n[request.headers]\n\"X-A\" = true\n"
	n, list := Parse(diag.NewSource("a.toml", src))
	if list != nil {
		t.Fatal(list)
	}
	var b strings.Builder
	dump(&b, "", n)
	t.Log("\n" + b.String())
}
