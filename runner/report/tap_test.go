package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
)

func tap(w io.Writer) Reporter { return NewTAP(w, TAPOptions{}) }

func TestTAP(t *testing.T) {
	t.Parallel()
	documents := playAll(t, func(w *bytes.Buffer) Reporter { return tap(w) })
	for _, name := range []string{"failing", "mixed", "retried", "empty", "interrupted"} {
		golden(t, "tap-"+name+".tap", documents[name])
	}
	for name, run := range runs() {
		checkTAP(t, documents[name], run)
	}
}

var (
	testLine  = regexp.MustCompile(`^(not )?ok ([0-9]+) - (.*)$`)
	planLine  = regexp.MustCompile(`^1\.\.([0-9]+)( # .*)?$`)
	yamlLine  = regexp.MustCompile(`^([a-z_]+: ("([^"\\]|\\.)*"|true|false|null|-?[0-9.]+|\|)|retried:|  .*|)$`)
	directive = regexp.MustCompile(`^((?:[^#\\]|\\.)*?) # SKIP`)
)

// checkTAP sees to it that each line is one that the specification knows, that points are numbered, that plans add up and
// that a subtest ends with a point of its name.
func checkTAP(t testing.TB, text []byte, run *script) {
	t.Helper()
	harmless(t, text)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != "TAP version 14" {
		t.Errorf("the first line is %q", lines[0])
	}
	var seen struct{ points, failed, skipped, inner, innerFailed int }
	subtest, plan, planned, block, ended := "", 0, -1, "", false
	number := 0
	for i, line := range lines[1:] {
		bad := func(why string) { t.Errorf("line %d %s: %.300q", i+2, why, line) }
		indent := ""
		if block != "" {
			rest, ok := strings.CutPrefix(line, block)
			if !ok || !yamlLine.MatchString(rest) && rest != "..." {
				bad("is not YAML that we write")
			}
			if rest == "..." {
				block = ""
			}
			continue
		}
		if strings.HasPrefix(line, "    ") {
			indent, line = "    ", line[4:]
		}
		switch m := testLine.FindStringSubmatch(line); {
		case planned >= 0 && indent == "":
			bad("stands behind the plan")
		case line == "  ---":
			block = indent + "  "
		case strings.HasPrefix(line, "# Subtest: "):
			subtest, plan, number = strings.TrimPrefix(line, "# Subtest: "), 0, 0
		case strings.HasPrefix(line, "#"):
		case planLine.MatchString(line):
			n, _ := strconv.Atoi(planLine.FindStringSubmatch(line)[1])
			if indent == "" {
				planned = n
			} else {
				plan = n
			}
		case m != nil && indent != "":
			if number++; m[2] != strconv.Itoa(number) || subtest == "" {
				bad("is out of order")
			}
			seen.inner++
			if m[1] != "" {
				seen.innerFailed++
			}
		case m != nil:
			if seen.points++; m[2] != strconv.Itoa(seen.points) {
				bad("is out of order")
			}
			if subtest != "" && (m[3] != subtest || plan != number) {
				bad(fmt.Sprintf("ends %q, of %d planned points %d", subtest, plan, number))
			}
			if d := directive.FindString(m[3]); d != "" {
				seen.skipped++
			} else if m[1] != "" {
				seen.failed++
			}
			subtest = ""
		case line == "Bail out! the run was interrupted":
			ended = true
		default:
			bad("is not known")
		}
	}
	want := seen
	want.points, want.failed, want.skipped, want.inner, want.innerFailed = 0, 0, 0, 0, 0
	for _, g := range run.collections {
		for _, q := range g.requests {
			n, wrong := shown(q)
			want.points++
			switch {
			case q.Verdict == runner.Skipped:
				want.skipped++
			case wrong > 0:
				want.failed++
			}
			if len(q.Assertions) > 0 {
				want.inner += n
				want.innerFailed += wrong
			}
		}
	}
	if seen != want || planned != want.points || ended != run.interrupted || block != "" {
		t.Errorf("saw %+v, want %+v; %d planned, bailed out: %t, in a block: %q", seen, want, planned, ended, block)
	}
}

func TestTAPDescription(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "(no name)", " a ": "a", "a # SKIP": `a \# SKIP`, `\`: `\\`, `\#`: `\\\#`, "a\nok 2": `a\\nok 2`, "Subtest {": `Subtest \\x7b`, "\ufeff": "\ufeff",
	} {
		if got := description(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
