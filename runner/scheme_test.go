package runner_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
)

// TestSchemes sends each way to authenticate, and looks for its credentials in the result.
func TestSchemes(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, auth, header string }{
		{"api_key in a header", `api_key = { name = "X-Api-Key", value = "{{secret}}" }`, ""},
		{"api_key in the query", `api_key = { name = "key", value = "{{secret}}", in = "query" }`, ""},
		{"api_key in a cookie", `api_key = { name = "key", value = "{{secret}}", in = "cookie" }`, ""},
		{"aws", `aws = { access_key = "AKIDEXAMPLE", secret_key = "{{secret}}", region = "eu-west-1", service = "s3" }`, "AWS4-HMAC-SHA256 "},
		{"jwt", `jwt = { algorithm = "HS256", key = "{{secret}}", claims = { sub = "jane", n = 12345678901234567890.5 } }`, "Bearer "},
		{"hawk", `hawk = { id = "jane", key = "{{secret}}" }`, "Hawk "},
		{"oauth1", `oauth1 = { consumer_key = "key", consumer_secret = "{{secret}}" }`, "OAuth "},
		{"oauth1 in the query", `oauth1 = { consumer_key = "key", consumer_secret = "{{secret}}", signature_method = "PLAINTEXT", in = "query" }`, ""},
	}
	const secret = "s3cret-0f-the-w0rld"
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			rec := run(t, e, "[[request]]\nurl = \"{{host}}/a\"\nauth."+c.auth+"\nassert.status = 201\n", runner.Options{Variables: map[string]string{"secret": secret}})
			seen := strings.Join(e.requests(), "\n")
			if rec.requests[0].Verdict != runner.Failed || !strings.Contains(seen, c.header) {
				t.Fatalf("%s: %s", rec.said(), seen)
			}
			text, err := json.Marshal(rec.requests[0].Sent)
			if err != nil {
				t.Fatal(err)
			}
			shown := string(text) + rec.said() + rec.requests[0].Response.Body
			for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
				if strings.Contains(shown, form) {
					t.Errorf("%q is shown in %s", form, shown)
				}
			}
		})
	}
}

func TestSchemeProblems(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, auth, want string }{
		{"empty key", `jwt = { algorithm = "HS256", key = "{{empty}}" }`, "key is empty"},
		{"empty API key", `api_key = { name = "k", value = "{{empty}}" }`, "the value of the API key is empty"},
		{"not PEM", `jwt = { algorithm = "RS256", key = "{{secret}}" }`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			rec := run(t, e, "[[request]]\nurl = \"{{host}}/a\"\nauth."+c.auth+"\n", runner.Options{Variables: map[string]string{"empty": "", "secret": "nothing"}})
			if len(e.requests()) > 0 || rec.result.Verdict != runner.Errored || rec.requests[0].Error.Kind != runner.AuthError || !strings.Contains(rec.said(), c.want) {
				t.Errorf("sent %v: %s", e.requests(), fmt.Sprint(rec.said()))
			}
		})
	}
}
