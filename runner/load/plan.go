package load

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/collection"
)

// What a load does when nothing is said about it.
const (
	DefaultDuration = 10 * time.Second
	DefaultGrace    = 30 * time.Second
	DefaultMaxUsers = 100 // of an open load
)

// A Plan is how many users run how long.
type Plan struct {
	// Users run at the same time; of an open plan, at most so many.
	Users int
	// Iterations are how many there are in all; 0 is as many as there is time for.
	Iterations int
	// Duration is after how long no iteration begins any more; 0 is never.
	Duration time.Duration
	// Open says that the curve is of iterations that begin in a second, and not of users.
	Open bool
	// Start is what the curve starts with, and Stages are how it goes on; without any it stays.
	Start  float64
	Stages []collection.LoadStage
	// Shard says that this is a part of a larger plan; the zero value is all of it.
	Shard runner.Shard
	// Grace is how long iterations may take after the duration; what has no answer then is an error if it was under
	// way for all of it, unless there is no grace.
	Grace time.Duration
}

// NewPlan settles a plan; nil is one about which nothing is said.
func NewPlan(said *collection.LoadPlan) (Plan, error) {
	if said == nil {
		said = &collection.LoadPlan{}
	}
	p := Plan{Users: max(said.Users, 1), Iterations: said.Iterations, Duration: said.Duration, Grace: DefaultGrace, Stages: said.Stages}
	if said.Grace != nil {
		p.Grace = *said.Grace
	}
	switch {
	case len(p.Stages) > 0:
		if p.Duration > 0 {
			return p, errors.New("stages last as long as they say, so there can be no duration beside them")
		}
		for _, s := range p.Stages {
			p.Duration += s.Over
		}
		if p.Duration <= 0 {
			return p, errors.New("the stages take no time")
		}
	case p.Duration == 0 && p.Iterations == 0:
		p.Duration = DefaultDuration
	}
	if said.Rate != nil {
		return p.open(said), nil
	}
	p.Start = float64(said.Users)
	if len(p.Stages) == 0 {
		p.Start = float64(p.Users)
	}
	for _, s := range p.Stages {
		if s.Target > collection.MaxLoadUsers {
			return p, errors.New("a stage has more users than there can be")
		}
		p.Users = max(p.Users, int(s.Target))
	}
	return p, nil
}

// open makes it a plan of arrivals. The targets of stages are in the unit of the rate.
func (p Plan) open(said *collection.LoadPlan) Plan {
	p.Open, p.Start = true, said.Rate.PerSecond()
	p.Stages = nil
	for _, s := range said.Stages {
		p.Stages = append(p.Stages, collection.LoadStage{Over: s.Over, Target: collection.Rate{Count: s.Target, Per: said.Rate.Per}.PerSecond()})
	}
	if p.Users = max(said.Users, DefaultMaxUsers); said.MaxUsers > 0 {
		p.Users = said.MaxUsers
	}
	return p
}

// Part is what of the plan a shard runs. Users and iterations are dealt out one by one; of an open plan each shard begins
// iterations at its share of the rate, in turn with the others.
func (p Plan) Part(s runner.Shard) (Plan, error) {
	if s.Of <= 1 {
		return p, nil
	}
	p.Shard = s
	none := func(n int, noun string) error {
		return fmt.Errorf("shard %d of %d has none of %d %s: there can be no more shards than that", s.Index, s.Of, n, noun)
	}
	if n := p.Iterations; n > 0 {
		if p.Iterations = s.Share(n); p.Iterations == 0 {
			return p, none(n, "iterations")
		}
	}
	share := func(f float64) float64 { return float64(s.Share(int(f))) }
	users := p.Users
	if p.Users = s.Share(users); p.Open {
		p.Users = max(p.Users, 1)
		share = func(f float64) float64 { return f / float64(s.Of) }
	} else if p.Users == 0 {
		return p, none(users, "users")
	}
	p.Start, p.Stages = share(p.Start), slices.Clone(p.Stages)
	for i := range p.Stages {
		p.Stages[i].Target = share(p.Stages[i].Target)
	}
	return p, nil
}

func (p *Plan) curve() *curve {
	c := &curve{}
	at, value := time.Duration(0), p.Start
	for _, s := range p.Stages {
		c.pieces = append(c.pieces, piece{at, at + s.Over, value, s.Target})
		at, value = at+s.Over, s.Target
	}
	c.last = value
	return c
}
