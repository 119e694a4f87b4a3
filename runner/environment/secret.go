package environment

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// maxSecretFile bounds the file of a secret, which may turn out to be a device.
const maxSecretFile = 1 << 20

var (
	errNoHome      = errors.New("there is no home folder")
	errSecretEmpty = errors.New("it is empty")
	errSecretLarge = errors.New("it is larger than 1 MB")
)

// A SecretError is a secret that cannot be read from where its declaration says.
type SecretError struct {
	// Source is what was to be read: `environment variable TOKEN`, `file "~/token"`.
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

const secretForms = `a secret is a string, { env = "NAME" } or { file = "PATH" }`

// secrets compiles [secrets]. Those that are read from elsewhere are read when they are first needed, and a run that
// needs none of them does not fail for want of them.
func (l *loader) secrets(f *file, table *tomlnode.Node, o *overlay) map[string]*Variable {
	secrets := map[string]*Variable{}
	for _, e := range table.Entries {
		if message, hint := checkName(e.Key); message != "" {
			l.list.Add(e.Span, message, hint)
			continue
		}
		v := &Variable{Span: e.Node.Span, Secret: true}
		switch e.Node.Kind {
		case tomlnode.String:
			if v.tree = compileNode(e.Node, o.env, &l.list); v.tree == nil {
				continue
			}
		case tomlnode.Table:
			if v.read = l.secretReader(f, e, o); v.read == nil {
				continue
			}
		default:
			l.list.Add(e.Node.Span, "secret "+strconv.Quote(e.Key)+" must not be "+e.Node.Kind.String(), secretForms)
			continue
		}
		secrets[e.Key] = v
	}
	return secrets
}

// secretReader is the function that reads { env = … } or { file = … }, nil if it is neither.
func (l *loader) secretReader(f *file, e tomlnode.Entry, o *overlay) func() (string, error) {
	if len(e.Node.Entries) == 0 {
		l.list.Add(e.Node.Span, "secret "+strconv.Quote(e.Key)+" says nothing", secretForms)
		return nil
	}
	source := e.Node.Entries[0]
	for _, other := range e.Node.Entries {
		if other.Key != "env" && other.Key != "file" {
			l.unknownSecret(other)
			return nil
		}
	}
	name, ok := source.Node.Text()
	switch {
	case len(e.Node.Entries) > 1:
		l.list.Add(e.Node.Entries[1].Span, "a secret has one source, either env or file", "")
		return nil
	case !ok || name == "":
		l.list.Add(source.Node.Span, source.Key+" must name where the secret is, not "+described(source.Node), "")
		return nil
	case source.Key == "env":
		v := o.env(name)
		return func() (string, error) { return secretFromEnv(v, name) }
	}
	return sync.OnceValues(func() (string, error) { return l.secretFromFile(f, name) })
}

func (l *loader) unknownSecret(e tomlnode.Entry) {
	hint := diag.DidYouMean(e.Key, []string{"env", "file"})
	if hint == "" {
		hint = secretForms
	}
	l.list.Add(e.Span, "unknown key "+strconv.Quote(e.Key)+" in a secret", hint)
}

// secretFromEnv is a secret of the OS environment or a dotenv file. An empty one is what CI makes of a secret that it
// does not have.
func secretFromEnv(v *envVariable, name string) (string, error) {
	source := "environment variable " + name
	switch {
	case !v.set && v.nearest != "":
		return "", &SecretError{source, errEnvUnset, "did you mean " + strconv.Quote(v.nearest) + "?"}
	case !v.set:
		return "", &SecretError{source, errEnvUnset, "set it, or put the secret into a private file: NAME.private.toml"}
	case v.value == "":
		return "", &SecretError{source, errSecretEmpty, "CI leaves a secret empty that it does not have"}
	}
	return v.value, nil
}

func (l *loader) secretFromFile(f *file, name string) (string, error) {
	text, err := l.readSecret(f, name)
	if err == nil {
		return text, nil
	}
	hint := ""
	if errors.Is(err, fs.ErrNotExist) {
		hint = "paths are relative to the environment file"
	}
	return "", &SecretError{"file " + strconv.Quote(name), err, hint}
}

// readSecret is a file without the line break at its end.
func (l *loader) readSecret(f *file, name string) (string, error) {
	disk, err := l.path(f, name)
	if err != nil {
		return "", err
	}
	opened, err := os.Open(disk)
	if err != nil {
		return "", err
	}
	defer opened.Close()
	text, err := io.ReadAll(io.LimitReader(opened, maxSecretFile+1))
	switch secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"); {
	case err != nil:
		return "", err
	case len(text) > maxSecretFile:
		return "", errSecretLarge
	case secret == "":
		return "", errSecretEmpty
	default:
		return secret, nil
	}
}

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
	if e, ok := f.root.Get(callbackName); ok {
		text, _ := e.Node.Text()
		if c, err := ParseCallback(text); err == nil && c.holdsSecret() {
			l.warnings.Warn(e.Node.Span, "the callback URL, with the tokens in it, stands in a file that is shared",
				"move it to "+f.environment+privateSuffix)
		}
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
