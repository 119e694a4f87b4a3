package har

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// answer is the answer of an entry, as a server would have sent it but for its body, which is decoded already.
func (r *Replay) answer(e *Entry, n int, req *http.Request) (*http.Response, error) {
	p := &e.Response
	request := req.Method + " " + clip(r.redact(e.Request.URL))
	if p.Status == 0 {
		trouble := r.trouble("the recording of %s has no answer: entry %d of %s", request, n+1, r.file)
		trouble.Hint = "there was none when it was recorded"
		if p.Error != "" {
			trouble.Hint += ": " + clip(p.Error)
		}
		return nil, trouble
	}
	if p.Status < 100 || p.Status > 999 {
		return nil, r.trouble("the recording of %s has the status %d: entry %d of %s", request, p.Status, n+1, r.file)
	}
	here := moved(e.Request.URL, req.URL.Host)
	header := http.Header{}
	for _, h := range p.Headers {
		if h.Name == "" || h.Name[0] == ':' { // a pseudo-header of HTTP/2
			continue
		}
		for value := range strings.SplitSeq(h.Value, "\n") { // as Chromium and Firefox put together fields of one name
			header.Add(h.Name, here(value))
		}
	}
	body, dropped := "", p.Content.Clipped
	if p.Content.Text != nil {
		text, err := Decode(*p.Content.Text, p.Content.Encoding)
		if err != nil {
			return nil, r.trouble("the body of the recording of %s cannot be read: %s: entry %d of %s", request, err, n+1, r.file)
		}
		body = here(text)
	} else {
		dropped = p.Content.Size != 0
	}
	content, length := io.Reader(strings.NewReader(body)), int64(len(body))
	if redirected := p.Status >= 300 && p.Status < 400; dropped && !redirected && mayHaveBody(req.Method, p.Status) && p.Error == "" {
		trouble := r.trouble("the recording of %s has no body: entry %d of %s", request, n+1, r.file)
		trouble.Hint = "it was left out when the file was saved: save it with the content of answers, or use --record"
		return nil, trouble
	} else if dropped && p.Error != "" {
		content, length = brokenOff(r.redact(p.Error)), -1
	}
	major, minor, protocol := version(p.HTTPVersion)
	return &http.Response{
		StatusCode: p.Status, Status: strconv.Itoa(p.Status) + " " + p.StatusText,
		Proto: protocol, ProtoMajor: major, ProtoMinor: minor,
		Header: header, Body: io.NopCloser(content), ContentLength: length,
		Uncompressed: true, Request: req,
	}, nil
}

// brokenOff is a body that was not received whole, and why.
type brokenOff string

func (b brokenOff) Read([]byte) (int, error) {
	return 0, fmt.Errorf("it broke off when it was recorded: %s", string(b))
}

// moved puts the address that a server of this machine has now in the place of the one that it had, as when a redirect or
// a form leads back to it. What is signed keeps the old one.
func moved(recorded, now string) func(string) string {
	then := parseAddress(recorded)
	_, port, _ := strings.Cut(then.host, ":")
	if then.loose().host != "loopback" || port == "" || strings.EqualFold(then.host, now) {
		return func(s string) string { return s }
	}
	return func(s string) string {
		for _, form := range []func(string) string{func(s string) string { return s }, url.QueryEscape} {
			from, to := form(then.host), form(now)
			for start := 0; ; {
				i := strings.Index(s[start:], from)
				if i < 0 {
					break
				}
				i += start
				if end := i + len(from); end == len(s) || s[end] < '0' || s[end] > '9' { // no longer port
					s = s[:i] + to + s[end:]
					start = i + len(to)
				} else {
					start = end
				}
			}
		}
		return s
	}
}

// mayHaveBody reports whether an answer can have a body (RFC 9110, section 6.4.1).
func mayHaveBody(method string, status int) bool {
	return method != http.MethodHead && status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// version reads what programs call a version of HTTP: HTTP/1.1, http/2.0, HTTP/2, h2, h3.
func version(s string) (major, minor int, protocol string) {
	s = strings.ToLower(s)
	switch s = strings.TrimPrefix(strings.TrimPrefix(s, "http/"), "h"); {
	case s == "1.0":
		return 1, 0, "HTTP/1.0"
	case strings.HasPrefix(s, "2"):
		return 2, 0, "HTTP/2.0"
	case strings.HasPrefix(s, "3"):
		return 3, 0, "HTTP/3.0"
	}
	return 1, 1, "HTTP/1.1"
}
