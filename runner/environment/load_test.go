package environment

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/diag"
)

// folder writes files into a new folder, private ones with mode 0600.
func folder(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(name, privateSuffix) {
			mode = 0o600
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// getenv reads a map.
func getenv(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

func mustLoad(t testing.TB, o Options) *Environment {
	t.Helper()
	e, list := Load(o)
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return e
}

// wantValues looks names up and compares; an error counts by its text, after "error: ".
func wantValues(t *testing.T, s *Scopes, want map[string]any) {
	t.Helper()
	got := map[string]any{}
	for name := range want {
		value, _, err := s.Lookup(name)
		if err != nil {
			value = "error: " + err.Error()
		}
		got[name] = value
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"environments/base.toml": `
			dotenv = ".env"
			[variables]
			domain = "https://base"
			user_info = "{{domain}}/oauth2/userInfo"
			only_base = true
			from_dotenv = "{{env.FROM_DOTENV}}"
			[secrets]
			password = { env = "PASSWORD" }`,
		"environments/base.private.toml": `
			[secrets]
			pin = "base-pin"`,
		"environments/dev.toml": `
			extends = "base"
			dotenv = "dev.env"
			[variables]
			domain = "https://dev"
			client_id = "{{env.CLIENT_ID}}"
			both = "{{env.BOTH}}"
			lost = "{{env.LOST}}"
			near = "{{env.CLIENT_IDD}}"
			spare = '{{env.LOST | default "spare"}}'
			[secrets]
			client_secret = { env = "CLIENT_SECRET" }
			typo = { env = "CLIENT_SECRETT" }
			empty = { env = "EMPTY" }
			key = { file = "~/keys/key" }
			beside = { file = "key.txt" }
			gone = { file = "gone.txt" }
			blank = { file = "blank.txt" }
			folder = { file = ".." }
			basic = "{{client_id}}:{{client_secret}}"`,
		"environments/dev.private.toml": `
			callback_url = "https://localhost/#access_token=private-token&token_type=Bearer"
			[variables]
			pin = "dev-pin"`,
		"environments/late.toml": `
			[variables]
			domain = "https://late"`,
		"environments/.env":      "FROM_DOTENV=base\nBOTH=base\n",
		"environments/dev.env":   "CLIENT_ID=dotenv-id\nBOTH='dev'\nexport CLIENT_SECRET=\"dotenv secret\"\n",
		"environments/key.txt":   "line 1\nline 2\r\n",
		"environments/blank.txt": "\n",
		"home/keys/key":          "home-key\n",
	})
	o := Options{Names: []string{"dev"}, Dir: dir, Home: filepath.Join(dir, "home"),
		Getenv: getenv(map[string]string{"CLIENT_ID": "os-id", "PASSWORD": "os-password", "EMPTY": ""})}
	e := mustLoad(t, o)
	s := NewScopes(e.Layers()...)
	wantValues(t, s, map[string]any{
		"domain": "https://dev", "user_info": "https://dev/oauth2/userInfo", "only_base": true, "from_dotenv": "base",
		"client_id": "os-id", "both": "dev", "spare": "spare", "password": "os-password", "pin": "dev-pin",
		"client_secret": "dotenv secret", "key": "home-key", "beside": "line 1\nline 2", "basic": "os-id:dotenv secret",
		"access_token": "private-token", "token_type": "Bearer",
		"lost":   `error: variable "env.LOST" has no value: the OS environment does not have it (set it, or write {{env.LOST | default "…"}})`,
		"near":   `error: variable "env.CLIENT_IDD" has no value: the OS environment does not have it (did you mean "env.CLIENT_ID"?)`,
		"typo":   `error: variable "typo" has no value: environment variable CLIENT_SECRETT is not set (did you mean "CLIENT_SECRET"?)`,
		"empty":  `error: variable "empty" has no value: environment variable EMPTY cannot be used: it is empty (CI leaves a secret empty that it does not have)`,
		"gone":   `error: variable "gone" has no value: file "gone.txt" cannot be used: no such file or directory (paths are relative to the environment file)`,
		"blank":  `error: variable "blank" has no value: file "blank.txt" cannot be used: it is empty`,
		"folder": `error: variable "folder" has no value: file ".." cannot be used: is a directory`,
	})
	for name, secret := range map[string]bool{"domain": false, "password": true, "pin": true, "basic": true, "access_token": true, "token_type": false} {
		if _, origin, _ := s.Lookup(name); origin.Secret != secret {
			t.Errorf("%s is secret: %t", name, origin.Secret)
		}
	}
	if _, origin, _ := s.Lookup("client_id"); origin.String() != filepath.ToSlash(dir)+"/environments/dev.toml:6" || origin.Scope != "environment dev" {
		t.Errorf("client_id comes from %s, %s", origin, origin.Scope)
	}
	if origin, ok := e.CallbackURL(); !ok || !strings.HasSuffix(origin.String(), "dev.private.toml:2") {
		t.Errorf("CallbackURL = %s, %t", origin, ok)
	}
	var files []string
	for _, f := range e.Files {
		files = append(files, filepath.Base(f))
	}
	if diff := cmp.Diff([]string{"dev.toml", "dev.private.toml", "base.toml", "base.private.toml"}, files); diff != "" {
		t.Error(diff)
	}

	o.Names = []string{"dev", "late"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{"domain": "https://late", "user_info": "https://late/oauth2/userInfo", "client_id": "os-id"})
	o.Names = []string{"late", "environments/dev.toml"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{"domain": "https://dev", "pin": "dev-pin"})
	o.Names = []string{"environments/late"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{"domain": "https://late"})
	o.Home = ""
	o.Names = []string{"dev"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{
		"key": `error: variable "key" has no value: file "~/keys/key" cannot be used: there is no home folder`,
	})
}

func TestLoadNone(t *testing.T) {
	t.Parallel()
	e := mustLoad(t, Options{})
	if len(e.Layers()) != 0 {
		t.Errorf("%v", e.Layers())
	}
	if p, err := e.Pool(); p != nil || err != nil {
		t.Errorf("%v, %v", p, err)
	}
	if _, ok := e.CallbackURL(); ok {
		t.Error("there is a callback URL")
	}
}

func TestLoadShipped(t *testing.T) {
	t.Parallel()
	shipped := fstest.MapFS{
		"local.toml":  {Data: []byte("extends = \"common\"\n[variables]\nwho = \"shipped\"\nlocal = true\n")},
		"common.toml": {Data: []byte("[variables]\nwho = \"common\"\ncommon = true\n")},
	}
	dir := folder(t, map[string]string{"environments/mine.toml": "extends = \"local\"\n[variables]\nwho = \"mine\"\n"})
	o := Options{Names: []string{"local"}, Dir: dir, Shipped: shipped}
	s := NewScopes(mustLoad(t, o).Layers()...)
	wantValues(t, s, map[string]any{"who": "shipped", "local": true, "common": true})
	if _, origin, _ := s.Lookup("who"); origin.String() != "postrider:environments/local.toml:3" {
		t.Errorf("who comes from %s", origin)
	}
	o.Names = []string{"mine"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{"who": "mine", "local": true, "common": true})

	// A private file is laid over a shipped environment, and a file of the same name may extend it.
	o.Dir = folder(t, map[string]string{"environments/local.private.toml": "[variables]\nwho = \"private\"\n",
		"environments/common.toml": "[variables]\ncommon = \"the user's own\"\n"})
	o.Names = []string{"local"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{"who": "private", "local": true, "common": true})
	o.Dir = folder(t, map[string]string{"environments/local.toml": "extends = \"local\"\n[variables]\nwho = \"own\"\n",
		"environments/local.private.toml": "[variables]\nx = 1\n"})
	e := mustLoad(t, o)
	wantValues(t, NewScopes(e.Layers()...), map[string]any{"who": "own", "local": true, "common": true})
	if len(e.Files) != 4 {
		t.Errorf("read %v", e.Files)
	}
	// A private file alone will do: a callback URL was saved before there was anything else.
	o.Dir = folder(t, map[string]string{"environments/new.private.toml": "[variables]\nwho = \"alone\"\n"})
	o.Names = []string{"new"}
	wantValues(t, NewScopes(mustLoad(t, o).Layers()...), map[string]any{"who": "alone"})
}

func TestLoadMissing(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"environments/staging.toml": "", "environments/prod.private.toml": "", "environments/README.md": ""})
	shipped := fstest.MapFS{"local.toml": {}}
	for _, tt := range []struct {
		o                   Options
		message, hint, note string
	}{
		{Options{Names: []string{"stagign"}, Dir: dir, Shipped: shipped}, `there is no environment "stagign"`, `did you mean "staging"?`, "there are: local, prod, staging"},
		{Options{Names: []string{"x"}, Dir: dir, Shipped: shipped}, `there is no environment "x"`, "", "there are: local, prod, staging"},
		{Options{Names: []string{""}, Dir: dir}, `there is no environment ""`, "", "there are: prod, staging"},
		{Options{Names: []string{"a/x.toml"}, Dir: dir}, `there is no environment file "a/x.toml"`, "", "there are: prod, staging"},
		{Options{Names: []string{"x"}, Dir: "testdata"}, `there is no environment "x"`, "", "there are none in testdata/environments"},
	} {
		_, list := Load(tt.o)
		want := diag.List{{Message: tt.message, Hint: tt.hint, Notes: []string{tt.note}}}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	_, list := Load(Options{Names: []string{"folder"}, Dir: folder(t, map[string]string{"environments/folder.toml/x": ""})})
	if len(list) != 1 || list[0].Message != "the environment cannot be read: is a directory" || !strings.HasSuffix(list[0].Span.File(), "/environments/folder.toml") {
		t.Errorf("a folder: %v", list)
	}
	_, list = Load(Options{Names: []string{"self"}, Dir: folder(t, map[string]string{"environments/self.toml": "extends = \"self\"\n"})})
	if len(list) != 1 || list[0].Message != `environment "self" extends itself: self → self` {
		t.Errorf("self: %v", list)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	token := accessToken(noon)
	dir := folder(t, map[string]string{
		"environments/team.toml": "callback_url = \"https://x/#access_token=a\"\n[secrets]\na = \"literal\"\nb = { env = \"B\" }\nc = \"{{env.C}}\"\nd = \"\"\n",
		"environments/shape.toml": "[variables]\nx_key = \"k3JqX9vT2bLm7PzQ4wRy8NcD5fHg1sKa\"\nx_id = \"k3JqX9vT2bLm7PzQ4wRy8NcD5fHg1sKa\"\n" +
			"list = [{ token = \"" + token + "\" }]\npassword = { env = \"PASSWORD\" }\ntable = { env = 1, other = 2 }\n[variables.asked]\nprompt = \"Password\"\n",
		"environments/shape.private.toml": "[variables]\nmine = \"" + token + "\"\n",
		"environments/mine.toml":          "callback_url = \"https://x/cb?state=1\"\n",
		"environments/mine.private.toml":  "callback_url = \"https://x/#access_token=a\"\n[secrets]\na = \"literal\"\n",
		"environments/pool.toml":          "[secrets]\na = \"literal\"\n[cognito]\n",
	})
	check := func(name string, want ...string) {
		t.Helper()
		var got []string
		for _, d := range mustLoad(t, Options{Names: []string{name}, Dir: dir}).Check() {
			if d.Severity != diag.Warning {
				t.Errorf("%v is no warning", d)
			}
			got = append(got, strings.TrimPrefix(d.Error(), filepath.ToSlash(dir)+"/environments/"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	check("team",
		`team.toml:3:5: secret "a" stands in a file that is shared (move it to team.private.toml, or write { env = "NAME" })`,
		`team.toml:1:16: the callback URL, with the tokens in it, stands in a file that is shared (move it to team.private.toml)`)
	check("mine")
	check("pool")
	const move = `, and stands in a file that is shared (move it to [secrets] with { env = "NAME" }, or to shape.private.toml)`
	const nothing = `, and nothing is read from there (sources are read under [secrets])`
	check("shape", `shape.toml:2:9: variable "x_key" looks like a long random text`+move, `shape.toml:4:19: variable "list" looks like a JWT`+move,
		`shape.toml:5:12: variable "password" is a table with the key "env"`+nothing, `shape.toml:7:2: variable "asked" is a table with the key "prompt"`+nothing)
	private := filepath.Join(dir, "environments", "mine.private.toml")
	if err := os.Chmod(private, 0o640); err != nil {
		t.Fatal(err)
	}
	check("mine", "mine.private.toml:1:1: others may read this file: its mode is 0640 (chmod 600 "+filepath.ToSlash(private)+")")
	check("environments/mine.private.toml", "mine.private.toml:1:1: others may read this file: its mode is 0640 (chmod 600 "+filepath.ToSlash(private)+")")
}

// TestCheckConceals: a warning shows its line, and the line holds the token.
func TestCheckConceals(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"environments/e.toml": "[variables]\na = \"k3JqX9vT2bLm7PzQ4wRy8NcD5fHg1sKa\"\n"})
	r := NewRedactor()
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Redactor: r})
	var b strings.Builder
	(&diag.Renderer{Redact: r.Redact}).Render(&b, e.Check())
	if !strings.Contains(b.String(), `a = "[redacted]"`) || strings.Contains(b.String(), "k3JqX9") {
		t.Error(b.String())
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"environments/e.toml": `
		callback_url = "https://x/cb#access_token=callback-token&state=st"
		[variables]
		plain = "plain-text"
		id_token = "declared-token"
		[secrets]
		literal = "literal-secret"
		composed = "<{{other}}>"
		other = { env = "OTHER" }
		file = { file = "f" }
		lost = { env = "LOST" }
		[cognito]
		client = [{ secret = "client-secret" }]
		user = [{ password = "user-{{plain}}", temporary_password = "temporary" }]`,
		"environments/f": "file-secret"})
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Getenv: getenv(map[string]string{"OTHER": "other-secret"})})
	r := NewRedactor()
	e.Feed(r)
	for _, secret := range []string{"callback-token", "declared-token", "literal-secret", "<other-secret>", "other-secret", "file-secret",
		"client-secret", "user-plain-text", "temporary", "https://x/cb#access_token=callback-token&state=st"} {
		if got := r.Redact("a " + secret + " b"); got != "a [redacted] b" {
			t.Errorf("%s: %s", secret, got)
		}
	}
	if got := r.Redact("plain-text st"); got != "plain-text st" {
		t.Error(got)
	}
}

// TestDiagnosticsConceal: a diagnostic shows its line, and the line holds the secret.
func TestDiagnosticsConceal(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"secret":      "[secrets]\npass = \"hushhush {{\"\nother = [\"hushhush\"]\n",
		"number":      "[secrets]\npass = 7777777\n",
		"unknown":     "[secrets]\n\"a b\" = \"hushhush\"\n",
		"callback":    "callback_url = \"https://x/?error=a&access_token=hushhush\"\n",
		"state":       "state = \"s\"\ncallback_url = \"https://x/#access_token=hushhush\"\n",
		"percent":     "callback_url = \"https://x/#access_token=hushhush%\"\n",
		"pool":        "[[cognito.user]]\npasswords = 1\npassword = [\"hushhush\"]\n",
		"inline":      "[cognito]\nclient = [{ id = 1, secret = \"hushhush\" }]\n",
		"syntax":      "[secrets]\na = 1\npass = hushhush\n",
		"syntax-pool": "[[cognito.user]]\npassword = 'hushhush\n",
		"syntax-url":  "callback_url = https://x/#access_token=hushhush\n",
		"private":     "",
	} {
		dir := folder(t, map[string]string{"environments/" + name + ".toml": text, "environments/private.private.toml": "[variables]\nx = hushhush\n"})
		r := NewRedactor()
		e, list := Load(Options{Names: []string{name}, Dir: dir, Redactor: r})
		if e != nil {
			list = append(list, e.Refused()...)
		}
		if !list.HasErrors() {
			t.Errorf("%s: no errors", name)
		}
		var b strings.Builder
		(&diag.Renderer{Redact: r.Redact}).Render(&b, list)
		if strings.Contains(b.String(), "hushhush") || strings.Contains(b.String(), "7777777") {
			t.Errorf("%s:\n%s", name, b.String())
		}
	}
}

func TestLoadStateLater(t *testing.T) {
	t.Parallel()
	// What Load cannot know shows when a token is needed.
	dir := folder(t, map[string]string{"environments/e.toml": "state = \"{{env.STATE}}\"\ncallback_url = \"{{env.URL}}\"\n"})
	env := map[string]string{"STATE": "one", "URL": "https://x/#access_token=a&state=two"}
	e := mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Getenv: getenv(env)})
	wantValues(t, NewScopes(e.Layers()...), map[string]any{"state": "one",
		"access_token": `error: variable "access_token" has no value: the state of the callback URL is "two", not "one" (it may come from another sign-in than yours)`})
	env["URL"] = "https://x/#access_token=a&state=one"
	e = mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Getenv: getenv(env)})
	wantValues(t, NewScopes(e.Layers()...), map[string]any{"state": "one", "access_token": "a"})
	delete(env, "STATE")
	e = mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Getenv: getenv(env)})
	if _, _, err := NewScopes(e.Layers()...).Lookup("access_token"); !errors.Is(err, errEnvUnset) {
		t.Errorf("without a state: %v", err)
	}
	// An environment for a URL that is not there yet.
	dir = folder(t, map[string]string{"environments/e.toml": "callback_url = '{{env.URL | default \"\"}}'\n"})
	delete(env, "URL")
	e = mustLoad(t, Options{Names: []string{"e"}, Dir: dir, Getenv: getenv(env), Now: func() time.Time { return noon }})
	wantValues(t, NewScopes(e.Layers()...), map[string]any{
		"access_token": `error: variable "access_token" has no value (looked in: callback URL, environment e)`})
}
