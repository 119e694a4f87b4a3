package cognito

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// issueToClient is grant_type=client_credentials: an access token that stands for the client itself and carries
// custom scopes only, all of the client's when none is asked for. [D] Config.Validate sees to it that such a client has
// no other scopes.
func (s *Server) issueToClient(client *Client, scope string) (tokens, oauthError) {
	if !client.allows(FlowClientCredentials) {
		// AWS's unauthorized_client is for the code flow and refreshing only [D]; clients on which the flow was not
		// fully switched on were told this. [O] boto/boto3#3916, aws/aws-sdk-java#3037
		return tokens{}, invalidGrant
	}
	scopes, ok := client.grantScopes(scope)
	if !ok || len(scopes) == 0 {
		return tokens{}, invalidScope // [O]; without any scope [?]
	}
	if err := s.keys.ready(); err != nil {
		return tokens{}, serverError
	}
	access, err := s.keys.access.sign(s.machineClaims(client, scopes, s.now()))
	if err != nil {
		return tokens{}, serverError
	}
	return tokens{access: access, expiresIn: int(client.AccessTokenValidity / time.Second)}, noError
}

// machineClaims are those of an access token without a user: sub is the client's id, and there is neither username
// nor groups. [O] The order is that of other access tokens of 2020. [I]
func (s *Server) machineClaims(client *Client, scopes []string, at time.Time) object {
	return object{
		{"sub", client.ID},
		{"token_use", useAccess},
		{"scope", strings.Join(scopes, " ")},
		{"auth_time", at.Unix()},
		{"iss", s.Issuer()},
		{"exp", at.Add(client.AccessTokenValidity).Unix()},
		{"iat", at.Unix()},
		{"version", 2},
		{"jti", uuid.NewString()},
		{"client_id", client.ID},
	}
}
