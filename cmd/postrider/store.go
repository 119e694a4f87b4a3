package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
)

// A store keeps the tokens that `login` got, for `run` to use. It is one file that its owner alone may read. Where the
// system has a keyring, the tokens in it are sealed with a key that the keyring keeps. Processes may share it.
type store struct {
	path string
	keys keychain // nil: tokens are not sealed
	err  error    // why there is no store
}

// openStore finds the store. What is wrong with it is told by whatever is done with it.
func (p *program) openStore() *store {
	s := &store{}
	folder, err := p.stateFolder()
	if err != nil {
		s.err = diag.Diagnostic{Message: "there is no place for tokens: " + err.Error(), Hint: "set HOME or XDG_STATE_HOME"}
		return s
	}
	s.path = filepath.Join(folder, "postrider", "tokens.json")
	s.keys, s.err = p.keychain()
	return s
}

// stateFolder is where programs keep what they could do without (XDG Base Directory Specification).
func (p *program) stateFolder() (string, error) {
	if dir, _ := p.getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) { // others are to be ignored
		return dir, nil
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return os.UserConfigDir()
	}
	home, _ := p.getenv("HOME")
	if home == "" {
		return "", errors.New("HOME is not set")
	}
	return filepath.Join(home, ".local", "state"), nil
}

// An identity is what a token is kept under. All endpoints are part of it: a refresh token is for the provider that
// gave it, whatever another collection calls its own.
type identity struct {
	Environments []string `json:"environments"`
	Grant        string   `json:"grant"`
	Issuer       string   `json:"issuer,omitempty"`
	AuthorizeURL string   `json:"authorize_url,omitempty"`
	TokenURL     string   `json:"token_url,omitempty"`
	DeviceURL    string   `json:"device_url,omitempty"`
	ClientID     string   `json:"client_id"`
	Scope        string   `json:"scope,omitempty"`
	Username     string   `json:"username,omitempty"`
	From         string   `json:"from,omitempty"` // a digest of the refresh token that the grant begins with
}

func identify(environments []string, g auth.Grant) identity {
	id := identity{
		Environments: environmentKeys(environments), Grant: g.Grant, Issuer: g.Issuer, AuthorizeURL: g.AuthorizeURL,
		TokenURL: g.TokenURL, DeviceURL: g.DeviceURL, ClientID: g.ClientID, Scope: strings.Join(strings.Fields(g.Scope), " "), Username: g.Username,
	}
	if g.Grant == auth.RefreshToken {
		digest := sha256.Sum256([]byte(g.RefreshToken))
		id.From = hex.EncodeToString(digest[:])
	}
	return id
}

// environmentKeys are names of environments in one spelling: that of environments/NAME.toml is NAME, a file elsewhere is
// called by its whole path.
func environmentKeys(names []string) []string {
	keys := []string{}
	for _, name := range names {
		base, isFile := strings.CutSuffix(name, ".toml")
		switch dir, last := filepath.Split(base); {
		case filepath.Clean(dir) == environmentsFolder:
			base = last
		case isFile || dir != "":
			if whole, err := filepath.Abs(base); err == nil {
				base = whole
			}
		}
		keys = append(keys, base)
	}
	return keys
}

// is says whether two identities are the same.
func (id identity) is(other identity) bool {
	same := slices.Equal(id.Environments, other.Environments)
	id.Environments, other.Environments = nil, nil
	return same && reflect.DeepEqual(id, other)
}

// A storedToken is a token in the file: with what may be shown of it, and the token itself, sealed or not.
type storedToken struct {
	identity
	Granted   string     `json:"granted,omitempty"` // the scope of the token
	Expiry    time.Time  `json:"expiry,omitzero"`
	Renewable bool       `json:"renewable,omitempty"` // it has a refresh token
	Token     *tokenText `json:"token,omitempty"`
	Sealed    []byte     `json:"sealed,omitempty"`
}

// tokenText is an auth.Token as JSON has it.
type tokenText struct {
	AccessToken  string    `json:"access_token"`
	Type         string    `json:"token_type,omitempty"`
	IDToken      string    `json:"id_token,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Scope        string    `json:"scope,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
}

// storeFile is the file as a whole.
type storeFile struct {
	Version int           `json:"version"`
	Tokens  []storedToken `json:"tokens"`
}

const storeVersion = 1

func (f *storeFile) index(id identity) int {
	return slices.IndexFunc(f.Tokens, func(t storedToken) bool { return t.is(id) })
}

// get gives the token that is stored for a grant in these environments, and whether there is one. It may have expired.
func (s *store) get(environments []string, g auth.Grant) (auth.Token, bool, error) {
	f, err := s.read()
	if err != nil {
		return auth.Token{}, false, err
	}
	i := f.index(identify(environments, g))
	if i < 0 {
		return auth.Token{}, false, nil
	}
	t, err := s.open(f.Tokens[i])
	return t, err == nil, err
}

// put stores a token in the place of one that is there, and says where it is: "… in FILE …". A store that cannot be
// written stays as it was.
func (s *store) put(environments []string, g auth.Grant, t auth.Token) (place string, err error) {
	entry := storedToken{
		identity: identify(environments, g), Granted: cmp.Or(t.Scope, g.Scope), Expiry: t.Expiry.UTC().Truncate(time.Second), Renewable: t.RefreshToken != "",
	}
	err = s.change(func(f *storeFile) error {
		if err := s.seal(&entry, t); err != nil {
			return err
		}
		if i := f.index(entry.identity); i >= 0 {
			f.Tokens[i] = entry
		} else {
			f.Tokens = append(f.Tokens, entry)
		}
		return nil
	})
	if entry.Sealed != nil {
		return "in " + s.path + ", sealed with a key in the system's keyring", err
	}
	return "in " + s.path + ", which you alone may read", err
}

// list gives what is stored, without opening any token.
func (s *store) list() ([]storedToken, error) {
	f, err := s.read()
	return f.Tokens, err
}

// forget removes the tokens that match, and returns how many.
func (s *store) forget(match func(storedToken) bool) (int, error) {
	if f, err := s.read(); err != nil || !slices.ContainsFunc(f.Tokens, match) {
		return 0, err
	}
	n := 0
	err := s.change(func(f *storeFile) error {
		before := len(f.Tokens)
		f.Tokens = slices.DeleteFunc(f.Tokens, match)
		n = before - len(f.Tokens)
		return nil
	})
	return n, err
}

// forgetAll removes the file, in whatever state it is, and the key.
func (s *store) forgetAll() (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n := 1 // a file that cannot be read holds something
	if f, err := s.read(); err == nil {
		n = len(f.Tokens)
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, s.wrap("cannot be removed", err, "")
	}
	if s.keys != nil {
		if err := s.keys.remove(); err != nil && !errors.Is(err, errNoKeychain) {
			return n, diag.Diagnostic{Message: "the tokens are gone, but not their key: " + err.Error()}
		}
	}
	return n, nil
}

// read reads the file; none is an empty one.
func (s *store) read() (storeFile, error) {
	f := storeFile{Version: storeVersion}
	if s.err != nil {
		return f, s.err
	}
	text, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil
	case err != nil:
		return f, s.wrap("cannot be read", err, "")
	}
	const hint = "`postrider login --forget --all` removes it"
	if err := json.Unmarshal(text, &f); err != nil {
		return f, s.wrap("cannot be read", errors.New("it is not as postrider writes it"), hint)
	}
	if f.Version != storeVersion {
		return f, s.wrap("cannot be read", fmt.Errorf("it is of version %d, and this postrider knows %d", f.Version, storeVersion), hint)
	}
	return f, nil
}

// change reads the file, changes it and writes it, while no other process does.
func (s *store) change(edit func(*storeFile) error) error {
	if s.err != nil {
		return s.err
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return s.wrap("cannot be written", err, "")
	}
	unlock, err := lockedfile.MutexAt(s.path + ".lock").Lock()
	if err != nil {
		return s.wrap("cannot be locked", err, "")
	}
	defer unlock()
	f, err := s.read()
	if err != nil {
		return err
	}
	if err := edit(&f); err != nil {
		return err
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = replaceOwn(s.path, append(text, '\n'))
	}
	if err != nil {
		return s.wrap("cannot be written", err, "it is as it was")
	}
	return nil
}

// wrap words what cannot be done with the file.
func (s *store) wrap(what string, err error, hint string) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // it names a file beside ours, or ours again
	}
	return diag.Diagnostic{Message: fmt.Sprintf("the stored tokens in %s %s: %s", s.path, what, err), Hint: hint}
}

// replaceOwn writes a file that its owner alone may read: beside the old one, which it then takes the place of.
func replaceOwn(path string, text []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".tokens-*") // of mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	if err == nil {
		err = temp.Sync()
	}
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}
