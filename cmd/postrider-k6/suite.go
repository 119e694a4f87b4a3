package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/rows"
)

// A suite is a compiled collection that all virtual users of this process share, as they do its connections and tokens. Its
// setup runs once, before the first iteration, its teardown once, when the test has ended.
type suite struct {
	runner   *runner.Runner
	client   *exchange.Client
	redactor *environment.Redactor
	custom   customMetrics
	requests []request // that an iteration sends, in order
	warnings warnings

	once   sync.Once
	crew   *runner.Crew
	ready  chan struct{} // closed when crew is there
	over   chan struct{} // closed when teardown is done, or setup failed
	failed string        // why setup did
}

// A request is what is known of a planned one before it is sent.
type request struct {
	label  string
	folder string
	row    string // its case
	method string
	checks []string
}

func newSuite(env *common.InitEnvironment, name string, o options) (*suite, error) {
	s := &suite{
		client: exchange.NewClient(exchange.Options{UserAgent: "postrider-k6", IdleConns: collection.MaxLoadUsers}), redactor: environment.NewRedactor(),
		ready: make(chan struct{}), over: make(chan struct{}),
	}
	c, list := read(env, name)
	if c == nil && !list.HasErrors() {
		return nil, fmt.Errorf("%q is no single collection: name a TOML file, or a folder with a collection.toml", name)
	}
	e, l := s.environment(env, o)
	list = append(list, l...)
	data, l := s.data(env, o.Data)
	list = append(list, l...)
	for _, name := range o.Files {
		folder, base := path.Split(path.Clean(filepath.ToSlash(name)))
		if err := filesBelow(env, path.Join(folder, ".")).keep(base); err != nil {
			list.Add(diag.Span{}, "cannot read the files of "+strconv.Quote(name)+": "+err.Error(), "a file, or a folder of files, beside the script")
		}
	}
	if c != nil && !list.HasErrors() {
		s.runner, l = runner.New(c, runner.Options{
			Environment: e, Variables: o.Variables, Redactor: s.redactor, Select: o.Select, Client: s.client, Rows: data, Seed: o.Seed,
		})
		list = append(list, l...)
	}
	if list.HasErrors() {
		return nil, errors.New(s.draw(list))
	}
	for _, pattern := range slices.Concat(o.Select.Folders, o.Select.Requests, o.Select.Tags) {
		if !s.runner.Chose(pattern) {
			return nil, fmt.Errorf("%q matches nothing in %s: postrider list shows the names; * and ? match any letters", pattern, name)
		}
	}
	s.plan()
	if len(s.requests) == 0 {
		return nil, fmt.Errorf("of %s nothing is left to send", name)
	}
	var err error
	s.custom, err = registerMetrics(env.Registry)
	return s, err
}

// read reads the one collection that a path names. Of what is no single one nothing comes back.
func read(env *common.InitEnvironment, name string) (*collection.Collection, diag.List) {
	name = path.Clean(filepath.ToSlash(name))
	folder, base := path.Split(name)
	if name == "." {
		base = "."
	}
	below := filesBelow(env, path.Join(folder, "."))
	if _, err := fs.Stat(below, base); err != nil && path.Ext(base) != ".toml" {
		base += ".toml"
	}
	all, list := collection.Tree{FS: below, Prefix: folder}.Load(base)
	if len(all) != 1 {
		return nil, list
	}
	return all[0], list
}

// environment reads environments as `postrider run` does, but for private files, which k6 would put into its archives.
func (s *suite) environment(env *common.InitEnvironment, o options) (*environment.Environment, diag.List) {
	below := filesBelow(env, ".")
	names := o.Environments
	if _, err := below.Stat("environments/local.toml"); len(names) == 0 && err == nil {
		names = []string{"local"}
	}
	getenv := func(name string) (string, bool) {
		if value, ok := env.RuntimeOptions.Env[name]; ok {
			return value, true
		}
		return env.LookupEnv(name)
	}
	home, _ := getenv("HOME")
	e, list := environment.Load(environment.Options{Names: names, FS: below, Getenv: getenv, Home: home, Redactor: s.redactor})
	if e != nil {
		for name, value := range o.Variables {
			if e.Secret(name) {
				s.redactor.Add(value)
			}
		}
	}
	return e, list
}

// data opens the rows that are in place of those that the collection names.
func (s *suite) data(env *common.InitEnvironment, name string) (*rows.File, diag.List) {
	if name == "" {
		return nil, nil
	}
	folder, base := path.Split(filepath.ToSlash(name))
	below := filesBelow(env, path.Join(folder, "."))
	f, err := rows.New(name, func() (fs.File, error) { return below.Open(base) })
	if err != nil {
		return nil, diag.List{asDiagnostic(err)}
	}
	return f, nil
}

func (s *suite) plan() {
	for p := range s.runner.EachIteration {
		s.requests = append(s.requests, request{
			label: label(p.Folder, p.Title()), folder: strings.Join(p.Folder, " / "), row: p.Case, method: p.Method,
		})
	}
	i := 0
	for checks := range s.runner.EachChecks {
		s.requests[i].checks = make([]string, len(checks))
		for k, check := range checks {
			s.requests[i].checks[k] = label(nil, s.requests[i].label+": "+check)
		}
		i++
	}
}

// label is what a request or a check is called in k6, which takes "::" for its own.
func label(folder []string, title string) string {
	return strings.ReplaceAll(strings.Join(append(folder[:len(folder):len(folder)], title), " / "), "::", ":")
}

// testEnd is the number of the event that k6 emits when all virtual users have come to rest and metrics are still taken. The
// constant itself is internal to k6.
const testEnd = 3

// begin sees to it that the setup has run. It gives back why not, where it failed.
func (s *suite) begin(ctx context.Context, vu modules.VU) string {
	s.once.Do(func() {
		_, events := vu.Events().Global.Subscribe(testEnd)
		around := &meter{suite: s}
		around.begin(context.Background(), vu.State())
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(s.over)
			defer s.client.Close()
			s.failed = "the setup of the collection failed"
			s.runner.Crew(ctx, around.tellAround, func(c *runner.Crew) {
				s.crew = c
				close(s.ready)
				<-ended
			})
			if around.bad != "" {
				s.failed = "the setup of the collection failed: " + around.bad
			}
		}()
		go func() {
			event, ok := <-events
			select {
			case <-s.ready:
			default:
				cancel() // nobody waits for that setup any more
			}
			close(ended)
			<-s.over
			cancel()
			if ok {
				event.Done()
			}
		}()
	})
	select {
	case <-s.ready:
		return ""
	case <-ctx.Done():
		return ""
	case <-s.over:
		select {
		case <-s.ready: // a call behind the end
			return "the test has ended"
		default:
			return s.failed
		}
	}
}

// draw writes diagnostics for people, a secret in none of them.
func (s *suite) draw(list diag.List) string {
	var b strings.Builder
	renderer := diag.Renderer{Redact: s.redactor.Redact}
	renderer.Render(&b, list)
	return strings.TrimRight(b.String(), "\n")
}

// text is an error on one line.
func (s *suite) text(err error) string { return diag.PrintableLine(s.redactor.Redact(err.Error())) }

func asDiagnostic(err error) diag.Diagnostic {
	var d diag.Diagnostic
	if !errors.As(err, &d) {
		d.Message = err.Error()
	}
	return d
}
