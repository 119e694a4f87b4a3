package environment

import (
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// A splicer puts values into TOML text and leaves the rest alone.
type splicer struct {
	text    string
	root    *tomlnode.Node
	newline string
}

// An edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

// apply makes edits, which do not overlap.
func apply(text string, edits []edit) string {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range edits {
		text = text[:e.start] + e.text + text[e.end:]
	}
	return text
}

// plans are ways to set callback_url and, unless it is empty, expired_access_token, the best looking first. TOML has
// more ways to write a table than can be told apart here: which plan is right shows when the result is read again.
func (s *splicer) plans(url, expired string) [][]edit {
	first := s.setCallback(url)
	if expired == "" {
		return [][]edit{{first}}
	}
	var plans [][]edit
	for _, second := range s.setExpired(expired) {
		plans = append(plans, []edit{first, second})
	}
	return plans
}

func (s *splicer) setCallback(url string) edit {
	if e, ok := s.root.Get(callbackName); ok {
		return edit{e.Node.Span.Start, e.Node.Span.End, quoteTOML(url)}
	}
	at, blank := s.head()
	text := callbackName + " = " + quoteTOML(url) + s.newline
	switch rest := s.text[at:]; {
	case blank:
		text = s.newline + text
	case strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "#"):
		text += s.newline
	}
	if at > 0 && blank && s.text[at-1] != '\n' {
		text = s.newline + text
	}
	return edit{at, at, text}
}

// head is where a key of the root table can always stand: at the top, or below a comment that is about the file, which
// is one with a blank line after it.
func (s *splicer) head() (at int, belowComment bool) {
	if strings.HasPrefix(s.text, "\ufeff") {
		at = len("\ufeff")
	}
	end := at
	for strings.HasPrefix(s.text[end:], "#") {
		end = s.lineEnd(end)
	}
	next := strings.TrimLeft(s.text[end:], " \t")
	if end > at && (next == "" || strings.HasPrefix(next, "\n") || strings.HasPrefix(next, "\r\n")) {
		return end, true
	}
	return at, false
}

// lineEnd is where the next line begins.
func (s *splicer) lineEnd(at int) int {
	if i := strings.IndexByte(s.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s.text)
}

// setExpired are the ways to set expired_access_token.
func (s *splicer) setExpired(token string) []edit {
	value := quoteTOML(token)
	line := expiredName + " = " + value + s.newline
	end := ""
	if s.text != "" && !strings.HasSuffix(s.text, "\n") {
		end = s.newline
	}
	table := edit{len(s.text), len(s.text), end + s.newline + "[secrets]" + s.newline + line}
	e, ok := s.root.Get("secrets")
	if !ok {
		return []edit{table}
	}
	if old, ok := e.Node.Get(expiredName); ok {
		return []edit{{old.Node.Span.Start, old.Node.Span.End, value}}
	}
	if span := e.Node.Span; strings.HasPrefix(span.Text(), "{") {
		inner := " " + expiredName + " = " + value
		if len(e.Node.Entries) > 0 {
			inner += ","
		}
		return []edit{{span.Start + 1, span.Start + 1, inner}}
	}
	var edits []edit
	for at := 0; at < len(s.text); at = s.lineEnd(at) {
		if isSecretsHeader(s.text[at:s.lineEnd(at)]) {
			next := s.lineEnd(at)
			text := line
			if s.text[next-1] != '\n' {
				text = s.newline + line
			}
			edits = append(edits, edit{next, next, text})
		}
	}
	at, _ := s.head()
	return append(edits, table, edit{at, at, "secrets." + line})
}

// isSecretsHeader reports whether a line looks like [secrets].
func isSecretsHeader(line string) bool {
	line, _, _ = strings.Cut(line, "#")
	inner, ok := strings.CutPrefix(strings.TrimSpace(line), "[")
	inner, closed := strings.CutSuffix(inner, "]")
	return ok && closed && strings.Trim(inner, " \t\"'") == "secrets"
}

// quoteTOML is a text without control characters as a TOML basic string.
func quoteTOML(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
