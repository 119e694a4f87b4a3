package auth

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"github.com/postrider/postrider/runner/environment"
)

// code is the authorization code grant (RFC 6749, section 4.1) with PKCE (RFC 7636).
func (f *flow) code(ctx context.Context) (Token, error) {
	config := f.config()
	var ask, redeem []oauth2.AuthCodeOption
	if !f.grant.NoPKCE {
		verifier := f.draw("verifier") + f.draw("verifier") // 43 characters at least (RFC 7636, section 4.1)
		f.taint(verifier)
		ask = append(ask, oauth2.S256ChallengeOption(verifier))
		redeem = append(redeem, oauth2.VerifierOption(verifier))
	}
	callback, err := f.authorize(ctx, config, ask...)
	if err != nil {
		return Token{}, err
	}
	code, _ := callback.Get("code")
	if code == "" {
		return Token{}, lacks("code")
	}
	token, err := config.Exchange(f.context(ctx), code, redeem...)
	return f.read(ctx, token, err)
}

// implicit is the implicit grant (RFC 6749, section 4.2). Its response_type is token, as Cognito and Postman have it,
// and an ID token that comes along has to be the answer to our nonce (OpenID Connect Core 1.0, section 3.2.2.11).
func (f *flow) implicit(ctx context.Context) (Token, error) {
	ask := []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("response_type", "token")}
	nonce := ""
	if slices.Contains(strings.Fields(f.grant.Scope), "openid") {
		nonce = f.draw("nonce")
		ask = append(ask, oauth2.SetAuthURLParam("nonce", nonce))
	}
	callback, err := f.authorize(ctx, f.config(), ask...)
	if err != nil {
		return Token{}, err
	}
	get := func(name string) string { value, _ := callback.Get(name); return value }
	o := &oauth2.Token{AccessToken: get("access_token"), TokenType: get("token_type")}
	if o.AccessToken == "" {
		return Token{}, lacks("access_token")
	}
	extra := map[string]any{"id_token": get("id_token"), "expires_in": get("expires_in"), "scope": get("scope")}
	if err := checkNonce(get("id_token"), nonce); err != nil {
		return Token{}, err
	}
	return f.read(ctx, o.WithExtra(extra), nil)
}

func lacks(name string) *GrantError {
	return &GrantError{Message: "the provider sent the browser back without " + name, Hint: "is the client allowed to use this grant?"}
}

// draw gives text that nobody can guess.
func (f *flow) draw(what string) string {
	g := &f.grant
	return f.tokens.options.Draw(what + " " + g.Grant + " " + g.ClientID + " " + g.Username + " " + g.Scope)
}

func checkNonce(token, nonce string) error {
	if token == "" || nonce == "" {
		return nil
	}
	_, claims, err := environment.Claims(token)
	var c struct {
		Nonce string `json:"nonce"`
	}
	if err == nil {
		err = json.Unmarshal(claims, &c)
	}
	if err != nil || c.Nonce != nonce {
		return &GrantError{Message: "the ID token does not have the nonce that was sent", Hint: "it may come from another sign-in than yours"}
	}
	return nil
}

// authorize has somebody sign in at the authorize endpoint and gives the parameters that come back. All of them that
// are credentials have been tainted, and the state is ours (RFC 6749, section 10.12).
func (f *flow) authorize(ctx context.Context, config *oauth2.Config, ask ...oauth2.AuthCodeOption) (*environment.Callback, error) {
	state := f.draw("state")
	raw, err := f.signIn(ctx, config.AuthCodeURL(state, ask...))
	if err != nil {
		return nil, err
	}
	callback, err := environment.ParseCallback(raw)
	if err != nil {
		return nil, callbackError(err)
	}
	for _, name := range []string{"code", "access_token", "id_token", "refresh_token"} {
		value, _ := callback.Get(name)
		f.taint(value)
	}
	if refused := callback.Refused(); refused != nil {
		reason := f.refusal(refused.Code, refused.Description)
		return nil, &GrantError{Message: reason.Error(), Hint: f.grant.advice(refused.Code), Err: reason}
	}
	if err := callback.CheckState(state); err != nil {
		return nil, callbackError(err)
	}
	return callback, nil
}

func callbackError(err error) error {
	e := &GrantError{Message: err.Error(), Err: err}
	var callback *environment.CallbackError
	if errors.As(err, &callback) {
		e.Hint = callback.Hint()
	}
	return e
}

// signIn gives the URL that the provider sends the browser back to.
func (f *flow) signIn(ctx context.Context, address string) (string, error) {
	if !f.grant.interactive() {
		return f.visit(ctx, address)
	}
	if f.tokens.options.Interactive == nil {
		return "", &GrantError{
			Message: "grant \"" + f.grant.Grant + "\" needs somebody to sign in",
			Hint:    "run `postrider login` first, or give username and password",
		}
	}
	raw, err := f.tokens.options.Interactive(ctx, f.grant, address)
	switch {
	case err != nil && ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &GrantError{Message: "nobody has signed in: " + f.quote(err.Error()), Err: err}
	}
	return raw, nil
}
