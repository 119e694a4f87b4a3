package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
)

func github(t testing.TB, run *script, o GitHubOptions) string {
	t.Helper()
	var out bytes.Buffer
	g := NewGitHub(&out, o)
	run.play(g)
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	return out.String()
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]*script{
		"passing": cognito(true), "failing": cognito(false), "mixed": mixed(), "interrupted": interruptedRun(), "flaky": flakyRun(),
		"empty": {info: started()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, "github-"+name+".txt", []byte(github(t, run, GitHubOptions{Rerun: again})))
		})
	}
}

// A command as the runner of GitHub Actions reads one.
type command struct {
	name       string
	properties map[string]string
	message    string
}

// obey reads a line as the runner does: it tells whether it is a command. Of the older form, ##[name]message, only that
// there is one matters.
func obey(line string) (c command, ok bool) {
	visible := strings.Map(func(r rune) rune { // as a comparison that follows a culture does
		if strings.ContainsRune("\u00ad\u200b\u200d\ufeff\u0301\u2060", r) {
			return -1
		}
		return r
	}, line)
	text := strings.TrimSpace(visible)
	if !strings.HasPrefix(text, "::") {
		return command{name: "##"}, strings.Contains(visible, "##[")
	}
	head, message, found := strings.Cut(text[2:], "::")
	if !found {
		return command{}, false
	}
	name, rest, _ := strings.Cut(head, " ")
	c = command{name: name, properties: map[string]string{}}
	for _, p := range strings.Split(rest, ",") {
		if key, value, found := strings.Cut(p, "="); found {
			c.properties[strings.TrimSpace(key)] = strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",").Replace(value)
		}
	}
	c.message = strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n").Replace(message)
	return c, true
}

func commands(text string) (all []command) {
	for line := range strings.Lines(text) {
		if c, ok := obey(strings.TrimSuffix(line, "\n")); ok {
			all = append(all, c)
		}
	}
	return all
}

// TestAnnotations reads the commands back as the runner does.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	run := cognito(false)
	q := run.collections[0].requests[3]
	q.Name, q.Case = "50%: a, b", ""
	q.Diagnostics[0].Details[0].Text = "100%\n::error::x"
	got := commands(github(t, run, GitHubOptions{File: func(name string) string { return "api/" + name }}))
	names := []string{}
	for _, c := range got {
		names = append(names, c.name)
	}
	if strings.Join(names, " ") != "group endgroup error" {
		t.Fatalf("commands %v", names)
	}
	e := got[2]
	line, column := q.Diagnostics[0].Span.Position()
	if line != 24 || column != 1 {
		t.Fatalf("the assertion is at %d:%d", line, column)
	}
	for key, want := range map[string]string{
		"file": "api/collections/cognito/implicit.toml", "line": "24", "endLine": "24", "col": "1", "endColumn": "13", "title": "50%: a, b",
	} {
		if e.properties[key] != want {
			t.Errorf("%s is %q, want %q", key, e.properties[key], want)
		}
	}
	if want := "assertion failed: status\nexpected: 100%\n::error::x\nactual: 200\nGET http://127.0.0.1:43121/oauth2/userInfo → 200 OK in 1 ms"; e.message != want {
		t.Errorf("message %q, want %q", e.message, want)
	}
}

// What a file says in an excerpt is redacted, in the log and in annotations.
func TestGitHubRedacts(t *testing.T) {
	t.Parallel()
	redact := func(s string) string { return strings.ReplaceAll(s, "401", "[redacted]") }
	var summary bytes.Buffer
	got := github(t, cognito(false), GitHubOptions{Redact: redact, Summary: &summary})
	if strings.Contains(got+summary.String(), "401") || strings.Count(got, "[redacted]") != 3 {
		t.Errorf("not redacted:\n%s", got)
	}
}

// A place that is not in the repository is left out; what spans lines has no columns.
func TestAnnotationPlaces(t *testing.T) {
	t.Parallel()
	a := annotation{level: "error", title: "t", message: "m"}
	a.place(at("name"), func(string) string { return "" })
	if got := string(a.append(nil)); got != "::error title=t::m\n" {
		t.Error(got)
	}
	a.place(at("[request.assert]\nstatus = 302"), nil)
	if got := string(a.append(nil)); got != "::error file=collections/cognito/implicit.toml,line=12,endLine=13,title=t::m\n" {
		t.Error(got)
	}
	b := annotation{level: "warning", title: strings.Repeat("t", 500), message: strings.Repeat("é", 5000)}
	b.place(diag.Span{}, nil)
	if got := b.append(nil); len(got) > keptMessage+keptTitle+50 || !strings.Contains(string(got), "é…\n") {
		t.Errorf("%d bytes", len(got))
	}
}

// A server gives no commands, and control characters do not pass.
func TestLogLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"::error::x": `:\x3aerror::x`, "   ::add-mask::e": `   :\x3aadd-mask::e`, "\u00a0\u3000::x::": "\u00a0\u3000:\\x3ax::", "a ::error::x": "a ::error::x",
		"##[error]x": `##\x5berror]x`, "a ##[group]b ###[x]": `a ##\x5bgroup]b ###\x5bx]`, "#\u00ad#\u00ad[x]": "#\u00ad#\u00ad\\x5bx]", "\u200b:\u200b:x::": "\u200b:\u200b\\x3ax::",
		"# #[x]": "# #[x]", ": :x::": ": :x::", "": "", "a[1]": "a[1]", ":": ":", "error: ::x": "error: ::x",
	} {
		got := string(appendLogLine(nil, in))
		if got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
		if c, ok := obey(got); ok {
			t.Errorf("%q is the command %v", got, c)
		}
	}
}

// noCommands sees to it that only commands of ours are in a log.
func noCommands(t testing.TB, log string) {
	t.Helper()
	groups := 0
	for _, c := range commands(log) {
		switch c.name {
		case "group":
			groups++
		case "endgroup":
			groups--
		case "error", "warning":
			if groups != 0 {
				t.Errorf("an annotation in a group")
			}
		default:
			t.Errorf("the command %v", c)
		}
	}
	if groups != 0 {
		t.Errorf("%d groups stay open", groups)
	}
	if n := strings.Count(log, "\n::error "); n != 2 {
		t.Errorf("%d errors, not 2", n)
	}
}

// Of many failures the first are annotated, in the order of the plan, and the others counted.
func TestManyAnnotations(t *testing.T) {
	t.Parallel()
	got := github(t, many(2000), GitHubOptions{Rerun: again})
	if n := strings.Count(got, "\n::error "); n != 50 || !strings.Contains(got, "\n… and 150 errors more without an annotation\n") {
		t.Errorf("%d errors", n)
	}
	if !strings.Contains(got, "::endgroup::\n::error file=collections/cognito/implicit.toml,line=24,endLine=24,col=1,endColumn=13,title=request no. 9 · iteration 10::") {
		t.Error("the first failure is not the first error")
	}
}

// A collection of which nobody says that it is finished is closed by what follows.
func TestGitHubClosesGroups(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	g := NewGitHub(&out, GitHubOptions{})
	run := mixed()
	g.RunStarted(run.info)
	for _, c := range run.collections {
		for _, q := range c.requests {
			q.Collection = c.info
			g.RequestFinished(q)
		}
	}
	g.RunFinished(&runner.Result{Info: run.info, Verdict: runner.Interrupted, Duration: time.Second})
	opened, closed := strings.Count(out.String(), "::group::"), strings.Count(out.String(), "::endgroup::")
	if opened != 2 || closed != 2 || strings.Count(out.String(), "\n::error ") != 8 {
		t.Errorf("%d groups opened, %d closed:\n%s", opened, closed, out.String())
	}
}

// The summary of the step is the Markdown document; not being able to write it is an error.
func TestGitHubSummary(t *testing.T) {
	t.Parallel()
	var summary bytes.Buffer
	github(t, mixed(), GitHubOptions{Summary: &summary, Rerun: again, SummaryBytes: 65_536})
	if summary.String() != markdown(t, mixed(), MarkdownOptions{Rerun: again, MaxBytes: 65_536}) {
		t.Errorf("the summary is\n%s", summary.String())
	}
	full := errors.New("no space left on device")
	var out bytes.Buffer
	g := NewGitHub(&out, GitHubOptions{Summary: &failing{err: full}})
	mixed().play(g)
	if !errors.Is(g.Err(), full) || !strings.Contains(out.String(), "\nERROR  ") {
		t.Errorf("Err is %v", g.Err())
	}
}
