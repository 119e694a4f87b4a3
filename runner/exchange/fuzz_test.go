package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/exchange"
)

// FuzzReply answers with any bytes: no panic, no hang, no body over the limit,
// and what announces more than it brings is an error.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		"", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\n\r\nhi", "HTTP/1.0 404\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		"HTTP/1.1 103 x\r\n\r\nHTTP/1.1 302 Found\r\nLocation: /a#b\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzipped("hi") + gzipped("ho"),
		"HTTP/1.1 200 OK\r\nContent-Encoding: deflate, gzip\r\nContent-Length: 99\r\n\r\n" + gzipped(zlibbed("hi")),
		"HTTP/1.1 302 Found\r\nLocation: http://\xff%zz@[::1%25]:99999/\r\n\r\n", "HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	c := newClient(f, exchange.Options{})
	f.Fuzz(func(t *testing.T, reply []byte) {
		// a redirect that leaves this server would leave the test
		follow := 2
		if bytes.Contains(bytes.ToLower(reply), []byte("//")) {
			follow = 0
		}
		s := say(t, string(reply))
		begun := time.Now()
		x, err := c.Do(context.Background(), exchange.NewJar(), &exchange.Request{
			URL: s.URL, MaxBody: 1 << 16, MaxRedirects: follow, Timeout: 3 * time.Second,
		})
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("took %s", took)
		}
		if err != nil {
			checkWords(t, err)
		}
		if len(x.Response.Body) > 1<<16 {
			t.Errorf("%d bytes", len(x.Response.Body))
		}
		r := x.Response
		length, unknown := strconv.Atoi(r.Header.Get("Content-Length"))
		bodiless := r.Status < 200 || r.Status == 204 || r.Status == 304
		if err == nil && unknown == nil && !bodiless && !r.Header.Has("Content-Encoding") && length != len(r.Body) {
			t.Errorf("announced %d bytes, received %d, and no error", length, len(r.Body))
		}
	})
}

// FuzzRequest sends any method, URL and field: what the server reads is what
// Sent has, in one message, or nothing was sent.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "/a?b=c#d", "X-A", "b", "")
	f.Add("P\r\n", "/\r\n", "A:", "\x00", "x")
	f.Add("PATCH", "?q= \x7f\xff", "host", "a b", "body")
	f.Add("HEAD", "/%2F%zz", "cookie", "a=b; c", "")
	f.Add("POST", "//x@y/", "Content-Length", "7", "four")
	c := newClient(f, exchange.Options{})
	f.Fuzz(func(t *testing.T, method, target, name, value, body string) {
		if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "?") && !strings.HasPrefix(target, "#") {
			target = "/" + target
		}
		switch strings.ToLower(name) {
		case "expect", "upgrade", "connection":
			return // change how the message is sent
		}
		s := say(t, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
		x, err := c.Do(context.Background(), nil, &exchange.Request{
			Method: method, URL: s.URL + target, Header: fields(name, value), Body: []byte(body), Timeout: 3 * time.Second,
		})
		seen := s.seen()
		if err != nil {
			checkWords(t, err)
			var e *exchange.Error
			if errors.As(err, &e); e.Kind == exchange.KindRequest && len(seen) > 0 {
				t.Errorf("%v, and yet sent %q", err, seen)
			}
			return
		}
		u, perr := url.Parse(x.URL)
		if perr != nil || len(seen) != 1 {
			t.Fatalf("%v, %d requests", perr, len(seen))
		}
		path := u.RequestURI()
		if method == "CONNECT" {
			path = strings.Fields(seen[0])[1]
		}
		want := x.Method + " " + path + " HTTP/1.1\r\n"
		for _, f := range x.Sent {
			want += f.Name + ": " + f.Value + "\r\n"
		}
		if want += "\r\n" + body; seen[0] != want {
			t.Errorf("received %q\nwant     %q", seen[0], want)
		}
	})
}

// FuzzRoute reads what people write into a route. Nothing of it may panic, and
// no message may have a secret or what is not for people.
func FuzzRoute(f *testing.F) {
	f.Add("http://u:p@a:1", "a.test:443 [::1]:8443\nb 1.1.1.1", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "1.2")
	f.Add("socks5h://[::1]", "a", "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n", "")
	f.Fuzz(func(t *testing.T, proxy, resolve, pem, version string) {
		for _, r := range []exchange.Route{
			{Proxy: proxy}, {Resolve: resolve}, {CA: pem}, {Cert: pem}, {Cert: pem, Key: pem}, {MinVersion: version}, {ServerName: version},
		} {
			err := r.Validate()
			if err == nil {
				continue
			}
			wantError(t, err, exchange.KindRequest, "")
			if strings.ContainsAny(err.Error(), "\r\n\x00\x1b") {
				t.Errorf("%q", err)
			}
		}
	})
}

// FuzzText decodes text of servers: what comes out is as valid as what goes in.
func FuzzText(f *testing.F) {
	f.Add("text/html", []byte("<meta charset=koi8-r>\xc4"))
	f.Add("text/plain; charset=utf-16", []byte("\xff\xfea\x00"))
	f.Add("text/plain; charset=iso-2022-jp", []byte("\x1b$B"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := exchange.Response{Header: fields("Content-Type", contentType), Body: body}
		text, err := r.Text()
		if err != nil {
			checkText(t, err)
			return
		}
		if utf8.Valid(body) && len(body) > 0 && !utf8.ValidString(text) {
			t.Errorf("%q became %q", body, text)
		}
	})
}

func checkText(t *testing.T, err error) {
	t.Helper()
	wantError(t, err, exchange.KindTransport, "charset")
}

// FuzzCodings decodes streams of servers. There are no more bytes than the
// limit, and no panic.
func FuzzCodings(f *testing.F) {
	f.Add("br", brotlied(kilo))
	f.Add("zstd", []byte(zstded(kilo)))
	f.Add("deflate", []byte(zlibbed(kilo)))
	f.Add("gzip, br", brotlied(gzipped(kilo)))
	f.Fuzz(func(t *testing.T, coding string, body []byte) {
		c := exchange.NewClient(exchange.Options{Transport: fixed{coding, body}})
		const limit = 1 << 16
		x, err := c.Do(context.Background(), nil, &exchange.Request{URL: "http://a.test", MaxBody: limit})
		if err == nil && len(x.Response.Body) > limit {
			t.Errorf("%d bytes", len(x.Response.Body))
		}
	})
}

// fixed answers without a connection.
type fixed struct {
	coding string
	body   []byte
}

func (a fixed) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(a.body)),
		Header: http.Header{"Content-Encoding": {a.coding}}, Body: io.NopCloser(bytes.NewReader(a.body)),
	}, nil
}
