package exchange_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/exchange"
)

func TestUnsendable(t *testing.T) {
	t.Parallel()
	s := say(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	host := strings.TrimPrefix(s.URL, "http://")
	tests := map[string]struct {
		r    exchange.Request
		part string
	}{
		"method space":   {exchange.Request{Method: "GET /x", URL: s.URL}, "the method has a space at byte 4"},
		"method CR":      {exchange.Request{Method: "GET\r\nX: y", URL: s.URL}, "the method has a carriage return at byte 4"},
		"method NUL":     {exchange.Request{Method: "\x00", URL: s.URL}, "the method has a NUL at byte 1"},
		"method letters": {exchange.Request{Method: "GÉT", URL: s.URL}, "the method has a byte outside of ASCII at byte 2"},
		"name empty":     {exchange.Request{URL: s.URL, Header: fields("", "x")}, "the name of a header field is empty"},
		"name colon":     {exchange.Request{URL: s.URL, Header: fields("A:", "x")}, "the name of a header field has ':' at byte 2"},
		"name LF":        {exchange.Request{URL: s.URL, Header: fields("A\nB", "x")}, "has a line feed at byte 2"},
		"value CR":       {exchange.Request{URL: s.URL, Header: fields("X-A", "s3cret\r\nB: c")}, "the value of header field X-A has a carriage return at byte 7"},
		"value LF":       {exchange.Request{URL: s.URL, Header: fields("Cookie", "s3cret\nB: c")}, "the value of header field Cookie has a line feed"},
		"value NUL":      {exchange.Request{URL: s.URL, Header: fields("X-A", "\x00")}, "has a NUL at byte 1"},
		"value escape":   {exchange.Request{URL: s.URL, Header: fields("X-A", "\x1b[0m")}, "has a control character (U+001B) at byte 1"},
		"host":           {exchange.Request{URL: s.URL, Header: fields("Host", "a b")}, "Host is not a host"},
		"URL empty":      {exchange.Request{}, "the URL has no scheme"},
		"URL relative":   {exchange.Request{URL: "/a"}, "the URL has no scheme"},
		"URL host only":  {exchange.Request{URL: host + "/a"}, "the URL has no scheme"},
		"URL ftp":        {exchange.Request{URL: "ftp://" + host}, `the URL is "ftp:": expected http:// or https://`},
		"URL opaque":     {exchange.Request{URL: "http:" + host}, "the URL has no host"},
		"URL twice":      {exchange.Request{URL: "https://" + s.URL}, "the URL has two schemes: https:// and http://"},
		"URL no host":    {exchange.Request{URL: "http:///a"}, "the URL has no host"},
		"URL port only":  {exchange.Request{URL: "http://:80/a"}, "the URL has no host"},
		"URL port":       {exchange.Request{URL: "http://a:s3cret@b:8x/"}, "the port in the URL is not a number"},
		"URL port big":   {exchange.Request{URL: "http://127.0.0.1:65536/"}, "the port in the URL is over 65535"},
		"URL escape":     {exchange.Request{URL: s.URL + "/100%"}, "two hexadecimal digits"},
		"URL LF":         {exchange.Request{URL: s.URL + "/a\nb"}, "the URL has a line feed at byte "},
		"URL CR query":   {exchange.Request{URL: s.URL + "/?a\r\nb"}, "the URL has a carriage return"},
		"URL NUL":        {exchange.Request{URL: s.URL + "/#\x00"}, "the URL has a NUL"},
		"URL space host": {exchange.Request{URL: "http://a b/"}, "characters that a host cannot have"},
		"URL quote host": {exchange.Request{URL: `http://a"b/`}, "characters that a host cannot have"},
		"URL bracket":    {exchange.Request{URL: "http://[::1/"}, "begins with [ and has no ]"},
		"URL userinfo":   {exchange.Request{URL: "http://a:s3cret^@b/"}, "must be encoded"},
		"URL variable":   {exchange.Request{URL: "{{base}}/a"}, "the URL has no scheme"},
		"URL idna":       {exchange.Request{URL: "http://\u2024\u2024/"}, "not a valid international domain name"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := do(t, &test.r)
			wantError(t, err, exchange.KindRequest, test.part)
			if text := err.Error() + hintOf(err); strings.Contains(text, "s3cret") {
				t.Errorf("shows a secret: %q", text)
			}
			if x.Request != &test.r || x.Sent != nil {
				t.Errorf("%+v", x)
			}
		})
	}
	t.Cleanup(func() {
		if n := len(s.seen()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestSendableURLs(t *testing.T) {
	t.Parallel()
	s := say(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	for in, want := range map[string]string{
		"":                "/",
		"?a=1":            "/?a=1",
		"/a/../b":         "/a/../b",
		"//a":             "//a",
		"/a%2Fb?c=%20+d":  "/a%2Fb?c=%20+d",
		"/ü":              "/%C3%BC",
		"/a b":            "/a%20b",
		"/x?q=[1]&r={}|^": "/x?q=[1]&r={}|^",
		"/#a b":           "/",
	} {
		must(t, &exchange.Request{URL: s.URL + in})
		seen := s.seen()
		line, _, _ := strings.Cut(seen[len(seen)-1], "\r\n")
		if line != "GET "+want+" HTTP/1.1" {
			t.Errorf("%q: %q", in, line)
		}
	}
	x, _ := do(t, &exchange.Request{URL: strings.Replace(s.URL, "127.0.0.1", "lOcalhost", 1)})
	if x.Response.Status != 200 {
		t.Error("host in upper case")
	}
	x, err := do(t, &exchange.Request{URL: "http://bücher.invalid:81/"})
	if x.URL != "http://xn--bcher-kva.invalid:81/" || x.Sent.Get("Host") != "xn--bcher-kva.invalid:81" {
		t.Errorf("%s %v %v", x.URL, x.Sent, err)
	}
}

func TestHeader(t *testing.T) {
	t.Parallel()
	h := fields("A", "1", "b", "2", "a", "3")
	if h.Get("a") != "1" || fmt.Sprint(h.Values("A")) != "[1 3]" || !h.Has("B") || h.Has("c") || h.Get("c") != "" || h.Values("c") != nil {
		t.Error(h)
	}
	h.Set("A", "4")
	h.Set("c", "5")
	if fmt.Sprint(h) != "[{A 4} {b 2} {c 5}]" {
		t.Error(h)
	}
	h.Del("B")
	h.Add("c", "6")
	h.Del("none")
	if fmt.Sprint(h) != "[{A 4} {c 5} {c 6}]" {
		t.Error(h)
	}
	var zero exchange.Header
	zero.Set("a", "1")
	if fmt.Sprint(zero) != "[{a 1}]" {
		t.Error(zero)
	}
}
