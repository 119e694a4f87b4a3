package exchange

import (
	"cmp"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
)

// fields gives the fields of a hop in the order in which net/http writes them,
// and the host if it was set by hand.
func (c *Client) fields(h *hop, jar *Jar) (Header, string) {
	const lead = 3 // Host, User-Agent and Content-Length or Transfer-Encoding, which come to stand before the others
	sent := make(Header, lead, lead+len(h.header)+3)
	host := authority(h.url.Host)
	agent, custom, cookie := c.userAgent, "", ""
	var agentSet, accept, encoding, ranged bool
	for _, f := range h.header {
		name, value := textproto.CanonicalMIMEHeaderKey(f.Name), strings.Trim(f.Value, " \t")
		switch name {
		case "Host":
			custom, host = value, value
		case "User-Agent":
			if !agentSet {
				agent, agentSet = value, true
			}
		case "Cookie":
			cookie = joinCookie(cookie, value)
		case "Content-Length", "Transfer-Encoding", "Trailer":
			// decided by the body
		case "Accept", "Accept-Encoding":
			accept = accept || name == "Accept"
			encoding = encoding || name == "Accept-Encoding"
			if value != "" {
				sent = append(sent, Field{name, value})
			}
		case "Range", "Connection", "Expect", "Upgrade", "Te":
			ranged = ranged || name == "Range"
			sent = append(sent, Field{name, value}) // net/http looks them up by this name
		default:
			sent = append(sent, Field{f.Name, value})
		}
	}
	if !accept {
		sent = append(sent, Field{"Accept", "*/*"})
	}
	if !encoding {
		coding := "gzip, deflate, br, zstd"
		if ranged {
			coding = "identity" // part of a gzip stream cannot be decoded (Fetch, HTTP-network-or-cache fetch)
		}
		sent = append(sent, Field{"Accept-Encoding", coding})
	}
	if cookie = jar.after(cookie, h.site()); cookie != "" {
		sent = append(sent, Field{"Cookie", cookie})
	}
	slices.SortStableFunc(sent[lead:], func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	first := lead
	put := func(name, value string) { first--; sent[first] = Field{name, value} }
	switch {
	case h.open != nil && h.length < 0:
		put("Transfer-Encoding", "chunked")
	case h.open != nil && h.length > 0:
		put("Content-Length", strconv.FormatInt(h.length, 10))
	case len(h.body) > 0:
		put("Content-Length", strconv.Itoa(len(h.body)))
	case h.method == "POST" || h.method == "PUT" || h.method == "PATCH":
		put("Content-Length", "0")
	}
	if agent != "" {
		put("User-Agent", agent)
	}
	put("Host", host)
	return sent[first:], custom
}

// authority is host as the Host field has it: without the zone of an IPv6
// address (RFC 6874, section 4).
func authority(host string) string {
	if !strings.HasPrefix(host, "[") {
		return host
	}
	if zone := strings.IndexByte(host, '%'); zone >= 0 {
		if end := strings.LastIndexByte(host, ']'); end > zone {
			return host[:zone] + host[end:]
		}
	}
	return host
}

// joinCookie puts pairs into one field, as RFC 6265, section 5.4, wants it.
func joinCookie(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}

// dropCookies removes from the pairs of a Cookie field those whose name an
// answer has set or deleted: the jar knows better now.
func dropCookies(pairs string, set []*http.Cookie) string {
	kept := ""
	for pair := range strings.SplitSeq(pairs, ";") {
		pair = strings.TrimSpace(pair)
		name, _, _ := strings.Cut(pair, "=")
		if !slices.ContainsFunc(set, func(c *http.Cookie) bool { return c.Name == strings.TrimSpace(name) }) {
			kept = joinCookie(kept, pair)
		}
	}
	return kept
}
