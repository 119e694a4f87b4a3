package main

import (
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	shipped "github.com/postrider/postrider/environments"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// environmentsFolder is where environments are looked for.
const environmentsFolder = "environments"

// localEnvironment is the one that is taken when none is named.
const localEnvironment = "local"

func environmentFlag(usage string) cli.Flag {
	return &cli.StringSliceFlag{Name: "environment", Aliases: []string{"e", "env"}, Usage: usage}
}

// environmentNames are the environments that were asked for. Without any it is environments/local.toml where there is
// one, the shipped local one for shipped collections, else none.
func environmentNames(asked []string, all []found) []string {
	if len(asked) > 0 {
		return asked
	}
	if _, err := os.Stat(filepath.Join(environmentsFolder, localEnvironment+".toml")); err == nil {
		return []string{localEnvironment}
	}
	for _, f := range all {
		if !f.shipped() {
			return nil
		}
	}
	return []string{localEnvironment}
}

// loadEnvironment reads environments; the holder starts their pool, and the redactor learns their secrets. Those of
// commands, keyrings and prompts are read when a request needs them.
func (p *program) loadEnvironment(names []string, holder *poolHolder, redactor *environment.Redactor) (*environment.Environment, diag.List) {
	home, _ := p.getenv("HOME")
	e, list := environment.Load(environment.Options{
		Names: names, Shipped: shipped.Files, Getenv: p.getenv, Home: home, Pool: holder.start, Redactor: redactor,
		Keyring: func(service, user string) (string, error) { return p.keyringSecret(holder.context(), service, user) },
		Prompt:  (&prompter{program: p, holder: holder}).ask, Context: holder.context,
	})
	if e == nil || list.HasErrors() {
		return e, list
	}
	pool, err := e.KnownPool()
	if pool != nil && err == nil {
		list = append(list, poolProblems(pool)...)
	}
	return e, list
}

// hideGiven tells the redactor what --var says in place of the environment's secrets.
func (s *session) hideGiven(e *environment.Environment) {
	for name, value := range s.options.variables {
		if e.Secret(name) {
			s.redactor.Add(value)
		}
	}
}
