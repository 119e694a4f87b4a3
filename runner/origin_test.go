package runner_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newOrigin starts a server that speaks TLS, {{tls}}, with a certificate that nobody trusts, and finds an address where
// nothing listens, {{closed}}.
func newOrigin(t *testing.T) map[string]string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(answer))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"tls": s.URL, "closed": "http://" + closed}
}

// steady gives the addresses of a run the ports that goldens have.
func steady(variables map[string]string) *strings.Replacer {
	var pairs []string
	for name, port := range map[string]string{"host": "8080", "tls": "8443", "closed": "9"} {
		_, address, _ := strings.Cut(variables[name], "://")
		pairs = append(pairs, address, "127.0.0.1:"+port)
	}
	return strings.NewReplacer(pairs...)
}

// answer does as it is told:
//
//	/echo  answers the body, with its type
//	/say   answers the text of the query, with its status, type and location
//	/raw   writes the body as the answer, byte for byte, and hangs up
func answer(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	self := "http://" + r.Host + strings.TrimSuffix(r.URL.Path, "/.well-known/openid-configuration")
	switch path := r.URL.Path; {
	case strings.HasPrefix(path, "/issuer/empty"):
		_, _ = io.WriteString(w, `{"issuer": "`+self+`"}`)
	case strings.HasPrefix(path, "/issuer/relative"):
		_, _ = io.WriteString(w, `{"issuer": "`+self+`", "token_endpoint": "/token"}`)
	case path == "/back": // from a sign-in, with what the query says
		q.Del("redirect_uri")
		w.Header().Set("Location", "https://example.com/callback#"+q.Encode())
		w.WriteHeader(http.StatusFound)
	case path == "/keys": // two names for one point of the curve, its generator
		const point = `"kty": "EC", "crv": "P-256", "x": "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY", "y": "T-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"`
		_, _ = io.WriteString(w, `{"keys": [{"kid": "first", `+point+`}, {"kid": "second", `+point+`}]}`)
	case path == "/change": // the sign-in of a user with a temporary password
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<form method=post><input type=password name=new><input type=password name=again></form>`)
	case path == "/ntlm": // a challenge that is cut short
		w.Header().Set("WWW-Authenticate", "NTLM")
		if r.Header.Get("Authorization") != "" {
			w.Header().Set("WWW-Authenticate", "NTLM TlRMTVNTUAACAAAA")
		}
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/echo":
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.Copy(w, r.Body)
	case path == "/say":
		for field, value := range map[string]string{"Content-Type": q.Get("type"), "Location": q.Get("location"), "Content-Encoding": q.Get("encoding")} {
			if value != "" {
				w.Header().Set(field, value)
			}
		}
		if status, err := strconv.Atoi(q.Get("status")); err == nil {
			w.WriteHeader(status)
		}
		_, _ = io.WriteString(w, q.Get("text"))
	case path == "/raw":
		text, _ := io.ReadAll(r.Body)
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = c.Write(text)
		// Whoever closes at once may reset what is still on its way.
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			_, _ = io.Copy(io.Discard, c)
		}
		_ = c.Close()
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}
