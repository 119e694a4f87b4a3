package runner

import (
	"context"
	"hash/fnv"
	"math/rand/v2"
	"path"
	"path/filepath"
	"time"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/rows"
)

// A Runner is a compiled collection. It does not change and may run many times, also at the same time.
type Runner struct {
	options  Options
	info     *CollectionInfo
	layer    *environment.Layer // of the collection's variables
	root     *block
	rows     *rows.File      // an iteration for each of them, or nil
	verifier *auth.Verifier  // nil where each run has a client of its own
	used     map[string]bool // patterns of the selection that chose something
	empty    bool            // nothing is chosen
	// credentials are the names of variables that requests send as credentials.
	credentials map[string]bool
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
	compile := &compiler{files: c.Files}
	r.layer = compile.layer(environment.RankCollection, "collection", c.Variables)
	defaults := &settings{timeout: DefaultTimeout, redirects: collection.DefaultRedirects, route: &route{}}
	r.root = compile.block(&c.Folder, []*collection.Folder{&c.Folder}, defaults, Main)
	chosen := r.root.choose(func(s *step) bool { return options.Select.keeps(c.Name, s, r.used) }, options.Select.names())
	if r.empty = !chosen; r.empty {
		r.root = &block{}
	}
	r.conceal()
	r.info = &CollectionInfo{Name: r.shown(c.Name), Path: c.Path, Plan: r.plan}
	r.iterations(compile, c)
	if r.info.Planned.Requests.Planned == 0 {
		r.root = &block{} // nothing of it is in the shard
	}
	if compile.list.HasErrors() {
		return nil, compile.list
	}
	return r, compile.list
}

// iterations settles how often the collection runs, and what that adds up to.
func (r *Runner) iterations(c *compiler, source *collection.Collection) {
	n := r.options.Iterations
	named := source.Data
	if r.options.Rows != nil {
		named = nil // they are not those that the collection names
	}
	if r.rows = r.options.Rows; r.rows == nil && source.Data != nil {
		r.rows = c.rows(source.Data)
	}
	if r.rows != nil {
		there, err := r.rows.Count(context.Background())
		if err != nil {
			c.rowsProblem(err, named)
			return
		}
		if n == 0 {
			n = there
		}
	}
	r.info.Iterations = max(n, 1)
	ours := r.options.Shard.iterations(r.info.Iterations)
	if r.info.Iterations == 1 {
		ours = r.options.Shard.items(r.root)
	}
	planned := Counts{Collections: 1, Iterations: ours}
	if ours > 0 {
		once, each := count(r.root.setup...), count(r.root.items...)
		once.add(count(r.root.teardown...))
		planned.Requests.Planned = once.Requests.Planned + ours*each.Requests.Planned
		planned.Assertions.Planned = once.Assertions.Planned + ours*each.Assertions.Planned
	}
	r.info.Planned = planned
}

// shown is a text as it may be shown.
func (r *Runner) shown(text string) string {
	if r.options.ShowSecrets {
		return text
	}
	return r.options.Redactor.Redact(text)
}

// Info is what is known of the collection before it runs.
func (r *Runner) Info() *CollectionInfo { return r.info }

// Empty reports whether nothing of the collection is chosen. What is chosen may all be in other shards.
func (r *Runner) Empty() bool { return r.empty }

// Chose reports whether a pattern of the selection chose anything in this collection.
func (r *Runner) Chose(pattern string) bool { return r.used[pattern] }

// Run runs the collections one after the other and tells the reporter. The context's end interrupts the run: what was
// under way is given up, the rest is skipped, and all is reported.
func Run(ctx context.Context, runners []*Runner, reporter Reporter) *Result {
	return RunParallel(ctx, runners, 1, reporter)
}

// RunParallel is [Run] with up to n collections at the same time. The reporter is told in the order of the plan all the
// same, of one collection after the other.
func RunParallel(ctx context.Context, runners []*Runner, n int, reporter Reporter) *Result {
	info := about(runners)
	result := &Result{Info: info}
	start := time.Now()
	reporter.RunStarted(info)
	var stopped stop
	if n > 1 && len(runners) > 1 {
		for c := range sideBySide(ctx, runners, n, reporter, &stopped) {
			result.Counts.add(c.Counts)
		}
	} else {
		for _, r := range runners {
			result.Counts.add(r.run(ctx, reporter, &stopped).Counts)
		}
	}
	result.Duration = time.Since(start)
	result.Verdict = result.Counts.verdict()
	if stopped.reason() == interrupted {
		result.Verdict = Interrupted
	}
	reporter.RunFinished(result)
	return result
}

// about is what is known of a run before its first request.
func about(runners []*Runner) *RunInfo {
	clock := time.Now
	if len(runners) > 0 && runners[0].options.Now != nil {
		clock = runners[0].options.Now
	}
	info := &RunInfo{Started: clock()}
	for i, r := range runners {
		if e := r.options.Environment; i == 0 && e != nil {
			info.Environment = e.Names
		}
		if s := r.options.Shard; s.Of > 1 {
			info.Shard = &Shard{Index: s.Index, Of: s.Of}
		}
		info.Collections = append(info.Collections, r.info)
		info.Planned.add(r.info.Planned)
	}
	return info
}

// Run runs the one collection: see [Run].
func (r *Runner) Run(ctx context.Context, reporter Reporter) *Result {
	return Run(ctx, []*Runner{r}, reporter)
}

// interrupted is why a request was not sent, or not heard out.
const interrupted = "the run was interrupted"

// variables is the layer of what was given from outside.
func (r *Runner) variables() *environment.Layer {
	layer := &environment.Layer{Rank: environment.RankVar, Name: "--var", Values: map[string]any{}}
	for name, v := range r.options.Variables {
		layer.Values[name] = v
	}
	return layer
}

// user makes what changes while the collection runs.
func (r *Runner) user() *user {
	u := &user{options: &r.options, credentials: r.credentials, jar: exchange.NewJar(), client: r.options.Client, spoiler: &auth.Spoiler{}, redactor: r.options.Redactor}
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
		layers = append(layers, r.variables())
	}
	if r.options.Callback != nil {
		layers = append(layers, environment.NewCallbackLayer(r.options.Callback))
	}
	if r.options.Environment != nil {
		layers = append(layers, r.options.Environment.Layers()...)
	}
	layers = append(layers, r.layer)
	if r.options.Globals != nil {
		layers = append(layers, r.options.Globals)
	}
	u.scopes = environment.NewScopes(layers...)
	u.scopes.Now, u.scopes.Redactor = r.options.Now, r.options.Redactor
	u.scopes.Random = r.random("")
	return u
}

// random draws dynamic variables, nil where they need not repeat. Collections draw each for itself, whatever runs beside
// them and wherever they stand, and so does each virtual user.
func (r *Runner) random(user string) *rand.Rand {
	if r.options.Seed == nil {
		return nil
	}
	stream := fnv.New64a()
	stream.Write([]byte(r.info.Name + "\x00" + path.Base(filepath.ToSlash(r.info.Path)) + user))
	return environment.NewRandom(*r.options.Seed, stream.Sum64())
}
