package curl_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/syntax"

	"github.com/postrider/postrider/runner/convert/curl"
	"github.com/postrider/postrider/runner/exchange"
)

// TestShells has each shell that is here take a command apart: curl gets the same arguments and the same input from all.
func TestShells(t *testing.T) {
	t.Parallel()
	for _, body := range []string{awkward, string(everyByte()), strings.Repeat("x'y", 50_000), "\n\n", "-n"} {
		r := &exchange.Request{Method: "POST", URL: "http://a/'$`!\\?x=[]{}", Header: fields("X-A", awkwardLine, "X-B", "caf\xe9!"), Body: []byte(body)}
		text := command(t, r, curl.Options{BodyFile: "", Auth: &curl.Auth{Kind: curl.Digest, Username: "a", Password: "line\nend\x01\n\n"}})
		want := evaluate(t, text)
		for _, name := range []string{"sh", "dash", "bash", "zsh", "ksh", "mksh", "busybox"} {
			shell, err := exec.LookPath(name)
			if err != nil {
				continue
			}
			script := filepath.Join(t.TempDir(), "command")
			// The function stands in for curl: what it is given, then what it could read, if it was told to.
			function := "curl() { printf '%s\\0' \"$@\"; case \"$*\" in *@-*) cat ;; esac; }\n"
			if err := os.WriteFile(script, []byte(function+text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			arguments := []string{script}
			if name == "busybox" {
				arguments = []string{"sh", script}
			}
			got, err := exec.Command(shell, arguments...).Output()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(strings.Join(want.words[1:], "\x00")+"\x00"+want.input, string(got)); d != "" {
				t.Errorf("%s: %.3000s", name, d)
			}
		}
	}
}

const awkwardLine = "it's \"quoted\" $HOME `id` $(id) \\n !! %s é 漢 # ~ * ? & ; | < > ( )"

// Evaluated is what a shell makes of a command.
type evaluated struct {
	words []string
	input string
}

// values are those that follow an option.
func (e evaluated) values(option string) (found []string) {
	for i, w := range e.words[:len(e.words)-1] {
		if w == option {
			found = append(found, e.words[i+1])
		}
	}
	return found
}

// evaluate takes a command apart as a POSIX shell would. It has to be one simple command, or one that printf writes to.
func evaluate(t testing.TB, text string) evaluated {
	t.Helper()
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "")
	if err != nil {
		t.Fatalf("%v\n%q", err, text)
	}
	if len(file.Stmts) != 1 || !plain(file.Stmts[0]) {
		t.Fatalf("not one command: %q", text)
	}
	var e evaluated
	switch c := file.Stmts[0].Cmd.(type) {
	case *syntax.CallExpr:
		e.words = call(t, c)
	case *syntax.BinaryCmd:
		if c.Op != syntax.Pipe || !plain(c.X) || !plain(c.Y) {
			t.Fatalf("not a pipe: %q", text)
		}
		e.input = printf(t, call(t, c.X.Cmd))
		e.words = call(t, c.Y.Cmd)
	default:
		t.Fatalf("%T: %q", c, text)
	}
	if e.words[0] != "curl" {
		t.Fatalf("runs %q", e.words[0])
	}
	return e
}

// plain says that nothing goes elsewhere or on in the background.
func plain(s *syntax.Stmt) bool {
	return len(s.Redirs) == 0 && !s.Background && !s.Negated && !s.Coprocess && len(s.Comments) == 0
}

func call(t testing.TB, c syntax.Command) (words []string) {
	t.Helper()
	call, ok := c.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 {
		t.Fatalf("%T is no simple command", c)
	}
	for _, w := range call.Args {
		var b strings.Builder
		for _, part := range w.Parts {
			switch p := part.(type) {
			case *syntax.Lit:
				if p.Value == `\'` {
					b.WriteByte('\'')
					continue
				}
				if strings.ContainsAny(p.Value, "*?[]{}~$`\\!#&;|<>()'\" \t\n=^") {
					t.Fatalf("%q stands without quotes", p.Value)
				}
				b.WriteString(p.Value)
			case *syntax.SglQuoted:
				if p.Dollar {
					t.Fatal("$'…' is not POSIX")
				}
				b.WriteString(p.Value)
			case *syntax.DblQuoted:
				b.WriteString(quoted(t, p))
			default:
				t.Fatalf("%T in a word", p)
			}
		}
		words = append(words, b.String())
	}
	return words
}

// quoted is what stands in double quotes: the output of one printf and nothing else.
func quoted(t testing.TB, d *syntax.DblQuoted) string {
	t.Helper()
	if len(d.Parts) != 1 {
		t.Fatalf("%d parts in double quotes", len(d.Parts))
	}
	s, ok := d.Parts[0].(*syntax.CmdSubst)
	if !ok || len(s.Stmts) != 1 || !plain(s.Stmts[0]) {
		t.Fatalf("%T in double quotes", d.Parts[0])
	}
	return strings.TrimRight(printf(t, call(t, s.Stmts[0].Cmd)), "\n")
}

// printf is what printf writes, as POSIX has it.
func printf(t testing.TB, words []string) string {
	t.Helper()
	switch {
	case len(words) == 3 && words[0] == "printf" && words[1] == "%s":
		return words[2]
	case len(words) != 2 || words[0] != "printf" || strings.HasPrefix(words[1], "-"):
		t.Fatalf("%q is not the printf that was meant", words)
	}
	var b bytes.Buffer
	for s := words[1]; s != ""; {
		switch {
		case strings.HasPrefix(s, "%%"):
			b.WriteByte('%')
			s = s[2:]
		case s[0] == '%':
			t.Fatalf("a directive at %q", s)
		case s[0] == '\\' && len(s) > 1 && strings.IndexByte(`\nrt`, s[1]) >= 0:
			b.WriteByte(map[byte]byte{'\\': '\\', 'n': '\n', 'r': '\r', 't': '\t'}[s[1]])
			s = s[2:]
		case s[0] == '\\':
			var c byte
			if n, err := fmt.Sscanf(s[1:min(len(s), 4)], "%03o", &c); n != 1 || err != nil {
				t.Fatalf("an escape at %q", s)
			}
			b.WriteByte(c)
			s = s[4:]
		default:
			b.WriteByte(s[0])
			s = s[1:]
		}
	}
	return b.String()
}

// FuzzCommand puts any bytes in every place: they come out of the shell's quotes as they went in.
func FuzzCommand(f *testing.F) {
	f.Add("GET", "/a?b=c", "X-A", "b", "", "", "")
	f.Add("POST", "/'$(id)`id`?[]{}", "X-A", "'\\''; id #", "@x'y\n", "a'b", "c\nd\x01\n")
	f.Add("PUT", "?\xff", "X-A", "caf\xe9\u202e!", "\x00%s\\n'\xff", "-", "\n")
	f.Add("H'D", "/..;/%2e", "Cookie", "a=b", "\r\n", "\"", "$'x'")
	f.Add("HEAD", "/#x", "Host", "a", "", "x;y", "")
	f.Fuzz(func(t *testing.T, method, target, name, value, body, file, secret string) {
		r := &exchange.Request{Method: method, URL: "http://host" + target, Header: fields(name, value), Body: []byte(body)}
		text, err := curl.Command(r, curl.Options{
			UserAgent: "x", UnixSocket: file, CAFile: file, Auth: &curl.Auth{Kind: curl.NTLM, Username: strings.ReplaceAll(file, ":", ""), Password: secret}})
		if err != nil {
			if text != "" {
				t.Fatal(text)
			}
			return
		}
		e := evaluate(t, text)
		if method != "" && method != "GET" && method != "POST" && method != "HEAD" && !slices.Equal(e.values("-X"), []string{method}) {
			t.Fatalf("-X %q", e.values("-X"))
		}
		switch strings.ToLower(name) {
		case "host", "cookie", "user-agent", "accept", "accept-encoding", "content-length", "transfer-encoding", "trailer", "authorization":
		default:
			want := name + ": " + strings.Trim(value, " \t")
			if strings.HasSuffix(want, ": ") {
				want = name + ";"
			}
			if !slices.Contains(e.values("-H"), want) {
				t.Fatalf("%q is not among %q", want, e.values("-H"))
			}
		}
		sent := append(append([]string{}, e.values("--data-binary")...), e.values("--data-raw")...)
		if len(sent) == 1 && sent[0] == "@-" {
			sent[0] = e.input
		}
		if body != "" && !slices.Equal(sent, []string{body}) {
			t.Fatalf("the body is %q, not %q", sent, body)
		}
		if !slices.Equal(e.values("-u"), []string{strings.ReplaceAll(file, ":", "") + ":" + secret}) || file != "" && !slices.Equal(e.values("--unix-socket"), []string{file}) {
			t.Fatalf("%q, %q", e.values("-u"), e.values("--unix-socket"))
		}
		if len(body) < 1<<10 && strings.ContainsFunc(text, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd && !strings.ContainsRune(target+value+body+file+secret, r)
		}) {
			t.Fatalf("%q cannot be shown", text)
		}
	})
}

// FuzzForm puts any bytes into the parts of a form: each option keeps them, and there are as many as parts.
func FuzzForm(f *testing.F) {
	f.Add("a", "b", "", "", "")
	f.Add("a\"b", "x;type=y", "text/plain", "f\"\\;.txt", "")
	f.Add("", "\x00\n", "a/b", "'", "p'\n")
	f.Fuzz(func(t *testing.T, name, value, kind, filename, file string) {
		part := curl.Part{Name: name, Value: value, Type: kind, Filename: filename, File: file}
		text, err := curl.Command(&exchange.Request{URL: "http://a/"}, curl.Options{Parts: []curl.Part{{Name: "first", Value: "1"}, part, {Name: "last", Value: "2"}}})
		if err != nil {
			return
		}
		e := evaluate(t, text)
		options := append(append([]string{}, e.values("-F")...), e.values("--form-string")...)
		if len(options) != 3 || !slices.Contains(options, "first=1") || !slices.Contains(options, "last=2") {
			t.Fatalf("%q", options)
		}
		if file == "" && strings.Contains(value, "\x00") && e.input != value {
			t.Fatalf("%q, not %q", e.input, value)
		}
		if !slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, name+"=") }) {
			t.Fatalf("%q is not among %q", name, options)
		}
	})
}
