package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

const landingAt = "http://localhost:3000/callback"

func newTestLanding(t *testing.T) *landing {
	t.Helper()
	u, err := url.Parse(landingAt)
	if err != nil {
		t.Fatal(err)
	}
	return newLanding(u, "right")
}

// request asks the landing as a browser does that was sent to it.
func (l *landing) request(method, target, body string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w.Result()
}

// answered is the answer that was taken, or "".
func (l *landing) answered() string {
	select {
	case answer := <-l.answers:
		return answer
	default:
		return ""
	}
}

// TestLandingRefuses: nothing but the answer that is waited for is taken, and after it nothing.
func TestLandingRefuses(t *testing.T) {
	t.Parallel()
	own := []string{"Origin", "http://localhost:3000"}
	for name, test := range map[string]struct {
		method, target, body string
		header               []string
		want                 int
	}{
		"another host":         {"GET", "http://rebound.example.com:3000/callback?code=c&state=right", "", nil, 421},
		"another port":         {"GET", "http://localhost:3001/callback?code=c&state=right", "", nil, 421},
		"the other loopback":   {"GET", "http://127.0.0.1:3000/callback?code=c&state=right", "", nil, 421},
		"another path":         {"GET", "http://localhost:3000/callback/x?code=c&state=right", "", nil, 404},
		"icon":                 {"GET", "http://localhost:3000/favicon.ico", "", nil, 404},
		"another method":       {"PUT", landingAt + "?code=c&state=right", "", own, 405},
		"wrong state":          {"GET", landingAt + "?code=c&state=wrong", "", nil, 400},
		"no state":             {"GET", landingAt + "?code=c", "", nil, 400},
		"error, wrong state":   {"GET", landingAt + "?error=access_denied&state=wrong", "", nil, 400},
		"broken":               {"GET", landingAt + "?code=%zz&code=c&state=right", "", nil, 400},
		"two states":           {"GET", landingAt + "?code=c&state=wrong&state=right", "", nil, 400},
		"post, no origin":      {"POST", landingAt, "access_token=t&state=right", nil, 403},
		"post, another origin": {"POST", landingAt, "access_token=t&state=right", []string{"Origin", "https://evil.example.com"}, 403},
		"post, opaque origin":  {"POST", landingAt, "access_token=t&state=right", []string{"Origin", "null"}, 403},
		"post, another site":   {"POST", landingAt, "access_token=t&state=right", append(own, "Sec-Fetch-Site", "cross-site"), 403},
		"post, wrong state":    {"POST", landingAt, "access_token=t&state=wrong", own, 400},
		"post, nothing":        {"POST", landingAt, "", own, 400},
		"post, too long":       {"POST", landingAt, "state=right&access_token=" + strings.Repeat("t", maxPaste), own, 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newTestLanding(t)
			if got := l.request(test.method, test.target, test.body, test.header...); got.StatusCode != test.want {
				t.Errorf("%d, not %d", got.StatusCode, test.want)
			}
			if answer := l.answered(); answer != "" {
				t.Errorf("taken: %s", answer)
			}
			// It still waits for the right one, and takes it once.
			for _, want := range []int{200, 410} {
				if got := l.request("GET", landingAt+"?code=c&state=right", ""); got.StatusCode != want {
					t.Errorf("the right answer: %d, not %d", got.StatusCode, want)
				}
			}
			if got := l.request("POST", landingAt, "access_token=t&state=right", own...); got.StatusCode != 410 {
				t.Errorf("a third answer: %d", got.StatusCode)
			}
			if answer := l.answered(); answer != landingAt+"?code=c&state=right" {
				t.Error(answer)
			}
		})
	}
}

func TestLandingTakes(t *testing.T) {
	t.Parallel()
	own := []string{"Origin", "http://localhost:3000", "Sec-Fetch-Site", "same-origin"}
	for name, test := range map[string]struct {
		method, target, body, answer, says string
	}{
		"code":           {"GET", landingAt + "?code=c&state=right", "", landingAt + "?code=c&state=right", "Signed in"},
		"token in query": {"GET", landingAt + "?access_token=t&state=right", "", landingAt + "?access_token=t&state=right", "Signed in"},
		"fragment":       {"POST", landingAt, "access_token=t&state=right", landingAt + "#access_token=t&state=right", "Signed in"},
		"error":          {"GET", landingAt + "?error=access_denied&error_description=<b>no</b>&state=right", "", landingAt + "?error=access_denied&error_description=<b>no</b>&state=right", "refused: access_denied: &lt;b&gt;no&lt;/b&gt;."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newTestLanding(t)
			r := l.request(test.method, test.target, test.body, own...)
			text, _ := io.ReadAll(r.Body)
			if r.StatusCode != 200 || !strings.Contains(string(text), test.says) {
				t.Errorf("%d\n%s", r.StatusCode, text)
			}
			if answer := l.answered(); answer != test.answer {
				t.Error(answer)
			}
		})
	}
}

// TestLandingPage: an answer in the fragment stays with the browser until the page's own script sends it, and no other
// script runs.
func TestLandingPage(t *testing.T) {
	t.Parallel()
	l := newTestLanding(t)
	r := l.request("GET", landingAt, "")
	text, _ := io.ReadAll(r.Body)
	for _, want := range []string{`<h1 role="status"></h1>`, "<noscript><p>This page hands", "postrider login --paste"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	policy := r.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "connect-src 'self'", "script-src 'sha256-", "frame-ancestors 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("%q is not in %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Error(r.Header)
	}
}

func TestOnLoopback(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://localhost:3000/cb": true, "http://LOCALHOST/cb": true, "http://127.0.0.1:1/": true, "http://[::1]:1/": true, "http://127.9.9.9:1/": true,
		"https://localhost:3000/cb": false, "http://example.com/cb": false, "http://localhost.example.com/": false, "http://10.0.0.1/": false,
		"http://user@localhost/": false, "http://localhost:0/": false, "com.example.app:/cb": false, "http://0.0.0.0:1/": false, "urn:ietf:wg:oauth:2.0:oob": false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := onLoopback(u); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// TestLand: the page is served at both addresses of localhost until it is closed, and a port that is taken is an error
// that says what to do.
func TestLand(t *testing.T) {
	t.Parallel()
	u, _ := url.Parse("http://localhost:" + strconv.Itoa(freePort(t)) + "/cb")
	l, err := land(u, "right")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, u.Port()))
		if err != nil {
			t.Log(host, err)
			continue
		}
		conn.Close()
	}
	if _, err := land(u, "right"); err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "--port") {
		t.Errorf("%v", err)
	}
	r, err := http.Get(u.String() + "?code=c&state=right")
	if err != nil || r.StatusCode != 200 {
		t.Fatal(r, err)
	}
	r.Body.Close()
	l.close()
	if _, err := http.Get(u.String()); err == nil {
		t.Error("it is served still")
	}
}

// freePort is a port on which nothing listens, at either address of localhost.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
