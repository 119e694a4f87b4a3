package har

import (
	"hash/maphash"
	"mime"
	"net/url"
	"strings"
)

// The ways in which a request may be that of an entry, the best first. See [Replay].
const (
	byAll     = iota // method, address, body and credentials
	byPort           // the same, on whatever port of this machine
	byShown          // the same after redaction, with credentials or without
	bySettled        // the same but for what a client draws anew
	byAnyone         // the same whatever the credentials: those that answer a challenge come later
	byAddress        // the same whatever the body, if all recordings have the same
	ways
)

// A message is a request, asked for or recorded.
type message struct {
	method, url   string
	authorization string
	contentType   string
	body          string
	lost          bool // the body was not kept
}

// messageOf is the request of an entry.
func messageOf(q *Request) (*message, error) {
	m := &message{method: q.Method, url: q.URL}
	for _, h := range q.Headers {
		switch strings.ToLower(h.Name) {
		case "authorization":
			m.authorization = h.Value
		case "content-type":
			m.contentType = h.Value
		}
	}
	p := q.PostData
	if p == nil {
		m.lost = q.BodySize > 0
		return m, nil
	}
	if m.contentType == "" {
		m.contentType = p.MimeType
	}
	var err error
	m.body, err = Decode(p.Text, p.Encoding)
	if p.Text == "" && len(p.Params) > 0 {
		m.body = formOf(p.Params)
		m.lost = !isForm(m.contentType) // parts are not put together again
	} else if p.Text == "" {
		m.lost = q.BodySize > 0
	}
	return m, err
}

func formOf(params []Param) string {
	pairs := make([]string, len(params))
	for i, p := range params {
		pairs[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	return strings.Join(pairs, "&")
}

// keys are what a request is known by in each way, beside them its path and its body.
type keys struct {
	by         [ways]uint64
	path, body uint64
}

// keys takes hashes of 64 bits with a seed of this process: nobody makes two requests collide.
func (r *Replay) keys(m *message) keys {
	hash := func(parts ...string) uint64 {
		var h maphash.Hash
		h.SetSeed(r.seed)
		for _, p := range parts {
			_, _ = h.WriteString(p) // never fails
			_ = h.WriteByte(0)
		}
		return h.Sum64()
	}
	whole := parseAddress(m.url)
	loose := whole.loose()
	shown := parseAddress(r.redact(m.url)).loose()
	settled := shown.settled()
	body, shownBody := m.body, r.redact(m.body)
	settledBody := settleBody(shownBody, m.contentType)
	if m.lost {
		body, shownBody, settledBody = "\xfflost", "\xfflost", "\xfflost"
	}
	credentials := "none"
	if m.authorization != "" {
		credentials = "some"
	}
	var k keys
	k.by[byAll] = hash(m.method, whole.String(), body, m.authorization)
	k.by[byPort] = hash(m.method, loose.String(), body, m.authorization)
	k.by[byShown] = hash(m.method, shown.String(), shownBody, credentials)
	k.by[bySettled] = hash(m.method, settled.String(), settledBody, credentials)
	k.by[byAnyone] = hash(m.method, settled.String(), settledBody)
	k.by[byAddress] = hash(m.method, settled.String())
	k.path, k.body = hash(settled.path), hash(settledBody)
	return k
}

// settleBody is a body without what another run draws anew: see [settledForm], and the boundary of parts.
func settleBody(body, contentType string) string {
	if isForm(contentType) {
		return settledForm(body)
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if boundary := params["boundary"]; err == nil && boundary != "" && strings.HasPrefix(kind, "multipart/") {
		return strings.ReplaceAll(body, "--"+boundary, "--boundary")
	}
	return body
}

func isForm(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded")
}
