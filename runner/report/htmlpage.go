package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

// The parts of the page. The scripts share one scope, in this order.
var (
	//go:embed html/page.css
	pageStyle string
	//go:embed html/summary.html
	pageSummary string
	//go:embed html/draw.js
	scriptDraw string
	//go:embed html/list.js
	scriptList string
	//go:embed html/detail.js
	scriptDetail string
	//go:embed html/page.js
	scriptPage string
)

// pageScript is all script that runs in the page.
func pageScript() string {
	return "(() => {\n\"use strict\";\n" + scriptDraw + scriptList + scriptDetail + scriptPage + "})();\n"
}

// policy is the Content-Security-Policy of the page: nothing is loaded from anywhere, and of scripts and styles only those
// two run that are written here, known by their hashes. It holds also where a text were to slip through as markup.
func policy(style, script string) string {
	return "default-src 'none'; style-src " + source(style) + "; script-src " + source(script) + "; base-uri 'none'; form-action 'none'"
}

// source names an inline block by its hash (CSP 3, section 2.3.1).
func source(block string) string {
	sum := sha256.Sum256([]byte(block))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// write writes the page: head, summary, records, script.
func (h *HTML) write(result *runner.Result) {
	all := h.sample.ordered()
	page := h.page(result, len(all))
	script := pageScript()
	h.out.print("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
		"<meta http-equiv=\"Content-Security-Policy\" content=\"", policy(pageStyle, script), "\">\n",
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n",
		"<meta name=\"referrer\" content=\"no-referrer\">\n<title>", template.HTMLEscapeString(page.Title), "</title>\n",
		"<style>", pageStyle, "</style>\n</head>\n")
	t, err := template.New("summary").Parse(pageSummary)
	if err == nil {
		err = t.Execute(&h.out, page)
	}
	if err != nil {
		h.out.err = err
		return
	}
	h.out.print("<script type=\"application/json\" id=\"run\">")
	h.out.text = h.appendRun(h.out.text)
	h.out.print("</script>\n<script type=\"application/x-ndjson\" id=\"records\">")
	for _, k := range all {
		if h.out.text, err = h.sample.read(h.out.text, k); err != nil {
			h.out.err = fmt.Errorf("read what the page is to show: %w", err)
			return
		}
		if len(h.out.text) > 64<<10 {
			h.out.flush()
		}
	}
	h.out.print("</script>\n<script>", script, "</script>\n</body>\n</html>\n")
	h.out.flush()
}

// appendRun adds what the script has to know of the run as a whole.
func (h *HTML) appendRun(b []byte) []byte {
	w := recorder{b: b}
	w.raw(`{"collections":[`)
	for i, g := range h.groups {
		if i > 0 {
			w.raw(",")
		}
		w.raw("[")
		w.text(g.info.Name)
		w.raw(",")
		w.ints(g.info.Iterations)
		w.raw("]")
	}
	w.raw("]}")
	return w.b
}

// A frontPage is what the summary shows.
type frontPage struct {
	Title, Verdict, Word, Sentence string
	Environment, Started, Version  string
	Parts                          []stripPart
	Failures, MoreFailures         []pageFailure
	Unlisted                       string // number of failures that are in neither
	Counts                         []countRow
	Sent, Unanswered               string
	Few                            bool
	Percentiles                    []percentile
	Chart                          *chart
	Statuses                       []share
	Collections                    []collectionRow
	MoreCollections                int
	Shown, Sample                  string
}

// A stripPart is a piece of the strip that shows how the requests ended.
type stripPart struct{ Class, X, Width, Title string }

// A share is how often a status or an error came.
type share struct {
	Name, Count string
	Bad         bool
}

// A countRow is how many requests and assertions met one fate.
type countRow struct{ Name, Class, Requests, Assertions string }

type collectionRow struct {
	Verdict, Name, Path, Iterations, Requests, Bad, Duration string
}

const (
	// openFailures is how many failures are shown at once; the others unfold.
	openFailures = 10
	// pageCollections is how many collections are listed.
	pageCollections = 200
)

func (h *HTML) page(result *runner.Result, shown int) *frontPage {
	word, sentence, _ := strings.Cut(strings.TrimSpace(string(lastLine(nil, result, false))), "  ")
	p := &frontPage{
		Verdict: string(result.Verdict), Sentence: sentence, Version: diag.PrintableLine(h.o.Version), Word: wordOf(result.Verdict),
		Environment: diag.PrintableLine(strings.Join(h.info.Environment, ", ")), Parts: h.parts(result),
		Title: word + " · " + sentence,
	}
	if !h.info.Started.IsZero() {
		p.Started = h.info.Started.UTC().Format("2 January 2006, 15:04:05") + " UTC"
	}
	p.Failures = h.failures[:min(openFailures, len(h.failures))]
	p.MoreFailures = h.failures[len(p.Failures):]
	if h.more > 0 {
		p.Unlisted = grouped(h.more)
	}
	p.Counts = countRows(result.Counts)
	h.describe(p)
	h.list(p)
	if h.total > 0 {
		p.Shown = grouped(h.total)
	}
	if shown < h.total {
		p.Shown = grouped(shown) + " of " + grouped(h.total)
		p.Sample = h.sampleText()
	}
	return p
}

func wordOf(v runner.Verdict) string {
	switch v {
	case runner.Passed:
		return "Passed"
	case runner.Failed:
		return "Failed"
	case runner.Errored:
		return "Error"
	case runner.Interrupted:
		return "Interrupted"
	}
	return "Skipped"
}

// sampleText says what was chosen of a run that has more requests than the page shows.
func (h *HTML) sampleText() string {
	bad, others := len(h.sample.bad), "a random sample of the others"
	all := len(h.failures) + h.more
	if len(h.sample.others) == 0 {
		others = "none of the others"
	}
	switch {
	case all == 0:
		return "These are a random sample: no request failed."
	case bad < all:
		return "These are the first " + grouped(bad) + " of " + grouped(all) + " that failed, and " + others + "."
	case all == 1:
		return "These are the one that failed, and " + others + "."
	}
	return "These are all " + grouped(bad) + " that failed, and " + others + "."
}

// parts divides the strip at the top; what there is can be seen, however little of it.
func (h *HTML) parts(result *runner.Result) []stripPart {
	q := result.Counts.Requests
	total := max(q.Planned, q.Passed+q.Failed+q.Errors+q.Skipped)
	if total == 0 {
		return nil
	}
	var list []stripPart
	x := 0.0
	for _, one := range []struct {
		class, what string
		n           int
	}{
		{"failed", "failed", q.Failed}, {"error", "not completed", q.Errors}, {"skipped", "skipped", q.Skipped},
		{"flaky", "passed, but not the first time", q.Flaky}, {"passed", "passed", q.Passed - q.Flaky},
	} {
		if one.n <= 0 {
			continue
		}
		width := min(max(float64(one.n)/float64(total)*1000, 8), 1000-x)
		list = append(list, stripPart{one.class, coordinate(x), coordinate(width), grouped(one.n) + " " + one.what})
		x += width
	}
	return list
}

// countRows is what requests and assertions add up to. Errors, skipped and flaky requests have a row where there are any, as
// in [summary].
func countRows(c runner.Counts) []countRow {
	q, a := c.Requests, c.Assertions
	var rows []countRow
	add := func(name, class string, requests int, assertions string) {
		if requests == 0 && (assertions == "" || assertions == "0") {
			class = "zero"
		}
		rows = append(rows, countRow{name, class, grouped(requests), assertions})
	}
	add("planned", "", q.Planned, grouped(a.Planned))
	add("sent, checked", "", q.Sent, grouped(a.Checked))
	add("passed", "passed", q.Passed, grouped(a.Checked-a.Failed))
	add("failed", "failed", q.Failed, grouped(a.Failed))
	for _, more := range []struct {
		name, class string
		n           int
	}{{"errors", "error", q.Errors}, {"skipped", "skipped", q.Skipped}, {"flaky", "flaky", q.Flaky}} {
		if more.n > 0 {
			add(more.name, more.class, more.n, "")
		}
	}
	return rows
}

// describe adds latencies and statuses.
func (h *HTML) describe(p *frontPage) {
	n := &h.numbers
	if n.latency == nil {
		return
	}
	if sent := int(n.latency.TotalCount()); sent > 0 {
		c := n.chart()
		p.Sent, p.Few, p.Percentiles, p.Chart = plainCount(sent, "sent request"), sent < 100, n.percentiles(), &c
		if n.unanswered > 0 {
			p.Unanswered = grouped(n.unanswered)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(n.statuses)) {
		p.Statuses = append(p.Statuses, share{Name: strconv.Itoa(status), Count: grouped(n.statuses[status])})
	}
	for _, kind := range slices.Sorted(maps.Keys(n.kinds)) {
		p.Statuses = append(p.Statuses, share{Name: diag.PrintableLine(string(kind)) + " error", Count: grouped(n.kinds[kind]), Bad: true})
	}
}

func plainCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// list adds the collections, those that failed first where they are too many.
func (h *HTML) list(p *frontPage) {
	groups := slices.Clone(h.groups)
	if len(groups) > pageCollections {
		slices.SortStableFunc(groups, func(a, b *pageGroup) int {
			return b.counts.Failed + b.counts.Errors - a.counts.Failed - a.counts.Errors
		})
		p.MoreCollections = len(groups) - pageCollections
		groups = groups[:pageCollections]
	}
	for _, g := range groups {
		c := g.counts
		row := collectionRow{
			Verdict: string(g.verdict()), Name: diag.PrintableLine(g.info.Name), Path: diag.PrintableLine(g.info.Path),
			Iterations: grouped(g.info.Iterations), Requests: grouped(c.Passed + c.Failed + c.Errors + c.Skipped), Bad: grouped(c.Failed + c.Errors),
		}
		if g.finished != nil {
			row.Duration = duration(g.finished.Duration)
		}
		p.Collections = append(p.Collections, row)
	}
}
