package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

func (p *program) cognitoCommand() *cli.Command {
	return &cli.Command{
		Name:      "cognito",
		Usage:     "keep an environment's embedded user pool up for a browser",
		UsageText: "postrider cognito [-e NAME] [--port N]",
		Description: `examples:
  postrider cognito
      the pool of the environment "local" on a free port
  postrider cognito -e local --port 9229`,
		Flags: []cli.Flag{
			environmentFlag("`NAME|FILE`: the environment with the [cognito] table"),
			&cli.IntFlag{Name: "port", Usage: "`PORT`: where to listen on 127.0.0.1; without it a free one"},
			&cli.BoolFlag{Name: "show-secrets", Usage: "print tokens and passwords too"},
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("name the environment with -e", "postrider cognito takes no argument, but there is %q", c.Args().First())
			}
			port := c.Int("port")
			if port < 0 || port > 65535 {
				return usage("for example --port 9229", "--port %d is no port", port)
			}
			return p.cognito(c.Context, c.StringSlice("environment"), port, c.Bool("show-secrets"))
		},
	}
}

func (p *program) cognito(ctx context.Context, names []string, port int, showSecrets bool) error {
	if len(names) == 0 {
		names = []string{localEnvironment}
	}
	redactor := environment.NewRedactor()
	e, list := p.loadEnvironment(names, &poolHolder{}, redactor)
	if e != nil {
		e.Feed(redactor)
	}
	p.renderer(redactor.Redact, "").Render(p.Err, list)
	if list.HasErrors() {
		return exit{code: exitUsage}
	}
	pool, err := e.Pool()
	if err != nil {
		return exit{exitUsage, err}
	}
	if pool == nil {
		return usage("the shipped environment \"local\" has one: postrider cognito -e local", "the environment %q has no [cognito] table", names[len(names)-1])
	}
	config := poolConfig(pool)
	config.Addr = "127.0.0.1:" + strconv.Itoa(port)
	ready := make(chan struct{})
	config.Log = func(a cognito.Access) {
		<-ready
		fmt.Fprintf(p.Out, "%d  %-4s %s\n", a.Status, a.Method, diag.PrintableLine(a.Path))
	}
	server, err := cognito.NewServer(config)
	if err != nil {
		return exit{exitError, diag.Diagnostic{Message: "the pool cannot be started: " + err.Error(), Hint: "another --port may be free"}}
	}
	defer server.Close()
	p.describePool(server, config, redactor, showSecrets)
	close(ready)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	return nil
}

// describePool prints where to sign in and the variables that the pool provides.
func (p *program) describePool(server *cognito.Server, config cognito.Config, redactor *environment.Redactor, showSecrets bool) {
	fmt.Fprintf(p.Out, "user pool %s in %s at %s\n\nsign in:\n", server.PoolID(), server.Region(), server.URL)
	for _, c := range config.Clients {
		name := c.Name
		if name == "" {
			name = c.ID
		}
		signsIn := slices.Contains(c.Flows, cognito.FlowImplicit) || slices.Contains(c.Flows, cognito.FlowCode)
		if url := server.SignInURL(c.ID); signsIn && url != "" {
			fmt.Fprintf(p.Out, "  %s\n    %s\n", diag.PrintableLine(name), url)
		}
	}
	fmt.Fprintln(p.Out, "\nvariables:")
	variables := poolVariables(server)
	for _, name := range []string{"domain", "issuer", "jwks_url", "user_pool_id", "region", "callback_url", "expired_access_token"} {
		value, ok := variables[name].(string)
		if !ok {
			continue
		}
		if !showSecrets {
			value = redactor.Redact(value)
		}
		fmt.Fprintf(p.Out, "  %s = %q\n", name, value)
	}
	fmt.Fprintln(p.Out, "\nrequests (end with Ctrl-C):")
}
