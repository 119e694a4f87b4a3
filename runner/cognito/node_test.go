package cognito

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNodeClients runs what people use with Cognito in JavaScript against the pool: AWS's verifier and two clients.
func TestNodeClients(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: aws-jwt-verify, openid-client and oauth4webapi were not tried")
	}
	folder := installNode(t)
	s, _ := newLivePool(t)
	callbackURL, err := s.CallbackURL()
	if err != nil {
		t.Fatal(err)
	}
	expired, err := s.ExpiredAccessToken()
	if err != nil {
		t.Fatal(err)
	}
	implicit := fragment(t, callbackURL)
	common := map[string]string{"issuer": s.Issuer(), "jwksURL": s.JWKSURL(), "url": s.URL}
	for script, more := range map[string]map[string]string{
		"jwt-verify.mjs": {"clientID": frontEnd, "idToken": implicit.Get("id_token"), "accessToken": implicit.Get("access_token"), "expiredToken": expired},
		"openid-client.mjs": {
			"clientID": singlePage, "callback": callback, "username": "jane", "password": janesPass,
			"machineID": machine, "machineSecret": "machine+secret/=",
		},
	} {
		for name, value := range common {
			more[name] = value
		}
		pool, err := json.Marshal(more)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			if got := run(t, folder, time.Minute, "node", script, string(pool)); strings.TrimSpace(got) != "ok" {
				t.Errorf("%s", got)
			}
		})
	}
}

// installNode copies testdata/node to a folder of its own and installs there what package.json names.
func installNode(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("POSTRIDER_NODE_TESTS is 1: %v", err)
		}
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	run(t, folder, 5*time.Minute, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
	return folder
}

func run(t *testing.T, folder string, limit time.Duration, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = folder
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, args[0], err, out)
	}
	return string(out)
}
