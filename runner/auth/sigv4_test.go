package auth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

// suite are the credentials of AWS's Signature Version 4 test suite.
func suite() auth.SigV4 {
	return auth.SigV4{AccessKey: "AKIDEXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", Region: "us-east-1", Service: "service"}
}

// TestSigV4Suite signs the requests of AWS's test suite. It has no session token that is not signed and no field in several
// lines, as requests of ours have neither.
func TestSigV4Suite(t *testing.T) {
	t.Parallel()
	const token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/" +
		"qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0i" +
		"PPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
	unreserved := "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	header := func(values ...string) (h exchange.Header) {
		for _, v := range values {
			name, value, _ := strings.Cut(v, ":")
			h.Add(name, value)
		}
		return h
	}
	tests := map[string]struct {
		method, target    string
		header            exchange.Header
		body, token       string
		fields, signature string
	}{
		"get-header-key-duplicate":         {"GET", "/", header("My-Header1:value2", "my-header1:value2", "My-Header1:value1"), "", "", "my-header1;", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		"get-header-value-order":           {"GET", "/", header("My-Header1:value4", "My-Header1:value1", "My-Header1:value3", "My-Header1:value2"), "", "", "my-header1;", "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
		"get-header-value-trim":            {"GET", "/", header("My-Header1: value1", `My-Header2: "a   b   c"`), "", "", "my-header1;my-header2;", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		"get-unreserved":                   {"GET", "/" + unreserved, nil, "", "", "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
		"get-vanilla":                      {"", "", nil, "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"get-vanilla-empty-query-key":      {"GET", "/?Param1=value1", nil, "", "", "", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		"get-vanilla-query-order-key":      {"GET", "/?Param1=value2&Param1=Value1", nil, "", "", "", "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
		"get-vanilla-query-order-key-case": {"GET", "/?Param2=value2&Param1=value1", nil, "", "", "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		"get-vanilla-query-order-value":    {"GET", "/?Param1=value2&Param1=value1", nil, "", "", "", "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
		"get-vanilla-query-unreserved":     {"GET", "/?" + unreserved + "=" + unreserved, nil, "", "", "", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
		"get-vanilla-utf8-query":           {"GET", "/?ሴ=bar", nil, "", "", "", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
		"post-header-key-sort":             {"POST", "/", header("My-Header1:value1"), "", "", "my-header1;", "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
		"post-header-value-case":           {"POST", "/", header("My-Header1:VALUE1"), "", "", "my-header1;", "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
		"post-vanilla":                     {"POST", "/", header("Authorization:old", "User-Agent:x", "X-Amz-Date:old", "Cookie:a=b", "Accept:*/*"), "", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		"post-vanilla-query":               {"POST", "/?Param1=value1", nil, "", "", "", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
		"post-x-www-form-urlencoded":       {"POST", "/", header("Content-Type:application/x-www-form-urlencoded"), "Param1=value1", "", "content-type;", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		"post-sts-header-before":           {"POST", "/", nil, "", token, "", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
		"get-relative":                     {"GET", "/example/..", nil, "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"get-relative-relative":            {"GET", "/example1/example2/../..", nil, "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"get-slash":                        {"GET", "//", nil, "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"get-slash-dot-slash":              {"GET", "/./", nil, "", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		"get-slash-pointless-dot":          {"GET", "/./example", nil, "", "", "", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
		"get-slashes":                      {"GET", "//example//", nil, "", "", "", "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
	}
	at := time.Date(2015, 8, 30, 14, 36, 0, 0, time.FixedZone("", 2*60*60))
	for name, test := range tests {
		s := suite()
		s.SessionToken = test.token
		last := ""
		if test.token != "" {
			last = ";x-amz-security-token"
		}
		want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
			strings.Replace("host;"+test.fields, "host;content-type;", "content-type;host;", 1) + "x-amz-date" + last + ", Signature=" + test.signature
		stream := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(test.body)), nil }
		for kind, r := range map[string]*exchange.Request{"whole": {Body: []byte(test.body)}, "stream": {Open: stream, Length: -1}} {
			r.Method, r.URL, r.Header = test.method, "https://example.amazonaws.com"+test.target, append(exchange.Header(nil), test.header...)
			if err := s.Sign(t.Context(), r, at); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got := r.Header.Get("Authorization"); got != want {
				t.Errorf("%s, %s body:\n got %s\nwant %s", name, kind, got, want)
			}
			if date, token := r.Header.Values("X-Amz-Date"), r.Header.Get("X-Amz-Security-Token"); !cmp.Equal(date, []string{"20150830T123600Z"}) || token != test.token {
				t.Errorf("%s: date %q, token %q", name, date, token)
			}
			if !cmp.Equal(r.Secret, []string{"X-Amz-Security-Token"}) || r.Header.Has("X-Amz-Content-Sha256") {
				t.Errorf("%s: secret %q, header %v", name, r.Secret, r.Header)
			}
		}
	}
}

// TestSigV4S3 has the examples of "Authenticating Requests: Using the Authorization Header" (Amazon S3 API Reference).
func TestSigV4S3(t *testing.T) {
	t.Parallel()
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	tests := map[string]struct {
		method, target, sent string
		header               exchange.Header
		body                 string
		hash, signature      string
	}{
		"GET Object":           {"GET", "/test.txt", "/test.txt", exchange.Header{{Name: "Range", Value: "bytes=0-9"}}, "", empty, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		"PUT Object":           {"PUT", "/test$file.text", "/test%24file.text", exchange.Header{{Name: "Date", Value: "Fri, 24 May 2013 00:00:00 GMT"}, {Name: "x-amz-storage-class", Value: "REDUCED_REDUNDANCY"}}, "Welcome to Amazon S3.", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072", "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		"GET Bucket Lifecycle": {"GET", "/?lifecycle", "/?lifecycle", nil, "", empty, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		"List Objects":         {"GET", "/?max-keys=2&prefix=J", "/?max-keys=2&prefix=J", nil, "", empty, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	}
	for name, test := range tests {
		s := auth.SigV4{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
		if name == "PUT Object" {
			s.Region = "us-east-1"
		}
		r := &exchange.Request{Method: test.method, URL: "https://examplebucket.s3.amazonaws.com:443" + test.target, Header: test.header, Body: []byte(test.body)}
		if err := s.Sign(t.Context(), r, time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
		if got := r.Header.Get("Authorization"); !strings.Contains(got, "/20130524/us-east-1/s3/aws4_request,") || !strings.HasSuffix(got, "Signature="+test.signature) {
			t.Errorf("%s: %s\nwant %s", name, got, test.signature)
		}
		if got := r.Header.Get("X-Amz-Content-Sha256"); got != test.hash {
			t.Errorf("%s: hash %s", name, got)
		}
		if want := "https://examplebucket.s3.amazonaws.com" + test.sent; r.URL != want {
			t.Errorf("%s: URL %s, want %s", name, r.URL, want)
		}
	}
}

// TestSigV4AsCurl compares with what curl sends, which is another implementation.
func TestSigV4AsCurl(t *testing.T) {
	t.Parallel()
	curl, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("there is no curl to compare with")
	}
	requests := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { requests <- r.Clone(context.Background()) }))
	defer server.Close()
	for _, test := range []struct{ target, body string }{
		{"/", ""},
		{"/a/b?x=1&y=two%20words", ""},
		{"/a", `{"a": 1}`},
	} {
		args := []string{"-s", "--aws-sigv4", "aws:amz:eu-west-1:execute-api", "-u", "AKID:s3cret/key", server.URL + test.target}
		if test.body != "" {
			args = append(args, "-H", "Content-Type: application/json", "-d", test.body)
		}
		if out, err := exec.CommandContext(t.Context(), curl, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		seen := <-requests
		at, err := time.Parse("20060102T150405Z", seen.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Fatal(err)
		}
		r := &exchange.Request{Method: seen.Method, URL: server.URL + test.target, Body: []byte(test.body)}
		if test.body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		s := auth.SigV4{AccessKey: "AKID", SecretKey: "s3cret/key", Region: "eu-west-1", Service: "execute-api"}
		if err := s.Sign(t.Context(), r, at); err != nil {
			t.Fatal(err)
		}
		if got, want := r.Header.Get("Authorization"), seen.Header.Get("Authorization"); got != want {
			t.Errorf("%s:\n     %s\ncurl %s", test.target, got, want)
		}
	}
}

func TestSigV4Target(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		service, url, host string
		wantURL, wantHost  string
	}{
		"query":              {"service", "https://h.example/a?b=x+y&c;d=%2f&&e=(1)&f", "", "https://h.example/a?b=x%20y&c%3Bd=%2F&e=%281%29&f", ""},
		"path stays":         {"service", "https://h.example/a(b)//c/../d", "", "https://h.example/a(b)//c/../d", ""},
		"path of S3":         {"s3", "https://h.example/a(b)//c/../d+%2f%c3%bc%20e", "", "https://h.example/a%28b%29//c/../d%2B%2F%C3%BC%20e", ""},
		"standard port":      {"service", "http://h.example:80/", "", "http://h.example/", ""},
		"other port":         {"service", "http://h.example:443/", "", "http://h.example:443/", ""},
		"IPv6":               {"service", "http://[::1]:80/", "", "http://[::1]/", ""},
		"host by hand":       {"service", "http://127.0.0.1:80/", "h.example:80", "http://127.0.0.1:80/", "h.example"},
		"international name": {"service", "https://bücher.example/", "", "https://xn--bcher-kva.example/", ""},
	}
	for name, test := range tests {
		r := &exchange.Request{URL: test.url}
		if test.host != "" {
			r.Header.Set("Host", test.host)
		}
		s := suite()
		s.Service = test.service
		if err := s.Sign(t.Context(), r, time.Unix(1e9, 0)); err != nil || r.URL != test.wantURL || r.Header.Get("Host") != test.wantHost {
			t.Errorf("%s: %s, host %q, error %v\nwant %s, %q", name, r.URL, r.Header.Get("Host"), err, test.wantURL, test.wantHost)
		}
	}
}

func TestSigV4UnsignedPayload(t *testing.T) {
	t.Parallel()
	open := func() (io.ReadCloser, error) { return nil, errors.New("opened") }
	r := &exchange.Request{Method: "PUT", URL: "https://b.s3.eu-west-1.amazonaws.com/k", Open: open}
	r.Header.Set("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
	s := auth.SigV4{AccessKey: "a", SecretKey: "b"}
	if err := s.Sign(t.Context(), r, time.Unix(1e9, 0)); err != nil || r.Header.Get("X-Amz-Content-Sha256") != "UNSIGNED-PAYLOAD" {
		t.Errorf("header %v, error %v", r.Header, err)
	}
	r.Header.Del("x-amz-content-sha256")
	if err := s.Sign(t.Context(), r, time.Unix(1e9, 0)); err == nil || err.Error() != "open the body to sign it: opened" {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte("x"))), nil }
	if err := s.Sign(ctx, r, time.Unix(1e9, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestSigV4Scope(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // host: region/service
		"sqs.eu-west-1.amazonaws.com":                 "eu-west-1/sqs",
		"SQS.EU-west-1.amazonaws.com.":                "eu-west-1/sqs",
		"abc.execute-api.us-gov-west-1.amazonaws.com": "us-gov-west-1/execute-api",
		"sts.amazonaws.com":                           "us-east-1/sts",
		"iam.amazonaws.com":                           "us-east-1/iam",
		"b.s3.eu-central-1.amazonaws.com":             "eu-central-1/s3",
		"b.s3.amazonaws.com":                          "us-east-1/s3",
		"b.s3-eu-west-1.amazonaws.com":                "eu-west-1/s3",
		"b.s3.dualstack.eu-west-1.amazonaws.com":      "eu-west-1/s3",
		"ap-1.s3-accesspoint.us-west-2.amazonaws.com": "us-west-2/s3",
		"search-x.us-east-2.es.amazonaws.com":         "us-east-2/es",
		"x.us-east-2.aoss.amazonaws.com":              "us-east-2/aoss",
		"dynamodb.cn-north-1.amazonaws.com.cn":        "cn-north-1/dynamodb",
		"email.eu-west-1.amazonaws.com":               "eu-west-1/ses",
		"bedrock-runtime.us-east-1.amazonaws.com":     "us-east-1/bedrock",
		"kms-fips.us-east-1.amazonaws.com":            "us-east-1/kms",
		"runtime.sagemaker.us-east-1.amazonaws.com":   "us-east-1/sagemaker",
		"abc123.lambda-url.ap-southeast-2.on.aws":     "ap-southeast-2/lambda",
	}
	for host, want := range tests {
		r := &exchange.Request{URL: "https://" + host + "/"}
		err := auth.SigV4{AccessKey: "a", SecretKey: "b"}.Sign(t.Context(), r, time.Unix(1e9, 0))
		if got := r.Header.Get("Authorization"); err != nil || !strings.Contains(got, "/20010909/"+want+"/aws4_request") {
			t.Errorf("%s: %s, error %v, want %s", host, got, err, want)
		}
	}
}

func TestSigV4Refuses(t *testing.T) {
	t.Parallel()
	at := time.Unix(1e9, 0)
	for _, test := range []struct {
		s                  auth.SigV4
		url                string
		key, message, hint string
	}{
		{auth.SigV4{SecretKey: "s3cret"}, "https://sqs.eu-west-1.amazonaws.com/", "access_key", "access_key is empty", ""},
		{auth.SigV4{AccessKey: "a"}, "https://sqs.eu-west-1.amazonaws.com/", "secret_key", "secret_key is empty", ""},
		{auth.SigV4{AccessKey: "a/b", SecretKey: "s3cret"}, "https://sqs.eu-west-1.amazonaws.com/", "access_key", "access_key has a character that it cannot have", "*"},
		{auth.SigV4{AccessKey: "a", SecretKey: "s3cret", SessionToken: "s3cret\n"}, "https://sqs.eu-west-1.amazonaws.com/", "session_token", "session_token has a character that it cannot have", "*"},
		{auth.SigV4{AccessKey: "a", SecretKey: "s3cret", Service: "x"}, "https://api.example.com/", "region", "region is missing, and the host does not name one", "*"},
		{auth.SigV4{AccessKey: "a", SecretKey: "s3cret", Region: "x"}, "https://api.example.com/", "service", "service is missing, and the host does not name one", "*"},
		{auth.SigV4{AccessKey: "a", SecretKey: "s3cret", Region: "x"}, "https://eu-west-1.amazonaws.com/", "service", "service is missing, and the host does not name one", "*"},
		{auth.SigV4{AccessKey: "a", SecretKey: "s3cret"}, "https://u:s3cret@sqs.eu-west-1.amazonaws.com:x/", "", "the URL cannot be read, and so not be signed", ""},
		{auth.SigV4{AccessKey: "a", SecretKey: "s3cret"}, "https://sqs.eu-west-1.amazonaws.com/?s3cret=%zz", "", "the parameters cannot be signed: one has a % that is not followed by two hexadecimal digits", "*"},
	} {
		r := &exchange.Request{URL: test.url}
		wantField(t, test.message, test.s.Sign(t.Context(), r, at), test.key, test.message, test.hint)
		if r.Header != nil {
			t.Errorf("%s: header %v", test.message, r.Header)
		}
	}
}
