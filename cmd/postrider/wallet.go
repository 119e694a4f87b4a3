package main

import (
	"errors"
	"sync"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
)

// A wallet lends stored tokens to a run and takes back those that the run renewed.
type wallet struct {
	program      *program
	environments []string

	mu   sync.Mutex
	lent map[auth.Grant]bool
	list diag.List
}

// newWallet holds what is stored for these environments. The store is opened when a grant needs it.
func (p *program) newWallet(environments []string) *wallet {
	return &wallet{program: p, environments: environments, lent: map[auth.Grant]bool{}}
}

// kept says whether a grant's tokens are stored: where a person would have to come again, or the refresh token may be
// good only once. All else is fetched in a moment, and would only lie around.
func kept(g auth.Grant) bool {
	return g.Grant == auth.DeviceCode || g.Grant == auth.RefreshToken || needsBrowser(g)
}

func needsBrowser(g auth.Grant) bool {
	return (g.Grant == auth.AuthorizationCode || g.Grant == auth.Implicit) && g.Username == ""
}

// lend makes the stored tokens of grants known to tokens. A token that cannot be had is a warning: the provider may
// give another, and if not, that is the error.
func (w *wallet) lend(tokens *auth.Tokens, grants []runner.DeclaredGrant) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var s *store
	for _, d := range grants {
		if !kept(d.Grant) || w.lent[d.Grant] {
			continue
		}
		if s == nil {
			s = w.program.openStore()
		}
		token, ok, err := s.get(w.environments, d.Grant)
		if err != nil {
			w.warn(err)
		}
		if ok {
			tokens.Seed(d.Grant, token)
			w.lent[d.Grant] = true
		}
	}
}

// keep stores a token that was renewed, if the one before came from the store. It is what auth.Options.Fetched takes.
func (w *wallet) keep(g auth.Grant, token auth.Token) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.lent[g] {
		return
	}
	if _, err := w.program.openStore().put(w.environments, g, token); err != nil {
		w.warn(err)
	}
}

func (w *wallet) warn(err error) {
	var e exit
	if errors.As(err, &e) {
		err = e.err
	}
	d := diag.Diagnostic{Message: err.Error()}
	errors.As(err, &d)
	d.Severity = diag.Warning
	w.list = append(w.list, d)
}

// problems are what could not be lent or kept since it was last asked.
func (w *wallet) problems() diag.List {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.list
	w.list = nil
	return list.Sort()
}
