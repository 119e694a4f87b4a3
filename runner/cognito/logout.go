package cognito

import (
	"net/http"
	"net/url"
	"slices"
)

const logoutPath = "/logout"

// The errors of /logout, in words of which clients have told. [O] openid/AppAuth-Android#697,
// amazon-cognito-auth-js#25
const (
	noClientID    = "Required String parameter 'client_id' is not present"
	noRedirectURI = "Required String parameter 'redirect_uri' is not present"
)

// logout ends the session of the browser and sends it to logout_uri, when that is one of the client's sign-out URLs,
// else with the same query to the sign-in page, which wants redirect_uri and response_type. [D] logout-endpoint
// Refresh tokens live on.
//
// Without redirect_uri the browser lands on the error page, and so it does with a logout_uri that is not registered,
// which is ignored; the session has ended all the same. [O] aws-amplify/amplify-js#2423 and #4993,
// streamlit/streamlit#14601, jenkinsci/oic-auth-plugin#620
func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	errorPage := "http://" + r.Host + errorPath + "?error="
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		redirect(w, errorPage+"invalid_request") // [?]
		return
	}
	clientID := query.Get("client_id")
	if clientID == "" {
		redirect(w, errorPage+url.QueryEscape(noClientID))
		return
	}
	client, ok := s.store.clients[clientID]
	if !ok {
		redirect(w, errorPage+"invalid_request&client_id="+url.QueryEscape(clientID)) // [?]
		return
	}
	s.endSession(w.Header(), r)
	switch logoutURI := query.Get("logout_uri"); {
	case slices.Contains(client.LogoutURLs, logoutURI):
		redirect(w, logoutURI)
	case query.Get("redirect_uri") == "":
		redirect(w, errorPage+url.QueryEscape(noRedirectURI)+"&client_id="+url.QueryEscape(clientID))
	default:
		setXSRFCookies(w.Header(), r)
		redirect(w, "http://"+r.Host+loginPath+"?"+r.URL.RawQuery)
	}
}
