package exchange

import "strings"

// Field is one header field as sent or received.
type Field struct{ Name, Value string }

// Header is a list of fields that keeps order and repeats. Names compare
// without regard to case (RFC 9110, section 5.1).
type Header []Field

// Get gives the first value of name, or "".
func (h Header) Get(name string) string {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// Values gives all values of name in order, nil when there are none.
func (h Header) Values(name string) []string {
	var values []string
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			values = append(values, h[i].Value)
		}
	}
	return values
}

// Has says whether there is a field of that name, be it empty.
func (h Header) Has(name string) bool {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return true
		}
	}
	return false
}

// Add appends a field.
func (h *Header) Add(name, value string) {
	*h = append(*h, Field{name, value})
}

// Set puts one field in the place of the first of that name and removes the
// others, or appends it.
func (h *Header) Set(name, value string) {
	out, done := (*h)[:0], false
	for _, f := range *h {
		switch {
		case !strings.EqualFold(f.Name, name):
			out = append(out, f)
		case !done:
			out, done = append(out, Field{name, value}), true
		}
	}
	clear((*h)[len(out):])
	*h = out
	if !done {
		h.Add(name, value)
	}
}

// Del removes every field of that name.
func (h *Header) Del(name string) {
	out := (*h)[:0]
	for _, f := range *h {
		if !strings.EqualFold(f.Name, name) {
			out = append(out, f)
		}
	}
	clear((*h)[len(out):])
	*h = out
}
