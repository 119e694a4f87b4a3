package main

import (
	"embed"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/diag"
)

// completionScripts are what shells read. Each asks the program itself for what may come next: see [program.complete].
//
//go:embed completion
var completionScripts embed.FS

// completionShells are the shells, each with its script.
func completionShells() map[string]string {
	return map[string]string{"bash": "postrider.bash", "zsh": "postrider.zsh", "fish": "postrider.fish", "powershell": "postrider.ps1"}
}

// completeArgument is how the scripts call for candidates: `postrider completion __complete=CURRENT -- WORD…`, with the
// word at the cursor up to the cursor, and those between the program's name and it. In one argument the word at the
// cursor is never empty: PowerShell drops empty ones.
const completeArgument = "__complete="

func (p *program) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a script that completes commands, flags and names in a shell",
		UsageText: "postrider completion bash|zsh|fish|powershell",
		Description: `examples:
  source <(postrider completion bash)
      in ~/.bashrc; with zsh in ~/.zshrc, below compinit
  postrider completion fish >~/.config/fish/completions/postrider.fish
  postrider completion powershell | Out-String | Invoke-Expression
      in the file that $PROFILE names`,
		Action: func(c *cli.Context) error {
			arguments := c.Args().Slice()
			if len(arguments) > 0 && strings.HasPrefix(arguments[0], completeArgument) {
				p.complete(c.App, strings.TrimPrefix(arguments[0], completeArgument), arguments[1:])
				return nil
			}
			return p.completionScript(arguments)
		},
	}
}

func (p *program) completionScript(arguments []string) error {
	const hint = "for example postrider completion bash; there are bash, zsh, fish and powershell"
	if len(arguments) != 1 {
		return usage(hint, "name one shell")
	}
	file, ok := completionShells()[arguments[0]]
	if !ok {
		return usage(hint, "there is no completion for the shell %q", arguments[0])
	}
	script, err := completionScripts.ReadFile("completion/" + file)
	if err != nil {
		return exit{exitError, err}
	}
	if _, err := p.Out.Write(script); err != nil {
		return exit{exitError, diag.Diagnostic{Message: "cannot write the script: " + innermost(err)}}
	}
	return nil
}

// complete prints what may stand at the cursor: on each line a word, a tab and what it is. A word that ends in / may go on.
// What cannot be found out is left out: there is nobody to tell.
func (p *program) complete(app *cli.App, current string, words []string) {
	seen := map[string]bool{}
	for _, c := range p.candidates(app, current, words) {
		// Words that a terminal or a line cannot hold are not offered.
		if !strings.HasPrefix(c.word, current) || seen[c.word] || c.word != diag.PrintableLine(c.word) {
			continue
		}
		seen[c.word] = true
		_, _ = io.WriteString(p.Out, c.word+"\t"+diag.PrintableLine(c.description)+"\n")
	}
}

// A candidate is a word that may stand at the cursor, and what it is.
type candidate struct{ word, description string }

func (p *program) candidates(app *cli.App, current string, words []string) []candidate {
	helping := len(words) > 0 && words[0] == "help"
	if helping {
		words = words[1:]
	}
	if len(words) == 0 {
		return commandCandidates(app, current)
	}
	command, n := findCommand(app, words)
	switch {
	case command == nil || helping && n < len(words):
		return nil
	case len(command.Subcommands) > 0:
		return subcommandCandidates(command, current, n == len(words))
	case helping:
		return nil
	}
	l := readCommandLine(command, words[n:])
	name, value, assigned := strings.Cut(current, "=")
	switch {
	case l.waiting != nil:
		return p.values(l, l.waiting, current)
	case l.literal || !strings.HasPrefix(current, "-"):
		return p.arguments(l, current)
	case !assigned:
		return l.flags()
	}
	flag := findFlag(command, strings.TrimLeft(name, "-"))
	if flag == nil {
		return nil
	}
	var all []candidate
	for _, c := range p.values(l, flag, value) {
		all = append(all, candidate{name + "=" + c.word, c.description})
	}
	return all
}

func commandCandidates(app *cli.App, current string) []candidate {
	if strings.HasPrefix(current, "-") {
		return []candidate{{"--help", "what postrider can do"}, {"--version", "print the version"}}
	}
	all := []candidate{{"help", "flags and examples of a command"}}
	for _, c := range app.Commands {
		all = append(all, candidate{c.Name, c.Usage})
	}
	return all
}

// subcommandCandidates are the commands below one, if none is named yet.
func subcommandCandidates(command *cli.Command, current string, open bool) []candidate {
	var all []candidate
	switch {
	case !open:
	case strings.HasPrefix(current, "-"):
		all = append(all, candidate{"--help", "commands and examples of this command"})
	default:
		for _, c := range command.Subcommands {
			all = append(all, candidate{c.Name, c.Usage})
		}
	}
	return all
}

// A commandLine is what stands before the cursor.
type commandLine struct {
	command *cli.Command
	words   []string        // the arguments, without flags
	given   map[string]bool // the flags, by their first names
	waiting cli.Flag        // the one that the word at the cursor is the value of
	literal bool            // behind -- there are no flags
}

// readCommandLine reads a command line as split does, but takes what is wrong with it as it is.
func readCommandLine(command *cli.Command, words []string) commandLine {
	l := commandLine{command: command, given: map[string]bool{}}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if l.literal || word == "-" || !strings.HasPrefix(word, "-") {
			l.words = append(l.words, word)
			continue
		}
		if word == "--" {
			l.literal = true
			continue
		}
		name, _, assigned := strings.Cut(strings.TrimLeft(word, "-"), "=")
		flag := findFlag(command, name)
		if flag == nil {
			continue
		}
		l.given[flag.Names()[0]] = true
		if _, isBool := flag.(*cli.BoolFlag); isBool || assigned {
			continue
		}
		if i++; i == len(words) {
			l.waiting = flag
		}
	}
	return l
}

// flags are the flags that may still be given.
func (l commandLine) flags() []candidate {
	var all []candidate
	for _, f := range l.command.Flags {
		names := f.Names()
		if _, repeats := f.(*cli.StringSliceFlag); l.given[names[0]] && !repeats {
			continue
		}
		value, text := usageOf(f)
		if value != "" {
			text = fmt.Sprintf("%s: %s", value, text)
		}
		all = append(all, candidate{"--" + names[0], text})
		for _, name := range names[1:] {
			if len(name) == 1 {
				all = append(all, candidate{"-" + name, text})
			}
		}
	}
	return append(all, candidate{"--help", "flags and examples of this command"})
}
