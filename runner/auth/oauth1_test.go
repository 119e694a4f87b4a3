package auth_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

const form = "application/x-www-form-urlencoded"

// rsaPEM is a key of 2048 bits and its PEM, made once.
var rsaPEM = sync.OnceValues(func() (*rsa.PrivateKey, string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
})

// TestOAuth1BaseString has the examples of RFC 5849, whose signatures are without oauth_version. That of section 3.4.1 is
// as corrected by its errata.
func TestOAuth1BaseString(t *testing.T) {
	t.Parallel()
	printer := auth.OAuth1{ConsumerKey: "dpf43f3p2l4k3l03", ConsumerSecret: "kd94hf93k423kf44"}
	withToken := func(o auth.OAuth1, secret string) auth.OAuth1 { o.TokenSecret = secret; return o }
	tests := map[string]struct {
		o               auth.OAuth1
		r               exchange.Request
		own             []string
		base, signature string
	}{
		"section 3.4.1": {
			auth.OAuth1{ConsumerSecret: "j49sk3j29djd", TokenSecret: "dh893hdasih9"},
			exchange.Request{Method: "POST", URL: "http://EXAMPLE.com:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", Header: exchange.Header{{Name: "Content-Type", Value: form}}, Body: []byte("c2&a3=2+q")},
			[]string{"oauth_consumer_key", "9djdj82h48djs9d2", "oauth_token", "kkk9d7dh3k39sjv7", "oauth_signature_method", "HMAC-SHA1", "oauth_timestamp", "137131201", "oauth_nonce", "7d8f3e4a"},
			"POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
			"r6/TJjbCOr97/+UU0NsvSne7s5g=",
		},
		"section 1.2, temporary credentials": {
			printer, exchange.Request{Method: "POST", URL: "https://photos.example.net/initiate"},
			[]string{"oauth_consumer_key", "dpf43f3p2l4k3l03", "oauth_signature_method", "HMAC-SHA1", "oauth_timestamp", "137131200", "oauth_nonce", "wIjqoS", "oauth_callback", "http://printer.example.com/ready"},
			"", "74KNZJeDHnMBp0EMJ9ZHt/XKycU=",
		},
		"section 1.2, token": {
			withToken(printer, "hdhd0244k9j7ao03"), exchange.Request{Method: "POST", URL: "https://photos.example.net/token"},
			[]string{"oauth_consumer_key", "dpf43f3p2l4k3l03", "oauth_token", "hh5s93j4hdidpola", "oauth_signature_method", "HMAC-SHA1", "oauth_timestamp", "137131201", "oauth_nonce", "walatlh", "oauth_verifier", "hfdp7dh39dks9884"},
			"", "gKgrFCywp7rO0OXSjdot/IHF7IU=",
		},
		"section 1.2, photo": {
			withToken(printer, "pfkkdhi9sl3r4s00"), exchange.Request{URL: "http://photos.example.net/photos?file=vacation.jpg&size=original"},
			[]string{"oauth_consumer_key", "dpf43f3p2l4k3l03", "oauth_token", "nnch734d00sl2jdk", "oauth_signature_method", "HMAC-SHA1", "oauth_timestamp", "137131202", "oauth_nonce", "chapoH"},
			"", "MdpQcU8iPSUjWoN/UDMsK2sui9I=",
		},
	}
	for name, test := range tests {
		base, err := auth.BaseString(&test.r, test.own...)
		if err != nil || test.base != "" && base != test.base {
			t.Errorf("%s: error %v\n     %s\nwant %s", name, err, base, test.base)
		}
		if got, err := test.o.SignBaseString(base); err != nil || got != test.signature {
			t.Errorf("%s: %s, error %v, want %s", name, got, err, test.signature)
		}
	}
}

// photos is the example of OAuth Core 1.0, appendix A.5.
func photos() auth.OAuth1 {
	return auth.OAuth1{ConsumerKey: "dpf43f3p2l4k3l03", ConsumerSecret: "kd94hf93k423kf44", Token: "nnch734d00sl2jdk", TokenSecret: "pfkkdhi9sl3r4s00"}
}

func TestOAuth1Header(t *testing.T) {
	t.Parallel()
	o := photos()
	o.Realm = "http://photos.example.net/"
	r := &exchange.Request{URL: "http://photos.example.net/photos?file=vacation.jpg&size=original", Header: exchange.Header{{Name: "authorization", Value: "old"}}}
	if err := o.Sign(r, time.Unix(1191242096, 0), "kllo9940pd9333jh"); err != nil {
		t.Fatal(err)
	}
	const want = `OAuth realm="http://photos.example.net/", oauth_consumer_key="dpf43f3p2l4k3l03", oauth_signature_method="HMAC-SHA1", ` +
		`oauth_timestamp="1191242096", oauth_nonce="kllo9940pd9333jh", oauth_version="1.0", oauth_token="nnch734d00sl2jdk", oauth_signature="tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D"`
	if got := r.Header.Values("Authorization"); !cmp.Equal(got, []string{want}) {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestOAuth1Twitter has the example of "Creating a signature" (Twitter's developer documentation).
func TestOAuth1Twitter(t *testing.T) {
	t.Parallel()
	o := auth.OAuth1{
		ConsumerKey: "xvz1evFS4wEEPTGEFPHBog", ConsumerSecret: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
		Token: "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", TokenSecret: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
	}
	const body = "status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21"
	stream := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	for name, r := range map[string]*exchange.Request{"whole": {Body: []byte(body)}, "stream": {Open: stream}} {
		r.Method, r.URL = "POST", "https://api.twitter.com/1.1/statuses/update.json?include_entities=true"
		r.Header.Set("Content-Type", form+"; charset=UTF-8")
		if err := o.Sign(r, time.Unix(1318622958, 0), "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"); err != nil {
			t.Fatal(err)
		}
		if got := r.Header.Get("Authorization"); !strings.HasSuffix(got, `oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestOAuth1Places(t *testing.T) {
	t.Parallel()
	at, nonce := time.Unix(1191242096, 0), "kllo9940pd9333jh"
	own := "oauth_consumer_key=dpf43f3p2l4k3l03&oauth_signature_method=HMAC-SHA1&oauth_timestamp=1191242096&oauth_nonce=kllo9940pd9333jh&oauth_version=1.0&oauth_token=nnch734d00sl2jdk&oauth_signature="
	o := photos()
	o.In = "query"
	r := &exchange.Request{URL: "http://photos.example.net/photos?file=vacation.jpg&oauth_nonce=old&oauth_signature=old&size=original#f"}
	if err := o.Sign(r, at, nonce); err != nil || r.URL != "http://photos.example.net/photos?file=vacation.jpg&size=original&"+own+"tR3%2BTy81lMeYAr%2FFid0kMTYa%2FWM%3D#f" || r.Header != nil {
		t.Errorf("%s, error %v", r.URL, err)
	}

	o.In = "body"
	stream := func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("file=vacation.jpg&size=original")), nil
	}
	var bodies []string
	for name, r := range map[string]*exchange.Request{
		"whole":  {Body: []byte("file=vacation.jpg&size=original"), Header: exchange.Header{{Name: "content-type", Value: form}}},
		"stream": {Open: stream, Length: -1, Header: exchange.Header{{Name: "Content-Type", Value: form}}},
	} {
		r.Method, r.URL = "POST", "http://photos.example.net/photos"
		if err := o.Sign(r, at, nonce); err != nil || !r.SecretBody || r.Open != nil || r.Header.Has("Authorization") {
			t.Errorf("%s: %+v, error %v", name, r, err)
		}
		if !strings.HasPrefix(string(r.Body), "file=vacation.jpg&size=original&"+own) {
			t.Errorf("%s: %s", name, r.Body)
		}
		bodies = append(bodies, string(r.Body))
	}
	values, err := url.ParseQuery(bodies[0])
	if err != nil || bodies[0] != bodies[1] {
		t.Errorf("%v %q", err, bodies)
	}
	signature := values.Get("oauth_signature")
	base := "POST&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dkllo9940pd9333jh%26" +
		"oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1191242096%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0%26size%3Doriginal"
	if want, err := o.SignBaseString(base); err != nil || signature != want {
		t.Errorf("signature %s, want %s, error %v", signature, want, err)
	}

	r = &exchange.Request{Method: "POST", URL: "http://photos.example.net/photos"}
	if err := o.Sign(r, at, nonce); err != nil || r.Header.Get("Content-Type") != form || !strings.HasPrefix(string(r.Body), "oauth_consumer_key=") {
		t.Errorf("empty body: %q, %v, error %v", r.Body, r.Header, err)
	}
}

func TestOAuth1Methods(t *testing.T) {
	t.Parallel()
	key, text := rsaPEM()
	for _, method := range []string{"PLAINTEXT", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512"} {
		o := photos()
		o.SignatureMethod, o.ConsumerSecret = method, "a&b"
		if strings.HasPrefix(method, "RSA") {
			o.PrivateKey = text
		}
		r := &exchange.Request{URL: "http://photos.example.net/photos"}
		if err := o.Sign(r, time.Unix(1, 0), "n"); err != nil {
			t.Fatal(err)
		}
		_, last, _ := strings.Cut(r.Header.Get("Authorization"), `oauth_signature="`)
		signature, err := url.QueryUnescape(strings.TrimSuffix(last, `"`))
		if err != nil {
			t.Fatal(err)
		}
		base := "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&oauth_consumer_key%3Ddpf43f3p2l4k3l03%26oauth_nonce%3Dn%26oauth_signature_method%3D" + method +
			"%26oauth_timestamp%3D1%26oauth_token%3Dnnch734d00sl2jdk%26oauth_version%3D1.0"
		switch method {
		case "PLAINTEXT": // RFC 5849, section 3.4.4
			if signature != "a%26b&pfkkdhi9sl3r4s00" {
				t.Errorf("%s: %s", method, signature)
			}
		case "RSA-SHA256":
			raw, err := base64.StdEncoding.DecodeString(signature)
			sum := sha256.Sum256([]byte(base))
			if err != nil || rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], raw) != nil {
				t.Errorf("%s does not verify %s, %v", signature, base, err)
			}
		}
	}
}

func TestOAuth1BodyHash(t *testing.T) {
	t.Parallel()
	o := photos()
	o.BodyHash = true
	r := &exchange.Request{Method: "PUT", URL: "http://www.example.com/resource", Body: []byte("Hello World!"), Header: exchange.Header{{Name: "Content-Type", Value: "text/plain"}}}
	if err := o.Sign(r, time.Unix(1, 0), "n"); err != nil || !strings.Contains(r.Header.Get("Authorization"), `oauth_body_hash="Lve95gjOVATpfV8EL5X4nxwjKHE%3D"`) {
		t.Errorf("%v, error %v", r.Header, err) // the value is that of the extension's section 6
	}
	r.Header.Set("Content-Type", form)
	if err := o.Sign(r, time.Unix(1, 0), "n"); err != nil || strings.Contains(r.Header.Get("Authorization"), "body_hash") {
		t.Errorf("a form: %v, error %v", r.Header, err)
	}
}

func TestOAuth1Refuses(t *testing.T) {
	t.Parallel()
	request := func(body, contentType string) *exchange.Request {
		return &exchange.Request{Method: "POST", URL: "http://a.example/?x=1", Body: []byte(body), Header: exchange.Header{{Name: "Content-Type", Value: contentType}}}
	}
	for _, test := range []struct {
		change             func(*auth.OAuth1)
		r                  *exchange.Request
		key, message, hint string
	}{
		{func(o *auth.OAuth1) { o.ConsumerKey = "" }, request("", ""), "consumer_key", "consumer_key is empty", ""},
		{func(o *auth.OAuth1) { o.ConsumerSecret = "" }, request("", ""), "consumer_secret", "consumer_secret is empty", "*"},
		{func(o *auth.OAuth1) { o.Token = "" }, request("", ""), "token", "token is empty", "*"},
		{func(o *auth.OAuth1) { o.SignatureMethod = "HMAC-SHA265" }, request("", ""), "signature_method", `signature_method "HMAC-SHA265" is not known`, `did you mean "HMAC-SHA256"?`},
		{func(o *auth.OAuth1) { o.In = "cookie" }, request("", ""), "in", `in "cookie" is not known`, "*"},
		{func(o *auth.OAuth1) { o.PrivateKey = "s3cret" }, request("", ""), "signature_method", "signature_method HMAC-SHA1 does not use the private_key", "*"},
		{func(o *auth.OAuth1) { o.SignatureMethod = "RSA-SHA1" }, request("", ""), "private_key", "private_key is empty", "*"},
		{func(o *auth.OAuth1) { o.SignatureMethod, o.PrivateKey = "RSA-SHA1", "s3cret" }, request("", ""), "private_key", "private_key is neither PEM nor a JWK", "*"},
		{func(o *auth.OAuth1) { o.SignatureMethod, o.PrivateKey = "RSA-SHA1", ed25519JWK }, request("", ""), "private_key", "private_key is Ed25519, and RSA-SHA1 wants RSA", ""},
		{func(o *auth.OAuth1) { o.SignatureMethod, o.BodyHash = "PLAINTEXT", true }, request("", ""), "body_hash", "body_hash needs a signature_method with a hash, and PLAINTEXT has none", ""},
		{func(o *auth.OAuth1) { o.In, o.Realm = "query", "r" }, request("", ""), "realm", "realm is only sent in a header", "*"},
		{func(o *auth.OAuth1) { o.Realm = "a\nb" }, request("", ""), "realm", "realm has a character that a header field cannot have", ""},
		{func(o *auth.OAuth1) { o.In = "body" }, request("{}", "application/json"), "in", `in = "body" is for a form, and the body is none`, "*"},
		{func(o *auth.OAuth1) {}, request("a=%zz", form), "", "the parameters cannot be signed: one has a % that is not followed by two hexadecimal digits", "*"},
		{func(o *auth.OAuth1) { o.In = "body" }, request("a=1&oauth_nonce=s3cret", form), "", "the form has oauth_nonce already, which the signature adds", "*"},
	} {
		o := photos()
		test.change(&o)
		wantField(t, test.message, o.Sign(test.r, time.Unix(1, 0), "n"), test.key, test.message, test.hint)
		if test.r.Header.Has("Authorization") || test.r.URL != "http://a.example/?x=1" {
			t.Errorf("%s: %+v", test.message, test.r)
		}
	}
	wantField(t, "no nonce", photos().Sign(request("", ""), time.Unix(1, 0), ""), "nonce", "nonce is empty", "")
}
