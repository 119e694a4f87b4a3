package environment

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// maxSecret bounds a secret in bytes: a file may turn out to be a device, and a command may never end.
const maxSecret = 1 << 20

// What a function of Options may return, and then gets a hint.
var (
	// ErrNoKeyring says that there is no keyring here, or none that can be reached.
	ErrNoKeyring = errors.New("there is no keyring here")
	// ErrNotInKeyring says that the keyring has no secret of that service and user.
	ErrNotInKeyring = errors.New("the keyring has no such secret")
	// ErrNoTerminal says that there is nobody to ask.
	ErrNoTerminal = errors.New("there is no terminal to ask at")
)

var (
	errNoHome      = errors.New("there is no home folder")
	errSecretEmpty = errors.New("it is empty")
	errSecretLarge = errors.New("it is larger than 1 MB")
	errUnread      = errors.New("it is read when a run needs it")
)

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
	text, err := io.ReadAll(io.LimitReader(opened, maxSecret+1))
	if err != nil {
		return "", err
	}
	return trimmed(text)
}

// trimmed is what was read without the line break at its end, if it is a secret.
func trimmed(text []byte) (string, error) {
	switch secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"); {
	case len(text) > maxSecret:
		return "", errSecretLarge
	case secret == "":
		return "", errSecretEmpty
	default:
		return secret, nil
	}
}

// keyringReader reads "service/user". Services may have slashes in their names, users have none.
func (l *loader) keyringReader(node *tomlnode.Node, name string) func() (string, error) {
	slash := strings.LastIndexByte(name, '/')
	if slash <= 0 || slash == len(name)-1 {
		l.list.Add(node.Span, "keyring must be a service and a user, not "+strconv.Quote(name), `for example keyring = "example.com/jane"`)
		return nil
	}
	service, user := name[:slash], name[slash+1:]
	return l.once(func() (string, error) {
		source := "keyring entry " + strconv.Quote(name)
		if l.options.Keyring == nil {
			return "", &SecretError{source, ErrNoKeyring, elsewhere}
		}
		secret, err := l.options.Keyring(service, user)
		switch {
		case errors.Is(err, ErrNotInKeyring):
			return "", &SecretError{source, ErrNotInKeyring, intoKeyring(runtime.GOOS, service, user)}
		case errors.Is(err, ErrNoKeyring):
			return "", &SecretError{source, ErrNoKeyring, elsewhere}
		case err != nil:
			return "", &SecretError{source, err, ""}
		case secret == "":
			return "", &SecretError{source, errSecretEmpty, intoKeyring(runtime.GOOS, service, user)}
		}
		return secret, nil
	})
}

const elsewhere = `read it from elsewhere here: { env = "NAME" } in a private file, NAME.private.toml`

// intoKeyring is how a secret gets into the keyring of a system under the attributes that it is looked for by.
func intoKeyring(system, service, user string) string {
	switch system {
	case "windows":
		return "put it there: cmdkey /generic:" + service + ":" + user + " /user:" + user + " /pass"
	case "darwin":
		return "put it there: security add-generic-password -s " + quoteShell(service) + " -a " + quoteShell(user) + " -w"
	}
	return "put it there: secret-tool store --label=postrider service " + quoteShell(service) + " username " + quoteShell(user)
}

// quoteShell is one word for a shell.
func quoteShell(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", shellQuote) + "'"
}

// secretFromPrompt asks for a secret.
func (l *loader) secretFromPrompt(name, label string) (string, error) {
	source := "prompt " + strconv.Quote(label)
	hint := `give it with --var ` + quoteShell(name+"=…") + `, or read it from elsewhere: { env = "NAME" }`
	if l.options.Prompt == nil {
		return "", &SecretError{source, ErrNoTerminal, hint}
	}
	secret, err := l.options.Prompt(label)
	switch {
	case errors.Is(err, ErrNoTerminal):
		return "", &SecretError{source, ErrNoTerminal, hint}
	case err != nil:
		return "", &SecretError{source, err, ""}
	case secret == "":
		return "", &SecretError{source, errSecretEmpty, ""}
	}
	return secret, nil
}
