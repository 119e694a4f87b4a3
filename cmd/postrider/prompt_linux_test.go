package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal returns both ends of a pseudo-terminal, and all that it has shown.
func openTerminal(t *testing.T) (keyboard, terminal *os.File, shown *output) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	t.Cleanup(func() { keyboard.Close() })
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	if terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	shown = &output{}
	go func() { _, _ = io.Copy(shown, keyboard) }()
	return keyboard, terminal, shown
}

// TestPrompt asks a person at a terminal, who answers, or has had enough; and where there is no terminal, nobody.
func TestPrompt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"one.toml":                 "[[request]]\nurl = \"http://127.0.0.1:1/{{password}}\"\n",
		"environments/prompt.toml": "[secrets]\npassword = { prompt = \"Password\" }\n",
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		onInput, terminal bool
		typed             string
		signal            os.Signal
		exit              int
		wants             string
	}{
		"standard input": {onInput: true, terminal: true, typed: "s3cret-typed\r", exit: exitError, wants: "connection refused"},
		"/dev/tty":       {terminal: true, typed: "wrong\x15s3cret-typed\r", exit: exitError, wants: "connection refused"},
		"Ctrl-C":         {onInput: true, terminal: true, typed: "s3cret-typed\x03", exit: exitInterrupted, wants: "INTERRUPTED"},
		"signal":         {terminal: true, signal: os.Interrupt, exit: exitInterrupted, wants: "INTERRUPTED"},
		"SIGTERM":        {onInput: true, terminal: true, signal: syscall.SIGTERM, exit: exitInterrupted, wants: "INTERRUPTED"},
		"nobody":         {exit: exitError, wants: `prompt "Password" cannot be used: there is no terminal to ask at`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keyboard, terminal, shown := openTerminal(t)
			before, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
			if err != nil {
				t.Fatal(err)
			}
			c := exec.Command("postrider", "run", "-v", "-e", "prompt", "one.toml")
			c.Dir, c.Env = dir, append(os.Environ(), "NO_COLOR=1")
			c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if tt.terminal {
				c.ExtraFiles = []*os.File{terminal}
				c.SysProcAttr.Setctty, c.SysProcAttr.Ctty = true, 3
			}
			if tt.onInput {
				c.Stdin = terminal
			}
			var out bytes.Buffer
			said := &output{}
			c.Stdout, c.Stderr = &out, said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			answer(t, keyboard, said, c, tt.typed, tt.signal)
			_ = c.Wait()
			if code := c.ProcessState.ExitCode(); code != tt.exit {
				t.Errorf("exit code %d, not %d", code, tt.exit)
			}
			if !strings.Contains(out.String(), tt.wants) || strings.Contains(out.String()+said.String()+shown.String(), "s3cret") {
				t.Errorf("%s\n%s\n%s", out.String(), said, shown)
			}
			if after, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS); err != nil || *after != *before {
				t.Errorf("the terminal is left as %+v, %v; it was %+v", after, err, before)
			}
		})
	}
}

// answer waits for the prompt, and types or sends the signal; without either nothing is to be asked.
func answer(t *testing.T, keyboard io.Writer, said *output, c *exec.Cmd, typed string, signal os.Signal) {
	t.Helper()
	if typed == "" && signal == nil {
		return
	}
	for range 600 {
		if strings.Contains(said.String(), "Password (not shown): ") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(100 * time.Millisecond) // the prompt is written before the terminal is made ready
	var err error
	if signal != nil {
		err = c.Process.Signal(signal)
	} else {
		_, err = io.WriteString(keyboard, typed)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestPromptOneAtATime: two requests that need secrets do not talk over each other.
func TestPromptOneAtATime(t *testing.T) {
	t.Parallel()
	keyboard, terminal, _ := openTerminal(t)
	said := &output{}
	p := &prompter{program: &program{Streams: Streams{In: terminal, Out: io.Discard, Err: said}}, holder: &poolHolder{}}
	var wait sync.WaitGroup
	answers := make(chan string, 2)
	for range 2 {
		wait.Go(func() {
			line, err := p.ask("Password")
			if err != nil {
				t.Error(err)
			}
			answers <- line
		})
	}
	for n := 1; n <= 2; n++ {
		for range 600 {
			if strings.Count(said.String(), "Password (not shown): ") == n {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		if got := strings.Count(said.String(), "Password"); got != n {
			t.Fatalf("%d prompts, not %d", got, n)
		}
		if _, err := fmt.Fprintf(keyboard, "answer %d\r", n); err != nil {
			t.Fatal(err)
		}
	}
	wait.Wait()
	if a, b := <-answers, <-answers; a+b != "answer 1answer 2" && a+b != "answer 2answer 1" {
		t.Error(a, b)
	}
}
