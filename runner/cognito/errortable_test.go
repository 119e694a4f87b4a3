package cognito

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestErrorTables walks the error tables of the design notes, section by section, and compares whole responses: status
// line, every header, every byte of the body.
func TestErrorTables(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for _, rows := range [][]errorRow{authorizeErrors, pageErrors, tokenErrors, userInfoErrors, logoutErrors, revokeErrors} {
		for _, row := range rows {
			t.Run(row.name, func(t *testing.T) {
				t.Parallel()
				if diff := cmp.Diff(row.want, wire(t, s, fill(t, s, row.request))); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// errorRow is a request, with {words} for what fill makes, and the response to it.
type errorRow struct{ name, request, want string }

// fill makes the tokens and codes of a request, and the length of its body.
func fill(t *testing.T, s *Server, request string) string {
	t.Helper()
	makers := map[string]func() string{
		"code":      func() string { return codeFor(t, s, singlePage, "") },
		"pkce-code": func() string { return codeFor(t, s, singlePage, withPKCE) },
		"spent-code": func() string {
			id := codeFor(t, s, singlePage, "")
			askTokens(t, s, "", codeForm(singlePage, id))
			return id
		},
		"refresh": func() string { return signedInWith(t, s, singlePage, "").Refresh },
		"revoked-refresh": func() string {
			token := signedInWith(t, s, singlePage, "").Refresh
			post(t, s, revokePath, "", "client_id="+singlePage+"&token="+token)
			return token
		},
		"revoked-access": func() string {
			reply := signedInWith(t, s, singlePage, "")
			post(t, s, revokePath, "", "client_id="+singlePage+"&token="+reply.Refresh)
			return reply.Access
		},
		"access": func() string { return tokensFor(t, s, frontEnd, "jane", "openid").access },
		"id":     func() string { return tokensFor(t, s, frontEnd, "jane", "openid").id },
		"scoped": func() string { return tokensFor(t, s, frontEnd, "jane", "https://api.example.com/read").access },
		"machine": func() string {
			return askTokens(t, s, machine+":machine+secret/=", "grant_type=client_credentials").Access
		},
		"expired": func() string {
			token, err := s.ExpiredAccessToken()
			if err != nil {
				t.Fatal(err)
			}
			return token
		},
		"disabled": func() string { return tokensFor(t, s, frontEnd, "gone", "openid").access },
		"signed-out": func() string {
			token := tokensFor(t, s, frontEnd, "new", "openid").access
			if err := s.GlobalSignOut("new"); err != nil {
				t.Fatal(err)
			}
			return token
		},
		"deleted": func() string {
			g := grant{client: s.store.clients[frontEnd], user: &user{name: "nobody", sub: janesSub}, scopes: []string{"openid"}, authTime: s.now()}
			issued, err := s.issue(g, s.now())
			if err != nil {
				t.Fatal(err)
			}
			return issued.access
		},
	}
	request = regexp.MustCompile(`\{[a-z-]+\}`).ReplaceAllStringFunc(request, func(word string) string { return makers[word[1:len(word)-1]]() })
	head, body, _ := strings.Cut(request, "\n\n")
	if strings.HasPrefix(head, "POST ") {
		head += "\nContent-Length: " + strconv.Itoa(len(body))
	}
	return head + "\n\n" + body
}

// response is a whole response as wire shows it, from the headers that not all have.
func response(status int, body string, headers ...string) string {
	headers = append(headers,
		"Cache-Control: no-cache, no-store, max-age=0, must-revalidate", "Pragma: no-cache", "Server: Server",
		"Strict-Transport-Security: max-age=31536000 ; includeSubDomains", "X-Content-Type-Options: nosniff",
		"X-Frame-Options: DENY", "X-XSS-Protection: 1; mode=block", "x-amz-cognito-request-id: <uuid>",
		"Content-Length: "+strconv.Itoa(len(body)))
	slices.SortStableFunc(headers, func(a, b string) int {
		name := func(h string) string { n, _, _ := strings.Cut(h, ":"); return n }
		return strings.Compare(name(a), name(b))
	})
	return "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\n" + strings.Join(headers, "\n") + "\nDate: …\nConnection: close\n\n" + body
}

func location(to string) string { return response(302, "", "Location: "+to) }

func oauthRefusal(status int, code string) string {
	return response(status, `{"error":"`+code+`"}`, "Access-Control-Allow-Origin: *", "Content-Type: application/json;charset=UTF-8")
}

func bearerRefusal(status int, code, description string) string {
	return response(status, `{"error":"`+code+`","error_description":"`+description+`"}`, "Access-Control-Allow-Origin: *", "Expires: 0",
		"Content-Type: application/json;charset=UTF-8", `WWW-Authenticate: error="`+code+`", error_description="`+description+`"`)
}

func authorizeRequest(query string) string { return "GET /oauth2/authorize?" + query + " HTTP/1.1" }

func tokenRequest(body string, headers ...string) string {
	return formRequest(tokenPath, body, headers)
}

func revokeRequest(body string, headers ...string) string {
	return formRequest(revokePath, body, headers)
}

func formRequest(path, body string, headers []string) string {
	if len(headers) == 0 || !strings.HasPrefix(headers[0], "Content-Type") {
		headers = append(headers, "Content-Type: application/x-www-form-urlencoded")
	}
	return "POST " + path + " HTTP/1.1\n" + strings.Join(headers, "\n") + "\n\n" + body
}

// §2: errors that the client is told by a redirect.
var authorizeErrors = []errorRow{
	{"§2 no response_type", authorizeRequest("client_id=" + frontEnd + "&redirect_uri=" + callback), location(callback + "?error=invalid_request")},
	{"§2 code_challenge without method", authorizeRequest(implicitQuery + "&code_challenge=x"), location(callback + "?error=invalid_request")},
	{"§2 method plain", authorizeRequest(implicitQuery + "&code_challenge=x&code_challenge_method=plain"), location(callback + "?error=invalid_request")},
	{"§2 method alone, not S256", authorizeRequest(implicitQuery + "&code_challenge_method=s256&state=s"), location(callback + "?error=invalid_request&state=s")},
	{"§2 code at an implicit client", authorizeRequest("response_type=code&client_id=" + frontEnd + "&redirect_uri=" + callback), location(callback + "?error=unauthorized_client")},
	{"§2 token at a code client", authorizeRequest("response_type=token&client_id=" + singlePage + "&redirect_uri=" + callback), location(callback + "?error=unauthorized_client")},
	{"§2 scope", authorizeRequest(implicitQuery + "&scope=nope&state=s"), location(callback + "?error_description=invalid_scope&state=s&error=invalid_request")},
	{"§2 scope, no state", authorizeRequest(implicitQuery + "&scope=nope"), location(callback + "?error_description=invalid_scope&error=invalid_request")},
}

// §2: errors that are shown on a page.
var pageErrors = []errorRow{
	{"§2 redirect_mismatch", authorizeRequest("response_type=token&client_id=" + frontEnd + "&redirect_uri=" + callback + "/"), location("http://<host>/error?error=redirect_mismatch&client_id=" + frontEnd)},
	{"§2 unknown client", authorizeRequest("response_type=token&client_id=x&redirect_uri=" + callback), location("http://<host>/error?error=invalid_request&client_id=x")},
	{"§2 malformed", authorizeRequest(implicitQuery + "&x=%zz"), location("http://<host>/error?error=invalid_request")},
	{"§2 nothing", "GET /oauth2/authorize HTTP/1.1", location("http://<host>/error?error=Required+parameters+missing")},
	{"§2 POST", "POST /oauth2/authorize?" + implicitQuery + " HTTP/1.1", response(405, "", "Allow: GET")},
}

// §4: the token endpoint.
var tokenErrors = []errorRow{
	{"§4 JSON body", tokenRequest(`{"grant_type":"authorization_code"}`, "Content-Type: application/json"), oauthRefusal(400, "invalid_request")},
	{"§4 no content type", tokenRequest("grant_type=client_credentials", "Content-Type:"), oauthRefusal(400, "invalid_request")},
	{"§4 multipart", tokenRequest("--x--", "Content-Type: multipart/form-data; boundary=x"), oauthRefusal(400, "invalid_request")},
	{"§4 empty body", tokenRequest(""), oauthRefusal(400, "invalid_request")},
	{"§4 malformed body", tokenRequest("grant_type=%zz"), oauthRefusal(400, "invalid_request")},
	{"§4 no grant_type", tokenRequest("client_id=" + singlePage + "&code={code}"), oauthRefusal(400, "invalid_request")},
	{"§4 form in the query", strings.Replace(tokenRequest("", machineBasic), tokenPath, tokenPath+"?grant_type=client_credentials", 1), oauthRefusal(400, "invalid_request")},
	{"§4 parameter twice", tokenRequest(codeForm(singlePage, "{code}") + "&code=x"), oauthRefusal(400, "invalid_request")},
	{"§4 no code", tokenRequest(codeForm(singlePage, "")), oauthRefusal(400, "invalid_request")},
	{"§4 no redirect_uri", tokenRequest("grant_type=authorization_code&client_id=" + singlePage + "&code={code}"), oauthRefusal(400, "invalid_request")},
	{"§4 no refresh_token", tokenRequest(refreshForm(singlePage, "")), oauthRefusal(400, "invalid_request")},
	{"§4 no client", tokenRequest("grant_type=client_credentials"), oauthRefusal(400, "invalid_request")},
	{"§4 Basic and a secret in the form", tokenRequest("grant_type=client_credentials&client_secret=idle", "Authorization: Basic OWlkbGU6aWRsZQ=="), oauthRefusal(400, "invalid_request")},
	{"§4 Authorization twice", tokenRequest("grant_type=client_credentials", "Authorization: Basic OWlkbGU6aWRsZQ==", "Authorization: Basic OWlkbGU6aWRsZQ=="), oauthRefusal(400, "invalid_request")},

	{"§4 unknown client", tokenRequest(codeForm("nobody", "{code}")), oauthRefusal(400, "invalid_client")},
	{"§4 client with a secret, without it", tokenRequest(codeForm(backEnd, "{code}")), oauthRefusal(400, "invalid_client")},
	{"§4 wrong secret", tokenRequest("grant_type=client_credentials", "Authorization: Basic OWlkbGU6eA=="), oauthRefusal(400, "invalid_client")},
	{"§4 not Base64", tokenRequest("grant_type=client_credentials", "Authorization: Basic *"), oauthRefusal(400, "invalid_client")},
	{"§4 Bearer", tokenRequest("grant_type=client_credentials", "Authorization: Bearer x"), oauthRefusal(400, "invalid_client")},
	{"§4 Basic and another client_id", tokenRequest("grant_type=client_credentials&client_id="+singlePage, "Authorization: Basic OWlkbGU6aWRsZQ=="), oauthRefusal(400, "invalid_client")},

	{"§4 unknown code", tokenRequest(codeForm(singlePage, "00000000-0000-0000-0000-000000000000")), oauthRefusal(400, "invalid_grant")},
	{"§4 consumed code", tokenRequest(codeForm(singlePage, "{spent-code}")), oauthRefusal(400, "invalid_grant")},
	{"§4 code of another client", tokenRequest(codeForm("7rotating", "{code}")), oauthRefusal(400, "invalid_grant")},
	{"§4 wrong code_verifier", tokenRequest(codeForm(singlePage, "{pkce-code}") + "&code_verifier=x"), oauthRefusal(400, "invalid_grant")},
	{"§4 no code_verifier", tokenRequest(codeForm(singlePage, "{pkce-code}")), oauthRefusal(400, "invalid_grant")},
	{"§4 unknown refresh token", tokenRequest(refreshForm(singlePage, "x")), oauthRefusal(400, "invalid_grant")},
	{"§4 access token for a refresh token", tokenRequest(refreshForm(singlePage, "{access}")), oauthRefusal(400, "invalid_grant")},
	{"§4 revoked refresh token", tokenRequest(refreshForm(singlePage, "{revoked-refresh}")), oauthRefusal(400, "invalid_grant")},
	{"§4 refresh token of another client", tokenRequest(refreshForm("7rotating", "{refresh}")), oauthRefusal(400, "invalid_grant")},
	{"§4 client_credentials without the flow", tokenRequest("grant_type=client_credentials&client_id=" + backEnd + "&client_secret=secret"), oauthRefusal(400, "invalid_grant")},

	{"§4 code without the flow", tokenRequest(codeForm(frontEnd, "{code}")), oauthRefusal(400, "unauthorized_client")},
	{"§4 refresh without the flow", tokenRequest(refreshForm(frontEnd, "{refresh}")), oauthRefusal(400, "unauthorized_client")},
	{"§4 redirect_uri with another slash", tokenRequest(strings.Replace(codeForm(singlePage, "{code}"), callback, callback+"/", 1)), oauthRefusal(400, "unauthorized_client")},
	{"§4 redirect_uri, another registered one", tokenRequest(strings.Replace(codeForm(singlePage, "{code}"), callback, "http://localhost:3000/other", 1)), oauthRefusal(400, "unauthorized_client")},

	{"§4 password grant", tokenRequest("grant_type=password&client_id=" + singlePage + "&username=jane&password=x"), oauthRefusal(400, "unsupported_grant_type")},
	{"§4 grant in another case", tokenRequest("grant_type=Authorization_Code&client_id=" + singlePage), oauthRefusal(400, "unsupported_grant_type")},

	{"§4 undeclared scope", tokenRequest("grant_type=client_credentials&scope=https://api.example.com/delete", machineBasic), oauthRefusal(400, "invalid_scope")},
	{"§4 standard scope", tokenRequest("grant_type=client_credentials&scope=openid", machineBasic), oauthRefusal(400, "invalid_scope")},
	{"§4 client without scopes", tokenRequest("grant_type=client_credentials", "Authorization: Basic OWlkbGU6aWRsZQ=="), oauthRefusal(400, "invalid_scope")},

	{"§4 GET", "GET /oauth2/token?grant_type=client_credentials HTTP/1.1", response(405, "", "Allow: OPTIONS, POST")},
	{"§4 PUT", "PUT /oauth2/token HTTP/1.1", response(405, "", "Allow: OPTIONS, POST")},
}

const machineBasic = "Authorization: Basic Nm1hY2hpbmU6bWFjaGluZStzZWNyZXQvPQ=="

const (
	badRequestText = "Bad OAuth2 request at UserInfo Endpoint"
	invalidText    = "Access token is expired, disabled, or deleted, or the user has globally signed out."
	noOpenIDText   = "Access token does not contain openid scope"
)

func bearer(token string) string {
	return "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Bearer " + token
}

// §5: userInfo.
var userInfoErrors = []errorRow{
	{"§5 missing", "GET /oauth2/userInfo HTTP/1.1", bearerRefusal(400, "invalid_request", badRequestText)},
	{"§5 malformed request", "GET /oauth2/userInfo HTTP/1.1\nAuthorization: Basic eDp5", bearerRefusal(400, "invalid_request", badRequestText)},
	{"§5 expired", bearer("{expired}"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 revoked", bearer("{revoked-access}"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 malformed token", bearer("a.b.c"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 refresh token", bearer("{refresh}"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 user disabled", bearer("{disabled}"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 user deleted", bearer("{deleted}"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 user globally signed out", bearer("{signed-out}"), bearerRefusal(401, "invalid_token", invalidText)},
	{"§5 without openid", bearer("{scoped}"), bearerRefusal(401, "invalid_token", noOpenIDText)},
	{"§5 ID token", bearer("{id}"), bearerRefusal(401, "invalid_token", noOpenIDText)},
	{"§5 client_credentials", bearer("{machine}"), bearerRefusal(401, "invalid_token", noOpenIDText)},
}

const signOutCookie = `Set-Cookie: cognito=""; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly; SameSite=Lax`

// §8: sign-out.
var logoutErrors = []errorRow{
	{"§8 no client_id", "GET /logout?logout_uri=http://localhost:3000/ HTTP/1.1", location("http://<host>/error?error=Required+String+parameter+%27client_id%27+is+not+present")},
	{"§8 neither logout_uri nor redirect_uri", "GET /logout?client_id=" + frontEnd + " HTTP/1.1",
		response(302, "", signOutCookie, "Location: http://<host>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&client_id="+frontEnd)},
	{"§8 post_logout_redirect_uri", "GET /logout?client_id=" + frontEnd + "&post_logout_redirect_uri=http://localhost:3000/ HTTP/1.1",
		response(302, "", signOutCookie, "Location: http://<host>/error?error=Required+String+parameter+%27redirect_uri%27+is+not+present&client_id="+frontEnd)},
	{"§8 POST", "POST /logout HTTP/1.1", response(405, "", "Allow: GET")},
}

var revokedWell = response(200, "", "Access-Control-Allow-Origin: *")

// §8: revocation.
var revokeErrors = []errorRow{
	{"§8 revoke", revokeRequest("client_id=" + singlePage + "&token={refresh}"), revokedWell},
	{"§8 revoke, with a hint", revokeRequest("client_id=" + singlePage + "&token_type_hint=access_token&token={refresh}"), revokedWell},
	{"§8 already revoked", revokeRequest("client_id=" + singlePage + "&token={revoked-refresh}"), revokedWell},
	{"§8 invalid token", revokeRequest("client_id=" + singlePage + "&token=x"), revokedWell},
	{"§8 token of another pool", revokeRequest("client_id=" + singlePage + "&token=eyJhbGciOiJSUzI1NiJ9.e30.AAAA"), revokedWell},
	{"§8 no token", revokeRequest("client_id=" + singlePage), oauthRefusal(400, "invalid_request")},
	{"§8 empty token", revokeRequest("client_id=" + singlePage + "&token="), oauthRefusal(400, "invalid_request")},
	{"§8 JSON body", revokeRequest(`{"token":"x"}`, "Content-Type: application/json"), oauthRefusal(400, "invalid_request")},
	{"§8 no client", revokeRequest("token=x"), oauthRefusal(400, "invalid_request")},
	{"§8 revocation disabled for the client", revokeRequest("client_id=8legacy&token=x"), oauthRefusal(400, "invalid_request")},
	{"§8 access token", revokeRequest("client_id=" + singlePage + "&token={access}"), oauthRefusal(400, "unsupported_token_type")},
	{"§8 expired access token", revokeRequest("client_id=" + singlePage + "&token={expired}"), oauthRefusal(400, "unsupported_token_type")},
	{"§8 ID token", revokeRequest("client_id=" + singlePage + "&token={id}"), oauthRefusal(400, "unsupported_token_type")},
	{"§8 unknown client", revokeRequest("client_id=nobody&token=x"), oauthRefusal(401, "invalid_client")},
	{"§8 wrong secret", revokeRequest("token=x", "Authorization: Basic OWlkbGU6eA=="), oauthRefusal(401, "invalid_client")},
	{"§8 no secret", revokeRequest("client_id=" + backEnd + "&token=x"), oauthRefusal(401, "invalid_client")},
	{"§8 GET", "GET /oauth2/revoke?token=x HTTP/1.1", response(405, "", "Allow: OPTIONS, POST")},
}

// A form without end: the answer is the same, but the connection is given up.
func TestFormTooLong(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for _, path := range []string{tokenPath, revokePath} {
		form := "grant_type=client_credentials&token=x&client_id=" + machine + "&client_secret=machine%2Bsecret/%3D&x="
		p := post(t, s, path, "", form+strings.Repeat("x", maxFormBytes-len(form)))
		if p.StatusCode != http.StatusOK {
			t.Errorf("%s, just not too long: %d %s", path, p.StatusCode, p.body)
		}
		p = post(t, s, path, "", form+strings.Repeat("x", maxFormBytes-len(form)+1))
		if p.StatusCode != http.StatusBadRequest || p.body != `{"error":"invalid_request"}` || !p.Close {
			t.Errorf("%s: %d %s", path, p.StatusCode, p.body)
		}
	}
}

// A sign-in form that is open in the same browser keeps its token.
func TestTokenKeepsXSRFCookie(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const own = "6f0c8b1e-4d5f-4c2b-9d57-0a1b2c3d4e5f"
	r, err := http.NewRequest(http.MethodPost, s.URL+tokenPath, strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(machine, "machine+secret/=")
	r.AddCookie(&http.Cookie{Name: xsrfCookie, Value: own})
	if p := newBrowser(t, s).do(r, nil); len(p.Cookies()) != 1 || p.Cookies()[0].Value != own {
		t.Errorf("%d %v", p.StatusCode, p.Cookies())
	}
}

// The page that the redirects of §2 and §8 lead to: 400, and the words of the error in it.
func TestErrorPageWords(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	b := newBrowser(t, s)
	for query, want := range map[string]string{
		"response_type=token&client_id=" + frontEnd + "&redirect_uri=" + callback + "/": "redirect_mismatch",
		"": "Required parameters missing",
		"client_id=x&response_type=token&redirect_uri=" + callback: "invalid_request",
	} {
		if p := b.get(b.get(authorizePath + "?" + query).Header.Get("Location")); p.StatusCode != http.StatusBadRequest || !strings.Contains(p.body, "<code>"+want+"</code>") {
			t.Errorf("%s: %d %s", query, p.StatusCode, p.body)
		}
	}
	for query, want := range map[string]string{
		"":                       "Required String parameter 'client_id' is not present",
		"client_id=" + frontEnd:  "Required String parameter 'redirect_uri' is not present",
		"client_id=x&logout_uri": "invalid_request",
	} {
		if p := b.get(b.get(logoutPath + "?" + query).Header.Get("Location")); p.StatusCode != http.StatusBadRequest || !strings.Contains(p.body, "<code>"+want+"</code>") {
			t.Errorf("%s: %d %s", query, p.StatusCode, p.body)
		}
	}
}

// server_error: the pool has no keys to sign with.
func TestServerError(t *testing.T) {
	t.Parallel()
	broken := &keyring{}
	broken.once.Do(func() { broken.err = errors.New("no entropy") })
	s, err := newServer(testConfig(), broken)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	b := newBrowser(t, s)
	if got := b.signIn(implicitQuery+"&state=s", "jane", janesPass).Header.Get("Location"); got != callback+"?error=server_error&state=s" {
		t.Errorf("authorize: %s", got)
	}
	for name, form := range map[string]string{
		"code": codeForm(singlePage, codeFor(t, s, singlePage, "")), "client": "grant_type=client_credentials&client_id=" + machine + "&client_secret=machine%2Bsecret/%3D",
	} {
		if reply := askTokens(t, s, "", form); reply.status != http.StatusInternalServerError || reply.body != `{"error":"server_error"}` {
			t.Errorf("%s: %d %s", name, reply.status, reply.body)
		}
	}
	if p := b.get(s.JWKSURL()); p.StatusCode != http.StatusInternalServerError || p.body != "" {
		t.Errorf("key set: %d %s", p.StatusCode, p.body)
	}
}

// The answers that are no errors, as the captured and documented ones read.
func TestTokenWire(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	length := regexp.MustCompile(`\n[0-9a-f]+\n\{`)
	for request, body := range map[string]string{
		tokenRequest(codeForm(singlePage, "{code}")):                                           `{"id_token":"<jwt>","access_token":"<jwt>","refresh_token":"<refresh>","expires_in":3600,"token_type":"Bearer"}`,
		tokenRequest(refreshForm(singlePage, "{refresh}")):                                     `{"id_token":"<jwt>","access_token":"<jwt>","expires_in":3600,"token_type":"Bearer"}`,
		tokenRequest("grant_type=client_credentials", machineBasic):                            `{"access_token":"<jwt>","expires_in":3600,"token_type":"Bearer"}`,
		tokenRequest("grant_type=client_credentials", machineBasic, "Cookie: XSRF-TOKEN=nope"): `{"access_token":"<jwt>","expires_in":3600,"token_type":"Bearer"}`,
	} {
		want := `HTTP/1.1 200 OK
Access-Control-Allow-Origin: *
Cache-Control: no-cache, no-store, max-age=0, must-revalidate
Content-Type: application/json;charset=UTF-8
Pragma: no-cache
Server: Server
Set-Cookie: XSRF-TOKEN=<uuid>; Path=/; HttpOnly; SameSite=Lax
Strict-Transport-Security: max-age=31536000 ; includeSubDomains
X-Application-Context: application:prod:8443
X-Content-Type-Options: nosniff
X-Frame-Options: DENY
X-XSS-Protection: 1; mode=block
x-amz-cognito-request-id: <uuid>
Date: …
Connection: close
Transfer-Encoding: chunked

<length>
` + body + "\n0\n\n"
		got := length.ReplaceAllString(wire(t, s, fill(t, s, request)), "\n<length>\n{")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}
