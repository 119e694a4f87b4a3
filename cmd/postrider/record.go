package main

import (
	"hash/fnv"
	"math/rand/v2"
	"os"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/report"
)

// tapeOptions are the files of --record and --replay; "" is none.
type tapeOptions struct{ record, replay string }

// A tape is what a run records on, or what it is replayed from.
type tape struct {
	recorder *runner.Recorder
	replayed *os.File
	seed     *uint64 // noted in the recording, or nil: whoever has it has what was drawn
}

func recordFlag() cli.Flag {
	return &cli.StringFlag{Name: "record", Usage: "`FILE.har`: keep all that is sent and received, also for tokens; redacted unless --show-secrets"}
}

func parseTape(c *cli.Context) (tapeOptions, error) {
	o := tapeOptions{record: c.String("record"), replay: c.String("replay")}
	for _, name := range []string{"record", "replay"} {
		if file := c.String(name); c.IsSet(name) && (file == "" || file == "-") {
			return o, usage("for example --"+name+" run.har", "--%s needs a file", name)
		}
	}
	if o.record != "" && o.replay != "" {
		return o, usage("leave one of them out", "what is replayed is recorded already: --record and --replay do not go together")
	}
	return o, nil
}

// thread makes a client tell of what it sends, or send nothing, as the flags ask for.
func (s *session) thread(client *exchange.Options) diag.List {
	o := &s.options
	switch {
	case o.tape.replay != "":
		if err := s.replay(client); err != nil {
			return diag.List{{Message: err.Error()}}
		}
	case o.tape.record != "":
		s.tape.recorder = &runner.Recorder{Redactor: s.redactor}
		if o.view.showSecrets {
			s.tape.recorder.Redactor = nil
			if o.seed == nil { // so that a replay asks for the same
				seed := rand.Uint64()
				o.seed = &seed
			}
			s.tape.seed = o.seed
		}
		client.Observe = s.tape.recorder.Observe
	}
	return nil
}

// record opens the file of --record and has the recorder write into it.
func (s *session) record(out *openReports, inspect inspector) error {
	if s.tape.recorder == nil {
		return nil
	}
	file, to, err := inspect.create(s.options.tape.record, nil)
	if err != nil {
		return err
	}
	har := report.NewHAR(to, report.HAROptions{Version: version(), Seed: s.tape.seed})
	s.tape.recorder.Next = har
	out.Multi, out.files = append(out.Multi, recording{s.tape.recorder, har}), append(out.files, file)
	return nil
}

// A recording is a recorder that can fail.
type recording struct {
	*runner.Recorder
	to report.Reporter
}

// Err implements [report.Reporter].
func (r recording) Err() error { return r.to.Err() }

// draw is what states, nonces and the like are drawn from: of a run that is recorded or replayed the seed, if it has one,
// so that both draw the same, for each purpose by itself.
func (s *session) draw() func(purpose string) string {
	o := &s.options
	if o.tape == (tapeOptions{}) || o.seed == nil {
		return nil
	}
	var mu sync.Mutex
	streams := map[string]*rand.Rand{}
	return func(purpose string) string {
		mu.Lock()
		defer mu.Unlock()
		random := streams[purpose]
		if random == nil {
			stream := fnv.New64a()
			stream.Write([]byte("auth " + purpose))
			random = environment.NewRandom(*o.seed, stream.Sum64())
			streams[purpose] = random
		}
		text := make([]byte, 26) // of 32 letters: as many as crypto/rand.Text has
		for i := range text {
			text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.IntN(32)]
		}
		return string(text)
	}
}

func (t *tape) close() {
	if t.replayed != nil {
		_ = t.replayed.Close() // it was only read
	}
}
