package environment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scripts skips where no program can be written in a line.
func scripts(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs are shell scripts")
	}
}

// secretError is what is said of a secret that cannot be had.
func secretError(rest string) string { return "error: variable " + rest }

func TestCommand(t *testing.T) {
	t.Parallel()
	scripts(t)
	dir := folder(t, map[string]string{
		"environments/bin/pass": "#!/bin/sh\nprintf '%s|%s\\n\\n' \"$1\" \"$2\"\necho run >>runs.txt\necho noise >&2\n",
		"home/bin/pass":         "#!/bin/sh\necho of the home folder\r\n",
		"environments/e.private.toml": `
			[secrets]
			relative = { command = ["bin/pass", "a b; echo $HOME", "{{x}}"] }
			dotted = { command = ["./bin/pass", "", ""] }
			home = { command = ["~/bin/pass"] }
			path = { command = ["sh", "-c", "pwd"] }
			stdin = { command = ["cat"] }
			code = { command = ["sh", "-c", "echo hush; echo 'no hush' >&2; echo more >&2; exit 7"] }
			silent = { command = ["sh", "-c", "exit 1"] }
			killed = { command = ["sh", "-c", "kill -9 $$"] }
			control = { command = ["sh", "-c", "printf '\\n \\033[31mred\\202 ' >&2; printf '%0300d' 0 >&2; exit 2"] }
			large = { command = ["sh", "-c", "yes"] }
			chatty = { command = ["sh", "-c", "yes | head -c 3000000 >&2; echo fine"] }
			child = { command = ["sh", "-c", "sleep 600 & echo parent"] }
			none = { command = ["postrider-has-no-such-program"] }
			gone = { command = ["./gone"] }
			folder = { command = ["./bin"] }`,
	})
	for _, name := range []string{"environments/bin/pass", "home/bin/pass"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Home: filepath.Join(dir, "home")})
	r := NewRedactor()
	e.Feed(r)
	if _, err := os.Stat(filepath.Join(dir, "environments/runs.txt")); err == nil {
		t.Error("a command has run before anybody needed it")
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	const cannot = ` cannot be used: `
	wantValues(t, NewScopes(e.Layers()...), map[string]any{
		"relative": "a b; echo $HOME|{{x}}\n", "dotted": "|\n", "home": "of the home folder", "path": filepath.Join(resolved, "environments"),
		"chatty": "fine", "child": "parent",
		"stdin":   secretError(`"stdin" has no value: command "cat"` + cannot + `it is empty`),
		"code":    secretError(`"code" has no value: command "sh"` + cannot + `it ended with exit code 7: no [redacted]`),
		"silent":  secretError(`"silent" has no value: command "sh"` + cannot + `it ended with exit code 1`),
		"killed":  secretError(`"killed" has no value: command "sh"` + cannot + `it was ended by a signal`),
		"control": secretError(`"control" has no value: command "sh"` + cannot + `it ended with exit code 2: \x1b[31mred\x82 ` + strings.Repeat("0", 184) + "…"),
		"large":   secretError(`"large" has no value: command "sh"` + cannot + `it is larger than 1 MB`),
		"none":    secretError(`"none" has no value: command "postrider-has-no-such-program"` + cannot + `there is no such program in the PATH (is it installed?)`),
		"gone":    secretError(`"gone" has no value: command "gone"` + cannot + `no such file or directory`),
		"folder":  secretError(`"folder" has no value: command "bin"` + cannot + `permission denied`),
	})
	if got := r.Redact("a b; echo $HOME|{{x}}; of the home folder"); got != "[redacted]; [redacted]" {
		t.Errorf("the redactor does not know what was read: %s", got)
	}
}

func TestCommandOnce(t *testing.T) {
	t.Parallel()
	scripts(t)
	dir := folder(t, map[string]string{"environments/e.toml": `
		[secrets]
		token = { command = ["sh", "-c", "echo run >>runs.txt; echo a-token"] }
		composed = "Bearer {{token}}"
		[cognito]
		user = [{ username = "jane", password = "{{token}}" }]`})
	learned := NewRedactor()
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Redactor: learned, Pool: func(p *Pool) (map[string]any, error) {
		return map[string]any{"domain": p.Users[0].Password}, nil
	}})
	if p, err := e.KnownPool(); err == nil || p == nil || p.Users[0].Username != "jane" || !strings.Contains(err.Error(), "it is read when a run needs it") {
		t.Errorf("KnownPool = %+v, %v", p, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "environments/runs.txt")); err == nil {
		t.Error("KnownPool has run a command")
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			wantValues(t, NewScopes(e.Layers()...), map[string]any{"token": "a-token", "composed": "Bearer a-token", "domain": "a-token"})
		})
	}
	wait.Wait()
	if runs, err := os.ReadFile(filepath.Join(dir, "environments/runs.txt")); string(runs) != "run\n" {
		t.Errorf("%q, %v", runs, err)
	}
	late := NewRedactor()
	e.Feed(late)
	for _, r := range []*Redactor{learned, late} {
		if got := r.Redact("a-token"); got != redacted {
			t.Error(got)
		}
	}
	if !e.Secret("token") || !e.Secret("composed") || e.Secret("domain") || e.Secret("none") {
		t.Error("Secret is wrong")
	}
}

// TestCommandInterrupted: the end of the run is that of the command.
func TestCommandInterrupted(t *testing.T) {
	t.Parallel()
	scripts(t)
	dir := folder(t, map[string]string{"environments/e.toml": "[secrets]\ntoken = { command = [\"sh\", \"-c\", \"echo > started; exec sleep 600\"] }\nlater = { command = [\"sleep\", \"600\"] }\n"})
	ctx, cancel := context.WithCancel(t.Context())
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Context: func() context.Context { return ctx }})
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(dir, "environments/started")); err == nil {
				cancel()
				return
			}
		}
	}()
	scopes := NewScopes(e.Layers()...)
	wantValues(t, scopes, map[string]any{"token": secretError(`"token" has no value: command "sh" cannot be used: it was interrupted`)})
	wantValues(t, scopes, map[string]any{"later": secretError(`"later" has no value: command "sleep" cannot be used: it was interrupted`)})
}

func TestKeyringAndPrompt(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"environments/e.toml": `
		[secrets]
		found = { keyring = "https://example.com/app/jane" }
		lost = { keyring = "example.com/jo e" }
		locked = { keyring = "locked/jane" }
		blank = { keyring = "blank/jane" }
		[secrets.asked]
		prompt = "Your password"
		[secrets.silent]
		prompt = "silence"
		[secrets.broken]
		prompt = "broken"`})
	calls := map[string]int{}
	o := Options{
		Names: []string{"e"}, Dir: dir,
		Keyring: func(service, user string) (string, error) {
			calls[service+" "+user]++
			switch service {
			case "https://example.com/app":
				return "key-of-" + user, nil
			case "locked":
				return "", errors.New("the keyring refused: locked")
			case "blank":
				return "", nil
			}
			return "", ErrNotInKeyring
		},
		Prompt: func(label string) (string, error) {
			calls[label]++
			switch label {
			case "silence":
				return "", nil
			case "broken":
				return "", errors.New("it cannot be read: broken")
			}
			return "typed-" + label, nil
		},
	}
	e := mustLoad(t, o)
	r := NewRedactor()
	e.Feed(r)
	if len(calls) > 0 {
		t.Errorf("asked before anybody needed it: %v", calls)
	}
	want := map[string]any{
		"found": "key-of-jane", "asked": "typed-Your password",
		"lost":   secretError(`"lost" has no value: keyring entry "example.com/jo e" cannot be used: the keyring has no such secret (` + intoKeyring(runtime.GOOS, "example.com", "jo e") + ")"),
		"locked": secretError(`"locked" has no value: keyring entry "locked/jane" cannot be used: the keyring refused: locked`),
		"blank":  secretError(`"blank" has no value: keyring entry "blank/jane" cannot be used: it is empty (` + intoKeyring(runtime.GOOS, "blank", "jane") + ")"),
		"silent": secretError(`"silent" has no value: prompt "silence" cannot be used: it is empty`),
		"broken": secretError(`"broken" has no value: prompt "broken" cannot be used: it cannot be read: broken`),
	}
	for range 2 {
		wantValues(t, NewScopes(e.Layers()...), want)
	}
	if diff := cmp.Diff(map[string]int{"https://example.com/app jane": 1, "example.com jo e": 1, "locked jane": 1, "blank jane": 1,
		"Your password": 1, "silence": 1, "broken": 1}, calls); diff != "" {
		t.Error(diff)
	}
	if got := r.Redact("key-of-jane typed-Your password"); got != "[redacted] [redacted]" {
		t.Error(got)
	}
	_, _, err := NewScopes(e.Layers()...).Lookup("lost")
	var unresolved *UnresolvedError
	if !errors.As(err, &unresolved) || !unresolved.Unset() || !errors.Is(err, ErrNotInKeyring) {
		t.Errorf("%#v", err)
	}

	o.Keyring, o.Prompt = nil, nil
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{
		"found": secretError(`"found" has no value: keyring entry "https://example.com/app/jane" cannot be used: there is no keyring here (` + elsewhere + ")"),
		"asked": secretError(`"asked" has no value: prompt "Your password" cannot be used: there is no terminal to ask at (give it with --var 'asked=…', or read it from elsewhere: { env = "NAME" })`),
	})
}

func TestIntoKeyring(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]string{
		"linux":   "put it there: secret-tool store --label=postrider service example.com username 'jane'\\''s'",
		"darwin":  "put it there: security add-generic-password -s example.com -a 'jane'\\''s' -w",
		"windows": "put it there: cmdkey /generic:example.com:jane's /user:jane's /pass",
	} {
		if got := intoKeyring(system, "example.com", "jane's"); got != want {
			t.Errorf("%s: %s", system, got)
		}
	}
}

// TestPrivateOverPrompt: a private file, or an environment after it, takes the place of what is asked for.
func TestPrivateOverPrompt(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"environments/e.toml":         "[secrets]\npassword = { prompt = \"Password\" }\n",
		"environments/e.private.toml": "[variables]\npassword = \"private-one\"\n",
	})
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir})
	s := NewScopes(e.Layers()...)
	if v, origin, err := s.Lookup("password"); v != "private-one" || !origin.Secret || err != nil {
		t.Error(v, origin, err)
	}
}

func TestBadLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"A=1\nB=\"x\n":                            2,
		"# c\n\nA='multi\nline'\nthis is not\n":   5,
		"nonsense\nA=1\n":                         1,
		"A=\"1\n2\n3\"\nB=2\n!!\n":                5,
		"A=1\r\nB=2\r\n!!\r\n":                    3,
		"A=\"never\n" + strings.Repeat("x\n", 50): 1,
	} {
		if got := badLine(text); got != want {
			t.Errorf("%q: line %d, not %d", text, got, want)
		}
	}
}
