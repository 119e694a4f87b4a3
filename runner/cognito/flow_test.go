package cognito

import (
	"net/http"
	"strings"
	"testing"
)

// The tutorial from end to end, as a browser and then Postman would go it.
func TestImplicitFlow(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	p := b.signIn(implicitQuery+"&state=af0ifjsldkj&scope=openid+email", "jane", janesPass)
	location := p.Header.Get("Location")
	if p.StatusCode != http.StatusFound || !strings.HasPrefix(location, callback+"#") {
		t.Fatalf("%d %s", p.StatusCode, location)
	}
	values := fragment(t, location)
	if values.Get("token_type") != "Bearer" || values.Get("expires_in") != "3600" || values.Get("state") != "af0ifjsldkj" {
		t.Errorf("fragment %v", values)
	}
	status, body := userInfo(t, s, values.Get("token_type")+" "+values.Get("access_token"))
	if want := `{"sub":"` + janesSub + `","email_verified":"true","email":"jane@example.com","username":"jane"}`; status != http.StatusOK || body != want {
		t.Errorf("%d %s, want %s", status, body, want)
	}
}

// The browser may call the pool by any of its names; its cookies then belong to that name.
func TestFlowOnLocalhost(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	b.base = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	if p := b.signIn(implicitQuery, "jane", janesPass); p.StatusCode != http.StatusFound {
		t.Errorf("%d %s", p.StatusCode, p.body)
	}
}
