package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
)

type junitDocument struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	File     string      `xml:"file,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     float64     `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Time    float64      `xml:"time,attr"`
	Failure *junitReason `xml:"failure"`
	Error   *junitReason `xml:"error"`
	Skipped *junitReason `xml:"skipped"`
	Output  string       `xml:"system-out"`
}

type junitReason struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func junit(w io.Writer) Reporter { return NewJUnit(w, JUnitOptions{}) }

func TestJUnit(t *testing.T) {
	t.Parallel()
	documents := playAll(t, func(w *bytes.Buffer) Reporter { return junit(w) })
	for _, name := range []string{"failing", "mixed", "retried", "empty"} {
		golden(t, "junit-"+name+".xml", documents[name])
	}
	for name, run := range runs() {
		checkJUnit(t, documents[name], run)
	}
}

// checkJUnit sees to it that a report is well-formed, that its counts add up, and that each iteration is a suite.
func checkJUnit(t testing.TB, text []byte, run *script) junitDocument {
	t.Helper()
	harmless(t, text)
	tokens := xml.NewDecoder(bytes.NewReader(text)) // refuses characters that XML 1.0 does not have
	for {
		if _, err := tokens.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v:\n%.2000s", err, text)
		}
	}
	var d junitDocument
	if err := xml.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	type iteration struct {
		of *runner.CollectionInfo
		n  int
	}
	suites, at := map[iteration]*junitSuite{}, 0
	want := map[*junitSuite]*junitSuite{}
	for _, g := range run.collections {
		for _, q := range g.requests {
			key := iteration{g.info, q.Iteration}
			if suites[key] == nil {
				if at == len(d.Suites) {
					t.Fatalf("%d suites are too few", at)
				}
				suites[key] = &d.Suites[at]
				want[suites[key]] = &junitSuite{}
				at++
			}
			w := want[suites[key]]
			n, _ := shown(q)
			w.Tests += max(n, 1)
			if q.Verdict == runner.Skipped {
				w.Skipped++
				continue
			}
			w.Failures += q.FailedAssertions()
			if q.Error != nil {
				w.Errors++
			}
		}
	}
	if at != len(d.Suites) {
		t.Errorf("%d suites for %d iterations", len(d.Suites), at)
	}
	for s, w := range want {
		var seen junitSuite
		for _, c := range s.Cases {
			seen.Tests++
			seen.Time += c.Time
			for n, is := range map[*int]bool{&seen.Failures: c.Failure != nil, &seen.Errors: c.Error != nil, &seen.Skipped: c.Skipped != nil} {
				if is {
					*n++
				}
			}
		}
		got := [...]int{s.Tests, s.Failures, s.Errors, s.Skipped}
		if got != [...]int{w.Tests, w.Failures, w.Errors, w.Skipped} || got != [...]int{seen.Tests, seen.Failures, seen.Errors, seen.Skipped} {
			t.Errorf("%s counts %v, has %+v, want %+v", s.Name, got, seen, w)
		}
		if s.Time-seen.Time > 0.001 || seen.Time-s.Time > 0.001 {
			t.Errorf("%s took %v, its cases %v", s.Name, s.Time, seen.Time)
		}
	}
	return d
}

// Every case of a run is told from all others, and says where it stands.
func TestJUnitCases(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]*script{"failing": cognito(false), "mixed": mixed(), "retried": retried()} {
		var out bytes.Buffer
		run.play(junit(&out))
		seen := map[string]bool{}
		for _, s := range checkJUnit(t, out.Bytes(), run).Suites {
			if seen[s.Name] {
				t.Errorf("%s: two suites are called %s", name, s.Name)
			}
			seen[s.Name] = true
			for _, c := range s.Cases {
				if id := c.Class + "\n" + c.Name; seen[id] {
					t.Errorf("%s: two cases are called %s", name, id)
				} else {
					seen[id] = true
				}
				if !strings.HasPrefix(strings.TrimSpace(c.Output), "collections/cognito/implicit.toml:") {
					t.Errorf("%s: %s does not say where it stands: %s", name, c.Name, c.Output)
				}
				if c.Failure != nil && (!strings.Contains(c.Failure.Text, "--> collections/cognito/implicit.toml:") || !strings.Contains(c.Failure.Text, "actual:")) {
					t.Errorf("%s: %s draws no diagnostic: %s", name, c.Name, c.Failure.Text)
				}
			}
		}
	}
}

func TestJUnitSchema(t *testing.T) {
	t.Parallel()
	documents := playAll(t, func(w *bytes.Buffer) Reporter { return junit(w) })
	if out, ok := lint(t, documents); !ok {
		t.Errorf("xmllint refuses:\n%.3000s", out)
	}
	for name, change := range map[string]*strings.Replacer{
		"an attribute": strings.NewReplacer(`<testcase `, `<testcase file="a" `), "a count": strings.NewReplacer(` failures="`, ` failure="`),
		"an element": strings.NewReplacer("<system-out>", "<system-out><b/>"),
	} {
		bad := []byte(change.Replace(string(documents["failing"])))
		if out, ok := lint(t, map[string][]byte{"bad": bad}); ok {
			t.Errorf("xmllint accepts %s that is wrong: %s", name, out)
		}
	}
}

// Every character, legal in XML or not, leaves a document that is well-formed, and is shown.
func TestJUnitCharacters(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for r := range rune(0x3000) {
		all.WriteRune(r)
	}
	for _, r := range []rune{0xd7ff, 0xe000, 0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x1fffe, 0x10ffff} {
		all.WriteRune(r)
	}
	all.WriteString("\xed\xa0\x80\xed\xbf\xbf\xc0\x80\xf4\x90\x80\x80\xff]]><![CDATA[<!--&amp;&#0;") // surrogates among them
	run := everywhere(all.String())
	var out bytes.Buffer
	run.play(junit(&out))
	message := checkJUnit(t, out.Bytes(), run).Suites[0].Cases[1].Failure.Message
	for _, want := range []string{`\x00\x01`, `\ufffe\uffff`, `\xed\xa0\x80`, `]]><![CDATA[<!--&amp;&#0;`, `<=>`, `"#$%&'`} {
		if !strings.Contains(message, want) {
			t.Errorf("%q is not shown", want)
		}
	}
}

// What an excerpt holds is redacted.
func TestRedacts(t *testing.T) {
	t.Parallel()
	redact := func(s string) string { return strings.ReplaceAll(s, "401", "[redacted]") }
	for kind, make := range map[string]func(io.Writer) Reporter{
		"junit": func(w io.Writer) Reporter { return NewJUnit(w, JUnitOptions{Redact: redact}) },
		"tap":   func(w io.Writer) Reporter { return NewTAP(w, TAPOptions{Redact: redact}) },
		"ctrf":  func(w io.Writer) Reporter { return NewCTRF(w, CTRFOptions{Redact: redact}) },
	} {
		var out bytes.Buffer
		cognito(false).play(make(&out))
		if s := out.String(); !strings.Contains(s, "status = [redacted]") || strings.Contains(s, "status = 401") {
			t.Errorf("%s shows what is secret:\n%s", kind, s)
		}
	}
}

// A suite that outgrows its memory goes through a file, whole, and leaves none behind.
func TestJUnitHugeSuite(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	info := &runner.CollectionInfo{Name: "many", Path: "many.toml", Iterations: 1}
	run := &script{info: started(), collections: []group{{info: info}}}
	for i := range 5000 {
		run.collections[0].requests = append(run.collections[0].requests, fail(ok(fmt.Sprint("r", i), "GET", "/", 200, 0, 1, time.Millisecond), ""))
	}
	var out bytes.Buffer
	calls, longest := 0, 0
	run.play(junit(writerFunc(func(p []byte) (int, error) { calls, longest = calls+1, max(longest, len(p)); return out.Write(p) })))
	checkJUnit(t, out.Bytes(), run)
	if out.Len() < 2*spooled || longest > spooled/2 {
		t.Errorf("%d bytes in %d writes, the longest of %d", out.Len(), calls, longest)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
	broken := NewJUnit(io.Discard, JUnitOptions{})
	if os.Getenv("TMPDIR") == folder {
		t.Setenv("TMPDIR", filepath.Join(folder, "nowhere"))
		run.play(broken)
		if broken.Err() == nil {
			t.Error("there was nowhere to go, and no error")
		}
	}
}
