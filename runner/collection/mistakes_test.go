package collection_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/collection"
)

// aMistake is a text and what is said about it, as line:column: message (hint).
type aMistake struct {
	text string
	want []string
}

// checkMistakes parses each text behind what goes before it.
func checkMistakes(t *testing.T, before string, cases []aMistake) {
	t.Helper()
	for _, c := range cases {
		_, list := collection.Parse("a.toml", before+c.text+"\n")
		var got []string
		for _, d := range list {
			got = append(got, strings.TrimPrefix(d.Error(), "a.toml:"))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s\n%s", c.text, d)
		}
	}
}

const inRequest = "[[request]]\nurl = \"http://x/\"\n"

func TestMistakesInSettings(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{`tags = "smoke"`, []string{`3:8: "tags" must be an array of strings, not a string (for example tags = ["smoke", "slow"])`}},
		{`tags = [1, " ", "ok"]`, []string{
			`3:9: a tag must be a string, not an integer (for example tags = ["smoke", "slow"])`,
			"3:12: the tag is empty (leave it out)",
		}},
		{`retry = "3"`, []string{
			`3:9: "retry" must be a number of tries or a table, not a string (for example retry = 3, or { times = 3, delay = "1s", backoff = 2, on = ["error", "429", "5xx", "assert"] })`,
		}},
		{"retry = 101", []string{
			`3:9: "retry" must be a whole number from 0 to 100, not 101 (for example retry = 3, or { times = 3, delay = "1s", backoff = 2, on = ["error", "429", "5xx", "assert"] })`,
		}},
		{"retry = -1", []string{
			`3:9: "retry" must be a whole number from 0 to 100, not -1 (for example retry = 3, or { times = 3, delay = "1s", backoff = 2, on = ["error", "429", "5xx", "assert"] })`,
		}},
		{"retry = 1.5", []string{
			`3:9: "retry" must be a whole number from 0 to 100, not a float (for example retry = 3, or { times = 3, delay = "1s", backoff = 2, on = ["error", "429", "5xx", "assert"] })`,
		}},
		{`retry = { delay = "1s" }`, []string{
			`3:9: retry has no "times" (for example retry = 3, or { times = 3, delay = "1s", backoff = 2, on = ["error", "429", "5xx", "assert"] })`,
		}},
		{`retry = { times = 3, delay = "soon", backoff = 0.5, on = ["eror", "600", true, 429, "5xx", "assert"] }`, []string{
			`3:30: "soon" is not a duration (for example delay = "1s", "500ms" or "0s")`,
			`3:48: "backoff" must be a number from 1 to 100, not 0.5 (for example backoff = 2 doubles the delay each time, backoff = 1 keeps it)`,
			`3:59: there is nothing called "eror" to retry on (did you mean "error"?)`,
			`3:67: there is nothing called "600" to retry on (one of "error" or "assert", or a status such as "429" or "5xx")`,
			`3:74: what to retry on must be a word or a status, not a boolean (for example on = ["error", "429", "5xx"])`,
		}},
		{`retry = { times = "3", delay = 1, backoff = "2", on = "error" }`, []string{
			`3:19: "times" must be a whole number from 0 to 100, not a string (for example times = 3)`,
			`3:32: "delay" must be a duration, not an integer (for example delay = "1s", "500ms" or "0s")`,
			`3:45: "backoff" must be a number, not a string (for example backoff = 2 doubles the delay each time, backoff = 1 keeps it)`,
			`3:55: "on" must be an array, not a string (for example on = ["error", "429", "5xx"])`,
		}},
		{"retry = { times = 1, on = [], tries = 2 }", []string{
			`3:27: "on" names nothing (leave it out to retry whatever did not pass, or say for example on = ["error", "429", "5xx"])`,
			`3:31: unknown key "tries" in retry (did you mean "times"?)`,
		}},
		{`delay = "-1s"`, []string{`3:9: "-1s" is not a duration (for example delay = "500ms", "2s" or "0s")`}},
		{"delay = 500", []string{`3:9: "delay" must be a duration, not an integer (for example delay = "500ms", "2s" or "0s")`}},
		{`timeout = "0s"`, []string{`3:11: "0s" is not a duration above zero (for example timeout = "2s", "500ms" or "1m30s")`}},
		{"timeout = 2", []string{`3:11: "timeout" must be a duration, not an integer (for example timeout = "2s", "500ms" or "1m30s")`}},
		{"tls = true", []string{
			`3:7: "tls" must be a table, not a boolean (for example tls = { ca = "ca.pem", cert = "client.pem", key = "client.key" })`,
		}},
		{`tls = { insecure = "yes", ca = 1, cert = "a.pem", min_version = "1.4" }`, []string{
			`3:20: "insecure" must be true or false, not a string`,
			`3:32: "ca" must be a string, not an integer`,
			`3:65: "min_version" cannot be "1.4" (one of "1.0", "1.1", "1.2" or "1.3")`,
			`3:35: tls has a certificate but no "key" (a file with both in it is named twice)`,
		}},
		{`tls = { key = "a.key", min_version = 1.2, server_nam = "x", ca = " " }`, []string{
			`3:38: "min_version" must be a string, not a float (write it in quotes: min_version = "1.2")`,
			`3:43: unknown key "server_nam" in tls (did you mean "server_name"?)`,
			`3:66: "ca" names no file (for example ca = "ca.pem")`,
			`3:9: tls has a key but no "cert" (a file with both in it is named twice)`,
		}},
		{"proxy = true", []string{
			`3:9: "proxy" must be an address or false, not a boolean (for example proxy = "http://127.0.0.1:8080" or "socks5://127.0.0.1:1080"; false for none)`,
		}},
		{"proxy = 8080", []string{
			`3:9: "proxy" must be an address or false, not an integer (for example proxy = "http://127.0.0.1:8080" or "socks5://127.0.0.1:1080"; false for none)`,
		}},
		{"http = 1.1", []string{`3:8: "http" must be a string, not a float (write it in quotes: http = "1.1")`}},
		{"http = 2", []string{`3:8: "http" must be a string, not an integer (write it in quotes: http = "2")`}},
		{`http = "1.0"`, []string{`3:8: "http" cannot be "1.0" (one of "1.1", "2" or "3")`}},
		{"http = true", []string{`3:8: "http" must be a string, not a boolean`}},
		{`cookies = "no"`, []string{`3:11: "cookies" must be true or false, not a string`}},
		{`resolve = "127.0.0.1"`, []string{
			`3:11: "resolve" must be a table, not a string (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
		}},
		{`resolve.example.com = "127.0.0.1"`, []string{
			`3:9: "example" must be an address, not a table (a host with dots and its port need quotes: resolve = { "example.com:443" = "127.0.0.1:8443" })`,
		}},
		{`resolve = { "example.com" = "127.0.0.1", "a:0" = "b", "{{host}}:443" = "b", "b:443" = 1, "c:443" = "a b", "d:443" = "" }`, []string{
			`3:13: "example.com" is not a host and its port (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
			`3:42: "a:0" is not a host and its port (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
			`3:55: "{{host}}:443" is not a host and its port (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
			`3:87: "b:443" must be an address, not an integer (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
			`3:100: "a b" is neither an address nor an address and a port (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
			`3:117: "" is neither an address nor an address and a port (for example resolve = { "example.com:443" = "127.0.0.1:8443" })`,
		}},
		{`max_body = "64 apples"`, []string{`3:12: "64 apples" is not a size above zero (for example max_body = "64MB")`}},
		{"max_body = 0", []string{`3:12: 0 is not a size above zero (for example max_body = "64MB")`}},
		{`script.before = "x"`, []string{
			`3:1: unknown key "script" in a request (scripts come with imported Postman collections and cannot be run here; capture, assert and templates take their place)`,
		}},
		{"variables = { a = 1 }", []string{
			`3:1: unknown key "variables" in a request (write them in [variables] of the file, or in [[request.case]] to send the request once for each row)`,
		}},
	})
}

func TestMistakesInAuth(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{`auth.digest = { username = "jane" }`, []string{`3:15: auth.digest has no "password" (an empty one is said as "")`}},
		{`auth.digest = "jane"`, []string{
			`3:15: "digest" must be a table, not a string (for example auth.digest = { username = "{{username}}", password = "{{password}}" })`,
		}},
		{`auth.api_key = { name = "X-Key", in = "heder" }`, []string{
			`3:39: "in" cannot be "heder" (one of "header", "query" or "cookie")`,
			`3:16: auth.api_key has no "value" (for example auth.api_key = { name = "X-API-Key", value = "{{api_key}}", in = "header" })`,
		}},
		{`auth.api_key = { name = "X-Key", value = 7, in = 1 }`, []string{
			`3:42: "value" must be a string, not an integer`,
			`3:50: "in" must be a string, not an integer (write it in quotes: in = "header")`,
		}},
		{`auth.aws = { access_key = "a", secret = "b" }`, []string{
			`3:32: unknown key "secret" in auth.aws (auth.aws may say: access_key, region, secret_key, service, session_token)`,
			`3:12: auth.aws has no "secret_key" (for example auth.aws = { access_key = "{{access_key}}", secret_key = "{{secret_key}}", region = "us-east-1", service = "execute-api" })`,
		}},
		{`auth.jwt = { algorithm = "HS256", claims = "x", header = 1, lifetime = "soon" }`, []string{
			`3:44: "claims" must be a table, not a string (for example claims = { sub = "jane" })`,
			`3:58: "header" must be a table, not an integer (for example header = { kid = "1" })`,
			`3:72: "soon" is not a duration above zero (for example lifetime = "5m")`,
			`3:12: auth.jwt has no "key" (for example auth.jwt = { algorithm = "HS256", key = "{{signing_key}}", claims = { sub = "jane" } })`,
		}},
		{`auth.jwt = { algorithm = "HS256", key = "k", lifetime = "{{life}}" }`, []string{
			`3:57: "{{life}}" is not a duration above zero (for example lifetime = "5m")`,
		}},
		{`auth.ntlm = { password = "b", domian = "x" }`, []string{
			`3:31: unknown key "domian" in auth.ntlm (did you mean "domain"?)`,
			`3:13: auth.ntlm has no "username" (an empty one is said as "")`,
		}},
		{`auth.hawk = { id = "a", payload_hash = "yes" }`, []string{
			`3:40: "payload_hash" must be true or false, not a string`,
			`3:13: auth.hawk has no "key" (for example auth.hawk = { id = "{{hawk_id}}", key = "{{hawk_key}}", algorithm = "sha256" })`,
		}},
		{`auth.oauth1 = { consumer_key = "a" }`, []string{
			`3:15: auth.oauth1 has no "consumer_secret" (for example auth.oauth1 = { consumer_key = "{{consumer_key}}", consumer_secret = "{{consumer_secret}}", token = "{{token}}", token_secret = "{{token_secret}}" })`,
		}},
		{`auth.oauth1 = { consumer_key = "a", signature_method = "RSA-SHA1", in = "cookie" }`, []string{
			`3:73: "in" cannot be "cookie" (one of "header", "query" or "body")`,
			`3:15: auth.oauth1 has no "private_key" (the RSA methods sign with a private key in PEM's form)`,
		}},
		{`auth.oauth1 = { consumer_secret = "a" }`, []string{
			`3:15: auth.oauth1 has no "consumer_key" (for example auth.oauth1 = { consumer_key = "{{consumer_key}}", consumer_secret = "{{consumer_secret}}", token = "{{token}}", token_secret = "{{token_secret}}" })`,
		}},
		{`auth.oauth2 = { issuer = "https://x" }`, []string{
			`3:15: auth.oauth2 has no "grant" (for example auth.oauth2 = { grant = "client_credentials", token_url = "{{domain}}/oauth2/token", client_id = "{{client_id}}", client_secret = "{{client_secret}}" })`,
		}},
		{"auth.apikey = {}", []string{`3:6: unknown key "apikey" in auth (did you mean "api_key"?)`}},
		{`auth = { digest = { username = "a", password = "b" }, bearer = "x" }`, []string{
			`3:55: auth is "digest" already (a request authenticates in one way)`,
		}},
		{`auth = "anonymous"`, []string{
			`3:8: "auth" as a string must be "none", not "anonymous" (for example auth.bearer = "{{access_token}}")`,
		}},
		{"auth = {}", []string{`3:8: auth is empty (to send none, say auth = "none")`}},
		{`auth.basic = { username = "a" }`, []string{`3:14: auth.basic has no "password" (an empty one is said as "")`}},
	})
}

func TestMistakesInBodies(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{"body = {}", []string{
			`3:8: the body has no json, form, multipart, text, graphql, file or base64 (for example body.json = { name = "jane" })`,
		}},
		{`body.type = "text/plain"`, []string{
			`3:1: the body has no json, form, multipart, text, graphql, file or base64 (for example body.json = { name = "jane" })`,
		}},
		{"body = { jsn = 1 }", []string{`3:10: unknown key "jsn" in body (did you mean "json"?)`}},
		{`body = { json = 1, file = "x" }`, []string{`3:20: the body is "json" already (a request has one body)`}},
		{`body.multipart = "x"`, []string{
			`3:18: "multipart" must be a table, not a string (for example body.multipart = { title = "Me", picture = { file = "me.png" } })`,
		}},
		{`body.multipart = { a = {}, b = { value = 1, file = "x" }, c = { value = 1, filename = "x" }, d = [[1]], e = { fil = "x" } }`, []string{
			`3:24: the part "a" has neither "value" nor "file" (for example { file = "me.png", type = "image/png", filename = "picture.png" })`,
			`3:32: the part "b" has both "value" and "file" (write two parts: b = ["text", { file = "me.png" }])`,
			`3:76: the part "c" has a "filename" but no "file" (for example { file = "me.png", type = "image/png", filename = "picture.png" })`,
			`3:99: "d" must be a value, a table or an array of those, not an array of arrays (for example d = [1, 2])`,
			`3:111: unknown key "fil" in a part (did you mean "file"?)`,
		}},
		{`body.multipart = { a = { file = "" }, b = { file = 1 }, c = { value = [1] }, d = { value = 1, type = 2 } }`, []string{
			`3:33: "file" names no file (for example file = "picture.png")`,
			`3:52: "file" must be a string, not an integer`,
			`3:71: "value" must be a string, a number or a boolean, not an array`,
			`3:102: "type" must be a string, not an integer`,
		}},
		{`body.graphql = "query"`, []string{
			`3:16: "graphql" must be a table, not a string (for example body.graphql = { query = "query User($id: ID!) { user(id: $id) { email } }", variables = { id = 7 } })`,
		}},
		{"body.graphql = { variables = {} }", []string{
			`3:16: body.graphql has no "query" (for example body.graphql = { query = "query User($id: ID!) { user(id: $id) { email } }", variables = { id = 7 } })`,
		}},
		{`body.graphql = { query = " ", variables = 1, operation = 2, qery = 3 }`, []string{
			`3:26: the query is empty (for example body.graphql = { query = "query User($id: ID!) { user(id: $id) { email } }", variables = { id = 7 } })`,
			`3:43: "variables" must be a table or a string of JSON text, not an integer (for example variables = { id = 7 })`,
			`3:58: "operation" must be a string, not an integer`,
			`3:61: unknown key "qery" in body.graphql (did you mean "query"?)`,
		}},
		{`body.file = ""`, []string{`3:13: "file" names no file (for example file = "picture.png")`}},
		{"body.file = 1", []string{`3:13: "file" must be a string, not an integer`}},
		{"body.base64 = 1", []string{`3:15: "base64" must be a string, not an integer`}},
		{`body.base64 = "aGV*bG8="`, []string{
			"3:19: the text of body.base64 is not base64 (body.file sends the bytes of a file, body.text a text as it is)",
		}},
		{`body.base64 = "a"`, []string{
			"3:15: the text of body.base64 is not base64 (body.file sends the bytes of a file, body.text a text as it is)",
		}},
		{"body.text = 1", []string{`3:13: "text" must be a string, not an integer`}},
		{`body = "x"`, []string{`3:8: "body" must be a table, not a string (for example body.json = { name = "jane" })`}},
		{"body.form = { a = { b = 1 } }", []string{`3:19: "a" must be a string, a number or a boolean, not a table`}},
	})
}

func TestMistakesInRequests(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{"repeat = 0", []string{`3:10: "repeat" must be a whole number from 1 to 1000000, not 0 (for example repeat = 3)`}},
		{"repeat = 1_000_001", []string{`3:10: "repeat" must be a whole number from 1 to 1000000, not 1000001 (for example repeat = 3)`}},
		{"repeat = 2.0", []string{`3:10: "repeat" must be a whole number from 1 to 1000000, not a float (for example repeat = 3)`}},
		{`repeat = "3"`, []string{`3:10: "repeat" must be a whole number from 1 to 1000000, not a string (for example repeat = 3)`}},
		{"params = { id = [1] }", []string{`3:17: "id" must be a string, a number or a boolean, not an array`}},
		{"params = 1", []string{`3:10: "params" must be a table, not an integer (for example params = { id = 7 })`}},
		{"query = { a = [[1]] }", []string{`3:16: "a" must be a string, a number or a boolean, not an array`}},
		{`method = "GET /"`, []string{`3:10: "GET /" cannot be a method (for example method = "POST")`}},
		{"method = 1", []string{`3:10: "method" must be a string, not an integer`}},
		{`name = " "`, []string{"3:8: the name is empty (leave it out, or give one)"}},
		{"case = {}", []string{`3:8: "case" must be an array of tables, not a table (for example [[request.case]])`}},
		{"case = []", []string{"3:8: the request has no case, so that it would never be sent (leave it out, or write [[request.case]])"}},
		{"case = [1]", []string{"3:9: a case must be a table, not an integer (write [[request.case]])"}},
		{`case = [{ tags = 1, nmae = "x" }]`, []string{
			`3:18: "tags" must be an array of strings, not an integer (for example tags = ["smoke", "slow"])`,
			`3:21: unknown key "nmae" in a case (did you mean "name"?)`,
		}},
		{`case = [{ name = "a" }, { name = "a" }]`, []string{`3:34: there is a case "a" already`}},
		{"rejects = [\"missing\"]\ncase = [{}]", []string{"3:12: a request with cases cannot have rejects too (write two requests)"}},
		{`rejects = ["mising", "nothing of the kind", 1]`, []string{
			`3:12: there is no kind of bad token called "mising" (did you mean "missing"?)`,
			`3:22: there is no kind of bad token called "nothing of the kind" (one of "missing", "empty", "wrong_scheme", "malformed", "truncated", "tampered", "resigned", "unsigned", "expired" or "wrong_kind")`,
			`3:45: a kind of bad token must be a string, not an integer (for example rejects = ["missing", "tampered", "expired"], or { missing = 400 })`,
		}},
		{"rejects = []", []string{
			`3:11: rejects names no kind of bad token (for example rejects = ["missing", "tampered", "expired"], or { missing = 400 })`,
		}},
		{"rejects = true", []string{
			`3:11: "rejects" must be an array of kinds, or a table of kinds and statuses, not a boolean (for example rejects = ["missing", "tampered", "expired"], or { missing = 400 })`,
		}},
		{`rejects = ["empty", "empty"]`, []string{`3:21: the kind "empty" is named twice`}},
		{`headers = { "a b" = "x", A = { }, B = "1", b = "2" }`, []string{
			`3:13: "a b" cannot be the name of a header (letters, digits and - are safe)`,
			`3:30: "A" must be a string, an array of strings, or false to remove it, not a table`,
			`3:44: the header "b" is given twice (to send it several times, give an array of values)`,
		}},
		{"when = 1", []string{`3:8: "when" must be a table, not an integer (for example when.stage = "test")`}},
		{"when.stage = {}", []string{
			`3:14: nothing is said about "stage" (for example { exists = true }; an empty object is said as { equals = {} })`,
		}},
		{"redirects = 51", []string{"3:13: 51 redirects cannot be followed (redirects = false, or a number from 0 to 50)"}},
		{`redirects = "no"`, []string{
			`3:13: "redirects" must be a number or false, not a string (for example redirects = false, or a number from 0 to 50)`,
		}},
	})
}

func TestMistakesInAssertions(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{"assert.schema = 1", []string{
			`3:17: "schema" must be a file's name or a table, not an integer (for example assert.schema = "user.schema.json", or { type = "object", required = ["email"] })`,
		}},
		{`assert.schema = ""`, []string{
			`3:17: "schema" names no file (for example assert.schema = "user.schema.json", or { type = "object", required = ["email"] })`,
		}},
		{`assert.regex = "x"`, []string{`3:16: "regex" must be a table, not a string (for example assert.regex."id=([0-9]+)" = "7")`}},
		{`assert.xpath = "x"`, []string{`3:16: "xpath" must be a table, not a string (for example assert.xpath."//title" = "Welcome")`}},
		{`assert.certificate = "x"`, []string{
			`3:22: "certificate" must be a table, not a string (for example assert.certificate."subject.common_name" = "example.com")`,
		}},
		{`assert.json = "x"`, []string{`3:15: "json" must be a table, not a string (for example assert.json = { email = "jane@example.com" })`}},
		{"assert.variable = 1", []string{
			`3:19: "variable" must be a table, not an integer (for example assert.variable.email = "jane@example.com")`,
		}},
		{"assert.status = {}", []string{
			`3:17: nothing is said about "status" (for example { exists = true }; an empty object is said as { equals = {} })`,
		}},
	})
}

func TestMistakesInCaptures(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{"capture.a = { schema = true }", []string{"3:15: a schema is nothing to capture (assert.schema checks one)"}},
		{`capture.a = { sha256 = "x" }`, []string{`3:24: "sha256" must be true: it takes no argument, not a string (for example sha256 = true)`}},
		{"capture.a = { regex = 1 }", []string{`3:23: "regex" must be a string, not an integer`}},
		{"capture.a = {}", []string{`3:13: the capture "a" does not say where to look (for example { json = "access_token" })`}},
		{`capture.a = { json = "a", text = true }`, []string{
			`3:27: the capture "a" looks at "json" already (a capture looks at one thing; beside it may stand pipe, default, secret)`,
		}},
		{`capture.a = { jsn = "x" }`, []string{`3:15: unknown key "jsn" in a capture (did you mean "json"?)`}},
		{`capture.a = { json = "x", secret = 1, pipe = 2 }`, []string{
			`3:36: "secret" must be true or false, not an integer`,
			`3:46: "pipe" must be a string, not an integer`,
		}},
		{`capture = { "" = { json = "x" }, "$a" = { json = "x" }, "env.a" = { json = "x" }, "a b" = { json = "x" } }`, []string{
			"3:13: a variable needs a name",
			`3:34: the name "$a" is kept for dynamic variables (leave out the $)`,
			`3:57: the name "env.a" is kept for the operating system's variables (choose another name)`,
			`3:83: the variable name "a b" has a character that no template can hold (use letters, digits, _ - and .)`,
		}},
	})
}

func TestMistakesInFiles(t *testing.T) {
	t.Parallel()
	checkMistakes(t, "", []aMistake{
		{"name = \" \"\ndescription = 1\n[[request]]\nurl = \"x\"", []string{
			"1:8: the name is empty (leave it out, or give one)",
			`2:15: "description" must be a string, not an integer`,
		}},
		{"variables = 1\nrequest = 1", []string{
			`1:13: "variables" must be a table, not an integer (for example variables = { user = "jane" })`,
			`2:1: "request" must be an array of tables, not an integer (write [[request]] with two brackets)`,
		}},
		{"[setup]\nurl = \"x\"", []string{`1:2: "setup" must be an array of tables, not a table (write [[setup]] with two brackets)`}},
		{"teardown = [1]\n[[request]]\nurl = \"x\"", []string{"1:13: a request must be a table, not an integer (write [[teardown]])"}},
		{"[[setup]]\nurl = \"x\"", []string{"1:1: the collection has no request (write [[request]] with a url)"}},
		{"nmae = \"x\"\n[[request]]\nurl = \"x\"", []string{`1:1: unknown key "nmae" in a collection (did you mean "name"?)`}},
		{"zzzzzz = \"x\"\n[[request]]\nurl = \"x\"", []string{
			`1:1: unknown key "zzzzzz" in a collection (a collection may say: assert, auth, cookies, data, delay, description, headers, http, load, max_body, name, proxy, redirects, request, resolve, retry, setup, skip, tags, teardown, timeout, tls, variables, when)`,
		}},
		{"[[setup]]\nname = \"a\"\nurl = \"x\"\n[[request]]\nname = \"a\"\nurl = \"x\"\n[[teardown]]\nname = \"a\"\nurl = \"x\"", []string{
			`5:8: there is a request "a" already (the other is at a.toml:1)`,
			`8:8: there is a request "a" already (the other is at a.toml:1)`,
		}},
		{"data = 1\n[[request]]\nurl = \"x\"", []string{`1:8: "data" must be a string, not an integer`}},
		{"data = \"\"\n[[request]]\nurl = \"x\"", []string{`1:8: "data" names no file (for example data = "rows.csv")`}},
		{"data = \"{{rows}}.csv\"\n[[request]]\nurl = \"x\"", []string{
			`1:8: the name of a file of rows cannot hold a template (write the name as it is: data = "rows.csv"; --data names another one)`,
		}},
		{"[[request]]\nname = \"a\"", []string{`1:3: the request has no url (for example url = "https://example.com/")`}},
		{"[[request]]\nurl = \"\"", []string{"2:7: the url is empty"}},
		{"script.before = \"x\"\n[[request]]\nurl = \"x\"", []string{
			`1:1: unknown key "script" in a collection (scripts come with imported Postman collections and cannot be run here; capture, assert and templates take their place)`,
		}},
	})
}

func TestMistakesInIncludes(t *testing.T) {
	t.Parallel()
	checkMistakes(t, "", []aMistake{
		{"[[request]]\ninclude = 1", []string{`2:11: "include" must be a string, not an integer`}},
		{"[[request]]\ninclude = \"\"", []string{`2:11: "include" names no file (for example include = "sign-in.toml")`}},
		{"[[request]]\ninclude = \"{{x}}.toml\"", []string{
			`2:11: the name of an included file cannot hold a template (write the name as it is: include = "sign-in.toml")`,
		}},
		{"[[request]]\ninclude = \"x.toml\"", []string{`2:11: cannot include "x.toml": there is no folder that files could be read from`}},
		{"[[request]]\ninclude = \"x.toml\"\nurl = \"x\"\nbody.text = \"x\"\nrepeat = 2\nvariabels = {}\nzzzzzz = 1", []string{
			`3:1: "url" cannot stand beside include (the requests of the file have their own; beside include may stand name, description, variables and settings)`,
			`4:1: "body" cannot stand beside include (the requests of the file have their own; beside include may stand name, description, variables and settings)`,
			`5:1: "repeat" cannot stand beside include (the requests of the file have their own; beside include may stand name, description, variables and settings)`,
			`6:1: unknown key "variabels" in an entry with include (did you mean "variables"?)`,
			`7:1: unknown key "zzzzzz" in an entry with include (an entry with include may say: assert, auth, cookies, delay, description, headers, http, include, max_body, name, proxy, redirects, resolve, retry, skip, tags, timeout, tls, variables, when)`,
			`2:11: cannot include "x.toml": there is no folder that files could be read from`,
		}},
	})
}

func TestMistakesInTables(t *testing.T) {
	t.Parallel()
	checkMistakes(t, inRequest, []aMistake{
		{"headers = { A = \"1\" }\nheaders.B = \"2\"", []string{
			`4:1: the table "headers" has been written in braces above, so that nothing can be added to it (put it into the braces, or write the table without them, as dotted keys or below a [table])`,
		}},
		{"assert.status = 200\nassert = { text = \"x\" }", []string{
			"4:12: key 'request.assert' has already been defined (say a thing once: either dotted keys as in assert.status = 200, or a [request.assert] table with everything in it)",
		}},
		{"assert.status = 200\n[request.assert]\ntext = \"x\"", []string{
			"4:2: the table [request.assert] has been written with dotted keys above (say a thing once: either dotted keys as in assert.status = 200, or a [request.assert] table with everything in it)",
		}},
	})
	checkMistakes(t, "", []aMistake{
		{"variables = { a = 1 }\n[variables.b]\nc = 1\n[[request]]\nurl=\"x\"", []string{
			`2:2: the table "variables" has been written in braces above, so that nothing can be added to it (put it into the braces, or write the table without them, as dotted keys or below a [table])`,
		}},
		{"[a.b]\nc = 1\n[a]\nb.d = 2", []string{
			`4:1: the table "b" has been written as a [table] above (say a thing once: either dotted keys as in assert.status = 200, or a [request.assert] table with everything in it)`,
		}},
	})
}
