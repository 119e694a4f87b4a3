package exchange

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"sync"
	"sync/atomic"

	"golang.org/x/net/publicsuffix"
)

// Jar holds the cookies of one virtual user, by the rules of RFC 6265 and the
// public suffix list. Cookies marked Secure go to loopback hosts without TLS
// too, as browsers have it. It is safe for many goroutines and is an
// [http.CookieJar].
type Jar struct {
	jar atomic.Pointer[cookiejar.Jar] // nil until there is a cookie

	copied bool
	mu     sync.Mutex
	stored []stored // all that was, if it is to be copied
}

// stored is what one answer had stored.
type stored struct {
	url     *url.URL
	cookies []*http.Cookie
}

// NewJar makes an empty jar.
func NewJar() *Jar { return &Jar{} }

// NewCopiedJar makes an empty jar that can be copied. It remembers all that was
// ever stored, so it is for a few requests.
func NewCopiedJar() *Jar { return &Jar{copied: true} }

// Copy makes a jar with the cookies of one that [NewCopiedJar] made. The copy
// cannot be copied.
func (j *Jar) Copy() *Jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	out := NewJar()
	for _, s := range j.stored {
		out.SetCookies(s.url, s.cookies)
	}
	return out
}

// Cookies gives what would be sent to u.
func (j *Jar) Cookies(u *url.URL) []*http.Cookie {
	if jar := j.jar.Load(); jar != nil {
		return jar.Cookies(u)
	}
	return nil
}

// SetCookies stores cookies as if u had answered with them. Those that are not
// valid are left out.
func (j *Jar) SetCookies(u *url.URL, cookies []*http.Cookie) {
	valid := make([]*http.Cookie, 0, len(cookies))
	for _, c := range cookies {
		// net/http would drop the bytes that it dislikes, and print that it did
		probe := http.Cookie{Name: c.Name, Value: c.Value, Quoted: c.Quoted}
		if probe.Valid() == nil {
			valid = append(valid, c)
		}
	}
	if len(valid) == 0 {
		return
	}
	jar := j.jar.Load()
	for jar == nil {
		fresh, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List}) // never fails
		j.jar.CompareAndSwap(nil, fresh)
		jar = j.jar.Load()
	}
	jar.SetCookies(u, valid)
	if j.copied {
		j.mu.Lock()
		j.stored = append(j.stored, stored{u, valid})
		j.mu.Unlock()
	}
}

// Clear forgets all cookies.
func (j *Jar) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jar.Store(nil)
	j.stored = nil
}

// after appends the cookies for u to those set by hand, as Postman does.
func (j *Jar) after(pairs string, u *url.URL) string {
	if j == nil {
		return pairs
	}
	for _, c := range j.Cookies(u) {
		pairs = joinCookie(pairs, (&http.Cookie{Name: c.Name, Value: c.Value, Quoted: c.Quoted}).String())
	}
	return pairs
}
