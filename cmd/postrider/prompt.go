package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// A prompter asks for the secrets of an environment, one at a time: requests of several collections may need theirs at
// once.
type prompter struct {
	*program
	holder *poolHolder
	mu     sync.Mutex
}

// ask asks for a secret at the terminal. It is what environment.Options.Prompt takes.
//
// Whoever interrupts the prompt means the program. While a run sends requests, it ends as one that is interrupted at any
// other time, and reports what it had. Before that there is nothing to report, and the signal does what it does.
func (p *prompter) ask(label string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, sending := p.holder.context(), p.holder.sending.Load() != nil
	if ctx.Err() != nil {
		return "", errInterrupted
	}
	asking, closeTerminal, err := p.atTerminal()
	if err != nil {
		return "", err
	}
	defer closeTerminal()
	stop := func() {}
	if !sending {
		// The terminal has to be itself again before the signal ends the program.
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	}
	line, err := asking.hiddenLine(ctx, diag.PrintableLine(label)+" (not shown): ")
	ended := ctx.Err() != nil
	stop()
	switch {
	case interruptedBy(err), ended && !sending:
		interrupt()
		if sending {
			p.awaitEnd(ctx)
		}
		return "", errInterrupted
	case ended:
		return "", errInterrupted
	case err != nil:
		return "", errors.New("it cannot be read: " + err.Error())
	}
	return line, nil
}

// awaitEnd waits until the run knows that it is to end, so that the request is not said to have failed for want of a secret.
func (p *prompter) awaitEnd(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

// atTerminal is the program with a terminal for its standard input, which that may be already; else it is the terminal
// that the program was started from.
func (p *prompter) atTerminal() (asking *program, closeTerminal func(), err error) {
	if isTerminal(p.In) {
		return p.program, func() {}, nil
	}
	name := "/dev/tty"
	if runtime.GOOS == "windows" {
		name = "CONIN$"
	}
	terminal, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil, nil, environment.ErrNoTerminal
	}
	if !isTerminal(terminal) {
		terminal.Close()
		return nil, nil, environment.ErrNoTerminal
	}
	asking = &program{Streams: p.Streams, getenv: p.getenv}
	asking.In = terminal
	return asking, func() { terminal.Close() }, nil
}

// context is that of the run that needs secrets, or one without end before it sends requests.
func (h *poolHolder) context() context.Context {
	if ctx := h.sending.Load(); ctx != nil {
		return *ctx
	}
	return context.Background()
}

// begin says that a run sends requests from now on, and what ends it.
func (h *poolHolder) begin(ctx context.Context) { h.sending.Store(&ctx) }
