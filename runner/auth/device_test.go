package auth_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/exchange"
)

// handlerTransport answers without a network, which a bubble of synctest cannot wait for.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// device is a provider for devices: what it says when asked for a token, one after the other, the last for ever.
type device struct {
	codes    object
	says     []string
	start    time.Time
	asked    []time.Duration // since the code was given
	requests []recorded
}

func (d *device) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	d.requests = append(d.requests, recorded{r.Method, r.URL.Path, r.Header, r.URL.Query(), r.PostForm})
	if r.URL.Path == "/device" {
		d.start = time.Now()
		if d.codes == nil {
			writeJSON(w, 400, object{"error": "unauthorized_client"})
			return
		}
		writeJSON(w, 200, d.codes)
		return
	}
	d.asked = append(d.asked, time.Since(d.start))
	says := d.says[min(len(d.asked), len(d.says))-1]
	if says == "" {
		writeJSON(w, 200, answer())
		return
	}
	writeJSON(w, 400, object{"error": says})
}

func (d *device) token(ctx context.Context, t *testing.T, g auth.Grant, o auth.Options) (auth.Token, error) {
	t.Helper()
	o.Client = exchange.NewClient(exchange.Options{Transport: handlerTransport{d}})
	g.Grant, g.ClientID, g.DeviceURL, g.TokenURL = "device_code", clientID, "http://idp.example/device", "http://idp.example/token"
	return auth.NewTokens(o).Token(ctx, g)
}

func codes(change object) object {
	all := object{"device_code": "device-s3cret", "user_code": "WDJB-MJHT", "verification_uri": "https://idp.example/device", "expires_in": 60, "interval": 5}
	for name, value := range change {
		all[name] = value
	}
	return all
}

// RFC 8628, sections 3.4 and 3.5.
func TestDevicePolls(t *testing.T) {
	t.Parallel()
	const pending, slow = "authorization_pending", "slow_down"
	expired := "the code for the device has expired before anybody entered it"
	tests := map[string]struct {
		codes   object
		says    []string
		asked   []time.Duration // in seconds
		message string
	}{
		"at once":           {codes(nil), []string{""}, []time.Duration{5}, ""},
		"pending":           {codes(nil), []string{pending, pending, ""}, []time.Duration{5, 10, 15}, ""},
		"slow down":         {codes(nil), []string{pending, slow, pending, ""}, []time.Duration{5, 10, 20, 30}, ""},
		"interval":          {codes(object{"interval": 20}), []string{pending, ""}, []time.Duration{20, 40}, ""},
		"no interval":       {codes(object{"interval": nil}), []string{""}, []time.Duration{5}, ""},
		"interval negative": {codes(object{"interval": -7}), []string{""}, []time.Duration{5}, ""},
		"interval absurd":   {codes(object{"interval": 1 << 40, "expires_in": 900}), []string{""}, []time.Duration{600}, ""},
		"no end":            {codes(object{"expires_in": nil, "interval": 500}), []string{pending}, []time.Duration{500, 1000, 1500}, expired},
		"refused":           {codes(nil), []string{pending, "access_denied"}, []time.Duration{5, 10}, "the token endpoint answered 400 access_denied"},
		"expired":           {codes(nil), []string{"expired_token"}, []time.Duration{5}, "the token endpoint answered 400 expired_token"},
		"expired, not said": {codes(object{"interval": 25}), []string{pending}, []time.Duration{25, 50}, expired},
		"google's spelling": {codes(object{"verification_uri": nil, "verification_url": "https://idp.example/device"}), []string{""}, []time.Duration{5}, ""},
		"no code":           {codes(object{"user_code": ""}), nil, nil, "the device endpoint answered 200, but not as RFC 8628 has it: expected JSON with a code in it, received application/json"},
		"not for devices":   {nil, nil, nil, "the device endpoint answered 400 unauthorized_client"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &device{codes: test.codes, says: test.says}
				var prompts []string
				var tainted taints
				token, err := d.token(t.Context(), t, auth.Grant{Scope: "read"}, auth.Options{
					Taint:        tainted.add,
					DevicePrompt: func(code, uri string) { prompts = append(prompts, code+" "+uri) },
				})
				if test.message != "" {
					wantError(t, err, test.message, "*")
				} else if err != nil || token.AccessToken != "access-1" {
					t.Errorf("%+v, %v", token, err)
				}
				for i := range test.asked {
					test.asked[i] *= time.Second
				}
				if diff := cmp.Diff(test.asked, d.asked); diff != "" {
					t.Error(diff)
				}
				if test.says == nil {
					return
				}
				if diff := cmp.Diff([]string{"WDJB-MJHT https://idp.example/device"}, prompts); diff != "" {
					t.Error(diff)
				}
				tainted.want(t, "device-s3cret")
			})
		})
	}
}

func TestDeviceWire(t *testing.T) {
	t.Parallel()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("a+client:s3cret%2B%2F%26"))
	ask := url.Values{"client_id": {clientID}, "scope": {"read"}}
	redeem := url.Values{"client_id": {clientID}, "scope": {"read"}, "device_code": {"device-s3cret"}, "grant_type": {"urn:ietf:params:oauth:grant-type:device_code"}}
	tests := map[string]struct {
		g             auth.Grant
		authorization string
		inBody        bool
	}{
		"public": {auth.Grant{}, "", false},
		"header": {auth.Grant{ClientSecret: secret}, basic, false},
		"body":   {auth.Grant{ClientSecret: secret, ClientAuth: "body"}, "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := &device{codes: codes(nil), says: []string{""}}
				test.g.Scope = "read"
				if _, err := d.token(t.Context(), t, test.g, auth.Options{DevicePrompt: func(string, string) {}}); err != nil {
					t.Fatal(err)
				}
				for i, want := range []url.Values{ask, redeem} {
					form := d.requests[i].form
					if got := form["client_secret"]; test.inBody != cmp.Equal(got, []string{secret}) {
						t.Errorf("%d: client_secret %q", i, got)
					}
					form.Del("client_secret")
					if diff := cmp.Diff(want, form); diff != "" {
						t.Errorf("%d: %s", i, diff)
					}
					if got := d.requests[i].header.Get("Authorization"); got != test.authorization {
						t.Errorf("%d: Authorization %q, want %q", i, got, test.authorization)
					}
				}
			})
		})
	}
}

func TestDeviceCanceled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		d := &device{codes: codes(nil), says: []string{"authorization_pending"}}
		_, err := d.token(ctx, t, auth.Grant{}, auth.Options{DevicePrompt: func(string, string) {}})
		if err != context.DeadlineExceeded || len(d.asked) != 2 {
			t.Errorf("error %v after %d requests", err, len(d.asked))
		}
	})
}

// The request for the code is one that x/oauth2 makes without the context.
func TestDeviceCanceledAtFirst(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &device{codes: codes(nil)}
	_, err := d.token(ctx, t, auth.Grant{}, auth.Options{DevicePrompt: func(string, string) {}})
	if err != context.Canceled || len(d.requests) > 0 {
		t.Errorf("error %v after %d requests", err, len(d.requests))
	}
}

func TestDeviceNeedsPerson(t *testing.T) {
	t.Parallel()
	d := &device{codes: codes(nil)}
	_, err := d.token(t.Context(), t, auth.Grant{}, auth.Options{})
	wantError(t, err, `grant "device_code" needs a person who enters a code`, "get the token with `postrider login` first")
	if len(d.requests) > 0 {
		t.Error("a code was asked for")
	}
}

// What a person is shown comes from the provider.
func TestDevicePromptIsClean(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &device{codes: codes(object{"user_code": "A\x1b[31mB\u202e", "verification_uri": "https://x\n/" + strings.Repeat("y", 10)}), says: []string{""}}
		var shown string
		_, err := d.token(t.Context(), t, auth.Grant{}, auth.Options{DevicePrompt: func(code, uri string) { shown = code + "|" + uri }})
		if err != nil || shown != "A [31mB|https://x /yyyyyyyyyy" {
			t.Errorf("%q, %v", shown, err)
		}
	})
}
