package runner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
)

// TestForesee sends what expects something of its own captures, in whatever template they stand, and does not send what
// names a variable that nobody gives a value to.
func TestForesee(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, expected, want string }{
		{"alone", `assert.json.path = "{{seen}}"`, "a passed"},
		{"piped", `assert.json.path = { not = "{{seen | hmac_sha256 key}}" }`, "a passed"},
		{"beside another", `assert.json.path = { not = "{{seen}}-{{key}}" }`, "a passed"},
		{"behind another", `assert.json.path = { not = "{{key}}-{{seen}}" }`, "a passed"},
		{"as an argument", `assert.json.path = { not = "{{key | hmac_sha256 seen}}" }`, "a passed"},
		{"unknown", `assert.json.path = "{{gone}}"`, "a error"},
		{"unknown behind a captured one", "assert.json.path = \"{{seen}}\"\nassert.json.method = \"{{gone}}\"", "a error"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			got := run(t, e, "[variables]\nkey = \"k\"\n[[request]]\nname = \"a\"\nurl = \"{{host}}/x\"\ncapture.seen = { json = \"path\" }\n"+test.expected+"\n", runner.Options{})
			if titles := got.titles(); !slices.Equal(titles, []string{test.want}) {
				t.Errorf("%v, not %s: %s", titles, test.want, got.said())
			}
			if sent := len(e.requests()) > 0; sent != strings.HasSuffix(test.want, "passed") {
				t.Errorf("sent: %v", e.requests())
			}
		})
	}
}

// TestDrawsOfFailures runs the same with a seed whether what is expected holds or not: to tell where an expected value is
// from draws nothing.
func TestDrawsOfFailures(t *testing.T) {
	t.Parallel()
	seed := uint64(1)
	sent := func(expected string) string {
		e := newEcho(t)
		run(t, e, "[[request]]\nname = \"a\"\nurl = \"{{host}}/x\"\nassert.json.method = "+expected+"\n[[request]]\nname = \"b\"\nurl = \"{{host}}/{{$guid}}\"\n", runner.Options{Seed: &seed})
		return strings.Join(e.requests(), "\n")
	}
	if a, b := sent(`{ not = "{{$guid}}" }`), sent(`"{{$guid}}"`); a != b {
		t.Errorf("%s\nis sent, and behind a failure\n%s", a, b)
	}
}
