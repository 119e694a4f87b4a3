package runner

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// Settings are what is handed down to a request, compiled: of each thing the nearest. They do not change once they are
// made, and requests that say nothing of their own share them.
type settings struct {
	folder   []string             // names, outermost first, without the collection
	folders  []*environment.Layer // of the same, nearest first
	includes []*environment.Layer // variables of entries with include, nearest first

	headers    []header
	auth       *authentication
	assertions []*check // in the end with the one about the status, if nothing is said of it
	when       []*check
	skip       *text
	tags       []string

	timeout, delay time.Duration
	redirects      int
	maxBody        int64
	noCookies      bool
	retry          *collection.Retry
	route          *route // never nil
}

// A request is what can be known of a declared request before a run.
type request struct {
	settings
	source *collection.Request
	path   string // of the URL, as far as it is declared
	url    *text
	params []field
	query  []field
	body   *body

	captures []*capture
}

// A step is one line of the plan: a request as it is, one case of it, or one kind of bad token.
type step struct {
	*request
	row        string               // the case or the kind
	layers     []*environment.Layer // of the case and of the entries with include
	assertions []*check
	skip       *text
	tags       []string
	reject     string // the kind of bad token, or ""
	repeat     int    // how often it is sent, from 1
	stage      Stage
}

// A compiler turns declarations into requests and gathers all that cannot be.
type compiler struct {
	list  diag.List
	files *collection.Files

	queries map[[2]string]*assertion.Query // by kind and argument
	known   map[checkKey]*rule
	sent    map[exchange.Field]bool // that can be
}

// steps compiles a request into the steps that it makes.
func (c *compiler) steps(r *collection.Request, path []*collection.Folder, inherited *settings, stage Stage) []*step {
	req := c.request(r, path, inherited)
	plain := step{
		request: req, layers: req.includes, assertions: req.assertions, skip: req.skip, tags: req.tags, repeat: max(r.Repeat, 1), stage: stage,
	}
	if len(r.Cases) > 0 {
		var out []*step
		for i := range r.Cases {
			out = append(out, c.caseStep(plain, &r.Cases[i]))
		}
		return out
	}
	out := []*step{&plain}
	for _, reject := range r.Rejects {
		out = append(out, c.rejectStep(plain, reject))
	}
	return out
}

func (c *compiler) caseStep(plain step, row *collection.Case) *step {
	s := &plain
	s.row = row.Name
	layer := c.layer(environment.RankCase, "case "+strconv.Quote(row.Name), row.Variables)
	s.layers = append([]*environment.Layer{layer}, s.layers...)
	if len(row.Assertions) > 0 {
		s.assertions = overlay(s.request.assertions, c.checks(row.Assertions))
	}
	if row.Skip != nil {
		s.skip = c.text(row.Skip)
	}
	s.tags = append(s.tags[:len(s.tags):len(s.tags)], row.Tags...)
	return s
}

// rejectStep sends the request again with its token spoiled; only the status is looked at then.
func (c *compiler) rejectStep(plain step, reject collection.Reject) *step {
	status := collection.Predicate{Name: "equals", Span: reject.Span, Value: reject.Status}
	if reject.Status == nil {
		status.Value = collection.NumberAt("401", reject.Span)
	}
	a := collection.Assertion{Query: "status", Span: reject.Span, Predicates: []collection.Predicate{status}}
	s := &plain
	s.row, s.reject, s.repeat, s.assertions = reject.Kind, reject.Kind, 1, c.checks([]collection.Assertion{a})
	return s
}

func (c *compiler) request(r *collection.Request, path []*collection.Folder, inherited *settings) *request {
	req := &request{source: r, path: r.Path(path...), settings: c.inherit(inherited, &r.Settings)}
	if r.URL != nil {
		req.url = c.text(r.URL)
		c.sendable(req.url, exchange.Request{URL: absolute(req.url.constant)})
	}
	req.params, req.query = c.fields(r.Params), c.fields(r.Query)
	req.checkParams(c)
	req.body = c.body(r.Body)
	for i := range r.Captures {
		if capture := c.capture(&r.Captures[i]); capture != nil {
			req.captures = append(req.captures, capture)
		}
	}
	req.assertions = withStatus(req.assertions, r.Span)
	if byHand := hasHeader(req.headers, "Authorization"); len(r.Rejects) > 0 && (req.auth == nil && !byHand || req.auth != nil && !req.auth.spoilable()) {
		c.list.Add(r.Rejects[0].Span, "there is no bearer token that could be spoiled", `say auth.bearer = "{{access_token}}"`)
	}
	return req
}

// sendable reports a text, as far as it is known by now, with which nothing could ever be sent.
func (c *compiler) sendable(t *text, with exchange.Request) {
	var e *exchange.Error
	if t.template == nil && strings.TrimSpace(t.constant) != "" && errors.As(with.Validate(), &e) {
		c.list.Add(t.node.Span, e.Message, e.Hint)
	}
}

// inherit lays what is nearer over what is further.
func (c *compiler) inherit(far *settings, s *collection.Settings) settings {
	out := *far
	byHand := false
	for i := range s.Headers {
		h := &s.Headers[i]
		out.headers = c.overlayHeader(out.headers, h)
		if !strings.EqualFold(h.Name, "Authorization") {
			continue
		}
		if byHand = true; s.Auth != nil && s.Auth.Kind != collection.NoAuth && !h.Remove {
			c.list.Add(h.Span, "there is auth beside this Authorization header, and only one of them can be sent", "take one of them out")
		}
	}
	switch {
	case s.Auth != nil:
		out.auth = c.auth(s.Auth)
	case byHand:
		out.auth = nil // a field written by hand is nearer than what was inherited
	}
	if len(s.Assertions) > 0 {
		out.assertions = overlay(out.assertions, c.checks(s.Assertions))
	}
	nearest(&out.timeout, s.Timeout)
	nearest(&out.delay, s.Delay)
	nearest(&out.redirects, s.Redirects)
	nearest(&out.maxBody, s.MaxBody)
	if s.Cookies != nil {
		out.noCookies = !*s.Cookies
	}
	if s.Retry != nil {
		out.retry = s.Retry
	}
	if s.Skip != nil {
		out.skip = c.text(s.Skip)
	}
	out.tags = append(out.tags[:len(out.tags):len(out.tags)], s.Tags...)
	out.when = out.when[:len(out.when):len(out.when)]
	for i := range s.When {
		w := &s.When[i]
		out.when = append(out.when, c.checks([]collection.Assertion{{Query: "variable", Argument: w.Variable, Span: w.Span, Predicates: w.Predicates}})...)
	}
	out.route = c.route(out.route, s)
	return out
}

// nearest takes what is said over what was handed down.
func nearest[T any](value *T, said *T) {
	if said != nil {
		*value = *said
	}
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
