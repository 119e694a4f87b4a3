package auth

import (
	"context"
	"errors"
	"time"

	"golang.org/x/oauth2"
)

// The bounds of what a device endpoint says: x/oauth2 panics at an interval that is negative, and asks for ever when
// there is no end.
const (
	maxInterval = 10 * 60 // seconds
	defaultLife = 30 * time.Minute
)

// device is the device authorization grant (RFC 8628): a person enters a code elsewhere while we ask again and again.
// Interval, slow_down and the end of the code are x/oauth2's.
func (f *flow) device(ctx context.Context) (Token, error) {
	prompt := f.tokens.options.DevicePrompt
	if prompt == nil {
		return Token{}, &GrantError{
			Message: `grant "device_code" needs a person who enters a code`,
			Hint:    "get the token with `postrider login` first",
		}
	}
	config := f.config()
	var options []oauth2.AuthCodeOption
	// The client authenticates at this endpoint as it does at the token endpoint (RFC 8628, section 3.1).
	switch {
	case f.grant.style() == oauth2.AuthStyleInHeader:
		f.wire.basic = f.grant.basicField()
	case f.grant.ClientSecret != "":
		options = append(options, oauth2.SetAuthURLParam("client_secret", f.grant.ClientSecret))
	}
	answer, err := config.DeviceAuth(f.context(ctx), options...)
	if err != nil {
		return Token{}, f.explain(ctx, "device", err)
	}
	if answer.DeviceCode == "" || answer.UserCode == "" || answer.VerificationURI == "" {
		return Token{}, f.explain(ctx, "device", errors.New("members are missing"))
	}
	f.taint(answer.DeviceCode)
	if answer.Interval < 1 || answer.Interval > maxInterval {
		answer.Interval = min(max(answer.Interval, 0), maxInterval)
	}
	if answer.Expiry.IsZero() {
		answer.Expiry = time.Now().Add(defaultLife)
	}
	prompt(f.quote(answer.UserCode), f.quote(answer.VerificationURI))
	token, err := config.DeviceAccessToken(f.context(ctx), answer)
	var refused *oauth2.RetrieveError
	if err != nil && ctx.Err() == nil && !errors.As(err, &refused) && !time.Now().Before(answer.Expiry) {
		return Token{}, &GrantError{
			Message: "the code for the device has expired before anybody entered it",
			Hint:    f.grant.advice("expired_token"),
		}
	}
	return f.read(ctx, token, err)
}
