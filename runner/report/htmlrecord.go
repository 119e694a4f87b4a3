package report

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// What of a request a page holds at most. More is cut, and the page says so.
const (
	pageBody  = 64 << 10 // bytes of a body
	pageHex   = 256      // of one that is no text
	pageValue = 4 << 10  // of any other text
	pageList  = 200      // elements of a list
)

// A recorder writes records: two lines of JSON, first what the list shows of a request, as an array (see list.js), then
// all that is to be seen when it is opened, as an object (detail.js). Every string in them is printable, as on a
// terminal, and has no character that means something in HTML.
type recorder struct {
	b      []byte
	room   int // bytes of bodies that may still come
	bodies int // bytes of bodies that came
}

// appendRecord adds the record of a request and tells how much of it is bodies.
func (h *HTML) appendRecord(b []byte, seq, group int, r *runner.RequestResult, room int) (record []byte, bodies int) {
	w := recorder{b: b, room: room}
	w.row(seq, group, r, h.since(r.Started))
	w.raw("\n{")
	w.detail(h, r)
	w.raw("}\n")
	return w.b, w.bodies
}

// since is how many µs after the start of the run something was; -1 when it never was.
func (h *HTML) since(t time.Time) int {
	if t.IsZero() || h.info == nil {
		return -1
	}
	return int(max(0, t.Sub(h.info.Started).Microseconds()))
}

func (w *recorder) row(seq, group int, r *runner.RequestResult, start int) {
	path, status, bytes, redirects := r.Path, 0, -1, len(r.Hops)
	if r.Sent != nil {
		path, redirects = r.Sent.Path, r.Sent.Redirects
	}
	if r.Response != nil {
		status, bytes = r.Response.Status, r.Response.BodyBytes
	}
	kind := ""
	if r.Error != nil {
		kind = string(r.Error.Kind)
	}
	flaky := 0
	if r.Flaky {
		flaky = 1
	}
	w.raw("[")
	w.ints(seq, group, r.Iteration)
	w.raw(",")
	w.list(r.Folder)
	for _, s := range []string{r.Title(), r.Method, path, string(r.Verdict), kind} {
		w.raw(",")
		w.text(s)
	}
	w.raw(",")
	t := &r.Timing
	w.ints(flaky, status, start, us(t.Total), us(t.DNS), us(t.Connect), us(t.TLS), us(t.FirstByte), us(t.Download),
		bytes, len(r.Assertions)-r.FailedAssertions(), max(r.Planned, len(r.Assertions)), redirects)
	w.raw("]")
}

func us(d time.Duration) int { return int(max(d, 0).Microseconds()) }

func (w *recorder) detail(h *HTML, r *runner.RequestResult) {
	w.key("at", r.Source.String())
	w.key("reason", r.Reason)
	if len(r.Diagnostics) > 0 || r.Error != nil {
		w.name("diagnostics")
		w.quote(h.drawn(r)) // drawn printable already
	}
	w.number("attempts", r.Attempts)
	w.attempts(r.Retried)
	if s := r.Sent; s != nil {
		w.name("sent")
		w.raw("{")
		w.key("line", s.Method+" "+s.URL)
		w.header("header", s.Header)
		w.body(s.Body, s.BodyBytes, false)
		w.raw("}")
	}
	if p := r.Response; p != nil {
		w.name("answer")
		w.raw("{")
		w.key("line", strings.TrimSpace(p.Protocol+" "+strconv.Itoa(p.Status)+" "+p.Reason))
		w.header("header", p.Header)
		w.body(p.Body, p.BodyBytes, p.Clipped)
		w.raw("}")
	}
	w.hops(h, r.Hops)
	w.assertions(r)
	w.captures(r.Captures)
}

func (w *recorder) attempts(list []runner.Attempt) {
	if len(list) == 0 {
		return
	}
	w.name("retried")
	w.each(len(list), func(i int) {
		w.raw("{")
		w.key("verdict", string(list[i].Verdict))
		w.key("reason", list[i].Reason)
		w.number("status", list[i].Status)
		w.number("took", us(list[i].Duration))
		w.raw("}")
	})
}

func (w *recorder) hops(h *HTML, list []runner.Hop) {
	if len(list) == 0 {
		return
	}
	w.name("hops")
	w.each(len(list), func(i int) {
		p := &list[i]
		w.raw("{")
		w.key("line", p.Method+" "+p.URL)
		w.key("answer", strings.TrimSpace(p.Protocol+" "+strconv.Itoa(p.Status)+" "+p.Reason))
		w.header("header", p.Header)
		w.header("answered", p.Answer)
		w.body(p.Body, len(p.Body), false)
		w.number("start", h.since(p.Started))
		w.number("took", us(p.Took))
		w.raw("}")
	})
}

func (w *recorder) assertions(r *runner.RequestResult) {
	if len(r.Assertions) == 0 {
		return
	}
	w.name("assertions")
	w.each(len(r.Assertions), func(i int) {
		a := &r.Assertions[i]
		w.raw("{")
		w.key("query", a.Query)
		w.key("predicate", a.Predicate)
		w.key("expected", string(appendValue(nil, a.Expected)))
		if a.Actual != nil || !a.Passed {
			w.key("actual", string(appendValue(nil, a.Actual)))
		}
		if a.Passed {
			w.number("passed", 1)
		}
		if !a.Source.IsZero() {
			if a.Source.File() != r.Source.File() {
				w.key("file", a.Source.File())
			}
			line, _ := a.Source.Position()
			w.number("line", line)
		}
		w.raw("}")
	})
}

func (w *recorder) captures(list []runner.CaptureResult) {
	if len(list) == 0 {
		return
	}
	w.name("captures")
	w.each(len(list), func(i int) {
		w.list([]string{list[i].Name, string(appendValue(nil, list[i].Value))})
	})
}

func (w *recorder) header(name string, h exchange.Header) {
	w.name(name)
	w.each(len(h), func(i int) { w.list([]string{h[i].Name, h[i].Value}) })
}

// body adds a body of so many bytes as far as it is kept: as text, or the first bytes as hexadecimal.
func (w *recorder) body(s string, bytes int, clipped bool) {
	w.number("bytes", max(bytes, len(s)))
	if s == "" {
		return
	}
	if w.room < min(len(s), pageBody) {
		w.number("left", 1)
		return
	}
	shown := clip(s, pageBody)
	if !isText(shown, clipped || len(shown) < len(s)) {
		shown = s[:min(len(s), pageHex)]
		w.key("hex", hex.Dump([]byte(shown)))
	} else {
		w.name("text")
		w.quote(diag.Printable(strings.ReplaceAll(shown, "\r\n", "\n")))
	}
	if clipped || len(shown) < len(s) {
		w.number("shown", len(shown))
	}
	w.room -= len(shown)
	w.bodies += len(shown)
}

// isText reports whether a body is UTF-8 without zero bytes; the last character of one that is cut may be as well.
func isText(s string, cut bool) bool {
	if cut {
		for i := 1; i <= min(utf8.UTFMax, len(s)); i++ {
			if tail := s[len(s)-i:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRuneInString(tail) {
					s = s[:len(s)-i]
				}
				break
			}
		}
	}
	return utf8.ValidString(s) && !strings.Contains(s, "\x00")
}

func (w *recorder) raw(s string) { w.b = append(w.b, s...) }

// name begins a member of an object.
func (w *recorder) name(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.raw(",")
	}
	w.quote(name)
	w.raw(":")
}

// key adds a member that is text, unless it is empty.
func (w *recorder) key(name, s string) {
	if s != "" {
		w.name(name)
		w.text(s)
	}
}

// number adds a member that is a number, unless it is zero.
func (w *recorder) number(name string, n int) {
	if n != 0 {
		w.name(name)
		w.b = appendInt(w.b, n)
	}
}

func (w *recorder) ints(list ...int) {
	for i, n := range list {
		if i > 0 {
			w.raw(",")
		}
		w.b = appendInt(w.b, n)
	}
}

// each adds an array; of one that is too long the rest is left out, and how much that is stands in place of it.
func (w *recorder) each(n int, element func(i int)) {
	w.raw("[")
	for i := range min(n, pageList) {
		if i > 0 {
			w.raw(",")
		}
		element(i)
	}
	if n > pageList {
		w.raw(",")
		w.b = appendInt(w.b, n-pageList)
	}
	w.raw("]")
}

func (w *recorder) list(list []string) {
	w.each(len(list), func(i int) { w.text(list[i]) })
}

// text adds what may come from anywhere.
func (w *recorder) text(s string) {
	if len(s) > pageValue {
		s = clip(s, pageValue) + "… (" + size(len(s)) + ")"
	}
	w.quote(diag.PrintableLine(s))
}

// quote adds a JSON string that means nothing in HTML, whatever it holds.
func (w *recorder) quote(s string) {
	w.b = append(w.b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<' || c == '>' || c == '&' || c == '"' || c == '\\' || c < 0x20:
			w.b = append(w.b, s[start:i]...)
			if c == '<' || c == '>' || c == '&' {
				w.b = append(w.b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
			} else {
				w.b = appendEscaped(w.b, rune(c))
			}
			start = i + 1
		}
	}
	w.b = append(append(w.b, s[start:]...), '"')
}
