package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/report"
)

// tokenOptions are what `token` was asked for.
type tokenOptions struct {
	jwks, spoil string
	showSecrets bool
}

// spoiledKinds are the kinds of bad token that can be made of the good one alone.
var spoiledKinds = []string{"malformed", "truncated", "tampered", "resigned", "unsigned"}

func (p *program) tokenCommand() *cli.Command {
	return &cli.Command{
		Name:      "token",
		Usage:     "show what is in a JWT, verify it, or make a bad one of it",
		UsageText: "postrider token [--jwks URL|FILE | --spoil KIND] [JWT]",
		Description: `examples:
  pbpaste | postrider token
      header, claims and the lifetime that is left; from standard input, so that it stays out of the shell's history
  postrider token --jwks https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example/.well-known/jwks.json eyJ…
      exit code 1 when the signature does not hold
  curl -i -H "Authorization: Bearer $(pbpaste | postrider token --spoil tampered)" https://api.example.com/`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "jwks", Usage: "`URL|FILE`: verify the signature with the keys there"},
			&cli.StringFlag{Name: "spoil", Usage: "`KIND`: print a bad token instead: " + strings.Join(spoiledKinds, ", ")},
			&cli.BoolFlag{Name: "show-secrets", Usage: "print the token too"},
		},
		Action: func(c *cli.Context) error {
			o := tokenOptions{jwks: c.String("jwks"), spoil: c.String("spoil"), showSecrets: c.Bool("show-secrets")}
			switch {
			case c.NArg() > 1:
				return usage("put it in quotes", "postrider token takes one token, but there are %d arguments", c.NArg())
			case c.IsSet("jwks") && c.IsSet("spoil"):
				return usage("leave one of them out", "--jwks verifies the token, and --spoil makes another one of it")
			case c.IsSet("jwks") && o.jwks == "":
				return usage("for example --jwks https://example.com/.well-known/jwks.json", "--jwks is empty")
			case c.IsSet("spoil") && !slices.Contains(spoiledKinds, o.spoil):
				return usage(diag.OneOf(spoiledKinds), "--spoil cannot be %q", o.spoil)
			}
			text, err := p.givenToken(c.Context, c.Args().First())
			switch {
			case err != nil:
				return err
			case o.spoil != "":
				return p.spoil(o.spoil, text)
			}
			return p.token(c.Context, text, o)
		},
	}
}

// givenToken is the token of the command line, or of standard input, as it is pasted: with quotes around it, or as the
// value of an Authorization field.
func (p *program) givenToken(ctx context.Context, argument string) (string, error) {
	text := argument
	if argument == "" || argument == "-" {
		line, err := p.hiddenLine(ctx, "token (not shown): ")
		switch {
		case interruptedBy(err):
			return "", exit{code: exitInterrupted}
		case err != nil:
			return "", usage("", "cannot read the token from standard input: %s", err)
		}
		text = line
	}
	const around = " \t\r\n\"'`"
	text = strings.Trim(text, around)
	if header, value, ok := strings.Cut(text, ":"); ok && strings.EqualFold(strings.TrimSpace(header), "authorization") {
		text = strings.Trim(value, around)
	}
	if scheme, value, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "bearer") {
		text = strings.Trim(value, around)
	}
	if text == "" {
		return "", usage("give it as the argument, or on standard input", "there is no token")
	}
	return text, nil
}

// spoil prints a bad token that is made of a good one.
func (p *program) spoil(kind, token string) error {
	r := &exchange.Request{}
	err := auth.Bearer(r, token)
	if err == nil {
		err = new(auth.Spoiler).Spoil(kind, r, nil)
	}
	if err != nil {
		return usage("", "the token cannot be spoiled: %s", err)
	}
	bad, _ := auth.BearerToken(r)
	if _, err := fmt.Fprintln(p.Out, bad); err != nil {
		return exit{exitError, err}
	}
	return nil
}

// token shows what is in a token, and whether its signature holds.
func (p *program) token(ctx context.Context, token string, o tokenOptions) error {
	header, claims, err := environment.Claims(token)
	if err != nil {
		return usage("only its provider can say what is in an opaque token: ask its userInfo or introspection endpoint", "this is no JWT: %s", strings.TrimPrefix(err.Error(), "the token is not a JWT: "))
	}
	var rows [][]string
	if o.showSecrets {
		rows = append(rows, []string{"token", token})
	}
	rows = append(rows, claimRows(header, claims, time.Now(), func(s string) string { return s })...)
	verdict, failed := "not checked: --jwks URL does", error(nil)
	if o.jwks != "" {
		if verdict, failed = p.verified(ctx, token, o.jwks); verdict == "" {
			return failed
		}
	}
	rows = append(rows, []string{"signature", verdict})
	if err := report.Columns(p.Out, p.colored(p.Out, "auto"), []string{"CLAIM", "VALUE"}, rows); err != nil {
		return exit{exitError, err}
	}
	return failed
}
