package collection_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// verdicts are what check and the schema say of a text: nil if it is right. numbers of TOML that JSON does not have are
// null to the schema.
func verdicts(s *jsonschema.Schema, text string) (check, schema error) {
	c, list := collection.Parse("a.toml", text)
	if c != nil {
		_, more := runner.New(c, runner.Options{})
		list = append(list, more...)
	}
	if list.HasErrors() {
		check = list
	}
	root, parsed := tomlnode.Parse(diag.NewSource("a.toml", text))
	if parsed.HasErrors() {
		return check, parsed
	}
	return check, s.Validate(plain(root.Value()))
}

func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = plain(member)
		}
	case []any:
		for i, item := range v {
			v[i] = plain(item)
		}
	case json.Number:
		if !json.Valid([]byte(v)) {
			return nil
		}
	}
	return v
}

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(collection.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("collection.json", document); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("collection.json")
}

// aRequestWith is a request with a line of its own, which ~ stands for more of.
func aRequestWith(line string) string {
	return "[[request]]\nurl = \"http://127.0.0.1/\"\n" + strings.ReplaceAll(line, " ~ ", "\n") + "\n"
}

// TestSchemaRefuses has one mistake at a time, each of which the schema and check refuse alike.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, line := range []string{
		`name = ""`, `name = 1`, `description = 1`, `description = ["a"]`, `naem = "x"`, `variables = { a = 1 }`, `data = "a.csv"`,
		`method = ""`, `method = "GET /"`, `method = 1`, `params = { id = [1] }`, `params = "a"`, `query = { a = { b = 1 } }`, `query = { a = [[1]] }`,
		`headers = { "a b" = "x" }`, `headers.A = {}`, `headers.A = [[]]`, `headers = []`, `repeat = 0`, `repeat = 1_000_001`, `repeat = "3"`,
		`timeout = "0s"`, `timeout = "-1s"`, `timeout = "2"`, `timeout = "2 s"`, `timeout = 2`, `timeout = "{{t}}"`, `timeout = ""`, `timeout = "soon"`,
		`delay = "-1s"`, `delay = 1`, `delay = "{{t}}"`, `redirects = 51`, `redirects = -1`, `redirects = "5"`, `redirects = 1.5`,
		`max_body = 0`, `max_body = "0MB"`, `max_body = "64 apples"`, `max_body = "64mb"`, `max_body = -1`, `max_body = true`, `max_body = "{{m}}"`,
		`skip = true`, `when = "x"`, `when = { stage = { equls = 1 } }`, `when = { stage = {} }`, `tags = "a"`, `tags = [1]`, `tags = [" "]`,
		`cookies = "no"`, `http = "1.0"`, `http = 2`, `http = "{{v}}"`, `proxy = true`, `proxy = 8080`, `proxy = "127.0.0.1:8080"`, `proxy = "ftp://a"`, `proxy = "http://a/b"`,
		`resolve = { "a" = "b" }`, `resolve = { "a:0" = "b" }`, `resolve = { "a:1" = 1 }`, `resolve = { "a:1" = "" }`, `resolve = { "a:1" = "b/c" }`, `resolve = { "http://a:1" = "b" }`,
		`retry = -1`, `retry = 101`, `retry = 1.5`, `retry = "3"`, `retry = {}`, `retry = { times = 3, dely = "1s" }`, `retry = { times = 3, delay = "-1s" }`,
		`retry = { times = 3, backoff = 0.5 }`, `retry = { times = 3, backoff = 101 }`, `retry = { times = 3, on = [] }`, `retry = { times = 3, on = ["eror"] }`,
		`retry = { times = 3, on = ["6xx"] }`, `retry = { times = 3, on = [99] }`, `retry = { times = 3, on = "error" }`, `retry = { times = 3, on = [true] }`,
		`tls = true`, `tls = { insecur = true }`, `tls = { insecure = "yes" }`, `tls = { cert = "a.pem" }`, `tls = { key = "a.pem" }`, `tls = { ca = "" }`,
		`tls = { min_version = "1.4" }`, `tls = { min_version = 1.2 }`, `tls = { server_name = 1 }`,
		`body = "x"`, `body = {}`, `body = { type = "a/b" }`, `body = { jsn = 1 }`, `body = { json = 1, text = "x" }`, `body = { json = 1, type = 1 }`, `body.text = 1`,
		`body.form = "a=b"`, `body.form = { a = {} }`, `body.form = { a = [[1]] }`, `body.file = ""`, `body.file = 1`, `body.base64 = "a$"`, `body.base64 = 1`,
		`body.graphql = "{ a }"`, `body.graphql = {}`, `body.graphql = { query = " " }`, `body.graphql = { query = "a", variables = 1 }`,
		`body.graphql = { query = "a", operation = 1 }`, `body.graphql = { query = "a", operatin = "b" }`,
		`body.multipart = "x"`, `body.multipart = { a = {} }`, `body.multipart = { a = { value = "a", file = "b" } }`, `body.multipart = { a = { value = "a", filename = "b" } }`,
		`body.multipart = { a = [[1]] }`, `body.multipart = { a = { file = "" } }`, `body.multipart = { a = { value = [1] } }`, `body.multipart = { a = { vlue = "x" } }`,
		`case = []`, `case = "x"`, `case = [1]`, `case = [{ variabels = {} }]`, `case = [{ name = "" }]`, `case = [{ skip = 1 }]`, `case = [{ tags = 1 }]`, `case = [{ variables = 1 }]`,
		`case = [{ variables = { "a b" = 1 } }]`, `case = [{ variables = { "$a" = 1 } }]`, `case = [{ variables = { "env.A" = 1 } }]`, `case = [{ variables = { "" = 1 } }]`,
		`case = [{ assert = { stats = 1 } }]`, `auth.bearer = "x" ~ rejects = ["missing"] ~ case = [{}]`,
		`auth.bearer = "x" ~ rejects = []`, `auth.bearer = "x" ~ rejects = {}`, `auth.bearer = "x" ~ rejects = ["mising"]`, `auth.bearer = "x" ~ rejects = ["empty", "empty"]`,
		`auth.bearer = "x" ~ rejects = [1]`, `auth.bearer = "x" ~ rejects = "missing"`, `auth.bearer = "x" ~ rejects = { mising = 400 }`, `auth.bearer = "x" ~ rejects = { missing = "400" }`,
		`auth.bearer = "x" ~ rejects = { missing = {} }`,
		`auth = {}`, `auth = 1`, `auth = "nne"`, `auth = "{{a}}"`, `auth.baerer = "x"`, `auth.bearer = 1`, `auth = { bearer = "a", basic = { username = "a", password = "b" } }`,
		`auth.basic = "a:b"`, `auth.basic = { username = "a" }`, `auth.basic = { username = "a", password = 1 }`, `auth.basic = { username = "a", password = "b", realm = "c" }`,
		`auth.digest = { username = "", password = "b" }`, `auth.digest = { username = "a" }`, `auth.ntlm = { username = "a" }`, `auth.ntlm = { username = "a", password = "" }`,
		`auth.api_key = { name = "a" }`, `auth.api_key = { name = "a", value = "" }`, `auth.api_key = { name = "a", value = "b", in = "body" }`,
		`auth.aws = { access_key = "a" }`, `auth.aws = { access_key = "a", secret_key = "" }`, `auth.aws = { access_key = "a", secret_key = "b", reigon = "c" }`,
		`auth.jwt = { key = "a" }`, `auth.jwt = { algorithm = "HS257", key = "a" }`, `auth.jwt = { algorithm = "none", key = "a" }`, `auth.jwt = { algorithm = "HS256", key = "" }`,
		`auth.jwt = { algorithm = "HS256", key = "a", claims = "b" }`, `auth.jwt = { algorithm = "HS256", key = "a", header = 1 }`, `auth.jwt = { algorithm = "HS256", key = "a", lifetime = "0s" }`,
		`auth.hawk = { id = "a" }`, `auth.hawk = { id = "a", key = "b", algorithm = "md5" }`, `auth.hawk = { id = "a", key = "b", payload_hash = "yes" }`,
		`auth.oauth1 = { consumer_key = "a" }`, `auth.oauth1 = { consumer_key = "a", signature_method = "RSA-SHA1" }`, `auth.oauth1 = { consumer_key = "a", consumer_secret = "b", signature_method = "MD5" }`,
		`auth.oauth1 = { consumer_key = "a", consumer_secret = "b", in = "cookie" }`, `auth.oauth1 = { consumer_key = "a", consumer_secret = "b", body_hash = 1 }`,
		`auth.oauth2 = "x"`, `auth.oauth2 = { client_id = "a" }`, `auth.oauth2 = { grant = "client_credentails" }`, `auth.oauth2 = { grant = "client_credentials", client_id = "a", client_secret = "b" }`,
		`auth.oauth2 = { grant = "client_credentials", client_id = "a", token_url = "{{t}}" }`, `auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}" }`,
		`auth.oauth2 = { grant = "authorization_code", client_id = "a", redirect_uri = "{{r}}", authorize_url = "{{u}}" }`, `auth.oauth2 = { grant = "password", client_id = "a", token_url = "{{t}}", username = "u" }`,
		`auth.oauth2 = { grant = "refresh_token", client_id = "a", token_url = "{{t}}" }`, `auth.oauth2 = { grant = "device_code", client_id = "a", token_url = "{{t}}" }`,
		`auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", authorize_url = "/authorize" }`, `auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", authorize_url = "https://a/#b" }`,
		`auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", authorize_url = "{{u}}", pkce = "no" }`, `auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", issuer = "{{i}}", client_auth = "basic" }`,
		`auth.oauth2 = { grant = "implicit", client_id = "", redirect_uri = "{{r}}", issuer = "{{i}}" }`, `auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "/callback", issuer = "{{i}}" }`,
		`auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", issuer = "{{i}}", username = "u" }`,
		`assert = 200`, `assert.stauts = 200`, `assert.status = "200"`, `assert.status = 200.5`, `assert.status = "ok"`, `assert.status = true`, `assert.status = {}`, `assert.status = [200]`,
		`assert.status = { equls = 200 }`, `assert.status = { lt = "2xx" }`, `assert.status = { in = 200 }`, `assert.status = { in = ["ok"] }`, `assert.status = { contains = 2 }`, `assert.status = { not = { matches = "2" } }`,
		`assert.status = { exists = "yes" }`, `assert.duration = 2`, `assert.duration = { lt = 2 }`, `assert.duration = { lt = "2" }`, `assert.duration = { lt = "-2s" }`, `assert.duration = { in = [1] }`,
		`assert.size = "2 parsecs"`, `assert.size = -1`, `assert.size = 1.5`, `assert.size = { lt = "2k" }`, `assert.size = true`, `assert.redirects = "1"`, `assert.redirects = { lt = true }`, `assert.redirects = { type = "number" }`,
		`assert.text = []`, `assert.text = {}`, `assert.text = { every = "a" }`, `assert.text = { contains = ["a"] }`, `assert.text = { in = "a" }`, `assert.text = { in = [["a"]] }`, `assert.text = { equals = { a = 1 } }`,
		`assert.reason = { jwks = "a" }`, `assert.sha256 = { schema = "a" }`, `assert.protocol = { starts_with = ["a"] }`, `assert.url = { matches = {} }`,
		`assert.header = "Location"`, `assert.header."a b" = "x"`, `assert.header.A = ["x"]`, `assert.header.A = { exists = "yes" }`, `assert.header.A = { gt = true }`, `assert.header.A = { every = [1] }`,
		`assert.cookie = 7`, `assert.cookie."a b" = "x"`, `assert.cookie."a[" = "x"`, `assert.cookie.a = ["x"]`, `assert.cookie."" = "x"`,
		`assert.json = []`, `assert.json."" = 1`, `assert.json.a = {}`, `assert.json.a.b = 1`, `assert.json.a = { type = "text" }`, `assert.json.a = { type = [] }`, `assert.json.a = { type = ["string", "text"] }`,
		`assert.json.a = { format = "uud" }`, `assert.json.a = { format = ["uuid"] }`, `assert.json.a = { length = "7" }`, `assert.json.a = { length = { matches = "7" } }`, `assert.json.a = { length = {} }`,
		`assert.json.a = { in = 7 }`, `assert.json.a = { gt = [1] }`, `assert.json.a = { matches = ["a"] }`, `assert.json.a = { before = "soon" }`, `assert.json.a = { after = true }`, `assert.json.a = { after = "now+soon" }`,
		`assert.json.a = { empty = 1 }`, `assert.json.a = { every = {} }`, `assert.json.a = { any = { typ = "string" } }`, `assert.json.a = { not = { equls = 1 } }`, `assert.json.a = { jwks = "a" }`, `assert.json.a = { schema = {} }`,
		`assert.regex = "a"`, `assert.regex."" = "a"`, `assert.regex.a = ["a"]`, `assert.xpath = "a"`, `assert.xpath." " = "a"`, `assert.xpath.a = { typo = 1 }`, `assert.xpath."//a" = ["b"]`,
		`assert.jwt = "a"`, `assert.jwt.a = "x"`, `assert.jwt.a.sub = "x"`, `assert.jwt.a."" = "x"`, `assert.jwt."".claims = 1`, `assert.jwt.a.signature = "x"`, `assert.jwt.a.signature = { jwks = "" }`, `assert.jwt.a.signature = { equals = "x" }`,
		`assert.jwt.a.claims = { jwks = "x" }`, `assert.variable = "a"`, `assert.variable."" = 1`, `assert.certificate = true`, `assert.certificate."" = 1`, `assert.schema = 1`, `assert.schema = ""`, `assert.schema = []`, `assert.schema = "{{s}}"`,
		`capture = "x"`, `capture.a = "x"`, `capture.a = {}`, `capture.a = { json = "x", header = "y" }`, `capture.a = { jsn = "x" }`, `capture.a = { url = "yes" }`, `capture.a = { url = false }`, `capture.a = { json = 7 }`, `capture.a = { json = "" }`,
		`capture.a = { json = "x", secret = "yes" }`, `capture.a = { json = "x", pipe = 1 }`, `capture.a = { json = "x", pipe = "" }`, `capture.a = { schema = true }`, `capture.a = { schema = "x" }`, `capture."$h" = { url = true }`,
		`capture."env.h" = { url = true }`, `capture."a b" = { url = true }`, `capture."" = { url = true }`, `capture.a = { jwt = "a" }`, `capture.a = { jwt = "a signature" }`, `capture.a = { header = "a b" }`, `capture.a = { cookie = "a b" }`,
		`capture.a = []`, `capture.a = { url = true, unheard_of = 1 }`, `timeout = true`, `body = true`, `assert.size = { gt = -1 }`, `assert.json.a = { empty = "yes" }`, `auth.jwt = { algorithm = "HS256", key = "a", lifetime = "5 minutes" }`,
		`auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", issuer = "{{i}}", username = 1, password = "a" }`, `auth.oauth2 = { grant = "implicit", client_id = "a", redirect_uri = "{{r}}", issuer = "{{i}}", username = "a", password = 1 }`,
		`params = 1`, `query = 1`, `timeout = []`, `delay = []`, `resolve = "a:1"`, `when = { "" = 1 }`, `retry = { times = "3" }`, `retry = { times = 3, delay = 1 }`, `retry = { times = 3, backoff = "2" }`,
		`retry = { times = 3, on = [600] }`, `tls = { ca = 1 }`, `tls = { cert = 1, key = "a" }`, `tls = { cert = "a", key = 1 }`, `tls = { cert = "", key = "a" }`, `tls = { cert = "a", key = "" }`,
		`body = { json = 1, jsn = 2 }`, `body = []`, `body.graphql = { query = 1 }`, `body.multipart = { a = { value = "x", typ = "y" } }`, `body.multipart = { a = { file = 1 } }`, `body.multipart = { a = { value = "x", type = 1 } }`,
		`body.multipart = { a = { file = "x", filename = 1 } }`, `assert.duration = "soon"`, `assert.duration = 1`, `assert.redirects = [1]`, `assert.status = { in = [true] }`, `assert.redirects = { in = ["a"] }`,
		`assert.size = { in = ["a"] }`, `assert.duration = { in = ["a"] }`, `assert.variable.a = {}`, `assert.jwt.a.signature = {}`, `assert.jwt.a.signature = { jwks = "a", exists = true }`, `assert.jwt.a.signature = { jwks = 1 }`,
		`capture.a = { default = 1 }`, `capture.a = { xpath = "" }`, `capture.a = { regex = "" }`, `capture.a = { header = "" }`, `capture.a = { certificate = "" }`, `capture.a = { variable = "" }`,
	} {
		check, schema := verdicts(s, aRequestWith(line))
		if check == nil {
			t.Errorf("check accepts %s", line)
		}
		if schema == nil {
			t.Errorf("the schema accepts %s, of which check says %v", line, check)
		}
	}
}

// TestSchemaRefusesKinds does so for what is the same in many places: the keys of each way to authenticate, and the
// predicates of each query.
func TestSchemaRefusesKinds(t *testing.T) {
	t.Parallel()
	var lines []string
	for kind, table := range map[collection.AuthKind]string{
		collection.Basic:  `username = "a", password = "b"`,
		collection.Digest: `username = "a", password = "b"`,
		collection.APIKey: `name = "a", value = "b"`,
		collection.AWS:    `access_key = "a", secret_key = "b"`,
		collection.JWT:    `algorithm = "HS256", key = "0123456789abcdef0123456789abcdef"`,
		collection.NTLM:   `username = "a", password = "b"`,
		collection.Hawk:   `id = "a", key = "b"`,
		collection.OAuth1: `consumer_key = "a", consumer_secret = "b"`,
		collection.OAuth2: `grant = "implicit", client_id = "a", redirect_uri = "https://a", authorize_url = "https://b"`,
	} {
		auth := "auth." + string(kind)
		lines = append(lines, auth+` = "x"`, auth+" = { "+table+", unheard_of = 1 }")
		required := strings.Split(table, ", ")
		for i := range required {
			lines = append(lines, auth+" = { "+strings.Join(append(append([]string{}, required[:i]...), required[i+1:]...), ", ")+" }")
		}
		for _, key := range collection.AuthKeys(kind) {
			values := []string{"1"}
			switch key {
			case "lifetime", "issuer", "authorize_url", "token_url", "device_url", "redirect_uri":
				values = []string{"1", `"no such thing"`}
			}
			for _, value := range values {
				line := key + " = " + value
				for _, other := range required {
					if !strings.HasPrefix(other, key+" = ") {
						line += ", " + other
					}
				}
				lines = append(lines, auth+" = { "+line+" }")
			}
		}
	}
	for kind, key := range map[collection.AuthKind][2]string{
		collection.Digest: {"username", "password"}, collection.NTLM: {"username", "password"}, collection.AWS: {"access_key", "secret_key"},
		collection.Hawk: {"id", "key"}, collection.OAuth1: {"consumer_key", "consumer_secret"},
	} {
		lines = append(lines, "auth."+string(kind)+" = { "+key[0]+` = "", `+key[1]+` = "b" }`)
		if kind != collection.OAuth1 {
			lines = append(lines, "auth."+string(kind)+" = { "+key[0]+` = "a", `+key[1]+` = "" }`)
		}
	}
	const endpoint = `token_url = "{{t}}"`
	for grant, table := range map[string]string{
		"authorization_code": `redirect_uri = "{{r}}", authorize_url = "{{a}}", ` + endpoint, "implicit": `redirect_uri = "{{r}}", authorize_url = "{{a}}"`,
		"client_credentials": `client_secret = "{{s}}", ` + endpoint, "password": `username = "{{u}}", password = "{{p}}", ` + endpoint,
		"refresh_token": `refresh_token = "{{r}}", ` + endpoint, "device_code": `device_url = "{{d}}", ` + endpoint,
	} {
		pairs := strings.Split(`client_id = "a", `+table, ", ")
		for i := range pairs {
			lines = append(lines, `auth.oauth2 = { grant = "`+grant+`", `+strings.Join(append(append([]string{}, pairs[:i]...), pairs[i+1:]...), ", ")+" }")
		}
	}
	lines = append(lines, `auth.oauth2 = { grant = "authorization_code", client_id = "a", redirect_uri = "{{r}}", issuer = "{{i}}", password = "{{p}}" }`)
	for _, query := range []string{
		"status", "reason", "url", "redirects", "size", "duration", "header.a", `cookie."a[Path]"`, "json.a", "regex.a", `xpath."//a"`, "jwt.a.claims", "variable.a", "certificate.a",
	} {
		for _, predicates := range []string{
			"{}", "{ unheard_of = 1 }", "{ in = 1 }", `{ in = "a" }`, "{ in = {} }", "{ not = {} }", "{ not = { unheard_of = 1 } }", "{ gt = true }", "{ gte = true }", "{ lt = []  }",
			"{ lte = {} }", `{ exists = "a" }`, "{ exists = 1 }", "{ empty = 1 }", "{ type = 1 }", `{ type = "a" }`, "{ type = {} }", "{ format = true }", `{ length = "a" }`,
			"{ length = [1] }", "{ length = { gt = \"a\" } }", "{ length = { in = [true] } }", "{ starts_with = [] }", "{ ends_with = {} }", "{ matches = [] }", "{ before = {} }", `{ after = "a" }`, "{ every = {} }",
			"{ any = { unheard_of = 1 } }", `{ jwks = "https://a" }`, "{ schema = {} }",
		} {
			lines = append(lines, "assert."+query+" = "+predicates)
		}
	}
	for _, query := range []string{"status", "reason", "protocol", "url", "redirects", "size", "duration", "text", "sha256"} {
		lines = append(lines, "capture.a = { "+query+" = 1 }", "capture.a = { "+query+" = false }", "capture.a = { "+query+` = "a" }`)
	}
	for _, query := range []string{"header", "cookie", "json", "regex", "xpath", "jwt", "variable", "certificate"} {
		lines = append(lines, "capture.a = { "+query+" = 1 }", "capture.a = { "+query+" = true }", "capture.a = { "+query+` = "" }`)
	}
	s := compiled(t)
	for _, line := range lines {
		if check, schema := verdicts(s, aRequestWith(line)); check == nil || schema == nil {
			t.Errorf("check says %v, the schema %v of %s", check, schema, line)
		}
	}
}

// TestSchemaRefusesFiles is the same for what stands around requests.
func TestSchemaRefusesFiles(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	const good = "[[request]]\nurl = \"http://127.0.0.1/\"\n"
	for _, text := range []string{
		"[request]\nurl = \"http://127.0.0.1/\"\n", "request = \"a\"", "request = [1]\n", "[[requests]]\nurl = \"http://127.0.0.1/\"\n", "[[request]]\nname = \"a\"\n",
		"[[request]]\nurl = 1\n", "[[request]]\nurl = \" \"\n", "setup = 1\n" + good, "[[setup]]\n" + good, "[[teardown]]\nurl = \"\"\n" + good,
		"url = \"http://127.0.0.1/\"\n" + good, "capture = {}\n" + good, "descripton = \"a\"\n" + good, "name = \" \"\n" + good, "variables = 1\n" + good,
		"variables = { \"a b\" = 1 }\n" + good, "variables = { \"$a\" = 1 }\n" + good, "variables = { \"env.a\" = 1 }\n" + good, "data = \"\"\n" + good, "data = \"{{d}}.csv\"\n" + good,
		"data = 1\n" + good, "data = []\n" + good, "teardown = 1\n" + good, "[[request]]\ninclude = [\"a.toml\"]\n", "timeout = \"0s\"\n" + good, "assert = { stauts = 200 }\n" + good, "include = \"a.toml\"\n" + good,
		"[[request]]\ninclude = \"\"\n", "[[request]]\ninclude = 1\n", "[[request]]\ninclude = \"{{i}}\"\n", "[[request]]\ninclude = \"a.toml\"\nurl = \"a\"\n",
		"[[request]]\ninclude = \"a.toml\"\nmethod = \"GET\"\n", "[[request]]\ninclude = \"a.toml\"\ncapture = {}\n", "[[request]]\ninclude = \"a.toml\"\nvariables = 1\n",
		"[[request]]\ninclude = \"a.toml\"\nbody = {}\n", "[[request]]\ninclude = \"a.toml\"\nrepeat = 2\n", "[[request]]\ninclude = \"a.toml\"\nnaem = \"a\"\n",
		"a = 1\na = 2\n", "[[request]]\nurl = http\n",
	} {
		check, schema := verdicts(s, text)
		if check == nil || schema == nil {
			t.Errorf("check says %v, the schema %v of\n%s", check, schema, text)
		}
	}
}

// TestSchemaAcceptsForms has the less usual forms of what is right.
func TestSchemaAcceptsForms(t *testing.T) {
	t.Parallel()
	s := compiled(t)
	for _, line := range []string{
		`description = ""`, `method = "PROPFIND"`, `method = "m-search"`, `query = { a = [], b = true, c = 1.5, d = 1979-05-27 }`, `headers = { A = false, B = ["a", 1, true], C = 1, D = true }`,
		`repeat = 1_000_000`, `timeout = "1.5h2m.5s"`, `timeout = "+1µs"`, `timeout = "100ns"`, `delay = "0"`, `delay = "-0"`, `delay = "0s"`, `redirects = true`, `redirects = false`, `redirects = 0`, `redirects = 50`,
		`max_body = 1`, `max_body = "1"`, `max_body = "1.5 MB"`, `max_body = " 10 KiB "`, `max_body = "10KB"`, `max_body = "1TiB"`, `skip = ""`, `skip = "{{why}}"`, `when = { "a.b" = { exists = false }, c = [1], d = { in = "{{l}}" } }`, `tags = []`,
		`proxy = ""`, `proxy = false`, `proxy = "{{p}}"`, `proxy = "HTTP://u:p@a:1/"`, `proxy = "socks5h://a"`, `resolve = { "[::1]:443" = "::1", "a.b:1" = "[::1]:2", "c:1" = "{{x}}", "d:65535" = "e:1", "f:1" = "127.0.0.1" }`,
		`retry = 0`, `retry = 100`, `retry = { times = 0, delay = "0s", backoff = 1.5, on = ["error", "assert", "429", "5xx", 503] }`, `tls = {}`, `tls = { min_version = "1.0", insecure = true, server_name = "{{s}}" }`,
		`body.json = []`, `body.json = "{{b}}"`, `body.json = { a = { b = [1, { c = 1979-05-27 }] } }`, `body.json = 1`, `body = { text = "", type = "a/b" }`, `body.form = {}`, `body.base64 = "YWJj\n YQ=="`, `body.base64 = ""`, `body.base64 = "{{b}}!"`,
		`body.graphql = { query = "a", variables = "{}" }`, `body.multipart = { a = [1, true, { value = "x", type = "a/b" }], b = 1979-05-27 }`, `body.multipart = {}`, `params = {}`,
		`case = [{}]`, `case = [{ name = "a", variables = { "é" = 1, a-b = 2, "a.b" = 3, "a:b" = 4 }, assert = {}, tags = [], skip = "" }]`,
		`auth = "none"`, `auth.bearer = ""`, `auth.basic = { username = "", password = "" }`, `auth.api_key = { name = "a", value = "b", in = "{{in}}" }`, `auth.aws = { access_key = "a", secret_key = "b" }`,
		`auth.jwt = { algorithm = "{{a}}", key = "{{k}}", claims = {}, header = { kid = "a" }, lifetime = "1m" }`, `auth.hawk = { id = "a", key = "b", algorithm = "sha1" }`,
		`auth.oauth1 = { consumer_key = "a", consumer_secret = "b", signature_method = "PLAINTEXT" }`, `auth.oauth1 = { consumer_key = "a", signature_method = "{{m}}" }`,
		`auth.oauth2 = { grant = "{{g}}" }`, `auth.oauth2 = { grant = "device_code", client_id = "a", issuer = "https://a" }`, `auth.oauth2 = { grant = "client_credentials", client_id = "a", client_secret = "b", token_url = "HTTPS://a/b?c", client_auth = "{{c}}" }`,
		`assert = {}`, `assert.status = "2xx"`, `assert.status = "40X"`, `assert.status = "{{s}}"`, `assert.status = { not = "5xx", in = ["2xx", 404], gte = 200, exists = true }`, `assert.status = { in = "{{l}}" }`, `assert.status = { not = { in = [500] } }`,
		`assert.duration = { lt = "2d", gt = "0", gte = "1.5ms", not = "1w" }`, `assert.duration = { lt = "{{d}}" }`, `assert.size = { lt = "2MiB", gt = 0, lte = "1 kb", not = "5" }`, `assert.size = "{{s}}"`, `assert.redirects = { lt = 1.5, in = [1, 2] }`,
		`assert.text = 1`, `assert.text = true`, `assert.text = { gt = 1, lt = "b", type = ["string", "null"], format = "{{f}}", length = { gt = 1, not = 5 }, empty = "{{e}}", before = "now", in = [1, "a", false] }`,
		`assert.header = {}`, `assert.header.A = 1`, `assert.header.A = { every = { starts_with = "a" }, any = 1, not = "x", after = "Mon, 02 Jan 2006 15:04:05 GMT" }`, `assert.cookie."a[HTTPONLY]" = true`, `assert.cookie."a[Max-Age]" = { gt = 1, type = "integer" }`,
		`assert.cookie."a[Expires]" = { exists = true }`, `assert.json."@this" = []`, `assert.json.a = [1, { b = 1 }]`, `assert.json.a = { equals = {} }`, `assert.json.a = { not = [] , contains = { a = 1 }, in = [1, [2]], every = { length = { lt = 3 } } }`,
		`assert.json.a = { before = "now - 5m", after = "2026-01-02T03:04:05Z" }`, `assert.json.a = { before = 1700000000, after = "2026-01-02" }`, `assert.json.a = { before = 1979-05-27 }`, `assert.json.a = { exists = "{{e}}", type = "{{t}}" }`, `assert.json.a = 1979-05-27T07:32:00Z`,
		`assert.regex.a = { matches = 1 }`, `assert.xpath."count(//a)" = { gt = 1 }`, `assert.jwt.a = { claims = { type = "object" }, "claims.#" = 1, expires_in = { gt = 0 }, signature = { jwks = "{{u}}" }, "*.sub" = "x", "header|alg" = "x" }`, `assert.jwt.a = {}`,
		`assert.variable.a = [1]`, `assert.certificate."tls.version" = "1.3"`, `assert.schema = {}`, `assert.schema = { type = "object", anything = { else = 1 } }`,
		`capture = {}`, `capture.a = { url = true, pipe = "trim | upper", default = { b = 1 }, secret = false }`, `capture."a.b" = { jwt = "a claims.sub" }`, `capture.a = { cookie = "a[Path]" }`, `capture.a = { xpath = "//a" }`, `capture.a = { json = "a", default = [] }`,
		`auth.bearer = "x" ~ rejects = { missing = "4xx", tampered = 401, expired = "{{s}}" }`, `headers.Authorization = "Bearer {{t}}" ~ rejects = ["missing"]`,
	} {
		check, schema := verdicts(s, aRequestWith(line))
		if check != nil || schema != nil {
			t.Errorf("check says %v, the schema %v of %s", check, schema, line)
		}
	}
}
