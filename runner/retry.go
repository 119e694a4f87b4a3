package runner

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/collection"
	"github.com/postrider/postrider/runner/exchange"
)

// maxRetryAfter is the longest that a server's Retry-After is waited for.
const maxRetryAfter = 5 * time.Minute

// attempts sends the request until it passes, or no retry is left. The last attempt decides.
func (u *user) attempts(ctx context.Context, s *step, res *RequestResult) {
	retry := s.retry
	if u.options.Retry != nil {
		retry = u.options.Retry
	}
	if !pause(ctx, u.delay(s)) {
		res.Verdict, res.Reason = Skipped, interrupted
		return
	}
	for n := 0; ; n++ {
		u.attempt(ctx, s, res)
		if retry == nil || n >= retry.Times || ctx.Err() != nil || !retriable(retry, res) {
			break
		}
		if !pause(ctx, backoff(retry, n, retryAfter(res, u.options.now()))) {
			break
		}
		res.again()
	}
	res.Flaky = res.Verdict == Passed && len(res.Retried) > 0
}

func (u *user) delay(s *step) time.Duration {
	if u.options.Delay > 0 {
		return u.options.Delay
	}
	return s.delay
}

// again puts away what came of an attempt, and makes room for the next.
func (r *RequestResult) again() {
	one := Attempt{Verdict: r.Verdict, Duration: r.Timing.Total}
	if r.Response != nil {
		one.Status = r.Response.Status
	}
	switch {
	case r.Error != nil:
		one.Reason = r.Error.Message
	case len(r.Diagnostics) > 0:
		one.Reason = r.Diagnostics[0].Message
	}
	r.Retried = append(r.Retried, one)
	r.Verdict, r.Started, r.Sent, r.Response, r.Hops, r.Timing = "", time.Time{}, nil, nil, nil, exchange.Timing{}
	r.Assertions, r.Captures, r.Error, r.Diagnostics = nil, nil, nil, nil
}

// retriable reports whether what came of an attempt is what a retry is on. One that passed is never sent again, nor is
// one that could not be put together.
func retriable(retry *collection.Retry, res *RequestResult) bool {
	reason := ""
	switch {
	case res.Verdict == Failed:
		reason = "assert"
	case res.Error == nil || res.Error.Kind == VariableError:
		return false
	case res.Error.Kind == CaptureError:
		reason = "assert"
	default:
		reason = "error"
	}
	if len(retry.On) == 0 {
		return true
	}
	for _, on := range retry.On {
		if on == reason || res.Response != nil && hasStatus(on, res.Response.Status) {
			return true
		}
	}
	return false
}

// hasStatus reports whether a status is the one, or of the class, that a word like "429" or "5xx" stands for.
func hasStatus(word string, status int) bool {
	code := strconv.Itoa(status)
	return word == code || strings.EqualFold(word, code[:1]+"xx")
}

// backoff is how long to wait before the n-th retry, from 0: as long as the server asks for, if that is longer.
func backoff(retry *collection.Retry, n int, asked time.Duration) time.Duration {
	wait := float64(retry.Delay)
	for range n {
		wait = min(wait*retry.Backoff, float64(maxRetryAfter))
	}
	return max(time.Duration(wait), min(asked, maxRetryAfter))
}

// retryAfter is how long the server asks to wait (RFC 9110, section 10.2.3): seconds, or a date.
func retryAfter(res *RequestResult, now time.Time) time.Duration {
	if res.Response == nil {
		return 0
	}
	said := strings.TrimSpace(res.Response.Header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(said); err == nil {
		return time.Duration(min(max(seconds, 0), int(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(said); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// pause waits, and reports whether it came to the end.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
