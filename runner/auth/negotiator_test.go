package auth_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/postrider/postrider/runner/exchange"
)

// negotiate tries until the answer is not 401 or the negotiator gives up, on one connection at a time. It gives the status,
// the body and what was sent in Authorization.
func negotiate(t testing.TB, n exchange.Negotiator, method, url, body string) (int, string, []string) {
	t.Helper()
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	var sent, challenges []string
	for range 9 {
		r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		value, err := n.Authorization(method, r.URL.RequestURI(), []byte(body), challenges)
		if err != nil {
			t.Fatal(err)
		}
		if value == "" && challenges != nil {
			return http.StatusUnauthorized, "", sent
		}
		if sent = append(sent, value); value != "" {
			r.Header.Set("Authorization", value)
		}
		response, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusUnauthorized {
			return response.StatusCode, string(answer), sent
		}
		if challenges = response.Header.Values("WWW-Authenticate"); challenges == nil {
			challenges = []string{}
		}
	}
	t.Fatal("it goes on for ever")
	return 0, "", nil
}

// reply gives the first try and the one after these challenges.
func reply(n exchange.Negotiator, method, target, body string, challenges ...string) (string, error) {
	if first, err := n.Authorization(method, target, []byte(body), nil); first != "" || err != nil {
		return first, err
	}
	return n.Authorization(method, target, []byte(body), challenges)
}
