package runner

import (
	"strings"

	"github.com/postrider/postrider/runner/environment"
)

// conceal makes secrets of the credentials that requests declare, as far as they stand in files or on the command line: a
// request before may send the same text as something else, and it would be shown by the time that it is known for one.
func (r *Runner) conceal() {
	var given, wide []*environment.Layer
	if len(r.options.Variables) > 0 {
		given = append(given, r.variables())
	}
	if r.options.Environment != nil {
		for _, l := range r.options.Environment.Layers() {
			given = append(given, l.Constants())
		}
	}
	wide = append(wide, r.layer.Constants())
	if r.options.Globals != nil {
		wide = append(wide, r.options.Globals.Constants())
	}
	seen := map[*authentication]bool{}
	r.credentials = map[string]bool{}
	for s := range steps([]node{{block: r.root}}) {
		texts := s.credentials()
		if s.auth != nil {
			if seen[s.auth] {
				continue
			}
			seen[s.auth] = true
		}
		if len(texts) == 0 {
			continue
		}
		scopes := environment.NewScopes(append(given[:len(given):len(given)], wide...)...)
		for _, l := range s.folders {
			scopes.Push(l.Constants())
		}
		for _, t := range texts {
			r.concealNames(t)
			if text, err := t.expand(scopes); err == nil {
				r.options.Redactor.Add(credentialOf(s, text))
			}
		}
	}
}

// concealNames notes the name of which a credential is made: what is captured under it is a secret before it is sent.
func (r *Runner) concealNames(t *text) {
	if t.template == nil {
		return
	}
	if refs := t.template.References(); len(refs) == 1 {
		r.credentials[refs[0].Name] = true
	}
}

// credentials are the texts of a request that are credentials, or hold one.
func (r *request) credentials() []*text {
	if a := r.auth; a != nil {
		return a.secrets()
	}
	for _, h := range r.headers {
		if strings.EqualFold(h.name, "Authorization") {
			return h.values
		}
	}
	return nil
}

// credentialOf is the credential of a text, without the scheme in front of it where it is a header field.
func credentialOf(s *step, value string) string {
	if s.auth != nil {
		return value
	}
	_, credential, _ := strings.Cut(value, " ")
	return strings.TrimSpace(credential)
}

// secrets are the texts that must not be shown.
func (a *authentication) secrets() []*text {
	var out []*text
	for _, t := range []*text{a.token, a.password} {
		if t != nil {
			out = append(out, t)
		}
	}
	if a.scheme != nil {
		for name, t := range a.scheme.texts {
			if secretFields[name] {
				out = append(out, t)
			}
		}
	}
	if a.grant != nil {
		for _, name := range []string{"client_secret", "password", "refresh_token"} {
			if t := a.grant.fields[name]; t != nil {
				out = append(out, t)
			}
		}
	}
	return out
}
