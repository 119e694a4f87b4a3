package runner_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// A credential that a later request declares is a secret in the requests before it, whatever folder, case or field it is of.
func TestCredentialsAreSecretsFromTheStart(t *testing.T) {
	t.Parallel()
	const show = "[[request]]\nurl = \"{{host}}/?a=of-the-case-1&b=of-the-case-2&c=of-users-folder&d=of-admins-folder&e=of-the-field\"\nassert.status = 201\n"
	folder := tree(t,
		"collection.toml", "name = \"all\"\n[auth.basic]\nusername = \"u\"\npassword = \"{{password}}\"\n",
		"a.toml", "auth = \"none\"\n"+show,
		"b.toml", "[[request]]\nurl = \"{{host}}/\"\n[[request.case]]\nname = \"one\"\nvariables = { password = \"of-the-case-1\" }\n"+
			"[[request.case]]\nname = \"two\"\nvariables = { password = \"of-the-case-2\" }\n",
		"c/folder.toml", "[variables]\npassword = \"of-users-folder\"\n", "c/c.toml", "[[request]]\nurl = \"{{host}}/\"\n",
		"d/folder.toml", "[variables]\npassword = \"of-admins-folder\"\n", "d/d.toml", "[[request]]\nurl = \"{{host}}/\"\n",
		"e.toml", "[[request]]\nurl = \"{{host}}/\"\nheaders.Authorization = \"Bearer of-the-field\"\n",
	)
	if _, list := collection.Load(folder); list.HasErrors() {
		t.Fatal(list)
	}
	rec := runTree(t, newEcho(t), folder, runner.Options{})
	said := rec.said() + rec.requests[0].Response.Body + rec.requests[0].Sent.URL
	if strings.Contains(said, "of-") || !strings.Contains(rec.requests[0].Sent.URL, "a=[redacted]&b=[redacted]&c=[redacted]&d=[redacted]&e=[redacted]") {
		t.Errorf("%s", said)
	}
}

// A secret on the border of what is shown of a body is not cut in half, and a signature in a query is one.
func TestCutBodiesAndSignatures(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-on-the-border"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 2048-len(secret)/2)+secret+" and on")
	}))
	defer s.Close()
	r := compiled(t, "cut", "[[request]]\nurl = \"{{host}}/\"\nauth.basic = { username = \"u\", password = \""+secret+"\" }\nassert.status = 201\n", runner.Options{Variables: map[string]string{"host": s.URL}})
	rec := &recorder{}
	r.Run(t.Context(), rec)
	if shown := rec.requests[0].Response.Body; strings.Contains(shown, "s3cret") || len(shown) < 2000 {
		t.Errorf("%d bytes, the end is %q", len(shown), shown[max(0, len(shown)-40):])
	}
	rec = run(t, newEcho(t), "[[request]]\nurl = \"{{host}}/\"\nauth.oauth1 = { consumer_key = \"k\", consumer_secret = \"s3cret-of-the-consumer\", in = \"query\" }\nassert.status = 201\n", runner.Options{})
	if q := rec.requests[0]; q.Sent == nil || !strings.Contains(q.Sent.URL, "oauth_signature=[redacted]") {
		t.Errorf("%+v %s", q.Sent, rec.said())
	}
}
