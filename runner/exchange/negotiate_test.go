package exchange_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

// digest answers a challenge with its number.
type digest struct {
	first  string
	calls  []string
	fail   error // in answer to a challenge
	always bool  // answers
}

func (d *digest) Authorization(method, target string, body []byte, challenges []string) (string, error) {
	d.calls = append(d.calls, fmt.Sprintf("%s %s %q %q", method, target, body, challenges))
	switch {
	case challenges == nil:
		return d.first, nil
	case d.fail != nil:
		return "", d.fail
	case !d.always && len(d.calls) > 2:
		return "", nil
	}
	return "Answer " + challenges[0], nil
}

func (d *digest) OneConnection() bool { return false }

func challenge(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != "Answer Digest n=1" {
		w.Header().Add("WWW-Authenticate", "Digest n=1")
		w.Header().Add("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, kilo)
		return
	}
	fmt.Fprintf(w, "%s %s", r.Method, body)
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	s := serve(t, challenge)
	for _, version := range []string{"", "1.1"} {
		d := &digest{}
		x := must(t, &exchange.Request{
			Method: "POST", URL: s.URL + "/a%20b?c=d#e", Body: []byte("body"), Negotiator: d, Version: version,
			Header: fields("authorization", "Bearer mine"),
		})
		if x.Response.Status != 200 || string(x.Response.Body) != "POST body" || x.Tries != 2 {
			t.Errorf("%d %s after %d tries", x.Response.Status, x.Response.Body, x.Tries)
		}
		want := []string{`POST /a%20b?c=d "body" []`, `POST /a%20b?c=d "body" ["Digest n=1" "Basic"]`}
		if fmt.Sprint(d.calls) != fmt.Sprint(want) {
			t.Errorf("got %q, want %q", d.calls, want)
		}
		if got := x.Sent.Values("Authorization"); len(got) != 1 || got[0] != "Answer Digest n=1" {
			t.Error(got)
		}
	}
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		x := must(t, &exchange.Request{URL: s.URL, Negotiator: &digest{first: "Answer Digest n=1"}})
		if x.Response.Status != 200 || x.Tries != 1 {
			t.Errorf("%d after %d tries", x.Response.Status, x.Tries)
		}
	})
	t.Run("stream", func(t *testing.T) {
		t.Parallel()
		d, c := &digest{}, &chunks{content: []byte("12345")}
		x := must(t, &exchange.Request{Method: "PUT", URL: s.URL, Negotiator: d, Open: c.open, Length: 5})
		if opened, open := c.left(); string(x.Response.Body) != "PUT 12345" || opened != 2 || open != 0 || !strings.HasPrefix(d.calls[1], `PUT / "" [`) {
			t.Errorf("%s, opened %d times, %d are open, %s", x.Response.Body, opened, open, d.calls)
		}
	})
}

func TestNegotiationEnds(t *testing.T) {
	t.Parallel()
	never := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/bare" {
			w.Header().Set("WWW-Authenticate", "Digest n=2")
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, "no: ", r.Header.Get("Authorization"))
	})
	for name, test := range map[string]struct {
		d     *digest
		path  string
		tries int
		body  string
	}{
		"gives up":     {&digest{}, "", 2, "no: Answer Digest n=2"},
		"never":        {&digest{always: true}, "", 4, "no: Answer Digest n=2"},
		"no challenge": {&digest{first: "mine"}, "/bare", 1, "no: mine"},
	} {
		x := must(t, &exchange.Request{URL: never.URL + test.path, Negotiator: test.d})
		if x.Response.Status != 401 || x.Tries != test.tries || string(x.Response.Body) != test.body {
			t.Errorf("%s: %d %s after %d tries", name, x.Response.Status, x.Response.Body, x.Tries)
		}
	}
	_, err := do(t, &exchange.Request{URL: never.URL, Negotiator: &digest{fail: errors.New("unknown algorithm")}})
	wantError(t, err, exchange.KindTransport, "cannot answer the challenge of 127.0.0.1:"+portOf(t, never.URL)+": unknown algorithm")
	_, err = do(t, &exchange.Request{URL: never.URL, Negotiator: &digest{first: "a\nb"}})
	wantError(t, err, exchange.KindRequest, "the value of header field Authorization has a line feed")
	endless := raw(t, func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest\r\nContent-Length: 9999999999\r\n\r\n")
		for err := error(nil); err == nil; {
			_, err = io.WriteString(c, kilo)
		}
	})
	_, err = do(t, &exchange.Request{URL: endless.URL, Negotiator: &digest{}})
	wantError(t, err, exchange.KindLimit, "max_body") // of the last, which is the answer
}

func TestNegotiationStaysWithItsOrigin(t *testing.T) {
	t.Parallel()
	other := serve(t, challenge)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			challenge(w, r)
			return
		}
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/x", 302)
		case "/there":
			http.Redirect(w, r, other.URL, 302)
		default:
			challenge(w, r)
		}
	})
	d := &digest{always: true}
	x := must(t, &exchange.Request{URL: s.URL + "/here", Negotiator: d, MaxRedirects: 3})
	if x.Response.Status != 200 || len(d.calls) != 4 || x.Tries != 2 {
		t.Errorf("%d, %s", x.Response.Status, d.calls)
	}
	d = &digest{always: true}
	x = must(t, &exchange.Request{URL: s.URL + "/there", Negotiator: d, MaxRedirects: 3})
	if x.Response.Status != 401 || len(d.calls) != 2 || x.Sent.Has("Authorization") {
		t.Errorf("%d, %s", x.Response.Status, d.calls)
	}
}

// ntlm is three messages on one connection.
type ntlm struct{}

func (*ntlm) OneConnection() bool { return true }

func (*ntlm) Authorization(_, _ string, _ []byte, challenges []string) (string, error) {
	switch strings.Join(challenges, " ") {
	case "":
		return "", nil
	case "NTLM":
		return "NTLM 1", nil
	case "NTLM 2":
		return "NTLM 3", nil
	}
	return "", nil
}

func TestOneConnection(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	stage := map[string]string{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got, at := r.Header.Get("Authorization"), stage[r.RemoteAddr]
		switch {
		case got == "NTLM 3" && at == "challenged":
			stage[r.RemoteAddr] = "in"
		case got == "NTLM 1":
			stage[r.RemoteAddr] = "challenged"
			w.Header().Set("WWW-Authenticate", "NTLM 2")
		case got == "" && at == "in":
		default:
			w.Header().Set("WWW-Authenticate", "NTLM")
		}
		if stage[r.RemoteAddr] != "in" {
			w.WriteHeader(401)
			io.WriteString(w, kilo)
			return
		}
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
			return
		}
		fmt.Fprint(w, r.Proto, " ", string(body))
	}
	open := make(chan int, 100)
	s := httptest.NewUnstartedServer(http.HandlerFunc(handler))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open <- 1
		case http.StateClosed:
			open <- -1
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	c := newClient(t, exchange.Options{Insecure: true})
	send := func(r exchange.Request) *exchange.Exchange {
		r.Negotiator = &ntlm{}
		x, err := doWith(t, c, nil, &r)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := send(exchange.Request{URL: s.URL})
	if x.Response.Status != 200 || string(x.Response.Body) != "HTTP/1.1 " || x.Tries != 3 {
		t.Errorf("%d %s after %d tries", x.Response.Status, x.Response.Body, x.Tries)
	}
	x = send(exchange.Request{Method: "POST", URL: s.URL + "/moved", Body: []byte("body"), MaxRedirects: 1})
	if string(x.Response.Body) != "HTTP/1.1 body" || x.Tries != 1 {
		t.Errorf("%s after %d tries", x.Response.Body, x.Tries)
	}
	var running sync.WaitGroup
	for range 5 {
		running.Go(func() {
			x, err := c.Do(t.Context(), nil, &exchange.Request{URL: s.URL, Negotiator: &ntlm{}})
			if err != nil || x.Response.Status != 200 || x.Tries != 3 {
				t.Errorf("%+v %v", x.Response, err)
			}
		})
	}
	running.Wait()
	// nobody else gets into a connection that is authenticated, and none is left
	if x, err := doWith(t, c, nil, &exchange.Request{URL: s.URL, Version: "1.1"}); err != nil || x.Response.Status != 401 {
		t.Errorf("%+v %v", x.Response, err)
	}
	c.Close()
	all, sum := 0, 0
	for deadline := time.After(5 * time.Second); all < 16; {
		select {
		case n := <-open:
			sum += n
			all++
		case <-deadline:
			t.Fatalf("%d connections, %d of them open", all-7, sum)
		}
	}
	if sum != 0 {
		t.Errorf("%d connections are open", sum)
	}
}
