package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

//go:embed landing.html
var landingPage string

// What the landing page says.
const (
	landed    = "Signed in: postrider has the answer. You can close this window."
	landedBad = "The provider refused: %s. You can close this window."
	foreign   = "This answer does not belong to the sign-in that postrider waits for. Begin again with postrider login."
	unread    = "This answer cannot be read. Begin again with postrider login."
	over      = "This sign-in is over. You can close this window."
	noScript  = "This page hands the answer over with JavaScript, which is off. Without it: end postrider with Ctrl-C, " +
		"begin again with postrider login --paste, and paste the address of the page that you end at."
)

// A landing is where the provider sends the browser back to: a page on this machine's loopback, for one sign-in. What
// an implicit grant answers is in the fragment, which browsers do not send: the page's script does.
//
// Any page in the browser, and any program of this machine, can send requests here. The state tells the answer that is
// waited for; the Host keeps out pages that call this machine by a name of theirs (DNS rebinding), the Origin those that
// post a form.
type landing struct {
	redirect *url.URL
	state    string // of the sign-in; "": it has none
	answers  chan string

	mu   sync.Mutex
	done bool

	servers []*http.Server
	serving sync.WaitGroup
}

// onLoopback says whether a redirect URI leads to a port of this machine that can be listened at without a certificate.
func onLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && u.User == nil && u.Port() != "0" && (strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback())
}

// land begins to listen at a redirect URI on loopback. The caller closes it.
func land(redirect *url.URL, state string) (*landing, error) {
	l := newLanding(redirect, state)
	hosts := []string{redirect.Hostname()}
	if strings.EqualFold(hosts[0], "localhost") {
		hosts = []string{"127.0.0.1", "::1"} // a browser may take either
	}
	port := redirect.Port()
	if port == "" {
		port = "80"
	}
	for _, host := range hosts {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if err != nil && host == "::1" && !errors.Is(err, syscall.EADDRINUSE) {
			continue // this machine has no IPv6
		}
		if err != nil {
			l.close()
			return nil, diag.Diagnostic{
				Message: fmt.Sprintf("cannot listen at the redirect URI %s: %s", place(redirect), cause(err)),
				Hint:    "end what uses the port, give another one that the provider knows with --port, or paste the callback URL: --paste",
			}
		}
		server := &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, MaxHeaderBytes: maxPaste}
		l.servers = append(l.servers, server)
		l.serving.Go(func() { _ = server.Serve(listener) })
	}
	return l, nil
}

func newLanding(redirect *url.URL, state string) *landing {
	return &landing{redirect: redirect, state: state, answers: make(chan string, 1)}
}

func place(u *url.URL) string { return u.Scheme + "://" + u.Host + u.EscapedPath() }

func cause(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}

// close ends the servers, once the browser has its last page.
func (l *landing) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for _, s := range l.servers {
		if s.Shutdown(ctx) != nil {
			s.Close()
		}
	}
	l.serving.Wait()
}

// ServeHTTP is that of http.Handler.
func (l *landing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Connection", "close")
	switch {
	case !strings.EqualFold(r.Host, strings.TrimSuffix(l.redirect.Host, ":80")):
		http.Error(w, "not found", http.StatusMisdirectedRequest)
	case r.URL.EscapedPath() != "/"+strings.TrimPrefix(l.redirect.EscapedPath(), "/"):
		http.NotFound(w, r)
	case r.Method == http.MethodGet:
		l.arrive(w, r)
	case r.Method == http.MethodPost:
		l.handOver(w, r)
	default:
		h.Set("Allow", "GET, POST")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	}
}

// arrive takes an answer in the query. Without one it shows the page that looks for it in the fragment.
func (l *landing) arrive(w http.ResponseWriter, r *http.Request) {
	status, text := http.StatusOK, ""
	query := r.URL.Query()
	if query.Has("code") || query.Has("error") || query.Has("access_token") {
		status, text = l.take(place(l.redirect) + "?" + r.URL.RawQuery)
	}
	page := strings.NewReplacer("{{SAID}}", html.EscapeString(text), "{{NOSCRIPT}}", html.EscapeString(noScript)).Replace(landingPage)
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; connect-src 'self'; script-src "+hashOf("script")+"; style-src "+hashOf("style")+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, page)
}

// hashOf names what stands between the tags of an element of the page, so that the browser runs nothing else (Content
// Security Policy Level 3, section 6.7.3.3).
func hashOf(element string) string {
	_, text, _ := strings.Cut(landingPage, "<"+element+">")
	text, _, _ = strings.Cut(text, "</"+element+">")
	digest := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"
}

// handOver takes the fragment from the page's own script.
func (l *landing) handOver(w http.ResponseWriter, r *http.Request) {
	site := r.Header.Get("Sec-Fetch-Site")
	if !strings.EqualFold(r.Header.Get("Origin"), "http://"+r.Host) || site != "" && site != "same-origin" {
		http.Error(w, foreign, http.StatusForbidden)
		return
	}
	fragment, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPaste))
	if err != nil {
		http.Error(w, unread, http.StatusRequestEntityTooLarge)
		return
	}
	status, text := l.take(place(l.redirect) + "#" + string(fragment))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// take hands the callback URL to the one who waits for it, and gives what to tell the browser.
func (l *landing) take(address string) (status int, text string) {
	callback, err := environment.ParseCallback(address)
	if err != nil {
		return http.StatusBadRequest, unread
	}
	if state, _ := callback.Get("state"); subtle.ConstantTimeCompare([]byte(state), []byte(l.state)) != 1 {
		return http.StatusBadRequest, foreign
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done {
		return http.StatusGone, over
	}
	l.done = true
	l.answers <- address
	if refused := callback.Refused(); refused != nil {
		return http.StatusOK, fmt.Sprintf(landedBad, strings.TrimPrefix(refused.Error(), "the provider refused: "))
	}
	return http.StatusOK, landed
}
