package environment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

const (
	expiredName   = "expired_access_token"
	privateHeader = "# Yours alone, and not for git: postrider keeps here what must not be shared."
)

// A SaveResult says what SaveCallback did.
type SaveResult struct {
	// Path is the file that was written: path itself, or what it links to.
	Path string
	// Created says that there was no such file.
	Created bool
	// KeptExpired says that the access token of the URL before, which has expired, is kept as expired_access_token.
	KeptExpired bool
}

// SaveCallback writes a callback URL into an environment file, environments/NAME.private.toml. All else in the file
// stays as it is, byte for byte, and nobody but its owner may read it then. Old or new, the file is whole at any time.
//
// If the URL that was there before holds an access token that has expired, that token is kept under [secrets] for tests
// that need one. A URL that the provider has refused with is not written: the error is a [*RefusedError].
func SaveCallback(path, rawURL string, now time.Time) (SaveResult, error) {
	return saveCallback(path, rawURL, now, nil)
}

// saveCallback is SaveCallback where a fault can be put before each step of writing.
func saveCallback(path, rawURL string, now time.Time, fault func(step string) error) (SaveResult, error) {
	callback, err := ParseCallback(rawURL)
	if err != nil {
		return SaveResult{}, err
	}
	if refused := callback.Refused(); refused != nil {
		return SaveResult{}, refused
	}
	result := SaveResult{Path: path}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		result.Path = target
	}
	text, mode, err := current(result.Path)
	if errors.Is(err, fs.ErrNotExist) {
		result.Created = true
		text = privateHeader + "\n"
		err = os.MkdirAll(filepath.Dir(result.Path), 0o755)
	}
	if err != nil {
		return SaveResult{}, &SaveError{Path: path, Err: err}
	}
	text, result.KeptExpired, err = withCallback(filepath.ToSlash(path), text, callback, now)
	if err != nil {
		return SaveResult{}, err
	}
	if err := replaceFile(result.Path, text, mode, fault); err != nil {
		return SaveResult{}, &SaveError{Path: path, Err: err}
	}
	return result, nil
}

// A SaveError is a file that could not be written. It is as it was before; or as it was to be, if all that failed was to
// make its folder last.
type SaveError struct {
	Path string
	Err  error
}

func (e *SaveError) Error() string { return "cannot write " + e.Path + ": " + reason(e.Err) }

// Unwrap returns what went wrong.
func (e *SaveError) Unwrap() error { return e.Err }

// current is the text of a file and the mode that it is to have: never wider than 0600.
func current(path string) (string, fs.FileMode, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", 0o600, err
	}
	text, err := os.ReadFile(path)
	return string(text), info.Mode().Perm() & 0o600, err
}

// withCallback is a TOML file with the callback URL in it. The result has been read again: it differs from the file as
// it was in nothing else.
func withCallback(name, text string, callback *Callback, now time.Time) (string, bool, error) {
	root, list := tomlnode.Parse(diag.NewSource(name, text))
	if err := list.Err(); err != nil {
		return "", false, err
	}
	expired := expiredToken(root, callback, now)
	want := root.Value().(map[string]any)
	url := inert(callback.url)
	want[callbackName] = url
	if expired != "" {
		secrets, ok := want["secrets"].(map[string]any)
		if _, there := want["secrets"]; there && !ok {
			expired = ""
		} else if !ok {
			secrets = map[string]any{}
			want["secrets"] = secrets
		}
		if expired != "" {
			secrets[expiredName] = expired
		}
	}
	s := &splicer{text: text, root: root, newline: "\n"}
	if strings.Contains(text, "\r\n") {
		s.newline = "\r\n"
	}
	for _, edits := range s.plans(url, expired) {
		spliced := apply(text, edits)
		got, list := tomlnode.Parse(diag.NewSource(name, spliced))
		if !list.HasErrors() && reflect.DeepEqual(got.Value(), any(want)) {
			return spliced, expired != "", nil
		}
	}
	return "", false, &SaveError{Path: name, Err: errNoPlaceFor}
}

// inert is a URL that means the same and is plain text in a TOML file: templates are looked for there, and the URL comes
// from outside.
func inert(url string) string {
	var b strings.Builder
	for i, r := range url {
		_, size := utf8.DecodeRuneInString(url[i:])
		if r == '{' || r < ' ' || r == 0x7f || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, "%%%02X", url[i])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

var errNoPlaceFor = errors.New("there is no place for callback_url in the file: write it in by hand")

// expiredToken is the access token of the callback URL that a file has, if it has expired and is another one.
func expiredToken(root *tomlnode.Node, callback *Callback, now time.Time) string {
	e, ok := root.Get(callbackName)
	if !ok {
		return ""
	}
	text, _ := e.Node.Text()
	old, err := ParseCallback(text)
	if err != nil {
		return ""
	}
	token, _ := old.Get("access_token")
	fresh, _ := callback.Get("access_token")
	at, ok := expiry(token)
	if !ok || token == fresh || now.Before(at) || tokenEnd(token, 0) != len(token) {
		return ""
	}
	return token
}
