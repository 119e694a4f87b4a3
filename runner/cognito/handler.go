package cognito

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// methods are the handlers of one path.
type methods map[string]http.HandlerFunc

// endpoints is the whole surface of the pool. Paths are compared exactly, case included. [D] server-contract-reference
func (s *Server) endpoints() map[string]methods {
	return map[string]methods{
		authorizePath:      {http.MethodGet: s.authorize},
		loginPath:          {http.MethodGet: s.showLogin, http.MethodPost: s.login},
		changePasswordPath: {http.MethodPost: s.changePassword},
		errorPath:          {http.MethodGet: s.showError},
		logoutPath:         {http.MethodGet: s.logout},
		tokenPath:          crossOrigin(methods{http.MethodPost: s.token}),
		revokePath:         crossOrigin(methods{http.MethodPost: s.revoke}),
		userInfoPath:       crossOrigin(methods{http.MethodGet: s.userInfo}),

		"/" + s.config.PoolID + discoveryPath: {http.MethodGet: s.discovery, http.MethodHead: s.discovery},
		"/" + s.config.PoolID + jwksPath:      {http.MethodGet: s.jwks, http.MethodHead: s.jwks},
	}
}

// handle is the one way in: it refuses foreign hosts, finds the endpoint and tells the log.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	if s.config.Log != nil {
		start := time.Now() // a duration is of the real clock, not of the pool's
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		w = recorder
		defer func() {
			s.config.Log(Access{Method: r.Method, Path: loggedPath(r.URL), Status: recorder.status, Duration: time.Since(start)})
		}()
	}
	s.setHeaders(w.Header(), r.URL.Path)
	if !isLoopbackHost(r.Host) {
		// A page of another site can point its own name at 127.0.0.1 and would then be read as the same origin.
		writeEmpty(w, http.StatusMisdirectedRequest) // RFC 9110 section 15.5.20
		return
	}
	endpoint, ok := s.routes[r.URL.Path]
	if !ok {
		s.writeError(w, http.StatusNotFound, "")
		return
	}
	handler, ok := endpoint[r.Method]
	if !ok {
		w.Header().Set("Allow", endpoint.allow())
		writeEmpty(w, http.StatusMethodNotAllowed) // [O] amazon-cognito-auth-js#52
		return
	}
	handler(w, r)
}

func (m methods) allow() string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// setHeaders sets what every response of the pool's domain carries, spelled as AWS spells it: the captured sign-in of
// 2022 and the documented userInfo response agree. [O][D] The key set is on another host and has none of it.
func (s *Server) setHeaders(h http.Header, path string) {
	if strings.HasPrefix(path, "/"+s.config.PoolID+"/") {
		return
	}
	h["x-amz-cognito-request-id"] = []string{uuid.NewString()}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["X-XSS-Protection"] = []string{"1; mode=block"}
	h["Cache-Control"] = []string{"no-cache, no-store, max-age=0, must-revalidate"}
	h["Pragma"] = []string{"no-cache"}
	h["Strict-Transport-Security"] = []string{"max-age=31536000 ; includeSubDomains"}
	h["X-Frame-Options"] = []string{"DENY"}
	h["Server"] = []string{"Server"}
}

// isLoopbackHost tells whether a Host header names this machine: 127.0.0.1, localhost or [::1], with any port.
func isLoopbackHost(hostport string) bool {
	host := hostport
	if h, port, err := net.SplitHostPort(hostport); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return false
		}
		host = h
		if strings.HasPrefix(hostport, "[") {
			host = "[" + h + "]"
		}
	}
	return host == "127.0.0.1" || host == "[::1]" || strings.EqualFold(host, "localhost")
}

// redirect answers 302 without a body, as the pool does everywhere. [O]
func redirect(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	writeEmpty(w, http.StatusFound)
}

func writeEmpty(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(status)
}

// writeJSONBody answers with a body and the content type of every JSON response of the domain. [D]
func writeJSONBody(w http.ResponseWriter, status int, body object) {
	b, err := body.MarshalJSON()
	if err != nil {
		writeEmpty(w, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that has gone needs no answer
}

// harmless are the query parameters whose values may be logged. state and nonce are not among them: they are what
// protects a sign-in.
var harmless = []string{"client_id", "redirect_uri", "response_type", "scope", "error", "logout_uri", "code_challenge_method"}

func loggedPath(u *url.URL) string {
	path := u.EscapedPath()
	if u.RawQuery == "" {
		return path
	}
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if !slices.Contains(harmless, name) {
			// The name could be anything too, such as a token that somebody has put there.
			name, value = loggedName(name), "***"
		} else if raw, err := url.QueryUnescape(value); err == nil {
			value = url.QueryEscape(raw)
		} else {
			value = "***"
		}
		parts[i] = name + "=" + value
	}
	return path + "?" + strings.Join(parts, "&")
}

func loggedName(name string) string {
	if len(name) > 30 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "***"
	}
	return name
}

// statusRecorder remembers the status for the log.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (r *statusRecorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}
