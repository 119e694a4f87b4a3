package auth

import (
	"bytes"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/postrider/postrider/runner/exchange"
)

// A field is a parameter of a form that is sent.
type field struct{ name, value string }

// signInForm is the first form with one password to fill in; change is the first that wants a new one instead. A page
// may hold the same form several times, one for each size of screen.
func (p *page) signInForm() (login, change *form) {
	for _, f := range p.forms {
		passwords, fresh := 0, false
		for _, c := range f.controls {
			if c.kind == "password" && c.name != "" {
				passwords++
				fresh = fresh || strings.Contains(c.autocomplete, "new-password") || strings.Contains(strings.ToLower(c.name), "new")
			}
		}
		switch {
		case passwords == 0 || strings.EqualFold(f.method, "dialog"):
		case passwords == 1 && !fresh:
			if login == nil {
				login = f
			}
		case change == nil:
			change = f
		}
	}
	return login, change
}

// usernameForm is the first form that asks for a username alone, as those do that ask for the password on the next page.
func (p *page) usernameForm() *form {
	for _, f := range p.forms {
		if i := f.username(); i >= 0 && f.password() < 0 && f.controls[i].soundsLikeUser() && !strings.EqualFold(f.method, "dialog") {
			return f
		}
	}
	return nil
}

// password is the index of the password field, -1 if there is none.
func (f *form) password() int {
	for i, c := range f.controls {
		if c.kind == "password" && c.name != "" {
			return i
		}
	}
	return -1
}

// username is the index of the visible field that takes the username, -1 if there is none: one that says so, else the
// last before the password.
func (f *form) username() int {
	found, last := -1, f.password()
	for i, c := range f.controls {
		if !c.visible() || c.readonly || c.name == "" {
			continue
		}
		if c.soundsLikeUser() {
			return i
		}
		if last < 0 && found < 0 || i < last {
			found = i
		}
	}
	return found
}

func (c *control) visible() bool {
	switch c.kind {
	case "text", "email", "tel", "number", "url", "search":
		return true
	case "hidden", "password", "submit", "button", "reset", "image", "file", "checkbox", "radio", "select", "textarea", "range", "color",
		"date", "datetime-local", "month", "week", "time":
		return false
	}
	return true // HTML: a type that is not known is a text field
}

// soundsLikeUser goes by what browsers and password managers look at.
func (c *control) soundsLikeUser() bool {
	if c.kind == "email" || strings.Contains(c.autocomplete, "username") || strings.Contains(c.autocomplete, "email") {
		return true
	}
	name := strings.ToLower(c.name + " " + c.id)
	for _, word := range []string{"user", "email", "login", "identifier", "account", "signin"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// fill gives what a browser would send: each field that has a name, with its default where we have nothing to say, and
// the first button that submits. It reports what it filled in.
func (f *form) fill(username, password string) (fields []field, user, pass bool) {
	at, secret, pressed := f.username(), f.password(), false
	for i, c := range f.controls {
		value := c.value
		switch c.kind {
		case "checkbox", "radio":
			if !c.checked {
				continue
			}
		case "submit":
			if pressed {
				continue
			}
			pressed = true
		case "button", "reset", "image", "file":
			continue
		case "select":
			if !c.checked { // it has no option
				continue
			}
		}
		switch {
		case c.name == "":
			continue
		case i == at:
			value, user = username, true
		case i == secret:
			value, pass = password, true
		}
		fields = append(fields, field{c.name, value})
	}
	return fields, user, pass
}

// request is the request of a form (HTML, form submission algorithm): in the query for GET, else in the body.
func request(target *url.URL, f *form, fields []field) (*exchange.Request, error) {
	if !strings.EqualFold(f.method, "post") {
		u := *target
		u.RawQuery = encode(fields)
		return &exchange.Request{URL: u.String()}, nil
	}
	r := &exchange.Request{Method: "POST", URL: target.String()}
	if !strings.EqualFold(strings.TrimSpace(f.enctype), "multipart/form-data") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Body = []byte(encode(fields))
		return r, nil
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, field := range fields {
		if err := w.WriteField(field.name, field.value); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Body = body.Bytes()
	return r, nil
}

// encode is application/x-www-form-urlencoded, in the order of the page.
func encode(fields []field) string {
	var b strings.Builder
	for i, field := range fields {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(field.name) + "=" + url.QueryEscape(field.value))
	}
	return b.String()
}
