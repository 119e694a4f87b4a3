package cognito

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// appPage is an app of another origin: it shows what came back in the fragment, asks userInfo with it, and gets a
// token for itself with a header that a browser does not send across origins unasked.
const appPage = `<!DOCTYPE html>
<title>app</title>
<p id="state"></p><p id="user"></p><p id="machine"></p>
<script>
const show = async (id, what) => {
  try { document.getElementById(id).textContent = await what(); } catch (e) { document.getElementById(id).textContent = "error: " + e; }
};
const values = new URLSearchParams(window.location.hash.slice(1));
Promise.all([
show("state", () => values.get("state") || "none"),
show("user", async () => (await fetch("%[1]s/oauth2/userInfo", { headers: { Authorization: values.get("token_type") + " " + values.get("access_token") } })).text()),
show("machine", async () => Object.keys(await (await fetch("%[1]s/oauth2/token", {
  method: "POST",
  headers: { Authorization: "Basic " + btoa("6machine:machine+secret/=") },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
})).json()).join()),
]).then(() => document.body.classList.add("done"));
</script>`

// TestBrowser drives Chromium through the tutorial: the sign-in page, the temporary password, the fragment at an app
// of another origin, a second sign-in without a password, and signing out.
func TestBrowser(t *testing.T) {
	t.Parallel()
	if os.Getenv("POSTRIDER_BROWSER_TESTS") != "1" {
		t.Skip("POSTRIDER_BROWSER_TESTS is not 1: no real browser has seen the pool")
	}
	ctx := startChromium(t)
	s, app := startApp(t)
	signIn := s.URL + authorizePath + "?response_type=token&client_id=" + frontEnd + "&redirect_uri=" + app + "/callback&scope=openid+email"
	b := chromiumTab{t, ctx}

	b.do("open", chromedp.Navigate(signIn+"&state=first"), chromedp.WaitVisible(`.visible-md form`), shoot(t, "sign-in"))
	b.do("wrong password",
		chromedp.SendKeys(`.visible-md input[name=username]`, "new"), chromedp.SendKeys(`.visible-md input[name=password]`, "nope"),
		chromedp.Click(`.visible-md input[type=Submit]`), chromedp.WaitVisible(`.visible-md .errorMessage-customizable`), shoot(t, "wrong-password"))
	b.do("temporary password",
		chromedp.SendKeys(`.visible-md input[name=username]`, "new"), chromedp.SendKeys(`.visible-md input[name=password]`, "Temporary-1"),
		chromedp.Click(`.visible-md input[type=Submit]`), chromedp.WaitVisible(`#new_password`), shoot(t, "change-password"))
	b.do("change password",
		chromedp.SendKeys(`#new_password`, "Permanent-1"), chromedp.SendKeys(`#confirm_password`, "Permanent-1"),
		chromedp.Click(`input[type=Submit]`))
	b.settle()
	if at, state := b.location(), b.text("#state"); !strings.HasPrefix(at, app+"/callback#id_token=") || state != "first" {
		t.Errorf("landed at %s with state %q", at, state)
	}
	if user := b.text("#user"); !strings.HasSuffix(user, `"username":"new"}`) {
		t.Errorf("userInfo %s", user)
	}
	if machine := b.text("#machine"); machine != "access_token,expires_in,token_type" {
		t.Errorf("token response %s", machine)
	}

	b.do("again, with the session", chromedp.Navigate("about:blank"), chromedp.Navigate(signIn+"&state=second"))
	b.settle()
	if state := b.text("#state"); state != "second" {
		t.Errorf("state %q at %s", state, b.location())
	}
	b.do("sign out", chromedp.Navigate(s.URL+logoutPath+"?client_id="+frontEnd+"&logout_uri="+app+"/bye"), chromedp.WaitReady(`body.done`))
	if at := b.location(); at != app+"/bye" {
		t.Errorf("signed out to %s", at)
	}
	b.do("on a small screen", chromedp.EmulateViewport(390, 740, chromedp.EmulateMobile), chromedp.Navigate(signIn+"&state=third"), chromedp.WaitVisible(`.visible-xs form`), shoot(t, "small"),
		chromedp.SendKeys(`.visible-xs input[name=username]`, "new"), chromedp.SendKeys(`.visible-xs input[name=password]`, "Permanent-1"),
		chromedp.Click(`.visible-xs input[type=Submit]`))
	b.settle()
	if state := b.text("#state"); state != "third" {
		t.Errorf("state %q at %s", state, b.location())
	}
	b.do("error page", chromedp.EmulateViewport(1280, 800), chromedp.Navigate(s.URL+logoutPath+"?client_id="+frontEnd), chromedp.WaitVisible(`main code`), shoot(t, "error"))
}

// chromiumTab fails its test, with what the browser shows, when a step does not come off.
type chromiumTab struct {
	t   *testing.T
	ctx context.Context
}

func (b chromiumTab) do(name string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		html, _ := chromedp.Run(b.ctx, chromedp.OuterHTML("html"))
		b.t.Fatalf("%s, at %s: %v\n%s", name, b.location(), err, html)
	}
}

// settle waits until the app has shown all that it has to.
func (b chromiumTab) settle() {
	b.t.Helper()
	b.do("wait for the app", chromedp.WaitReady(`body.done`))
}

func (b chromiumTab) text(selector string) string {
	b.t.Helper()
	return look(b, chromedp.Text(selector))
}

func (b chromiumTab) location() string {
	b.t.Helper()
	return look(b, chromedp.Location())
}

func look(b chromiumTab, what chromedp.Action[string]) string {
	b.t.Helper()
	got, err := chromedp.Run(b.ctx, what)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// startApp starts a pool and the app that is its first client.
func startApp(t *testing.T) (s *Server, origin string) {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, appPage, s.URL)
	}))
	t.Cleanup(app.Close)
	config := testConfig()
	config.Clients[0].CallbackURLs = []string{app.URL + "/callback"}
	config.Clients[0].LogoutURLs = []string{app.URL + "/bye"}
	s = startServer(t, config)
	return s, app.URL
}

// startChromium starts a browser without a past.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("POSTRIDER_BROWSER_TESTS is 1: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx,
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 800))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return ctx
}

// shoot saves what the browser shows, for people to look at, when POSTRIDER_SCREENSHOTS names a folder.
func shoot(t *testing.T, name string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		folder := os.Getenv("POSTRIDER_SCREENSHOTS")
		if folder == "" {
			return chromedp.Void{}, nil
		}
		png, err := chromedp.CaptureScreenshot()(ctx, tab)
		if err != nil {
			return chromedp.Void{}, err
		}
		path := filepath.Join(folder, name+".png")
		t.Logf("%s", path)
		return chromedp.Void{}, os.WriteFile(path, png, 0o600)
	}
}
