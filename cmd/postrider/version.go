package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is the module's version as built: v1.2.3, or "(devel)" from a checkout.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func (p *program) versionCommand() *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print the version",
		UsageText:   "postrider version",
		Description: "examples:\n  postrider version\n  postrider --version",
		Action: func(*cli.Context) error {
			p.printVersion()
			return nil
		},
	}
}

func (p *program) printVersion() {
	fmt.Fprintf(p.Out, "postrider %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
