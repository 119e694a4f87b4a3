package main

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/cognito"
)

// A stage is what a login needs: a pool apart from the program, collections that declare its grants, an environment,
// and a home for what is stored.
type stage struct {
	t    testing.TB
	pool *cognito.Server
	back string // the redirect URI
	dir  string
	env  map[string]string
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir()}
	s.back = "http://localhost:" + strconv.Itoa(freePort(t)) + "/callback"
	far := "https://www.example.com/callback"
	pool, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{
			{ID: "1web", Flows: []string{"implicit"}, CallbackURLs: []string{s.back, far}},
			{ID: "2app", Flows: []string{"code"}, CallbackURLs: []string{s.back, far}},
			{ID: "3machine", Secret: "machine-secret-33", Flows: []string{"client_credentials"}, Scopes: []string{"https://api.example.com/read"}},
		},
		ResourceServers: []cognito.ResourceServer{{Identifier: "https://api.example.com", Scopes: []string{"read"}}},
		Users:           []cognito.User{{Username: "jane", Password: "Remote-Horse-9", Attributes: map[string]string{"email": "jane@example.com", "email_verified": "true"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	s.pool = pool
	s.env = map[string]string{"HOME": filepath.Join(s.dir, "home"), "NO_COLOR": "1", "POSTRIDER_KEYRING": "file"}
	s.file("env.toml", "[variables]\ndomain = '"+pool.URL+"'\nredirect_uri = '"+s.back+"'\n[secrets]\nsecret = 'machine-secret-33'\n")
	s.file("web.toml", collectionOf(`grant = "implicit", authorize_url = "{{domain}}/oauth2/authorize", client_id = "1web", redirect_uri = "{{redirect_uri}}", scope = "openid email"`))
	s.file("app.toml", collectionOf(`grant = "authorization_code", authorize_url = "{{domain}}/oauth2/authorize", token_url = "{{domain}}/oauth2/token", client_id = "2app", redirect_uri = "{{redirect_uri}}", scope = "openid email"`))
	s.file("machine.toml", collectionOf(`grant = "client_credentials", token_url = "{{domain}}/oauth2/token", client_id = "3machine", client_secret = "{{secret}}"`))
	return s
}

func collectionOf(oauth2 string) string {
	return "auth.oauth2 = { " + oauth2 + " }\n[[request]]\nname = 'Who am I?'\nurl = '{{domain}}/oauth2/userInfo'\n[[request]]\nname = 'Again'\nurl = '{{domain}}/oauth2/userInfo'\n"
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) file(name, text string) {
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// args are those of login with the stage's environment; a word of a collection's name is its path.
func (s *stage) args(args []string) []string {
	out := []string{"postrider", "login", "-e", s.path("env.toml"), "--no-browser"}
	for _, a := range args {
		if strings.HasSuffix(a, ".toml") {
			a = s.path(a)
		}
		out = append(out, a)
	}
	return out
}

// A running login, with what it has printed.
type running struct {
	stage    *stage
	in       *io.PipeWriter
	out, err output
	code     chan int
}

// output is what a program writes, while it runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start begins a login.
func (s *stage) start(args ...string) *running {
	in, w := io.Pipe()
	r := &running{stage: s, in: w, code: make(chan int, 1)}
	go func() { r.code <- Main(s.args(args), Streams{in, &r.out, &r.err}, getenvOf(s.env)) }()
	s.t.Cleanup(func() { w.Close() })
	return r
}

// end waits for the login's end.
func (r *running) end(code int) (out, errs string) {
	r.stage.t.Helper()
	select {
	case got := <-r.code:
		if got != code {
			r.stage.t.Errorf("exit code %d, not %d\n%s\n%s", got, code, r.out.String(), r.err.String())
		}
	case <-time.After(time.Minute):
		r.stage.t.Fatalf("login does not end\n%s\n%s", r.out.String(), r.err.String())
	}
	out, errs = r.out.String(), r.err.String()
	if strings.Contains(out+errs, "machine-secret-33") {
		r.stage.t.Errorf("a secret is shown\n%s\n%s", out, errs)
	}
	return out, errs
}

var signInAddress = regexp.MustCompile(`(?m)^http\S+/oauth2/authorize\S*$`)

// address waits for the sign-in URL.
func (r *running) address() string {
	r.stage.t.Helper()
	for range 600 {
		if address := signInAddress.FindString(r.err.String()); address != "" {
			return address
		}
		select {
		case code := <-r.code:
			r.stage.t.Fatalf("login ended with %d\n%s\n%s", code, r.out.String(), r.err.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	r.stage.t.Fatalf("no sign-in URL\n%s", r.err.String())
	return ""
}

// withoutRedirects is a browser that is told where to go next, and goes nowhere.
var withoutRedirects = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// signIn signs Jane in at a sign-in URL and gives where the browser is sent. The pool takes any _csrf that its cookie has
// too.
func signIn(t testing.TB, address string) string {
	t.Helper()
	form := url.Values{"_csrf": {"c"}, "username": {"jane"}, "password": {"Remote-Horse-9"}}
	r, err := http.NewRequest("POST", strings.Replace(address, "/oauth2/authorize?", "/login?", 1), strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "XSRF-TOKEN", Value: "c"})
	answer, err := withoutRedirects.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	location := answer.Header.Get("Location")
	if location == "" {
		t.Fatalf("signing in: %s", answer.Status)
	}
	return location
}

// browserLands goes to the callback URL as a browser does: what is in its fragment is sent by the page.
func browserLands(t testing.TB, address string) (status int, text string) {
	t.Helper()
	plain, fragment, hasFragment := strings.Cut(address, "#")
	answer, err := http.Get(plain)
	if err == nil && hasFragment {
		answer.Body.Close()
		var r *http.Request
		r, err = http.NewRequest("POST", plain, strings.NewReader(fragment))
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(plain)
		r.Header.Set("Origin", "http://"+u.Host)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err = http.DefaultClient.Do(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(body)
}
