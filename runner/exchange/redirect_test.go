package exchange_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/postrider/postrider/runner/exchange"
)

func TestRedirectMethods(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		if n, _ := fmt.Sscanf(r.URL.Path, "/%d", &status); n == 1 {
			w.Header().Set("Location", "end?x=1")
			w.WriteHeader(status)
			fmt.Fprint(w, "moved")
			return
		}
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Type", r.Header.Get("Content-Type")+r.Header.Get("Content-Language"))
		fmt.Fprint(w, r.ContentLength)
	})
	for status, keeps := range map[int]bool{301: false, 302: false, 303: false, 307: true, 308: true} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PURGE"} {
			t.Run(fmt.Sprint(status, method), func(t *testing.T) {
				t.Parallel()
				r := &exchange.Request{Method: method, URL: fmt.Sprintf("%s/%d", s.URL, status), MaxRedirects: 1,
					Body: []byte("abc"), Header: fields("Content-Type", "text/plain", "content-language", "en")}
				x := must(t, r)
				wantMethod, wantType, wantBody := "GET", "", "0"
				if keeps {
					wantMethod, wantType, wantBody = method, "text/plainen", "3"
				}
				if method == "HEAD" {
					wantMethod, wantBody = "HEAD", ""
				}
				h := x.Response.Header
				if h.Get("X-Method") != wantMethod || h.Get("X-Type") != wantType || string(x.Response.Body) != wantBody {
					t.Errorf("got %v %q", h, x.Response.Body)
				}
				if x.Method != wantMethod || x.URL != s.URL+"/end?x=1" {
					t.Errorf("ended at %s %s", x.Method, x.URL)
				}
				hop := []exchange.Hop{{Method: method, URL: r.URL, Status: status, Location: "end?x=1"}}
				shown := cmpopts.IgnoreFields(exchange.Hop{}, "Sent", "Response", "Started", "Took")
				if diff := cmp.Diff(hop, x.Redirects, shown); diff != "" {
					t.Error(diff)
				}
				if r := x.Redirects[0]; r.Sent.Get("Content-Language") != "en" || r.Response.Status != status || r.Response.Header.Get("Location") != "end?x=1" || r.Started.Before(x.Started) || r.Took <= 0 {
					t.Errorf("the hop is told as %+v", r)
				}
			})
		}
	}
}

func TestRedirectsThatAreTheAnswer(t *testing.T) {
	t.Parallel()
	for name, reply := range map[string]string{
		"not asked for":    "HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 4\r\n\r\nbody",
		"without Location": "HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nbody",
		"empty Location":   "HTTP/1.1 302 Found\r\nLocation:\r\nContent-Length: 4\r\n\r\nbody",
		"300":              "HTTP/1.1 300 Choices\r\nLocation: /a\r\nContent-Length: 4\r\n\r\nbody",
		"201":              "HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Length: 4\r\n\r\nbody",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &exchange.Request{URL: say(t, reply).URL, MaxRedirects: 5}
			if name == "not asked for" {
				r.MaxRedirects = 0
			}
			x := must(t, r)
			if len(x.Redirects) != 0 || string(x.Response.Body) != "body" {
				t.Errorf("%+v", x)
			}
		})
	}
}

func TestRedirectsThatFail(t *testing.T) {
	t.Parallel()
	to := func(location string) string {
		return "HTTP/1.1 302 Found\r\n" + location + "Content-Length: 0\r\n\r\n"
	}
	tests := map[string]struct {
		reply string
		kind  exchange.Kind
		part  string
	}{
		"two":        {to("Location: /a\r\nLocation: /b\r\n"), exchange.KindTransport, `expected one Location, received "/a" and "/b"`},
		"ftp":        {to("Location: ftp://x/\r\n"), exchange.KindTransport, `the URL is "ftp:": expected http:// or https://`},
		"file":       {to("Location: file:///etc/passwd\r\n"), exchange.KindTransport, `the URL is "file:"`},
		"javascript": {to("Location: javascript:alert(1)\r\n"), exchange.KindTransport, `the URL is "javascript:"`},
		"no host":    {to("Location: http:///x\r\n"), exchange.KindTransport, "no host"},
		"port":       {to("Location: http://a:b/\r\n"), exchange.KindTransport, "port in the URL is not a number"},
		"escape":     {to("Location: /%zz\r\n"), exchange.KindTransport, "two hexadecimal digits"},
		"loop":       {to("Location: /again\r\n"), exchange.KindLimit, "more than 3 redirects: GET "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := say(t, test.reply)
			x, err := do(t, &exchange.Request{URL: s.URL, MaxRedirects: 3})
			wantError(t, err, test.kind, test.part)
			if name == "loop" {
				want := fmt.Sprintf(`more than 3 redirects: GET %[1]s (302) → GET %[1]s/again (302) → GET %[1]s/again (302) → GET %[1]s/again (302) → "/again"`, s.URL)
				if err.Error() != want || len(x.Redirects) != 3 || len(s.seen()) != 4 {
					t.Errorf("%v\nwant %s\n%d sent", err, want, len(s.seen()))
				}
			}
		})
	}
}

func TestTwoLocationsWithoutRedirect(t *testing.T) {
	t.Parallel()
	_, err := do(t, &exchange.Request{URL: say(t, "HTTP/1.1 200 OK\r\nLocation: a\r\nLocation: b\r\nContent-Length: 0\r\n\r\n").URL})
	wantError(t, err, exchange.KindTransport, "expected one Location")
	must(t, &exchange.Request{URL: say(t, "HTTP/1.1 200 OK\r\nLocation: a\r\nLocation: a\r\nContent-Length: 0\r\n\r\n").URL})
}

func TestLongChainIsShortened(t *testing.T) {
	t.Parallel()
	s := say(t, "HTTP/1.1 302 Found\r\nLocation: /"+strings.Repeat("x", 5000)+"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
	_, err := do(t, &exchange.Request{URL: s.URL, MaxRedirects: 20})
	wantError(t, err, exchange.KindLimit, "(15 more) → ")
}

func TestFragments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ location, want string }{
		{"/b", "/b#one"},
		{"/b#two", "/b#two"},
		{"/b#", "/b"},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/a" {
				w.Header().Set("Location", test.location)
				w.WriteHeader(302)
			}
		})
		if x := must(t, &exchange.Request{URL: s.URL + "/a#one", MaxRedirects: 1}); x.URL != s.URL+test.want {
			t.Errorf("%s: %s", test.location, x.URL)
		}
	}
}

func TestLocationIsEncoded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Location", "/a b/ü?q=x y")
			w.WriteHeader(302)
		}
		fmt.Fprint(w, r.RequestURI)
	})
	if x := must(t, &exchange.Request{URL: s.URL, MaxRedirects: 1}); string(x.Response.Body) != "/a%20b/%C3%BC?q=x%20y" {
		t.Errorf("%s", x.Response.Body)
	}
}

// credentials are what must not leave the origin they were meant for.
var credentials = fields(
	"Authorization", "Bearer s3cret", "proxy-authorization", "Basic s3cret", "cookie", "s=s3cret",
	"X-Api-Key", "s3cret", "x-token", "s3cret", "Referer", "http://first/s3cret", "X-Harmless", "kept",
)

// chained starts servers that redirect to one another along path: "ABA" goes
// from A to B and back. It gives the header fields each hop received.
func chained(t *testing.T, path, start string) []http.Header {
	t.Helper()
	var got []http.Header
	urls := map[byte]string{}
	handler := func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Clone())
		if len(got) < len(path) {
			http.Redirect(w, r, fmt.Sprintf("%s/%d", urls[path[len(got)]], len(got)), http.StatusTemporaryRedirect)
		}
	}
	for i := range len(path) {
		if urls[path[i]] == "" {
			urls[path[i]] = serve(t, handler).URL
		}
	}
	// the same server by another name is another origin
	urls['a'] = strings.Replace(urls['A'], "127.0.0.1", "localhost", 1)
	must(t, &exchange.Request{
		Method: "POST", Body: []byte("x"), URL: strings.Replace(urls[path[0]], "://", "://"+start, 1),
		Header: credentials, Secret: []string{"x-api-key", "X-TOKEN"}, MaxRedirects: 9,
	})
	if len(got) != len(path) {
		t.Fatalf("%d hops, want %d", len(got), len(path))
	}
	return got
}

func TestCredentialsStayAtTheirOrigin(t *testing.T) {
	t.Parallel()
	for path, keeps := range map[string]string{
		"AA": "yy", "AAA": "yyy",
		"AB": "yn", "ABC": "ynn", "ABA": "ynn", "AABA": "yynn", "ABBA": "ynnn", "ABAA": "ynnn",
		"Aa": "yn", "AaA": "ynn",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for i, header := range chained(t, path, "") {
				text, _ := json.Marshal(header)
				has := strings.Count(string(text), "s3cret")
				if keeps[i] == 'y' && has != 6 || keeps[i] == 'n' && has != 0 {
					t.Errorf("hop %d has %d of 6 credentials: %s", i, has, text)
				}
				if header.Get("X-Harmless") != "kept" {
					t.Errorf("hop %d lost a harmless field", i)
				}
			}
		})
	}
}

func TestUserinfoStaysAtItsOrigin(t *testing.T) {
	t.Parallel()
	var got []string
	handler := func(next *string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			got = append(got, r.Header.Get("Authorization"))
			if len(got) < 4 {
				http.Redirect(w, r, *next, http.StatusFound)
			}
		}
	}
	var toA, toB string
	toA, toB = serve(t, handler(&toB)).URL, serve(t, handler(&toA)).URL
	x := must(t, &exchange.Request{URL: strings.Replace(toA, "://", "://u:s3cret@", 1), MaxRedirects: 9})
	if got[0] == "" || got[1] != "" || got[2] != "" || got[3] != "" {
		t.Errorf("%q", got)
	}
	if text, _ := json.Marshal(x.Redirects); strings.Contains(string(text)+x.URL, "s3cret") {
		t.Errorf("%s", text)
	}
}

func TestUserinfoOfLocationIsNotUsed(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Location", "http://evil:pw@"+r.Host+"/end")
			w.WriteHeader(302)
		}
		fmt.Fprint(w, r.Header.Get("Authorization"))
	})
	if x := must(t, &exchange.Request{URL: s.URL, MaxRedirects: 1}); len(x.Response.Body) != 0 || x.URL != s.URL+"/end" {
		t.Errorf("%q %s", x.Response.Body, x.URL)
	}
}

func TestHostByHand(t *testing.T) {
	t.Parallel()
	other := serve(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Host) })
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/end", 302)
		case "/other":
			http.Redirect(w, r, other.URL, 302)
		}
		fmt.Fprint(w, r.Host)
	})
	header := fields("Host", "virtual.test:81")
	if x := must(t, &exchange.Request{URL: s.URL + "/same", Header: header, MaxRedirects: 1}); string(x.Response.Body) != "virtual.test:81" || x.Sent[0].Value != "virtual.test:81" {
		t.Errorf("%s", x.Response.Body)
	}
	if x := must(t, &exchange.Request{URL: s.URL + "/other", Header: header, MaxRedirects: 1}); "http://"+string(x.Response.Body) != other.URL {
		t.Errorf("%s", x.Response.Body)
	}
}
