package environment

import (
	"slices"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// checkLiterals warns of secrets that stand in a file that is shared. Those of an environment with an embedded pool are
// worth nothing elsewhere.
func (l *loader) checkLiterals(f *file) {
	if f.private || f.shipped {
		return
	}
	hint := "move it to " + f.environment + privateSuffix + `, or write { env = "NAME" }`
	if e, ok := f.root.Get("secrets"); ok {
		for _, e := range e.Node.Entries {
			text, ok := e.Node.Text()
			if ok && text != "" && !strings.Contains(text, "{{") {
				l.warnings.Warn(e.Node.Span, "secret "+strconv.Quote(e.Key)+" stands in a file that is shared", hint)
			}
		}
	}
	if e, ok := f.root.Get("variables"); ok {
		l.checkVariables(e.Node, f.environment)
	}
	if e, ok := f.root.Get(callbackName); ok {
		text, _ := e.Node.Text()
		if c, err := ParseCallback(text); err == nil && c.holdsSecret() {
			l.warnings.Warn(e.Node.Span, "the callback URL, with the tokens in it, stands in a file that is shared",
				"move it to "+f.environment+privateSuffix)
		}
	}
}

// checkVariables warns of what looks like a secret among the variables, where nothing hides it, or was meant for one.
func (l *loader) checkVariables(variables *tomlnode.Node, environment string) {
	for _, e := range variables.Entries {
		if source, ok := secretSource(e.Node); ok {
			l.warnings.Warn(entrySpan(e),
				"variable "+strconv.Quote(e.Key)+" is a table with the key "+strconv.Quote(source)+", and nothing is read from there",
				"sources are read under [secrets]")
			continue
		}
		literals(e.Node, func(n *tomlnode.Node, text string) {
			if what, ok := LooksSecretAs(e.Key, text); ok {
				l.warnings.Warn(n.Span, "variable "+strconv.Quote(e.Key)+" looks like "+what+", and stands in a file that is shared",
					`move it to [secrets] with { env = "NAME" }, or to `+environment+privateSuffix)
			}
		})
	}
}

// secretSource is the key of a table that has one alone, which would say under [secrets] where to read.
func secretSource(n *tomlnode.Node) (key string, ok bool) {
	if n.Kind != tomlnode.Table || len(n.Entries) != 1 {
		return "", false
	}
	key = n.Entries[0].Key
	return key, slices.Contains(secretKeys(), key)
}

// literals calls visit with each text in a node.
func literals(n *tomlnode.Node, visit func(*tomlnode.Node, string)) {
	if text, ok := n.Text(); ok {
		visit(n, text)
	}
	for _, item := range n.Items {
		literals(item, visit)
	}
	for _, e := range n.Entries {
		literals(e.Node, visit)
	}
}

// holdsSecret reports whether one of the parameters is secret.
func (c *Callback) holdsSecret() bool {
	for _, p := range c.parameters {
		if secretParameter(p.name) {
			return true
		}
	}
	return false
}
