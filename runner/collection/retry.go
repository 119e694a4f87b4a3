package collection

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/diag"
)

// What a retry does when nothing is said about it, and the most tries that may be asked for.
const (
	DefaultRetryDelay   = time.Second
	DefaultRetryBackoff = 2
	MaxRetries          = 100
)

var retryKeys = []string{"times", "delay", "backoff", "on"}

const retryExample = `retry = 3, or { times = 3, delay = "1s", backoff = 2, on = ["error", "429", "5xx", "assert"] }`

// retry reads how often and when a request is sent again: a number, or a table.
func (d *decoder) retry(e entry) *Retry {
	r := &Retry{Span: e.Node.Span, Delay: DefaultRetryDelay, Backoff: DefaultRetryBackoff}
	if _, ok := e.Node.Number(); ok {
		r.Times, ok = d.whole(e, 0, MaxRetries, retryExample)
		if !ok {
			return nil
		}
		return r
	}
	if e.Node.Kind != Table {
		d.wrong(e, "a number of tries or a table", retryExample)
		return nil
	}
	for _, f := range e.Node.Entries {
		switch f.Key {
		case "times":
			r.Times, _ = d.whole(f, 0, MaxRetries, "times = 3")
		case "delay":
			if v := d.duration(f, `delay = "1s", "500ms" or "0s"`, 0); v != nil {
				r.Delay = *v
			}
		case "backoff":
			d.backoff(f, r)
		case "on":
			r.On = d.retryReasons(f)
		default:
			d.unknown(f, "retry", retryKeys)
		}
	}
	if _, ok := e.Node.Get("times"); !ok {
		d.errorf(e.Node.Span, "for example "+retryExample, "retry has no %q", "times")
	}
	return r
}

func (d *decoder) backoff(e entry, r *Retry) {
	const example = "backoff = 2 doubles the delay each time, backoff = 1 keeps it"
	number, ok := e.Node.Number()
	if !ok {
		d.wrong(e, "a number", example)
		return
	}
	v, err := strconv.ParseFloat(number.String(), 64)
	if err != nil || !(v >= 1) || v > MaxBackoff {
		d.errorf(e.Node.Span, "for example "+example, "\"backoff\" must be a number from 1 to %d, not %s", MaxBackoff, number)
		return
	}
	r.Backoff = v
}

// MaxBackoff is the most that a delay may be multiplied with each time.
const MaxBackoff = 100

// retryReasons reads `on`: words, and statuses as texts or numbers.
func (d *decoder) retryReasons(e entry) []string {
	const example = `on = ["error", "429", "5xx"]`
	if e.Node.Kind != Array {
		d.wrong(e, "an array", example)
		return nil
	}
	if len(e.Node.Items) == 0 {
		d.errorf(e.Node.Span, "leave it out to retry whatever did not pass, or say for example "+example, `"on" names nothing`)
	}
	var out []string
	for _, item := range e.Node.Items {
		s, ok := item.Text()
		if number, isNumber := item.Number(); isNumber {
			s, ok = number.String(), true
		}
		if !ok {
			d.errorf(item.Span, "for example "+example, "what to retry on must be a word or a status, not %s", item.Kind)
			continue
		}
		if !slices.Contains(RetryReasons(), s) && !validStatus(s) {
			hint := diag.DidYouMean(s, RetryReasons())
			if hint == "" {
				hint = diag.OneOf(RetryReasons()) + `, or a status such as "429" or "5xx"`
			}
			d.errorf(item.Span, hint, "there is nothing called %q to retry on", s)
			continue
		}
		out = append(out, s)
	}
	return out
}

// validStatus reports whether s is a status (RFC 9110, section 15) or a class of them: "429", "5xx".
func validStatus(s string) bool {
	if len(s) != 3 || s[0] < '1' || s[0] > '5' {
		return false
	}
	return s[1:] == "xx" || strings.Trim(s, "0123456789") == ""
}
