package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// fakeKeychain keeps a key in memory, or refuses.
type fakeKeychain struct {
	key []byte
	err error
}

func (k *fakeKeychain) get() ([]byte, error) {
	if k.err == nil && k.key == nil {
		return nil, errNoKey
	}
	return k.key, k.err
}

func (k *fakeKeychain) set(key []byte) error {
	k.key = key
	return k.err
}

func (k *fakeKeychain) remove() error {
	k.key = nil
	return k.err
}

var (
	janesGrant = auth.Grant{Grant: auth.AuthorizationCode, AuthorizeURL: "https://id.example.com/authorize", TokenURL: "https://id.example.com/token", ClientID: "app", Scope: "openid email", RedirectURI: "http://localhost:3000/cb", ClientSecret: "client-s3cret"}
	janesToken = auth.Token{AccessToken: "access-s3cret", Type: "Bearer", IDToken: "id-s3cret", RefreshToken: "refresh-s3cret", Scope: "openid", Expiry: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
)

func newStore(t *testing.T, keys keychain) *store {
	return &store{path: filepath.Join(t.TempDir(), "state", "postrider", "tokens.json"), keys: keys}
}

func mustPut(t *testing.T, s *store, environments []string, g auth.Grant, token auth.Token) string {
	t.Helper()
	place, err := s.put(environments, g, token)
	if err != nil {
		t.Fatal(err)
	}
	return place
}

func wantStored(t *testing.T, s *store, environments []string, g auth.Grant, want auth.Token) {
	t.Helper()
	got, ok, err := s.get(environments, g)
	if d := cmp.Diff(want, got); d != "" || ok != (want != auth.Token{}) || err != nil {
		t.Error(ok, err, d)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]keychain{"file": nil, "sealed": &fakeKeychain{}, "none after all": &fakeKeychain{err: errNoKeychain}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, keys)
			wantStored(t, s, []string{"dev"}, janesGrant, auth.Token{})
			place := mustPut(t, s, []string{"dev"}, janesGrant, janesToken)
			if sealed := strings.Contains(place, "keyring"); sealed != (name == "sealed") || !strings.Contains(place, s.path) {
				t.Errorf("stored %s", place)
			}
			wantStored(t, s, []string{"dev"}, janesGrant, janesToken)
			for file, mode := range map[string]os.FileMode{s.path: 0o600, filepath.Dir(s.path): 0o700} {
				if info, err := os.Stat(file); err != nil || info.Mode().Perm() != mode {
					t.Errorf("%s: %v, %v", file, info.Mode(), err)
				}
			}
			text, _ := os.ReadFile(s.path)
			if open := bytes.Contains(text, []byte("access-s3cret")); open != (name != "sealed") || bytes.Contains(text, []byte("client-s3cret")) {
				t.Errorf("open: %v\n%s", open, text)
			}
			other := janesToken
			other.AccessToken = "access-2"
			mustPut(t, s, []string{"dev"}, janesGrant, other)
			wantStored(t, s, []string{"dev"}, janesGrant, other)
			if all, err := s.list(); len(all) != 1 || err != nil || !all[0].Renewable || all[0].Granted != "openid" {
				t.Errorf("%+v, %v", all, err)
			}
		})
	}
}

// TestStoreTellsApart: a token is for one grant of one list of environments, and for nothing that is nearly the same.
func TestStoreTellsApart(t *testing.T) {
	t.Parallel()
	s := newStore(t, &fakeKeychain{})
	mustPut(t, s, []string{"dev"}, janesGrant, janesToken)
	for name, change := range map[string]func(*auth.Grant){
		"grant": func(g *auth.Grant) { g.Grant = auth.Implicit }, "issuer": func(g *auth.Grant) { g.Issuer = "https://id.example.com" },
		"authorize_url": func(g *auth.Grant) { g.AuthorizeURL += "2" }, "token_url": func(g *auth.Grant) { g.TokenURL = "https://evil.example.com/token" },
		"device_url": func(g *auth.Grant) { g.DeviceURL = "https://id.example.com/device" }, "client": func(g *auth.Grant) { g.ClientID = "app2" },
		"scope": func(g *auth.Grant) { g.Scope = "openid" }, "user": func(g *auth.Grant) { g.Username = "joe" },
		"nearly": func(g *auth.Grant) { g.ClientID, g.Scope = "app openid", "email" },
	} {
		g := janesGrant
		change(&g)
		if _, ok, err := s.get([]string{"dev"}, g); ok || err != nil {
			t.Errorf("another %s: there is a token, %v", name, err)
		}
	}
	for _, environments := range [][]string{nil, {"prod"}, {"dev", "jane"}} {
		wantStored(t, s, environments, janesGrant, auth.Token{})
	}
	same := janesGrant
	same.RedirectURI, same.Scope, same.ClientSecret, same.NoPKCE = "http://localhost:1/", " openid  email", "rotated", true
	wantStored(t, s, []string{"environments/dev.toml"}, same, janesToken)

	refresh := auth.Grant{Grant: auth.RefreshToken, TokenURL: "https://id.example.com/token", ClientID: "app", RefreshToken: "first"}
	mustPut(t, s, nil, refresh, janesToken)
	refresh.RefreshToken = "second"
	wantStored(t, s, nil, refresh, auth.Token{})
}

// TestStoreFails: whatever cannot be done leaves the file as it was, and says so.
func TestStoreFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(t *testing.T, s *store)
		want  string
	}{
		"keyring refuses": {func(t *testing.T, s *store) { s.keys = &fakeKeychain{err: errors.New("the keyring refused: locked")} }, "the token cannot be stored: the keyring refused: locked"},
		"no JSON":         {func(t *testing.T, s *store) { write(t, s.path, `{"tok`) }, "cannot be read: it is not as postrider writes it"},
		"later version":   {func(t *testing.T, s *store) { write(t, s.path, `{"version":2}`) }, "it is of version 2, and this postrider knows 1"},
		"lock":            {func(t *testing.T, s *store) { remake(t, s.path+".lock") }, "cannot be locked"},
		"no place":        {func(t *testing.T, s *store) { s.err = diag.Diagnostic{Message: "there is no place"} }, "there is no place"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, nil)
			mustPut(t, s, []string{"dev"}, janesGrant, janesToken)
			test.spoil(t, s)
			before, _ := os.ReadFile(s.path)
			_, err := s.put([]string{"dev"}, janesGrant, auth.Token{AccessToken: "new"})
			var d diag.Diagnostic
			if !errors.As(err, &d) || !strings.Contains(d.Message, test.want) {
				t.Errorf("%v", err)
			}
			if after, _ := os.ReadFile(s.path); !bytes.Equal(before, after) {
				t.Errorf("the file is now\n%s", after)
			}
		})
	}
}

// TestReplaceFails: a file that cannot take the place of the old one leaves nothing behind.
func TestReplaceFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target := filepath.Join(dir, "tokens.json")
	remake(t, filepath.Join(target, "inside"))
	if err := replaceOwn(target, []byte("new")); err == nil {
		t.Error("a folder was replaced")
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestStoreBehindLink(t *testing.T) {
	t.Parallel()
	s := newStore(t, nil)
	elsewhere := filepath.Join(t.TempDir(), "kept.json")
	write(t, elsewhere, `{"version":1}`)
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, s.path); err != nil {
		t.Skip(err)
	}
	mustPut(t, s, nil, janesGrant, janesToken)
	if info, err := os.Stat(elsewhere); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if info, err := os.Lstat(s.path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is gone")
	}
}

// TestSealed: what was sealed opens with its own key and under its own identity alone.
func TestSealed(t *testing.T) {
	t.Parallel()
	keys := &fakeKeychain{}
	s := newStore(t, keys)
	mustPut(t, s, []string{"dev"}, janesGrant, janesToken)
	fails := func(s *store, want string) {
		t.Helper()
		if token, ok, err := s.get([]string{"dev"}, janesGrant); ok || err == nil || !strings.Contains(err.Error(), want) || token.AccessToken != "" {
			t.Errorf("%v, %v; want %s", ok, err, want)
		}
	}
	fails(&store{path: s.path}, "there is none here")
	fails(&store{path: s.path, keys: &fakeKeychain{}}, "has no key")
	fails(&store{path: s.path, keys: &fakeKeychain{key: make([]byte, keySize)}}, "another key")
	fails(&store{path: s.path, keys: &fakeKeychain{err: errors.New("locked")}}, "locked")
	text, _ := os.ReadFile(s.path)
	write(t, s.path, strings.Replace(string(text), "/token", "/elsewhere", 1))
	moved := janesGrant
	moved.TokenURL = "https://id.example.com/elsewhere"
	if _, ok, err := s.get([]string{"dev"}, moved); ok || err == nil {
		t.Errorf("a token moved to another endpoint was opened: %v", err)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	keys := &fakeKeychain{}
	s := newStore(t, keys)
	if n, err := s.forget(func(storedToken) bool { return true }); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := os.Stat(filepath.Dir(s.path)); err == nil {
		t.Error("forgetting nothing made a folder")
	}
	mustPut(t, s, []string{"dev"}, janesGrant, janesToken)
	mustPut(t, s, []string{"dev", "jane"}, janesGrant, janesToken)
	mustPut(t, s, []string{"prod"}, janesGrant, janesToken)
	if n, err := s.forget(func(e storedToken) bool { return e.of([]string{"dev"}) }); n != 2 || err != nil {
		t.Error(n, err)
	}
	wantStored(t, s, []string{"prod"}, janesGrant, janesToken)
	if n, err := s.forgetAll(); n != 1 || err != nil || keys.key != nil {
		t.Error(n, err, keys.key)
	}
	if _, err := os.Stat(s.path); err == nil {
		t.Error("the file is still there")
	}
	write(t, s.path, "broken")
	if n, err := s.forgetAll(); n != 1 || err != nil {
		t.Error(n, err)
	}
}

// TestStoreShared: stores at once lose none of each other's tokens, and make one key.
func TestStoreShared(t *testing.T) {
	t.Parallel()
	keys := &fakeKeychain{}
	first := newStore(t, keys)
	var wait sync.WaitGroup
	for i := range 20 {
		wait.Go(func() {
			s := &store{path: first.path, keys: keys}
			if _, err := s.put([]string{fmt.Sprint(i)}, janesGrant, janesToken); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for i := range 20 {
		wantStored(t, first, []string{fmt.Sprint(i)}, janesGrant, janesToken)
	}
}

func TestEnvironmentKeys(t *testing.T) {
	t.Parallel()
	here, _ := os.Getwd()
	got := environmentKeys([]string{"dev", "environments/dev.toml", "./environments/dev.toml", "elsewhere/dev.toml", "dev.toml", "/etc/dev.toml"})
	want := []string{"dev", "dev", "dev", filepath.Join(here, "elsewhere/dev"), filepath.Join(here, "dev"), "/etc/dev"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestWhereStored(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  map[string]string
		want string
	}{
		"state home":          {map[string]string{"XDG_STATE_HOME": "/state", "HOME": "/home/jane"}, "/state/postrider/tokens.json"},
		"relative state home": {map[string]string{"XDG_STATE_HOME": "state", "HOME": "/home/jane"}, "/home/jane/.local/state/postrider/tokens.json"},
		"nowhere":             {nil, "error: there is no place for tokens: HOME is not set"},
		"keyring":             {map[string]string{"HOME": "/home/jane", "POSTRIDER_KEYRING": "maybe"}, `error: POSTRIDER_KEYRING cannot be "maybe"`},
	} {
		p := &program{getenv: func(key string) (string, bool) { v, ok := test.env[key]; return v, ok }}
		s := p.openStore()
		got := s.path
		if s.err != nil {
			got = "error: " + s.err.Error()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, not %s", name, got, test.want)
		}
	}
}

// TestSystemKeychain is the only test that touches the keyring's library.
func TestSystemKeychain(t *testing.T) {
	keyring.MockInit()
	k := systemKeychain{}
	if _, err := k.get(); !errors.Is(err, errNoKey) {
		t.Error(err)
	}
	if err := k.remove(); err != nil {
		t.Error(err)
	}
	s := newStore(t, k)
	mustPut(t, s, nil, janesGrant, janesToken)
	wantStored(t, s, nil, janesGrant, janesToken)
	if err := k.remove(); err != nil {
		t.Error(err)
	}
	if _, _, err := s.get(nil, janesGrant); err == nil {
		t.Error("a token was opened without its key")
	}
	if err := keyring.Set("example.com/app", "jane", "s3cret"); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
	p := &program{getenv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	if text, err := p.keyringSecret(t.Context(), "example.com/app", "jane"); text != "s3cret" || err != nil {
		t.Error(text, err)
	}
	if _, err := p.keyringSecret(t.Context(), "example.com", "jane"); !errors.Is(err, environment.ErrNotInKeyring) {
		t.Error(err)
	}
	keyring.MockInitWithError(errors.New("locked"))
	if _, err := p.keyringSecret(t.Context(), "example.com", "jane"); err == nil || err.Error() != "the keyring refused: locked" {
		t.Error(err)
	}
	if _, err := k.get(); err == nil || err.Error() != "the keyring refused: locked" {
		t.Error(err)
	}
	keyring.MockInitWithError(keyring.ErrUnsupportedPlatform)
	if _, err := k.get(); !errors.Is(err, errNoKeychain) {
		t.Error(err)
	}
	if _, err := p.keyringSecret(t.Context(), "example.com", "jane"); !errors.Is(err, environment.ErrNoKeyring) {
		t.Error(err)
	}
}

func TestWithoutUTF16(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "plain": "plain", "even": "even", "p\x00\xe9\x00=\xd8\x00\xde": "pé😀", "o\x00dd\x00": "o\x00dd\x00"} {
		if got := withoutUTF16(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// remake makes a folder where there may be a file.
func remake(t *testing.T, path string) {
	t.Helper()
	if err := errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o700)); err != nil {
		t.Fatal(err)
	}
}
