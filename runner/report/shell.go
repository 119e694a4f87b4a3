package report

import (
	"strings"

	"github.com/postrider/postrider/runner/diag"
)

// quoteWords writes words as a command for a POSIX shell that can be copied from a terminal.
func quoteWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteWord(diag.PrintableLine(w))
	}
	return strings.Join(quoted, " ")
}

// quoteWord prefers double quotes, which read better, where nothing in them is special.
func quoteWord(w string) string {
	switch {
	case w != "" && strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,") == "":
		return w
	case !strings.ContainsAny(w, "\"$`\\!"):
		return `"` + w + `"`
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}
