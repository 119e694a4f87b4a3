package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// verified checks the signature of a token by the key set at a URL or in a file. The verdict is for people; the error is
// what the program ends with.
func (p *program) verified(ctx context.Context, token, keys string) (verdict string, err error) {
	options, address := exchange.Options{UserAgent: "postrider/" + strings.Trim(version(), "()")}, keys
	if !strings.Contains(keys, "://") {
		text, err := os.ReadFile(keys)
		if err != nil {
			return "", usage("--jwks takes a URL or a file", "cannot read the key set: %s", err)
		}
		options.Transport, address = keyFile(text), "https://file.invalid/"+keys
	}
	client := exchange.NewClient(options)
	defer client.Close()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	err = (&auth.Verifier{Client: client}).Verify(ctx, token, address)
	var refused *auth.VerifyError
	switch {
	case err == nil:
		return "verified with " + keys, nil
	case ctx.Err() != nil:
		return "not checked", exit{code: exitInterrupted}
	case !errors.As(err, &refused):
		return "not checked", exit{exitError, err}
	}
	d := diag.Diagnostic{Message: strings.ReplaceAll(refused.Message, "https://file.invalid/", ""), Hint: refused.Hint}
	if refused.Unread {
		return "not checked", exit{exitError, d}
	}
	return "NOT VERIFIED", exit{exitFailed, d}
}

// keyFile answers every request with the text of a file, so that one reader serves for files and URLs.
type keyFile []byte

// RoundTrip is that of http.RoundTripper.
func (f keyFile) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(f)), ContentLength: int64(len(f)), Request: r,
	}, nil
}
