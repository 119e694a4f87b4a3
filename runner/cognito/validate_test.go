package cognito

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	client := func(change func(*Client)) Config {
		c := Client{ID: "a", Flows: []string{FlowImplicit}}
		change(&c)
		return Config{Clients: []Client{c}, ResourceServers: []ResourceServer{{Identifier: "api", Scopes: []string{"read"}}}}
	}
	callbacks := func(urls ...string) Config { return client(func(c *Client) { c.CallbackURLs = urls }) }
	user := func(u User) Config { return Config{Users: []User{u}} }
	tests := []struct {
		name   string
		config Config
		want   []string
	}{
		{"zero", Config{}, nil},
		{"of the tests", testConfig(), nil},
		{"pool id", Config{PoolID: "nope"}, []string{`user_pool_id: "nope" is not a user pool id`}},
		{"pool id in another region", Config{Region: "eu-west-1", PoolID: "us-east-1_AbCdEfGhI"}, []string{`user_pool_id: user pool id "us-east-1_AbCdEfGhI" is not in region "eu-west-1"`}},
		{"pool id alone", Config{PoolID: "eu-west-1_AbCdEfGhI"}, nil},
		{"region", Config{Region: "Mars"}, []string{`user_pool_id: "Mars_Postrider" is not a user pool id`}},
		{"any address", Config{Addr: ":8080"}, []string{`addr: address ":8080" is not on the loopback interface`}},
		{"all addresses", Config{Addr: "0.0.0.0:8080"}, []string{`addr: address "0.0.0.0:8080" is not on the loopback interface`}},
		{"a name", Config{Addr: "example.com:8080"}, []string{`addr: address "example.com:8080" is not on the loopback interface`}},
		{"no port", Config{Addr: "127.0.0.1"}, []string{`addr: address "127.0.0.1": not host:port`}},
		{"loopback", Config{Addr: "[::1]:0"}, nil},

		{"client without id", Config{Clients: []Client{{}}}, []string{"client[0].id: the client has no id"}},
		{"client id", client(func(c *Client) { c.ID = "a b" }), []string{`client[0].id: "a b" is not a client id`}},
		{"client id twice", Config{Clients: []Client{{ID: "a"}, {ID: "a"}}}, []string{`client[1].id: client id "a" is used twice`}},
		{"flow", client(func(c *Client) { c.Flows = []string{"code", "token"} }), []string{"client[0].flows[1]: Member must satisfy enum value set: [implicit, client_credentials, code]"}},
		{"client_credentials and code", client(func(c *Client) { c.Flows, c.Secret = []string{"client_credentials", "code"}, "s" }), []string{"client[0].flows: client_credentials flow can not be selected along with code flow or implicit flow."}},
		{"client_credentials without secret", client(func(c *Client) { c.Flows = []string{"client_credentials"} }), []string{"client[0].flows: client_credentials flow can not be selected if client does not have a client secret."}},
		{"client_credentials with openid", client(func(c *Client) {
			c.Flows, c.Secret, c.Scopes = []string{"client_credentials"}, "s", []string{"api/read", "openid"}
		}), []string{"client[0].scopes[1]: openid is not supported with client_credentials flow"}},
		{"code and implicit", client(func(c *Client) { c.Flows, c.Secret = []string{"code", "implicit"}, "s" }), nil},
		{"unknown scope", client(func(c *Client) { c.Scopes = []string{"openid", "Cognito"} }), []string{"client[0].scopes[1]: Invalid scope requested: Cognito"}},
		{"undeclared custom scope", client(func(c *Client) { c.Scopes = []string{"api/write"} }), []string{"client[0].scopes[0]: Invalid scope requested: api/write"}},
		{"51 scopes", client(func(c *Client) { c.Scopes = strings.Fields(strings.Repeat("openid ", 51)) }), []string{"client[0].scopes: 51 scopes are more than AWS's limit of 50"}},
		{"validity too short", client(func(c *Client) { c.AccessTokenValidity = 299 * time.Second }), []string{"client[0].access_token_validity: Invalid range for token validity."}},
		{"validity too long", client(func(c *Client) { c.IDTokenValidity = 25 * time.Hour }), []string{"client[0].id_token_validity: Invalid range for token validity."}},
		{"validity negative", client(func(c *Client) { c.IDTokenValidity = -time.Hour }), []string{"client[0].id_token_validity: Invalid range for token validity."}},
		{"refresh validity too short", client(func(c *Client) { c.RefreshTokenValidity = time.Hour - time.Second }), []string{"client[0].refresh_token_validity: Invalid range for token validity."}},
		{"refresh validity too long", client(func(c *Client) { c.RefreshTokenValidity = 3650*24*time.Hour + time.Second }), []string{"client[0].refresh_token_validity: Invalid range for token validity."}},
		{"refresh validity of half a second", client(func(c *Client) { c.RefreshTokenValidity = time.Hour + time.Second/2 }), []string{"client[0].refresh_token_validity: Invalid range for token validity."}},
		{"refresh validity of 10 years", client(func(c *Client) { c.RefreshTokenValidity = 3650 * 24 * time.Hour }), nil},
		{"validity of half a second", client(func(c *Client) { c.IDTokenValidity = time.Hour + time.Second/2 }), []string{"client[0].id_token_validity: Invalid range for token validity."}},

		{"callbacks that are fine", callbacks("https://a.example/x?y", "http://localhost:3000/", "http://localhost", "http://127.0.0.1:1/", "http://[::1]:1/", "myapp://x", "com.example:/cb"), nil},
		{"plain http", callbacks("https://a.example/", "http://localhost.com/"), []string{"client[0].callback_urls[1]: http://localhost.com/ cannot use the HTTP protocol."}},
		{"relative", callbacks("/callback"), []string{`client[0].callback_urls[0]: "/callback" is not an absolute URL`}},
		{"no host", callbacks("https:///x"), []string{`client[0].callback_urls[0]: "https:///x" is not an absolute URL`}},
		{"fragment", callbacks("https://a.example/#x"), []string{`client[0].callback_urls[0]: "https://a.example/#x" has a fragment`}},
		{"empty fragment", callbacks("https://a.example/#"), []string{`client[0].callback_urls[0]: "https://a.example/#" has a fragment`}},
		{"line break", callbacks("https://a.example/\r\nX: y"), []string{`client[0].callback_urls[0]: "https://a.example/\r\nX: y" is not a URL`}},
		{"space", callbacks("https://a.example/a b"), []string{`client[0].callback_urls[0]: "https://a.example/a b" is not a URL`}},
		{"101 callbacks", callbacks(strings.Fields(strings.Repeat("https://a.example/ ", 101))...), []string{"client[0].callback_urls: 101 URLs are more than AWS's limit of 100"}},
		{"sign-out URL", client(func(c *Client) { c.LogoutURLs = []string{"http://a.example/"} }), []string{"client[0].logout_urls[0]: http://a.example/ cannot use the HTTP protocol."}},

		{"resource server", Config{ResourceServers: []ResourceServer{{}, {Identifier: "a b"}, {Identifier: "a"}, {Identifier: "a"}}}, []string{
			`resource_server[0].identifier: "" is not a resource server identifier`,
			`resource_server[1].identifier: "a b" is not a resource server identifier`,
			`resource_server[3].identifier: resource server "a" is declared twice`,
		}},
		{"scope with slash", Config{ResourceServers: []ResourceServer{{Identifier: "a", Scopes: []string{"read", "a/read"}}}}, []string{`resource_server[0].scopes[1]: "a/read" is not a scope name`}},
		{"101 scopes", Config{ResourceServers: []ResourceServer{{Identifier: "a", Scopes: strings.Fields(strings.Repeat("x ", 101))}}}, []string{"resource_server[0].scopes: 101 scopes are more than AWS's limit of 100"}},

		{"user without all", user(User{}), []string{"user[0].username: the user has no username", "user[0].password: the user has no password"}},
		{"user name", user(User{Username: "a b", Password: "p"}), []string{`user[0].username: "a b" is not a username`}},
		{"user twice", Config{Users: []User{{Username: "a", Password: "p"}, {Username: "a", Password: "p"}}}, []string{"user[1].username: User account already exists"}},
		{"two passwords", user(User{Username: "a", Password: "p", TemporaryPassword: "q"}), []string{"user[0].temporary_password: the user has both a password and a temporary password"}},
		{"attributes", user(User{Username: "a", Password: "p", Attributes: map[string]string{
			"department": "x", "custom:department": "x", "custom:": "x", "email_verified": "yes", "phone_number_verified": "false", "sub": "1",
		}}), []string{
			"user[0].attributes.custom:: user.custom:: Attribute does not exist in the schema.",
			"user[0].attributes.department: user.department: Attribute does not exist in the schema.",
			`user[0].attributes.email_verified: email_verified is "yes", neither true nor false`,
			`user[0].attributes.sub: sub "1" is not a UUID`,
		}},
		{"group", user(User{Username: "a", Password: "p", Groups: []string{"ok", "no good"}}), []string{`user[0].groups[1]: "no good" is not a group name`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			problems := tt.config.Validate()
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if len(problems) == 0 {
				return
			}
			var config *ConfigError
			if s, err := NewServer(tt.config); !errors.As(err, &config) || s != nil {
				t.Errorf("NewServer: %v", err)
			} else if diff := cmp.Diff(problems, config.Problems); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProblemPath(t *testing.T) {
	t.Parallel()
	problems := Config{Clients: []Client{{ID: "a", CallbackURLs: []string{"https://a.example/", "http://a.example/"}}}}.Validate()
	want := []Problem{{
		Path:    []any{"client", 0, "callback_urls", 1},
		Message: "http://a.example/ cannot use the HTTP protocol.",
		Hint:    "use https, or http://localhost with any port",
	}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Error(diff)
	}
}

func ExampleConfig_Validate() {
	config := Config{Clients: []Client{{
		ID:           "1example23456789",
		Flows:        []string{FlowImplicit, FlowClientCredentials},
		CallbackURLs: []string{"http://www.example.com/callback"},
	}}}
	for _, p := range config.Validate() {
		fmt.Println(p)
	}
	// Output:
	// client[0].flows: client_credentials flow can not be selected along with code flow or implicit flow.
	// client[0].flows: client_credentials flow can not be selected if client does not have a client secret.
	// client[0].callback_urls[0]: http://www.example.com/callback cannot use the HTTP protocol.
}
