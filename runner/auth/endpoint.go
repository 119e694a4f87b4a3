package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

const (
	requestTimeout = 30 * time.Second
	maxAnswer      = 1 << 20 // bytes; x/oauth2 reads no more
)

// A flow is one fetch of a token.
type flow struct {
	tokens  *Tokens
	grant   Grant    // with its endpoints
	wire    wire     // to the token and device endpoints
	secrets []string // of this flow, so that no message repeats one
}

// fetch gets a new token: by the refresh token of the old one, else by the grant.
func (t *Tokens) fetch(ctx context.Context, g Grant, old Token) (Token, error) {
	f := &flow{tokens: t, grant: g}
	f.taint(g.ClientSecret, g.Password, g.RefreshToken, old.RefreshToken)
	if err := t.resolve(ctx, &f.grant); err != nil {
		return Token{}, err
	}
	f.wire = wire{ctx: ctx, client: t.options.Client}
	token, err := f.renew(ctx, old)
	if err != nil {
		return Token{}, err
	}
	token.Scope = cmp.Or(token.Scope, g.Scope) // none is the one that was asked for (RFC 6749, section 5.1)
	f.taint(token.AccessToken, token.IDToken, token.RefreshToken)
	if t.options.Fetched != nil {
		t.options.Fetched(g, token)
	}
	return token, nil
}

// renew uses the old token's refresh token. A provider that refuses it does not keep us from starting over.
func (f *flow) renew(ctx context.Context, old Token) (Token, error) {
	if old.RefreshToken == "" || f.grant.TokenURL == "" {
		return f.begin(ctx)
	}
	token, err := f.refresh(ctx, old.RefreshToken, "")
	switch {
	case err == nil:
		// neither need come again (OpenID Connect Core 1.0, section 12.2; RFC 6749, section 6)
		token.IDToken, token.Scope = cmp.Or(token.IDToken, old.IDToken), cmp.Or(token.Scope, old.Scope)
		return token, nil
	case !lasting(err), f.grant.Grant == RefreshToken && f.grant.RefreshToken == old.RefreshToken:
		return Token{}, err
	}
	return f.begin(ctx)
}

// begin goes the way of the grant.
func (f *flow) begin(ctx context.Context) (Token, error) {
	switch f.grant.Grant {
	case ClientCredentials:
		return f.clientCredentials(ctx, nil)
	case RefreshToken:
		return f.refresh(ctx, f.grant.RefreshToken, f.grant.Scope)
	case Password:
		token, err := f.config().PasswordCredentialsToken(f.context(ctx), f.grant.Username, f.grant.Password)
		return f.read(ctx, token, err)
	case DeviceCode:
		return f.device(ctx)
	case Implicit:
		return f.implicit(ctx)
	}
	return f.code(ctx)
}

func (f *flow) clientCredentials(ctx context.Context, parameters url.Values) (Token, error) {
	config := clientcredentials.Config{
		ClientID: f.grant.ClientID, ClientSecret: f.grant.ClientSecret, AuthStyle: f.grant.style(),
		TokenURL: f.grant.TokenURL, EndpointParams: parameters,
	}
	if parameters == nil {
		config.Scopes = strings.Fields(f.grant.Scope)
	}
	token, err := config.Token(f.context(ctx))
	return f.read(ctx, token, err)
}

// refresh goes by way of clientcredentials, which sends what it is told to: oauth2's own refresh cannot send a scope.
func (f *flow) refresh(ctx context.Context, refreshToken, scope string) (Token, error) {
	parameters := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}}
	if scope := strings.Join(strings.Fields(scope), " "); scope != "" {
		parameters.Set("scope", scope)
	}
	return f.clientCredentials(ctx, parameters)
}

// taint makes secrets known to whoever redacts and to the flow's own messages.
func (f *flow) taint(secrets ...string) {
	for _, secret := range secrets {
		if secret != "" {
			f.secrets = append(f.secrets, secret)
			f.tokens.options.Taint(secret)
		}
	}
}

func (f *flow) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID:     f.grant.ClientID,
		ClientSecret: f.grant.ClientSecret,
		RedirectURL:  f.grant.RedirectURI,
		Scopes:       strings.Fields(f.grant.Scope),
		Endpoint: oauth2.Endpoint{
			AuthURL: f.grant.AuthorizeURL, TokenURL: f.grant.TokenURL, DeviceAuthURL: f.grant.DeviceURL,
			AuthStyle: f.grant.style(),
		},
	}
}

// context makes x/oauth2 send through our client and follow no redirect: it would take the credentials along.
func (f *flow) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     &f.wire,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
}

// read takes over what x/oauth2 makes of an answer of the token endpoint.
func (f *flow) read(ctx context.Context, o *oauth2.Token, err error) (Token, error) {
	if err != nil {
		return Token{}, f.explain(ctx, "token", err)
	}
	if strings.EqualFold(o.Type(), "mac") { // alone among the types in use it cannot be sent as a Bearer; Postman does not either
		return Token{}, &GrantError{
			Message: "the token endpoint gave a token of the type \"mac\", which is not sent as a Bearer (RFC 6749, section 7.1)",
			Hint:    "ask the provider for Bearer tokens",
		}
	}
	t := Token{AccessToken: o.AccessToken, Type: o.Type(), RefreshToken: o.RefreshToken}
	t.IDToken, _ = o.Extra("id_token").(string)
	t.Scope, _ = o.Extra("scope").(string)
	t.Expiry = expiry(f.tokens.options.Now(), o.Extra("expires_in"), t.AccessToken)
	return t, nil
}

// expiry is when a token that came just now expires: by expires_in, for which no clocks have to agree, else by the exp
// of a JWT. Zero if neither says.
func expiry(now time.Time, expiresIn any, token string) time.Time {
	var seconds float64
	switch v := expiresIn.(type) {
	case float64:
		seconds = v
	case int64:
		seconds = float64(v)
	case string: // PayPal's, and a callback URL's
		seconds, _ = strconv.ParseFloat(v, 64)
	}
	if seconds > 0 {
		return now.Add(time.Duration(min(seconds, math.MaxInt32)) * time.Second)
	}
	_, claims, err := environment.Claims(token)
	var c struct {
		Exp float64 `json:"exp"`
	}
	if err != nil || json.Unmarshal(claims, &c) != nil || c.Exp <= 0 || c.Exp > math.MaxInt64/2 {
		return time.Time{}
	}
	return time.Unix(int64(c.Exp), 0)
}

// explain words why x/oauth2 got nothing from an endpoint.
func (f *flow) explain(ctx context.Context, endpoint string, err error) error {
	var wire *exchange.Error
	if ctx.Err() != nil || errors.As(err, &wire) {
		return unanswered(ctx, "the "+endpoint+" endpoint", err)
	}
	x := f.wire.last
	if x == nil {
		return &GrantError{Message: "the request to the " + endpoint + " endpoint cannot be made", Hint: "check " + endpoint + "_url"}
	}
	status := x.Response.Status
	e := &GrantError{passing: passes(status)}
	answered := fmt.Sprintf("the %s endpoint answered %d", endpoint, status)
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.ErrorCode != "":
		reason := f.refusal(refused.ErrorCode, refused.ErrorDescription)
		e.Message, e.Err = answered+" "+reason.Code, reason
		if reason.Description != "" {
			e.Message += ": " + reason.Description
		}
		e.Hint = f.grant.advice(refused.ErrorCode)
	case status < 200 || status > 299:
		e.Message = strings.TrimSpace(answered + " " + http.StatusText(status))
		if !e.passing {
			e.Hint = "check " + endpoint + "_url"
		}
	default:
		expected := "not as RFC 6749 has it: expected JSON with a token in it"
		if endpoint == "device" {
			expected = "not as RFC 8628 has it: expected JSON with a code in it"
		}
		e.Message = answered + ", but " + expected
		if media, _, _ := mime.ParseMediaType(x.Response.Header.Get("Content-Type")); media != "" {
			e.Message += ", received " + f.quote(media)
		}
		e.Hint = "check " + endpoint + "_url"
	}
	return e
}

// A wire lets x/oauth2 send through an exchange.Client: by its TLS options and its limits.
type wire struct {
	ctx    context.Context // of the flow; x/oauth2 gives the device request none
	client *exchange.Client
	basic  string             // Authorization of requests that have none
	last   *exchange.Exchange // nil: nothing was answered yet
}

// RoundTrip is that of http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if ctx.Done() == nil {
		ctx = w.ctx
	}
	request := &exchange.Request{
		Method: r.Method, URL: r.URL.String(), NoCookies: true, Timeout: requestTimeout, MaxBody: maxAnswer,
	}
	for name, values := range r.Header {
		for _, value := range values {
			request.Header.Add(name, value)
		}
	}
	request.Header.Set("Accept", "application/json")
	if w.basic != "" && !request.Header.Has("Authorization") {
		request.Header.Set("Authorization", w.basic)
	}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			return nil, err
		}
		request.Body = body
	}
	w.last = nil
	x, err := w.client.Do(ctx, nil, request)
	if err != nil {
		return nil, err
	}
	w.last = x
	response := &http.Response{
		StatusCode: x.Response.Status, Status: strconv.Itoa(x.Response.Status) + " " + x.Response.Reason,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(x.Response.Body)), ContentLength: int64(len(x.Response.Body)), Request: r,
	}
	for _, field := range x.Response.Header {
		response.Header.Add(field.Name, field.Value)
	}
	return response, nil
}

// basicField is the client's Authorization as RFC 6749, section 2.3.1, has it: form-encoded before base64.
func (g *Grant) basicField() string {
	pair := url.QueryEscape(g.ClientID) + ":" + url.QueryEscape(g.ClientSecret)
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}
