package lint

import (
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

const secretHint = "put it under [secrets] of an environment, and refer to it as {{name}}"

// literal is the text of a value that holds no template, or "".
func literal(v *collection.Value) string {
	if v == nil {
		return ""
	}
	s, _ := v.Text()
	if strings.Contains(s, "{{") {
		return ""
	}
	return strings.TrimSpace(s)
}

// conceal tells of a secret before anything is said about it: a diagnostic shows the line that it is about.
func (l *linter) conceal(secret string) {
	if l.known.Conceal != nil {
		l.known.Conceal(secret)
	}
}

// secretText finds texts that look like a credential, wherever they stand.
func (l *linter) secretText(s string, span diag.Span) {
	if what, ok := environment.LooksSecretAs(l.under, s); ok {
		l.conceal(s)
		l.list.Warn(span, "this looks like "+what+", and everybody who has the collection can read it", secretHint)
	}
}

// secretVariable finds a literal value under a name that sounds like a credential's.
func (l *linter) secretVariable(name string, v *collection.Value) {
	if environment.SecretName(name) {
		l.credential(name, v)
	}
}

// credential finds a credential that is written out. What looks like one has been told of by then.
func (l *linter) credential(name string, v *collection.Value) {
	s := literal(v)
	if _, told := environment.LooksSecretAs(name, s); s != "" && !told {
		l.conceal(s)
		l.list.Warn(v.Span, strconv.Quote(name)+" is a literal secret, and everybody who has the collection can read it", secretHint)
	}
}

// secretHeader finds credentials that are written out in a header.
func (l *linter) secretHeader(h *collection.Header) {
	if !strings.EqualFold(h.Name, "Authorization") && !strings.EqualFold(h.Name, "Proxy-Authorization") && !environment.SecretName(h.Name) {
		return
	}
	for _, v := range h.Values {
		l.credential(h.Name, v)
	}
}

// secretAuth finds credentials that are written out under auth.
func (l *linter) secretAuth(a *collection.Auth) {
	l.credential("bearer", a.Token)
	l.credential("password", a.Password)
	for _, f := range a.Fields {
		switch f.Name {
		case "value", "key", "secret_key": // no names that sound like secrets elsewhere
			l.credential(f.Name, f.Value)
		}
	}
}
