package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/report"
)

// show prints whose token it is, and until when; never the token.
func (l *login) show(g auth.Grant, token auth.Token, stored string) error {
	rows := [][]string{{"client", g.ClientID}, {"grant", g.Grant}, {"provider", provider(g.Issuer, g.AuthorizeURL, g.TokenURL)}}
	for _, name := range []string{"username", "email", "sub"} {
		for _, t := range []string{token.AccessToken, token.IDToken} {
			if text := claimText(t, name); text != "" {
				rows = append(rows, []string{name, text})
				break
			}
		}
	}
	renewed := "no"
	if token.RefreshToken != "" {
		renewed = "with a refresh token"
	}
	rows = append(rows, []string{"scope", cmp.Or(token.Scope, "not known")}, []string{"expires", lifetime(token.Expiry, time.Now())}, []string{"renewed", renewed})
	if l.shown++; l.shown > 1 {
		fmt.Fprintln(l.Out)
	}
	for _, row := range rows {
		row[1] = l.redactor.Redact(row[1])
	}
	if err := report.Columns(l.Out, l.colored(l.Out, "auto"), []string{"TOKEN", "VALUE"}, rows); err != nil {
		return err
	}
	_, err := fmt.Fprintf(l.Out, "%s\n", stored)
	return err
}

// otherNames are what some tokens call a claim: Cognito's ID tokens (the first), and OpenID Connect Core 1.0, section 5.1.
var otherNames = map[string][]string{"username": {"cognito:username", "preferred_username"}}

// claimText is a claim of a JWT, or "".
func claimText(token, name string) string {
	_, claims, err := environment.Claims(token)
	if err != nil {
		return ""
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(claims, &members) != nil {
		return ""
	}
	for _, name := range append([]string{name}, otherNames[name]...) {
		if text := gjson.ParseBytes(members[name]).String(); text != "" {
			return text
		}
	}
	return ""
}

// provider is the host that a grant is asked of.
func provider(addresses ...string) string {
	u, err := url.Parse(cmp.Or(addresses...))
	if err != nil {
		return ""
	}
	return u.Host
}

// listTokens shows what is stored: for these environments, or all.
func (p *program) listTokens(environments []string) error {
	all, err := p.openStore().list()
	if err != nil {
		return failure(err)
	}
	all = slices.DeleteFunc(all, func(t storedToken) bool { return !t.of(environments) })
	if len(all) == 0 {
		fmt.Fprintln(p.Out, "no token is stored")
		return nil
	}
	now := time.Now()
	var rows [][]string
	for _, t := range all {
		renewable := "no"
		if t.Renewable {
			renewable = "yes"
		}
		rows = append(rows, []string{
			cmp.Or(strings.Join(t.Environments, ", "), "-"), t.ClientID, t.Grant, provider(t.Issuer, t.AuthorizeURL, t.TokenURL), cmp.Or(t.Granted, "-"), lifetime(t.Expiry, now), renewable,
		})
	}
	titles := []string{"ENVIRONMENT", "CLIENT", "GRANT", "PROVIDER", "SCOPE", "EXPIRES", "RENEWABLE"}
	if err := report.Columns(p.Out, p.colored(p.Out, "auto"), titles, rows); err != nil {
		return exit{exitError, err}
	}
	return nil
}

// forgetTokens removes what is stored for these environments, or everything.
func (p *program) forgetTokens(environments []string, all bool) error {
	s := p.openStore()
	forget := func() (int, error) {
		return s.forget(func(t storedToken) bool { return t.of(environments) })
	}
	if all {
		forget = s.forgetAll
	}
	n, err := forget()
	if err != nil {
		return failure(err)
	}
	fmt.Fprintf(p.Out, "forgot %s\n", count(n, "token"))
	return nil
}

// of says whether a token was got with all of these environments.
func (t storedToken) of(environments []string) bool {
	for _, name := range environmentKeys(environments) {
		if !slices.Contains(t.Environments, name) {
			return false
		}
	}
	return true
}

// failure is an error of the store as the program ends with it.
func failure(err error) error {
	var e exit
	if errors.As(err, &e) {
		return e
	}
	return exit{exitError, err}
}
