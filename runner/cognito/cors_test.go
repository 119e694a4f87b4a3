package cognito

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPreflight(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for path, method := range map[string]string{tokenPath: "POST", revokePath: "POST", userInfoPath: "GET"} {
		got := wire(t, s, "OPTIONS "+path+" HTTP/1.1\nOrigin: http://localhost:3000\nAccess-Control-Request-Method: "+method+
			"\nAccess-Control-Request-Headers: authorization,content-type")
		want := `HTTP/1.1 200 OK
Access-Control-Allow-Headers: authorization,content-type
Access-Control-Allow-Methods: ` + method + `
Access-Control-Allow-Origin: *
Access-Control-Max-Age: 1800
Cache-Control: no-cache, no-store, max-age=0, must-revalidate
Content-Length: 0
Pragma: no-cache
Server: Server
Strict-Transport-Security: max-age=31536000 ; includeSubDomains
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-XSS-Protection: 1; mode=block
x-amz-cognito-request-id: <uuid>
Date: …
Connection: close

`
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if got := wire(t, s, "OPTIONS "+path+" HTTP/1.1"); !strings.HasPrefix(got, "HTTP/1.1 200 ") || strings.Contains(got, "Allow-Headers") {
			t.Errorf("%s without a question: %s", path, got)
		}
		if got := wire(t, s, "OPTIONS "+path+" HTTP/1.1\nHost: evil.example"); !strings.HasPrefix(got, "HTTP/1.1 421 ") || strings.Contains(got, "Access-Control") {
			t.Errorf("%s on a foreign host: %s", path, got)
		}
	}
}

// What a browser may not read across origins: pages, redirects, sessions.
func TestNoCORSElsewhere(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	for _, path := range []string{authorizePath + "?" + implicitQuery, loginPath + "?" + implicitQuery, errorPath, logoutPath, "/"} {
		if got := b.get(path).Header.Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: %s", path, got)
		}
	}
	for _, path := range []string{s.Issuer() + discoveryPath, s.JWKSURL()} {
		if p := b.get(path); p.StatusCode != http.StatusOK || p.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", path, p.Header)
		}
	}
}
