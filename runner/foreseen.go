package runner

import (
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/environment"
)

// conceal makes secrets of the credentials that requests declare, as far as they stand in files or on the command line: a
// request before may send the same text as something else, and it would be shown by the time that it is known for one.
func (r *Runner) conceal() {
	var known []*environment.Layer
	if len(r.options.Variables) > 0 {
		known = append(known, r.variables())
	}
	if r.options.Environment != nil {
		for _, l := range r.options.Environment.Layers() {
			known = append(known, l.Constants())
		}
	}
	known = append(known, r.layer.Constants())
	if r.options.Globals != nil {
		known = append(known, r.options.Globals.Constants())
	}
	r.credentials = map[string]bool{}
	var scopes *environment.Scopes
	var near []*environment.Layer // those of scopes that are nearer than the collection
	seen := map[*text]bool{}      // those that were looked at in scopes
	for s := range steps([]node{{block: r.root}}) {
		texts := s.credentials()
		if len(texts) == 0 {
			continue
		}
		// Requests of one folder see the same.
		if here := slices.Concat(s.layers, s.folders); scopes == nil || !slices.Equal(here, near) {
			near = here
			clear(seen)
			layers := known[:len(known):len(known)]
			for _, l := range near {
				layers = append(layers, l.Constants())
			}
			scopes = environment.NewScopes(layers...)
		}
		for _, t := range texts {
			if seen[t] {
				continue
			}
			seen[t] = true
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
