package auth

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/exchange"
)

// OAuth1 signs with OAuth 1.0 (RFC 5849).
type OAuth1 struct {
	ConsumerKey, ConsumerSecret string
	Token, TokenSecret          string // may be empty, as for requests for a temporary credential

	// SignatureMethod is HMAC-SHA1, HMAC-SHA256, HMAC-SHA512, RSA-SHA1, RSA-SHA256, RSA-SHA512 or PLAINTEXT; "" is HMAC-SHA1.
	SignatureMethod string
	PrivateKey      string // of RSA: PEM or a JWK

	Realm              string // may be empty, as may be
	Callback, Verifier string // oauth_callback and oauth_verifier

	// BodyHash adds oauth_body_hash (the extension "OAuth Request Body Hash"), but for a form, which is signed itself.
	BodyHash bool

	// In is InHeader, InQuery or InBody, which is for a form; "" is InHeader.
	In string
}

// Validate checks all that is declared. Errors are a *FieldError.
func (o OAuth1) Validate() error {
	if err := filled("consumer_key", o.ConsumerKey); err != nil {
		return err
	}
	method := o.method()
	if !slices.Contains(signatureMethods(), method) {
		return unknown("signature_method", method, signatureMethods())
	}
	if known := []string{InHeader, InQuery, InBody}; o.In != "" && !slices.Contains(known, o.In) {
		return unknown("in", o.In, known)
	}
	switch rsa := strings.HasPrefix(method, "RSA-"); {
	case rsa:
		if _, err := o.rsaKey(); err != nil {
			return err
		}
	case o.ConsumerSecret == "":
		return missing("consumer_secret", method+" signs with it")
	case o.PrivateKey != "":
		return &FieldError{
			Key: "signature_method", Message: "signature_method " + method + " does not use the private_key",
			Hint: "did you mean signature_method = \"RSA-SHA1\"?",
		}
	}
	switch {
	case o.TokenSecret != "" && o.Token == "":
		return missing("token", "there is a token_secret")
	case o.BodyHash && method == plaintext:
		return &FieldError{Key: "body_hash", Message: "body_hash needs a signature_method with a hash, and PLAINTEXT has none"}
	case o.Realm != "" && o.In != "" && o.In != InHeader:
		return &FieldError{Key: "realm", Message: "realm is only sent in a header", Hint: "leave it out, or say in = \"header\""} // RFC 5849, section 3.5.1
	case strings.ContainsFunc(o.Realm, func(c rune) bool { return c < ' ' || c > '~' }):
		return &FieldError{Key: "realm", Message: "realm has a character that a header field cannot have"}
	}
	return nil
}

// Sign puts the parameters of the protocol and their signature into Authorization, the query or the form of r. The nonce is
// to be another for each request of the same second. A form in the body of r is part of what is signed. Errors of what was
// declared are a *FieldError.
func (o OAuth1) Sign(r *exchange.Request, at time.Time, nonce string) error {
	if err := o.Validate(); err != nil {
		return err
	}
	if nonce == "" {
		return missing("nonce", "")
	}
	if o.In == InBody {
		if err := prepareForm(r); err != nil {
			return err
		}
	}
	t, err := newTarget(r)
	if err != nil {
		return err
	}
	own := o.parameters(at, nonce)
	if o.BodyHash && !hasForm(r) {
		sum, err := o.bodyHash(r)
		if err != nil {
			return err
		}
		own = append(own, parameter{name: "oauth_body_hash", value: sum})
	}
	others, err := o.otherParameters(t, r, own)
	if err != nil {
		return err
	}
	signature, err := o.sign(baseString(t, append(others, own...)))
	if err != nil {
		return err
	}
	o.place(r, append(own, parameter{name: signatureName, value: signature}))
	return nil
}

func (o OAuth1) method() string {
	if o.SignatureMethod == "" {
		return "HMAC-SHA1"
	}
	return o.SignatureMethod
}

// parameters are those of the protocol, but the signature.
func (o OAuth1) parameters(at time.Time, nonce string) []parameter {
	pairs := []parameter{
		{name: "oauth_consumer_key", value: o.ConsumerKey},
		{name: "oauth_signature_method", value: o.method()},
		{name: "oauth_timestamp", value: strconv.FormatInt(at.Unix(), 10)},
		{name: "oauth_nonce", value: nonce},
		{name: "oauth_version", value: "1.0"},
	}
	for _, p := range []parameter{
		{name: "oauth_token", value: o.Token},
		{name: "oauth_callback", value: o.Callback},
		{name: "oauth_verifier", value: o.Verifier},
	} {
		if p.value != "" {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// place writes the parameters to where they go (RFC 5849, section 3.5).
func (o OAuth1) place(r *exchange.Request, own []parameter) {
	switch o.In {
	case InQuery:
		for _, p := range own {
			r.URL = setQuery(r.URL, p.name, p.value)
		}
	case InBody:
		form := string(r.Body)
		for _, p := range own {
			form += "&" + percentEncode(p.name) + "=" + percentEncode(p.value)
		}
		r.Body, r.SecretBody = []byte(strings.TrimPrefix(form, "&")), true
	default:
		var out []string
		if o.Realm != "" {
			out = append(out, "realm="+quote(o.Realm))
		}
		for _, p := range own {
			out = append(out, percentEncode(p.name)+`="`+percentEncode(p.value)+`"`)
		}
		r.Header.Set("Authorization", "OAuth "+strings.Join(out, ", "))
	}
}
