package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/diag"
)

// reorder puts flags before arguments, since urfave/cli stops reading flags at the first argument and would silently
// take the rest for arguments. On the way it refuses unknown commands and flags, with a suggestion.
func reorder(app *cli.App, args []string) ([]string, error) {
	word := args[1]
	if strings.HasPrefix(word, "-") {
		return nil, usage("flags of a command stand behind its name: postrider run "+word, "unknown flag %s before the command", word)
	}
	command, n := findCommand(app, args[1:])
	if command == nil {
		return nil, unknownCommand(app, word)
	}
	if len(command.Subcommands) > 0 {
		return nil, noSubcommand(command, args[1+n:])
	}
	flags, rest, err := split(command, args[1+n:])
	if err != nil {
		return nil, err
	}
	nameFlags(command)
	out := append(slices.Clone(args[:1+n]), flags...)
	return append(append(out, "--"), rest...), nil
}

// split tells the flags of a command, with their values, from its arguments. Behind -- all are arguments, and a lone -
// is one too.
func split(command *cli.Command, args []string) (flags, rest []string, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return flags, append(rest, args[i+1:]...), nil
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			rest = append(rest, arg)
			continue
		}
		name, _, assigned := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		flag := findFlag(command, name)
		if flag == nil {
			return nil, nil, unknownFlag(command, arg, name)
		}
		flags = append(flags, arg)
		if _, isBool := flag.(*cli.BoolFlag); isBool || assigned {
			continue
		}
		if i++; i == len(args) {
			return nil, nil, usage("see "+fullName(command)+" --help", "the flag %s needs a value", arg)
		}
		flags = append(flags, args[i])
	}
	return flags, rest, nil
}

func findFlag(command *cli.Command, name string) cli.Flag {
	for _, f := range command.Flags {
		for _, n := range f.Names() {
			if n == name {
				return f
			}
		}
	}
	return nil
}

// unknownFlag suggests the nearest flag; a short one only for a short one.
func unknownFlag(command *cli.Command, arg, name string) error {
	var names []string
	for _, f := range command.Flags {
		for _, n := range f.Names() {
			if len(n) > 1 {
				names = append(names, n)
			}
		}
	}
	hint := "see " + fullName(command) + " --help"
	if near := diag.Nearest(name, names); near != "" && len(name) > 1 {
		hint = "did you mean --" + near + "?"
	}
	flag, _, _ := strings.Cut(arg, "=")
	return usage(hint, "%s has no flag %s", fullName(command), flag)
}
