package cognito

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// CallbackURL is where the browser of the first user would have landed after signing in, just now, at the first
// client with the implicit flow: its first callback URL with a fragment of id_token (when openid is among its
// scopes), access_token, expires_in and token_type, for all scopes of the client. Each call issues new tokens.
// A temporary password stands as if it had been changed, and stays temporary.
//
// It fails without such a client or a callback URL of it, without users, and when the first user is disabled.
func (s *Server) CallbackURL() (string, error) {
	client, ok := s.clientWith(FlowImplicit)
	if !ok {
		return "", errors.New("make a callback URL: no client of the user pool has the implicit flow")
	}
	if len(client.CallbackURLs) == 0 {
		return "", fmt.Errorf("make a callback URL: client %s has no callback URL", client.ID)
	}
	t, err := s.signInFirstUser(client, s.now())
	if err != nil {
		return "", fmt.Errorf("make a callback URL: %w", err)
	}
	return client.CallbackURLs[0] + t.fragment(""), nil
}

// ExpiredAccessToken is an access token of the first user for all scopes of the first client with the implicit flow,
// else the first with the code flow. The pool issued it with its clock turned back so far that it expired a second
// ago: all about it is genuine but the time.
//
// It fails without such a client, without users, and when the first user is disabled.
func (s *Server) ExpiredAccessToken() (string, error) {
	client, ok := s.clientWith(FlowImplicit)
	if !ok {
		client, ok = s.clientWith(FlowCode)
	}
	if !ok {
		return "", errors.New("make an expired access token: no client of the user pool signs users in")
	}
	t, err := s.signInFirstUser(client, s.now().Add(-client.AccessTokenValidity-time.Second))
	if err != nil {
		return "", fmt.Errorf("make an expired access token: %w", err)
	}
	return t.access, nil
}

func (s *Server) signInFirstUser(client *Client, at time.Time) (tokens, error) {
	if len(s.config.Users) == 0 {
		return tokens{}, errors.New("the user pool has no users")
	}
	name := s.config.Users[0].Username
	u, ok := s.store.active(name)
	if !ok {
		return tokens{}, fmt.Errorf("user %s is disabled", name)
	}
	return s.issue(grant{client: client, user: u, scopes: sortScopes(client.Scopes), authTime: at}, at)
}

func (s *Server) clientWith(flow string) (*Client, bool) {
	i := slices.IndexFunc(s.config.Clients, func(c Client) bool { return c.allows(flow) })
	if i < 0 {
		return nil, false
	}
	return &s.config.Clients[i], true
}

// SignInURL is what the console's "Launch Hosted UI" opens for the client: the sign-in page for all its scopes and
// its first callback URL, with the implicit flow if it has it. Empty when there is no such client.
func (s *Server) SignInURL(clientID string) string {
	client, ok := s.store.clients[clientID]
	if !ok {
		return ""
	}
	responseType := responseCode
	if client.allows(FlowImplicit) {
		responseType = responseToken
	}
	query := "client_id=" + url.QueryEscape(client.ID) + "&response_type=" + responseType +
		parameter("&scope=", strings.Join(sortScopes(client.Scopes), " "))
	if len(client.CallbackURLs) > 0 {
		query += parameter("&redirect_uri=", client.CallbackURLs[0])
	}
	return s.URL + loginPath + "?" + query
}
