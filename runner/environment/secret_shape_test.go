package environment

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestSecretName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"access_token": true, "accessToken": true, "ACCESS_TOKEN": true, "token": true, "csrf-token": true, "X-Auth-Token": true, "data.token": true,
		"client_secret": true, "clientSecret": true, "password": true, "db_passwd": true, "api_key": true, "apikey": true, "X-Api-Key": true,
		"session": true, "session_id": true, "sessionid": true, "PHPSESSID": false, "sessionId": true, "secret_id": true, "passphrase": true,
		"private_key": true, "privateKey": true, "aws_secret_access_key": true, "Authorization": true, "Proxy-Authorization": true, "credentials": true,
		"token_type": false, "token_url": false, "expires_in": false, "client_id": false, "max_tokens": false, "session_state": false, "": false,
		"secretary": false, "domain": false, "id": false, "access_key_id": false, "state": false, "code": false, "public_key": false,
	} {
		if got := SecretName(name); got != want {
			t.Errorf("SecretName(%q) = %t", name, got)
		}
	}
	for name, want := range map[string]bool{"code": true, "assertion": true, "callback_url": true, "id_token": true, "state": false, "token_type": false, "X-Token": true} {
		if got := secretParameter(name); got != want {
			t.Errorf("secretParameter(%q) = %t", name, got)
		}
	}
}

func TestLooksSecret(t *testing.T) {
	t.Parallel()
	// Put together, so that nobody takes them for secrets here.
	glue := func(parts ...string) string { return strings.Join(parts, "") }
	basic := func(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
	const random = "k3JqX9vT2bLm7PzQ4wRy8NcD5fHg1sKa"
	for text, want := range map[string]string{
		accessToken(noon):              "a JWT",
		" " + accessToken(noon) + "\n": "a JWT",
		"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aXY.Y2lwaGVy.dGFn": "a JWT",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJqYW5lIn0.":                   "a JWT",
		"Bearer " + accessToken(noon):                                "a JWT",
		"bearer 0a1b2c3d4e5f60718293":                                "a bearer token",
		"Bearer " + random:                                           "a bearer token",
		basic("jane:Correct-Horse"):                                  "basic credentials",
		glue("AK", "IAQ7WERTYUIOPLKJ2H"):                             "an AWS access key",
		glue("AS", "IAQ7WERTYUIOPLKJ2H"):                             "an AWS access key",
		glue("gh", "p_", random, "abcd"):                             "a GitHub token",
		glue("github", "_pat_", random, "_", random):                 "a GitHub token",
		glue("xo", "xb-173028475610-", random[:24]):                  "a Slack token",
		glue("sk", "_live_", random):                                 "a Stripe key",
		glue("AI", "zaSy", random, "a"):                              "a Google API key",
		glue("gl", "pat-", random[:20]):                              "a GitLab token",
		glue("PM", "AK-", random, random):                            "a Postman API key",
		"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n":                "a private key",
		"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n":     "a private key",
		random:                 longRandom,
		random + random + "==": longRandom,
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b": longRandom,
		"wJalrXUtnFEMI/K7MDENG/bPxRfiCYzR4tQ9sK2e": longRandom,
	} {
		if got, ok := LooksSecret(text); got != want || !ok {
			t.Errorf("LooksSecret(%q) = %q, %t, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "short", "https://example.auth.us-east-1.amazoncognito.com/oauth2/userInfo", "{{token_type}} {{access_token}}", "Bearer {{access_token}}",
		"Bearer token", "Bearer your-access-token-goes-here", "Bearer …", "Basic something", "Basic auth is not what we want here", basic("{{u}}:{{p}}"), basic("no colon in here"),
		"f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "f81d4fae7dec41d0a76500a0c91e6bf6", "1h57kf5cpq17m0eml12example", "5ijq4k0fvmcd8h0jfl3r0pcrni",
		"us-east-1_AbCdEfGhI", "AKIAIOSFODNN7EXAMPLE", "AKIA", "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", "ghp_" + strings.Repeat("x", 36),
		"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		strings.Repeat("a", 64), strings.Repeat("0", 40), strings.Repeat("01", 40), "12345678901234567890123456789012345678901234567890",
		"thisIsAVeryLongCamelCaseIdentifierOfSomething22", "/api/v2/Customers/Orders/2024/Invoices/Items", "com.example.application.SomethingOrOther12",
		"the quick brown fox jumps over the lazy dog 42 times", "openid-email-profile-Aws-Cognito-Signin-User-Admin-1-2",
		"-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----\nMIIBIjANBg", "eyJ not a token at all, really", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p",
		"123456789012-abcdefghijklmnopqrstuvwxyz012345.apps.googleusercontent.com",
	} {
		if got, ok := LooksSecret(text); ok || got != "" {
			if ok {
				t.Errorf("LooksSecret(%q) = %q", text, got)
			} else {
				t.Errorf("LooksSecret(%q) is no secret, but %q", text, got)
			}
		}
	}
	for name, want := range map[string]bool{"client_id": false, "digest": false, "expected_sha256": false, "commit": false, "api": true, "session_id": true, "key": true} {
		if _, ok := LooksSecretAs(name, random); ok != want {
			t.Errorf("LooksSecretAs(%q) = %t", name, ok)
		}
	}
	if what, ok := LooksSecretAs("id", accessToken(noon)); what != "a JWT" || !ok {
		t.Errorf("a JWT called id is %q, %t", what, ok)
	}
}

// FuzzLooksSecret: nothing panics, and what is no secret is nothing.
func FuzzLooksSecret(f *testing.F) {
	for _, seed := range []string{"", "Bearer ", "Basic Og==", "eyJ..", "AKIA", "sk-", "-----BEGIN PRIVATE KEY", "Bearer \xff"} {
		f.Add("name", seed)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		what, ok := LooksSecretAs(name, text)
		if ok == (what == "") {
			t.Fatalf("LooksSecretAs(%q, %q) = %q, %t", name, text, what, ok)
		}
		_ = SecretName(text)
	})
}
