package runner

import (
	"context"
	"errors"
	"io"
	"maps"
	"strconv"
	"strings"
	"sync"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
	"github.com/postrider/postrider/runner/rows"
)

// A Crew is virtual users of one collection. They share connections, tokens and rows of data, and have variables and
// cookies of their own.
type Crew struct {
	// Shard says, before there are users, that these are some of more that work elsewhere: users, iterations and rows are
	// dealt out one by one.
	Shard Shard

	runner *Runner
	user   *user // that ran the setup

	mu     sync.Mutex
	reader *rows.Reader // nil before the first row, and without rows
	hired  int

	numbered numbered
}

// Crew runs the setup of the collection once, then inside, which may have as many users as it likes, and then the teardown
// in any case. Where the setup failed, inside is not called. What the setup captured, and its cookies, each user
// begins with. Tell is told of the requests of setup and teardown; the context's end interrupts them, and teardown has
// a while more.
func (r *Runner) Crew(ctx context.Context, tell func(*RequestResult), inside func(*Crew)) {
	grace, end := graceful(ctx)
	defer end()
	p := &pass{Runner: r, user: r.user(), tell: tell, out: &CollectionResult{}, stopped: &stop{}, grace: grace, iteration: 1}
	p.user.jar = exchange.NewCopiedJar()
	defer p.user.close()
	c := &Crew{runner: r, user: p.user}
	defer c.close()
	p.around(ctx, r.root, "", false, func(reason string) bool {
		if reason == "" && p.stopped.reason() == "" && ctx.Err() == nil {
			inside(c)
		}
		return false
	})
}

func (c *Crew) close() {
	if c.reader != nil {
		c.reader.Close()
	}
	c.numbered.close()
}

// row is the next row for whoever asks: each once, and then all of them again. Without rows it is nil.
func (c *Crew) row() (*environment.Layer, error) {
	if c.runner.rows == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if c.reader == nil {
			reader, err := c.runner.rows.Read()
			if err != nil {
				return nil, err
			}
			c.reader = reader
		}
		row, err := c.reader.Next()
		if errors.Is(err, io.EOF) { // there is one at least, or it is another error
			c.reader.Close()
			c.reader = nil
			continue
		}
		if err != nil {
			return nil, err
		}
		return dataLayer(row), nil
	}
}

// A User is a virtual user: it runs the iterations of a collection, one after the other. It is for one goroutine.
type User struct {
	crew *Crew
	ctx  context.Context
	end  func()
	pass pass
}

// User is one more user of the crew. Tell is told of each planned request of an iteration, in the order of the plan,
// setup and teardown of the collection left out; of one that passed, only what can be counted is there: no text, no
// headers. A result is the user's again when tell returns, its diagnostics are not. The context's end gives up what is
// under way, but for a while the teardown of folders. Close the user.
func (c *Crew) User(ctx context.Context, tell func(*RequestResult)) *User {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hired++
	own := *c.user
	own.scopes = c.user.scopes.Fork()
	own.scopes.Random = c.runner.random("\x00" + strconv.Itoa(c.Shard.Number(c.hired)))
	own.jar = c.user.jar.Copy()
	own.missed = maps.Clone(c.user.missed)
	own.subject, own.lookup = &assertion.Subject{}, own.variable
	grace, end := graceful(ctx)
	return &User{crew: c, ctx: ctx, end: end, pass: pass{
		Runner: c.runner, user: &own, tell: tell, out: &CollectionResult{}, stopped: &stop{}, grace: grace, brief: true,
	}}
}

// Close ends the user.
func (u *User) Close() { u.end() }

// Iterate runs the n-th iteration, from 1, with the next row of the data, or as one of a shard with the row of its number.
// The error is that of a row that cannot be read, and then nothing was sent.
func (u *User) Iterate(n int) error {
	if u.crew.Shard.Of > 1 {
		return u.IterateAt(u.crew.Shard.Number(n))
	}
	row, err := u.crew.row()
	if err != nil {
		return err
	}
	u.iterate(n, row)
	return nil
}

// IterateAt is Iterate with the row of the n-th iteration, where that takes the next one: for the users of several
// processes, among whom the numbers are dealt out. Behind the last row comes the first again.
func (u *User) IterateAt(n int) error {
	row, err := u.crew.numbered.row(u.crew.runner.rows, n-1)
	if err != nil {
		return err
	}
	u.iterate(n, row)
	return nil
}

func (u *User) iterate(n int, row *environment.Layer) {
	if row != nil {
		u.pass.user.scopes.Replace(environment.RankData, row)
	}
	u.pass.stopped.Store(nil)
	u.pass.iteration = n
	u.pass.nodes(u.ctx, u.pass.root.items, "", false)
}

// EachIteration yields what an iteration is to send, in order: the plan without setup and teardown of the collection.
func (r *Runner) EachIteration(yield func(Planned) bool) { r.planOf(r.root.items, yield) }

// EachChecks yields, for each request that [Runner.EachIteration] yields, its assertions as they are declared, in the order of
// their results: `json "email" equals "{{email}}"`.
func (r *Runner) EachChecks(yield func([]string) bool) {
	walk(r.root.items, func(s *step) bool {
		names := make([]string, len(s.assertions))
		for i, k := range s.assertions {
			names[i] = r.shown(k.declared())
		}
		for range s.repeat {
			if !yield(names) {
				return false
			}
		}
		return true
	})
}

// declared is a check in the words of its collection, templates and all.
func (k *check) declared() string {
	var expected string
	switch {
	case k.argument == nil:
		expected = assertion.Format(k.predicate.Argument(), clipText)
	case k.argument.dynamic:
		expected = strings.Join(strings.Fields(k.span.Text()), " ")
	default:
		expected = assertion.Format(k.argument.constant, clipText)
	}
	return k.title + " " + k.name + " " + expected
}
