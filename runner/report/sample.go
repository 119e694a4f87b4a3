package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/exchange"
)

// Sample is what a reporter writes of an invented run in which everything happens and nothing has a name: the words that
// are its own, whatever it reports. They tell a secret that got into a report from one that is an ordinary word.
func Sample(reporter func(io.Writer) Reporter) string {
	var out bytes.Buffer
	r := reporter(&out)
	c := &runner.CollectionInfo{Iterations: 1}
	info := &runner.RunInfo{Started: time.Unix(0, 0), Collections: []*runner.CollectionInfo{c}}
	result := &runner.Result{Info: info}
	r.RunStarted(info)
	for _, v := range []runner.Verdict{runner.Passed, runner.Failed, runner.Skipped, runner.Errored} {
		for _, kind := range sampledKinds(v) {
			one := sampled(v, kind)
			one.Collection = c
			r.RequestFinished(one)
		}
	}
	r.CollectionFinished(&runner.CollectionResult{Info: c, Verdict: runner.Interrupted})
	for _, v := range []runner.Verdict{runner.Passed, runner.Failed, runner.Skipped, runner.Errored, runner.Interrupted} {
		out.WriteString(string(lastLine(nil, &runner.Result{Info: info, Verdict: v}, false)))
	}
	r.RunFinished(result)
	return out.String() + strings.Join(assertion.Predicates(), " ") + " HTTP/1.0 HTTP/1.1 HTTP/2 HTTP/3 GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT"
}

// sampledKinds are all kinds of error for a request in error, and none for another.
func sampledKinds(v runner.Verdict) []runner.ErrorKind {
	if v != runner.Errored {
		return []runner.ErrorKind{""}
	}
	return []runner.ErrorKind{
		runner.VariableError, runner.AuthError, runner.TransportError, runner.TimeoutError, runner.CaptureError, runner.LimitError,
	}
}

func sampled(v runner.Verdict, kind runner.ErrorKind) *runner.RequestResult {
	where := diag.Span{Source: diag.NewSource("", " ")}
	header := exchange.Header{{}}
	one := &runner.RequestResult{
		Folder: []string{""}, Stage: runner.Setup, Iteration: 1, Attempts: 2, Verdict: v, Source: where, Planned: 1, Flaky: v == runner.Passed,
		Started: time.Unix(0, 0), Retried: []runner.Attempt{{Verdict: runner.Failed}},
		Sent:       &runner.Sent{Header: header, Body: " ", BodyBytes: 1},
		Response:   &runner.Response{Header: header, Body: "\xff", BodyBytes: 2, Clipped: true},
		Hops:       []runner.Hop{{Header: header, Answer: header, Body: " "}},
		Captures:   []runner.CaptureResult{{}},
		Assertions: []runner.AssertionResult{{Source: where, Expected: json.Number("0"), Passed: v == runner.Passed}},
	}
	if v == runner.Failed || v == runner.Errored {
		one.Diagnostics = diag.List{{
			Span: where, Hint: " ", Notes: []string{" "}, Message: "assertion failed: ",
			Details: []diag.Detail{{Label: "expected", Text: "nothing", Origin: " from "}, {Label: "actual"}, {Label: "diff"}},
		}}
	}
	if kind != "" {
		one.Error = &runner.RequestError{Kind: kind, Source: where}
	}
	return one
}
