package runner

import (
	"context"
	"time"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A Runner is a compiled collection. It does not change and may run many times, also at the same time.
type Runner struct {
	options  Options
	info     *CollectionInfo
	root     *environment.Layer
	steps    []*step
	verifier *auth.Verifier  // nil where each run has a client of its own
	used     map[string]bool // patterns of the selection that chose something
}

// New compiles a collection: templates, queries, expected values and the plan. What cannot be compiled is reported all
// at once, and then there is no runner.
func New(c *collection.Collection, options Options) (*Runner, diag.List) {
	r := &Runner{options: options, used: map[string]bool{}}
	if options.Redactor == nil {
		r.options.Redactor = environment.NewRedactor()
	}
	if options.Client != nil {
		r.verifier = &auth.Verifier{Client: options.Client, Now: options.Now}
	}
	r.info = &CollectionInfo{Name: c.Name, Path: c.Path, Iterations: 1}
	compile := &compiler{layers: map[*collection.Folder]*environment.Layer{}}
	r.root = compile.layer(environment.RankCollection, "collection", c.Variables)
	c.Requests(func(req *collection.Request, path []*collection.Folder) {
		for _, s := range compile.steps(req, path) {
			p := s.planned()
			if !options.Select.keeps(c.Name, &p, r.used) {
				continue
			}
			r.steps = append(r.steps, s)
			r.info.Planned.Requests.Planned++
			r.info.Planned.Assertions.Planned += p.Assertions
		}
	})
	if compile.list.HasErrors() {
		return nil, compile.list
	}
	r.info.Planned.Collections, r.info.Planned.Iterations = 1, r.info.Iterations
	r.info.Plan = plan(r.steps)
	return r, compile.list
}

// Info is what is known of the collection before it runs.
func (r *Runner) Info() *CollectionInfo { return r.info }

// Chose reports whether a pattern of the selection chose anything in this collection.
func (r *Runner) Chose(pattern string) bool { return r.used[pattern] }

// Run runs the collections one after the other and tells the reporter. The context's end interrupts the run: what was
// under way is given up, the rest is skipped, and all is reported.
func Run(ctx context.Context, runners []*Runner, reporter Reporter) *Result {
	clock := time.Now
	if len(runners) > 0 && runners[0].options.Now != nil {
		clock = runners[0].options.Now
	}
	info := &RunInfo{Started: clock()}
	for i, r := range runners {
		if e := r.options.Environment; i == 0 && e != nil {
			info.Environment = e.Names
		}
		info.Collections = append(info.Collections, r.info)
		info.Planned.add(r.info.Planned)
	}
	result := &Result{Info: info}
	start := time.Now()
	reporter.RunStarted(info)
	stopped := ""
	for _, r := range runners {
		c := r.run(ctx, reporter, &stopped)
		result.Counts.add(c.Counts)
	}
	result.Duration = time.Since(start)
	result.Verdict = result.Counts.verdict()
	if stopped == interrupted {
		result.Verdict = Interrupted
	}
	reporter.RunFinished(result)
	return result
}

// Run runs the one collection: see [Run].
func (r *Runner) Run(ctx context.Context, reporter Reporter) *Result {
	return Run(ctx, []*Runner{r}, reporter)
}

// interrupted is why a request was not sent, or not heard out.
const interrupted = "the run was interrupted"

// run runs one collection. Stopped says why nothing more is to be sent, once something does.
func (r *Runner) run(ctx context.Context, reporter Reporter, stopped *string) *CollectionResult {
	start := time.Now()
	out := &CollectionResult{Info: r.info, Counts: r.info.Planned}
	u := r.user()
	defer u.close()
	for _, s := range r.steps {
		if ctx.Err() != nil {
			*stopped = interrupted
		}
		res := r.result(s)
		if *stopped != "" {
			res.Verdict, res.Reason = Skipped, *stopped
		} else if u.step(ctx, s, res); ctx.Err() != nil && res.Verdict != Passed && res.Verdict != Failed {
			*stopped = interrupted // also where this was the last one
		}
		out.Counts.count(res)
		if !r.options.ShowSecrets {
			u.redact(res)
		}
		reporter.RequestFinished(res)
		if r.options.Bail && *stopped == "" && (res.Verdict == Failed || res.Verdict == Errored) {
			*stopped = "a request before it failed, and --bail stops there"
		}
	}
	out.Duration = time.Since(start)
	out.Verdict = out.Counts.verdict()
	if *stopped == interrupted {
		out.Verdict = Interrupted
	}
	reporter.CollectionFinished(out)
	return out
}

func (r *Runner) result(s *step) *RequestResult {
	return &RequestResult{
		Collection: r.info, Folder: s.folder, Name: s.source.Name, Case: s.row, Method: s.source.Method, Path: s.path, Iteration: 1,
		Source: s.source.Span, Planned: len(s.assertions),
	}
}

// user makes what changes while the collection runs.
func (r *Runner) user() *user {
	u := &user{options: &r.options, jar: exchange.NewJar(), client: r.options.Client, redactor: r.options.Redactor}
	if u.client == nil {
		u.client = exchange.NewClient(exchange.Options{})
		u.close = u.client.Close
	} else {
		u.close = func() {}
	}
	u.verifier = r.verifier
	if u.verifier == nil {
		u.verifier = &auth.Verifier{Client: u.client, Now: r.options.Now}
	}
	u.tokens = r.options.Tokens
	if u.tokens == nil {
		u.tokens = auth.NewTokens(auth.Options{Client: u.client, Now: r.options.Now, Taint: u.redactor.Add})
	}
	var layers []*environment.Layer
	if len(r.options.Variables) > 0 {
		layer := &environment.Layer{Rank: environment.RankVar, Name: "--var", Values: map[string]any{}}
		for name, v := range r.options.Variables {
			layer.Values[name] = v
		}
		layers = append(layers, layer)
	}
	if r.options.Callback != nil {
		layers = append(layers, environment.NewCallbackLayer(r.options.Callback))
	}
	if r.options.Environment != nil {
		layers = append(layers, r.options.Environment.Layers()...)
	}
	layers = append(layers, r.root)
	u.scopes = environment.NewScopes(layers...)
	u.scopes.Now, u.scopes.Redactor = r.options.Now, r.options.Redactor
	return u
}
