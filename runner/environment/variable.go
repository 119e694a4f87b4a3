package environment

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// A Variable is a name's declaration. It never changes and may be shared.
type Variable struct {
	// Span is the declaration.
	Span diag.Span
	// Secret says that the value must not be shown.
	Secret bool

	tree *tree
	// read fetches the value from outside, once, in place of tree.
	read func() (string, error)
}

// A tree is a value in which texts may be templates.
type tree struct {
	literal  any // a value with no template in it
	template *Template
	place    func(start, end int) diag.Span // of the template
	items    []*tree
	keys     []string // of items, in a table
	kind     treeKind
}

type treeKind int

const (
	literalTree treeKind = iota
	templateTree
	arrayTree
	tableTree
)

// NewVariable compiles a declaration: each text in the value, however deep, may be a template. The value is as
// tomlnode.Node.Value gives it. An error is a [*TemplateError], whose Path says which text of the value it means.
func NewVariable(name string, value any, span diag.Span) (*Variable, error) {
	if message, hint := checkName(name); message != "" {
		return nil, &TemplateError{Message: message, Hint: hint}
	}
	c := &compiler{whole: func(int, int) diag.Span { return span }}
	t := c.value(value, nil)
	if c.err != nil {
		return nil, c.err
	}
	return &Variable{Span: span, tree: t}, nil
}

// Literal returns a variable whose texts are no templates.
func Literal(value any, span diag.Span) *Variable {
	return &Variable{Span: span, tree: &tree{literal: value}}
}

// References are the variables that the declaration refers to. Places are in the text that each stands in.
func (v *Variable) References() []Reference {
	var refs []Reference
	v.tree.walk(func(t *tree) {
		if t.kind == templateTree {
			refs = append(refs, t.template.References()...)
		}
	})
	return refs
}

// constant is the value if no template is in it.
func (v *Variable) constant() (any, bool) {
	if v.tree == nil || v.tree.kind != literalTree {
		return nil, false
	}
	return v.tree.literal, true
}

func (t *tree) walk(visit func(*tree)) {
	if t == nil {
		return
	}
	visit(t)
	for _, item := range t.items {
		item.walk(visit)
	}
}

// resolve is the value with all templates in it filled in.
func (t *tree) resolve(s *Scopes, name string) (any, error) {
	switch t.kind {
	case templateTree:
		value, err := s.value(t.template)
		if err != nil {
			return nil, led(err, name, t.place)
		}
		return value, nil
	case arrayTree:
		array := make([]any, len(t.items))
		for i, item := range t.items {
			value, err := item.resolve(s, name)
			if err != nil {
				return nil, err
			}
			array[i] = value
		}
		return array, nil
	case tableTree:
		table := make(map[string]any, len(t.items))
		for i, item := range t.items {
			value, err := item.resolve(s, name)
			if err != nil {
				return nil, err
			}
			table[t.keys[i]] = value
		}
		return table, nil
	}
	return t.literal, nil
}

// CompileVariables compiles the entries of a TOML table of variables. Mistakes are reported at their places.
func CompileVariables(table *tomlnode.Node) (map[string]*Variable, diag.List) {
	var list diag.List
	return compileVariables(table, nil, &list), list
}

func compileVariables(table *tomlnode.Node, env func(string) *envVariable, list *diag.List) map[string]*Variable {
	variables := make(map[string]*Variable, len(table.Entries))
	for _, e := range table.Entries {
		if message, hint := checkName(e.Key); message != "" {
			list.Add(e.Span, message, hint)
			continue
		}
		if t := compileNode(e.Node, env, list); t != nil {
			variables[e.Key] = &Variable{Span: entrySpan(e), tree: t}
		}
	}
	return variables
}

// entrySpan is an entry's value, or its key where the value is a table with a header of its own.
func entrySpan(e tomlnode.Entry) diag.Span {
	if e.Node.Span.IsZero() {
		return e.Span
	}
	return e.Node.Span
}

// compileNode is the tree of a node, nil if there are mistakes in it.
func compileNode(node *tomlnode.Node, env func(string) *envVariable, list *diag.List) *tree {
	before := len(*list)
	c := &compiler{env: env, list: list}
	t := c.node(node)
	if len(*list) > before {
		return nil
	}
	return t
}

// checkName says what is wrong with a name that is to be declared, if anything.
func checkName(name string) (message, hint string) {
	switch {
	case name == "":
		return "a variable needs a name", ""
	case strings.HasPrefix(name, "$"):
		return "variable " + strconv.Quote(name) + " cannot be declared", "names that begin with $ are the dynamic variables"
	case strings.HasPrefix(name, envPrefix):
		return "variable " + strconv.Quote(name) + " cannot be declared", "names that begin with env. are the OS environment's"
	}
	for _, r := range name {
		if !nameRune(r) || r == '$' {
			return "variable " + strconv.Quote(name) + " cannot be used in a template", "names have letters, digits, - . _ and :"
		}
	}
	return "", ""
}

// A compiler makes trees of values (and keeps the first mistake) or of nodes (and lists all).
type compiler struct {
	env   func(string) *envVariable
	whole func(start, end int) diag.Span
	err   error
	list  *diag.List
}

func (c *compiler) value(v any, path []any) *tree {
	t := &tree{literal: v}
	switch v := v.(type) {
	case string:
		c.text(t, v, c.whole, path)
	case []any:
		for i, item := range v {
			t.items = append(t.items, c.value(item, append(path, i)))
		}
		t.container(arrayTree)
	case map[string]any:
		// In order, so that dynamic variables are drawn alike from one run to the next.
		for _, key := range slices.Sorted(maps.Keys(v)) {
			t.keys = append(t.keys, key)
			t.items = append(t.items, c.value(v[key], append(path, key)))
		}
		t.container(tableTree)
	}
	return t
}

func (c *compiler) node(n *tomlnode.Node) *tree {
	t := &tree{literal: n.Value()}
	switch n.Kind {
	case tomlnode.String:
		text, _ := n.Text()
		c.text(t, text, n.Sub, nil)
	case tomlnode.Array:
		for _, item := range n.Items {
			t.items = append(t.items, c.node(item))
		}
		t.container(arrayTree)
	case tomlnode.Table:
		for _, e := range n.Entries {
			t.keys = append(t.keys, e.Key)
			t.items = append(t.items, c.node(e.Node))
		}
		t.container(tableTree)
	}
	return t
}

// container gives an array or table its kind if there are templates in it; else it stays one literal.
func (t *tree) container(kind treeKind) {
	for _, item := range t.items {
		if item.kind != literalTree {
			t.kind = kind
			return
		}
	}
	// A template without variables has become a literal, which may differ from the text as written.
	array, table := make([]any, len(t.items)), make(map[string]any, len(t.items))
	for i, item := range t.items {
		if array[i] = item.literal; kind == tableTree {
			table[t.keys[i]] = item.literal
		}
	}
	if t.literal = any(array); kind == tableTree {
		t.literal = table
	}
	t.items, t.keys = nil, nil
}

func (c *compiler) text(t *tree, text string, place func(start, end int) diag.Span, path []any) {
	if !strings.Contains(text, "{{") {
		return
	}
	template, err := parseTemplate(text, c.env)
	if err != nil {
		c.fail(err, place, path)
		return
	}
	if constant, ok := template.Constant(); ok {
		t.literal = constant
		return
	}
	t.kind, t.template, t.place = templateTree, template, place
}

func (c *compiler) fail(err error, place func(start, end int) diag.Span, path []any) {
	if c.list != nil {
		*c.list = append(*c.list, Diagnose(err, place))
		return
	}
	var e *TemplateError
	if errors.As(err, &e) && c.err == nil {
		e.Path = append([]any(nil), path...)
		c.err = e
	}
}
