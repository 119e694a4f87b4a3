package main

import "github.com/urfave/cli/v2"

// A namedFlag remembers its names. A flag of cli finds them with a regular expression whenever it is asked, and cli asks
// some thousand times to see which flags were given: that took a tenth of a run of one request.
type namedFlag struct {
	cli.Flag
	names []string
}

// Names implements [cli.Flag].
func (f *namedFlag) Names() []string { return f.names }

// A namedList is the same for a flag that may be repeated: cli tells only such a one whether commas separate values.
type namedList struct {
	*cli.StringSliceFlag
	names []string
}

// Names implements [cli.Flag].
func (f *namedList) Names() []string { return f.names }

// nameFlags makes the flags of a command remember their names. None of them has an action or is required, which cli
// would no longer see.
func nameFlags(c *cli.Command) {
	for i, f := range c.Flags {
		if list, ok := f.(*cli.StringSliceFlag); ok {
			c.Flags[i] = &namedList{list, f.Names()}
		} else {
			c.Flags[i] = &namedFlag{f, f.Names()}
		}
	}
}
