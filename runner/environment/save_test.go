package environment

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSaveCallback(t *testing.T) {
	t.Parallel()
	old, fresh := accessToken(noon.Add(-time.Second)), accessToken(noon.Add(time.Hour))
	oldURL, freshURL := "https://x/#access_token="+old, "https://x/cb#access_token="+fresh+"&token_type=Bearer"
	set, keep := `callback_url = "`+freshURL+`"`, `expired_access_token = "`+old+`"`
	for _, tt := range []struct{ name, before, after string }{
		{"empty", "", set + "\n"},
		{"only a comment", "# mine", "# mine\n\n" + set + "\n"},
		{"comment about the file", "# mine\n# all mine\n\n[variables]\na = 1\n", "# mine\n# all mine\n\n" + set + "\n\n[variables]\na = 1\n"},
		{"comment about a table", "# mine\n[variables]\na = 1\n", set + "\n\n# mine\n[variables]\na = 1\n"},
		{"key first", "state = \"s\"\n", set + "\nstate = \"s\"\n"},
		{"byte order mark", "\ufeffstate = \"s\"\n", "\ufeff" + set + "\nstate = \"s\"\n"},
		{"replaced", "a.b = 1 # c\ncallback_url   =   'https://x/?code=1'   # pasted\n\n[variables] # v\nx = [1, # one\n  2]\n",
			"a.b = 1 # c\ncallback_url   =   \"" + freshURL + "\"   # pasted\n\n[variables] # v\nx = [1, # one\n  2]\n"},
		{"expired, no secrets", "callback_url = \"" + oldURL + "\"", set + "\n\n[secrets]\n" + keep + "\n"},
		{"expired, secrets", "callback_url = \"" + oldURL + "\"\n[variables]\na = 1\n[secrets] # s\n# p\np = \"x\"\n[cognito]\n",
			set + "\n[variables]\na = 1\n[secrets] # s\n" + keep + "\n# p\np = \"x\"\n[cognito]\n"},
		{"expired, secrets at the end", "callback_url = \"" + oldURL + "\"\n[secrets]", set + "\n[secrets]\n" + keep + "\n"},
		{"expired again", "callback_url = \"" + oldURL + "\"\n[secrets]\nexpired_access_token = 'older' # kept\n",
			set + "\n[secrets]\n" + keep + " # kept\n"},
		{"expired, secrets inline", "callback_url = \"" + oldURL + "\"\nsecrets = { p = \"x\" } # s\n", set + "\nsecrets = { " + keep + ", p = \"x\" } # s\n"},
		{"expired, secrets inline, empty", "callback_url = \"" + oldURL + "\"\nsecrets = {}\n", set + "\nsecrets = { " + keep + "}\n"},
		{"expired, secrets dotted", "callback_url = \"" + oldURL + "\"\nsecrets.p = \"x\"\n", "secrets." + keep + "\n" + set + "\nsecrets.p = \"x\"\n"},
		{"expired, secrets in parts", "callback_url = \"" + oldURL + "\"\n[secrets.p]\nenv = \"P\"\n", set + "\n[secrets.p]\nenv = \"P\"\n\n[secrets]\n" + keep + "\n"},
		{"expired, secrets in parts and whole", "callback_url = \"" + oldURL + "\"\n[secrets.p]\nenv = \"P\"\n[ \"secrets\" ]\nq = \"x\"\n",
			set + "\n[secrets.p]\nenv = \"P\"\n[ \"secrets\" ]\n" + keep + "\nq = \"x\"\n"},
		{"header in a string", "callback_url = \"" + oldURL + "\"\n[variables]\na = '''\n[secrets]\n'''\n[secrets]\nq = \"x\"\n",
			set + "\n[variables]\na = '''\n[secrets]\n'''\n[secrets]\n" + keep + "\nq = \"x\"\n"},
		{"not expired", "callback_url = \"https://x/#access_token=" + accessToken(noon.Add(time.Second)) + "\"\n", set + "\n"},
		{"the same", "callback_url = \"https://y/#access_token=" + fresh + "\"\n", set + "\n"},
		{"opaque", "callback_url = \"https://x/#access_token=opaque\"\n", set + "\n"},
		{"no URL", "callback_url = \"\"\n", set + "\n"},
	} {
		for _, newline := range []string{"\n", "\r\n"} {
			path := filepath.Join(t.TempDir(), "e.private.toml")
			before, want := strings.ReplaceAll(tt.before, "\n", newline), strings.ReplaceAll(tt.after, "\n", newline)
			if newline == "\r\n" && !strings.Contains(before, newline) {
				continue
			}
			if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			result, err := SaveCallback(path, freshURL, noon)
			got, _ := os.ReadFile(path)
			if diff := cmp.Diff(want, string(got)); diff != "" || err != nil {
				t.Errorf("%s: %v, -want +got:\n%s", tt.name, err, diff)
			}
			if wantResult := (SaveResult{Path: path, KeptExpired: strings.Contains(want, old)}); result != wantResult {
				t.Errorf("%s: %+v, want %+v", tt.name, result, wantResult)
			}
		}
	}
}

func TestSaveCallbackCreates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "environments", "local.private.toml")
	result, err := SaveCallback(path, "  'https://x/cb?code=abc'\n", noon)
	if err != nil || result != (SaveResult{Path: path, Created: true}) {
		t.Fatalf("%+v, %v", result, err)
	}
	got, _ := os.ReadFile(path)
	if want := privateHeader + "\n\ncallback_url = \"https://x/cb?code=abc\"\n"; string(got) != want {
		t.Errorf("%s", got)
	}
	wantMode(t, path, 0o600)
	e := mustLoad(t, Options{Names: []string{"local"}, Dir: dir})
	wantValues(t, NewScopes(e.Layers()...), map[string]any{"code": "abc"})
	if list := e.Check(); len(list) != 0 {
		t.Error(list)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if len(entries) != 1 {
		t.Errorf("%v is left behind", entries)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("mode of %s: %v, %v; want %v", path, info.Mode().Perm(), err, want)
	}
}

func TestSaveCallbackMode(t *testing.T) {
	t.Parallel()
	for before, after := range map[fs.FileMode]fs.FileMode{0o644: 0o600, 0o666: 0o600, 0o600: 0o600, 0o400: 0o400, 0o440: 0o400} {
		path := filepath.Join(t.TempDir(), "e.toml")
		if err := os.WriteFile(path, nil, before); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, before); err != nil {
			t.Fatal(err)
		}
		if _, err := SaveCallback(path, "https://x/?code=a", noon); err != nil {
			t.Error(err)
		}
		wantMode(t, path, after)
	}
}

func TestSaveCallbackThroughLink(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"real/e.toml": "# real\n"})
	link := filepath.Join(dir, "e.private.toml")
	if err := os.Symlink(filepath.Join("real", "e.toml"), link); err != nil {
		t.Skip(err)
	}
	result, err := SaveCallback(link, "https://x/?code=a", noon)
	if err != nil || !strings.HasSuffix(result.Path, filepath.Join("real", "e.toml")) {
		t.Errorf("%+v, %v", result, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
}

func TestSaveCallbackRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ before, url, want string }{
		{"# mine\n", "https://x/?error=access_denied&error_description=no", "the provider refused: access_denied: no"},
		{"# mine\n", "https://x/", "the callback URL has no parameters"},
		{"a = \n", "https://x/?code=a", "e.toml:1:5: expected value but found '\\n' instead"},
		{"callback_url = { a = 1 }\n[callback_urls]\n", "https://x/?code=a", ""},
		{"[callback_url]\na = 1\n", "https://x/?code=a", "there is no place for callback_url in the file: write it in by hand"},
	} {
		path := filepath.Join(t.TempDir(), "e.toml")
		if err := os.WriteFile(path, []byte(tt.before), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := SaveCallback(path, tt.url, noon)
		if tt.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.url, err, tt.want)
		}
		if got, _ := os.ReadFile(path); string(got) != tt.before {
			t.Errorf("%s: the file is %q", tt.url, got)
		}
		wantMode(t, path, 0o644)
	}
	path := filepath.Join(t.TempDir(), "new", "e.toml")
	if _, err := SaveCallback(path, "https://x/?error=e", noon); err == nil {
		t.Error("a refusal is saved")
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made for nothing")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := SaveCallback(filepath.Join(file, "e.toml"), "https://x/?code=a", noon); err == nil || !strings.HasSuffix(err.Error(), "e.toml: not a directory") {
		t.Errorf("%v", err)
	}
}

// TestSaveCallbackFaults fails each step of writing in turn: the file is the old one or the new one, never a part.
func TestSaveCallbackFaults(t *testing.T) {
	t.Parallel()
	var steps []string
	all := filepath.Join(t.TempDir(), "e.toml")
	if _, err := saveCallback(all, "https://x/?code=new", noon, func(step string) error { steps = append(steps, step); return nil }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"create", "write", "chmod", "sync", "close", "rename", "sync folder"}, steps); diff != "" {
		t.Fatal(diff)
	}
	before := "# mine\ncallback_url = \"https://x/?code=old\"\n"
	for _, failing := range steps {
		dir := folder(t, map[string]string{"e.toml": before})
		path := filepath.Join(dir, "e.toml")
		_, err := saveCallback(path, "https://x/?code=new", noon, func(step string) error {
			if step == failing {
				return syscall.ENOSPC
			}
			return nil
		})
		var e *SaveError
		if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) || err.Error() != "cannot write "+path+": no space left on device" {
			t.Errorf("%s: %v", failing, err)
		}
		want := before
		if failing == "sync folder" {
			want = strings.Replace(before, "old", "new", 1)
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%s: the file is %q", failing, got)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 1 {
			t.Errorf("%s: %v is left behind", failing, entries)
		}
	}
}

// TestSaveCallbackIsInert: a URL comes from outside, and what is read from a file may hold templates.
func TestSaveCallbackIsInert(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hostile := "https://x/{{env.HOME}}#access_token=a\"b\\c{{env.HOME}}\x7f\xff&state={{{ \"x\" }}}"
	path := filepath.Join(dir, "environments", "e.private.toml")
	if _, err := SaveCallback(path, hostile, noon); err != nil {
		t.Fatal(err)
	}
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Getenv: getenv(map[string]string{"HOME": "/home/jane"})})
	wantValues(t, NewScopes(e.Layers()...), map[string]any{"access_token": "a\"b\\c{{env.HOME}}\x7f\xff", "state": `{{{ "x" }}}`})
	text, _ := os.ReadFile(path)
	if _, list := Load(Options{Names: []string{path}}); list.HasErrors() {
		t.Errorf("%s: %v", text, list)
	}
}
