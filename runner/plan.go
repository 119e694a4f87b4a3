package runner

import (
	"iter"
	"slices"
	"strconv"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
)

// A block is a folder compiled: what comes before its items, the items, and what comes after them whatever became of
// them.
type block struct {
	setup, items, teardown []node
}

// A node is a step or a block: one of the two is set.
type node struct {
	step  *step
	block *block
}

// block compiles a folder. Path leads to it, itself included, and inherited is what the folders above hand down.
func (c *compiler) block(f *collection.Folder, path []*collection.Folder, inherited *settings, stage Stage) *block {
	down := c.inherit(inherited, &f.Settings)
	if len(path) > 1 { // the collection's own variables have a rank of their own
		c.enterFolder(&down, f)
	}
	return &block{
		setup: c.nodes(f.Setup, path, &down, Setup), items: c.nodes(f.Items, path, &down, stage), teardown: c.nodes(f.Teardown, path, &down, Teardown),
	}
}

// enterFolder adds a folder's name and variables to what it hands down.
func (c *compiler) enterFolder(down *settings, f *collection.Folder) {
	if f.Name != "" {
		down.folder = append(down.folder[:len(down.folder):len(down.folder)], f.Name)
	}
	if f.Included {
		if f.Variables != nil {
			layer := c.layer(environment.RankCase, "include "+strconv.Quote(f.Name), f.Variables)
			down.includes = append([]*environment.Layer{layer}, down.includes...)
		}
		return
	}
	if f.Variables != nil {
		layer := c.layer(environment.RankFolder, "folder "+strconv.Quote(f.Name), f.Variables)
		down.folders = append([]*environment.Layer{layer}, down.folders...)
	}
}

func (c *compiler) nodes(items []collection.Item, path []*collection.Folder, down *settings, stage Stage) []node {
	var out []node
	for _, item := range items {
		if item.Folder != nil {
			inner := append(path[:len(path):len(path)], item.Folder)
			out = append(out, node{block: c.block(item.Folder, inner, down, stage)})
			continue
		}
		for _, s := range c.steps(item.Request, path, down, stage) {
			out = append(out, node{step: s})
		}
	}
	return out
}

// choose leaves the items that are kept, and reports whether anything is left. What is chosen keeps the setup and the
// teardown of every folder that it is in; with alone, a setup or teardown can be chosen without what it is for.
func (b *block) choose(keep func(*step) bool, alone bool) bool {
	asked := false
	for _, nodes := range [][]node{b.setup, b.teardown} {
		for s := range steps(nodes) {
			asked = keep(s) && alone || asked
		}
	}
	b.items = slices.DeleteFunc(b.items, func(n node) bool {
		if n.step != nil {
			return !keep(n.step)
		}
		return !n.block.choose(keep, alone)
	})
	return asked || len(b.items) > 0
}

// steps yields the steps of nodes in the order in which they run.
func steps(nodes []node) iter.Seq[*step] {
	return func(yield func(*step) bool) { walk(nodes, yield) }
}

func walk(nodes []node, yield func(*step) bool) bool {
	for _, n := range nodes {
		if n.step != nil {
			if !yield(n.step) {
				return false
			}
			continue
		}
		if b := n.block; !walk(b.setup, yield) || !walk(b.items, yield) || !walk(b.teardown, yield) {
			return false
		}
	}
	return true
}

// planned is what the plan says of a step that is sent for the n-th time, from 1.
func (s *step) planned(n int) Planned {
	return Planned{
		Stage: s.stage, Folder: s.folder, Name: s.source.Name, Case: s.label(n), Method: s.source.Method, Path: s.path,
		Assertions: len(s.assertions), Tags: s.tags, Source: s.source.Span,
	}
}

// label is the case of a step that is sent for the n-th time: "jane", "2/3", "jane 2/3".
func (s *step) label(n int) string {
	if s.repeat == 1 {
		return s.row
	}
	count := strconv.Itoa(n) + "/" + strconv.Itoa(s.repeat)
	if s.row == "" {
		return count
	}
	return s.row + " " + count
}

// plan yields the steps of a runner as the plan says them, those of setup and teardown too.
func (r *Runner) plan(yield func(Planned) bool) { r.planOf([]node{{block: r.root}}, yield) }

// planOf yields the steps of nodes as the plan says them.
func (r *Runner) planOf(nodes []node, yield func(Planned) bool) {
	walk(nodes, func(s *step) bool {
		for n := range s.repeat {
			p := s.planned(n + 1)
			if !r.options.ShowSecrets {
				p.Name, p.Case, p.Folder = r.shown(p.Name), r.shown(p.Case), redactAll(r.options.Redactor, p.Folder)
				p.Path = r.shown(p.Path)
			}
			if !yield(p) {
				return false
			}
		}
		return true
	})
}

// count adds up what steps are to send in one pass.
func count(nodes ...node) Counts {
	var out Counts
	for s := range steps(nodes) {
		out.Requests.Planned += s.repeat
		out.Assertions.Planned += s.repeat * len(s.assertions)
	}
	return out
}
