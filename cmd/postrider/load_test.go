package main

import (
	"bytes"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/postrider/postrider/runner/report"
)

// validload FILE checks a load's JSON report against its schema, and that it can be read again.
func validLoad(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.LoadSchema()))
	ts.Check(err)
	c := jsonschema.NewCompiler()
	ts.Check(c.AddResource("load.json", schema))
	compiled, err := c.Compile("load.json")
	ts.Check(err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
	ts.Check(err)
	ts.Check(compiled.Validate(document))
	_, err = report.ReadLoad(args[0], bytes.NewReader([]byte(text)))
	ts.Check(err)
}

// requests N expects that the server was asked so often since the last time.
func requestsAsked(ts *testscript.TestScript, _ bool, args []string) {
	log := ts.MkAbs("asked.txt")
	text, err := os.ReadFile(log)
	ts.Check(err)
	if got := strconv.Itoa(bytes.Count(text, []byte("\n"))); got != args[0] {
		ts.Fatalf("asked %s times, not %s", got, args[0])
	}
	ts.Check(os.Remove(log))
}
