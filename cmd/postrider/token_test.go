package main

import (
	"bytes"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/environment"
)

// call runs the program within the test.
func call(t *testing.T, in io.Reader, env map[string]string, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = Main(append([]string{"postrider"}, args...), Streams{in, &stdout, &stderr}, getenvOf(env))
	return code, stdout.String(), stderr.String()
}

func getenvOf(env map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) { v, ok := env[key]; return v, ok }
}

// poolToken is an access token of a pool of its own.
func poolToken(t *testing.T) (server *cognito.Server, token string) {
	t.Helper()
	server, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{{ID: "1web", Flows: []string{"implicit"}, CallbackURLs: []string{"https://www.example.com/callback"}}},
		Users:   []cognito.User{{Username: "jane", Password: "Remote-Horse-9", Attributes: map[string]string{"email": "jane@example.com"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	address, err := server.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	callback, err := environment.ParseCallback(address)
	if err != nil {
		t.Fatal(err)
	}
	token, _ = callback.Get("access_token")
	return server, token
}

func TestToken(t *testing.T) {
	t.Parallel()
	server, token := poolToken(t)
	other, _ := poolToken(t)
	keys := filepath.Join(t.TempDir(), "keys.json")
	write(t, keys, get(t, server.JWKSURL()))
	tampered, err := environment.Tampered(token)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		stdin string
		args  []string
		code  int
		out   []string
		errs  string
	}{
		"argument":          {"", []string{token}, 0, []string{"header alg ", "RS256", "username ", "jane", ", in 59m|, in 1h0m0s)", "not checked"}, ""},
		"standard input":    {"  Bearer " + token + "\nnot this", nil, 0, []string{"RS256"}, ""},
		"header":            {`"Authorization: bearer ` + token + `"`, []string{"-"}, 0, []string{"RS256"}, ""},
		"show secrets":      {"", []string{"--show-secrets", token}, 0, []string{token}, ""},
		"verified":          {"", []string{"--jwks", server.JWKSURL(), token}, 0, []string{"verified with " + server.JWKSURL()}, ""},
		"verified by file":  {"", []string{"--jwks", keys, token}, 0, []string{"verified with " + keys}, ""},
		"tampered":          {"", []string{"--jwks", keys, tampered}, 1, []string{"NOT VERIFIED"}, "error: the signature does not fit the key"},
		"another issuer":    {"", []string{"--jwks", other.JWKSURL(), token}, 1, []string{"NOT VERIFIED"}, "error: "},
		"no answer":         {"", []string{"--jwks", "http://127.0.0.1:1/jwks", token}, 3, []string{"not checked"}, "cannot be read"},
		"no key set":        {"", []string{"--jwks", "token_test.go", token}, 3, []string{"not checked"}, "not a JSON object"},
		"no file":           {"", []string{"--jwks", "nowhere.json", token}, 2, nil, "cannot read the key set"},
		"opaque":            {"", []string{"opaque-token"}, 2, nil, "this is no JWT: it has 1 parts"},
		"nothing":           {"\n", nil, 2, nil, "there is no token"},
		"two":               {"", []string{token, token}, 2, nil, "takes one token"},
		"spoil and verify":  {"", []string{"--spoil", "tampered", "--jwks", keys, token}, 2, nil, "--jwks verifies"},
		"spoil what":        {"", []string{"--spoil", "expired", token}, 2, nil, `one of "malformed", "truncated", "tampered", "resigned" or "unsigned"`},
		"spoil opaque":      {"", []string{"--spoil", "unsigned", "opaque-token"}, 2, nil, "the token cannot be spoiled"},
		"empty jwks":        {"", []string{"--jwks=", token}, 2, nil, "--jwks is empty"},
		"tampered, as made": {"", []string{"--spoil", "tampered", token}, 0, []string{tampered + "\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errs := call(t, strings.NewReader(test.stdin), nil, append([]string{"token"}, test.args...)...)
			if code != test.code || !strings.Contains(errs, test.errs) || test.errs == "" && errs != "" {
				t.Errorf("exit code %d, not %d\n%s\n%s", code, test.code, out, errs)
			}
			for _, want := range test.out {
				if !containsOne(out, strings.Split(want, "|")) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
			if code == 2 && out != "" {
				t.Errorf("printed %s", out)
			}
			if shown := strings.Contains(out+errs, token); shown != (name == "show secrets") {
				t.Errorf("the token is shown: %v\n%s", shown, out)
			}
		})
	}
}

func containsOne(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// TestSpoil: the bad token alone is on standard output, and it is bad.
func TestSpoil(t *testing.T) {
	t.Parallel()
	server, token := poolToken(t)
	for _, kind := range spoiledKinds {
		code, out, errs := call(t, strings.NewReader(token), nil, "token", "--spoil", kind)
		bad := strings.TrimSuffix(out, "\n")
		if code != 0 || errs != "" || bad == "" || bad == token || strings.ContainsAny(bad, " \n") {
			t.Errorf("%s: exit code %d, %s", kind, code, out+errs)
		}
		if code, _, _ := call(t, strings.NewReader(bad), nil, "token", "--jwks", server.JWKSURL()); code == 0 {
			t.Errorf("%s: verified", kind)
		}
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
