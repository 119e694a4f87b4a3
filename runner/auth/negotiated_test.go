package auth_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mccutchen/go-httpbin/v2/httpbin"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

// send sends a request with a client of its own and gives what came back.
func send(t testing.TB, r *exchange.Request) *exchange.Exchange {
	t.Helper()
	client := exchange.NewClient(exchange.Options{})
	defer client.Close()
	r.Timeout = 20 * time.Second
	x, err := client.Do(t.Context(), nil, r)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
	}
	return x
}

func TestNegotiatedByClient(t *testing.T) {
	t.Parallel()
	bin := httptest.NewServer(httpbin.New())
	defer bin.Close()
	windows := newNTLMServer(t, &ntlmServer{schemes: []string{"Negotiate", "NTLM"}, password: "s3cret", flags: usualFlags, info: true})
	stream := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("hello")), nil }
	for name, test := range map[string]struct {
		r    *exchange.Request
		good func(password string) exchange.Negotiator
		body string
	}{
		"digest": {&exchange.Request{URL: bin.URL + "/digest-auth/auth/jane/s3cret/SHA-256"}, func(p string) exchange.Negotiator {
			return auth.Digest{Username: "jane", Password: p}.Negotiator(nil)
		}, ""},
		"NTLM": {&exchange.Request{Method: "POST", URL: windows.URL, Body: []byte("hello")}, func(p string) exchange.Negotiator {
			return auth.NTLM{Username: `CORP\jane`, Password: p}.Negotiator()
		}, "hello"},
		"NTLM, stream": {&exchange.Request{Method: "POST", URL: windows.URL, Open: stream, Length: -1}, func(p string) exchange.Negotiator {
			return auth.NTLM{Username: `CORP\jane`, Password: p}.Negotiator()
		}, "hello"},
	} {
		for password, want := range map[string]int{"s3cret": 200, "wrong": 401} {
			test.r.Negotiator = test.good(password)
			x := send(t, test.r)
			if x.Response.Status != want || want == 200 && test.body != "" && string(x.Response.Body) != test.body {
				t.Errorf("%s, %s: %d %s", name, password, x.Response.Status, x.Response.Body)
			}
		}
	}
}

// TestSignedStaysHome has a redirect to another origin, which gets no credential.
func TestSignedStaysHome(t *testing.T) {
	t.Parallel()
	headers := make(chan http.Header, 1)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { headers <- r.Header.Clone() }))
	defer other.Close()
	home := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusFound))
	defer home.Close()
	r := &exchange.Request{URL: home.URL, MaxRedirects: 1}
	s := suite()
	s.SessionToken = "s3cret"
	if err := s.Sign(t.Context(), r, time.Unix(1e9, 0)); err != nil {
		t.Fatal(err)
	}
	if err := auth.APIKey(r, auth.InHeader, "X-Key", "s3cret"); err != nil {
		t.Fatal(err)
	}
	if err := auth.APIKey(r, auth.InCookie, "k", "s3cret"); err != nil {
		t.Fatal(err)
	}
	if x := send(t, r); len(x.Redirects) != 1 {
		t.Fatal("it was not redirected")
	}
	seen := <-headers
	for _, name := range []string{"Authorization", "X-Amz-Security-Token", "X-Key", "Cookie"} {
		if seen.Get(name) != "" {
			t.Errorf("%s went to another origin: %v", name, seen)
		}
	}
}
