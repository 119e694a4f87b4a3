package cognito

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

//go:embed pages
var pageFiles embed.FS

// pages are the templates of the hosted pages, parsed when the first one is shown.
type pages struct {
	parse func() (*template.Template, error)
}

func newPages() *pages {
	return &pages{parse: sync.OnceValues(func() (*template.Template, error) {
		return template.ParseFS(pageFiles, "pages/*.html")
	})}
}

// form is what the pages with forms show.
type form struct {
	Pool    string
	Action  string // relative, with the query that the page was asked with
	CSRF    string
	Session string // of a password to be changed
	Error   string
	Sizes   []string // the sign-in page holds its form twice, for large and for small screens. [O]
}

func (s *Server) writeLogin(w http.ResponseWriter, r *http.Request, problem string) {
	s.writePage(w, http.StatusOK, "login.html", form{
		Pool: s.config.PoolID, Action: action(loginPath, r.URL), CSRF: xsrfToken(w, r), Error: problem, Sizes: []string{"visible-md visible-lg", "visible-xs visible-sm"},
	})
}

func (s *Server) writeChangePassword(w http.ResponseWriter, r *http.Request, session, problem string) {
	s.writePage(w, http.StatusOK, "password.html", form{
		Pool: s.config.PoolID, Action: action(changePasswordPath, r.URL), CSRF: xsrfToken(w, r), Session: session, Error: problem,
	})
}

// action is the URL of a form. html/template would write a plus sign as a character reference, which clients that
// cut the URL out of the page may not undo; %20 means the same in a query.
func action(path string, u *url.URL) string {
	return path + "?" + strings.ReplaceAll(u.RawQuery, "+", "%20")
}

// explanations are for people at the error page. The real one does not have them.
var explanations = map[string]string{
	"redirect_mismatch":           "redirect_uri is not one of the callback URLs of the client; it has to be equal, slash and case included.",
	"invalid_request":             "The query is malformed, or the pool has no client with this client_id.",
	"Required parameters missing": "client_id and redirect_uri are needed.",
	noClientID:                    "Signing out needs client_id.",
	noRedirectURI:                 "Signing out needs a logout_uri that is one of the sign-out URLs of the client, or redirect_uri and response_type.",
}

// showError is GET /error, where the browser is sent when the client cannot be told: always 400. [O]
func (s *Server) showError(w http.ResponseWriter, r *http.Request) {
	s.writeError(w, http.StatusBadRequest, r.URL.Query().Get("error"))
}

// writeError shows the error page. What the query says is shown only if it is one of our own errors.
func (s *Server) writeError(w http.ResponseWriter, status int, code string) {
	explanation, ok := explanations[code]
	if !ok {
		code = ""
	}
	s.writePage(w, status, "error.html", struct {
		Code        template.HTML // one of the constants above, so that its quotes may stay what they are
		Explanation string
		Pool        string
	}{template.HTML(code), explanation, s.config.PoolID})
}

func (s *Server) writePage(w http.ResponseWriter, status int, name string, data any) {
	templates, err := s.pages.parse()
	var b bytes.Buffer
	if err == nil {
		err = templates.ExecuteTemplate(&b, name, data)
	}
	if err != nil {
		writeEmpty(w, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}
