package main

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/diag"
)

// The exit codes of the program.
const (
	exitOK          = 0
	exitFailed      = 1   // an assertion did not hold
	exitUsage       = 2   // bad command line or file; nothing was sent
	exitError       = 3   // a request could not be resolved, authorised, sent or captured, or a report not written
	exitInterrupted = 130 // what had run is reported
)

// Streams are where the program reads and writes. What is meant to be read goes to Out, what goes wrong with the run
// itself to Err.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
}

// A program is one call of postrider: what every command may use of the world around it.
type program struct {
	Streams
	getenv func(string) (string, bool)
}

// An exit ends the program with a code. What is to be said about it has been said, or is Err.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

// usage is a mistake on the command line, with a hint or "".
func usage(hint, format string, args ...any) error {
	return exit{exitUsage, diag.Diagnostic{Message: fmt.Sprintf(format, args...), Hint: hint}}
}

// Main runs the program and returns its exit code.
func Main(args []string, streams Streams, getenv func(string) (string, bool)) int {
	// net/http tells the standard logger of servers that say more than they were asked.
	log.SetOutput(io.Discard)
	p := &program{Streams: streams, getenv: getenv}
	app := p.app()
	if p.asked(app, args) {
		return exitOK
	}
	args, err := reorder(app, args)
	if err == nil {
		err = app.Run(args)
	}
	return p.end(err)
}

// asked answers a call for help or for the version, wherever in the arguments it stands, and reports whether it was one.
func (p *program) asked(app *cli.App, args []string) bool {
	if len(args) < 2 {
		help(p.Out, app)
		return true
	}
	words := args[1:]
	if words[0] == "help" {
		words = append(words[1:len(words):len(words)], "--help")
	}
	command, _ := findCommand(app, words)
	for _, word := range words {
		switch {
		case word == "--":
			return false
		case word == "-h" || word == "--help":
			if command != nil {
				commandHelp(p.Out, command)
			} else {
				help(p.Out, app)
			}
			return true
		case word == "--version" && command == nil:
			p.printVersion()
			return true
		}
	}
	return false
}

// end says what went wrong and turns it into an exit code.
func (p *program) end(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitUsage
	var e exit
	if errors.As(err, &e) {
		code, err = e.code, e.err
	}
	if err == nil {
		return code
	}
	var list diag.List
	var one diag.Diagnostic
	switch {
	case errors.As(err, &list):
	case errors.As(err, &one):
		list = diag.List{one}
	default:
		list = diag.List{{Message: err.Error()}}
	}
	p.renderer(nil, "").Render(p.Err, list)
	return code
}

// renderer draws diagnostics for standard error.
func (p *program) renderer(redact func(string) string, format string) *diag.Renderer {
	return &diag.Renderer{Color: p.colored(p.Err, "auto"), Redact: redact, Short: format == "short"}
}

// colored reports whether a stream is to be coloured: when asked to, or on a terminal unless NO_COLOR is set.
func (p *program) colored(w io.Writer, mode string) bool {
	switch mode {
	case "always":
		return true
	case "never":
		return false
	}
	if v, ok := p.getenv("NO_COLOR"); ok && v != "" {
		return false
	}
	if v, _ := p.getenv("TERM"); v == "dumb" {
		return false
	}
	return isTerminal(w)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd()))
}

func (p *program) app() *cli.App {
	app := &cli.App{
		Name:                      "postrider",
		Usage:                     "replay collections of HTTP requests and check the answers",
		UsageText:                 "postrider COMMAND [flags] [arguments]",
		Version:                   version(),
		HideHelpCommand:           true,
		Writer:                    p.Out,
		ErrWriter:                 p.Err,
		Reader:                    p.In,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		HideHelp:                  true,
		HideVersion:               true,
		Commands: []*cli.Command{
			p.runCommand(), p.loadCommand(), p.checkCommand(), p.listCommand(), p.explainCommand(), p.callbackCommand(), p.loginCommand(), p.tokenCommand(),
			p.cognitoCommand(), p.reportCommand(), p.fmtCommand(), p.schemaCommand(), p.completionCommand(), p.versionCommand(),
		},
	}
	settle(app.Commands)
	app.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return badFlag(err, "see postrider --help") }
	return app
}

// settle gives commands, and those below them, our words for their mistakes in place of the parser's.
func settle(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelp = true
		c.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return badFlag(err, "see "+fullName(c)+" --help") }
		settle(c.Subcommands)
	}
}

// fullName is a command as it is called, "postrider report show": what its usage begins with.
func fullName(c *cli.Command) string {
	above, _, _ := strings.Cut(c.UsageText+" ", " "+c.Name+" ")
	return above + " " + c.Name
}

// findCommand is the command that words begin with, and how many of them are its name: of `report show` both.
func findCommand(app *cli.App, words []string) (*cli.Command, int) {
	var command *cli.Command
	below := app.Commands
	for n, word := range words {
		i := slices.IndexFunc(below, func(c *cli.Command) bool { return c.Name == word })
		if i < 0 {
			return command, n
		}
		command, below = below[i], below[i].Subcommands
	}
	return command, len(words)
}

// badFlag is a mistake in a flag, without the words of the parser: `invalid value "x" for flag -retry: parse error`.
func badFlag(err error, hint string) error {
	text := err.Error()
	value, rest, ok := strings.Cut(strings.TrimPrefix(text, "invalid value "), " for flag -")
	flag, _, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || !strings.HasPrefix(text, "invalid value ") {
		return usage(hint, "%s", text)
	}
	dashes := "--"
	if len(flag) == 1 {
		dashes = "-"
	}
	return usage("for example "+dashes+flag+" 3", "%s%s must be a whole number, not %s", dashes, flag, value)
}

// unknownCommand is the error for a word that is no command.
func unknownCommand(app *cli.App, word string) error {
	names := commandNames(app.Commands)
	hint := diag.DidYouMean(word, names)
	if hint == "" {
		hint = "the commands are " + strings.Join(names, ", ")
		if strings.HasSuffix(word, ".toml") {
			hint = "to run it: postrider run " + word
		}
	}
	return usage(hint, "unknown command %q", word)
}

// noSubcommand is the error for a command that needs the name of one below it, and has another word there or none.
func noSubcommand(command *cli.Command, rest []string) error {
	names := commandNames(command.Subcommands)
	example := "for example " + fullName(command) + " " + names[0]
	if len(rest) == 0 {
		return usage(example, "%s needs %s", fullName(command), diag.OneOf(names))
	}
	if strings.HasPrefix(rest[0], "-") {
		return usage(example+" "+rest[0], "%s needs %s before its flags", fullName(command), diag.OneOf(names))
	}
	hint := diag.DidYouMean(rest[0], names)
	if hint == "" {
		hint = diag.OneOf(names)
	}
	return usage(hint, "%s has no command %q", fullName(command), rest[0])
}

func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, c := range commands {
		names = append(names, c.Name)
	}
	return names
}
