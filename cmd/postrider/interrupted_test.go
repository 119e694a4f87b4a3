package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postrider/postrider/runner/har"
)

// TestInterruptedReports: a run that is interrupted completes its reports in all formats, within two seconds, and says so.
func TestInterruptedReports(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	asked := make(chan struct{}, 1)
	end := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hangs" {
			asked <- struct{}{}
			select {
			case <-end:
			case <-r.Context().Done():
			}
		}
	}))
	defer s.Close()
	defer close(end)
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		folder := t.TempDir()
		text := "[[request]]\nname = \"quick\"\nurl = \"" + s.URL + "/\"\nrepeat = 20\n[[request]]\nname = \"hangs\"\nurl = \"" + s.URL + "/hangs\"\n[[request]]\nname = \"never\"\nurl = \"" + s.URL + "/\"\nrepeat = 5\n"
		if err := os.WriteFile(filepath.Join(folder, "c.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"run", "c.toml", "--record", "record.har"}
		for _, format := range reportFormats {
			if format != "none" {
				args = append(args, "--report", format+"=out."+format)
			}
		}
		c := exec.Command("postrider", args...)
		c.Dir = folder
		var out bytes.Buffer
		c.Stdout, c.Stderr = &out, &out
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		<-asked
		begun := time.Now()
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		err := c.Wait()
		var ended *exec.ExitError
		if !errors.As(err, &ended) || ended.ExitCode() != exitInterrupted {
			t.Errorf("%v: %v\n%s", signal, err, out.String())
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("%v: it took %s", signal, took)
		}
		for _, format := range reportFormats {
			if format != "none" {
				complete(t, format, filepath.Join(folder, "out."+format))
			}
		}
		complete(t, "record", filepath.Join(folder, "record.har"))
		if rest, _ := filepath.Glob(filepath.Join(folder, ".postrider*")); len(rest) > 0 {
			t.Errorf("%v: %v is left", signal, rest)
		}
	}
}

// savedRun is a folder with a collection and saved.json, a report of it that no pipe holds.
func savedRun(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	folder := t.TempDir()
	text := "[[request]]\nname = \"quick\"\nurl = \"" + s.URL + "/\"\nrepeat = 1500\n"
	if err := os.WriteFile(filepath.Join(folder, "c.toml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("postrider", "run", "c.toml", "--report", "json=saved.json", "--report", "none")
	c.Dir = folder
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return folder
}

// TestInterruptedShow: a report that is shown again is not written in part, and nothing is left beside it.
func TestInterruptedShow(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	folder := savedRun(t)
	c := exec.Command("postrider", "report", "show", "saved.json", "--report", "ndjson", "--report", "html=out.html", "--report", "junit=out.xml")
	c.Dir = folder
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil { // the pipe does not hold all of it
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	var ended *exec.ExitError
	if err := c.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitInterrupted {
		t.Errorf("%v", err)
	}
	if bytes.Contains(rest, []byte("run_finished")) {
		t.Error("it went on to the end")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 2 {
		t.Errorf("%v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, ".postrider*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// TestSecondSignal: whoever does not read what is written to them cannot keep the program from its end.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	folder := savedRun(t)
	c := exec.Command("postrider", "report", "show", "saved.json", "--report", "ndjson")
	c.Dir = folder
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil { // and no more
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := c.Process.Wait()
		ended <- err
	}()
	for range 600 {
		_ = c.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Error("it does not end")
	_ = c.Process.Kill()
}

// complete sees to it that a report of the interrupted run is whole, and tells what it must.
func complete(t *testing.T, format, name string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Error(err)
		return
	}
	says := map[string]string{
		"table": "INTERRUPTED", "progress": "INTERRUPTED", "markdown": "nterrupted", "json": `"verdict": "interrupted"`, "ndjson": `"verdict": "interrupted"`,
		"junit": "the run was interrupted", "tap": "Bail out!", "html": "nterrupted", "github": "::error", "ctrf": "interrupted", "har": "hangs", "record": "quick",
	}[format]
	if !bytes.Contains(text, []byte(says)) {
		t.Errorf("%s does not say %q:\n%s", format, says, text)
	}
	switch format {
	case "json":
		if problem := checkReport(text); problem != "" {
			t.Errorf("json: %s", problem)
		}
	case "ctrf":
		if !json.Valid(text) {
			t.Error("ctrf is no JSON")
		}
	case "ndjson":
		for line := range strings.Lines(string(text)) {
			if !json.Valid([]byte(line)) {
				t.Errorf("ndjson: %s", line)
			}
		}
	case "junit":
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("junit: %v", err)
				break
			}
		}
	case "html":
		if _, err := html.Parse(bytes.NewReader(text)); err != nil || !bytes.HasSuffix(bytes.TrimSpace(text), []byte("</html>")) {
			t.Errorf("html: %v", err)
		}
	case "har", "record":
		entries := 0
		for r := har.NewReader(name, bytes.NewReader(text)); ; entries++ {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", format, err)
				break
			}
		}
		if entries < 20 {
			t.Errorf("%s has %d entries", format, entries)
		}
	}
}
