package cognito

import "net/http"

// preflightSeconds is how long a browser may remember the answer: Spring's default, for Cognito's was not found. [?]
const preflightSeconds = "1800"

// crossOrigin opens an endpoint to pages of every origin, as the token, revocation and userInfo endpoints are. [D]
// managed-login. Cookies do not go along with it, and none of the three looks at them.
func crossOrigin(m methods) methods {
	open := methods{http.MethodOptions: preflight(m.allow())}
	for name, handler := range m {
		open[name] = func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Access-Control-Allow-Origin"] = []string{"*"}
			handler(w, r)
		}
	}
	return open
}

// preflight allows the headers that the browser asks for; "*" would leave out Authorization (Fetch standard, section
// 4.9). That the real endpoints answer preflights follows from pages that call them; with which headers besides the
// origin was not found. [?]
func preflight(allowed string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["Access-Control-Allow-Origin"] = []string{"*"}
		h["Access-Control-Allow-Methods"] = []string{allowed}
		h["Access-Control-Allow-Headers"] = r.Header.Values("Access-Control-Request-Headers")
		h["Access-Control-Max-Age"] = []string{preflightSeconds}
		writeEmpty(w, http.StatusOK)
	}
}
