package cognito

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	verifier      = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	challengeS256 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	withPKCE      = "&code_challenge_method=S256&code_challenge=" + challengeS256
)

// tokenReply is an answer of the token endpoint.
type tokenReply struct {
	ID        string `json:"id_token"`
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	ExpiresIn int    `json:"expires_in"`
	Type      string `json:"token_type"`
	Error     string `json:"error"`

	status int
	body   string
}

// post sends a form as a page of an app would; basic is "id:secret" or empty.
func post(t testing.TB, s *Server, path, basic, form string) page {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.URL+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id, secret, ok := strings.Cut(basic, ":"); ok {
		r.SetBasicAuth(id, secret)
	}
	return newBrowser(t, s).do(r, nil)
}

func askTokens(t testing.TB, s *Server, basic, form string) tokenReply {
	t.Helper()
	p := post(t, s, tokenPath, basic, form)
	reply := tokenReply{status: p.StatusCode, body: p.body}
	if err := json.Unmarshal([]byte(p.body), &reply); err != nil {
		t.Fatalf("%d %q: %v", p.StatusCode, p.body, err)
	}
	return reply
}

// codeFor signs jane in and returns the code that her browser brings back.
func codeFor(t testing.TB, s *Server, clientID, more string) string {
	t.Helper()
	redirectURI := s.store.clients[clientID].CallbackURLs[0]
	query := "response_type=code&client_id=" + clientID + "&redirect_uri=" + url.QueryEscape(redirectURI) + more
	location, err := url.Parse(newBrowser(t, s).signIn(query, "jane", janesPass).Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	id := location.Query().Get("code")
	if id == "" {
		t.Fatalf("no code in %s", location)
	}
	return id
}

func codeForm(clientID, code string) string {
	return "grant_type=authorization_code&client_id=" + clientID + "&redirect_uri=" + callback + "&code=" + code
}

// signedInWith is the code flow from end to end at a public client.
func signedInWith(t testing.TB, s *Server, clientID, more string) tokenReply {
	t.Helper()
	reply := askTokens(t, s, "", codeForm(clientID, codeFor(t, s, clientID, more)))
	if reply.status != http.StatusOK || reply.Refresh == "" {
		t.Fatalf("%d %s", reply.status, reply.body)
	}
	return reply
}

func refreshForm(clientID, token string) string {
	return "grant_type=refresh_token&client_id=" + clientID + "&refresh_token=" + token
}

func TestCodeFlow(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	form := codeForm(singlePage, codeFor(t, s, singlePage, "&scope=openid+email&nonce=n-0S6_WzA2Mj"+withPKCE))
	c.turn(time.Minute)
	reply := askTokens(t, s, "", form+"&code_verifier="+verifier)
	if reply.status != http.StatusOK || reply.ExpiresIn != 3600 || reply.Type != "Bearer" {
		t.Fatalf("%d %s", reply.status, reply.body)
	}
	shape := func(token string) string {
		out := strings.ReplaceAll(payload(t, token), s.URL, "URL")
		return uuidPattern.ReplaceAllString(strings.ReplaceAll(out, janesSub, "SUB"), "<uuid>")
	}
	wantAccess := `{"sub":"SUB","cognito:groups":["editors"],"origin_jti":"<uuid>","event_id":"<uuid>","token_use":"access","scope":"openid email",` +
		`"auth_time":1588672800,"iss":"URL/us-east-1_Postrider","exp":1588676460,"iat":1588672860,"version":2,"jti":"<uuid>",` +
		`"client_id":"5singlepage","username":"jane"}`
	if diff := cmp.Diff(wantAccess, shape(reply.Access)); diff != "" {
		t.Error(diff)
	}
	sum := sha256.Sum256([]byte(reply.Access))
	wantID := `{"at_hash":"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `","sub":"SUB","cognito:groups":["editors"],` +
		`"aud":"5singlepage","email_verified":true,"origin_jti":"<uuid>","event_id":"<uuid>","token_use":"id","auth_time":1588672800,` +
		`"iss":"URL/us-east-1_Postrider","cognito:username":"jane","nonce":"n-0S6_WzA2Mj","exp":1588676460,"iat":1588672860,` +
		`"jti":"<uuid>","email":"jane@example.com"}`
	if diff := cmp.Diff(wantID, shape(reply.ID)); diff != "" {
		t.Error(diff)
	}
	access, id := decode(t, payload(t, reply.Access)), decode(t, payload(t, reply.ID))
	if access["origin_jti"] != id["origin_jti"] || access["event_id"] != id["event_id"] || access["jti"] == id["jti"] {
		t.Errorf("access %v, id %v", access, id)
	}
	if status, body := userInfo(t, s, "Bearer "+reply.Access); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
}

func TestCodeFlowWithoutOpenID(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	reply := signedInWith(t, s, singlePage, "&scope=https://api.example.com/read")
	got := refreshPattern.ReplaceAllString(reply.body, "<refresh>")
	got = tokenPattern.ReplaceAllString(got, "<jwt>")
	if want := `{"access_token":"<jwt>","refresh_token":"<refresh>","expires_in":3600,"token_type":"Bearer"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Where revocation is off, tokens look as they did before there was any.
func TestTokensOfLegacyClient(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	reply := signedInWith(t, s, "8legacy", "&scope=openid")
	for _, token := range []string{reply.Access, reply.ID} {
		if claims := decode(t, payload(t, token)); claims["origin_jti"] != nil || (claims["token_use"] == "id" && claims["jti"] != nil) {
			t.Errorf("%v", claims)
		}
	}
}

func TestRefreshTokenShape(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	first, second := signedInWith(t, s, singlePage, "").Refresh, signedInWith(t, s, singlePage, "").Refresh
	parts := strings.Split(first, ".")
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || string(header) != `{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}` || len(parts) != 5 {
		t.Errorf("%s in %d parts, %v", header, len(parts), err)
	}
	if strings.Split(second, ".")[3] == parts[3] {
		t.Error("two refresh tokens are alike")
	}
}

func TestCodesExpireByTheClock(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	in, late := codeFor(t, s, singlePage, ""), codeFor(t, s, singlePage, "")
	c.turn(codeLifetime - time.Second)
	if reply := askTokens(t, s, "", codeForm(singlePage, in)); reply.status != http.StatusOK {
		t.Errorf("a second before: %d %s", reply.status, reply.body)
	}
	c.turn(time.Second)
	if reply := askTokens(t, s, "", codeForm(singlePage, late)); reply.Error != "invalid_grant" {
		t.Errorf("after five minutes: %d %s", reply.status, reply.body)
	}
}

// The reliability goal: single-use under 100 parallel tries.
func TestCodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	id := codeFor(t, s, singlePage, "")
	if ok, bad := race(t, s, 100, codeForm(singlePage, id)); ok != 1 || bad != 99 {
		t.Errorf("%d tries got tokens, %d got invalid_grant", ok, bad)
	}
}

func TestRotatingRefreshTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	token := signedInWith(t, s, "7rotating", "").Refresh
	if ok, bad := race(t, s, 100, refreshForm("7rotating", token)); ok != 1 || bad != 99 {
		t.Errorf("%d tries got tokens, %d got invalid_grant", ok, bad)
	}
}

// race sends the form n times at once and counts tokens and invalid_grant.
func race(t *testing.T, s *Server, n int, form string) (ok, bad int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
	defer client.CloseIdleConnections()
	start := make(chan struct{})
	bodies := make(chan string, n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			<-start
			resp, err := client.Post(s.URL+tokenPath, "application/x-www-form-urlencoded", strings.NewReader(form))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			var reply tokenReply
			if err := json.NewDecoder(resp.Body).Decode(&reply); err != nil {
				t.Error(err)
			}
			if reply.Access != "" {
				bodies <- "ok"
			} else {
				bodies <- reply.Error
			}
		})
	}
	close(start)
	wg.Wait()
	close(bodies)
	for body := range bodies {
		switch body {
		case "ok":
			ok++
		case "invalid_grant":
			bad++
		}
	}
	return ok, bad
}

// An attempt spends the code, even one that could not succeed.
func TestCodeIsSpentByTheAttempt(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	for name, form := range map[string]string{
		"another verifier":     codeForm(singlePage, "CODE") + "&code_verifier=" + verifier[1:],
		"another redirect_uri": strings.Replace(codeForm(singlePage, "CODE"), callback, callback+"/", 1) + "&code_verifier=" + verifier,
		"another client":       codeForm("7rotating", "CODE") + "&code_verifier=" + verifier,
	} {
		id := codeFor(t, s, singlePage, withPKCE)
		if reply := askTokens(t, s, "", strings.Replace(form, "CODE", id, 1)); reply.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, reply.status, reply.body)
		}
		if reply := askTokens(t, s, "", codeForm(singlePage, id)+"&code_verifier="+verifier); reply.Error != "invalid_grant" {
			t.Errorf("%s, then the right one: %d %s", name, reply.status, reply.body)
		}
	}
	// But who cannot authenticate spends nothing.
	id := codeFor(t, s, singlePage, "")
	if reply := askTokens(t, s, "", codeForm(backEnd, id)); reply.Error != "invalid_client" {
		t.Errorf("%d %s", reply.status, reply.body)
	}
	if reply := askTokens(t, s, "", codeForm(singlePage, id)); reply.status != http.StatusOK {
		t.Errorf("%d %s", reply.status, reply.body)
	}
}

func TestPKCE(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	tests := []struct{ name, challenge, verifier, want string }{
		{"right", withPKCE, verifier, ""},
		{"wrong", withPKCE, verifier + "x", "invalid_grant"},
		{"the challenge itself", withPKCE, challengeS256, "invalid_grant"},
		{"none", withPKCE, "", "invalid_grant"},
		{"in another case", withPKCE, strings.ToLower(verifier), "invalid_grant"},
		{"none, for the challenge of nothing", "&code_challenge_method=S256&code_challenge=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "", "invalid_grant"},
		{"without a challenge", "", verifier, "invalid_grant"},
		{"neither", "", "", ""},
		{"a method alone", "&code_challenge_method=S256", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			form := codeForm(singlePage, codeFor(t, s, singlePage, tt.challenge))
			if tt.verifier != "" {
				form += "&code_verifier=" + tt.verifier
			}
			if reply := askTokens(t, s, "", form); reply.Error != tt.want || (reply.Access == "") != (tt.want != "") {
				t.Errorf("%d %s, want %q", reply.status, reply.body, tt.want)
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	first := signedInWith(t, s, singlePage, "&scope=openid+email&nonce=once")
	c.turn(2 * time.Hour)
	if status, _ := userInfo(t, s, "Bearer "+first.Access); status != http.StatusUnauthorized {
		t.Errorf("expired access token: %d", status)
	}
	reply := askTokens(t, s, "", refreshForm(singlePage, first.Refresh)+"&scope=profile")
	if got, want := tokenPattern.ReplaceAllString(reply.body, "<jwt>"), `{"id_token":"<jwt>","access_token":"<jwt>","expires_in":3600,"token_type":"Bearer"}`; got != want {
		t.Fatalf("%s, want %s", got, want)
	}
	before, after, id := decode(t, payload(t, first.Access)), decode(t, payload(t, reply.Access)), decode(t, payload(t, reply.ID))
	for _, name := range []string{"sub", "scope", "auth_time", "origin_jti", "client_id", "username"} {
		if before[name] != after[name] {
			t.Errorf("%s was %v and is %v", name, before[name], after[name])
		}
	}
	for _, name := range []string{"jti", "iat", "exp"} {
		if before[name] == after[name] {
			t.Errorf("%s is still %v", name, before[name])
		}
	}
	if id["nonce"] != nil || id["at_hash"] != atHash(reply.Access) {
		t.Errorf("ID token %v", id)
	}
	if status, _ := userInfo(t, s, "Bearer "+reply.Access); status != http.StatusOK {
		t.Errorf("refreshed access token: %d", status)
	}
	// It is good as often as it is needed, until its time.
	c.turn(DefaultRefreshTokenValidity - 2*time.Hour - time.Second)
	if reply := askTokens(t, s, "", refreshForm(singlePage, first.Refresh)); reply.status != http.StatusOK || reply.Refresh != "" {
		t.Errorf("a second before: %d %s", reply.status, reply.body)
	}
	c.turn(time.Second)
	if reply := askTokens(t, s, "", refreshForm(singlePage, first.Refresh)); reply.Error != "invalid_grant" {
		t.Errorf("after 30 days: %d %s", reply.status, reply.body)
	}
}

func TestRefreshWithRotation(t *testing.T) {
	t.Parallel()
	s, c := newTestServer(t)
	first := signedInWith(t, s, "7rotating", "")
	c.turn(40 * time.Minute)
	second := askTokens(t, s, "", refreshForm("7rotating", first.Refresh))
	if second.Refresh == "" || second.Refresh == first.Refresh {
		t.Fatalf("%d %s", second.status, second.body)
	}
	if reply := askTokens(t, s, "", refreshForm("7rotating", first.Refresh)); reply.Error != "invalid_grant" {
		t.Errorf("the spent one: %d %s", reply.status, reply.body)
	}
	c.turn(20*time.Minute - time.Second)
	third := askTokens(t, s, "", refreshForm("7rotating", second.Refresh))
	if third.Refresh == "" {
		t.Errorf("%d %s", third.status, third.body)
	}
	c.turn(time.Second)
	if reply := askTokens(t, s, "", refreshForm("7rotating", third.Refresh)); reply.Error != "invalid_grant" {
		t.Errorf("an hour after the sign-in: %d %s", reply.status, reply.body)
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const api = "https://api.example.com/"
	for scope, want := range map[string]string{
		"":                        api + "read " + api + "write",
		"&scope=":                 api + "read " + api + "write",
		"&scope=" + api + "write": api + "write",
		"&scope=" + api + "write+" + api + "read": api + "read " + api + "write",
	} {
		reply := askTokens(t, s, machine+":machine+secret/=", "grant_type=client_credentials"+scope)
		if got, want := tokenPattern.ReplaceAllString(reply.body, "<jwt>"), `{"access_token":"<jwt>","expires_in":3600,"token_type":"Bearer"}`; got != want {
			t.Fatalf("%s: %s, want %s", scope, got, want)
		}
		got := uuidPattern.ReplaceAllString(strings.ReplaceAll(payload(t, reply.Access), s.URL, "URL"), "<uuid>")
		wantClaims := `{"sub":"6machine","token_use":"access","scope":"` + want + `","auth_time":1588672800,"iss":"URL/us-east-1_Postrider",` +
			`"exp":1588676400,"iat":1588672800,"version":2,"jti":"<uuid>","client_id":"6machine"}`
		if diff := cmp.Diff(wantClaims, got); diff != "" {
			t.Error(diff)
		}
	}
}
