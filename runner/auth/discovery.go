package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/postrider/postrider/runner/exchange"
)

const discoveryPath = "/.well-known/openid-configuration"

// maxDiscovery bounds the redirects to a discovery document; its issuer is checked wherever it comes from.
const maxDiscovery = 5

// endpoints are the members of a discovery document that we need (OpenID Connect Discovery 1.0, section 3; RFC 8628,
// section 4).
type endpoints struct {
	Issuer    string `json:"issuer"`
	Authorize string `json:"authorization_endpoint"`
	Token     string `json:"token_endpoint"`
	Device    string `json:"device_authorization_endpoint"`
}

// resolve fills in the endpoints that the grant uses and does not name.
func (t *Tokens) resolve(ctx context.Context, g *Grant) error {
	if len(g.unknown()) == 0 {
		return nil
	}
	e, err := t.issuer(g.Issuer).get(ctx, func(e endpoints) bool { return e.Issuer != "" }, func(endpoints) (endpoints, error) {
		return t.discover(ctx, g.Issuer)
	})
	if err != nil {
		return err
	}
	g.AuthorizeURL = cmp.Or(g.AuthorizeURL, e.Authorize)
	g.TokenURL = cmp.Or(g.TokenURL, e.Token)
	g.DeviceURL = cmp.Or(g.DeviceURL, e.Device)
	if missing := g.unknown(); len(missing) > 0 {
		return &GrantError{
			Message: "the discovery document of the issuer gives no " + strings.Join(missing, " and no "),
			Hint:    "set " + strings.Join(missing, " and "),
		}
	}
	return e.check(g)
}

// check wants the endpoints that came from the document to be URLs, and a credential not to leave TLS for their sake.
func (e endpoints) check(g *Grant) error {
	secure := strings.HasPrefix(strings.ToLower(e.Issuer), "https:")
	for _, end := range []struct{ key, found, used string }{
		{"authorize_url", e.Authorize, g.AuthorizeURL}, {"token_url", e.Token, g.TokenURL}, {"device_url", e.Device, g.DeviceURL},
	} {
		if end.found != end.used || end.found == "" {
			continue
		}
		if checkEndpoint(end.key, end.found) != nil || secure && !strings.HasPrefix(strings.ToLower(end.found), "https:") {
			return &GrantError{
				Message: "the discovery document of the issuer has a " + end.key + " that is no URL like the issuer's",
				Hint:    "set " + end.key,
			}
		}
	}
	return nil
}

func (t *Tokens) issuer(issuer string) *slot[endpoints] {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.issuers[issuer]
	if s == nil {
		s = &slot[endpoints]{}
		t.issuers[issuer] = s
	}
	return s
}

// discover reads the discovery document. Its issuer has to be the one that was asked for, byte by byte (OpenID Connect
// Discovery 1.0, section 4.3).
func (t *Tokens) discover(ctx context.Context, issuer string) (endpoints, error) {
	var e endpoints
	x, err := t.options.Client.Do(ctx, nil, &exchange.Request{
		URL:          strings.TrimSuffix(issuer, "/") + discoveryPath,
		Header:       exchange.Header{{Name: "Accept", Value: "application/json"}},
		Timeout:      requestTimeout,
		MaxRedirects: maxDiscovery,
		MaxBody:      maxAnswer,
	})
	if err != nil {
		return e, unanswered(ctx, "the issuer", err)
	}
	const hint = "check issuer: " + discoveryPath + " is added to it; or set the endpoints themselves"
	if status := x.Response.Status; status != 200 {
		return e, &GrantError{
			Message: fmt.Sprintf("the issuer answered %d where its discovery document was expected", status),
			Hint:    hint, passing: passes(status),
		}
	}
	if err := json.Unmarshal(x.Response.Body, &e); err != nil || e.Issuer == "" {
		return endpoints{}, &GrantError{Message: "the discovery document of the issuer is not JSON with an issuer in it", Hint: hint}
	}
	if e.Issuer != issuer {
		f := flow{}
		return endpoints{}, &GrantError{
			Message: fmt.Sprintf("the discovery document is of another issuer: expected %s, received %s",
				strconv.Quote(issuer), strconv.Quote(f.quote(e.Issuer))),
			Hint: "they must be the same, up to the slash at the end",
		}
	}
	return e, nil
}
