package auth

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // for crypto.SHA1.New, as those below for theirs
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"io"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/postrider/postrider/runner/exchange"
)

// What is signed is put together here, and not by a library: those for Go keep it behind a transport with a clock and
// nonces of its own, drop all but one of the parameters of the same name, or overlook a form whose media type has a charset.

const (
	plaintext     = "PLAINTEXT"
	signatureName = "oauth_signature"
)

func signatureMethods() []string {
	return []string{"HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "RSA-SHA256", "RSA-SHA512", plaintext}
}

// hash is the one that the signature method ends in.
func (o OAuth1) hash() crypto.Hash {
	switch _, name, _ := strings.Cut(o.method(), "-"); name {
	case "SHA256":
		return crypto.SHA256
	case "SHA512":
		return crypto.SHA512
	}
	return crypto.SHA1
}

func (o OAuth1) rsaKey() (*rsa.PrivateKey, error) {
	k, err := readPrivateKey("private_key", o.PrivateKey)
	if err != nil {
		return nil, err
	}
	key, ok := k.Signer.(*rsa.PrivateKey)
	if !ok {
		return nil, &FieldError{Key: "private_key", Message: "private_key is " + k.kind() + ", and " + o.method() + " wants RSA"}
	}
	return key, nil
}

// sign gives the signature of a base string (RFC 5849, sections 3.4.2 to 3.4.4).
func (o OAuth1) sign(base string) (string, error) {
	secrets := percentEncode(o.ConsumerSecret) + "&" + percentEncode(o.TokenSecret)
	switch method := o.method(); {
	case method == plaintext:
		return secrets, nil
	case strings.HasPrefix(method, "HMAC-"):
		mac := hmac.New(o.hash().New, []byte(secrets))
		_, _ = io.WriteString(mac, base)
		return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
	}
	key, err := o.rsaKey()
	if err != nil {
		return "", err
	}
	sum := o.hash().New()
	_, _ = io.WriteString(sum, base)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, o.hash(), sum.Sum(nil))
	if err != nil {
		return "", &FieldError{Key: "private_key", Message: "private_key cannot sign with " + o.method(), Hint: "is it large enough? RSA wants 2048 bits"}
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// baseString is what is signed (RFC 5849, section 3.4.1).
func baseString(t *target, all []parameter) string {
	encoded := make([][2]string, len(all))
	for i, p := range all {
		encoded[i] = [2]string{percentEncode(p.name), percentEncode(p.value)}
	}
	slices.SortFunc(encoded, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	pairs := make([]string, len(encoded))
	for i, e := range encoded {
		pairs[i] = e[0] + "=" + e[1]
	}
	return percentEncode(strings.ToUpper(t.method)) + "&" + percentEncode(t.baseURI()) + "&" + percentEncode(strings.Join(pairs, "&"))
}

// baseURI has no query, and no port where it is that of the scheme (RFC 5849, section 3.4.1.2).
func (t *target) baseURI() string {
	scheme, host := strings.ToLower(t.url.Scheme), strings.ToLower(t.host)
	host = strings.TrimSuffix(host, ":"+port(&url.URL{Scheme: scheme}))
	return scheme + "://" + host + t.url.EscapedPath()
}

// otherParameters are those that are signed beside the protocol's own: of the query, and of a form (RFC 5849, section
// 3.4.1.3.1). Parameters in the query that are about to be replaced do not count.
func (o OAuth1) otherParameters(t *target, r *exchange.Request, own []parameter) ([]parameter, error) {
	all, err := parameters(t.url.RawQuery)
	if err != nil {
		return nil, err
	}
	isOwn := func(p parameter) bool {
		return p.name == signatureName || slices.ContainsFunc(own, func(o parameter) bool { return o.name == p.name })
	}
	if o.In == InQuery {
		all = slices.DeleteFunc(all, isOwn)
	}
	if !hasForm(r) {
		return all, nil
	}
	var form bytes.Buffer
	if err := payload(context.Background(), &form, r); err != nil {
		return nil, err
	}
	fields, err := parameters(form.String())
	if i := slices.IndexFunc(fields, isOwn); err == nil && i >= 0 { // RFC 5849, section 3.1
		return nil, &FieldError{Message: "the form has " + fields[i].name + " already, which the signature adds", Hint: "take it out of the form"}
	}
	return append(all, fields...), err
}

// hasForm says whether the body is a form in one part.
func hasForm(r *exchange.Request) bool {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == formType && (len(r.Body) > 0 || r.Open != nil)
}

const formType = "application/x-www-form-urlencoded"

// prepareForm makes sure that the body takes parameters. One of a stream is read, for it is about to be another.
func prepareForm(r *exchange.Request) error {
	var whole bytes.Buffer
	if err := payload(context.Background(), &whole, r); err != nil {
		return err
	}
	if len(r.Header.Get("Content-Type")) == 0 && whole.Len() == 0 {
		r.Header.Set("Content-Type", formType)
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != formType {
		return &FieldError{Key: "in", Message: "in = \"body\" is for a form, and the body is none", Hint: "expected Content-Type " + formType}
	}
	r.Body, r.Open, r.Length = whole.Bytes(), nil, 0
	return nil
}

// bodyHash is the hash of the body, with that of the signature method.
func (o OAuth1) bodyHash(r *exchange.Request) (string, error) {
	sum := o.hash().New()
	if err := payload(context.Background(), sum, r); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(sum.Sum(nil)), nil
}
