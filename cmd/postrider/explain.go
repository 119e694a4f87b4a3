package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
  postrider explain --request 'Get a token' --show-secrets cognito
      one request, with a curl command that works as it stands

A name in angle brackets, <csrf>, stands for what a run captures. Cookies that servers set are not shown.`,
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
			return p.explain(c.Context, o, curl.Options{CAFile: c.String("ca"), CertFile: c.String("cert"), KeyFile: c.String("key")})
		},
	}
}

// explain shows what would be sent. Files are those that the flags name.
func (p *program) explain(ctx context.Context, o runOptions, files curl.Options) error {
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
			if _, err := p.Out.Write((&explanation{session: s, Explained: e, files: files}).text(r)); err != nil {
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

// An explanation is one request as it would be sent, while its text is put together.
type explanation struct {
	*session
	*runner.Explained
	files curl.Options // with the files that the flags name
	b     bytes.Buffer
}

func (e *explanation) text(r *runner.Runner) []byte {
	place := ""
	if !e.Source.IsZero() {
		place = "  " + e.Source.String()
	}
	title := strings.Join(append(slices.Clone(e.Folder), e.Title()), " / ")
	fmt.Fprintf(&e.b, "%s · %s%s\n", e.clean(r.Info().Name), e.clean(title), e.clean(place))
	if e.Skip != "" {
		fmt.Fprintf(&e.b, "would be skipped: %s\n", e.clean(e.Skip))
	}
	if e.Undecided != "" {
		fmt.Fprintf(&e.b, "may be skipped: %s\n", e.clean(e.Undecided))
	}
	e.message()
	if len(e.Variables) > 0 {
		e.b.WriteByte('\n')
		e.origins()
	}
	if e.Unknown != "" {
		fmt.Fprintf(&e.b, "\nnot all can be shown before a run: %s\n", e.clean(e.Unknown))
	}
	if e.Request != nil {
		e.curl()
	}
	if len(e.Problems) > 0 {
		e.b.WriteByte('\n')
		e.renderer(e.redact(), e.options.view.errorFormat).Render(&e.b, e.Problems)
	}
	return e.b.Bytes()
}

// clean is a line for a terminal, without secrets.
func (e *explanation) clean(text string) string { return diag.PrintableLine(e.conceal(text)) }

// conceal takes the secrets out of a text, and leaves the placeholders of what will be one.
func (e *explanation) conceal(text string) string {
	redact := e.redact()
	if redact == nil {
		redact = func(text string) string { return text }
	}
	var b strings.Builder
	for text != "" {
		start, end, name := len(text), len(text), ""
		for _, n := range e.Placeholders {
			for _, form := range placeholderForms(n) {
				if i := strings.Index(text, form); i >= 0 && i < start {
					start, end, name = i, i+len(form), "<"+n+">"
				}
			}
		}
		b.WriteString(redact(text[:start]))
		b.WriteString(name)
		text = text[end:]
	}
	return b.String()
}

// placeholderForms are a placeholder as it is, and percent-encoded.
func placeholderForms(name string) []string {
	return []string{"<" + name + ">", "%3C" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20") + "%3E"}
}

// maxShownBody is how many bytes of a body are shown, and maxInputShown how many are looked through for secrets before.
const (
	maxShownBody  = 2 << 10
	maxInputShown = 64 << 10
)

// message is the request as HTTP has it, without what the client adds of itself.
func (e *explanation) message() {
	b := &e.b
	if e.Request == nil {
		fmt.Fprintf(b, "\n  %s %s\n", e.clean(e.Method), e.clean(e.Address))
		return
	}
	fmt.Fprintf(b, "\n  %s %s\n", e.clean(e.Request.Method), e.clean(e.Request.URL))
	for _, f := range e.Request.Header {
		fmt.Fprintf(b, "  %s: %s\n", e.clean(f.Name), e.clean(f.Value))
	}
	if e.Auth != nil && e.Auth.Kind != "aws" {
		fmt.Fprintf(b, "  (%s, once the server asks for it)\n", e.Auth.Kind)
	}
	switch {
	case e.BodyFile != "":
		fmt.Fprintf(b, "\n  (the file %s)\n", e.clean(e.BodyFile))
	case len(e.Parts) > 0:
		b.WriteByte('\n')
		for _, part := range e.Parts {
			b.WriteString("  " + e.part(part) + "\n")
		}
	case len(e.Request.Body) > 0:
		b.WriteString("\n  " + strings.ReplaceAll(e.body(e.Request.Body), "\n", "\n  ") + "\n")
	}
}

// part is one of a multipart body.
func (e *explanation) part(p runner.ExplainedPart) string {
	value, more := e.clean(p.Text), ""
	if p.File != "" {
		value = "(the file " + e.clean(p.File) + ")"
	}
	if p.Filename != "" && (p.File == "" || p.Filename != filepath.Base(p.File)) {
		more += ", called " + e.clean(p.Filename)
	}
	if p.Type != "" {
		more += ", " + e.clean(p.Type)
	}
	return e.clean(p.Name) + " = " + value + more
}

// body is the beginning of a body, or how long it is where it is no text.
func (e *explanation) body(body []byte) string {
	text := string(body[:min(len(body), maxInputShown)])
	if !utf8.Valid(body) || bytes.IndexByte(body, 0) >= 0 {
		return "(" + strconv.Itoa(len(body)) + " bytes that are no text)"
	}
	if text = e.conceal(text); len(text) > maxShownBody {
		text = strings.ToValidUTF8(text[:maxShownBody], "") + "… (" + strconv.Itoa(len(body)) + " bytes)"
	}
	return diag.Printable(text)
}

// origins is the table of variables, each below the one that uses it.
func (e *explanation) origins() {
	var rows [][]string
	for _, v := range e.Variables {
		value := e.clean(v.Value)
		switch {
		case v.Drawn:
			value = "(drawn anew)"
		case v.Placeholder:
			value = diag.PrintableLine(v.Value)
		case v.Secret && v.Value != "" && !e.options.view.showSecrets:
			value = "[redacted]"
		}
		rows = append(rows, []string{strings.Repeat("  ", v.Depth) + e.clean(v.Name), value, e.clean(v.Origin)})
	}
	// A buffer takes all that is written to it.
	_ = report.Columns(&e.b, e.colored(e.Out, e.options.view.color), []string{"VARIABLE", "VALUE", "FROM"}, rows)
}

// curl is the command that sends the same request.
func (e *explanation) curl() {
	command, err := e.command()
	if err != nil {
		fmt.Fprintf(&e.b, "\ncurl cannot send this: %s\n", e.clean(err.Error()))
		return
	}
	shown := e.conceal(command)
	e.b.WriteByte('\n')
	for _, note := range e.notes(shown, strings.Contains(shown, "[redacted]") && shown != command) {
		fmt.Fprintf(&e.b, "# %s\n", note)
	}
	fmt.Fprintf(&e.b, "%s\n", diag.Printable(shown))
}

// command is the command with all its secrets.
func (e *explanation) command() (string, error) {
	request, o := *e.Request, e.files
	// A URL that begins with a placeholder has no scheme yet, which curl's needs.
	bare := strings.HasPrefix(request.URL, "<")
	if bare {
		request.URL = "http://" + request.URL
	}
	o.UserAgent, o.BodyFile = userAgent(), e.BodyFile
	o.CAFile, o.CertFile, o.KeyFile = cmp.Or(o.CAFile, e.CA), cmp.Or(o.CertFile, e.Cert), cmp.Or(o.KeyFile, e.Key)
	for _, part := range e.Parts {
		o.Parts = append(o.Parts, curl.Part{Name: part.Name, Value: part.Text, File: part.File, Type: part.Type, Filename: part.Filename})
	}
	if a := e.Auth; a != nil {
		o.Auth = &curl.Auth{
			Kind: curl.Kind(a.Kind), Username: a.Username, Password: a.Password, Region: a.Region, Service: a.Service, SessionToken: a.SessionToken,
		}
	}
	command, err := curl.Command(&request, o)
	if !bare || err != nil {
		return command, err
	}
	name, _, _ := strings.Cut(e.Request.URL, ">")
	command = strings.Replace(command, "'http://"+name+">/'", "'"+name+">'", 1)
	return strings.Replace(command, "'http://"+name+">", "'"+name+">", 1), nil
}

// notes say what is to be done before a command works.
func (e *explanation) notes(command string, hidden bool) []string {
	var notes, there, behind []string
	if hidden {
		notes = append(notes, "secrets are redacted: --show-secrets prints the command that works")
	}
	for _, name := range e.Placeholders {
		if text := diag.PrintableLine("<" + name + ">"); strings.Contains(command, text) {
			there = append(there, text)
		} else {
			behind = append(behind, text)
		}
	}
	if len(there) > 0 {
		notes = append(notes, "put in what a run captures: "+strings.Join(there, ", "))
	}
	if len(behind) > 0 {
		notes = append(notes, "does not work as it is: some of it is made of what a run captures, "+strings.Join(behind, ", "))
	}
	if e.Signed {
		notes = append(notes, "the signature is of this moment: servers refuse it later, or a second time")
	}
	return notes
}
