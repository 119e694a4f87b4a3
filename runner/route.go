package runner

import (
	"errors"
	"strings"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// A route is how a request gets to its server, compiled. What holds templates is filled in for each request.
type route struct {
	known   exchange.Route // what is the same for each request
	version string
	proxy   *text
	// ca, cert and key are files in PEM whose names have templates, serverName a text that has.
	ca, cert, key *file
	serverName    *text
	// caPath, certPath and keyPath are where the files are that are known.
	caPath, certPath, keyPath string
	resolve                   []field
	node                      *collection.Value // where to put the caret
}

// route lays what a folder or a request says of connections over what was handed down.
func (c *compiler) route(far *route, s *collection.Settings) *route {
	if s.HTTP == "" && s.Proxy == nil && s.TLS == nil && s.Resolve == nil {
		return far
	}
	out := *far
	if s.HTTP != "" {
		out.version = s.HTTP
	}
	if s.Proxy != nil {
		out.proxy, out.known.Proxy, out.node = c.text(s.Proxy), "", s.Proxy
		if out.proxy.template == nil {
			out.known.Proxy, out.proxy = out.proxy.constant, nil
			c.validRoute(exchange.Route{Proxy: out.known.Proxy}, s.Proxy)
		}
	}
	if s.TLS != nil {
		c.tls(&out, s.TLS)
	}
	if s.Resolve != nil {
		out.resolve, out.known.Resolve = nil, ""
		c.overrides(&out, s.Resolve)
	}
	return &out
}

func (c *compiler) tls(out *route, t *collection.TLS) {
	if t.Insecure {
		c.list.Warn(t.Span, "TLS certificates are not checked here, as tls.insecure asks", "name the authority to trust: tls.ca")
	}
	known := exchange.Route{Proxy: out.known.Proxy, Resolve: out.known.Resolve, Insecure: t.Insecure, MinVersion: t.MinVersion}
	out.ca, out.cert, out.key, out.serverName = nil, nil, nil, nil
	out.caPath, out.certPath, out.keyPath = "", "", ""
	pem := func(v *collection.Value, content, path *string, later **file) {
		if v == nil {
			return
		}
		out.node = v
		f := &file{c.text(v), c.files}
		if f.name.template != nil {
			*later = f
			return
		}
		*content, *path = string(c.content(v)), f.path(f.name.constant)
	}
	pem(t.CA, &known.CA, &out.caPath, &out.ca)
	pem(t.Cert, &known.Cert, &out.certPath, &out.cert)
	pem(t.Key, &known.Key, &out.keyPath, &out.key)
	if t.ServerName != nil {
		if out.serverName = c.text(t.ServerName); out.serverName.template == nil {
			known.ServerName, out.serverName = out.serverName.constant, nil
			c.validRoute(exchange.Route{ServerName: known.ServerName}, t.ServerName)
		}
	}
	out.known = known
	if out.node != nil && out.cert == nil && out.key == nil {
		c.validRoute(exchange.Route{CA: known.CA, Cert: known.Cert, Key: known.Key, MinVersion: known.MinVersion}, out.node)
	}
}

// overrides compiles names that are not to be looked up.
func (c *compiler) overrides(out *route, pairs []collection.Field) {
	var lines []string
	for _, f := range c.fields(pairs) {
		t := f.values[0]
		out.node = t.node
		if t.template != nil {
			out.resolve = append(out.resolve, f)
			continue
		}
		line := f.name + " " + t.constant
		c.validRoute(exchange.Route{Resolve: line}, t.node)
		lines = append(lines, line)
	}
	out.known.Resolve = strings.Join(lines, "\n")
}

func (c *compiler) validRoute(r exchange.Route, v *collection.Value) {
	var e *exchange.Error
	if err := r.Validate(); errors.As(err, &e) {
		c.list.Add(v.Span, e.Message, e.Hint)
	}
}

// fill is the route of one request.
func (r *route) fill(s *environment.Scopes) (exchange.Route, error) {
	out := r.known
	if r.proxy == nil && r.serverName == nil && r.ca == nil && r.cert == nil && r.key == nil && r.resolve == nil {
		return out, nil // as nearly always
	}
	texts := []struct {
		from *text
		to   *string
	}{{r.proxy, &out.Proxy}, {r.serverName, &out.ServerName}}
	for _, t := range texts {
		if t.from == nil {
			continue
		}
		var err error
		if *t.to, err = t.from.expand(s); err != nil {
			return out, err
		}
	}
	files := []struct {
		from *file
		to   *string
	}{{r.ca, &out.CA}, {r.cert, &out.Cert}, {r.key, &out.Key}}
	for _, f := range files {
		if f.from == nil {
			continue
		}
		data, err := f.from.read(s)
		if err != nil {
			return out, err
		}
		*f.to = string(data)
	}
	for _, f := range r.resolve {
		address, err := f.values[0].expand(s)
		if err != nil {
			return out, err
		}
		out.Resolve = strings.TrimPrefix(out.Resolve+"\n"+f.name+" "+address, "\n")
	}
	return out, nil
}

// overlaid lays what was said from outside, for all requests, over what the collection says.
func overlaid(route, outside exchange.Route) exchange.Route {
	for _, f := range []struct{ to, from *string }{
		{&route.Proxy, &outside.Proxy}, {&route.CA, &outside.CA}, {&route.Cert, &outside.Cert}, {&route.Key, &outside.Key},
		{&route.ServerName, &outside.ServerName}, {&route.MinVersion, &outside.MinVersion},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	route.Insecure = route.Insecure || outside.Insecure
	if outside.Resolve != "" {
		route.Resolve = strings.TrimSuffix(outside.Resolve+"\n"+route.Resolve, "\n")
	}
	return route
}
