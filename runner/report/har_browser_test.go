package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// importHAR loads a file into the network panel of the developer tools, by what its button for that calls, and gives what
// stands in the rows: the status and the URL, by pages.
const importHAR = `(async () => {
  const UI = await import("./ui/legacy/legacy.js");
  const Network = await import("./panels/network/network.js");
  await UI.ViewManager.ViewManager.instance().showView("network");
  const view = Network.NetworkPanel.NetworkPanel.instance().networkLogView;
  await view.onLoadFromFile(new File([%s], "run.har"));
  const rows = [];
  for (let i = 0; i < 100 && rows.length === 0; i++) {
    await new Promise(resolve => setTimeout(resolve, 100));
    for (const node of view.flatNodesListForTest?.() ?? view.flatNodesList()) {
      const request = node.request();
      if (request) { rows.push(request.statusCode + " " + request.url()); }
    }
  }
  return rows;
})()`

// TestHARInDevTools loads a HAR into the network panel of Chromium's developer tools. The browser serves them to whoever
// debugs it, so that they are a page like another, which is driven as people do it but for the choice of the file.
func TestHARInDevTools(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_BROWSER_TESTS") != "1" {
		t.Skip("POSTRIDER_BROWSER_TESTS is not 1: no developer tools have read a HAR")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	inspected, host := startDebugged(ctx, t)
	target := chromedp.FromContext(inspected).Target.TargetID
	tools, cancel := chromedp.NewContext(inspected)
	defer cancel()
	if err := chromedp.Do(tools, chromedp.Navigate("http://"+host+"/devtools/devtools_app.html?ws="+host+"/devtools/page/"+string(target))); err != nil {
		t.Fatal(err)
	}
	run := journey()
	var out bytes.Buffer
	run.play(NewHAR(&out, HAROptions{Version: "v1"}))
	text, err := json.Marshal(out.String())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := chromedp.Run(tools, chromedp.Evaluate[[]string](fmt.Sprintf(importHAR, text), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range readHAR(t, out.Bytes()) {
		want = append(want, fmt.Sprint(e.Response.Status, " ", e.Request.URL))
	}
	slices.Sort(want)
	slices.Sort(rows)
	if !slices.Equal(rows, want) {
		t.Errorf("the panel shows\n%s\nnot\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
}

// startDebugged starts a browser that is debugged by way of a port, and gives a tab of it and the address.
func startDebugged(ctx context.Context, t *testing.T) (tab context.Context, host string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("POSTRIDER_BROWSER_TESTS is 1: %v", err)
	}
	profile := t.TempDir()
	ctx, cancel := chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("remote-allow-origins", "*"), chromedp.UserDataDir(profile), chromedp.WindowSize(1280, 800),
		// Beside the pipe by which chromedp speaks with it.
		chromedp.ModifyCmdFunc(func(c *exec.Cmd) { c.Args = append(c.Args, "--remote-debugging-port=0") }))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	text, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
	if err != nil {
		t.Fatal(err)
	}
	port, _, _ := strings.Cut(string(text), "\n")
	return ctx, "127.0.0.1:" + port
}
