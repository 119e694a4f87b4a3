package diag

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func span(text, what string) Span {
	i := strings.Index(text, what)
	return Span{NewSource("a.toml", text), i, i + len(what)}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	const text = "a = 1\r\nü = \"ä\"\n\nlast"
	for _, c := range []struct {
		what         string
		line, column int
	}{{"a", 1, 1}, {"1", 1, 5}, {"ü", 2, 1}, {"\"ä\"", 2, 5}, {"last", 4, 1}} {
		if line, column := span(text, c.what).Position(); line != c.line || column != c.column {
			t.Errorf("%q is at %d:%d, not %d:%d", c.what, line, column, c.line, c.column)
		}
	}
	if line, column := (Span{}).Position(); line != 0 || column != 0 || (Span{}).String() != "" || (Span{}).Text() != "" {
		t.Error("nowhere is somewhere")
	}
	beyond := Span{NewSource("a", "x"), 5, 9}
	if line, column := beyond.Position(); line != 1 || column != 2 {
		t.Errorf("beyond the end is %d:%d", line, column)
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	const text = "first\n\temail = \"{{email}}\"\n"
	d := Diagnostic{
		Message: "assertion failed: json \"email\"", Span: span(text, "\"{{email}}\""),
		Details: []Detail{{"expected", `"jane"`, "{{email}} from local.toml:9"}, {"actual", "two\nlines", ""}},
		Notes:   []string{"GET / → 200 OK"}, Hint: "look again",
	}
	const want = `error: assertion failed: json "email"
 --> a.toml:2:10
  |
2 |  email = "{{email}}"
  |          ^^^^^^^^^^^
  |   expected: "jane"     {{email}} from local.toml:9
  |   actual:   two
  |             lines
  |
  = GET / → 200 OK
  = help: look again
`
	var b bytes.Buffer
	(&Renderer{}).One(&b, d)
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	b.Reset()
	(&Renderer{Short: true}).One(&b, d)
	if got := b.String(); got != "a.toml:2:10: error: assertion failed: json \"email\"; expected: \"jane\"; actual: two\\nlines\n" {
		t.Error(got)
	}
}

// TestRedact shows no secret of the source, and keeps the caret where it belongs.
func TestRedact(t *testing.T) {
	t.Parallel()
	const text = `url = "https://x/#token=SECRET&b=wrong"`
	r := &Renderer{Redact: func(s string) string { return strings.ReplaceAll(s, "SECRET", "[redacted]") }}
	var b bytes.Buffer
	r.One(&b, Diagnostic{Message: "SECRET is wrong", Span: span(text, "wrong"), Notes: []string{"SECRET"}, Hint: "SECRET", Details: []Detail{{"a", "SECRET", "SECRET"}}})
	if strings.Contains(b.String(), "SECRET") {
		t.Error(b.String())
	}
	lines := strings.Split(b.String(), "\n")
	if strings.Index(lines[3], "wrong") != strings.Index(lines[4], "^^^^^") {
		t.Error(b.String())
	}
}

func TestAtMostTen(t *testing.T) {
	t.Parallel()
	var list List
	for range 13 {
		list.Add(Span{}, "x", "")
	}
	var b bytes.Buffer
	(&Renderer{Short: true}).Render(&b, list)
	if got := b.String(); strings.Count(got, "error: x\n") != 10 || !strings.HasSuffix(got, "… and 3 more\n") {
		t.Error(got)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	a, b := NewSource("a", "123"), NewSource("b", "123")
	var list List
	list.Add(Span{b, 1, 2}, "b1", "")
	list.Add(Span{a, 2, 3}, "a2", "")
	list.Add(Span{b, 0, 1}, "b0", "")
	list.Add(Span{a, 2, 3}, "a2", "")
	list.Warn(Span{a, 0, 1}, "a0", "")
	var got []string
	for _, d := range list.Sort() {
		got = append(got, d.Message)
	}
	if d := cmp.Diff([]string{"b0", "b1", "a0", "a2"}, got); d != "" {
		t.Error(d)
	}
	if (List{{Severity: Warning}}).Err() != nil || (List{}).Err() != nil {
		t.Error("a warning is an error")
	}
	var as List
	if err := list.Err(); err == nil || !errors.As(err, &as) {
		t.Error("an error is none")
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"name", "url", "method", "access_token", "assert", "run"}
	for word, want := range map[string]string{
		"nmae": "name", "ulr": "url", "URL": "url", "acess_token": "access_token", "asert": "assert", "rnu": "run",
		"colour": "", "": "", "xyz": "", "metod": "method",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q: %q, not %q", word, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain": "plain", "ü 漢 🎉": "ü 漢 🎉", "a\x1b[31mb": `a\x1b[31mb`, "a\x00b\x7fc": `a\x00b\x7fc`, "a\u009bb": `a\x9bb`,
		"a\u202eb": `a\u202eb`, "a\u2066b\u200f": `a\u2066b\u200f`, "bad\xff": `bad\xff`, "a\r\nb\tc": "a\\r\nb    c", "\u2028": `\u2028`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: %q, not %q", in, got, want)
		}
	}
	if got := PrintableLine("a\nb\tc"); got != `a\nb\tc` {
		t.Error(got)
	}
}

// FuzzRender draws any diagnostic without a panic and without a control character.
func FuzzRender(f *testing.F) {
	f.Add("a = 1\n", 0, 5, "message", "\x1b[0m")
	f.Add("\xff\n\tü", 2, 1, "", "\u202e")
	f.Fuzz(func(t *testing.T, text string, start, end int, message, note string) {
		var b bytes.Buffer
		d := Diagnostic{Message: message, Span: Span{NewSource("a", text), start, end}, Notes: []string{note}, Details: []Detail{{"actual", note, ""}}}
		(&Renderer{}).One(&b, d)
		for _, r := range b.String() {
			if r < ' ' && r != '\n' || r == 0x7f || 0x80 <= r && r < 0xa0 {
				t.Fatalf("%q reaches the terminal", r)
			}
		}
	})
}

// A span that is made of a place and an excerpt says what the span said that they are of, and is drawn alike.
func TestSpanAt(t *testing.T) {
	t.Parallel()
	hide := func(s string) string { return strings.ReplaceAll(s, "SECRET", "[redacted]") }
	const text = "first\n\tünï = \"SECRET\", b = \"\x1bé\"\r\n\nlast"
	for _, s := range []Span{
		span(text, "first"), span(text, "ünï"), span(text, "SECRET"), span(text, "b ="), span(text, "\x1bé"), span(text, "RET\", b"), span(text, "\"\r\n\nlast"),
		{NewSource("a.toml", text), len(text), len(text)}, {NewSource("a.toml", text), len(text) - 5, len(text) - 5}, {NewSource("a.toml", ""), 0, 0},
		{NewSource("a.toml", "\n\n"), 2, 2}, {NewSource("a.toml", "a"), 7, 9},
	} {
		e, _ := s.Excerpt(hide)
		line, column := s.Position()
		got := SpanAt(s.File(), line, column, e)
		var before, after bytes.Buffer
		(&Renderer{Redact: hide}).One(&before, Diagnostic{Message: "m", Span: s})
		(&Renderer{}).One(&after, Diagnostic{Message: "m", Span: got})
		if d := cmp.Diff(before.String(), after.String()); d != "" {
			t.Errorf("%q:\n%s", s.Text(), d)
		}
		if again, _ := got.Excerpt(nil); again != e || got.String() != s.String() || strings.Contains(e.Text, "SECRET") {
			t.Errorf("%q: %+v at %s, was %+v at %s", s.Text(), again, got, e, s)
		}
	}
	if _, ok := (Span{}).Excerpt(nil); ok {
		t.Error("nowhere has an excerpt")
	}
	// From a file that says nonsense.
	for _, e := range []Excerpt{{"ab", 7, 9}, {"ab", 1, 99}, {"", 3, 1}} {
		var out bytes.Buffer
		(&Renderer{}).One(&out, Diagnostic{Message: "m", Span: SpanAt("a", 3, 2, e)})
		if !strings.Contains(out.String(), "a:3:2\n") {
			t.Errorf("%+v gives %s", e, out.String())
		}
	}
}
