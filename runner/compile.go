package runner

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// A request is what can be known of a declared request before a run.
type request struct {
	source  *collection.Request
	path    string               // of the URL, as far as it is declared
	folder  []string             // names, outermost first, without the collection
	folders []*environment.Layer // of the same, nearest first
	url     *text
	params  []field
	query   []field
	headers []header
	auth    *authentication
	body    *body

	captures   []*capture
	assertions []*check // with the one about the status, if nothing is said of it
	when       []*check
	skip       *text

	timeout   time.Duration
	redirects int
	maxBody   int64
}

// A step is one line of the plan: a request as it is, one case of it, or one kind of bad token.
type step struct {
	*request
	row        string             // the case or the kind
	layer      *environment.Layer // of a case
	assertions []*check
	skip       *text
	reject     string // the kind of bad token, or ""
}

// planned is what the plan says of a step.
func (s *step) planned() Planned {
	return Planned{
		Folder: s.folder, Name: s.source.Name, Case: s.row, Method: s.source.Method, Path: s.path,
		Assertions: len(s.assertions), Source: s.source.Span,
	}
}

// plan yields the steps of a runner as the plan says them.
func plan(steps []*step) iter.Seq[Planned] {
	return func(yield func(Planned) bool) {
		for _, s := range steps {
			if !yield(s.planned()) {
				return
			}
		}
	}
}

// A compiler turns declarations into requests and gathers all that cannot be.
type compiler struct {
	list   diag.List
	layers map[*collection.Folder]*environment.Layer
}

// steps compiles a request into the steps that it makes.
func (c *compiler) steps(r *collection.Request, path []*collection.Folder) []*step {
	req := c.request(r, path)
	if len(r.Cases) > 0 {
		var out []*step
		for i := range r.Cases {
			out = append(out, c.caseStep(req, &r.Cases[i]))
		}
		return out
	}
	out := []*step{{request: req, assertions: req.assertions, skip: req.skip}}
	for _, reject := range r.Rejects {
		out = append(out, c.rejectStep(req, reject))
	}
	return out
}

func (c *compiler) caseStep(req *request, row *collection.Case) *step {
	s := &step{request: req, row: row.Name, assertions: req.assertions, skip: req.skip}
	s.layer = c.layer(environment.RankCase, "case "+strconv.Quote(row.Name), row.Variables)
	if len(row.Assertions) > 0 {
		s.assertions = overlay(req.assertions, c.checks(row.Assertions))
	}
	if row.Skip != nil {
		s.skip = c.text(row.Skip)
	}
	return s
}

// rejectStep sends the request again with its token spoiled; only the status is looked at then.
func (c *compiler) rejectStep(req *request, reject collection.Reject) *step {
	status := collection.Predicate{Name: "equals", Span: reject.Span, Value: reject.Status}
	if reject.Status == nil {
		status.Value = collection.NumberAt("401", reject.Span)
	}
	a := collection.Assertion{Query: "status", Span: reject.Span, Predicates: []collection.Predicate{status}}
	return &step{request: req, row: reject.Kind, reject: reject.Kind, skip: req.skip, assertions: c.checks([]collection.Assertion{a})}
}

func (c *compiler) request(r *collection.Request, path []*collection.Folder) *request {
	req := &request{source: r, path: r.Path(path...), timeout: DefaultTimeout, redirects: collection.DefaultRedirects}
	for i, f := range path {
		if i > 0 {
			req.folder = append(req.folder, f.Name)
		}
		c.inherit(req, &f.Settings)
	}
	for _, f := range slices.Backward(path[1:]) {
		req.folders = append(req.folders, c.folderLayer(f))
	}
	c.inherit(req, &r.Settings)
	if r.URL != nil {
		req.url = c.text(r.URL)
	}
	req.params, req.query = c.fields(r.Params), c.fields(r.Query)
	req.body = c.body(r.Body)
	for i := range r.Captures {
		if capture := c.capture(&r.Captures[i]); capture != nil {
			req.captures = append(req.captures, capture)
		}
	}
	req.assertions = withStatus(req.assertions, r.Span)
	if len(r.Rejects) > 0 && req.auth == nil && !hasHeader(req.headers, "Authorization") {
		c.list.Add(r.Rejects[0].Span, "there is no bearer token that could be spoiled", `say auth.bearer = "{{access_token}}"`)
	}
	return req
}

// inherit lays what is nearer over what is further.
func (c *compiler) inherit(req *request, s *collection.Settings) {
	byHand := false
	for i := range s.Headers {
		h := &s.Headers[i]
		req.headers = c.overlayHeader(req.headers, h)
		if !strings.EqualFold(h.Name, "Authorization") {
			continue
		}
		if byHand = true; s.Auth != nil && s.Auth.Kind != collection.NoAuth && !h.Remove {
			c.list.Add(h.Span, "there is auth beside this Authorization header, and only one of them can be sent", "take one of them out")
		}
	}
	switch {
	case s.Auth != nil:
		req.auth = c.auth(s.Auth)
	case byHand:
		req.auth = nil // a field written by hand is nearer than what was inherited
	}
	if len(s.Assertions) > 0 {
		req.assertions = overlay(req.assertions, c.checks(s.Assertions))
	}
	if s.Timeout != nil {
		req.timeout = *s.Timeout
	}
	if s.Redirects != nil {
		req.redirects = *s.Redirects
	}
	if s.MaxBody != nil {
		req.maxBody = *s.MaxBody
	}
	if s.Skip != nil {
		req.skip = c.text(s.Skip)
	}
	for i := range s.When {
		w := &s.When[i]
		req.when = append(req.when, c.checks([]collection.Assertion{{Query: "variable", Argument: w.Variable, Span: w.Span, Predicates: w.Predicates}})...)
	}
}

func (c *compiler) folderLayer(f *collection.Folder) *environment.Layer {
	if layer, ok := c.layers[f]; ok {
		return layer
	}
	layer := c.layer(environment.RankFolder, "folder "+strconv.Quote(f.Name), f.Variables)
	c.layers[f] = layer
	return layer
}

func (c *compiler) layer(rank environment.Rank, name string, variables *collection.Value) *environment.Layer {
	layer := &environment.Layer{Rank: rank, Name: name}
	if variables != nil {
		var list diag.List
		layer.Variables, list = environment.CompileVariables(variables)
		c.list = append(c.list, list...)
	}
	return layer
}

func hasHeader(headers []header, name string) bool {
	for _, h := range headers {
		if strings.EqualFold(h.name, name) {
			return true
		}
	}
	return false
}
