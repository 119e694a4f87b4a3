package auth_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/icholy/digest"
	"github.com/mccutchen/go-httpbin/v2/httpbin"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

func TestDigestExamples(t *testing.T) {
	t.Parallel()
	const (
		nonce2617 = `realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"`
		nonce7616 = `realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
		jason     = `realm="api@example.org", nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDssOS"`
		cnonce    = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
	)
	md5 := `Digest ` + nonce7616 + `, qop="auth, auth-int", algorithm=MD5`
	sha256 := `Digest ` + nonce7616 + `, qop="auth, auth-int", algorithm=SHA-256`
	lion := auth.Digest{Username: "Mufasa", Password: "Circle of Life"}
	tests := map[string]struct {
		d              auth.Digest
		target, cnonce string
		challenges     []string
		want           []string
	}{
		"RFC 2617, section 3.5": {
			auth.Digest{Username: "Mufasa", Password: "Circle Of Life"}, "/dir/index.html", "0a4f113b", []string{`Digest ` + nonce2617 + `, qop="auth,auth-int"`},
			[]string{`username="Mufasa"`, `uri="/dir/index.html"`, `qop=auth`, `nc=00000001`, `cnonce="0a4f113b"`, `response="6629fae49393a05397450978507c4ef1"`, nonce2617[:27], `opaque="5ccc069c403ebaf9f0171e9517f40e41"`},
		},
		"RFC 2069, section 2.4, as corrected": {
			auth.Digest{Username: "Mufasa", Password: "CircleOfLife"}, "/dir/index.html", "unused", []string{"digest\t" + nonce2617},
			[]string{`username="Mufasa"`, `response="1949323746fe6a43ef61f9606e7febea"`, `!qop`, `!nc=`, `!cnonce`, `!algorithm`},
		},
		"RFC 7616, section 3.9.1, MD5":     {lion, "/dir/index.html", cnonce, []string{md5}, []string{`algorithm=MD5`, `response="8ca523f5e9506fed4657c9700eebdbec"`}},
		"RFC 7616, section 3.9.1, SHA-256": {lion, "/dir/index.html", cnonce, []string{sha256}, []string{`algorithm=SHA-256`, `response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"`}},
		"the stronger of two":              {lion, "/dir/index.html", cnonce, []string{md5, sha256}, []string{`algorithm=SHA-256`}},
		"two in one field":                 {lion, "/dir/index.html", cnonce, []string{`Basic realm="a, Digest b", ` + sha256 + `, ` + md5 + `, Negotiate, NTLM TlRMTVNTUAAC==`}, []string{`algorithm=SHA-256`, `response="7539`}},
		"an unknown one beside it":         {lion, "/dir/index.html", cnonce, []string{`Digest ` + nonce7616 + `, algorithm=XYZ`, md5}, []string{`response="8ca5`}},
		"RFC 7616, section 3.9.2, as corrected": {
			auth.Digest{Username: "Jäsøn Doe", Password: "Secret, or not?"}, "/doe.json", "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
			[]string{`Digest ` + jason + `, qop="auth", algorithm=SHA-512-256, charset=UTF-8, userhash=true`},
			[]string{`username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"`, `userhash=true`, `response="3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"`},
		},
		"a name beyond ASCII": {
			auth.Digest{Username: "Jäsøn Doe", Password: "Secret, or not?"}, "/doe.json", "x", []string{`Digest ` + jason + `, qop="auth", charset=UTF-8`},
			[]string{`username*=UTF-8''J%C3%A4s%C3%B8n%20Doe`, `!username=`},
		},
		"a name beyond ASCII without charset": {auth.Digest{Username: "Jäsøn", Password: "x"}, "/", "x", []string{`Digest ` + jason}, []string{`username="Jäsøn"`}},
		"a parameter twice":                   {auth.Digest{Username: "u", Password: "x"}, "/", "x", []string{`Digest realm="r", nonce=n1, NONCE=n2`}, []string{`nonce="n1"`}},
		"quotes":                              {auth.Digest{Username: `a"b\c`, Password: "x"}, "/", "x", []string{`Digest realm="r\"\\s", nonce=n1`}, []string{`username="a\"b\\c"`, `realm="r\"\\s"`, `nonce="n1"`}},
	}
	for name, test := range tests {
		n := test.d.Negotiator(nil)
		auth.FixCnonce(n, test.cnonce)
		got, err := reply(n, "GET", test.target, "", test.challenges...)
		if err != nil || !strings.HasPrefix(got, "Digest username") {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
		for _, want := range test.want {
			if absent, ok := strings.CutPrefix(want, "!"); strings.Contains(got, strings.TrimPrefix(want, "!")) == ok {
				t.Errorf("%s: %s\nwant %s (absent: %t)", name, got, absent, ok)
			}
		}
		if _, err := digest.ParseCredentials(got); err != nil && !strings.Contains(got, "username*") {
			t.Errorf("%s: %s cannot be read: %v", name, got, err)
		}
		if n.OneConnection() {
			t.Errorf("%s: wants one connection", name)
		}
	}
}

// TestDigestAsCurl has curl answer challenges that the RFCs give no example for, and answers them with curl's cnonce.
func TestDigestAsCurl(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl to compare with")
	}
	for _, challenge := range []string{
		`realm="a b", nonce="n1", qop="auth", algorithm=MD5-sess`,
		`realm="a b", nonce="n1", qop="auth", algorithm=SHA-256-sess, opaque="o"`,
		`realm="a b", nonce="n1", qop="auth-int", algorithm=MD5`,
		`realm="a b", nonce="n1", qop="auth-int, auth", algorithm=SHA-256`,
		`realm="a b", nonce="n1", algorithm=SHA-256`,
		`realm="a b", nonce="n1", qop="auth", algorithm=SHA-256, userhash=true`,
		`realm="", nonce="n1", qop="auth"`,
	} {
		t.Run(challenge, func(t *testing.T) {
			t.Parallel()
			fields := make(chan string, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if field := r.Header.Get("Authorization"); field != "" {
					fields <- field
				} else {
					w.Header().Set("WWW-Authenticate", "Digest "+challenge)
					w.WriteHeader(http.StatusUnauthorized)
				}
			}))
			defer server.Close()
			out, err := exec.CommandContext(t.Context(), curl, "-s", "--digest", "-u", "jane:pass word", server.URL+"/a?b=c").CombinedOutput()
			if err != nil {
				t.Fatalf("%v %s", err, out)
			}
			field := <-fields
			want, err := digest.ParseCredentials(field)
			if err != nil {
				t.Fatalf("%s: %v", field, err)
			}
			n := auth.Digest{Username: "jane", Password: "pass word"}.Negotiator(&exchange.Request{})
			auth.FixCnonce(n, want.Cnonce)
			text, err := reply(n, "GET", "/a?b=c", "", "Digest "+challenge)
			if err != nil {
				t.Fatal(err)
			}
			got, err := digest.ParseCredentials(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-curl +ours)\n%s", diff)
			}
		})
	}
}

func TestDigestServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(httpbin.New())
	defer server.Close()
	for _, path := range []string{"/digest-auth/auth/jane/s3cret", "/digest-auth/auth/jane/s3cret/MD5", "/digest-auth/auth/jane/s3cret/SHA-256"} {
		d := auth.Digest{Username: "jane", Password: "s3cret"}
		if status, body, sent := negotiate(t, d.Negotiator(nil), "GET", server.URL+path, ""); status != 200 || len(sent) != 2 || sent[0] != "" {
			t.Errorf("%s: %d %s after %q", path, status, body, sent)
		}
		d.Password = "wrong"
		if status, _, sent := negotiate(t, d.Negotiator(nil), "GET", server.URL+path, ""); status != 401 || len(sent) != 2 {
			t.Errorf("%s: wrong password: %d after %d tries", path, status, len(sent))
		}
	}
}

// TestDigestBody protects the body with auth-int, wherever it comes from. The response was computed with md5sum.
func TestDigestBody(t *testing.T) {
	t.Parallel()
	const challenge = `Digest realm="r", nonce="n", qop="auth-int"`
	stream := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil }
	var all []string
	for name, test := range map[string]struct {
		r            *exchange.Request
		method, body string
		same         bool
	}{
		"whole":      {&exchange.Request{Method: "POST", Body: []byte("hello")}, "POST", "hello", true},
		"stream":     {&exchange.Request{Method: "POST", Open: stream}, "POST", "", true},
		"redirected": {&exchange.Request{Method: "PUT", Open: stream}, "POST", "", false},
		"another":    {nil, "POST", "hellO", false},
	} {
		n := auth.Digest{Username: "u", Password: "p"}.Negotiator(test.r)
		auth.FixCnonce(n, "c")
		text, err := reply(n, test.method, "/", test.body, challenge)
		const want = `response="HELLO"`
		if err != nil || strings.Contains(text, strings.Replace(want, "HELLO", helloResponse, 1)) != test.same {
			t.Errorf("%s: %s, error %v", name, text, err)
		}
		all = append(all, text)
	}
	n := auth.Digest{Username: "u", Password: "p"}.Negotiator(&exchange.Request{Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }})
	if _, err := reply(n, "GET", "/", "", challenge); err == nil || !strings.Contains(err.Error(), "open the body to sign it: gone") {
		t.Errorf("error %v after %q", err, all)
	}
}

// helloResponse is MD5(MD5("u:r:p") ":n:00000001:c:auth-int:" MD5("POST:/:" MD5("hello"))).
const helloResponse = "f314dc9fbfda48788b806caf4f2cd254"

func TestDigestStale(t *testing.T) {
	t.Parallel()
	var served, old atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := served.Add(1)
		if n > old.Load()+1 {
			if c, err := digest.ParseCredentials(r.Header.Get("Authorization")); err != nil || c.Nonce != fmt.Sprint("n", old.Load()) {
				t.Errorf("%q: %v", r.Header.Get("Authorization"), err)
			}
			return
		}
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Digest realm="r", nonce="n%d", qop="auth", stale=%t`, n-1, n > 1))
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	for _, test := range []struct {
		old           int32
		status, tries int
	}{{0, 200, 2}, {1, 200, 3}, {3, 200, 5}, {9, 401, 5}} {
		served.Store(0)
		old.Store(test.old)
		n := auth.Digest{Username: "u", Password: "p"}.Negotiator(nil)
		if status, _, sent := negotiate(t, n, "GET", server.URL, ""); status != test.status || len(sent) != test.tries {
			t.Errorf("%d stale nonces: %d after %d tries", test.old, status, len(sent))
		}
	}
}

func TestDigestGivesUp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		challenges    []string
		message, hint string
	}{
		"none":              {[]string{}, "", ""},
		"another scheme":    {[]string{`Basic realm="Digest nonce=1"`, `Bearer`}, "", ""},
		"unknown algorithm": {[]string{`Digest realm="r", nonce="n", algorithm=MD6`}, `the server wants digest authentication with algorithm "MD6", which is not known`, "*"},
		"unknown qop":       {[]string{`Digest realm="r", nonce="n", qop="auth-conf"`}, `the server wants digest authentication with qop "auth-conf", which is not known`, "*"},
		"no nonce":          {[]string{`Digest realm="r"`}, "the digest challenge of the server has no nonce", ""},
	}
	for name, test := range tests {
		text, err := reply(auth.Digest{Username: "u", Password: "p"}.Negotiator(nil), "GET", "/", "", test.challenges...)
		if test.message == "" {
			if text != "" || err != nil {
				t.Errorf("%s: %q, %v", name, text, err)
			}
			continue
		}
		wantField(t, name, err, "", test.message, test.hint)
	}
	for _, test := range []struct {
		d            auth.Digest
		key, message string
		hint         string
	}{
		{auth.Digest{Password: "s3cret"}, "username", "username is empty", ""},
		{auth.Digest{Username: "u"}, "password", "password is empty", ""},
		{auth.Digest{Username: "u\n", Password: "s3cret"}, "username", "username holds a control character", "*"},
	} {
		_, err := reply(test.d.Negotiator(nil), "GET", "/", "")
		wantField(t, test.message, err, test.key, test.message, test.hint)
	}
}

func TestDigestStartsAnew(t *testing.T) {
	t.Parallel()
	n := auth.Digest{Username: "u", Password: "p"}.Negotiator(nil)
	for range 2 { // as after a redirect
		if text, err := reply(n, "GET", "/", "", `Digest realm="r", nonce="n"`); text == "" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func FuzzDigestChallenge(f *testing.F) {
	for _, seed := range []string{
		`Digest realm="r", nonce="n", qop="auth, auth-int", algorithm=SHA-256-sess, opaque="\"", stale=TRUE`,
		`Basic realm="a, Digest b", Digest nonce = n ,realm=`, `Negotiate, NTLM TlRM==, Digest nonce="`, "Digest nonce=\"\xff\\",
		`,, = "x" Digest`, `Digest realm="r", nonce="n", userhash=true, charset=UTF-8`,
	} {
		f.Add(seed, "j\"ä\\ne")
	}
	f.Fuzz(func(t *testing.T, challenge, username string) {
		n := auth.Digest{Username: username, Password: "p"}.Negotiator(nil)
		text, err := reply(n, "GET", "/", "", challenge)
		if err != nil || text == "" {
			return
		}
		if _, err := digest.ParseCredentials(text); err != nil && !strings.Contains(text, "username*") {
			t.Errorf("%q: %v", text, err)
		}
		if strings.Contains(text, "\n") && !strings.Contains(challenge, "\n") {
			t.Errorf("a line break in %q", text)
		}
		if again, err := n.Authorization("GET", "/", nil, []string{challenge}); again != "" && err == nil {
			t.Errorf("the same challenge is answered twice: %q", again)
		}
	})
}
