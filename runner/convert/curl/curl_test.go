package curl_test

import (
	"bytes"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/postrider/postrider/runner/convert/curl"
	"github.com/postrider/postrider/runner/exchange"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fields makes a header of names and values in turn.
func fields(pairs ...string) (h exchange.Header) {
	for i := 0; i < len(pairs); i += 2 {
		h.Add(pairs[i], pairs[i+1])
	}
	return h
}

func command(t testing.TB, r *exchange.Request, o curl.Options) string {
	t.Helper()
	text, err := curl.Command(r, o)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// shell runs a command in sh, with no .curlrc and no proxies.
func shell(t testing.TB, text string) {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl here")
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh here")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	home := t.TempDir()
	script := filepath.Join(home, "command") // -c takes no long ones
	if err := os.WriteFile(script, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, sh, script)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	cmd.WaitDelay = time.Second // what sh started may hold on to its output
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Errorf("%v: %s\n%.2000s", err, &said, text)
	}
}

// client sends r as we do.
func client(t testing.TB, r *exchange.Request) {
	t.Helper()
	c := exchange.NewClient(exchange.Options{})
	defer c.Close()
	if _, err := c.Do(t.Context(), exchange.NewJar(), r); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
}

const awkward = "it's \"quoted\" $HOME ${x} `id` $(id) \\n !! \\ %s %d\nsecond line\n\ttab é 漢 🎉 # ~ * ?\n\n"

func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return append(b, "123%s\\n\n\n"...)
}

// TestSame sends each request twice, with the command and with our client: the server sees the same.
func TestSame(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a body;\"'$ .bin")
	if err := os.WriteFile(file, everyByte(), 0o600); err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("0123456789abcdef", 128<<10)
	for _, c := range []struct {
		what    string
		request exchange.Request
		options curl.Options
	}{
		{what: "plain"},
		{what: "no path", request: exchange.Request{URL: "?a=b"}},
		{what: "no path, fragment", request: exchange.Request{URL: "#frag"}},
		{what: "query", request: exchange.Request{URL: "/a?q=a b&r=[1-3]&s={x,y}&t=é&u='\"$`!\\^|&v=%2f%2F#frag"}},
		{what: "empty query", request: exchange.Request{URL: "/a?"}},
		{what: "path", request: exchange.Request{URL: "/a b/é/%2f%2F/{x}/[1]/'$`!()*;,@:&=+~"}},
		{what: "dots", request: exchange.Request{URL: "/a/./b/../c//d/..."}},
		{what: "encoded dots", request: exchange.Request{URL: "/a/%2e%2E/b"}},
		{what: "double slash", request: exchange.Request{URL: "//x/y"}},
		{what: "methods", request: exchange.Request{Method: "POST"}},
		{what: "methods", request: exchange.Request{Method: "PUT"}},
		{what: "methods", request: exchange.Request{Method: "PATCH"}},
		{what: "methods", request: exchange.Request{Method: "DELETE"}},
		{what: "methods", request: exchange.Request{Method: "OPTIONS"}},
		{what: "methods", request: exchange.Request{Method: "HEAD"}},
		{what: "methods", request: exchange.Request{Method: "TRACE"}},
		{what: "methods", request: exchange.Request{Method: "get"}},
		{what: "methods", request: exchange.Request{Method: "M-SEARCH!#$%&'*+-.^_`|~"}},
		{what: "methods", request: exchange.Request{Method: "GET", Body: []byte("x")}},
		{what: "methods", request: exchange.Request{Method: "DELETE", Body: []byte("x")}},
		{what: "fields", request: exchange.Request{Header: fields("X-A", "1", "x-a", "2", "X-Empty", "", "X-Blank", " \t ", "X-Odd", "a;b:'\"$`!\\ \té", "X-At", "@file")}},
		{what: "field of other bytes", request: exchange.Request{Header: fields("X-A", "caf\xe9 'x' %d \\ !\xff", "X-B", "\u202e")}},
		{what: "names", request: exchange.Request{Header: fields("X!#$%&'*+-.^_`|~", "1")}},
		{what: "replaced defaults", request: exchange.Request{Header: fields("User-Agent", "a", "user-agent", "b", "Accept", "text/html", "accept", "x/y", "Accept-Encoding", "br", "Host", "example.com:81")}},
		{what: "no defaults", request: exchange.Request{Header: fields("User-Agent", "", "Accept", "", "Accept-Encoding", "")}},
		{what: "default user agent", options: curl.Options{UserAgent: exchange.DefaultUserAgent}},
		{what: "range", request: exchange.Request{Header: fields("Range", "bytes=0-1")}},
		{what: "cookies", request: exchange.Request{Header: fields("Cookie", "a=b; c=\"d e\"", "cookie", "f=g")}},
		{what: "cookie without a value", request: exchange.Request{Header: fields("Cookie", "abc")}},
		{what: "basic", request: exchange.Request{URL: "http://us%3Aer:p%40ss'w@HOST/a"}},
		{what: "bearer", request: exchange.Request{URL: "http://user:pass@HOST/a", Header: fields("Authorization", "Bearer a.b-c_d")}},
		{what: "decided by the body", request: exchange.Request{Header: fields("Content-Length", "7", "Transfer-Encoding", "chunked", "Trailer", "X")}},
		{what: "JSON", request: exchange.Request{Method: "POST", Header: fields("Content-Type", "application/json"), Body: []byte("{\"a\": \"it's\",\n\t\"b\": [1, null]}")}},
		{what: "form", request: exchange.Request{Method: "POST", Header: fields("Content-Type", "application/x-www-form-urlencoded"), Body: []byte("a=b+c&d=%26")}},
		{what: "no type", request: exchange.Request{Method: "POST", Body: []byte("a=b")}},
		{what: "empty type", request: exchange.Request{Method: "POST", Header: fields("Content-Type", ""), Body: []byte("a=b")}},
		{what: "awkward text", request: exchange.Request{Method: "PUT", Header: fields("Content-Type", "text/plain; charset=utf-8"), Body: []byte(awkward)}},
		{what: "like a file", request: exchange.Request{Method: "POST", Body: []byte("@/etc/hostname")}},
		{what: "like an option", request: exchange.Request{Method: "POST", Body: []byte("-d\nx")}},
		{what: "carriage returns", request: exchange.Request{Method: "POST", Body: []byte("-%-\\a\r\nb!\r\n\r\n")}},
		{what: "every byte", request: exchange.Request{Method: "POST", Header: fields("Content-Type", "application/octet-stream"), Body: everyByte()}},
		{what: "NUL alone", request: exchange.Request{Method: "POST", Body: []byte{0}}},
		{what: "large text", request: exchange.Request{Method: "POST", Body: []byte(large[:300_000])}},
		{what: "larger text", request: exchange.Request{Method: "POST", Body: []byte(large)}},
		{what: "larger bytes", request: exchange.Request{Method: "POST", Body: []byte(large + "\x00")}},
		{what: "file", request: exchange.Request{Method: "PUT", Header: fields("Content-Type", "image/png"), Body: everyByte()}, options: curl.Options{BodyFile: file}},
		{what: "version and time", request: exchange.Request{Version: "1.1", Timeout: 12345 * time.Millisecond}},
		{what: "redirects", request: exchange.Request{URL: "/302", MaxRedirects: 5}},
		{what: "redirects", request: exchange.Request{Method: "POST", URL: "/303", Body: []byte("a=b"), MaxRedirects: 5, Header: fields("Cookie", "x=y")}},
		{what: "redirects", request: exchange.Request{Method: "POST", URL: "/307", Body: []byte("a=b"), MaxRedirects: 5, Header: fields("Authorization", "Basic x")}},
		{what: "redirects", request: exchange.Request{Method: "POST", URL: "/301", MaxRedirects: 5, NoCookies: true}},
		{what: "redirects", request: exchange.Request{Method: "HEAD", URL: "/302", MaxRedirects: 5}},
		{what: "redirects", request: exchange.Request{Method: "GET", URL: "/302", MaxRedirects: 5, Body: []byte("a=b")}},
		{what: "redirects not followed", request: exchange.Request{URL: "/302"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			r := c.request
			switch {
			case strings.Contains(r.URL, "HOST"):
				r.URL = strings.Replace(r.URL, "HOST", s.host, 1)
			case r.URL == "":
				r.URL = s.url + "/a"
			default:
				r.URL = s.url + r.URL
			}
			text := command(t, &r, c.options)
			shell(t, text)
			got := s.seen()
			client(t, &r)
			want := s.seen()
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-client +curl\n%s\n%.2000s", d, text)
			}
			if len(want) == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

// TestMultipart sends the parts of a form: the server reads what was meant.
func TestMultipart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, `a;b,"c"'$ é.png`)
	if err := os.WriteFile(file, everyByte(), 0o600); err != nil {
		t.Fatal(err)
	}
	parts := []curl.Part{
		{Name: "text", Value: awkward},
		{Name: "at", Value: "@/etc/hostname"},
		{Name: "less", Value: "</etc/hostname;type=x/y"},
		{Name: "text", Value: "again"},
		{Name: "empty"},
		{Name: `odd "name"; é`, Value: "a\r\nb\x01"},
		{Name: "json", Value: `{"a": "\\;,"}`, Type: "application/json"},
		{Name: "typed", Value: "@x", Type: "text/plain; charset=utf-8"},
		{Name: "named", Value: "x", Type: "text/csv", Filename: `b"c;d.csv`},
		{Name: "file", File: file, Type: "image/png"},
		{Name: "file", File: file, Type: "application/x-thing", Filename: "other.bin"},
		{Name: "bytes", Value: string(everyByte()), Type: "application/octet-stream"},
	}
	s := serve(t)
	r := &exchange.Request{Method: "PUT", URL: s.url + "/a", Header: fields("Content-Type", "multipart/form-data; boundary=x", "X-A", "b")}
	text := command(t, r, curl.Options{Parts: parts})
	shell(t, text)
	seen := s.seen()
	if len(seen) != 1 || seen[0].Line != "PUT /a HTTP/1.1" {
		t.Fatal(seen)
	}
	kind, parameters, err := mime.ParseMediaType(seen[0].field("content-type"))
	if err != nil || kind != "multipart/form-data" {
		t.Fatal(kind, err)
	}
	reader := multipart.NewReader(strings.NewReader(seen[0].Body), parameters["boundary"])
	unescape := strings.NewReplacer("%22", `"`)
	for _, want := range parts {
		p, err := reader.NextRawPart()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		data, _ := io.ReadAll(p)
		got := curl.Part{Name: unescape.Replace(p.FormName()), Value: string(data), Type: p.Header.Get("Content-Type"), Filename: unescape.Replace(p.FileName())}
		if want.File != "" {
			if want.Filename == "" {
				want.Filename = filepath.Base(want.File)
			}
			want.File, want.Value = "", string(everyByte())
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	}
	if _, err := reader.NextRawPart(); err != io.EOF {
		t.Error("there are more parts: ", err)
	}
	if seen[0].field("x-a") != "b" || seen[0].field("user-agent") != exchange.DefaultUserAgent || seen[0].field("expect") != "" {
		t.Error(seen[0].Fields)
	}
}

// TestDigest answers a challenge, and checks the answer as a server does.
func TestDigest(t *testing.T) {
	t.Parallel()
	s := serve(t)
	r := &exchange.Request{Method: "POST", URL: s.url + "/digest?a=b", Body: []byte("x=y"), Header: fields("Authorization", "Digest stale")}
	shell(t, command(t, r, curl.Options{Auth: &curl.Auth{Kind: curl.Digest, Username: "jane's", Password: "p:a$s w"}}))
	seen := s.seen()
	if len(seen) != 2 || seen[0].field("authorization") != "" || seen[1].Body != "x=y" {
		t.Fatal(seen)
	}
	scheme, rest, _ := strings.Cut(seen[1].field("authorization"), " ")
	if scheme != "Digest" {
		t.Fatal(seen[1].Fields)
	}
	p := map[string]string{}
	for pair := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		p[name] = strings.Trim(value, `"`)
	}
	ha1, ha2 := hash("jane's:realm:p:a$s w"), hash("POST:/digest?a=b")
	want := hash(ha1 + ":" + nonce + ":" + p["nc"] + ":" + p["cnonce"] + ":auth:" + ha2)
	if p["username"] != "jane's" || p["uri"] != "/digest?a=b" || p["response"] != want {
		t.Errorf("%v, want the response %s", p, want)
	}
}

func TestNTLM(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("curl", "--version").Output(); err != nil || !bytes.Contains(out, []byte(" NTLM ")) {
		t.Skip("there is no curl here that knows NTLM")
	}
	s := serve(t)
	shell(t, command(t, &exchange.Request{URL: s.url + "/a"}, curl.Options{Auth: &curl.Auth{Kind: curl.NTLM, Username: `CORP\jane`, Password: "x"}}))
	if seen := s.seen(); len(seen) != 1 || !strings.HasPrefix(seen[0].field("authorization"), "NTLM TlRMTVNTUAAB") {
		t.Error(seen)
	}
}

// TestAWS has curl sign, and signs anew what came, as the server would.
func TestAWS(t *testing.T) {
	t.Parallel()
	s := serve(t)
	r := &exchange.Request{Method: "POST", URL: s.url + "/path?a=b&c=d", Body: []byte(`{"a":1}`), Header: fields("Content-Type", "application/json", "Authorization", "AWS4-HMAC-SHA256 stale",
		"X-Amz-Date", "20200101T000000Z", "X-Amz-Security-Token", "old", "X-Amz-Target", "T.Do")}
	shell(t, command(t, r, curl.Options{Auth: &curl.Auth{Kind: curl.AWS, Username: "AKID", Password: "se/cret", Region: "eu-west-1", Service: "execute-api", SessionToken: "to/ken=="}}))
	seen := s.seen()
	if len(seen) != 1 {
		t.Fatal(seen)
	}
	got := seen[0]
	if n := got.count("authorization") + got.count("x-amz-date") + got.count("x-amz-security-token"); n != 3 || got.field("x-amz-security-token") != "to/ken==" {
		t.Fatal(got.Fields)
	}
	if want := signature(t, got, "se/cret", "AKID", "eu-west-1", "execute-api"); got.field("authorization") != want {
		t.Errorf("got  %s\nwant %s", got.field("authorization"), want)
	}
}

// TestWords are the options that no server on loopback could tell.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request exchange.Request
		options curl.Options
		want    string
	}{
		{exchange.Request{URL: "https://example.com"}, curl.Options{}, "curl https://example.com/ -H 'User-Agent: postrider' --compressed -H 'Accept-Encoding: gzip, deflate, br, zstd'"},
		{exchange.Request{Method: "DELETE", URL: "https://bücher.example:/é?x#y"}, curl.Options{UserAgent: "a"},
			"curl -X DELETE 'https://xn--bcher-kva.example/%C3%A9?x' -H 'User-Agent: a' --compressed -H 'Accept-Encoding: gzip, deflate, br, zstd'"},
		{exchange.Request{URL: "http://[::1]:80/", Version: "2", MaxRedirects: 3, NoCookies: true, Timeout: time.Microsecond}, curl.Options{UnixSocket: "/tmp/a b"},
			"-g 'http://[::1]:80/' | -L | --max-redirs 3 | --unix-socket '/tmp/a b' | --http2-prior-knowledge | --max-time 0.001"},
		{exchange.Request{URL: "https://a/", Version: "2", Timeout: 90 * time.Second, MaxRedirects: 1}, curl.Options{}, "-L | --max-redirs 1 | -b '' | --http2 | --max-time 90"},
		{exchange.Request{URL: "https://a/", Version: "3", Route: exchange.Route{Insecure: true, MinVersion: "1.3", Proxy: "http://u:p@proxy", CA: "x", Cert: "x", Key: "x"}},
			curl.Options{CAFile: "ca.pem", CertFile: `c:\a.pem`, KeyFile: "k ey.pem"},
			`--proxy http://u:p@proxy:80 | -k | --cacert ca.pem | --cert 'c\:\\a.pem' | --key 'k ey.pem' | --tlsv1.3 | --http3`},
		{exchange.Request{URL: "http://a/", Route: exchange.Route{Proxy: "https://proxy/"}}, curl.Options{}, `--proxy https://proxy:443 | -H Proxy-Connection:`},
		{exchange.Request{URL: "http://a/", Route: exchange.Route{Proxy: "socks5h://[::1]:9"}}, curl.Options{}, `--proxy 'socks5h://[::1]:9'`},
		{exchange.Request{URL: "https://a/", Route: exchange.Route{Resolve: "a:443 127.0.0.1\nb:80 ::1\nc:80 [::1]\nd:80 [::1]:81\ne:80 f:82\ng 127.0.0.2\nh i"}}, curl.Options{Insecure: true},
			"--resolve a:443:127.0.0.1 | --resolve 'b:80:[::1]' | --resolve 'c:80:[::1]' | --connect-to 'd:80:[::1]:81' | --connect-to e:80:f:82 | --resolve g:443:127.0.0.2 | --connect-to h:443:i:443 | -k"},
		{exchange.Request{URL: "https://a/b", MaxRedirects: 3, Route: exchange.Route{ServerName: "name"}}, curl.Options{},
			"curl https://name:443/b | -H 'User-Agent: postrider' | --compressed | -H 'Accept-Encoding: gzip, deflate, br, zstd' | -H 'Host: a' | --connect-to name:443:a:443"},
		{exchange.Request{URL: "unix:///run/a%3Ab.sock:/v1?x", Route: exchange.Route{Proxy: "http://p"}}, curl.Options{},
			"curl 'http://localhost/v1?x' | -H 'User-Agent: postrider' | --compressed | -H 'Accept-Encoding: gzip, deflate, br, zstd' | --unix-socket /run/a:b.sock"},
		{exchange.Request{URL: "https://unix:/run/a.sock:/v1"}, curl.Options{}, "https://localhost/v1 | --unix-socket /run/a.sock"},
		{exchange.Request{URL: "http://unix:/v1"}, curl.Options{}, "curl http://unix/v1"},
		{exchange.Request{Method: "CONNECT", URL: "http://a:80"}, curl.Options{}, "-X CONNECT http://a:80/ | --request-target a:80"},
		{exchange.Request{Method: "POST", URL: "http://a/", Open: func() (io.ReadCloser, error) { return nil, nil }, Length: -1}, curl.Options{BodyFile: "-"},
			"--data-binary @./- | -H Content-Type: | -H Expect: | -H 'Transfer-Encoding: chunked'"},
		{exchange.Request{URL: "https://a/", Header: fields("X-Key", "k"), Secret: []string{"x-key"}, MaxRedirects: 9}, curl.Options{}, "! -L"},
		{exchange.Request{Method: "PUT", URL: "https://a/", MaxRedirects: 9}, curl.Options{}, "! -L"},
		{exchange.Request{Method: "POST", URL: "https://a/", SecretBody: true, MaxRedirects: 9}, curl.Options{}, "! -L"},
		{exchange.Request{Method: "POST", URL: "https://a/"}, curl.Options{Parts: []curl.Part{{Name: "-", File: "-"}, {Name: "f", File: "a.png", Filename: "a.png"}}}, `-F '-=@"./-"' | -F 'f=@"a.png"'`},
	} {
		text := command(t, &c.request, c.options)
		line := strings.ReplaceAll(text, " \\\n  ", " ")
		if absent, ok := strings.CutPrefix(c.want, "! "); ok {
			if slices.Contains(strings.Fields(line), absent) {
				t.Errorf("%s is in\n%s", absent, text)
			}
			continue
		}
		if want := strings.ReplaceAll(c.want, " | ", " "); !strings.Contains(" "+line+" ", " "+want+" ") && !containsAll(line, strings.Split(c.want, " | ")) {
			t.Errorf("got  %s\nwant %s", text, want)
		}
	}
}

// containsAll says whether the words are there, in this order.
func containsAll(line string, words []string) bool {
	rest := " " + line + " "
	for _, w := range words {
		i := strings.Index(rest, " "+w+" ")
		if i < 0 {
			return false
		}
		rest = rest[i+len(w)+1:]
	}
	return true
}

// TestLayout breaks long commands over lines.
func TestLayout(t *testing.T) {
	t.Parallel()
	got := command(t, &exchange.Request{Method: "PUT", URL: "https://example.com/a?b=c", Header: fields("Content-Type", "application/json"), Body: []byte("{\n  \"a\": 1\n}")}, curl.Options{})
	const want = `curl -X PUT 'https://example.com/a?b=c' \
  -H 'User-Agent: postrider' \
  --compressed \
  -H 'Accept-Encoding: gzip, deflate, br, zstd' \
  -H 'Content-Type: application/json' \
  --data-binary '{
  "a": 1
}'`
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	got = command(t, &exchange.Request{Method: "POST", URL: "http://a/", Body: []byte("a\x00b")}, curl.Options{})
	if !strings.HasPrefix(got, "printf 'a\\000b' |\ncurl http://a/ \\\n") {
		t.Error(got)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	open := func() (io.ReadCloser, error) { return http.NoBody, nil }
	for want, c := range map[string]struct {
		request exchange.Request
		options curl.Options
	}{
		"the method is not a word":                       {request: exchange.Request{Method: "A B", URL: "http://a/"}},
		"the name of a header field is not a word":       {request: exchange.Request{URL: "http://a/", Header: fields("A:", "")}},
		"header field X has a control character":         {request: exchange.Request{URL: "http://a/", Header: fields("X", "hush\nB: c")}},
		"the URL has a control character in it":          {request: exchange.Request{URL: "http://a/\n"}},
		"the URL cannot be read":                         {request: exchange.Request{URL: "http://hush@a/%zz"}},
		"the URL does not begin with http":               {request: exchange.Request{URL: "ftp://a/"}},
		"the URL has no socket and path":                 {request: exchange.Request{URL: "unix:///a:b"}},
		"the URL has no host":                            {request: exchange.Request{URL: "http:///a"}},
		"not a valid international domain name":          {request: exchange.Request{URL: "http://\u00ad\u200d/"}},
		"a HEAD request with a body":                     {request: exchange.Request{Method: "HEAD", URL: "http://a/", Body: []byte("x")}},
		"the body is read as it is sent":                 {request: exchange.Request{URL: "http://a/", Open: open}},
		"authenticates in answer to a challenge":         {request: exchange.Request{URL: "http://a/", Negotiator: negotiator{}}},
		"a user name with a colon":                       {request: exchange.Request{URL: "http://a/"}, options: curl.Options{Auth: &curl.Auth{Kind: curl.Digest, Username: "a:b"}}},
		"curl cannot authenticate by hawk":               {request: exchange.Request{URL: "http://a/"}, options: curl.Options{Auth: &curl.Auth{Kind: "hawk"}}},
		"a part whose name has a = in it":                {request: exchange.Request{URL: "http://a/"}, options: curl.Options{Parts: []curl.Part{{Name: "a=b"}}}},
		"the type of a part is not one":                  {request: exchange.Request{URL: "http://a/"}, options: curl.Options{Parts: []curl.Part{{Name: "a", Type: "a/b,c"}}}},
		"curl can read one part from its standard input": {request: exchange.Request{URL: "http://a/"}, options: curl.Options{Parts: []curl.Part{{Name: "a", Value: "\x00"}, {Name: "b", Value: "\x00"}}}},
		"a NUL in what curl is told":                     {request: exchange.Request{URL: "http://a/"}, options: curl.Options{BodyFile: "a\x00b"}},
		"curl reads the certificates to trust from":      {request: exchange.Request{URL: "http://a/", Route: exchange.Route{CA: "hush"}}},
		"there is no version \"1.4\" of TLS":             {request: exchange.Request{URL: "http://a/", Route: exchange.Route{MinVersion: "1.4"}}},
		"there is no version \"4\" of HTTP":              {request: exchange.Request{URL: "http://a/", Version: "4"}},
		"the proxy is not a URL":                         {request: exchange.Request{URL: "http://a/", Route: exchange.Route{Proxy: "hush"}}},
		"a name to resolve is not a host":                {request: exchange.Request{URL: "http://a/", Route: exchange.Route{Resolve: "127.0.0.1"}}},
	} {
		text, err := curl.Command(&c.request, c.options)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") || text != "" {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

type negotiator struct{}

func (negotiator) Authorization(string, string, []byte, []string) (string, error) { return "", nil }
func (negotiator) OneConnection() bool                                            { return false }

// canonical is a name as it is compared.
func canonical(name string) string { return textproto.CanonicalMIMEHeaderKey(name) }
