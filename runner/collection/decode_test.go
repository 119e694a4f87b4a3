package collection_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/collection"
)

// one reads a collection of one request.
func one(t *testing.T, text string) (*collection.Collection, *collection.Request) {
	t.Helper()
	c, list := collection.Parse("a.toml", text)
	if list != nil || len(c.Items) != 1 {
		t.Fatalf("%v in\n%s", list, text)
	}
	return c, c.Items[0].Request
}

// said is the text that stands where a value is, "" for none.
func said(v *collection.Value) string {
	if v == nil {
		return ""
	}
	return v.Span.Text()
}

func fields(list []collection.Field) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Name+"="+said(f.Value))
	}
	return strings.Join(out, " ")
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	c, r := one(t, `
tags = ["smoke", "slow"]
data = "rows.csv"
retry = 3
http = "2"
proxy = "{{proxy}}"
[[request]]
url = "http://x/"
tags = []
retry = { times = 0, delay = "0s", backoff = 1.5, on = ["error", 429, "5xx", "assert"] }
delay = "0s"
timeout = "2s"
tls = { insecure = true, ca = "ca.pem", cert = "c.pem", key = "{{key}}", server_name = "x", min_version = "1.3" }
proxy = false
http = "3"
cookies = false
resolve = { "example.com:443" = "127.0.0.1:8443", "a:80" = "::1", "b:80" = "[::1]:80", "c:80" = "{{address}}", "[::1]:80" = "localhost" }
repeat = 1_000_000
max_body = "1kB"
`)
	equal(t, "tags", c.Tags, []string{"smoke", "slow"})
	equal(t, "data", said(c.Data), `"rows.csv"`)
	again := func(r *collection.Retry) []any { return []any{r.Times, r.Delay, r.Backoff, r.On} }
	equal(t, "retry", again(c.Retry), []any{3, time.Second, 2.0, []string(nil)})
	equal(t, "retry's place", c.Retry.Span.Text(), "3")
	equal(t, "retry", again(r.Retry), []any{0, time.Duration(0), 1.5, []string{"error", "429", "5xx", "assert"}})
	equal(t, "delay", *r.Delay, 0)
	equal(t, "timeout", *r.Timeout, 2*time.Second)
	equal(t, "http", c.HTTP+" "+r.HTTP, "2 3")
	equal(t, "proxy", said(c.Proxy), `"{{proxy}}"`)
	proxy, ok := r.Proxy.Text()
	equal(t, "no proxy", []any{proxy, ok, said(r.Proxy)}, []any{"", true, "false"})
	equal(t, "cookies", *r.Cookies, false)
	equal(t, "repeat", r.Repeat, 1_000_000)
	equal(t, "max_body", *r.MaxBody, 1000)
	equal(t, "tls", []string{said(r.TLS.CA), said(r.TLS.Cert), said(r.TLS.Key), said(r.TLS.ServerName), r.TLS.MinVersion},
		[]string{`"ca.pem"`, `"c.pem"`, `"{{key}}"`, `"x"`, "1.3"})
	if !r.TLS.Insecure || c.TLS != nil || c.Cookies != nil || c.Delay != nil {
		t.Error("what is not said is said, or the other way round")
	}
	equal(t, "resolve", fields(r.Resolve), `example.com:443="127.0.0.1:8443" a:80="::1" b:80="[::1]:80" c:80="{{address}}" [::1]:80="localhost"`)
}

func TestBodies(t *testing.T) {
	t.Parallel()
	body := func(text string) *collection.Body {
		t.Helper()
		_, r := one(t, "[[request]]\nurl = 'http://x/'\n"+text)
		if r.Method != "POST" {
			t.Errorf("%s: the method is %s", text, r.Method)
		}
		return r.Body
	}
	for text, want := range map[string]string{
		`body.json = { a = 1 }`: "json { a = 1 }", `body.text = "x"`: `text "x"`, `body.file = "a.png"`: `file "a.png"`, `body.file = "{{file}}"`: `file "{{file}}"`,
		`body.base64 = "aGVsbG8="`: `base64 "aGVsbG8="`, `body.base64 = "{{picture}}"`: `base64 "{{picture}}"`, `body.form = { a = [1, 2] }`: "form { a = [1, 2] }",
	} {
		if b := body(text); b.Kind+" "+said(b.Value) != want || b.Span.Text() != b.Kind {
			t.Errorf("%s: %s %s at %s", text, b.Kind, said(b.Value), b.Span.Text())
		}
	}
	b := body(`body = { type = "text/csv", file = "rows.csv" }`)
	equal(t, "type", b.Kind+said(b.Type), `file"text/csv"`)
	b = body(`body = { file = "rows.csv", type = "text/csv" }`)
	equal(t, "type", b.Kind+said(b.Type), `file"text/csv"`)

	b = body("[request.body.graphql]\nquery = '{ a }'\noperation = 'b'\nvariables = { id = 7 }\n")
	equal(t, "graphql", []string{said(b.Query), said(b.Operation), said(b.Variables)}, []string{"'{ a }'", "'b'", "{ id = 7 }"})
	equal(t, "variables", said(body(`body.graphql = { query = "{ a }", variables = "{}" }`).Variables), `"{}"`)

	b = body(`body.multipart = { a = 1, b = [true, { file = "x.png", type = "image/png", filename = "y.png" }], c = { value = "v", type = "text/csv" }, d = [] }`)
	var parts []string
	for _, p := range b.Parts {
		parts = append(parts, p.Name+" "+p.Span.Text()+" "+strings.Join([]string{said(p.Value), said(p.File), said(p.Type), said(p.Filename)}, "|"))
	}
	equal(t, "parts", parts, []string{"a a 1|||", "b b true|||", `b b |"x.png"|"image/png"|"y.png"`, `c c "v"||"text/csv"|`})
}

func TestDecodeBase64(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"": "", "aGVsbG8=": "hello", "aGVsbG8": "hello", " aGVs\r\n\tbG8= ": "hello", "_-8=": "\xff\xef", "/+8": "\xff\xef"} {
		if got, err := collection.DecodeBase64(s); err != nil || string(got) != want {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"a", "a===", "aGVsbG8==", "a=GV", "äöü", "="} {
		if got, err := collection.DecodeBase64(s); err == nil {
			t.Errorf("%q is %q", s, got)
		}
	}
}

func TestAuth(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`digest = { username = "a", password = "" }`:                               `username="a" password=""`,
		`api_key = { name = "X-Key", value = "{{key}}", in = "query" }`:            `name="X-Key" value="{{key}}" in="query"`,
		`api_key = { name = "X-Key", value = "{{key}}", in = "{{in}}" }`:           `name="X-Key" value="{{key}}" in="{{in}}"`,
		`aws = { access_key = "a", secret_key = "b", service = "s3" }`:             `access_key="a" secret_key="b" service="s3"`,
		`jwt = { algorithm = "HS256", key = "k", claims = {}, lifetime = "5m" }`:   `algorithm="HS256" key="k" claims={} lifetime="5m"`,
		`ntlm = { username = "a", password = "b", domain = "d" }`:                  `username="a" password="b" domain="d"`,
		`hawk = { id = "a", key = "b", payload_hash = true }`:                      `id="a" key="b" payload_hash=true`,
		`oauth1 = { consumer_key = "a", consumer_secret = "b", in = "body" }`:      `consumer_key="a" consumer_secret="b" in="body"`,
		`oauth1 = { consumer_key = "a", signature_method = "{{m}}" }`:              `consumer_key="a" signature_method="{{m}}"`,
		`oauth1 = { consumer_key="a", private_key="k", signature_method="RSA-x" }`: `consumer_key="a" private_key="k" signature_method="RSA-x"`,
		`oauth2 = { grant = "implicit", pkce = false }`:                            `grant="implicit" pkce=false`,
	} {
		_, r := one(t, "[[request]]\nurl = 'http://x/'\nauth."+text)
		kind, table, _ := strings.Cut(text, " = ")
		if got := fields(r.Auth.Fields); got != want || string(r.Auth.Kind) != kind || r.Auth.Span.Text() != table {
			t.Errorf("%s: %s %s", text, r.Auth.Kind, got)
		}
	}
	_, r := one(t, "[[request]]\nurl = 'http://x/'\nauth.basic = { username = 'a', password = 'b' }")
	equal(t, "basic", said(r.Auth.Username)+said(r.Auth.Password), "'a''b'")
	for _, kind := range collection.AuthKinds() {
		if keys := collection.AuthKeys(kind); (len(keys) == 0) != (kind == collection.Bearer) || slices.Contains(keys, "in") != (collection.AuthPlaces(kind) != nil) {
			t.Errorf("%s has the keys %v", kind, keys)
		}
	}
}

func TestRequestsOfAll(t *testing.T) {
	t.Parallel()
	c, list := collection.Parse("a.toml", `
[[teardown]]
url = "http://x/3"
[[setup]]
url = "http://x/1"
repeat = 2
[[setup.case]]
tags = ["a", "b"]
[[request]]
url = "http://x/2"
[request.assert]
schema = { type = "object", properties = {} }
regex."id=(.)" = "7"
xpath."//a" = { exists = true }
certificate.subject = "x"
sha256 = "abc"
redirects = 0
[request.capture]
a = { regex = "id=(.)" }
b = { xpath = "//a", default = [1] }
c = { certificate = "subject", secret = true }
d = { sha256 = true }
e = { redirects = true, pipe = "upper" }
`)
	if list != nil {
		t.Fatal(list)
	}
	equal(t, "order", []string{c.Setup[0].Request.Name, c.Items[0].Request.Name, c.Teardown[0].Request.Name}, []string{"GET /1", "GET /2", "GET /3"})
	equal(t, "tags", c.Setup[0].Request.Cases[0].Tags, []string{"a", "b"})
	var got []string
	for _, a := range c.Items[0].Request.Assertions {
		got = append(got, a.Query+" "+a.Argument+" "+a.Predicates[0].Name+" "+said(a.Predicates[0].Value))
	}
	for _, f := range c.Items[0].Request.Captures {
		got = append(got, f.Name+" "+f.Query+" "+f.Argument+" "+said(f.Source))
	}
	equal(t, "queries", got, []string{
		`schema  schema { type = "object", properties = {} }`, `regex id=(.) equals "7"`, "xpath //a exists true", `certificate subject equals "x"`, `sha256  equals "abc"`,
		"redirects  equals 0", `a regex id=(.) "id=(.)"`, `b xpath //a "//a"`, `c certificate subject "subject"`, "d sha256  true", "e redirects  true",
	})
	c, list = collection.Parse("a.toml", "[[request]]\nurl = 'http://x/'\nassert.schema = 'user.json'")
	if p := c.Items[0].Request.Assertions[0].Predicates[0]; list != nil || p.Name != "schema" || said(p.Value) != "'user.json'" || p.Span.Text() != "'user.json'" {
		t.Errorf("%v, %v", p, list)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	keys := collection.Keys()
	for _, key := range []string{"data", "setup", "teardown", "include", "repeat", "retry", "backoff", "min_version", "resolve", "multipart", "filename", "operation",
		"digest", "payload_hash", "consumer_key", "xpath", "schema", "case", "tags", "secret", "grant"} {
		if !slices.Contains(keys, key) {
			t.Errorf("%q is missing", key)
		}
	}
}
