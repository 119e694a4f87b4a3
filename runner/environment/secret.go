package environment

import (
	"errors"
	"slices"
	"strconv"
	"sync"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// A SecretError is a secret that cannot be read from where its declaration says.
type SecretError struct {
	// Source is what was to be read: `environment variable TOKEN`, `file "~/token"`, `command "op"`.
	Source string
	Err    error
	hint   string
}

func (e *SecretError) Error() string {
	if errors.Is(e.Err, errEnvUnset) {
		return e.Source + " is not set"
	}
	return e.Source + " cannot be used: " + reason(e.Err)
}

// Unwrap returns what went wrong.
func (e *SecretError) Unwrap() error { return e.Err }

// Hint says what to try.
func (e *SecretError) Hint() string { return e.hint }

const secretForms = `a secret is a string, or says where it is read from: { env = "NAME" }, or with file, command, keyring or prompt`

// secretKeys are the places from which a secret can be read.
func secretKeys() []string { return []string{"env", "file", "command", "keyring", "prompt"} }

// secrets compiles [secrets]. Those that are read from elsewhere are read when they are first needed, and a run that
// needs none of them does not fail for want of them.
func (l *loader) secrets(f *file, table *tomlnode.Node, o *overlay) map[string]*Variable {
	secrets := map[string]*Variable{}
	for _, e := range table.Entries {
		if message, hint := checkName(e.Key); message != "" {
			l.list.Add(e.Span, message, hint)
			continue
		}
		v := &Variable{Span: entrySpan(e), Secret: true}
		switch e.Node.Kind {
		case tomlnode.String:
			if v.tree = compileNode(e.Node, o.env, &l.list); v.tree == nil {
				continue
			}
		case tomlnode.Table:
			var late bool
			if v.read, late = l.secretReader(f, e, o); v.read == nil {
				continue
			}
			if late {
				l.late[v] = struct{}{}
			}
		default:
			l.list.Add(e.Node.Span, "secret "+strconv.Quote(e.Key)+" must not be "+e.Node.Kind.String(), secretForms)
			continue
		}
		secrets[e.Key] = v
	}
	return secrets
}

// secretReader is the function that reads a secret from where its table says, nil if it does not say so well. late says
// that reading runs a program or asks somebody, which is for a run that needs the secret alone.
func (l *loader) secretReader(f *file, e tomlnode.Entry, o *overlay) (read func() (string, error), late bool) {
	if len(e.Node.Entries) == 0 {
		l.list.Add(entrySpan(e), "secret "+strconv.Quote(e.Key)+" says nothing", secretForms)
		return nil, false
	}
	for _, source := range e.Node.Entries {
		if !slices.Contains(secretKeys(), source.Key) {
			l.unknownSecret(source)
			return nil, false
		}
	}
	if len(e.Node.Entries) > 1 {
		l.list.Add(e.Node.Entries[1].Span, "a secret has one source: env, file, command, keyring or prompt", "")
		return nil, false
	}
	source := e.Node.Entries[0]
	if source.Key == "command" {
		return l.commandReader(f, source.Node), true
	}
	name, ok := source.Node.Text()
	if !ok || name == "" {
		l.list.Add(source.Node.Span, source.Key+" must "+sourceSays(source.Key)+", not "+described(source.Node), "")
		return nil, false
	}
	switch source.Key {
	case "env":
		v := o.env(name)
		return func() (string, error) { return secretFromEnv(v, name) }, false
	case "file":
		return sync.OnceValues(func() (string, error) { return l.secretFromFile(f, name) }), false
	case "keyring":
		return l.keyringReader(source.Node, name), true
	}
	secret := e.Key
	return l.once(func() (string, error) { return l.secretFromPrompt(secret, name) }), true
}

// sourceSays is what the value of a source has to do.
func sourceSays(key string) string {
	if key == "prompt" {
		return "say what to ask for"
	}
	return "name where the secret is"
}

func (l *loader) unknownSecret(e tomlnode.Entry) {
	hint := diag.DidYouMean(e.Key, secretKeys())
	if hint == "" {
		hint = secretForms
	}
	l.list.Add(e.Span, "unknown key "+strconv.Quote(e.Key)+" in a secret", hint)
}

// once reads a secret when it is first needed, and then makes it known to all redactors before anybody else has it.
func (l *loader) once(read func() (string, error)) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		secret, err := read()
		if err == nil {
			l.environment.learn([]string{secret})
		}
		return secret, err
	})
}
