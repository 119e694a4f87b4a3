package report

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// validateHAR prints what har-validator has against each file that it is given.
const validateHAR = `
const { har } = require("har-validator");
const { readFileSync } = require("fs");
(async () => {
  for (const file of process.argv.slice(2)) {
    try { await har(JSON.parse(readFileSync(file, "utf8"))); console.log(file + ": valid"); }
    catch (e) { console.log(file + ": " + JSON.stringify(e.errors || String(e))); }
  }
})();`

// testHARSchema asks the JSON Schema of HAR that npm has, with the validator that comes with it.
func testHARSchema(t *testing.T, folder string) {
	write := func(name string, text []byte) string {
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	program := write("validate.js", []byte(validateHAR))
	files := []string{program}
	runs := map[string]*script{"journey.har": journey(), "mixed.har": mixed(), "empty.har": {info: started()}, "hostile.har": everywhere(strings.Join(hostile, " "))}
	for _, q := range runs["hostile.har"].collections[0].requests {
		q.Sent.URL = "http://127.0.0.1:80/[redacted]" + q.Sent.URL // what has no host is not sent
	}
	for name, run := range runs {
		var out bytes.Buffer
		run.play(NewHAR(&out, HAROptions{Version: "v1"}))
		files = append(files, write(name, out.Bytes()))
	}
	broken := write("broken.har", []byte(`{"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "entries": [{}]}}`))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", append(files, broken)...)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name := range runs {
		if !strings.Contains(string(out), name+": valid\n") {
			t.Errorf("%s is refused:\n%s", name, out)
		}
	}
	if strings.Contains(string(out), "broken.har: valid") {
		t.Error("the validator takes anything")
	}
}
