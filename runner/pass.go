package runner

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/rows"
)

// teardownGrace is how long teardown may take once the run is interrupted.
const teardownGrace = 1500 * time.Millisecond

// A pass is one collection while it runs.
type pass struct {
	*Runner
	user    *user
	tell    func(*RequestResult)
	out     *CollectionResult
	stopped *stop
	// grace is the context of teardown: it outlives an interruption for a while.
	grace     context.Context
	iteration int
	reported  int // planned requests that the reporter has been told of
	// brief keeps of a request that passed what can be counted alone, so that there is nothing to redact, and takes one
	// result again and again.
	brief bool
	spare RequestResult
}

// A stop is why nothing more is to be sent, once something says so. Collections that run at the same time share it.
type stop struct{ atomic.Pointer[string] }

// reason is why, or "".
func (s *stop) reason() string {
	if why := s.Load(); why != nil {
		return *why
	}
	return ""
}

// set says why. An interruption comes before all else.
func (s *stop) set(why string) {
	if why == interrupted {
		s.Store(&why)
		return
	}
	s.CompareAndSwap(nil, &why)
}

// run runs one collection.
func (r *Runner) run(ctx context.Context, reporter Reporter, stopped *stop) *CollectionResult {
	start := time.Now()
	grace, end := graceful(ctx)
	defer end()
	p := &pass{
		Runner: r, user: r.user(), tell: reporter.RequestFinished, stopped: stopped, grace: grace, iteration: 1,
		out: &CollectionResult{Info: r.info, Counts: r.info.Planned},
	}
	defer p.user.close()
	p.all(ctx)
	// What belongs to iterations that never began is counted, and not told one by one.
	p.out.Counts.Requests.Skipped += r.info.Planned.Requests.Planned - p.reported
	p.out.Duration = time.Since(start)
	p.out.Verdict = p.out.Counts.verdict()
	if stopped.reason() == interrupted {
		p.out.Verdict = Interrupted
	}
	reporter.CollectionFinished(p.out)
	return p.out
}

// graceful is a context that ends a while after another.
func graceful(ctx context.Context) (context.Context, func()) {
	grace, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(teardownGrace, cancel)
		context.AfterFunc(grace, func() { timer.Stop() })
	})
	return grace, func() { stop(); cancel() }
}

// all runs the setup of the collection, its iterations and its teardown.
func (p *pass) all(ctx context.Context) {
	p.around(ctx, p.root, "", false, func(reason string) bool {
		bad, err := p.iterations(ctx, reason)
		if err != nil {
			p.stopped.set("the next row cannot be read: " + err.Error())
			p.out.Counts.Requests.Errors++
			p.reported++
			return true
		}
		return bad
	})
}

// iterations runs the items of the collection once for each row, or as often as is asked.
func (p *pass) iterations(ctx context.Context, reason string) (bad bool, err error) {
	var reader *rows.Reader
	if p.rows != nil {
		if reader, err = p.rows.Read(); err != nil {
			return true, err
		}
		defer reader.Close()
	}
	begun := false
	for i := range p.info.Iterations {
		ours := p.options.Shard.iteration(i, p.info.Iterations)
		if begun && (reason != "" || p.stopped.reason() != "" || ctx.Err() != nil) {
			break // no iteration begins any more
		}
		p.iteration = i + 1
		if reader != nil {
			if err := p.nextRow(reader); err != nil {
				return true, err
			}
		}
		if !ours {
			continue
		}
		begun = true
		bad = p.nodes(ctx, p.root.items, reason, false) || bad
	}
	return bad, nil
}

// nextRow puts the variables of the next row into scope; with none left those of the last one stay.
func (p *pass) nextRow(reader *rows.Reader) error {
	row, err := reader.Next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	layer := &environment.Layer{Rank: environment.RankData, Name: row.File + ":" + strconv.Itoa(row.Line), Values: row.Values}
	p.user.scopes.Replace(environment.RankData, layer)
	return nil
}

// around runs the setup of a block, then its inside unless the setup failed, then its teardown in any case. It reports
// whether anything failed.
func (p *pass) around(ctx context.Context, b *block, reason string, always bool, inside func(reason string) bool) (bad bool) {
	begun := reason == "" && (always || p.stopped.reason() == "") && ctx.Err() == nil
	for _, n := range b.setup {
		if p.nodes(ctx, []node{n}, reason, always) && reason == "" {
			reason, bad = "its setup failed", true
		}
	}
	bad = inside(reason) || bad
	if !begun {
		return p.nodes(ctx, b.teardown, reason, false) || bad
	}
	return p.nodes(p.grace, b.teardown, "", true) || bad
}

// nodes runs steps and blocks in order, or skips them all for a reason. Those that always run do so after a stop too.
func (p *pass) nodes(ctx context.Context, nodes []node, reason string, always bool) (bad bool) {
	for _, n := range nodes {
		if n.block != nil {
			bad = p.around(ctx, n.block, reason, always, func(reason string) bool { return p.nodes(ctx, n.block.items, reason, always) }) || bad
			continue
		}
		for i := range n.step.repeat {
			bad = p.step(ctx, n.step, i+1, reason, always) || bad
		}
	}
	return bad
}

// step runs one line of the plan, or skips it, and tells the reporter. It reports whether it failed.
func (p *pass) step(ctx context.Context, s *step, n int, reason string, always bool) bool {
	if ctx.Err() != nil {
		p.stopped.set(interrupted)
	}
	if reason == "" && (!always || ctx.Err() != nil) {
		reason = p.stopped.reason()
	}
	res := p.result(s, n)
	if reason != "" {
		res.Verdict, res.Reason = Skipped, reason
	} else if p.user.step(p.recorded(ctx, res), s, res); ctx.Err() != nil && res.Verdict != Passed && res.Verdict != Failed {
		p.stopped.set(interrupted) // also where this was the last one
	}
	p.out.Counts.count(res)
	p.reported++
	switch {
	case p.brief && res.Verdict == Passed:
		res.strip()
	case !p.options.ShowSecrets:
		if p.options.Lines && res.Verdict == Passed {
			res.shorten()
		}
		p.user.redact(res)
	}
	p.tell(res)
	bad := res.Verdict == Failed || res.Verdict == Errored
	if bad && p.options.Bail {
		p.stopped.set("a request before it failed, and --bail stops there")
	}
	return bad
}

// recorded is a context by which a recorder knows the request.
func (p *pass) recorded(ctx context.Context, res *RequestResult) context.Context {
	if p.options.Recorder == nil {
		return ctx
	}
	return context.WithValue(ctx, madeBy{}, res)
}

func (p *pass) result(s *step, n int) *RequestResult {
	res := &p.spare
	if !p.brief {
		res = &RequestResult{}
	}
	room := res.Assertions
	*res = RequestResult{
		Collection: p.info, Stage: s.stage, Folder: s.folder, Name: s.source.Name, Case: s.label(n), Method: s.source.Method, Path: s.path,
		Iteration: p.iteration, Source: s.source.Span, Planned: len(s.assertions), Assertions: room[:0],
	}
	return res
}

// strip takes out all text that came from outside, and leaves what can be counted.
func (r *RequestResult) strip() {
	r.Folder, r.Name, r.Case, r.Path = nil, "", "", ""
	r.Hops, r.Captures, r.Diagnostics = nil, nil, nil
	for i := range r.Retried {
		r.Retried[i].Reason = ""
	}
	if r.Sent != nil {
		*r.Sent = Sent{BodyBytes: r.Sent.BodyBytes, Redirects: r.Sent.Redirects}
	}
	if r.Response != nil {
		*r.Response = Response{Status: r.Response.Status, BodyBytes: r.Response.BodyBytes}
	}
	for i := range r.Assertions {
		r.Assertions[i] = AssertionResult{Passed: r.Assertions[i].Passed}
	}
}

// shorten takes out what [Options.Lines] says.
func (r *RequestResult) shorten() {
	r.Hops, r.Captures = nil, nil
	if r.Sent != nil {
		r.Sent.URL, r.Sent.Header = "", nil
	}
	if r.Response != nil {
		r.Response.Header = nil
	}
	for i := range r.Assertions {
		a := &r.Assertions[i]
		*a = AssertionResult{Predicate: a.Predicate, Passed: a.Passed, Source: a.Source}
	}
}
