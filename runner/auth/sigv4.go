package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/textproto"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/postrider/postrider/runner/exchange"
)

// SigV4 signs for Amazon Web Services: AWS Signature Version 4 in header fields ("Create a signed AWS API request", IAM
// User Guide). An empty Region or Service is read from a host of AWS.
type SigV4 struct {
	AccessKey, SecretKey string
	SessionToken         string // of temporary credentials; may be empty
	Region               string // us-east-1
	Service              string // as in the scope of the signature: execute-api, s3
}

// Validate checks what can be known without the request. Errors are a *FieldError.
func (s SigV4) Validate() error {
	if err := filled("access_key", s.AccessKey, "secret_key", s.SecretKey); err != nil {
		return err
	}
	for _, f := range [...]struct{ key, value, bad string }{
		{"access_key", s.AccessKey, "/, "}, {"region", s.Region, "/, "}, {"service", s.Service, "/, "}, {"session_token", s.SessionToken, " "},
	} {
		if i := strings.IndexFunc(f.value, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune(f.bad, c) }); i >= 0 {
			return &FieldError{Key: f.key, Message: f.key + " has a character that it cannot have", Hint: "a variable may bring a blank or a line break along"}
		}
	}
	return nil
}

// Sign sets Authorization, X-Amz-Date, X-Amz-Security-Token where there is a session token, and for S3
// X-Amz-Content-Sha256. It writes the query, and for S3 the path, of r.URL with the one encoding that AWS compares. A body
// is hashed; where X-Amz-Content-Sha256 is there already (UNSIGNED-PAYLOAD) it is believed. Fields that are changed on the
// way are not signed. Errors of what was declared are a *FieldError.
func (s SigV4) Sign(ctx context.Context, r *exchange.Request, at time.Time) error {
	if err := s.Validate(); err != nil {
		return err
	}
	t, err := newTarget(r)
	if err != nil {
		return err
	}
	region, service, err := s.scope((&url.URL{Host: t.host}).Hostname())
	if err != nil {
		return err
	}
	if err := t.encodeForAWS(isS3(service)); err != nil {
		return err
	}
	r.URL = t.url.String()
	hash := strings.TrimSpace(r.Header.Get("X-Amz-Content-Sha256"))
	if hash == "" {
		sum := sha256.New()
		if err := payload(ctx, sum, r); err != nil {
			return err
		}
		hash = hex.EncodeToString(sum.Sum(nil))
		if isS3(service) {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
	}
	t.dropDefaultPort(r)
	signed := &http.Request{Method: t.method, URL: t.url, Host: t.host, Header: awsHeader(r.Header)}
	credentials := aws.Credentials{AccessKeyID: s.AccessKey, SecretAccessKey: s.SecretKey, SessionToken: s.SessionToken}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = isS3(service) })
	if !isS3(service) {
		t.normalizePath()
	}
	if err := signer.SignHTTP(ctx, credentials, signed, hash, service, region, at); err != nil {
		return err
	}
	for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
		if value := signed.Header.Get(name); value != "" {
			r.Header.Set(name, value)
		}
	}
	markSecret(r, "X-Amz-Security-Token")
	return nil
}

// isS3 says whether a service takes paths as they are: encoded once and not normalised.
func isS3(service string) bool {
	return slices.Contains([]string{"s3", "s3express", "s3-outposts", "s3-object-lambda"}, service)
}

// encodeForAWS encodes all but the unreserved characters of the query, and of the path of S3. What is sent is then what is
// signed, even where servers read + or ; in two ways.
func (t *target) encodeForAWS(pathToo bool) error {
	all, err := parameters(t.url.RawQuery)
	if err != nil {
		return err
	}
	pairs := make([]string, len(all))
	for i, p := range all {
		pairs[i] = percentEncode(p.name)
		if !p.bare {
			pairs[i] += "=" + percentEncode(p.value)
		}
	}
	t.url.RawQuery = strings.Join(pairs, "&")
	if !pathToo {
		return nil
	}
	segments := strings.Split(t.url.EscapedPath(), "/")
	for i, segment := range segments {
		text, err := url.PathUnescape(segment)
		if err != nil {
			return &FieldError{Message: "the path of the URL cannot be signed: it has a % that is not followed by two hexadecimal digits"}
		}
		segments[i] = percentEncode(text)
	}
	t.url.RawPath = strings.Join(segments, "/")
	return nil
}

// normalizePath removes dot segments and empty ones from what is signed, as the server does with what it gets (RFC 3986,
// section 6.2.2.3).
func (t *target) normalizePath() {
	escaped := t.url.EscapedPath()
	clean := path.Clean(escaped)
	if clean != "/" && (strings.HasSuffix(escaped, "/") || strings.HasSuffix(escaped, "/.") || strings.HasSuffix(escaped, "/..")) {
		clean += "/"
	}
	if text, err := url.PathUnescape(clean); err == nil {
		u := *t.url
		u.Path, u.RawPath = text, clean
		*t.url = u
	}
}

// dropDefaultPort takes the port of the scheme out of the Host field, for it is not in what is signed.
func (t *target) dropDefaultPort(r *exchange.Request) {
	standard := map[string]string{"http": ":80", "https": ":443"}[strings.ToLower(t.url.Scheme)]
	host, ok := strings.CutSuffix(t.host, standard)
	if !ok || standard == "" {
		return
	}
	t.host = host
	if r.Header.Has("Host") {
		r.Header.Set("Host", host)
		return
	}
	t.url.Host = host
	r.URL = t.url.String()
}

// awsHeader is what is signed of a header: not what the sending side or a proxy sets anew, and no older signature.
func awsHeader(h exchange.Header) http.Header {
	unsigned := append(setBySender(), "Authorization", "Proxy-Authorization", "User-Agent", "Cookie", "Accept", "Accept-Encoding", "X-Amz-Date")
	out := make(http.Header, len(h))
	for _, f := range h {
		if !slices.ContainsFunc(unsigned, func(name string) bool { return strings.EqualFold(name, f.Name) }) {
			name := textproto.CanonicalMIMEHeaderKey(f.Name)
			out[name] = append(out[name], strings.Trim(f.Value, " \t"))
		}
	}
	return out
}
