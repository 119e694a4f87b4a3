package exchange

import (
	"encoding/hex"
	"net/url"
	"strings"
)

const socketForm = "unix:///path/to/socket:/path"

// cutSocket takes the Unix socket out of a URL: unix:///run/docker.sock:/info,
// or http://unix:/run/docker.sock:/info as Postman spells it. The path of the
// socket ends at the first colon, one inside of it is written %3A. The rest is
// an ordinary URL, whose host is localhost.
func cutSocket(raw string) (socket, rest string, e *Error) {
	scheme, after, found := strings.Cut(raw, ":")
	if !found {
		return "", raw, nil
	}
	scheme = strings.ToLower(scheme)
	switch scheme {
	case "unix":
		scheme, after = "http", strings.TrimPrefix(after, "//")
	case "http", "https":
		var is bool
		if after, is = strings.CutPrefix(after, "//unix:"); !is || !strings.HasPrefix(after, "/") {
			return "", raw, nil
		}
		if path, _, _ := strings.Cut(after, "?"); !strings.Contains(path, ":") {
			return "", raw, nil // a host of that name, with an empty port
		}
	default:
		return "", raw, nil
	}
	end := strings.IndexAny(after, ":?#")
	if end < 0 {
		end = len(after)
	}
	socket, err := url.PathUnescape(after[:end])
	target := strings.TrimPrefix(after[end:], ":")
	switch {
	case err != nil:
		return "", "", badURL(err)
	case socket == "" || strings.ContainsRune(socket, 0):
		return "", "", unsendable("", "the URL has no socket: expected %s", socketForm)
	case target != "" && !strings.ContainsRune("/?#", rune(target[0])):
		return "", "", unsendable("", "the URL has no path after the socket: expected %s", socketForm)
	}
	return socket, scheme + "://localhost" + target, nil
}

// socketText is how a URL on a Unix socket is shown.
func socketText(socket string, u *url.URL) string {
	path := strings.ReplaceAll((&url.URL{Path: socket}).EscapedPath(), ":", "%3A")
	prefix := "unix://"
	if u.Scheme == "https" {
		prefix = "https://unix:"
	}
	text := prefix + path + ":" + u.RequestURI()
	if u.Fragment != "" {
		text += "#" + u.EscapedFragment()
	}
	return text
}

// site is what the jar knows the server of h by. Servers on sockets are all
// called localhost and share no cookies.
func (h *hop) site() *url.URL {
	if h.socket == "" {
		return h.url
	}
	u := *h.url
	u.Host = "unix-" + hex.EncodeToString([]byte(h.socket))
	return &u
}

// peer names the server of h in messages.
func (h *hop) peer() string {
	if h.socket != "" {
		return h.socket
	}
	return h.url.Host
}
