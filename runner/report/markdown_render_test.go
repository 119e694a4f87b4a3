package report

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// testMarkdown has three readers of GitHub's Markdown render documents: the tables must have their cells, and
// text from elsewhere must come out as it went in, and as nothing but text.
func testMarkdown(t *testing.T, folder string) {
	runs := []*script{cognito(true), cognito(false), mixed(), interruptedRun(), flakyRun(), {info: started()}, many(200)}
	for _, s := range append(hostile, strings.Join(hostile, " "), strings.Repeat("`@a|", 500), strings.Repeat("長", 300)) {
		runs = append(runs, everywhere(s))
	}
	documents := make([]string, len(runs))
	for i, run := range runs {
		documents[i] = markdown(t, run, MarkdownOptions{Rerun: again})
	}
	for i, readers := range render(t, folder, documents) {
		if len(readers) != 3 {
			t.Fatalf("%d readers", len(readers))
		}
		for reader, text := range readers {
			page := readPage(t, text)
			if problem := page.compare(runs[i]); problem != "" {
				t.Errorf("%s: %s\nof\n%s\nit makes\n%s", reader, problem, documents[i], text)
			}
		}
	}
}

// render gives what each reader makes of each document.
func render(t *testing.T, folder string, documents []string) (rendered []map[string]string) {
	t.Helper()
	in, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, "node", "render.mjs")
	command.Dir, command.Stdin, command.Stderr = folder, bytes.NewReader(in), &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, &rendered); err != nil || len(rendered) != len(documents) {
		t.Fatalf("%d of %d are rendered: %v", len(rendered), len(documents), err)
	}
	return rendered
}

// A page is what a reader sees.
type page struct {
	headings []string
	tables   [][][]string
	blocks   []string
	loose    []string // text outside of code
	foreign  string   // the first thing that no document of ours has
}

func readPage(t *testing.T, text string) *page {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &page{}
	p.walk(root, false)
	return p
}

func (p *page) walk(n *html.Node, code bool) {
	switch n.Type {
	case html.TextNode:
		if !code {
			p.loose = append(p.loose, n.Data)
		}
	case html.CommentNode, html.DoctypeNode:
		p.foreign = "<!" + n.Data
	case html.ElementNode:
		for _, a := range n.Attr {
			if a.Key != "align" && a.Key != "class" && !(a.Key == "style" && strings.HasPrefix(a.Val, "text-align:")) {
				p.foreign = n.Data + " " + a.Key
			}
		}
		switch n.Data {
		case "html", "head", "body", "thead", "tbody", "p":
		case "h2", "h3", "h4":
			p.headings = append(p.headings, textOf(n))
		case "table":
			p.tables = append(p.tables, nil)
		case "tr":
			last := len(p.tables) - 1
			p.tables[last] = append(p.tables[last], nil)
		case "th", "td":
			rows := p.tables[len(p.tables)-1]
			rows[len(rows)-1] = append(rows[len(rows)-1], textOf(n))
		case "pre":
			p.blocks = append(p.blocks, textOf(n))
			code = true
		case "code":
			code = true
		default:
			p.foreign = "<" + n.Data + ">"
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, code)
	}
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var all string
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all += textOf(c)
	}
	return all
}

// reference is what GitHub links by itself wherever it is not code, or shows as a picture.
var reference = regexp.MustCompile(`@|#|://|www\.|\w-\d|:\w|\$|[0-9a-f]{7}`)

// asShown is a text as a cell shows it.
func asShown(s string) string {
	if s = diag.PrintableLine(s); len(s) > keptInline {
		s = clip(s, keptInline) + "…"
	}
	return s
}

// compare says how the page differs from the run, or "".
func (p *page) compare(run *script) string {
	if p.foreign != "" {
		return "there is " + p.foreign
	}
	for _, text := range p.loose {
		if found := reference.FindString(text); found != "" {
			return "outside of code there is " + found + " in " + text
		}
	}
	f := failures{many: len(run.info.Collections) > 1}
	at, next := 0, 1
	var last *runner.RequestResult
	for _, g := range run.collections {
		for _, q := range g.requests {
			if last == nil || last.Collection != q.Collection || last.Iteration != q.Iteration {
				at, next = at+1, 1
			}
			last = q
			if at >= len(p.tables) || next >= len(p.tables[at]) {
				return "there is no row of " + q.Name
			}
			row, path := p.tables[at][next], q.Path
			next++
			if len(row) != 8 {
				return "a row of " + strings.Join(row, " ! ")
			}
			if q.Sent != nil {
				path = q.Sent.Path
			}
			for i, want := range map[int]string{1: title(q.Folder, q.Title()), 2: q.Method, 3: path} {
				if want = strings.ReplaceAll(asShown(want), `\|`, `\\x7c`); row[i] != want {
					return "a cell is " + row[i] + ", not " + want
				}
			}
			f.add(q)
		}
	}
	for i := range f.kept {
		var text screen
		f.draw(&text, &f.kept[i])
		if got, want := p.blocks[i], string(text.text); got != want && len(want) < keptBlock {
			return "a block is\n" + got + "\nnot\n" + want
		}
		if heading := p.headings[2+i]; !strings.HasSuffix(heading, ". "+asShown(f.kept[i].title)) {
			return "a heading is " + heading
		}
	}
	for _, table := range p.tables {
		for _, row := range table {
			if len(row) != len(table[0]) {
				return "there is a row of other cells: " + strings.Join(row, " ! ")
			}
		}
	}
	return ""
}
