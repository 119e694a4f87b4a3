package main

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/grafana/sobek"
	"go.k6.io/k6/errext"
	"go.k6.io/k6/js/common"
	"go.k6.io/k6/js/modules"

	"github.com/postrider/postrider/runner"
)

// module is k6/x/postrider. What it has compiled all virtual users share.
type module struct {
	mu     sync.Mutex
	suites map[string]*suite // by what was asked for
}

// NewModuleInstance is called once for each virtual user.
func (m *module) NewModuleInstance(vu modules.VU) modules.Instance {
	return &instance{module: m, vu: vu}
}

// An instance is the module as one virtual user sees it.
type instance struct {
	module *module
	vu     modules.VU
}

// Exports is `load`, by name and in the default export.
func (i *instance) Exports() modules.Exports {
	named := map[string]any{"load": i.load}
	return modules.Exports{Default: named, Named: named}
}

// load is postrider.load(path, options).
func (i *instance) load(call sobek.FunctionCall) sobek.Value {
	rt := i.vu.Runtime()
	env := i.vu.InitEnv()
	if env == nil {
		common.Throw(rt, errors.New("postrider.load() belongs at the top of the script, where k6 lets files be read"))
	}
	path, ok := call.Argument(0).Export().(string)
	if !ok || path == "" {
		common.Throw(rt, errors.New(`postrider.load() takes the path of a collection, for example postrider.load("users.toml")`))
	}
	o, err := parseOptions(call.Argument(1))
	if err != nil {
		common.Throw(rt, err)
	}
	s, err := i.module.suite(env, path, o)
	if err != nil {
		common.Throw(rt, err)
	}
	return rt.ToValue(&loaded{vu: i.vu, suite: s})
}

// suite compiles what was asked for, once.
func (m *module) suite(env *common.InitEnvironment, path string, o options) (*suite, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := o.key(env.GetAbsFilePath(path))
	if s, ok := m.suites[key]; ok {
		return s, nil
	}
	s, err := newSuite(env, path, o)
	if err == nil {
		m.suites[key] = s
	}
	return s, err
}

// A loaded collection is what load returns: a compiled one in the hands of one virtual user, with cookies and variables of its
// own.
type loaded struct {
	vu    modules.VU
	suite *suite

	user   *runner.User
	ctx    context.Context // of the user
	cancel context.CancelFunc
	meter  meter
}

// Run is collection.run(options): one iteration. It gives back whether all of it passed.
func (c *loaded) Run(call sobek.FunctionCall) sobek.Value {
	rt, state := c.vu.Runtime(), c.vu.State()
	if state == nil || state.GetScenarioGlobalVUIter == nil {
		common.Throw(rt, errors.New("collection.run() belongs in the function of a scenario, such as the default one"))
	}
	throws, err := parseRunOptions(call.Argument(0))
	if err != nil {
		common.Throw(rt, err)
	}
	ctx := c.vu.Context()
	if why := c.suite.begin(ctx, c.vu); why != "" {
		rt.Interrupt(&errext.InterruptError{Reason: errext.AbortTest + ": " + why})
		return sobek.Undefined()
	}
	if ctx.Err() != nil {
		return sobek.Undefined()
	}
	c.hire()
	stop := context.AfterFunc(ctx, c.cancel)
	defer stop()
	c.meter.begin(ctx, state)
	number := state.GetScenarioGlobalVUIter() // from 0; all ones is that of a setup
	if number >= math.MaxInt {
		number = 0
	}
	if err := c.user.IterateAt(int(number) + 1); err != nil {
		common.Throw(rt, errors.New(c.suite.text(err)))
	}
	if throws && c.meter.bad != "" && ctx.Err() == nil {
		common.Throw(rt, errors.New(c.meter.bad))
	}
	return rt.ToValue(c.meter.bad == "")
}

// hire gets the virtual user, or another one for one who was interrupted.
func (c *loaded) hire() {
	if c.user != nil && c.ctx.Err() == nil {
		return
	}
	if c.user != nil {
		c.user.Close()
	}
	c.meter.suite = c.suite
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.user = c.suite.crew.User(c.ctx, c.meter.tell)
}
