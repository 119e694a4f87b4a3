package cognito

import (
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	frontEnd  = "1example23456789"
	backEnd   = "2example23456789"
	callback  = "http://localhost:3000/callback"
	janesSub  = "7d8ca528-4b44-4f3c-b3a4-b1e0cbd1d2a1"
	janesPass = "Correct-horse1"

	singlePage = "5singlepage" // public, with the code flow
	machine    = "6machine"    // with a secret and client_credentials
)

// clock is a clock that a test turns.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2020, 5, 5, 10, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sharedKeys spares each test the making of its own.
var sharedKeys = sync.OnceValue(func() *keyring {
	k := &keyring{}
	if err := k.ready(); err != nil {
		panic(err)
	}
	return k
})

func testConfig() Config {
	return Config{
		Clients: []Client{
			{
				Name: "front end", ID: frontEnd, Flows: []string{FlowImplicit},
				Scopes:       []string{"openid", "email", "profile", "aws.cognito.signin.user.admin", "https://api.example.com/read"},
				CallbackURLs: []string{callback, "http://localhost:3000/other?page=1", "myapp://signed-in"},
				LogoutURLs:   []string{"http://localhost:3000/", "https://www.example.com/bye?x=1"},
			},
			{
				Name: "back end", ID: backEnd, Secret: "secret", Flows: []string{FlowCode},
				CallbackURLs: []string{"https://www.example.com/"}, AccessTokenValidity: 5 * time.Minute,
			},
			{ID: "3phone", Flows: []string{FlowImplicit, FlowCode}, Scopes: []string{"openid", "phone", "email"}, CallbackURLs: []string{callback}},
			{ID: singlePage, Flows: []string{FlowCode}, Scopes: []string{"openid", "email", "profile", "https://api.example.com/read"}, CallbackURLs: []string{callback, "http://localhost:3000/other"}},
			{ID: machine, Secret: "machine+secret/=", Flows: []string{FlowClientCredentials}, Scopes: []string{"https://api.example.com/write", "https://api.example.com/read"}},
			{ID: "7rotating", Flows: []string{FlowCode}, CallbackURLs: []string{callback}, RotateRefreshTokens: true, RefreshTokenValidity: time.Hour},
			{ID: "8legacy", Flows: []string{FlowCode}, CallbackURLs: []string{callback}, DisableTokenRevocation: true},
			{ID: "9idle", Secret: "idle", Flows: []string{FlowClientCredentials}},
			{ID: "10+plus", Secret: "%", Flows: []string{FlowClientCredentials}, Scopes: []string{"https://api.example.com/read"}},
			{ID: "4plain", Flows: []string{FlowImplicit}, Scopes: []string{"https://api.example.com/read"}, CallbackURLs: []string{callback}},
		},
		ResourceServers: []ResourceServer{{Identifier: "https://api.example.com", Scopes: []string{"read", "write"}}},
		Users: []User{
			{
				Username: "jane", Password: janesPass, Groups: []string{"editors"},
				Attributes: map[string]string{
					"sub": janesSub, "email": "jane@example.com", "email_verified": "true", "name": "Jane <Doe> & Co",
					"phone_number": "+12065551212", "custom:tenant": "acme", "address": "1 Main St",
				},
			},
			{Username: "new", TemporaryPassword: "Temporary-1"},
			{Username: "gone", Password: "Gone-gone-1", Disabled: true},
		},
	}
}

// newTestServer is a pool with testConfig and a clock of its own.
func newTestServer(t testing.TB) (*Server, *clock) {
	t.Helper()
	c := newClock()
	config := testConfig()
	config.Now = c.Now
	return startServer(t, config), c
}

func startServer(t testing.TB, config Config) *Server {
	t.Helper()
	s, err := newServer(config, sharedKeys())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var (
	uuidPattern    = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	datePattern    = regexp.MustCompile(`Date: [^\n]+`)
	refreshPattern = regexp.MustCompile(`eyJjdHkiOiJKV1Qi[\w-]+(\.[\w-]+){4}`)
	tokenPattern   = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)
	textPattern    = regexp.MustCompile(`[A-Z2-7]{26}`)
)

// wire sends raw bytes on a connection of its own and returns the response as it came, line ends as \n, with
// whatever differs between runs replaced.
func wire(t testing.TB, s *Server, request string) string {
	t.Helper()
	host := strings.TrimPrefix(s.URL, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	head, body, _ := strings.Cut(request, "\n\n")
	if !strings.Contains(head, "Host:") {
		head += "\nHost: " + host
	}
	head = strings.ReplaceAll(head+"\nConnection: close", "\n", "\r\n")
	if _, err := io.WriteString(conn, head+"\r\n\r\n"+body); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	out := strings.ReplaceAll(string(b), "\r\n", "\n")
	out = datePattern.ReplaceAllString(out, "Date: …")
	out = refreshPattern.ReplaceAllString(out, "<refresh>")
	out = tokenPattern.ReplaceAllString(out, "<jwt>")
	out = uuidPattern.ReplaceAllString(out, "<uuid>")
	out = textPattern.ReplaceAllString(out, "<opaque>")
	return strings.ReplaceAll(out, host, "<host>")
}

// browser follows no redirect, keeps cookies and sends what a browser would.
type browser struct {
	t      testing.TB
	base   string
	client *http.Client
}

func newBrowser(t testing.TB, s *Server) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{t, s.URL, &http.Client{
		Jar:           jar,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       20 * time.Second,
	}}
}

// page is a response whose body has been read.
type page struct {
	*http.Response
	body string
}

func (b *browser) do(r *http.Request, err error) page {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		b.t.Fatal(err)
	}
	return page{resp, body.String()}
}

func (b *browser) get(target string) page {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.base + target
	}
	return b.do(http.NewRequest(http.MethodGet, target, nil))
}

// submit sends the first form of the page with the fields added to its hidden ones.
func (b *browser) submit(p page, fields url.Values) page {
	b.t.Helper()
	action := regexp.MustCompile(`<form action="([^"]+)"`).FindStringSubmatch(p.body)
	if action == nil {
		b.t.Fatalf("no form in %s", p.body)
	}
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"/>`).FindAllStringSubmatch(p.body, -1) {
		form.Set(m[1], m[2])
	}
	for name, values := range fields {
		form[name] = values
	}
	r, err := http.NewRequest(http.MethodPost, b.base+strings.ReplaceAll(action[1], "&amp;", "&"), strings.NewReader(form.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r, err)
}

// signIn goes from the authorize endpoint through the sign-in page and returns the response to its form.
func (b *browser) signIn(query, username, password string) page {
	b.t.Helper()
	login := b.get(authorizePath + "?" + query)
	if login.StatusCode != http.StatusFound || !strings.Contains(login.Header.Get("Location"), loginPath+"?") {
		b.t.Fatalf("authorize: %d %s", login.StatusCode, login.Header.Get("Location"))
	}
	return b.submit(b.get(login.Header.Get("Location")), url.Values{"username": {username}, "password": {password}})
}

// fragment returns the parameters of a callback URL's fragment.
func fragment(t testing.TB, location string) url.Values {
	t.Helper()
	_, raw, ok := strings.Cut(location, "#")
	if !ok {
		t.Fatalf("no fragment in %q", location)
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// payload is the middle part of a token, as it was signed.
func payload(t testing.TB, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("token %q does not have three parts", token)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// tokensFor issues tokens to a user of the pool as a sign-in now would.
func tokensFor(t testing.TB, s *Server, clientID, username string, scopes ...string) tokens {
	t.Helper()
	out, err := s.issue(grant{
		client: s.store.clients[clientID], user: s.store.accounts[username].user, scopes: sortScopes(scopes), authTime: s.now(),
	}, s.now())
	if err != nil {
		t.Fatal(err)
	}
	return out
}
