package report

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// pageFile writes the report of a run to a file and returns its URL.
func pageFile(t testing.TB, s *script) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h := NewHTML(file, HTMLOptions{Version: "v0.1.0"})
	s.play(h)
	if h.Err() != nil {
		t.Fatal(h.Err())
	}
	if info, err := file.Stat(); err == nil {
		t.Logf("%d bytes", info.Size())
	}
	return "file://" + path
}

// A tab is one page of a browser, with all that it complained about.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// startBrowser starts a browser without a past; its tabs are made by open.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv("POSTRIDER_BROWSER_TESTS") != "1" {
		t.Skip("POSTRIDER_BROWSER_TESTS is not 1: no browser has seen the page")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("POSTRIDER_BROWSER_TESTS is 1: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1360, 900))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// newTab opens a tab that listens for errors, dialogs and what the policy of the page forbids.
func newTab(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, cancel := context.WithCancel(browser)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	b.do("listen", chromedp.Navigate("about:blank"))
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *cdppage.EventJavascriptDialogOpening:
			b.complain("dialog " + e.Message)
		case *runtime.EventExceptionThrown:
			b.complain("exception " + fmt.Sprintf("%+v", e.ExceptionDetails))
		case *runtime.EventConsoleAPICalled:
			b.complain("console " + string(e.Type))
		case *log.EventEntryAdded:
			b.complain("log " + e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, one := range b.complaints {
			t.Error(one)
		}
	})
	return b
}

func (b *tab) complain(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, s)
}

func (b *tab) do(name string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return got
}

// shoot saves what the browser shows, for people to look at, when POSTRIDER_SCREENSHOTS names a folder.
func (b *tab) shoot(name string) {
	b.t.Helper()
	folder := os.Getenv("POSTRIDER_SCREENSHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), png, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// press presses keys, one by one: characters, Enter, Escape and Tab. Unlike with [chromedp.KeyEvent] a key that the page
// takes for itself types nothing.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do("press "+keys, func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		for _, r := range keys {
			key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r)}
			switch r {
			case '\r':
				key.Key, key.WindowsVirtualKeyCode = "Enter", 13
			case '\t':
				key.Key, key.Text, key.WindowsVirtualKeyCode = "Tab", "", 9
			case '\x1b':
				key.Key, key.Text, key.WindowsVirtualKeyCode = "Escape", "", 27
			}
			for _, key.Type = range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
				if _, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, key); err != nil {
					return chromedp.Void{}, err
				}
			}
		}
		return chromedp.Void{}, nil
	})
}

// open goes to a page and forgets what an earlier one was told.
func (b *tab) open(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate("about:blank"), chromedp.Navigate(url))
}

// wide says whether something sticks out of the page to the right.
const wide = `document.documentElement.scrollWidth > innerWidth`

// filter sets a filter as a person would and tells how many rows there are, and after how many ms they are there.
const filter = `((id, value) => {
  const e = document.getElementById(id), start = performance.now();
  e.value = value;
  e.dispatchEvent(new Event(id === "search" ? "input" : "change"));
  document.body.offsetHeight;
  return { took: performance.now() - start, text: document.querySelector(".result").textContent };
})`

type filtered struct {
	Took float64
	Text string
}

// wait waits until an expression holds.
func (b *tab) wait(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ask[bool](b, "!!("+expression+")"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("%s does not come true", expression)
		}
	}
}
