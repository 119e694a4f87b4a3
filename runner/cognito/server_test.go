package cognito

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// Not parallel: no other test of the package runs meanwhile.
func TestCloseLeavesNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, err := NewServer(testConfig())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CallbackURL(); err != nil { // makes keys
		t.Fatal(err)
	}
	addr := strings.TrimPrefix(s.URL, "http://")
	silent, err := net.Dial("tcp", addr) // a connection without a request
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	slow, err := net.Dial("tcp", addr) // and one whose headers do not end
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	io.WriteString(slow, "GET /login HTTP/1.1\r\nHost: ")
	transport := &http.Transport{}
	resp, err := (&http.Client{Transport: transport}).Get(s.JWKSURL()) // and one kept alive
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()

	start := time.Now()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(s.conns.states); n != 0 {
		t.Errorf("%d connections are left", n)
	}
	if d := time.Since(start); d > closeTimeout/2 {
		t.Errorf("Close took %v", d)
	}
	transport.CloseIdleConnections()
	goleak.VerifyNone(t, before)
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Error("the pool still listens")
	}
}

func TestCloseLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	s, _ := newTestServer(t)
	s.routes["/slow"] = methods{http.MethodGet: func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		io.WriteString(w, "done")
	}}
	body := make(chan string, 1)
	go func() {
		resp, err := http.Get(s.URL + "/slow")
		if err != nil {
			body <- err.Error()
			return
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			got = []byte(err.Error())
		}
		body <- string(got)
	}()
	<-entered
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	select {
	case <-closed:
		t.Error("Close did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	if got := <-body; got != "done" {
		t.Errorf("body %q", got)
	}
	<-closed
}

func TestServerNames(t *testing.T) {
	t.Parallel()
	s := startServer(t, Config{Region: "eu-central-1"})
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() != "127.0.0.1" || u.Port() == "" || u.Path != "" {
		t.Errorf("URL %s", s.URL)
	}
	got := []string{s.PoolID(), s.Region(), s.Issuer(), s.JWKSURL()}
	want := []string{"eu-central-1_Postrider", "eu-central-1", s.URL + "/eu-central-1_Postrider", s.URL + "/eu-central-1_Postrider/.well-known/jwks.json"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := startServer(t, Config{PoolID: "ap-south-1_AbC"}); s.Region() != "ap-south-1" {
		t.Errorf("region %s", s.Region())
	}
}

func TestNewServerWithoutAddress(t *testing.T) {
	t.Parallel()
	s := startServer(t, Config{})
	if _, err := NewServer(Config{Addr: strings.TrimPrefix(s.URL, "http://")}); err == nil || !strings.HasPrefix(err.Error(), "start the user pool: ") {
		t.Errorf("second server on the same port: %v", err)
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	tests := map[string]string{
		"127.0.0.1": "302", "127.0.0.1:1234": "302", "localhost": "302", "LocalHost:80": "302", "[::1]": "302", "[::1]:80": "302",
		"evil.example": "421", "evil.example:80": "421", "127.0.0.1.evil.example": "421", "localhost.evil.example": "421",
		"127.0.0.2": "421", "0.0.0.0": "421", "[::]": "421", "[127.0.0.1]": "421", "localhost:80:80": "421", "localhost:x": "421",
		"localhost.": "421", "": "421", "192.168.0.1": "421", "2130706433": "421", "[::1%25lo]": "421",
	}
	for host, want := range tests {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			got := wire(t, s, "GET /oauth2/authorize?"+implicitQuery+" HTTP/1.1\nHost: "+host)
			if !strings.HasPrefix(got, "HTTP/1.1 "+want+" ") && !(want == "421" && strings.HasPrefix(got, "HTTP/1.1 400 ")) {
				t.Errorf("want %s, got %s", want, got)
			}
			if want == "302" && !strings.Contains(got, "Location: http://"+host+"/login?") {
				t.Errorf("the browser is sent to another host: %s", got)
			}
		})
	}
	got := wire(t, s, "GET http://evil.example/oauth2/authorize?"+implicitQuery+" HTTP/1.1")
	if !strings.HasPrefix(got, "HTTP/1.1 421 ") {
		t.Errorf("absolute form: %s", got)
	}
	for _, path := range []string{"/" + s.PoolID() + jwksPath, userInfoPath, loginPath, "/"} {
		if got := wire(t, s, "GET "+path+" HTTP/1.1\nHost: evil.example"); !strings.HasPrefix(got, "HTTP/1.1 421 ") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for path, allow := range map[string]string{
		authorizePath: "GET", errorPath: "GET", loginPath: "GET, POST", changePasswordPath: "POST", logoutPath: "GET",
		userInfoPath: "GET, OPTIONS", tokenPath: "OPTIONS, POST", revokePath: "OPTIONS, POST",
		"/" + s.PoolID() + jwksPath: "GET, HEAD", "/" + s.PoolID() + discoveryPath: "GET, HEAD",
	} {
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"} {
			if strings.Contains(allow, method) {
				continue
			}
			got := wire(t, s, method+" "+path+" HTTP/1.1")
			if !strings.HasPrefix(got, "HTTP/1.1 405 ") || !strings.Contains(got, "\nContent-Length: 0\n") || !strings.Contains(got, "\nAllow: "+allow+"\n") || !strings.HasSuffix(got, "\n\n") {
				t.Errorf("%s %s: %s", method, path, got)
			}
		}
	}
	if got := wire(t, s, "POST /oauth2/authorize?"+implicitQuery+" HTTP/1.1"); !strings.HasPrefix(got, "HTTP/1.1 405 ") {
		t.Error(got)
	}
	for _, path := range []string{"/", "/login/", "/Login", "//login", "/oauth2/../login", "/oauth2/Authorize", "/.well-known/jwks.json", "/other/.well-known/jwks.json"} {
		if got := wire(t, s, "GET "+path+" HTTP/1.1"); !strings.HasPrefix(got, "HTTP/1.1 404 ") {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []Access
	config := testConfig()
	config.Log = func(a Access) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, a)
	}
	s := startServer(t, config)
	for _, target := range []string{
		"/login?" + implicitQuery + "&state=s3cret&nonce=s3cret&login_hint=s3cret&scope=openid+email",
		"/oauth2/userInfo?access_token=s3cret&s3cret.s3cret&&=s3cret&S3CRET=1&scope=%zz",
		"/no%0Asuch?x",
		"/error",
	} {
		newBrowser(t, s).get(target)
	}
	s.Close()
	want := []Access{
		{Method: "GET", Path: "/login?" + implicitQuery + "&state=***&nonce=***&login_hint=***&scope=openid+email", Status: 200},
		{Method: "GET", Path: "/oauth2/userInfo?access_token=***&***=***&=***&=***&***=***&scope=***", Status: 400},
		{Method: "GET", Path: "/no%0Asuch?x=***", Status: 404},
		{Method: "GET", Path: "/error", Status: 400},
	}
	for i := range got {
		if got[i].Duration <= 0 {
			t.Errorf("%s took %v", got[i].Path, got[i].Duration)
		}
		got[i].Duration = 0
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The config belongs to the caller, who may change it later.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	config := testConfig()
	s := startServer(t, config)
	config.Clients[0].CallbackURLs[0] = "https://evil.example/"
	config.Clients[0].ID = "evil"
	config.Users[0].Attributes["email"] = "evil@evil.example"
	config.Users[0].Groups[0] = "evil"
	config.Users[0].Username = "evil"
	if p := newBrowser(t, s).get(loginPath + "?" + implicitQuery); p.StatusCode != http.StatusOK {
		t.Errorf("%d", p.StatusCode)
	}
	if _, body := userInfo(t, s, "Bearer "+tokensFor(t, s, frontEnd, "jane", "openid", "email").access); strings.Contains(body, "evil") {
		t.Error(body)
	}
	if got, err := s.CallbackURL(); err != nil || strings.Contains(payload(t, fragment(t, got).Get("id_token")), "evil") {
		t.Errorf("%s %v", got, err)
	}
}

func TestExpiring(t *testing.T) {
	t.Parallel()
	c := newClock()
	e := newExpiring[int](time.Minute, 3)
	for i, id := range []string{"a", "b", "c", "d"} {
		e.put(id, i, c.Now())
		c.turn(time.Second)
	}
	if _, ok := e.get("a", c.Now()); ok || e.len() != 3 {
		t.Errorf("the oldest did not make room: %d", e.len())
	}
	if v, ok := e.get("b", c.Now()); !ok || v != 1 {
		t.Error("b is gone")
	}
	if _, ok := e.take("b", c.Now()); !ok {
		t.Error("b is gone")
	}
	if _, ok := e.take("b", c.Now()); ok {
		t.Error("b was taken twice")
	}
	c.turn(time.Minute - 2*time.Second) // c was put two seconds before
	if _, ok := e.get("c", c.Now()); ok {
		t.Error("c outlived its time")
	}
	if _, ok := e.get("d", c.Now()); !ok {
		t.Error("d is gone")
	}
	c.turn(time.Minute)
	e.put("e", 4, c.Now())
	if e.len() != 1 || e.order.Len() != 1 {
		t.Errorf("%d entries, %d in order; the expired ones were kept", e.len(), e.order.Len())
	}
}

func TestExpiringTakenOnce(t *testing.T) {
	t.Parallel()
	e := newExpiring[int](time.Minute, 10)
	now := time.Now()
	e.put("x", 1, now)
	var wg sync.WaitGroup
	taken := make(chan struct{}, 100)
	for range 100 {
		wg.Go(func() {
			if _, ok := e.take("x", now); ok {
				taken <- struct{}{}
			}
		})
	}
	wg.Wait()
	if len(taken) != 1 {
		t.Errorf("taken %d times", len(taken))
	}
}

func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for range maxSessions + 10 {
		s.beginSession(http.Header{}, s.store.accounts["jane"].user, s.now())
	}
	if n := s.store.sessions.len(); n != maxSessions {
		t.Errorf("%d sessions", n)
	}
}

func TestParallelSignIns(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	var wg sync.WaitGroup
	for range 16 {
		b := newBrowser(t, s)
		wg.Go(func() {
			if p := b.signIn(implicitQuery, "jane", janesPass); p.StatusCode != http.StatusFound {
				t.Errorf("%d", p.StatusCode)
			}
		})
	}
	wg.Wait()
}
