package cognito

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoginPage(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	p := b.get(loginPath + "?" + implicitQuery + "&scope=openid+email&state=%22%3E%3Cscript%3E")
	if p.StatusCode != http.StatusOK || p.Header.Get("Content-Type") != "text/html;charset=UTF-8" {
		t.Fatalf("%d %s", p.StatusCode, p.Header.Get("Content-Type"))
	}
	token := p.Cookies()[0].Value
	for _, want := range []string{
		`<form action="/login?response_type=token&amp;client_id=` + frontEnd + `&amp;redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback&amp;scope=openid%20email&amp;state=%22%3E%3Cscript%3E" method="post" name="cognitoSignInForm">`,
		`<input type="hidden" name="_csrf" value="` + token + `"/>`,
		`<input id="signInFormUsername" name="username" type="text" class="form-control inputField-customizable" placeholder="Username" autocapitalize="none" required>`,
		`<input id="signInFormPassword" name="password" type="password"`,
		`<input type="hidden" name="cognitoAsfData"/>`,
		`<input name="signInSubmitButton" type="Submit" value="Sign in" class="btn btn-primary submitButton-customizable">`,
		`Sign in with your username and password`,
	} {
		if n := strings.Count(p.body, want); n != 2 {
			t.Errorf("%s: %d times, want 2", want, n)
		}
	}
	if strings.Contains(p.body, "errorMessage-customizable\"") {
		t.Error("the page shows an error")
	}
	again := b.get(loginPath + "?" + implicitQuery)
	if len(again.Cookies()) != 0 || !strings.Contains(again.body, token) {
		t.Error("the page did not take the token of the cookie")
	}
}

// An attribute cannot be left through the query, whatever bytes it is made of.
func TestLoginPageEscapes(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	got := wire(t, s, "GET /login?"+implicitQuery+"&state=\"><script>alert('1')</script>` HTTP/1.1")
	if strings.Contains(got, "<script>") || strings.Contains(got, `state="`) {
		t.Error(got)
	}
}

func TestLoginWire(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const form = "_csrf=made-up&username=jane&password=" + janesPass + "&cognitoAsfData="
	got := wire(t, s, "POST /login?"+implicitQuery+"&state=x%20y HTTP/1.1\nCookie: XSRF-TOKEN=made-up; csrf-state=\"\"\nContent-Type: application/x-www-form-urlencoded\nContent-Length: "+strconv.Itoa(len(form))+"\n\n"+form)
	want := `HTTP/1.1 302 Found
Cache-Control: no-cache, no-store, max-age=0, must-revalidate
Content-Length: 0
Location: ` + callback + `#id_token=<jwt>&access_token=<jwt>&expires_in=3600&token_type=Bearer&state=x+y
Pragma: no-cache
Server: Server
Set-Cookie: XSRF-TOKEN=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly; SameSite=Lax
Set-Cookie: XSRF-TOKEN=<uuid>; Path=/; HttpOnly; SameSite=Lax
Set-Cookie: cognito="<opaque>"; Version=1; Max-Age=3600; Expires=Tue, 05-May-2020 11:00:00 GMT; Path=/; HttpOnly; SameSite=Lax
Strict-Transport-Security: max-age=31536000 ; includeSubDomains
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-XSS-Protection: 1; mode=block
x-amz-cognito-request-id: <uuid>
Date: …
Connection: close

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLoginRefusals(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	tests := []struct {
		name, username, password, message string
	}{
		{"wrong password", "jane", "Correct-horse2", "Incorrect username or password."},
		{"prefix of the password", "jane", "Correct-horse", "Incorrect username or password."},
		{"empty password", "jane", "", "Incorrect username or password."},
		{"unknown user", "nobody", janesPass, "Incorrect username or password."},
		{"unknown user, empty password", "nobody", "", "Incorrect username or password."},
		{"username in another case", "Jane", janesPass, "Incorrect username or password."},
		{"disabled", "gone", "Gone-gone-1", "User is disabled."},
		{"disabled, wrong password", "gone", "x", "Incorrect username or password."},
		{"temporary, wrong password", "new", "x", "Incorrect username or password."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBrowser(t, s)
			p := b.signIn(implicitQuery, tt.username, tt.password)
			if p.StatusCode != http.StatusOK || p.Header.Get("Location") != "" {
				t.Fatalf("%d %s", p.StatusCode, p.Header.Get("Location"))
			}
			if n := strings.Count(p.body, `class="errorMessage-customizable">`+tt.message+`</p>`); n != 2 {
				t.Errorf("message %q %d times in %s", tt.message, n, p.body)
			}
			for _, c := range p.Cookies() {
				if c.Name == sessionCookie {
					t.Error("a session has begun")
				}
			}
			if p := b.submit(p, url.Values{"username": {"jane"}, "password": {janesPass}}); p.StatusCode != http.StatusFound {
				t.Errorf("the page shown again does not work: %d", p.StatusCode)
			}
		})
	}
}

func TestLoginCSRF(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const good = "username=jane&password=" + janesPass
	tests := []struct {
		name, contentType, cookie, body string
		want                            int
	}{
		{"equal", "application/x-www-form-urlencoded", "XSRF-TOKEN=a", good + "&_csrf=a", 302},
		{"differ", "application/x-www-form-urlencoded", "XSRF-TOKEN=a", good + "&_csrf=b", 403},
		{"no cookie", "application/x-www-form-urlencoded", "", good + "&_csrf=a", 403},
		{"no field", "application/x-www-form-urlencoded", "XSRF-TOKEN=a", good, 403},
		{"both empty", "application/x-www-form-urlencoded", `XSRF-TOKEN=""`, good + "&_csrf=", 403},
		{"not a form", "application/json", "XSRF-TOKEN=a", `{"_csrf":"a"}`, 403},
		{"malformed", "application/x-www-form-urlencoded", "XSRF-TOKEN=a", "_csrf=%zz", 400},
		{"too long", "application/x-www-form-urlencoded", "XSRF-TOKEN=a", good + "&_csrf=a&x=" + strings.Repeat("x", maxFormBytes), 413},
	}
	for _, tt := range tests {
		for _, path := range []string{loginPath, changePasswordPath} {
			if path == changePasswordPath && tt.want == 302 {
				continue
			}
			t.Run(tt.name+" "+path, func(t *testing.T) {
				t.Parallel()
				r, err := http.NewRequest(http.MethodPost, s.URL+path+"?"+implicitQuery, strings.NewReader(tt.body))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", tt.contentType)
				if tt.cookie != "" {
					r.Header.Set("Cookie", tt.cookie)
				}
				if p := newBrowser(t, s).do(r, nil); p.StatusCode != tt.want {
					t.Errorf("status %d, want %d", p.StatusCode, tt.want)
				}
			})
		}
	}
	// What is in the query is no form field.
	r, err := http.NewRequest(http.MethodPost, s.URL+loginPath+"?"+implicitQuery+"&_csrf=a&"+good, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", "XSRF-TOKEN=a")
	if p := newBrowser(t, s).do(r, nil); p.StatusCode != http.StatusForbidden {
		t.Errorf("fields in the query: %d", p.StatusCode)
	}
}

func TestTemporaryPassword(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	b := newBrowser(t, s)
	p := b.signIn(implicitQuery+"&state=keep", "new", "Temporary-1")
	if p.StatusCode != http.StatusOK || !strings.Contains(p.body, `<form action="/changePassword?response_type=token&amp;client_id=`) {
		t.Fatalf("%d %s", p.StatusCode, p.body)
	}
	if out := b.get(authorizePath + "?" + implicitQuery); !strings.Contains(out.Header.Get("Location"), "/login?") {
		t.Fatal("a session began before the password was changed")
	}
	for _, tt := range []struct{ password, again, message string }{
		{"Permanent-1", "Permanent-2", "The passwords do not match."},
		{"short", "short", "Password does not conform to policy: Password not long enough"},
		{strings.Repeat("x", 257), strings.Repeat("x", 257), "Password does not conform to policy: Password too long"},
	} {
		p = b.submit(p, url.Values{"new_password": {tt.password}, "confirm_password": {tt.again}})
		if p.StatusCode != http.StatusOK || !strings.Contains(p.body, tt.message) {
			t.Fatalf("%d %s", p.StatusCode, p.body)
		}
	}
	other := newBrowser(t, s)
	otherPage := other.signIn(implicitQuery, "new", "Temporary-1")

	done := b.submit(p, url.Values{"new_password": {"Permanent-1"}, "confirm_password": {"Permanent-1"}})
	location := done.Header.Get("Location")
	if done.StatusCode != http.StatusFound || !strings.HasPrefix(location, callback+"#id_token=") || !strings.HasSuffix(location, "&state=keep") {
		t.Fatalf("%d %s %s", done.StatusCode, location, done.body)
	}
	if again := b.submit(p, url.Values{"new_password": {"Permanent-3"}, "confirm_password": {"Permanent-3"}}); again.StatusCode != http.StatusForbidden {
		t.Errorf("the form with its old token was taken: %d", again.StatusCode)
	}
	// A second browser that had come as far must not change the password of a CONFIRMED user.
	late := other.submit(otherPage, url.Values{"new_password": {"Permanent-4"}, "confirm_password": {"Permanent-4"}})
	if late.StatusCode != http.StatusOK || !strings.Contains(late.body, errCredentials.Error()) {
		t.Errorf("late change: %d", late.StatusCode)
	}
	if p := newBrowser(t, s).signIn(implicitQuery, "new", "Temporary-1"); p.StatusCode != http.StatusOK || !strings.Contains(p.body, errCredentials.Error()) {
		t.Errorf("temporary password after the change: %d", p.StatusCode)
	}
	c.turn(30 * 24 * time.Hour)
	if p := newBrowser(t, s).signIn(implicitQuery, "new", "Permanent-1"); p.StatusCode != http.StatusFound {
		t.Errorf("CONFIRMED user: %d %s", p.StatusCode, p.body)
	}
}

func TestTemporaryPasswordExpires(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	b := newBrowser(t, s)
	c.turn(temporaryLifetime - challengeLifetime)
	p := b.signIn(implicitQuery, "new", "Temporary-1")
	c.turn(challengeLifetime)
	late := b.submit(p, url.Values{"new_password": {"Permanent-1"}, "confirm_password": {"Permanent-1"}})
	if late.StatusCode != http.StatusOK || !strings.Contains(late.body, "Invalid session for the user, session is expired.") {
		t.Errorf("after the sign-in session: %d %s", late.StatusCode, late.body)
	}
	p = b.signIn(implicitQuery, "new", "Temporary-1")
	if p.StatusCode != http.StatusOK || !strings.Contains(p.body, "Temporary password has expired and must be reset by an administrator.") {
		t.Errorf("after 7 days: %d %s", p.StatusCode, p.body)
	}
}
