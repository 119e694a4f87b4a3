package curl

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// target takes the URL apart as [exchange.Client.Do] does.
func (w *writer) target() error {
	raw := w.request.URL
	if strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return unable("the URL has a control character in it", "")
	}
	var err error
	if w.socket, raw, err = cutSocket(raw); err != nil {
		return err
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil: // which repeats the URL, and there may be a password in it
		return unable("the URL cannot be read", "write %25 for a percent sign")
	case u.Scheme != "http" && u.Scheme != "https":
		return unable("the URL does not begin with http:// or https://", "")
	case u.Hostname() == "":
		return unable("the URL has no host", "")
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r >= 0x80 }) {
		host, err := idna.Lookup.ToASCII(u.Hostname())
		if err != nil {
			return unable("the host in the URL is not a valid international domain name", "")
		}
		if port := u.Port(); port != "" {
			host += ":" + port
		}
		u.Host = host
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	u.RawQuery = escapeQuery(u.RawQuery)
	u.Fragment, u.RawFragment = "", ""
	w.header = w.request.Header
	if user := u.User; user != nil {
		password, _ := user.Password()
		if u.User = nil; !w.header.Has("Authorization") {
			w.header = w.header[:len(w.header):len(w.header)]
			w.header.Add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
		}
	}
	w.url = u
	return nil
}

// escapeQuery encodes what would end the request line; the rest of a query is sent as it is.
func escapeQuery(q string) string {
	var b strings.Builder
	for i := range len(q) {
		if c := q[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(q[i])
	}
	return b.String()
}

// begin writes the method and the URL, once it is known whether there is a body.
func (w *writer) begin() {
	var words []string
	switch {
	case w.method == "HEAD":
		words = append(words, "--head")
	case w.payload && w.method == "POST", !w.payload && w.method == "GET":
	default:
		words = append(words, "-X", w.word(w.method))
	}
	u := *w.url
	if u.Path == "" && u.RawPath == "" {
		u.Path = "/"
	}
	if name := w.serverName(); name != "" {
		u.Host = net.JoinHostPort(name, port(w.url))
	}
	text := u.String()
	if strings.ContainsAny(text, "[]{}") {
		words = append(words, "-g")
	}
	if dotted(u.EscapedPath()) {
		words = append(words, "--path-as-is")
	}
	words = append(words, w.word(text))
	w.head = strings.Join(words, " ")
}

// dotted says whether a path has segments that curl would resolve.
func dotted(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case ".", "..":
			return true
		}
	}
	return false
}

// requestTarget is what stands in the request line where curl would write something else, "" where it would not.
func (w *writer) requestTarget() string {
	if w.method == "CONNECT" && w.url.Path == "" {
		return w.url.Host
	}
	return ""
}

// serverName is the name for TLS where it is not the URL's host. curl takes it from the URL alone.
func (w *writer) serverName() string {
	if name := w.request.Route.ServerName; w.url.Scheme == "https" && name != w.url.Hostname() {
		return name
	}
	return ""
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
