package main

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// sendingOptions are how requests are sent, whatever their collections say.
type sendingOptions struct {
	timeout, delay time.Duration
	retry          *collection.Retry
	route          exchange.Route
}

func sendingFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "timeout", Aliases: []string{"timeout-request"}, Usage: "`TIME`: the longest that any request may take, 2s or milliseconds"},
		&cli.StringFlag{Name: "delay", Aliases: []string{"delay-request"}, Usage: "`TIME`: wait so long before each request, 200ms or milliseconds"},
		&cli.IntFlag{Name: "retry", Usage: "`N`: send a request that fails up to N times again"},
		&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any TLS certificate"},
		&cli.StringFlag{Name: "ca", Aliases: []string{"ssl-extra-ca-certs"}, Usage: "`FILE`: trust the certificates of this PEM file"},
		&cli.StringFlag{Name: "cert", Aliases: []string{"ssl-client-cert"}, Usage: "`FILE`: the client certificate, in PEM"},
		&cli.StringFlag{Name: "key", Aliases: []string{"ssl-client-key"}, Usage: "`FILE`: the key of the client certificate, in PEM"},
		&cli.StringFlag{Name: "proxy", Aliases: []string{"x"}, Usage: "`URL`: http://, https://, socks5:// or socks5h://"},
		&cli.StringSliceFlag{Name: "resolve", Usage: "`HOST:PORT:ADDRESS`: where to find a host, in place of a lookup; may be repeated"},
	}
}

func parseSending(c *cli.Context) (o sendingOptions, err error) {
	if o.timeout, err = parseTime(c, "timeout"); err != nil {
		return o, err
	}
	if o.delay, err = parseTime(c, "delay"); err != nil {
		return o, err
	}
	if c.IsSet("retry") {
		n := c.Int("retry")
		if n < 0 || n > collection.MaxRetries {
			return o, usage("from 0 to "+strconv.Itoa(collection.MaxRetries), "--retry cannot be %d", n)
		}
		o.retry = &collection.Retry{Times: n, Delay: collection.DefaultRetryDelay, Backoff: collection.DefaultRetryBackoff}
	}
	o.route = exchange.Route{Proxy: c.String("proxy"), Insecure: c.Bool("insecure")}
	for _, f := range []struct {
		flag string
		to   *string
	}{{"ca", &o.route.CA}, {"cert", &o.route.Cert}, {"key", &o.route.Key}} {
		if !c.IsSet(f.flag) {
			continue
		}
		content, err := os.ReadFile(c.String(f.flag))
		if err != nil {
			return o, usage("", "cannot read the file of --%s: %s", f.flag, reasonOf(err))
		}
		*f.to = string(content)
	}
	for _, one := range c.StringSlice("resolve") {
		line, err := parseResolve(one)
		if err != nil {
			return o, err
		}
		o.route.Resolve = strings.TrimPrefix(o.route.Resolve+"\n"+line, "\n")
	}
	if err := o.route.Validate(); err != nil {
		return o, routeMistake(err)
	}
	return o, nil
}

// routeMistake is a mistake in what flags say about connections.
func routeMistake(err error) error {
	if e, ok := err.(*exchange.Error); ok {
		return exit{exitUsage, diag.Diagnostic{Message: e.Message, Hint: e.Hint}}
	}
	return usage("", "%s", err)
}

// parseResolve reads curl's spelling, HOST:PORT:ADDRESS; an IPv6 address may stand in brackets.
func parseResolve(s string) (string, error) {
	host, rest, ok := strings.Cut(s, ":")
	port, address, ok2 := strings.Cut(rest, ":")
	if !ok || !ok2 || host == "" || address == "" {
		return "", usage("for example --resolve example.com:443:127.0.0.1", "--resolve %q is not HOST:PORT:ADDRESS", s)
	}
	return net.JoinHostPort(host, port) + " " + address, nil
}

// parseTime reads a duration above zero, or milliseconds as Newman has them.
func parseTime(c *cli.Context, flag string) (time.Duration, error) {
	if !c.IsSet(flag) {
		return 0, nil
	}
	s := c.String(flag)
	if ms, err := strconv.Atoi(s); err == nil && ms > 0 {
		return time.Duration(ms) * time.Millisecond, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, usage("for example --"+flag+" 2s, or milliseconds", "--%s %q is not a duration above zero", flag, s)
}

// reasonOf is why a file cannot be read, without its path and the system call.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
