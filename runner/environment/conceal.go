package environment

import (
	"strings"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// conceal tells the redactor the secrets that stand in a file, before anything is said about it: a diagnostic shows the
// line that it is about, and that line may be the one with the password.
func (l *loader) conceal(f *file) {
	r := l.options.Redactor
	if r == nil {
		return
	}
	add := func(text string) {
		if !strings.Contains(text, "{{") {
			r.Add(text)
		}
	}
	for _, e := range f.root.Entries {
		switch e.Key {
		case "secrets":
			for _, secret := range e.Node.Entries {
				if secret.Node.Kind != tomlnode.Table {
					leaves(secret.Node.Value(), add)
				}
			}
		case "variables":
			for _, v := range e.Node.Entries {
				literals(v.Node, func(_ *tomlnode.Node, text string) {
					if _, ok := LooksSecretAs(v.Key, text); ok {
						r.Add(text)
					}
				})
			}
		case "cognito":
			concealPool(e.Node, add)
		case callbackName:
			text, _ := e.Node.Text()
			c, err := ParseCallback(text)
			switch {
			case isBare(err):
			case err != nil:
				r.Add(text)
			default:
				for _, p := range c.parameters {
					if secretParameter(p.name) {
						add(p.value)
					}
				}
			}
		}
	}
}

// concealPool adds every text under a key for a secret or a password.
func concealPool(n *tomlnode.Node, add func(string)) {
	for _, e := range n.Entries {
		switch e.Key {
		case "secret", "password", "temporary_password":
			leaves(e.Node.Value(), add)
		default:
			concealPool(e.Node, add)
		}
	}
	for _, item := range n.Items {
		concealPool(item, add)
	}
}

// concealSyntax tells the redactor the value on the line of each diagnostic about a file that could not be parsed, if
// it may be a secret: nobody knows what it was meant to be.
func (l *loader) concealSyntax(private bool, list diag.List) {
	if l.options.Redactor == nil {
		return
	}
	for _, d := range list {
		if d.Span.IsZero() {
			continue
		}
		text := d.Span.Source.Text
		at := min(max(d.Span.Start, 0), len(text))
		before := text[:at]
		lineStart := strings.LastIndexByte(before, '\n') + 1
		line, _, _ := strings.Cut(text[lineStart:], "\n")
		key, value, ok := strings.Cut(line, "=")
		table := before[strings.LastIndex(before, "\n[")+1:]
		if ok && (private || strings.HasPrefix(table, "[secrets") || secretKey(strings.TrimSpace(key))) {
			l.options.Redactor.Add(strings.TrimRight(strings.TrimLeft(value, " \t\"'"), " \t\r\"'"))
		}
	}
}

// secretKey reports whether a key of an environment file holds a secret.
func secretKey(key string) bool {
	return key == callbackName || key == "password" || key == "temporary_password" || strings.HasSuffix(key, "secret")
}
