package exchange

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestOrigin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"http://a.test/x", "http://A.TEST:80/y?z", true},
		{"https://a.test", "https://a.test:443", true},
		{"http://[::1]:80", "http://[::1]", true},
		{"http://a.test", "https://a.test", false},
		{"http://a.test:443", "https://a.test", false},
		{"http://a.test", "http://a.test:8080", false},
		{"http://a.test", "http://b.a.test", false},
		{"http://b.a.test", "http://a.test", false},
		{"http://a.test", "http://a.test.", false},
		{"http://127.0.0.1", "http://localhost", false},
	} {
		a, _ := url.Parse(test.a)
		b, _ := url.Parse(test.b)
		if got := originOf(a) == originOf(b); got != test.same {
			t.Errorf("%s and %s: same %t", test.a, test.b, got)
		}
	}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a.test:80": "a.test:80", "[::1]:80": "[::1]:80", "[fe80::1%eth0]:80": "[fe80::1]:80", "[fe80::1%eth0]": "[fe80::1]",
	} {
		if got := authority(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	base, _ := url.Parse("http://a.test/b/c?d#e")
	for in, want := range map[string]string{
		"f": "http://a.test/b/f#e", "/f": "http://a.test/f#e", "../../f": "http://a.test/f#e", "?g": "http://a.test/b/c?g#e",
		"//h:81/i": "http://h:81/i#e", "https://u:p@h:/i#j": "https://h/i#j", "#": "http://a.test/b/c?d", "HTTP://H": "http://H#e",
		"//bücher.test": "http://xn--bcher-kva.test#e",
	} {
		if u, e := resolve(base, in); e != nil || u.String() != want {
			t.Errorf("%s: %s, want %s (%v)", in, u, want, e)
		}
	}
}

func TestExplainDial(t *testing.T) {
	t.Parallel()
	peer := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80}
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: peer, Err: os.NewSyscallError("connect", err)}
	}
	for want, err := range map[string]error{
		"connection refused by 192.0.2.1:80":                           dial(syscall.ECONNREFUSED),
		"no route to 192.0.2.1:80":                                     dial(syscall.EHOSTUNREACH),
		"too many open files to connect to 192.0.2.1:80":               dial(syscall.EMFILE),
		"no local address or port left to connect to 192.0.2.1:80":     dial(syscall.EADDRNOTAVAIL),
		"no connection to 192.0.2.1:80 within 30s":                     dial(syscall.ETIMEDOUT),
		"cannot connect to 192.0.2.1:80: connect: permission denied":   dial(syscall.EACCES),
		"no such host: a.test":                                         &net.DNSError{Name: "a.test", IsNotFound: true},
		"timed out looking up a.test":                                  &net.DNSError{Name: "a.test", IsTimeout: true},
		"cannot look up a.test":                                        &net.DNSError{Name: "a.test", Err: "server misbehaving"},
		"a closed the connection without an answer":                    io.EOF,
		"the answer of a is broken: malformed header line: \"a?b\"":    errors.New("net/http: HTTP/1.x transport connection broken: malformed MIME header line: \"a\x1bb\""),
		"the answer of a is broken: " + strings.Repeat("x", 200) + "…": errors.New(strings.Repeat("x", 300)),
	} {
		e := explainDial("a", err)
		if e == nil {
			e = explainAnswer("a", err)
		}
		if e.Message != want {
			t.Errorf("got  %s\nwant %s", e.Message, want)
		}
	}
}

func TestDialEndsWithTheExchange(t *testing.T) {
	t.Parallel()
	d := &dialer{Dialer: net.Dialer{ControlContext: func(ctx context.Context, _, _ string, _ syscall.RawConn) error {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Second):
			return errors.New("went on")
		}
	}}}
	over, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	// net/http cuts the dial off from its request, but hands on the values
	ctx := context.WithoutCancel(&newCall(over).clock)
	if _, err := d.dial(ctx, "tcp", "127.0.0.1:9"); !errors.Is(err, context.Canceled) && !strings.Contains(fmt.Sprint(err), "canceled") {
		t.Error(err)
	}
}
