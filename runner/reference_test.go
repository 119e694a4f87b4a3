package runner_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

const reference = "../collections/README.md"

// TestReference runs every example of the reference of collections, on a server that plays https://api.example.com. A
// piece of a request is put into one.
func TestReference(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?ms)^```toml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(examples) < 15 {
		t.Fatalf("%d examples", len(examples))
	}
	for i, e := range examples {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel()
			api := newAPI(t)
			write(t, filepath.Join(api.folder, "example.toml"), completed(e[1]))
			cs, list := collection.Load(filepath.Join(api.folder, "example.toml"))
			if len(list) > 0 {
				t.Fatalf("%v in\n%s", list, e[1])
			}
			r, list := runner.New(cs[0], api.options())
			if len(list) > 0 && !strings.Contains(e[1], "insecure") { // of which there is a warning
				t.Fatalf("%v in\n%s", list, e[1])
			}
			rec := &recorder{}
			if r.Run(t.Context(), rec); rec.result.Verdict != runner.Passed {
				t.Errorf("%v\n%s\n%s", rec.titles(), rec.said(), e[1])
			}
		})
	}
}

// completed makes a request of a piece of one.
func completed(example string) string {
	if strings.Contains(example, "[[request]]") {
		return example
	}
	if !regexp.MustCompile(`(?m)^url =`).MatchString(example) {
		example = "url = \"https://api.example.com/users/7\"\n" + example
	}
	return "[[request]]\n" + example
}

// TestReferenceIsComplete finds every key of the format in the reference.
func TestReferenceIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range append(collection.Keys(), collection.RejectKinds()...) {
		if !regexp.MustCompile("`[^`]*\\b" + key + "\\b[^`]*`").Match(text) {
			t.Errorf("the reference does not speak of %q", key)
		}
	}
	var examples strings.Builder
	for _, e := range regexp.MustCompile("(?ms)^```toml\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		examples.WriteString(e[1])
	}
	for _, key := range collection.Keys() {
		if key == "device_url" {
			continue // of a grant that needs a person with another device
		}
		if !regexp.MustCompile(`\b` + key + `\b`).MatchString(examples.String()) {
			t.Errorf("no example has %q", key)
		}
	}
}

// An api is the server of the examples, with the files that they name.
type api struct {
	server, proxy *httptest.Server
	folder        string
	token         string
	private       string // key of RSA, in PEM
}

func newAPI(t *testing.T) *api {
	a := &api{folder: t.TempDir(), token: bearer("jane")}
	a.server = httptest.NewUnstartedServer(a)
	a.server.EnableHTTP2 = true
	a.server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	a.server.StartTLS()
	t.Cleanup(a.server.Close)
	a.proxy = httptest.NewServer(http.HandlerFunc(a.tunnel))
	t.Cleanup(a.proxy.Close)
	a.files(t)
	return a
}

func (a *api) options() runner.Options {
	address := a.server.Listener.Addr().String()
	return runner.Options{
		Route: exchange.Route{Resolve: "api.example.com:443 " + address},
		Client: exchange.NewClient(exchange.Options{
			Route: exchange.Route{Resolve: "api.example.com:443 " + address, CA: a.certificate()},
		}),
		Variables: map[string]string{
			"access_token": a.token, "id_token": bearer("id"), "expired_access_token": bearer("old"), "proxy": a.proxy.URL, "stage": "test",
			"password": "secret-password", "api_key": "key-of-the-api", "access_key": "AKIDEXAMPLE", "secret_key": "secret-key", "session_token": "session",
			"signing_key": strings.Repeat("signing", 6), "consumer_secret": "consumer", "name": "JANE", "private_key": a.private,
		},
		Redactor: environment.NewRedactor(),
	}
}

func (a *api) certificate() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.server.Certificate().Raw}))
}

// bearer is a JWT of somebody, with a signature that nobody looks at.
func bearer(subject string) string {
	part := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]any{"alg": "RS256", "kid": "1"}) + "." + part(map[string]any{"sub": subject}) + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256))
}

// files writes what the examples name.
func (a *api) files(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	a.private = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	for name, text := range map[string]string{
		"users.csv":        "name,age:int\nJane,41\nJoe,7\n",
		"picture.png":      "\x89PNG\r\n",
		"user.schema.json": `{"type": "object", "required": ["id", "name"], "properties": {"id": {"type": "integer"}}}`,
		"sign-in.toml":     "[[request]]\nname = \"Sign in\"\nurl = \"https://api.example.com/token\"\nbody.form = { username = \"{{username}}\" }\ncapture.token = { json = \"access_token\" }\n",
		"ca.pem":           a.certificate(),
		"client.pem":       string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})),
		"client-key.pem":   string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	} {
		write(t, filepath.Join(a.folder, name), text)
	}
}

// tunnel is a proxy that connects everything to the server.
func (a *api) tunnel(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	var d net.Dialer
	out, err := d.DialContext(context.Background(), "tcp", a.server.Listener.Addr().String())
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	in, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		out.Close()
		return
	}
	_, _ = io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { _, _ = io.Copy(out, in); out.Close() }()
	go func() { _, _ = io.Copy(in, out); in.Close() }()
}

// authorize shows a sign-in form, and redirects whoever fills it in.
func (a *api) authorize(w http.ResponseWriter, r *http.Request, body string) {
	w.Header().Set("Content-Type", "text/html")
	if r.Method == http.MethodGet {
		_, _ = io.WriteString(w, `<form method="post"><input name="username"><input type="password" name="password"></form>`)
		return
	}
	ask := r.URL.Query()
	to := ask.Get("redirect_uri") + "?code=one&state=" + url.QueryEscape(ask.Get("state"))
	if ask.Get("response_type") == "token" {
		to = ask.Get("redirect_uri") + "#access_token=" + a.token + "&token_type=Bearer&expires_in=3600&state=" + url.QueryEscape(ask.Get("state"))
	}
	if body != "username=jane&password=secret-password" && body != "password=secret-password&username=jane" {
		to = ask.Get("redirect_uri") + "?error=access_denied"
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusFound)
}

// ServeHTTP answers as the examples expect.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	user := map[string]any{
		"id": 7, "name": "Jane", "email": "jane@example.com", "roles": []string{"admin", "editor"}, "tags": []string{},
		"address": map[string]any{"city": "Paris", "street": "Rue"}, "created": "2026-01-02T03:04:05Z",
	}
	http.SetCookie(w, &http.Cookie{Name: "session", Value: "0123456789abcdef", HttpOnly: true})
	status := http.StatusOK
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		const origin = "https://api.example.com"
		user = map[string]any{
			"issuer": origin, "authorization_endpoint": origin + "/authorize", "token_endpoint": origin + "/token", "jwks_uri": origin + "/keys",
		}
	case "/authorize":
		a.authorize(w, r, string(body))
		return
	case "/page.html":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html><body><h1>Hello</h1><ul><li>a<li>b</ul></body></html>")
		return
	case "/users/0":
		status = http.StatusNotFound
	case "/token":
		user = map[string]any{"access_token": a.token, "token_type": "Bearer", "expires_in": 3600}
	case "/guarded", "/users/me":
		if r.Header.Get("Authorization") != "Bearer "+a.token {
			status = http.StatusUnauthorized
		}
	case "/digest":
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Digest ") {
			w.Header().Set("WWW-Authenticate", `Digest realm="users", nonce="abc", qop="auth", algorithm=SHA-256`)
			status = http.StatusUnauthorized
		}
	case "/users":
		status = http.StatusCreated
		var sent map[string]any
		if json.Unmarshal(body, &sent) == nil {
			user["name"] = sent["name"]
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(user)
}
