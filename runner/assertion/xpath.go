package assertion

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/antchfx/xpath"

	"github.com/postrider/postrider/runner/diag"
)

// An expression is one of XPath 1.0. What xpath compiles keeps the state of its evaluation, so each evaluation takes one
// of its own from the pool.
type expression struct {
	pool *sync.Pool // of *xpath.Expr
	// scalar says that it gives a number or a boolean, not nodes or a string.
	scalar bool
}

// parseXPath compiles an expression. Of which type its result is follows from the expression alone.
func parseXPath(text string) (*expression, *ArgumentError) {
	wrong := func(err error) (*expression, *ArgumentError) {
		return nil, xpathError(text, err)
	}
	if strings.TrimSpace(text) == "" {
		return nil, &ArgumentError{0, len(text), "xpath needs an expression", `as in "//item/@id"`}
	}
	first, err := xpath.Compile(text)
	if err != nil {
		return wrong(err)
	}
	// What stands behind a whole expression is passed over, but not in brackets.
	if _, err := xpath.Compile("(" + text + ")"); err != nil {
		return nil, &ArgumentError{0, len(text), "not an XPath expression: something is missing or out of place", "as in //item/@id or count(//item)"}
	}
	// On a document without anything in it all that fails is wrong in itself.
	empty := &cursor{root: &markup{kind: xpath.RootNode}, attribute: -1, work: new(int)}
	empty.at = empty.root
	result, err := evaluate(first, empty)
	if err != nil {
		return wrong(err)
	}
	e := &expression{pool: &sync.Pool{New: func() any {
		compiled, _ := xpath.Compile(text)
		return compiled
	}}}
	switch result.(type) {
	case float64, bool:
		e.scalar = true
	}
	return e, nil
}

// xpathFunctions are those that the library has: most of XPath 1.0 and some of 2.0.
func xpathFunctions() []string {
	return []string{
		"boolean", "ceiling", "concat", "contains", "count", "ends-with", "false", "floor", "last", "local-name", "lower-case",
		"matches", "name", "namespace-uri", "normalize-space", "not", "number", "position", "replace", "reverse", "round",
		"starts-with", "string", "string-join", "string-length", "substring", "substring-after", "substring-before", "sum",
		"translate", "true",
	}
}

func xpathAxes() []string {
	return []string{
		"ancestor", "ancestor-or-self", "attribute", "child", "descendant", "descendant-or-self", "following",
		"following-sibling", "parent", "preceding", "preceding-sibling", "self",
	}
}

// xpathError words an error of the library, which names neither what it expected nor where.
func xpathError(text string, err error) *ArgumentError {
	why := err.Error()
	e := &ArgumentError{0, len(text), "", ""}
	named := func(name, behind, what string, names []string) *ArgumentError {
		if i := strings.Index(text, name+behind); i >= 0 {
			e.Start, e.End = i, i+len(name)
		}
		e.Message = "xpath has no " + what + " " + quote(clip(name, shown))
		if e.Hint = diag.DidYouMean(name, names); e.Hint == "" {
			e.Hint = diag.OneOf(names)
		}
		return e
	}
	if _, name, ok := strings.Cut(why, "not yet support this function "); ok {
		return named(strings.TrimSuffix(name, "()"), "(", "function", xpathFunctions())
	}
	if _, name, ok := strings.Cut(why, "unknown axe type: "); ok {
		return named(name, "::", "axis", xpathAxes())
	}
	const message = "not an XPath expression"
	_, isRuntime := errors.AsType[runtime.Error](err)
	switch {
	case isRuntime:
		e.Message = message + ": a function has too few arguments"
	case strings.Contains(why, "unclosed string"):
		e.Message, e.Hint = message+": a string is never closed", "as in //a[@id='x']"
	case strings.Contains(why, "must evaluate to a node-set"), strings.Contains(why, "invalid token"), strings.Contains(why, "undeclared variable"):
		e.Message, e.Hint = message+": something is missing or out of place", "as in //item/@id or count(//item)"
	case strings.Contains(why, "too complex"):
		e.Message = message + ": it is nested too deep"
	default:
		e.Message = message + ": " + clip(strings.TrimPrefix(why, "xpath: "), 2*shown)
	}
	return e
}

// evaluate answers an expression: a float64, a bool, a string or nodes. The library panics where it meets what it did
// not expect, and so does the cursor when it has gone too far.
func evaluate(e *xpath.Expr, at *cursor) (result any, err error) {
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case error:
			err = fault
		default:
			err = errors.New(fmt.Sprint(fault))
		}
		if err != nil {
			result = nil
		}
	}()
	result = e.Evaluate(at)
	nodes, ok := result.(*xpath.NodeIterator)
	if !ok {
		return result, nil
	}
	var texts []string
	for nodes.MoveNext() {
		texts = append(texts, nodes.Current().Value())
	}
	return texts, nil
}

func (q *Query) findXPath(f Found) (Found, error) {
	root, err := f.subject.tree()
	if err != nil {
		return Found{}, err
	}
	compiled, _ := q.xpath.pool.Get().(*xpath.Expr)
	if compiled == nil {
		return Found{}, errors.New("not an XPath expression")
	}
	result, err := evaluate(compiled, &cursor{root: root, at: root, attribute: -1, work: new(int)})
	if err != nil {
		return Found{}, fmt.Errorf("xpath: %w", err)
	}
	q.xpath.pool.Put(compiled)
	switch v := result.(type) {
	case float64:
		f.one = value{kind: number, text: xpathNumber(v)}
	case bool:
		f.one = value{kind: boolean, flag: v}
	case string:
		f.one = value{kind: str, untyped: true, text: v}
	case []string:
		if f.exists = len(v) > 0; f.exists {
			f.one = value{kind: str, untyped: true, text: v[0]}
			f.rest = v[1:]
		}
	}
	return f, nil
}

// xpathNumber is a number in JSON notation, or nan or inf as TOML writes them.
func xpathNumber(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	case v == 0:
		return "0"
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// A cursor is a place in a document, for the library to move.
type cursor struct {
	root, at  *markup
	attribute int  // index in at.attributes, or -1 for the node itself
	work      *int // steps that were taken, by all copies
}

// maxWork is how many steps an expression may take, and how many bytes of text it may look at: "//*//*//*" grows with
// the fourth power of a hostile document.
const maxWork = 50_000_000

var errWork = errors.New("the expression takes too much work on this document")

func (c *cursor) spend(n int) {
	if *c.work += n; *c.work > maxWork {
		panic(errWork)
	}
}

// NodeType is what the cursor is at.
func (c *cursor) NodeType() xpath.NodeType {
	c.spend(1)
	if c.attribute >= 0 {
		return xpath.AttributeNode
	}
	return c.at.kind
}

// LocalName is the name without its prefix.
func (c *cursor) LocalName() string {
	c.spend(1)
	if c.attribute >= 0 {
		return c.at.attributes[c.attribute].name
	}
	return c.at.name
}

// Prefix is that of the document, whatever namespace it stands for.
func (c *cursor) Prefix() string {
	if c.attribute >= 0 {
		return c.at.attributes[c.attribute].prefix
	}
	return c.at.prefix
}

// NamespaceURL is for the function namespace-uri. Attributes without a prefix have none.
func (c *cursor) NamespaceURL() string {
	prefix := c.Prefix()
	if c.attribute >= 0 && prefix == "" {
		return ""
	}
	c.spend(1)
	return c.at.namespace(prefix)
}

// Value is the text of a node and all below it.
func (c *cursor) Value() string {
	if c.attribute >= 0 {
		return c.at.attributes[c.attribute].value
	}
	text := c.at.content(16 * maxWork)
	c.spend(len(text)/16 + 1)
	return text
}

// Copy is another cursor at the same place.
func (c *cursor) Copy() xpath.NodeNavigator {
	c.spend(1)
	other := *c
	return &other
}

// MoveToRoot goes to the document.
func (c *cursor) MoveToRoot() { c.at, c.attribute = c.root, -1 }

// MoveToParent goes up.
func (c *cursor) MoveToParent() bool {
	if c.attribute >= 0 {
		c.attribute = -1
		return true
	}
	return c.move(c.at.parent)
}

// MoveToNextAttribute goes to the first attribute, and from there to the next. Declarations of namespaces are none
// (section 5.3).
func (c *cursor) MoveToNextAttribute() bool {
	for i := c.attribute + 1; i < len(c.at.attributes); i++ {
		c.spend(1)
		if a := c.at.attributes[i]; a.prefix != "xmlns" && (a.prefix != "" || a.name != "xmlns") {
			c.attribute = i
			return true
		}
	}
	return false
}

// MoveToChild goes down to the first child.
func (c *cursor) MoveToChild() bool { return c.attribute < 0 && c.move(c.at.first) }

// MoveToFirst goes to the first of the children of the same parent.
func (c *cursor) MoveToFirst() bool {
	if c.attribute >= 0 || c.at.prev == nil {
		return false
	}
	return c.move(c.at.parent.first)
}

// MoveToNext goes to the next child of the same parent.
func (c *cursor) MoveToNext() bool { return c.attribute < 0 && c.move(c.at.next) }

// MoveToPrevious goes to the one before.
func (c *cursor) MoveToPrevious() bool { return c.attribute < 0 && c.move(c.at.prev) }

// MoveTo goes to where another cursor is.
func (c *cursor) MoveTo(other xpath.NodeNavigator) bool {
	c.spend(1)
	o, ok := other.(*cursor)
	if !ok || o.root != c.root {
		return false
	}
	c.at, c.attribute = o.at, o.attribute
	return true
}

func (c *cursor) move(to *markup) bool {
	c.spend(1)
	if to == nil {
		return false
	}
	c.at = to
	return true
}
