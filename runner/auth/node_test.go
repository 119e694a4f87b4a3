package auth_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

// TestNodeServers sends credentials to what servers in JavaScript check them with.
func TestNodeServers(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_NODE_TESTS") != "1" {
		t.Skip("POSTRIDER_NODE_TESTS is not 1: hawk, oauth-1.0a, aws4, jose, jsonwebtoken, http-auth and express-ntlm were not tried")
	}
	base := startNode(t)
	t.Run("hawk", func(t *testing.T) { nodeHawk(t, base) })
	t.Run("oauth1", func(t *testing.T) { nodeOAuth1(t, base) })
	t.Run("aws", func(t *testing.T) { nodeAWS(t, base) })
	t.Run("jwt", func(t *testing.T) { nodeJWT(t, base) })
	t.Run("digest", func(t *testing.T) { nodeDigest(t, base) })
	t.Run("ntlm", func(t *testing.T) { nodeNTLM(t, base) })
}

// startNode installs what package.json names and starts the server. It gives its address.
func startNode(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("POSTRIDER_NODE_TESTS is 1: %v\n%s", err, out)
	}
	server := exec.Command("node", "server.mjs")
	server.Dir, server.Stderr = folder, os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port)
}

// accepted sends r and wants an answer of 200 with this body.
func accepted(t *testing.T, name string, r *exchange.Request, err error, want string) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if x := send(t, r); x.Response.Status != 200 || string(x.Response.Body) != want {
		t.Errorf("%s: %d %s\nwant %s", name, x.Response.Status, x.Response.Body, want)
	}
}

// refused sends r and wants 401.
func refused(t *testing.T, name string, r *exchange.Request, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if x := send(t, r); x.Response.Status != 401 {
		t.Errorf("%s: %d %s", name, x.Response.Status, x.Response.Body)
	}
}

func nodeHawk(t *testing.T, base string) {
	now := time.Now()
	for name, test := range map[string]struct {
		change func(*auth.Hawk)
		r      exchange.Request
		want   string
	}{
		"plain":      {func(*auth.Hawk) {}, exchange.Request{URL: base + "/auth/hawk"}, "dh37fgj492je|some-app-ext-data||"},
		"sha1":       {func(h *auth.Hawk) { h.Algorithm, h.Ext = "sha1", "" }, exchange.Request{URL: base + "/auth/hawk?algorithm=sha1"}, "dh37fgj492je|||"},
		"query":      {func(*auth.Hawk) {}, exchange.Request{URL: base + "/auth/hawk?a=%C3%BC&b=c+d%20e&f;g=(1)"}, "dh37fgj492je|some-app-ext-data||"},
		"blank":      {func(*auth.Hawk) {}, exchange.Request{URL: base + "/auth/hawk/ä b?c=d e"}, "dh37fgj492je|some-app-ext-data||"},
		"delegation": {func(h *auth.Hawk) { h.App, h.Dlg = "app", "dlg" }, exchange.Request{URL: base + "/auth/hawk"}, "dh37fgj492je|some-app-ext-data|app|dlg"},
		"app":        {func(h *auth.Hawk) { h.App = "app" }, exchange.Request{URL: base + "/auth/hawk"}, "dh37fgj492je|some-app-ext-data|app|"},
		"host":       {func(*auth.Hawk) {}, exchange.Request{URL: base + "/auth/hawk", Header: exchange.Header{{Name: "Host", Value: "API.example.com"}}}, "dh37fgj492je|some-app-ext-data||"},
		"payload": {
			func(h *auth.Hawk) { h.PayloadHash = true },
			exchange.Request{Method: "POST", URL: base + "/auth/hawk?payload=1", Body: []byte("Thank you"), Header: exchange.Header{{Name: "Content-Type", Value: "text/plain; charset=utf-8"}}},
			"dh37fgj492je|some-app-ext-data||",
		},
	} {
		h := dh37()
		test.change(&h)
		accepted(t, name, &test.r, h.Sign(&test.r, now, rand.Text()), test.want)
		if h.PayloadHash {
			test.r.Body = []byte("Thank YOU")
			refused(t, "another payload", &test.r, nil)
		}
		h.Key = "wrong"
		refused(t, name, &test.r, h.Sign(&test.r, now, rand.Text()))
	}
}

func nodeOAuth1(t *testing.T, base string) {
	key := auth.OAuth1{ConsumerKey: "RKCGzna7bv9YD57c", ConsumerSecret: "D+EdQ-gs$-%@2Nu7"}
	for name, test := range map[string]struct {
		change func(*auth.OAuth1)
		r      exchange.Request
	}{
		"plain":          {func(*auth.OAuth1) {}, exchange.Request{URL: base + "/oauth1"}},
		"twice the same": {func(*auth.OAuth1) {}, exchange.Request{URL: base + "/oauth1?b=2&a=z&a=b&a=%C3%BC&c=d+e%20f&g&h=(*)"}},
		"token":          {func(o *auth.OAuth1) { o.Token, o.TokenSecret, o.Realm = "t/1", "t0ken&secret", "the realm" }, exchange.Request{URL: base + "/oauth1/x/"}},
		"callback":       {func(o *auth.OAuth1) { o.Callback, o.Verifier = "http://a.example/?b=c", "v" }, exchange.Request{URL: base + "/oauth1"}},
		"SHA256":         {func(o *auth.OAuth1) { o.SignatureMethod = "HMAC-SHA256" }, exchange.Request{URL: base + "/oauth1"}},
		"SHA512":         {func(o *auth.OAuth1) { o.SignatureMethod = "HMAC-SHA512" }, exchange.Request{URL: base + "/oauth1"}},
		"PLAINTEXT":      {func(o *auth.OAuth1) { o.SignatureMethod = "PLAINTEXT" }, exchange.Request{URL: base + "/oauth1"}},
		"query":          {func(o *auth.OAuth1) { o.In = "query" }, exchange.Request{URL: base + "/oauth1?a=b"}},
		"form":           {func(*auth.OAuth1) {}, exchange.Request{Method: "POST", URL: base + "/oauth1?a=b", Body: []byte("c=d+%2B&a=e"), Header: exchange.Header{{Name: "Content-Type", Value: form + ";charset=utf-8"}}}},
		"in the form":    {func(o *auth.OAuth1) { o.In = "body" }, exchange.Request{Method: "POST", URL: base + "/oauth1?a=b", Body: []byte("c=d"), Header: exchange.Header{{Name: "Content-Type", Value: form}}}},
		"body hash":      {func(o *auth.OAuth1) { o.BodyHash = true }, exchange.Request{Method: "PUT", URL: base + "/oauth1", Body: []byte("{}"), Header: exchange.Header{{Name: "Content-Type", Value: "application/json"}}}},
	} {
		o, again := key, test.r
		again.Header = append(exchange.Header(nil), again.Header...)
		test.change(&o)
		accepted(t, name, &test.r, o.Sign(&test.r, time.Now(), rand.Text()), "pass")
		o.ConsumerSecret = "wrong"
		refused(t, name, &again, o.Sign(&again, time.Now(), rand.Text()))
	}
}

func nodeAWS(t *testing.T, base string) {
	for name, test := range map[string]struct {
		service, token string
		r              exchange.Request
	}{
		"plain":   {"execute-api", "", exchange.Request{URL: base + "/aws"}},
		"query":   {"execute-api", "", exchange.Request{URL: base + "/aws/a%20b/c(d)?b=2&a=%C3%BC&a=x+y&c&d=/~*"}},
		"body":    {"dynamodb", "t/+=", exchange.Request{Method: "POST", URL: base + "/aws", Body: []byte("{}"), Header: exchange.Header{{Name: "Content-Type", Value: "application/x-amz-json-1.0"}, {Name: "X-Amz-Target", Value: "a.B"}}}},
		"S3":      {"s3", "", exchange.Request{Method: "PUT", URL: base + "/aws/a(b)//c+d/%C3%BC", Body: []byte("hello"), Header: exchange.Header{{Name: "x-amz-meta-a", Value: "b  c"}}}},
		"S3 bare": {"s3", "", exchange.Request{URL: base + "/aws?acl"}},
	} {
		s := auth.SigV4{AccessKey: "AKID", SecretKey: "s3cret/+", SessionToken: test.token, Region: "eu-west-1", Service: test.service}
		accepted(t, name, &test.r, s.Sign(t.Context(), &test.r, time.Now()), "pass")
		s.SecretKey = "wrong"
		refused(t, name, &test.r, s.Sign(t.Context(), &test.r, time.Now()))
	}
}

func nodeJWT(t *testing.T, base string) {
	rsaKey, pkcs1 := rsaPEM()
	public := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		return aPEM(t, "PUBLIC KEY", der, err)
	}
	pairs := map[string][2]string{"RS256": {pkcs1, public(&rsaKey.PublicKey)}, "HS256": {"secret", "secret"}, "HS512": {"your-512-bit-secret", "your-512-bit-secret"}}
	pairs["PS384"], pairs["RS512"] = pairs["RS256"], pairs["RS256"]
	for algorithm, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalECPrivateKey(key)
		pairs[algorithm] = [2]string{aPEM(t, "EC PRIVATE KEY", der, err), public(&key.PublicKey)}
	}
	edPublic, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(edKey)
	pairs["EdDSA"] = [2]string{aPEM(t, "PRIVATE KEY", der, err), public(edPublic)}
	for algorithm, pair := range pairs {
		key, err := json.Marshal(map[string]string{"algorithm": algorithm, "key": pair[1]})
		if err != nil {
			t.Fatal(err)
		}
		token, err := auth.SignedJWT{Algorithm: algorithm, Key: pair[0], Claims: object{"sub": "jane"}, Lifetime: time.Minute}.Token(time.Now())
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		r := &exchange.Request{URL: base + "/jwt", Header: exchange.Header{{Name: "X-Key", Value: base64.StdEncoding.EncodeToString(key)}}}
		accepted(t, algorithm, r, auth.Bearer(r, token), `["JWT","jane",60]`)
	}
}

func nodeDigest(t *testing.T, base string) {
	for _, path := range []string{"/digest/MD5", "/digest/MD5-sess", "/digest/none", "/digest/MD5?a=b&c=" + url.QueryEscape("d, \"e\"")} {
		d := auth.Digest{Username: "jane", Password: "s3cret"}
		accepted(t, path, &exchange.Request{URL: base + path, Negotiator: d.Negotiator(nil)}, nil, "jane")
		d.Password = "wrong"
		refused(t, path, &exchange.Request{URL: base + path, Negotiator: d.Negotiator(nil)}, nil)
	}
}

// nodeNTLM has a server that takes any password, but keeps to the handshake.
func nodeNTLM(t *testing.T, base string) {
	n := auth.NTLM{Username: "jane", Password: "s3cret", Domain: "CORP", Workstation: "DESK"}
	accepted(t, "whole", &exchange.Request{Method: "POST", URL: base + "/ntlm", Body: []byte("hello"), Negotiator: n.Negotiator()}, nil, "CORP|jane|DESK|hello")
	stream := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil }
	accepted(t, "stream", &exchange.Request{Method: "POST", URL: base + "/ntlm", Open: stream, Length: 5, Negotiator: n.Negotiator()}, nil, "CORP|jane|DESK|hello")
}
