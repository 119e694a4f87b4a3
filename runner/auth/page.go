package auth

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// A page is what we see of an HTML page: its forms, and what it says.
type page struct {
	title   string
	message string // of the first element that looks like an error and says something
	base    string // of <base href>
	forms   []*form
}

// A form is what HTML calls so. Controls are in the order of the page.
type form struct {
	id, action, method, enctype string
	controls                    []control
}

// A control is a field or a button that has a name, or the button that submits.
type control struct {
	kind         string // as input's type: text, email, password, hidden, submit, …; select; textarea
	name, value  string
	id           string
	autocomplete string
	checked      bool
	readonly     bool
}

// readPage reads any text as HTML. It goes by tags and not by the tree: a control belongs to the form that was opened
// before it and is not closed yet, which is where old pages with tables expect it. Nothing in it is nested, so nothing
// can be too deep.
func readPage(body []byte) page {
	r := reader{tokens: html.NewTokenizer(bytes.NewReader(body))}
	for {
		switch r.tokens.Next() {
		case html.ErrorToken:
			return r.finish()
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(r.tokens.Token())
		case html.EndTagToken:
			r.end(r.tokens.Token().Data)
		case html.TextToken:
			r.text(r.tokens.Token().Data)
		}
	}
}

type reader struct {
	tokens *html.Tokenizer
	page   page
	form   *form // nil: none is open

	controls []placed // all of the page

	title   strings.Builder
	inTitle bool

	open     int  // the select or textarea whose end is to come: its control + 1
	chosen   bool // the select has an option that says it is selected
	inOption bool // the text is the value of the select

	message strings.Builder
	within  string // the element whose text is the message; "": none
	depth   int    // of elements of that name
	skipped bool   // the text is a script or a style
}

// placed is a control and the form that it is in, by nearness or by id.
type placed struct {
	control
	form *form
	by   string
}

func (r *reader) start(t html.Token) {
	get := func(name string) string {
		for _, a := range t.Attr {
			if a.Key == name {
				return a.Val // the first counts
			}
		}
		return ""
	}
	has := func(name string) bool {
		for _, a := range t.Attr {
			if a.Key == name {
				return true
			}
		}
		return false
	}
	switch t.Data {
	case "title":
		r.inTitle = r.title.Len() == 0
	case "script", "style":
		r.skipped = true
	case "base":
		if r.page.base == "" {
			r.page.base = get("href")
		}
	case "noscript":
		r.tokens.NextIsNotRawText() // we are whom it is for
	case "form":
		if r.form == nil { // forms do not nest
			r.form = &form{id: get("id"), action: get("action"), method: get("method"), enctype: get("enctype")}
			r.page.forms = append(r.page.forms, r.form)
		}
	case "option":
		r.option(get("value"), has("value"), has("selected"))
	case "input", "button", "select", "textarea":
		r.control(t.Data, get, has)
	}
	r.watch(t.Data, get)
}

// control notes a control unless it is disabled.
func (r *reader) control(tag string, get func(string) string, has func(string) bool) {
	r.open, r.chosen, r.inOption = 0, false, false
	c := control{
		kind: strings.ToLower(strings.TrimSpace(get("type"))), name: get("name"), value: get("value"), id: get("id"),
		autocomplete: strings.ToLower(get("autocomplete")), checked: has("checked"), readonly: has("readonly"),
	}
	switch {
	case tag == "select" || tag == "textarea":
		c.kind = tag
	case tag == "button" && c.kind == "":
		c.kind = "submit"
	case tag == "button" && c.kind != "submit":
		c.kind = "button"
	case c.kind == "":
		c.kind = "text"
	case (c.kind == "checkbox" || c.kind == "radio") && !has("value"):
		c.value = "on"
	}
	if has("disabled") {
		return
	}
	r.controls = append(r.controls, placed{c, r.form, get("form")})
	if tag == "select" || tag == "textarea" {
		r.open = len(r.controls)
	}
}

// option gives the select that is open its value: the option that is selected, else the first. An option without a value
// has its text for one.
func (r *reader) option(value string, hasValue, selected bool) {
	r.inOption = false
	c := r.opened("select")
	if c == nil || r.chosen || c.checked && !selected {
		return
	}
	c.value, c.checked = value, true
	r.chosen, r.inOption = selected, !hasValue
}

// opened is the control of that kind that the text and the options belong to, nil if there is none.
func (r *reader) opened(kind string) *control {
	if r.open == 0 || r.controls[r.open-1].kind != kind {
		return nil
	}
	return &r.controls[r.open-1].control
}

func (r *reader) end(tag string) {
	switch tag {
	case "title":
		r.inTitle = false
	case "script", "style":
		r.skipped = false
	case "form":
		r.form = nil
	case "option":
		r.inOption = false
	case "select", "textarea":
		r.open, r.inOption = 0, false
	}
	if tag == r.within {
		if r.depth--; r.depth == 0 {
			r.within = ""
		}
	}
}

func (r *reader) text(text string) {
	if r.inTitle {
		r.title.WriteString(text)
	}
	if c := r.opened("textarea"); c != nil {
		c.value = strings.TrimPrefix(text, "\n") // HTML drops a line break that begins it
	}
	if c := r.opened("select"); c != nil && r.inOption {
		c.value, r.inOption = strings.Join(strings.Fields(text), " "), false
	}
	if text = strings.TrimSpace(text); text != "" && r.within != "" && !r.skipped {
		r.message.WriteString(" " + text)
	}
}

// watch begins to gather the message at the first element that looks like an error. One that turns out empty is passed
// over: pages hold such a place ready.
func (r *reader) watch(tag string, get func(string) string) {
	if r.within != "" {
		if tag == r.within {
			r.depth++
		}
		return
	}
	switch tag {
	case "input", "img", "br", "hr", "link", "meta", "script", "style", "body", "html", "form", "button", "textarea", "select":
		return // without text, or with that of others
	}
	if r.message.Len() > 0 {
		return
	}
	marks := strings.ToLower(get("class") + " " + get("id"))
	if strings.EqualFold(get("role"), "alert") || strings.Contains(marks, "error") || strings.Contains(marks, "alert") {
		r.within, r.depth = tag, 1
	}
}

// finish gives each control to its form.
func (r *reader) finish() page {
	// Neither is cut here: what is a secret in them can only be found in the whole.
	r.page.title, r.page.message = strings.TrimSpace(r.title.String()), strings.TrimSpace(r.message.String())
	byID := map[string]*form{}
	for _, f := range r.page.forms {
		if f.id != "" && byID[f.id] == nil {
			byID[f.id] = f
		}
	}
	for _, c := range r.controls {
		owner := c.form
		if c.by != "" {
			owner = byID[c.by]
		}
		if owner != nil {
			owner.controls = append(owner.controls, c.control)
		}
	}
	return r.page
}

// target is where a form is sent to.
func (p *page) target(at *url.URL, f *form) (*url.URL, error) {
	base := at
	if p.base != "" {
		if u, err := url.Parse(strings.TrimSpace(p.base)); err == nil {
			base = at.ResolveReference(u)
		}
	}
	action := strings.TrimSpace(f.action)
	if action == "" {
		base = at // the page itself, whatever its base (HTML, form submission algorithm)
	}
	u, err := url.Parse(action)
	if err != nil {
		return nil, err
	}
	u = base.ResolveReference(u)
	u.Fragment, u.RawFragment, u.User = "", "", nil
	return u, nil
}
