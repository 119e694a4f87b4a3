package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A wire is one request as it came over the wire.
type wire struct {
	line   string
	fields []string // "name: value", sorted
	body   string
}

func (w wire) String() string { return w.line + "\n" + strings.Join(w.fields, "\n") + "\n\n" + w.body }

// A recorder answers every request with 204 and keeps its bytes.
type recorder struct {
	mu   sync.Mutex
	seen []wire
}

func (r *recorder) take() []wire {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

func (r *recorder) serve(t *testing.T, l net.Listener) {
	t.Helper()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				r.answer(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
}

func (r *recorder) answer(conn net.Conn) {
	reader := bufio.NewReader(conn)
	var head bytes.Buffer
	for !strings.HasSuffix(head.String(), "\r\n\r\n") {
		line, err := reader.ReadString('\n')
		if head.WriteString(line); err != nil {
			return
		}
	}
	lines := strings.Split(strings.TrimSuffix(head.String(), "\r\n\r\n"), "\r\n")
	req, err := http.ReadRequest(bufio.NewReader(io.MultiReader(bytes.NewReader(head.Bytes()), reader)))
	if err != nil {
		return
	}
	body, _ := io.ReadAll(req.Body)
	got := wire{line: lines[0], body: string(body)}
	for _, f := range lines[1:] {
		name, value, _ := strings.Cut(f, ":")
		got.fields = append(got.fields, strings.ToLower(name)+": "+strings.TrimSpace(value))
	}
	slices.Sort(got.fields)
	r.mu.Lock()
	r.seen = append(r.seen, got)
	r.mu.Unlock()
	challenge := ""
	if strings.HasPrefix(req.URL.Path, "/digest") && req.Header.Get("Authorization") == "" {
		challenge = `Digest realm="realm", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"`
	}
	if challenge != "" {
		_, _ = io.WriteString(conn, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: "+challenge+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
}

// An explainCase is a request of which curl's bytes are compared with the program's.
type explainCase struct {
	name, request string // in TOML, behind its name
	// masks are what differs from one moment to the next: of each match of the pattern the part in parentheses.
	masks []string
}

// The parts of requests that are of the moment: curl and the program each choose a boundary, a client nonce, a time.
const (
	maskBoundary = `((?:-{24,}|(?:--)?postrider-)[A-Za-z0-9]{16,})`
	maskLength   = `(content-length: \d+)`
	// hawk, oauth1 and jwt are in the command as they were made when it was printed.
	maskHawk  = `(?:ts|mac|nonce)="([^"]+)"`
	maskOAuth = `oauth_(?:timestamp|signature|nonce)="([^"]+)"`
	maskJWT   = `(?:authorization: Bearer eyJ[^.]+\.)(\S+)`
	// curl makes what these need of its own.
	maskDigest = `(authorization: Digest .*)`
	maskAWS    = `(?:x-amz-date: (\d{8}T\d{6}Z)|Credential=AKID/(\d{8})/|SignedHeaders=([a-z0-9;-]+), |Signature=([0-9a-f]{64}))`
)

func explainCases() []explainCase {
	upload := "method = \"POST\"\nurl = \"{{base}}/body\"\n"
	get := "url = \"{{base}}/x\"\n"
	return []explainCase{
		{"json", upload + "body.json = { a = 1, b = [true, 2.50, \"it's {{$guid}}\"], c = { d = \"{{$randomFirstName}} ü\\u0001\" } }\n", nil},
		{"json text", upload + "body.json = '''{\"a\":  [1,\n2], \"g\": \"{{$guid}}\"}'''\n", nil},
		{"form", upload + "body.form = { q = \"a b&c=d+é\", w = [\"1\", \"2\"], empty = \"\", g = \"{{derived}}\" }\n", nil},
		{"multipart", upload + "body.multipart = { text = \"it's; \\\"q\\\"\", n = 7, one = { file = \"files/a.txt\" }, two = { file = \"files/b.bin\", type = \"image/png\", filename = \"b \\\"c\\\".png\" }, j = { value = \"{}\", type = \"application/json\" } }\n", []string{maskBoundary, maskLength}},
		{"multipart texts", upload + "body.multipart = { g = \"{{$guid}}\", h = [\"1\", \"@files/a.txt\"] }\n", []string{maskBoundary, maskLength}},
		{"text", upload + "body.text = \"@not a file\\nit's \\u0000 $HOME `id` \\\\n %s {{$randomInt}}\\n\"\n", nil},
		{"no text", upload + "body.text = \"\"\n", nil},
		{"own type", upload + "body.text = \"<a/>\"\nbody.type = \"application/xml\"\n", nil},
		{"graphql", upload + "body.graphql = { query = \"query Q($id: ID!) { user(id: $id) { name } }\", operation = \"Q\", variables = { id = \"{{$guid}}\" } }\n", nil},
		{"file", upload + "body.file = \"files/b.bin\"\n", nil},
		{"large file", upload + "body.file = \"files/large.json\"\n", nil},
		{"file by name", upload + "body.file = \"files/{{letter}}.txt\"\n", nil},
		{"base64", upload + "body.base64 = \"AAEC/v8nJQo=\"\n", nil},
		{"params and query", "url = \"{{base}}/u/:id/p.:ext?x=1&y=a b\"\nparams = { id = \"a/b ü\" }\nquery = { tag = [\"a\", \"b&c\"], e = \"\", g = \"{{$guid}}\" }\n", nil},
		{"path as it is", "url = \"{{base}}/a/../b/./c[1]{2}\"\n", nil},
		{"headers", get + "headers = { X-Many = [\"1\", \"2\", \"1\"], X-Empty = \"\", X-Quote = \"it's \\\"$x\\\"\", X-Id = \"{{$guid}}\", Accept = \"application/json\" }\n", nil},
		{"agent", get + "headers = { User-Agent = \"me/1\", Accept-Encoding = \"identity\", Host = \"other.example\" }\n", nil},
		{"cookies", get + "headers.Cookie = \"a=1; b=it's\"\n", nil},
		{"no cookies", get + "cookies = false\nredirects = false\ntimeout = \"3s\"\n", nil},
		{"head", "method = \"HEAD\"\n" + get, nil},
		{"patch", "method = \"PATCH\"\n" + get + "body.json = [1]\n", nil},
		{"put nothing", "method = \"PUT\"\n" + get, nil},
		{"delete", "method = \"DELETE\"\n" + get, nil},
		{"get with a body", "method = \"GET\"\n" + get + "body.json = {}\n", nil},
		{"options", "method = \"OPTIONS\"\n" + get, nil},
		{"custom", "method = \"PURGE-IT\"\n" + get, nil},
		{"http 1.1", get + "http = \"1.1\"\n", nil},
		{"bearer", get + "auth.bearer = \"token-{{$guid}}\"\n", nil},
		{"basic", get + "auth.basic = { username = \"me\", password = \"it's: ü\" }\n", nil},
		{"userinfo", "url = \"http://me:pass%20word@{{address}}/x\"\n", nil},
		{"digest", "url = \"{{base}}/digest?a=b\"\nauth.digest = { username = \"me\", password = \"it's\" }\n", []string{maskDigest}},
		{"api_key header", get + "auth.api_key = { name = \"X-Api-Key\", value = \"k 1\" }\n", nil},
		{"api_key query", get + "auth.api_key = { name = \"key\", value = \"k&1\", in = \"query\" }\n", nil},
		{"api_key cookie", get + "auth.api_key = { name = \"key\", value = \"k1\", in = \"cookie\" }\n", nil},
		{"aws", upload + "body.json = { a = 1 }\nauth.aws = { access_key = \"AKID\", secret_key = \"it's\", region = \"us-east-1\", service = \"execute-api\" }\n", []string{maskAWS}},
		{"aws session", get + "auth.aws = { access_key = \"AKID\", secret_key = \"s\", session_token = \"tok+/=\", region = \"eu-west-1\", service = \"execute-api\" }\n", []string{maskAWS}},
		{"jwt", get + "auth.jwt = { algorithm = \"HS256\", key = \"0123456789abcdef0123456789abcdef\", claims = { sub = \"{{$guid}}\" } }\n", []string{maskJWT}},
		{"hawk", upload + "body.text = \"x\"\nauth.hawk = { id = \"me\", key = \"k\", algorithm = \"sha256\", ext = \"e\", payload_hash = true }\n", []string{maskHawk}},
		{"oauth1", get + "auth.oauth1 = { consumer_key = \"ck\", consumer_secret = \"cs\", token = \"t\", token_secret = \"ts\", signature_method = \"HMAC-SHA1\" }\n", []string{maskOAuth}},
		{"socket", "url = \"unix://{{socket}}:/x?a=b\"\n", nil},
		{"socket as http", "url = \"http://unix:{{socket}}:/x\"\n", nil},
		{"proxy", "url = \"http://elsewhere.invalid/x?y=z\"\nproxy = \"{{base}}\"\n", nil},
		{"proxy user", "url = \"http://elsewhere.invalid/\"\nproxy = \"http://me:word@{{address}}\"\n", nil},
		{"resolve", "url = \"http://elsewhere.invalid/x\"\nresolve = { \"elsewhere.invalid:80\" = \"{{address}}\" }\n", nil},
		{"tls", "url = \"https://{{secure}}/x\"\nhttp = \"1.1\"\ntls = { ca = \"files/ca.pem\", cert = \"files/client.pem\", key = \"files/{{letter}}-key.pem\", min_version = \"1.2\" }\n", nil},
		{"insecure", "url = \"https://{{secure}}/x\"\nhttp = \"1.1\"\ntls = { insecure = true, cert = \"files/client.pem\", key = \"files/a-key.pem\" }\n", nil},
		{"server name", "url = \"https://{{secure}}/x\"\nhttp = \"1.1\"\ntls = { ca = \"files/ca.pem\", cert = \"files/client.pem\", key = \"files/a-key.pem\", server_name = \"named.example\" }\n", nil},
		{"expected", get + "assert.header.X-Gone = { not = \"{{$guid}}\" }\nassert.status = 204\n", nil},
		{"repeated", get + "headers.X-Id = \"{{$guid}}\"\nrepeat = 3\n", nil},
		{"skipped", get + "headers.X-Id = \"{{$guid}}\"\nskip = \"not now\"\n", nil},
		{"behind them", get + "headers.X-Id = \"{{$guid}} {{derived}}\"\n", nil},
	}
}

// writeExplained writes the collection of all cases with its files, and starts the servers that it speaks to.
func writeExplained(t *testing.T, r *recorder) (folder string, arguments []string) {
	t.Helper()
	folder = t.TempDir()
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.serve(t, plain)
	socket := filepath.Join(folder, "s")
	unix, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	r.serve(t, unix)
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, key := certify(t)
	pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(certificate))
	secure, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.serve(t, secure)
	var text strings.Builder
	fmt.Fprintf(&text, "name = \"All kinds\"\n[variables]\nbase = \"http://{{address}}\"\naddress = %q\nsecure = %q\nsocket = %q\n",
		plain.Addr(), secure.Addr(), socket)
	text.WriteString("letter = \"a\"\nderived = \"{{$guid}}-x\"\n\n[assert]\nstatus = { lt = 500 }\n")
	for _, c := range explainCases() {
		fmt.Fprintf(&text, "\n[[request]]\nname = %q\n%s", c.name, c.request)
	}
	write("c/all.toml", text.String())
	write("c/files/a.txt", "a text\r\n")
	write("c/files/b.bin", "\x00\x01\xfe\r\n--\n")
	write("c/files/large.json", `{"a":"`+strings.Repeat("x", 1200<<10)+`"}`)
	write("c/files/ca.pem", certificate)
	write("c/files/client.pem", certificate)
	write("c/files/a-key.pem", key)
	return folder, []string{"--seed", "1", "--show-secrets", "c/all.toml"}
}

// certify makes a certificate that is its own authority, for servers on 127.0.0.1 and for clients.
func certify(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "postrider"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true, IsCA: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"named.example"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, bytes []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
	}
	return block("CERTIFICATE", der), block("PRIVATE KEY", secret)
}

// postrider runs the program in a folder.
func postrider(t *testing.T, folder string, arguments ...string) (string, string) {
	t.Helper()
	program, err := exec.LookPath("postrider") // which testscript has put there
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(program, arguments...)
	c.Dir, c.Env = folder, append(os.Environ(), "NO_COLOR=1", "HOME="+folder)
	var out, problems bytes.Buffer
	c.Stdout, c.Stderr = &out, &problems
	_ = c.Run() // the answers are of no interest, and what was sent is looked at
	return out.String(), problems.String()
}

// commands are the curl commands of an explanation, by the name of the request.
func commands(t *testing.T, text string) map[string]string {
	t.Helper()
	found := map[string]string{}
	name, command := "", ""
	for line := range strings.Lines(text) {
		if after, ok := strings.CutPrefix(line, "All kinds · "); ok {
			name, _, _ = strings.Cut(after, "  ")
			command = ""
		}
		if command != "" || strings.HasPrefix(line, "curl ") || strings.HasPrefix(line, "printf ") {
			command += line
			found[name] = command
		}
	}
	return found
}

// TestExplainCurl runs each curl command that explain prints, and finds the bytes on the wire to be those of a run with
// the same seed, dynamic variables too. What is of the moment differs: the boundary of a multipart body, the nonces, times
// and signatures of digest, aws, hawk, oauth1 and jwt. For ntlm and oauth2 see TestExplainAuth.
func TestExplainCurl(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here to compare with")
	}
	r := &recorder{}
	folder, arguments := writeExplained(t, r)
	explained, problems := postrider(t, folder, append([]string{"explain"}, arguments...)...)
	if strings.Contains(problems, "error:") || len(r.take()) > 0 {
		t.Fatalf("explain complained, or sent something: %s", problems)
	}
	// One run for all of them: a request alone would draw other dynamic variables.
	_, problems = postrider(t, folder, append([]string{"run"}, arguments...)...)
	sent := r.take()
	printed := commands(t, explained)
	for _, c := range explainCases() {
		command := printed[cmp.Or(map[string]string{"repeated": "repeated [1/3]"}[c.name], c.name)]
		if command == "" {
			t.Fatalf("%s: no command in\n%s", c.name, explained)
		}
		sh := exec.Command("sh", "-c", command)
		sh.Dir, sh.Env = folder, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}
		if out, err := sh.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s\n%.2000s", c.name, err, out, command)
		}
		seen := r.take()
		var want wire
		switch n := len(seen); c.name {
		case "skipped": // curl would send it, and a run does not
			if n != 1 {
				t.Errorf("%s: curl sent %d requests", c.name, n)
			}
			continue
		case "repeated":
			if n != 1 || len(sent) < 3 {
				t.Fatalf("%s: curl sent %d requests, and %d are left", c.name, n, len(sent))
			}
			want, sent = sent[0], sent[3:]
		default:
			if n == 0 || n > len(sent) {
				t.Fatalf("%s: curl sent %d requests, and a run %d: %s", c.name, n, len(sent), problems)
			}
			want, sent = sent[n-1], sent[n:]
		}
		got := seen[len(seen)-1]
		if a, b := masked(want, c.masks), masked(got, c.masks); a != b {
			t.Errorf("%s: a run sends\n%.2000s\n---- curl sends\n%.2000s\n---- by\n%.2000s", c.name, a, b, command)
		}
		if c.name == "digest" {
			checkDigest(t, want)
			checkDigest(t, got)
		}
	}
	if len(sent) > 0 {
		t.Errorf("%d more were sent: %v", len(sent), sent)
	}
}

// checkDigest works out the response of a Digest field (RFC 7616, section 3.4.1).
func checkDigest(t *testing.T, w wire) {
	t.Helper()
	given := map[string]string{}
	for _, f := range w.fields {
		if text, ok := strings.CutPrefix(f, "authorization: Digest "); ok {
			for _, m := range regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^", ]+))`).FindAllStringSubmatch(text, -1) {
				given[m[1]] = m[2] + m[3]
			}
		}
	}
	hash := func(parts ...string) string { return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(parts, ":")))) }
	want := hash(hash("me", "realm", "it's"), given["nonce"], given["nc"], given["cnonce"], "auth", hash("GET", "/digest?a=b"))
	if given["response"] != want || given["cnonce"] == "" {
		t.Errorf("the response of %v is not %s", given, want)
	}
}

// TestExplainAuth looks at the credentials that no other client can have from a command: the handshake of ntlm is of one
// connection, of which curl's own begins otherwise, and the token of oauth2 is fetched by a run.
func TestExplainAuth(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := `[[request]]
name = "ntlm"
url = "http://127.0.0.1:1/"
auth.ntlm = { username = "me", password = "it's", domain = "D" }

[[request]]
name = "oauth2"
url = "http://127.0.0.1:1/"
auth.oauth2 = { grant = "client_credentials", token_url = "http://127.0.0.1:1/token", client_id = "a", client_secret = "some secret" }
`
	if err := os.WriteFile(filepath.Join(folder, "All kinds.toml"), []byte("name = \"All kinds\"\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, problems := postrider(t, folder, "explain", "--show-secrets", "All kinds.toml")
	for _, want := range []string{
		`--ntlm \`, `-u 'D\me:it'\''s'`, `-H 'Authorization: Bearer <access_token>'`, "\n# put in what a run captures: <access_token>\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s%s", want, out, problems)
		}
	}
}

// masked is a request without what is of the moment; that it is there must show.
func masked(w wire, masks []string) string {
	text := w.String()
	for _, mask := range masks {
		pattern := regexp.MustCompile(mask)
		text = pattern.ReplaceAllStringFunc(text, func(match string) string {
			for _, part := range pattern.FindStringSubmatch(match)[1:] {
				if part != "" {
					match = strings.Replace(match, part, "…", 1)
				}
			}
			return match
		})
	}
	return text
}
