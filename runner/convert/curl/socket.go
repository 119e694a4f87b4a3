package curl

import (
	"net/url"
	"strings"
)

// cutSocket takes the Unix socket out of a URL, as [exchange.Request.URL] has it: unix:///run/docker.sock:/info, or
// http://unix:/run/docker.sock:/info. Its path ends at the first colon. The rest is a URL of localhost.
func cutSocket(raw string) (socket, rest string, err error) {
	scheme, after, _ := strings.Cut(raw, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "unix":
		scheme, after = "http", strings.TrimPrefix(after, "//")
	case "http", "https":
		path, found := strings.CutPrefix(after, "//unix:/")
		if before, _, _ := strings.Cut(path, "?"); !found || !strings.Contains(before, ":") {
			return "", raw, nil
		}
		after = "/" + path
	default:
		return "", raw, nil
	}
	end := strings.IndexAny(after, ":?#")
	if end < 0 {
		end = len(after)
	}
	socket, err = url.PathUnescape(after[:end])
	target := strings.TrimPrefix(after[end:], ":")
	if err != nil || socket == "" || target != "" && !strings.ContainsRune("/?#", rune(target[0])) {
		return "", "", unable("the URL has no socket and path that can be read", "for example unix:///path/to/socket:/path")
	}
	return socket, scheme + "://localhost" + target, nil
}
