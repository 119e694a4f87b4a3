package auth_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

// dh37 are the credentials of the specification's examples.
func dh37() auth.Hawk {
	return auth.Hawk{ID: "dh37fgj492je", Key: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn", Algorithm: "sha256", Ext: "some-app-ext-data"}
}

// TestHawkExamples has the "Protocol Example" and "Payload Validation" of the specification.
func TestHawkExamples(t *testing.T) {
	t.Parallel()
	const body = "Thank you for flying Hawk"
	stream := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	plain, hashed := dh37(), dh37()
	plain.Algorithm, hashed.PayloadHash = "", true
	const head = `Hawk id="dh37fgj492je", ts="1353832234", nonce="j4h3g2", `
	for name, test := range map[string]struct {
		h    auth.Hawk
		r    exchange.Request
		want string
	}{
		"request": {plain, exchange.Request{}, `ext="some-app-ext-data", mac="6R4rV5iE+NPoym+WwjeHzjAGXUtLNIxmo1vpMofpLAE="`},
		"payload": {hashed, exchange.Request{Method: "POST", Body: []byte(body)}, `hash="Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=", ext="some-app-ext-data", mac="aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw="`},
		"stream":  {hashed, exchange.Request{Method: "post", Open: stream}, `hash="Yi9LfIIFRtBEPt74PVmbTF/xVAwPn7ub15ePICfgnuY=", ext="some-app-ext-data", mac="aSe1DERmZuRl3pI36/9BdZmnErTw3sNzOOAUlfeKjVw="`},
	} {
		for _, url := range []string{"http://example.com:8000/resource/1?b=1&a=2", "http://EXAMPLE.com:8000/resource/1?b=1&a=2#f", "http://127.0.0.1:1/resource/1?b=1&a=2"} {
			r := test.r
			r.URL, r.Header = url, exchange.Header{{Name: "content-type", Value: "Text/Plain; charset=utf-8"}, {Name: "Authorization", Value: "old"}}
			if strings.Contains(url, "127") {
				r.Header.Set("Host", "example.com:8000")
			}
			if err := test.h.Sign(&r, time.Unix(1353832234, 5e8), "j4h3g2"); err != nil || r.Header.Get("Authorization") != head+test.want {
				t.Errorf("%s, %s: %s, error %v\nwant %s%s", name, url, r.Header.Get("Authorization"), err, head, test.want)
			}
		}
	}
}

// TestHawkAsPackage has values that the hawk package gave: for a delegated application, and for a query that is not encoded.
func TestHawkAsPackage(t *testing.T) {
	t.Parallel()
	delegated := dh37()
	delegated.App, delegated.Dlg = "app", "dlg"
	for _, test := range []struct {
		h         auth.Hawk
		url, want string
	}{
		{delegated, "http://example.com:8000/resource/1?b=1&a=2", `mac="JLr3CjCbR7W0xqRd1M7cMkkqjd2ud00gFkVdvtF48gU=", app="app", dlg="dlg"`},
		{dh37(), "http://example.com:8000/resource/1?b=d eü&a=2", `mac="R+SPbRdy+fTlcZ8y46DAtCbEk1PFUI6E1QLl1XoKSmQ="`},
	} {
		r := &exchange.Request{URL: test.url}
		if err := test.h.Sign(r, time.Unix(1353832234, 0), "j4h3g2"); err != nil || !strings.HasSuffix(r.Header.Get("Authorization"), test.want) {
			t.Errorf("%s: %s, error %v\nwant %s", test.url, r.Header.Get("Authorization"), err, test.want)
		}
	}
}

// TestHawkSHA1 has the values of the hawk package's own test of its client.
func TestHawkSHA1(t *testing.T) {
	t.Parallel()
	h := auth.Hawk{ID: "123456", Key: "2983d45yun89q", Algorithm: "sha1", Ext: "Bazinga!", PayloadHash: true}
	r := &exchange.Request{Method: "POST", URL: "http://example.net/somewhere/over/the/rainbow", Body: []byte("something to write about")}
	const want = `Hawk id="123456", ts="1353809207", nonce="Ygvqdz", hash="bsvY3IfUllw6V5rvk4tStEvpBhE=", ext="Bazinga!", mac="qbf1ZPG/r/e06F4ht+T77LXi5vw="`
	if err := h.Sign(r, time.Unix(1353809207, 0), "Ygvqdz"); err != nil || r.Header.Get("Authorization") != want {
		t.Errorf("%s, error %v\nwant %s", r.Header.Get("Authorization"), err, want)
	}
}

func TestHawkRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change             func(*auth.Hawk)
		key, message, hint string
	}{
		{func(h *auth.Hawk) { h.ID = "" }, "id", "id is empty", ""},
		{func(h *auth.Hawk) { h.Key = "" }, "key", "key is empty", ""},
		{func(h *auth.Hawk) { h.Algorithm = "sha-256" }, "algorithm", `algorithm "sha-256" is not known`, `did you mean "sha256"?`},
		{func(h *auth.Hawk) { h.Algorithm = "md5" }, "algorithm", `algorithm "md5" is not known`, `expected "sha256" or "sha1"`},
		{func(h *auth.Hawk) { h.Dlg = "x" }, "app", "app is empty", "dlg is only sent together with it"},
		{func(h *auth.Hawk) { h.ID = "a\"b" }, "id", "id has a character that Hawk cannot carry", "*"},
		{func(h *auth.Hawk) { h.Ext = "a\\b" }, "ext", "ext has a character that Hawk cannot carry", "*"},
		{func(h *auth.Hawk) { h.App = "ä" }, "app", "app has a character that Hawk cannot carry", "*"},
		{func(h *auth.Hawk) { h.App, h.Dlg = "a", "\n" }, "dlg", "dlg has a character that Hawk cannot carry", "*"},
	} {
		h := dh37()
		test.change(&h)
		r := &exchange.Request{URL: "http://example.com/"}
		wantField(t, test.message, h.Sign(r, time.Unix(1, 0), "n"), test.key, test.message, test.hint)
		wantField(t, test.message, h.Validate(), test.key, test.message, test.hint)
		if r.Header != nil {
			t.Errorf("%s: header %v", test.message, r.Header)
		}
	}
	wantField(t, "no nonce", dh37().Sign(&exchange.Request{URL: "http://example.com/"}, time.Unix(1, 0), ""), "nonce", "nonce is empty", "")
	wantField(t, "bad nonce", dh37().Sign(&exchange.Request{URL: "http://example.com/"}, time.Unix(1, 0), `"`), "nonce", "nonce has a character that Hawk cannot carry", "*")
	wantField(t, "bad URL", dh37().Sign(&exchange.Request{URL: "/relative"}, time.Unix(1, 0), "n"), "", "the URL cannot be read, and so not be signed", "")
	h := dh37()
	h.PayloadHash = true
	r := &exchange.Request{URL: "http://example.com/", Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}
	if err := h.Sign(r, time.Unix(1, 0), "n"); err == nil || r.Header != nil {
		t.Errorf("error %v, header %v", err, r.Header)
	}
}
