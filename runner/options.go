package runner

import (
	"time"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/rows"
)

// Options say how a collection is run. The zero value runs all of it with no environment.
type Options struct {
	// Environment gives variables and secrets. Collections of one run share it.
	Environment *environment.Environment
	// Callback is a callback URL whose parameters become variables, before those of the environment.
	Callback *environment.Callback
	// Variables are given from outside, before the callback URL's and the environment's.
	Variables map[string]string
	// Redactor learns every secret of the run; nil makes one of its own.
	Redactor *environment.Redactor
	// ShowSecrets leaves secrets in what reporters are given.
	ShowSecrets bool
	// Bodies keeps the bodies of all requests and responses for the reporters, whole, and not only the start of those that
	// failed.
	Bodies bool
	// Recorder, if it observes the client, is told which request makes an exchange.
	Recorder *Recorder
	// Lines leaves out of the results of requests that passed what a line about each does not show, which is much to
	// redact: the address in full, header fields, redirects, captures, and what assertions expected and found.
	Lines bool
	// Select chooses from the collection; the zero value chooses all.
	Select Selection
	// Client sends; nil makes one of its own for each run.
	Client *exchange.Client
	// Tokens fetches and keeps the tokens of auth.oauth2 for all collections of a run; nil makes one for each run of each.
	Tokens *auth.Tokens
	// Bail stops after the first request that failed or could not be sent.
	Bail bool
	// Timeout, if above zero, is in place of what the collection says.
	Timeout time.Duration
	// Retry and Delay, if set, are in place of what the collection says.
	Retry *collection.Retry
	Delay time.Duration
	// Route is laid over what the collection says of proxies, TLS and addresses.
	Route exchange.Route
	// Rows give an iteration each, in place of the data of the collection; nil takes that.
	Rows *rows.File
	// Iterations is how often the collection runs; 0 is once for each row, or once. With fewer rows the last one repeats.
	Iterations int
	// Shard is the part of the plan that runs here; the zero value is all of it.
	Shard Shard
	// Globals come after all other variables.
	Globals *environment.Layer
	// Seed, if not nil, makes what is drawn the same in each run.
	Seed *uint64
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// DefaultTimeout bounds a request about which nothing is said, so that no run hangs for ever.
const DefaultTimeout = 60 * time.Second

func (o *Options) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}
