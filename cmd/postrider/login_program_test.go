package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// command is the program itself, with a stage's home and in front of the path a browser that writes down what it was to
// open, and stays open.
func (s *stage) command(args ...string) (c *exec.Cmd, opened string) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		s.t.Skip("the browser is a script")
	}
	bin, opened := s.path("bin"), s.path("opened")
	script := "#!/bin/sh\nprintf '%s\\n%s\\n' \"$1\" $$ >'" + opened + ".new' && mv '" + opened + ".new' '" + opened + "'\necho noise\nexec sleep 60\n"
	if err := errors.Join(os.MkdirAll(bin, 0o700), os.WriteFile(filepath.Join(bin, "xdg-open"), []byte(script), 0o700)); err != nil {
		s.t.Fatal(err)
	}
	c = exec.Command("postrider", append([]string{"login", "-e", s.path("env.toml")}, args...)...)
	c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	for name, value := range s.env {
		c.Env = append(c.Env, name+"="+value)
	}
	return c, opened
}

// await reads a file once it is there.
func await(t testing.TB, path string) string {
	t.Helper()
	for range 600 {
		if text, err := os.ReadFile(path); err == nil {
			return strings.TrimSpace(string(text))
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("there is no %s", path)
	return ""
}

// TestLoginOpensBrowser: the program itself opens a browser, whose own words are not shown, and does not wait for it to
// end.
func TestLoginOpensBrowser(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c, opened := s.command(s.path("web.toml"))
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	begun := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	address, pid, _ := strings.Cut(await(t, opened), "\n")
	t.Cleanup(func() { _ = exec.Command("kill", pid).Run() })
	browserLands(t, signIn(t, address))
	if err := c.Wait(); err != nil || time.Since(begun) > 50*time.Second {
		t.Errorf("%v after %s", err, time.Since(begun))
	}
	if text := out.String(); !strings.Contains(text, "jane@example.com") || strings.Contains(text, "noise") || strings.Contains(text, "eyJ") {
		t.Error(text)
	}
}

// TestLoginInterrupted: Ctrl-C ends the wait, for the browser and for a pasted URL.
func TestLoginInterrupted(t *testing.T) {
	t.Parallel()
	for name, flag := range map[string]string{"browser": "--no-browser", "paste": "--paste"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			c, _ := s.command(s.path("web.toml"), flag)
			stdin, err := c.StdinPipe() // stays open
			if err != nil {
				t.Fatal(err)
			}
			defer stdin.Close()
			said := &output{}
			c.Stdout, c.Stderr = said, said
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			for range 600 {
				if signInAddress.MatchString(said.String()) {
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond)
			if err := c.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			var ended *exec.ExitError
			if err := c.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitInterrupted || strings.Contains(said.String(), "error") {
				t.Errorf("%v\n%s", err, said)
			}
		})
	}
}

// TestLoginChromium: a real browser runs the page's script, under the page's policy, and keeps no token in its address.
func TestLoginChromium(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_BROWSER_TESTS") != "1" {
		t.Skip("POSTRIDER_BROWSER_TESTS is not 1: no real browser has seen the landing page")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("POSTRIDER_BROWSER_TESTS is 1: %v", err)
	}
	s := newStage(t)
	l := s.start("web.toml")
	address := signIn(t, l.address())
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()))
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	said, at := "", ""
	for range 100 {
		said, _ = chromedp.Run(ctx, chromedp.Text("h1"))
		if at, _ = chromedp.Run(ctx, chromedp.Location()); said == landed {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if said != landed || at != s.back {
		t.Errorf("%q at %s", said, at)
	}
	out, _ := l.end(0)
	if !regexp.MustCompile(`email +jane@example.com`).MatchString(out) {
		t.Error(out)
	}
}
