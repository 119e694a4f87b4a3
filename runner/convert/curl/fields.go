package curl

import (
	"mime"
	"strings"

	"github.com/postrider/postrider/runner/exchange"
)

// authorize has curl authenticate where it has to answer a challenge or to sign.
func (w *writer) authorize() error {
	auth := w.options.Auth
	if auth == nil {
		if w.request.Negotiator != nil {
			return unable("the request authenticates in answer to a challenge, and how is not known", "")
		}
		return nil
	}
	if strings.Contains(auth.Username, ":") {
		return unable("a user name with a colon in it cannot be given to curl", "")
	}
	switch auth.Kind {
	case Digest, NTLM:
		w.add("--" + string(auth.Kind))
	case AWS:
		w.add("--aws-sigv4", "aws:amz:"+auth.Region+":"+auth.Service)
		if auth.SessionToken != "" {
			w.field("X-Amz-Security-Token", auth.SessionToken)
		}
	default:
		return unable("curl cannot authenticate by "+string(auth.Kind), "")
	}
	w.add("-u", auth.Username+":"+auth.Password)
	return nil
}

// signed says whether curl makes a field by itself as it authenticates.
func (w *writer) signed(name string) bool {
	auth := w.options.Auth
	switch {
	case auth == nil:
		return false
	case name == "authorization":
		return true
	case auth.Kind != AWS:
		return false
	}
	return name == "x-amz-date" || name == "x-amz-security-token" && auth.SessionToken != ""
}

// field writes a header field. curl takes a name and a colon alone for a field to leave out; a semicolon sends it empty.
func (w *writer) field(name, value string) {
	if value = strings.Trim(value, " \t"); value == "" {
		w.add("-H", name+";")
		return
	}
	w.add("-H", name+": "+value)
}

// omit turns off a field that curl would send by itself.
func (w *writer) omit(name string) { w.add("-H", name+":") }

// fields writes the header fields as [exchange.Client.Do] sends them.
func (w *writer) fields() error {
	agent := w.options.UserAgent
	if agent == "" {
		agent = exchange.DefaultUserAgent
	}
	if w.header.Has("User-Agent") {
		agent = strings.Trim(w.header.Get("User-Agent"), " \t") // the first alone is sent
	}
	if agent == "" {
		w.omit("User-Agent")
	} else {
		w.field("User-Agent", agent)
	}
	w.accept()
	host, cookie := "", ""
	for _, f := range w.header {
		value := strings.Trim(f.Value, " \t")
		switch name := strings.ToLower(f.Name); name {
		case "host":
			host = value
		case "cookie":
			cookie = join(cookie, value)
		case "user-agent", "accept", "accept-encoding", "content-length", "transfer-encoding", "trailer":
			// said above, or decided by the body
		default:
			if !w.signed(name) && !(name == "content-type" && w.multipartType(value)) {
				w.field(f.Name, value)
			}
		}
	}
	if host == "" && w.serverName() != "" {
		host = w.url.Host
	}
	if host != "" && host != w.url.Host || w.serverName() != "" {
		w.field("Host", host)
	}
	switch {
	case strings.Contains(cookie, "="):
		w.add("-b", cookie)
	case cookie != "": // which -b takes for the name of a file
		w.field("Cookie", cookie)
	}
	return nil
}

// defaultCodings are those that [exchange.Client.Do] asks for where nothing is said.
const defaultCodings = "gzip, deflate, br, zstd"

// accept writes Accept, where it is not the one that curl sends too, and the codings that curl is to decode.
func (w *writer) accept() {
	accept, given := values(w.header, "Accept")
	for _, value := range accept {
		if value != "*/*" || len(accept) > 1 {
			w.field("Accept", value)
		}
	}
	if given && len(accept) == 0 {
		w.omit("Accept")
	}
	codings, given := values(w.header, "Accept-Encoding")
	switch {
	case given:
	case w.header.Has("Range"):
		codings = []string{"identity"}
	default:
		codings = []string{defaultCodings}
	}
	all := strings.Join(codings, ",")
	for coding := range strings.SplitSeq(defaultCodings, ", ") {
		if strings.Contains(all, coding) {
			w.add("--compressed") // decodes; the codings that it would ask for are those that curl was built with
			break
		}
	}
	for _, value := range codings {
		w.field("Accept-Encoding", value)
	}
}

// values are those of a field that are not empty, and whether it was given at all.
func values(h exchange.Header, name string) (found []string, given bool) {
	for _, value := range h.Values(name) {
		given = true
		if value = strings.Trim(value, " \t"); value != "" {
			found = append(found, value)
		}
	}
	return found, given
}

// join puts the pairs of cookies into one field.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// multipartType says whether a Content-Type is the one that curl gives a body of parts, with the boundary that it chose.
func (w *writer) multipartType(value string) bool {
	if len(w.options.Parts) == 0 {
		return false
	}
	kind, _, err := mime.ParseMediaType(value)
	return err == nil && kind == "multipart/form-data"
}
