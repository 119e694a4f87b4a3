package collection

import (
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/internal/tomlnode"
)

type entry = tomlnode.Entry

// MaxRedirects is the most redirects that a collection may ask to follow.
const MaxRedirects = 50

// DefaultRedirects is how many are followed when nothing is said, as Postman and curl -L do within their limits.
const DefaultRedirects = 10

// setting reads a key that collections, folders and requests share. It reports whether the key is one.
func (d *decoder) setting(e entry, s *Settings) bool {
	switch e.Key {
	case "headers":
		s.Headers = d.headers(e)
	case "auth":
		s.Auth = d.auth(e)
	case "assert":
		s.Assertions = d.assertions(e)
	case "skip":
		s.Skip = d.textValue(e)
	case "when":
		s.When = d.conditions(e)
	case "tags":
		s.Tags = d.tags(e)
	default:
		return d.sending(e, s)
	}
	return true
}

// sending reads a setting about how a request is sent.
func (d *decoder) sending(e entry, s *Settings) bool {
	switch e.Key {
	case "timeout":
		s.Timeout = d.duration(e, `timeout = "2s", "500ms" or "1m30s"`, 1)
	case "redirects":
		s.Redirects = d.redirects(e)
	case "max_body":
		s.MaxBody = d.size(e)
	case "retry":
		s.Retry = d.retry(e)
	case "delay":
		s.Delay = d.duration(e, `delay = "500ms", "2s" or "0s"`, 0)
	case "tls":
		s.TLS = d.tls(e)
	case "proxy":
		s.Proxy = d.proxy(e)
	case "http":
		s.HTTP, _ = d.oneOf(e, HTTPVersions())
	case "cookies":
		if on, ok := d.flag(e); ok {
			s.Cookies = &on
		}
	case "resolve":
		s.Resolve = d.resolve(e)
	default:
		return false
	}
	return true
}

func (d *decoder) tags(e entry) []string {
	const example = `tags = ["smoke", "slow"]`
	if e.Node.Kind != Array {
		d.wrong(e, "an array of strings", example)
		return nil
	}
	var out []string
	for _, item := range e.Node.Items {
		s, ok := item.Text()
		switch {
		case !ok:
			d.errorf(item.Span, "for example "+example, "a tag must be a string, not %s", item.Kind)
		case strings.TrimSpace(s) == "":
			d.errorf(item.Span, "leave it out", "the tag is empty")
		default:
			out = append(out, s)
		}
	}
	return out
}

func (d *decoder) headers(e entry) []Header {
	var headers []Header
	for _, h := range d.entries(e, `headers = { Accept = "application/json" }`) {
		header := Header{Name: h.Key, Span: h.Span}
		switch {
		case h.Node.Kind == Bool && h.Node.Scalar == false:
			header.Remove = true
		case h.Node.Kind == Array:
			for _, item := range h.Node.Items {
				if d.scalar(h, item) {
					header.Values = append(header.Values, item)
				}
			}
		case h.Node.Kind == Table:
			d.wrong(h, "a string, an array of strings, or false to remove it", "")
		default:
			header.Values = []*Value{h.Node}
		}
		if !validToken(h.Key) {
			d.errorf(h.Span, "letters, digits and - are safe", "%q cannot be the name of a header", h.Key)
		}
		for _, other := range headers {
			if strings.EqualFold(other.Name, h.Key) {
				d.errorf(h.Span, "to send it several times, give an array of values", "the header %q is given twice", h.Key)
			}
		}
		headers = append(headers, header)
	}
	return headers
}

// validToken reports whether s is a token of RFC 9110, section 5.6.2.
func validToken(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// duration reads a time of at least so many nanoseconds: 0 or 1.
func (d *decoder) duration(e entry, example string, least time.Duration) *time.Duration {
	s, ok := e.Node.Text()
	if !ok {
		d.wrong(e, "a duration", example)
		return nil
	}
	v, err := time.ParseDuration(s)
	if err != nil || v < least {
		what := "a duration"
		if least > 0 {
			what += " above zero"
		}
		d.errorf(e.Node.Span, "for example "+example, "%q is not %s", s, what)
		return nil
	}
	return &v
}

func (d *decoder) redirects(e entry) *int {
	const example = "redirects = false, or a number from 0 to 50"
	n := 0
	if on, ok := e.Node.Scalar.(bool); ok {
		if on {
			n = DefaultRedirects
		}
		return &n
	}
	number, ok := e.Node.Number()
	if !ok {
		d.wrong(e, "a number or false", example)
		return nil
	}
	n, err := strconv.Atoi(number.String())
	if err != nil || n < 0 || n > MaxRedirects {
		d.errorf(e.Node.Span, example, "%s redirects cannot be followed", number)
		return nil
	}
	return &n
}

func (d *decoder) size(e entry) *int64 {
	const example = `max_body = "64MB"`
	if number, ok := e.Node.Number(); ok {
		if n, err := strconv.ParseInt(number.String(), 10, 64); err == nil && n > 0 {
			return &n
		}
		d.errorf(e.Node.Span, "for example "+example, "%s is not a size above zero", number)
		return nil
	}
	s, ok := e.Node.Text()
	if !ok {
		d.wrong(e, "a size", example)
		return nil
	}
	n, ok := ParseSize(s)
	if !ok || n <= 0 {
		d.errorf(e.Node.Span, "for example "+example, "%q is not a size above zero", s)
		return nil
	}
	return &n
}

// ParseSize reads a number of bytes: "512", "64kB", "64MB", "1GiB"; kB, MB and GB are powers of 1000, KiB, MiB and GiB
// of 1024.
func ParseSize(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	digits := strings.TrimRight(s, "kKMGTiB ")
	unit := strings.TrimSpace(s[len(digits):])
	scale, ok := map[string]int64{
		"": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
		"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
	}[unit]
	n, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil || !(n >= 0) || n*float64(scale) > 1<<62 {
		return 0, false
	}
	return int64(n * float64(scale)), true
}
