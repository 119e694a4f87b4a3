package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cli/browser"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
)

// signIn has a person sign in and gives the URL that the provider sent the browser back to. It is what
// auth.Options.Interactive takes.
func (l *login) signIn(ctx context.Context, g auth.Grant, address string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, signInPatience)
	defer cancel()
	redirect, err := url.Parse(g.RedirectURI)
	if err != nil {
		return "", errors.New("redirect_uri is not a URL")
	}
	fmt.Fprintf(l.Err, "sign in for the client %s at:\n%s\n", diag.PrintableLine(g.ClientID), diag.PrintableLine(address))
	if l.options.paste || !onLoopback(redirect) {
		return l.pasteBack(ctx, redirect, address)
	}
	asked, err := url.Parse(address)
	if err != nil {
		return "", errors.New("the sign-in URL is not a URL")
	}
	landing, err := land(redirect, asked.Query().Get("state"))
	if err != nil {
		return "", err
	}
	defer landing.close()
	opened := l.browse(address)
	for {
		select {
		case answer := <-landing.answers:
			return answer, nil
		case err := <-opened:
			opened = nil
			if err != nil {
				fmt.Fprintln(l.Err, "no browser could be opened here: open the address yourself")
			}
		case <-ctx.Done():
			return "", late(ctx)
		}
	}
}

// late is why nobody is waited for any longer.
func late(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("nobody came within " + signInPatience.String())
	}
	return ctx.Err()
}

// pasteBack takes the callback URL from standard input. Where the browser ends there may be nothing, but its address bar
// has the URL.
func (l *login) pasteBack(ctx context.Context, redirect *url.URL, address string) (string, error) {
	if !l.options.paste {
		l.browse(address)
	}
	fmt.Fprintf(l.Err, "then paste the whole address that the browser ends at, %s…\n", diag.PrintableLine(place(redirect)))
	line, err := l.hiddenLine(ctx, "callback URL (not shown): ")
	if err != nil && ctx.Err() != nil {
		return "", late(ctx)
	}
	if err == nil && strings.TrimSpace(line) == "" {
		err = diag.Diagnostic{Message: "no callback URL was pasted", Hint: "it is read from standard input, a line for each sign-in"}
	}
	return line, err
}

// browse opens the address in a browser, unless that is not wanted, and tells when that has failed or come to its end.
// What opens it may last as long as the browser does, and cannot be told to give up: nobody waits for it.
func (l *login) browse(address string) <-chan error {
	opened := make(chan error, 1)
	if l.options.noBrowser {
		return opened
	}
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") {
		opened <- errors.New("not an address for a browser")
		return opened
	}
	quietBrowser()
	go func() { opened <- browser.OpenURL(address) }()
	return opened
}

// quietBrowser keeps what a browser says to its terminal out of ours.
var quietBrowser = sync.OnceFunc(func() { browser.Stdout, browser.Stderr = io.Discard, io.Discard })

// device asks a person to enter a code elsewhere. It is what auth.Options.DevicePrompt takes.
func (l *login) device(code, address string) {
	fmt.Fprintf(l.Err, "open %s and enter the code %s\n", diag.PrintableLine(address), diag.PrintableLine(code))
}

// interruptedBy says whether an error is Ctrl-C at a prompt.
func interruptedBy(err error) bool { return errors.Is(err, errInterrupted) }

// problem words why there is no token, or why it is not stored.
func problem(err error, span diag.Span) diag.Diagnostic {
	var own diag.Diagnostic
	var grant *auth.GrantError
	var e exit
	if errors.As(err, &e) {
		err = e.err
	}
	switch {
	case errors.As(err, &own):
		own.Span = span
		return own
	case errors.As(err, &grant):
		return diag.Diagnostic{Message: grant.Message, Hint: grant.Hint, Span: span}
	}
	return diag.Diagnostic{Message: err.Error(), Span: span}
}

// withPort is a URL on another port.
func withPort(u *url.URL, port int) string {
	moved := *u
	moved.Host = net.JoinHostPort(u.Hostname(), strconv.Itoa(port))
	return moved.String()
}

// lifetime is when a token ends, and how far away that is.
func lifetime(at, now time.Time) string {
	if at.IsZero() {
		return "not known"
	}
	return at.UTC().Format(time.RFC3339) + ", " + distance(at.UTC(), now)
}
