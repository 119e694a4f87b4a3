package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// keyringVariable says where stored tokens are kept: auto, or file (off) for no keyring.
const keyringVariable = "POSTRIDER_KEYRING"

// The name under which the system's keyring shows our key.
const (
	keyringService = "postrider"
	keyringUser    = "key of the stored tokens"
)

// keyringPatience is how long a keyring may take, which may ask a person to unlock it.
const keyringPatience = time.Minute

// A keychain keeps the one key that stored tokens are sealed with. The tokens themselves would not fit: Windows keeps
// 2560 bytes under a name and macOS 3000, and three tokens of Cognito are more.
type keychain interface {
	get() ([]byte, error) // errNoKey, errNoKeychain
	set(key []byte) error // errNoKeychain
	remove() error        // nil where there is no key
}

var (
	errNoKey      = errors.New("the keyring has no key of postrider's")
	errNoKeychain = errors.New("there is no keyring")
)

// keychain is that of the system; nil where there is none or none is wanted.
func (p *program) keychain() (keychain, error) {
	switch value, _ := p.getenv(keyringVariable); value {
	case "", "auto":
	case "file", "off":
		return nil, nil
	default:
		return nil, exit{exitUsage, diag.Diagnostic{
			Message: keyringVariable + " cannot be " + strconv.Quote(value), Hint: diag.OneOf([]string{"auto", "file", "off"}),
		}}
	}
	if !p.hasKeyring() {
		return nil, nil
	}
	return systemKeychain{}, nil
}

// hasKeyring says whether the system's keyring may be asked. Without a bus its library would start one, for good.
func (p *program) hasKeyring() bool { return runtime.GOOS != "linux" || p.hasBus() }

// keyringSecret reads a secret that somebody else has put into the system's keyring. It is what
// environment.Options.Keyring takes, for a run with that context.
func (p *program) keyringSecret(ctx context.Context, service, user string) (string, error) {
	if !p.hasKeyring() {
		return "", environment.ErrNoKeyring
	}
	text, err := patiently(ctx, func() (string, error) { return keyring.Get(service, user) })
	switch {
	case errors.Is(err, errNoKey):
		return "", environment.ErrNotInKeyring
	case errors.Is(err, errNoKeychain):
		return "", environment.ErrNoKeyring
	}
	return withoutUTF16(text), err
}

// withoutUTF16 is a text that Windows' own programs have stored, in UTF-16, or as it is: no password holds a NUL.
func withoutUTF16(text string) string {
	if len(text)%2 != 0 || !strings.Contains(text, "\x00") {
		return text
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = uint16(text[2*i]) | uint16(text[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

// hasBus says whether there is a session bus, at its address or at its usual place.
func (p *program) hasBus() bool {
	if address, _ := p.getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" {
		return true
	}
	_, err := os.Stat(fmt.Sprintf("/run/user/%d/bus", os.Getuid()))
	return err == nil
}

// systemKeychain is the Secret Service, the macOS Keychain or the Windows Credential Manager.
type systemKeychain struct{}

func (systemKeychain) get() ([]byte, error) {
	text, err := patiently(context.Background(), func() (string, error) { return keyring.Get(keyringService, keyringUser) })
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != keySize {
		return nil, errNoKey
	}
	return key, nil
}

func (systemKeychain) set(key []byte) error {
	_, err := patiently(context.Background(), func() (string, error) {
		return "", keyring.Set(keyringService, keyringUser, base64.StdEncoding.EncodeToString(key))
	})
	return err
}

func (systemKeychain) remove() error {
	_, err := patiently(context.Background(), func() (string, error) { return "", keyring.Delete(keyringService, keyringUser) })
	if errors.Is(err, errNoKey) {
		return nil
	}
	return err
}

// patiently calls the keyring, which cannot be told to give up: when it does not answer in time, its goroutine is left
// behind.
func patiently(ctx context.Context, call func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := call()
		answers <- answer{text, err}
	}()
	select {
	case a := <-answers:
		return a.text, keyringError(a.err)
	case <-ctx.Done():
		return "", errInterrupted
	case <-time.After(keyringPatience):
		return "", errors.New("the keyring did not answer within " + keyringPatience.String())
	}
}

// keyringError tells a keyring that refuses from one that is not there: for the first the user is asked what to do, for
// the second a file has to do.
func keyringError(err error) error {
	var bus dbus.Error
	var dial *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return errNoKey
	case errors.Is(err, keyring.ErrUnsupportedPlatform), errors.As(err, &dial),
		errors.As(err, &bus) && (bus.Name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
			strings.HasPrefix(bus.Name, "org.freedesktop.DBus.Error.Spawn.")):
		return errNoKeychain
	}
	return errors.New("the keyring refused: " + err.Error())
}
