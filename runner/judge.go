package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// statusLimit is the first status that a request may not answer when nothing is said about it.
const statusLimit = json.Number("400")

// clip is how many bytes of a value a message shows; of the body as text less, for the body is shown anyway.
const (
	clip     = 1000
	clipText = 100
)

// variable is the value of a variable and whether it has one.
func (u *user) variable(name string) (any, bool) {
	v, _, err := u.scopes.Lookup(name)
	return v, err == nil
}

// judge checks all assertions of a step, and writes down each one.
func (u *user) judge(ctx context.Context, s *step, subject *assertion.Subject, x *exchange.Exchange, res *RequestResult) *failure {
	res.Assertions = slices.Grow(res.Assertions[:0], len(s.assertions))
	for _, k := range s.assertions {
		predicate, err := u.predicate(k)
		if err != nil {
			return failed(VariableError, err, k.span)
		}
		a := AssertionResult{Query: k.title, Predicate: k.name, Source: k.span}
		var verdict assertion.Verdict
		found, f, err := u.find(ctx, k, subject)
		if f != nil {
			return f
		}
		if err == nil {
			verdict = predicate.Check(found)
		} else {
			verdict = assertion.Verdict{Expected: predicate.Argument(), Detail: err.Error()}
		}
		a.Passed, a.Expected, a.Actual = verdict.Passed, verdict.Expected, verdict.Actual
		res.Assertions = append(res.Assertions, a)
		if !a.Passed {
			res.Diagnostics = append(res.Diagnostics, u.failedAssertion(k, found, verdict, x, err))
		}
	}
	return nil
}

// find asks a check's question. Whether a token's signature is good is asked of the key set, which may fail to answer.
func (u *user) find(ctx context.Context, k *check, subject *assertion.Subject) (assertion.Found, *failure, error) {
	variable, path, ok := k.query.JWT()
	if !ok {
		found, err := k.query.Find(subject)
		return found, nil, err
	}
	token, _, err := u.scopes.Lookup(variable)
	if err != nil {
		return assertion.Found{}, nil, err // not even that a claim is missing can be said of no token
	}
	if path != signaturePath {
		found, err := k.query.Find(subject)
		return found, nil, err
	}
	text, _ := token.(string)
	keys, err := k.argument.resolve(u.scopes)
	if err != nil {
		return assertion.Found{}, failed(VariableError, err, k.span), nil
	}
	url, _ := keys.(string)
	err = u.verifier.Verify(ctx, text, url)
	var e *auth.VerifyError
	switch {
	case errors.As(err, &e) && e.Unread:
		return assertion.Found{}, &failure{kind: TransportError, diag: diag.Diagnostic{Message: e.Message, Hint: e.Hint, Span: k.span}}, nil
	case err != nil:
		return assertion.Found{}, nil, err
	}
	return subject.Found(true, true), nil, nil
}

// signaturePath is the path of a jwt query that speaks of the signature.
const signaturePath = "signature"

// predicate is the predicate of a check, compiled now if its argument has templates.
func (u *user) predicate(k *check) (*assertion.Predicate, error) {
	if k.predicate != nil {
		return k.predicate, nil
	}
	argument, err := k.argument.resolve(u.scopes)
	if err != nil {
		return nil, err
	}
	return assertion.NewPredicate(k.query, k.name, argument)
}

// failedAssertion says what was expected, what came, and where an expected value is from.
func (u *user) failedAssertion(k *check, found assertion.Found, v assertion.Verdict, x *exchange.Exchange, err error) diag.Diagnostic {
	d := diag.Diagnostic{Message: "assertion failed: " + k.title, Span: k.span}
	// Secrets go before values are clipped: half a secret is not known for one.
	shownExpected, hidExpected := u.shown(v.Expected)
	shownActual, hidActual := u.shown(v.Actual)
	limit := clip
	if v.Diff != "" {
		limit = clipText // the difference says more
	}
	expected := assertion.Format(shownExpected, limit)
	if k.name != "equals" {
		expected = k.name + " " + expected
	}
	d.Details = append(d.Details, diag.Detail{Label: "expected", Text: expected, Origin: u.origins(k)})
	actual := "nothing"
	if v.Actual != nil || found.Exists() {
		if k.query.Kind() == "text" {
			limit = clipText
		}
		actual = assertion.Format(shownActual, limit)
	}
	if err != nil {
		actual = err.Error()
	}
	d.Details = append(d.Details, diag.Detail{Label: "actual", Text: actual})
	if v.Diff != "" && err == nil {
		d.Details = append(d.Details, diag.Detail{Label: "diff", Text: v.Diff})
	}
	if err == nil && v.Detail != "" && !hidExpected && !hidActual {
		d.Notes = append(d.Notes, v.Detail)
	}
	if k.argument == nil {
		d.Hint = "nothing is said about the status, so it must be below 400; say assert.status to expect another"
	}
	d.Notes = append(d.Notes, exchanged(x))
	return d
}

// shown is a value as it may be shown, and whether that is another than it is.
func (u *user) shown(v any) (shown any, hid bool) {
	if u.options.ShowSecrets {
		return v, false
	}
	shown = redactValue(u.redactor, v)
	return shown, !reflect.DeepEqual(shown, v)
}

// origins says where the variables of an expected value come from.
func (u *user) origins(k *check) string {
	if k.argument == nil || k.predicate != nil {
		return ""
	}
	out := ""
	k.argument.references(func(t *text, r environment.Reference) {
		if strings.HasPrefix(r.Name, "$") {
			return // to look it up is to draw it anew
		}
		_, origin, err := u.scopes.Lookup(r.Name)
		if err != nil || origin.String() == "" {
			return
		}
		if out != "" {
			out += ", "
		}
		out += "{{" + r.Name + "}} from " + origin.String()
	})
	return out
}

// exchanged is the exchange in a line.
func exchanged(x *exchange.Exchange) string {
	return fmt.Sprintf("%s %s → %d %s in %s", x.Method, x.URL, x.Response.Status, x.Response.Reason, shortDuration(x.Timing.Total))
}

// shortDuration rounds to what a reader cares for: "870 µs", "4 ms", "1.2 s".
func shortDuration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
