package report

import (
	"os/exec"
	"strings"
	"testing"
)

// A shell reads back the words that were quoted.
func TestQuoteWords(t *testing.T) {
	t.Parallel()
	words := []string{"plain", "", "two words", "it's", `say "hi"`, "$HOME `id` $(id)", `back\slash`, "a!b", "*", "[tampered]", "~", "#x", "it's $5", "a;b", "é", "-n", "a=b", "'"}
	if got, want := quoteWords([]string{"Refuse a bad token [tampered]", "collections/a.toml"}), `"Refuse a bad token [tampered]" collections/a.toml`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	out, err := exec.Command(shell, "-c", `for w in `+quoteWords(words)+`; do printf '%s\n' "$w"; done`).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), strings.Join(words, "\n")+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
