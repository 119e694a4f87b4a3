package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/exchange"
)

// pageOf writes the page of a run.
func pageOf(t testing.TB, run *script, out *bytes.Buffer) []byte {
	t.Helper()
	h := NewHTML(out, HTMLOptions{Version: "v1"})
	run.play(h)
	if h.Err() != nil {
		t.Fatal(h.Err())
	}
	return out.Bytes()
}

// exchanged adds what only the page shows to all requests of a run: redirects, attempts and what was sent, made of texts
// that are there.
func exchanged(run *script) *script {
	for _, g := range run.collections {
		for _, q := range g.requests {
			if q.Sent == nil || q.Response == nil {
				continue
			}
			q.Sent.Body, q.Sent.Redirects = q.Response.Body, 1
			q.Started = run.info.Started.Add(time.Second)
			q.Retried = []runner.Attempt{{Verdict: runner.Failed, Status: 500, Reason: q.Name, Duration: time.Millisecond}}
			q.Hops = []runner.Hop{{
				Method: q.Name, URL: q.Sent.URL, Header: q.Sent.Header, Body: q.Sent.Body, Status: 302, Reason: q.Name, Protocol: q.Name,
				Answer: exchange.Header{{Name: "Location", Value: q.Name}}, Started: q.Started, Took: time.Millisecond,
			}}
		}
	}
	return run
}

// pageElements are all elements that a page is made of before its script runs, with the attributes that they may have.
var pageElements = map[string]string{
	"html": "lang", "head": "", "body": "", "meta": "charset name content http-equiv", "title": "", "style": "", "script": "type id",
	"header": "id", "main": "", "section": "id aria-labelledby", "div": "class id hidden", "h1": "class", "h2": "id", "h3": "", "p": "class id",
	"span": "class", "article": "class", "code": "", "pre": "tabindex role aria-label", "a": "class href hidden", "details": "class", "summary": "",
	"table": "class", "thead": "", "tbody": "", "tr": "", "th": "scope class", "td": "class", "b": "", "ul": "class", "li": "class",
	"figure": "", "figcaption": "", "dl": "class", "dt": "", "dd": "",
	"svg":  "class viewbox viewBox preserveaspectratio preserveAspectRatio aria-hidden aria-label role",
	"rect": "class x y width height", "line": "class x1 x2 y1 y2", "text": "class x y dx dy text-anchor",
}

var anchor = regexp.MustCompile(`^#r\d+$`)

// A pageRecord is what a test looks at of a request in a page.
type pageRecord struct {
	Row    []any
	Detail struct {
		At, Diagnostics string
		Sent, Answer    struct {
			Line, Text, Hex    string
			Bytes, Shown, Left int
			Header             []any
		}
		Hops, Assertions, Captures, Retried []any
	}
}

// checkPage sees to it that a page is made of nothing but what is ours, and returns what it shows without a script and
// its records.
func checkPage(t testing.TB, text []byte) (shown string, records []pageRecord) {
	t.Helper()
	harmless(t, text)
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var scripts []string
	var visible strings.Builder
	style, rule := "", ""
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			t.Errorf("a comment: %s", n.Data)
		}
		if n.Type == html.TextNode && !slices.Contains([]string{"script", "style"}, n.Parent.Data) {
			visible.WriteString(n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		allowed, ok := pageElements[n.Data]
		if !ok {
			t.Errorf("an element <%s>", n.Data)
		}
		attributes := map[string]string{}
		for _, a := range n.Attr {
			attributes[a.Key] = a.Val
			if !slices.Contains(strings.Fields(allowed), a.Key) {
				t.Errorf("an attribute %s=%q of <%s>", a.Key, a.Val, n.Data)
			}
		}
		if href, ok := attributes["href"]; ok && !anchor.MatchString(href) {
			t.Errorf("a link to %s", href)
		}
		switch {
		case n.Data == "script":
			scripts = append(scripts, attributes["type"]+"|"+content(n))
		case n.Data == "style":
			style += content(n)
		case attributes["http-equiv"] != "":
			rule += attributes["http-equiv"] + ": " + attributes["content"]
		}
	}
	if len(scripts) != 3 || scripts[2] != "|"+pageScript() || style != pageStyle {
		t.Fatalf("%d scripts, or another style or script than ours", len(scripts))
	}
	if want := "Content-Security-Policy: " + policy(style, strings.TrimPrefix(scripts[2], "|")); rule != want {
		t.Errorf("the policy is\n%s, should be\n%s", rule, want)
	}
	data, ok := strings.CutPrefix(scripts[0], "application/json|")
	if !ok || !json.Valid([]byte(data)) {
		t.Errorf("the run is %s", scripts[0])
	}
	data, ok = strings.CutPrefix(scripts[1], "application/x-ndjson|")
	if !ok || strings.ContainsAny(data, "<>&") {
		t.Errorf("the records are of %.20s and could be taken for markup", scripts[1])
	}
	return visible.String(), readRecords(t, data)
}

func content(n *html.Node) string {
	if n.FirstChild == nil {
		return ""
	}
	return n.FirstChild.Data
}

func readRecords(t testing.TB, data string) []pageRecord {
	t.Helper()
	var list []pageRecord
	lines := strings.Split(data, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		var one pageRecord
		if err := json.Unmarshal([]byte(lines[i]), &one.Row); err != nil {
			t.Fatalf("%v: %s", err, lines[i])
		}
		if err := json.Unmarshal([]byte(lines[i+1]), &one.Detail); err != nil {
			t.Fatalf("%v: %s", err, lines[i+1])
		}
		list = append(list, one)
	}
	return list
}

// What has to be seen where no script runs.
func TestHTMLSummary(t *testing.T) {
	t.Parallel()
	interrupted := cognito(true)
	interrupted.interrupted = true
	for name, c := range map[string]struct {
		run  *script
		want []string
		not  []string
	}{
		"passing":     {cognito(true), []string{"Passed", "10 assertions held in 4 requests, 12 ms", "local", "2 January 2026, 03:04:05 UTC", "postrider v1", "p50", "p90", "p95", "p99", "max", "4 ms"}, []string{"What failed", "shows"}},
		"failing":     {cognito(false), []string{"Failed", "What failed", "Refuse a bad token [tampered]", "expected: 401", "24 | status = 401", "Of fewer than 100"}, nil},
		"mixed":       {mixed(), []string{"Error", "Orders / One / Get an order · Shop · iteration 2", "is the server running?", "timeout error", "Ping $HOME · Ping"}, nil},
		"interrupted": {interrupted, []string{"Interrupted"}, nil},
		"empty":       {&script{info: started()}, []string{"Skipped"}, []string{"Latency", "Collections", "Requests "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			shown, records := checkPage(t, pageOf(t, c.run, &out))
			for _, want := range c.want {
				if !strings.Contains(shown, want) {
					t.Errorf("there is no %q in\n%s", want, shown)
				}
			}
			for _, not := range c.not {
				if strings.Contains(shown, not) {
					t.Errorf("there is %q", not)
				}
			}
			n := 0
			for _, g := range c.run.collections {
				n += len(g.requests)
			}
			if len(records) != n {
				t.Errorf("%d records of %d requests", len(records), n)
			}
		})
	}
}

// All text is found again, and secrets are not, where excerpts have them.
func TestHTMLExchange(t *testing.T) {
	t.Parallel()
	run := exchanged(cognito(false))
	q := run.collections[0].requests[3]
	q.Response.BodyBytes, q.Response.Clipped = 5000, true
	var out bytes.Buffer
	h := NewHTML(&out, HTMLOptions{Redact: func(s string) string { return strings.ReplaceAll(s, "status = 401", "[redacted]") }})
	run.play(h)
	shown, records := checkPage(t, out.Bytes())
	if bytes.Contains(out.Bytes(), []byte("status = 401")) || !strings.Contains(shown, "24 | [redacted]") {
		t.Error("the excerpt is not redacted")
	}
	d := records[3].Detail
	if d.At != "collections/cognito/implicit.toml:3" || !strings.Contains(d.Diagnostics, "expected: 401") || len(d.Hops) != 1 || len(d.Retried) != 1 || len(d.Assertions) != 1 {
		t.Errorf("got %+v", d)
	}
	if d.Answer.Line != "HTTP/1.1 200 OK" || d.Answer.Text != "{\"sub\":\"5a7c\",\n \"email\":\"jane@example.com\"}" || d.Answer.Bytes != 5000 || d.Answer.Shown == 0 || len(d.Answer.Header) != 3 {
		t.Errorf("got %+v", d.Answer)
	}
	if got := fmt.Sprint(records[2].Detail.Captures); got != `[[sub "5a7c"] [address {"a": [null, true], "zip": "01234567890123456789.10"}]]` {
		t.Errorf("captured %s", got)
	}
}

func TestHTMLBodies(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body, text, hex string
		clipped         bool
		shown           int
	}{
		"text":      {body: "a\tb\r\nc\x1b\u202e", text: "a    b\nc\\x1b\\u202e"},
		"binary":    {body: "\x89PNG\xff", hex: "89 50 4e 47 ff"},
		"zero":      {body: "a\x00", hex: "61 00"},
		"much":      {body: strings.Repeat("é", pageBody), text: strings.Repeat("é", pageBody/2), shown: pageBody},
		"much data": {body: strings.Repeat("\xff", 5000), hex: "000000f0  ff", shown: pageHex},
		"cut":       {body: "é\xc3", text: "é\\xc3", clipped: true, shown: 3},
		"not cut":   {body: "é\xc3", hex: "c3 a9 c3"},
	} {
		run := cognito(true)
		run.collections[0].requests[0].Response.Body, run.collections[0].requests[0].Response.Clipped = c.body, c.clipped
		var out bytes.Buffer
		_, records := checkPage(t, pageOf(t, run, &out))
		got := records[0].Detail.Answer
		if got.Text != c.text || !strings.Contains(got.Hex, c.hex) || (got.Hex == "") != (c.hex == "") || got.Shown != c.shown {
			t.Errorf("%s: got %.100q %s, %d shown", name, got.Text, got.Hex, got.Shown)
		}
	}
}

// Of a long run the page has what failed and an even sample of the rest, and says so.
func TestHTMLSample(t *testing.T) {
	t.Parallel()
	const many = 6_000
	var out bytes.Buffer
	h := NewHTML(&out, HTMLOptions{})
	h.sample.most.requests /= 10
	info := &runner.CollectionInfo{Name: "many", Iterations: many}
	h.RunStarted(started())
	good, bad := ok("passes", "GET", "/", 200, 5, 1, time.Millisecond), fail(ok("fails", "GET", "/", 500, 5, 1, time.Second), "")
	for i := range many {
		q := *good
		if i%60 == 59 {
			q = *bad
		}
		q.Collection, q.Iteration = info, i+1
		h.RequestFinished(&q)
	}
	h.RunFinished(&runner.Result{Verdict: runner.Failed})
	shown, records := checkPage(t, out.Bytes())
	for _, want := range []string{"This page shows 2,000 of 6,000 requests. These are all 100 that failed, and a random sample of the others. The numbers above are of all.", "Latency of 6,000 sent requests", "200 × 5,900", "500 × 100"} {
		if !strings.Contains(shown, want) {
			t.Errorf("there is no %q", want)
		}
	}
	failed, halves, last := 0, 0, -1.0
	for _, one := range records {
		seq := one.Row[0].(float64)
		if one.Row[7] == "failed" {
			failed++
		} else if seq < many/2 {
			halves++
		}
		if seq <= last {
			t.Fatal("the requests are not in order")
		}
		last = seq
	}
	if len(records) != 2000 || failed != 100 || halves < 900 || halves > 1000 {
		t.Errorf("%d records, %d failed, %d of the others from the first half", len(records), failed, halves)
	}
}

// More failures than the page has room for, and large bodies, are cut off; what is no longer wanted leaves the spool.
func TestHTMLBounds(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	var out bytes.Buffer
	h := NewHTML(&out, HTMLOptions{})
	info := &runner.CollectionInfo{Name: "large"}
	h.RunStarted(started())
	h.sample.most = room{requests: 2000, bad: 1000, bytes: 6 << 20, bodies: 3 << 20}
	most := h.sample.most
	good := ok("passes", "GET", "/", 200, 5, 1, time.Millisecond)
	good.Collection, good.Response.Body = info, strings.Repeat("b", pageBody)
	for range 100 {
		h.RequestFinished(good)
	}
	if h.sample.bodies > most.bodies || h.sample.bodies < most.bodies-pageBody {
		t.Errorf("%d bytes of bodies", h.sample.bodies)
	}
	bad := fail(ok("fails", "GET", "/", 500, 5, 1, time.Second), "")
	bad.Collection = info
	bad.Sent.Header = exchange.Header{{Name: "A", Value: strings.Repeat("v", pageValue)}}
	for range 2000 {
		h.RequestFinished(bad)
	}
	if h.sample.live > most.bytes+1<<18 || h.sample.spool.size > 5*most.bytes/2 {
		t.Errorf("%d bytes live, %d in the spool", h.sample.live, h.sample.spool.size)
	}
	h.RunFinished(&runner.Result{Verdict: runner.Failed})
	shown, records := checkPage(t, out.Bytes())
	if h.Err() != nil || !strings.Contains(shown, "These are the first 1,000 of 2,000 that failed, and a random sample of the others.") || !strings.Contains(shown, "… and 1,900 more that failed.") {
		t.Errorf("%v: %.3000s", h.Err(), shown)
	}
	left := 0
	for _, one := range records {
		left += one.Detail.Answer.Left
	}
	if left == 0 {
		t.Error("no body is left out")
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 || h.sample.spool.file != nil {
		t.Errorf("%d files are left", len(files))
	}
}

// What was of the sample once is cleared out of the spool.
func TestHTMLSpoolIsCompacted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := NewHTML(&out, HTMLOptions{})
	h.sample.most = room{requests: 100, bad: 10, bytes: 1 << 20, bodies: 1 << 20}
	info := &runner.CollectionInfo{Name: "many"}
	h.RunStarted(started())
	most := int64(0)
	for i := range 20_000 {
		q := ok(fmt.Sprint("request ", i), "GET", "/", 200, 2000, 1, time.Millisecond)
		q.Collection, q.Response.Body = info, strings.Repeat("b", 2000)
		if i%1000 == 7 {
			q = fail(q, q.Response.Body)
		}
		h.RequestFinished(q)
		most = max(most, h.sample.spool.size)
	}
	if most > 1<<20 {
		t.Errorf("%d bytes in the spool for %d that are shown", most, h.sample.live)
	}
	h.RunFinished(&runner.Result{Verdict: runner.Failed})
	_, records := checkPage(t, out.Bytes())
	for _, one := range records {
		if want := fmt.Sprintf("request %.0f", one.Row[0]); one.Row[4] != want || len(one.Detail.Answer.Text) != 2000 {
			t.Fatalf("%s is %v with a body of %d bytes", want, one.Row[4], len(one.Detail.Answer.Text))
		}
	}
	if len(records) != 100 {
		t.Errorf("%d requests are shown", len(records))
	}
}

// A page that cannot keep what it is to show says so.
func TestHTMLSpoolFails(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the folder for temporary files has another name")
	}
	t.Setenv("TMPDIR", t.TempDir()+"/gone")
	h := NewHTML(io.Discard, HTMLOptions{})
	run := cognito(true)
	for range 2000 {
		run.collections[0].requests = append(run.collections[0].requests, cognito(true).collections[0].requests[:3]...)
	}
	run.play(h)
	if err := h.Err(); err == nil || !strings.HasPrefix(err.Error(), "keep what the page is to show: ") {
		t.Errorf("the error is %v", err)
	}
}

func TestHTMLNumbers(t *testing.T) {
	t.Parallel()
	var n numbers
	for i := 1; i <= 1000; i++ {
		n.add(ok("", "GET", "/", 200, 1, 0, time.Duration(i)*time.Millisecond))
	}
	want := []percentile{{"p50", "500 ms"}, {"p90", "900 ms"}, {"p95", "950 ms"}, {"p99", "990 ms"}, {"max", "1.0 s"}}
	if got := n.percentiles(); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	counts, first := n.bins()
	sum := 0
	for _, c := range counts {
		sum += c
	}
	if sum != 1000 || edge(first) > time.Millisecond || edge(first+len(counts)) < time.Second {
		t.Errorf("%d counted from %v to %v", sum, edge(first), edge(first+len(counts)))
	}
	for _, odd := range []time.Duration{-1, 0, 1, 100 * time.Hour} {
		var n numbers
		n.add(ok("", "GET", "/", 200, 1, 0, odd))
		c := n.chart()
		if len(c.Bars) != 1 || len(n.percentiles()) != 5 {
			t.Errorf("%v: %+v", odd, c)
		}
	}
}

func TestGrouped(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1_234_567: "1,234,567", -1000: "-1,000"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s", n, got)
		}
	}
}

// Records are cut where a server sends more than a page can show.
func TestHTMLLists(t *testing.T) {
	t.Parallel()
	run := cognito(true)
	q := run.collections[0].requests[0]
	q.Sent.Header = slices.Repeat(exchange.Header{{Name: "A", Value: strings.Repeat("é", pageValue)}}, pageList+7)
	var out bytes.Buffer
	_, records := checkPage(t, pageOf(t, run, &out))
	h := records[0].Detail.Sent.Header
	if len(h) != pageList+1 || h[pageList] != 7.0 || len(h[0].([]any)[1].(string)) > pageValue+20 {
		t.Errorf("%d fields, last %v", len(h), h[len(h)-1])
	}
}
