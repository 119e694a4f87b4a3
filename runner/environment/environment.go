package environment

import (
	"context"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// Options say where environments are found and what they may read.
type Options struct {
	// Names are the environments: each a name, or the path of a file, which has a slash or ends in .toml. Later ones
	// win. None at all is legal.
	Names []string
	// Dir is the folder that holds ./environments; "" is the working directory.
	Dir string
	// FS, if not nil, holds the environments in place of the operating system's files, by paths without a leading slash.
	// Private files are not read from it: it is for what is carried elsewhere, as in an archive, where secrets come from the
	// OS environment.
	FS fs.FS
	// Shipped holds the environments that come with the program, "local.toml"; may be nil.
	Shipped fs.FS
	// Getenv reads the OS environment; nil reads nothing.
	Getenv func(name string) (value string, ok bool)
	// Home is what "~" stands for in the path of a secret's file.
	Home string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Redactor, if not nil, is told the secrets as they are read, even if Load fails: diagnostics show lines of the files.
	Redactor *Redactor
	// Pool starts the embedded pool and returns its variables. It is called at most once, when the first of them is
	// needed. nil: they have no value.
	Pool func(*Pool) (map[string]any, error)
	// Keyring reads { keyring = "service/user" } from the system's keyring. Its errors may be ErrNotInKeyring and
	// ErrNoKeyring, which then come with a hint. nil: there is no keyring.
	Keyring func(service, user string) (string, error)
	// Prompt asks a person for { prompt = "label" }. Its error may be ErrNoTerminal. nil: there is nobody to ask. As Keyring
	// and Pool it is called by the goroutine that needs the value first, and at most once for each secret.
	Prompt func(label string) (string, error)
	// Context, if not nil, is asked as a command of { command = [...] } begins; when its context is done, the command is
	// killed. Without one it is killed after 30 seconds, as with one.
	Context func() context.Context
}

// An Environment is one or several environment files, read and laid over each other. It is safe for many goroutines.
type Environment struct {
	// Names are the environments as they were asked for.
	Names []string
	// Files are the files that were read, as diagnostics name them.
	Files []string

	own      []*Layer // without the pool
	known    []*Layer // own, without what a program would have to be run for, or somebody asked
	late     bool     // whether there is any of that
	pool     *pool
	table    *poolTable // [cognito], nil if there is none
	warnings diag.List
	refused  diag.List

	mu        sync.Mutex
	redactors []*Redactor
	learned   []string // secrets that were read later, and those of the pool that was started
}

// An overlay is the files of one environment laid over each other.
type overlay struct {
	name      string
	variables map[string]*Variable
	state     *Variable
	callback  *Variable
	pool      *poolTable
	env       func(string) *envVariable
}

// Load reads environments. All mistakes are reported, and the environment is nil if there are any.
//
// Over NAME.toml is laid NAME.private.toml, under it what it extends, which has a private file as well. A later file
// replaces variables one by one, and [cognito] as a whole.
func Load(o Options) (*Environment, diag.List) {
	if o.Now == nil {
		o.Now = time.Now
	}
	e := &Environment{Names: slices.Clone(o.Names)}
	l := &loader{options: o, environment: e, late: map[*Variable]struct{}{}}
	var overlays []*overlay
	for _, name := range o.Names {
		if files := l.files(name); len(files) > 0 {
			overlays = append(overlays, l.overlay(files))
		}
	}
	e.Files, e.warnings = l.read, l.warnings
	e.stack(overlays, o)
	e.known, e.late = l.known(e.own), len(l.late) > 0
	e.checkCallback(&l.list)
	if l.list.HasErrors() {
		return nil, l.list.Sort()
	}
	if o.Redactor != nil {
		e.Feed(o.Redactor)
	}
	return e, nil
}

// stack makes layers of overlays, the later ones first.
func (e *Environment) stack(overlays []*overlay, o Options) {
	var callbacks []*Layer
	for _, over := range slices.Backward(overlays) {
		if over.callback != nil {
			callbacks = append(callbacks, &Layer{Rank: RankCallback, Name: "callback URL",
				Variables: map[string]*Variable{callbackName: over.callback}})
		}
		e.own = append(e.own, &Layer{Rank: RankEnvironment, Name: "environment " + over.name,
			Variables: over.variables, state: over.state})
		if e.table == nil {
			e.table = over.pool
		}
	}
	e.own = append(callbacks, e.own...)
	if e.table != nil {
		e.pool = &pool{environment: e, start: o.Pool, now: o.Now}
		e.table.decode = sync.OnceValues(func() (*Pool, error) { return e.decodePool(e.own) })
	}
}

// Layers are the environment's variables for a [Scopes]: those of its callback URL, its own, and those of its pool.
func (e *Environment) Layers() []*Layer {
	layers := slices.Clone(e.own)
	if e.pool != nil {
		layers = append(layers, &Layer{Rank: RankEnvironment, Name: "embedded pool", pool: e.pool})
	}
	return layers
}

// Pool returns the [cognito] table with its templates filled in, nil if there is none. An error is a [diag.List], beside
// which the pool is what could be read.
func (e *Environment) Pool() (*Pool, error) {
	if e.table == nil {
		return nil, nil
	}
	return e.table.decode()
}

// KnownPool is Pool for a check of files: no secret is read for it that a program would have to be run for, or somebody
// asked, and what needs one is an error.
func (e *Environment) KnownPool() (*Pool, error) {
	if e.table == nil {
		return nil, nil
	}
	if !e.late {
		return e.Pool()
	}
	return e.decodePool(e.known)
}

func (e *Environment) decodePool(layers []*Layer) (*Pool, error) {
	var list diag.List
	p := decodePool(e.table, NewScopes(layers...), &list)
	return p, list.Err()
}

// CallbackURL returns where the environment's callback_url is declared, and whether it is.
func (e *Environment) CallbackURL() (Origin, bool) {
	for _, l := range e.own {
		if l.Rank == RankCallback {
			return Origin{Scope: l.Name, Span: l.Variables[callbackName].Span, Secret: true}, true
		}
	}
	return Origin{}, false
}

// Accepts says why a callback URL gives nobody access in this environment, if it does not: the provider refused, or its
// state is another than the environment's.
func (e *Environment) Accepts(c *Callback) error {
	state, err := NewScopes(e.own...).expectedState()
	if err != nil {
		return err
	}
	return c.usable(state)
}

// Refused says why the environment's callback URL gives nobody access, if it does not: the provider refused, or it
// answers another sign-in. The files are right, but a run with them cannot be.
func (e *Environment) Refused() diag.List { return e.refused }

// checkCallback reports a callback URL of the environment that cannot be read, and keeps why one that can be is of no
// use, where that can be said before a run.
func (e *Environment) checkCallback(list *diag.List) {
	origin, ok := e.CallbackURL()
	if !ok {
		return
	}
	s := NewScopes(e.known...)
	raw, known := e.own[0].Variables[callbackName].constant()
	text, isText := raw.(string)
	if !known || !isText || text == "" {
		return
	}
	c, err := ParseCallback(text)
	if err == nil {
		list = &e.refused
		if state, problem := s.expectedState(); problem == nil {
			err = c.usable(state)
		} else {
			err = c.usable(nil)
		}
	}
	if err != nil {
		hint := ""
		if hinted, ok := err.(interface{ Hint() string }); ok {
			hint = hinted.Hint()
		}
		list.Add(origin.Span, err.Error(), hint)
	}
}

// known are layers in which secrets that are read late have no value.
func (l *loader) known(layers []*Layer) []*Layer {
	if len(l.late) == 0 {
		return layers
	}
	unread := func() (string, error) { return "", errUnread }
	layers = slices.Clone(layers)
	for i, layer := range layers {
		known := *layer
		known.Variables = maps.Clone(layer.Variables)
		for name, v := range known.Variables {
			if _, late := l.late[v]; late {
				known.Variables[name] = &Variable{Span: v.Span, Secret: true, read: unread}
			}
		}
		layers[i] = &known
	}
	return layers
}

// Secret reports whether a name is declared under [secrets], so that a value that somebody gives it otherwise is one too.
func (e *Environment) Secret(name string) bool {
	for _, l := range e.own {
		if v, ok := l.Variables[name]; ok && v.Secret {
			return true
		}
	}
	return false
}

// Feed tells a redactor the environment's secrets: all that are known now, and those of commands, keyrings, prompts and
// the pool when they are.
func (e *Environment) Feed(r *Redactor) {
	e.mu.Lock()
	e.redactors = append(e.redactors, r)
	learned := e.learned
	e.mu.Unlock()
	addAll(r, learned)

	s := NewScopes(e.known...)
	for _, l := range e.known {
		for name, v := range l.Variables {
			if !v.Secret && !secretName(name) {
				continue
			}
			if value, _, _, err := s.inLayer(newEntry(l), name); err == nil {
				leaves(value, r.Add)
			}
		}
		if !newEntry(l).callback {
			continue
		}
		variables, _, _ := s.callbackOf(l)
		for _, v := range variables {
			if v.Secret {
				leaves(v.Value, r.Add)
			}
		}
	}
	if p, _ := e.KnownPool(); p != nil {
		addAll(r, p.secrets())
	}
}

// learn tells all redactors of secrets that have only now become known.
func (e *Environment) learn(secrets []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.learned = append(e.learned, secrets...)
	for _, r := range e.redactors {
		addAll(r, secrets)
	}
}

func addAll(r *Redactor, secrets []string) {
	for _, secret := range secrets {
		r.Add(secret)
	}
}

// Check returns what is likely to be a mistake though it can be used: secrets in a file that is shared, a private file
// that others may read.
func (e *Environment) Check() diag.List { return slices.Clone(e.warnings) }

// poolTable is [cognito] as it was read.
type poolTable struct {
	entry  tomlnode.Entry
	env    func(string) *envVariable
	decode func() (*Pool, error)
}
