package environment

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

const (
	// commandPatience is how long the command of a secret may take, which may wait for a finger on a sensor.
	commandPatience = 30 * time.Second
	// commandGrace is how long its pipes may stay open after it has ended, by children that it left behind.
	commandGrace = time.Second
	// maxComplaint bounds what is shown of a command's standard error, in characters.
	maxComplaint = 200
)

// commandReader reads the standard output of a program. There is no shell: what an argument holds is the program's.
func (l *loader) commandReader(f *file, node *tomlnode.Node) func() (string, error) {
	const example = `for example command = ["op", "read", "op://vault/item/password"]`
	if text, ok := node.Text(); ok {
		l.list.Add(node.Span, "command must be an array of strings, the program and its arguments, not a string", asArray(text, example))
		return nil
	}
	if node.Kind != tomlnode.Array {
		l.list.Add(node.Span, "command must be an array of strings, not "+node.Kind.String(), example)
		return nil
	}
	var words []string
	for _, item := range node.Items {
		word, ok := item.Text()
		if !ok {
			l.list.Add(item.Span, "command must hold strings, not "+item.Kind.String(), "put it in quotes")
			return nil
		}
		words = append(words, word)
	}
	if len(words) == 0 || words[0] == "" {
		l.list.Add(node.Span, "command names no program", example)
		return nil
	}
	return l.once(func() (string, error) { return l.secretFromCommand(f, words) })
}

// asArray is a hint that writes a command as an array, where blanks alone tell its words apart.
func asArray(text, example string) string {
	words := strings.Fields(text)
	if len(words) == 0 || strings.ContainsAny(text, "'\"\\$`|&;<>()*?{}[]") {
		return "there is no shell to take it apart: " + example
	}
	for i, word := range words {
		words[i] = quoteTOML(word)
	}
	return "there is no shell to take it apart: write command = [" + strings.Join(words, ", ") + "]"
}

// secretFromCommand runs a program in the folder of the environment file and returns its standard output. What is said
// of one that fails is its exit code and the first line of its standard error: arguments may be secrets themselves.
func (l *loader) secretFromCommand(f *file, words []string) (string, error) {
	source := "command " + strconv.Quote(filepath.Base(words[0]))
	parent := context.Background()
	if l.options.Context != nil {
		parent = l.options.Context()
	}
	ctx, cancel := context.WithTimeout(parent, commandPatience)
	defer cancel()
	program, err := l.program(f, words[0])
	if err != nil {
		return "", &SecretError{source, err, ""}
	}
	out, complaints := &bounded{limit: maxSecret + 1}, &bounded{limit: maxSecret, drop: true}
	command := exec.CommandContext(ctx, program, words[1:]...)
	command.Dir, command.Stdout, command.Stderr, command.WaitDelay = f.folder, out, complaints, commandGrace
	err = command.Run()
	var failed *exec.ExitError
	switch {
	case len(out.text) > maxSecret:
		return "", &SecretError{source, errSecretLarge, ""}
	case parent.Err() != nil:
		return "", &SecretError{source, errors.New("it was interrupted"), ""}
	case ctx.Err() != nil:
		return "", &SecretError{source, errors.New("it did not end within " + commandPatience.String()), ""}
	case errors.As(err, &failed):
		return "", &SecretError{source, errors.New(l.complaint(failed, out.text, complaints.text)), ""}
	case errors.Is(err, exec.ErrNotFound):
		return "", &SecretError{source, errors.New("there is no such program in the PATH"), "is it installed?"}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay): // that one has ended well, and left somebody behind
		return "", &SecretError{source, errors.New(reason(err)), ""}
	}
	secret, err := trimmed(out.text)
	if err != nil {
		return "", &SecretError{source, err, ""}
	}
	return secret, nil
}

// program is the path of a program: as files are found if there is a slash in it, else by the PATH.
func (l *loader) program(f *file, name string) (string, error) {
	if !strings.ContainsAny(name, `/`+string(filepath.Separator)) {
		return name, nil
	}
	disk, err := l.path(f, name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(disk)
}

// complaint says how a program failed: its exit code, and the first line that it wrote to standard error, without the
// secret if it stands there.
func (l *loader) complaint(failed *exec.ExitError, out, complaints []byte) string {
	message := "it ended with exit code " + strconv.Itoa(failed.ExitCode())
	if failed.ExitCode() < 0 {
		message = "it was ended by a signal"
	}
	line := ""
	for text := range strings.Lines(string(complaints)) {
		if line = strings.TrimSpace(text); line != "" {
			break
		}
	}
	if line == "" {
		return message
	}
	r := NewRedactor()
	for text := range strings.Lines(string(out)) {
		r.Add(strings.TrimSpace(text))
	}
	line = r.Redact(line)
	if l.options.Redactor != nil {
		line = l.options.Redactor.Redact(line)
	}
	line = diag.PrintableLine(line)
	if utf8.RuneCountInString(line) > maxComplaint {
		line = string([]rune(line)[:maxComplaint]) + "…"
	}
	return message + ": " + line
}

// bounded keeps the beginning of what is written, and no more than its limit in bytes. What comes after that is dropped,
// or else refused: the program learns that nobody reads on.
type bounded struct {
	text  []byte
	limit int
	drop  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.limit-len(b.text))
	b.text = append(b.text, p[:n]...)
	if n < len(p) && !b.drop {
		return n, errSecretLarge
	}
	return len(p), nil
}
