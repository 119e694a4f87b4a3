package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/har"
)

func replayFlag() cli.Flag {
	return &cli.StringFlag{Name: "replay", Usage: "`FILE.har`: take the answers from a recording, of --record or of a browser, and send nothing; sign-ins need one with --show-secrets"}
}

// replay makes a client answer from the file of --replay.
func (s *session) replay(client *exchange.Options) error {
	name := s.options.tape.replay
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("cannot read the file of --replay %s: %s", name, reasonOf(err))
	}
	s.tape.replayed = file
	info, err := file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("cannot read the file of --replay %s: %s", name, reasonOf(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("cannot read the file of --replay %s: it is no file", name)
	}
	recording, err := har.NewReplay(name, file, info.Size(), har.ReplayOptions{Redact: s.redactor.Redact})
	if err != nil {
		return err
	}
	if seed := recording.About().Seed; seed != nil && s.options.seed == nil {
		s.options.seed = seed
	}
	client.Transport = recording
	return nil
}

// fetched keeps tokens that were renewed, but not those of a recording: the ones that are stored are good still.
func (s *session) fetched() func(auth.Grant, auth.Token) {
	if s.options.tape.replay != "" {
		return nil
	}
	return s.wallet.keep
}
