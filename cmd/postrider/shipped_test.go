package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	shipped "github.com/postrider/postrider/collections"
	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/collection"
)

// An expectation is a value in a collection that something is compared with.
type expectation struct {
	line, column, start, end int
	broken                   string
}

// expectations are all of a file, each with what breaks it.
func expectations(t *testing.T, c *collection.Collection) []expectation {
	var out []expectation
	add := func(p collection.Predicate) {
		span := p.Place()
		line, column := span.Position()
		out = append(out, expectation{line, column, span.Start, span.End, broken(t, p.Name, span.Text())})
	}
	c.Requests(func(r *collection.Request, _ []*collection.Folder) {
		for _, a := range r.Assertions {
			for _, p := range a.Predicates {
				add(p)
			}
		}
		for _, k := range r.Rejects {
			if k.Status != nil {
				add(collection.Predicate{Name: "equals", Value: k.Status})
			}
		}
	})
	return out
}

// broken is another value of the same type that cannot hold.
func broken(t *testing.T, predicate, value string) string {
	switch {
	case predicate == "lt":
		return `"1ns"`
	case predicate == "gt":
		return "999999"
	case predicate == "lte":
		return "0"
	case predicate == "jwks", predicate == "not" && !strings.HasPrefix(value, "{"):
		return "" // no other key set would answer, no other value be unequal
	case strings.HasPrefix(value, "{ empty = true"):
		return "{ empty = false }"
	case strings.HasPrefix(value, "{"):
		return strings.Replace(value, `"`, `"not `, 1)
	case strings.HasPrefix(value, "'"):
		return "'not " + value[1:]
	case predicate == "format":
		return `"ipv4"`
	case predicate == "type":
		return `"array"`
	case value == "true":
		return "false"
	case value == "false":
		return "true"
	case strings.HasPrefix(value, `"`):
		return `"not ` + value[1:]
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		t.Fatalf("how is %s %s to be broken?", predicate, value)
	}
	return strconv.Itoa(n + 1)
}

// TestEveryExpectationCounts breaks each expectation of each shipped collection in turn: the run fails, with the caret at
// that line. One that could be broken unseen would be a false green.
func TestEveryExpectationCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environment := remotePool(t, dir)
	files, err := fs.Glob(shipped.Files, "*.toml")
	if err != nil {
		t.Fatal(err)
	}
	more, err := fs.Glob(shipped.Files, "*/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range append(files, more...) {
		if filepath.Base(name) == "collection.toml" {
			continue // it has no request of its own
		}
		text, err := fs.ReadFile(shipped.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, strings.ReplaceAll(name, "/", "-"))
		if code, out := runFile(t, file, string(text), environment); code != exitOK {
			t.Fatalf("%s: exit code %d\n%s", name, code, out)
		}
		c, list := collection.Parse(file, string(text))
		if list.HasErrors() {
			t.Fatal(list)
		}
		for _, e := range expectations(t, c) {
			if e.broken == "" {
				continue
			}
			code, out := runFile(t, file, string(text[:e.start])+e.broken+string(text[e.end:]), environment)
			place := fmt.Sprintf("--> %s:%d:%d\n", file, e.line, e.column)
			if code != exitFailed || !strings.Contains(out, place) {
				t.Errorf("%s:%d with %s: exit code %d, no caret at %s\n%s", name, e.line, e.broken, code, place, out)
			}
			checked++
		}
	}
	if checked < 25 {
		t.Errorf("only %d expectations", checked)
	}
}

// remoteConfig is a pool as somebody else would set it up.
func remoteConfig() cognito.Config {
	const callback, out = "https://www.example.com/callback", "https://www.example.com/"
	return cognito.Config{
		Clients: []cognito.Client{
			{ID: "1remote", Flows: []string{"implicit"}, CallbackURLs: []string{callback}},
			{ID: "2remote", Flows: []string{"code"}, CallbackURLs: []string{callback}, LogoutURLs: []string{out}},
			{ID: "3remote", Secret: "remote-machine-secret", Flows: []string{"client_credentials"}, Scopes: []string{"https://api.example.com/read"}},
		},
		ResourceServers: []cognito.ResourceServer{{Identifier: "https://api.example.com", Scopes: []string{"read"}}},
		Users: []cognito.User{{Username: "jane", Password: "Remote-Horse-9",
			Attributes: map[string]string{"email": "jane@example.com", "email_verified": "true"}}},
	}
}

// remoteEnvironment is what aws.toml comes to for that pool.
const remoteEnvironment = `callback_url = %q
[variables]
domain = %q
jwks_url = %q
client_id = "1remote"
code_client_id = "2remote"
machine_client_id = "3remote"
machine_scope = "https://api.example.com/read"
redirect_uri = "https://www.example.com/callback"
logout_uri = "https://www.example.com/"
username = "jane"
email = "jane@example.com"
[secrets]
password = "Remote-Horse-9"
machine_client_secret = "remote-machine-secret"
expired_access_token = %q
`

// remotePool starts a pool apart from the program and writes an environment for it.
func remotePool(t *testing.T, dir string) string {
	server, err := cognito.NewServer(remoteConfig())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	callback, err := server.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	expired, err := server.ExpiredAccessToken()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "remote.toml")
	text := fmt.Sprintf(remoteEnvironment, callback, server.URL, server.JWKSURL(), expired)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// runFile writes a collection and runs it in this process.
func runFile(t *testing.T, file, text, environment string) (code int, out string) {
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code = Main([]string{"postrider", "run", "-q", "-e", environment, file}, Streams{strings.NewReader(""), &stdout, &stderr},
		func(string) (string, bool) { return "", false })
	return code, stdout.String() + stderr.String()
}
