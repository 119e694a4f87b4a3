package curl

import (
	"path"
	"strings"
)

// askFirst is the size from which on curl asks before it sends a body (Expect: 100-continue): 1 MiB.
const askFirst = 1 << 20

// body writes the body, then the method, which depends on it.
func (w *writer) body() error {
	r, o := w.request, w.options
	w.payload = true
	switch {
	case len(o.Parts) > 0:
		if err := w.parts(); err != nil {
			return err
		}
	case o.BodyFile != "":
		w.large = r.Open == nil || r.Length < 0 || r.Length >= askFirst
		w.add("--data-binary", "@"+named(o.BodyFile))
	case r.Open != nil:
		return unable("the body is read as it is sent, and from which file is not known", "")
	case len(r.Body) > 0, w.method == "POST", w.method == "PUT", w.method == "PATCH":
		w.large = len(r.Body) >= askFirst
		w.inline(string(r.Body))
	default:
		w.payload = false
	}
	if w.payload && w.method == "HEAD" {
		return unable("curl cannot send a HEAD request with a body", "")
	}
	if w.payload && len(o.Parts) == 0 && !w.header.Has("Content-Type") {
		w.omit("Content-Type")
	}
	if w.large && !w.header.Has("Expect") {
		w.omit("Expect")
	}
	if r.Open != nil && r.Length < 0 {
		w.field("Transfer-Encoding", "chunked")
	}
	w.begin()
	return nil
}

// inline writes a body into the command: as an argument, or through printf where it is too long for one or has bytes that
// a command cannot show.
func (w *writer) inline(body string) {
	switch {
	case !printable(body):
		w.stdin = "printf " + format(body)
		w.add("--data-binary", "@-")
	case len(body) > maxArgument:
		w.stdin = "printf %s " + quote(body)
		w.add("--data-binary", "@-")
	case strings.HasPrefix(body, "@"): // which --data-binary takes for the name of a file
		w.add("--data-raw", body)
	default:
		w.add("--data-binary", body)
	}
}

// named is the path of a file where curl would take "-" for its standard input.
func named(file string) string {
	if file == "-" {
		return "./-"
	}
	return file
}

// parts writes the parts of a form, in order.
func (w *writer) parts() error {
	w.large = true
	for _, p := range w.options.Parts {
		switch {
		case strings.Contains(p.Name, "="):
			return unable("curl cannot send a part whose name has a = in it", "")
		case strings.ContainsAny(p.Type, ",\r\n\x00"):
			return unable("the type of a part is not one that curl can send", "for example text/plain")
		}
		if err := w.part(p); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) part(p Part) error {
	text := p.Name + "="
	switch {
	case p.File != "":
		text += "@" + parameter(named(p.File))
	case strings.ContainsRune(p.Value, 0), len(p.Value) > maxArgument:
		if w.stdin != "" {
			return unable("curl can read one part from its standard input, and there are more that no argument can hold", "keep them in files")
		}
		if w.stdin = "printf " + format(p.Value); printable(p.Value) {
			w.stdin = "printf %s " + quote(p.Value)
		}
		if text += "<-"; p.Filename != "" {
			text = p.Name + "=@-"
		}
	case p.Type == "" && p.Filename == "":
		w.add("--form-string", text+p.Value)
		return nil
	default:
		text += parameter(p.Value)
	}
	if p.Type != "" {
		text += ";type=" + p.Type
	}
	if p.Filename != "" && (p.File == "" || p.Filename != path.Base(p.File)) {
		text += ";filename=" + parameter(p.Filename)
	}
	w.add("-F", text)
	return nil
}

// parameter quotes a text within the argument of -F.
func parameter(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
