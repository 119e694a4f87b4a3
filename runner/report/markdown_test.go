package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

func markdown(t testing.TB, run *script, o MarkdownOptions) string {
	t.Helper()
	var out bytes.Buffer
	m := NewMarkdown(&out, o)
	run.play(m)
	if m.Err() != nil {
		t.Fatal(m.Err())
	}
	return out.String()
}

// interruptedRun is cognito, stopped before its second request.
func interruptedRun() *script {
	s := cognito(false)
	s.interrupted = true
	s.collections[0].requests[1] = skipped("Sign in", "the run was interrupted")
	return s
}

// flakyRun is a run in which a request passed the second time.
func flakyRun() *script {
	s := cognito(true)
	q := s.collections[0].requests[1]
	q.Flaky, q.Attempts, q.Retried = true, 2, []runner.Attempt{{Verdict: runner.Failed, Status: 503, Reason: "assertion failed: status", Duration: time.Millisecond}}
	return s
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]*script{
		"passing": cognito(true), "failing": cognito(false), "mixed": mixed(), "interrupted": interruptedRun(), "flaky": flakyRun(),
		"empty": {info: started()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "markdown-"+name+".md", []byte(markdown(t, run, MarkdownOptions{Rerun: again})))
		})
	}
}

// What stands outside of code means nothing; all else is in code.
func TestInline(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Get user info": "Get user info", "Refuse [tampered]": `Refuse \[tampered\]`, "Orders / One": "Orders / One", "Cognito: flow, 2.": "Cognito: flow, 2.",
		"": "", "a@b": "`a@b`", "@jane": "`@jane`", "#12": "`#12`", "GH-12": "`GH-12`", "sign-in": "sign-in", "o/r": "`o/r`", "www.a.com": "`www.a.com`",
		"http://a": "`http://a`", ":smile:": "`:smile:`", "<b>": "`<b>`", "&amp;": "`&amp;`", "*a*": "`*a*`", "~a~": "`~a~`", "a  b": "`a  b`", " a": "` a`",
		" a ": "`  a  `", "  ": "`  `", "`": "`` ` ``", "a``b`": "``` a``b` ```", "0123abc": "`0123abc`", "facade": "facade", "a\nb": "`a\\nb`", "$1$": "`$1$`",
		"![x](y)": `!\[x\](y)`, "a|b": "`a|b`", "長い 🚀": "長い 🚀", "a\u00a0b": "`a\u00a0b`", "a_b": "a_b", "_a_": "`_a_`", "a_": "`a_`", "2.0": "2.0", "a.2": "`a.2`", `\`: "`\\`", "1. a": "1. a", "x\u202e": "`x\\u202e`",
	} {
		if got := inline(in); got != want {
			t.Errorf("inline(%q) is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"a|b": "`a\\|b`", `a\|b`: "`a\\\\x7cb`", "||": "`\\|\\|`", "a": "a"} {
		if got := inlineCell(in); got != want {
			t.Errorf("inlineCell(%q) is %q, want %q", in, got, want)
		}
	}
}

// What a file says in an excerpt is redacted.
func TestMarkdownRedacts(t *testing.T) {
	t.Parallel()
	redact := func(s string) string { return strings.ReplaceAll(s, "401", "[redacted]") }
	got := markdown(t, cognito(false), MarkdownOptions{Redact: redact})
	if strings.Contains(got, "401") || !strings.Contains(got, "status = [redacted]") {
		t.Errorf("not redacted:\n%s", got)
	}
}

// many is a run of n iterations in which every tenth request fails.
func many(n int) *script {
	info := &runner.CollectionInfo{Name: "Many", Path: "many.toml", Iterations: n}
	g := group{info: info}
	for i := range n {
		q := ok(fmt.Sprintf("request no. %d", i), "GET", "/", 200, 5000, 1, time.Millisecond)
		if i%10 == 9 {
			q = fail(q, strings.Repeat("b", 2000))
		}
		q.Iteration = i + 1
		g.requests = append(g.requests, q)
	}
	s := &script{info: started(), collections: []group{g}}
	s.info.Collections = []*runner.CollectionInfo{info}
	return s
}

// However long the run, the document is no longer than asked for, and says what is left out. The failures come first.
func TestMarkdownIsBounded(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 1000, 20_000, 65_536} {
		got, limit := markdown(t, many(5000), MarkdownOptions{MaxBytes: room, Rerun: again}), room
		if room == 0 {
			limit = 1 << 20
		}
		if len(got) > limit {
			t.Errorf("%d bytes of %d", len(got), limit)
		}
		for _, want := range []string{"## ❌ FAIL: 500 of 5000 assertions failed", "| requests ", " more that failed\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("of %d bytes there is no %q", limit, want)
			}
		}
		if limit > 1000 && limit < 1<<20 && !strings.Contains(got, " of 5000 rows.\n") {
			t.Errorf("of %d bytes nothing is said to be left out", limit)
		}
		rows := strings.Count(got, "\n| ✅ |") + strings.Count(got, "\n| ❌ |")
		if limit == 65_536 && (rows < 20 || !strings.Contains(got, fmt.Sprintf("for %d of 5000 rows", rows))) {
			t.Errorf("%d rows are shown; it says %s", rows, got[len(got)-100:])
		}
		if limit > 1000 && limit < 1<<20 && len(got) < limit/2 {
			t.Errorf("%d bytes of %d are used", len(got), limit)
		}
	}
	got := markdown(t, many(2000), MarkdownOptions{})
	if rows := strings.Count(got, "\n| ✅ |"); rows != 500 || !strings.Contains(got, "\n… and 1300 requests more that passed\n") {
		t.Errorf("%d rows passed; it says %s", rows, got[len(got)-100:])
	}
	if rows := strings.Count(got, "\n| ❌ |"); rows != 200 {
		t.Errorf("%d rows failed of 200", rows)
	}
}

// One failure that says too much is cut, between two characters.
func TestMarkdownCutsBlocks(t *testing.T) {
	t.Parallel()
	s := cognito(false)
	s.collections[0].requests[3].Diagnostics[0].Details = []diag.Detail{{Label: "actual", Text: strings.Repeat("é", 50_000)}}
	got := markdown(t, s, MarkdownOptions{})
	if len(got) > 20_000 || !strings.Contains(got, "é…\n```\n") {
		t.Errorf("%d bytes", len(got))
	}
}
