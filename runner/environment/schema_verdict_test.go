package environment

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSchemaRefuses has one mistake at a time, each of which the schema and [Load] refuse alike.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	lines := []string{
		`extend = "a"`, `extends = ""`, `extends = 1`, `dotenv = ""`, `dotenv = 1`, `callback_url = 1`, `state = 1`, `variables = 1`, `variables = []`, `secrets = "a"`, `secrets = []`, `cognito = 1`,
		`variables = { "a b" = 1 }`, `variables = { "$a" = 1 }`, `variables = { "env.a" = 1 }`, `variables = { "" = 1 }`, `secrets = { "a b" = "c" }`, `secrets = { "env.a" = "c" }`,
		`secrets.a = 1`, `secrets.a = []`, `secrets.a = {}`, `secrets.a = { nv = "A" }`, `secrets.a = { env = "A", file = "b" }`, `secrets.a = { env = 1 }`, `secrets.a = { env = "" }`,
		`secrets.a = { file = 1 }`, `secrets.a = { file = "" }`, `secrets.a = { prompt = 1 }`, `secrets.a = { prompt = "" }`, `secrets.a = { keyring = 1 }`, `secrets.a = { keyring = "a" }`,
		`secrets.a = { keyring = "a/" }`, `secrets.a = { keyring = "/a" }`, `secrets.a = { command = "a" }`, `secrets.a = { command = [] }`, `secrets.a = { command = [1] }`,
		`secrets.a = { command = [""] }`, `secrets.a = { command = ["a", 1] }`, `secrets.a = { command = 1 }`,
		`cognito.regoin = "a"`, `cognito.region = 1`, `cognito.client = 1`, `cognito.client = [1]`, `cognito.user = {}`, `cognito.user = [1]`, `cognito.resource_server = "a"`, `cognito.resource_server = [1]`,
	}
	good := map[string]string{
		"client": `id = "a"`, "resource_server": `identifier = "a"`, "user": `username = "a", password = "b"`,
	}
	for table, mistakes := range map[string][]string{
		"client": {
			`unheard_of = 1`, `name = 1`, `id = 1`, `secret = 1`, `flows = "code"`, `flows = [1]`, `scopes = "openid"`, `scopes = [1]`, `callback_urls = "https://a"`, `callback_urls = [1]`, `logout_urls = "https://a"`,
			`logout_urls = [1]`, `access_token_validity = 3600`, `access_token_validity = "hour"`, `access_token_validity = "-1h"`, `id_token_validity = 1`, `id_token_validity = "0d"`, `refresh_token_validity = true`,
			`refresh_token_validity = "d"`, `rotate_refresh_tokens = "yes"`, `disable_token_revocation = 1`,
		},
		"resource_server": {`unheard_of = 1`, `identifier = 1`, `name = 1`, `scopes = "a"`, `scopes = [1]`},
		"user": {
			`unheard_of = 1`, `username = 1`, `password = 1`, `temporary_password = 1`, `groups = "a"`, `groups = [1]`, `disabled = "no"`, `attributes = "a"`, `attributes = { email = [] }`, `attributes = { address = {} }`,
			`attributes = { "custom:a" = [] }`,
		},
	} {
		for _, mistake := range mistakes {
			lines = append(lines, "cognito."+table+" = [{ "+with(good[table], mistake)+" }]")
		}
	}
	for _, line := range lines {
		file := filepath.Join(folder(t, map[string]string{"a.toml": line + "\n"}), "a.toml")
		if _, list := Load(Options{Names: []string{file}}); !list.HasErrors() {
			t.Errorf("Load accepts %s", line)
		}
		if judge(s, line+"\n") == nil {
			t.Errorf("the schema accepts %s", line)
		}
	}
}

// with adds a key to others, in place of the one of its name.
func with(others, line string) string {
	key, _, _ := strings.Cut(line, " ")
	for _, other := range strings.Split(others, ", ") {
		if !strings.HasPrefix(other, key+" ") {
			line += ", " + other
		}
	}
	return line
}

// TestSchemaOfPool has what is refused once the pool is made, as AWS would, as far as a schema can tell, and templates in
// its place, which may turn out to be right.
func TestSchemaOfPool(t *testing.T) {
	t.Parallel()
	s := compiledSchema(t)
	for line, accepted := range map[string]bool{
		`client = [{}]`: false, `client = [{ id = "" }]`: false, `client = [{ id = "a-b" }]`: false, `client = [{ id = "{{id}}" }]`: true,
		`client = [{ id = "a", flows = ["cod"] }]`: false, `client = [{ id = "a", flows = ["{{flow}}"] }]`: true, `client = [{ id = "a", flows = ["code", "implicit"] }]`: true, `client = [{ id = "a", flows = [] }]`: true,
		`client = [{ id = "a", flows = ["client_credentials"] }]`: false, `client = [{ id = "a", secret = "b", flows = ["client_credentials"] }]`: true,
		`client = [{ id = "a", secret = "b", flows = ["client_credentials", "code"] }]`: false, `client = [{ id = "a", callback_urls = ["/callback"] }]`: false,
		`client = [{ id = "a", callback_urls = ["https://a/#b"] }]`: false, `client = [{ id = "a", logout_urls = ["a b"] }]`: false, `client = [{ id = "a", logout_urls = ["{{url}}", "app:/b"] }]`: true,
		`client = [{ id = "a", access_token_validity = "{{v}}", id_token_validity = "1d", refresh_token_validity = "1h30m" }]`: true,
		`resource_server = [{}]`: false, `resource_server = [{ identifier = "a b" }]`: false, `resource_server = [{ identifier = "https://a", scopes = ["a/b"] }]`: false, `resource_server = [{ identifier = "{{i}}", scopes = ["{{s}}", "b"] }]`: true,
		`user = [{ password = "a" }]`: false, `user = [{ username = "a" }]`: false, `user = [{ username = "", password = "b" }]`: false, `user = [{ username = "a", password = "" }]`: false, `user = [{ username = "a", temporary_password = "" }]`: false,
		`user = [{ username = "a", password = "b", temporary_password = "c" }]`: false, `user = [{ username = "a", temporary_password = "c", groups = ["a"], disabled = true }]`: true,
		`user = [{ username = "a", password = "b", groups = [""] }]`: false, `user = [{ username = "a", password = "b", attributes = { phone = "1" } }]`: false,
		`user = [{ username = "a", password = "b", attributes = { "custom:a" = 1, email_verified = "true", phone_number_verified = false, sub = "{{sub}}" } }]`: true,
		`user = [{ username = "a", password = "b", attributes = { email_verified = "yes" } }]`:                                                                  false, `user = [{ username = "a", password = "b", attributes = { sub = "a" } }]`: false,
		`user = [{ username = "a", password = "b", attributes = { "custom:" = "a" } }]`: false,
	} {
		if err := judge(s, "cognito."+line+"\n"); (err == nil) != accepted {
			t.Errorf("%s: %v", line, err)
		}
	}
}
