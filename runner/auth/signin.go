package auth

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/postrider/postrider/runner/exchange"
)

const (
	maxHops      = 20      // redirects between them, all together
	maxPage      = 4 << 20 // bytes of a page
	minCookie    = 8       // bytes; a shorter one is a language, not a session
	loginHint    = "run `postrider login` to sign in with a browser"
	pageAccepted = "text/html,application/xhtml+xml,*/*;q=0.8"
)

// A visit is the way of a browser from the authorize URL to the redirect_uri.
type visit struct {
	*flow
	jar      *exchange.Jar
	home     *url.URL // the authorize URL: the password is for its origin alone
	redirect *url.URL // where the way ends

	hops                       int
	usernameSent, passwordSent bool
}

// visit signs in at the provider's own form with the grant's username and password, and gives the URL that the provider
// then sends the browser to.
func (f *flow) visit(ctx context.Context, address string) (string, error) {
	v := &visit{flow: f, jar: exchange.NewJar()}
	var err error
	if v.home, err = url.Parse(address); err != nil {
		return "", &GrantError{Message: "authorize_url is not a URL"}
	}
	if v.redirect, err = url.Parse(f.grant.RedirectURI); err != nil {
		return "", &GrantError{Message: "redirect_uri is not a URL"}
	}
	r := &exchange.Request{URL: address}
	for {
		at, err := url.Parse(r.URL)
		if err != nil {
			return "", &GrantError{Message: "the sign-in leads to an address that is no URL"}
		}
		x, err := v.send(ctx, r)
		if err != nil {
			return "", err
		}
		var back string
		if location := x.Response.Header.Get("Location"); location != "" && redirects(x.Response.Status) {
			r, back, err = v.follow(r, at, x, location)
		} else {
			r, err = v.answer(at, x)
		}
		if err != nil || back != "" {
			return back, err
		}
	}
}

// send does one request. Redirects are ours to follow: the last one leads out of the provider and is not sent.
func (v *visit) send(ctx context.Context, r *exchange.Request) (*exchange.Exchange, error) {
	r.Header.Set("Accept", pageAccepted)
	r.Timeout, r.MaxBody = requestTimeout, maxPage
	x, err := v.tokens.options.Client.Do(ctx, v.jar, r)
	for _, cookie := range x.Cookies {
		if len(cookie.Value) >= minCookie {
			v.taint(cookie.Value)
		}
	}
	if err != nil {
		return nil, unanswered(ctx, "the sign-in", err)
	}
	return x, nil
}

func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow gives the request that a redirect asks for, or the URL at the redirect_uri.
func (v *visit) follow(r *exchange.Request, at *url.URL, x *exchange.Exchange, location string) (next *exchange.Request, back string, err error) {
	target, err := url.Parse(location)
	if err != nil {
		return nil, "", &GrantError{Message: "the sign-in at " + v.where(at) + " redirects to what is no URL"}
	}
	target = at.ResolveReference(target)
	if leadsTo(target, v.redirect) {
		return nil, target.String(), nil
	}
	if v.hops++; v.hops > maxHops {
		return nil, "", &GrantError{
			Message: fmt.Sprintf("the sign-in went through more than %d redirects, the last to %s", maxHops, v.where(target)),
			Hint:    "is redirect_uri the one that the provider sends to?",
		}
	}
	if target.Scheme != "http" && target.Scheme != "https" || target.Host == "" {
		return nil, "", &GrantError{
			Message: "the sign-in was sent to " + v.where(target) + ", which is not the redirect_uri",
			Hint:    "check redirect_uri",
		}
	}
	next = &exchange.Request{URL: target.String()}
	if status := x.Response.Status; status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect {
		if len(r.Body) > 0 && !sameOrigin(v.home, target) {
			return nil, "", v.abroad(target)
		}
		next.Method, next.Body = r.Method, r.Body
		if kind := r.Header.Get("Content-Type"); kind != "" {
			next.Header.Set("Content-Type", kind)
		}
	}
	return next, "", nil
}

// abroad is the refusal to type credentials where the grant did not say to.
func (v *visit) abroad(target *url.URL) error {
	return &GrantError{
		Message: fmt.Sprintf("the sign-in form would send the credentials to %s://%s, which is not where authorize_url is",
			v.quote(target.Scheme), v.quote(target.Host)),
		Hint: loginHint,
	}
}

// answer fills in the page that came, or says why it cannot be.
func (v *visit) answer(at *url.URL, x *exchange.Exchange) (*exchange.Request, error) {
	p := page{}
	if media, _, _ := mime.ParseMediaType(x.Response.Header.Get("Content-Type")); media == "text/html" || media == "application/xhtml+xml" {
		p = readPage(x.Response.Body)
	}
	status := x.Response.Status
	login, change := p.signInForm()
	if login == nil && status < http.StatusBadRequest && !v.passwordSent {
		login = p.usernameForm()
	}
	switch {
	case status >= http.StatusInternalServerError:
		return nil, v.stuck(at, x, p)
	case login != nil && (v.passwordSent || v.usernameSent && login.password() < 0):
		return nil, v.refused(at, p)
	case change != nil && v.passwordSent:
		return nil, &GrantError{
			Message: "the provider wants a new password: a temporary one must be changed first",
			Hint:    "sign in once with a browser and choose a password",
		}
	case login == nil:
		return nil, v.stuck(at, x, p)
	}
	return v.submit(at, p, login)
}

// refused is what it means that the form comes again.
func (v *visit) refused(at *url.URL, p page) error {
	e := &GrantError{Message: "the sign-in at " + v.where(at) + " was refused", Hint: "check username and password"}
	if text := v.quote(p.message); text != "" {
		e.Message += ": " + text
	}
	return e
}

// stuck is a page that we do not know what to do with: an error, a second factor, a question about consent.
func (v *visit) stuck(at *url.URL, x *exchange.Exchange, p page) error {
	status := x.Response.Status
	message := fmt.Sprintf("no sign-in form at %s, which answered %d", v.where(at), status)
	if v.passwordSent {
		message = fmt.Sprintf("the sign-in does not end at redirect_uri but at %s, which answered %d", v.where(at), status)
	}
	if title := v.quote(p.title); title != "" {
		message += " \"" + title + "\""
	}
	if text := v.quote(p.message); text != "" {
		message += ": " + text
	}
	hint := "check authorize_url, client_id and redirect_uri; a page that needs JavaScript needs a browser: `postrider login`"
	if v.passwordSent {
		hint = "a second factor or a question needs a person: `postrider login`"
	}
	return &GrantError{Message: message, Hint: hint, passing: passes(status)}
}

// submit makes the request of a form that has been filled in.
func (v *visit) submit(at *url.URL, p page, login *form) (*exchange.Request, error) {
	target, err := p.target(at, login)
	if err != nil {
		return nil, &GrantError{Message: "the sign-in form at " + v.where(at) + " has an action that is no URL"}
	}
	if !sameOrigin(v.home, target) {
		return nil, v.abroad(target)
	}
	if login.password() >= 0 && !strings.EqualFold(login.method, "post") {
		return nil, &GrantError{
			Message: "the sign-in form at " + v.where(at) + " would put the password into a URL",
			Hint:    loginHint,
		}
	}
	fields, username, password := login.fill(v.grant.Username, v.grant.Password)
	v.usernameSent, v.passwordSent = v.usernameSent || username, v.passwordSent || password
	r, err := request(target, login, fields)
	if err != nil {
		return nil, &GrantError{Message: "the sign-in form at " + v.where(at) + " cannot be filled in"}
	}
	// Providers that fear forged requests look at where a form was (RFC 6454, section 7; Django, Rails).
	page := *at
	page.User, page.Fragment, page.RawFragment = nil, "", ""
	r.Header.Set("Origin", at.Scheme+"://"+at.Host)
	r.Header.Set("Referer", page.String())
	return r, nil
}
