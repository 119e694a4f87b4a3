package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/report"
)

// maxPaste is how much of standard input is read as a callback URL: 1 MiB.
const maxPaste = 1 << 20

func (p *program) callbackCommand() *cli.Command {
	return &cli.Command{
		Name:      "callback",
		Usage:     "show what is in an OAuth callback URL, or save it into an environment",
		UsageText: "postrider callback [--save ENV] [URL]",
		Description: `examples:
  postrider callback 'https://www.example.com/callback#id_token=…&access_token=…&expires_in=3600&token_type=Bearer'
  pbpaste | postrider callback --save aws
      writes environments/aws.private.toml, which is laid over aws.toml; keep it out of git`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "save", Usage: "`ENV`: write the URL into environments/ENV.private.toml"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "print the tokens too"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 1 {
				return usage("put the URL in single quotes, or the shell takes it apart at &", "postrider callback takes one URL, but there are %d arguments", c.NArg())
			}
			raw, err := p.pasted(c.Context, c.Args().First())
			if err != nil {
				return err
			}
			return p.callback(raw, c.String("save"), c.IsSet("save"), c.Bool("show-secrets"))
		},
	}
}

// pasted is the callback URL: the argument, or standard input, with a prompt on a terminal.
func (p *program) pasted(ctx context.Context, argument string) (string, error) {
	if argument != "" && argument != "-" {
		return argument, nil
	}
	if isTerminal(p.In) {
		return p.hiddenLine(ctx, "callback URL: ")
	}
	text, err := io.ReadAll(io.LimitReader(p.In, maxPaste))
	if err != nil {
		return "", usage("", "cannot read the callback URL from standard input: %s", err)
	}
	return string(text), nil
}

// parseCallback reads a callback URL. One that cannot be read is a mistake on the command line; one that carries the
// provider's refusal is an error of the run.
func parseCallback(raw string) (*environment.Callback, error) {
	c, err := environment.ParseCallback(raw)
	if err != nil {
		d := diag.Diagnostic{Message: "the callback URL cannot be read: " + err.Error()}
		var e *environment.CallbackError
		if errors.As(err, &e) {
			d.Hint = e.Hint()
		}
		return nil, exit{exitUsage, d}
	}
	if refused := c.Refused(); refused != nil {
		return nil, exit{exitError, diag.Diagnostic{Message: refused.Error(), Hint: "sign in again, and paste the new callback URL"}}
	}
	return c, nil
}

func (p *program) callback(raw, save string, saving, showSecrets bool) error {
	c, err := parseCallback(raw)
	if err != nil {
		return err
	}
	target := ""
	if saving {
		if target, err = p.saveTarget(save, c); err != nil {
			return err
		}
	}
	now := time.Now()
	variables := c.Variables(now)
	redactor := environment.NewRedactor()
	show := redactor.Redact
	if showSecrets {
		show = func(s string) string { return s }
	}
	for _, v := range variables {
		if text, ok := v.Value.(string); ok && v.Secret {
			redactor.Add(text)
		}
	}
	color := p.colored(p.Out, "auto")
	if err := report.Columns(p.Out, color, []string{"VARIABLE", "VALUE"}, parameterRows(variables, now, showSecrets)); err != nil {
		return exit{exitError, err}
	}
	for _, v := range variables {
		token, ok := v.Value.(string)
		header, claims, err := environment.Claims(token)
		if !ok || v.Name == "callback_url" || err != nil {
			continue
		}
		fmt.Fprintf(p.Out, "\n%s\n", diag.PrintableLine(v.Name))
		if err := report.Columns(p.Out, color, []string{"CLAIM", "VALUE"}, claimRows(header, claims, now, show)); err != nil {
			return exit{exitError, err}
		}
	}
	if kind, ok := c.Get("token_type"); ok && !strings.EqualFold(kind, "bearer") {
		p.renderer(redactor.Redact, "").Render(p.Err, diag.List{{Severity: diag.Warning,
			Message: fmt.Sprintf("the token is one of type %q, and auth.bearer would send it as a bearer token", diag.PrintableLine(kind)),
			Hint:    "who does not know a token's type must not use it (RFC 6749, section 7.1)",
		}})
	}
	if !saving {
		return nil
	}
	return p.save(target, c, save, now)
}

// parameterRows are the variables that the URL sets. Of a secret only its kind and length are shown.
func parameterRows(variables []environment.CallbackVariable, now time.Time, showSecrets bool) [][]string {
	var rows [][]string
	for _, v := range variables {
		text := fmt.Sprint(v.Value)
		switch {
		case v.Name == "callback_url" && !showSecrets:
			text = withoutParameters(text)
		case (v.Secret || !slices.Contains(harmless, v.Name)) && !showSecrets:
			kind := "opaque"
			if _, _, err := environment.Claims(text); err == nil {
				kind = "JWT"
			}
			text = fmt.Sprintf("[redacted] (%s, %d characters)", kind, len(text))
		case v.Name == "expires_at":
			text = moment(text, now)
		}
		rows = append(rows, []string{v.Name, text})
	}
	return rows
}

// harmless are the parameters that say nothing which could be used. What else a provider adds may be a credential.
var harmless = []string{"token_type", "expires_in", "expires_at", "scope", "state", "iss"}

// withoutParameters is what of a callback URL may be shown: where it leads.
func withoutParameters(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "…"
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath() + " …"
}

// claimRows are the parts of a token that say who and for how long. They are no credential without the signature.
func claimRows(header, claims json.RawMessage, now time.Time, show func(string) string) [][]string {
	var rows [][]string
	gjson.ParseBytes(header).ForEach(func(key, value gjson.Result) bool {
		rows = append(rows, []string{"header " + key.String(), show(value.String())})
		return true
	})
	gjson.ParseBytes(claims).ForEach(func(key, value gjson.Result) bool {
		text := show(value.String())
		if slices.Contains([]string{"exp", "iat", "nbf", "auth_time"}, key.String()) {
			text = moment(value.Raw, now)
		}
		rows = append(rows, []string{key.String(), text})
		return true
	})
	return rows
}

// The seconds since 1970 at which the years begin between which RFC 3339 can write times.
const (
	year1     = -62135596800
	year10000 = 253402300800
)

// moment is seconds since 1970 with the time that they are, and how far away.
func moment(seconds string, now time.Time) string {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return seconds
	}
	if n < year1 || n >= year10000 {
		text := "far away from any calendar's time"
		if inMilliseconds := time.UnixMilli(n).UTC(); inMilliseconds.Year() >= 2000 && inMilliseconds.Year() < 2200 {
			text += "; in milliseconds it would be " + inMilliseconds.Format(time.RFC3339)
		}
		return seconds + " (" + text + ")"
	}
	at := time.Unix(n, 0).UTC()
	return seconds + " (" + at.Format(time.RFC3339) + ", " + distance(at, now) + ")"
}

// distance is how far away a time is: "in 1h0m0s", "5m0s ago", and in years where it is more than a hundred of them,
// which a time.Duration soon cannot hold.
func distance(at, now time.Time) string {
	away := at.Sub(now).Round(time.Second)
	text := away.Abs().String()
	if years := at.Year() - now.UTC().Year(); years > 100 || years < -100 {
		text = strconv.Itoa(max(years, -years)) + " years"
	}
	if at.Before(now) && text != "0s" {
		return text + " ago"
	}
	return "in " + text
}

// saveTarget is the private file of an environment that can be read.
func (p *program) saveTarget(name string, c *environment.Callback) (string, error) {
	if name == "" {
		return "", usage("for example --save aws", "--save names no environment")
	}
	redactor := environment.NewRedactor()
	e, list := p.loadEnvironment([]string{name}, &poolHolder{}, redactor)
	if list.HasErrors() {
		p.renderer(redactor.Redact, "").Render(p.Err, list)
		return "", exit{code: exitUsage}
	}
	if err := e.Accepts(c); err != nil {
		return "", exit{exitError, diag.Diagnostic{Message: err.Error(), Hint: "nothing was saved; it may come from another sign-in than yours"}}
	}
	base := strings.TrimSuffix(name, ".toml")
	if base == name && filepath.Base(name) == name {
		base = filepath.Join(environmentsFolder, name)
	}
	return base + ".private.toml", nil
}

// save writes the URL into the private file of an environment.
func (p *program) save(target string, c *environment.Callback, name string, now time.Time) error {
	saved, err := environment.SaveCallback(target, c.URL(), now)
	if err != nil {
		return exit{exitError, diag.Diagnostic{Message: "cannot save the callback URL: " + err.Error(), Hint: "the file is as it was"}}
	}
	fmt.Fprintf(p.Out, "\nsaved in %s", target)
	if saved.KeptExpired {
		fmt.Fprint(p.Out, "; the expired token before it is kept as expired_access_token")
	}
	fmt.Fprintf(p.Out, "\nrun: postrider run -e %s userinfo\n", name)
	if !ignoredByGit(target) {
		fmt.Fprintf(p.Err, "keep it out of git: add the line %s to .gitignore\n", strconv.Quote("*.private.toml"))
	}
	return nil
}

// ignoredByGit reports whether a .gitignore in this folder or above names private files, or there is no repository.
func ignoredByGit(target string) bool {
	dir, err := filepath.Abs(filepath.Dir(target))
	if err != nil {
		return true
	}
	for {
		if text, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err == nil && strings.Contains(string(text), ".private.toml") {
			return true
		}
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}
