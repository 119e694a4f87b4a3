package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// A scheme is a way to authenticate that is declared as a table: digest, api_key, aws, jwt, ntlm, hawk or oauth1.
type scheme struct {
	kind           collection.AuthKind
	texts          map[string]*text
	places         map[string]diag.Span // of the values
	flags          map[string]bool
	claims, header *value // jwt
	lifetime       time.Duration
}

// credentials are a scheme with its variables filled in.
type credentials interface{ Validate() error }

// An apiKey is a name with a value that is sent in a place of its own.
type apiKey struct{ in, name, value string }

func (a apiKey) Validate() error {
	if a.value == "" {
		return &auth.FieldError{Key: "value", Message: "the value of the API key is empty"}
	}
	return nil
}

func (c *compiler) scheme(a *collection.Auth) *scheme {
	s := &scheme{kind: a.Kind, texts: map[string]*text{}, places: map[string]diag.Span{}, flags: map[string]bool{}}
	for _, f := range a.Fields {
		s.places[f.Name] = f.Value.Span
		switch {
		case f.Name == "claims":
			s.claims = c.value(f.Value)
		case f.Name == "header":
			s.header = c.value(f.Value)
		case f.Value.Kind == collection.Bool:
			s.flags[f.Name] = f.Value.Scalar == true
		default:
			s.texts[f.Name] = c.text(f.Value)
		}
	}
	if t := s.texts["lifetime"]; t != nil && t.template == nil {
		s.lifetime, _ = time.ParseDuration(t.constant)
	}
	known := s.with(func(t *text) string {
		if !t.known() {
			return "unknown" // for which nothing is said below
		}
		return t.constant
	}, s.constant(s.claims), s.constant(s.header))
	var e *auth.FieldError
	if err := known.Validate(); errors.As(err, &e) {
		place, said := s.places[e.Key]
		switch t := s.texts[e.Key]; {
		case said && (t == nil || t.known()):
			c.list.Add(place, e.Message, e.Hint)
		case !said && !strings.HasSuffix(e.Message, "is empty"): // that a key is missing has been said where the file was read
			c.list.Add(a.Span, e.Message, e.Hint)
		}
	}
	return s
}

// constant is a table in which nothing is to be filled in, or nil.
func (s *scheme) constant(v *value) map[string]any {
	if v == nil || v.dynamic {
		return nil
	}
	table, _ := v.constant.(map[string]any)
	return table
}

// with makes credentials of the texts as get gives them.
func (s *scheme) with(get func(*text) string, claims, header map[string]any) credentials {
	v := func(name string) string {
		if t := s.texts[name]; t != nil {
			return get(t)
		}
		return ""
	}
	switch s.kind {
	case collection.Digest:
		return auth.Digest{Username: v("username"), Password: v("password")}
	case collection.AWS:
		return auth.SigV4{
			AccessKey: v("access_key"), SecretKey: v("secret_key"), SessionToken: v("session_token"), Region: v("region"), Service: v("service"),
		}
	case collection.JWT:
		return auth.SignedJWT{Algorithm: v("algorithm"), Key: v("key"), Claims: claims, Header: header, Lifetime: s.lifetime}
	case collection.NTLM:
		return auth.NTLM{Username: v("username"), Password: v("password"), Domain: v("domain"), Workstation: v("workstation")}
	case collection.Hawk:
		return auth.Hawk{
			ID: v("id"), Key: v("key"), Algorithm: v("algorithm"), Ext: v("ext"), App: v("app"), Dlg: v("dlg"), PayloadHash: s.flags["payload_hash"],
		}
	case collection.OAuth1:
		return auth.OAuth1{
			ConsumerKey: v("consumer_key"), ConsumerSecret: v("consumer_secret"), Token: v("token"), TokenSecret: v("token_secret"),
			SignatureMethod: v("signature_method"), PrivateKey: v("private_key"), Realm: v("realm"), Callback: v("callback"),
			Verifier: v("verifier"), BodyHash: s.flags["body_hash"], In: v("in"),
		}
	}
	in := v("in")
	if in == "" {
		in = "header"
	}
	return apiKey{in: in, name: v("name"), value: v("value")}
}

// secretFields are the keys of auth whose values must not be shown.
var secretFields = map[string]bool{
	"password": true, "value": true, "secret_key": true, "session_token": true, "key": true, "consumer_secret": true, "token": true,
	"token_secret": true, "private_key": true,
}

// resolve fills in the variables, and makes secrets of what is one.
func (s *scheme) resolve(u *user) (credentials, error) {
	var failed error
	keep := func(v any, err error) map[string]any {
		if err != nil && failed == nil {
			failed = err
		}
		table, _ := v.(map[string]any)
		return table
	}
	var claims, header map[string]any
	if s.claims != nil {
		claims = keep(s.claims.resolve(u.scopes))
	}
	if s.header != nil {
		header = keep(s.header.resolve(u.scopes))
	}
	values := map[*text]string{}
	for name, t := range s.texts {
		v, err := t.expand(u.scopes)
		if err != nil && failed == nil {
			failed = err
		}
		if values[t] = v; secretFields[name] {
			u.redactor.AddRecent(v)
		}
	}
	return s.with(func(t *text) string { return values[t] }, claims, header), failed
}

// sign puts the credentials of a scheme on a request.
func (u *user) sign(ctx context.Context, a *authentication, out *exchange.Request) *failure {
	known, err := a.scheme.resolve(u)
	if err != nil {
		return failed(VariableError, err, a.span)
	}
	if err = known.Validate(); err == nil {
		err = u.apply(ctx, known, out)
	}
	if err == nil {
		return nil
	}
	f := failed(AuthError, err, a.span)
	var e *auth.FieldError
	if errors.As(err, &e) {
		f.diag.Message, f.diag.Hint = e.Message, e.Hint
		if place, ok := a.scheme.places[e.Key]; ok {
			f.diag.Span = place
		}
	}
	return f
}

func (u *user) apply(ctx context.Context, known credentials, out *exchange.Request) error {
	now, nonce := u.options.now(), fmt.Sprintf("%016x", u.scopes.Rand().Uint64())
	switch known := known.(type) {
	case apiKey:
		return auth.APIKey(out, known.in, known.name, known.value)
	case auth.Digest:
		out.Negotiator = known.Negotiator(out)
	case auth.NTLM:
		out.Negotiator = known.Negotiator()
	case auth.SigV4:
		return known.Sign(ctx, out, now)
	case auth.Hawk:
		return known.Sign(out, now, nonce)
	case auth.OAuth1:
		err := known.Sign(out, now, nonce)
		u.taintSignature(out)
		return err
	case auth.SignedJWT:
		token, err := known.Token(now)
		if err != nil {
			return err
		}
		return auth.Bearer(out, token)
	}
	return nil
}

// spoilable reports whether a way to authenticate sends a bearer token.
func (a *authentication) spoilable() bool {
	return a.kind == collection.Bearer || a.kind == collection.OAuth2 || a.kind == collection.JWT
}
