package assertion

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/postrider/postrider/runner/diag"
)

const (
	nothing = "the path matches nothing"
	unset   = "the variable is not set"
)

// missing says what is not there, and what is there instead that may have been meant.
func (f *Found) missing() string {
	if f.query == nil {
		return "there is no value"
	}
	text, hint := "", ""
	switch q := f.query; q.kind {
	case queryHeader:
		var names []string
		for _, field := range f.subject.exchange.Response.Header {
			names = append(names, field.Name)
		}
		text, hint = "the header is missing", diag.DidYouMean(q.argument, names)
	case queryCookie:
		var names []string
		for _, c := range f.subject.exchange.Cookies {
			names = append(names, c.Name)
		}
		text, hint = "the cookie is missing", diag.DidYouMean(q.cookie, names)
		if slices.Contains(names, q.cookie) {
			text, hint = "the cookie has no "+q.attribute, ""
		}
	case queryVariable:
		text = unset
	case queryJWT:
		return f.missingClaim()
	case queryRegex, queryXPath:
		text = "the expression matches nothing"
	case queryCertificate:
		text, hint = nothing, nearPath(f.subject.certificate, q.path)
	default:
		text = nothing
		if document, err := f.subject.json(); err == nil {
			hint = nearPath(document, q.path)
		}
	}
	if hint != "" {
		text += "; " + hint
	}
	return text
}

// names takes a path apart that is of plain names.
func (p *path) names() (names []string, ok bool) {
	if strings.ContainsAny(p.text, `\|#@*?!{}[]()"`) {
		return nil, false
	}
	return strings.Split(p.text, "."), true
}

// maxNear is how many members are compared for a name that is near.
const maxNear = 1000

// nearPath follows a path of plain names as far as it leads, and says what is there.
func nearPath(text string, p *path) string {
	names, ok := p.names()
	if !ok {
		return ""
	}
	at := valueOfJSON(gjson.Parse(text))
	for i, name := range names {
		if at.kind == array || at.kind == object {
			if next := gjson.Get(at.text, name); next.Exists() {
				at = valueOfJSON(next)
				continue
			}
		}
		before := quote(strings.Join(names[:i], "."))
		if i == 0 {
			before = "the document"
		}
		switch at.kind {
		case object:
			return nearMember(at, names, i)
		case array:
			if strings.Trim(name, "0123456789") != "" {
				return before + " is an array: an index or # comes after it"
			}
			n, _ := at.length()
			return before + " has " + strconv.Itoa(n) + " elements, counted from 0"
		}
		return before + " is " + at.kind.String()
	}
	return ""
}

func nearMember(at value, names []string, i int) string {
	var members []string
	for name := range at.members() {
		if members = append(members, name); len(members) == maxNear {
			break
		}
	}
	near := diag.Nearest(names[i], members)
	if near == "" {
		return ""
	}
	names = slices.Clone(names)
	names[i] = gjson.Escape(near)
	return "did you mean " + quote(strings.Join(names, ".")) + "?"
}
