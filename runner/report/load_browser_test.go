package report

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestLoadBrowser opens the page of a load in Chromium: its policy lets its own style through, which would be refused if the
// two did not fit, and its lines are drawn.
func TestLoadBrowser(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_BROWSER_TESTS") != "1" {
		t.Skip("POSTRIDER_BROWSER_TESTS is not 1: no real browser has seen the page of a load")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("POSTRIDER_BROWSER_TESTS is 1: %v", err)
	}
	var page bytes.Buffer
	if err := LoadHTML(&page, loads()["failing"], LoadHTMLOptions{Version: "v1"}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "load.html")
	if err := os.WriteFile(file, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(chromium), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 800))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("file://"+file)); err != nil {
		t.Fatal(err)
	}
	for script, want := range map[string]string{
		`document.querySelectorAll("polyline").length + " lines"`:                              "7 lines",
		`String(document.querySelector("polyline").getBoundingClientRect().width > 100)`:       "true",
		`getComputedStyle(document.body).padding`:                                              "24px",
		`getComputedStyle(document.querySelector("polyline")).fill`:                            "none",
		`String(document.documentElement.scrollWidth <= document.documentElement.clientWidth)`: "true",
	} {
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
		if err != nil || got != want {
			t.Errorf("%s: %q, not %q (%v)", script, got, want, err)
		}
	}
}
