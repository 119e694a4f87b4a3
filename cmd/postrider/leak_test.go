package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The secrets that TestLeaks plants, by where they come from. Each has characters that encoders escape.
var plants = map[string]string{
	"environment":      `zq01+Env&'<s>/v"1`,
	"file":             `zq02 File%7E?x=<2>`,
	"command":          `zq03;Cmd\"é"/&3`,
	"literal":          `zq04~Lit[&]"#4`,
	"four":             `Z&4!`,
	"lines":            "-----BEGIN PRIVATE KEY-----\nzq05/MIIEvQIBADANBgkqhkiG9w0BAQEFAASC+/=\nzq06/BKcwggSjAgEAAoIBAQC7+VJTUt9Us8cK==\n-----END PRIVATE KEY-----",
	"callback token":   `zq07.Opaque-Access_Token~7`,
	"callback JWT":     "eyJhbGciOiJub25lIiwia2lkIjoienEwOCJ9.eyJzdWIiOiJ6cTA4In0.enEwOA",
	"captured token":   `zq09/cap<tured>&"9`,
	"captured secret":  `zq10 marked+secret&10`,
	"captured cookie":  `zq11.cookie-of-the-session.11`,
	"set cookie":       `zq12.http.only.12`,
	"basic":            `zq13:pa/ss+w&rd"13`,
	"bearer":           `zq14.bearer-token+/14==`,
	"digest":           `zq15 digest&pass<15>`,
	"api key":          `zq16+api/key&16`,
	"client secret":    `zq17/client+secret&17`,
	"fetched token":    `zq18.fetched/token+18`,
	"uncaptured token": `zq19/refresh+token~19`,
	"userinfo":         `zq20&p/ss"20`,
	"code":             `zq21-code/of+redirect`,
	"variable":         `zq22 --var&<22>`,
	"dotenv":           `zq23#dotenv&23`,
	"name":             `Zq24-Header-Name-24`,
	"number":           `98765432101234`,
	"credential":       `zq25+plain-credential/25==`,
	"by hand":          `zq26.by/hand+token&26`,
	"whole field":      `zq27.of-a-whole-field/27==`,
}

// encodings are what may become of a text, by other means than those of the program.
func encodings(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	_ = e.Encode(secret)
	ascii := strconv.QuoteToASCII(secret)
	all := map[string]string{
		"raw": secret, "query": url.QueryEscape(secret), "path": url.PathEscape(secret), "hex": hex.EncodeToString([]byte(secret)),
		"percent": strings.ReplaceAll(url.QueryEscape(secret), "+", "%20"), "lower percent": strings.ToLower(url.QueryEscape(secret)),
		"JSON": strings.Trim(string(quoted), `"`), "JSON of JavaScript": strings.Trim(strings.TrimSpace(plain.String()), `"`),
		"Go": ascii[1 : len(ascii)-1], "HTML": html.EscapeString(secret), "XML": strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(secret),
	}
	for _, encoding := range []struct {
		name string
		*base64.Encoding
	}{{"base64", base64.RawStdEncoding}, {"base64url", base64.RawURLEncoding}} {
		for skip := range 3 {
			// The letters that the secret alone determines, wherever it stands in what was encoded.
			letters := encoding.EncodeToString(append(make([]byte, skip), secret...))
			all[encoding.name+strconv.Itoa(skip)] = letters[(8*skip+5)/6 : 8*(skip+len(secret))/6]
		}
	}
	for name, text := range all {
		if len(text) < 4 {
			delete(all, name)
		}
	}
	return all
}

// leaksIn names the secrets that stand in a text.
func leaksIn(text string) []string {
	var found []string
	for name, secret := range plants {
		parts := []string{secret}
		if strings.Contains(secret, "\n") {
			parts = strings.Split(secret, "\n")[1:3]
		}
		for _, part := range parts {
			for encoding, form := range encodings(part) {
				if i := strings.Index(text, form); i >= 0 {
					found = append(found, fmt.Sprintf("%s (%s): …%s…", name, encoding, text[max(0, i-60):min(len(text), i+len(form)+10)]))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// mirror answers with all that it was asked, in every encoding, and hands out secrets of its own.
func mirror(t *testing.T) *httptest.Server {
	encodedAgain := func(w io.Writer, s string) {
		quoted, _ := json.Marshal(s)
		twice, _ := json.Marshal(string(quoted))
		fmt.Fprintf(w, "raw %s\nurl %s\npath %s\nbase64 %s\nbase64url %s\nuser %s\njson %s\ntwice %s\nhtml %s\nhex %x\n", s, url.QueryEscape(s), url.PathEscape(s),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
			base64.StdEncoding.EncodeToString([]byte("u:"+s)), quoted, twice, html.EscapeString(s), s)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": plants["fetched token"], "token_type": "Bearer", "expires_in": 3600, "refresh_token": plants["uncaptured token"],
		})
	})
	mux.HandleFunc("/by-hand", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"access_token": plants["by hand"], "token_type": "Bearer"})
	})
	mux.HandleFunc("/give", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: plants["captured cookie"]})
		http.SetCookie(w, &http.Cookie{Name: "theme", Value: plants["set cookie"], HttpOnly: true})
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"session_token": plants["captured token"], "hint": plants["captured secret"], "pin": json.Number(plants["number"]), "nested": map[string]string{"a": plants["captured token"]}, "plain": plants["credential"], "field": "Bearer " + plants["whole field"],
		})
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/mirror?state=1&code="+url.QueryEscape(plants["code"]), http.StatusFound)
	})
	reason := func(status, header string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				fmt.Fprintf(c, "HTTP/1.1 %s %s\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n", status, plants["bearer"], header)
				c.Close()
			}
		}
	}
	mux.HandleFunc("/reason", reason("200", plants["name"]+": 1\r\n"))
	mux.HandleFunc("/carry", reason("307", "Location: /mirror\r\n"))
	mux.HandleFunc("/lost", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://[::1/?code="+url.QueryEscape(plants["code"]))
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/mirror", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && r.URL.Query().Has("digest") {
			w.Header().Set("WWW-Authenticate", `Digest realm="mirror", nonce="abc", algorithm=SHA-256, qop="auth"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		var texts []string
		for name, values := range r.Header {
			for _, value := range values {
				texts = append(texts, name, value)
				if _, credential, ok := strings.Cut(value, " "); ok && name == "Authorization" {
					texts = append(texts, credential)
				}
				if user, password, ok := r.BasicAuth(); ok {
					texts = append(texts, user, password)
				}
				if name != "Cookie" && name != "Authorization" {
					w.Header().Add("X-Echo-"+name, value)
				}
			}
		}
		for _, values := range r.URL.Query() {
			texts = append(texts, values...)
			for _, value := range values {
				w.Header().Add("X-Query", strings.ReplaceAll(value, "\n", " "))
			}
		}
		texts = append(texts, r.URL.String(), string(body))
		if form, err := url.ParseQuery(string(body)); err == nil {
			for _, values := range form {
				texts = append(texts, values...)
			}
		}
		for _, text := range texts {
			encodedAgain(w, text)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// leaky is a collection that sends every secret everywhere, and fails in every way.
const leaky = `
name = "Leaks"
[variables]
host = "%[1]s"
basic = %[2]s
bearer = %[3]s
digest = %[4]s
api_key = %[5]s

[[request]]
name = 'Give Z&4!'
url = "{{host}}/give"
capture.session_token = { json = "session_token" }
capture.hint = { json = "hint", secret = true }
capture.sid = { cookie = "sid" }
capture.pin = { json = "pin" }
capture.nested = { json = "nested" }
capture.plain = { json = "plain" }
capture.field = { json = "field" }

[[request]]
name = "Everywhere"
method = "POST"
url = "{{host}}/mirror"
query = { a = "{{env_secret}}", b = "{{file_secret}}", c = "{{command_secret}}", d = "{{literal_secret | base64}}", e = "{{four}}", f = "{{lines}}", g = "{{access_token}}", h = "{{id_token}}" }
body.form = { i = "{{session_token}}", j = "{{hint}}", k = "{{sid}}", l = "{{given}}", m = "{{dotenv_secret}}", n = "{{env_secret | json}}", o = "{{four}}", p = "{{bearer}}", q = "{{basic}}", r = "{{api_key}}" }
headers = { X-A = "{{env_secret}}", X-B = "{{literal_secret}} {{four}}", X-C = "{{file_secret | base64url}}", X-D = "{{session_token | urlencode}}", Cookie = "own={{sid}}" }
auth.bearer = "{{bearer}}"
assert.status = 201
assert.text = { equals = "{{env_secret}}{{command_secret}}", contains = "{{lines}}!" }
assert.header.X-Echo-X-A = "not {{env_secret}}"
assert.header.X-Echo-X-D = "not {{session_token}}"
assert.regex."raw (zq01.*)" = "{{literal_secret}}!"
assert.variable.env_secret = { matches = "^not$" }
assert.url = "{{host}}/{{four}}"

[[request]]
name = "Plain"
url = "{{host}}/mirror"
headers.Authorization = "Bearer {{plain}}"
assert.status = 418

[[request]]
name = "Whole field"
url = "{{host}}/mirror"
headers.Authorization = "{{field}}"
assert.status = 418

[[request]]
name = "Basic"
url = "{{host}}/mirror?first={{session_token | urlencode}}"
auth.basic = { username = "jane", password = "{{basic}}" }
assert.status = 418

[[request]]
name = "Digest"
url = "{{host}}/mirror?digest=1&pw={{digest | urlencode}}"
auth.digest = { username = "jane", password = "{{digest}}" }
assert.status = 418

[[request]]
name = "Key"
url = "{{host}}/mirror"
auth.api_key = { name = "X-Api-Key", value = "{{api_key}}" }
body.json = { key = "{{api_key}}", token = ["{{access_token}}", "{{hint}}"] }
assert.status = 418

[[request]]
name = "Machine"
url = "{{host}}/mirror"
auth.oauth2 = { grant = "client_credentials", token_url = "{{host}}/token", client_id = "machine", client_secret = "{{client_secret}}", client_auth = "header" }
assert.status = 418

[[request]]
name = "Token by hand"
url = "{{host}}/by-hand"
assert.json.access_token = "other"
assert.json.token_type = { in = ["{{command_secret}}", "{{four}}"] }
assert.json.scope = { equals = { a = "{{file_secret}}" } }
assert.json."@this" = { equals = { 'zq22 --var&<22>' = 1 } }

[[request]]
name = "Redirect"
url = "{{host}}/redirect?from={{env_secret | urlencode}}"
assert.status = 418

[[request]]
name = "Reason"
url = "{{host}}/reason"
assert.status = 418

[[request]]
name = "Carried"
url = "{{host}}/carry"
body.text = "{{env_secret}} {{hint}} {{name}} {{number}} {{pin}}"
assert.status = 418

[[request]]
name = 'Folder Z&4!'
include = "inside.toml"

[[request]]
name = "Userinfo"
url = "%[6]s/mirror"
assert.status = 418

[[request]]
name = "Cannot be sent {{env_secret}}"
url = "http://127.0.0.1:1/{{env_secret | urlencode}}?x={{four | urlencode}}"

[[request]]
name = 'Cannot be captured Z&4!'
url = "{{host}}/mirror?x={{env_secret | urlencode}}"
capture.nothing = { regex = "{{host}} never (.*)" }

[[request]]
name = "Misses it"
url = "{{host}}/{{nothing}}"

[[request]]
name = "Skipped"
url = "{{host}}/mirror/%[7]s"
skip = "because of {{env_secret}} and {{four}}"

[[request]]
name = "Cases"
url = "{{host}}/mirror?x={{x}}"
[[request.case]]
name = 'zq01+Env&''<s>/v"1'
variables = { x = "{{lines | base64}}" }
assert.status = 418
[[request]]
name = 'Named Z&4!'
url = "{{host}}/mirror"
assert.text = 'Z&4!'
assert.json.'zq22 --var&<22>' = 1

[[request]]
name = "Flaky"
url = "{{host}}/lost"
retry = { times = 1, delay = "1ms" }
`

// plant writes the collection and the environment with the secrets into a folder.
func plant(t *testing.T) (folder string, env []string) {
	t.Helper()
	s := mirror(t)
	folder = t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	q := func(name string) string { return tomlString(plants[name]) }
	userinfo := strings.Replace(s.URL, "http://", "http://jane:"+url.QueryEscape(plants["userinfo"])+"@", 1)
	text := fmt.Sprintf(strings.Replace(leaky, "'zq01+Env&''<s>/v\"1'", q("environment"), 1), s.URL, q("basic"), q("bearer"), q("digest"), q("api key"), userinfo, url.PathEscape(plants["environment"]))
	write("leaky.toml", text)
	write("inside.toml", "[[request]]\nname = \"Inside\"\nurl = \""+s.URL+"/mirror\"\nassert.status = 418\n")
	write("secret.txt", plants["file"]+"\n")
	write("secret.sh", "#!/bin/sh\ncat <<'E'\n"+plants["command"]+"\nE\n")
	write(".env", "DOTENV_SECRET='"+plants["dotenv"]+"'\n")
	write("environments/leaky.toml", strings.NewReplacer("CALLBACK", tomlString("https://www.example.com/callback#access_token="+plants["callback token"]+"&id_token="+plants["callback JWT"]+"&token_type=Bearer&expires_in=3600"),
		"LITERAL", q("literal"), "FOUR", q("four"), "LINES", q("lines"), "CLIENT", q("client secret"), "NAME", q("name"), "NUMBER", q("number")).Replace(`
dotenv = "../.env"
callback_url = CALLBACK
[secrets]
env_secret = { env = "PLANT" }
file_secret = { file = "../secret.txt" }
command_secret = { command = ["../secret.sh"] }
literal_secret = LITERAL
four = FOUR
name = NAME
number = NUMBER
lines = LINES
client_secret = CLIENT
given = "x"
dotenv_secret = "{{env.DOTENV_SECRET}}"
`))
	return folder, append(os.Environ(), "PLANT="+plants["environment"], "NO_COLOR=1", "GITHUB_STEP_SUMMARY="+filepath.Join(folder, "summary.md"))
}

// tomlString is a text as TOML writes it.
func tomlString(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted)
}

// TestLeaks plants secrets of every kind, has them sent and answered in every encoding, has everything fail, and looks
// for them in all that is written, in every encoding.
func TestLeaks(t *testing.T) {
	t.Parallel()
	folder, env := plant(t)
	run := func(args ...string) (out string, code int) {
		c := exec.Command("postrider", append([]string{"run", "-e", "leaky", "--var", "given=" + plants["variable"], "leaky.toml"}, args...)...)
		c.Dir, c.Env = folder, env
		text, err := c.CombinedOutput()
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			code = ended.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		return string(text), code
	}
	var reports []string
	for _, format := range reportFormats {
		if format != "none" {
			reports = append(reports, "--report", format+"="+filepath.Join("out", format))
		}
	}
	for name, args := range map[string][]string{
		"plain": nil, "verbose": {"-v"}, "short": {"--error-format", "short"}, "files": append([]string{"--include-bodies", "--report", "none"}, reports...),
	} {
		out, code := run(args...)
		if found := leaksIn(out); len(found) > 0 || code != exitError {
			t.Errorf("%s: exit code %d, %d secrets on the terminal:\n%s\n%s", name, code, len(found), strings.Join(found, "\n"), out)
		}
		if strings.Contains(out, "a secret") {
			t.Errorf("%s: the program has found a secret:\n%s", name, out)
		}
		if name == "plain" && (!strings.Contains(out, "21 requests could not be completed") || strings.Count(out, "[redacted]") < 50) {
			t.Errorf("not all was sent that was to be:\n%s", out)
		}
	}
	for _, format := range reportFormats {
		if format == "none" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, "out", format))
		if err != nil {
			t.Error(err)
		}
		if found := leaksIn(string(text)); len(found) > 0 {
			t.Errorf("%s: %d secrets:\n%s", format, len(found), strings.Join(found, "\n"))
		}
	}
	// The test can fail: what is to be seen is seen, in all ways.
	if shown, _ := run("--show-secrets", "-v"); len(leaksIn(shown)) < 60 {
		t.Errorf("with --show-secrets %d are seen:\n%s", len(leaksIn(shown)), strings.Join(leaksIn(shown), "\n"))
	}
}
