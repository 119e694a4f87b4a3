package runner

import (
	"context"
	"sync"

	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A Recorder tells a reporter of every exchange of a client as if each were a request of its own: those for tokens and key
// sets, and attempts that did not pass, too. [Recorder.Observe] is for the client's options; the Recorder itself is told
// of the run as any reporter is, and tells of exchanges when the request that made them has finished, for only then all
// of its secrets are known. Bodies are whole, and the verdict is that of the request. What is sent when no request is told of any
// more is of no collection.
type Recorder struct {
	// Next is told.
	Next Reporter
	// Redactor removes secrets; nil leaves them in.
	Redactor *environment.Redactor

	mu      sync.Mutex
	pending map[*RequestResult][]*exchange.Exchange // by the request that made them, nil where that is not known
}

// madeBy is the key of a context under which the request is that sends.
type madeBy struct{}

// Observe takes an exchange.
func (r *Recorder) Observe(ctx context.Context, x *exchange.Exchange) {
	by, _ := ctx.Value(madeBy{}).(*RequestResult)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending = map[*RequestResult][]*exchange.Exchange{}
	}
	r.pending[by] = append(r.pending[by], x)
}

// RunStarted implements [Reporter].
func (r *Recorder) RunStarted(info *RunInfo) { r.Next.RunStarted(info) }

// RequestFinished implements [Reporter].
func (r *Recorder) RequestFinished(res *RequestResult) { r.tell(res, res) }

// CollectionFinished implements [Reporter].
func (r *Recorder) CollectionFinished(res *CollectionResult) { r.Next.CollectionFinished(res) }

// RunFinished implements [Reporter].
func (r *Recorder) RunFinished(res *Result) {
	r.tell(&RequestResult{}, nil)
	r.Next.RunFinished(res)
}

// tell tells of what a request that finished has sent.
func (r *Recorder) tell(of, by *RequestResult) {
	r.mu.Lock()
	pending := r.pending[by]
	delete(r.pending, by)
	r.mu.Unlock()
	for _, x := range pending {
		one := &RequestResult{
			Collection: of.Collection, Stage: of.Stage, Folder: of.Folder, Name: of.Name, Case: of.Case, Iteration: of.Iteration, Source: of.Source,
			Attempts: 1, Verdict: of.Verdict,
		}
		describe(x, true, one)
		if x.Err != nil {
			one.Error = &RequestError{Kind: failureKind(x.Err), Message: x.Err.Message}
		}
		if r.Redactor != nil {
			redactExchange(r.Redactor, one)
			if one.Error != nil {
				one.Error.Message = r.Redactor.Redact(one.Error.Message)
			}
		}
		r.Next.RequestFinished(one)
	}
}
