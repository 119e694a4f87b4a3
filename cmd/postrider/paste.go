package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// hiddenLine reads a line from standard input, with a prompt on a terminal, where it is not shown: what is pasted is a
// credential. There it is read in raw mode, since a terminal cuts lines of its own at 4095 bytes, which tokens exceed.
//
// Standard input cannot be told to stop: when the context ends first, the goroutine that reads is left behind.
func (p *program) hiddenLine(ctx context.Context, prompt string) (string, error) {
	raw := isTerminal(p.In)
	if raw {
		fmt.Fprint(p.Err, prompt)
		file := p.In.(*os.File)
		state, err := term.MakeRaw(int(file.Fd()))
		if err != nil {
			return "", err
		}
		defer func() {
			_ = term.Restore(int(file.Fd()), state)
			fmt.Fprintln(p.Err)
		}()
	}
	type answer struct {
		line string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		line, err := readLine(p.In, raw)
		answers <- answer{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case a := <-answers:
		return a.line, a.err
	}
}

// errInterrupted is Ctrl-C at a terminal in raw mode, which makes no signal of it.
var errInterrupted = errors.New("interrupted")

// readLine reads to the end of a line and not a byte further: what follows may be for somebody else.
func readLine(in io.Reader, raw bool) (string, error) {
	const interrupt, end, backspace, kill, rubout = 3, 4, 8, 21, 127
	var line []byte
	for one := make([]byte, 1); len(line) < maxPaste; {
		n, err := in.Read(one)
		switch {
		case n == 0 && errors.Is(err, io.EOF), n > 0 && one[0] == '\n', raw && n > 0 && (one[0] == '\r' || one[0] == end):
			return string(line), nil
		case n == 0 && err != nil:
			return "", err
		case n == 0:
		case raw && one[0] == interrupt:
			return "", errInterrupted
		case raw && (one[0] == backspace || one[0] == rubout):
			line = line[:max(len(line)-1, 0)]
		case raw && one[0] == kill:
			line = line[:0]
		default:
			line = append(line, one[0])
		}
	}
	return string(line), nil
}
