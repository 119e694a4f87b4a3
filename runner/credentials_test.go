package runner_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/environment"
)

// TestUserinfoIsSecret: the password of an address is shown nowhere, as it is or as what basic authentication makes of it.
func TestUserinfoIsSecret(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	address := strings.Replace(e.URL, "http://", "http://usr:pass-in-url@", 1)
	for _, url := range []string{address + "/", "http://usr:pass-in-url@127.0.0.1:1/"} {
		rec := run(t, e, "[[request]]\nurl = '"+url+"'\nassert.status = 201\nassert.text = 'x'\n", runner.Options{Redactor: environment.NewRedactor()})
		shown := rec.said()
		if r := rec.requests[0].Response; r != nil {
			shown += r.Body
		}
		for _, secret := range []string{"pass-in-url", "dXNyOnBhc3MtaW4tdXJs"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s: %s", secret, shown)
			}
		}
	}
}

// TestSecretBodyStaysHome: a 307 carries no body with a secret in it to another origin; another body it may carry.
func TestSecretBodyStaysHome(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	away := httptest.NewServer(http.RedirectHandler(e.URL+"/elsewhere", http.StatusTemporaryRedirect))
	t.Cleanup(away.Close)
	redactor := environment.NewRedactor()
	redactor.Add("hunter2-and-more")
	for body, verdict := range map[string]runner.Verdict{"{{key}}": runner.Errored, "harmless": runner.Passed} {
		before := len(e.requests())
		rec := run(t, e, "[[request]]\nurl = '"+away.URL+"'\nbody.form = { password = '"+body+"' }\n",
			runner.Options{Redactor: redactor, Variables: map[string]string{"key": "hunter2-and-more"}})
		if got := len(e.requests()) - before; rec.result.Verdict != verdict || (got > 0) != (verdict == runner.Passed) {
			t.Errorf("%s: %s, %d arrived: %s", body, rec.result.Verdict, got, rec.said())
		}
	}
}

// TestTokensOfAnswersAreSecret: also those that nobody captures, and that are no JWT.
func TestTokensOfAnswersAreSecret(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"access_token":"Tok-uncaptured-xyz","refresh_token":"Ref-uncaptured-xyz","token_type":"Bearer"}`))
	}))
	t.Cleanup(s.Close)
	rec := run(t, newEcho(t), "[[request]]\nurl = '"+s.URL+"'\nassert.json.token_type = 'mac'\nassert.json.access_token = 'x'\n",
		runner.Options{Redactor: environment.NewRedactor()})
	if shown := rec.said() + rec.requests[0].Response.Body; strings.Contains(shown, "uncaptured") || !strings.Contains(shown, "Bearer") {
		t.Error(shown)
	}
}

// TestCapturedCallbackURL: what is captured under that name has to be one.
func TestCapturedCallbackURL(t *testing.T) {
	t.Parallel()
	rec := run(t, newEcho(t), "[[request]]\nurl = '{{host}}/'\ncapture.callback_url = { json = 'path' }\n", runner.Options{})
	if q := rec.requests[0]; q.Verdict != runner.Errored || q.Error.Kind != runner.CaptureError {
		t.Error(q.Verdict, rec.said())
	}
}

// TestUnsetPassword: a secret that is not set here leaves the sign-in to a person.
func TestUnsetPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir+"/e.toml", "[secrets]\npassword = { env = \"NOT_SET_ANYWHERE\" }\n")
	e, list := environment.Load(environment.Options{Names: []string{dir + "/e.toml"}})
	if list.HasErrors() {
		t.Fatal(list)
	}
	const grant = "auth.oauth2 = { grant = 'implicit', authorize_url = '{{host}}', client_id = 'c', redirect_uri = 'http://localhost/cb', username = 'jane', password = '{{"
	for password, said := range map[string]string{"password": "needs somebody to sign in", "pasword": `variable "pasword" has no value`} {
		rec := run(t, newEcho(t), grant+password+"}}' }\n[[request]]\nurl = '{{host}}/'\n", runner.Options{Environment: e})
		if rec.result.Verdict != runner.Errored || !strings.Contains(rec.said(), said) {
			t.Errorf("%s: %s", password, rec.said())
		}
	}
}
