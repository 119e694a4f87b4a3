package environment

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/internal/tomlnode"
)

// A poolDecoder reads [cognito]. Without scopes it looks for mistakes alone and leaves templates empty.
type poolDecoder struct {
	env    func(string) *envVariable
	scopes *Scopes
	list   *diag.List
	pool   *Pool
}

// fields are how the values of a table are read, by key.
type fields map[string]func(n *tomlnode.Node, path []any)

func decodePool(table *poolTable, scopes *Scopes, list *diag.List) *Pool {
	p := &Pool{table: table.entry.Span, spans: map[string]diag.Span{}}
	d := &poolDecoder{table.env, scopes, list, p}
	d.table(table.entry.Node, nil, "[cognito]", fields{
		"region": d.text(&p.Region),
		"client": func(n *tomlnode.Node, path []any) {
			tables(d, n, path, &p.Clients, d.client)
		},
		"resource_server": func(n *tomlnode.Node, path []any) {
			tables(d, n, path, &p.ResourceServers, d.resourceServer)
		},
		"user": func(n *tomlnode.Node, path []any) {
			tables(d, n, path, &p.Users, d.user)
		},
	})
	return p
}

func (d *poolDecoder) client(n *tomlnode.Node, path []any, c *PoolClient) {
	d.table(n, path, "[[cognito.client]]", fields{
		"name":                   d.text(&c.Name),
		"id":                     d.text(&c.ID),
		"secret":                 d.text(&c.Secret),
		"flows":                  d.texts(&c.Flows),
		"scopes":                 d.texts(&c.Scopes),
		"callback_urls":          d.texts(&c.CallbackURLs),
		"logout_urls":            d.texts(&c.LogoutURLs),
		"access_token_validity":  d.duration(&c.AccessTokenValidity),
		"id_token_validity":      d.duration(&c.IDTokenValidity),
		"refresh_token_validity": d.duration(&c.RefreshTokenValidity),

		"rotate_refresh_tokens":    d.boolean(&c.RotateRefreshTokens),
		"disable_token_revocation": d.boolean(&c.DisableTokenRevocation),
	})
}

func (d *poolDecoder) resourceServer(n *tomlnode.Node, path []any, r *PoolResourceServer) {
	d.table(n, path, "[[cognito.resource_server]]", fields{
		"identifier": d.text(&r.Identifier),
		"name":       d.text(&r.Name),
		"scopes":     d.texts(&r.Scopes),
	})
}

func (d *poolDecoder) user(n *tomlnode.Node, path []any, u *PoolUser) {
	d.table(n, path, "[[cognito.user]]", fields{
		"username":           d.text(&u.Username),
		"password":           d.text(&u.Password),
		"temporary_password": d.text(&u.TemporaryPassword),
		"groups":             d.texts(&u.Groups),
		"disabled":           d.boolean(&u.Disabled),
		"attributes": func(n *tomlnode.Node, path []any) {
			if n.Kind != tomlnode.Table {
				d.wrong(n, path, "a table")
				return
			}
			u.Attributes = map[string]string{}
			for _, e := range n.Entries {
				u.Attributes[e.Key] = d.attribute(e.Node, d.at(path, e.Key, e.Node))
			}
		},
	})
}

// at is the path of something in a table or array, whose place it notes.
func (d *poolDecoder) at(path []any, step any, n *tomlnode.Node) []any {
	inner := append(append([]any(nil), path...), step)
	d.pool.spans[spanKey(inner)] = n.Span
	return inner
}

// table reads a table by its keys.
func (d *poolDecoder) table(n *tomlnode.Node, path []any, name string, known fields) {
	var names []string
	for key := range known {
		names = append(names, key)
	}
	for _, e := range n.Entries {
		read, ok := known[e.Key]
		if !ok {
			d.list.Add(e.Span, "unknown key "+strconv.Quote(e.Key)+" in "+name, nearestOf(e.Key, names))
			continue
		}
		read(e.Node, d.at(path, e.Key, e.Node))
	}
}

// tables reads an array of tables.
func tables[T any](d *poolDecoder, n *tomlnode.Node, path []any, into *[]T, read func(*tomlnode.Node, []any, *T)) {
	if n.Kind != tomlnode.Array {
		d.wrong(n, path, "an array of tables, written [[cognito."+keyOfPath(path)+"]]")
		return
	}
	for i, item := range n.Items {
		inner := d.at(path, i, item)
		if item.Kind != tomlnode.Table {
			d.wrong(item, inner, "a table")
			continue
		}
		var value T
		read(item, inner, &value)
		*into = append(*into, value)
	}
}

// text reads a text, in which templates stand for variables of the same environment.
func (d *poolDecoder) text(into *string) func(*tomlnode.Node, []any) {
	return func(n *tomlnode.Node, path []any) {
		if n.Kind != tomlnode.String {
			d.wrong(n, path, "a string")
			return
		}
		*into, _ = d.expand(n)
	}
}

// expand is a text with its templates filled in, and whether it is known.
func (d *poolDecoder) expand(n *tomlnode.Node) (string, bool) {
	if d.scopes == nil {
		t := compileNode(n, d.env, d.list)
		if t == nil || t.kind != literalTree {
			return "", false
		}
		return t.literal.(string), true
	}
	source, _ := n.Text()
	template, err := parseTemplate(source, d.env)
	if err != nil {
		*d.list = append(*d.list, Diagnose(err, n.Sub))
		return "", false
	}
	text, err := template.Expand(d.scopes)
	if err != nil {
		*d.list = append(*d.list, Diagnose(err, n.Sub))
	}
	return text, err == nil
}

func (d *poolDecoder) texts(into *[]string) func(*tomlnode.Node, []any) {
	return func(n *tomlnode.Node, path []any) {
		if n.Kind != tomlnode.Array {
			d.wrong(n, path, "an array of strings")
			return
		}
		*into = []string{}
		for i, item := range n.Items {
			var text string
			d.text(&text)(item, d.at(path, i, item))
			*into = append(*into, text)
		}
	}
}

func (d *poolDecoder) boolean(into *bool) func(*tomlnode.Node, []any) {
	return func(n *tomlnode.Node, path []any) {
		var ok bool
		if *into, ok = n.Scalar.(bool); !ok {
			d.wrong(n, path, "true or false")
		}
	}
}

func (d *poolDecoder) duration(into *time.Duration) func(*tomlnode.Node, []any) {
	return func(n *tomlnode.Node, path []any) {
		if n.Kind != tomlnode.String {
			d.wrong(n, path, `a duration such as "1h"`)
			return
		}
		text, known := d.expand(n)
		if !known {
			return
		}
		var ok bool
		if *into, ok = parseValidity(text); !ok {
			d.list.Add(n.Span, keyOfPath(path)+" must be a duration above 0, not "+strconv.Quote(text), `write "90s", "30m", "1h" or "30d"`)
		}
	}
}

// parseValidity reads a duration as Go writes it, or whole days.
func parseValidity(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// attribute reads the value of a user's attribute, which is a text to Cognito whatever it means.
func (d *poolDecoder) attribute(n *tomlnode.Node, path []any) string {
	switch v := n.Scalar.(type) {
	case bool:
		return strconv.FormatBool(v)
	case string:
		if n.Kind == tomlnode.String {
			text, _ := d.expand(n)
			return text
		}
	}
	if number, ok := n.Number(); ok {
		return number.String()
	}
	d.wrong(n, path, "a string, a number or a boolean")
	return ""
}

func (d *poolDecoder) wrong(n *tomlnode.Node, path []any, want string) {
	d.list.Add(n.Span, keyOfPath(path)+" must be "+want+", not "+n.Kind.String(), "")
}

// keyOfPath is the last key of a path; an element goes by the name of its array.
func keyOfPath(path []any) string {
	for i := len(path) - 1; i >= 0; i-- {
		if key, ok := path[i].(string); ok {
			if i < len(path)-1 {
				return "an element of " + key
			}
			return key
		}
	}
	return "cognito"
}

// nearestOf is a hint for a key that is not known: the nearest one, or all.
func nearestOf(key string, names []string) string {
	slices.Sort(names)
	if hint := diag.DidYouMean(key, names); hint != "" {
		return hint
	}
	return diag.OneOf(names)
}
