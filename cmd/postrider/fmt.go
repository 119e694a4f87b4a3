package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/report"
)

func (p *program) fmtCommand() *cli.Command {
	return &cli.Command{
		Name:      "fmt",
		Usage:     "rewrite TOML in one style, comments kept",
		UsageText: "postrider fmt [--check] [PATH…]",
		Description: `examples:
  postrider fmt
      ./collections and ./environments; names the files that it rewrites
  postrider fmt --check collections/userinfo.toml
      for CI: names what would change, writes nothing, and exits with 1 if there is something
  postrider fmt - <me.toml
      standard input to standard output`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "write nothing; name what would change, and exit with 1 if there is something"},
			&cli.StringFlag{Name: "error-format", Usage: "`FORMAT`: long, or short for a line each", Value: "long"},
		},
		Action: func(c *cli.Context) error {
			if err := oneOf("error-format", c.String("error-format"), "long", "short"); err != nil {
				return err
			}
			f := &formatting{program: p, check: c.Bool("check"), redactor: environment.NewRedactor()}
			err := f.run(c.Args().Slice())
			if list := (diag.List)(nil); errors.As(err, &list) {
				// What could not be formatted may be shown, but not the secrets in it.
				p.renderer(f.redactor.Redact, c.String("error-format")).Render(p.Err, list)
				return exit{code: exitUsage}
			}
			return err
		},
	}
}

// formatting is one call of `fmt`.
type formatting struct {
	*program
	check    bool
	redactor *environment.Redactor
	changed  []string // the files that were rewritten, or would be
}

func (f *formatting) run(arguments []string) error {
	if slices.Contains(arguments, "-") {
		if len(arguments) > 1 {
			return usage("call it once more for the files", "standard input is formatted alone")
		}
		return f.stdin()
	}
	files, err := tomlFiles(arguments)
	if err != nil {
		return err
	}
	var list diag.List
	for _, name := range files {
		list = append(list, f.file(name)...)
	}
	left := len(files) - len(f.changed)
	switch {
	case list.HasErrors():
		return list
	case f.check && len(f.changed) > 0:
		return exit{exitFailed, diag.Diagnostic{Message: fmt.Sprintf("%d of %s would change", len(f.changed), count(len(files), "file")), Hint: "`postrider fmt` rewrites them"}}
	case f.check:
		fmt.Fprintf(f.Out, "%s would not change\n", count(left, "file"))
	default:
		fmt.Fprintf(f.Out, "%s rewritten, %d left as they are\n", count(len(f.changed), "file"), left)
	}
	return nil
}

// stdin formats standard input to standard output.
func (f *formatting) stdin() error {
	const name = "standard input"
	text, err := io.ReadAll(f.In)
	if err != nil {
		return diag.List{{Message: "cannot read " + name + ": " + innermost(err)}}
	}
	formatted, list := collection.Format(diag.NewSource(name, string(text)))
	switch {
	case list.HasErrors():
		f.conceal(list)
		return list
	case !f.check:
		if _, err := io.WriteString(f.Out, formatted); err != nil {
			return exit{exitError, diag.Diagnostic{Message: "cannot write the text: " + innermost(err)}}
		}
	case formatted != string(text):
		return exit{exitFailed, diag.Diagnostic{Message: name + " would change", Hint: "`postrider fmt -` without --check writes what it would become"}}
	}
	return nil
}

// file formats one file, and leaves it alone where nothing changes.
func (f *formatting) file(name string) diag.List {
	text, err := os.ReadFile(name)
	if err != nil {
		return diag.List{{Message: "cannot read " + strconv.Quote(name) + ": " + innermost(err)}}
	}
	formatted, list := collection.Format(diag.NewSource(filepath.ToSlash(name), string(text)))
	if list.HasErrors() {
		if isEnvironment(name) {
			f.conceal(list)
		}
		return list
	}
	if formatted == string(text) {
		return nil
	}
	if !f.check {
		if err := rewrite(name, formatted); err != nil {
			return diag.List{{Message: "cannot write " + strconv.Quote(name) + ": " + innermost(err), Hint: "it is as it was"}}
		}
	}
	f.changed = append(f.changed, name)
	fmt.Fprintln(f.Out, diag.PrintableLine(filepath.ToSlash(name)))
	return nil
}

// rewrite replaces the text of a file as a whole, and keeps its mode.
func rewrite(name, text string) error {
	file, err := report.Create(name, nil)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(file, text); err != nil {
		return errors.Join(err, file.Abort())
	}
	return file.Commit()
}

// conceal tells the redactor what stands on the lines that could not be understood: in an environment it may be a secret.
func (f *formatting) conceal(list diag.List) {
	for _, d := range list {
		if d.Span.IsZero() {
			continue
		}
		text := d.Span.Source.Text
		start := strings.LastIndexByte(text[:d.Span.Start], '\n') + 1
		line, _, _ := strings.Cut(text[start:], "\n")
		if _, value, ok := strings.Cut(line, "="); ok {
			line = value
		}
		f.redactor.Add(strings.Trim(line, " \t\r\"'"))
	}
}

// isEnvironment reports whether a file may have secrets in it.
func isEnvironment(name string) bool {
	whole, err := filepath.Abs(name)
	return err != nil || strings.HasSuffix(name, ".private.toml") || slices.Contains(strings.Split(filepath.ToSlash(whole), "/"), environmentsFolder)
}

// tomlFiles are the TOML files that the arguments name or that are in folders that they name; without any, those of
// ./collections and ./environments. Dot-folders are passed over, as they are where collections are read.
func tomlFiles(arguments []string) ([]string, error) {
	given := len(arguments) > 0
	if !given {
		for _, folder := range []string{collectionsFolder, environmentsFolder} {
			if info, err := os.Stat(folder); err == nil && info.IsDir() {
				arguments = append(arguments, folder)
			}
		}
		if len(arguments) == 0 {
			return nil, usage("for example postrider fmt me.toml", "there is no ./%s and no ./%s here", collectionsFolder, environmentsFolder)
		}
	}
	var files []string
	for _, a := range arguments {
		info, err := os.Stat(a)
		switch {
		case err != nil:
			return nil, usage("", "cannot read %s: %s", strconv.Quote(a), innermost(err))
		case info.Mode().IsRegular():
			files = append(files, filepath.Clean(a))
		case !info.IsDir():
			return nil, usage("with - it is read from standard input", "%s is neither a file nor a folder", strconv.Quote(a))
		default:
			inside, err := tomlFilesIn(a)
			if err != nil {
				return nil, usage("", "cannot read the folder %s: %s", strconv.Quote(a), innermost(err))
			}
			if len(inside) == 0 && given {
				return nil, usage("", "there is no TOML file in the folder %s", strconv.Quote(a))
			}
			files = append(files, inside...)
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(files, func(name string) bool {
		again := seen[name]
		seen[name] = true
		return again
	}), nil
}

func tomlFilesIn(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != folder && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(name) != ".toml" || strings.HasPrefix(d.Name(), "."):
			return nil
		}
		// A pipe is no file, and reading it would wait. What cannot be looked at is told of when it is read.
		if info, err := os.Stat(name); err != nil || info.Mode().IsRegular() {
			files = append(files, name)
		}
		return nil
	})
	return files, err
}

// innermost is the cause of an error without the names and system calls around it.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
