package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/convert/curl"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/report"
)

func (p *program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "show what would be sent, and where each value comes from; send nothing",
		UsageText: "postrider explain [flags] [COLLECTION…]",
		Description: `examples:
  postrider explain -e aws userinfo
      each request as it would be sent, its variables with their places, and the curl command
  postrider explain --request 'Sign in' --show-secrets cognito
      one request, with a curl command that works as it stands`,
		Flags: slices.Concat([]cli.Flag{
			environmentFlag("`NAME|FILE`: environments/NAME.toml; may be repeated, later wins"),
			&cli.StringFlag{Name: "callback-url", Usage: "`URL`: take variables from a pasted callback URL, or from standard input with -"},
			&cli.StringSliceFlag{Name: "var", Aliases: []string{"env-var"}, Usage: "`NAME=VALUE`: set a variable; may be repeated"},
			&cli.StringFlag{Name: "globals", Aliases: []string{"g"}, Usage: "`FILE`: variables that come after all others, in TOML or as Postman exports them"},
			&cli.StringFlag{Name: "data", Aliases: []string{"d"}, Usage: "`FILE`: rows, of which the first is taken"},
			&cli.StringSliceFlag{Name: "request", Usage: "`GLOB`: only requests of this name; * and ? match any letters; may be repeated"},
			&cli.StringSliceFlag{Name: "folder", Usage: "`GLOB`: only folders, or collections, of this name; may be repeated"},
			&cli.StringSliceFlag{Name: "tag", Usage: "`TAG`: only requests with this tag; may be repeated"},
			&cli.StringSliceFlag{Name: "skip-tag", Usage: "`TAG`: no requests with this tag; may be repeated"},
		}, sendingFlags(), []cli.Flag{
			&cli.StringFlag{Name: "seed", Usage: "`N`: draw the same dynamic variables as any run with this seed"},
			&cli.BoolFlag{Name: "allow-outside-files", Usage: "let collections name files outside their folders"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "do not redact secrets"},
			&cli.StringFlag{Name: "color", Usage: "`WHEN`: auto, always or never", Value: "auto"},
			&cli.StringFlag{Name: "error-format", Usage: "`FORMAT`: long, or short for a line each", Value: "long"},
		}),
		Action: func(c *cli.Context) error {
			o, err := parseRun(c)
			if err != nil {
				return err
			}
			return p.explain(c.Context, o)
		},
	}
}

func (p *program) explain(ctx context.Context, o runOptions) error {
	s := &session{program: p, options: o, redactor: environment.NewRedactor(), holder: &poolHolder{}}
	defer s.holder.close()
	runners, client, err := s.prepare()
	if err != nil {
		return err
	}
	defer client.Close()
	problems, n := 0, 0
	for _, r := range runners {
		for e := range r.Explain(ctx) {
			if n++; n > 1 {
				fmt.Fprintln(p.Out)
			}
			if _, err := p.Out.Write(s.explained(r, e)); err != nil {
				return exit{exitError, err}
			}
			problems += len(e.Problems)
		}
	}
	if problems > 0 {
		return exit{code: exitError}
	}
	return nil
}

// explained is one request as it would be sent.
func (s *session) explained(r *runner.Runner, e *runner.Explained) []byte {
	var b bytes.Buffer
	place := ""
	if !e.Source.IsZero() {
		place = "  " + e.Source.String()
	}
	fmt.Fprintf(&b, "%s · %s%s\n", s.clean(r.Info().Name), s.clean(strings.Join(append(slices.Clone(e.Folder), e.Title()), " / ")), s.clean(place))
	if e.Skip != "" {
		fmt.Fprintf(&b, "would be skipped: %s\n", s.clean(e.Skip))
	}
	if e.Request != nil {
		s.message(&b, e)
	}
	if len(e.Variables) > 0 {
		b.WriteByte('\n')
		s.origins(&b, e.Variables)
	}
	if e.Request != nil {
		s.curl(&b, e)
	}
	if len(e.Problems) > 0 {
		b.WriteByte('\n')
		s.renderer(s.redact(), s.options.view.errorFormat).Render(&b, e.Problems)
	}
	return b.Bytes()
}

// clean is a text for a terminal, without secrets.
func (s *session) clean(text string) string {
	if redact := s.redact(); redact != nil {
		text = redact(text)
	}
	return diag.PrintableLine(text)
}

// maxShownBody is how many bytes of a body are shown.
const maxShownBody = 2 << 10

// message is the request as HTTP has it, without what the client adds of itself.
func (s *session) message(b *bytes.Buffer, e *runner.Explained) {
	fmt.Fprintf(b, "\n  %s %s\n", s.clean(e.Request.Method), s.clean(e.Request.URL))
	for _, f := range e.Request.Header {
		fmt.Fprintf(b, "  %s: %s\n", s.clean(f.Name), s.clean(f.Value))
	}
	if e.Auth != nil && e.Auth.Kind != "aws" {
		fmt.Fprintf(b, "  (%s, once the server asks for it)\n", e.Auth.Kind)
	}
	switch {
	case e.BodyFile != "":
		fmt.Fprintf(b, "\n  (the file %s)\n", s.clean(e.BodyFile))
	case len(e.Parts) > 0:
		b.WriteByte('\n')
		for _, part := range e.Parts {
			if part.File != "" {
				fmt.Fprintf(b, "  %s = (the file %s)\n", s.clean(part.Name), s.clean(part.File))
				continue
			}
			fmt.Fprintf(b, "  %s = %s\n", s.clean(part.Name), s.clean(part.Text))
		}
	case len(e.Request.Body) > 0:
		text := string(e.Request.Body[:min(len(e.Request.Body), maxInputShown)])
		if redact := s.redact(); redact != nil {
			text = redact(text)
		}
		if len(text) > maxShownBody {
			text = strings.ToValidUTF8(text[:maxShownBody], "") + "… (" + strconv.Itoa(len(e.Request.Body)) + " bytes)"
		}
		fmt.Fprintf(b, "\n  %s\n", strings.ReplaceAll(diag.Printable(text), "\n", "\n  "))
	}
}

// maxInputShown is how much of a body is looked through for secrets before it is clipped.
const maxInputShown = 64 << 10

// origins is the table of variables, each below the one that uses it.
func (s *session) origins(b *bytes.Buffer, variables []runner.ExplainedVariable) {
	var rows [][]string
	for _, v := range variables {
		value := v.Value
		if v.Secret && !s.options.view.showSecrets {
			value = "[redacted]"
		}
		rows = append(rows, []string{strings.Repeat("  ", v.Depth) + s.clean(v.Name), s.clean(value), s.clean(v.Origin)})
	}
	// A buffer takes all that is written to it.
	_ = report.Columns(b, s.colored(s.Out, s.options.view.color), []string{"VARIABLE", "VALUE", "FROM"}, rows)
}

// curl is the command that sends the same request.
func (s *session) curl(b *bytes.Buffer, e *runner.Explained) {
	o := curl.Options{UserAgent: userAgent(), BodyFile: e.BodyFile, CAFile: e.CA, CertFile: e.Cert, KeyFile: e.Key}
	for _, part := range e.Parts {
		o.Parts = append(o.Parts, curl.Part{Name: part.Name, Value: part.Text, File: part.File, Type: part.Type, Filename: part.Filename})
	}
	if a := e.Auth; a != nil {
		o.Auth = &curl.Auth{
			Kind: curl.Kind(a.Kind), Username: a.Username, Password: a.Password, Region: a.Region, Service: a.Service, SessionToken: a.SessionToken,
		}
	}
	command, err := curl.Command(e.Request, o)
	if err != nil {
		fmt.Fprintf(b, "\ncurl cannot send this: %s\n", s.clean(err.Error()))
		return
	}
	if redact := s.redact(); redact != nil {
		shown := redact(command)
		if shown != command {
			shown = "# secrets are redacted; --show-secrets shows them\n" + shown
		}
		command = shown
	}
	fmt.Fprintf(b, "\n%s\n", diag.Printable(command))
}
