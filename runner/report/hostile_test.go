package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

var hostile = []string{
	"\x1b]0;title\x07\x1b[2J", "\u009b31m", "a\u202eb\u2066c", "\xff\xfe\xc3(", "👩‍👩‍👧 🚀 ✓", "a|b|c", "one\ntwo\r\nthree\ttab", "\x00",
	"</script><script>alert(1)</script>", "\u2028\u2029", "e\u0301\u0301\u0301", "広い名前", "%s %d %!", "\\x1b", "\x7f", "",
	"\ufffe\uffff\ufeff", "]]>&<!--", "a # SKIP b", `\# TODO \`, "Bail out!", "  ---\n  ...", "1..0", "{", "\xed\xa0\x80",
	"::error file=a,line=1::x", " ::stop-commands::x\n::add-mask::e\r::set-output name=a::b", "##[error]x ##[group]y", "\u00ad::\u200berror::x", "100%25%0A,:=",
	"`code` ``` ````", "```\n# x\n~~~", "a\\|b||c\\", "[a](http://a.example) ![b](c) <http://d.example> http://e.example www.f.example g@h.example", "@jane #12 GH-12 o/r#1 0123456789abcdef0123456789abcdef01234567 :smile:",
	"<img src=x onerror=alert(1)> &lt;b&gt; &#64; <!-- x", "*a* _b_ ~~c~~ $d$ [^1] - [ ] e", "> [!NOTE]", "   ", " a ", "`", "\\`",
}

// everywhere is a run in which a text stands wherever a text can stand, or what comes of it.
func everywhere(s string) *script {
	source := diag.NewSource(s, s+"\n"+s)
	span := diag.Span{Source: source, Start: 0, End: len(s)}
	info := &runner.CollectionInfo{Name: s, Path: s, Iterations: 2}
	header := exchange.Header{{Name: s, Value: s}}
	one := func(v runner.Verdict) *runner.RequestResult {
		return &runner.RequestResult{
			Folder: []string{s, s}, Name: s, Case: s, Method: s, Path: s, Iteration: 1, Attempts: 1, Source: span, Verdict: v, Planned: 1,
			Sent:       &runner.Sent{Method: s, URL: s, Path: s, Header: header, BodyBytes: 1},
			Response:   &runner.Response{Status: 200, Reason: s, Protocol: s, Header: header, BodyBytes: len(s) + 1, Body: s},
			Assertions: []runner.AssertionResult{{Query: s, Predicate: s, Expected: s, Actual: []any{s, map[string]any{s: json.Number(s)}}, Source: span}},
			Captures:   []runner.CaptureResult{{Name: s, Value: s}, {Name: s, Value: json.RawMessage(s)}},
			Diagnostics: diag.List{{
				Message: s, Span: span, Details: []diag.Detail{{Label: "actual", Text: s, Origin: s}}, Notes: []string{s}, Hint: s,
			}},
			Timing: exchange.Timing{Total: time.Millisecond},
		}
	}
	skip, broken := one(runner.Skipped), one(runner.Errored)
	skip.Reason, skip.Attempts = s, 0
	broken.Error = &runner.RequestError{Kind: runner.AuthError, Message: s, Source: span}
	requests := []*runner.RequestResult{one(runner.Passed), one(runner.Failed), skip, broken}
	info.Plan = planned(requests)
	run := &script{info: started(), collections: []group{{info, requests}}}
	run.info.Environment = []string{s}
	run.info.Collections = []*runner.CollectionInfo{info}
	return run
}

var ours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// hostileRun plays a text everywhere to each reporter.
func hostileRun(t testing.TB, s string) {
	t.Helper()
	run := everywhere(s)
	for _, o := range []TableOptions{{Verbose: true, Rerun: []string{s}}, {Width: 80, Verbose: true}, {Color: true, Width: 80}, {ErrorShort: true}} {
		var out bytes.Buffer
		run.play(NewTable(&out, o))
		text := out.Bytes()
		if o.Color {
			text = ours.ReplaceAll(text, nil)
		}
		harmless(t, text)
		if o.Width > 0 && !o.Verbose {
			fits(t, text, o.Width)
		}
	}
	var out bytes.Buffer
	if err := Plan(&out, run.info.Collections, PlanOptions{Width: 60}); err != nil {
		t.Error(err)
	}
	harmless(t, out.Bytes())
	for kind, look := range map[string]func(testing.TB, []byte, *script){
		"junit": func(t testing.TB, text []byte, run *script) { checkJUnit(t, text, run) },
		"tap":   func(t testing.TB, text []byte, run *script) { checkTAP(t, text, run) },
		"ctrf":  func(t testing.TB, text []byte, run *script) { checkCTRF(t, text, run) },
	} {
		var out bytes.Buffer
		run.play(reporters(&out)[kind])
		look(t, out.Bytes(), run)
	}
	var summary bytes.Buffer
	log := github(t, run, GitHubOptions{Summary: &summary, Rerun: []string{s}})
	harmless(t, []byte(log))
	noCommands(t, log)
	harmless(t, summary.Bytes())
	out.Reset()
	h := NewHAR(&out, HAROptions{Version: s})
	run.play(h)
	harmless(t, out.Bytes())
	if h.Err() != nil {
		t.Error(h.Err())
	}
	if s != "" { // nobody sends a request without a method
		if entries := readHAR(t, out.Bytes()); len(entries) != 4 {
			t.Errorf("%d entries", len(entries))
		}
	}
	out.Reset()
	n := NewNDJSON(&out, JSONOptions{IncludeBodies: true})
	run.play(n)
	validLines(t, out.Bytes())
	out.Reset()
	d := check(t, write(t, run, &out), run.play(Multi{}))
	if got := d.Collections[0].Requests[1].Name; got != strings.ToValidUTF8(s, "\ufffd") && len(got) < len(s) {
		t.Errorf("name %q is read back as %q", s, got)
	}
	out.Reset()
	checkPage(t, pageOf(t, exchanged(run), &out))
}

func write(t testing.TB, run *script, out *bytes.Buffer) []byte {
	t.Helper()
	j := NewJSON(out, JSONOptions{Version: "v1", IncludeBodies: true})
	run.play(j)
	if j.Err() != nil {
		t.Error(j.Err())
	}
	return out.Bytes()
}

// fits sees to it that the heading, the titles and the four rows are no wider than the terminal.
func fits(t testing.TB, text []byte, columns int) {
	t.Helper()
	for i, line := range strings.Split(string(text), "\n") {
		if i < 6 && width(line) > columns {
			t.Errorf("%d columns: %q", width(line), line)
		}
	}
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for i, s := range append(hostile, strings.Join(hostile, " "), strings.Repeat("長", 3000)) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			hostileRun(t, s)
		})
	}
}

// Cells of wide characters and emoji end where those of letters end.
func TestWideCellsAlign(t *testing.T) {
	t.Parallel()
	run := cognito(true)
	requests := run.collections[0].requests
	requests[0].Name, requests[1].Name, requests[2].Sent.Path = "広い名前 🚀", "e\u0301\x1b", "/ümlaut"
	var out bytes.Buffer
	run.play(NewTable(&out, TableOptions{}))
	golden(t, "table-wide.txt", out.Bytes())
	for i, line := range strings.Split(out.String(), "\n")[1:6] {
		if got := width(line); got != 95 {
			t.Errorf("line %d has %d columns: %s", i, got, line)
		}
	}
}

func FuzzReporters(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { hostileRun(t, s) })
}
