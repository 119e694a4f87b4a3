package rows

import (
	"strconv"
	"strings"
	"unicode"
)

// maxNames is how many names a file's rows are remembered to have; those of more are checked each time.
const maxNames = 4096

// names are the variable names of a file that have been found good, each kept once.
type names map[string]string

// check returns the name to use for one that was read, or what is wrong with it.
func (n names) check(name string) (kept, message, hint string) {
	if kept, ok := n[name]; ok {
		return kept, "", ""
	}
	if message, hint = checkName(name); message != "" {
		return "", message, hint
	}
	if len(n) < maxNames {
		kept = strings.Clone(name)
		n[kept] = kept
		return kept, "", ""
	}
	return strings.Clone(name), "", ""
}

// checkName says what is wrong with the name of a variable, if anything. The rule is that of templates: {{name}}.
func checkName(name string) (message, hint string) {
	switch {
	case name == "":
		return "a variable needs a name", "is there a separator too many?"
	case strings.HasPrefix(name, "$"):
		return "variable " + strconv.Quote(name) + " cannot be set", "names that begin with $ are the dynamic variables"
	case strings.HasPrefix(name, "env."):
		return "variable " + strconv.Quote(name) + " cannot be set", "names that begin with env. are the OS environment's"
	}
	for _, r := range name {
		if r != '_' && r != '-' && r != '.' && r != ':' && !unicode.In(r, unicode.L, unicode.Nd, unicode.M) {
			return "variable " + strconv.Quote(clip(name)) + " cannot be used in a template", "names have letters, digits, - . _ and :"
		}
	}
	return "", ""
}

// maxShown is how many characters of a name or a value a message has.
const maxShown = 40

// clip shortens what a message shows.
func clip(s string) string {
	n := 0
	for i := range s {
		if n == maxShown {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
